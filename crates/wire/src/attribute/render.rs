//! Attributes as JSON and as text: one, or those of a set.

use std::borrow::Cow;

use super::{
    Attribute, AttributeType, ValueContext, attr_set, extended_communities,
    ipv6_extended_communities, registry, set, unknown,
};
use crate::io::text::push;
use crate::io::tokens::{Span, Tokens, split_command};
use crate::nlri::JsonForm;

/// Writes the JSON member of an attribute after `, ` (nothing before the first); nothing for what is left out.
#[inline]
pub fn push_json(
    attribute: &Attribute<'_>,
    context: &ValueContext,
    first: &mut bool,
    out: &mut Vec<u8>,
) {
    member(out, first, |out| match row(attribute, context) {
        Some(row) => (row.json)(attribute.value, context, out),
        None => unknown_json(attribute, out),
    });
}

#[cold]
fn unknown_json(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    unknown::json(&as_unknown(attribute), out);
}

/// The row of an attribute, if the layout has a name for it.
#[inline]
fn row(attribute: &Attribute<'_>, context: &ValueContext) -> Option<&'static AttributeType> {
    registry::row(attribute.code).filter(|row| context.form.layout.names(row.code))
}

/// Writes the text of an attribute after a blank; nothing for what is left out.
pub fn push_text(attribute: &Attribute<'_>, context: &ValueContext, out: &mut Vec<u8>) {
    match row(attribute, context) {
        Some(row) => (row.text)(attribute.value, context, out),
        None => unknown::text(&as_unknown(attribute), out),
    }
}

/// An attribute as a release shows it that does not know it: partial, if it is transitive.
fn as_unknown<'a>(attribute: &Attribute<'a>) -> Attribute<'a> {
    let known = registry::row(attribute.code).is_some();
    let flags = if known { unknown::accepted_flags(attribute.flags) } else { None };
    Attribute { flags: flags.unwrap_or(attribute.flags), ..*attribute }
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
    push_set_text_in(set, ValueContext::STORED.form, out);
}

/// The same in a layout.
pub fn push_set_text_in(set: &[u8], form: JsonForm, out: &mut Vec<u8>) {
    let context = ValueContext { form, ..ValueContext::STORED };
    for stored in set::iter(set) {
        if stored.verbatim {
            unknown::stored_text(&stored, out);
        } else {
            push_text(&stored.attribute, &context, out);
        }
    }
}

/// Writes an attribute after a blank in a way that is read back as it is: some texts are not (ExaBGP writes AS paths with the
/// brackets the other way round), and then its octets are written.
pub fn push_readable(attribute: &Attribute<'_>, out: &mut Vec<u8>) {
    let Some(row) = registry::row(attribute.code) else {
        return unknown::text(attribute, out);
    };
    let mut text = Vec::new();
    match registry::COMMANDS.iter().find(|(code, _)| *code == row.code) {
        Some((_, command)) => command(attribute.value, &mut text),
        None => (row.text)(attribute.value, &ValueContext::STORED, &mut text),
    }
    let text = String::from_utf8_lossy(&text);
    let mut exact = Vec::new();
    match attribute.code {
        16 => extended_communities::exact(attribute.value, &mut exact),
        25 => ipv6_extended_communities::exact(attribute.value, &mut exact),
        128 => attr_set::exact(attribute.value, &mut exact),
        _ => {}
    }
    let empty = row.keywords.first().map(|keyword| format!(" {keyword} [ ]"));
    let candidates = [
        text.clone(),
        String::from_utf8_lossy(&exact),
        Cow::Owned(turned(&text)),
        Cow::Owned(empty.unwrap_or_default()),
    ];
    match candidates.iter().find(|text| is_read_back(text, attribute)) {
        Some(text) => push(out, text),
        None => unknown::text(attribute, out),
    }
}

/// The text with the brackets of an AS path as they are read.
fn turned(text: &str) -> String {
    let turn = |word| match word {
        "(" => "[",
        ")" => "]",
        "[" => "(",
        "]" => ")",
        "{(" => "[ {",
        ")}" => "} ]",
        "{[" => "( {",
        "]}" => "} )",
        other => other,
    };
    text.split(' ').map(turn).collect::<Vec<_>>().join(" ")
}

fn is_read_back(text: &str, attribute: &Attribute<'_>) -> bool {
    let mut words = Vec::new();
    split_command(text, &mut words);
    let mut tokens = Tokens::new(text, &words, Span::default());
    let row = tokens.next().and_then(registry::keyword).filter(|row| row.code == attribute.code);
    let Some((row, parse)) = row.and_then(|row| Some((row, row.parse?))) else { return false };
    let mut value = Vec::new();
    if parse(&mut tokens, &mut value).is_err() || !tokens.is_done() || row.flags != attribute.flags
    {
        return false;
    }
    (row.normalise)(&mut value);
    value == attribute.value
}

/// Writes what `write` does after `, `, or nothing when it writes nothing.
#[inline]
pub(super) fn member(out: &mut Vec<u8>, first: &mut bool, write: impl FnOnce(&mut Vec<u8>)) {
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
    use proptest::prelude::*;

    /// The first attribute of a code in what follows `attributes`.
    fn read(text: &str, code: u8) -> Option<Vec<u8>> {
        let mut words = Vec::new();
        split_command(text, &mut words);
        let mut tokens = Tokens::new(text, &words, Span::default());
        let mut route = crate::route::RouteBuffer::default();
        crate::route::parse_attributes(crate::route::Verb::Announce, &mut tokens, &mut route)
            .ok()?;
        let mut stored = set::iter(route.attributes());
        stored.find(|stored| stored.attribute.code == code).map(|it| it.attribute.value.to_vec())
    }

    proptest! {
        #[test]
        fn whatever_an_attribute_has_is_read_back(value: Vec<u8>, mask: u8) {
            let value: Vec<u8> = value.iter().map(|octet| octet & mask).collect();
            for row in registry::TABLE {
                let attribute = Attribute { flags: row.flags, code: row.code, value: &value };
                let mut text = Vec::new();
                push_readable(&attribute, &mut text);
                let text = String::from_utf8(text).unwrap();
                let again = read(&text, row.code);
                // An optional attribute without a value is not sent unless it is written in octets.
                let is_left_out = value.is_empty() && again.is_none();
                prop_assert!(is_left_out || again.as_deref() == Some(&value[..]), "{}", text);
            }
        }
    }

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
