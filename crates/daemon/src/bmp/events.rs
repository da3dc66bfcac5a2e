//! What routers tell as lines of JSON.

use std::net::IpAddr;
use std::time::Duration;

use yottabgp_api::event::{Encoder, Label, Moment, Raw, Source, Way};
use yottabgp_bmp::{Frame, Router, Session, Told, TooManySessions, What};
use yottabgp_session::event::Decoded;
use yottabgp_session::inspect;
use yottabgp_wire::message;

/// The type of these events.
const KIND: &str = "bmp";

/// What events show of a session: written when it is needed first, and again when the session comes up.
pub(super) type Kept = Option<Label>;

/// Writes the events of one connection.
#[derive(Debug)]
pub(super) struct Events<'e> {
    encoder: &'e Encoder,
    /// Whether messages are shown as octets, too.
    packets: bool,
    counter: u64,
    router: Router<Kept>,
}

impl<'e> Events<'e> {
    pub(super) fn new(encoder: &'e Encoder, packets: bool, address: IpAddr, port: u16) -> Self {
        Self { encoder, packets, counter: 0, router: Router::new(address, port) }
    }

    pub(super) const fn router(&self) -> &Router<Kept> {
        &self.router
    }

    /// Appends the events of a message.
    pub(super) fn take(
        &mut self,
        time: Duration,
        frame: Frame<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TooManySessions> {
        let Self { encoder, packets, counter, router } = self;
        router.take(frame, &mut |told| line(encoder, *packets, time, counter, told, out))
    }

    /// Appends the events of the end of the connection.
    pub(super) fn lost(&mut self, time: Duration, out: &mut Vec<u8>) {
        let Self { encoder, packets, counter, router } = self;
        router.lost(&mut |told| line(encoder, *packets, time, counter, told, out));
    }
}

fn line(
    encoder: &Encoder,
    packets: bool,
    time: Duration,
    counter: &mut u64,
    told: Told<'_, Kept>,
    out: &mut Vec<u8>,
) {
    let Told { member, session, what } = told;
    let source = Source { kind: KIND, member };
    *counter += 1;
    let Some(session) = session else {
        return encoder.told(time, *counter, source, out);
    };
    if session.kept.is_none() {
        session.kept = Some(label_of(session));
    }
    let session = &*session;
    let Some(label) = &session.kept else { return };
    let mut at = Moment { time, counter: *counter, label, told: Some(source) };
    match what {
        What::Member => encoder.told_of(at, source, out),
        What::Up => encoder.state(at, "up", None, out),
        What::Down(reason) => encoder.state(at, "down", Some(reason), out),
        What::Message { octets, is_sent } => {
            let way = if is_sent { Way::Send } else { Way::Receive };
            let negotiated = session.read(is_sent);
            match message::frame(octets, usize::from(u16::MAX)) {
                message::Frame::Message { kind, header, body, length }
                    if length == octets.len() =>
                {
                    let raw = Raw { header, body };
                    inspect(kind, body, negotiated, |decoded| match decoded {
                        Ok(decoded) => {
                            if let Some(fault) = fault(&decoded) {
                                encoder.unreadable(at, source, (way, raw), &fault, out);
                                *counter += 1;
                                at.counter = *counter;
                            }
                            let raw = packets.then_some(raw);
                            encoder.message(at, way, &decoded, raw, None, out);
                        }
                        Err(why) => encoder.unreadable(at, source, (way, raw), &why, out),
                    });
                }
                _ => {
                    let raw = Raw { header: &[], body: octets };
                    encoder.unreadable(at, source, (way, raw), "it is not one BGP message", out);
                }
            }
        }
    }
}

/// What is wrong with an UPDATE that is read all the same: what follows is what RFC 7606 makes of it.
fn fault(decoded: &Decoded<'_>) -> Option<String> {
    let Decoded::Update(update) = decoded else { return None };
    update.faults().first().map(ToString::to_string)
}

/// The router is the local end, also of what it sent.
fn label_of(session: &Session<Kept>) -> Label {
    Label::new(
        session.local_address,
        session.address,
        session.local_as,
        Some(session.asn),
        session.local_router_id,
    )
}
