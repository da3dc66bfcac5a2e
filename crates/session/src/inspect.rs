//! Messages of sessions that are not ours: read by who looks at them, and answered by nobody.

use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};

use crate::event::Decoded;

/// Gives `then` what a message says, or in words what is wrong with it. `body` is what follows its header. An UPDATE is read as RFC
/// 7606 has it; what is wrong with its attributes is among its [faults](Update::faults).
pub fn inspect<T>(
    kind: MessageType,
    body: &[u8],
    negotiated: &Negotiated,
    then: impl FnOnce(Result<Decoded<'_>, String>) -> T,
) -> T {
    match kind {
        MessageType::OPEN => match Open::decode(body) {
            Ok(open) => then(Ok(Decoded::Open(&open))),
            Err(error) => then(Err(error.to_string())),
        },
        MessageType::UPDATE => {
            let scrutiny = Scrutiny::Inspection;
            match Update::decode_with(body, negotiated, Direction::Receive, scrutiny) {
                Ok(update) => then(Ok(Decoded::Update(&update))),
                Err(fault) => then(Err(fault.to_string())),
            }
        }
        MessageType::NOTIFICATION => then(Ok(Decoded::Notification(&Notification::decode(body)))),
        MessageType::KEEPALIVE => then(Ok(Decoded::Keepalive)),
        MessageType::ROUTE_REFRESH => match RouteRefresh::decode(body) {
            Ok(refresh) => then(Ok(Decoded::RouteRefresh(refresh))),
            Err(_) => then(Err(format!("it has {} octets after its header, not 4", body.len()))),
        },
        MessageType::OPERATIONAL => match Operational::decode(body) {
            Ok(operational) => then(Ok(Decoded::Operational(&operational))),
            Err(error) => then(Err(error.to_string())),
        },
        unknown => then(Err(format!("unknown type {}", unknown.0))),
    }
}
