//! The case files of `crates/wire`, read by decoders that this project has no hand in.
//!
//! Each case becomes an UPDATE. What each decoder that knows its family or attribute says of that UPDATE is held against the
//! JSON of this project: every address, number and octet string of it has to be there. Where a decoder can write what it has
//! read, the same octets have to come out. [`known`] says which decoder knows what, and what it is known to have wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: the panic is the report"
)]

pub mod capture;
pub mod decoders;
pub mod known;
pub mod ours;
pub mod update;
