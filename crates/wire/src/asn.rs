//! Autonomous system numbers.

use std::fmt;
use std::str::FromStr;

/// A four-octet autonomous system number (RFC 6793).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asn(pub u32);

impl Asn {
    /// AS_TRANS, which stands for a number of more than two octets where only two fit (RFC 6793 section 9).
    pub const TRANS: Self = Self(23456);

    /// The number in two octets, AS_TRANS when it does not fit.
    pub fn two_octets(self) -> u16 {
        u16::try_from(self.0).unwrap_or(23456)
    }

    /// Whether it fits in two octets.
    pub const fn is_two_octets(self) -> bool {
        self.0 <= 0xffff
    }
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text was not an autonomous system number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an AS number is 0 to 4294967295, or HIGH.LOW with 0 to 65535 each")]
pub struct NotAnAsn;

impl FromStr for Asn {
    type Err = NotAnAsn;

    /// Reads `65001` or, as RFC 5396 writes them, `1.1`.
    fn from_str(text: &str) -> Result<Self, NotAnAsn> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match text.split_once('.') {
            None if digits(text) => text.parse().map(Self).map_err(|_| NotAnAsn),
            Some((high, low)) if digits(high) && digits(low) => {
                let high: u16 = high.parse().map_err(|_| NotAnAsn)?;
                let low: u16 = low.parse().map_err(|_| NotAnAsn)?;
                Ok(Self(u32::from(high) << 16 | u32::from(low)))
            }
            _ => Err(NotAnAsn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_dotted() {
        assert_eq!("65001".parse(), Ok(Asn(65001)));
        assert_eq!("1.1".parse(), Ok(Asn(65537)));
        for wrong in ["", "-1", "+1", "4294967296", "1.65536", "1.2.3", "x"] {
            assert_eq!(wrong.parse::<Asn>(), Err(NotAnAsn), "{wrong}");
        }
    }
}
