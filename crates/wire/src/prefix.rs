//! IP prefixes as text and as NLRI bytes: a length in bits, then as many octets as it needs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::codes::Afi;
use crate::io::address::parse_ip;
use crate::io::text::{Line, push_decimal, push_ipv6, push_line};

/// The number of octets that hold `bits` bits.
pub const fn octets_for(bits: u8) -> usize {
    (bits as usize).div_ceil(8)
}

/// The longest prefix length of an address family: 32 or 128; 0 for what has no prefixes.
pub const fn longest(afi: Afi) -> u8 {
    match afi {
        Afi::IPV4 => 32,
        Afi::IPV6 => 128,
        _ => 0,
    }
}

/// Writes `address/length` of the prefix whose NLRI bytes are `length` and then `octets`. Bits below the length are
/// shown as they are.
pub fn push_prefix(out: &mut Vec<u8>, afi: Afi, length: u8, octets: &[u8]) {
    if afi == Afi::IPV4 {
        return push_line::<24>(out, |line| push_ipv4_prefix(line, length, octets));
    }
    let mut address = [0u8; 16];
    for (to, from) in address.iter_mut().zip(octets) {
        *to = *from;
    }
    push_ipv6(out, Ipv6Addr::from(address));
    out.push(b'/');
    push_decimal(out, u64::from(length));
}

/// The same for IPv4, into a line with room for twenty characters.
#[inline]
pub fn push_ipv4_prefix<const SIZE: usize>(line: &mut Line<'_, SIZE>, length: u8, octets: &[u8]) {
    let address = match *octets {
        [a, b, c] => [a, b, c, 0],
        [a, b] => [a, b, 0, 0],
        [a] => [a, 0, 0, 0],
        [a, b, c, d, ..] => [a, b, c, d],
        [] => [0; 4],
    };
    line.push_ipv4(address);
    line.push(b"/");
    line.push_octet(length);
}

/// Takes `length(1) prefix` of IPv4 from the front of `octets`: the length, and the address without the bits that mean nothing
/// (RFC 4271 section 4.3). [`None`] where the octets end, or the length is no length.
#[inline]
pub fn take_ipv4(octets: &mut &[u8]) -> Option<(u8, u32)> {
    let (&length, rest) = octets.split_first()?;
    let (_, after) = rest.split_at_checked(octets_for(length))?;
    let address = match rest.first_chunk::<4>() {
        Some(address) => u32::from_be_bytes(*address),
        // The last ones of a message.
        None => {
            rest.iter().zip([24, 16, 8]).fold(0, |sum, (octet, at)| sum | u32::from(*octet) << at)
        }
    };
    let behind = 32_u32.checked_sub(length.into())?;
    *octets = after;
    Some((length, address & u32::MAX.checked_shl(behind).unwrap_or(0)))
}

/// The same for IPv6.
#[inline]
pub fn take_ipv6(octets: &mut &[u8]) -> Option<(u8, u128)> {
    let (&length, rest) = octets.split_first()?;
    let (prefix, after) = rest.split_at_checked(octets_for(length))?;
    let address = match rest.first_chunk::<16>() {
        Some(address) => u128::from_be_bytes(*address),
        None => {
            let mut address = [0; 16];
            address.iter_mut().zip(prefix).for_each(|(to, from)| *to = *from);
            u128::from_be_bytes(address)
        }
    };
    let behind = 128_u32.checked_sub(length.into())?;
    *octets = after;
    Some((length, address & u128::MAX.checked_shl(behind).unwrap_or(0)))
}

/// Whether a field is made of whole prefixes, each after a path identifier if `paths`: the same as taking one after the other,
/// in a few instructions each.
pub fn is_field(afi: Afi, paths: bool, octets: &[u8]) -> bool {
    let (before, longest) = (if paths { 4 } else { 0 }, longest(afi));
    let mut at = 0;
    while at < octets.len() {
        match octets.get(at + before) {
            Some(&length) if length <= longest => at += before + 1 + octets_for(length),
            _ => return false,
        }
    }
    at == octets.len()
}

/// Why a text is not a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// The part before the slash is no address.
    #[error("not an IP address")]
    Address,
    /// The part after the slash is no length.
    #[error("the length must be 0 to {0}")]
    Length(u8),
    /// Bits are set below the length.
    #[error("the host bits must be zero for the given prefix length")]
    HostBits,
}

/// An IP prefix: an address and a length in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// The network address.
    pub address: IpAddr,
    /// The length in bits: 0 to 32 or 0 to 128.
    pub length: u8,
}

impl Prefix {
    /// Reads `address/length`, or an address alone as a host route. Bits below the length are refused.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, PrefixError> {
        let prefix = Self::parse_with_host_bits(text)?;
        if prefix.has_host_bits() { Err(PrefixError::HostBits) } else { Ok(prefix) }
    }

    /// Reads `address/length` and lets bits below the length be.
    #[inline]
    pub fn parse_with_host_bits(text: impl AsRef<[u8]>) -> Result<Self, PrefixError> {
        let text = text.as_ref();
        let slash = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
        let (address, length) = text.split_at_checked(slash).ok_or(PrefixError::Address)?;
        let address = parse_ip(address).ok_or(PrefixError::Address)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let length = match length.split_first() {
            None => longest,
            Some((_, digits)) => {
                parse_length(digits, longest).ok_or(PrefixError::Length(longest))?
            }
        };
        Ok(Self { address, length })
    }

    /// The address family.
    pub const fn afi(self) -> Afi {
        match self.address {
            IpAddr::V4(_) => Afi::IPV4,
            IpAddr::V6(_) => Afi::IPV6,
        }
    }

    /// The address in the upper bits of a 128-bit number.
    const fn bits(self) -> u128 {
        match self.address {
            IpAddr::V4(address) => (address.to_bits() as u128) << 96,
            IpAddr::V6(address) => address.to_bits(),
        }
    }

    /// Whether bits are set below the length.
    pub const fn has_host_bits(self) -> bool {
        match self.bits().checked_shl(self.length as u32) {
            Some(rest) => rest != 0,
            None => false,
        }
    }

    /// The same without the bits below the length.
    #[must_use]
    pub const fn masked(self) -> Self {
        let mask = match u128::MAX.checked_shl(128 - self.length as u32) {
            Some(mask) => mask,
            None => 0,
        };
        let bits = self.bits() & mask;
        let address = match self.address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits((bits >> 96) as u32)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
        };
        Self { address, length: self.length }
    }

    /// Whether `address` is in the prefix.
    pub fn contains(self, address: IpAddr) -> bool {
        let other = Self { address, length: self.length };
        let shift = 128 - u32::from(self.length);
        self.afi() == other.afi()
            && self.bits().checked_shr(shift).unwrap_or(0)
                == other.bits().checked_shr(shift).unwrap_or(0)
    }

    /// Writes the NLRI bytes: `length(1)` and the octets that it needs.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(self.length);
        let octets = octets_for(self.length);
        let push = |all: &[u8], out: &mut Vec<u8>| {
            out.extend_from_slice(all.get(..octets).unwrap_or(all));
        };
        match self.address {
            IpAddr::V4(address) => push(&address.octets(), out),
            IpAddr::V6(address) => push(&address.octets(), out),
        }
    }

    /// Reads the NLRI bytes that [`Self::encode`] writes; `None` unless they are those of one prefix.
    pub fn decode(afi: Afi, bytes: &[u8]) -> Option<Self> {
        let (length, octets) = bytes.split_first()?;
        if *length > longest(afi) || octets.len() != octets_for(*length) {
            return None;
        }
        let mut address = [0u8; 16];
        for (to, from) in address.iter_mut().zip(octets) {
            *to = *from;
        }
        let address = match afi {
            Afi::IPV4 => IpAddr::V4(Ipv4Addr::from(*address.first_chunk::<4>()?)),
            _ => IpAddr::V6(Ipv6Addr::from(address)),
        };
        Some(Self { address, length: *length })
    }

    /// The sub-prefixes of length `length`, in order; only itself when `length` is not longer. `None` when that would
    /// be more than `most`.
    pub fn split(self, length: u8, most: u64) -> Option<impl Iterator<Item = Self>> {
        let longest = longest(self.afi());
        let length = length.clamp(self.length, longest);
        let count =
            1u64.checked_shl(u32::from(length - self.length)).filter(|count| *count <= most)?;
        let (base, shift) = (self.bits(), 128 - u32::from(length));
        Some((0..count).map(move |index| {
            let bits = base | u128::from(index).checked_shl(shift).unwrap_or(0);
            let address = match self.address {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits((bits >> 96) as u32)),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
            };
            Self { address, length }
        }))
    }
}

/// Reads a number up to `longest`, which may have zeros before it.
fn parse_length(digits: &[u8], longest: u8) -> Option<u8> {
    let mut length = None;
    for byte in digits {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        let before: u8 = length.unwrap_or(0);
        length = Some(before.checked_mul(10)?.checked_add(digit)?);
    }
    length.filter(|length| *length <= longest)
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prefixes_of_a_field_are_taken_as_they_are(octets in prop::collection::vec(0u8..40, 0..40), wide: bool) {
            let family = if wide { crate::codes::Family::IPV6_UNICAST } else { crate::codes::Family::IPV4_UNICAST };
            let mut slow = crate::io::reader::Reader::new(&octets);
            let mut rest = octets.as_slice();
            loop {
                let taken = if wide {
                    take_ipv6(&mut rest).map(|(length, bits)| (length, IpAddr::V6(Ipv6Addr::from_bits(bits))))
                } else {
                    take_ipv4(&mut rest).map(|(length, bits)| (length, IpAddr::V4(Ipv4Addr::from_bits(bits))))
                };
                let nlri = crate::nlri::Nlri::take(family, false, &mut slow).ok();
                let same = nlri.and_then(|nlri| {
                    let mut address = [0; 16];
                    address.iter_mut().zip(nlri.bytes.get(1..)?).for_each(|(to, from)| *to = *from);
                    let address = if wide {
                        IpAddr::V6(address.into())
                    } else {
                        IpAddr::V4((*address.first_chunk::<4>()?).into())
                    };
                    let prefix = Prefix { address, length: *nlri.bytes.first()? }.masked();
                    Some((prefix.length, prefix.address))
                });
                prop_assert_eq!(taken, same);
                if taken.is_none() {
                    break;
                }
                prop_assert_eq!(rest, slow.remaining());
            }
        }
    }

    #[test]
    fn text_is_read_strictly() {
        assert_eq!(Prefix::parse("10.0.0.0/8").map(|p| p.to_string()), Ok("10.0.0.0/8".into()));
        assert_eq!(Prefix::parse("::1").map(|p| p.to_string()), Ok("::1/128".into()));
        assert_eq!(Prefix::parse("10.0.0.1/24"), Err(PrefixError::HostBits));
        assert_eq!(Prefix::parse("10.0.0.0/33"), Err(PrefixError::Length(32)));
        assert_eq!(Prefix::parse("10.0.0.0/+8"), Err(PrefixError::Length(32)));
        assert_eq!(Prefix::parse("foo"), Err(PrefixError::Address));
        assert!(Prefix::parse("0.0.0.0/0").is_ok());
        for wrong in ["10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/256", "::/129", "::/é"]
        {
            assert!(matches!(Prefix::parse(wrong), Err(PrefixError::Length(_))), "{wrong}");
        }
        assert_eq!(Prefix::parse("10.0.0.0/0000000008").map(|p| p.length), Ok(8));
        assert_eq!(Prefix::parse("/8"), Err(PrefixError::Address));
    }

    #[test]
    fn split_gives_every_part_in_order() {
        let parts = |text: &str, length| {
            let parts = Prefix::parse(text).unwrap().split(length, 1 << 20)?;
            Some(parts.map(|part| part.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(parts("10.0.0.0/23", 24).unwrap(), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(parts("10.0.0.0/24", 24).unwrap(), ["10.0.0.0/24"]);
        assert_eq!(parts("10.0.0.0/24", 8).unwrap(), ["10.0.0.0/24"]);
        assert_eq!(parts("2001:db8::/127", 128).unwrap(), ["2001:db8::/128", "2001:db8::1/128"]);
        assert!(parts("10.0.0.0/8", 32).is_none());
    }

    #[test]
    fn containment() {
        let prefix = Prefix::parse("10.0.0.0/8").unwrap();
        assert!(prefix.contains("10.1.2.3".parse().unwrap()));
        assert!(!prefix.contains("11.1.2.3".parse().unwrap()));
        assert!(!prefix.contains("::1".parse().unwrap()));
        assert!(Prefix::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
    }
}
