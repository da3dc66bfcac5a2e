//! `decode -m`: the API commands that would send a message.

use std::net::Ipv4Addr;

use yottabgp_session::event::Decoded;
use yottabgp_wire::attribute::{Attribute, flags, registry as attributes, render};
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{push_wire_next_hop, wire_next_hop};
use yottabgp_wire::nlri::{Nlri, NlriIter, registry};
use yottabgp_wire::prefix::{Prefix, octets_for};

/// AS_PATH: an empty one goes without saying, as with ExaBGP.
const AS_PATH: u8 = 2;
/// NEXT_HOP: commands have the next hop of the routes instead.
const NEXT_HOP: u8 = 3;

/// Writes a line for each command. The error says why there is none.
pub(crate) fn write(decoded: &Decoded<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    match decoded {
        Decoded::Update(update) => routes(update, out),
        Decoded::RouteRefresh(refresh) if refresh.subtype == 0 => {
            line(out, format!("announce route-refresh {}", refresh.family));
            Ok(())
        }
        Decoded::Operational(_) => Err("commands for OPERATIONAL are not written".to_owned()),
        _ => Err("no command sends such a message".to_owned()),
    }
}

fn line(out: &mut Vec<u8>, text: impl AsRef<[u8]>) {
    out.extend_from_slice(text.as_ref());
    out.push(b'\n');
}

fn routes(update: &Update<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    if let Some(family) = update.end_of_rib() {
        line(out, format!("announce eor {family}"));
        return Ok(());
    }
    let attributes = attributes(update);
    let mut any = false;
    for nlri in update.withdrawn() {
        for nlri in known(nlri)? {
            any = true;
            let mut text = b"withdraw ".to_vec();
            push_route(nlri, &mut text);
            line(out, text);
        }
    }
    for (next_hop, nlri) in update.announced() {
        let nlri = known(nlri)?;
        any |= !nlri.is_empty();
        let mut rest = Vec::new();
        if wire_next_hop(next_hop).is_some() {
            rest.extend_from_slice(b" next-hop ");
            push_wire_next_hop(&mut rest, next_hop);
        }
        rest.extend_from_slice(&attributes);
        announcements(&nlri, &rest, out);
    }
    if !any {
        line(out, [b"attributes", attributes.as_slice()].concat());
    }
    Ok(())
}

/// One command for routes that `attributes … nlri …` can name together; one each otherwise.
fn announcements(nlri: &[Nlri<'_>], attributes: &[u8], out: &mut Vec<u8>) {
    let together =
        nlri.len() > 1 && nlri.iter().all(|nlri| nlri.path_id.is_none() && word(*nlri) == "route");
    if together {
        let mut text = [b"announce attributes", attributes, b" nlri"].concat();
        for nlri in nlri {
            text.push(b' ');
            nlri.text(&mut text);
        }
        line(out, text);
        return;
    }
    for nlri in nlri {
        let mut text = b"announce ".to_vec();
        push_route(*nlri, &mut text);
        text.extend_from_slice(attributes);
        line(out, text);
    }
}

/// The NLRI of a field, if their family has a grammar.
fn known<'a>(nlri: NlriIter<'a>) -> Result<Vec<Nlri<'a>>, String> {
    let nlri: Result<Vec<_>, _> = nlri.collect();
    let nlri = nlri.map_err(|error| error.to_string())?;
    match nlri.iter().find(|nlri| registry::row(nlri.family).families.is_empty()) {
        Some(nlri) => Err(format!("there are no commands for routes of {} yet", nlri.family)),
        None => Ok(nlri),
    }
}

fn push_route(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    match word(nlri) {
        "route" => out.extend_from_slice(b"route"),
        _ => out.extend_from_slice(nlri.family.to_string().as_bytes()),
    }
    out.push(b' ');
    nlri.text(out);
}

/// `route` where the prefix says its family: IPv4 prefixes of 224.0.0.0/4 are multicast, others unicast.
fn word(nlri: Nlri<'_>) -> &'static str {
    let is_group = nlri.family.afi == Afi::IPV4 && is_multicast(nlri.bytes);
    let implied =
        Family::new(nlri.family.afi, if is_group { Safi::MULTICAST } else { Safi::UNICAST });
    if nlri.family == implied { "route" } else { "family" }
}

fn is_multicast(bytes: &[u8]) -> bool {
    let [length, octets @ ..] = bytes else { return false };
    let groups = Prefix { address: Ipv4Addr::new(224, 0, 0, 0).into(), length: 4 };
    let mut address = [0; 4];
    for (octet, given) in address.iter_mut().zip(octets.iter().take(octets_for(*length))) {
        *octet = *given;
    }
    groups.contains(Ipv4Addr::from(address).into())
}

/// The attributes, each after a blank, as they are read: received ones may have flags that no word gives, then their octets
/// are written.
fn attributes(update: &Update<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let left_out = |attribute: &Attribute<'_>| {
        attribute.code == NEXT_HOP || attribute.code == AS_PATH && attribute.value.is_empty()
    };
    for attribute in update.attributes().filter(|attribute| !left_out(attribute)) {
        // How long the length field was says nothing, where words can say the rest.
        let length =
            if attributes::row(attribute.code).is_some() { flags::EXTENDED_LENGTH } else { 0 };
        let flags = attribute.flags & !length;
        render::push_readable(&Attribute { flags, ..attribute }, &mut out);
    }
    out
}
