//! An UPDATE as JSON. The shape, its order and its spaces are ExaBGP's, whose users match them with regular expressions:
//! `{ "update": { "attribute": { … }, "announce": { … }, "withdraw": { … } } }`, or `{ "eor": { … } }`. What an old layout has
//! otherwise, prefixes as the keys of objects, is in [`super::keyed`].

use super::decode::NEXT_HOP;
use super::keyed::{self, Keys};
use super::{Field, Update};
use crate::attribute::{OnError, render};
use crate::codes::{Afi, Family, Safi};
use crate::io::json::{push_separator, push_string_body};
use crate::io::text::{push, push_decimal, push_hex_lower};
use crate::layout::Routes;
use crate::next_hop::{push_wire_next_hop, wire_next_hop};
use crate::nlri::{JsonForm, NlriContext, inet, registry as nlri_registry};

impl Update<'_> {
    /// Writes the value after `"message": `.
    ///
    /// Where prefixes are the keys of objects, one message may need several events, so that no key comes twice: this is the
    /// first, [`Self::json_part`] writes the others.
    pub fn json(&self, form: JsonForm, out: &mut Vec<u8>) {
        self.json_part(form, &mut Keys::default(), out);
    }

    /// The same of one event after another: to be called again, with the same `keys`, as long as it returns that more is left.
    pub fn json_part(&self, form: JsonForm, keys: &mut Keys, out: &mut Vec<u8>) -> bool {
        keys.next_part();
        if let Some(family) = self.end_of_rib() {
            match form.layout.shape().routes {
                Routes::Listed => {
                    push(out, "{ ");
                    push_end_of_rib(family, out);
                    push(out, " }");
                }
                Routes::Keyed => keyed::push_end_of_rib(family, out),
            }
            return false;
        }
        push(out, "{ \"update\": { ");
        let mut first = true;
        let withdrawn = self.withdrawn_fields();
        if !self.attributes.is_empty() || !self.faults.is_empty() {
            first = false;
            self.json_attributes(form, withdrawn.iter().any(Option::is_some), out);
        }
        let announced = self.announced_fields();
        if announced.iter().any(Option::is_some) {
            push_separator(out, &mut first);
            push(out, "\"announce\": { ");
            json_announced(&announced, form, keys, out);
            push(out, " }");
        }
        if withdrawn.iter().any(Option::is_some) {
            push_separator(out, &mut first);
            push(out, "\"withdraw\": { ");
            json_withdrawn(&withdrawn, form, keys, out);
            push(out, " }");
        }
        push(out, " } }");
        keys.has_more()
    }

    /// Writes `"attribute": { … }`. The next hop stands with the NLRI; in some layouts it is an attribute beside withdrawals.
    fn json_attributes(&self, form: JsonForm, withdraws: bool, out: &mut Vec<u8>) {
        push(out, "\"attribute\": { ");
        let context = self.context(form);
        let with_next_hop = withdraws && form.layout.shape().next_hop;
        let mut first = true;
        for attribute in self.attributes() {
            if attribute.code == NEXT_HOP && !with_next_hop {
                continue;
            }
            render::push_json(&attribute, &context, &mut first, out);
        }
        if !self.faults.is_empty() {
            push_separator(out, &mut first);
            push(out, "\"error\": \"");
            self.push_faults(out);
            out.push(b'"');
        }
        push(out, " }");
    }

    /// Writes the faults, the gravest first as they came, as the inside of a string.
    pub(super) fn push_faults(&self, out: &mut Vec<u8>) {
        let grave = |action| self.faults.iter().filter(move |fault| fault.action == action);
        let mut separator = "";
        for fault in [OnError::DisableFamily, OnError::TreatAsWithdraw, OnError::Discard]
            .into_iter()
            .flat_map(grave)
        {
            push(out, separator);
            separator = "; ";
            push_string_body(out, &fault.to_string());
        }
    }
}

/// Writes family after family, and in each next hop after next hop: no member of an object comes twice.
fn json_announced(
    fields: &[Option<&Field<'_>>],
    form: JsonForm,
    keys: &mut Keys,
    out: &mut Vec<u8>,
) {
    each_family(fields, out, |family, out| {
        push(out, "{ ");
        if let [Some(field), None] | [None, Some(field)] = *fields {
            // What nearly all have.
            push_next_hop(field, form, out);
            json_routes(std::iter::once(field), form, keys, out);
            return push(out, " }");
        }
        let (mut first, mut done) = (true, [None; 4]);
        for (field, slot) in of_family(fields, family).zip(0..) {
            let next_hop = wire_next_hop(field.next_hop);
            if done.iter().flatten().any(|earlier| *earlier == next_hop) {
                continue;
            }
            if let Some(slot) = done.get_mut(slot) {
                *slot = Some(next_hop);
            }
            push_separator(out, &mut first);
            push_next_hop(field, form, out);
            let same = |field: &&Field<'_>| wire_next_hop(field.next_hop) == next_hop;
            json_routes(of_family(fields, family).filter(same), form, keys, out);
        }
        push(out, " }");
    });
}

/// Writes the name of the member that has the routes of a next hop.
fn push_next_hop(field: &Field<'_>, form: JsonForm, out: &mut Vec<u8>) {
    out.push(b'"');
    if form.layout.shape().routes == Routes::Keyed && wire_next_hop(field.next_hop).is_none() {
        push(out, keyed::NO_NEXT_HOP);
    } else {
        push_wire_next_hop(out, field.next_hop);
    }
    push(out, "\": ");
}

fn json_withdrawn(
    fields: &[Option<&Field<'_>>],
    form: JsonForm,
    keys: &mut Keys,
    out: &mut Vec<u8>,
) {
    each_family(fields, out, |family, out| {
        json_routes(of_family(fields, family), form, keys, out);
    });
}

/// Writes routes of one family and next hop, as the layout has them.
#[inline]
fn json_routes<'f, 'a: 'f>(
    fields: impl Iterator<Item = &'f Field<'a>>,
    form: JsonForm,
    keys: &mut Keys,
    out: &mut Vec<u8>,
) {
    match form.layout.shape().routes {
        Routes::Listed => {
            push(out, "[ ");
            json_nlri(fields, form, out);
            push(out, " ]");
        }
        Routes::Keyed => keyed::push_routes(fields, form, keys, out),
    }
}

/// Writes a member for each family, in the order in which they come.
fn each_family(
    fields: &[Option<&Field<'_>>],
    out: &mut Vec<u8>,
    mut write: impl FnMut(Family, &mut Vec<u8>),
) {
    let mut first = true;
    for (index, field) in fields.iter().enumerate() {
        let Some(field) = field else { continue };
        let earlier = fields.get(..index).unwrap_or_default();
        if of_family(earlier, field.family).next().is_some() {
            continue;
        }
        push_separator(out, &mut first);
        match field.family {
            // A text that is known here is written in one piece.
            Family::IPV4_UNICAST => push(out, "\"ipv4 unicast\": "),
            Family::IPV6_UNICAST => push(out, "\"ipv6 unicast\": "),
            Family { afi, safi } => {
                out.push(b'"');
                push_afi(out, afi);
                out.push(b' ');
                push_safi(out, safi);
                push(out, "\": ");
            }
        }
        write(field.family, out);
    }
}

/// The fields of a family.
fn of_family<'f, 'a>(
    fields: &'f [Option<&'f Field<'a>>],
    family: Family,
) -> impl Iterator<Item = &'f Field<'a>> {
    fields.iter().flatten().copied().filter(move |field| field.family == family)
}

fn json_nlri<'f, 'a: 'f>(
    fields: impl Iterator<Item = &'f Field<'a>>,
    form: JsonForm,
    out: &mut Vec<u8>,
) {
    let mut first = true;
    for field in fields {
        if inet::push_json_list(&field.nlri(), form, &mut first, out) {
            continue;
        }
        let json = nlri_registry::row(field.family).json;
        let context = NlriContext { form, next_hop: wire_next_hop(field.next_hop) };
        for nlri in field.nlri().flatten() {
            push_separator(out, &mut first);
            json(nlri, &context, out);
        }
    }
}

/// Writes the member `"eor"`.
pub(super) fn push_end_of_rib(family: Family, out: &mut Vec<u8>) {
    push(out, "\"eor\": { \"afi\" : \"");
    push_afi(out, family.afi);
    push(out, "\", \"safi\" : \"");
    push_safi(out, family.safi);
    push(out, "\" }");
}

pub(super) fn push_afi(out: &mut Vec<u8>, afi: Afi) {
    match afi.name() {
        Some(name) => push(out, name),
        None => {
            push(out, "unknown-afi-0x");
            push_hex_lower(out, &afi.0.to_be_bytes());
        }
    }
}

pub(super) fn push_safi(out: &mut Vec<u8>, safi: Safi) {
    match safi.name() {
        Some(name) => push(out, name),
        None => {
            push(out, "unknown safi ");
            push_decimal(out, safi.0.into());
        }
    }
}
