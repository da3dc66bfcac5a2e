//! The capabilities. Adding one is a file beside this one and a line here.

use super::{
    Capability, CapabilityType, add_path, asn4, bgp_role, flag, graceful_restart, hostname,
    long_lived_graceful_restart, multiprotocol, multisession, next_hop, paths_limit, route_refresh,
    software_version, unknown,
};
use crate::codes::CapabilityCode;
use crate::layout::Layout;

/// Every known capability, by ascending code.
pub const TABLE: &[&CapabilityType] = &[
    &multiprotocol::ROW,
    &route_refresh::ROW,
    &next_hop::ROW,
    &flag::EXTENDED_MESSAGE,
    &bgp_role::ROW,
    &graceful_restart::ROW,
    &asn4::ROW,
    &multisession::ROW,
    &add_path::ROW,
    &flag::ENHANCED_ROUTE_REFRESH,
    &long_lived_graceful_restart::ROW,
    &hostname::ROW,
    &software_version::ROW,
    &paths_limit::ROW,
    &flag::LINK_LOCAL_NEXT_HOP,
    &route_refresh::CISCO,
    &multisession::CISCO,
    &flag::OPERATIONAL,
];

/// Writes the JSON of a capability.
pub type WriteJson = fn(Capability<'_>, &mut Vec<u8>);

/// What older releases of ExaBGP wrote otherwise.
pub const OLD_JSON: &[(Layout, CapabilityCode, WriteJson)] = &[
    (Layout::V3_4, CapabilityCode::GRACEFUL_RESTART, graceful_restart::json_3_4),
    (Layout::V4, CapabilityCode::GRACEFUL_RESTART, graceful_restart::json_4),
];

/// The row of a code; what is not known is kept as octets.
pub fn row(code: CapabilityCode) -> &'static CapabilityType {
    TABLE.iter().find(|row| row.code == code).copied().unwrap_or(&unknown::ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_code_is_there_twice() {
        assert!(TABLE.is_sorted_by(|a, b| a.code < b.code));
    }
}
