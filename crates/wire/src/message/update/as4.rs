//! Four-octet AS numbers from a peer that has only two (RFC 6793 section 4.2.3).

use super::decode::{AGGREGATOR, AS_PATH, AS4_AGGREGATOR, AS4_PATH};
use super::fault::{About, Kind, UpdateFault};
use super::{Held, Update};
use crate::asn::Asn;
use crate::attribute::as_path;

/// The attributes that carry what does not fit in two octets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FourOctet<'a> {
    /// AS4_PATH.
    pub(super) path: Option<&'a [u8]>,
    /// AS4_AGGREGATOR.
    pub(super) aggregator: Option<&'a [u8]>,
}

/// Makes every AS number of the update have four octets.
#[cold]
pub(super) fn reconcile(update: &mut Update<'_>, mut four: FourOctet<'_>, asn4: bool) {
    if asn4 {
        for (code, value) in [(AS4_PATH, four.path), (AS4_AGGREGATOR, four.aggregator)] {
            if value.is_some() {
                discard(update, code, "from a peer with four-octet AS numbers");
            }
        }
        return;
    }
    match find(update, AGGREGATOR).zip(two_octet_aggregator(update)) {
        Some((index, (asn, address))) => {
            let translated = asn == Asn::TRANS.two_octets();
            if four.aggregator.is_some() && !translated {
                four = FourOctet::default();
            }
            let mut wide = [0, 0, 0, 0, 0, 0, 0, 0];
            match four.aggregator.and_then(|value| value.first_chunk::<8>()) {
                Some(value) => wide = *value,
                None => {
                    let octets = u32::from(asn).to_be_bytes().into_iter().chain(address);
                    for (to, from) in wide.iter_mut().zip(octets) {
                        *to = from;
                    }
                }
            }
            rewrite(update, index, &wide);
        }
        None if four.aggregator.is_some() => {
            discard(update, AS4_AGGREGATOR, "without an AGGREGATOR");
        }
        None => {}
    }
    let index = find(update, AS_PATH);
    let path = index.and_then(|index| wire(update, index));
    match index.zip(path) {
        Some((index, path)) => {
            let merged = as_path::merge(path, four.path.unwrap_or_default());
            rewrite(update, index, &merged);
        }
        None if four.path.is_some() => discard(update, AS4_PATH, "without an AS_PATH"),
        None => {}
    }
}

fn discard(update: &mut Update<'_>, code: u8, reason: &'static str) {
    let about = About { attribute: Some(code), ..About::default() };
    update.faults.push(UpdateFault::new(Kind::FourOctet, about, reason));
}

fn find(update: &Update<'_>, code: u8) -> Option<usize> {
    update.attributes.iter().position(|held| held.code == code)
}

fn wire<'a>(update: &Update<'a>, index: usize) -> Option<&'a [u8]> {
    let held = update.attributes.get(index).filter(|held| !held.is_owned)?;
    Some(held.within(update.body))
}

fn two_octet_aggregator(update: &Update<'_>) -> Option<(u16, [u8; 4])> {
    let value = wire(update, find(update, AGGREGATOR)?)?;
    let (asn, address) = value.split_first_chunk::<2>()?;
    Some((u16::from_be_bytes(*asn), *address.first_chunk()?))
}

/// Gives an attribute another value.
fn rewrite(update: &mut Update<'_>, index: usize, value: &[u8]) {
    let start = u32::try_from(update.owned.len()).unwrap_or(u32::MAX);
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    update.owned.extend_from_slice(value);
    if let Some(held) = update.attributes.get_mut(index) {
        *held = Held { is_owned: true, length, start, ..*held };
    }
}
