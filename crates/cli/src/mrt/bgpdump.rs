//! `mrt show --bgpdump`: the lines that `bgpdump -m` writes, which many programs read.
//!
//! `TABLE_DUMP2|TIME|B|PEER|AS|PREFIX|AS_PATH|ORIGIN|NEXT_HOP|LOCAL_PREF|MED|COMMUNITIES|AG or NAG|AGGREGATOR|` for routes of a table,
//! `BGP4MP|TIME|A|…` for what UPDATEs announce, `W` up to the prefix for what they withdraw, `STATE|PEER|AS|OLD|NEW`. A path identifier
//! stands behind the prefix, and `_AP` behind the type then; `_LOCAL` is for what the recorder sent.

use yottabgp_session::event::Decoded;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::text::{push, push_decimal, push_ip, push_ipv4};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::push_wire_next_hop;
use yottabgp_wire::nlri::{Nlri, is_plain_prefix};
use yottabgp_wire::prefix::push_prefix;

use crate::capture::{Captured, Note, Noted, Read, Within};
use crate::decode::{Lines, MOST_TEXT};

/// The lines of `--bgpdump`.
#[derive(Debug)]
pub(super) struct OneLine;

/// The type codes of the attributes that have a place in a line.
mod code {
    pub(super) const ORIGIN: u8 = 1;
    pub(super) const AS_PATH: u8 = 2;
    pub(super) const MED: u8 = 4;
    pub(super) const LOCAL_PREF: u8 = 5;
    pub(super) const ATOMIC_AGGREGATE: u8 = 6;
    pub(super) const AGGREGATOR: u8 = 7;
    pub(super) const COMMUNITIES: u8 = 8;
}

impl Lines for OneLine {
    fn message(
        &self,
        captured: &Captured<'_>,
        decoded: &Decoded<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        // Other messages have no line.
        let Decoded::Update(update) = decoded else { return Ok(()) };
        let has_paths = matches!(captured.read, Read::Told { path_id: true, .. });
        let head = |kind: &str, out: &mut Vec<u8>| {
            let mut peer = captured.sender;
            match captured.within {
                Within::Table { dumped, old } => {
                    push(out, if old { "TABLE_DUMP" } else { "TABLE_DUMP2" });
                    push(out, if has_paths { "_AP|" } else { "|" });
                    push_decimal(out, dumped.into());
                    push(out, "|B|");
                }
                Within::Message { sent, extended } => {
                    let way = match (has_paths, sent) {
                        (true, _) => "_AP",
                        (false, true) => {
                            peer = captured.receiver;
                            "_LOCAL"
                        }
                        (false, false) => "",
                    };
                    push_time(captured.time, extended, way, out);
                    push(out, kind);
                }
                Within::Packets => {
                    push_time(captured.time, true, "", out);
                    push(out, kind);
                }
            }
            push_ip(out, peer.address);
            out.push(b'|');
            push_decimal(out, peer.asn.map_or(0, |asn| asn.0.into()));
            out.push(b'|');
        };
        let most = out.len() + MOST_TEXT;
        for field in update.withdrawn() {
            for nlri in field {
                if out.len() > most {
                    return Ok(());
                }
                let nlri = nlri.map_err(|error| error.to_string())?;
                head("|W|", out);
                prefix(nlri, out)?;
                out.push(b'\n');
            }
        }
        // What stands behind the prefix is the same for all of a field.
        let mut rest = Vec::new();
        for (next_hop, field) in update.announced() {
            rest.clear();
            attributes(update, next_hop, &mut rest);
            for nlri in field {
                if out.len() > most {
                    return Ok(());
                }
                let nlri = nlri.map_err(|error| error.to_string())?;
                head("|A|", out);
                prefix(nlri, out)?;
                out.extend_from_slice(&rest);
            }
        }
        Ok(())
    }

    fn noted(&self, noted: &Noted<'_>, out: &mut Vec<u8>) {
        let Note::State { peer, old, new, extended, .. } = &noted.note else { return };
        push_time(noted.time, *extended, "", out);
        push(out, "|STATE|");
        push_ip(out, peer.address);
        out.push(b'|');
        push_decimal(out, peer.asn.map_or(0, |asn| asn.0.into()));
        for state in [old, new] {
            out.push(b'|');
            push_decimal(out, (*state).into());
        }
        out.push(b'\n');
    }
}

/// The type of a record and its time; `way` is what stands behind the type.
fn push_time(time: std::time::Duration, extended: bool, way: &str, out: &mut Vec<u8>) {
    push(out, if extended { "BGP4MP_ET" } else { "BGP4MP" });
    push(out, way);
    out.push(b'|');
    push_decimal(out, time.as_secs());
    if extended {
        push(out, &format!(".{:06}", time.subsec_micros()));
    }
}

/// Writes the prefix, and its path identifier if it has one.
fn prefix(nlri: Nlri<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    match nlri.bytes.split_first() {
        Some((length, octets)) if is_plain_prefix(nlri.family) => {
            push_prefix(out, nlri.family.afi, *length, octets);
        }
        _ => return Err(no_line(nlri.family)),
    }
    if let Some(path_id) = nlri.path_id {
        out.push(b'|');
        push_decimal(out, path_id.into());
    }
    Ok(())
}

fn no_line(family: Family) -> String {
    format!("bgpdump has lines for unicast and multicast, not for {family}")
}

/// Writes what stands behind the prefix.
fn attributes(update: &Update<'_>, next_hop: &[u8], out: &mut Vec<u8>) {
    let value = |code| update.attribute(code).map_or(&[][..], |attribute| attribute.value);
    let number = |code| value(code).first_chunk().map_or(0, |value| u32::from_be_bytes(*value));
    out.push(b'|');
    path(value(code::AS_PATH), out);
    push(
        out,
        match value(code::ORIGIN) {
            [0] => "|IGP|",
            [1] => "|EGP|",
            _ => "|INCOMPLETE|",
        },
    );
    push_wire_next_hop(out, next_hop);
    for number in [number(code::LOCAL_PREF), number(code::MED)] {
        out.push(b'|');
        push_decimal(out, number.into());
    }
    out.push(b'|');
    let (communities, _) = value(code::COMMUNITIES).as_chunks::<4>();
    for (index, community) in communities.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        match u32::from_be_bytes(*community) {
            0xffff_ff01 => push(out, "no-export"),
            0xffff_ff02 => push(out, "no-advertise"),
            0xffff_ff03 => push(out, "local-AS"),
            number => {
                push_decimal(out, (number >> 16).into());
                out.push(b':');
                push_decimal(out, (number & 0xffff).into());
            }
        }
    }
    let atomic = update.attribute(code::ATOMIC_AGGREGATE).is_some();
    push(out, if atomic { "|AG|" } else { "|NAG|" });
    if let Some((asn, address)) = value(code::AGGREGATOR).split_first_chunk::<4>() {
        push_decimal(out, u32::from_be_bytes(*asn).into());
        if let Some(address) = address.first_chunk::<4>() {
            out.push(b' ');
            push_ipv4(out, (*address).into());
        }
    }
    push(out, "|\n");
}

/// Writes an AS path: sequences as they are, sets in braces, those of confederations in parentheses and brackets.
fn path(mut value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    while let Some((&[kind, count], rest)) = value.split_first_chunk::<2>() {
        let (numbers, behind) =
            rest.split_at_checked(4 * usize::from(count)).unwrap_or((rest, &[]));
        let (open, between, close) = match kind {
            1 => ("{", b',', "}"),
            3 => ("(", b' ', ")"),
            4 => ("[", b',', "]"),
            _ => ("", b' ', ""),
        };
        if out.len() > start {
            out.push(b' ');
        }
        push(out, open);
        let (numbers, _) = numbers.as_chunks::<4>();
        for (index, number) in numbers.iter().enumerate() {
            if index > 0 {
                out.push(between);
            }
            push_decimal(out, u32::from_be_bytes(*number).into());
        }
        push(out, close);
        value = behind;
    }
}
