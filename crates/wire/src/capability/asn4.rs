//! Four-octet AS numbers (RFC 6793 section 3): `AS(4)`.

use super::{Capabilities, Capability, CapabilityType, Repeat};
use crate::asn::Asn;
use crate::codes::CapabilityCode;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::push;

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::ASN4, repeat: Repeat::KeepLast, check, json, text };

/// Two octets are taken too: some speakers announce a small number so, and what it is stays certain.
fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    match value.len() {
        2 | 4 => value.take(value.len(), "AS number").map(|_| ()),
        length => Err(value.error("four-octet AS number capability", Fault::Length(length))),
    }
}

fn asn(value: &[u8]) -> Option<Asn> {
    match *value {
        [high, low] => Some(Asn(u32::from(u16::from_be_bytes([high, low])))),
        [a, b, c, d] => Some(Asn(u32::from_be_bytes([a, b, c, d]))),
        _ => None,
    }
}

impl Capabilities {
    /// Capability 65: the AS number.
    pub fn asn4(&self) -> Option<Asn> {
        self.value(CapabilityCode::ASN4).and_then(|value| asn(&value))
    }

    /// Announces an AS number.
    pub fn announce_asn4(&mut self, asn: Asn) {
        self.announce(CapabilityCode::ASN4, &asn.0.to_be_bytes());
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    let asn = asn(capability.value).unwrap_or_default();
    push(out, &format!("{{ \"name\": \"asn4\", \"asn4\": {asn} }}"));
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    push(out, &format!("ASN4({})", asn(capability.value).unwrap_or_default()));
}
