//! `show bmp routers`, `show bmp peers` and `show bmp routes`: what routers told the station of the daemon.

use std::net::IpAddr;

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::{self, Nlri};
use yottabgp_wire::prefix::Prefix;

use super::{Arguments, Command, FamilyFilter, Refusal};

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BmpTable {
    /// The routers.
    Routers,
    /// Their sessions.
    Peers,
    /// The routes of these.
    Routes,
}

/// What `show bmp` is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShowBmp {
    /// Which table.
    pub table: BmpTable,
    /// Only of the router with this address or name.
    pub router: Option<String>,
    /// Only of sessions with this peer.
    pub peer: Option<IpAddr>,
    /// Only of these tables: `adj-rib-in`, `adj-rib-out` or `loc-rib`.
    pub rib: Option<&'static str>,
    /// Only of this side of the policy: `pre` or `post`.
    pub policy: Option<&'static str>,
    /// Which families.
    pub families: FamilyFilter,
    /// Only these routes.
    pub prefix: Option<PrefixFilter>,
    /// Whether with every attribute.
    pub extensive: bool,
}

/// Which routes to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrefixFilter {
    /// To this prefix, and to those inside of it.
    Within(Prefix),
    /// To prefixes that this address is in.
    Covering(IpAddr),
}

impl PrefixFilter {
    /// Whether the route is shown. Routes that are to no prefix are not.
    pub fn shows(&self, nlri: Nlri<'_>) -> bool {
        let parts = nlri::registry::row(nlri.family).parts.and_then(|parts| parts(nlri));
        let Some(parts) = parts else { return false };
        let mut octets = vec![parts.length];
        octets.extend_from_slice(parts.prefix);
        let Some(prefix) = Prefix::decode(nlri.family.afi, &octets) else { return false };
        match self {
            Self::Within(outer) => {
                outer.afi() == prefix.afi()
                    && outer.length <= prefix.length
                    && outer.contains(prefix.address)
            }
            Self::Covering(address) => prefix.contains(*address),
        }
    }
}

const RIBS: [&str; 3] = ["adj-rib-in", "adj-rib-out", "loc-rib"];
const POLICIES: [&str; 2] = ["pre", "post"];

pub(super) fn routers<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    show(BmpTable::Routers, arguments)
}

pub(super) fn peers<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    show(BmpTable::Peers, arguments)
}

pub(super) fn routes<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    show(BmpTable::Routes, arguments)
}

/// The words in any order. Those that a table has no use for are left, and refused.
fn show<'a>(table: BmpTable, arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let mut show = ShowBmp {
        table,
        router: None,
        peer: None,
        rib: None,
        policy: None,
        families: FamilyFilter::Any,
        prefix: None,
        extensive: false,
    };
    let tokens = &mut arguments.tokens;
    let is_routes = table == BmpTable::Routes;
    while let Some(word) = tokens.peek() {
        match word {
            "router" if table != BmpTable::Routers => {
                tokens.next();
                show.router =
                    Some(value(tokens.next(), "router", "an address or a name")?.to_owned());
            }
            "peer" if table != BmpTable::Routers => {
                tokens.next();
                let word = value(tokens.next(), "peer", "an address")?;
                let wrong = || Refusal::Other(format!("'{word}' is not the address of a peer"));
                show.peer = Some(word.parse().map_err(|_| wrong())?);
            }
            "rib" if is_routes => {
                tokens.next();
                show.rib = Some(one_of(tokens.next(), "rib", &RIBS)?);
            }
            "policy" if is_routes => {
                tokens.next();
                show.policy = Some(one_of(tokens.next(), "policy", &POLICIES)?);
            }
            "extensive" if is_routes => {
                tokens.next();
                show.extensive = true;
            }
            word if is_routes && Afi::named(word).is_some() => {
                tokens.next();
                let safi = tokens.peek().unwrap_or_default();
                show.families = match (Family::from_words(word, safi), Afi::named(word)) {
                    (Some(family), _) => {
                        tokens.next();
                        FamilyFilter::Family(family)
                    }
                    (None, Some(afi)) => FamilyFilter::Afi(afi),
                    (None, None) => FamilyFilter::Any,
                };
            }
            word if is_routes => {
                let filter = match (word.parse(), Prefix::parse_with_host_bits(word)) {
                    (Ok(address), _) => PrefixFilter::Covering(address),
                    (Err(_), Ok(prefix)) => PrefixFilter::Within(prefix),
                    _ => break,
                };
                tokens.next();
                show.prefix = Some(filter);
            }
            _ => break,
        }
    }
    Ok(Command::ShowBmp(show))
}

fn value<'a>(word: Option<&'a str>, name: &str, what: &str) -> Result<&'a str, Refusal> {
    word.ok_or_else(|| Refusal::Incomplete { given: name.to_owned(), choices: what.to_owned() })
}

fn one_of(
    word: Option<&str>,
    name: &str,
    choices: &[&'static str],
) -> Result<&'static str, Refusal> {
    let list = choices.join(", ");
    let word = value(word, name, &list)?;
    let found = choices.iter().find(|choice| **choice == word).copied();
    found.ok_or_else(|| Refusal::Other(format!("'{word}' is no {name}: {list}")))
}
