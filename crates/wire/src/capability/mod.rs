//! The capabilities of OPEN (RFC 5492): one file and one registry line each.

pub mod registry;
