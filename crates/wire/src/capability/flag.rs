//! The capabilities that say all by being there: their value is empty.

use super::{Capabilities, CapabilityType, Repeat, anything};
use crate::codes::CapabilityCode;
use crate::io::text::push;

/// Extended message (RFC 8654): messages of up to 65535 octets.
pub const EXTENDED_MESSAGE: CapabilityType = CapabilityType {
    code: CapabilityCode::EXTENDED_MESSAGE,
    repeat: Repeat::KeepLast,
    check: anything,
    json: |_, out| push(out, "{ \"name\": \"extended-message\", \"size\": 65535 }"),
    text: |_, out| push(out, "Extended Message(65535)"),
};

/// Enhanced route refresh (RFC 7313).
pub const ENHANCED_ROUTE_REFRESH: CapabilityType = CapabilityType {
    code: CapabilityCode::ENHANCED_ROUTE_REFRESH,
    repeat: Repeat::KeepLast,
    check: anything,
    json: |_, out| push(out, "{ \"name\": \"enhanced-route-refresh\" }"),
    text: |_, out| push(out, "Enhanced Route Refresh"),
};

/// Link-local next hop (draft-ietf-idr-linklocal-capability).
pub const LINK_LOCAL_NEXT_HOP: CapabilityType = CapabilityType {
    code: CapabilityCode::LINK_LOCAL_NEXT_HOP,
    repeat: Repeat::KeepLast,
    check: anything,
    json: |_, out| push(out, "{ \"name\": \"link-local-nexthop\" }"),
    text: |_, out| push(out, "Link-Local NextHop"),
};

/// OPERATIONAL messages (draft-ietf-idr-operational-message).
pub const OPERATIONAL: CapabilityType = CapabilityType {
    code: CapabilityCode::OPERATIONAL,
    repeat: Repeat::KeepLast,
    check: anything,
    json: |_, out| push(out, "{ \"name\": \"operational\" }"),
    text: |_, out| push(out, "Operational"),
};

impl Capabilities {
    /// Announces a capability without a value: route refresh, extended message, operational and their like.
    pub fn announce_flag(&mut self, code: CapabilityCode) {
        self.announce(code, &[]);
    }
}
