//! AS paths as ExaBGP 3.4 and 4 wrote them: a list for each kind of segment, whatever their order was.

use super::{CONFED_SEQUENCE, CONFED_SET, SEQUENCE, SET, segments};
use crate::io::text::{push, push_decimal};

/// Writes `"as-path": [ 65001, 65002 ], "as-set": [ 1, 2 ], "confederation-path": []`; nothing for an empty path. Sets are left
/// out when there is none.
pub(super) fn json(value: &[u8], asn4: bool, out: &mut Vec<u8>) {
    if value.is_empty() {
        return;
    }
    push(out, "\"as-path\": ");
    push_list(value, asn4, SEQUENCE, out);
    if has(value, asn4, SET) {
        push(out, ", \"as-set\": ");
        push_list(value, asn4, SET, out);
    }
    push(out, ", \"confederation-path\": ");
    push_list(value, asn4, CONFED_SEQUENCE, out);
    if has(value, asn4, CONFED_SET) {
        push(out, ", \"confederation-set\": ");
        push_list(value, asn4, CONFED_SET, out);
    }
}

/// Writes ` as-path [ 65001 65002 ( 1 2 ) ]`; behind it, in brackets of its own, what is of a confederation.
pub(super) fn text(value: &[u8], asn4: bool, out: &mut Vec<u8>) {
    if value.is_empty() {
        return;
    }
    push(out, " as-path ");
    push_brackets(value, asn4, [SEQUENCE, SET], out);
    if has(value, asn4, CONFED_SEQUENCE) || has(value, asn4, CONFED_SET) {
        push_brackets(value, asn4, [CONFED_SEQUENCE, CONFED_SET], out);
    }
}

fn numbers(value: &[u8], asn4: bool, kind: u8) -> impl Iterator<Item = u32> {
    segments(value, asn4).filter(move |segment| segment.kind == kind).flat_map(|it| it.numbers())
}

fn has(value: &[u8], asn4: bool, kind: u8) -> bool {
    numbers(value, asn4, kind).next().is_some()
}

fn push_list(value: &[u8], asn4: bool, kind: u8, out: &mut Vec<u8>) {
    let mut separator = "[ ";
    for number in numbers(value, asn4, kind) {
        push(out, separator);
        separator = ", ";
        push_decimal(out, number.into());
    }
    push(out, if separator == ", " { " ]" } else { "[]" });
}

fn push_brackets(value: &[u8], asn4: bool, [sequence, set]: [u8; 2], out: &mut Vec<u8>) {
    push(out, "[ ");
    for number in numbers(value, asn4, sequence) {
        push_decimal(out, number.into());
        out.push(b' ');
    }
    if has(value, asn4, set) {
        push(out, "( ");
        for number in numbers(value, asn4, set) {
            push_decimal(out, number.into());
            out.push(b' ');
        }
        push(out, ") ");
    }
    out.push(b']');
}
