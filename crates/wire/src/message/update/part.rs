//! A part of an UPDATE: the same message with those of its NLRI that somebody wants.

use super::decode::{MP_REACH_NLRI, MP_UNREACH_NLRI};
use crate::attribute::{flags, push_attribute};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::nlri::{Nlri, NlriIter, registry};

/// Writes the body of an UPDATE with the NLRI that `wanted` takes: it is told whether one is announced, and which. `path_id` says whether
/// path identifiers stand before the NLRI. Attributes stay as they are, faults among them; they go where nothing is left that they
/// are of. Returns how many NLRI are left.
///
/// The error is what can not be read of the body: `out` is no message then.
pub fn part(
    body: &[u8],
    path_id: bool,
    mut wanted: impl FnMut(bool, Nlri<'_>) -> bool,
    out: &mut Vec<u8>,
) -> Result<usize, WireError> {
    out.clear();
    let mut left = 0;
    let mut some = |announced, family, field: Reader<'_>, out: &mut Vec<u8>| {
        let before = left;
        for nlri in NlriIter::new(family, path_id, field) {
            let nlri = nlri?;
            if wanted(announced, nlri) {
                nlri.encode(path_id, out);
                left += 1;
            }
        }
        Ok::<bool, WireError>(left > before)
    };
    let mut reader = Reader::new(body);
    let withdrawn = field(&mut reader, "withdrawn routes")?;
    let mut attributes = field(&mut reader, "path attributes")?;
    out.extend_from_slice(&[0; 2]);
    some(false, Family::IPV4_UNICAST, withdrawn, out)?;
    let octets = out.len() - 2;
    put_length(out, 0, octets);
    let start = out.len();
    out.extend_from_slice(&[0; 2]);
    // Whether there are routes that the attributes are of, and where the routes without any stand.
    let (mut carries, mut unreachable) = (false, None);
    let mut value = Vec::new();
    while !attributes.is_empty() {
        let [flags, code] = attributes.array::<2>("attribute header")?;
        let length = match flags & flags::EXTENDED_LENGTH {
            0 => attributes.u8("attribute length")?.into(),
            _ => usize::from(attributes.u16("attribute length")?),
        };
        let at = attributes.offset();
        let octets = attributes.take(length, "attribute")?;
        let mut inside = Reader::at(octets, at);
        value.clear();
        match code {
            MP_REACH_NLRI => {
                let family = family(&mut inside)?;
                let length = inside.u8("next hop length")?;
                inside.take(usize::from(length) + 1, "next hop")?;
                value.extend_from_slice(octets.get(..inside.offset() - at).unwrap_or_default());
                if !some(true, family, inside, &mut value)? {
                    continue;
                }
                carries = true;
            }
            MP_UNREACH_NLRI => {
                let family = family(&mut inside)?;
                value.extend_from_slice(octets.get(..3).unwrap_or_default());
                if !some(false, family, inside, &mut value)? {
                    continue;
                }
                carries |= registry::row(family).withdraws_with_attributes;
                unreachable = Some((flags, value.clone()));
            }
            _ => value.extend_from_slice(octets),
        }
        push_attribute(out, flags, code, &value);
    }
    let end = out.len();
    carries |= some(true, Family::IPV4_UNICAST, reader, out)?;
    if carries {
        put_length(out, start, end - start - 2);
    } else {
        out.truncate(start + 2);
        if let Some((flags, value)) = unreachable {
            push_attribute(out, flags, MP_UNREACH_NLRI, &value);
        }
        let octets = out.len() - start - 2;
        put_length(out, start, octets);
    }
    Ok(left)
}

/// Takes a length of two octets and what it counts.
fn field<'a>(reader: &mut Reader<'a>, name: &'static str) -> Result<Reader<'a>, WireError> {
    let length = reader.u16(name)?;
    let at = reader.offset();
    Ok(Reader::at(reader.take(length.into(), name)?, at))
}

fn family(reader: &mut Reader<'_>) -> Result<Family, WireError> {
    let afi = Afi(reader.u16("address family identifier")?);
    Ok(Family::new(afi, Safi(reader.u8("subsequent address family identifier")?)))
}

/// Writes a length that what it counts follows already. It is not longer than what was read.
fn put_length(out: &mut [u8], at: usize, length: usize) {
    if let Some(place) = out.get_mut(at..at + 2) {
        place.copy_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 10.0.N.0/24 withdrawn and announced, 2001:db8:N::/48 withdrawn and announced.
    fn body(numbers: &[u8]) -> Vec<u8> {
        let v4: Vec<u8> = numbers.iter().flat_map(|n| [24, 10, 0, *n]).collect();
        let v6: Vec<u8> = numbers.iter().flat_map(|n| [48, 0x20, 1, 0x0d, 0xb8, 0, *n]).collect();
        let mut attributes = vec![0x40, 1, 1, 0];
        push_attribute(&mut attributes, 0x80, 15, &[&[0, 2, 1][..], &v6].concat());
        let reach = [&[0, 2, 1, 16][..], &[0; 16], &[0], &v6].concat();
        push_attribute(&mut attributes, 0x90, 14, &reach);
        let length = |octets: &[u8]| u16::try_from(octets.len()).unwrap().to_be_bytes();
        [&length(&v4)[..], &v4, &length(&attributes), &attributes, &v4].concat()
    }

    #[test]
    fn what_is_not_wanted_goes_with_what_it_needed() {
        let whole = body(&[1, 2, 3]);
        let mut out = Vec::new();
        assert_eq!(part(&whole, false, |_, _| true, &mut out), Ok(12));
        assert_eq!(out, whole);
        let second = |nlri: Nlri<'_>| nlri.bytes.last() == Some(&2);
        assert_eq!(part(&whole, false, |_, nlri| second(nlri), &mut out), Ok(4));
        assert_eq!(out, body(&[2]));
        // No attribute is needed by what is withdrawn.
        let withdrawn = |announced: bool, nlri: Nlri<'_>| !announced && second(nlri);
        assert_eq!(part(&whole, false, withdrawn, &mut out), Ok(2));
        let expected = [
            &[0, 4, 24, 10, 0, 2, 0, 13, 0x80, 15, 10, 0, 2, 1][..],
            &[48, 0x20, 1, 0x0d, 0xb8, 0, 2],
        ];
        assert_eq!(out, expected.concat());
        assert_eq!(part(&whole, false, |_, _| false, &mut out), Ok(0));
        assert_eq!(out, [0; 4]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(octets: Vec<u8>, numbers: Vec<u8>, cut: usize, path_id: bool) {
            let mut out = Vec::new();
            let _ = part(&octets, path_id, |_, nlri| nlri.bytes.len() % 2 == 0, &mut out);
            let mut whole = body(numbers.get(..9).unwrap_or(&numbers));
            whole.truncate(cut % (whole.len() + 1));
            let _ = part(&whole, path_id, |_, _| true, &mut out);
        }
    }
}
