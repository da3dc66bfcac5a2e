//! The BGP-LS attribute (RFC 9552 section 5.3): TLVs about a node, a link or a prefix.
//!
//! What a TLV looks like is a row of a table ([`registry`]); check, JSON, text and the reading of text are written once,
//! over the table. TLVs without a row are kept, shown as octets and sent on.

pub mod json;
pub mod link;
pub mod node;
pub mod parse;
pub mod prefix;
pub mod registry;
pub mod schema;
pub mod sr_policy;
pub mod srv6;
pub mod text;

#[cfg(test)]
mod tests;

use self::json::Place;
use self::registry::ATTRIBUTE;
use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_as_is, subcode,
};
use crate::io::reader::Reader;
use crate::io::text::push;
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 29,
    name: "bgp-ls",
    keywords: &["bgp-ls"],
    flags: flags::OPTIONAL,
    may_be_empty: false,
    on_error: OnError::Discard,
    check,
    json: push_json,
    text: push_text,
    parse: Some(parse_text),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

/// The lengths have to be right, whatever the values are (RFC 9552 section 8.2.2).
fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    schema::check(&ATTRIBUTE, Reader::new(value), 0)
        .map_err(|error| ValueFault::new(subcode::OPTIONAL, format!("BGP-LS attribute: {error}")))
}

fn push_json(value: &[u8], context: &ValueContext, out: &mut Vec<u8>) {
    let start = out.len();
    let short = context.form.layout.shape().short_bgp_ls;
    let place = if short { Place::Attribute } else { Place::AttributeExtended };
    push(out, "\"bgp-ls\": { ");
    if json::push_tlvs(&ATTRIBUTE, value, place, 0, &mut true, out).is_none() {
        return out.truncate(start);
    }
    push(out, " }");
}

fn push_text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    let start = out.len();
    push(out, " bgp-ls [");
    if text::push_tlvs(&ATTRIBUTE, value, 0, out).is_none() {
        return out.truncate(start);
    }
    push(out, " ]");
}

fn parse_text(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    parse::tlvs(&ATTRIBUTE, tokens, 0, out)
}
