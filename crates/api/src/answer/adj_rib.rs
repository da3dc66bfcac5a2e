//! `show adj-rib`: one route, one line.

use std::net::IpAddr;

use yottabgp_wire::attribute::render;
use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_ip, push_ipv4};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::nlri::{JsonForm, Nlri, shown};
use yottabgp_wire::prefix::Prefix;

use crate::select::PeerKey;
use crate::{Encoding, Version};

/// A route of an Adj-RIB.
#[derive(Clone, Copy, Debug)]
pub struct RouteView<'a> {
    /// The peer that it came from or goes to.
    pub key: &'a PeerKey,
    /// What it is to.
    pub nlri: Nlri<'a>,
    /// The next hop, `self` resolved.
    pub next_hop: Option<IpAddr>,
    /// The bytes of the attribute set: see [`yottabgp_wire::attribute::set`].
    pub attributes: &'a [u8],
}

/// What a route looks like in JSON (`exabgp.api.show-routes-format`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RouteFormat {
    /// `{"PEER": {"routes": [{…}]}}`
    #[default]
    V1,
    /// `{"peer": {"address": "PEER"}, "route": {…}}`
    V2,
}

impl RouteFormat {
    /// The format of a number: 1 or 2.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }
}

/// How routes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RouteLook {
    /// With their attributes.
    pub extensive: bool,
    /// Of answers.
    pub version: Version,
    /// Text or JSON.
    pub encoding: Encoding,
    /// Of the JSON.
    pub format: RouteFormat,
    /// Which release text looks like.
    pub layout: Layout,
}

/// Writes the line of a route.
///
/// Text is `PEER FAMILY NLRI next-hop IP`; extensive, the peer's whole key comes first and the attributes last. ExaBGP 4 has
/// `neighbor` before the peer, 3.4 no family. JSON is one
/// object a line, with `"next-hop"`, and extensive also `"attribute"` as in UPDATE events.
pub fn adj_rib(route: &RouteView<'_>, look: RouteLook, out: &mut Vec<u8>) {
    match look.encoding {
        Encoding::Text => text(route, look, out),
        Encoding::Json => json(route, look, out),
    }
    out.push(b'\n');
}

fn text(route: &RouteView<'_>, look: RouteLook, out: &mut Vec<u8>) {
    let RouteLook { extensive, layout, .. } = look;
    let form = JsonForm { layout, ..JsonForm::default() };
    // 3.4 says the word twice where the key of the peer has it already.
    if layout == Layout::V3_4 || layout == Layout::V4 && !extensive {
        push(out, "neighbor ");
    }
    if extensive {
        push(out, &route.key.to_string());
    } else {
        push_ip(out, route.key.peer);
    }
    out.push(b' ');
    if layout != Layout::V3_4 {
        push_family(route.nlri, out);
        out.push(b' ');
    }
    push_route(route, extensive, form, out);
}

/// Writes `NLRI next-hop IP`, and the attributes.
pub(super) fn push_route(
    route: &RouteView<'_>,
    attributes: bool,
    form: JsonForm,
    out: &mut Vec<u8>,
) {
    shown::push_route(route.nlri, form, route.next_hop.map(Some), out);
    if attributes {
        render::push_set_text_in(route.attributes, form, out);
    }
}

/// Writes the family in two words.
pub(super) fn push_family(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let family = nlri.family;
    match (family.afi.name(), family.safi.name()) {
        (Some(afi), Some(safi)) => {
            push(out, afi);
            out.push(b' ');
            push(out, safi);
        }
        _ => push(out, &family.to_string()),
    }
}

fn json(route: &RouteView<'_>, look: RouteLook, out: &mut Vec<u8>) {
    let (before, between, after) = match look.format {
        RouteFormat::V1 => ("{\"", "\": {\"routes\": [{", "}]}}"),
        RouteFormat::V2 => ("{\"peer\": {\"address\": \"", "\"}, \"route\": {", "}}"),
    };
    push(out, before);
    push_ip(out, route.key.peer);
    push(out, between);
    match look.version {
        // The released program puts the prefix first.
        Version::V4 => {
            push_nlri(route.nlri, out);
            push(out, ", \"family\": \"");
            push_family(route.nlri, out);
            out.push(b'"');
        }
        Version::V6 => {
            push(out, "\"family\": \"");
            push_family(route.nlri, out);
            push(out, "\", ");
            push_nlri(route.nlri, out);
        }
    }
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
    if look.extensive {
        push(out, ", \"attribute\": {");
        let form = JsonForm { layout: look.version.layout(), ..JsonForm::default() };
        render::push_set_json(route.attributes, form, out);
        out.push(b'}');
    }
    push(out, after);
}

/// Writes `"prefix": "…"` of what is a prefix, `"nlri": "…"` of anything else.
pub(super) fn push_nlri(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let mut bytes = Vec::new();
    Nlri { path_id: None, ..nlri }.text(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let name = match Prefix::parse_with_host_bits(&*text) {
        Ok(_) => "\"prefix\": ",
        Err(_) => "\"nlri\": ",
    };
    push(out, name);
    push_string(out, &text);
}
