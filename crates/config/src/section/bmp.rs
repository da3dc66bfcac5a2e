//! `bmp { … }`: BMP (RFC 7854) in the daemon: the station that routers tell of their sessions and tables.

use std::net::{IpAddr, SocketAddr};

use yottabgp_wire::io::tokens::TextError;

use crate::diagnostic::Diagnostic;
use crate::draft::RootDraft;
use crate::lexer::{Statement, Words as Characters};
use crate::model::{Bmp, BmpFlags};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::section::bmp_station::{self, StationDraft};
use crate::slot::{At, Slot};
use crate::words::Words;

/// The port that is assigned to BMP.
pub const PORT: u16 = 11019;

/// Routers that may be connected to each address at once, at most.
const MOST_ROUTERS: u64 = 65_536;
/// The longest time that routes stay stale, in seconds: a day.
const LONGEST_STALE_TIME: u64 = 86_400;

/// How an endpoint is written.
pub(crate) const ENDPOINT: &str =
    "write 192.0.2.1, 192.0.2.1:11019, 2001:db8::1 or [2001:db8::1]:11019";

/// What the section says.
#[derive(Clone, Debug, Default)]
pub(crate) struct BmpDraft {
    pub(crate) listen: Vec<At<SocketAddr>>,
    pub(crate) connect: Vec<At<SocketAddr>>,
    pub(crate) processes: Vec<At<String>>,
    pub(crate) receive: BmpFlags,
    pub(crate) table: Slot<bool>,
    pub(crate) stale_time: Slot<u32>,
    pub(crate) routers: Slot<u32>,
    pub(crate) stations: Vec<(At<SocketAddr>, StationDraft)>,
}

/// The section.
pub(crate) static TABLE: Section<BmpDraft> = Section {
    characters: Characters::Plain,
    keywords: &[
        Keyword {
            name: "listen",
            value: "[ <address>[:<port>]… ]",
            default: "none",
            help: "where routers connect to; port 11019 when none is written",
            read: |words, draft| endpoints(words, &mut draft.listen),
        },
        Keyword {
            name: "connect",
            value: "[ <address>[:<port>]… ]",
            default: "none",
            help: "routers that wait to be connected to; port 11019 when none is written",
            read: |words, draft| endpoints(words, &mut draft.connect),
        },
        Keyword {
            name: "processes",
            value: "[ <process>… ]",
            default: "none",
            help: "the processes that are told what routers tell",
            read: |words, draft| {
                draft.processes.append(&mut list(words, "process")?);
                Ok(())
            },
        },
        Keyword {
            name: "table",
            value: "<boolean>",
            default: "false",
            help: "whether the routes that routers tell are kept: for 'show bmp routes', and for processes that start later",
            read: |words, draft| draft.table.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "stale-time",
            value: "<0-86400>",
            default: "300",
            help: "seconds that kept routes of a router stay when its connection is lost, marked as stale",
            read: |words, draft| {
                draft
                    .stale_time
                    .read(words, |words| number(words, "time in seconds", 0, LONGEST_STALE_TIME))
            },
        },
        Keyword {
            name: "routers",
            value: "<1-65536>",
            default: "4096",
            help: "how many routers may be connected to each address at once",
            read: |words, draft| {
                draft
                    .routers
                    .read(words, |words| number(words, "number of routers", 1, MOST_ROUTERS))
            },
        },
    ],
    sections: &[
        Inner {
            name: "receive",
            value: "",
            help: "which messages processes are told, and in what form; without it all of them, decoded",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&RECEIVE, Some(header), &mut draft.receive);
                Ok(())
            },
        },
        Inner {
            name: "station",
            value: "<address>[:<port>]",
            help: "a station that is told of our own sessions; port 11019 when none is written",
            read: bmp_station::read,
        },
    ],
    ..Section::new("bmp")
};

/// `receive { … }`
pub(crate) static RECEIVE: Section<BmpFlags> = Section {
    keywords: &[
        flag("parsed", "messages in decoded form: what holds when no form is named"),
        flag("packets", "BGP messages in hexadecimal"),
        flag("consolidate", "both forms in one event"),
        flag("initiation", "a router says who it is"),
        flag("termination", "a router ends the connection"),
        flag("peer-up", "a session of a router is established"),
        flag("peer-down", "a session of a router ended, or the connection to the router"),
        flag("route-monitoring", "routes of a session of a router"),
        flag("route-mirroring", "BGP messages as a router had them"),
        flag("statistics", "counts of a session of a router"),
        flag("unknown", "messages of types that are not known"),
        flag("open", "mirrored OPEN messages"),
        flag("update", "UPDATE messages: routes, and mirrored ones"),
        flag("notification", "mirrored NOTIFICATION messages"),
        flag("keepalive", "mirrored KEEPALIVE messages"),
        flag("refresh", "mirrored ROUTE-REFRESH messages"),
        flag("operational", "mirrored OPERATIONAL messages"),
    ],
    ..Section::new("bmp/receive")
};

const fn flag(name: &'static str, help: &'static str) -> Keyword<BmpFlags> {
    Keyword { name, value: "<boolean>", default: "false", help, read: read_flag }
}

fn read_flag(words: &mut Words<'_, '_>, flags: &mut BmpFlags) -> Result<(), TextError> {
    let on = words.boolean()?;
    if let Some((_, flag)) = BmpFlags::NAMED.iter().find(|(name, _)| *name == words.keyword) {
        flags.set(*flag, on);
    }
    Ok(())
}

pub(crate) fn number(
    words: &mut Words<'_, '_>,
    what: &'static str,
    least: u64,
    most: u64,
) -> Result<u32, TextError> {
    words.number(what, least, most).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
}

/// Reads an address of a station or router, with its port or without: 11019 then.
pub fn endpoint(text: &str) -> Option<SocketAddr> {
    if let Ok(endpoint) = text.parse() {
        return Some(endpoint);
    }
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    address.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, PORT))
}

fn endpoints(words: &mut Words<'_, '_>, to: &mut Vec<At<SocketAddr>>) -> Result<(), TextError> {
    for At { value, span } in list(words, "address")? {
        let Some(endpoint) = endpoint(&value) else {
            let error = TextError::new(span, format!("'{value}' is not a valid address"));
            return Err(error.help(ENDPOINT));
        };
        if let Some(other) = to.iter().find(|other| other.value == endpoint) {
            let message = format!("{endpoint} is there twice");
            let error = Diagnostic::error(span, message).related(other.span, "the other one");
            words.shared.problems.push(error.help("remove one of them"));
            continue;
        }
        to.push(At { value: endpoint, span });
    }
    Ok(())
}

/// Takes the words left, in brackets or not. Brackets are letters here, since they are part of addresses.
pub(crate) fn list(
    words: &mut Words<'_, '_>,
    what: &'static str,
) -> Result<Vec<At<String>>, TextError> {
    let mut found: Vec<At<String>> = Vec::new();
    let mut is_open = false;
    let mut is_first = true;
    loop {
        let span = words.tokens.span();
        let Some(word) = words.tokens.next() else { break };
        let mut word = word.trim_end_matches(',');
        if std::mem::take(&mut is_first)
            && word.starts_with('[')
            && !word.get(1..).unwrap_or_default().contains("]:")
            && (!word.ends_with(']') || word == "[]")
        {
            is_open = true;
            word = word.strip_prefix('[').unwrap_or(word);
        }
        if is_open && words.tokens.is_done() {
            let Some(rest) = word.strip_suffix(']') else {
                let error = TextError::new(span, format!("the list of {what} is not closed"));
                return Err(error.help("add ']' at its end"));
            };
            word = rest;
        }
        if !word.is_empty() {
            found.push(At { value: word.to_owned(), span });
        }
    }
    if found.is_empty() && !is_open {
        words.tokens.expect(what)?;
    }
    Ok(found)
}

/// Reads the section.
pub(crate) fn read(
    parser: &mut Parser<'_>,
    header: &Statement,
    root: &mut RootDraft,
) -> Result<(), TextError> {
    parser.ignore_header_words(header, 1);
    let mut draft = BmpDraft::default();
    parser.section(&TABLE, Some(header), &mut draft);
    if let Some(other) = &root.bmp {
        let error = Diagnostic::error(header.span(), "there is another section bmp")
            .related(other.span, "the other one");
        parser.shared.problems.push(error.help("put what they say into one"));
    }
    root.bmp = Some(At { value: draft, span: header.span() });
    Ok(())
}

impl BmpDraft {
    /// What it means, apart from the processes.
    pub(crate) fn resolved(&self) -> Bmp {
        Bmp {
            listen: self.listen.iter().map(|at| at.value).collect(),
            connect: self.connect.iter().map(|at| at.value).collect(),
            processes: Vec::new(),
            receive: self.receive.completed(),
            table: self.table.or(false),
            stale_time: self.stale_time.or(300),
            routers: self.routers.or(4096),
            stations: self.stations.iter().map(|(at, draft)| draft.resolved(at.value)).collect(),
        }
    }
}
