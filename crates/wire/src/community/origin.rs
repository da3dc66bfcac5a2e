//! Route origin, or site of origin (RFC 4360 section 5, RFC 5668): where a route was learnt.

use std::net::Ipv4Addr;

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual, push_administrator,
};
use super::target::parse;
use crate::io::text::{push, push_decimal, push_ipv4};

const SUBTYPE: u8 = 3;

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (IPV4_ADDRESS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["origin", "origin4"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|keyword, value| parse(SUBTYPE, keyword.ends_with('4'), value)),
};

/// The number after a two-octet AS number is shown as an address: that is what ExaBGP does.
fn text(community: [u8; 8], out: &mut Vec<u8>) {
    push(out, "origin:");
    let [kind, _, a, b, c, d, e, f] = community;
    if kind & 0x3f == TWO_OCTET_AS {
        push_decimal(out, u16::from_be_bytes([a, b]).into());
        out.push(b':');
        push_ipv4(out, Ipv4Addr::new(c, d, e, f));
    } else {
        push_administrator(community, out);
    }
}

#[cfg(test)]
mod tests {
    use crate::community::extended::{parse_word, push_text};

    #[test]
    fn three_forms() {
        for (word, bytes, text) in [
            ("origin:65534:100", [0, 3, 0xff, 0xfe, 0, 0, 0, 100], "origin:65534:0.0.0.100"),
            ("origin:1.2.3.4:10", [1, 3, 1, 2, 3, 4, 0, 10], "origin:1.2.3.4:10"),
            ("origin:65536:7", [2, 3, 0, 1, 0, 0, 0, 7], "origin:65536:7"),
            ("origin4:5:7", [2, 3, 0, 0, 0, 5, 0, 7], "origin:5:7"),
        ] {
            assert_eq!(parse_word(word), Ok(bytes), "{word}");
            let mut out = Vec::new();
            push_text(bytes, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
