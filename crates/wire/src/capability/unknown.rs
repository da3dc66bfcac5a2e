//! A capability that no file knows: kept as octets, shown in hexadecimal.

use super::{Capability, CapabilityType, Repeat, anything};
use crate::codes::CapabilityCode;
use crate::io::text::{push, push_decimal, push_hex_upper};

/// What stands for every code that has no row.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode(0),
    repeat: Repeat::KeepLast,
    check: anything,
    json,
    text,
};

/// Who may assign the code, in ExaBGP's words.
const fn range(code: CapabilityCode) -> &'static str {
    match code.0 {
        70..=127 => "unassigned",
        128..=255 => "reserved",
        _ => "unknown",
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"unknown\", \"iana\": \"");
    push(out, range(capability.code));
    push(out, "\", \"value\": ");
    push_decimal(out, u64::from(capability.code.0));
    push(out, ", \"raw\": \"");
    push_hex_upper(out, capability.value);
    push(out, "\" }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, range(capability.code));
    push(out, " ");
    push_decimal(out, u64::from(capability.code.0));
}
