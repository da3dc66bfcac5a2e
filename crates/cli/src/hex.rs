//! Hexadecimal text, as people paste it: with blanks, colons and `0x`, in either case.

use std::fmt;

use anyhow::Result;

/// Why a text is not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HexError {
    /// A character that is no digit, and where it is, counted from 1.
    Digit(char, usize),
    /// The last octet has one digit only; how many digits there are.
    Odd(usize),
    /// There is no digit at all.
    Empty,
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid hexadecimal: ")?;
        match self {
            Self::Digit(character, at) => {
                write!(
                    f,
                    "'{}' at character {at} is not a digit from 0 to 9 or A to F",
                    character.escape_default()
                )
            }
            Self::Odd(digits) => write!(f, "{digits} digits, and an octet has two"),
            Self::Empty => f.write_str("there are no digits"),
        }
    }
}

impl std::error::Error for HexError {}

/// The octets of a text; blanks and colons between digits, and a `0x` before a group of them, mean nothing.
pub(crate) fn parse(text: &str) -> Result<Vec<u8>, HexError> {
    let mut octets = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    let mut characters = text.chars().enumerate().peekable();
    let mut start_of_group = true;
    while let Some((at, character)) = characters.next() {
        if character.is_whitespace() || character == ':' {
            start_of_group = true;
            continue;
        }
        let is_prefix = start_of_group
            && character == '0'
            && characters.next_if(|(_, next)| matches!(next, 'x' | 'X')).is_some();
        start_of_group = false;
        if is_prefix {
            continue;
        }
        let digit = character.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digit = digit.ok_or(HexError::Digit(character, at + 1))?;
        match high.take() {
            Some(high) => octets.push(high << 4 | digit),
            None => high = Some(digit),
        }
    }
    match (high, octets.is_empty()) {
        (Some(_), _) => Err(HexError::Odd(octets.len() * 2 + 1)),
        (None, true) => Err(HexError::Empty),
        (None, false) => Ok(octets),
    }
}

/// Octets as upper-case digits.
pub(crate) fn upper(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_read() {
        for text in ["FF00a1", "ff:00:A1", "0xff 0x00 0xa1", " f f00\ta1\n", "0xFF00A1"] {
            assert_eq!(parse(text), Ok(vec![0xff, 0, 0xa1]), "{text}");
        }
        assert_eq!(parse("00"), Ok(vec![0]));
        assert_eq!(upper(&[0xff, 0x0a]), "FF0A");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(parse("ff0g"), Err(HexError::Digit('g', 4)));
        assert_eq!(parse("ff0"), Err(HexError::Odd(3)));
        assert_eq!(parse(" : "), Err(HexError::Empty));
        assert_eq!(parse("1x00"), Err(HexError::Digit('x', 2)));
        assert_eq!(
            parse("é").unwrap_err().to_string(),
            "invalid hexadecimal: '\\u{e9}' at character 1 is not a digit from 0 to 9 or A to F"
        );
    }
}
