//! An UPDATE as lines of text, as ExaBGP's text encoder writes them.

use super::json::{push_afi, push_safi};
use super::{Field, Update};
use crate::attribute::render;
use crate::io::text::{push, push_decimal, push_ip};
use crate::layout::Order;
use crate::next_hop::{push_wire_next_hop, wire_next_hop};
use crate::nlri::{JsonForm, Nlri, NlriContext, label, registry};
use crate::prefix::push_prefix;

impl Update<'_> {
    /// Writes the lines, each starting with `prefix` (`neighbor 127.0.0.1 receive`), from `start` to `end`.
    pub fn text(&self, prefix: &[u8], form: JsonForm, out: &mut Vec<u8>) {
        let words = &form.layout.shape().text;
        let start = |out: &mut Vec<u8>, what: &str| {
            out.extend_from_slice(prefix);
            push(out, what);
        };
        start(out, " update start\n");
        if let Some(family) = self.end_of_rib() {
            start(out, words.end_of_rib);
            push_decimal(out, u64::from(family.afi.0));
            out.push(b'/');
            push_decimal(out, u64::from(family.safi.0));
            push(out, " (");
            push_afi(out, family.afi);
            out.push(b' ');
            push_safi(out, family.safi);
            push(out, ")\n");
        }
        // As in ExaBGP, and as the routes of the message are to be applied.
        self.text_withdrawn(form, &start, out);
        // The attributes are the same on every line: rendered once, then copied.
        let mut attributes = None;
        for field in self.announced_fields().into_iter().flatten() {
            for nlri in field.nlri().flatten() {
                start(out, words.announced);
                push_route(nlri, form, Some(field.next_hop), out);
                match &attributes {
                    None => {
                        let from = out.len();
                        self.text_attributes(form, out);
                        attributes = Some(from..out.len());
                    }
                    Some(attributes) => out.extend_from_within(attributes.clone()),
                }
                out.push(b'\n');
            }
        }
        start(out, " update end\n");
    }

    fn text_withdrawn(
        &self,
        form: JsonForm,
        start: &impl Fn(&mut Vec<u8>, &str),
        out: &mut Vec<u8>,
    ) {
        let words = &form.layout.shape().text;
        let next_hop = words.withdrawn_next_hop.then(|| self.first_next_hop());
        for field in self.withdrawn_fields().iter().flatten() {
            for nlri in field.nlri().flatten() {
                start(out, words.withdrawn);
                push_route(nlri, form, next_hop, out);
                if self.treat_as_withdraw && !self.is_withdrawn(field) {
                    self.text_error(out);
                }
                out.push(b'\n');
            }
        }
    }

    /// The next hop of what the message announces; empty when there is none.
    fn first_next_hop(&self) -> &[u8] {
        self.announced_fields().into_iter().flatten().next().map_or(&[], |field| field.next_hop)
    }

    /// Whether the peer itself withdrew what is in a field.
    fn is_withdrawn(&self, field: &Field<'_>) -> bool {
        [&self.withdrawn, &self.unreachable]
            .into_iter()
            .flatten()
            .any(|withdrawn| std::ptr::eq(withdrawn, field))
    }

    fn text_attributes(&self, form: JsonForm, out: &mut Vec<u8>) {
        let context = self.context(form);
        for attribute in self.attributes() {
            render::push_text(&attribute, &context, out);
        }
        if !self.faults.is_empty() {
            self.text_error(out);
        }
    }

    fn text_error(&self, out: &mut Vec<u8>) {
        push(out, " error \"");
        self.push_faults(out);
        out.push(b'"');
    }
}

/// Writes a route and its next hop, in the order of the layout.
fn push_route(nlri: Nlri<'_>, form: JsonForm, next_hop: Option<&[u8]>, out: &mut Vec<u8>) {
    let row = registry::row(nlri.family);
    let shape = form.layout.shape();
    let context = NlriContext { form, next_hop: next_hop.and_then(wire_next_hop) };
    if shape.text.order == Order::NextHopLast {
        (row.text)(nlri, &context, out);
        if let Some(next_hop) = next_hop {
            push(out, " next-hop ");
            push_wire_next_hop(out, next_hop);
        }
        return;
    }
    let Some(parts) = row.parts.and_then(|parts| parts(nlri)) else {
        (row.text)(nlri, &context, out);
        if let Some(next_hop) = context.next_hop {
            push(out, " next-hop ");
            push_ip(out, next_hop);
        }
        return;
    };
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    let next_hop = |out: &mut Vec<u8>| {
        let Some(field) = next_hop else { return };
        push(out, " next-hop ");
        match wire_next_hop(field) {
            Some(address) => push_ip(out, address),
            None => push(out, "none"),
        }
    };
    let labels = |out: &mut Vec<u8>| {
        if !parts.labels.is_empty() {
            out.push(b' ');
            label::push_text(parts.labels, shape.labels, out);
        }
    };
    if shape.text.order == Order::NextHopFirst {
        next_hop(out);
        labels(out);
        nlri.push_path_text(out);
    } else {
        nlri.push_path_text(out);
        labels(out);
        next_hop(out);
    }
    if let Some(distinguisher) = parts.distinguisher {
        push(out, if shape.old_words { " route-distinguisher " } else { " rd " });
        distinguisher.push_text(out);
    }
}
