//! Long-lived graceful restart (RFC 9494 section 3.1): records of `AFI(2) SAFI(1) flags(1) stale time(3)`.

use super::{Capabilities, Capability, CapabilityType, Repeat, records};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::LONG_LIVED_GRACEFUL_RESTART,
    repeat: Repeat::KeepLast,
    check,
    json,
    text,
};

/// What capability 71 says of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongLivedFamily {
    /// The family.
    pub family: Family,
    /// The F bit: forwarding went on during the restart.
    pub forwarding: bool,
    /// Seconds that stale routes may be kept: 0 to 16777215.
    pub stale_time: u32,
}

const FORWARDING: u8 = 0x80;

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    records(value, 7, "long-lived graceful restart")
}

fn families(value: &[u8]) -> impl Iterator<Item = LongLivedFamily> {
    value.as_chunks::<7>().0.iter().map(|record| {
        let [afi_high, afi_low, safi, flags, high, middle, low] = *record;
        LongLivedFamily {
            family: Family::new(Afi(u16::from_be_bytes([afi_high, afi_low])), Safi(safi)),
            forwarding: flags & FORWARDING != 0,
            stale_time: u32::from_be_bytes([0, high, middle, low]),
        }
    })
}

impl Capabilities {
    /// Capability 71: what is said of each family.
    pub fn long_lived_graceful_restart(&self) -> Vec<LongLivedFamily> {
        let value = self.value(CapabilityCode::LONG_LIVED_GRACEFUL_RESTART).unwrap_or_default();
        families(&value).collect()
    }

    /// Announces long-lived graceful restart; a time that needs more than 24 bits is cut to what they hold, families
    /// beyond the 36th are left out.
    pub fn announce_long_lived_graceful_restart(
        &mut self,
        families: impl IntoIterator<Item = LongLivedFamily>,
    ) {
        let mut value = Vec::new();
        for said in families.into_iter().take(36) {
            value.extend_from_slice(&said.family.octets());
            let flags = if said.forwarding { u32::from(FORWARDING) << 24 } else { 0 };
            value.extend_from_slice(&(flags | said.stale_time.min(0x00ff_ffff)).to_be_bytes());
        }
        self.announce(CapabilityCode::LONG_LIVED_GRACEFUL_RESTART, &value);
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"long-lived-graceful-restart\"");
    for LongLivedFamily { family, forwarding, stale_time } in families(capability.value) {
        push(
            out,
            &format!(
                ", \"{}/{}\": {{ \"stale-time\": {stale_time}, \"forwarding\": {forwarding} }}",
                family.afi, family.safi
            ),
        );
    }
    push(out, " }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "Long-Lived Graceful Restart");
    for LongLivedFamily { family, forwarding, stale_time } in families(capability.value) {
        let flags = if forwarding { FORWARDING } else { 0 };
        push(out, &format!(" {}/{}=0x{flags:02x}:{stale_time}", family.afi, family.safi));
    }
}
