//! What the fuzz targets of `wire` check. Here, so that a normal test can replay the corpus.

use yottabgp_wire::attribute::{self, Attribute, ValueContext, render};
use yottabgp_wire::codes::{Afi, Family, MessageType, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, split_command};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::message::route_refresh::RouteRefresh;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame, keepalive};
use yottabgp_wire::negotiated::{AddPath, Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{self, JsonForm, Nlri, NlriIter};
use yottabgp_wire::route::{self, RouteBuffer, Verb};

/// A target: takes what the fuzzer made, and panics where something is wrong.
type Target = fn(&[u8]);

/// The targets of this file, by the names of their corpora.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("message", message),
    ("open", open),
    ("update", update),
    ("attribute", attribute),
    ("nlri", nlri),
    ("route", route),
];

/// Fails unless `write` gives one JSON value.
fn valid_json(write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(&out) {
        panic!("{error}: {}", String::from_utf8_lossy(&out));
    }
}

/// Fails unless `write` gives UTF-8, on one line.
fn valid_line(write: impl FnOnce(&mut Vec<u8>)) {
    let mut out = Vec::new();
    write(&mut out);
    let line = std::str::from_utf8(&out).expect("text is UTF-8");
    assert!(!line.contains(['\n', '\r']), "{line:?}");
}

/// The octets of the message that `write` gives, after its header.
fn body(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out.split_off(HEADER_LENGTH)
}

/// A stream of messages.
pub(crate) fn message(data: &[u8]) {
    let Some((first, mut stream)) = data.split_first() else { return };
    let maximum = if first & 1 == 0 { 4096 } else { 65535 };
    loop {
        match frame(stream, maximum) {
            Frame::NeedMore(total) => {
                assert!(total > stream.len());
                return;
            }
            Frame::Error(error) => {
                valid_json(|out| error.json(out));
                return;
            }
            Frame::Message { kind, body, length, .. } => {
                assert!(length >= HEADER_LENGTH && length <= maximum);
                one_message(kind, body);
                stream = &stream[length..];
            }
        }
    }
}

fn one_message(kind: MessageType, octets: &[u8]) {
    match kind {
        MessageType::OPEN => open(octets),
        MessageType::UPDATE => whole_update(octets, &Negotiated::permissive()),
        MessageType::NOTIFICATION => {
            let read = Notification::decode(octets);
            valid_json(|out| read.json(out));
            valid_line(|out| read.text(out));
            assert!(!read.to_string().contains(char::is_control));
            let again = body(|out| read.encode(out));
            assert!(octets.starts_with(&again));
        }
        MessageType::KEEPALIVE => assert!(keepalive::decode(octets).is_ok()),
        MessageType::ROUTE_REFRESH => match RouteRefresh::decode(octets) {
            Ok(read) => {
                valid_json(|out| read.json(out));
                valid_line(|out| read.text(out));
                assert_eq!(body(|out| read.encode(out)), octets);
            }
            Err(error) => assert_eq!((error.code, error.subcode), (7, 1)),
        },
        MessageType::OPERATIONAL => {
            if let Ok(read) = Operational::decode(octets) {
                valid_json(|out| read.json(out));
                valid_line(|out| read.text(out));
                let again = body(|out| read.encode(out));
                assert!(Operational::decode(&again).is_ok());
            }
        }
        other => panic!("{other:?} passed the header check"),
    }
}

/// The body of an OPEN.
pub(crate) fn open(data: &[u8]) {
    match Open::decode(data) {
        Ok(read) => {
            valid_json(|out| read.json(out));
            valid_line(|out| read.text(out));
            let again = body(|out| read.encode(out));
            assert_eq!(Open::decode(&again).as_ref(), Ok(&read));
            let said = &read.capabilities;
            let _ = (said.multiprotocol(), said.asn4(), said.next_hop(), said.add_path());
            let _ = (said.paths_limit(), said.graceful_restart(), said.multisession());
            let _ = (said.long_lived_graceful_restart(), said.hostname(), said.role());
            let _ = said.software_version();
        }
        Err(error) => assert!(matches!(error.code, 1 | 2), "{error:?}"),
    }
}

/// Every family that has a name or a type of NLRI.
fn families() -> Vec<Family> {
    let mut all = Family::ALL.to_vec();
    all.extend(nlri::registry::TABLE.iter().flat_map(|row| row.families));
    all.sort();
    all.dedup();
    all
}

/// A session of which each bit of `choice` decides one thing.
fn session(choice: u8) -> Negotiated {
    let mut negotiated = Negotiated::permissive();
    negotiated.asn4 = choice & 1 == 0;
    if choice & 2 != 0 {
        negotiated.peer_as.0 = 70_000;
    }
    if choice & 4 != 0 {
        let all = families();
        negotiated.add_path = AddPath { send: all.clone(), receive: all, everywhere: false };
    }
    if choice & 8 != 0 {
        negotiated.message_size = 4096;
    }
    if choice & 16 != 0 {
        negotiated.next_hop.clear();
    }
    if choice & 32 != 0 {
        negotiated.families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    }
    if choice & 64 != 0 {
        negotiated.link_local_next_hop = true;
    }
    negotiated
}

/// A session in the first octet, and the body of an UPDATE.
pub(crate) fn update(data: &[u8]) {
    let Some((choice, octets)) = data.split_first() else { return };
    whole_update(octets, &session(*choice));
}

fn whole_update(octets: &[u8], negotiated: &Negotiated) {
    for scrutiny in [Scrutiny::Session, Scrutiny::Inspection] {
        let direction = Direction::Receive;
        match Update::decode_with(octets, negotiated, direction, scrutiny) {
            Ok(update) => shown(&update),
            Err(fault) => {
                let error = fault.notification();
                assert!(matches!(error.code, 1 | 3), "{error:?}");
            }
        }
    }
}

fn shown(update: &Update<'_>) {
    for form in forms() {
        valid_json(|out| update.json(form, out));
    }
    for form in forms() {
        let mut text = Vec::new();
        update.text(b"neighbor 127.0.0.1 receive", form, &mut text);
        let text = std::str::from_utf8(&text).expect("text is UTF-8");
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
    }
    for nlri in update.announced().flat_map(|(_, nlri)| nlri).chain(update.withdrawn().flatten()) {
        nlri.expect("the fields were checked");
    }
}

fn forms() -> impl Iterator<Item = JsonForm> {
    let form = JsonForm::default();
    let short = JsonForm { layout: Layout::V6, compact: true, generic: true };
    Layout::ALL.into_iter().map(move |layout| JsonForm { layout, ..form }).chain([short])
}

/// The code of an attribute, a session, and the value.
pub(crate) fn attribute(data: &[u8]) {
    let Some((&[code, choice], value)) = data.split_first_chunk::<2>() else { return };
    let table = attribute::registry::TABLE;
    let row = attribute::registry::row(code).unwrap_or(table[usize::from(code) % table.len()]);
    let negotiated = session(choice);
    let right = (row.check)(value, &ValueContext::of(&negotiated, JsonForm::default())).is_ok();
    for form in forms() {
        let context = ValueContext::of(&negotiated, form);
        let mut member = Vec::new();
        (row.json)(value, &context, &mut member);
        if right {
            let object = [b"{ ", &*member, b" }"].concat();
            valid_json(|out| out.extend_from_slice(&object));
            valid_line(|out| (row.text)(value, &context, out));
        } else {
            (row.text)(value, &context, &mut Vec::new());
        }
    }
    let attribute = Attribute { flags: row.flags, code: row.code, value };
    (row.send)(&attribute, &negotiated, &mut Vec::new());
    let mut words = Vec::new();
    render::push_readable(&attribute, &mut words);
    let words = std::str::from_utf8(&words).expect("text is UTF-8");
    let read =
        read(words, |tokens, buffer| route::parse_attributes(Verb::Announce, tokens, buffer));
    if let Err(error) = read {
        panic!("{words}: {error}");
    }
}

/// A family as `AFI(2) SAFI(1)`, whether path identifiers are used, and a field of NLRI.
pub(crate) fn nlri(data: &[u8]) {
    let Some((&[high, low, safi, path_id], octets)) = data.split_first_chunk::<4>() else { return };
    let family = Family::new(Afi(u16::from_be_bytes([high, low])), Safi(safi));
    let path_id = path_id & 1 != 0;
    let mut again = Vec::new();
    let mut complete = true;
    for nlri in NlriIter::new(family, path_id, Reader::new(octets)) {
        let Ok(nlri) = nlri else {
            complete = false;
            break;
        };
        for form in forms() {
            valid_json(|out| nlri.json(&form.into(), out));
        }
        valid_line(|out| nlri.text(out));
        one_nlri(nlri);
        let length = again.len();
        nlri.encode(path_id, &mut again);
        assert_eq!(again.len() - length, nlri.encoded_len(path_id));
    }
    assert!(octets.starts_with(&again));
    assert!(!complete || octets.len() == again.len());
}

/// What is said of an NLRI in words makes the same one, and what identifies it does not depend on bits without a meaning.
fn one_nlri(nlri: Nlri<'_>) {
    let (mut buffer, mut again) = (Vec::new(), Vec::new());
    let canonical = nlri.canonical(&mut buffer);
    assert_eq!(canonical.canonical(&mut again), canonical);
    let _ = (nlri.identity(), canonical.identity(), nlri.check());
    if nlri.bytes.is_empty() {
        return;
    }
    let mut words = Vec::new();
    route::push_command(nlri, &mut words);
    let words = std::str::from_utf8(&words).expect("text is UTF-8");
    let read = read(words, |tokens, buffer| route::parse_statement(Verb::Withdraw, tokens, buffer));
    let read = read.unwrap_or_else(|error| panic!("{words}: {error}"));
    let read: Vec<_> = read.nlri().collect();
    assert_eq!(read, [Nlri { path_id: None, ..nlri }], "{words}");
}

/// Reads words with one of the grammars.
fn read(
    words: &str,
    grammar: impl FnOnce(&mut Tokens<'_>, &mut RouteBuffer) -> Result<(), TextError>,
) -> Result<RouteBuffer, TextError> {
    let (mut tokens, mut buffer) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut tokens);
    let mut tokens = Tokens::new(words, &tokens, Span::new(words.len(), words.len()));
    grammar(&mut tokens, &mut buffer).map(|()| buffer)
}

/// A verb and a session in the first octet, and the words of a route.
pub(crate) fn route(data: &[u8]) {
    let Some((choice, line)) = data.split_first() else { return };
    let Ok(line) = std::str::from_utf8(line) else { return };
    let verb = if choice & 1 == 0 { Verb::Announce } else { Verb::Withdraw };
    match read(line, |tokens, buffer| route::parse_statement(verb, tokens, buffer)) {
        Ok(buffer) => sent(&buffer, &session(choice >> 1)),
        Err(error) => assert!(error.span.range().end <= line.len(), "{error:?}"),
    }
}

/// Writes what was read as UPDATEs: what we send we must be able to read.
fn sent(buffer: &RouteBuffer, negotiated: &Negotiated) {
    let mut encoder = UpdateEncoder::default();
    let mut out = Vec::new();
    let mut routes: Vec<Nlri<'_>> = buffer.nlri().take(2000).collect();
    routes.sort_by_key(|nlri| nlri.family);
    for routes in routes.chunk_by(|a, b| a.family == b.family) {
        let family = routes[0].family;
        let (set, nlri) = (buffer.attributes(), routes.iter().copied());
        let next_hop = match buffer.next_hop {
            NextHop::SelfAddress => NextHop::from(negotiated.local_address),
            given => given,
        };
        let _ = encoder.announce(negotiated, true, set, next_hop, family, nlri, &mut out);
        let nlri = routes.iter().copied();
        let _ = encoder.withdraw(negotiated, true, set, next_hop, family, nlri, &mut out);
    }
    let mut rest = &*out;
    while !rest.is_empty() {
        match frame(rest, usize::from(negotiated.message_size)) {
            Frame::Message { body, length, .. } => {
                whole_update(body, negotiated);
                rest = &rest[length..];
            }
            other => panic!("{other:?}"),
        }
    }
}
