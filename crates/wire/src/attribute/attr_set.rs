//! ATTR_SET (RFC 6368): the attributes that a route had in the network of a customer, carried through that of a provider:
//! `origin-as(4)` and path attributes. AS numbers in them have four octets, whatever the session.

use super::set::{self, SetBuilder};
use super::{
    Attribute, AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags,
    push_attribute, registry, render, send_as_is, subcode, unknown,
};
use crate::asn::Asn;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal};
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::nlri::JsonForm;

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: CODE,
    name: "attr-set",
    keywords: &["attr-set"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

const CODE: u8 = 128;

/// Takes an attribute with its header.
fn take<'a>(reader: &mut Reader<'a>) -> Result<Attribute<'a>, WireError> {
    let [flags, code] = reader.array("attribute header")?;
    let length = match flags & flags::EXTENDED_LENGTH {
        0 => reader.u8("attribute length")?.into(),
        _ => reader.u16("attribute length")?.into(),
    };
    let value = reader.take(length, "attribute")?;
    Ok(Attribute { flags: flags & !flags::EXTENDED_LENGTH, code, value })
}

/// The AS and the attributes, up to the first that is not whole.
fn split(value: &[u8]) -> Option<(u32, impl Iterator<Item = Attribute<'_>>)> {
    let (origin, rest) = value.split_first_chunk()?;
    let mut reader = Reader::new(rest);
    Some((u32::from_be_bytes(*origin), std::iter::from_fn(move || take(&mut reader).ok())))
}

/// How the inner attributes are read: as inside of the customer's AS.
fn inner(form: JsonForm) -> ValueContext {
    ValueContext { form, ..ValueContext::STORED }
}

/// The row of an inner attribute. A set in a set is kept as octets, so that nobody can have us go deeper and deeper.
fn inner_row(code: u8) -> Option<&'static AttributeType> {
    registry::row(code).filter(|row| row.code != CODE)
}

fn check(value: &[u8], context: &ValueContext) -> Result<(), ValueFault> {
    let fault = |reason: String| ValueFault::new(subcode::OPTIONAL, reason);
    let Some((_, rest)) = value.split_first_chunk::<4>() else {
        return Err(fault(format!("ATTR_SET of {} octets has no AS", value.len())));
    };
    let mut reader = Reader::new(rest);
    while !reader.is_empty() {
        let attribute = take(&mut reader).map_err(|error| fault(format!("ATTR_SET: {error}")))?;
        if let Some(row) = inner_row(attribute.code) {
            (row.check)(attribute.value, &inner(context.form))
                .map_err(|wrong| fault(format!("ATTR_SET: {}", wrong.reason)))?;
        }
    }
    Ok(())
}

fn json(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    let Some((origin, attributes)) = split(value) else { return };
    push(out, "\"attr-set\": { \"origin-as\": ");
    push_decimal(out, origin.into());
    push(out, ", \"attribute\": { ");
    let mut first = true;
    let mut seen = Vec::new();
    for attribute in attributes {
        // No member of an object comes twice; the first counts, as in an UPDATE.
        if seen.contains(&attribute.code) {
            continue;
        }
        seen.push(attribute.code);
        render::member(out, &mut first, |out| match inner_row(attribute.code) {
            Some(row) => (row.json)(attribute.value, &inner(context.form), out),
            None => unknown::json(&attribute, out),
        });
    }
    push(out, " } }");
}

fn text(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    push_text(value, out, |attribute, out| match inner_row(attribute.code) {
        Some(row) => (row.text)(attribute.value, &inner(context.form), out),
        None => unknown::text(attribute, out),
    });
}

/// As [`text`], in words that are read back as they are.
pub(super) fn exact(value: &[u8], out: &mut Vec<u8>) {
    push_text(value, out, |attribute, out| match inner_row(attribute.code) {
        Some(row) if row.flags == attribute.flags => render::push_readable(attribute, out),
        _ => unknown::text(attribute, out),
    });
}

fn push_text(value: &[u8], out: &mut Vec<u8>, each: impl Fn(&Attribute<'_>, &mut Vec<u8>)) {
    let Some((origin, attributes)) = split(value) else { return };
    push(out, " attr-set ( ");
    push_decimal(out, origin.into());
    attributes.for_each(|attribute| each(&attribute, out));
    push(out, " )");
}

/// Reads `( 65000 origin igp as-path [ 65001 ] … )`: the AS, then the keywords of attributes, `attribute [ … ]` among them.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.require("(")?;
    let word = tokens.expect("AS number")?;
    let Ok(Asn(origin)) = word.parse() else {
        return Err(tokens
            .last_error(format!("'{word}' is not a valid AS number"))
            .help("the AS that the attributes come from stands first"));
    };
    out.extend(origin.to_be_bytes());
    let mut builder = SetBuilder::default();
    loop {
        match tokens.expect("')'")? {
            ")" => break,
            "attribute" => unknown::parse(tokens, &mut builder)?,
            word => {
                let row = registry::keyword(word).filter(|row| row.code != CODE);
                let Some((row, read)) = row.and_then(|row| Some((row, row.parse?))) else {
                    let words = registry::TABLE.iter().flat_map(|row| row.keywords).copied();
                    let error =
                        tokens.last_error(format!("'{word}' is no attribute of an attr-set"));
                    return Err(match did_you_mean(word, words) {
                        Some(near) if near != word => error.help(format!("did you mean '{near}'?")),
                        _ => error.help("keywords of attributes, then ')'"),
                    });
                };
                let span = tokens.last_span();
                builder.add(row, |out| read(tokens, out)).map_err(|error: TextError| {
                    if error.span == Default::default() {
                        TextError { span, ..error }
                    } else {
                        error
                    }
                })?;
            }
        }
    }
    let mut set = Vec::new();
    builder.write(&mut set);
    for stored in set::iter(&set) {
        match stored.length {
            Some(_) => stored.push(out),
            None => {
                let Attribute { flags, code, value } = stored.attribute;
                push_attribute(out, flags, code, value);
            }
        }
    }
    Ok(())
}
