//! How NLRI of BGP-LS are written: `node protocol isis-l2 identifier 0 local-node [ autonomous-system 65001 router-id
//! 0000.0000.0001 ]`. The descriptors may come in any order: they are sent in the one that they must have.

use std::io::Write as _;

use super::layout::{PROTOCOLS, Parts, TYPES, push_sorted, schema_of};
use crate::attribute::bgp_ls::{parse, text};
use crate::attribute::decimal;
use crate::codes::{Family, Safi};
use crate::io::text::push;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::nlri::rd::RouteDistinguisher;
use crate::nlri::{Grammar, Nlri};

pub(super) const GRAMMAR: Grammar =
    Grammar::head(|family, tokens, _, out| read(family, tokens, out));

/// Writes the words after the family.
pub(super) fn push_words(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    let parts = Parts::read(nlri.family, nlri.bytes).ok().flatten();
    if parts.and_then(|parts| push_parts(&parts, out)).is_none() {
        out.truncate(start);
        crate::nlri::opaque::push_text(nlri, out);
    }
}

fn push_parts(parts: &Parts<'_>, out: &mut Vec<u8>) -> Option<()> {
    push(out, parts.kind.word);
    if let Some(rd) = parts.rd {
        push(out, " rd ");
        rd.push_command(out);
    }
    push(out, " protocol ");
    match PROTOCOLS.iter().find(|(code, _)| *code == parts.protocol) {
        Some((_, name)) => push(out, name),
        None => crate::io::text::push_octet(out, parts.protocol),
    }
    let _ = write!(out, " identifier {}", parts.identifier);
    text::push_tlvs(parts.schema(), parts.descriptors.remaining(), 0, out)
}

fn read(family: Family, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("type of BGP-LS NLRI")?;
    let span = tokens.last_span();
    let Some(kind) = TYPES.iter().find(|kind| kind.word == word) else {
        let words = || TYPES.iter().map(|kind| kind.word);
        let error = tokens.last_error(format!("'{word}' is no type of BGP-LS NLRI"));
        return Err(match did_you_mean(word, words()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(words().collect::<Vec<_>>().join(", ")),
        });
    };
    let schema = schema_of(kind.code);
    let (mut rd, mut protocol, mut identifier, mut descriptors) = (None, None, 0, Vec::new());
    while let Some(word) = tokens.peek() {
        match word {
            "rd" | "route-distinguisher" => {
                tokens.next();
                rd = Some(RouteDistinguisher::read(tokens)?);
            }
            "protocol" => {
                tokens.next();
                protocol = Some(read_protocol(tokens)?);
            }
            "identifier" => {
                tokens.next();
                let word = tokens.expect("identifier")?;
                identifier = decimal::<u64>(word).ok_or_else(|| {
                    tokens
                        .last_error(format!("'{word}' is not a valid identifier"))
                        .help("a number of 64 bits")
                })?;
            }
            word if parse::is_tlv(schema, word) => {
                parse::tlv(schema, tokens, 0, &mut descriptors)?;
            }
            _ => break,
        }
    }
    let missing =
        |what: &'static str| TextError::new(span, format!("the {} has no {what}", kind.word));
    let start = out.len();
    out.extend(kind.code.to_be_bytes());
    out.extend([0, 0]);
    match (family.safi, rd) {
        (Safi::BGP_LS_VPN, Some(rd)) => out.extend(rd.0),
        (Safi::BGP_LS_VPN, None) => return Err(missing("rd")),
        (_, Some(_)) => {
            return Err(TextError::new(span, "an rd is of the family bgp-ls bgp-ls-vpn"));
        }
        (_, None) => {}
    }
    let names = || PROTOCOLS.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    out.push(protocol.ok_or_else(|| missing("protocol").help(names()))?);
    out.extend(identifier.to_be_bytes());
    push_sorted(&descriptors, out);
    let Ok(length) = u16::try_from(out.len() - start - 4) else {
        return Err(TextError::new(span, "an NLRI can not be longer than 65535 octets"));
    };
    if let Some(field) = out.get_mut(start + 2..start + 4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

/// Reads the name of a protocol, or its number.
fn read_protocol(tokens: &mut Tokens<'_>) -> Result<u8, TextError> {
    let word = tokens.expect("protocol")?;
    let named = PROTOCOLS.iter().find(|(_, name)| *name == word).map(|(code, _)| *code);
    named.or_else(|| decimal(word)).ok_or_else(|| {
        let names: Vec<&str> = PROTOCOLS.iter().map(|(_, name)| *name).collect();
        tokens
            .last_error(format!("'{word}' is not a valid protocol"))
            .help(format!("{}, or a number up to 255", names.join(", ")))
    })
}
