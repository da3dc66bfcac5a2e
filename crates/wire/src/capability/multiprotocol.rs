//! Multiprotocol extensions (RFC 4760 section 8): `AFI(2) reserved(1) SAFI(1)`, one capability for each family.

use super::{Capabilities, Capability, CapabilityType, Repeat};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::json::push_separator;
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::MULTIPROTOCOL, repeat: Repeat::Join, check, json, text };

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    value.take(4, "multiprotocol family").map(|_| ())
}

fn families(value: &[u8]) -> Vec<Family> {
    let mut families = Vec::new();
    for [high, low, _, safi] in value.as_chunks::<4>().0 {
        let family = Family::new(Afi(u16::from_be_bytes([*high, *low])), Safi(*safi));
        if !families.contains(&family) {
            families.push(family);
        }
    }
    families
}

impl Capabilities {
    /// Capability 1: the families, each once, in the order announced.
    pub fn multiprotocol(&self) -> Vec<Family> {
        self.value(CapabilityCode::MULTIPROTOCOL).map(|value| families(&value)).unwrap_or_default()
    }

    /// Announces families: a capability for each.
    pub fn announce_multiprotocol(&mut self, families: impl IntoIterator<Item = Family>) {
        for family in families {
            let [high, low, safi] = family.octets();
            self.announce(CapabilityCode::MULTIPROTOCOL, &[high, low, 0, safi]);
        }
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"multiprotocol\", \"families\": [ ");
    let mut first = true;
    for family in families(capability.value) {
        push_separator(out, &mut first);
        push(out, &format!("\"{}/{}\"", family.afi, family.safi));
    }
    push(out, " ] }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let families: Vec<_> = families(capability.value).iter().map(Family::to_string).collect();
    push(out, &format!("Multiprotocol({})", families.join(",")));
}
