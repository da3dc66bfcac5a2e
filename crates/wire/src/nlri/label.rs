//! MPLS label stacks in NLRI (RFC 8277 section 2, RFC 3032): each entry `label(20 bits) traffic-class(3) bottom(1)`.
//!
//! Text is `label 100` or `label [ 100 101 ]`: a traffic class of 0, the last entry the bottom of the stack. What differs from
//! that has the number that all 24 bits make after it, in parentheses as text events show it: `label 100 (1606)`.

use crate::attribute::decimal;
use crate::io::json::push_separator;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};
use crate::layout::Labels;

/// The largest label.
pub const LARGEST: u32 = 0xf_ffff;

/// What stands for the label of a route that is withdrawn without one (RFC 8277 section 2.4).
pub const WITHDRAWN: Label = Label(0x80_0000);

/// One entry of a stack: all of its 24 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(pub u32);

impl Label {
    /// The octets of an entry.
    pub const LENGTH: usize = 3;

    /// The entry of a label, with traffic class 0.
    pub const fn new(label: u32, bottom: bool) -> Self {
        Self((label & LARGEST) << 4 | bottom as u32)
    }

    /// Takes one entry.
    pub fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.array("label").map(Self::from)
    }

    /// The label alone.
    pub const fn label(self) -> u32 {
        self.0 >> 4
    }

    /// Whether the entry is the bottom of its stack.
    pub const fn is_bottom(self) -> bool {
        self.0 & 1 != 0
    }

    /// The octets.
    pub const fn octets(self) -> [u8; 3] {
        let [_, a, b, c] = self.0.to_be_bytes();
        [a, b, c]
    }

    /// Writes `100 (1601)`; the number in parentheses is left out when it is 0, as ExaBGP does it.
    fn push_text(self, out: &mut Vec<u8>) {
        push_decimal(out, self.label().into());
        if self.0 != 0 {
            self.push_bits(out);
        }
    }

    fn push_bits(self, out: &mut Vec<u8>) {
        push(out, " (");
        push_decimal(out, self.0.into());
        out.push(b')');
    }

    /// Writes `[100, 1601]`; `[0]` when all bits are 0, as ExaBGP does it. Older layouts have the label alone.
    fn push_json(self, labels: Labels, out: &mut Vec<u8>) {
        if labels == Labels::Numbers {
            return push_decimal(out, self.label().into());
        }
        out.push(b'[');
        push_decimal(out, self.label().into());
        if self.0 != 0 && labels == Labels::WithBits {
            push(out, ", ");
            push_decimal(out, self.0.into());
        }
        out.push(b']');
    }
}

impl From<[u8; 3]> for Label {
    fn from([a, b, c]: [u8; 3]) -> Self {
        Self(u32::from_be_bytes([0, a, b, c]))
    }
}

/// The entries of a stack.
pub fn iter(stack: &[u8]) -> impl ExactSizeIterator<Item = Label> {
    stack.as_chunks::<{ Label::LENGTH }>().0.iter().copied().map(Label::from)
}

/// How many octets the stack at the start of `bytes` has: up to the bottom of the stack.
///
/// 0x800000 and 0x000000 as the first entry are the whole stack: that is how routes are withdrawn (RFC 8277 section 2.4,
/// RFC 3107 section 3). Where no entry says that it is the bottom, the stack is the first one: without the capability for
/// several labels there is only one, and the bit is to be ignored (RFC 8277 section 2.2). 0 when there is no entry.
pub fn stack_length(bytes: &[u8]) -> usize {
    let first = iter(bytes).next();
    if first.is_some_and(|label| matches!(label.0, 0x80_0000 | 0)) {
        return Label::LENGTH;
    }
    match iter(bytes).position(Label::is_bottom) {
        Some(index) => (index + 1) * Label::LENGTH,
        None if first.is_some() => Label::LENGTH,
        None => 0,
    }
}

/// Writes the JSON value: `[ [100, 1600], [101, 1617] ]`.
pub fn push_json(stack: &[u8], labels: Labels, out: &mut Vec<u8>) {
    push(out, "[ ");
    let mut first = true;
    for label in iter(stack) {
        push_separator(out, &mut first);
        label.push_json(labels, out);
    }
    push(out, " ]");
}

/// Writes `label 100 (1601)` or `label [ 100 (1600) 101 (1617) ]`, as text events show it. Older layouts have the labels alone,
/// the oldest one in brackets.
pub fn push_text(stack: &[u8], labels: Labels, out: &mut Vec<u8>) {
    let number = |label: Label, out: &mut Vec<u8>| push_decimal(out, label.label().into());
    match labels {
        Labels::WithBits => push_list(stack, Label::push_text, out),
        Labels::Alone => push_list(stack, number, out),
        Labels::Numbers => {
            push(out, "label [");
            for label in iter(stack) {
                out.push(b' ');
                number(label, out);
            }
            push(out, " ]");
        }
    }
}

/// Writes `label 100` or `label [ 100 101 ]` so that [`read`] reads the same octets.
pub fn push_command(stack: &[u8], out: &mut Vec<u8>) {
    let mut left = iter(stack).len();
    let each = |label: Label, out: &mut Vec<u8>| {
        left = left.saturating_sub(1);
        push_decimal(out, label.label().into());
        if label != Label::new(label.label(), left == 0) {
            label.push_bits(out);
        }
    };
    push_list(stack, each, out);
}

fn push_list(stack: &[u8], mut each: impl FnMut(Label, &mut Vec<u8>), out: &mut Vec<u8>) {
    push(out, "label ");
    let labels = iter(stack);
    if labels.len() == 1 {
        return labels.for_each(|label| each(label, out));
    }
    push(out, "[ ");
    for label in labels {
        each(label, out);
        out.push(b' ');
    }
    out.push(b']');
}

/// Reads what follows the word `label` and appends the octets of the stack.
pub fn read(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let start = out.len();
    let mut last = None;
    tokens.list("label", |tokens| {
        if let Some(Entry { label, bits: None }) = last {
            out.extend_from_slice(&Label::new(label, false).octets());
        }
        let entry = read_one(tokens)?;
        if let Some(bits) = entry.bits {
            out.extend_from_slice(&bits.octets());
        }
        last = Some(entry);
        Ok(())
    })?;
    if let Some(Entry { label, bits: None }) = last {
        out.extend_from_slice(&Label::new(label, true).octets());
    }
    if out.len() == start {
        return Err(tokens
            .last_error("a label stack without a label")
            .help("label N or label [ N N ]"));
    }
    Ok(())
}

/// A label as it was written.
struct Entry {
    label: u32,
    /// What stood in parentheses after it.
    bits: Option<Label>,
}

fn read_one(tokens: &mut Tokens<'_>) -> Result<Entry, TextError> {
    let label = read_label(tokens)?;
    // Some write the parenthesis and the number in one word.
    if !tokens.accept("(") {
        return Ok(Entry { label, bits: None });
    }
    let word = tokens.expect("label with traffic class and bottom of stack")?;
    let bits = decimal::<u32>(word).filter(|bits| bits >> 4 == label);
    let Some(bits) = bits else {
        return Err(tokens.last_error(format!("'{word}' does not start with label {label}")).help(
            format!(
                "{} to {}: 16 times the label, and traffic class and bottom of stack",
                label << 4,
                label << 4 | 15
            ),
        ));
    };
    tokens.require(")")?;
    Ok(Entry { label, bits: Some(Label(bits)) })
}

/// Takes the next word as a label alone.
pub fn read_label(tokens: &mut Tokens<'_>) -> Result<u32, TextError> {
    let word = tokens.expect("label")?;
    match decimal::<u32>(word) {
        Some(label) if label <= LARGEST => Ok(label),
        _ => Err(tokens
            .last_error(format!("'{word}' is not a valid label"))
            .help("0 to 1048575 (20 bits)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tokens::{Span, split_command};
    use proptest::prelude::*;

    fn parse(line: &str) -> Result<Vec<u8>, TextError> {
        let mut words = Vec::new();
        split_command(line, &mut words);
        let mut tokens = Tokens::new(line, &words, Span::default());
        tokens.require("label")?;
        let mut out = Vec::new();
        read(&mut tokens, &mut out)?;
        assert!(tokens.is_done(), "{line}");
        Ok(out)
    }

    fn text(write: fn(&[u8], &mut Vec<u8>), stack: &[u8]) -> String {
        let mut out = Vec::new();
        write(stack, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_has_every_form() {
        for (line, stack, shown, json) in [
            ("label 100", &[0, 6, 0x41][..], "label 100 (1601)", "[ [100, 1601] ]"),
            ("label 100 (1606)", &[0, 6, 0x46], "label 100 (1606)", "[ [100, 1606] ]"),
            ("label 0 (0)", &[0, 0, 0], "label 0", "[ [0] ]"),
            (
                "label 524288 (8388608)",
                &[0x80, 0, 0],
                "label 524288 (8388608)",
                "[ [524288, 8388608] ]",
            ),
            (
                "label [ 100 101 ]",
                &[0, 6, 0x40, 0, 6, 0x51],
                "label [ 100 (1600) 101 (1617) ]",
                "[ [100, 1600], [101, 1617] ]",
            ),
            (
                "label [ 100 (1602) 101 ]",
                &[0, 6, 0x42, 0, 6, 0x51],
                "label [ 100 (1602) 101 (1617) ]",
                "[ [100, 1602], [101, 1617] ]",
            ),
        ] {
            assert_eq!(parse(line).unwrap(), stack, "{line}");
            assert_eq!(text(push_command, stack), line);
            assert_eq!(text(|stack, out| push_text(stack, Labels::WithBits, out), stack), shown);
            assert_eq!(text(|stack, out| push_json(stack, Labels::WithBits, out), stack), json);
        }
    }

    #[test]
    fn errors_name_the_value() {
        for (line, part) in [
            ("label 1048576", "'1048576' is not a valid label (0 to 1048575"),
            ("label -1", "'-1'"),
            ("label [ ]", "without a label"),
            ("label [ 1", "not closed"),
            ("label", "label is missing"),
            ("label 100 ( 1700 )", "'1700' does not start with label 100 (1600 to 1615"),
            ("label 100 ( 1601", "')' is missing"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    #[test]
    fn a_stack_ends_at_its_bottom() {
        for (bytes, length) in [
            (&[][..], 0),
            (&[0, 6], 0),
            (&[0, 6, 0x41, 0, 6, 0x41], 3),
            (&[0, 6, 0x40, 0, 6, 0x51, 10], 6),
            // Never: RFC 8277 section 2.2.
            (&[0, 6, 0x40, 0, 6, 0x50, 10], 3),
            // Withdrawn.
            (&[0x80, 0, 0, 10, 0, 1], 3),
            (&[0, 0, 0, 10, 0, 1], 3),
            (&[0, 6, 0x40, 0x80, 0, 0, 10, 0, 1], 9),
        ] {
            assert_eq!(stack_length(bytes), length, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn octets_survive_the_text_of_commands_and_events(labels in prop::collection::vec(0..0x100_0000_u32, 1..6)) {
            let stack: Vec<u8> = labels.iter().flat_map(|bits| Label(*bits).octets()).collect();
            prop_assert_eq!(&parse(&text(push_command, &stack)).unwrap(), &stack);
            if labels.iter().all(|bits| *bits != 0) {
                prop_assert_eq!(&parse(&text(|stack, out| push_text(stack, Labels::WithBits, out), &stack)).unwrap(), &stack);
            }
        }
    }
}
