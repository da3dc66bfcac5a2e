//! What becomes of the attributes of a recorded route when it is sent in another session.

use std::net::IpAddr;

use anyhow::{Result, bail};
use clap::Args;
use yottabgp_wire::attribute::{Attribute, set};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::Negotiated;
use yottabgp_wire::next_hop::{NextHop, wire_next_hop};

use crate::mrt::filter::asn;

/// What is changed of the routes, as the command line says it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What is changed of the routes")]
pub(super) struct RewriteArgs {
    /// Another next hop: self for the address of the session, or an address for the routes of its family; as it was recorded when nothing
    /// is said
    #[arg(long, value_name = "self|ADDRESS")]
    next_hop: Vec<String>,
    /// Put this AS in front of paths; more than once for several, in their order
    #[arg(long, value_name = "AS")]
    prepend: Vec<String>,
    /// Put another AS in the place of one in paths: 64500=65001; may be given more than once
    #[arg(long, value_name = "AS=AS")]
    replace_as: Vec<String>,
    /// Not the own AS in front of paths, where the session is an external one
    #[arg(long)]
    keep_as_path: bool,
}

/// What is changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewrite {
    to_self: bool,
    next_hops: Vec<IpAddr>,
    prepend: Vec<u32>,
    replace: Vec<(u32, u32)>,
    /// Our own AS, if it goes in front of paths that do not begin with it.
    own: Option<u32>,
    external: bool,
}

/// The type codes of attributes that are changed, or left out.
mod code {
    pub(super) const AS_PATH: u8 = 2;
    pub(super) const NEXT_HOP: u8 = 3;
    pub(super) const ORIGINATOR_ID: u8 = 9;
    pub(super) const CLUSTER_LIST: u8 = 10;
}

/// The type of a segment whose numbers have an order.
const SEQUENCE: u8 = 2;

impl RewriteArgs {
    /// What it says, checked.
    pub(super) fn rewrite(&self) -> Result<Rewrite> {
        let mut rewrite = Rewrite::default();
        for text in &self.next_hop {
            match text.parse() {
                Ok(address) => rewrite.next_hops.push(address),
                Err(_) if text == "self" => rewrite.to_self = true,
                Err(_) => bail!("'{text}' is no next hop: self or an address"),
            }
        }
        for text in &self.prepend {
            rewrite.prepend.push(asn(text)?.0);
        }
        for text in &self.replace_as {
            let Some((from, to)) = text.split_once('=') else {
                bail!("'{text}' is no pair of AS numbers: 64500=65001");
            };
            rewrite.replace.push((asn(from)?.0, asn(to)?.0));
        }
        Ok(rewrite)
    }

    /// Whether our own AS stays away from paths.
    pub(super) const fn keeps_paths(&self) -> bool {
        self.keep_as_path
    }
}

impl Rewrite {
    /// The same for a session.
    pub(super) fn of_session(mut self, negotiated: &Negotiated, keeps_paths: bool) -> Self {
        self.external = !negotiated.is_ibgp();
        self.own = (self.external && !keeps_paths).then_some(negotiated.local_as.0);
        self
    }

    /// The next hop of a route, whose field of the message is given.
    pub(super) fn next_hop(&self, family: Family, field: &[u8]) -> NextHop {
        // What has none needs none: flow specifications.
        let Some(recorded) = wire_next_hop(field) else { return NextHop::Absent };
        let of_family = |address: &&IpAddr| address.is_ipv6() == (family.afi == Afi::IPV6);
        match self.next_hops.iter().find(of_family) {
            Some(address) => (*address).into(),
            None if self.to_self => NextHop::SelfAddress,
            None => recorded.into(),
        }
    }

    /// Writes the set of attributes that is sent; `path` is for the path that is made on the way.
    pub(super) fn set(&self, update: &Update<'_>, path: &mut Vec<u8>, out: &mut Vec<u8>) {
        out.clear();
        let mut has_path = false;
        for attribute in update.attributes() {
            match attribute.code {
                code::NEXT_HOP => {}
                code::ORIGINATOR_ID | code::CLUSTER_LIST if self.external => {}
                code::AS_PATH => {
                    has_path = true;
                    self.path(attribute.value, path);
                    set::push_received(&Attribute { value: path, ..attribute }, out);
                }
                code if code > code::AS_PATH && !has_path => {
                    // A table of routes of its own may have none.
                    has_path = true;
                    self.path(&[], path);
                    let flags = yottabgp_wire::attribute::flags::WELL_KNOWN;
                    set::push_received(&Attribute { flags, code: code::AS_PATH, value: path }, out);
                    set::push_received(&attribute, out);
                }
                _ => set::push_received(&attribute, out),
            }
        }
    }

    /// Writes the path that is sent, in numbers of four octets as the recorded one.
    fn path(&self, recorded: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(recorded);
        if !self.replace.is_empty() {
            let mut rest = out.as_mut_slice();
            while let Some(([_, count], behind)) = rest.split_first_chunk_mut::<2>() {
                let length = (4 * usize::from(*count)).min(behind.len());
                let (numbers, behind) = behind.split_at_mut(length);
                for number in numbers.as_chunks_mut::<4>().0 {
                    let from = u32::from_be_bytes(*number);
                    if let Some((_, to)) = self.replace.iter().find(|(old, _)| *old == from) {
                        *number = to.to_be_bytes();
                    }
                }
                rest = behind;
            }
        }
        for number in self.prepend.iter().rev() {
            push_front(*number, out);
        }
        if let Some(own) = self.own
            && first(out) != Some(own)
        {
            push_front(own, out);
        }
    }
}

/// The AS that a path was heard from.
fn first(path: &[u8]) -> Option<u32> {
    match path {
        [SEQUENCE, count, a, b, c, d, ..] if *count > 0 => {
            Some(u32::from_be_bytes([*a, *b, *c, *d]))
        }
        _ => None,
    }
}

/// Puts an AS in front of a path (RFC 4271 section 5.1.2).
fn push_front(number: u32, path: &mut Vec<u8>) {
    let number = number.to_be_bytes();
    match path.get_mut(..2) {
        Some([SEQUENCE, count]) if *count < u8::MAX => {
            *count += 1;
            path.splice(2..2, number);
        }
        _ => {
            path.splice(0..0, [SEQUENCE, 1].into_iter().chain(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(rewrite: &Rewrite, recorded: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        rewrite.path(recorded, &mut out);
        out
    }

    #[test]
    fn paths_are_changed_in_their_order() {
        let rewrite = Rewrite {
            prepend: vec![7, 8],
            replace: vec![(2, 9), (9, 1)],
            own: Some(6),
            ..Rewrite::default()
        };
        let recorded = [2, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 1, 0, 0, 0, 9];
        let expected = [
            &[2, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 3][..],
            &[1, 1, 0, 0, 0, 1],
        ];
        assert_eq!(path(&rewrite, &recorded), expected.concat());
        // A set has no place for it, and nobody is twice in front.
        let own = Rewrite { own: Some(6), ..Rewrite::default() };
        let set = [1, 1, 0, 0, 0, 9];
        assert_eq!(path(&own, &set), [&[2, 1, 0, 0, 0, 6][..], &set].concat());
        assert_eq!(path(&own, &[2, 1, 0, 0, 0, 6]), [2, 1, 0, 0, 0, 6]);
        assert_eq!(path(&own, &[]), [2, 1, 0, 0, 0, 6]);
        let long = [&[2, 255][..], &[0; 1020]].concat();
        assert_eq!(path(&own, &long), [&[2, 1, 0, 0, 0, 6][..], &long].concat());
    }
}
