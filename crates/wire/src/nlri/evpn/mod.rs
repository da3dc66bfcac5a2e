//! Ethernet VPN (RFC 7432, RFC 9136, RFC 9251, RFC 9572): `type(1) length(1) value`.
//!
//! A [`RouteType`] is a list of [`Field`]s in the order of the wire: reading, JSON, text and writing are walks over it.
//! Types without a row, and bytes that their row can not read, are shown as octets.

mod address;
mod ethernet;
mod field;
mod label;
mod octets;
mod prefix;
mod route_type;
mod words;

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::fields::Fields;
use super::{Grammar, Identity, NextHopForm, Nlri, NlriContext, NlriType, push_raw_json};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ipv4};
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::route::RouteBuffer;
use field::Field;
use route_type::{RouteType, TABLE};

/// The family.
const FAMILY: Family = Family::new(Afi::L2VPN, Safi::EVPN);

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "evpn",
    families: &[FAMILY],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[4, 16], distinguisher: 0, attribute: false },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(check),
    take_right: None,
    canonical,
    identity,
    json,
    text,
    parts: None,
    command,
    grammar: Grammar { head, ..Grammar::words(words::TABLE, build) },
};

/// Octets of route type and length.
const HEADER: usize = 2;

/// More fields than any type has.
const MOST_FIELDS: usize = 10;

/// A route whose type is known and whose fields were found.
struct Route<'a> {
    kind: &'static RouteType,
    /// The octets of each field of the layout.
    parts: [&'a [u8]; MOST_FIELDS],
}

impl<'a> Route<'a> {
    /// Finds the fields; `None` for a type without a row.
    fn read(bytes: &'a [u8]) -> Option<Result<Self, WireError>> {
        let kind = bytes.first().and_then(|code| route_type::of(*code))?;
        Some(Self::read_as(kind, bytes))
    }

    fn read_as(kind: &'static RouteType, bytes: &'a [u8]) -> Result<Self, WireError> {
        let route = Self::split(kind, bytes)?;
        (kind.check)(&route).map(|()| route)
    }

    /// Finds the fields, whatever they say together.
    fn split(kind: &'static RouteType, bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        reader.take(HEADER, "route type and length")?;
        let mut parts = [&[][..]; MOST_FIELDS];
        for (part, (field, _)) in parts.iter_mut().zip(kind.layout) {
            *part = (field.take)(&mut reader)?;
        }
        reader.finish(kind.word)?;
        Ok(Self { kind, parts })
    }

    /// A field by its place in the layout.
    fn part(&self, index: usize) -> &'a [u8] {
        self.parts.get(index).copied().unwrap_or_default()
    }

    /// The fields in the order of the wire.
    fn fields(&self) -> impl Iterator<Item = (&'static Field, bool, &'a [u8])> {
        let layout = self.kind.layout.iter().zip(self.parts);
        layout.map(|((field, is_key), part)| (*field, *is_key, part))
    }
}

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut header = *reader;
    header.u8("route type")?;
    let length = header.u8("length of the route")?;
    header.take(length.into(), "route")?;
    reader.take(HEADER + usize::from(length), "route")
}

fn check(_: Family, bytes: &[u8]) -> Result<(), WireError> {
    match Route::read(bytes) {
        Some(Err(error)) if !route_type::is_of_draft(bytes, error) => Err(error),
        _ => Ok(()),
    }
}

/// The bits behind the prefix of an IP prefix route are of no meaning.
fn canonical(_: Family, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Some(Ok(route)) = Route::read(bytes) else { return false };
    let mut offset = HEADER;
    for (field, _, part) in route.fields() {
        if std::ptr::eq(field, &prefix::PREFIX) {
            let start = out.len();
            out.extend_from_slice(bytes);
            let prefix = out.get_mut(start + offset..start + offset + part.len());
            if prefix.is_some_and(prefix::clear_host_bits) {
                return true;
            }
            out.truncate(start);
        }
        offset += part.len();
    }
    false
}

/// The fields that the RFCs call the route key: one run of octets, or two with the ESI between them.
fn identity(_: Family, bytes: &[u8]) -> Identity<'_> {
    // What is wrong with it may be in what does not identify it: the routes that it replaces are to go.
    let kind = bytes.first().and_then(|code| route_type::of(*code));
    let Some(Ok(route)) = kind.map(|kind| Route::split(kind, bytes)) else {
        return Identity::whole(bytes);
    };
    let mut runs = [0..0, 0..0];
    let (mut free, mut run, mut offset) = (runs.iter_mut(), None, HEADER);
    for (_, is_key, part) in route.fields() {
        let start = offset;
        offset += part.len();
        if !is_key {
            run = None;
            continue;
        }
        if run.is_none() {
            run = free.next();
            run.iter_mut().for_each(|run| run.start = start);
        }
        run.iter_mut().for_each(|run| run.end = offset);
    }
    let parts = runs.map(|run| bytes.get(run).unwrap_or_default());
    Identity { number: route.kind.code.into(), parts }
}

/// `{ "code": 3, "parsed": true, "raw": "…", "name": "…", … }`, and without name and fields for what can not be read.
fn json(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    let Some(code) = nlri.bytes.first() else { return push_raw_json(nlri, out) };
    let route = Route::read(nlri.bytes).and_then(Result::ok);
    push(out, "{ \"code\": ");
    push_decimal(out, (*code).into());
    push(out, if route.is_some() { ", \"parsed\": true" } else { ", \"parsed\": false" });
    push(out, ", \"raw\": \"");
    push_hex_upper(out, nlri.bytes);
    out.push(b'"');
    if let Some(route) = route {
        push(out, ", \"name\": \"");
        push(out, route.kind.name);
        out.push(b'"');
        for index in route.kind.members {
            if let Some((field, _)) = route.kind.layout.get(*index) {
                (field.json)(route.part(*index), out);
            }
        }
    }
    if let Some(path_id) = nlri.path_id {
        push(out, ", \"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        out.push(b'"');
    }
    push(out, " }");
}

fn text(nlri: Nlri<'_>, _: &NlriContext, out: &mut Vec<u8>) {
    words_of(nlri.bytes, out);
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
}

fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    nlri.family.push_command(out);
    out.push(b' ');
    words_of(nlri.bytes, out);
}

/// Writes the words of a route, `mac-ip rd 65000:1 …`; what has its default is left out.
fn words_of(bytes: &[u8], out: &mut Vec<u8>) {
    let Some(Ok(route)) = Route::read(bytes) else {
        push(out, "0x");
        return push_hex_upper(out, bytes);
    };
    push(out, route.kind.word);
    let is_head = |field| std::ptr::eq(field, &raw const prefix::PREFIX);
    for (field, _, part) in route.fields().filter(|(field, ..)| is_head(*field)) {
        (field.text)(part, out);
    }
    let mut offset = HEADER;
    for (field, _, part) in route.fields() {
        let before = bytes.get(..offset).unwrap_or_default();
        offset += part.len();
        if !is_head(field) && (field.default)(before, false) != Some(part) {
            (field.text)(part, out);
        }
    }
}

/// Reads the word of a route type, and the prefix of an IP prefix route: they come first.
fn head(
    _: Family,
    tokens: &mut Tokens<'_>,
    _: &mut RouteBuffer,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect("type of EVPN route")?;
    let Some(kind) = TABLE.iter().find(|kind| kind.word == word) else {
        let error = tokens.last_error(format!("'{word}' is not a type of EVPN route"));
        let known = || TABLE.iter().map(|kind| kind.word);
        return Err(match did_you_mean(word, known()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => {
                error.help(format!("{}, or 0x and octets", known().collect::<Vec<_>>().join(", ")))
            }
        });
    };
    out.push(kind.code);
    if kind.has(&prefix::PREFIX) && tokens.peek().is_some_and(|word| word.contains('/')) {
        prefix::read(tokens, out)?;
    }
    Ok(())
}

/// Writes the fields of the type in the order of the wire: what words said, or what is meant without words.
fn build(
    _: Family,
    fields: &Fields,
    head: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let [code, prefix @ ..] = head else { return Err("an EVPN route without type".into()) };
    let Some(kind) = route_type::of(*code) else { return Err("an EVPN route without type".into()) };
    if let Some(word) = words::foreign(kind, fields) {
        return Err(format!("a route of type {} has no {word}", kind.word).into());
    }
    let start = out.len();
    out.extend_from_slice(&[*code, 0]);
    for (field, _) in kind.layout {
        let said = field.tags.iter().find_map(|tag| fields.get(*tag));
        let is_head = std::ptr::eq(*field, &prefix::PREFIX) && !prefix.is_empty();
        let built = out.get(start..).unwrap_or_default();
        let octets = match said {
            Some(_) if is_head => return Err("the prefix is given twice".into()),
            Some(said) => said,
            None if is_head => prefix,
            None => {
                (field.default)(built, fields.is_withdrawn()).ok_or_else(|| missing(kind, field))?
            }
        };
        (field.agrees)(built, octets)?;
        out.extend_from_slice(octets);
    }
    let built = out.get_mut(start..).unwrap_or_default();
    let length = built.len().saturating_sub(HEADER);
    match (built.get_mut(1), u8::try_from(length)) {
        (Some(octet), Ok(length)) => *octet = length,
        _ => return Err(format!("a route can not have {length} octets: 255 are the most").into()),
    }
    check(FAMILY, built).map_err(|error| error.to_string().into())
}

#[cold]
fn missing(kind: &RouteType, field: &Field) -> Cow<'static, str> {
    format!("{} is missing: a route of type {} needs it", words::of(field), kind.word).into()
}

#[cfg(test)]
mod tests;
