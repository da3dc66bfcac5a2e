//! What routers said of themselves and of their sessions, to be told again to helpers that were not there.

use std::collections::HashMap;

use yottabgp_bmp::SessionKey;

/// The longest message that is kept, in octets: a Peer Up has two OPENs of at most 4,096 octets.
const LONGEST: usize = 16 * 1024;

/// Octets of Peer Ups that are kept of a router: enough for 100,000 sessions whose OPENs are as long as usual.
const MOST: usize = 32 * 1024 * 1024;

/// Bodies of messages that are still true.
#[derive(Debug, Default)]
pub(super) struct KeptMessages {
    initiation: Vec<u8>,
    peer_ups: HashMap<SessionKey, Box<[u8]>>,
    /// Octets of all Peer Ups.
    octets: usize,
}

impl KeptMessages {
    /// The router said what it is. One that can not be kept is forgotten, as what was said before is not true any more.
    pub(super) fn initiation(&mut self, body: &[u8]) {
        self.initiation.clear();
        if body.len() <= LONGEST {
            self.initiation.extend_from_slice(body);
        }
    }

    /// What the router said that it is; empty when that is not known.
    pub(super) fn of_router(&self) -> &[u8] {
        &self.initiation
    }

    /// A session came up.
    pub(super) fn up(&mut self, key: SessionKey, body: &[u8]) {
        self.down(&key);
        if body.len() <= LONGEST && self.octets + body.len() <= MOST {
            self.octets += body.len();
            self.peer_ups.insert(key, body.into());
        }
    }

    /// A session ended.
    pub(super) fn down(&mut self, key: &SessionKey) {
        if let Some(body) = self.peer_ups.remove(key) {
            self.octets -= body.len();
        }
    }

    /// How a session came up; empty when that is not known.
    pub(super) fn of_session(&self, key: &SessionKey) -> &[u8] {
        self.peer_ups.get(key).map(|body| &**body).unwrap_or_default()
    }

    /// The connection ended.
    pub(super) fn lost(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use yottabgp_bmp::PeerType;

    use super::*;

    fn key(number: u32) -> SessionKey {
        let address = IpAddr::V4(Ipv4Addr::from(number));
        SessionKey { kind: PeerType::GLOBAL, distinguisher: [0; 8], address }
    }

    #[test]
    fn messages_are_kept_within_bounds_and_until_they_are_not_true_any_more() {
        let mut kept = KeptMessages::default();
        kept.up(key(1), &[1; 100]);
        kept.up(key(1), &[2; 50]);
        assert_eq!((kept.of_session(&key(1)), kept.octets), (&[2; 50][..], 50));
        // One that is too long leaves nothing of the one before it.
        kept.up(key(1), &vec![3; LONGEST + 1]);
        assert_eq!((kept.of_session(&key(1)), kept.octets), (&[][..], 0));
        let many = u32::try_from(2 * MOST / LONGEST).unwrap();
        for number in 0..many {
            kept.up(key(number), &vec![4; LONGEST]);
        }
        assert_eq!((kept.octets, kept.peer_ups.len()), (MOST, MOST / LONGEST));
        for number in 0..many {
            kept.down(&key(number));
        }
        assert_eq!((kept.octets, kept.peer_ups.len()), (0, 0));
        kept.initiation(&[5; 10]);
        assert_eq!(kept.of_router(), [5; 10]);
        kept.initiation(&vec![6; LONGEST + 1]);
        assert!(kept.of_router().is_empty());
    }
}
