//! What the fuzz target of `bmp` checks. Here, so that a normal test can replay the corpus.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_bmp::{Frame, Router, What};
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::negotiated::Direction;

/// What a router writes: every member of an event is JSON, UPDATEs are read as its OPENs say, and what is written again is the same.
pub(crate) fn bmp(mut data: &[u8]) {
    let mut router: Router<()> = Router::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
    while let Ok(Some((frame, length))) = Frame::take(data) {
        let mut again = Vec::new();
        yottabgp_bmp::push(frame.kind, &mut again, |out| out.extend_from_slice(frame.body));
        assert_eq!(again, data[..length]);
        let taken = router.take(frame, &mut |told| {
            member(told.member);
            let Some(session) = told.session else { return };
            if let What::Message { octets, is_sent } = told.what
                && let Some(body) = octets.get(19..)
            {
                let negotiated = session.read(is_sent);
                let scrutiny = Scrutiny::Inspection;
                let _ = Update::decode_with(body, negotiated, Direction::Receive, scrutiny);
            }
        });
        assert_eq!(taken, Ok(()));
        data = &data[length..];
    }
    router.lost(&mut |told| member(told.member));
}

/// Fails unless it is one member of an object.
fn member(member: &[u8]) {
    let object = [b"{", member, b"}"].concat();
    match serde_json::from_slice::<serde_json::Value>(&object) {
        Ok(value) => assert_eq!(value.as_object().map(|object| object.len()), Some(1)),
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(member)),
    }
}
