//! Routes, in the order of the neighbor: `static` for what `route` reads, `announce` for the other families.

use yottabgp_wire::attribute::{render, set, unknown};
use yottabgp_wire::codes::{Afi, Family};

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
            render::push_readable(&stored.attribute, &mut out);
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
