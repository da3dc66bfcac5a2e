//! Writing numbers, addresses and hexadecimal as text, straight into a byte buffer.
//!
//! Rendering an UPDATE is a hot path, and most of its time would go into `Display` of addresses: these write the same
//! characters several times faster. All write valid UTF-8.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// The decimal text of every octet and a dot: four characters, and how many of them count.
static OCTETS: [([u8; 4], u8); 256] = octets();

const fn octets() -> [([u8; 4], u8); 256] {
    let mut table = [([b'.'; 4], 0u8); 256];
    let mut value = 0;
    while value < 256 {
        let (hundreds, tens, ones) =
            (b'0' + (value / 100) as u8, b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8);
        #[expect(clippy::indexing_slicing, reason = "a constant table filled by its own bounds")]
        {
            table[value] = if value >= 100 {
                ([hundreds, tens, ones, b'.'], 4)
            } else if value >= 10 {
                ([tens, ones, b'.', b'.'], 3)
            } else {
                ([ones, b'.', b'.', b'.'], 2)
            };
        }
        value += 1;
    }
    table
}

/// A short text that grows in its place, in pieces whose length is known beforehand: see [`push_line`]. What does not fit is left
/// out.
#[derive(Debug)]
pub struct Line<'a, const SIZE: usize> {
    characters: &'a mut [u8; SIZE],
    length: usize,
}

/// Appends a text of `SIZE` characters at most. Nothing of it is read again: octets that were just written in pieces and are then
/// read as a whole, as a copy of them would, keep the processor waiting until all that was written before is in its cache.
#[inline]
pub fn push_line<const SIZE: usize>(out: &mut Vec<u8>, write: impl FnOnce(&mut Line<'_, SIZE>)) {
    let start = out.len();
    out.extend_from_slice(&[b' '; SIZE]);
    let mut length = 0;
    if let Some(characters) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        let mut line = Line { characters, length: 0 };
        write(&mut line);
        length = line.length;
    }
    out.truncate(start + length);
}

impl<const SIZE: usize> Line<'_, SIZE> {
    /// Appends `text`.
    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        if let Some(room) = self.characters.get_mut(self.length..self.length + text.len()) {
            room.copy_from_slice(text);
            self.length += text.len();
        }
    }

    /// Appends an octet in decimal and a dot.
    #[inline]
    fn push_octet_and_dot(&mut self, octet: u8) {
        if let Some((characters, length)) = OCTETS.get(usize::from(octet))
            && let Some(room) = self.characters.get_mut(self.length..self.length + 4)
        {
            // All four are written, whatever counts: a copy of a fixed size is one instruction.
            room.copy_from_slice(characters);
            self.length += usize::from(*length);
        }
    }

    /// Appends an octet in decimal. Needs room for four characters.
    #[inline]
    pub fn push_octet(&mut self, octet: u8) {
        self.push_octet_and_dot(octet);
        self.length = self.length.saturating_sub(1);
    }

    /// Appends an IPv4 address in dotted quads. Needs room for sixteen characters.
    #[inline]
    pub fn push_ipv4(&mut self, octets: [u8; 4]) {
        for octet in octets {
            self.push_octet_and_dot(octet);
        }
        self.length = self.length.saturating_sub(1);
    }

    /// Appends a 16-bit group in lower-case hexadecimal without leading zeros. Needs room for four characters.
    #[inline]
    fn push_group(&mut self, group: u16) {
        // A digit an octet, the first the lowest.
        let spread = u32::from(group).swap_bytes() >> 16;
        let spread = (spread & 0xFF) | (spread & 0xFF00) << 8;
        let digits = (spread & 0x00F0_00F0) >> 4 | (spread & 0x000F_000F) << 8;
        // Above nine, the letters are 39 further on.
        let letters = ((digits + 0x0606_0606) >> 4 & 0x0101_0101) * 39;
        let unused = (digits | 1 << 24).trailing_zeros() / 8;
        let characters = (digits + 0x3030_3030 + letters) >> (8 * unused);
        if let Some(room) = self.characters.get_mut(self.length..self.length + 4) {
            room.copy_from_slice(&characters.to_le_bytes());
            self.length += 4 - unused as usize;
        }
    }

    /// Appends an IPv6 address that is not IPv4-mapped, as [`push_ipv6`] writes it. Needs room for 42 characters.
    #[inline]
    pub fn push_ipv6(&mut self, address: Ipv6Addr) {
        // A bit for each group of zeros, the first the lowest.
        let segments = address.segments();
        let zeros =
            segments.iter().rev().fold(0_u32, |bits, group| bits << 1 | u32::from(*group == 0));
        // The longest run of two or more, the first of equals, becomes `::`: as often as each bit has its neighbour.
        let (mut runs, mut length) = (zeros & zeros >> 1, 1);
        let mut longest = 0;
        while runs != 0 {
            longest = runs;
            length += 1;
            runs &= zeros >> length;
        }
        let (start, end) = match longest {
            0 => (8, 8),
            _ => (longest.trailing_zeros() as usize, longest.trailing_zeros() as usize + length),
        };
        self.push_groups(segments.get(..start).unwrap_or_default());
        if start < 8 {
            self.push(b"::");
            self.push_groups(segments.get(end..).unwrap_or_default());
        }
    }

    /// Appends groups with a colon between them. Needs room for five characters each.
    #[inline]
    fn push_groups(&mut self, groups: &[u16]) {
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                self.push(b":");
            }
            self.push_group(*group);
        }
    }

    /// Appends a number in decimal. Needs room for eight characters, and for as many as it has.
    #[inline]
    pub fn push_decimal(&mut self, number: u64) {
        if number < 100_000_000 {
            let digits = eight_digits(number);
            // Zeros in front are the low octets; one digit always stays.
            let zeros = (digits | 1 << 56).trailing_zeros() / 8;
            let characters = (digits | 0x3030_3030_3030_3030) >> (8 * zeros);
            if let Some(room) = self.characters.get_mut(self.length..self.length + 8) {
                room.copy_from_slice(&characters.to_le_bytes());
                self.length += 8 - zeros as usize;
            }
            return;
        }
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }
}

/// Writes `text` as it is.
#[inline]
pub fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Writes a number in decimal.
#[inline]
pub fn push_decimal(out: &mut Vec<u8>, number: u64) {
    if number < 100_000_000 {
        let digits = eight_digits(number);
        // Zeros in front are the low octets; one digit always stays.
        let zeros = (digits | 1 << 56).trailing_zeros() / 8;
        let characters = (digits | 0x3030_3030_3030_3030) >> (8 * zeros);
        // All eight are written, then cut: a copy of a fixed size is one instruction.
        let end = out.len() + 8 - zeros as usize;
        out.extend_from_slice(&characters.to_le_bytes());
        out.truncate(end);
        return;
    }
    let mut buffer = itoa::Buffer::new();
    out.extend_from_slice(buffer.format(number).as_bytes());
}

/// The eight decimal digits of a number, one an octet, the first digit in the lowest: halves, quarters and eighths at once, by
/// multiplying with what is a little more than a hundredth and a tenth.
#[inline]
const fn eight_digits(number: u64) -> u64 {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((halves * 10_486) >> 20) & 0x7F_0000_007F;
    let quarters = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((quarters * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | ((quarters - 10 * tens) << 8)
}

/// Writes a time in seconds, with its microseconds, as Python prints them: `1795398101.79`.
pub fn push_seconds(out: &mut Vec<u8>, time: Duration) {
    push_decimal(out, time.as_secs());
    let micros = time.subsec_micros();
    if micros == 0 {
        return push(out, ".0");
    }
    let mut digits = [0u8; 6];
    let mut rest = micros;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    let used = digits.iter().rposition(|digit| *digit != b'0').map_or(1, |last| last + 1);
    out.push(b'.');
    out.extend(digits.iter().take(used));
}

/// Writes one octet in decimal.
#[inline]
pub fn push_octet(out: &mut Vec<u8>, octet: u8) {
    push_line::<4>(out, |line| line.push_octet(octet));
}

/// Writes an IPv4 address in dotted quads.
#[inline]
pub fn push_ipv4(out: &mut Vec<u8>, address: Ipv4Addr) {
    push_line::<16>(out, |line| line.push_ipv4(address.octets()));
}

/// Writes an IPv6 address as RFC 5952 says; an IPv4-mapped one as `::ffff:1.2.3.4`.
pub fn push_ipv6(out: &mut Vec<u8>, address: Ipv6Addr) {
    if address.to_ipv4_mapped().is_some() {
        let _ = write!(out, "{address}");
    } else {
        push_line::<48>(out, |line| line.push_ipv6(address));
    }
}

/// Writes an address of either family.
#[inline]
pub fn push_ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => push_ipv4(out, address),
        IpAddr::V6(address) => push_ipv6(out, address),
    }
}

/// Writes octets as upper-case hexadecimal, without a prefix.
pub fn push_hex_upper(out: &mut Vec<u8>, bytes: &[u8]) {
    push_hex_digits(out, bytes, UPPER);
}

/// Writes octets as lower-case hexadecimal, without a prefix.
pub fn push_hex_lower(out: &mut Vec<u8>, bytes: &[u8]) {
    push_hex_digits(out, bytes, LOWER);
}

fn push_hex_digits(out: &mut Vec<u8>, bytes: &[u8], digits: &[u8; 16]) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.extend(digits.get(usize::from(byte >> 4)));
        out.extend(digits.get(usize::from(byte & 0xf)));
    }
}

/// Writes text that a peer supplied so that it can not break a line: control characters and the backslash are escaped.
pub fn push_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    for character in String::from_utf8_lossy(bytes).chars() {
        if character.is_control() || character == '\\' {
            let _ = write!(out, "{}", character.escape_default());
        } else {
            let _ = write!(out, "{character}");
        }
    }
}

/// Reads hexadecimal digits, with or without `0x`, ignoring nothing. `None` unless all are digits and their number even.
pub fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit =
        |character: u8| char::from(character).to_digit(16).and_then(|d| u8::try_from(d).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Reads a number in decimal, or in hexadecimal after `0x`: digits alone, no sign.
pub fn parse_unsigned<T: TryFrom<u64>>(text: &str) -> Option<T> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    let number = digits.bytes().all(|digit| char::from(digit).is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| number).and_then(|n| n.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ip(address: IpAddr) -> String {
        let mut out = Vec::new();
        push_ip(&mut out, address);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn addresses_are_written_as_the_standard_library_writes_them(bits: u128, mask: u128, v4: u32) {
            prop_assert_eq!(ip(Ipv4Addr::from(v4).into()), Ipv4Addr::from(v4).to_string());
            for bits in [bits, bits & mask, bits & 0xffff, 0xffff_u128 << 32 | u128::from(v4), u128::from(v4)] {
                let address = Ipv6Addr::from(bits);
                // The deprecated IPv4-compatible form is the one that differs: ours is RFC 5952 section 5's.
                if bits >> 32 != 0 {
                    prop_assert_eq!(ip(address.into()), address.to_string());
                }
            }
        }

        #[test]
        fn numbers_are_written_as_the_standard_library_writes_them(number: u64, bits in 0..64u32) {
            for number in [number >> bits, 10u64.pow(bits % 20), 10u64.pow(bits % 20) - 1] {
                let mut out = b"x".to_vec();
                push_decimal(&mut out, number);
                prop_assert_eq!(String::from_utf8(out).unwrap(), format!("x{number}"));
                let mut out = b"x".to_vec();
                push_line::<32>(&mut out, |line| line.push_decimal(number));
                prop_assert_eq!(String::from_utf8(out).unwrap(), format!("x{number}"));
            }
        }

        #[test]
        fn hexadecimal_survives(bytes: Vec<u8>) {
            let mut out = Vec::new();
            push_hex_upper(&mut out, &bytes);
            prop_assert_eq!(parse_hex(std::str::from_utf8(&out).unwrap()), Some(bytes));
        }
    }

    #[test]
    fn zero_runs_at_the_edges() {
        for text in ["::", "::1", "1::", "0:1::", "1:0:2:3:4:5:6:7", "2001:db8::1:0:0:1", "fe80::1"]
        {
            let address: Ipv6Addr = text.parse().unwrap();
            assert_eq!(ip(address.into()), address.to_string());
        }
    }

    #[test]
    fn odd_or_foreign_digits_are_refused() {
        assert_eq!(parse_hex("0xabc"), None);
        assert_eq!(parse_hex("zz"), None);
        assert_eq!(parse_hex("0x"), Some(vec![]));
    }
}
