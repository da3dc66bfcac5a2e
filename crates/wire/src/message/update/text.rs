//! An UPDATE as lines of text, as ExaBGP's text encoder writes them.

use super::json::{push_afi, push_safi};
use super::{Field, Update};
use crate::attribute::render;
use crate::io::text::{push, push_decimal};
use crate::next_hop::push_wire_next_hop;
use crate::nlri::JsonForm;

impl Update<'_> {
    /// Writes the lines, each starting with `prefix` (`neighbor 127.0.0.1 receive`) and ` update`, from `start` to `end`.
    pub fn text(&self, prefix: &[u8], out: &mut Vec<u8>) {
        self.text_with(prefix, b"", out);
    }

    /// The same with a line of its own before `end`, unless it is empty: ` header 0x… body 0x…`.
    pub fn text_with(&self, prefix: &[u8], line: &[u8], out: &mut Vec<u8>) {
        let start = |out: &mut Vec<u8>, what: &str| {
            out.extend_from_slice(prefix);
            push(out, " update ");
            push(out, what);
        };
        start(out, "start\n");
        if let Some(family) = self.end_of_rib() {
            start(out, "route eor ");
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
        self.text_withdrawn(&start, out);
        // The attributes are the same on every line: rendered once, then copied.
        let mut attributes = None;
        for field in self.announced_fields().into_iter().flatten() {
            for nlri in field.nlri().flatten() {
                start(out, "announced ");
                nlri.text(out);
                push(out, " next-hop ");
                push_wire_next_hop(out, field.next_hop);
                match &attributes {
                    None => {
                        let from = out.len();
                        self.text_attributes(out);
                        attributes = Some(from..out.len());
                    }
                    Some(attributes) => out.extend_from_within(attributes.clone()),
                }
                out.push(b'\n');
            }
        }
        if !line.is_empty() {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        start(out, "end\n");
    }

    fn text_withdrawn(&self, start: &impl Fn(&mut Vec<u8>, &str), out: &mut Vec<u8>) {
        for field in self.withdrawn_fields().iter().flatten() {
            for nlri in field.nlri().flatten() {
                start(out, "withdrawn ");
                nlri.text(out);
                if self.treat_as_withdraw && !self.is_withdrawn(field) {
                    self.text_error(out);
                }
                out.push(b'\n');
            }
        }
    }

    /// Whether the peer itself withdrew what is in a field.
    fn is_withdrawn(&self, field: &Field<'_>) -> bool {
        [&self.withdrawn, &self.unreachable]
            .into_iter()
            .flatten()
            .any(|withdrawn| std::ptr::eq(withdrawn, field))
    }

    fn text_attributes(&self, out: &mut Vec<u8>) {
        let context = self.context(JsonForm::default());
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
