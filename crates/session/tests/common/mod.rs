//! A peer on a virtual network with a virtual clock.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

pub mod lab;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use yottabgp_session::settings::Settings;
use yottabgp_session::{Action, ConnectionId, Decoded, Event, Peer, Source};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::{self, Frame, frame, keepalive};
use yottabgp_wire::negotiated::{Direction, Negotiated};

/// Ready-made settings: AS 65001, router-id 10.0.0.1, a peer in AS 65002, IPv4 unicast.
pub fn settings() -> Settings {
    Settings {
        local_as: Some(Asn(65001)),
        peer_as: Some(Asn(65002)),
        router_id: Ipv4Addr::new(10, 0, 0, 1),
        hold_time: 90,
        families: vec![Family::IPV4_UNICAST],
        ..Settings::default()
    }
}

/// The settings of the other side of [`settings`], with router-id 10.0.0.2.
pub fn mirrored() -> Settings {
    Settings {
        local_as: Some(Asn(65002)),
        peer_as: Some(Asn(65001)),
        router_id: Ipv4Addr::new(10, 0, 0, 2),
        ..settings()
    }
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn address(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

pub fn socket(last: u8) -> SocketAddr {
    SocketAddr::new(address(last), 179)
}

/// A source with whole messages to give.
#[derive(Debug, Default)]
pub struct Messages {
    pub waiting: Vec<Vec<u8>>,
    /// How often it was asked.
    pub asked: usize,
}

impl Source for Messages {
    fn fill(&mut self, _: &Negotiated, out: &mut Vec<u8>, limit: usize) -> bool {
        self.asked += 1;
        while !self.waiting.is_empty() {
            if out.len() > limit {
                return true;
            }
            out.extend(self.waiting.remove(0));
        }
        false
    }
}

/// A message with this type and body.
pub fn raw(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let start = message::start(&mut out, MessageType(kind));
    out.extend_from_slice(body);
    message::finish(&mut out, start);
    out
}

pub fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out);
    out
}

pub fn keepalive() -> Vec<u8> {
    encoded(keepalive::encode)
}

pub fn notification(code: u8, subcode: u8) -> Vec<u8> {
    encoded(|out| Notification::new(code, subcode).encode(out))
}

/// An UPDATE that withdraws a route, a whole message.
pub fn withdraw(octet: u8) -> Vec<u8> {
    raw(2, &[0, 2, 8, octet, 0, 0])
}

/// The OPEN of [`mirrored`].
pub fn open() -> Open {
    open_of(&mirrored())
}

pub fn open_of(settings: &Settings) -> Open {
    let local_as = settings.local_as.unwrap();
    yottabgp_session::negotiate::announce(settings, local_as, false)
}

/// An OPEN without capabilities but what `announce` adds.
pub fn open_with(asn: u16, announce: impl FnOnce(&mut Capabilities)) -> Open {
    let mut capabilities = Capabilities::new();
    announce(&mut capabilities);
    Open { asn, capabilities, ..open() }
}

pub fn octets(open: &Open) -> Vec<u8> {
    encoded(|out| open.encode(out))
}

fn name(kind: MessageType) -> &'static str {
    kind.name().unwrap_or("unknown")
}

/// A message in a word or two.
pub fn describe(octets: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match frame(octets, 65535) {
        Frame::Message { kind, body, length, .. } if length == octets.len() => {
            let name = name(kind).to_uppercase();
            match kind {
                MessageType::NOTIFICATION => {
                    let Notification { code, subcode, data } = Notification::decode(body);
                    let data =
                        if data.is_empty() { String::new() } else { format!(" {}", hex(&data)) };
                    format!("{name} {code}/{subcode}{data}")
                }
                MessageType::OPEN | MessageType::KEEPALIVE => name,
                _ => format!("{name} {}", hex(body)),
            }
        }
        other => panic!("no message: {other:?}"),
    }
}

/// Cuts octets into messages.
pub fn cut(mut octets: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while !octets.is_empty() {
        let Frame::Message { length, .. } = frame(octets, 65535) else {
            panic!("not a message: {octets:02x?}")
        };
        messages.push(octets[..length].to_vec());
        octets = &octets[length..];
    }
    messages
}

/// An event in a few words, as `api` would tell it.
pub fn tell(event: &Event<'_>) -> String {
    match event {
        Event::Fsm(state) => state.name().to_owned(),
        Event::Connected => "connected".to_owned(),
        Event::Up(_) => "up".to_owned(),
        Event::Down { reason, .. } => format!("down - {reason}"),
        Event::Negotiated(_) => "negotiated".to_owned(),
        Event::RefreshRequested(family) => format!("refresh of {family} requested"),
        Event::Message { direction, kind, decoded, .. } => {
            let direction = match direction {
                Direction::Receive => "receive",
                Direction::Send => "send",
            };
            let undecoded = if matches!(decoded, Decoded::None) { " (undecoded)" } else { "" };
            format!("{direction} {}{undecoded}", name(*kind))
        }
    }
}

/// A peer that is driven by hand.
pub struct Solo {
    pub peer: Peer,
    pub now: Instant,
    pub start: Instant,
    /// Since the last [`Self::events`].
    pub told: Vec<String>,
    /// Messages since the last [`Self::sent`], of all connections.
    pub out: Vec<(u64, Vec<u8>)>,
    /// Since the last [`Self::actions`].
    pub done: Vec<Action>,
    pub source: Messages,
    /// Connections that are up.
    pub connections: Vec<ConnectionId>,
    /// Whether the socket takes what is transmitted.
    pub writable: bool,
}

impl Solo {
    pub fn new(settings: Settings) -> Self {
        let now = Instant::now();
        Self {
            peer: Peer::new(Arc::new(settings), 1),
            now,
            start: now,
            told: Vec::new(),
            out: Vec::new(),
            done: Vec::new(),
            source: Messages::default(),
            connections: Vec::new(),
            writable: true,
        }
    }

    /// Started, with its first connection dialed: the connection has the number 1.
    pub fn dialing(settings: Settings) -> Self {
        let mut solo = Self::new(settings);
        solo.act(|peer, now, events| peer.start(now, events));
        assert_eq!(solo.actions(), ["connect 1"]);
        solo
    }

    /// Connected: the OPEN is sent unless the AS is taken from the peer.
    pub fn open_sent(settings: Settings) -> Self {
        let mut solo = Self::dialing(settings);
        solo.connected(1);
        solo
    }

    /// The peer has sent `theirs`.
    pub fn open_confirm(settings: Settings, theirs: &Open) -> Self {
        let mut solo = Self::open_sent(settings);
        solo.receive(1, &octets(theirs));
        solo
    }

    pub fn established_with(settings: Settings, theirs: &Open) -> Self {
        let mut solo = Self::open_confirm(settings, theirs);
        solo.receive(1, &keepalive());
        assert_eq!(solo.told.last().map(String::as_str), Some("send update"), "{:?}", solo.told);
        solo.told.clear();
        solo.out.clear();
        solo
    }

    pub fn established(settings: Settings) -> Self {
        let theirs = open_of(&Settings {
            graceful_restart: settings.graceful_restart,
            graceful_restart_notification: settings.graceful_restart_notification,
            route_refresh: settings.route_refresh,
            operational: settings.operational,
            hold_time: settings.hold_time,
            families: settings.families.clone(),
            ..mirrored()
        });
        Self::established_with(settings, &theirs)
    }

    /// Does something to the peer, and then what a driver does.
    pub fn act<R>(
        &mut self,
        act: impl FnOnce(&mut Peer, Instant, &mut dyn FnMut(Event<'_>)) -> R,
    ) -> R {
        let told = &mut self.told;
        let result = act(&mut self.peer, self.now, &mut |event| told.push(tell(&event)));
        while let Some(action) = self.peer.poll_action() {
            if let Action::Close(id) = action {
                self.transmit(id);
                self.connections.retain(|other| *other != id);
            }
            self.done.push(action);
        }
        for id in self.connections.clone() {
            self.transmit(id);
        }
        result
    }

    fn transmit(&mut self, id: ConnectionId) {
        loop {
            let mut out = Vec::new();
            let told = &mut self.told;
            let more =
                self.peer.poll_transmit(self.now, id, &mut out, &mut self.source, &mut |event| {
                    told.push(tell(&event));
                });
            if self.writable {
                self.peer.written(self.now, id, out.len());
            }
            self.out.extend(cut(&out).into_iter().map(|message| (id.0, message)));
            if !more {
                return;
            }
        }
    }

    pub fn connected(&mut self, id: u64) {
        self.connections.push(ConnectionId(id));
        self.act(|peer, now, events| {
            peer.connected(now, ConnectionId(id), socket(1), socket(2), events);
        });
    }

    pub fn incoming(&mut self) -> u64 {
        let id = self.act(|peer, now, events| peer.incoming(now, socket(1), socket(2), events));
        if !self.done.contains(&Action::Close(id)) {
            self.connections.push(id);
            self.act(|_, _, _| ());
        }
        id.0
    }

    pub fn receive(&mut self, id: u64, octets: &[u8]) {
        let consumed =
            self.act(|peer, now, events| peer.receive(now, ConnectionId(id), octets, events));
        assert_eq!(consumed, octets.len());
    }

    pub fn closed(&mut self, id: u64) {
        self.connections.retain(|other| other.0 != id);
        self.act(|peer, now, events| {
            peer.closed(now, ConnectionId(id), "the peer closed the connection", events);
        });
    }

    /// Lets time pass, and handles what is due on the way.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.peer.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.act(|peer, now, events| peer.handle_timeout(now, events));
        }
        self.now = end;
    }

    /// What was told since the last time.
    pub fn events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    /// What was sent since the last time, without the connection.
    pub fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out).iter().map(|(_, message)| describe(message)).collect()
    }

    /// What was sent since the last time: `1: OPEN`.
    pub fn sent_on(&mut self) -> Vec<String> {
        let out = std::mem::take(&mut self.out);
        out.iter().map(|(id, message)| format!("{id}: {}", describe(message))).collect()
    }

    pub fn actions(&mut self) -> Vec<String> {
        let done = std::mem::take(&mut self.done);
        let name = |action| match action {
            Action::Connect(ConnectionId(id)) => format!("connect {id}"),
            Action::Close(ConnectionId(id)) => format!("close {id}"),
            Action::Finished => "finished".to_owned(),
        };
        done.into_iter().map(name).collect()
    }
}
