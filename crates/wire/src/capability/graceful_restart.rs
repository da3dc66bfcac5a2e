//! Graceful restart (RFC 4724 section 3, RFC 8538 section 2): `flags(4 bits) time(12 bits)`, then records of
//! `AFI(2) SAFI(1) flags(1)`.

use super::{Capabilities, Capability, CapabilityType, Repeat, records};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::GRACEFUL_RESTART,
    repeat: Repeat::KeepLast,
    check,
    json,
    text,
};

/// What capability 64 says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GracefulRestartCapability {
    /// The R bit: the sender restarted.
    pub restarted: bool,
    /// The N bit (RFC 8538): a NOTIFICATION need not end the use of routes.
    pub notification: bool,
    /// Seconds that the sender may need to be back: 0 to 4095.
    pub time: u16,
    /// The families whose routes may be kept, with the F bit: forwarding went on during the restart.
    pub families: Vec<(Family, bool)>,
}

const RESTARTED: u8 = 0x8;
const NOTIFICATION: u8 = 0x4;
const FORWARDING: u8 = 0x80;

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    value.u16("graceful restart time")?;
    records(value, 4, "graceful restart family")
}

/// The flags and the time.
fn head(value: &[u8]) -> (u8, u16) {
    let [high, low] = value.first_chunk().copied().unwrap_or_default();
    (high >> 4, u16::from_be_bytes([high & 0x0f, low]))
}

/// The families with their flags; of several of one family the last counts.
fn families(value: &[u8]) -> Vec<(Family, u8)> {
    let mut families: Vec<(Family, u8)> = Vec::new();
    for [high, low, safi, flags] in value.get(2..).unwrap_or_default().as_chunks::<4>().0 {
        let family = Family::new(Afi(u16::from_be_bytes([*high, *low])), Safi(*safi));
        match families.iter_mut().find(|(other, _)| *other == family) {
            Some((_, earlier)) => *earlier = *flags,
            None => families.push((family, *flags)),
        }
    }
    families
}

impl Capabilities {
    /// Capability 64.
    pub fn graceful_restart(&self) -> Option<GracefulRestartCapability> {
        let value = self.value(CapabilityCode::GRACEFUL_RESTART)?;
        let (flags, time) = head(&value);
        Some(GracefulRestartCapability {
            restarted: flags & RESTARTED != 0,
            notification: flags & NOTIFICATION != 0,
            time,
            families: families(&value)
                .into_iter()
                .map(|(family, flags)| (family, flags & FORWARDING != 0))
                .collect(),
        })
    }

    /// Announces graceful restart; a time above 4095 seconds is cut to that, families beyond the 63rd are left out.
    pub fn announce_graceful_restart(&mut self, said: &GracefulRestartCapability) {
        let flags = u16::from(said.restarted) << 15 | u16::from(said.notification) << 14;
        let mut value = (flags | said.time.min(0x0fff)).to_be_bytes().to_vec();
        for (family, forwarding) in said.families.iter().take(63) {
            value.extend_from_slice(&family.octets());
            value.push(if *forwarding { FORWARDING } else { 0 });
        }
        self.announce(CapabilityCode::GRACEFUL_RESTART, &value);
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    // ExaBGP names the F bit "restart" and the R bit "forwarding"; who reads its events relies on that.
    let (flags, time) = head(capability.value);
    push(out, &format!("{{ \"name\": \"graceful restart\", \"time\": {time}, "));
    push(out, "\"address-family-flags\": { ");
    let families: Vec<_> = families(capability.value)
        .into_iter()
        .map(|(family, flags)| {
            let flags = if flags & FORWARDING == 0 { " " } else { " \"restart\" " };
            format!("\"{}/{}\": [{flags}]", family.afi, family.safi)
        })
        .collect();
    push(out, &families.join(" , "));
    push(out, if families.is_empty() { "}, " } else { " }, " });
    push(out, "\"restart-flags\": [ ");
    if flags & RESTARTED != 0 {
        push(out, "\"forwarding\" ");
    }
    push(out, "]  }");
}

/// The same as ExaBGP 4 wrote it: with a blank less.
pub(super) fn json_4(capability: Capability<'_>, out: &mut Vec<u8>) {
    json(capability, out);
    if out.ends_with(b"]  }") {
        out.truncate(out.len() - 2);
        out.push(b'}');
    }
}

/// The same as ExaBGP 3.4 wrote it.
pub(super) fn json_3_4(capability: Capability<'_>, out: &mut Vec<u8>) {
    let (flags, time) = head(capability.value);
    push(out, "{ \"restart flags\": [ ");
    push(out, if flags & RESTARTED != 0 { "\"forwarding\" ] " } else { "] " });
    push(out, ",\"address family flags\": { ");
    let families: Vec<_> = families(capability.value)
        .into_iter()
        .map(|(family, flags)| {
            let flags = if flags & FORWARDING == 0 { " " } else { " \"restart\" " };
            format!("\"{}/{}\": [{flags}]", family.afi, family.safi)
        })
        .collect();
    push(out, &families.join(", "));
    push(out, &format!("}} ,\"name\": \"graceful restart\",\"time\": {time}}} "));
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let (flags, time) = head(capability.value);
    push(out, &format!("Graceful Restart Flags 0x{flags:x} Time {time}"));
    for (family, flags) in families(capability.value) {
        push(out, &format!(" {}/{}=0x{flags:x}", family.afi, family.safi));
    }
}
