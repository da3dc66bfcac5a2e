//! What can be wrong with an UPDATE, and what RFC 7606 does about it: one row for each fault.
//!
//! What is not in the table is what an attribute's own row says of a wrong value
//! ([`crate::attribute::AttributeType::on_error`]), which holds for [`Kind::Value`] and [`Kind::Empty`].

use std::borrow::Cow;
use std::fmt;

use crate::attribute::{OnError, registry};
use crate::codes::Family;
use crate::codes::error::{self, message_header, update};
use crate::message::notification::Notification;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The message is too short for its two length fields.
    Short,
    /// The withdrawn routes do not fit in the message.
    WithdrawnLength,
    /// The path attributes do not fit in the message.
    AttributesLength,
    /// Too few octets are left for the header of an attribute.
    Header,
    /// An attribute is longer than what is left.
    Overrun,
    /// The optional or transitive bit is not what the attribute's must be.
    Flags,
    /// A well-known attribute that is not known.
    UnrecognizedWellKnown,
    /// An attribute has no value and must have one.
    Empty,
    /// The value is wrong.
    Value,
    /// An attribute is there again.
    Repeated,
    /// MP_REACH_NLRI or MP_UNREACH_NLRI is there again.
    RepeatedMultiprotocol,
    /// Reachable routes come without a mandatory attribute.
    Missing,
    /// An attribute of internal sessions came over an external one.
    Internal,
    /// AS4_PATH or AS4_AGGREGATOR that says nothing: from a peer with four-octet AS numbers, or beside an AGGREGATOR
    /// that is not AS_TRANS.
    FourOctet,
    /// The withdrawn routes can not be parsed.
    Withdrawn,
    /// The NLRI field can not be parsed.
    Nlri,
    /// MP_REACH_NLRI or MP_UNREACH_NLRI is too short to name a family and what must follow.
    MultiprotocolShort,
    /// MP_REACH_NLRI or MP_UNREACH_NLRI has wrong flags.
    MultiprotocolFlags,
    /// The next hop of MP_REACH_NLRI has a length that the family has not.
    MultiprotocolNextHop,
    /// The NLRI of MP_REACH_NLRI or MP_UNREACH_NLRI can not be parsed.
    MultiprotocolNlri,
    /// An NLRI of MP_REACH_NLRI or MP_UNREACH_NLRI is wrong inside: where it ends is known. It alone is dropped where its type's
    /// row can pass over it ([`crate::nlri::NlriType::take_right`]).
    NlriContent,
    /// The family was not negotiated, or an earlier fault disabled it.
    Family,
}

/// What the Data field of a NOTIFICATION about the fault has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// Nothing.
    None,
    /// The erroneous Length field of the message header.
    Length,
    /// The attribute: flags, type, length and value.
    Attribute,
    /// The type code of the attribute.
    Code,
}

/// A row of the table.
struct Rule {
    kind: Kind,
    /// What is done; `None` for what the attribute's row says.
    action: Option<OnError>,
    code: u8,
    subcode: u8,
    data: Data,
    /// Where that is written.
    reference: &'static str,
}

const TABLE: &[Rule] = {
    use Data::{Attribute, Code, Length, None as Nothing};
    use OnError::{DisableFamily, Discard, Reset, TreatAsWithdraw};
    const U: u8 = error::UPDATE;
    const fn rule(
        kind: Kind,
        action: Option<OnError>,
        (code, subcode): (u8, u8),
        data: Data,
        reference: &'static str,
    ) -> Rule {
        Rule { kind, action, code, subcode, data, reference }
    }
    #[rustfmt::skip]
    const ROWS: &[Rule] = &[
        rule(Kind::Short, Some(Reset), (error::MESSAGE_HEADER, message_header::BAD_LENGTH), Length, "RFC 4271 section 6.1"),
        rule(Kind::WithdrawnLength, Some(Reset), (U, update::MALFORMED_ATTRIBUTE_LIST), Nothing, "RFC 4271 section 6.3"),
        rule(Kind::AttributesLength, Some(Reset), (U, update::MALFORMED_ATTRIBUTE_LIST), Nothing, "RFC 4271 section 6.3"),
        rule(Kind::Header, Some(TreatAsWithdraw), (U, update::MALFORMED_ATTRIBUTE_LIST), Nothing, "RFC 7606 section 4"),
        rule(Kind::Overrun, Some(TreatAsWithdraw), (U, update::ATTRIBUTE_LENGTH), Attribute, "RFC 7606 section 4"),
        rule(Kind::Flags, Some(TreatAsWithdraw), (U, update::ATTRIBUTE_FLAGS), Attribute, "RFC 7606 section 3 (c)"),
        rule(Kind::UnrecognizedWellKnown, Some(Reset), (U, update::UNRECOGNIZED_WELL_KNOWN), Attribute, "RFC 4271 section 6.3"),
        rule(Kind::Empty, None, (U, update::ATTRIBUTE_LENGTH), Attribute, "RFC 7606 section 4"),
        rule(Kind::Value, None, (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 section 7"),
        rule(Kind::Repeated, Some(Discard), (U, update::MALFORMED_ATTRIBUTE_LIST), Nothing, "RFC 7606 section 3 (g)"),
        rule(Kind::RepeatedMultiprotocol, Some(Reset), (U, update::MALFORMED_ATTRIBUTE_LIST), Nothing, "RFC 7606 section 3 (g)"),
        rule(Kind::Missing, Some(TreatAsWithdraw), (U, update::MISSING_WELL_KNOWN), Code, "RFC 7606 section 3 (d)"),
        rule(Kind::Internal, Some(Discard), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 sections 7.5, 7.9 and 7.10"),
        rule(Kind::FourOctet, Some(Discard), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 6793 sections 4.2.3 and 6"),
        rule(Kind::Withdrawn, Some(Reset), (U, update::INVALID_NETWORK_FIELD), Nothing, "RFC 7606 sections 3 (j) and 5.3"),
        rule(Kind::Nlri, Some(Reset), (U, update::INVALID_NETWORK_FIELD), Nothing, "RFC 7606 sections 3 (j) and 5.3"),
        rule(Kind::MultiprotocolShort, Some(Reset), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 section 5.3"),
        rule(Kind::MultiprotocolFlags, Some(DisableFamily), (U, update::ATTRIBUTE_FLAGS), Attribute, "RFC 7606 section 5.3"),
        rule(Kind::MultiprotocolNextHop, Some(DisableFamily), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 section 7.11"),
        rule(Kind::MultiprotocolNlri, Some(DisableFamily), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 section 5.3"),
        rule(Kind::NlriContent, Some(TreatAsWithdraw), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 7606 sections 2 and 5.4, RFC 9552 section 8.2.2"),
        rule(Kind::Family, Some(Discard), (U, update::OPTIONAL_ATTRIBUTE), Attribute, "RFC 4760 section 7 and RFC 7606 section 2"),
    ];
    ROWS
};

impl Kind {
    fn rule(self) -> Option<&'static Rule> {
        TABLE.iter().find(|rule| rule.kind == self)
    }

    /// Where it is written what is done.
    pub fn reference(self) -> &'static str {
        self.rule().map_or("", |rule| rule.reference)
    }
}

/// The attributes that only internal peers may send (RFC 7606 sections 7.5, 7.9, 7.10): LOCAL_PREF, ORIGINATOR_ID and
/// CLUSTER_LIST.
pub(super) const INTERNAL: [u8; 3] = [5, 9, 10];

/// A fault of an UPDATE, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateFault {
    /// What is wrong.
    pub kind: Kind,
    /// What was done.
    pub action: OnError,
    /// The type code of the attribute that is meant, if one is.
    pub attribute: Option<u8>,
    /// The family that is meant, if one is.
    pub family: Option<Family>,
    /// In words: the field and its value.
    pub reason: Cow<'static, str>,
    notification: Notification<'static>,
}

/// What a fault is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct About<'a> {
    pub(super) attribute: Option<u8>,
    pub(super) family: Option<Family>,
    /// The octets of the attribute, header included.
    pub(super) octets: &'a [u8],
}

impl UpdateFault {
    #[cold]
    pub(super) fn new(kind: Kind, about: About<'_>, reason: impl Into<Cow<'static, str>>) -> Self {
        let row = about.attribute.and_then(registry::row);
        let own = row.map_or(OnError::TreatAsWithdraw, |row| row.on_error);
        let (action, code, subcode, data) = match kind.rule() {
            Some(rule) => (rule.action.unwrap_or(own), rule.code, rule.subcode, rule.data),
            None => (own, error::UPDATE, error::UNSPECIFIC, Data::None),
        };
        let data = match data {
            Data::None => Vec::new(),
            Data::Length | Data::Attribute => about.octets.to_vec(),
            Data::Code => about.attribute.into_iter().collect(),
        };
        Self {
            kind,
            action,
            attribute: about.attribute,
            family: about.family,
            reason: reason.into(),
            notification: Notification::with_data(code, subcode, data),
        }
    }

    /// With another subcode: the one that the check of a value gave.
    pub(super) fn subcode(mut self, subcode: u8) -> Self {
        self.notification.subcode = subcode;
        self
    }

    /// With an action of its own, if there is one.
    pub(super) fn action(mut self, action: Option<OnError>) -> Self {
        self.action = action.unwrap_or(self.action);
        self
    }

    /// The same fault where nothing less than ending the session will do.
    pub(super) fn reset(mut self) -> Self {
        self.action = OnError::Reset;
        self
    }

    /// The NOTIFICATION that ends the session, should it end for this.
    pub fn notification(&self) -> Notification<'static> {
        self.notification.clone()
    }
}

impl fmt::Display for UpdateFault {
    /// `treat-as-withdraw due to med (…)`: what was done, about what, and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.action {
            OnError::Discard => "discard",
            OnError::TreatAsWithdraw => "treat-as-withdraw",
            OnError::DisableFamily => "disable family",
            OnError::Reset => "session reset",
        })?;
        match (self.attribute, self.attribute.and_then(registry::row)) {
            (Some(_), Some(row)) => write!(f, " due to {}", row.name)?,
            (Some(code), None) => write!(f, " due to attribute-0x{code:02X}")?,
            (None, _) => {}
        }
        write!(f, " ({}", self.reason)?;
        if let Some(family) = self.family {
            write!(f, ", family {family}")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for UpdateFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_one_row() {
        for rule in TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.kind == rule.kind).count(), 1);
            assert!(!rule.reference.is_empty());
        }
        // The last variant of the enumeration: a new one without a row is seen here.
        assert_eq!(TABLE.len(), Kind::Family as usize + 1);
    }
}
