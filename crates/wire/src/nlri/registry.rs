//! The NLRI types. Adding one is a file beside this one and a line here.

use super::{NlriType, opaque};
use crate::codes::Family;

/// Every NLRI type, the frequent ones first.
pub const TABLE: &[&NlriType] = &[
    &super::inet::ROW,
    &super::flow::ROW,
    &super::flow::L2VPN_ROW,
    &super::bgp_ls::ROW,
    &super::mcast_vpn::ROW,
    &super::mup::ROW,
    &super::labeled::ROW,
    &super::vpn::ROW,
    &super::rtc::ROW,
    &super::sr_policy::ROW,
    &super::vpls::ROW,
    &super::evpn::ROW,
];

/// The type of a family; families without one are carried as opaque bytes.
pub fn row(family: Family) -> &'static NlriType {
    TABLE.iter().find(|row| row.families.contains(&family)).copied().unwrap_or(&opaque::ROW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_family_has_two_types() {
        for family in Family::ALL {
            let rows = TABLE.iter().filter(|row| row.families.contains(family)).count();
            assert!(rows <= 1, "{family}");
        }
    }
}
