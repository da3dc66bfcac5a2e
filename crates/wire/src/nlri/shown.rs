//! A route as text, its parts in the order of the layout.

use std::net::IpAddr;

use super::{JsonForm, Nlri, NlriContext, NlriType, label, registry};
use crate::codes::Family;
use crate::io::text::{push, push_ip};
use crate::layout::{Order, Shape};
use crate::prefix::push_prefix;

/// How the routes of a family are written in a layout.
#[derive(Clone, Copy, Debug)]
pub struct RouteText {
    row: &'static NlriType,
    form: JsonForm,
    shape: &'static Shape,
}

/// Writes a route, and its next hop: see [`RouteText::push`].
pub fn push_route(
    nlri: Nlri<'_>,
    form: JsonForm,
    next_hop: Option<Option<IpAddr>>,
    out: &mut Vec<u8>,
) {
    RouteText::new(nlri.family, form).push(nlri, next_hop, out);
}

impl RouteText {
    /// Of a family.
    pub fn new(family: Family, form: JsonForm) -> Self {
        Self { row: registry::row(family), form, shape: form.layout.shape() }
    }

    /// Writes a route of the family, and its next hop: `None` writes none, `Some(None)` says that there is none where the layout
    /// does.
    #[inline]
    pub fn push(&self, nlri: Nlri<'_>, next_hop: Option<Option<IpAddr>>, out: &mut Vec<u8>) {
        if self.shape.text.order == Order::NextHopLast {
            let context = NlriContext { form: self.form, next_hop: next_hop.flatten() };
            (self.row.text)(nlri, &context, out);
            push_next_hop(next_hop, "no-nexthop", out);
        } else {
            self.push_old(nlri, next_hop, out);
        }
    }

    fn push_old(&self, nlri: Nlri<'_>, next_hop: Option<Option<IpAddr>>, out: &mut Vec<u8>) {
        let Self { row, form, shape } = *self;
        let Some(parts) = row.parts.and_then(|parts| parts(nlri)) else {
            let context = NlriContext { form, next_hop: next_hop.flatten() };
            (row.text)(nlri, &context, out);
            // What is no prefix has no next hop at all in older layouts.
            return push_next_hop(context.next_hop.map(Some), "", out);
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
}

#[inline]
fn push_next_hop(next_hop: Option<Option<IpAddr>>, absent: &str, out: &mut Vec<u8>) {
    let Some(address) = next_hop else { return };
    push(out, " next-hop ");
    match address {
        Some(address) => push_ip(out, address),
        None => push(out, absent),
    }
}
