//! A route as tests compare it: the same value whichever program told of it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// ORIGIN (RFC 4271 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Interior to the originating AS.
    Igp,
    /// Learned by EGP.
    Egp,
    /// Learned by other means.
    Incomplete,
}

impl Origin {
    /// The word of configurations and of JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Igp => "igp",
            Self::Egp => "egp",
            Self::Incomplete => "incomplete",
        }
    }

    /// Reads the words all programs use, whatever their case; the first letter decides.
    pub fn read(text: &str) -> Option<Self> {
        match text.as_bytes().first()?.to_ascii_lowercase() {
            b'i' if text.len() > 3 => Some(Self::Incomplete),
            b'i' => Some(Self::Igp),
            b'e' => Some(Self::Egp),
            b'?' => Some(Self::Incomplete),
            _ => None,
        }
    }
}

/// The attributes of a route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attributes {
    /// ORIGIN.
    pub origin: Origin,
    /// AS_PATH: one AS_SEQUENCE, nearest first.
    pub as_path: Vec<u32>,
    /// MULTI_EXIT_DISC.
    pub med: Option<u32>,
    /// COMMUNITIES.
    pub communities: BTreeSet<(u16, u16)>,
    /// LARGE_COMMUNITY.
    pub large_communities: BTreeSet<(u32, u32, u32)>,
}

/// A prefix with the way to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The network: host bits zero.
    pub network: IpAddr,
    /// Length of the prefix in bits.
    pub length: u8,
    /// Next hop (the global one).
    pub next_hop: IpAddr,
    /// Everything else.
    pub attributes: Attributes,
}

impl Route {
    /// `network/length`.
    pub fn prefix(&self) -> String {
        format!("{}/{}", self.network, self.length)
    }

    /// `ipv4` or `ipv6`.
    pub fn family(&self) -> &'static str {
        if self.network.is_ipv4() { "ipv4" } else { "ipv6" }
    }
}

impl Attributes {
    /// The attributes in the words of ExaBGP's configuration and commands.
    pub fn words(&self) -> String {
        let mut text = format!("origin {}", self.origin.name());
        let path: Vec<_> = self.as_path.iter().map(u32::to_string).collect();
        text += &format!(" as-path [ {} ]", path.join(" "));
        if let Some(med) = self.med {
            text += &format!(" med {med}");
        }
        if !self.communities.is_empty() {
            let all: Vec<_> = self.communities.iter().map(|(a, b)| format!("{a}:{b}")).collect();
            text += &format!(" community [ {} ]", all.join(" "));
        }
        if !self.large_communities.is_empty() {
            let all: Vec<_> =
                self.large_communities.iter().map(|(a, b, c)| format!("{a}:{b}:{c}")).collect();
            text += &format!(" large-community [ {} ]", all.join(" "));
        }
        text
    }
}

/// `route PREFIX next-hop … ATTRIBUTES`, as a configuration or a command has it.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.attributes.words();
        write!(f, "route {} next-hop {} {words}", self.prefix(), self.next_hop)
    }
}

/// Reads `network/length`.
pub fn read_prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (network, length) = text.split_once('/')?;
    Some((network.parse().ok()?, length.parse().ok()?))
}

/// Reads `high:low`.
pub fn read_community(text: &str) -> Option<(u16, u16)> {
    let (high, low) = text.split_once(':')?;
    Some((high.parse().ok()?, low.parse().ok()?))
}

/// Reads `global:local:local`.
pub fn read_large_community(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.splitn(3, ':').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// Groups routes with the same next hop and attributes, in the order of [`Ord`].
pub fn by_attributes<'a>(
    routes: impl IntoIterator<Item = &'a Route>,
) -> Vec<(IpAddr, &'a Attributes, Vec<&'a Route>)> {
    let mut groups = std::collections::BTreeMap::<_, Vec<&'a Route>>::new();
    for route in routes {
        groups.entry((route.next_hop, &route.attributes)).or_default().push(route);
    }
    groups.into_iter().map(|((hop, attributes), routes)| (hop, attributes, routes)).collect()
}

/// Says how two tables differ, in few lines; nothing when they are equal.
pub fn difference(expected: &BTreeSet<Route>, found: &BTreeSet<Route>) -> Option<String> {
    const SHOWN: usize = 4;
    if expected == found {
        return None;
    }
    let mut text = format!("{} routes expected, {} found\n", expected.len(), found.len());
    for (sign, few) in [("-", expected.difference(found)), ("+", found.difference(expected))] {
        for route in few.take(SHOWN) {
            text += &format!("  {sign} {route}\n");
        }
    }
    Some(text)
}
