//! Extended next hop encoding (RFC 8950 section 4): records of `AFI(2) SAFI(2) next hop AFI(2)`.

use super::{Capabilities, Capability, CapabilityType, Repeat, records};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::NEXT_HOP, repeat: Repeat::Join, check, json, text };

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    records(value, 6, "extended next hop encoding")
}

/// The conversions; a SAFI above 255, which can not be, is left out.
fn conversions(value: &[u8]) -> impl Iterator<Item = (Family, Afi)> {
    value.as_chunks::<6>().0.iter().filter(|record| record[2] == 0).map(|record| {
        let [afi_high, afi_low, _, safi, next_hop_high, next_hop_low] = *record;
        let afi = Afi(u16::from_be_bytes([afi_high, afi_low]));
        let next_hop = Afi(u16::from_be_bytes([next_hop_high, next_hop_low]));
        (Family::new(afi, Safi(safi)), next_hop)
    })
}

impl Capabilities {
    /// Capability 5: families that may have a next hop of another address family, in the order announced.
    pub fn next_hop(&self) -> Vec<(Family, Afi)> {
        let value = self.value(CapabilityCode::NEXT_HOP).unwrap_or_default();
        conversions(&value).collect()
    }

    /// Announces families that may have a next hop of another address family.
    pub fn announce_next_hop(&mut self, conversions: impl IntoIterator<Item = (Family, Afi)>) {
        let record = |(family, next_hop): (Family, Afi)| {
            let [afi_high, afi_low, safi] = family.octets();
            let [next_hop_high, next_hop_low] = next_hop.0.to_be_bytes();
            [afi_high, afi_low, 0, safi, next_hop_high, next_hop_low]
        };
        self.announce_records(CapabilityCode::NEXT_HOP, conversions.into_iter().map(record));
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"nexthop\", \"conversion\": [");
    let mut first = true;
    for (family, next_hop) in conversions(capability.value) {
        push(out, if first { " " } else { ", " });
        first = false;
        push(out, &format!("\"{}/{}/{next_hop}\"", family.afi, family.safi));
    }
    push(out, " ] }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let conversions: Vec<_> = conversions(capability.value)
        .map(|(family, next_hop)| format!("{family} {next_hop}"))
        .collect();
    push(out, &format!("NextHop({})", conversions.join(",")));
}
