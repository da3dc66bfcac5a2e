//! Attributes as JSON and as text: one, or those of a set.

use super::{Attribute, ValueContext, registry, set, unknown};
use crate::io::text::push;
use crate::nlri::JsonForm;

/// Writes the JSON member of an attribute after `, ` (nothing before the first); nothing for what is left out.
pub fn push_json(
    attribute: &Attribute<'_>,
    context: &ValueContext,
    first: &mut bool,
    out: &mut Vec<u8>,
) {
    member(out, first, |out| match registry::row(attribute.code) {
        Some(row) => (row.json)(attribute.value, context, out),
        None => unknown::json(attribute, out),
    });
}

/// Writes the text of an attribute after a blank; nothing for what is left out.
pub fn push_text(attribute: &Attribute<'_>, context: &ValueContext, out: &mut Vec<u8>) {
    match registry::row(attribute.code) {
        Some(row) => (row.text)(attribute.value, context, out),
        None => unknown::text(attribute, out),
    }
}

/// Writes the JSON members of a set: `"origin": "igp", "med": 5`, without braces. What is sent octet by octet is shown
/// so.
pub fn push_set_json(set: &[u8], form: JsonForm, out: &mut Vec<u8>) {
    let context = ValueContext { form, ..ValueContext::STORED };
    let mut first = true;
    for stored in set::iter(set) {
        if stored.verbatim {
            member(out, &mut first, |out| unknown::json(&stored.attribute, out));
        } else {
            push_json(&stored.attribute, &context, &mut first, out);
        }
    }
}

/// Writes the text of a set, each attribute after a blank: ` origin igp med 5`.
pub fn push_set_text(set: &[u8], out: &mut Vec<u8>) {
    for stored in set::iter(set) {
        if stored.verbatim {
            unknown::text(&stored.attribute, out);
        } else {
            push_text(&stored.attribute, &ValueContext::STORED, out);
        }
    }
}

fn member(out: &mut Vec<u8>, first: &mut bool, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    if !*first {
        push(out, ", ");
    }
    let from = out.len();
    write(out);
    if out.len() == from {
        out.truncate(start);
    } else {
        *first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::set::SetBuilder;
    use crate::attribute::{as_path, med};
    use crate::io::tokens::TextError;

    #[test]
    fn a_set_has_no_stray_commas() {
        let mut builder = SetBuilder::default();
        builder.add::<TextError>(&as_path::ROW, |_| Ok(())).unwrap();
        builder
            .add::<TextError>(&med::ROW, |out| {
                out.extend([0, 0, 0, 5]);
                Ok(())
            })
            .unwrap();
        builder.add_verbatim(0xc0, 0x63, &[1]).unwrap();
        let (mut bytes, mut json, mut text) = (Vec::new(), Vec::new(), Vec::new());
        builder.write(&mut bytes);
        push_set_json(&bytes, JsonForm::default(), &mut json);
        push_set_text(&bytes, &mut text);
        assert_eq!(json, br#""med": 5, "attribute-0x63-0xC0": "0x01""#);
        assert_eq!(text, b" med 5 attribute [ 0x63 0xC0 0x01 ]");
    }
}
