//! How MUP routes are written: `mup-isd PREFIX`, `mup-dsd ADDRESS`, `mup-t1st PREFIX` or `mup-t2st ADDRESS`, then the other
//! parts in any order, also among the attributes.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use super::layout::{LARGEST_QFI, RouteType, TEID_BITS};
use crate::attribute::decimal;
use crate::codes::{Afi, Family};
use crate::io::text::parse_hex;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::next_hop::NextHop;
use crate::nlri::fields::{self, Fields};
use crate::nlri::rd::RouteDistinguisher;
use crate::nlri::{Grammar, Word, inet};
use crate::prefix::octets_for;
use crate::route::RouteBuffer;

/// The tags of the fields.
const TEID: u8 = 1;
const QFI: u8 = 2;
const ENDPOINT: u8 = 3;
const SOURCE: u8 = 4;
const TLV: u8 = 5;

pub(super) const GRAMMAR: Grammar = Grammar {
    head,
    words: &[
        Word { word: "rd", read: distinguisher },
        Word { word: "route-distinguisher", read: distinguisher },
        Word { word: "teid", read: teid },
        Word { word: "qfi", read: qfi },
        Word { word: "endpoint", read: endpoint },
        Word { word: "source", read: source },
        Word { word: "tlv", read: tlv },
        Word { word: "next-hop", read: next_hop },
    ],
    settle: |family, _| family,
    build: Some(build),
    head_is_prefix: false,
};

/// The words that a type has beside `rd`, with their tags, and whether it needs them.
const fn parts(kind: RouteType) -> &'static [(u8, &'static str, bool)] {
    match kind {
        RouteType::Interwork | RouteType::Direct => &[],
        RouteType::Type1 => &[
            (TEID, "teid", true),
            (QFI, "qfi", true),
            (ENDPOINT, "endpoint", true),
            (SOURCE, "source", false),
            (TLV, "tlv", false),
        ],
        RouteType::Type2 => &[(TEID, "teid", true), (TLV, "tlv", false)],
    }
}

/// Reads the type of the route with its prefix or address. The head is the code of the type, then `length(1) prefix`.
fn head(
    family: Family,
    tokens: &mut Tokens<'_>,
    _: &mut RouteBuffer,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let word = tokens.expect("type of MUP route")?;
    let Some((kind, ..)) = RouteType::TABLE.iter().find(|(_, own, _)| *own == word) else {
        let words = || RouteType::TABLE.iter().map(|(_, word, _)| *word);
        let error = tokens.last_error(format!("'{word}' is no type of {family} route"));
        return Err(match did_you_mean(word, words()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(words().collect::<Vec<_>>().join(", ")),
        });
    };
    out.push(*kind as u8);
    if matches!(kind, RouteType::Interwork | RouteType::Type1) {
        return inet::parse(family, tokens, out);
    }
    let v4 = family.afi == Afi::IPV4;
    let right = if v4 { "an IPv4 address" } else { "an IPv6 address" };
    match tokens.parse("address", right)? {
        IpAddr::V4(address) if v4 => {
            out.push(32);
            out.extend(address.octets());
        }
        IpAddr::V6(address) if !v4 => {
            out.push(128);
            out.extend(address.octets());
        }
        other => {
            let error = tokens.last_error(format!("'{other}' is no address of a {family} route"));
            return Err(error.help(right));
        }
    }
    Ok(())
}

/// Keeps what a word said, unless it was said before.
fn keep(
    tag: u8,
    octets: &[u8],
    tokens: &Tokens<'_>,
    route: &mut RouteBuffer,
) -> Result<(), TextError> {
    if route.fields.has(tag) {
        let own = parts(RouteType::Type1).iter().find(|(own, ..)| *own == tag);
        let word = own.map_or("rd", |(_, word, _)| word);
        return Err(tokens.last_error(format!("'{word}' is there twice")));
    }
    route.fields.push(tag, octets);
    Ok(())
}

/// `rd RD`.
fn distinguisher(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let rd = RouteDistinguisher::read(tokens)?;
    keep(fields::RD, &rd.0, tokens, route)
}

/// `teid NUMBER` of type 1, `teid NUMBER/BITS` or `teid A.B.C.D/BITS` of type 2. Kept as the four octets whose first bits are
/// meant, and their number; 255 where it was not given.
///
/// ExaBGP writes a number of 1 to 32 bits into the last bits of as few octets as it needs. Dotted quads are the first bits of
/// a whole TEID, as the draft means it: the same but where the number of bits is not a multiple of 8.
fn teid(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("teid")?;
    let wrong = |help: &'static str| {
        Err(tokens.last_error(format!("'{word}' is not a valid teid")).help(help))
    };
    let (number, bits) = match word.split_once('/') {
        None => (word, None),
        Some((number, bits)) => match decimal::<u8>(bits).filter(|bits| *bits <= TEID_BITS) {
            Some(bits) => (number, Some(bits)),
            None => return wrong("after the slash comes a number of bits, 0 to 32"),
        },
    };
    let shift = |octets: usize| u32::try_from(32 - 8 * octets).unwrap_or(0);
    let octets = if let Some(number) = decimal::<u32>(number) {
        match bits {
            None => number,
            Some(bits) if u64::from(number) >> bits != 0 => {
                return wrong("the number has more bits than are after the slash");
            }
            Some(bits) => number.checked_shl(shift(octets_for(bits))).unwrap_or(0),
        }
    } else if let Ok(address) = number.parse::<Ipv4Addr>() {
        let number = address.to_bits();
        if number.checked_shl(bits.unwrap_or(TEID_BITS).into()).unwrap_or(0) != 0 {
            return wrong("bits are set after those that the number after the slash counts");
        }
        number
    } else {
        return wrong(
            "a number from 1 to 4294967295, and for a type 2 route a slash and its length in bits",
        );
    };
    if octets == 0 && bits != Some(0) {
        return wrong("a TEID is not 0 (draft-ietf-bess-mup-safi); 0/0 stands for none");
    }
    let [a, b, c, d] = octets.to_be_bytes();
    keep(TEID, &[a, b, c, d, bits.unwrap_or(u8::MAX)], tokens, route)
}

/// `qfi NUMBER`: the QoS flow identifier.
fn qfi(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("qfi")?;
    match decimal::<u8>(word).filter(|qfi| *qfi <= LARGEST_QFI) {
        Some(qfi) => keep(QFI, &[qfi], tokens, route),
        None => Err(tokens.last_error(format!("'{word}' is not a valid qfi")).help("0 to 63")),
    }
}

/// `endpoint ADDRESS`, of either address family.
fn endpoint(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let address = tokens.parse("endpoint", "an IPv4 or IPv6 address")?;
    let (octets, length) = measured(address);
    keep(ENDPOINT, octets.get(..length).unwrap_or_default(), tokens, route)
}

/// `source ADDRESS`, of either address family, or `source none` for a length of 0.
fn source(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    if tokens.accept("none") {
        return keep(SOURCE, &[0], tokens, route);
    }
    let address = tokens.parse("source", "an IPv4 or IPv6 address, or none")?;
    let (octets, length) = measured(address);
    keep(SOURCE, octets.get(..length).unwrap_or_default(), tokens, route)
}

/// `length in bits(1) address` and how many octets of it count.
fn measured(address: IpAddr) -> ([u8; 17], usize) {
    let mut octets = [0; 17];
    let mut put = |bits: u8, address: &[u8]| {
        for (to, from) in octets.iter_mut().zip(std::iter::once(&bits).chain(address)) {
            *to = *from;
        }
        1 + address.len()
    };
    let length = match address {
        IpAddr::V4(address) => put(32, &address.octets()),
        IpAddr::V6(address) => put(128, &address.octets()),
    };
    (octets, length)
}

/// `tlv TYPE 0xVALUE`, as often as needed.
fn tlv(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    let word = tokens.expect("TLV type")?;
    let Some(kind) = decimal::<u8>(word) else {
        return Err(tokens.last_error(format!("'{word}' is not a TLV type")).help("0 to 255"));
    };
    let word = tokens.expect("TLV value")?;
    let value = parse_hex(word).filter(|_| word.starts_with("0x"));
    let value = value.and_then(|value| Some((u8::try_from(value.len()).ok()?, value)));
    let Some((length, value)) = value else {
        return Err(tokens
            .last_error(format!("'{word}' is not a TLV value"))
            .help("0x and an even number of digits, at most 255 octets"));
    };
    route.fields.push(TLV, &[&[kind, length], &*value].concat());
    Ok(())
}

/// `next-hop ADDRESS` or `next-hop self`: of an IPv6 route it is an IPv6 address, and an IPv4 one becomes IPv4-mapped here,
/// since both go into MP_REACH_NLRI as they are.
fn next_hop(tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    crate::route::next_hop(tokens, route)?;
    if let (NextHop::V4(address), Afi::IPV6) = (route.next_hop, route.family().afi) {
        route.next_hop = NextHop::V6(address.to_ipv6_mapped());
    }
    Ok(())
}

/// Puts the parts behind each other.
fn build(
    _: Family,
    fields: &Fields,
    head: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let Some(([code], place)) = head.split_first_chunk() else {
        return Err("the type of the route is missing".into());
    };
    let kind = RouteType::of_code(*code).ok_or("the type of the route is unknown")?;
    check(kind, fields)?;
    let rd = fields.get(fields::RD).ok_or("'rd' is missing: every MUP route needs one")?;
    out.extend([1, 0, *code, 0]);
    let start = out.len();
    out.extend_from_slice(rd);
    let part = |tag| fields.get(tag).unwrap_or_default();
    let (teid, bits) = match part(TEID) {
        [teid @ .., bits] => (teid, *bits),
        [] => (&[][..], 0),
    };
    match kind {
        RouteType::Interwork => out.extend_from_slice(place),
        RouteType::Direct => out.extend(place.iter().skip(1)),
        RouteType::Type1 => {
            if bits != u8::MAX {
                return Err("the teid of a mup-t1st route has no length: it has 32 bits".into());
            }
            for octets in [place, teid, part(QFI), part(ENDPOINT), part(SOURCE)] {
                out.extend_from_slice(octets);
            }
            if fields.has(TLV) && !fields.has(SOURCE) {
                out.push(0);
            }
        }
        RouteType::Type2 => {
            if bits == u8::MAX {
                return Err(
                    "the teid of a mup-t2st route needs its length in bits: as 12345/32".into()
                );
            }
            if let [length, address @ ..] = place {
                out.push(length + bits);
                out.extend_from_slice(address);
            }
            out.extend(teid.iter().take(octets_for(bits)));
        }
    }
    fields.all(TLV).for_each(|tlv| out.extend_from_slice(tlv));
    let Ok(length) = u8::try_from(out.len() - start) else {
        return Err("the route is longer than 255 octets".into());
    };
    if let Some(octet) = out.get_mut(start - 1) {
        *octet = length;
    }
    Ok(())
}

/// Refuses words that the type has not, and misses those that it needs.
fn check(kind: RouteType, fields: &Fields) -> Result<(), Cow<'static, str>> {
    let own = parts(kind);
    let word = RouteType::TABLE.iter().find(|row| row.0 == kind).map_or("", |row| row.1);
    let foreign = parts(RouteType::Type1)
        .iter()
        .find(|(tag, ..)| fields.has(*tag) && !own.iter().any(|(has, ..)| has == tag));
    if let Some((_, foreign, _)) = foreign {
        return Err(format!("a {word} route has no '{foreign}'").into());
    }
    match own.iter().find(|(tag, _, needed)| *needed && !fields.has(*tag)) {
        Some((_, missing, _)) => {
            Err(format!("'{missing}' is missing: a {word} route needs it").into())
        }
        None => Ok(()),
    }
}
