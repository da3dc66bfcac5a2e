//! What routers that tests play tell by BMP.

use std::net::Ipv4Addr;
use std::time::Duration;

use yottabgp_bmp::{Information, MessageType, PeerHeader, PeerType, Policy, RibView, push};
use yottabgp_wire::asn::Asn;

pub(crate) fn peer() -> PeerHeader {
    PeerHeader {
        kind: PeerType::GLOBAL,
        view: RibView::AdjRibIn,
        policy: Policy::Pre,
        has_two_octet_as_path: false,
        is_filtered: false,
        is_ipv6: false,
        distinguisher: [0; 8],
        address: Ipv4Addr::new(192, 0, 2, 1).into(),
        asn: Asn(65001),
        router_id: Ipv4Addr::new(10, 0, 0, 1),
        time: Duration::new(1_800_000_000, 250_000_000),
    }
}

pub(crate) fn bgp(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(19 + body.len()).unwrap().to_be_bytes();
    [&[0xff; 16][..], &length, &[kind], body].concat()
}

/// An OPEN: multiprotocol IPv4 unicast, four-octet AS, ADD-PATH as told (1 receive, 2 send, 3 both).
pub(crate) fn open(asn: u16, add_path: u8) -> Vec<u8> {
    let [high, low] = asn.to_be_bytes();
    let capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, high, low, 69, 4, 0, 1, 1, add_path];
    let mut body = vec![4, high, low, 0, 180, 10, 0, 0, low, 20, 2, 18];
    body.extend(capabilities);
    bgp(1, &body)
}

/// An UPDATE with a path of AS 65001 in so many octets, and these octets of NLRI.
pub(crate) fn update(as_path: &[u8], nlri: &[u8]) -> Vec<u8> {
    let length = u8::try_from(as_path.len()).unwrap();
    let attributes =
        [&[0x40, 1, 1, 0][..], &[0x40, 2, length], as_path, &[0x40, 3, 4, 192, 0, 2, 1]].concat();
    let body =
        [&[0, 0, 0, u8::try_from(attributes.len()).unwrap()][..], &attributes, nlri].concat();
    bgp(2, &body)
}

pub(crate) const PATH: [u8; 6] = [2, 1, 0, 0, 0xfd, 0xe9];

pub(crate) fn about(kind: MessageType, peer: &PeerHeader, rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push(kind, &mut out, |out| {
        peer.push(out);
        out.extend_from_slice(rest);
    });
    out
}

pub(crate) fn initiation() -> Vec<u8> {
    let mut out = Vec::new();
    push(MessageType::INITIATION, &mut out, |out| {
        Information { kind: 2, value: b"r1" }.push(out);
        Information { kind: 1, value: b"a \"router\"" }.push(out);
    });
    out
}

/// Both ends of the session: 192.0.2.2 port 179, 40000.
pub(crate) fn up(peer: &PeerHeader, sent: &[u8], received: &[u8]) -> Vec<u8> {
    let ends = [&[0; 12][..], &[192, 0, 2, 2], &[0, 179, 0x9c, 0x40]].concat();
    about(MessageType::PEER_UP, peer, &[&ends, sent, received].concat())
}

pub(crate) fn routes(peer: &PeerHeader, update: &[u8]) -> Vec<u8> {
    about(MessageType::ROUTE_MONITORING, peer, update)
}
