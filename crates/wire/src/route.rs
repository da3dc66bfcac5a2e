//! The one grammar of routes: configuration, helper commands, `encode` and HTTP read the same words here.

use crate::attribute::set::SetBuilder;
use crate::codes::Family;
use crate::io::tokens::{TextError, Tokens};
use crate::next_hop::NextHop;
use crate::nlri::Nlri;

/// What was read of one route statement: NLRI, attributes and what is not sent. Meant to be reused between lines, so
/// that a line costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct RouteBuffer {
    /// The next hop.
    pub next_hop: NextHop,
    /// `watchdog NAME`; empty for none.
    pub watchdog: String,
    /// `name NAME`; empty for none.
    pub name: String,
    /// `withdraw`: starts parked in its watchdog.
    pub withdraw: bool,
    /// `split /N`.
    pub split: Option<u8>,
    builder: SetBuilder,
    attributes: Vec<u8>,
    nlri_bytes: Vec<u8>,
    nlri: Vec<(Family, Option<u32>, std::ops::Range<u32>)>,
}

impl RouteBuffer {
    /// Forgets the last statement.
    pub fn clear(&mut self) {
        self.next_hop = NextHop::Absent;
        self.watchdog.clear();
        self.name.clear();
        self.withdraw = false;
        self.split = None;
        self.builder.clear();
        self.attributes.clear();
        self.nlri_bytes.clear();
        self.nlri.clear();
    }

    /// The bytes of the attribute set: see [`crate::attribute::set`].
    pub fn attributes(&self) -> &[u8] {
        &self.attributes
    }

    /// The NLRI, in the order written; `split` already done.
    pub fn nlri(&self) -> impl ExactSizeIterator<Item = Nlri<'_>> {
        self.nlri.iter().map(|(family, path_id, range)| Nlri {
            family: *family,
            path_id: *path_id,
            bytes: self
                .nlri_bytes
                .get(range.start as usize..range.end as usize)
                .unwrap_or_default(),
        })
    }
}

/// Whether a statement announces or withdraws: a withdrawal needs no next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// The route is announced.
    Announce,
    /// The route is withdrawn.
    Withdraw,
}

/// Reads what follows the word `route`: `PREFIX [attribute…]`. The family is the prefix's: IPv4 prefixes of 224.0.0.0/4
/// are multicast, as in ExaBGP.
pub fn parse_route(verb: Verb, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let _ = (verb, tokens, route);
    Err(TextError::new(Default::default(), "not yet"))
}

/// Reads what follows the word `attributes`: `[attribute…] nlri PREFIX…`; without `nlri` there are no NLRI.
pub fn parse_attributes(verb: Verb, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let _ = (verb, tokens, route);
    Err(TextError::new(Default::default(), "not yet"))
}

/// Reads what follows `ipv4` or `ipv6`: `unicast PREFIX [attribute…]` and the other SAFI.
pub fn parse_family(verb: Verb, afi: crate::codes::Afi, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let _ = (verb, afi, tokens, route);
    Err(TextError::new(Default::default(), "not yet"))
}

/// Reads one attribute (or `next-hop`, `path-information`, `watchdog`, `name`, `split`, `withdraw`) for the block form of
/// configuration, `route PREFIX { keyword value; … }`; [`RouteBuffer`] collects them until [`finish`].
pub fn parse_keyword(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let _ = (tokens, route);
    Err(TextError::new(Default::default(), "not yet"))
}
