//! What every event of a peer says about it, written once.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::io::text::{push, push_decimal, push_ip, push_ipv4};

/// The peer in events: prepared, since most of an event's octets are these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub(super) json: Vec<u8>,
    /// Without our identifier.
    pub(super) json_4: Vec<u8>,
    pub(super) json_3_4: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) receive: Vec<u8>,
    pub(super) send: Vec<u8>,
}

impl Label {
    /// Of a peer: addresses, configured AS numbers (`None` for `auto`, shown as 0) and our identifier (left out when it is
    /// 0.0.0.0). To be made anew when the connection tells what was `auto`.
    pub fn new(
        local_address: Option<IpAddr>,
        peer_address: IpAddr,
        local_as: Option<Asn>,
        peer_as: Option<Asn>,
        router_id: Ipv4Addr,
    ) -> Self {
        let mut json = Vec::with_capacity(192);
        push(&mut json, "\"neighbor\": { \"address\": { \"local\": \"");
        match local_address {
            Some(address) => push_ip(&mut json, address),
            None => push(&mut json, "auto"),
        }
        push(&mut json, "\", \"peer\": \"");
        push_ip(&mut json, peer_address);
        push(&mut json, "\" }, \"asn\": { \"local\": ");
        push_decimal(&mut json, local_as.map_or(0, |asn| u64::from(asn.0)));
        push(&mut json, ", \"peer\": ");
        push_decimal(&mut json, peer_as.map_or(0, |asn| u64::from(asn.0)));
        push(&mut json, " }");
        let mut json_4 = json.clone();
        json_4.push(b' ');
        if !router_id.is_unspecified() {
            push(&mut json, ", \"router-id\": \"");
            push_ipv4(&mut json, router_id);
            json.push(b'"');
        }
        json.push(b' ');

        let mut text = Vec::with_capacity(48);
        push(&mut text, "neighbor ");
        push_ip(&mut text, peer_address);
        let with = |word: &str| [text.as_slice(), word.as_bytes()].concat();
        let mut json_3_4 = Vec::with_capacity(192);
        push(&mut json_3_4, "\"neighbor\": { \"ip\": \"");
        push_ip(&mut json_3_4, peer_address);
        push(&mut json_3_4, "\", \"address\": { \"local\": \"");
        match local_address {
            Some(address) => push_ip(&mut json_3_4, address),
            None => push(&mut json_3_4, "auto"),
        }
        push(&mut json_3_4, "\", \"peer\": \"");
        push_ip(&mut json_3_4, peer_address);
        push(&mut json_3_4, "\"}, \"asn\": { \"local\": \"");
        push_decimal(&mut json_3_4, local_as.map_or(0, |asn| u64::from(asn.0)));
        push(&mut json_3_4, "\", \"peer\": \"");
        push_decimal(&mut json_3_4, peer_as.map_or(0, |asn| u64::from(asn.0)));
        push(&mut json_3_4, "\"}");
        Self { json, json_4, json_3_4, receive: with(" receive"), send: with(" send"), text }
    }

    /// The same with words before what lines for people say of the peer: who told it, where it is no session of our own.
    #[must_use]
    pub fn told_by(mut self, words: &str) -> Self {
        for text in [&mut self.text, &mut self.receive, &mut self.send] {
            text.splice(..0, words.bytes());
        }
        self
    }
}
