//! OPERATIONAL (draft-ietf-idr-operational-message): `type(2) length(2)` and what the type has.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::notification::Notification;
use super::{finish, start};
use crate::codes::{Afi, Family, MessageType, OperationalType, Safi, error};
use crate::io::json::push_string;
use crate::io::reader::{Reader, WireError};
use crate::io::text::{push, push_escaped, push_hex_upper};
use crate::io::tokens::{TextError, Tokens, did_you_mean};

/// The longest advisory text that we send, in octets.
pub const LONGEST_ADVISORY: usize = 2048;

/// What one side lets the other know, or wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operational<'a> {
    /// ADM, ASM: a text for the other operator.
    Advisory {
        /// The type.
        kind: OperationalType,
        /// The family that it is about.
        family: Family,
        /// The text: UTF-8, if the peer keeps to the rules.
        text: Cow<'a, [u8]>,
    },
    /// RPCQ, APCQ, LPCQ: how many prefixes?
    Query {
        /// The type.
        kind: OperationalType,
        /// The family that it is about.
        family: Family,
        /// Who asks; `None` for the sender's BGP identifier.
        router_id: Option<Ipv4Addr>,
        /// The number of the question; `None` for the sender's next.
        sequence: Option<u32>,
    },
    /// RPCP, APCP, LPCP: so many prefixes.
    Counter {
        /// The type.
        kind: OperationalType,
        /// The family that it is about.
        family: Family,
        /// Who asked; `None` for the sender's BGP identifier.
        router_id: Option<Ipv4Addr>,
        /// The number of the question; `None` for the sender's next.
        sequence: Option<u32>,
        /// How many.
        counter: u32,
    },
    /// NS: the question can not be answered.
    NotSatisfied {
        /// The family that it is about.
        family: Family,
        /// The number of the question.
        sequence: u32,
        /// Why: 1 malformed, 2 unsupported, 3 maximum, 4 prohibited, 5 busy, 6 not found.
        error: u16,
    },
    /// A type that is not known, or that nobody sends.
    Unknown {
        /// The type.
        kind: OperationalType,
        /// What it has.
        data: Cow<'a, [u8]>,
    },
}

impl<'a> Operational<'a> {
    /// Reads what follows the header. What can not be read ends the session, as the draft's experiments do it, with Finite
    /// State Machine Error, Unspecific.
    pub fn decode(body: &'a [u8]) -> Result<Self, Notification<'static>> {
        Self::take(&mut Reader::new(body)).map_err(|fault| {
            let reason = fault.to_string().into_bytes();
            Notification::with_data(error::STATE_MACHINE, error::UNSPECIFIC, reason)
        })
    }

    fn take(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = OperationalType(reader.u16("operational type")?);
        let length = reader.u16("operational length")?;
        let mut value = reader.sub(usize::from(length), "operational value")?;
        Ok(match kind {
            OperationalType::ADM | OperationalType::ASM => {
                let family = take_family(&mut value)?;
                Self::Advisory { kind, family, text: Cow::Borrowed(value.rest()) }
            }
            OperationalType::RPCQ | OperationalType::APCQ | OperationalType::LPCQ => Self::Query {
                kind,
                family: take_family(&mut value)?,
                router_id: Some(value.ipv4("router identifier")?),
                sequence: Some(value.u32("sequence")?),
            },
            OperationalType::RPCP | OperationalType::APCP | OperationalType::LPCP => {
                Self::Counter {
                    kind,
                    family: take_family(&mut value)?,
                    router_id: Some(value.ipv4("router identifier")?),
                    sequence: Some(value.u32("sequence")?),
                    counter: value.u32("counter")?,
                }
            }
            OperationalType::NS => Self::NotSatisfied {
                family: take_family(&mut value)?,
                sequence: value.u32("sequence")?,
                error: value.u16("error")?,
            },
            _ => Self::Unknown { kind, data: Cow::Borrowed(value.rest()) },
        })
    }

    /// The type.
    pub const fn kind(&self) -> OperationalType {
        match self {
            Self::Advisory { kind, .. }
            | Self::Query { kind, .. }
            | Self::Counter { kind, .. }
            | Self::Unknown { kind, .. } => *kind,
            Self::NotSatisfied { .. } => OperationalType::NS,
        }
    }

    /// The family that it is about, if the type has one.
    pub const fn family(&self) -> Option<Family> {
        match self {
            Self::Advisory { family, .. }
            | Self::Query { family, .. }
            | Self::Counter { family, .. }
            | Self::NotSatisfied { family, .. } => Some(*family),
            Self::Unknown { .. } => None,
        }
    }

    /// Fills in who asks and the number of the question, where they were not given.
    pub fn complete(&mut self, own_router_id: Ipv4Addr, next_sequence: impl FnOnce() -> u32) {
        if let Self::Query { router_id, sequence, .. } | Self::Counter { router_id, sequence, .. } =
            self
        {
            router_id.get_or_insert(own_router_id);
            sequence.get_or_insert_with(next_sequence);
        }
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Operational<'static> {
        match self {
            Self::Advisory { kind, family, text } => {
                Operational::Advisory { kind, family, text: Cow::Owned(text.into_owned()) }
            }
            Self::Query { kind, family, router_id, sequence } => {
                Operational::Query { kind, family, router_id, sequence }
            }
            Self::Counter { kind, family, router_id, sequence, counter } => {
                Operational::Counter { kind, family, router_id, sequence, counter }
            }
            Self::NotSatisfied { family, sequence, error } => {
                Operational::NotSatisfied { family, sequence, error }
            }
            Self::Unknown { kind, data } => {
                Operational::Unknown { kind, data: Cow::Owned(data.into_owned()) }
            }
        }
    }

    /// Writes the whole message. What [`Self::complete`] did not fill in is 0; an advisory text of more than 2048 octets
    /// is cut between characters and ends in dots.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let at = start(out, MessageType::OPERATIONAL);
        let mut value = Vec::new();
        if let Some(family) = self.family() {
            value.extend_from_slice(&family.octets());
        }
        let mut asker = |router_id: &Option<Ipv4Addr>, sequence: &Option<u32>| {
            value.extend_from_slice(&router_id.unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
            value.extend_from_slice(&sequence.unwrap_or(0).to_be_bytes());
        };
        match self {
            Self::Query { router_id, sequence, .. } => asker(router_id, sequence),
            Self::Counter { router_id, sequence, counter, .. } => {
                asker(router_id, sequence);
                value.extend_from_slice(&counter.to_be_bytes());
            }
            Self::Advisory { text, .. } => push_advisory(&mut value, text),
            Self::NotSatisfied { sequence, error, .. } => {
                value.extend_from_slice(&sequence.to_be_bytes());
                value.extend_from_slice(&error.to_be_bytes());
            }
            Self::Unknown { data, .. } => value.extend_from_slice(data),
        }
        value.truncate(LONGEST_VALUE);
        out.extend_from_slice(&self.kind().0.to_be_bytes());
        out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(&value);
        finish(out, at);
    }

    /// Writes the JSON value: `{ "name": "ADM", "afi": "ipv4", "safi": "unicast", "advisory": "text" }` and the like.
    pub fn json(&self, out: &mut Vec<u8>) {
        if let Self::Unknown { kind, data } = self {
            let kind = kind.0;
            push(
                out,
                &format!(
                    "{{ \"name\": \"unknown\", \"type\": \"operational-type-{kind}\", \"data\": \"0x"
                ),
            );
            push_hex_upper(out, data);
            push(out, "\" }");
            return;
        }
        push(out, "{ \"name\": \"");
        push(out, self.kind().name().unwrap_or("unknown"));
        push(out, "\"");
        if let Some(family) = self.family() {
            push(out, &format!(", \"afi\": \"{}\", \"safi\": \"{}\"", family.afi, family.safi));
        }
        match self {
            Self::Advisory { text, .. } => {
                push(out, ", \"advisory\": ");
                push_string(out, &String::from_utf8_lossy(text));
            }
            Self::Counter { router_id, sequence, counter, .. } => {
                let (router_id, sequence) = shown(router_id, sequence);
                push(
                    out,
                    &format!(
                        ", \"router-id\": \"{router_id}\", \"sequence\": {sequence}, \"counter\": {counter}"
                    ),
                );
            }
            Self::NotSatisfied { sequence, error, .. } => {
                push(out, &format!(", \"sequence\": {sequence}, \"error\": {error}"));
            }
            Self::Query { .. } | Self::Unknown { .. } => {}
        }
        push(out, " }");
    }

    /// Writes the words that follow `announce` and send the message: what the text of events leaves out is there. `None` for
    /// what no words send.
    pub fn command(&self, out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Unknown { .. } | Self::NotSatisfied { .. } => return None,
            Self::Query { router_id, sequence, .. } => {
                self.text(out);
                let (router_id, sequence) = shown(router_id, sequence);
                push(out, &format!(" router-id {router_id} sequence {sequence}"));
            }
            Self::Advisory { .. } | Self::Counter { .. } => self.text(out),
        }
        Some(())
    }

    /// Writes the text: `operational ADM afi ipv4 safi unicast advisory "text"` and the like.
    pub fn text(&self, out: &mut Vec<u8>) {
        push(out, "operational ");
        if let Self::Unknown { kind, data } = self {
            push(out, &format!("unknown type operational-type-{} data 0x", kind.0));
            push_hex_upper(out, data);
            return;
        }
        push(out, self.kind().name().unwrap_or("unknown"));
        if let Some(family) = self.family() {
            push(out, &format!(" afi {} safi {}", family.afi, family.safi));
        }
        match self {
            Self::Advisory { text, .. } => {
                push(out, " advisory \"");
                push_escaped(out, text);
                push(out, "\"");
            }
            Self::Counter { router_id, sequence, counter, .. } => {
                let (router_id, sequence) = shown(router_id, sequence);
                push(out, &format!(" router-id {router_id} sequence {sequence} counter {counter}"));
            }
            Self::NotSatisfied { sequence, error, .. } => {
                push(out, &format!(" sequence {sequence} error {error}"));
            }
            Self::Query { .. } | Self::Unknown { .. } => {}
        }
    }
}

impl Operational<'static> {
    /// Reads what follows the word `operational` of a command, and a statement of the configuration's section of that
    /// name: `asm afi ipv4 safi unicast advisory "text"`, `rpcq afi ipv4 safi unicast sequence 1`,
    /// `rpcp afi ipv4 safi unicast sequence 1 counter 5`. `router-id ADDRESS` may stand after the SAFI or at the end.
    pub fn parse(tokens: &mut Tokens<'_>) -> Result<Self, TextError> {
        let word = tokens.expect("operational message type")?;
        let kind = match OperationalType::named(&word.to_ascii_uppercase()) {
            Some(kind) if (1..=8).contains(&kind.0) => kind,
            _ => {
                let error = tokens.last_error(format!("'{word}' is not an operational message"));
                let suggestion = did_you_mean(&word.to_ascii_lowercase(), WORDS.iter().copied());
                return Err(match suggestion {
                    Some(word) => error.help(format!("did you mean '{word}'?")),
                    None => error.help(format!("one of {}", WORDS.join(", "))),
                });
            }
        };
        tokens.require("afi")?;
        let afi = tokens.expect("AFI")?;
        let start = tokens.last_span();
        tokens.require("safi")?;
        let safi = tokens.expect("SAFI")?;
        let family = Family::from_words(afi, safi).ok_or_else(|| {
            TextError::new(start.to(tokens.last_span()), format!("'{afi} {safi}' is not a family"))
        })?;
        let mut said = Said::default();
        while let Some(word) = tokens.next() {
            said.keyword(word, tokens)?;
        }
        match kind {
            OperationalType::ADM | OperationalType::ASM => {
                let text = said.advisory.ok_or_else(|| tokens.error("'advisory' is missing"))?;
                Ok(Self::Advisory { kind, family, text: Cow::Owned(text.into_bytes()) })
            }
            OperationalType::RPCQ | OperationalType::APCQ | OperationalType::LPCQ => {
                Ok(Self::Query { kind, family, router_id: said.router_id, sequence: said.sequence })
            }
            _ => {
                let counter = said.counter.ok_or_else(|| tokens.error("'counter' is missing"))?;
                Ok(Self::Counter {
                    kind,
                    family,
                    router_id: said.router_id,
                    sequence: said.sequence,
                    counter,
                })
            }
        }
    }
}

/// The words of [`Operational::parse`].
const WORDS: &[&str] = &["adm", "asm", "rpcq", "rpcp", "apcq", "apcp", "lpcq", "lpcp"];

/// The longest value that fits in a message of 4096 octets.
const LONGEST_VALUE: usize = 4096 - super::HEADER_LENGTH - 4;

/// What follows the family in text.
#[derive(Debug, Default)]
struct Said {
    router_id: Option<Ipv4Addr>,
    sequence: Option<u32>,
    counter: Option<u32>,
    advisory: Option<String>,
}

impl Said {
    fn keyword(&mut self, word: &str, tokens: &mut Tokens<'_>) -> Result<(), TextError> {
        const NUMBER: &str = "a number from 0 to 4294967295";
        match word {
            "router-id" => self.router_id = Some(tokens.parse("router-id", "an IPv4 address")?),
            "sequence" => self.sequence = Some(tokens.parse("sequence", NUMBER)?),
            "counter" => self.counter = Some(tokens.parse("counter", NUMBER)?),
            "advisory" => self.advisory = Some(tokens.expect("advisory text")?.to_owned()),
            other => {
                let error = tokens.last_error(format!("'{other}' is not expected here"));
                return Err(match self.advisory {
                    Some(_) => error.help("a text of several words needs quotes around it"),
                    None => error.help("one of router-id, sequence, counter, advisory"),
                });
            }
        }
        Ok(())
    }
}

fn take_family(value: &mut Reader<'_>) -> Result<Family, WireError> {
    let afi = Afi(value.u16("AFI")?);
    Ok(Family::new(afi, Safi(value.u8("SAFI")?)))
}

fn shown(router_id: &Option<Ipv4Addr>, sequence: &Option<u32>) -> (Ipv4Addr, u32) {
    (router_id.unwrap_or(Ipv4Addr::UNSPECIFIED), sequence.unwrap_or(0))
}

fn push_advisory(out: &mut Vec<u8>, text: &[u8]) {
    if text.len() <= LONGEST_ADVISORY {
        out.extend_from_slice(text);
        return;
    }
    let mut end = LONGEST_ADVISORY - 3;
    // An octet 10xxxxxx continues a character.
    while end > 0 && text.get(end).is_some_and(|octet| octet & 0xc0 == 0x80) {
        end -= 1;
    }
    out.extend_from_slice(text.get(..end).unwrap_or_default());
    out.extend_from_slice(b"...");
}
