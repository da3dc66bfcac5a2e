//! Routes, in the order of the neighbor: `static` for what `route` reads, `announce` for the other families.

use yottabgp_wire::codes::Afi;
use yottabgp_wire::route::push_statement;

use super::{Lines, quote};
use crate::configured::{ConfiguredRoute, ConfiguredRoutes};

/// The section that a route is printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Static,
    L2vpn,
    Announce(Afi),
}

/// Prints the routes.
pub(super) fn print(routes: &ConfiguredRoutes, lines: &mut Lines) {
    let mut open: Option<Place> = None;
    for route in routes.iter() {
        let (place, text) = text(&route);
        if open != Some(place) {
            close(open, lines);
            match place {
                Place::Static => lines.open(format_args!("static")),
                Place::L2vpn => lines.open(format_args!("l2vpn")),
                Place::Announce(afi) => {
                    lines.open(format_args!("announce"));
                    lines.open(format_args!("{afi}"));
                }
            }
            open = Some(place);
        }
        lines.line(format_args!("{text};"));
    }
    close(open, lines);
}

fn close(open: Option<Place>, lines: &mut Lines) {
    match open {
        None => {}
        Some(Place::Static | Place::L2vpn) => lines.close(),
        Some(Place::Announce(_)) => {
            lines.close();
            lines.close();
        }
    }
}

/// Where a route is printed, and its statement without the `;`.
fn text(route: &ConfiguredRoute<'_>) -> (Place, String) {
    let mut out: Vec<u8> = Vec::new();
    let mut place = Place::Static;
    push_statement(route.nlri(), route.next_hop, &route.attributes, &mut out);
    if route.has_nlri {
        let first = out.iter().position(|octet| *octet == b' ').unwrap_or(out.len());
        let word = String::from_utf8_lossy(out.get(..first).unwrap_or_default());
        if let Some(afi) = Afi::named(&word) {
            place = Place::Announce(afi);
            out.drain(..=first);
        } else if word == "vpls" {
            place = Place::L2vpn;
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
    (place, text)
}
