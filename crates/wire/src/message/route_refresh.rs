//! ROUTE-REFRESH (RFC 2918, RFC 7313): `AFI(2) subtype(1) SAFI(1)`.

use super::notification::Notification;
use super::{finish, start};
use crate::codes::{Afi, Family, MessageType, Safi, error};
use crate::io::text::{push, push_decimal};

/// The subtypes (RFC 7313 section 3.2).
pub mod subtype {
    /// The routes of the family are wanted again.
    pub const QUERY: u8 = 0;
    /// The routes of the family begin (BoRR).
    pub const BEGIN: u8 = 1;
    /// The routes of the family were sent (EoRR).
    pub const END: u8 = 2;
}

/// A request for, or a mark around, the routes of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteRefresh {
    /// The family.
    pub family: Family,
    /// What is said of it: see [`subtype`].
    pub subtype: u8,
}

impl RouteRefresh {
    /// Reads what follows the header. A body of another length than 4 ends the session with the whole message as data
    /// (RFC 7313 section 5). A subtype that is not known is not an error, see [`Self::is_known`].
    pub fn decode(body: &[u8]) -> Result<Self, Notification<'static>> {
        let &[afi_high, afi_low, subtype, safi] = body else {
            let mut whole = Vec::new();
            let at = start(&mut whole, MessageType::ROUTE_REFRESH);
            whole.extend_from_slice(body);
            finish(&mut whole, at);
            return Err(Notification::with_data(
                error::ROUTE_REFRESH,
                error::route_refresh::INVALID_LENGTH,
                whole,
            ));
        };
        let afi = Afi(u16::from_be_bytes([afi_high, afi_low]));
        Ok(Self { family: Family::new(afi, Safi(safi)), subtype })
    }

    /// Whether the subtype means something; the message is to be ignored otherwise (RFC 7313 section 5).
    pub const fn is_known(self) -> bool {
        self.subtype <= subtype::END
    }

    /// Writes the whole message.
    pub fn encode(self, out: &mut Vec<u8>) {
        let at = start(out, MessageType::ROUTE_REFRESH);
        let [high, low, safi] = self.family.octets();
        out.extend_from_slice(&[high, low, self.subtype, safi]);
        finish(out, at);
    }

    fn push_subtype(self, out: &mut Vec<u8>) {
        match self.subtype {
            subtype::QUERY => push(out, "query"),
            subtype::BEGIN => push(out, "begin"),
            subtype::END => push(out, "end"),
            unknown => {
                push(out, "unknown-");
                push_decimal(out, u64::from(unknown));
            }
        }
    }

    /// Writes the JSON value: `{ "afi": "ipv4", "safi": "unicast", "subtype": "query" }`.
    pub fn json(self, out: &mut Vec<u8>) {
        push(
            out,
            &format!(
                "{{ \"afi\": \"{}\", \"safi\": \"{}\", \"subtype\": \"",
                self.family.afi, self.family.safi
            ),
        );
        self.push_subtype(out);
        push(out, "\" }");
    }

    /// Writes the text: `route-refresh afi ipv4 safi unicast query`.
    pub fn text(self, out: &mut Vec<u8>) {
        push(out, &format!("route-refresh afi {} safi {} ", self.family.afi, self.family.safi));
        self.push_subtype(out);
    }
}
