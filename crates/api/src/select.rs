//! Which peers a command is about.
//!
//! Version 4 writes `neighbor IP [KEY VALUE]… [, neighbor IP [KEY VALUE]…]…`, version 6 `peer *`, `peer IP [KEY VALUE]…`
//! and `peer [ IP KEY VALUE, IP … ]`. Terms joined by commas are alternatives, the keys of one term must all agree. Values
//! are compared as values: `10.0.0.1` is not `10.0.0.10`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::tokens::{TextError, Tokens};
use yottabgp_wire::prefix::Prefix;

/// What distinguishes a peer from others: printed as ExaBGP's peer key, compared with selectors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerKey {
    /// The peer's address.
    pub peer: IpAddr,
    /// Our address; `None` for `auto`.
    pub local_address: Option<IpAddr>,
    /// Our AS; `None` for `auto`.
    pub local_as: Option<Asn>,
    /// The peer's AS; `None` for `auto`.
    pub peer_as: Option<Asn>,
    /// Our BGP identifier.
    pub router_id: Ipv4Addr,
    /// The families of a multi-session peer; `None` for `in-open`: those that the OPENs agree upon.
    pub families: Option<Vec<Family>>,
}

impl fmt::Display for PeerKey {
    /// `neighbor 10.0.0.2 local-ip 10.0.0.1 local-as 65001 peer-as 65002 router-id 10.0.0.1 family-allowed in-open`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "neighbor {} local-ip ", self.peer)?;
        or_auto(f, self.local_address)?;
        f.write_str(" local-as ")?;
        or_auto(f, self.local_as)?;
        f.write_str(" peer-as ")?;
        or_auto(f, self.peer_as)?;
        write!(f, " router-id {} family-allowed ", self.router_id)?;
        match &self.families {
            None => f.write_str("in-open"),
            Some(families) => write_families(f, families),
        }
    }
}

fn or_auto(f: &mut fmt::Formatter<'_>, value: Option<impl fmt::Display>) -> fmt::Result {
    match value {
        Some(value) => value.fmt(f),
        None => f.write_str("auto"),
    }
}

fn write_families(f: &mut fmt::Formatter<'_>, families: &[Family]) -> fmt::Result {
    for (index, family) in families.iter().enumerate() {
        if index > 0 {
            f.write_str("/")?;
        }
        write!(f, "{}-{}", family.afi, family.safi)?;
    }
    Ok(())
}

/// Which peers a command is about. Its equality and hash make it a key for a cache of what it selects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Selector {
    /// Every peer that the sender may see.
    #[default]
    All,
    /// The peers of which this is true.
    One(Term),
    /// The peers of which any of these is true.
    Any(Vec<Term>),
}

/// Properties that a peer must have, all of them; what is `None` is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Term {
    /// The peer's address, or a prefix that it lies in.
    pub peer: Option<Prefix>,
    /// `local-ip`.
    pub local_address: Option<OrAuto<IpAddr>>,
    /// `local-as`.
    pub local_as: Option<OrAuto<Asn>>,
    /// `peer-as`.
    pub peer_as: Option<OrAuto<Asn>>,
    /// `router-id`.
    pub router_id: Option<Ipv4Addr>,
    /// `family-allowed`; the inner `None` is `in-open`.
    pub families: Option<Option<Vec<Family>>>,
}

/// A value, or `auto`: the configuration leaves it open.
pub type OrAuto<T> = Option<T>;

impl Selector {
    /// Whether the peer is selected.
    pub fn matches(&self, key: &PeerKey) -> bool {
        match self {
            Self::All => true,
            Self::One(term) => term.matches(key),
            Self::Any(terms) => terms.iter().any(|term| term.matches(key)),
        }
    }

    /// Adds an alternative.
    fn or(&mut self, term: Term) {
        match self {
            Self::All => *self = Self::One(term),
            Self::One(first) => *self = Self::Any(vec![std::mem::take(first), term]),
            Self::Any(terms) => terms.push(term),
        }
    }
}

impl Term {
    /// Whether everything that the term names is true of the peer.
    pub fn matches(&self, key: &PeerKey) -> bool {
        self.peer.is_none_or(|prefix| prefix.contains(key.peer))
            && self.local_address.is_none_or(|address| address == key.local_address)
            && self.local_as.is_none_or(|asn| asn == key.local_as)
            && self.peer_as.is_none_or(|asn| asn == key.peer_as)
            && self.router_id.is_none_or(|router_id| router_id == key.router_id)
            && self.families.as_ref().is_none_or(|families| *families == key.families)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::One(term) => term.fmt(f),
            Self::Any(terms) => {
                for (index, term) in terms.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    term.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.peer {
            None => f.write_str("*")?,
            Some(prefix) if prefix.length == host_length(prefix.address) => {
                prefix.address.fmt(f)?;
            }
            Some(prefix) => write!(f, "{}/{}", prefix.address, prefix.length)?,
        }
        if let Some(address) = self.local_address {
            f.write_str(" local-ip ")?;
            or_auto(f, address)?;
        }
        if let Some(asn) = self.local_as {
            f.write_str(" local-as ")?;
            or_auto(f, asn)?;
        }
        if let Some(asn) = self.peer_as {
            f.write_str(" peer-as ")?;
            or_auto(f, asn)?;
        }
        if let Some(router_id) = self.router_id {
            write!(f, " router-id {router_id}")?;
        }
        match &self.families {
            None => Ok(()),
            Some(None) => f.write_str(" family-allowed in-open"),
            Some(Some(families)) => {
                f.write_str(" family-allowed ")?;
                write_families(f, families)
            }
        }
    }
}

const fn host_length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The keys of a selector, for help and completion.
pub const KEYS: &[&str] = &["local-ip", "local-as", "peer-as", "router-id", "family-allowed"];

/// Whether a word can only be the start of a selector: `*`, `[`, or an address.
pub fn is_selector(word: &str) -> bool {
    word == "*" || word == "[" || word.contains(['.', ':'])
}

/// Reads the selector after the first word, which was `neighbor` or `peer` and is repeated after commas where people
/// repeat it.
pub fn parse(tokens: &mut Tokens<'_>) -> Result<Selector, TextError> {
    let mut selector = Selector::All;
    let mut every = false;
    let bracket = tokens.accept("[");
    let open = tokens.last_span();
    loop {
        let term = parse_term(tokens)?;
        // `*` alone says "all", whatever the other alternatives are.
        if term == Term::default() {
            every = true;
        } else {
            selector.or(term);
        }
        if tokens.accept(",") {
            let _ = tokens.accept("neighbor") || tokens.accept("peer");
        } else if bracket && tokens.peek().is_some_and(is_selector) {
            // Addresses in a list may go without commas.
        } else {
            break;
        }
        if bracket && tokens.peek() == Some("]") {
            break;
        }
    }
    if bracket && !tokens.accept("]") {
        return Err(match tokens.peek() {
            None => TextError::new(open, "the list of peers is not closed"),
            Some(word) => tokens.error(format!("'{word}' can not be in a list of peers")),
        }
        .help("write [ IP, IP local-as N ]"));
    }
    Ok(if every { Selector::All } else { selector })
}

fn parse_term(tokens: &mut Tokens<'_>) -> Result<Term, TextError> {
    let mut term = Term { peer: parse_peer(tokens)?, ..Term::default() };
    while let Some(word) = tokens.peek() {
        match word {
            "local-ip" | "local-address" => {
                tokens.next();
                term.local_address = Some(value_or_auto(tokens, "local-ip", "an IP address")?);
            }
            "local-as" => {
                tokens.next();
                term.local_as = Some(value_or_auto(tokens, "local-as", AS_FORMAT)?);
            }
            "peer-as" => {
                tokens.next();
                term.peer_as = Some(value_or_auto(tokens, "peer-as", AS_FORMAT)?);
            }
            "router-id" => {
                tokens.next();
                term.router_id = Some(tokens.parse("router-id", "an IPv4 address")?);
            }
            "family-allowed" => {
                tokens.next();
                term.families = Some(parse_families(tokens)?);
            }
            // ExaBGP takes the address once more as a key of its own.
            "neighbor" | "peer" if tokens.peek_at(1).is_some_and(is_selector) => {
                tokens.next();
                let again = parse_peer(tokens)?;
                if again.is_some() && again != term.peer {
                    return Err(tokens
                        .last_error("one selector can not name two peers")
                        .help("separate alternatives by commas"));
                }
            }
            _ => break,
        }
    }
    Ok(term)
}

pub(crate) const AS_FORMAT: &str = "an AS number is 0 to 4294967295, or HIGH.LOW";

fn parse_peer(tokens: &mut Tokens<'_>) -> Result<Option<Prefix>, TextError> {
    let word = tokens.expect("the peer's IP address, or *,")?;
    if word == "*" {
        return Ok(None);
    }
    match Prefix::parse(word) {
        Ok(prefix) => Ok(Some(prefix)),
        Err(_) => Err(tokens
            .last_error(format!("'{word}' is not the IP address of a peer"))
            .help("write an IPv4 or IPv6 address, or * for every peer")),
    }
}

pub(crate) fn value_or_auto<T: std::str::FromStr>(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    format: &'static str,
) -> Result<OrAuto<T>, TextError> {
    if tokens.accept("auto") {
        return Ok(None);
    }
    tokens.parse(what, format).map(Some)
}

pub(crate) fn parse_families(tokens: &mut Tokens<'_>) -> Result<Option<Vec<Family>>, TextError> {
    let word = tokens.expect("family-allowed")?;
    if word == "in-open" {
        return Ok(None);
    }
    let families = word.split('/').map(|name| {
        // AFI and SAFI names have hyphens of their own: every one is tried as the separator.
        name.match_indices('-').find_map(|(at, _)| {
            Family::from_words(name.get(..at).unwrap_or(""), name.get(at + 1..).unwrap_or(""))
        })
    });
    match families.collect() {
        Some(families) => Ok(Some(families)),
        None => Err(tokens
            .last_error(format!("'{word}' is not a list of families"))
            .help("write in-open, or families as ipv4-unicast/ipv6-unicast")),
    }
}
