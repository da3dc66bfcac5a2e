//! Network layer reachability information: what a route is to.
//!
//! An NLRI is a family, an optional path identifier (RFC 7911) and the bytes of its family's own encoding. It stays
//! bytes: each type of [`registry`] is a row of functions over them. What is received is a view over the message, what
//! is announced is copied once, into the Adj-RIB-Out.

pub mod bgp_ls;
pub mod evpn;
pub mod fields;
pub mod flow;
pub mod inet;
pub mod label;
pub mod labeled;
pub mod mcast_vpn;
pub mod mup;
pub mod opaque;
pub mod rd;
pub mod registry;
pub mod rtc;
pub mod shown;
pub mod sr_policy;
pub mod vpls;
pub mod vpn;

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use crate::codes::{Afi, Family};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_hex_upper, push_ipv4};
use crate::io::tokens::{TextError, Tokens};
use crate::layout::Layout;
use crate::prefix;
use crate::route::RouteBuffer;
use fields::Fields;

/// One NLRI: a view over its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nlri<'a> {
    /// The address family.
    pub family: Family,
    /// The path identifier, where ADD-PATH is used or one was given.
    pub path_id: Option<u32>,
    /// The encoding of its family, without the path identifier.
    pub bytes: &'a [u8],
}

/// What a family's NLRI can do: one row of [`registry::TABLE`].
#[derive(Debug)]
pub struct NlriType {
    /// The name in documents and errors.
    pub name: &'static str,
    /// The families that it encodes.
    pub families: &'static [Family],
    /// Whether `group-updates` packs several of them into one UPDATE, as ExaBGP does.
    pub packed: fn(Family) -> bool,
    /// How the next hop of a family looks in MP_REACH_NLRI.
    pub next_hop: fn(Family) -> NextHopForm,
    /// Whether a withdrawal carries the attributes of the route, as ExaBGP sends it for all but unicast and multicast.
    pub withdraws_with_attributes: bool,
    /// Writes what a withdrawal has instead of the bytes, if it is something else. Returns whether it wrote; none where it never
    /// is.
    pub withdrawn: Option<WriteNlri>,
    /// Takes the bytes of one NLRI (path identifier excluded) from a reader: finds where it ends. After an error nothing more
    /// can be found in the field (RFC 7606 section 5.3).
    pub take: TakeNlri,
    /// Whether what [`Self::take`] took is right inside; none where `take` sees to that. An error costs the routes of the
    /// UPDATE, never the session. Offsets count from the start of the bytes.
    pub check: Option<CheckNlri>,
    /// Takes the next one that [`Self::check`] does not refuse, and passes over those that it does: where this is, they cost only
    /// themselves.
    pub take_right: Option<TakeNlri>,
    /// Writes the bytes as they should be, if they are not: without bits that mean nothing. Returns whether it wrote.
    pub canonical: WriteNlri,
    /// The part of the bytes that identifies the route: the rest (labels) may change without making another route.
    pub identity: for<'a> fn(Family, &'a [u8]) -> Identity<'a>,
    /// Writes the JSON value. Bytes that [`Self::check`] refuses are shown as they are: [`push_raw_json`].
    pub json: fn(Nlri<'_>, &NlriContext, &mut Vec<u8>),
    /// Writes the text of events, path identifier included.
    pub text: fn(Nlri<'_>, &NlriContext, &mut Vec<u8>),
    /// The parts of a route to a prefix, none of other types: some layouts have them in another order, or the prefix as the key of
    /// an object. [`None`] of bytes that [`Self::check`] refuses.
    pub parts: Option<for<'a> fn(Nlri<'a>) -> Option<PrefixParts<'a>>>,
    /// Writes the words that follow `announce` or `withdraw` and make this NLRI, `path-information` excluded. Bytes that no
    /// words make may give any words: [`crate::route::push_command`] sees to that.
    pub command: fn(Nlri<'_>, &mut Vec<u8>),
    /// How its routes are written.
    pub grammar: Grammar,
}

/// Takes the bytes of one NLRI from a reader.
pub type TakeNlri = for<'a> fn(Family, &mut Reader<'a>) -> Result<&'a [u8], WireError>;

/// Writes another form of an NLRI, if it has one. Returns whether it wrote.
pub type WriteNlri = fn(Family, &[u8], &mut Vec<u8>) -> bool;

/// Checks the inside of an NLRI whose end is known.
pub type CheckNlri = fn(Family, &[u8]) -> Result<(), WireError>;

/// How the routes of a type are written: commands, configuration and `encode` read the same words.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    /// Reads what must come first, right after the name of the family (a prefix, `source-ad source S group G`), and appends its
    /// bytes; types whose words may come in any order read nothing.
    pub head: fn(Family, &mut Tokens<'_>, &mut RouteBuffer, &mut Vec<u8>) -> Result<(), TextError>,
    /// The words that may stand anywhere among the attributes.
    pub words: &'static [Word],
    /// The family that the words make of the one named: a route distinguisher makes a VPN route.
    pub settle: fn(Family, &Fields) -> Family,
    /// Writes the NLRI from what the words said and the head; none where the head is the NLRI.
    pub build: Option<BuildNlri>,
    /// Whether the head is `length(1) prefix`, which `split` may divide.
    pub head_is_prefix: bool,
}

/// Writes an NLRI of this settled family from what words said and the bytes of its head. The error is a sentence.
pub type BuildNlri = fn(Family, &Fields, &[u8], &mut Vec<u8>) -> Result<(), Cow<'static, str>>;

/// A word of a grammar. What it reads goes to [`RouteBuffer::fields`], to the attributes or to the next hop.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// Reads its value.
    pub read: fn(&mut Tokens<'_>, &mut RouteBuffer) -> Result<(), TextError>,
}

impl Grammar {
    /// A head that is the whole NLRI, and no words.
    pub const fn head(
        head: fn(Family, &mut Tokens<'_>, &mut RouteBuffer, &mut Vec<u8>) -> Result<(), TextError>,
    ) -> Self {
        Self { head, words: &[], settle: |family, _| family, build: None, head_is_prefix: false }
    }

    /// No head: words in any order.
    pub const fn words(words: &'static [Word], build: BuildNlri) -> Self {
        Self {
            head: |_, _, _, _| Ok(()),
            words,
            settle: |family, _| family,
            build: Some(build),
            head_is_prefix: false,
        }
    }
}

/// What makes two NLRI of one family the same route: a number and up to two parts of the bytes, all of them equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity<'a> {
    /// What is not whole octets of the encoding: the length of a prefix without its labels, a route type.
    pub number: u32,
    /// Parts of the encoding.
    pub parts: [&'a [u8]; 2],
}

impl<'a> Identity<'a> {
    /// All of the bytes.
    pub const fn whole(bytes: &'a [u8]) -> Self {
        Self { number: 0, parts: [bytes, &[]] }
    }
}

/// What the JSON of an NLRI depends on, beside its bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NlriContext {
    /// How JSON is wanted.
    pub form: JsonForm,
    /// The next hop that the NLRI was announced with: some families of version 4 of the API repeat it.
    pub next_hop: Option<IpAddr>,
}

impl From<JsonForm> for NlriContext {
    fn from(form: JsonForm) -> Self {
        Self { form, next_hop: None }
    }
}

/// Writes the JSON of an NLRI that can not be read, or whose type is unknown: its octets.
pub fn push_raw_json(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"parsed\": false, \"raw\": \"");
    push_hex_upper(out, nlri.bytes);
    out.push(b'"');
    nlri.push_path_json(out);
    push(out, " }");
}

/// How the next hop of a family looks in MP_REACH_NLRI, before RFC 8950 changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextHopForm {
    /// The lengths that the field may have, in octets; none listed is any.
    pub lengths: &'static [usize],
    /// Octets of zero before each address: the route distinguisher of VPN families.
    pub distinguisher: usize,
    /// Whether an IPv4 next hop is sent as NEXT_HOP as well, as ExaBGP does.
    pub attribute: bool,
}

impl NextHopForm {
    /// Whether a route may go without a next hop.
    pub fn may_be_absent(&self) -> bool {
        self.lengths.is_empty() || self.lengths.contains(&0)
    }

    /// Whether the field may have this length; `extended` are the address families that RFC 8950 allows as well.
    pub fn allows(&self, length: usize, extended: impl IntoIterator<Item = Afi>) -> bool {
        let one = |address: usize| self.distinguisher + address;
        self.lengths.is_empty()
            || self.lengths.contains(&length)
            || extended.into_iter().any(|afi| match afi {
                Afi::IPV4 => length == one(4),
                Afi::IPV6 => length == one(16) || length == 2 * one(16),
                _ => false,
            })
    }
}

/// A route to a prefix, in parts.
#[derive(Clone, Copy, Debug)]
pub struct PrefixParts<'a> {
    /// The label stack; empty where there is none.
    pub labels: &'a [u8],
    /// The route distinguisher of a VPN route.
    pub distinguisher: Option<rd::RouteDistinguisher>,
    /// The length of the prefix in bits.
    pub length: u8,
    /// The octets of the prefix.
    pub prefix: &'a [u8],
}

/// Whether NLRI of this family are prefixes and nothing else: `length(1) prefix`, as [`crate::prefix::take_ipv4`] and
/// [`crate::prefix::take_ipv6`] read them.
pub fn is_plain_prefix(family: Family) -> bool {
    inet::ROW.families.contains(&family)
}

/// How JSON and text are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JsonForm {
    /// Which release it looks like.
    pub layout: Layout,
    /// `exabgp.api.compact`: a unicast NLRI without a path identifier is a bare string.
    pub compact: bool,
    /// `decode -g`: unknown attributes in hexadecimal.
    pub generic: bool,
}

impl<'a> Nlri<'a> {
    /// Takes one NLRI of `family` from a reader, with its path identifier if `path_id`.
    pub fn take(family: Family, path_id: bool, reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let row = registry::row(family);
        let path_id = if path_id { Some(reader.u32("path identifier")?) } else { None };
        Ok(Self { family, path_id, bytes: (row.take)(family, reader)? })
    }

    /// The same NLRI without bits that mean nothing, in `buffer` if that makes a difference: what identifies a route must
    /// not depend on them.
    pub fn canonical<'b>(self, buffer: &'b mut Vec<u8>) -> Nlri<'b>
    where
        'a: 'b,
    {
        buffer.clear();
        if (registry::row(self.family).canonical)(self.family, self.bytes, buffer) {
            Nlri { family: self.family, path_id: self.path_id, bytes: buffer }
        } else {
            self
        }
    }

    /// What identifies the route beside family and path identifier.
    pub fn identity(&self) -> Identity<'a> {
        (registry::row(self.family).identity)(self.family, self.bytes)
    }

    /// Whether it is right inside: see [`NlriType::check`].
    pub fn check(&self) -> Result<(), WireError> {
        registry::row(self.family).check.map_or(Ok(()), |check| check(self.family, self.bytes))
    }

    /// Writes the JSON value.
    pub fn json(self, context: &NlriContext, out: &mut Vec<u8>) {
        (registry::row(self.family).json)(self, context, out);
    }

    /// Writes the text, in the layout that nobody chose.
    pub fn text(self, out: &mut Vec<u8>) {
        (registry::row(self.family).text)(self, &NlriContext::default(), out);
    }

    /// Writes the path identifier as the last member of a JSON object, if there is one.
    pub fn push_path_json(self, out: &mut Vec<u8>) {
        if let Some(path_id) = self.path_id {
            push(out, ", \"path-information\": \"");
            push_ipv4(out, Ipv4Addr::from_bits(path_id));
            out.push(b'"');
        }
    }

    /// Writes the path identifier as words behind others, if there is one.
    pub fn push_path_text(self, out: &mut Vec<u8>) {
        if let Some(path_id) = self.path_id {
            push(out, " path-information ");
            push_ipv4(out, Ipv4Addr::from_bits(path_id));
        }
    }

    /// Writes the wire encoding; `path_id` says whether identifiers are used, and one not given is then 0.
    pub fn encode(self, path_id: bool, out: &mut Vec<u8>) {
        if path_id {
            out.extend_from_slice(&self.path_id.unwrap_or(0).to_be_bytes());
        }
        out.extend_from_slice(self.bytes);
    }

    /// The length of its wire encoding in octets.
    pub const fn encoded_len(&self, path_id: bool) -> usize {
        self.bytes.len() + if path_id { 4 } else { 0 }
    }
}

/// The NLRI of a field, one after the other; the first error is the last item.
#[derive(Clone, Debug)]
pub struct NlriIter<'a> {
    family: Family,
    path_id: bool,
    reader: Reader<'a>,
    take: TakeNlri,
}

impl<'a> NlriIter<'a> {
    /// The NLRI of `family` in what `reader` has left.
    pub fn new(family: Family, path_id: bool, reader: Reader<'a>) -> Self {
        Self { family, path_id, reader, take: registry::row(family).take }
    }

    /// The same without those that are wrong inside, where [`NlriType::take_right`] tells them apart. The last one must be right.
    #[must_use]
    pub(crate) fn only_right(mut self) -> Self {
        self.take = registry::row(self.family).take_right.unwrap_or(self.take);
        self
    }

    /// Their family.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Whether a path identifier stands before each.
    pub const fn has_path_id(&self) -> bool {
        self.path_id
    }

    /// The octets of those that are left, path identifiers included.
    pub const fn octets(&self) -> &'a [u8] {
        self.reader.remaining()
    }

    /// Whether all that are left are prefixes that can be taken: a quick look, for what nearly all messages have.
    #[inline]
    pub(crate) fn are_plain_prefixes(&self) -> bool {
        is_plain_prefix(self.family)
            && prefix::is_field(self.family.afi, self.path_id, self.octets())
    }

    /// Where the next NLRI starts in the outermost buffer, its path identifier included.
    pub const fn offset(&self) -> usize {
        self.reader.offset()
    }
}

impl<'a> Iterator for NlriIter<'a> {
    type Item = Result<Nlri<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let family = self.family;
        let mut take = || {
            let path_id =
                if self.path_id { Some(self.reader.u32("path identifier")?) } else { None };
            Ok(Nlri { family, path_id, bytes: (self.take)(family, &mut self.reader)? })
        };
        let item = take();
        if item.is_err() {
            self.reader.rest();
        }
        Some(item)
    }
}
