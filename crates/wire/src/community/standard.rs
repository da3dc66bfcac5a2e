//! Standard communities (RFC 1997): two halves of 16 bits, or one of the names of IANA "BGP Well-known Communities".

use super::NotACommunity;
use crate::attribute::decimal;
use crate::io::text::{push, push_decimal};
use crate::io::tokens::did_you_mean;

/// A well-known community.
struct WellKnown {
    value: u32,
    /// The name that is written, and read. Names are read in either case, and with `_` for `-`.
    name: &'static str,
    /// Another name that is read.
    other: &'static str,
}

const fn known(value: u32, name: &'static str) -> WellKnown {
    WellKnown { value, name, other: name }
}

const WELL_KNOWN: &[WellKnown] = &[
    known(0xffff_0000, "graceful-shutdown"),
    known(0xffff_0001, "accept-own"),
    known(0xffff_0002, "route-filter-translated-v4"),
    known(0xffff_0003, "route-filter-v4"),
    known(0xffff_0004, "route-filter-translated-v6"),
    known(0xffff_0005, "route-filter-v6"),
    known(0xffff_0006, "llgr-stale"),
    known(0xffff_0007, "no-llgr"),
    known(0xffff_0008, "accept-own-nexthop"),
    known(0xffff_0009, "standby-pe"),
    known(0xffff_029a, "blackhole"),
    known(0xffff_ff01, "no-export"),
    known(0xffff_ff02, "no-advertise"),
    known(0xffff_ff03, "no-export-subconfed"),
    WellKnown { value: 0xffff_ff04, name: "no-peer", other: "nopeer" },
];

/// Writes a community as text: a name, or `65001:1`.
pub fn push_text(community: [u8; 4], out: &mut Vec<u8>) {
    let value = u32::from_be_bytes(community);
    if let Some(known) = WELL_KNOWN.iter().find(|known| known.value == value) {
        push(out, known.name);
    } else {
        push_decimal(out, u64::from(value >> 16));
        out.push(b':');
        push_decimal(out, u64::from(value & 0xffff));
    }
}

/// Reads `65001:1`, a name, a decimal number or one in hexadecimal after `0x`.
pub fn parse(word: &str) -> Result<[u8; 4], NotACommunity> {
    if let Some((high, low)) = word.split_once(':') {
        let half = |text: &str| match decimal::<u16>(text) {
            Some(half) => Ok(half.to_be_bytes()),
            None => Err(NotACommunity::new(
                format!("'{word}' is not a valid community: '{text}' does not fit in 16 bits"),
                "each half is a number from 0 to 65535; large-community takes A:B:C of 32 bits each",
            )),
        };
        let ([a, b], [c, d]) = (half(high)?, half(low)?);
        return Ok([a, b, c, d]);
    }
    let number = match word.get(..2) {
        Some("0x" | "0X") => word
            .get(2..)
            .filter(|digits| !digits.starts_with('+'))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok()),
        _ => decimal(word),
    };
    if let Some(number) = number {
        return Ok(number.to_be_bytes());
    }
    let name = word.to_ascii_lowercase().replace('_', "-");
    match WELL_KNOWN.iter().find(|known| known.name == name || known.other == name) {
        Some(known) => Ok(known.value.to_be_bytes()),
        None => {
            let names = WELL_KNOWN.iter().map(|known| known.name);
            let message = format!("'{word}' is not a valid community");
            Err(match did_you_mean(&name, names) {
                Some(near) => NotACommunity::new(message, format!("did you mean '{near}'?")),
                None => NotACommunity::new(message, "A:B of 16 bits each, a number or a name"),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(community: [u8; 4]) -> String {
        let mut out = Vec::new();
        push_text(community, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_way_to_write_one() {
        for (word, value) in [
            ("65001:1", 0xfde9_0001),
            ("0xFDE90001", 0xfde9_0001),
            ("4260954113", 0xfdf9_0001),
            ("no_export", 0xffff_ff01),
            ("NoPeer", 0xffff_ff04),
            ("no-peer", 0xffff_ff04),
            ("graceful-shutdown", 0xffff_0000),
            ("65535:65535", u32::MAX),
        ] {
            assert_eq!(parse(word).map(u32::from_be_bytes), Ok(value), "{word}");
        }
    }

    #[test]
    fn halves_have_16_bits() {
        let error = parse("1:70000").unwrap_err().to_string();
        assert!(error.contains("'70000' does not fit in 16 bits"), "{error}");
        for wrong in ["1:", ":1", "-1:1", "+1:1", "1:2:3", "4294967296", "0x", "0x+1", "x"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("no-exprot").unwrap_err().to_string().contains("did you mean 'no-export'?"));
    }

    #[test]
    fn every_name_is_written() {
        assert_eq!(text(0xffff_ff04_u32.to_be_bytes()), "no-peer");
        assert_eq!(text(0xffff_029a_u32.to_be_bytes()), "blackhole");
        assert_eq!(text(0xffff_0000_u32.to_be_bytes()), "graceful-shutdown");
        assert_eq!(text(0xffff_000a_u32.to_be_bytes()), "65535:10");
        for known in WELL_KNOWN {
            assert_eq!(parse(&text(known.value.to_be_bytes())), Ok(known.value.to_be_bytes()));
        }
    }
}
