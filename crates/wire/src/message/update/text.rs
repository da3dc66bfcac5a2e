//! An UPDATE as lines of text, as ExaBGP's text encoder writes them.

use super::json::{push_afi, push_safi};
use super::{Field, Update};
use crate::attribute::render;
use crate::io::text::{push, push_decimal};
use crate::next_hop::wire_next_hop;
use crate::nlri::{JsonForm, shown};

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
            let route = shown::RouteText::new(field.family, form);
            let next_hop = wire_next_hop(field.next_hop);
            for nlri in field.nlri().flatten() {
                start(out, words.announced);
                route.push(nlri, Some(next_hop), out);
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
        let next_hop = words.withdrawn_next_hop.then(|| wire_next_hop(self.first_next_hop()));
        for field in self.withdrawn_fields().iter().flatten() {
            let route = shown::RouteText::new(field.family, form);
            for nlri in field.nlri().flatten() {
                start(out, words.withdrawn);
                route.push(nlri, next_hop, out);
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
