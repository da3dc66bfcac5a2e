//! UPDATE (RFC 4271 section 4.3): decoding by RFC 7606, rendering, encoding.
//!
//! A received UPDATE is a view over its body. [`Update::decode`] walks it once, checks everything, and keeps where things
//! are: attributes, fields of NLRI, and the faults that RFC 7606 lets a session survive. Rendering ([`Update::json`],
//! [`Update::text`]) goes from the received octets straight to the output.

mod as4;
mod decode;
pub mod encode;
pub mod fault;
mod json;
pub mod keyed;
pub mod part;
mod text;

#[cfg(test)]
mod tests;

use smallvec::SmallVec;

use crate::attribute::{Attribute, OnError, ValueContext};
use crate::codes::Family;
use crate::io::reader::Reader;
use crate::message::notification::Notification;
use crate::negotiated::{Direction, Negotiated};
use crate::nlri::{JsonForm, NlriIter};
use fault::UpdateFault;

/// How strictly an UPDATE is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrutiny {
    /// As RFC 7606 says: what a session does with what its peer sent.
    Session,
    /// As far as it can be shown: mandatory attributes may be missing, well-known ones unknown, LOCAL_PREF may be there on an
    /// external session. What `decode` does with a message from anywhere, and what shows the messages that we send.
    Inspection,
}

/// A received UPDATE, after RFC 7606 and RFC 6793: what is left of it is right.
#[derive(Clone, Debug)]
pub struct Update<'a> {
    body: &'a [u8],
    /// By ascending code, without MP_REACH_NLRI and MP_UNREACH_NLRI.
    attributes: SmallVec<[Held; 12]>,
    /// Values that RFC 6793 rewrote.
    owned: Vec<u8>,
    withdrawn: Option<Field<'a>>,
    announced: Option<Field<'a>>,
    unreachable: Option<Field<'a>>,
    reachable: Option<Field<'a>>,
    treat_as_withdraw: bool,
    faults: Vec<UpdateFault>,
    ibgp: bool,
    aigp: bool,
}

/// An attribute: where its value is, in the body or in `owned`. A place is smaller than a reference, and a `SmallVec` of
/// references would make the lifetime of [`Update`] invariant.
#[derive(Clone, Copy, Debug)]
struct Held {
    flags: u8,
    code: u8,
    is_owned: bool,
    length: u16,
    start: u32,
}

impl Held {
    fn within<'o>(&self, octets: &'o [u8]) -> &'o [u8] {
        let start = self.start as usize;
        octets.get(start..start + usize::from(self.length)).unwrap_or_default()
    }
}

/// A field of NLRI that was parsed to its end once.
#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    family: Family,
    path_id: bool,
    next_hop: &'a [u8],
    octets: &'a [u8],
    /// Where it starts in the body.
    offset: usize,
    /// Whether NLRI that are wrong inside are passed over.
    only_right: bool,
}

impl<'a> Field<'a> {
    fn nlri(&self) -> NlriIter<'a> {
        let nlri = NlriIter::new(self.family, self.path_id, Reader::at(self.octets, self.offset));
        if self.only_right { nlri.only_right() } else { nlri }
    }

    /// Drops the NLRI that are wrong inside.
    fn keep_right(&mut self) {
        let (mut nlri, mut end) = (self.nlri(), self.offset);
        while let Some(Ok(one)) = nlri.next() {
            if one.check().is_ok() {
                end = nlri.offset();
            }
        }
        self.octets = self.octets.get(..end - self.offset).unwrap_or_default();
        self.only_right = true;
    }
}

fn not_empty<'f, 'a>(field: &'f Option<Field<'a>>) -> Option<&'f Field<'a>> {
    field.as_ref().filter(|field| !field.octets.is_empty())
}

impl<'a> Update<'a> {
    /// Reads what follows the header. Messages of the peer are taken with [`Scrutiny::Session`], our own with
    /// [`Scrutiny::Inspection`].
    ///
    /// An error ends the session; lesser faults are in [`Self::faults`].
    pub fn decode(
        body: &'a [u8],
        negotiated: &Negotiated,
        direction: Direction,
    ) -> Result<Self, Notification<'static>> {
        let scrutiny = match direction {
            Direction::Receive => Scrutiny::Session,
            Direction::Send => Scrutiny::Inspection,
        };
        Self::decode_with(body, negotiated, direction, scrutiny)
            .map_err(|fault| fault.notification())
    }

    /// The same with a chosen strictness, and an error that says in words what is wrong.
    pub fn decode_with(
        body: &'a [u8],
        negotiated: &Negotiated,
        direction: Direction,
        scrutiny: Scrutiny,
    ) -> Result<Self, UpdateFault> {
        decode::decode(body, negotiated, direction, scrutiny)
    }

    /// The attributes by ascending code, but MP_REACH_NLRI and MP_UNREACH_NLRI. AS numbers have four octets, whatever the
    /// session: AS4_PATH and AS4_AGGREGATOR are merged (RFC 6793 section 4.2.3) and gone.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.attributes.iter().map(|held| {
            let from = if held.is_owned { self.owned.as_slice() } else { self.body };
            Attribute { flags: held.flags, code: held.code, value: held.within(from) }
        })
    }

    /// The attribute with this type code.
    pub fn attribute(&self, code: u8) -> Option<Attribute<'_>> {
        self.attributes().find(|attribute| attribute.code == code)
    }

    /// How the values of [`Self::attributes`] are to be read.
    pub const fn context(&self, form: JsonForm) -> ValueContext {
        ValueContext { asn4: true, ibgp: self.ibgp, aigp: self.aigp, form }
    }

    /// The announced NLRI: for each field its next hop, as [`crate::next_hop::wire_next_hop`] reads it, and the NLRI. None
    /// when they are treated as withdrawn.
    pub fn announced(&self) -> impl Iterator<Item = (&'a [u8], NlriIter<'a>)> {
        self.announced_fields().into_iter().flatten().map(|field| (field.next_hop, field.nlri()))
    }

    /// The withdrawn NLRI, those treated as withdrawn among them, field by field.
    pub fn withdrawn(&self) -> impl Iterator<Item = NlriIter<'a>> {
        self.withdrawn_fields().into_iter().flatten().map(Field::nlri)
    }

    /// The fields that announce something.
    fn announced_fields(&self) -> [Option<&Field<'a>>; 2] {
        if self.treat_as_withdraw {
            [None, None]
        } else {
            [&self.announced, &self.reachable].map(not_empty)
        }
    }

    /// The fields that withdraw something.
    fn withdrawn_fields(&self) -> [Option<&Field<'a>>; 4] {
        let [announced, reachable] = if self.treat_as_withdraw {
            [&self.announced, &self.reachable]
        } else {
            [&None, &None]
        };
        [&self.withdrawn, announced, &self.unreachable, reachable].map(not_empty)
    }

    /// The family whose routes are all sent, when the message says just that (RFC 4724 section 2): an UPDATE without NLRI and
    /// attributes, for the family of its MP_UNREACH_NLRI if it has one, and for IPv4 unicast otherwise.
    pub fn end_of_rib(&self) -> Option<Family> {
        let nothing = self.attributes.is_empty()
            && self.faults.is_empty()
            && [&self.withdrawn, &self.announced, &self.unreachable, &self.reachable]
                .into_iter()
                .all(|field| not_empty(field).is_none());
        let family = self.unreachable.or(self.reachable).map(|field| field.family);
        nothing.then(|| family.unwrap_or(Family::IPV4_UNICAST))
    }

    /// What was wrong, and what was done about it.
    pub fn faults(&self) -> &[UpdateFault] {
        &self.faults
    }

    /// Whether the announced NLRI are taken as withdrawn (RFC 7606 section 2).
    pub const fn is_treated_as_withdraw(&self) -> bool {
        self.treat_as_withdraw
    }

    /// The families that can not be used any more in this session (RFC 7606 section 2, "AFI/SAFI disable"): their routes are to
    /// be forgotten, and what comes of them from now on is to be ignored.
    pub fn disabled_families(&self) -> impl Iterator<Item = Family> {
        self.faults
            .iter()
            .filter(|fault| fault.action == OnError::DisableFamily)
            .filter_map(|fault| fault.family)
    }

    /// The first of [`Self::disabled_families`].
    pub fn disabled_family(&self) -> Option<Family> {
        self.disabled_families().next()
    }
}
