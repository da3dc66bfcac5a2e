//! A route as text, its parts in the order of the layout.

use std::net::IpAddr;

use super::{JsonForm, Nlri, NlriContext, label, registry};
use crate::io::text::{push, push_ip};
use crate::layout::Order;
use crate::prefix::push_prefix;

/// Writes a route, and its next hop: `None` writes none, `Some(None)` says that there is none where the layout does.
pub fn push_route(
    nlri: Nlri<'_>,
    form: JsonForm,
    next_hop: Option<Option<IpAddr>>,
    out: &mut Vec<u8>,
) {
    let row = registry::row(nlri.family);
    let shape = form.layout.shape();
    let context = NlriContext { form, next_hop: next_hop.flatten() };
    let is_last = shape.text.order == Order::NextHopLast;
    let Some(parts) = row.parts.filter(|_| !is_last).and_then(|parts| parts(nlri)) else {
        (row.text)(nlri, &context, out);
        // What is no prefix has no next hop at all in older layouts.
        let next_hop = if is_last { next_hop } else { context.next_hop.map(Some) };
        return push_next_hop(next_hop, "no-nexthop", out);
    };
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    let labels = |out: &mut Vec<u8>| {
        if !parts.labels.is_empty() {
            out.push(b' ');
            label::push_text(parts.labels, shape.labels, out);
        }
    };
    if shape.text.order == Order::NextHopFirst {
        push_next_hop(next_hop, "none", out);
        labels(out);
        nlri.push_path_text(out);
    } else {
        nlri.push_path_text(out);
        labels(out);
        push_next_hop(next_hop, "none", out);
    }
    if let Some(distinguisher) = parts.distinguisher {
        push(out, if shape.old_words { " route-distinguisher " } else { " rd " });
        distinguisher.push_text(out);
    }
}

fn push_next_hop(next_hop: Option<Option<IpAddr>>, absent: &str, out: &mut Vec<u8>) {
    let Some(address) = next_hop else { return };
    push(out, " next-hop ");
    match address {
        Some(address) => push_ip(out, address),
        None => push(out, absent),
    }
}
