//! Large communities (RFC 8092): three numbers of 32 bits.

use super::NotACommunity;
use crate::attribute::decimal;
use crate::io::text::push_decimal;

/// The three numbers.
pub fn parts(community: [u8; 12]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = community;
    [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(u32::from_be_bytes)
}

/// Writes `1:2:3`.
pub fn push_text(community: [u8; 12], out: &mut Vec<u8>) {
    let [a, b, c] = parts(community);
    push_decimal(out, a.into());
    out.push(b':');
    push_decimal(out, b.into());
    out.push(b':');
    push_decimal(out, c.into());
}

/// Reads `1:2:3`, or all 96 bits as a decimal number or in hexadecimal after `0x`.
pub fn parse(word: &str) -> Result<[u8; 12], NotACommunity> {
    read(word).ok_or_else(|| {
        NotACommunity::new(
            format!("'{word}' is not a valid large community"),
            "A:B:C, each a number from 0 to 4294967295",
        )
    })
}

fn read(word: &str) -> Option<[u8; 12]> {
    if let Some((a, rest)) = word.split_once(':') {
        let (b, c) = rest.split_once(':')?;
        let mut out = [0; 12];
        for (to, text) in out.as_chunks_mut::<4>().0.iter_mut().zip([a, b, c]) {
            *to = decimal::<u32>(text)?.to_be_bytes();
        }
        return Some(out);
    }
    let number = match word.get(..2) {
        Some("0x" | "0X") => {
            let digits = word.get(2..).filter(|digits| !digits.starts_with('+'))?;
            u128::from_str_radix(digits, 16).ok()?
        }
        _ => decimal::<u128>(word)?,
    };
    let [0, 0, 0, 0, octets @ ..] = number.to_be_bytes() else { return None };
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_or_96_bits() {
        assert_eq!(parse("1:2:3").map(parts), Ok([1, 2, 3]));
        assert_eq!(parse("0x000000010000000200000003").map(parts), Ok([1, 2, 3]));
        assert_eq!(parse("18446744073709551616").map(parts), Ok([1, 0, 0]));
        for wrong in
            ["1:2", "1:2:3:4", "1:2:4294967296", "1::3", "x", "", "0x1000000000000000000000000"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let mut out = Vec::new();
        push_text(parse("1:2:4294967295").unwrap(), &mut out);
        assert_eq!(out, b"1:2:4294967295");
    }
}
