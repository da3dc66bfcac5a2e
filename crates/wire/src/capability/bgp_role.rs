//! BGP role (RFC 9234 section 4.1): `role(1)`.

use super::{Capabilities, Capability, CapabilityType, Repeat};
use crate::codes::{CapabilityCode, error};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::BGP_ROLE,
    repeat: Repeat::MustAgree(error::open::ROLE_MISMATCH),
    check,
    json,
    text,
};

/// The names of the roles, by their number.
pub const NAMES: &[&str] = &["provider", "rs", "rs-client", "customer", "peer"];

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    match value.len() {
        1 => value.u8("role").map(|_| ()),
        length => Err(value.error("BGP role capability", Fault::Length(length))),
    }
}

impl Capabilities {
    /// Capability 9: 0 provider, 1 route server, 2 route server client, 3 customer, 4 peer; others are not assigned.
    pub fn role(&self) -> Option<u8> {
        self.value(CapabilityCode::BGP_ROLE).and_then(|value| value.first().copied())
    }

    /// Announces a role.
    pub fn announce_role(&mut self, role: u8) {
        self.announce(CapabilityCode::BGP_ROLE, &[role]);
    }
}

fn push_role(capability: Capability<'_>, out: &mut Vec<u8>) {
    let role = capability.value.first().copied().unwrap_or_default();
    match NAMES.get(usize::from(role)) {
        Some(name) => push(out, name),
        None => {
            push(out, "unassigned-");
            push_decimal(out, u64::from(role));
        }
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"bgp-role\", \"role\": \"");
    push_role(capability, out);
    push(out, "\" }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "Role(");
    push_role(capability, out);
    push(out, ")");
}
