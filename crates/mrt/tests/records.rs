//! Records of any octets, and what is counted of them before they are read. What is written is in `written.rs`.

use proptest::collection::vec;
use proptest::prelude::*;
use yottabgp_mrt::{Content, Record};
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
