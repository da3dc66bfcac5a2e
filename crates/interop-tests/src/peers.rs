//! The speakers tested with; one file each.

pub mod bird;
pub mod exabgp;
pub mod frr;
pub mod gobgp;
pub mod openbgpd;

use crate::peer::Kind;

/// All of them.
pub const ALL: &[Kind] =
    &[bird::KIND, bird::KIND_3, frr::KIND, gobgp::KIND, openbgpd::KIND, exabgp::KIND];
