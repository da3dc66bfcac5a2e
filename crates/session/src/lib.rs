//! A BGP session without I/O: bytes, commands and time go in, bytes and events come out.

pub mod event;
pub mod settings;
