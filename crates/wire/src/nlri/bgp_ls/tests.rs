//! The octets and faces of BGP-LS NLRI.

use proptest::prelude::*;

use super::layout::{PREFIX_6, push_sorted};
use super::*;
use crate::nlri::{JsonForm, NlriContext};
use crate::route::push_command;

const PLAIN: Family = Family::new(Afi::BGP_LS, Safi::BGP_LS);
const VPN: Family = Family::new(Afi::BGP_LS, Safi::BGP_LS_VPN);

fn tlv(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap().to_be_bytes();
    [&code.to_be_bytes()[..], &length, value].concat()
}

/// A descriptor of one of these types and lengths.
fn one(kinds: &'static [(u16, usize)]) -> impl Strategy<Value = (u16, Vec<u8>)> {
    let of =
        |(code, length)| prop::collection::vec(any::<u8>(), length).prop_map(move |v| (code, v));
    prop::sample::select(kinds).prop_flat_map(of)
}

/// Descriptors of a node, each type once.
fn node() -> impl Strategy<Value = Vec<u8>> {
    const KINDS: &[(u16, usize)] = &[
        (512, 4),
        (513, 4),
        (514, 4),
        (514, 16),
        (515, 4),
        (515, 6),
        (515, 7),
        (515, 8),
        (516, 4),
        (517, 4),
        (600, 3),
        (1028, 4),
        (1029, 16),
    ];
    prop::collection::btree_map(0..20u8, one(KINDS), 0..5).prop_map(|all| {
        let mut all: Vec<_> = all.into_values().collect();
        all.sort();
        all.dedup_by_key(|(code, _)| *code);
        all.iter().flat_map(|(code, value)| tlv(*code, value)).collect()
    })
}

/// An NLRI that is right, in this family and of this type.
fn nlri() -> impl Strategy<Value = (Family, u16, Vec<u8>)> {
    const KINDS: &[(u16, usize)] = &[
        (258, 8),
        (259, 4),
        (260, 4),
        (261, 16),
        (262, 16),
        (264, 1),
        (270, 4),
        (271, 4),
        (272, 16),
        (518, 16),
        (999, 0),
        (999, 5),
    ];
    let others = prop::collection::vec(one(KINDS), 0..4);
    let head = prop::collection::vec(any::<u8>(), 9);
    let bits = any::<(u8, [u8; 16])>();
    (any::<bool>(), 1..9u16, any::<[u8; 8]>(), head, node(), node(), others, bits).prop_map(
        |(vpn, kind, rd, head, local, remote, others, (bits, octets))| {
            let mut descriptors = [tlv(256, &local), tlv(257, &remote)].concat();
            descriptors.extend(others.iter().flat_map(|(code, value)| tlv(*code, value)));
            let most = if kind == PREFIX_6 { 128 } else { 32 };
            let prefix = [&[bits % (most + 1)][..], &octets].concat();
            let whole = 1 + usize::from(prefix[0].div_ceil(8));
            descriptors.extend(tlv(265, &prefix[..whole]));
            let mut body = if vpn { rd.to_vec() } else { Vec::new() };
            body.extend(head);
            push_sorted(&descriptors, &mut body);
            (if vpn { VPN } else { PLAIN }, kind, tlv(kind, &body))
        },
    )
}

proptest! {
    #[test]
    fn what_is_right_has_words_and_json((family, kind, bytes) in nlri()) {
        prop_assert_eq!(check(family, &bytes), Ok(()));
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(take(family, &mut reader), Ok(&bytes[..]));
        let nlri = Nlri { family, path_id: Some(5), bytes: &bytes };
        let (mut words, mut json) = (Vec::new(), Vec::new());
        // It is octets unless the words are read back to the same.
        push_command(nlri, &mut words);
        let words = String::from_utf8(words).unwrap();
        let is_octets = words.split(' ').nth(2).is_some_and(|word| word.starts_with("0x"));
        prop_assert_eq!(is_octets, kind == 8, "{}", words);
        for layout in crate::layout::Layout::ALL {
            json.clear();
            let form = JsonForm { layout, ..JsonForm::default() };
            nlri.json(&NlriContext { form, next_hop: None }, &mut json);
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!(json["ls-nlri-type"].is_string(), kind < 8);
            prop_assert_eq!(&json["path-information"], "0.0.0.5");
        }
    }

    #[test]
    fn any_octets_have_words_and_json(vpn: bool, kind in 0..9u16, octets: Vec<u8>) {
        let family = if vpn { VPN } else { PLAIN };
        let bytes = tlv(kind, &octets);
        let nlri = Nlri { family, path_id: None, bytes: &bytes };
        let (mut words, mut json) = (Vec::new(), Vec::new());
        push_command(nlri, &mut words);
        nlri.json(&NlriContext::default(), &mut json);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        let _ = check(family, &bytes);
    }
}
