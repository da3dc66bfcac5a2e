//! Software version (draft-abraitis-bgp-version-capability): `length(1) version`, UTF-8.

use super::hostname::take_name;
use super::{Capabilities, Capability, CapabilityType, Repeat};
use crate::codes::CapabilityCode;
use crate::io::json::push_string;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_escaped};

/// The row of the registry.
pub const ROW: CapabilityType = CapabilityType {
    code: CapabilityCode::SOFTWARE_VERSION,
    repeat: Repeat::KeepLast,
    check,
    json,
    text,
};

/// The longest version that we send, in octets.
const LONGEST: usize = 64;

fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    take_name(value, "software version").map(|_| ())
}

fn version(value: &[u8]) -> &str {
    take_name(&mut Reader::new(value), "software version").unwrap_or_default()
}

impl Capabilities {
    /// Capability 75: the software and its version.
    pub fn software_version(&self) -> Option<String> {
        let value = self.value(CapabilityCode::SOFTWARE_VERSION)?;
        Some(version(&value).to_owned())
    }

    /// Announces a software and its version, cut to 64 octets that end in dots.
    pub fn announce_software_version(&mut self, version: &str) {
        let mut text = version.to_owned();
        if text.len() > LONGEST {
            text.truncate(text.floor_char_boundary(LONGEST - 3));
            text.push_str("...");
        }
        let mut value = vec![u8::try_from(text.len()).unwrap_or_default()];
        value.extend_from_slice(text.as_bytes());
        self.announce(CapabilityCode::SOFTWARE_VERSION, &value);
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "{ \"software\": ");
    push_string(out, version(capability.value));
    push(out, " }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, "Software(");
    push_escaped(out, version(capability.value).as_bytes());
    push(out, ")");
}
