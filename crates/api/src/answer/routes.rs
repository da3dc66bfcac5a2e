//! The answers of `routes`: JSON, one line, whatever the version.

use yottabgp_wire::attribute::render;
use yottabgp_wire::io::json::{push_separator, push_string};
use yottabgp_wire::io::text::push;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{JsonForm, Nlri};

use super::RouteView;
use super::adj_rib::push_route;
use crate::command::RouteIndex;

/// Writes one route of `routes list`: an item of the list, which the caller opens and closes.
pub fn route_listed(route: &RouteView<'_>, first: &mut bool, out: &mut Vec<u8>) {
    push_separator(out, first);
    let mut text = Vec::new();
    push_route(route, true, JsonForm::default(), &mut text);
    push(out, "{\"index\": \"");
    push(out, &RouteIndex::of(route.nlri).to_string());
    push(out, "\", \"route\": ");
    push_string(out, &String::from_utf8_lossy(&text));
    push(out, ", \"neighbor\": ");
    push_string(out, &route.key.to_string());
    out.push(b'}');
}

/// `routes add`: what was announced; a list of several.
pub fn routes_added<'a>(
    routes: impl ExactSizeIterator<Item = Nlri<'a>>,
    next_hop: NextHop,
    attributes: &[u8],
    out: &mut Vec<u8>,
) {
    objects(routes, out, |nlri, out| {
        let mut text = Vec::new();
        nlri.text(&mut text);
        if next_hop != NextHop::Absent {
            push(&mut text, " next-hop ");
            next_hop.push_text(&mut text);
        }
        render::push_set_text(attributes, &mut text);
        push(out, "{\"index\": \"");
        push(out, &RouteIndex::of(nlri).to_string());
        push(out, "\", \"route\": ");
        push_string(out, &String::from_utf8_lossy(&text));
        push(out, ", \"success\": true}");
    });
}

/// `routes remove`: whether a peer was to have the routes; a list of several.
pub fn routes_removed<'a>(
    routes: impl ExactSizeIterator<Item = (Nlri<'a>, bool)>,
    out: &mut Vec<u8>,
) {
    objects(routes, out, |(nlri, removed), out| {
        let mut text = Vec::new();
        nlri.text(&mut text);
        push(out, if removed { "{\"removed\": true" } else { "{\"removed\": false" });
        push(out, ", \"route\": ");
        push_string(out, &String::from_utf8_lossy(&text));
        push(out, ", \"index\": \"");
        push(out, &RouteIndex::of(nlri).to_string());
        push(out, "\"}");
    });
}

/// `routes remove index`.
pub fn index_removed(index: &RouteIndex, removed: bool, out: &mut Vec<u8>) {
    push(out, if removed { "{\"removed\": true" } else { "{\"removed\": false" });
    push(out, ", \"index\": \"");
    push(out, &index.to_string());
    push(out, "\"}\n");
}

/// Writes one object, or a list of them.
fn objects<T>(
    items: impl ExactSizeIterator<Item = T>,
    out: &mut Vec<u8>,
    each: impl Fn(T, &mut Vec<u8>),
) {
    let several = items.len() != 1;
    if several {
        out.push(b'[');
    }
    let mut first = true;
    for item in items {
        push_separator(out, &mut first);
        each(item, out);
    }
    if several {
        out.push(b']');
    }
    out.push(b'\n');
}
