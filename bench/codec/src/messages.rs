//! The UPDATEs: what a full table looks like, the same in each run.

use bytes::Bytes;
use yottabgp_testkit::updates::{Random, update};

/// Octets of the header of a message.
pub const HEADER: usize = 19;

/// UPDATEs of one shape, different from each other in every value.
pub struct Batch {
    /// The beginning of the names of its rows.
    pub name: &'static str,
    /// Whether an UPDATE comes of the routes of an UPDATE: those of IPv6 have one each, as ExaBGP sends them.
    pub comes_back: bool,
    /// Whole messages, with their headers.
    pub messages: Vec<Bytes>,
}

/// How many UPDATEs a batch has: more than a predictor of branches learns by heart, less than the caches hold.
const MESSAGES: usize = 256;

/// The batches that are measured.
pub fn batches() -> Vec<Batch> {
    [
        ("IPv4, 1 prefix", 1, false),
        ("IPv4, 3 prefixes", 3, false),
        ("IPv4, 200 prefixes", 200, false),
        ("IPv6, 1 prefix", 1, true),
        ("IPv6, 3 prefixes", 3, true),
        ("IPv6, 200 prefixes", 200, true),
    ]
    .into_iter()
    .map(|(name, prefixes, ipv6)| {
        let mut random = Random::default();
        let message = |_| message(&update(&mut random, prefixes, ipv6));
        let messages = (0..MESSAGES).map(message).collect();
        Batch { name, comes_back: !ipv6 || prefixes == 1, messages }
    })
    .collect()
}

/// An UPDATE with its header.
fn message(body: &[u8]) -> Bytes {
    let length = (HEADER + body.len()) as u16;
    [&[0xFF; 16][..], &length.to_be_bytes(), &[2], body].concat().into()
}
