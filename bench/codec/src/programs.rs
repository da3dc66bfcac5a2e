//! What is compared: one row for each way to read an UPDATE and to write it, of this project and of others.

use std::collections::HashMap;
use std::hint::black_box;
use std::net::Ipv4Addr;

use bgpkit_parser::models::AsnLength;
use bgpkit_parser::parser::bgp::messages::parse_bgp_message;
use bytes::Bytes;
use netgauze_bgp_pkt::BgpMessage as NetgauzeMessage;
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_parse_utils::WritablePdu;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;
use zettabgp::prelude::*;

use crate::messages::HEADER;
use crate::stored::Stored;

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What a program of Rust can look at.
    Values,
    /// JSON in a buffer that is used again.
    Json,
    /// The octets of the UPDATE again, of values that were made of it before the time began.
    Octets,
}

impl Output {
    /// All of them, with how the name of a row ends.
    pub const ALL: [(Self, &str); 3] =
        [(Self::Values, "to values"), (Self::Json, "to JSON"), (Self::Octets, "to octets")];
}

/// Goes through a batch and gives how many octets came of it. Panics where a message is refused: it would be fast. The first
/// time it makes what is made before the time begins.
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

/// Values that are made once, and written every time.
fn written<V: 'static>(
    make: impl Fn(&Bytes) -> V + 'static,
    mut write: impl FnMut(&V, &mut Vec<u8>) + 'static,
) -> Option<Run> {
    let (mut values, mut out) = (Vec::new(), Vec::new());
    Some(Box::new(move |messages| {
        if values.is_empty() {
            values = messages.iter().map(&make).collect();
        }
        let mut octets = 0;
        for value in &values {
            out.clear();
            write(value, &mut out);
            octets += out.len();
            black_box(&out);
        }
        octets
    }))
}

/// Decodes and checks by RFC 7606. Values: every attribute and every NLRI is gone over. Octets: as the Adj-RIB-Out keeps routes.
fn yottabgp(output: Output) -> Option<Run> {
    let negotiated = Negotiated::permissive();
    if output == Output::Octets {
        let (of, mut encoder) = (negotiated.clone(), UpdateEncoder::default());
        let make = move |message: &Bytes| Stored::of(message, &of);
        return written(make, move |stored, out| stored.encode(&mut encoder, &negotiated, out));
    }
    let mut out = Vec::new();
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let update = Update::decode(&message[HEADER..], &negotiated, Direction::Receive)
                .expect("a good UPDATE");
            assert!(update.faults().is_empty(), "{:?}", update.faults());
            if output == Output::Json {
                out.clear();
                update.json(JsonForm::default(), &mut out);
                written += out.len();
                black_box(&out);
                continue;
            }
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
        written
    }))
}

fn bgpkit(output: Output) -> Option<Run> {
    let parse = |message: &Bytes| {
        parse_bgp_message(&mut message.clone(), false, &AsnLength::Bits32).expect("a good UPDATE")
    };
    if output == Output::Octets {
        // It has no buffer to write to: it makes one.
        return written(parse, |value, out| {
            out.extend_from_slice(&value.encode(AsnLength::Bits32).expect("octets"));
        });
    }
    let mut out = Vec::new();
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let value = parse(message);
            written += json(output, &value, &mut out);
            black_box(value);
        }
        written
    }))
}

fn netgauze(output: Output) -> Option<Run> {
    let context =
        || BgpParsingContext::new(true, HashMap::new(), HashMap::new(), true, true, true, true);
    let parse = |message: &Bytes, context: &mut BgpParsingContext| {
        NetgauzeMessage::parse(&mut SliceReader::new(message), context).expect("a good UPDATE")
    };
    if output == Output::Octets {
        let make = move |message: &Bytes| parse(message, &mut context());
        return written(make, |value, out| value.write(out).expect("octets"));
    }
    let (mut context, mut out) = (context(), Vec::new());
    Some(Box::new(move |messages| {
        let mut written = 0;
        for message in messages {
            let value = parse(message, &mut context);
            written += json(output, &value, &mut out);
            black_box(value);
        }
        written
    }))
}

/// Has no serde.
fn rustbgpd(output: Output) -> Option<Run> {
    use rustbgpd_wire::{Ipv4UnicastMode, UpdateMessage};
    let parse = |message: &Bytes| {
        let mut octets = message.slice(HEADER..);
        let length = octets.len();
        UpdateMessage::decode(&mut octets, length)
            .expect("a good UPDATE")
            .parse(true, false, &[])
            .expect("good attributes")
    };
    match output {
        Output::Json => None,
        Output::Values => Some(Box::new(move |messages| {
            for message in messages {
                black_box(parse(message));
            }
            0
        })),
        Output::Octets => written(parse, |value, out| {
            let mode = Ipv4UnicastMode::Body;
            let (announced, attributes) = (&value.announced, &value.attributes);
            UpdateMessage::try_build(announced, &[], attributes, true, false, mode)
                .and_then(|message| message.encode_with_limit(out, u16::MAX))
                .expect("octets");
        }),
    }
}

/// Its UPDATE has no serde, and it leaves the header to whoever calls it.
fn zettabgp(output: Output) -> Option<Run> {
    let session = || {
        let capabilities = vec![
            BgpCapability::SafiIPv4u,
            BgpCapability::SafiIPv6u,
            BgpCapability::CapASN32(65533),
        ];
        let (mode, router_id) = (BgpTransportMode::IPv4, Ipv4Addr::LOCALHOST);
        let mut session = BgpSessionParams::new(65533, 180, mode, router_id, capabilities);
        session.fuzzy_pathid = false;
        session
    };
    let parse = |message: &Bytes, session: &BgpSessionParams| {
        let mut value = BgpUpdateMessage::new();
        value.decode_from(session, &message[HEADER..]).expect("a good UPDATE");
        value
    };
    match output {
        Output::Json => None,
        Output::Values => {
            let session = session();
            Some(Box::new(move |messages| {
                for message in messages {
                    black_box(parse(message, &session));
                }
                0
            }))
        }
        Output::Octets => {
            let (reads, writes) = (session(), session());
            // It writes into octets that are there.
            let mut room = vec![0; 1 << 16];
            written(
                move |message| parse(message, &reads),
                move |value, out| {
                    let length = value.encode_to(&writes, &mut room[HEADER..]).expect("octets");
                    let whole = HEADER + length;
                    room[..16].fill(0xFF);
                    room[16..HEADER].copy_from_slice(&[(whole >> 8) as u8, whole as u8, 2]);
                    out.extend_from_slice(&room[..whole]);
                },
            )
        }
    }
}

/// What `serde_json` makes of a value, if it is wanted.
fn json(output: Output, value: &impl serde::Serialize, out: &mut Vec<u8>) -> usize {
    if output != Output::Json {
        return 0;
    }
    out.clear();
    serde_json::to_writer(&mut *out, value).expect("JSON");
    black_box(&*out);
    out.len()
}
