//! What is compared: one row for each way to read an UPDATE, of this project and of others.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;

use bgpkit_parser::models::AsnLength;
use bgpkit_parser::parser::bgp::messages::parse_bgp_message;
use bytes::Bytes;
use netgauze_bgp_pkt::BgpMessage as NetgauzeMessage;
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;
use zettabgp::prelude::*;

/// Octets of the header of a message.
const HEADER: usize = 19;

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What a program of Rust can look at.
    Values,
    /// JSON in a buffer that is used again.
    Json,
}

/// Reads a batch and gives how many octets of JSON came of it. Panics where a message is refused: it would be fast.
pub type Run = Box<dyn FnMut(&[Bytes]) -> usize>;

/// A crate that decodes BGP.
pub struct Program {
    pub name: &'static str,
    /// The program ready to run, or none where the crate has no such output.
    pub make: fn(Output) -> Option<Run>,
}

/// This project first, then the others by name.
pub const PROGRAMS: &[Program] = &[
    Program { name: "yottabgp-wire", make: yottabgp },
    Program { name: "bgpkit-parser 0.23.0", make: bgpkit },
    Program { name: "netgauze-bgp-pkt 0.13.0", make: netgauze },
    Program { name: "rustbgpd-wire 0.27.0", make: rustbgpd },
    Program { name: "zettabgp 0.6.0", make: zettabgp },
];

/// Decodes and checks by RFC 7606. Values: every attribute and every NLRI is gone over.
fn yottabgp(output: Output) -> Option<Run> {
    let negotiated = Negotiated::permissive();
    let mut out = Vec::new();
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let update = Update::decode(&message[HEADER..], &negotiated, Direction::Receive)
                .expect("a good UPDATE");
            assert!(update.faults().is_empty(), "{:?}", update.faults());
            match output {
                Output::Values => {
                    for attribute in update.attributes() {
                        black_box(attribute);
                    }
                    for (next_hop, nlri) in update.announced() {
                        black_box(next_hop);
                        for one in nlri {
                            black_box(one.expect("a good NLRI"));
                        }
                    }
                }
                Output::Json => {
                    out.clear();
                    update.json(JsonForm::default(), &mut out);
                    written += out.len();
                    black_box(&out);
                }
            }
        }
        written
    }))
}

fn bgpkit(output: Output) -> Option<Run> {
    let mut out = Vec::new();
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let mut octets = message.clone();
            let value =
                parse_bgp_message(&mut octets, false, &AsnLength::Bits32).expect("a good UPDATE");
            written += json(output, &value, &mut out);
            black_box(value);
        }
        written
    }))
}

fn netgauze(output: Output) -> Option<Run> {
    let mut context =
        BgpParsingContext::new(true, HashMap::new(), HashMap::new(), true, true, true, true);
    let mut out = Vec::new();
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let value = NetgauzeMessage::parse(&mut SliceReader::new(message), &mut context)
                .expect("a good UPDATE");
            written += json(output, &value, &mut out);
            black_box(value);
        }
        written
    }))
}

/// Has no serde.
fn rustbgpd(output: Output) -> Option<Run> {
    let run: Run = Box::new(|messages| {
        for message in messages {
            let mut octets = message.slice(HEADER..);
            let length = octets.len();
            let value = rustbgpd_wire::UpdateMessage::decode(&mut octets, length)
                .expect("a good UPDATE")
                .parse(true, false, &[])
                .expect("good attributes");
            black_box(value);
        }
        0
    });
    (output == Output::Values).then_some(run)
}

/// Its UPDATE has no serde.
fn zettabgp(output: Output) -> Option<Run> {
    let mut session = BgpSessionParams::new(
        65533,
        180,
        BgpTransportMode::IPv4,
        Ipv4Addr::LOCALHOST,
        vec![BgpCapability::SafiIPv4u, BgpCapability::SafiIPv6u, BgpCapability::CapASN32(65533)],
    );
    session.fuzzy_pathid = false;
    let run: Run = Box::new(move |messages| {
        for message in messages {
            let mut value = BgpUpdateMessage::new();
            value.decode_from(&session, &message[HEADER..]).expect("a good UPDATE");
            black_box(value);
        }
        0
    });
    (output == Output::Values).then_some(run)
}

/// What `serde_json` makes of a value, if it is wanted.
fn json(output: Output, value: &impl serde::Serialize, out: &mut Vec<u8>) -> usize {
    if output == Output::Values {
        return 0;
    }
    out.clear();
    serde_json::to_writer(&mut *out, value).expect("JSON");
    black_box(&*out);
    out.len()
}
