//! Routes, in the order of the neighbor: `static` for what `route` reads, `announce` for the other families.

use std::borrow::Cow;

use yottabgp_wire::attribute::{Attribute, ValueContext, registry, set, unknown};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::{Span, Tokens, split_command};

use super::{Lines, quote};
use crate::model::ConfiguredRoute;

/// The section that a route is printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Static,
    Announce(Afi),
}

/// Prints the routes.
pub(super) fn print(routes: &[ConfiguredRoute], lines: &mut Lines) {
    let mut open: Option<Place> = None;
    for route in routes {
        let place = place(route);
        if open != Some(place) {
            close(open, lines);
            match place {
                Place::Static => lines.open(format_args!("static")),
                Place::Announce(afi) => {
                    lines.open(format_args!("announce"));
                    lines.open(format_args!("{afi}"));
                }
            }
            open = Some(place);
        }
        lines.line(format_args!("{};", text(route)));
    }
    close(open, lines);
}

fn close(open: Option<Place>, lines: &mut Lines) {
    match open {
        None => {}
        Some(Place::Static) => lines.close(),
        Some(Place::Announce(_)) => {
            lines.close();
            lines.close();
        }
    }
}

fn place(route: &ConfiguredRoute) -> Place {
    let is_multicast = matches!(route.nlri.as_deref(), Some([length, first, ..]) if *length >= 4 && first >> 4 == 14);
    match route.family {
        _ if route.nlri.is_none() => Place::Static,
        Family::IPV4_UNICAST if !is_multicast => Place::Static,
        Family::IPV4_MULTICAST if is_multicast => Place::Static,
        Family::IPV6_UNICAST => Place::Static,
        family => Place::Announce(family.afi),
    }
}

/// A statement without its `;`.
fn text(route: &ConfiguredRoute) -> String {
    let mut out: Vec<u8> = Vec::new();
    match (route.nlri(), place(route)) {
        (None, _) => out.extend(b"attributes"),
        (Some(_), Place::Static) => out.extend(b"route "),
        (Some(_), Place::Announce(_)) => out.extend(format!("{} ", route.family.safi).bytes()),
    }
    if let Some(nlri) = route.nlri() {
        nlri.text(&mut out);
    }
    if route.next_hop != yottabgp_wire::next_hop::NextHop::Absent {
        out.extend(b" next-hop ");
        route.next_hop.push_text(&mut out);
    }
    for stored in set::iter(&route.attributes) {
        if stored.verbatim {
            unknown::text(&stored.attribute, &mut out);
        } else {
            attribute(&stored.attribute, &mut out);
        }
    }
    let mut text = String::from_utf8_lossy(&out).into_owned();
    for (keyword, value) in [("watchdog", &route.watchdog), ("name", &route.name)] {
        if let Some(value) = value {
            text += &format!(" {keyword} {}", quote(value));
        }
    }
    if route.withdraw {
        text += " withdraw";
    }
    text
}

/// Writes an attribute in a way that is read back as it is: some texts are not (ExaBGP writes AS paths with the brackets
/// the other way round), and then its octets are written.
fn attribute(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    let Some(row) = registry::row(attribute.code) else {
        return unknown::text(attribute, out);
    };
    let mut text = Vec::new();
    (row.text)(attribute.value, &ValueContext::STORED, &mut text);
    let text = String::from_utf8_lossy(&text);
    let empty = row.keywords.first().map(|keyword| format!(" {keyword} [ ]"));
    let candidates =
        [text.clone(), Cow::Owned(turned(&text)), Cow::Owned(empty.unwrap_or_default())];
    match candidates.iter().find(|text| is_read_back(text, attribute)) {
        Some(text) => out.extend(text.bytes()),
        None => unknown::text(attribute, out),
    }
}

/// The text with the brackets of an AS path as they are read.
fn turned(text: &str) -> String {
    let turn = |word| match word {
        "(" => "[",
        ")" => "]",
        "[" => "(",
        "]" => ")",
        "{(" => "[ {",
        ")}" => "} ]",
        "{[" => "( {",
        "]}" => "} )",
        other => other,
    };
    text.split(' ').map(turn).collect::<Vec<_>>().join(" ")
}

fn is_read_back(text: &str, attribute: &Attribute<'_>) -> bool {
    let mut words = Vec::new();
    split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    let row = tokens.next().and_then(registry::keyword).filter(|row| row.code == attribute.code);
    let Some((row, parse)) = row.and_then(|row| Some((row, row.parse?))) else { return false };
    let mut value = Vec::new();
    if parse(&mut tokens, &mut value).is_err() || !tokens.is_done() || row.flags != attribute.flags
    {
        return false;
    }
    (row.normalise)(&mut value);
    value == attribute.value
}
