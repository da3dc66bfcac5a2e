//! What is wanted of a file: of which peers, when, of what type, and which routes.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family, MessageType};
use yottabgp_wire::message::HEADER_LENGTH;
use yottabgp_wire::message::update::part::part;
use yottabgp_wire::nlri::{Nlri, registry};
use yottabgp_wire::prefix::Prefix;

use super::time;
use crate::capture::{Captured, Note, Noted, Read, Side, Sink, Within};
use crate::context;

/// What is wanted, as the command line says it.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What is wanted of the files")]
pub(crate) struct FilterArgs {
    /// Sessions with this peer: its address or its AS; may be given more than once
    #[arg(long, value_name = "ADDRESS|AS")]
    pub(super) peer: Vec<String>,
    /// Routes to this prefix; with a + behind it to all within it, with a - to all that have it within; more than once
    #[arg(long, value_name = "PREFIX[+-]", allow_hyphen_values = true)]
    pub(super) prefix: Vec<String>,
    /// Routes of these families: "ipv4 unicast" …
    #[arg(long, value_name = "FAMILIES")]
    pub(super) family: Option<String>,
    /// Announced routes that begin in this AS; may be given more than once
    #[arg(long, value_name = "AS")]
    pub(super) origin: Vec<String>,
    /// From this time on: 2026-11-29T17:00:00Z, "2026-11-29 17:00" (UTC), or seconds since 1970
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Of this type; may be given more than once
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(super) kinds: Vec<Kind>,
    /// What peers sent
    #[arg(long, conflicts_with = "sent")]
    pub(super) received: bool,
    /// What peers were sent
    #[arg(long)]
    pub(super) sent: bool,
}

/// The types of what a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Routes of a table dump
    Route,
    /// UPDATEs
    Update,
    /// Routes that UPDATEs announce
    Announce,
    /// Routes that UPDATEs withdraw
    Withdraw,
    /// OPENs
    Open,
    /// NOTIFICATIONs
    Notification,
    /// KEEPALIVEs
    Keepalive,
    /// ROUTE-REFRESHes
    Refresh,
    /// Changes of the state of sessions
    State,
    /// The peers of a table dump
    Peers,
}

/// A peer: by its address or its AS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Address(IpAddr),
    As(Asn),
}

/// Which prefixes are wanted beside the one that is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Exact,
    Within,
    Around,
}

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    peers: Vec<Peer>,
    prefixes: Vec<(Prefix, Span)>,
    families: Vec<Family>,
    origins: Vec<u32>,
    from: Option<Duration>,
    until: Option<Duration>,
    kinds: Vec<Kind>,
    /// `true` for what peers were sent.
    sent: Option<bool>,
}

impl FilterArgs {
    /// What it says, checked.
    pub(super) fn filter(&self) -> Result<Filter> {
        let sent = match (self.sent, self.received) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        Ok(Filter {
            peers: self.peer.iter().map(|text| peer(text)).collect::<Result<_>>()?,
            prefixes: self.prefix.iter().map(|text| prefix(text)).collect::<Result<_>>()?,
            families: self
                .family
                .as_deref()
                .map(context::families)
                .transpose()?
                .unwrap_or_default(),
            origins: self.origin.iter().map(|text| Ok(asn(text)?.0)).collect::<Result<_>>()?,
            from: self.from.as_deref().map(time::parse).transpose()?,
            until: self.until.as_deref().map(time::parse).transpose()?,
            kinds: self.kinds.clone(),
            sent,
        })
    }
}

fn peer(text: &str) -> Result<Peer> {
    if let Ok(address) = text.parse() {
        return Ok(Peer::Address(address));
    }
    match asn(text) {
        Ok(asn) => Ok(Peer::As(asn)),
        Err(_) => bail!("'{text}' is no peer: its address or its AS number, 192.0.2.1 or 65001"),
    }
}

pub(super) fn asn(text: &str) -> Result<Asn> {
    let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
    match digits.parse() {
        Ok(asn) => Ok(asn),
        Err(_) => bail!("'{text}' is not an AS number: 0 to 4294967295"),
    }
}

fn prefix(text: &str) -> Result<(Prefix, Span)> {
    let (span, bare) = match text.as_bytes().last() {
        Some(b'+') => (Span::Within, text.trim_end_matches('+')),
        Some(b'-') => (Span::Around, text.trim_end_matches('-')),
        _ => (Span::Exact, text),
    };
    match Prefix::parse(bare) {
        Ok(prefix) => Ok((prefix, span)),
        Err(error) => bail!("'{text}' is no prefix: {error}"),
    }
}

impl Filter {
    /// Only what peers sent, unless something else was asked for.
    pub(super) fn received(mut self) -> Self {
        self.sent.get_or_insert(false);
        self
    }

    fn is_of_routes(&self) -> bool {
        !(self.prefixes.is_empty() && self.families.is_empty() && self.origins.is_empty())
    }

    fn takes_time(&self, time: Duration) -> bool {
        self.from.is_none_or(|from| time >= from) && self.until.is_none_or(|until| time < until)
    }

    fn takes_peer(&self, side: &Side) -> bool {
        self.peers.is_empty()
            || self.peers.iter().any(|peer| match peer {
                Peer::Address(address) => side.address == *address,
                Peer::As(asn) => side.asn == Some(*asn),
            })
    }

    fn takes_kind(&self, kinds: &[Kind]) -> bool {
        self.kinds.is_empty() || kinds.iter().any(|kind| self.kinds.contains(kind))
    }

    fn takes_way(&self, is_sent: bool) -> bool {
        self.sent.is_none_or(|sent| sent == is_sent)
    }

    fn takes_noted(&self, noted: &Noted<'_>) -> bool {
        self.takes_time(noted.time)
            && match &noted.note {
                Note::State { peer, .. } => {
                    self.takes_kind(&[Kind::State])
                        && self.sent.is_none()
                        && !self.is_of_routes()
                        && self.takes_peer(peer)
                }
                Note::Peers(_) => self.kinds.contains(&Kind::Peers) || self.is_empty(),
                Note::Unknown { .. } => self.is_empty(),
            }
    }

    fn is_empty(&self) -> bool {
        self.kinds.is_empty()
            && self.peers.is_empty()
            && self.sent.is_none()
            && !self.is_of_routes()
    }

    fn takes_nlri(&self, nlri: Nlri<'_>) -> bool {
        (self.families.is_empty() || self.families.contains(&nlri.family))
            && (self.prefixes.is_empty() || self.takes_prefix(nlri))
    }

    fn takes_prefix(&self, nlri: Nlri<'_>) -> bool {
        let parts = registry::row(nlri.family).parts.and_then(|parts| parts(nlri));
        let Some(parts) = parts else { return false };
        let mut octets = [0; 16];
        let length = parts.prefix.len().min(octets.len());
        if let (Some(to), Some(from)) = (octets.get_mut(..length), parts.prefix.get(..length)) {
            to.copy_from_slice(from);
        }
        let [a, b, c, d, ..] = octets;
        let (address, most): (IpAddr, u8) = match nlri.family.afi {
            Afi::IPV6 => (octets.into(), 128),
            _ => ([a, b, c, d].into(), 32),
        };
        parts.length <= most
            && self.prefixes.iter().any(|(wanted, span)| match span {
                Span::Exact => wanted.length == parts.length && wanted.contains(address),
                Span::Within => wanted.length <= parts.length && wanted.contains(address),
                Span::Around => {
                    let outer = Prefix { address, length: parts.length };
                    outer.length <= wanted.length && outer.contains(wanted.address)
                }
            })
    }
}

/// Takes what is wanted out of what a file has.
pub(super) struct Filtered<'f, S> {
    filter: &'f Filter,
    then: &'f mut S,
    body: &'f mut Vec<u8>,
}

impl<'f, S: Sink> Filtered<'f, S> {
    /// `body` is where messages are put together of which only a part is wanted.
    pub(super) fn new(filter: &'f Filter, then: &'f mut S, body: &'f mut Vec<u8>) -> Self {
        Self { filter, then, body }
    }

    /// An UPDATE or a route, of which maybe a part is wanted.
    fn routes(&mut self, captured: &Captured<'_>, is_route: bool, body: &[u8]) -> Result<()> {
        let Self { filter, then, body: kept } = self;
        let (announced, withdrawn) = if is_route {
            let route = filter.takes_kind(&[Kind::Route, Kind::Announce]);
            (route, route)
        } else {
            (
                filter.takes_kind(&[Kind::Update, Kind::Announce]),
                filter.takes_kind(&[Kind::Update, Kind::Withdraw]),
            )
        };
        if !(announced || withdrawn) {
            return Ok(());
        }
        if announced && withdrawn && !filter.is_of_routes() {
            return then.message(captured);
        }
        let (asn4, path_id) = match captured.read {
            Read::Told { asn4, path_id } => (asn4, path_id),
            Read::Agreed(negotiated) => (negotiated.asn4, false),
        };
        let from_here = filter.origins.is_empty()
            || origin(body, asn4).is_some_and(|origin| filter.origins.contains(&origin));
        let wanted = |is_announced, nlri: Nlri<'_>| {
            let kind = if is_announced {
                announced && from_here
            } else {
                withdrawn && filter.origins.is_empty()
            };
            kind && filter.takes_nlri(nlri)
        };
        match part(body, path_id, wanted, kept) {
            Ok(0) => Ok(()),
            Ok(_) => then.message(&Captured { octets: kept, ..*captured }),
            // Who shows it says what is wrong.
            Err(_) => then.message(captured),
        }
    }
}

impl<S: Sink> Sink for Filtered<'_, S> {
    fn message(&mut self, captured: &Captured<'_>) -> Result<()> {
        let filter = self.filter;
        let (is_sent, is_route) = match captured.within {
            Within::Message { sent, .. } => (sent, false),
            Within::Table { .. } => (false, true),
            Within::Packets => (false, false),
        };
        let peer = if is_sent { captured.receiver } else { captured.sender };
        let wanted = filter.takes_way(is_sent)
            && filter.takes_peer(peer)
            && filter.takes_time(captured.time);
        if !wanted {
            return Ok(());
        }
        if is_route {
            return self.routes(captured, true, captured.octets);
        }
        match captured.octets.split_at_checked(HEADER_LENGTH) {
            Some((&[.., high, low, code], body)) => match MessageType(code) {
                MessageType::UPDATE => {
                    let length = usize::from(u16::from_be_bytes([high, low]));
                    if length == captured.octets.len() {
                        self.routes(captured, false, body)
                    } else if filter.takes_kind(&[Kind::Update, Kind::Announce, Kind::Withdraw]) {
                        // Who takes it says what is wrong.
                        self.then.message(captured)
                    } else {
                        Ok(())
                    }
                }
                code => {
                    let kind = match code {
                        MessageType::OPEN => Some(Kind::Open),
                        MessageType::NOTIFICATION => Some(Kind::Notification),
                        MessageType::KEEPALIVE => Some(Kind::Keepalive),
                        MessageType::ROUTE_REFRESH => Some(Kind::Refresh),
                        _ => None,
                    };
                    let wanted = match kind {
                        Some(kind) => filter.takes_kind(&[kind]),
                        None => filter.kinds.is_empty(),
                    };
                    if wanted && !filter.is_of_routes() {
                        self.then.message(captured)
                    } else {
                        Ok(())
                    }
                }
            },
            _ => self.then.message(captured),
        }
    }

    fn noted(&mut self, noted: &Noted<'_>) -> Result<()> {
        if self.filter.takes_noted(noted) { self.then.noted(noted) } else { Ok(()) }
    }

    fn fault(&mut self, place: &dyn fmt::Display, why: &str) {
        self.then.fault(place, why);
    }
}

/// The AS that a path begins in: the last number of AS_PATH, or of AS4_PATH where that has more to say.
fn origin(body: &[u8], asn4: bool) -> Option<u32> {
    let [high, low] = *body.first_chunk()?;
    let rest = body.get(2 + usize::from(u16::from_be_bytes([high, low]))..)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let mut rest = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    let (mut path, mut path_of_four) = (None, None);
    while let Some((&[flags, code], behind)) = rest.split_first_chunk::<2>() {
        let (length, behind) = if flags & 0x10 == 0 {
            behind.split_first_chunk::<1>().map(|(&[length], rest)| (length.into(), rest))?
        } else {
            let (length, rest) = behind.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        };
        let (value, behind) = behind.split_at_checked(length)?;
        match code {
            2 => path = last(value, asn4),
            17 => path_of_four = last(value, true),
            _ => {}
        }
        rest = behind;
    }
    if asn4 { path } else { path_of_four.or(path) }
}

/// The last AS of a path.
fn last(path: &[u8], asn4: bool) -> Option<u32> {
    let octets = if asn4 { path.last_chunk::<4>().copied() } else { None };
    octets.map(u32::from_be_bytes).or_else(|| {
        let last = path.last_chunk::<2>().filter(|_| !asn4 && path.len() >= 4)?;
        Some(u16::from_be_bytes(*last).into())
    })
}
