//! What is known of a router that tells: who it is, and its sessions, by whose OPENs messages are read.

use std::net::{IpAddr, Ipv4Addr};

use hashbrown::HashMap;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::io::reader::WireError;
use yottabgp_wire::message::HEADER_LENGTH as BGP_HEADER_LENGTH;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::Negotiated;

use crate::codes::{InformationType, MessageType, PeerDownReason, PeerType};
use crate::information::{InformationIter, Mirrored};
use crate::json;
use crate::peer_header::{PeerHeader, RibView, SessionKey};
use crate::{Frame, Message, PeerDown, PeerUp};

/// So many sessions of a router are remembered: more than any router has.
const MOST_SESSIONS: usize = 65_536;

/// The longest name of a router that is kept, in octets: every event repeats it.
const LONGEST_NAME: usize = 128;

/// So many BGP messages of one mirroring message are told: routers send one.
const MOST_MIRRORED: usize = 256;

/// A session that a router tells of. `L` is what the caller keeps with it.
#[derive(Clone, Debug)]
pub struct Session<L> {
    /// The router's address in the session, once it is known.
    pub local_address: Option<IpAddr>,
    /// The router's AS in the session, once it is known.
    pub local_as: Option<Asn>,
    /// The router's BGP identifier in the session; 0.0.0.0 when it is not known.
    pub local_router_id: Ipv4Addr,
    /// The peer's address; unspecified for a Loc-RIB.
    pub address: IpAddr,
    /// The peer's AS.
    pub asn: Asn,
    /// Whether it is established, as far as the router told.
    pub is_up: bool,
    /// What the caller keeps: made anew whenever the session comes up.
    pub kept: L,
    /// How messages are read that the router received, and that it sent.
    received: Negotiated,
    sent: Negotiated,
    /// Whether both sides have AS numbers of four octets, as far as is known.
    asn4: bool,
    /// Its members in events.
    json: Vec<u8>,
}

/// A router that tells.
#[derive(Debug)]
pub struct Router<L> {
    address: IpAddr,
    port: u16,
    name: Option<String>,
    description: Option<String>,
    /// Its member in events.
    json: Vec<u8>,
    sessions: HashMap<SessionKey, Session<L>>,
    most_sessions: usize,
    counts: Counts,
    member: Vec<u8>,
    /// Whether what it tells is a repetition.
    is_snapshot: bool,
}

/// What was counted of a router.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: u64,
    /// Those that could not be read.
    pub malformed: u64,
    /// Those with routes.
    pub route_monitoring: u64,
}

/// A router tells of more sessions than are believed: the connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySessions;

/// What one message tells.
#[derive(Debug)]
pub struct Told<'a, L> {
    /// What kind of message it is; Peer Down also for the end of the connection.
    pub kind: MessageType,
    /// Whom the message is about, where it said so.
    pub peer: Option<&'a PeerHeader>,
    /// `"bmp": { … }`: the member of its event that says of whom it is.
    pub member: &'a [u8],
    /// The session, where it is about one.
    pub session: Option<&'a mut Session<L>>,
    /// What is told.
    pub what: What<'a>,
}

/// What is told beside the member.
#[derive(Debug)]
pub enum What<'a> {
    /// Nothing more.
    Member,
    /// The session is established.
    Up,
    /// The session ended, with the reason in words.
    Down(&'a str),
    /// A BGP message, to be read as [`Session::read`] says.
    Message {
        /// With its header.
        octets: &'a [u8],
        /// Whether the router sent it.
        is_sent: bool,
    },
}

impl<L: Default> Router<L> {
    /// One that connected from there, or was connected to.
    pub fn new(address: IpAddr, port: u16) -> Self {
        let mut router = Self {
            address,
            port,
            name: None,
            description: None,
            json: Vec::new(),
            sessions: HashMap::new(),
            most_sessions: MOST_SESSIONS,
            counts: Counts::default(),
            member: Vec::new(),
            is_snapshot: false,
        };
        json::router(address, port, None, &mut router.json);
        router
    }

    /// With another limit of sessions than the usual 65,536.
    #[must_use]
    pub const fn at_most(mut self, sessions: usize) -> Self {
        self.most_sessions = sessions;
        self
    }

    /// One whose messages are told again, to somebody who was not there: their member says so.
    #[must_use]
    pub const fn snapshot(mut self) -> Self {
        self.is_snapshot = true;
        self
    }

    /// Its address.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its name, when it told one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What kind of system it is, when it told.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// What was counted.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Its sessions, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = (&SessionKey, &Session<L>)> {
        self.sessions.iter()
    }

    /// A session.
    pub fn session(&self, key: &SessionKey) -> Option<&Session<L>> {
        self.sessions.get(key)
    }

    /// The connection ended: every session that was up is told to be down, since nothing more will be told of it.
    pub fn lost(&mut self, tell: &mut dyn FnMut(Told<'_, L>)) {
        for session in self.sessions.values_mut().filter(|session| session.is_up) {
            session.is_up = false;
            self.member.clear();
            json::start("connection-lost", &self.json, &mut self.member);
            self.member.extend_from_slice(&session.json);
            json::end(self.is_snapshot, &mut self.member);
            let what = What::Down("the connection to the router was lost");
            let kind = MessageType::PEER_DOWN;
            tell(Told { kind, peer: None, member: &self.member, session: Some(session), what });
        }
    }

    /// Takes a message, and tells what it says. What is malformed is told with its octets, and counted.
    ///
    /// # Errors
    /// Too many sessions are up; the message is not taken.
    pub fn take(
        &mut self,
        frame: Frame<'_>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), TooManySessions> {
        if self.sessions.len() >= self.most_sessions {
            self.sessions.retain(|_, session| session.is_up);
            if self.sessions.len() >= self.most_sessions {
                return Err(TooManySessions);
            }
        }
        self.counts.messages += 1;
        let read = frame.read().and_then(|message| self.message(frame.kind, message, tell));
        if let Err(error) = read {
            self.counts.malformed += 1;
            self.member.clear();
            json::start(&json::message_name(frame.kind), &self.json, &mut self.member);
            json::malformed(&error, frame.body, &mut self.member);
            json::end(self.is_snapshot, &mut self.member);
            self.told(frame.kind, tell);
        }
        Ok(())
    }

    fn message(
        &mut self,
        kind: MessageType,
        message: Message<'_>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), WireError> {
        match message {
            Message::RouteMonitoring { peer, octets } => {
                self.counts.route_monitoring += 1;
                self.routes(kind, &peer, octets, &[], tell);
            }
            Message::RouteMirroring { peer, mirrored } => {
                self.mirrored(kind, &peer, mirrored, tell)?;
            }
            Message::StatisticsReport { peer, statistics, .. } => {
                let mut counts = Vec::new();
                json::statistics(statistics, &mut counts)?;
                let is_snapshot = self.is_snapshot;
                let (session, member) = self.begin(kind, &peer);
                member.extend_from_slice(&counts);
                json::end(is_snapshot, member);
                let what = What::Member;
                tell(Told { kind, peer: Some(&peer), member, session: Some(session), what });
            }
            Message::PeerUp { peer, up } => self.up(kind, &peer, &up, tell)?,
            Message::PeerDown { peer, down } => self.down(kind, &peer, down, tell)?,
            Message::Initiation(parts) => {
                self.learn(parts)?;
                self.alone(kind, |member| json::initiation(parts, member), tell)?;
            }
            Message::Termination(parts) => {
                self.alone(kind, |member| json::termination(parts, member), tell)?;
            }
            Message::Unknown => self.alone(kind, |_| Ok(()), tell)?,
        }
        Ok(())
    }

    /// Tells of a message that is about no session.
    fn alone(
        &mut self,
        kind: MessageType,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), WireError>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), WireError> {
        self.member.clear();
        json::start(&json::message_name(kind), &self.json, &mut self.member);
        write(&mut self.member)?;
        json::end(self.is_snapshot, &mut self.member);
        self.told(kind, tell);
        Ok(())
    }

    /// Tells the member, which is about no session.
    fn told(&self, kind: MessageType, tell: &mut dyn FnMut(Told<'_, L>)) {
        let what = What::Member;
        tell(Told { kind, peer: None, member: &self.member, session: None, what });
    }

    /// The session that a header names, and the member of an event of it, up to where what is special to the message begins.
    fn begin(&mut self, kind: MessageType, peer: &PeerHeader) -> (&mut Session<L>, &mut Vec<u8>) {
        let session = self.sessions.entry(peer.session()).or_insert_with(|| Session::unknown(peer));
        self.member.clear();
        json::start(&json::message_name(kind), &self.json, &mut self.member);
        self.member.extend_from_slice(&session.json);
        json::peer(peer, &mut self.member);
        (session, &mut self.member)
    }

    fn routes(
        &mut self,
        kind: MessageType,
        peer: &PeerHeader,
        octets: &[u8],
        information: &[u8],
        tell: &mut dyn FnMut(Told<'_, L>),
    ) {
        let is_snapshot = self.is_snapshot;
        let (session, member) = self.begin(kind, peer);
        member.extend_from_slice(information);
        json::end(is_snapshot, member);
        let is_sent = peer.view == RibView::AdjRibOut;
        let read = if is_sent { &mut session.sent } else { &mut session.received };
        // The header knows better than the OPENs: a router may write paths anew (RFC 7854 section 4.2), but not what it mirrors.
        let as_agreed = kind != MessageType::ROUTE_MIRRORING || session.asn4;
        read.asn4 = as_agreed && !peer.has_two_octet_as_path;
        let what = What::Message { octets, is_sent };
        tell(Told { kind, peer: Some(peer), member, session: Some(session), what });
    }

    fn mirrored(
        &mut self,
        kind: MessageType,
        peer: &PeerHeader,
        parts: InformationIter<'_>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), WireError> {
        let (mut words, mut count) = (Vec::new(), 0);
        for part in parts {
            let word = match part?.mirrored()? {
                Mirrored::Message(_) => {
                    count += 1;
                    continue;
                }
                Mirrored::Errored => "errored",
                Mirrored::Lost => "messages lost",
                Mirrored::Unknown => "unknown",
            };
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if count > MOST_MIRRORED {
            words.push("some messages are left out");
        }
        let mut information = Vec::new();
        json::mirrored(&words, &mut information);
        let messages = parts.flatten().filter_map(|part| match part.mirrored() {
            Ok(Mirrored::Message(octets)) => Some(octets),
            _ => None,
        });
        for octets in messages.take(MOST_MIRRORED) {
            self.routes(kind, peer, octets, &information, tell);
        }
        if count == 0 {
            let is_snapshot = self.is_snapshot;
            let (session, member) = self.begin(kind, peer);
            member.extend_from_slice(&information);
            json::end(is_snapshot, member);
            let what = What::Member;
            tell(Told { kind, peer: Some(peer), member, session: Some(session), what });
        }
        Ok(())
    }

    fn up(
        &mut self,
        kind: MessageType,
        peer: &PeerHeader,
        up: &PeerUp<'_>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), WireError> {
        let mut details = Vec::new();
        json::peer_up(up, &mut details)?;
        let is_snapshot = self.is_snapshot;
        let (session, member) = self.begin(kind, peer);
        session.established(peer, up);
        member.extend_from_slice(&details);
        json::end(is_snapshot, member);
        let what = What::Up;
        tell(Told { kind, peer: Some(peer), member, session: Some(session), what });
        Ok(())
    }

    fn down(
        &mut self,
        kind: MessageType,
        peer: &PeerHeader,
        down: PeerDown<'_>,
        tell: &mut dyn FnMut(Told<'_, L>),
    ) -> Result<(), WireError> {
        let mut details = Vec::new();
        json::peer_down(down, &mut details)?;
        let is_snapshot = self.is_snapshot;
        let (session, member) = self.begin(kind, peer);
        session.is_up = false;
        member.extend_from_slice(&details);
        json::end(is_snapshot, member);
        let reason = reason(down);
        let what = What::Down(&reason);
        tell(Told { kind, peer: Some(peer), member, session: Some(session), what });
        self.sessions.remove(&peer.session());
        Ok(())
    }

    /// Remembers what the router says of itself.
    fn learn(&mut self, parts: InformationIter<'_>) -> Result<(), WireError> {
        for part in parts {
            let part = part?;
            let value = part.value.get(..LONGEST_NAME).unwrap_or(part.value);
            let words = || Some(String::from_utf8_lossy(value).into_owned());
            match InformationType(part.kind) {
                InformationType::SYS_NAME => self.name = words(),
                InformationType::SYS_DESCR => self.description = words(),
                _ => {}
            }
        }
        self.json.clear();
        json::router(self.address, self.port, self.name.as_deref(), &mut self.json);
        Ok(())
    }
}

impl<L> Session<L> {
    /// How messages are read that the router sent, or those that it received: as received ones of who sent them.
    pub const fn read(&self, is_sent: bool) -> &Negotiated {
        if is_sent { &self.sent } else { &self.received }
    }
}

impl<L: Default> Session<L> {
    /// One whose beginning was not told: everything is read that needs no agreement.
    fn unknown(peer: &PeerHeader) -> Self {
        let mut json = Vec::new();
        json::session(peer, &mut json);
        let mut read = Negotiated::permissive();
        (read.peer_as, read.peer_router_id) = (peer.asn, peer.router_id);
        Self {
            local_address: None,
            local_as: None,
            local_router_id: Ipv4Addr::UNSPECIFIED,
            address: peer.address,
            asn: peer.asn,
            is_up: false,
            kept: L::default(),
            received: read.clone(),
            sent: read,
            asn4: true,
            json,
        }
    }

    /// It is up: its OPENs say how its messages are read.
    fn established(&mut self, peer: &PeerHeader, up: &PeerUp<'_>) {
        let open =
            |octets: &[u8]| Open::decode(octets.get(BGP_HEADER_LENGTH..).unwrap_or_default()).ok();
        let (ours, theirs) = (open(up.sent_open), open(up.received_open));
        *self = Self::unknown(peer);
        self.is_up = true;
        self.local_address = Some(up.local_address);
        self.received = Negotiated::observed(theirs.as_ref(), ours.as_ref());
        self.sent = Negotiated::observed(ours.as_ref(), theirs.as_ref());
        self.asn4 = self.received.asn4;
        if peer.kind == PeerType::LOC_RIB {
            // Its OPENs are made up (RFC 9069 section 5.2): what either says of ADD-PATH is meant.
            let opens = ours.iter().chain(&theirs);
            let families = opens.flat_map(|open| open.capabilities.add_path());
            let families: Vec<_> =
                families.filter(|(_, mode)| mode & 3 != 0).map(|(family, _)| family).collect();
            self.received.add_path.receive = families;
        }
        if let Some(ours) = &ours {
            self.local_as = Some(self.received.local_as);
            self.local_router_id = ours.router_id;
        }
        for (read, from, to) in [
            (&mut self.received, peer.address, up.local_address),
            (&mut self.sent, up.local_address, peer.address),
        ] {
            (read.peer_address, read.local_address) = (from, to);
        }
    }
}

/// Why a session ended, in the words of our own sessions.
fn reason(down: PeerDown<'_>) -> String {
    let notification = down.notification().map(|octets| {
        let body = octets.get(BGP_HEADER_LENGTH..).unwrap_or_default();
        let notification = Notification::decode(body);
        format!("({},{})", notification.code, notification.subcode)
    });
    match (down.reason, notification, down.event()) {
        (PeerDownReason::LOCAL_NOTIFICATION, Some(codes), _) => {
            format!("notification sent {codes}")
        }
        (PeerDownReason::REMOTE_NOTIFICATION, Some(codes), _) => {
            format!("notification received {codes}")
        }
        (PeerDownReason::LOCAL, _, Some(event)) if event != 0 => {
            format!("the router ended it: event {event} of its state machine")
        }
        (PeerDownReason::LOCAL, ..) => "the router ended it".to_owned(),
        (PeerDownReason::REMOTE, ..) => "the peer closed the connection".to_owned(),
        (other, ..) => match other.name() {
            Some(name) => name.to_owned(),
            None => format!("reason {}", other.0),
        },
    }
}
