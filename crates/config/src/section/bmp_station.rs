//! `bmp { station … { … } }`: a BMP station that is told of our own sessions (RFC 7854, RFC 8671).

use std::net::{IpAddr, SocketAddr};

use yottabgp_wire::io::tokens::TextError;

use super::bmp::{BmpDraft, ENDPOINT, endpoint, list, number};
use crate::diagnostic::Diagnostic;
use crate::lexer::{Statement, Words as Characters};
use crate::model::BmpStation;
use crate::parser::{Keyword, Parser, Section};
use crate::slot::{At, Slot};
use crate::words::Words;

/// The longest time between reports, in seconds: a day.
const LONGEST_INTERVAL: u64 = 86_400;
/// The most that may wait to be read by a station, in mebibytes.
const LARGEST_QUEUE: u64 = 65_536;
/// The longest text of Initiation, in octets.
const LONGEST_TEXT: usize = 1024;

/// What the section says.
#[derive(Clone, Debug, Default)]
pub(crate) struct StationDraft {
    pub(crate) local_address: Slot<IpAddr>,
    pub(crate) adj_rib_in: Slot<bool>,
    pub(crate) adj_rib_out: Slot<bool>,
    pub(crate) neighbors: Vec<At<IpAddr>>,
    pub(crate) statistics_interval: Slot<u32>,
    pub(crate) queue: Slot<u32>,
    pub(crate) name: Slot<String>,
    pub(crate) description: Slot<String>,
}

/// The section.
pub(crate) static TABLE: Section<StationDraft> = Section {
    characters: Characters::Plain,
    keywords: &[
        Keyword {
            name: "adj-rib-in",
            value: "<boolean>",
            default: "true",
            help: "whether it is told what peers send, before any policy",
            read: |words, draft| draft.adj_rib_in.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "adj-rib-out",
            value: "<boolean>",
            default: "true",
            help: "whether it is told what peers are sent (RFC 8671)",
            read: |words, draft| draft.adj_rib_out.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "neighbors",
            value: "[ <address>… ]",
            default: "all",
            help: "the neighbors of which it is told",
            read: |words, draft| {
                for At { value, span } in list(words, "address")? {
                    let Ok(address) = value.parse() else {
                        let message = format!("'{value}' is not a valid address");
                        return Err(
                            TextError::new(span, message).help("name neighbors by their address")
                        );
                    };
                    draft.neighbors.push(At { value: address, span });
                }
                Ok(())
            },
        },
        Keyword {
            name: "statistics-interval",
            value: "<0-86400>",
            default: "3600",
            help: "seconds between reports of what is counted; 0 for none",
            read: |words, draft| {
                draft
                    .statistics_interval
                    .read(words, |words| number(words, "time in seconds", 0, LONGEST_INTERVAL))
            },
        },
        Keyword {
            name: "queue",
            value: "<1-65536>",
            default: "64",
            help: "mebibytes that may wait to be read by it; sessions for which there is no room are told anew later",
            read: |words, draft| {
                draft
                    .queue
                    .read(words, |words| number(words, "number of mebibytes", 1, LARGEST_QUEUE))
            },
        },
        Keyword {
            name: "local-address",
            value: "<ip>",
            default: "the system chooses",
            help: "the address to connect from",
            read: |words, draft| draft.local_address.read(words, |words| words.ip()),
        },
        Keyword {
            name: "name",
            value: "<text>",
            default: "the name of the host",
            help: "who tells it (sysName)",
            read: |words, draft| draft.name.read(words, text),
        },
        Keyword {
            name: "description",
            value: "<text>",
            default: "the program and its version",
            help: "what tells it (sysDescr)",
            read: |words, draft| draft.description.read(words, text),
        },
    ],
    ..Section::new("bmp/station")
};

/// Takes a text of one word: several stand in quotes.
fn text(words: &mut Words<'_, '_>) -> Result<String, TextError> {
    let text = words.tokens.expect("text")?.to_owned();
    if text.len() > LONGEST_TEXT {
        let message = format!("the {} has {} octets", words.keyword, text.len());
        return Err(words.tokens.last_error(message).help(format!("at most {LONGEST_TEXT}")));
    }
    Ok(text)
}

/// Reads the section.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    bmp: &mut BmpDraft,
) -> Result<(), TextError> {
    let mut tokens = header.tokens();
    tokens.next();
    let word = tokens.expect("address")?.to_owned();
    let span = tokens.last_span();
    let Some(address) = endpoint(&word) else {
        let error = TextError::new(span, format!("'{word}' is not a valid address"));
        return Err(error.help(ENDPOINT));
    };
    parser.ignore_header_words(header, 2);
    let mut draft = StationDraft::default();
    parser.section(&TABLE, Some(header), &mut draft);
    if let Some((other, _)) = bmp.stations.iter().find(|(other, _)| other.value == address) {
        let error = Diagnostic::error(span, format!("the station {address} is there twice"))
            .related(other.span, "the other one");
        parser.shared.problems.push(error.help("remove one of them"));
    }
    bmp.stations.push((At { value: address, span }, draft));
    Ok(())
}

impl StationDraft {
    /// What it means.
    pub(crate) fn resolved(&self, address: SocketAddr) -> BmpStation {
        BmpStation {
            address,
            local_address: self.local_address.get().copied(),
            adj_rib_in: self.adj_rib_in.or(true),
            adj_rib_out: self.adj_rib_out.or(true),
            neighbors: self.neighbors.iter().map(|at| at.value).collect(),
            statistics_interval: self.statistics_interval.or(3600),
            queue: self.queue.or(64),
            name: self.name.get().cloned(),
            description: self.description.get().cloned(),
        }
    }
}
