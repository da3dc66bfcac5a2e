//! VPLS, in two forms that their lengths tell apart, since they share the family:
//!
//! - a block of labels (RFC 4761 section 3.2.2): `length(2) route-distinguisher(8) VE-id(2) block-offset(2) block-size(2)
//!   label-base(3)`, of which what is behind the label base is ignored;
//! - auto-discovery (RFC 6074 section 3.2.2.1): `length(2) route-distinguisher(8) PE-address(4)`.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::fields::{Fields, RD};
use super::label::{LARGEST, Label};
use super::rd::RouteDistinguisher;
use super::{Grammar, Identity, NextHopForm, Nlri, NlriContext, NlriType, Word, push_raw_json};
use crate::attribute::decimal;
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_decimal, push_hex_upper, push_ipv4};
use crate::io::tokens::{TextError, Tokens};
use crate::route::RouteBuffer;

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "VPLS",
    families: &[Family::new(Afi::L2VPN, Safi::VPLS)],
    packed: |_| false,
    next_hop: |_| NextHopForm { lengths: &[4, 16], distinguisher: 0, attribute: false },
    withdraws_with_attributes: true,
    withdrawn: None,
    take,
    check: Some(|_, bytes| read(bytes).map(drop)),
    take_right: None,
    canonical: |_, _, _| false,
    identity: |_, bytes| Identity::whole(bytes),
    json,
    text,
    parts: None,
    command,
    grammar: Grammar::words(WORDS, build),
};

/// The value of the length field of auto-discovery.
const DISCOVERY_LENGTH: u16 = 12;
/// The value of the length field of a block of labels.
const BLOCK_LENGTH: u16 = 17;

/// What an NLRI says.
struct Vpls {
    rd: RouteDistinguisher,
    form: Form,
}

enum Form {
    Block { endpoint: u16, offset: u16, size: u16, base: Label },
    Discovery { pe: Ipv4Addr },
}

fn read(bytes: &[u8]) -> Result<Vpls, WireError> {
    let mut reader = Reader::new(bytes);
    let length = reader.u16("VPLS NLRI length")?;
    let rd = |reader: &mut Reader<'_>| RouteDistinguisher::take(reader);
    match length {
        DISCOVERY_LENGTH => Ok(Vpls {
            rd: rd(&mut reader)?,
            form: Form::Discovery { pe: reader.ipv4("PE address")? },
        }),
        BLOCK_LENGTH.. => Ok(Vpls {
            rd: rd(&mut reader)?,
            form: Form::Block {
                endpoint: reader.u16("VE ID")?,
                offset: reader.u16("VE block offset")?,
                size: reader.u16("VE block size")?,
                base: Label::take(&mut reader)?,
            },
        }),
        other => Err(Reader::new(bytes).error("VPLS NLRI length", Fault::Invalid(other.into()))),
    }
}

fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    let length = usize::from(ahead.u16("VPLS NLRI length")?);
    ahead.take(length, "VPLS NLRI")?;
    reader.take(2 + length, "VPLS NLRI")
}

/// `{ "rd": "65000:1", "endpoint": 5, "base": 639, "offset": 1, "size": 8 }`, or `{ "rd": "65000:1", "pe": "10.0.0.1" }`.
fn json(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let Ok(Vpls { rd, form }) = read(nlri.bytes) else { return push_raw_json(nlri, out) };
    let old = context.form.layout.shape().old_words;
    push(out, if old { "{ \"route-distinguisher\": " } else { "{ \"rd\": " });
    rd.push_json(out);
    match form {
        Form::Block { endpoint, offset, size, base } => {
            let members = [
                (", \"endpoint\": ", endpoint.into()),
                (", \"base\": ", base.label().into()),
                (", \"offset\": ", offset.into()),
                (", \"size\": ", size.into()),
            ];
            let quote = if old { "\"" } else { "" };
            for (name, number) in members {
                push(out, name);
                push(out, quote);
                push_decimal(out, number);
                push(out, quote);
            }
        }
        Form::Discovery { pe } => {
            push(out, ", \"pe\": \"");
            push_ipv4(out, pe);
            out.push(b'"');
        }
    }
    if let Some(path_id) = nlri.path_id {
        push(out, ", \"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
        out.push(b'"');
    }
    push(out, " }");
}

fn text(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let old = context.form.layout.shape().old_words;
    let name = if old { "route-distinguisher " } else { "rd " };
    words(nlri.bytes, name, RouteDistinguisher::push_text, |_, _| (), out);
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
}

/// Like text, and what text does not tell of the label base.
fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let bits = |base: Label, out: &mut Vec<u8>| {
        if base != Label::new(base.label(), true) {
            push(out, " (");
            push_decimal(out, base.0.into());
            out.push(b')');
        }
    };
    words(nlri.bytes, "rd ", RouteDistinguisher::push_command, bits, out);
}

fn words(
    bytes: &[u8],
    distinguisher: &str,
    push_rd: fn(RouteDistinguisher, &mut Vec<u8>),
    push_bits: impl Fn(Label, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    push(out, "vpls ");
    let Ok(Vpls { rd, form }) = read(bytes) else {
        push(out, "0x");
        return push_hex_upper(out, bytes);
    };
    push(out, distinguisher);
    push_rd(rd, out);
    match form {
        Form::Block { endpoint, offset, size, base } => {
            push_numbers([(" endpoint ", endpoint.into()), (" base ", base.label())], out);
            push_bits(base, out);
            push_numbers([(" offset ", offset.into()), (" size ", size.into())], out);
        }
        Form::Discovery { pe } => {
            push(out, " pe ");
            push_ipv4(out, pe);
        }
    }
}

fn push_numbers(named: impl IntoIterator<Item = (&'static str, u32)>, out: &mut Vec<u8>) {
    for (name, number) in named {
        push(out, name);
        push_decimal(out, number.into());
    }
}

const ENDPOINT: u8 = 1;
const BASE: u8 = 2;
const OFFSET: u8 = 3;
const SIZE: u8 = 4;
const PE: u8 = 5;

/// The words; of several for one field the last counts.
const WORDS: &[Word] = &[
    Word { word: "rd", read: read_rd },
    Word { word: "route-distinguisher", read: read_rd },
    Word { word: "endpoint", read: |tokens, route| number(ENDPOINT, "endpoint", tokens, route) },
    Word { word: "base", read: read_base },
    Word { word: "offset", read: |tokens, route| number(OFFSET, "block-offset", tokens, route) },
    Word { word: "size", read: |tokens, route| number(SIZE, "block-size", tokens, route) },
    Word { word: "pe", read: read_pe },
];

fn set(tag: u8, octets: &[u8], route: &mut RouteBuffer) {
    route.fields.remove(tag);
    route.fields.push(tag, octets);
}

fn read_rd(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let RouteDistinguisher(octets) = RouteDistinguisher::read(tokens)?;
    set(RD, &octets, route);
    Ok(())
}

fn number(
    tag: u8,
    what: &'static str,
    tokens: &mut Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    let word = tokens.expect(what)?;
    let Some(number) = decimal::<u16>(word) else {
        return Err(invalid(what, word, tokens).help("0 to 65535"));
    };
    set(tag, &number.to_be_bytes(), route);
    Ok(())
}

/// Reads a label; all 24 bits may stand in parentheses after it where they are not those that are sent for it.
fn read_base(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("base")?;
    let Some(label) = decimal::<u32>(word).filter(|label| *label <= LARGEST) else {
        return Err(invalid("label", word, tokens).help("0 to 1048575 (20 bits)"));
    };
    let mut base = Label::new(label, true);
    if tokens.accept("(") {
        let word = tokens.expect("label base with all its bits")?;
        let bits = decimal::<u32>(word).filter(|bits| bits >> 4 == label);
        base = Label(bits.ok_or_else(|| {
            invalid("label", word, tokens).help("16 times the base, and the lower four bits")
        })?);
        tokens.require(")")?;
    }
    set(BASE, &base.octets(), route);
    Ok(())
}

fn read_pe(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let pe: Ipv4Addr = tokens.parse("pe", "the IPv4 address of a provider edge")?;
    set(PE, &pe.octets(), route);
    Ok(())
}

/// An error in the words of ExaBGP, and the value.
fn invalid(what: &str, word: &str, tokens: &Tokens<'_>) -> TextError {
    tokens.last_error(format!("invalid l2vpn vpls {what} '{word}'"))
}

fn build(_: Family, fields: &Fields, _: &[u8], out: &mut Vec<u8>) -> Result<(), Cow<'static, str>> {
    let get = |tag, missing: &'static str| fields.get(tag).ok_or(missing);
    let rd = get(RD, "vpls nlri route-distinguisher missing")?;
    if let Some(pe) = fields.get(PE) {
        if [ENDPOINT, BASE, OFFSET, SIZE].iter().any(|tag| fields.has(*tag)) {
            return Err("vpls nlri with pe has neither endpoint nor base, offset, size".into());
        }
        out.extend_from_slice(&DISCOVERY_LENGTH.to_be_bytes());
        out.extend_from_slice(rd);
        out.extend_from_slice(pe);
        return Ok(());
    }
    let endpoint = get(ENDPOINT, "vpls nlri endpoint missing")?;
    let base = get(BASE, "vpls nlri base missing")?;
    let offset = get(OFFSET, "vpls nlri offset missing")?;
    let size = get(SIZE, "vpls nlri size missing")?;
    let first = base.first_chunk().copied().map_or(0, |octets| Label::from(octets).label());
    let count = size.first_chunk().copied().map_or(0, u16::from_be_bytes);
    if first + u32::from(count) > LARGEST {
        return Err(format!(
            "vpls nlri size inconsistency: {count} labels from {first} on go beyond {LARGEST}"
        )
        .into());
    }
    out.extend_from_slice(&BLOCK_LENGTH.to_be_bytes());
    for field in [rd, endpoint, offset, size, base] {
        out.extend_from_slice(field);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::tokens::{Span, split_command};
    use crate::nlri::NlriIter;
    use crate::route::{Verb, parse_statement, push_command};
    use proptest::prelude::*;

    const FAMILY: Family = Family::new(Afi::L2VPN, Safi::VPLS);

    fn bytes_of(line: &str) -> Result<Vec<u8>, TextError> {
        let (mut words, mut route) = (Vec::new(), RouteBuffer::default());
        split_command(line, &mut words);
        let mut tokens = Tokens::new(line, &words, Span::default());
        parse_statement(Verb::Withdraw, &mut tokens, &mut route)?;
        let nlri = route.nlri().next().expect("an NLRI");
        Ok(nlri.bytes.to_vec())
    }

    #[test]
    fn several_stand_in_one_attribute() {
        let mut field = bytes_of("vpls rd 65534:100 endpoint 5 base 639 offset 1 size 8").unwrap();
        let block = field.clone();
        let discovery = bytes_of("vpls rd 65534:100 pe 1.2.3.4").unwrap();
        field.extend(&discovery);
        field.extend(&block);
        let found: Vec<_> = NlriIter::new(FAMILY, false, Reader::new(&field))
            .map(|nlri| nlri.unwrap().bytes.to_vec())
            .collect();
        assert_eq!(found, [block.clone(), discovery, block]);
    }

    proptest! {
        #[test]
        fn octets_survive_commands(rd: [u8; 8], numbers: [u16; 3], base in 0..1_u32 << 24, pe: [u8; 4], extra in prop::collection::vec(any::<u8>(), 0..3)) {
            let mut block = (17 + u16::try_from(extra.len()).unwrap()).to_be_bytes().to_vec();
            block.extend(rd);
            block.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
            block.extend(Label(base).octets());
            block.extend(extra);
            let discovery = [&[0, 12][..], &rd, &pe].concat();
            for bytes in [block, discovery] {
                let mut command = Vec::new();
                push_command(Nlri { family: FAMILY, path_id: None, bytes: &bytes }, &mut command);
                let command = String::from_utf8(command).unwrap();
                prop_assert_eq!(bytes_of(&command).unwrap(), bytes, "{}", command);
            }
        }
    }
}
