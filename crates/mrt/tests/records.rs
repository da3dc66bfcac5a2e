//! Records of any octets, and what is counted of them before they are read. What is written is in `written.rs`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use yottabgp_mrt::{Content, Record};
use yottabgp_wire::attribute::{push_attribute, registry};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};

proptest! {
    #[test]
    fn what_is_read_is_what_was_counted(
        kind in 11u16..18,
        subtype in 0u16..14,
        body in vec(prop_oneof![Just(0u8), any::<u8>()], 0..80),
    ) {
        let record = Record { seconds: 0, kind, subtype, body: &body };
        let count = record.count();
        match record.read() {
            Ok(Content::Rib(rib)) => prop_assert_eq!(count, rib.entries.len() as u64),
            Ok(Content::Message(_)) => prop_assert_eq!(count, 1),
            Ok(_) => prop_assert_eq!(count, 0),
            // It is told by its place; how many it might have had says nothing.
            Err(_) => {}
        }
    }
}

/// An attribute as a file has it: with any flags, and a long length where that was chosen or is needed.
fn attribute(flags: u8, code: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![flags, code];
    match u8::try_from(value.len()) {
        Ok(length) if flags & 0x10 == 0 => out.push(length),
        _ => {
            let [.., high, low] = value.len().to_be_bytes();
            out = vec![flags | 0x10, code, high, low];
        }
    }
    [&out, value].concat()
}

proptest! {
    #[test]
    fn an_update_has_the_attributes_of_its_route_with_the_flags_of_their_types(
        attributes in vec((
            prop_oneof![Just(0x40), Just(0x80), Just(0xC0), any::<u8>()],
            select(vec![1u8, 2, 3, 4, 5, 8, 14, 16, 29, 32, 99, 200]),
            vec(any::<u8>(), 0..300),
        ), 0..8),
    ) {
        let (mut given, mut wanted) = (Vec::new(), Vec::new());
        for (flags, code, value) in attributes {
            if code == 14 {
                // The next hop alone, of IPv4: NEXT_HOP says the same.
                given.extend(attribute(flags, code, &[4, 192, 0, 2, 1]));
                continue;
            }
            given.extend(attribute(flags, code, &value));
            let flags = match registry::row(code) {
                Some(row) => row.flags | flags & 0x20,
                None => flags & !0x10,
            };
            push_attribute(&mut wanted, flags, code, &value);
        }
        let nlri = [24, 10, 0, 0];
        let length = u16::try_from(given.len()).unwrap().to_be_bytes();
        let body = [&[0; 4][..], &nlri, &[0, 1, 0, 0, 0, 0, 0, 0], &length, &given].concat();
        let record = Record { seconds: 0, kind: 13, subtype: 2, body: &body };
        let Ok(Content::Rib(rib)) = record.read() else { panic!("{body:?}") };
        let mut update = vec![1, 2, 3];
        rib.update(rib.entries.first().unwrap(), &mut update).unwrap();
        let length = u16::try_from(wanted.len()).unwrap().to_be_bytes();
        prop_assert_eq!(update, [&[0, 0][..], &length, &wanted, &nlri].concat());
    }
}

/// A record of RIB_GENERIC with one route without attributes.
fn generic(safi: u8, nlri: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 7, 0, 1, safi][..], nlri, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat()
}

#[test]
fn a_route_is_the_update_that_announces_it() {
    // A FlowSpec rule of 4 octets, and one for which MP_REACH_NLRI needs two octets of length.
    let short = [4, 1, 24, 10, 0];
    let mut long = vec![0xF1, 0x00];
    long.extend([0x04; 256]);
    for nlri in [&short[..], &long] {
        let body = generic(133, nlri);
        let record = Record { seconds: 0, kind: 13, subtype: 6, body: &body };
        let Ok(Content::Rib(rib)) = record.read() else { panic!("{nlri:?}") };
        // What was in the buffer is not in the UPDATE.
        let mut update = vec![1, 2, 3];
        rib.update(rib.entries.first().unwrap(), &mut update).unwrap();
        let long = nlri.len() + 5 > 255;
        let value = [&[0, 1, 133, 0, 0][..], nlri].concat();
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        let head =
            if long { vec![0x90, 14, length[0], length[1]] } else { vec![0x80, 14, length[1]] };
        let attributes = [head, value].concat();
        let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
        assert_eq!(update, [&[0, 0][..], &length, &attributes].concat());
        let decoded = Update::decode(&update, &Negotiated::permissive(), Direction::Receive);
        assert!(decoded.is_ok());
    }
}
