//! Route distinguishers (RFC 4364 section 4.2): `type(2) value(6)`, what makes equal prefixes of several VPNs different.
//!
//! | type | value | text |
//! |---|---|---|
//! | 0 | `AS(2) number(4)` | `65000:1` |
//! | 1 | `IPv4(4) number(2)` | `192.0.2.1:1` |
//! | 2 | `AS(4) number(2)` | `65536:1`, and `65000L:1` where the AS number would fit in two octets |
//! | others | | `0x` and the 16 digits of all eight octets |

use std::borrow::Cow;
use std::net::Ipv4Addr;

use crate::asn::Asn;
use crate::attribute::decimal;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{parse_hex, push, push_decimal, push_hex_upper, push_ipv4};
use crate::io::tokens::{TextError, Tokens};

/// The type whose value starts with a two-octet AS number.
const TWO_OCTET_AS: u16 = 0;
/// The type whose value starts with an IPv4 address.
const IPV4_ADDRESS: u16 = 1;
/// The type whose value starts with a four-octet AS number.
const FOUR_OCTET_AS: u16 = 2;

/// What is right, for errors.
const FORMS: &str =
    "ASN:NUMBER, IPV4:NUMBER, ASNL:NUMBER for four octets of a small ASN, or 0x and 16 digits";

/// A route distinguisher, in its octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteDistinguisher(pub [u8; 8]);

impl RouteDistinguisher {
    /// Its length in octets.
    pub const LENGTH: usize = 8;

    /// Takes one; any octets are one.
    pub fn take(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        reader.array("route distinguisher").map(Self)
    }

    /// The one at the start of `bytes`.
    pub fn first_of(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().copied().map(Self)
    }

    /// The type: 0, 1, 2 or one without a text of its own.
    pub const fn kind(self) -> u16 {
        let [high, low, ..] = self.0;
        u16::from_be_bytes([high, low])
    }

    /// Writes it as JSON and text events show it: the two types with an AS number look the same when that is small.
    pub fn push_text(self, out: &mut Vec<u8>) {
        self.write("", out);
    }

    /// Writes it so that [`Self::parse`] reads the same octets.
    pub fn push_command(self, out: &mut Vec<u8>) {
        self.write("L", out);
    }

    /// Writes the text as a JSON string.
    pub fn push_json(self, out: &mut Vec<u8>) {
        out.push(b'"');
        self.push_text(out);
        out.push(b'"');
    }

    fn write(self, long: &str, out: &mut Vec<u8>) {
        let [_, _, a, b, c, d, e, f] = self.0;
        let wide = u32::from_be_bytes([a, b, c, d]);
        match self.kind() {
            TWO_OCTET_AS => {
                push_decimal(out, u16::from_be_bytes([a, b]).into());
                out.push(b':');
                return push_decimal(out, u32::from_be_bytes([c, d, e, f]).into());
            }
            IPV4_ADDRESS => push_ipv4(out, Ipv4Addr::from_bits(wide)),
            FOUR_OCTET_AS => {
                push_decimal(out, wide.into());
                push(out, if Asn(wide).is_two_octets() { long } else { "" });
            }
            _ => {
                push(out, "0x");
                return push_hex_upper(out, &self.0);
            }
        }
        out.push(b':');
        push_decimal(out, u16::from_be_bytes([e, f]).into());
    }

    /// Reads the text; the error says what is right.
    pub fn parse(text: &str) -> Result<Self, Cow<'static, str>> {
        if text.starts_with("0x") {
            let octets = parse_hex(text).and_then(|octets| octets.try_into().ok());
            return octets.map(Self).ok_or_else(|| "after 0x come 16 hexadecimal digits".into());
        }
        let (first, second) = text.rsplit_once(':').ok_or(FORMS)?;
        let number = decimal::<u32>(second).ok_or_else(|| match second.bytes().all(|byte| byte.is_ascii_digit()) {
            true if !second.is_empty() => Cow::from("the number is 0 to 4294967295, or 0 to 65535 after an address or an ASN of four octets"),
            _ => FORMS.into(),
        })?;
        if let Ok(address) = first.parse::<Ipv4Addr>() {
            return Self::wide(IPV4_ADDRESS, address.to_bits(), number, "an IPv4 address");
        }
        let short = first.strip_suffix('L');
        let Asn(asn) = short.unwrap_or(first).parse().map_err(|error: crate::asn::NotAnAsn| {
            match first.contains(|character: char| !character.is_ascii_digit()) {
                true => Cow::from(FORMS),
                false => error.to_string().into(),
            }
        })?;
        match u16::try_from(asn) {
            Ok(asn) if short.is_none() => {
                let ([a, b], [c, d, e, f]) = (asn.to_be_bytes(), number.to_be_bytes());
                Ok(Self([0, 0, a, b, c, d, e, f]))
            }
            _ => Self::wide(FOUR_OCTET_AS, asn, number, "an ASN of four octets"),
        }
    }

    fn wide(kind: u16, first: u32, number: u32, what: &str) -> Result<Self, Cow<'static, str>> {
        let number = u16::try_from(number)
            .map_err(|_| format!("the number after {what} is 0 to 65535, not {number}"))?;
        let ([x, y], [a, b, c, d], [e, f]) =
            (kind.to_be_bytes(), first.to_be_bytes(), number.to_be_bytes());
        Ok(Self([x, y, a, b, c, d, e, f]))
    }

    /// Takes the next word as one.
    pub fn read(tokens: &mut Tokens<'_>) -> Result<Self, TextError> {
        let word = tokens.expect("route distinguisher")?;
        Self::parse(word).map_err(|help| {
            tokens.last_error(format!("'{word}' is not a valid route distinguisher")).help(help)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_type_follows_the_first_part() {
        for (word, octets, shown) in [
            ("65534:100", [0, 0, 0xff, 0xfe, 0, 0, 0, 100], "65534:100"),
            ("0:4294967295", [0, 0, 0, 0, 255, 255, 255, 255], "0:4294967295"),
            ("10.0.0.1:65535", [0, 1, 10, 0, 0, 1, 255, 255], "10.0.0.1:65535"),
            ("65536:1", [0, 2, 0, 1, 0, 0, 0, 1], "65536:1"),
            ("1.0:1", [0, 2, 0, 1, 0, 0, 0, 1], "65536:1"),
            ("65000L:5", [0, 2, 0, 0, 0xfd, 0xe8, 0, 5], "65000:5"),
            ("0x0003000102030405", [0, 3, 0, 1, 2, 3, 4, 5], "0x0003000102030405"),
        ] {
            let rd = RouteDistinguisher(octets);
            assert_eq!(RouteDistinguisher::parse(word), Ok(rd), "{word}");
            assert_eq!(text(|out| rd.push_text(out)), shown);
        }
    }

    #[test]
    fn errors_say_what_is_right() {
        for (word, part) in [
            ("10.0.0.1:65536", "an IPv4 address is 0 to 65535, not 65536"),
            ("65536:65536", "four octets is 0 to 65535, not 65536"),
            ("1L:65536", "0 to 65535, not 65536"),
            ("1:4294967296", "0 to 4294967295"),
            ("4294967296:1", "0 to 4294967295"),
            ("65000", "ASN:NUMBER"),
            ("a:1", "ASN:NUMBER"),
            (":", "ASN:NUMBER"),
            ("1:", "ASN:NUMBER"),
            ("1:-1", "ASN:NUMBER"),
            ("1:+1", "ASN:NUMBER"),
            ("::1:1", "ASN:NUMBER"),
            ("0x00", "16 hexadecimal digits"),
            ("0x0x03000102030405", "16 hexadecimal digits"),
        ] {
            let error = RouteDistinguisher::parse(word).unwrap_err();
            assert!(error.contains(part), "{word}: {error}");
        }
    }

    proptest! {
        #[test]
        fn octets_survive_the_text_of_commands(octets: [u8; 8], kind in 0..4u8) {
            let [_, _, value @ ..] = octets;
            let [a, b, c, d, e, f] = value;
            for rd in [octets, [0, kind, a, b, c, d, e, f], [0, kind, 0, 0, c, d, e, f]].map(RouteDistinguisher) {
                let command = text(|out| rd.push_command(out));
                prop_assert_eq!(RouteDistinguisher::parse(&command), Ok(rd), "{}", command);
            }
        }

        #[test]
        fn any_word_is_read_or_refused(word in "[0-9a-fxL.:+-]{0,20}") {
            if let Ok(rd) = RouteDistinguisher::parse(&word) {
                let command = text(|out| rd.push_command(out));
                prop_assert_eq!(RouteDistinguisher::parse(&command), Ok(rd));
            }
        }
    }
}
