//! Route refresh (RFC 2918 section 2): no value. Code 128 is the same, from before it had a number.

use super::{Capability, CapabilityType, Repeat, anything};
use crate::codes::CapabilityCode;
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::ROUTE_REFRESH,
    repeat: Repeat::KeepLast,
    check: anything,
    json,
    text,
};

/// The row of Cisco's code.
pub const CISCO: CapabilityType =
    CapabilityType { code: CapabilityCode::ROUTE_REFRESH_CISCO, ..ROW };

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    let cisco = capability.code == CapabilityCode::ROUTE_REFRESH_CISCO;
    push(out, "{ \"name\": \"route-refresh\", \"variant\": \"");
    push(out, if cisco { "Cisco" } else { "RFC" });
    push(out, "\" }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    if capability.code == CapabilityCode::ROUTE_REFRESH_CISCO {
        push(out, "Cisco ");
    }
    push(out, "Route Refresh");
}
