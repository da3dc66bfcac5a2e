//! EVI-RT (RFC 9251 section 9.5): the route target of the EVPN instance that a multicast synchronisation route is for, with the
//! subtype by its form: `AS(2) number(4)`, `address(4) number(2)` or `AS(4) number(2)`.

use super::extended::{
    ExtendedCommunityType, FOUR_OCTET_AS, IPV4_ADDRESS, TWO_OCTET_AS, Usual, parse_administrator,
    push_exact_administrator,
};

const TYPE: u8 = 0x06;
/// The subtypes and the types of route targets that they stand for.
const FORMS: [(u8, u8); 3] = [(0x0a, TWO_OCTET_AS), (0x0b, IPV4_ADDRESS), (0x0c, FOUR_OCTET_AS)];

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(TYPE, 0x0a), (TYPE, 0x0b), (TYPE, 0x0c)],
    keywords: &["evi-target"],
    text: |[_, subtype, a, b, c, d, e, f], out| {
        let form = FORMS.iter().find(|(of, _)| *of == subtype).map_or(TWO_OCTET_AS, |form| form.1);
        push_exact_administrator("evi-target", [form, subtype, a, b, c, d, e, f], out);
    },
    usual: Usual::Transitive,
    members: None,
    parse: Some(|_, value| {
        let [form, _, a, b, c, d, e, f] = parse_administrator(0, value)?;
        let subtype = FORMS.iter().find(|(_, of)| *of == form).map_or(0x0a, |form| form.0);
        Ok([TYPE, subtype, a, b, c, d, e, f])
    }),
};
