//! Paths limit (draft-abraitis-idr-addpath-paths-limit): records of `AFI(2) SAFI(1) limit(2)`.

use super::{Capabilities, Capability, CapabilityType, Repeat, records};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::PATHS_LIMIT, repeat: Repeat::Join, check, json, text };

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    records(value, 5, "paths limit")
}

/// Each family once: the first that is not 0, which means nothing.
fn limits(value: &[u8]) -> Vec<(Family, u16)> {
    let mut limits: Vec<(Family, u16)> = Vec::new();
    for [high, low, safi, limit_high, limit_low] in value.as_chunks::<5>().0 {
        let family = Family::new(Afi(u16::from_be_bytes([*high, *low])), Safi(*safi));
        let limit = u16::from_be_bytes([*limit_high, *limit_low]);
        if limit != 0 && !limits.iter().any(|(other, _)| *other == family) {
            limits.push((family, limit));
        }
    }
    limits
}

impl Capabilities {
    /// Capability 76: the most paths of a prefix that the sender wants, by family.
    pub fn paths_limit(&self) -> Vec<(Family, u16)> {
        let value = self.value(CapabilityCode::PATHS_LIMIT).unwrap_or_default();
        limits(&value)
    }

    /// Announces the most paths of a prefix that are wanted, by family.
    pub fn announce_paths_limit(&mut self, limits: impl IntoIterator<Item = (Family, u16)>) {
        let record = |(family, limit): (Family, u16)| {
            let [high, low, safi] = family.octets();
            let [limit_high, limit_low] = limit.to_be_bytes();
            [high, low, safi, limit_high, limit_low]
        };
        self.announce_records(CapabilityCode::PATHS_LIMIT, limits.into_iter().map(record));
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"paths-limit\"");
    for (family, limit) in limits(capability.value) {
        push(out, &format!(", \"{}/{}\": {limit}", family.afi, family.safi));
    }
    push(out, " }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let limits: Vec<_> = limits(capability.value)
        .into_iter()
        .map(|(family, limit)| format!("{family} {limit}"))
        .collect();
    push(out, &format!("PathsLimit({})", limits.join(",")));
}
