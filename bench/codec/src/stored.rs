//! Routes as this project's Adj-RIB-Out has them: what an UPDATE is written of.

use bytes::Bytes;
use yottabgp_wire::attribute::set::push_received;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

use crate::messages::HEADER;

/// Attributes that are kept beside the set.
const NEXT_HOP: u8 = 3;
const MP_REACH_NLRI: u8 = 14;

/// The routes of an UPDATE.
pub struct Stored {
    next_hop: NextHop,
    family: Family,
    /// The attributes, the length of each NLRI, and the NLRI one behind the other.
    octets: Vec<u8>,
    /// How many octets of attributes there are, and how many NLRI.
    set: usize,
    count: usize,
}

impl Stored {
    /// What an UPDATE announces.
    pub fn of(message: &Bytes, negotiated: &Negotiated) -> Self {
        let update = Update::decode(&message[HEADER..], negotiated, Direction::Receive)
            .expect("a good UPDATE");
        let mut set = Vec::new();
        for attribute in update.attributes() {
            if ![NEXT_HOP, MP_REACH_NLRI].contains(&attribute.code) {
                push_received(&attribute, &mut set);
            }
        }
        let (next_hop, nlri) = update.announced().next().expect("routes");
        let nlri: Vec<_> = nlri.map(|one| one.expect("a good NLRI")).collect();
        let family = nlri[0].family;
        let mut nlri: Vec<_> = nlri.iter().map(|one| one.bytes).collect();
        // As tables have them; the encoder would sort them, which no other does.
        nlri.sort();
        let lengths: Vec<u8> = nlri.iter().map(|one| one.len() as u8).collect();
        let octets = [set.as_slice(), &lengths, &nlri.concat()].concat();
        let next_hop = match <[u8; 4]>::try_from(next_hop) {
            Ok(octets) => NextHop::V4(octets.into()),
            Err(_) => NextHop::V6(<[u8; 16]>::try_from(next_hop).expect("one address").into()),
        };
        Self { next_hop, family, octets, set: set.len(), count: nlri.len() }
    }

    /// Writes the UPDATE that announces them.
    pub fn encode(&self, encoder: &mut UpdateEncoder, negotiated: &Negotiated, out: &mut Vec<u8>) {
        let Self { next_hop, family, .. } = self;
        let (set, rest) = self.octets.split_at(self.set);
        let (lengths, mut rest) = rest.split_at(self.count);
        let nlri = lengths.iter().map(|length| {
            let (bytes, others) = rest.split_at(usize::from(*length));
            rest = others;
            Nlri { family: *family, path_id: None, bytes }
        });
        encoder
            .announce(negotiated, true, set, *next_hop, *family, nlri, out)
            .expect("routes that can be sent");
    }
}
