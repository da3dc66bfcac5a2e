//! MP_REACH_NLRI (RFC 4760 section 3): the row gives its name and flags. What is in it are routes, which
//! [`crate::message::update`] reads and writes.

use super::{AttributeType, OnError, Repeat, as_it_is, flags, send_nothing};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 14,
    name: "mp-reach-nlri",
    keywords: &[],
    flags: flags::OPTIONAL,
    may_be_empty: false,
    on_error: OnError::Reset,
    check: |_, _| Ok(()),
    json: |_, _, _| {},
    text: |_, _, _| {},
    parse: None,
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_nothing,
    default: None,
};
