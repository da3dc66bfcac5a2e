//! Multi-session (draft-ietf-idr-bgp-multisession): `flags(1)`, then the codes that identify a session. ExaBGP announces
//! each octet of that as a capability of its own. Code 131 is the same, from before it had a number.

use super::{Capabilities, Capability, CapabilityType, Repeat, anything};
use crate::codes::CapabilityCode;
use crate::io::json::push_separator;
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::MULTISESSION,
    repeat: Repeat::Join,
    check: anything,
    json,
    text,
};

/// The row of Cisco's code.
pub const CISCO: CapabilityType =
    CapabilityType { code: CapabilityCode::MULTISESSION_CISCO, ..ROW };

/// The codes that identify a session: what follows the flags.
fn codes(value: &[u8]) -> impl Iterator<Item = CapabilityCode> {
    value.iter().skip(1).map(|code| CapabilityCode(*code))
}

const fn variant(code: CapabilityCode) -> &'static str {
    if code.0 == CapabilityCode::MULTISESSION_CISCO.0 { "Cisco" } else { "RFC" }
}

impl Capabilities {
    /// Capability 68: the codes that identify a session; `None` without the capability.
    pub fn multisession(&self) -> Option<Vec<CapabilityCode>> {
        let value = self.value(CapabilityCode::MULTISESSION)?;
        Some(codes(&value).collect())
    }

    /// Announces multi-session: one capability for the flags and one for each code.
    pub fn announce_multisession(&mut self, codes: impl IntoIterator<Item = CapabilityCode>) {
        self.announce(CapabilityCode::MULTISESSION, &[0]);
        for code in codes {
            self.announce(CapabilityCode::MULTISESSION, &[code.0]);
        }
    }
}

fn push_code(code: CapabilityCode, out: &mut Vec<u8>) {
    match code.name() {
        Some(name) => push(out, name),
        None => push_decimal(out, u64::from(code.0)),
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"multisession\", \"variant\": \"");
    push(out, variant(capability.code));
    push(out, "\", \"capabilities\": [ ");
    let mut first = true;
    for code in codes(capability.value) {
        push_separator(out, &mut first);
        out.push(b'"');
        push_code(code, out);
        out.push(b'"');
    }
    push(out, if first { "] }" } else { " ] }" });
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "Multisession (");
    push(out, variant(capability.code));
    push(out, ")");
    for code in codes(capability.value) {
        push(out, " ");
        push_code(code, out);
    }
}
