//! Reading an UPDATE: one walk over its octets, every fault looked up in the table of [`super::fault`].

use smallvec::SmallVec;

use super::as4::{self, FourOctet};
use super::fault::{About, INTERNAL, Kind, UpdateFault};
use super::{Field, Held, Scrutiny, Update};
use crate::attribute::{OnError, ValueContext, flags, registry, unknown};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Reader, WireError};
use crate::message::HEADER_LENGTH;
use crate::negotiated::{Direction, Negotiated};
use crate::nlri::{self, JsonForm};

pub(super) const ORIGIN: u8 = 1;
pub(super) const AS_PATH: u8 = 2;
pub(super) const NEXT_HOP: u8 = 3;
pub(super) const LOCAL_PREF: u8 = 5;
pub(super) const AGGREGATOR: u8 = 7;
pub(super) const MP_REACH_NLRI: u8 = 14;
pub(super) const MP_UNREACH_NLRI: u8 = 15;
pub(super) const AS4_PATH: u8 = 17;
pub(super) const AS4_AGGREGATOR: u8 = 18;

/// Why routes of a family that an earlier fault disabled are not looked at.
const DISABLED: &str = "disabled by an earlier fault";

pub(super) fn decode<'a>(
    body: &'a [u8],
    negotiated: &Negotiated,
    direction: Direction,
    scrutiny: Scrutiny,
) -> Result<Update<'a>, UpdateFault> {
    let parts = match split_right(body) {
        Some(parts) => parts,
        None => split(body)?,
    };
    let mut context = ValueContext::of(negotiated, JsonForm::default());
    // What only internal peers may send is looked at from anybody.
    context.ibgp |= scrutiny == Scrutiny::Inspection;
    let mut decoder = Decoder {
        negotiated,
        direction,
        scrutiny,
        context,
        seen: Codes::default(),
        four_octet: FourOctet::default(),
        next_hop: &[],
        ignored: false,
        update: Update {
            body,
            attributes: SmallVec::new(),
            owned: Vec::new(),
            withdrawn: None,
            announced: None,
            unreachable: None,
            reachable: None,
            treat_as_withdraw: false,
            faults: Vec::new(),
            ibgp: negotiated.is_ibgp(),
            aigp: negotiated.aigp,
        },
    };
    decoder.attributes(parts.attributes)?;
    decoder.native(parts.withdrawn, parts.nlri)?;
    decoder.verdict()?;
    Ok(decoder.update)
}

/// The three parts of a body.
struct Parts<'a> {
    withdrawn: Reader<'a>,
    attributes: Reader<'a>,
    nlri: Reader<'a>,
}

/// Cuts a body that is right, as [`split`] does: the parts go through no memory with an error that there is not.
#[inline]
fn split_right(body: &[u8]) -> Option<Parts<'_>> {
    let (length, rest) = body.split_first_chunk()?;
    let (withdrawn, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (length, rest) = rest.split_first_chunk()?;
    let (attributes, nlri) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let second = 4 + withdrawn.len();
    Some(Parts {
        withdrawn: Reader::at(withdrawn, 2),
        attributes: Reader::at(attributes, second),
        nlri: Reader::at(nlri, second + attributes.len()),
    })
}

/// Cuts a body: `withdrawn-length(2) withdrawn attributes-length(2) attributes nlri`.
#[cold]
fn split(body: &[u8]) -> Result<Parts<'_>, UpdateFault> {
    if body.len() < 4 {
        let length = u16::try_from(HEADER_LENGTH + body.len()).unwrap_or(u16::MAX).to_be_bytes();
        let about = About { octets: &length, ..About::default() };
        return Err(UpdateFault::new(
            Kind::Short,
            about,
            format!("an UPDATE can not be {} octets long", HEADER_LENGTH + body.len()),
        ));
    }
    let fault =
        |kind| move |error: WireError| UpdateFault::new(kind, About::default(), error.to_string());
    let mut reader = Reader::new(body);
    let mut part = |length, field, kind| {
        let length = reader.u16(length).map_err(fault(kind))?;
        reader.sub(usize::from(length), field).map_err(fault(kind))
    };
    let withdrawn = part("Withdrawn Routes Length", "Withdrawn Routes", Kind::WithdrawnLength)?;
    let attributes =
        part("Total Path Attribute Length", "Path Attributes", Kind::AttributesLength)?;
    Ok(Parts { withdrawn, attributes, nlri: reader })
}

/// Which type codes were seen.
#[derive(Clone, Copy, Debug, Default)]
struct Codes([u64; 4]);

impl Codes {
    /// Adds a code; whether it was there already.
    #[inline]
    fn insert(&mut self, code: u8) -> bool {
        let bit = 1 << (code & 63);
        match self.0.get_mut(usize::from(code >> 6)) {
            Some(word) => {
                let there = *word & bit != 0;
                *word |= bit;
                there
            }
            None => false,
        }
    }

    fn has(&self, code: u8) -> bool {
        self.0.get(usize::from(code >> 6)).is_some_and(|word| word & 1 << (code & 63) != 0)
    }
}

/// An attribute as it stands in the message.
#[derive(Clone, Copy)]
struct Raw<'a> {
    flags: u8,
    code: u8,
    value: &'a [u8],
    /// From the header on.
    whole: &'a [u8],
    /// Where the value starts in the body.
    offset: usize,
}

impl<'a> Raw<'a> {
    /// Takes the next attribute if it is what nearly all are: whole, with one octet of length. By itself, and without an error:
    /// what is a word in a register here would go through memory with it, and be waited for there.
    #[inline]
    fn take_short(reader: &mut Reader<'a>) -> Option<Self> {
        let (whole, from) = (reader.remaining(), reader.offset());
        let [flags, code, length, rest @ ..] = whole else { return None };
        if flags & flags::EXTENDED_LENGTH != 0 {
            return None;
        }
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        *reader = Reader::at(rest, from + 3 + value.len());
        Some(Self { flags: *flags, code: *code, value, whole, offset: from + 3 })
    }

    /// Takes the next attribute; an error is [`Kind::Header`] or [`Kind::Overrun`].
    #[cold]
    fn take(reader: &mut Reader<'a>) -> Result<Self, UpdateFault> {
        let whole = reader.remaining();
        let header = |error: WireError| {
            let about = About { octets: whole, ..About::default() };
            UpdateFault::new(Kind::Header, about, error.to_string())
        };
        let [flags, code] = reader.array::<2>("attribute header").map_err(header)?;
        let length = if flags & flags::EXTENDED_LENGTH == 0 {
            reader.u8("attribute length").map(usize::from).map_err(header)?
        } else {
            reader.u16("attribute length").map(usize::from).map_err(header)?
        };
        let offset = reader.offset();
        let value = reader.take(length, "attribute").map_err(|error| {
            let about = About { attribute: Some(code), octets: whole, ..About::default() };
            UpdateFault::new(Kind::Overrun, about, error.to_string())
        })?;
        Ok(Self { flags, code, value, whole, offset })
    }

    /// Its octets are those of header and value.
    fn about(&self) -> About<'a> {
        let header = if self.flags & flags::EXTENDED_LENGTH == 0 { 3 } else { 4 };
        let octets = self.whole.get(..header + self.value.len()).unwrap_or_default();
        About { attribute: Some(self.code), family: None, octets }
    }

    /// Whether the optional and transitive bits differ from those of `flags`.
    const fn conflicts(&self, flags: u8) -> bool {
        (self.flags ^ flags) & flags::OPTIONAL_TRANSITIVE != 0
    }
}

struct Decoder<'a, 'n> {
    negotiated: &'n Negotiated,
    direction: Direction,
    scrutiny: Scrutiny,
    context: ValueContext,
    seen: Codes,
    four_octet: FourOctet<'a>,
    /// The value of NEXT_HOP.
    next_hop: &'a [u8],
    /// The two fields of IPv4 unicast are not looked at.
    ignored: bool,
    update: Update<'a>,
}

impl<'a> Decoder<'a, '_> {
    /// Keeps a fault that the session survives; gives back one that it does not.
    #[cold]
    fn fault(&mut self, fault: UpdateFault) -> Result<(), UpdateFault> {
        match fault.action {
            OnError::Reset => return Err(fault),
            OnError::TreatAsWithdraw => self.update.treat_as_withdraw = true,
            OnError::DisableFamily | OnError::Discard => {}
        }
        self.update.faults.push(fault);
        Ok(())
    }

    fn attributes(&mut self, mut reader: Reader<'a>) -> Result<(), UpdateFault> {
        let mut last = 0;
        while !reader.is_empty() {
            let raw = match Raw::take_short(&mut reader) {
                Some(raw) => raw,
                None => match Raw::take(&mut reader) {
                    Ok(raw) => raw,
                    // What follows can not be found: RFC 7606 section 4 goes on after the attributes.
                    Err(fault) => {
                        self.fault(fault)?;
                        break;
                    }
                },
            };
            if self.seen.insert(raw.code) {
                let kind = match raw.code {
                    MP_REACH_NLRI | MP_UNREACH_NLRI => Kind::RepeatedMultiprotocol,
                    _ => Kind::Repeated,
                };
                self.fault(UpdateFault::new(kind, raw.about(), "there already"))?;
                continue;
            }
            let kept = match raw.code {
                MP_REACH_NLRI => self.reachable(&raw).map(|()| None),
                MP_UNREACH_NLRI => self.unreachable(&raw).map(|()| None),
                _ => self.keep(&raw),
            };
            match kept {
                Ok(None) => {}
                Ok(Some(flags)) => {
                    let held = Held {
                        flags,
                        code: raw.code,
                        is_owned: false,
                        length: u16::try_from(raw.value.len()).unwrap_or(u16::MAX),
                        start: u32::try_from(raw.offset).unwrap_or(u32::MAX),
                    };
                    let attributes = &mut self.update.attributes;
                    if last < raw.code {
                        last = raw.code;
                        attributes.push(held);
                    } else {
                        let before = attributes.iter().rposition(|other| other.code < raw.code);
                        attributes.insert(before.map_or(0, |at| at + 1), held);
                    }
                }
                Err(fault) => self.fault(fault)?,
            }
        }
        let seen = |code| self.seen.has(code);
        if !self.context.asn4 || seen(AS4_PATH) || seen(AS4_AGGREGATOR) {
            as4::reconcile(&mut self.update, self.four_octet, self.context.asn4);
        }
        Ok(())
    }

    /// Checks an attribute; the flags to keep it with, if it is one of the update's.
    #[inline]
    fn keep(&mut self, raw: &Raw<'a>) -> Result<Option<u8>, UpdateFault> {
        let fault = |kind, reason: String| UpdateFault::new(kind, raw.about(), reason);
        let Some(row) = registry::row(raw.code) else {
            if raw.flags & flags::OPTIONAL == 0 && self.scrutiny == Scrutiny::Session {
                return Err(fault(Kind::UnrecognizedWellKnown, "not known".into()));
            }
            // Others drop those that are not transitive (RFC 4271 section 9); here they are seen.
            return Ok(Some(unknown::accepted_flags(raw.flags).unwrap_or(raw.flags)));
        };
        if INTERNAL.contains(&raw.code) && !self.context.ibgp && self.scrutiny == Scrutiny::Session
        {
            return Err(fault(Kind::Internal, "from an external peer".into()));
        }
        if raw.conflicts(row.flags) {
            let (is, right) = (raw.flags, row.flags);
            return Err(fault(Kind::Flags, format!("flags 0x{is:02X} instead of 0x{right:02X}")));
        }
        if raw.value.is_empty() && !row.may_be_empty {
            return Err(fault(Kind::Empty, "no value".into()));
        }
        (row.check)(raw.value, &self.context).map_err(|wrong| {
            fault(Kind::Value, wrong.reason).subcode(wrong.subcode).action(wrong.action)
        })?;
        match raw.code {
            NEXT_HOP => self.next_hop = raw.value,
            AS4_PATH => {
                self.four_octet.path = Some(raw.value);
                return Ok(None);
            }
            AS4_AGGREGATOR => {
                self.four_octet.aggregator = Some(raw.value);
                return Ok(None);
            }
            _ => {}
        }
        Ok(Some(raw.flags))
    }

    /// MP_REACH_NLRI: `AFI(2) SAFI(1) length(1) next-hop reserved(1) NLRI` (RFC 4760 section 3).
    fn reachable(&mut self, raw: &Raw<'a>) -> Result<(), UpdateFault> {
        let mut reader = Reader::at(raw.value, raw.offset);
        let short = |error: WireError| {
            UpdateFault::new(Kind::MultiprotocolShort, raw.about(), error.to_string())
        };
        if raw.value.len() < 5 {
            let reason = format!("{} octets instead of 5 or more", raw.value.len());
            return Err(UpdateFault::new(Kind::MultiprotocolShort, raw.about(), reason));
        }
        let family = take_family(&mut reader).map_err(short)?;
        self.check_family(raw, family)?;
        let fault = |kind, reason: String| {
            UpdateFault::new(kind, About { family: Some(family), ..raw.about() }, reason)
        };
        let length = usize::from(reader.u8("next hop length").map_err(short)?);
        let next_hop = reader
            .take(length, "next hop")
            .and_then(|next_hop| reader.u8("reserved octet").map(|_| next_hop))
            .map_err(|error| fault(Kind::MultiprotocolNextHop, error.to_string()))?;
        if !self.allows_next_hop(family, length) {
            let reason = format!("a next hop of {length} octets");
            return Err(fault(Kind::MultiprotocolNextHop, reason));
        }
        let mut field = self.field(family, next_hop, reader);
        check(&field).map_err(|error| fault(Kind::MultiprotocolNlri, error.to_string()))?;
        let checked = check_inside(raw, &mut field);
        self.update.reachable = Some(field);
        checked
    }

    /// MP_UNREACH_NLRI: `AFI(2) SAFI(1) NLRI` (RFC 4760 section 4).
    fn unreachable(&mut self, raw: &Raw<'a>) -> Result<(), UpdateFault> {
        let mut reader = Reader::at(raw.value, raw.offset);
        let family = take_family(&mut reader).map_err(|error| {
            UpdateFault::new(Kind::MultiprotocolShort, raw.about(), error.to_string())
        })?;
        self.check_family(raw, family)?;
        let mut field = self.field(family, &[], reader);
        check(&field).map_err(|error| {
            let about = About { family: Some(family), ..raw.about() };
            UpdateFault::new(Kind::MultiprotocolNlri, about, error.to_string())
        })?;
        let checked = check_inside(raw, &mut field);
        self.update.unreachable = Some(field);
        checked
    }

    fn check_family(&self, raw: &Raw<'_>, family: Family) -> Result<(), UpdateFault> {
        let about = About { family: Some(family), ..raw.about() };
        if self.negotiated.disabled.contains(&family) {
            return Err(UpdateFault::new(Kind::Family, about, DISABLED));
        }
        // What has no name is never negotiated by one: it is shown where anything is.
        let is_shown = self.scrutiny == Scrutiny::Inspection && !Family::ALL.contains(&family);
        if !self.negotiated.has_family(family) && !is_shown {
            return Err(UpdateFault::new(Kind::Family, about, "not negotiated"));
        }
        if raw.conflicts(flags::OPTIONAL) {
            let reason = format!("flags 0x{:02X} instead of 0x80", raw.flags);
            return Err(UpdateFault::new(Kind::MultiprotocolFlags, about, reason));
        }
        Ok(())
    }

    /// Whether a next hop of a family may have so many octets. ExaBGP sends IPv4 next hops of IPv6 families once any next
    /// hop of another family is negotiated, and takes them then.
    fn allows_next_hop(&self, family: Family, length: usize) -> bool {
        let negotiated = &self.negotiated.next_hop;
        let extended = negotiated.iter().filter(|(of, _)| *of == family).map(|(_, afi)| *afi);
        let exabgp = !negotiated.is_empty() && family.afi == Afi::IPV6;
        let form = (nlri::registry::row(family).next_hop)(family);
        form.allows(length, extended.chain(exabgp.then_some(Afi::IPV4)))
    }

    fn field(&self, family: Family, next_hop: &'a [u8], nlri: Reader<'a>) -> Field<'a> {
        Field {
            family,
            path_id: self.negotiated.has_path_id(family, self.direction),
            next_hop,
            octets: nlri.remaining(),
            offset: nlri.offset(),
            only_right: false,
        }
    }

    /// The two fields of IPv4 unicast.
    fn native(&mut self, withdrawn: Reader<'a>, nlri: Reader<'a>) -> Result<(), UpdateFault> {
        if withdrawn.is_empty() && nlri.is_empty() {
            return Ok(());
        }
        if self.negotiated.disabled.contains(&Family::IPV4_UNICAST) {
            self.ignored = true;
            let about = About { family: Some(Family::IPV4_UNICAST), ..About::default() };
            return self.fault(UpdateFault::new(Kind::Family, about, DISABLED));
        }
        let fault = |kind| {
            move |error: WireError| {
                let about = About { family: Some(Family::IPV4_UNICAST), ..About::default() };
                UpdateFault::new(kind, about, error.to_string())
            }
        };
        if !withdrawn.is_empty() {
            let field = self.field(Family::IPV4_UNICAST, &[], withdrawn);
            check(&field).map_err(fault(Kind::Withdrawn))?;
            self.update.withdrawn = Some(field);
        }
        if !nlri.is_empty() {
            let field = self.field(Family::IPV4_UNICAST, self.next_hop, nlri);
            check(&field).map_err(fault(Kind::Nlri))?;
            self.update.announced = Some(field);
        }
        Ok(())
    }

    /// What needs to have seen the whole message: mandatory attributes (RFC 7606 section 3 (d)), and faults of a message that
    /// may have lost its NLRI (section 5.2).
    fn verdict(&mut self) -> Result<(), UpdateFault> {
        if self.scrutiny == Scrutiny::Inspection {
            return Ok(());
        }
        let native = self.update.announced.is_some();
        let multiprotocol = self.update.reachable.is_some_and(|field| !field.octets.is_empty());
        if native || multiprotocol {
            let mandatory = [
                (ORIGIN, true),
                (AS_PATH, true),
                (NEXT_HOP, native),
                (LOCAL_PREF, self.context.ibgp),
            ];
            for (code, _) in mandatory.into_iter().filter(|(_, needed)| *needed) {
                if !self.seen.has(code) {
                    let about = About { attribute: Some(code), ..About::default() };
                    self.fault(UpdateFault::new(Kind::Missing, about, "missing"))?;
                }
            }
        } else if self.update.treat_as_withdraw && !self.ignored && !self.seen.has(MP_REACH_NLRI) {
            // What is wrong inside of an NLRI whose end is known hides no others.
            let worst = |fault: &&UpdateFault| {
                fault.action == OnError::TreatAsWithdraw && fault.kind != Kind::NlriContent
            };
            if let Some(fault) = self.update.faults.iter().find(worst) {
                return Err(fault.clone().reset());
            }
        }
        Ok(())
    }
}

fn take_family(reader: &mut Reader<'_>) -> Result<Family, WireError> {
    let [high, low, safi] = reader.array("AFI and SAFI")?;
    Ok(Family::new(Afi(u16::from_be_bytes([high, low])), Safi(safi)))
}

/// Checks the inside of each NLRI of a field that was parsed to its end, and drops those that cost nothing but themselves.
fn check_inside(raw: &Raw<'_>, field: &mut Field<'_>) -> Result<(), UpdateFault> {
    let row = nlri::registry::row(field.family);
    let Some(check) = row.check else { return Ok(()) };
    let mut nlri = field.nlri();
    loop {
        let start = nlri.offset();
        let Some(Ok(one)) = nlri.next() else { return Ok(()) };
        let Err(error) = check(one.family, one.bytes) else { continue };
        // Offsets in the NLRI become those in the body.
        let start = start + one.encoded_len(field.path_id) - one.bytes.len();
        let error = WireError { offset: start + error.offset, ..error };
        // Between path identifiers they can not be passed over.
        let discards = row.take_right.is_some() && !field.path_id;
        if discards {
            field.keep_right();
        }
        let about = About { family: Some(field.family), ..raw.about() };
        let fault = UpdateFault::new(Kind::NlriContent, about, error.to_string());
        return Err(fault.action(discards.then_some(OnError::Discard)));
    }
}

/// Parses a field to its end.
fn check(field: &Field<'_>) -> Result<(), WireError> {
    if field.nlri().are_plain_prefixes() {
        return Ok(());
    }
    field.nlri().try_for_each(|nlri| nlri.map(drop))
}
