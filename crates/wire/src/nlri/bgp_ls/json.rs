//! NLRI of BGP-LS as JSON: for each type the members that ExaBGP has, in its order, and behind them the descriptors that it
//! does not have.

use std::io::Write as _;
use std::net::IpAddr;

use super::descriptors::{
    CANDIDATE_PATH, LINK_IDENTIFIERS, LOCAL_NODE, OSPF_ROUTE_TYPE, REACHABILITY, REMOTE_NODE,
    ROUTER_ID, SRV6_SID as SID, TOPOLOGIES,
};
use super::layout::{LINK, NODE, PREFIX_4, PREFIX_6, Parts, SR_POLICY, SRV6_SID, STUB_LINK};
use crate::attribute::bgp_ls::json::{push_address, push_array, push_hex, push_value};
use crate::attribute::bgp_ls::schema::{Kind, Walk, number};
use crate::codes::Afi;
use crate::io::json::push_name;
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper, push_ip};
use crate::nlri::{Nlri, NlriContext};
use crate::prefix::push_prefix;

/// Writes the JSON of an NLRI. A type that is unknown, and what can not be read, is shown as it is.
pub(super) fn push_nlri(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let start = out.len();
    let parts = Parts::read(nlri.family, nlri.bytes).ok().flatten();
    if parts.and_then(|parts| push_parts(&parts, context, out)).is_none() {
        out.truncate(start);
        let code = nlri.bytes.get(..2).and_then(number).unwrap_or(0);
        let _ = write!(out, "{{ \"code\": {code}, \"parsed\": false, \"raw\": \"");
        push_hex_upper(out, nlri.bytes);
        out.push(b'"');
    }
    nlri.push_path_json(out);
    push(out, " }");
}

/// Writes all but the end.
fn push_parts(parts: &Parts<'_>, context: &NlriContext, out: &mut Vec<u8>) -> Option<()> {
    let Parts { kind, protocol, identifier, .. } = parts;
    let _ = write!(
        out,
        "{{ \"ls-nlri-type\": \"{}\", \"l3-routing-topology\": {identifier}, \"protocol-id\": {protocol}",
        kind.name
    );
    // What is shown under its own name; all other descriptors come at the end.
    let mut shown: &[u16] = &[LOCAL_NODE];
    match kind.code {
        LINK | STUB_LINK => {
            push_nodes("local-node-descriptors", parts, LOCAL_NODE, out)?;
            if kind.code == LINK {
                push_nodes("remote-node-descriptors", parts, REMOTE_NODE, out)?;
            }
            push_addresses("interface-addresses", parts, [259, 261], out)?;
            push_addresses("neighbor-addresses", parts, [260, 262], out)?;
            push(out, ", \"multi-topology-ids\": ");
            push_topologies(parts, "", out)?;
            push(out, ", \"link-identifiers\": ");
            push_rows(parts, LINK_IDENTIFIERS, out)?;
            shown = &[LOCAL_NODE, REMOTE_NODE, 258, 259, 260, 261, 262, TOPOLOGIES];
        }
        _ => push_nodes("node-descriptors", parts, LOCAL_NODE, out)?,
    }
    match kind.code {
        PREFIX_4 | PREFIX_6 => {
            let afi = if kind.code == PREFIX_6 { Afi::IPV6 } else { Afi::IPV4 };
            if let Some((bits, octets)) =
                parts.all(REACHABILITY).next().and_then(<[u8]>::split_first)
            {
                for name in [", \"ip-reachability-tlv\": \"", ", \"ip-reach-prefix\": \""] {
                    push(out, name);
                    push_prefix(out, afi, *bits, octets);
                    out.push(b'"');
                }
            }
            if let Some(kind) = parts.all(OSPF_ROUTE_TYPE).next() {
                push(out, ", \"ospf-route-type\": ");
                push_decimal(out, number(kind)?);
            }
            if !context.form.layout.shape().short_bgp_ls && parts.all(TOPOLOGIES).next().is_some() {
                push(out, ", \"multi-topology-ids\": ");
                push_topologies(parts, "", out)?;
            }
            shown = &[LOCAL_NODE, TOPOLOGIES, OSPF_ROUTE_TYPE, REACHABILITY];
        }
        SR_POLICY => {
            if let Some(path) = parts.all(CANDIDATE_PATH).next() {
                push(out, ", \"candidate-path\": ");
                let row = (parts.schema().row)(CANDIDATE_PATH)?;
                push_value(parts.schema(), &row.kind, path, 0, out)?;
            }
            shown = &[LOCAL_NODE, CANDIDATE_PATH];
        }
        SRV6_SID => {
            push(out, ", \"srv6-sid-descriptors\": {\"multi-topology-ids\": ");
            push_topologies(parts, "\"", out)?;
            if let Some(sid) = parts.all(SID).next() {
                push(out, ", \"srv6-sid\": \"");
                push_address(sid, out)?;
                out.push(b'"');
            }
            push_others(parts, &[LOCAL_NODE, TOPOLOGIES, SID], out)?;
            out.push(b'}');
            shown = &[];
        }
        _ => {}
    }
    if !shown.is_empty() {
        push_others(parts, shown, out)?;
    }
    if let Some(rd) = parts.rd {
        push(out, ", \"rd\": ");
        rd.push_json(out);
    }
    if let Some(next_hop) = repeated_next_hop(kind.code, context) {
        push(out, ", \"nexthop\": \"");
        push_ip(out, next_hop);
        out.push(b'"');
    }
    Some(())
}

/// Version 4 of the API has the next hop in nodes and prefixes.
fn repeated_next_hop(code: u16, context: &NlriContext) -> Option<IpAddr> {
    let has =
        matches!(code, NODE | PREFIX_4 | PREFIX_6) && context.form.layout.shape().short_bgp_ls;
    context.next_hop.filter(|_| has)
}

/// Writes an array with an object for each descriptor of a node.
fn push_nodes(name: &str, parts: &Parts<'_>, code: u16, out: &mut Vec<u8>) -> Option<()> {
    push(out, ", ");
    push_name(out, name);
    let schema = parts.schema();
    let all = parts.all(code).flat_map(|node| Walk::new(node).flatten());
    push_array(out, all, |(code, value), out| {
        push(out, "{ ");
        match (schema.row)(code) {
            None => {
                let _ = write!(out, "\"generic-tlv-{code}\": ");
                push_hex(out, value);
            }
            Some(row) => {
                push_name(out, row.name);
                match code {
                    513 => {
                        let _ = write!(out, "\"{}\"", number(value)?);
                    }
                    ROUTER_ID => push_router_id(value, out)?,
                    _ => push_value(schema, &row.kind, value, 1, out)?,
                }
            }
        }
        push(out, " }");
        Some(())
    })
}

/// Writes `"10.0.0.1", "designated-router-id": "10.0.0.2"` or `"00000000000102", "psn": "2"`.
fn push_router_id(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(b'"');
    match value.len() {
        4 => push_address(value, out)?,
        8 => {
            let (own, designated) = value.split_at_checked(4)?;
            push_address(own, out)?;
            push(out, "\", \"designated-router-id\": \"");
            push_address(designated, out)?;
        }
        _ => {
            push_hex_lower(out, value);
            if let Some(number) = value.get(6).filter(|number| **number > 0) {
                let _ = write!(out, "\", \"psn\": \"{number}");
            }
        }
    }
    out.push(b'"');
    Some(())
}

fn push_addresses(name: &str, parts: &Parts<'_>, codes: [u16; 2], out: &mut Vec<u8>) -> Option<()> {
    push(out, ", ");
    push_name(out, name);
    let all = parts.walk().filter(|(code, _)| codes.contains(code));
    push_array(out, all, |(_, address), out| {
        out.push(b'"');
        push_address(address, out)?;
        out.push(b'"');
        Some(())
    })
}

/// Writes the topologies, each between quotes if so wanted.
fn push_topologies(parts: &Parts<'_>, quote: &str, out: &mut Vec<u8>) -> Option<()> {
    let all = parts.all(TOPOLOGIES).flat_map(|list| list.chunks(2));
    push_array(out, all, |topology, out| {
        push(out, quote);
        push_decimal(out, number(topology)? & 0xfff);
        push(out, quote);
        Some(())
    })
}

fn push_rows(parts: &Parts<'_>, code: u16, out: &mut Vec<u8>) -> Option<()> {
    let row = (parts.schema().row)(code)?;
    push_array(out, parts.all(code), |value, out| {
        push_value(parts.schema(), &row.kind, value, 0, out)
    })
}

/// Writes `, "generic-tlv-768": ["0xAA"]` for each type that is not among those `shown`, with its name if it has one.
fn push_others(parts: &Parts<'_>, shown: &[u16], out: &mut Vec<u8>) -> Option<()> {
    let row = parts.schema().row;
    let key = |code| row(code).map_or(code, |row| row.group);
    let mut others: Vec<_> = parts.walk().filter(|(code, _)| !shown.contains(code)).collect();
    others.sort_by_key(|(code, _)| key(*code));
    for same in others.chunk_by(|(a, _), (b, _)| key(*a) == key(*b)) {
        let (code, _) = same.first()?;
        push(out, ", ");
        match row(*code).filter(|row| !matches!(row.kind, Kind::SubTlvs)) {
            Some(known) => {
                push_name(out, known.name);
                push_array(out, same, |(code, value), out| {
                    push_value(parts.schema(), &row(*code)?.kind, value, 0, out)
                })?;
            }
            None => {
                let _ = write!(out, "\"generic-tlv-{code}\": ");
                push_array(out, same, |(_, value), out| {
                    push_hex(out, value);
                    Some(())
                })?;
            }
        }
    }
    Some(())
}
