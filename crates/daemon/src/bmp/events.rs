//! What routers tell as events.

use std::net::IpAddr;
use std::time::Duration;

use yottabgp_api::event::{Encoder, Label, Moment, Raw, Source, Way};
use yottabgp_bmp::{MessageType, PeerHeader, Session, Told, What};
use yottabgp_config::BmpFlags;
use yottabgp_session::event::Decoded;
use yottabgp_session::inspect;
use yottabgp_wire::codes::MessageType as BgpType;
use yottabgp_wire::message;
use yottabgp_wire::message::update::Update;

/// The type of these events.
const KIND: &str = "bmp";

/// What is kept of a session, as long as it is up.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What events show of it: written when it is needed first.
    label: Option<Label>,
}

/// A form that somebody wants, and where it goes.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) encoder: &'a Encoder,
    /// Whether it is for people: they are told of sessions and of BGP messages, and of nothing else.
    pub(super) is_text: bool,
    pub(super) out: &'a mut Vec<u8>,
}

/// Writes what a router tells.
pub(super) struct Writing<'a, 't> {
    /// What is told.
    pub(super) flags: BmpFlags,
    pub(super) router: IpAddr,
    pub(super) time: Duration,
    /// The number of the last event of the connection.
    pub(super) counter: &'a mut u64,
    pub(super) targets: &'a mut [Target<'t>],
}

/// Who keeps routes.
pub(super) type Keep<'a> = &'a mut dyn FnMut(&PeerHeader, &Update<'_>);

impl Writing<'_, '_> {
    /// Writes what one message tells; the UPDATE of a Route Monitoring message is given to who keeps routes.
    pub(super) fn tell(&mut self, told: Told<'_, Kept>, keep: Option<Keep<'_>>) {
        let Told { kind, peer, member, session, what } = told;
        let source = Source { kind: KIND, member };
        let Some(session) = session else {
            if self.flags.has(flag_of(kind)) {
                *self.counter += 1;
                let (time, counter) = (self.time, *self.counter);
                self.each_json(|encoder, out| encoder.told(time, counter, source, out));
            }
            return;
        };
        if session.kept.label.is_none() {
            session.kept.label = Some(label_of(self.router, session));
        }
        let session = &*session;
        if let What::Message { octets, is_sent } = what {
            let keep = keep.zip(peer).filter(|_| kind == MessageType::ROUTE_MONITORING);
            return self.message(kind, source, session, (octets, is_sent), keep);
        }
        if !self.flags.has(flag_of(kind)) {
            return;
        }
        let Some(at) = self.next(session, source) else { return };
        match what {
            What::Up => self.each(|encoder, out| encoder.state(at, "up", None, out)),
            What::Down(why) => self.each(|encoder, out| encoder.state(at, "down", Some(why), out)),
            _ => self.each_json(|encoder, out| encoder.told_of(at, source, out)),
        }
    }

    /// Writes a BGP message.
    fn message(
        &mut self,
        kind: MessageType,
        source: Source<'_>,
        session: &Session<Kept>,
        (octets, is_sent): (&[u8], bool),
        keep: Option<(Keep<'_>, &PeerHeader)>,
    ) {
        let way = if is_sent { Way::Send } else { Way::Receive };
        let message::Frame::Message { kind: of_bgp, header, body, length } =
            message::frame(octets, usize::from(u16::MAX))
        else {
            return self.unreadable(kind, source, session, (way, octets));
        };
        if length != octets.len() {
            return self.unreadable(kind, source, session, (way, octets));
        }
        let raw = Raw { header, body };
        let is_told = self.flags.has(flag_of(kind))
            || flag_of_bgp(of_bgp).is_some_and(|flag| self.flags.has(flag));
        let forms = Forms::of(self.flags);
        if is_told && forms.packet {
            let Some(at) = self.next(session, source) else { return };
            self.each(|encoder, out| encoder.packet(at, way, of_bgp, raw, None, out));
        }
        let is_parsed = is_told && forms.parsed;
        if !is_parsed && keep.is_none() {
            return;
        }
        inspect(of_bgp, body, session.read(is_sent), |decoded| match decoded {
            Ok(decoded) => {
                if is_parsed && let Some(why) = fault(&decoded) {
                    let Some(at) = self.next(session, source) else { return };
                    self.each_json(|encoder, out| {
                        encoder.unreadable(at, source, (way, raw), &why, out);
                    });
                }
                if is_parsed && let Some(at) = self.next(session, source) {
                    let raw = forms.raw.then_some(raw);
                    self.each(|encoder, out| encoder.message(at, way, &decoded, raw, None, out));
                }
                if let (Some((keep, peer)), Decoded::Update(update)) = (keep, &decoded) {
                    keep(peer, update);
                }
            }
            Err(why) if is_parsed => {
                let Some(at) = self.next(session, source) else { return };
                self.each_json(|encoder, out| {
                    encoder.unreadable(at, source, (way, raw), &why, out);
                });
            }
            Err(_) => {}
        });
    }

    /// Writes what is no BGP message, or more than one.
    fn unreadable(
        &mut self,
        kind: MessageType,
        source: Source<'_>,
        session: &Session<Kept>,
        (way, octets): (Way, &[u8]),
    ) {
        if !self.flags.has(flag_of(kind)) {
            return;
        }
        let raw = Raw { header: &[], body: octets };
        let Some(at) = self.next(session, source) else { return };
        self.each_json(|encoder, out| {
            encoder.unreadable(at, source, (way, raw), "it is not one BGP message", out);
        });
    }

    /// The next event, of a session.
    fn next<'l>(&mut self, session: &'l Session<Kept>, source: Source<'l>) -> Option<Moment<'l>> {
        let label = session.kept.label.as_ref()?;
        *self.counter += 1;
        Some(Moment { time: self.time, counter: *self.counter, label, told: Some(source) })
    }

    fn each(&mut self, write: impl Fn(&Encoder, &mut Vec<u8>)) {
        for target in &mut *self.targets {
            write(target.encoder, target.out);
        }
    }

    /// Writes what is told as JSON alone.
    fn each_json(&mut self, write: impl Fn(&Encoder, &mut Vec<u8>)) {
        for target in self.targets.iter_mut().filter(|target| !target.is_text) {
            write(target.encoder, target.out);
        }
    }
}

/// How BGP messages are told, as for sessions of our own.
#[derive(Clone, Copy, Debug)]
struct Forms {
    /// As octets, in an event of its own.
    packet: bool,
    /// Decoded.
    parsed: bool,
    /// Decoded, with the octets.
    raw: bool,
}

impl Forms {
    const fn of(flags: BmpFlags) -> Self {
        let packets = flags.has(BmpFlags::PACKETS);
        let consolidate = flags.has(BmpFlags::CONSOLIDATE);
        Self {
            packet: packets && !consolidate,
            parsed: flags.has(BmpFlags::PARSED) || consolidate,
            raw: packets && consolidate,
        }
    }
}

/// What asks for messages of a kind.
const fn flag_of(kind: MessageType) -> BmpFlags {
    match kind {
        MessageType::INITIATION => BmpFlags::INITIATION,
        MessageType::TERMINATION => BmpFlags::TERMINATION,
        MessageType::PEER_UP => BmpFlags::PEER_UP,
        MessageType::PEER_DOWN => BmpFlags::PEER_DOWN,
        MessageType::ROUTE_MONITORING => BmpFlags::ROUTE_MONITORING,
        MessageType::ROUTE_MIRRORING => BmpFlags::ROUTE_MIRRORING,
        MessageType::STATISTICS_REPORT => BmpFlags::STATISTICS,
        _ => BmpFlags::UNKNOWN,
    }
}

/// What asks for BGP messages of a kind, however they come.
const fn flag_of_bgp(kind: BgpType) -> Option<BmpFlags> {
    Some(match kind {
        BgpType::OPEN => BmpFlags::OPEN,
        BgpType::UPDATE => BmpFlags::UPDATE,
        BgpType::NOTIFICATION => BmpFlags::NOTIFICATION,
        BgpType::KEEPALIVE => BmpFlags::KEEPALIVE,
        BgpType::ROUTE_REFRESH => BmpFlags::REFRESH,
        BgpType::OPERATIONAL => BmpFlags::OPERATIONAL,
        _ => return None,
    })
}

/// What is wrong with an UPDATE that is read all the same: what follows is what RFC 7606 makes of it.
fn fault(decoded: &Decoded<'_>) -> Option<String> {
    let Decoded::Update(update) = decoded else { return None };
    update.faults().first().map(ToString::to_string)
}

/// The router is the local end, also of what it sent. Lines for people begin with who told them.
fn label_of(router: IpAddr, session: &Session<Kept>) -> Label {
    let label = Label::new(
        session.local_address,
        session.address,
        session.local_as,
        Some(session.asn),
        session.local_router_id,
    );
    label.told_by(&format!("bmp {router} "))
}
