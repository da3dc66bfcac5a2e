//! `decode -m` and `mrt show --commands`: the API commands that would send a message.

use std::net::Ipv4Addr;

use yottabgp_session::event::Decoded;
use yottabgp_wire::attribute::{Attribute, flags, registry as attributes, render};
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::next_hop::{push_wire_next_hop, wire_next_hop};
use yottabgp_wire::nlri::{Nlri, NlriIter, registry};
use yottabgp_wire::prefix::{Prefix, push_prefix};
use yottabgp_wire::route::push_command;

use crate::decode::MOST_TEXT;

/// AS_PATH: an empty one goes without saying, as with ExaBGP.
const AS_PATH: u8 = 2;
/// NEXT_HOP: commands have the next hop of the routes instead.
const NEXT_HOP: u8 = 3;

/// What no command can say.
pub(crate) struct LeftOut(pub(crate) Option<&'static str>);

/// Writes a line for each command, and gives what they do not say. The error says why there is none.
pub(crate) fn write(decoded: &Decoded<'_>, out: &mut Vec<u8>) -> Result<LeftOut, String> {
    let mut left_out = LeftOut(None);
    match decoded {
        Decoded::Update(update) => {
            // Next hops of two addresses, without or with route distinguishers (RFC 2545 section 3, RFC 4659).
            if update.announced().any(|(next_hop, _)| matches!(next_hop.len(), 32 | 48)) {
                left_out.0 = Some("the link-local next hop is left out: sessions send their own");
            }
            routes(update, out)
        }
        Decoded::RouteRefresh(refresh) if refresh.subtype == 0 => {
            line(out, format!("announce route-refresh {}", refresh.family));
            Ok(())
        }
        Decoded::Operational(message) => {
            let mut text = b"announce ".to_vec();
            message.command(&mut text).ok_or("no command sends such a message")?;
            line(out, text.trim_ascii_end());
            Ok(())
        }
        _ => Err("no command sends such a message".to_owned()),
    }
    .map(|()| left_out)
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
    let most = out.len() + MOST_TEXT;
    let mut any = false;
    for nlri in update.withdrawn() {
        let nlri = read(nlri)?;
        any |= !nlri.is_empty();
        let mut rest = Vec::new();
        if nlri.first().is_some_and(|nlri| registry::row(nlri.family).withdraws_with_attributes) {
            if let Some(next_hop) = update.attribute(NEXT_HOP) {
                rest.extend_from_slice(b" next-hop ");
                push_wire_next_hop(&mut rest, next_hop.value);
            }
            rest.extend_from_slice(&attributes);
        }
        commands("withdraw", &nlri, &rest, most, out)?;
    }
    for (next_hop, nlri) in update.announced() {
        let nlri = read(nlri)?;
        any |= !nlri.is_empty();
        let mut rest = Vec::new();
        if wire_next_hop(next_hop).is_some() {
            rest.extend_from_slice(b" next-hop ");
            push_wire_next_hop(&mut rest, next_hop);
        }
        rest.extend_from_slice(&attributes);
        commands("announce", &nlri, &rest, most, out)?;
    }
    if !any {
        let mut text = b"announce attributes".to_vec();
        if let Some(next_hop) = update.attribute(NEXT_HOP) {
            text.extend_from_slice(b" next-hop ");
            push_wire_next_hop(&mut text, next_hop.value);
        }
        text.extend_from_slice(&attributes);
        line(out, text);
    }
    Ok(())
}

/// One command for prefixes that `attributes … nlri …` can name together, one group for others that share an UPDATE; one
/// command each otherwise, and none behind `most` octets.
fn commands(
    verb: &str,
    nlri: &[Nlri<'_>],
    attributes: &[u8],
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let verb = verb.as_bytes();
    let words: Vec<Vec<u8>> = nlri
        .iter()
        .map(|nlri| {
            let mut words = Vec::new();
            push_route(*nlri, &mut words);
            words
        })
        .collect();
    let prefix = |words: &Vec<u8>| {
        words.strip_prefix(b"route ").filter(|rest| !rest.contains(&b' ')).map(<[u8]>::to_vec)
    };
    if let [_, _, ..] = nlri
        && let Some(prefixes) = words.iter().map(prefix).collect::<Option<Vec<_>>>()
    {
        let prefixes = prefixes.join(&b' ');
        line(out, [verb, b" attributes", attributes, b" nlri ", &prefixes].concat());
        return Ok(());
    }
    let command = |words: &Vec<u8>| [verb, b" ", words.as_slice(), attributes].concat();
    if let [first, _, ..] = nlri
        && (registry::row(first.family).packed)(first.family)
    {
        if attributes.len().saturating_mul(words.len()) > MOST_TEXT {
            return Err(format!("the group of its routes has more than {} MiB", MOST_TEXT >> 20));
        }
        let members: Vec<Vec<u8>> = words.iter().map(command).collect();
        line(out, [b"group ", members.join(&b" ; "[..]).as_slice()].concat());
        return Ok(());
    }
    for words in &words {
        if out.len() > most {
            break;
        }
        line(out, command(words));
    }
    Ok(())
}

fn read<'a>(nlri: NlriIter<'a>) -> Result<Vec<Nlri<'a>>, String> {
    let nlri: Result<Vec<_>, _> = nlri.collect();
    nlri.map_err(|error| error.to_string())
}

pub(crate) fn push_route(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    match plain(nlri) {
        Some((length, octets)) => {
            out.extend_from_slice(b"route ");
            push_prefix(out, nlri.family.afi, length, octets);
        }
        None => push_command(nlri, out),
    }
    if let Some(id) = nlri.path_id {
        out.extend(format!(" path-information {}", Ipv4Addr::from_bits(id)).bytes());
    }
}

/// The length and octets of what most routes are to: a prefix that words give as it is, which need not be found out.
fn plain(nlri: Nlri<'_>) -> Option<(u8, &[u8])> {
    let is_unicast = matches!(nlri.family, Family::IPV4_UNICAST | Family::IPV6_UNICAST);
    let prefix = Prefix::decode(nlri.family.afi, nlri.bytes).filter(|_| is_unicast)?;
    let (length, octets) = nlri.bytes.split_first()?;
    (!prefix.has_host_bits()).then_some((*length, octets))
}

/// The attributes in words, each after a blank, as they are read: received ones may have flags that no word gives, then their octets
/// are written.
pub(crate) fn attributes(update: &Update<'_>) -> Vec<u8> {
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
