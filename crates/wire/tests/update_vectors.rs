//! UPDATEs as ExaBGP shows them: its own test data, which is not part of this repository. Without it (`../shared` beside the
//! checkout, or the directory that `YOTTABGP_SHARED` names) the tests say so and pass.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    missing_docs,
    reason = "test code"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::text::{parse_hex, push_hex_upper};
use yottabgp_wire::io::tokens::{Span, Tokens, split_command};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::message::update::encode::{UpdateEncoder, end_of_rib};
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;
use yottabgp_wire::route::{RouteBuffer, Verb, parse_statement};

const FAMILIES: &[Family] = Family::ALL;

const VERSION_6: JsonForm = JsonForm { layout: Layout::V6, compact: false, generic: false };

/// ExaBGP writes patterns of IPv6 rules from the first bit on, whatever the offset (RFC 8956 section 3.1).
const PATTERN_WITH_OFFSET: &str = "qa/encoding/conf-flow.ci:37";

fn shared(name: &str) -> Option<String> {
    let shared = std::env::var_os("YOTTABGP_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(shared.join(name)).ok();
    if text.is_none() {
        eprintln!("skipped: {name} is not in {}", shared.display());
    }
    text
}

fn lines(name: &str) -> Vec<Value> {
    shared(name)
        .unwrap_or_default()
        .lines()
        // One probe has a NaN in it. A MUP route without source has a Python value there, which we do not copy.
        .filter_map(|line| serde_json::from_str(&line.replace("\"b''\"", "\"\"")).ok())
        .collect()
}

/// What of ExaBGP's answers is not ours, by design or because it has its turn later.
fn differs(source: &str, expected: &Value) -> bool {
    // 5.0.15 does not know the name of SAFI 73; a message of a session with two-octet AS numbers was read as of another.
    let misread = source.contains("conf-sr-policy") || source.contains("conf-no-asn4");
    // ExaBGP looks at four bits of a type only: it shows 0006 as 8006.
    let communities = expected["update"]["attribute"]["extended-community"].as_array();
    let mistaken = communities
        .into_iter()
        .flatten()
        .any(|community| community["value"].as_u64().is_some_and(|value| value >> 48 == 0x0006));
    misread || mistaken || source == PATTERN_WITH_OFFSET
}

/// The body of a message, or a body.
fn body(hex: &str) -> Vec<u8> {
    let bytes = parse_hex(&hex.replace([':', ' '], "")).expect("hexadecimal");
    if bytes.starts_with(&[0xff; 16]) { bytes[19..].to_vec() } else { bytes }
}

/// Only with these families there is something that this stage shows.
fn is_ours(message: &Value) -> bool {
    let families = |member: &str| {
        message["update"][member].as_object().into_iter().flatten().map(|(name, _)| name.clone())
    };
    families("announce")
        .chain(families("withdraw"))
        .all(|name| FAMILIES.iter().any(|family| family.to_string() == name))
}

fn negotiated(path_ids: bool) -> Negotiated {
    let mut negotiated = Negotiated::permissive();
    negotiated.families = FAMILIES.to_vec();
    if path_ids {
        negotiated.add_path.receive = FAMILIES.to_vec();
    }
    negotiated
}

fn json(body: &[u8], negotiated: &Negotiated, form: JsonForm) -> Result<String, String> {
    let update = Update::decode_with(body, negotiated, Direction::Receive, Scrutiny::Inspection)
        .map_err(|fault| fault.to_string())?;
    let mut out = Vec::new();
    update.json(form, &mut out);
    Ok(String::from_utf8(out).unwrap())
}

/// Whether both say the same, but for what BGP-LS attributes say behind the octets of TLVs that ExaBGP does not read.
fn same(ours: &mut Value, theirs: &Value) -> bool {
    let known = theirs.pointer("/update/attribute/bgp-ls").and_then(Value::as_object);
    if let (Some(known), Some(Value::Object(ours))) =
        (known, ours.pointer_mut("/update/attribute/bgp-ls"))
    {
        ours.retain(|name, _| known.contains_key(name));
    }
    ours == theirs
}

#[test]
fn vectors_are_shown_as_exabgp_shows_them() {
    let (mut shown, mut wrong) = (0, 0);
    for vector in lines("spec/vectors.jsonl") {
        if vector["kind"] != "update" {
            continue;
        }
        let expected = [
            &vector["expected_json"]["neighbor"]["message"],
            &vector["main_decode"]["message"],
            &vector["v5_0_15_decode"]["message"],
        ];
        // ExaBGP's main shows an End-of-RIB as an empty update: there the older one is right.
        let Some(expected) = expected.into_iter().find(|expected| {
            expected.is_object() && expected["update"].as_object().is_none_or(|u| !u.is_empty())
        }) else {
            continue;
        };
        let source = vector["source"].as_str().unwrap();
        if !is_ours(expected) || differs(source, expected) {
            continue;
        }
        let mut context = negotiated(vector["addpath"] == true);
        if expected["eor"].is_object() {
            context.families = Family::ALL.to_vec();
        }
        let is_4 = vector["expected_is_api_v4"] == true;
        let layout = if is_4 { Layout::Main4 } else { Layout::V6 };
        let form = JsonForm { layout, ..VERSION_6 };
        let got = json(&body(vector["raw"].as_str().unwrap()), &context, form);
        shown += 1;
        let is_same = got
            .as_ref()
            .is_ok_and(|got| same(&mut serde_json::from_str(got).expect("JSON"), expected));
        if !is_same {
            wrong += 1;
            eprintln!("{}\n  expected {expected}\n  got      {got:?}", vector["source"]);
        }
    }
    eprintln!("{shown} vectors");
    assert_eq!(wrong, 0);
}

/// Whatever a vector has, it is JSON in every layout.
#[test]
fn vectors_are_json_in_every_layout() {
    let mut shown = 0;
    for vector in lines("spec/vectors.jsonl") {
        if vector["kind"] != "update" {
            continue;
        }
        let mut context = negotiated(vector["addpath"] == true);
        context.families = Family::ALL.to_vec();
        for layout in Layout::ALL {
            let form = JsonForm { layout, ..VERSION_6 };
            if let Ok(json) = json(&body(vector["raw"].as_str().unwrap()), &context, form) {
                serde_json::from_str::<Value>(&json).expect(&json);
                shown += 1;
            }
        }
    }
    eprintln!("{shown} messages");
}

/// Byte for byte what a real ExaBGP writes; takes a third of a second for each of some hundred messages.
///
/// `EXABGP=/opt/exabgp/bin/exabgp cargo test -p yottabgp-wire --test update_vectors -- --ignored`
#[test]
#[ignore = "needs ExaBGP 5.0.15, named by EXABGP"]
fn every_byte_is_exabgp_s() {
    let Ok(exabgp) = std::env::var("EXABGP") else {
        eprintln!("skipped: EXABGP does not name an ExaBGP 5.0.15");
        return;
    };
    let (mut same, mut wrong) = (0, 0);
    let mut seen = std::collections::HashSet::new();
    for vector in lines("spec/vectors.jsonl") {
        let message = &vector["main_decode"]["message"];
        let source = vector["source"].as_str().unwrap();
        if vector["kind"] != "update" || vector["addpath"] == true || !is_ours(message) {
            continue;
        }
        // 5.0.15 lists a route under its link-local next hop as well, and turns origins around.
        let turned = message.to_string().contains("\"origin:0.1.")
            || message.to_string().contains("\"origin:7.7.");
        if differs(source, message) || source.contains("conf-llnh") || turned {
            continue;
        }
        let raw = vector["raw"].as_str().unwrap();
        if !seen.insert(raw.to_owned()) {
            continue;
        }
        let output = Command::new(&exabgp).args(["decode", raw]).output().expect("ExaBGP runs");
        let line = String::from_utf8(output.stdout).unwrap();
        let Some((_, expected)) = line.trim_end().split_once("\"message\": ") else { continue };
        let expected = expected.strip_suffix(" } }").unwrap();
        let mut context = negotiated(false);
        context.families = Family::ALL.to_vec();
        match json(&body(raw), &context, VERSION_6) {
            Ok(got) if got == expected => same += 1,
            got => {
                wrong += 1;
                eprintln!("{raw}\n  expected {expected}\n  got      {got:?}");
            }
        }
    }
    eprintln!("{same} messages are the same, {wrong} are not");
    assert_eq!(wrong, 0);
}

/// The session of a vector, from the name of its file and from what the message has.
fn session(source: &str, path_ids: bool) -> Negotiated {
    let mut negotiated = negotiated(false);
    negotiated.message_size = 4096;
    if path_ids {
        negotiated.add_path.send = FAMILIES.to_vec();
    }
    if source.contains("conf-ebgp") {
        negotiated.peer_as = Asn(65000);
    }
    negotiated.asn4 = !source.contains("conf-no-asn4");
    if source.contains("extended-nexthop") {
        negotiated.next_hop.push((Family::IPV6_UNICAST, Afi::IPV4));
    }
    if source.contains("llnh") {
        negotiated.link_local_next_hop = true;
        negotiated.local_link_local = Some("fe80::1".parse().unwrap());
    }
    negotiated
}

/// What a command sends; nothing for commands that are not of these families.
fn sent(command: &str, session: &Negotiated) -> Option<Vec<u8>> {
    let mut tokens = Vec::new();
    split_command(command, &mut tokens);
    let mut tokens = Tokens::new(command, &tokens, Span::default());
    let verb = match tokens.next()? {
        "announce" => Verb::Announce,
        "withdraw" => Verb::Withdraw,
        _ => return None,
    };
    let (mut route, mut out) = (RouteBuffer::default(), Vec::new());
    if tokens.accept("eor") {
        end_of_rib(Family::from_words(tokens.next()?, tokens.next()?)?, &mut out);
        return Some(out);
    }
    parse_statement(verb, &mut tokens, &mut route).ok()?;
    let family = route.nlri().next()?.family;
    let mut encoder = UpdateEncoder::default();
    match verb {
        Verb::Withdraw => encoder.withdraw(
            session,
            false,
            route.attributes(),
            route.next_hop,
            family,
            route.nlri(),
            &mut out,
        ),
        Verb::Announce => {
            let (set, next_hop) = (route.attributes(), route.next_hop);
            encoder.announce(session, true, set, next_hop, family, route.nlri(), &mut out)
        }
    }
    .expect(command);
    Some(out)
}

#[test]
fn commands_send_what_exabgp_sends() {
    let (mut same, mut wrong) = (0, 0);
    for vector in lines("spec/vectors.jsonl") {
        let source = vector["source"].as_str().unwrap();
        let (Some(command), Some(raw)) = (vector["cmd"].as_str(), vector["raw"].as_str()) else {
            continue;
        };
        // Every message has a path identifier where the command names one, unless the session has none.
        let path_ids = vector["addpath"] == true;
        let session = session(source, path_ids);
        let is_right = source != PATTERN_WITH_OFFSET;
        if vector["kind"] != "update" || !is_ours(&vector["main_decode"]["message"]) || !is_right {
            continue;
        }
        let Some(got) = sent(command, &session) else {
            eprintln!("not of these families: {source} {command}");
            continue;
        };
        let expected = parse_hex(&raw.replace(':', "")).unwrap();
        if got == expected {
            same += 1;
        } else {
            wrong += 1;
            let mut hex = Vec::new();
            push_hex_upper(&mut hex, &got);
            let hex = String::from_utf8(hex).unwrap();
            eprintln!("{source} {command}\n  expected {raw}\n  got      {hex}");
        }
    }
    eprintln!("{same} commands");
    assert_eq!(wrong, 0);
}

/// What we show otherwise for a reason: attributes that are not transitive are shown as well; RFC 6793 is followed; labels are
/// shown as they came; memberships have a text.
const PROBES_THAT_DIFFER: &[&str] = &[
    "unknown nontrans",
    "as4path empty seq",
    "aggr OLD",
    "label wd 800000",
    "label wd 000000",
    "label announce 000000",
    "rtc wild",
    "rtc 95",
    "rtc 96",
    // The second label is shown as well.
    "evpn2 v4 2lab",
    // Tunnels are read, each is shown, and their text is what can be read.
    "tunnel encap vxlan",
    "tunnel sr unk",
    "tunnel enc bsid v6 in 13",
    "two sr-policy tunnels",
    // They have names here.
    "OTC 35",
    "community",
    "attrset128",
    // The pattern starts at the offset.
    "flow v6 off",
    // The first of two is shown; bits are those of the RFCs; nothing is left out.
    "bgpls dup",
    "bgpls all node",
    "bgpls all link",
    "bgpls srv6",
    "ls pfx v4",
    // Its own family, and a type that is read.
    "ls node vpn",
    "mvpn1",
];

/// Takes away the strings of extended communities that ExaBGP writes in hexadecimal and we name, and the other way round.
fn forget_names(ours: &mut Value, theirs: &mut Value) {
    for name in ["extended-community", "extended-community-ipv6"] {
        let list = |of: &Value| of["update"]["attribute"][name].as_array().map_or(0, Vec::len);
        for index in 0..list(ours).min(list(theirs)) {
            let pair =
                [&mut *ours, &mut *theirs].map(|of| &mut of["update"]["attribute"][name][index]);
            if pair.iter().any(|of| of["string"].as_str().is_some_and(|s| s.starts_with("0x"))) {
                let _ = pair.map(|of| of["string"].take());
            }
        }
    }
}

/// Well-formed messages only: what becomes of others is RFC 7606's business, not ExaBGP's.
#[test]
fn probes_are_shown_as_exabgp_shows_them() {
    let (mut same, mut wrong) = (0, 0);
    for probe in lines("spec/probes.jsonl") {
        let label = probe["label"].as_str().unwrap();
        if !probe["json"].is_object() || !is_ours(&probe["json"]) {
            continue;
        }
        let mut context = negotiated(probe["addpath_ipv4_unicast"] == true);
        context.next_hop.clear();
        context.asn4 = probe["asn4"] == true;
        context.aigp = probe["aigp"] == true;
        let body = body(probe["body"].as_str().unwrap());
        let (direction, scrutiny) = (Direction::Receive, Scrutiny::Inspection);
        let Ok(update) = Update::decode_with(&body, &context, direction, scrutiny) else {
            continue;
        };
        if !update.faults().is_empty() || PROBES_THAT_DIFFER.contains(&label) {
            continue;
        }
        let (mut json, mut text) = (Vec::new(), Vec::new());
        update.json(VERSION_6, &mut json);
        update.text(b"neighbor 127.0.0.1 receive", JsonForm::default(), &mut text);
        let text = String::from_utf8(text).unwrap();
        let routes =
            text.lines().filter(|line| !line.ends_with(" start") && !line.ends_with(" end"));
        let mut got: Value = serde_json::from_slice(&json).expect("JSON");
        let mut theirs = probe["json"].clone();
        let whole = theirs.clone();
        forget_names(&mut got, &mut theirs);
        let is_named = theirs != whole;
        // Withdrawn routes come first here, as in the releases; main, which was probed, has them last.
        let mut sorted: Vec<&str> = routes.clone().collect();
        let mut expected: Vec<&str> =
            probe["text"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        sorted.sort_unstable();
        expected.sort_unstable();
        // What says only this is no text to hold ours to.
        let is_text = |line: &&str| {
            line.contains(" afi ") && line.contains(" safi ") || line.contains(" bgp-ls ")
        };
        let has_text = !expected.iter().any(is_text);
        if self::same(&mut got, &theirs) && (is_named || sorted == expected || !has_text) {
            same += 1;
        } else if got["eor"].is_null() {
            wrong += 1;
            let routes: Vec<_> = routes.collect();
            eprintln!("{label}\n  expected {} {}", probe["json"], probe["text"]);
            eprintln!("  got      {got} {routes:?}");
        }
    }
    eprintln!("{same} probes");
    assert_eq!(wrong, 0);
}
