//! A BGP session without I/O: bytes, commands and time go in, bytes and events come out.
//!
//! [`Peer`] is one configured neighbor. Its driver owns the sockets and the clock: it dials when [`Peer::poll_action`] says so,
//! hands over what it read ([`Peer::receive`]), takes what is to be written ([`Peer::poll_transmit`]), and comes back when
//! [`Peer::poll_timeout`] says so. What happened is told while it happens, as [`event::Event`]s to a closure.
//!
//! After every call a driver asks for actions until there are none, then for octets to write on each connection, and tells
//! how many of them the socket took ([`Peer::written`]: without it the send hold timer of RFC 9687 goes off). Octets that it
//! can not read now, for want of room elsewhere, it announces with [`Peer::unread`].
//!
//! The states are those of RFC 4271 section 8.2.2. `Idle`, `Connect` and `Active` belong to the [`Peer`]; each TCP connection,
//! of which there may be two until a collision is resolved (section 6.8), is in one of the other three, a file each.

mod backoff;
mod collision;
mod connection;
mod end;
mod established;
pub mod event;
mod inspect;
mod link;
pub mod negotiate;
mod open_confirm;
mod open_sent;
pub mod peer;
mod random;
pub mod settings;
pub mod statistics;
mod transmit;

pub use event::{Action, ConnectionId, Decoded, Ending, Event, Source, State, Up};
pub use inspect::inspect;
pub use peer::{Peer, Reset, StopReason};
pub use settings::Settings;
