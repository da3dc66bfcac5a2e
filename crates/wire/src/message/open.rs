//! OPEN (RFC 4271 section 4.2): `version(1) AS(2) hold time(2) BGP identifier(4)`, then optional parameters, of which only
//! capabilities (RFC 5492) are in use; their length may take two octets (RFC 9072).

use std::net::Ipv4Addr;

use super::notification::Notification;
use super::{HEADER_LENGTH, bad_length, finish, start};
use crate::capability::{Capabilities, CapabilityError};
use crate::codes::{MessageType, error};
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_decimal, push_ipv4};
use crate::layout::Layout;

/// The version of BGP.
pub const VERSION: u8 = 4;

/// The optional parameter that carries capabilities.
const CAPABILITIES: u8 = 2;

/// The optional parameter, and length, that says that longer ones follow (RFC 9072 section 2).
const EXTENDED: u8 = 255;

/// The first message of either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The version: 4.
    pub version: u8,
    /// The AS number in two octets; 23456 where it needs more (capability 65 has it).
    pub asn: u16,
    /// Seconds: 0 or 3 to 65535.
    pub hold_time: u16,
    /// The BGP identifier.
    pub router_id: Ipv4Addr,
    /// The capabilities.
    pub capabilities: Capabilities,
}

impl Open {
    /// Reads what follows the header. Whether the values are acceptable is for the session to judge, except the version.
    ///
    /// The error is what to tell the peer; where RFC 4271 defines no data for it, the data says in words what is wrong.
    pub fn decode(body: &[u8]) -> Result<Self, Notification<'static>> {
        let mut reader = Reader::at(body, HEADER_LENGTH);
        if body.len() < 10 {
            return Err(bad_length(HEADER_LENGTH + body.len()));
        }
        let version = reader.u8("version").map_err(malformed)?;
        if version != VERSION {
            return Err(Notification::with_data(
                error::OPEN,
                error::open::UNSUPPORTED_VERSION,
                vec![0, VERSION],
            ));
        }
        let asn = reader.u16("my autonomous system").map_err(malformed)?;
        let hold_time = reader.u16("hold time").map_err(malformed)?;
        let router_id = reader.ipv4("BGP identifier").map_err(malformed)?;
        let capabilities = decode_parameters(&mut reader)?;
        Ok(Self { version, asn, hold_time, router_id, capabilities })
    }

    /// Writes the whole message: a parameter for each capability, with longer lengths where they are needed (RFC 9072).
    pub fn encode(&self, out: &mut Vec<u8>) {
        let at = start(out, MessageType::OPEN);
        out.push(self.version);
        out.extend_from_slice(&self.asn.to_be_bytes());
        out.extend_from_slice(&self.hold_time.to_be_bytes());
        out.extend_from_slice(&self.router_id.octets());
        // Of each capability: parameter type and length, capability code and length, value.
        let short: usize = self.capabilities.iter().map(|c| 4 + c.value.len()).sum();
        let extended = short >= usize::from(EXTENDED)
            || self.capabilities.iter().any(|capability| capability.value.len() > 253);
        if extended {
            let length = short + self.capabilities.iter().count();
            out.extend_from_slice(&[EXTENDED, EXTENDED]);
            out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        } else {
            out.push(u8::try_from(short).unwrap_or(u8::MAX));
        }
        for capability in self.capabilities.iter() {
            let length = u8::try_from(capability.value.len()).unwrap_or(u8::MAX);
            let parameter = u16::from(length) + 2;
            let [high, low] = parameter.to_be_bytes();
            out.push(CAPABILITIES);
            if extended {
                out.push(high);
            }
            out.extend_from_slice(&[low, capability.code.0, length]);
            out.extend_from_slice(capability.value);
        }
        finish(out, at);
    }

    /// Writes the JSON value: `{ "version": 4, "asn": 65533, … }`.
    pub fn json(&self, out: &mut Vec<u8>) {
        self.json_in(Layout::V6, false, out);
    }

    /// The same in a layout, of a message that was sent (`sent`) or received.
    pub fn json_in(&self, layout: Layout, sent: bool, out: &mut Vec<u8>) {
        let old = layout.shape().old_words;
        push(out, "{ ");
        if old {
            push(out, "\"router_id\": \"");
            push_ipv4(out, self.router_id);
            push(out, "\", \"version\": ");
            push_decimal(out, u64::from(self.version));
            push(out, ", \"hold_time\": ");
            push_decimal(out, u64::from(self.hold_time));
            push(out, ", \"asn\": ");
            push_decimal(out, u64::from(self.asn));
            push(out, ", \"capabilities\": ");
            self.capabilities.json_in(layout, sent, out);
            push(out, " }");
            return;
        }
        push(out, "\"version\": ");
        push_decimal(out, u64::from(self.version));
        push(out, ", \"asn\": ");
        push_decimal(out, u64::from(self.asn));
        push(out, ", \"hold_time\": ");
        push_decimal(out, u64::from(self.hold_time));
        push(out, ", \"router_id\": \"");
        push_ipv4(out, self.router_id);
        push(out, "\", \"capabilities\": ");
        self.capabilities.json_in(layout, sent, out);
        push(out, " }");
    }

    /// Writes the text: `open version 4 asn 65533 hold_time 180 router_id 10.0.0.2 capabilities [asn4(65533)]`.
    pub fn text(&self, out: &mut Vec<u8>) {
        push(out, "open");
        self.text_after_name(out);
    }

    /// The same behind the word `open`.
    pub fn text_after_name(&self, out: &mut Vec<u8>) {
        push(out, " version ");
        push_decimal(out, u64::from(self.version));
        push(out, " asn ");
        push_decimal(out, u64::from(self.asn));
        push(out, " hold_time ");
        push_decimal(out, u64::from(self.hold_time));
        push(out, " router_id ");
        push_ipv4(out, self.router_id);
        push(out, " capabilities ");
        self.capabilities.text(out);
    }
}

/// A recognised part that can not be read: OPEN Message Error, Unspecific (RFC 4271 section 6.2), with the reason.
fn malformed(error: WireError) -> Notification<'static> {
    Notification::with_data(error::OPEN, error::UNSPECIFIC, error.to_string().into_bytes())
}

/// Reads the optional parameters: a length, then `type(1) length(1) value`; or 255, 255, a length of two octets, then
/// `type(1) length(2) value`.
fn decode_parameters(reader: &mut Reader<'_>) -> Result<Capabilities, Notification<'static>> {
    let mut length = usize::from(reader.u8("optional parameters length").map_err(malformed)?);
    let extended = length != 0 && reader.remaining().first() == Some(&EXTENDED);
    if extended {
        reader.u8("extended optional parameters type").map_err(malformed)?;
        length = reader.u16("extended optional parameters length").map_err(malformed)?.into();
    }
    let mut parameters = reader.sub(length, "optional parameters").map_err(malformed)?;
    reader.finish("optional parameters").map_err(malformed)?;
    let mut capabilities = Capabilities::new();
    while !parameters.is_empty() {
        let kind = parameters.u8("optional parameter type").map_err(malformed)?;
        let field = "optional parameter length";
        let length = match extended {
            true => parameters.u16(field).map(usize::from),
            false => parameters.u8(field).map(usize::from),
        };
        let length = length.map_err(malformed)?;
        let mut value = parameters.sub(length, "optional parameter").map_err(malformed)?;
        if kind != CAPABILITIES {
            return Err(Notification::new(
                error::OPEN,
                error::open::UNSUPPORTED_OPTIONAL_PARAMETER,
            ));
        }
        capabilities.decode(&mut value).map_err(|error| match error {
            CapabilityError::Malformed(error) => malformed(error),
            CapabilityError::Contradiction(subcode) => Notification::new(error::OPEN, subcode),
        })?;
    }
    Ok(capabilities)
}
