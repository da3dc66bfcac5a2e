//! Communities: standard (RFC 1997), large (RFC 8092) and extended (RFC 4360, RFC 5701).

pub mod bandwidth;
pub mod bgp_data_collection;
pub mod color;
pub mod consistent_hash;
pub mod cost;
pub mod default_gateway;
pub mod df_election;
pub mod e_tree;
pub mod encapsulation;
pub mod es_import;
pub mod esi_label;
pub mod evi_route_target;
pub mod extended;
pub mod extranet_separation;
pub mod extranet_source;
pub mod indirection_identifier;
pub mod interface_set;
pub mod ipv6;
pub mod l2_info;
pub mod l2vpn_identifier;
pub mod large;
pub mod layer2_attributes;
pub mod mac_mobility;
pub mod multicast_flags;
pub mod mup;
pub mod old;
pub mod origin;
pub mod origin_validation;
pub mod ospf_domain_identifier;
pub mod ospf_route_type;
pub mod ospf_router_identifier;
pub mod pmsi_flags;
pub mod qos_marking;
pub mod redirect;
pub mod redirect_to_next_hop;
pub mod redirect_to_next_hop_ietf;
pub mod registry;
pub mod route_target_record;
pub mod router_mac;
pub mod segmented_next_hop;
pub mod service_carving;
pub mod service_function_pool;
pub mod source_active_rp;
pub mod source_as;
pub mod standard;
pub mod target;
pub mod traffic_action;
pub mod traffic_mark;
pub mod traffic_rate;
pub mod transport_class;
pub mod vpn_distinguisher;
pub mod vrf_recursive_next_hop;
pub mod vrf_route_import;

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::io::text::push;
use crate::io::tokens::{Span, TextError};

/// Why a word is not a community: names the word, without a place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({help})")]
pub struct NotACommunity {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Cow<'static, str>,
}

impl NotACommunity {
    fn new(message: String, help: impl Into<Cow<'static, str>>) -> Self {
        Self { message, help: help.into() }
    }

    /// The error at a place.
    pub fn at(self, span: Span) -> TextError {
        TextError::new(span, self.message).help(self.help)
    }
}

/// Writes ` keyword [ a b ]`, or without brackets when there is only one: sorted by bytes, as ExaBGP shows them.
pub fn push_list_text<const N: usize>(
    keyword: &str,
    value: &[u8],
    each: impl Fn([u8; N], &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    let mut items: SmallVec<[[u8; N]; 16]> = SmallVec::from_slice(value.as_chunks::<N>().0);
    items.sort_unstable();
    push(out, keyword);
    if let [item] = items.as_slice() {
        out.push(b' ');
        each(*item, out);
        return;
    }
    push(out, " [");
    for item in items {
        out.push(b' ');
        each(item, out);
    }
    push(out, " ]");
}
