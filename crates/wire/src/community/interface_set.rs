//! Interface set of a flow specification (draft-ietf-idr-flowspec-interfaceset):
//! `AS(4) direction(2 bits) group(14 bits)`.

use std::borrow::Cow;

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE, Usual, push_hex};
use crate::asn::Asn;
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};

const TYPE: u8 = 0x07;
const SUBTYPE: u8 = 0x02;
/// The directions, by their bits.
const DIRECTIONS: [&str; 4] = ["0", "input", "output", "input-output"];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, SUBTYPE)],
    keywords: &["interface-set"],
    text,
    usual: Usual::Unsaid,
    members: Some(members),
    parse: Some(|_, value| parse(value)),
};

/// Reads `input:65001:10`, with `transitive:` or `non-transitive:` before it or not: the flow action `interface-set`, and
/// `interface-set:` as a community. It is transitive when nothing is said.
pub fn parse(value: &str) -> Result<[u8; 8], Cow<'static, str>> {
    let help =
        "[transitive:|non-transitive:]input|output|input-output:AS:GROUP, a group of 0 to 16383";
    let (bit, value) = match value.strip_prefix("non-transitive:") {
        Some(value) => (NON_TRANSITIVE, value),
        None => (0, value.strip_prefix("transitive:").unwrap_or(value)),
    };
    let mut fields = value.split(':');
    let mut field = || fields.next().ok_or(help);
    let (direction, number, group) = (field()?, field()?, field()?);
    let direction = (0..4u16)
        .zip(DIRECTIONS)
        .find_map(|(bits, name)| (name == direction).then_some(bits))
        .ok_or(help)?;
    let number: Asn = number.parse().map_err(|error| format!("'{number}': {error}"))?;
    let group = decimal::<u16>(group).filter(|group| *group <= 0x3fff && fields.next().is_none());
    let group = group.ok_or(help)? | direction << 14;
    let ([a, b, c, d], [e, f]) = (number.0.to_be_bytes(), group.to_be_bytes());
    Ok([TYPE | bit, SUBTYPE, a, b, c, d, e, f])
}

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    let [_, _, a, b, c, d, e, f] = community;
    let group = u16::from_be_bytes([e, f]);
    let Some(direction) = DIRECTIONS.get(usize::from(group >> 14)) else {
        return push_hex(community, out);
    };
    push(out, "interface-set:");
    push(out, direction);
    out.push(b':');
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
    out.push(b':');
    push_decimal(out, (group & 0x3fff).into());
}

fn members([kind, ..]: [u8; 8], out: &mut Vec<u8>) {
    push(out, ", \"transitive\": ");
    push(out, if kind & NON_TRANSITIVE == 0 { "true" } else { "false" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_whether_it_is_transitive() {
        let mut out = Vec::new();
        members([0x47, 2, 0, 0, 0, 0, 0, 0], &mut out);
        members([0x07, 2, 0, 0, 0, 0, 0, 0], &mut out);
        assert_eq!(out, br#", "transitive": false, "transitive": true"#);
    }
}
