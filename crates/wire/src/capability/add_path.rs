//! ADD-PATH (RFC 7911 section 4): records of `AFI(2) SAFI(1) send/receive(1)`.

use super::{Capabilities, Capability, CapabilityType, Repeat, records};
use crate::codes::{Afi, CapabilityCode, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::ADD_PATH, repeat: Repeat::Join, check, json, text };

/// The bit that says that the sender can receive several paths.
pub const RECEIVE: u8 = 1;

/// The bit that says that the sender can send several paths.
pub const SEND: u8 = 2;

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    records(value, 4, "ADD-PATH")
}

/// Each family once; of several records of one family the last counts.
fn modes(value: &[u8]) -> Vec<(Family, u8)> {
    let mut modes: Vec<(Family, u8)> = Vec::new();
    for [high, low, safi, mode] in value.as_chunks::<4>().0 {
        let family = Family::new(Afi(u16::from_be_bytes([*high, *low])), Safi(*safi));
        match modes.iter_mut().find(|(other, _)| *other == family) {
            Some((_, earlier)) => *earlier = *mode,
            None => modes.push((family, *mode)),
        }
    }
    modes
}

fn mode_name(mode: u8) -> String {
    match mode {
        0 => "disabled".to_owned(),
        RECEIVE => "receive".to_owned(),
        SEND => "send".to_owned(),
        3 => "send/receive".to_owned(),
        _ => format!("invalid ({mode})"),
    }
}

impl Capabilities {
    /// Capability 69: each family with its Send/Receive field ([`RECEIVE`], [`SEND`], 3 for both). Other values are to be
    /// ignored (RFC 7911 section 4) and are left out.
    pub fn add_path(&self) -> Vec<(Family, u8)> {
        let value = self.value(CapabilityCode::ADD_PATH).unwrap_or_default();
        let mut modes = modes(&value);
        modes.retain(|(_, mode)| matches!(mode, 1..=3));
        modes
    }

    /// Announces families with their Send/Receive field.
    pub fn announce_add_path(&mut self, modes: impl IntoIterator<Item = (Family, u8)>) {
        let record = |(family, mode): (Family, u8)| {
            let [high, low, safi] = family.octets();
            [high, low, safi, mode]
        };
        self.announce_records(CapabilityCode::ADD_PATH, modes.into_iter().map(record));
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"name\": \"addpath\"");
    // ExaBGP leaves a blank after the first comma only.
    let mut comma = ", ";
    for (family, mode) in modes(capability.value) {
        let mode = mode_name(mode);
        push(out, &format!("{comma}\"{}/{}\": \"{mode}\"", family.afi, family.safi));
        comma = ",";
    }
    push(out, " }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let modes: Vec<_> = modes(capability.value)
        .into_iter()
        .map(|(family, mode)| format!("{} {family}", mode_name(mode)))
        .collect();
    push(out, &format!("AddPath({})", modes.join(",")));
}
