//! What was announced and what was received: the Adj-RIB-Out and the Adj-RIB-In of a peer.
//!
//! A route is an NLRI and the identifier of an interned attribute set ([`store`]); both tables are a slab of records
//! and a hash index into it ([`table`]), one path for every family. There is no best path and no table across peers.
//! Nothing here does I/O: [`AdjRibOut::fill`](adj_rib_out::AdjRibOut::fill) writes messages when the session can take
//! them, so that there is no queue of messages to grow.

pub mod adj_rib_in;
pub mod adj_rib_out;
pub mod store;
pub mod table;
mod watchdog;
