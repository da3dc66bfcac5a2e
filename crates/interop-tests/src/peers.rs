//! The speakers tested with; one file each.

pub mod bird;

use crate::peer::Kind;

/// All of them.
pub const ALL: &[Kind] = &[bird::KIND];
