//! Labels: three octets each. They are 20 bits of an MPLS label, or all of a VXLAN network identifier (RFC 8365 section
//! 5.1): which of the two it is only the encapsulation says, so text has a word for either.

use std::borrow::Cow;

use super::field::{Field, always};
use super::words;
use crate::attribute::decimal;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens};
use crate::layout::Labels;
use crate::nlri::label::{self, Label};

/// The label of a route that has one.
pub(super) static LABEL: Field = Field {
    tags: &[words::LABEL],
    take: |reader| reader.take(Label::LENGTH, "label"),
    json: |octets, out| json("label", octets, out),
    text: |octets, out| text(octets, [" label ", " vni "], out),
    default: |_, is_withdrawn| is_withdrawn.then_some(&[0; 3]),
    agrees: one,
};

/// The labels of Ethernet A-D routes: RFC 7432 has one, others were seen with none or a stack.
pub(super) static LABELS: Field = Field {
    tags: &[words::LABEL],
    take: take_all,
    json: |octets, out| json("label", octets, out),
    text: |octets, out| match octets.len() {
        Label::LENGTH => text(octets, [" label ", " vni "], out),
        _ => {
            out.push(b' ');
            label::push_command(octets, out);
        }
    },
    // Routes that are about all of an Ethernet segment have label 0 (RFC 7432 section 8.2.1).
    default: |_, _| Some(&[0; 3]),
    agrees: always,
};

/// The second label of a MAC/IP route, that of the routed instance; it may be absent.
pub(super) static SECOND_LABEL: Field = Field {
    tags: &[words::SECOND_LABEL],
    take: |reader| match reader.is_empty() {
        true => reader.take(0, "label2"),
        false => reader.take(Label::LENGTH, "label2"),
    },
    json: |octets, out| json("label2", octets, out),
    text: |octets, out| text(octets, [" label2 ", " vni2 "], out),
    default: |_, _| Some(&[]),
    agrees: one,
};

fn take_all<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    match reader.len() {
        length if length.is_multiple_of(Label::LENGTH) => Ok(reader.rest()),
        length => Err(reader.error("label", Fault::Length(length))),
    }
}

fn one(_: &[u8], octets: &[u8]) -> Result<(), Cow<'static, str>> {
    match octets.len() / Label::LENGTH {
        0 | 1 => Ok(()),
        count => Err(format!("one label is wanted, not {count}").into()),
    }
}

fn json(name: &str, octets: &[u8], out: &mut Vec<u8>) {
    if !octets.is_empty() {
        push(out, ", \"");
        push(out, name);
        push(out, "\": ");
        label::push_json(octets, Labels::WithBits, out);
    }
}

/// Writes the word for an MPLS label where it makes these octets, otherwise the one for all 24 bits.
fn text(octets: &[u8], [mpls, all]: [&str; 2], out: &mut Vec<u8>) {
    for label in label::iter(octets) {
        if label == Label::new(label.label(), true) {
            push(out, mpls);
            push_decimal(out, label.label().into());
        } else {
            push(out, all);
            push_decimal(out, label.0.into());
        }
    }
}

/// Reads an MPLS label, or a stack in brackets.
pub(super) fn read(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    if tokens.peek() == Some("[") && tokens.peek_at(1) == Some("]") {
        tokens.next();
        tokens.next();
        return Ok(());
    }
    label::read(tokens, out)
}

/// Reads all 24 bits as a number.
pub(super) fn read_vni(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("vni")?;
    let Some(vni) = decimal::<u32>(word).filter(|vni| *vni < 1 << 24) else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid vni"))
            .help("0 to 16777215 (24 bits)"));
    };
    out.extend_from_slice(&Label(vni).octets());
    Ok(())
}
