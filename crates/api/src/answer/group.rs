//! The answers of `group`: JSON or nothing, before the acknowledgement.

use yottabgp_wire::io::text::{push, push_decimal};

use crate::Encoding;
use crate::command::GroupSummary;

/// A group was opened.
pub fn group_started(encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Json {
        push(out, "{\"status\": \"group started\"}\n");
    }
}

/// A group was executed.
pub fn group_processed(summary: GroupSummary, encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Text {
        return;
    }
    if summary == GroupSummary::default() {
        push(out, "{\"status\": \"group ended\", \"commands\": 0}\n");
        return;
    }
    push(out, "{\"status\": \"group processed\", \"announced\": ");
    push_decimal(out, summary.announced as u64);
    push(out, ", \"withdrawn\": ");
    push_decimal(out, summary.withdrawn as u64);
    push(out, "}\n");
}
