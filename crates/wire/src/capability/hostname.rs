//! Host name (draft-walton-bgp-hostname-capability): `length(1) host length(1) domain`, both UTF-8.

use super::{Capabilities, Capability, CapabilityType, Repeat};
use crate::codes::CapabilityCode;
use crate::io::json::push_string;
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_escaped};

/// The row of the registry.
pub const ROW: CapabilityType =
    CapabilityType { code: CapabilityCode::HOSTNAME, repeat: Repeat::KeepLast, check, json, text };

/// The longest name that we send, in octets.
const LONGEST: usize = 64;

/// Reads a name: `length(1) text`.
pub(super) fn take_name<'a>(
    value: &mut Reader<'a>,
    field: &'static str,
) -> Result<&'a str, WireError> {
    let whole = *value;
    let length = value.u8(field)?;
    let name = value.take(usize::from(length), field)?;
    std::str::from_utf8(name).map_err(|fault| {
        let wrong = name.get(fault.valid_up_to()).copied().unwrap_or_default();
        whole.error(field, Fault::Invalid(u64::from(wrong)))
    })
}

/// Nothing at all is taken as two empty names.
fn check(value: &mut Reader<'_>) -> Result<(), WireError> {
    if value.is_empty() {
        return Ok(());
    }
    take_name(value, "host name")?;
    take_name(value, "domain name")?;
    Ok(())
}

fn names(value: &[u8]) -> (&str, &str) {
    let mut value = Reader::new(value);
    let host = take_name(&mut value, "host name").unwrap_or_default();
    let domain = take_name(&mut value, "domain name").unwrap_or_default();
    (host, domain)
}

impl Capabilities {
    /// Capability 73: the host name and the domain name.
    pub fn hostname(&self) -> Option<(String, String)> {
        let value = self.value(CapabilityCode::HOSTNAME)?;
        let (host, domain) = names(&value);
        Some((host.to_owned(), domain.to_owned()))
    }

    /// Announces a host name and a domain name, each cut at 64 octets between characters.
    pub fn announce_hostname(&mut self, host: &str, domain: &str) {
        let mut value = Vec::new();
        for name in [host, domain] {
            let name = name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default();
            value.push(u8::try_from(name.len()).unwrap_or_default());
            value.extend_from_slice(name.as_bytes());
        }
        self.announce(CapabilityCode::HOSTNAME, &value);
    }
}

fn json(capability: Capability<'_>, out: &mut Vec<u8>) {
    let (host, domain) = names(capability.value);
    push(out, "{ \"host-name\": ");
    push_string(out, host);
    push(out, ", \"domain-name\": ");
    push_string(out, domain);
    push(out, " }");
}

fn text(capability: Capability<'_>, out: &mut Vec<u8>) {
    let (host, domain) = names(capability.value);
    push(out, "Hostname(");
    push_escaped(out, host.as_bytes());
    push(out, " ");
    push_escaped(out, domain.as_bytes());
    push(out, ")");
}
