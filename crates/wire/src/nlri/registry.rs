//! The NLRI types. Adding one is a file beside this one and a line here.

use super::{
    NlriType, bgp_ls, evpn, flow, inet, labeled, mcast_vpn, mup, opaque, rtc, sr_policy, vpls, vpn,
};
use crate::codes::Family;

/// Every NLRI type.
pub const TABLE: &[&NlriType] = &[
    &inet::ROW,
    &flow::ROW,
    &flow::L2VPN_ROW,
    &bgp_ls::ROW,
    &mcast_vpn::ROW,
    &mup::ROW,
    &labeled::ROW,
    &vpn::ROW,
    &rtc::ROW,
    &sr_policy::ROW,
    &vpls::ROW,
    &evpn::ROW,
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
