//! Writing UPDATEs: attributes in ExaBGP's order, NLRI grouped and split as ExaBGP does, never longer than the session takes.
//!
//! IPv4 unicast with an IPv4 next hop goes into the fields of RFC 4271, everything else into MP_REACH_NLRI and
//! MP_UNREACH_NLRI (RFC 4760). The order of attributes is `MP_UNREACH_NLRI`, ascending codes, `MP_REACH_NLRI`; an UPDATE has
//! routes of one kind only (RFC 7606 section 5.1).

use std::net::{IpAddr, Ipv4Addr};

use crate::attribute::{flags, push_attribute, registry, set};
use crate::codes::{Afi, Family, MessageType};
use crate::message::{HEADER_LENGTH, finish, start};
use crate::negotiated::{Direction, Negotiated};
use crate::next_hop::NextHop;
use crate::nlri::{self, NextHopForm, Nlri};

use super::decode::{MP_REACH_NLRI, MP_UNREACH_NLRI, NEXT_HOP};

mod absent;
mod packed;

use absent::Absent;
use packed::Packed;

/// Why routes can not be sent. Nothing of the call was written then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// There is no next hop, and the family needs one.
    #[error("a route of {0} needs a next hop")]
    NoNextHop(Family),
    /// The peer does not take a next hop of that address family.
    #[error(
        "the peer takes no next hop like {address} for {family}: the capability of RFC 8950 (nexthop) was not negotiated for it"
    )]
    NextHop {
        /// The family of the route.
        family: Family,
        /// The next hop.
        address: IpAddr,
    },
    /// The attributes, or they and one NLRI, are longer than a message can be.
    #[error(
        "{attributes} octets of attributes and {nlri} of NLRI do not fit in an UPDATE, which may have {most} for both"
    )]
    TooLong {
        /// Octets of the attributes.
        attributes: usize,
        /// Octets of the first NLRI that does not fit; 0 when there is none.
        nlri: usize,
        /// Octets that an UPDATE has for both.
        most: usize,
    },
}

/// Writes UPDATEs. Meant to be reused: it keeps its buffers.
#[derive(Clone, Debug, Default)]
pub struct UpdateEncoder {
    attributes: Vec<u8>,
    next_hop: Vec<u8>,
    nlri: Packed,
}

/// Where the NLRI of a message stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Withdrawn,
    Announced,
    Unreachable(Family),
    Reachable(Family),
}

/// What becomes of attributes that every route is to have, and that a set has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacking {
    /// They get their defaults.
    Default,
    /// They are left out.
    Left,
}

impl UpdateEncoder {
    /// Announces routes of one attribute set, next hop and family. With `group` they are sorted, and families that ExaBGP packs
    /// share UPDATEs; others have one each. Returns the number of messages written: none for a family that was not
    /// negotiated.
    ///
    /// `set` are the bytes of an [`crate::attribute::set`]; [`NextHop::SelfAddress`] is the address of the session.
    #[expect(clippy::too_many_arguments, reason = "each is one thing of an announcement")]
    pub fn announce<'n>(
        &mut self,
        negotiated: &Negotiated,
        group: bool,
        set: &[u8],
        next_hop: NextHop,
        family: Family,
        nlri: impl IntoIterator<Item = Nlri<'n>>,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        self.write_announcement(
            negotiated,
            Lacking::Default,
            group,
            set,
            next_hop,
            family,
            nlri,
            out,
        )
    }

    /// Announces received routes once more, for who is told of an Adj-RIB-In: as [`Self::announce`], but what the set lacks is not
    /// put into it. The context is [`Negotiated::retold`] of the session.
    #[expect(clippy::too_many_arguments, reason = "each is one thing of an announcement")]
    pub fn retell<'n>(
        &mut self,
        retold: &Negotiated,
        group: bool,
        set: &[u8],
        next_hop: NextHop,
        family: Family,
        nlri: impl IntoIterator<Item = Nlri<'n>>,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        self.write_announcement(retold, Lacking::Left, group, set, next_hop, family, nlri, out)
    }

    #[expect(clippy::too_many_arguments, reason = "each is one thing of an announcement")]
    fn write_announcement<'n>(
        &mut self,
        negotiated: &Negotiated,
        lacking: Lacking,
        group: bool,
        set: &[u8],
        next_hop: NextHop,
        family: Family,
        nlri: impl IntoIterator<Item = Nlri<'n>>,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        if !negotiated.has_family(family) {
            return Ok(0);
        }
        let path_id = negotiated.has_path_id(family, Direction::Send);
        self.nlri.collect(path_id, group, nlri, None);
        if self.nlri.is_empty() {
            return Ok(0);
        }
        let row = nlri::registry::row(family);
        let form = (row.next_hop)(family);
        let next_hop = resolve(negotiated, family.afi, next_hop);
        let native = family == Family::IPV4_UNICAST
            && match next_hop {
                NextHop::V4(_) => true,
                NextHop::Absent => has_verbatim(set, NEXT_HOP),
                _ => false,
            };
        let place = if native { Place::Announced } else { Place::Reachable(family) };
        if !native {
            self.write_next_hop(negotiated, family, &form, next_hop)?;
        }
        let attribute = match next_hop {
            NextHop::V4(address) if native || form.attribute => Some(address),
            _ => None,
        };
        self.write_attributes(negotiated, lacking, set, attribute);
        self.messages(negotiated, group && (row.packed)(family), place, out)
    }

    /// Withdraws routes of one family; they are sorted. With `group` they share UPDATEs, else each has its own, as ExaBGP does.
    /// Returns the number of messages written: none for a family that was not negotiated.
    ///
    /// `set` and `next_hop` are those of the withdrawn route or of the command that withdraws it: families of
    /// [`nlri::NlriType::withdraws_with_attributes`] send the attributes with MP_UNREACH_NLRI, others do not.
    #[expect(clippy::too_many_arguments, reason = "each is one thing of a withdrawal")]
    pub fn withdraw<'n>(
        &mut self,
        negotiated: &Negotiated,
        group: bool,
        set: &[u8],
        next_hop: NextHop,
        family: Family,
        nlri: impl IntoIterator<Item = Nlri<'n>>,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        if !negotiated.has_family(family) {
            return Ok(0);
        }
        let row = nlri::registry::row(family);
        let path_id = negotiated.has_path_id(family, Direction::Send);
        self.nlri.collect(path_id, true, nlri, row.withdrawn);
        self.attributes.clear();
        if row.withdraws_with_attributes {
            let address = match resolve(negotiated, family.afi, next_hop) {
                NextHop::V4(address) if (row.next_hop)(family).attribute => Some(address),
                _ => None,
            };
            self.write_attributes(negotiated, Lacking::Default, set, address);
        }
        let native = family == Family::IPV4_UNICAST;
        let place = if native { Place::Withdrawn } else { Place::Unreachable(family) };
        match self.messages(negotiated, group, place, out) {
            // No withdrawal needs them, and one that is not sent leaves the peer with what is not true any more.
            Err(_) if !self.attributes.is_empty() => {
                self.attributes.clear();
                self.messages(negotiated, group, place, out)
            }
            sent => sent,
        }
    }

    /// Writes an UPDATE that has attributes and no route. Returns the number of messages written: 1.
    pub fn attributes_only(
        &mut self,
        negotiated: &Negotiated,
        set: &[u8],
        next_hop: NextHop,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        let attribute = match resolve(negotiated, Afi::IPV4, next_hop) {
            NextHop::V4(address) => Some(address),
            _ => None,
        };
        self.write_attributes(negotiated, Lacking::Default, set, attribute);
        let most = room(negotiated);
        if self.attributes.len() > most {
            return Err(EncodeError::TooLong { attributes: self.attributes.len(), nlri: 0, most });
        }
        let at = start(out, MessageType::UPDATE);
        push_length(out, 0);
        push_length(out, self.attributes.len());
        out.extend_from_slice(&self.attributes);
        finish(out, at);
        Ok(1)
    }

    /// Writes the next hop field of MP_REACH_NLRI.
    ///
    /// A link-local address follows a global one when the session has that capability (RFC 2545 section 3,
    /// draft-ietf-idr-linklocal-capability). An IPv4 next hop of an IPv6 family is IPv4-mapped, unless next hops of other
    /// families are negotiated: then it goes as it is, as ExaBGP sends it.
    fn write_next_hop(
        &mut self,
        negotiated: &Negotiated,
        family: Family,
        form: &NextHopForm,
        next_hop: NextHop,
    ) -> Result<(), EncodeError> {
        self.next_hop.clear();
        let usual = |length| form.allows(form.distinguisher + length, None);
        let refused = |address| Err(EncodeError::NextHop { family, address });
        let address = match next_hop {
            NextHop::SelfAddress => return Err(EncodeError::NoNextHop(family)),
            NextHop::Absent if form.allows(0, None) => return Ok(()),
            NextHop::Absent => return Err(EncodeError::NoNextHop(family)),
            NextHop::V4(address) if usual(4) => address.into(),
            NextHop::V4(address) if negotiated.has_next_hop(family, Afi::IPV4) => address.into(),
            NextHop::V4(address) if family.afi == Afi::IPV6 => IpAddr::V6(address.to_ipv6_mapped()),
            NextHop::V6(address) if usual(16) || negotiated.has_next_hop(family, Afi::IPV6) => {
                address.into()
            }
            NextHop::V4(address) => return refused(address.into()),
            NextHop::V6(address) => return refused(address.into()),
        };
        self.push_address(form, address);
        if let (IpAddr::V6(address), Some(link_local)) = (address, negotiated.local_link_local)
            && family.afi == Afi::IPV6
            && negotiated.link_local_next_hop
            && !address.is_unicast_link_local()
            && form.lengths.contains(&(2 * (form.distinguisher + 16)))
        {
            self.push_address(form, link_local.into());
        }
        Ok(())
    }

    fn push_address(&mut self, form: &NextHopForm, address: IpAddr) {
        self.next_hop.extend(std::iter::repeat_n(0, form.distinguisher));
        match address {
            IpAddr::V4(address) => self.next_hop.extend(address.octets()),
            IpAddr::V6(address) => self.next_hop.extend(address.octets()),
        }
    }

    /// Writes the attributes by ascending code: those of the set as their rows send them, what the user wrote octet by octet as
    /// it is, and defaults for what is missing.
    fn write_attributes(
        &mut self,
        negotiated: &Negotiated,
        lacking: Lacking,
        set: &[u8],
        next_hop: Option<Ipv4Addr>,
    ) {
        let out = &mut self.attributes;
        out.clear();
        let mut absent = Absent::new(negotiated, lacking, next_hop);
        for stored in set::iter(set) {
            // Not copied: the processor waits where octets that were just written are read as a whole.
            let attribute = &stored.attribute;
            absent.before(attribute.code, out);
            if stored.verbatim {
                stored.push(out);
                continue;
            }
            match registry::row(attribute.code) {
                Some(row) => (row.send)(attribute, negotiated, out),
                None => push_attribute(out, attribute.flags, attribute.code, attribute.value),
            }
        }
        absent.rest(out);
    }

    /// Writes the messages: as many NLRI in each as fit, or one.
    fn messages(
        &self,
        negotiated: &Negotiated,
        group: bool,
        place: Place,
        out: &mut Vec<u8>,
    ) -> Result<usize, EncodeError> {
        let before = out.len();
        let most = room(negotiated);
        let fixed = self.attributes.len() + self.multiprotocol_length(place);
        let (mut first, mut messages) = (0, 0);
        while let Some((nlri, next)) = self.nlri.take(first, most.saturating_sub(fixed), group) {
            if fixed + nlri.len() > most {
                out.truncate(before);
                let nlri = nlri.len();
                return Err(EncodeError::TooLong { attributes: fixed, nlri, most });
            }
            self.message(place, nlri, out);
            messages += 1;
            first = next;
        }
        Ok(messages)
    }

    /// The octets of the multiprotocol attribute without its NLRI, its length taken as one of two octets.
    fn multiprotocol_length(&self, place: Place) -> usize {
        match place {
            Place::Withdrawn | Place::Announced => 0,
            Place::Unreachable(_) => 4 + 3,
            Place::Reachable(_) => 4 + 5 + self.next_hop.len(),
        }
    }

    /// Writes one message with these octets of NLRI.
    fn message(&self, place: Place, nlri: &[u8], out: &mut Vec<u8>) {
        let length = nlri.len();
        out.reserve(HEADER_LENGTH + 16 + self.attributes.len() + self.next_hop.len() + length);
        let at = start(out, MessageType::UPDATE);
        match place {
            Place::Withdrawn => {
                push_length(out, length);
                out.extend_from_slice(nlri);
                push_length(out, 0);
            }
            Place::Announced => {
                let [high, low] = clipped(self.attributes.len());
                out.extend_from_slice(&[0, 0, high, low]);
                out.extend_from_slice(&self.attributes);
                out.extend_from_slice(nlri);
            }
            Place::Unreachable(family) => {
                push_length(out, 0);
                push_length(out, attribute_length(3 + length) + self.attributes.len());
                push_header(out, MP_UNREACH_NLRI, 3 + length);
                out.extend_from_slice(&family.octets());
                out.extend_from_slice(nlri);
                out.extend_from_slice(&self.attributes);
            }
            Place::Reachable(family) => {
                let value = 5 + self.next_hop.len() + length;
                push_length(out, 0);
                push_length(out, self.attributes.len() + attribute_length(value));
                out.extend_from_slice(&self.attributes);
                push_header(out, MP_REACH_NLRI, value);
                out.extend_from_slice(&family.octets());
                out.push(u8::try_from(self.next_hop.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(&self.next_hop);
                out.push(0);
                out.extend_from_slice(nlri);
            }
        }
        finish(out, at);
    }
}

/// Writes the End-of-RIB marker of a family (RFC 4724 section 2); the length of MP_UNREACH_NLRI takes two octets, as in ExaBGP.
pub fn end_of_rib(family: Family, out: &mut Vec<u8>) {
    let at = start(out, MessageType::UPDATE);
    if family == Family::IPV4_UNICAST {
        out.extend_from_slice(&[0, 0, 0, 0]);
    } else {
        let flags = flags::OPTIONAL | flags::EXTENDED_LENGTH;
        out.extend_from_slice(&[0, 0, 0, 7, flags, MP_UNREACH_NLRI, 0, 3]);
        out.extend_from_slice(&family.octets());
    }
    finish(out, at);
}

/// What `self` means in a session; it stays what it is where the session has no such address.
fn resolve(negotiated: &Negotiated, afi: Afi, next_hop: NextHop) -> NextHop {
    next_hop.resolve(afi, negotiated.local_address, negotiated.local_router_id).unwrap_or(next_hop)
}

fn has_verbatim(set: &[u8], code: u8) -> bool {
    set::iter(set).any(|stored| stored.verbatim && stored.attribute.code == code)
}

/// The octets that an UPDATE has for attributes and NLRI.
fn room(negotiated: &Negotiated) -> usize {
    usize::from(negotiated.message_size).saturating_sub(HEADER_LENGTH + 4)
}

/// Writes a length in two octets.
fn push_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&clipped(length));
}

/// A length in two octets.
fn clipped(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}

/// The octets of an optional attribute with a value of `length` octets.
const fn attribute_length(length: usize) -> usize {
    length + if length > 255 { 4 } else { 3 }
}

/// Writes the header of an optional attribute.
fn push_header(out: &mut Vec<u8>, code: u8, length: usize) {
    match u8::try_from(length) {
        Ok(length) => out.extend_from_slice(&[flags::OPTIONAL, code, length]),
        Err(_) => {
            out.extend_from_slice(&[flags::OPTIONAL | flags::EXTENDED_LENGTH, code]);
            push_length(out, length);
        }
    }
}

#[cfg(test)]
mod tests;
