//! Route targets (RFC 4360 section 4, RFC 5668): which VPNs a route is for.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual, parse_administrator,
    push_administrator,
};
use crate::io::text::push;

const SUBTYPE: u8 = 2;

/// The row of the registry. `target4` is ExaBGP's way to ask for a first part of 32 bits.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TWO_OCTET_AS, SUBTYPE), (IPV4_ADDRESS, SUBTYPE), (FOUR_OCTET_AS, SUBTYPE)],
    keywords: &["target", "target4"],
    text,
    usual: Usual::Unsaid,
    members: None,
    parse: Some(|keyword, value| parse(SUBTYPE, keyword.ends_with('4'), value)),
};

/// Reads the value; `long` asks for a first part of 32 bits.
pub(super) fn parse(
    subtype: u8,
    long: bool,
    value: &str,
) -> Result<[u8; 8], std::borrow::Cow<'static, str>> {
    match value.split_once(':') {
        Some((first, second)) if long && !first.contains('.') && !first.ends_with('L') => {
            parse_administrator(subtype, &format!("{first}L:{second}"))
        }
        _ => parse_administrator(subtype, value),
    }
}

fn text(community: [u8; 8], out: &mut Vec<u8>) {
    push(out, "target:");
    push_administrator(community, out);
}

#[cfg(test)]
mod tests {
    use crate::community::extended::{parse_word, push_text};

    #[test]
    fn the_type_follows_the_first_part() {
        for (word, bytes, text) in [
            ("target:65534:100", [0, 2, 0xff, 0xfe, 0, 0, 0, 100], "target:65534:100"),
            ("65534:100", [0, 2, 0xff, 0xfe, 0, 0, 0, 100], "target:65534:100"),
            ("72:0.0.0.1", [0, 2, 0, 72, 0, 0, 0, 1], "target:72:1"),
            ("target:1.2.3.4:100", [1, 2, 1, 2, 3, 4, 0, 100], "target:1.2.3.4:100"),
            ("target:65536:2", [2, 2, 0, 1, 0, 0, 0, 2], "target:65536:2"),
            ("target:70L:2", [2, 2, 0, 0, 0, 70, 0, 2], "target:70:2"),
            ("target4:70:2", [2, 2, 0, 0, 0, 70, 0, 2], "target:70:2"),
            ("0x10:0x20", [0, 2, 0, 16, 0, 0, 0, 32], "target:16:32"),
        ] {
            assert_eq!(parse_word(word), Ok(bytes), "{word}");
            let mut out = Vec::new();
            push_text(bytes, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let error = parse_word("target:65536:65536").unwrap_err().to_string();
        assert!(error.contains("0 to 65535, not 65536"), "{error}");
        assert!(parse_word("target:1:4294967296").is_err());
    }

    #[test]
    fn what_is_not_transitive_reads_the_same() {
        let mut out = Vec::new();
        push_text([0x40, 2, 0xff, 0xfe, 0, 0, 0, 100], &mut out);
        assert_eq!(out, b"target:65534:100");
    }
}
