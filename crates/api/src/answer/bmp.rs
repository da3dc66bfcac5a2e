//! `show bmp`: a router, a session or a route, one line each.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::attribute::render;
use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal, push_ip, push_ipv4};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::nlri::{JsonForm, Nlri, shown};

use super::adj_rib::{push_family, push_nlri};
use crate::Encoding;

/// A router that tells.
#[derive(Clone, Copy, Debug)]
pub struct BmpRouterView<'a> {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Its name, when it told one.
    pub name: Option<&'a str>,
    /// What kind of system it is, when it told.
    pub description: Option<&'a str>,
    /// Whether it is connected; otherwise what there is of it is stale.
    pub is_connected: bool,
    /// For how many seconds it is so.
    pub seconds: u64,
    /// How many sessions are up.
    pub sessions: usize,
    /// How many routes are kept, and how many of them are stale.
    pub routes: (usize, usize),
    /// How many messages came, and how many of them could not be read.
    pub messages: (u64, u64),
}

/// A session that a router tells of.
#[derive(Clone, Debug)]
pub struct BmpPeerView<'a> {
    /// The router.
    pub router: &'a BmpRouterView<'a>,
    /// What the peer is: `global`, `rd`, `local`, `loc-rib`, or a number.
    pub kind: String,
    /// What tells peers with the same address apart; empty for nothing.
    pub distinguisher: String,
    /// The peer's address.
    pub address: IpAddr,
    /// The peer's AS.
    pub asn: Asn,
    /// The router's address in the session, once it is known.
    pub local_address: Option<IpAddr>,
    /// The router's AS in the session, once it is known.
    pub local_as: Option<Asn>,
    /// The router's BGP identifier in the session; 0.0.0.0 when it is not known.
    pub local_router_id: Ipv4Addr,
    /// Whether it is up, as far as the router told.
    pub is_up: bool,
    /// Its tables: `adj-rib-in`, `pre`, how many routes there are, how many of them are stale.
    pub tables: Vec<(&'static str, Option<&'static str>, usize, usize)>,
}

/// A route that a router tells of.
#[derive(Clone, Copy, Debug)]
pub struct BmpRouteView<'a> {
    /// The router's address and name.
    pub router: (IpAddr, Option<&'a str>),
    /// The peer's address.
    pub peer: IpAddr,
    /// What tells peers with the same address apart; empty for nothing.
    pub distinguisher: &'a str,
    /// The table, and the side of the policy where it has one.
    pub table: (&'static str, Option<&'static str>),
    /// Whether it is stale.
    pub is_stale: bool,
    /// What it is to.
    pub nlri: Nlri<'a>,
    /// The next hop.
    pub next_hop: Option<IpAddr>,
    /// The bytes of the attribute set.
    pub attributes: &'a [u8],
}

/// `ADDRESS NAME up SECONDS s sessions N routes N stale N messages N malformed N`
pub fn bmp_router(router: &BmpRouterView<'_>, encoding: Encoding, out: &mut Vec<u8>) {
    let BmpRouterView { is_connected, seconds, sessions, routes, messages, .. } = router;
    let state = if *is_connected { "connected" } else { "stale" };
    let numbers = [
        ("seconds", *seconds),
        ("sessions", *sessions as u64),
        ("routes", routes.0 as u64),
        ("stale", routes.1 as u64),
        ("messages", messages.0),
        ("malformed", messages.1),
    ];
    if encoding == Encoding::Text {
        push_ip(out, router.address);
        out.push(b' ');
        push_word(router.name, out);
        out.push(b' ');
        push(out, state);
        for (name, number) in numbers {
            push(out, &format!(" {name} {number}"));
        }
        out.push(b'\n');
        return;
    }
    push(out, "{\"router\": ");
    router_json((router.address, router.name), Some(router.port), out);
    if let Some(description) = router.description {
        push(out, ", \"description\": ");
        push_string(out, description);
    }
    push(out, &format!(", \"state\": \"{state}\""));
    for (name, number) in numbers {
        push(out, &format!(", \"{name}\": {number}"));
    }
    push(out, "}\n");
}

/// `ROUTER PEER AS ASN up [KIND DISTINGUISHER] adj-rib-in pre ROUTES [stale ROUTES]…`
pub fn bmp_peer(peer: &BmpPeerView<'_>, encoding: Encoding, out: &mut Vec<u8>) {
    let state = if peer.is_up { "up" } else { "down" };
    if encoding == Encoding::Text {
        push_ip(out, peer.router.address);
        out.push(b' ');
        push_ip(out, peer.address);
        push(out, &format!(" AS {} {state} {}", peer.asn, peer.kind));
        if !peer.distinguisher.is_empty() {
            push(out, &format!(" {}", peer.distinguisher));
        }
        for (rib, policy, routes, stale) in &peer.tables {
            push(out, &format!(" {rib}"));
            push(out, &policy.map(|policy| format!(" {policy}")).unwrap_or_default());
            push(out, &format!(" {routes}"));
            if *stale > 0 {
                push(out, &format!(" stale {stale}"));
            }
        }
        out.push(b'\n');
        return;
    }
    push(out, "{\"router\": ");
    router_json((peer.router.address, peer.router.name), Some(peer.router.port), out);
    push(out, ", \"peer\": ");
    peer_json(peer.address, &peer.distinguisher, out);
    push(out, ", \"type\": ");
    push_string(out, &peer.kind);
    push(out, &format!(", \"asn\": {{\"peer\": {}", peer.asn.0));
    if let Some(asn) = peer.local_as {
        push(out, &format!(", \"local\": {}", asn.0));
    }
    out.push(b'}');
    if let Some(address) = peer.local_address {
        push(out, ", \"local-address\": \"");
        push_ip(out, address);
        out.push(b'"');
    }
    if !peer.local_router_id.is_unspecified() {
        push(out, ", \"router-id\": \"");
        push_ipv4(out, peer.local_router_id);
        out.push(b'"');
    }
    push(out, &format!(", \"state\": \"{state}\", \"tables\": ["));
    for (index, (rib, policy, routes, stale)) in peer.tables.iter().enumerate() {
        push(out, if index == 0 { "{" } else { ", {" });
        table_json((rib, *policy), out);
        push(out, &format!(", \"routes\": {routes}, \"stale\": {stale}}}"));
    }
    push(out, "]}\n");
}

/// `ROUTER PEER adj-rib-in pre [stale] FAMILY NLRI next-hop IP`, with its attributes if `extensive`.
pub fn bmp_route(
    route: &BmpRouteView<'_>,
    extensive: bool,
    layout: Layout,
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    let form = JsonForm { layout, ..JsonForm::default() };
    let (rib, policy) = route.table;
    if encoding == Encoding::Text {
        push_ip(out, route.router.0);
        out.push(b' ');
        if !route.distinguisher.is_empty() {
            push(out, &format!("{} ", route.distinguisher));
        }
        push_ip(out, route.peer);
        out.push(b' ');
        for word in [Some(rib), policy, route.is_stale.then_some("stale")].into_iter().flatten() {
            push(out, word);
            out.push(b' ');
        }
        push_family(route.nlri, out);
        out.push(b' ');
        shown::push_route(route.nlri, form, route.next_hop.map(Some), out);
        if extensive {
            render::push_set_text_in(route.attributes, form, out);
        }
        out.push(b'\n');
        return;
    }
    push(out, "{\"router\": ");
    router_json(route.router, None, out);
    push(out, ", \"peer\": ");
    peer_json(route.peer, route.distinguisher, out);
    push(out, ", ");
    table_json((rib, policy), out);
    if route.is_stale {
        push(out, ", \"stale\": true");
    }
    push(out, ", \"route\": {\"family\": \"");
    push_family(route.nlri, out);
    push(out, "\", ");
    push_nlri(route.nlri, out);
    if let Some(path_id) = route.nlri.path_id {
        push(out, ", \"path-information\": \"");
        push_ipv4(out, path_id.into());
        out.push(b'"');
    }
    if let Some(address) = route.next_hop {
        push(out, ", \"next-hop\": \"");
        push_ip(out, address);
        out.push(b'"');
    }
    if extensive {
        push(out, ", \"attribute\": {");
        render::push_set_json(route.attributes, form, out);
        out.push(b'}');
    }
    push(out, "}}\n");
}

/// A name as one word.
fn push_word(name: Option<&str>, out: &mut Vec<u8>) {
    match name.filter(|name| !name.is_empty()) {
        Some(name) if name.bytes().all(|octet| octet.is_ascii_graphic()) => push(out, name),
        Some(name) => push_string(out, name),
        None => push(out, "-"),
    }
}

fn router_json((address, name): (IpAddr, Option<&str>), port: Option<u16>, out: &mut Vec<u8>) {
    push(out, "{\"address\": \"");
    push_ip(out, address);
    out.push(b'"');
    if let Some(port) = port {
        push(out, ", \"port\": ");
        push_decimal(out, port.into());
    }
    if let Some(name) = name {
        push(out, ", \"name\": ");
        push_string(out, name);
    }
    out.push(b'}');
}

fn peer_json(address: IpAddr, distinguisher: &str, out: &mut Vec<u8>) {
    push(out, "{\"address\": \"");
    push_ip(out, address);
    out.push(b'"');
    if !distinguisher.is_empty() {
        push(out, ", \"distinguisher\": ");
        push_string(out, distinguisher);
    }
    out.push(b'}');
}

fn table_json((rib, policy): (&str, Option<&str>), out: &mut Vec<u8>) {
    push(out, &format!("\"rib\": \"{rib}\""));
    if let Some(policy) = policy {
        push(out, &format!(", \"policy\": \"{policy}\""));
    }
}
