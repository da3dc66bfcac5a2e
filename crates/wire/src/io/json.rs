//! Writing JSON text. ExaBGP's users match its JSON with regular expressions, so every space and the order of members
//! are part of the interface; the shapes are therefore written out where they are made, and this module has only what
//! must be right everywhere: strings.

use super::text::push;

/// Writes `text` as a JSON string in ASCII: quotes, `\uXXXX` for whatever is not printable ASCII (RFC 8259 section 7).
pub fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_string_body(out, text);
    out.push(b'"');
}

/// Writes the inside of a JSON string, without its quotes.
pub fn push_string_body(out: &mut Vec<u8>, text: &str) {
    for character in text.chars() {
        match character {
            '"' => push(out, "\\\""),
            '\\' => push(out, "\\\\"),
            '\n' => push(out, "\\n"),
            '\r' => push(out, "\\r"),
            '\t' => push(out, "\\t"),
            '\u{8}' => push(out, "\\b"),
            '\u{c}' => push(out, "\\f"),
            ' '..='~' => out.push(character as u8),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    push(out, "\\u");
                    super::text::push_hex_lower(out, &unit.to_be_bytes());
                }
            }
        }
    }
}

/// Writes `"name": ` as the member before a value.
#[inline]
pub fn push_name(out: &mut Vec<u8>, name: &str) {
    out.push(b'"');
    push(out, name);
    push(out, "\": ");
}

/// Writes ` ", " ` between members or elements: nothing before the first, `, ` before the others.
#[inline]
pub fn push_separator(out: &mut Vec<u8>, first: &mut bool) {
    if *first {
        *first = false;
    } else {
        push(out, ", ");
    }
}

/// Counts what has the same code in one object, so that no name is in it twice: a second `vxlan` is `vxlan-2`.
#[derive(Clone, Debug)]
pub struct Occurrences([u16; 256]);

impl Default for Occurrences {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Occurrences {
    /// Counts one more with this code: 1 for the first.
    pub fn count(&mut self, code: u8) -> u16 {
        match self.0.get_mut(usize::from(code)) {
            Some(count) => {
                *count = count.saturating_add(1);
                *count
            }
            None => 1,
        }
    }

    /// Writes what is behind the name of the member with this number: nothing for the first, then `-2`, `-3`…
    pub fn push(number: u16, out: &mut Vec<u8>) {
        if number > 1 {
            out.push(b'-');
            super::text::push_decimal(out, number.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn strings_are_what_a_json_parser_reads(text: String) {
            let mut out = Vec::new();
            push_string(&mut out, &text);
            prop_assert!(out.is_ascii());
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}
