//! The bytes of a rule: `length(1 or 2) [route distinguisher(8)] component…`, each component `type(1)` and its value.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::component::{self, ComponentType, Form, Values};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::nlri::rd::RouteDistinguisher;
use crate::prefix::octets_for;

/// The last of a list.
pub(super) const END_OF_LIST: u8 = 0x80;
/// This term and the one before it, instead of this or that.
pub(super) const AND: u8 = 0x40;
/// The bits of a numeric operator that say how to compare: less, greater, equal.
pub(super) const COMPARISON: u8 = 0x07;
/// The bits of a bitmask operator that say how to match: not, all of the bits.
pub(super) const MATCH: u8 = 0x03;

/// The smallest length that takes two octets: four bits of ones and twelve of length.
const EXTENDED: usize = 240;
/// The largest length of a rule, its length excluded.
pub(super) const LONGEST: usize = 0xfff;

/// Takes the bytes of one rule, length included.
pub(super) fn take<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    let length = length(&mut ahead)?;
    ahead.take(length, "flow specification")?;
    reader.take(reader.len() - ahead.len(), "flow specification")
}

/// Takes the length.
fn length(reader: &mut Reader<'_>) -> Result<usize, WireError> {
    let first = reader.u8("flow specification length")?;
    if usize::from(first) < EXTENDED {
        return Ok(first.into());
    }
    let second = reader.u8("flow specification length")?;
    Ok(usize::from(u16::from_be_bytes([first & 0x0f, second])))
}

/// What comes after the length.
pub(super) fn without_length(bytes: &[u8]) -> &[u8] {
    let mut reader = Reader::new(bytes);
    match length(&mut reader) {
        Ok(_) => reader.rest(),
        Err(_) => bytes,
    }
}

/// Appends a rule whose body `write` appends; `None` when it is too long.
pub(super) fn push(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
    let start = out.len();
    out.extend([0, 0]);
    write(out);
    let length = out.len() - start - 2;
    let [high, low] = u16::try_from(length).ok().filter(|_| length <= LONGEST)?.to_be_bytes();
    match out.get_mut(start..start + 2)? {
        room if length >= EXTENDED => room.copy_from_slice(&[0xf0 | high, low]),
        room => {
            room.copy_from_slice(&[low, 0]);
            out.remove(start + 1);
        }
    }
    Some(())
}

/// A rule that is read component by component.
#[derive(Clone, Debug)]
pub(super) struct Rule<'a> {
    /// The route distinguisher, in VPNs.
    pub(super) distinguisher: Option<RouteDistinguisher>,
    afi: Afi,
    reader: Reader<'a>,
    last: Option<u8>,
}

impl<'a> Rule<'a> {
    /// Reads the length and the route distinguisher.
    pub(super) fn new(family: Family, bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let length = length(&mut reader)?;
        let mut body = reader.sub(length, "flow specification")?;
        reader.finish("flow specification")?;
        let distinguisher = match family.safi {
            Safi::FLOW_VPN => Some(RouteDistinguisher::take(&mut body)?),
            _ => None,
        };
        Ok(Self { distinguisher, afi: family.afi, reader: body, last: None })
    }

    /// Whether everything is as it should be: known types in ascending order, each once, and values that end.
    pub(super) fn check(mut self) -> Result<(), WireError> {
        self.try_for_each(|component| component.map(drop))
    }

    fn component(&mut self) -> Result<Component<'a>, WireError> {
        let start = self.reader;
        let kind = self.reader.u8("component type")?;
        let invalid = |field| start.error(field, Fault::Invalid(kind.into()));
        let row = component::row(self.afi, kind).ok_or_else(|| invalid("component type"))?;
        if self.last.is_some_and(|last| last >= kind) {
            return Err(invalid("component type, which has to ascend,"));
        }
        self.last = Some(kind);
        let value = match &row.form {
            Form::Prefix if self.afi == Afi::IPV4 => prefix_ipv4(&mut self.reader)?,
            Form::Prefix => prefix_ipv6(&mut self.reader)?,
            Form::HardwareAddress => hardware_address(&mut self.reader)?,
            Form::Numeric(values) => {
                Value::Terms(terms(&mut self.reader, row, values, AND | COMPARISON)?)
            }
            Form::Bitmask(values) => {
                Value::Terms(terms(&mut self.reader, row, values, AND | MATCH)?)
            }
        };
        Ok(Component { row, value })
    }
}

impl<'a> Iterator for Rule<'a> {
    type Item = Result<Component<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let component = self.component();
        if component.is_err() {
            self.reader.rest();
        }
        Some(component)
    }
}

/// One component of a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component<'a> {
    /// What it is.
    pub(super) row: &'static ComponentType,
    /// What it matches.
    pub(super) value: Value<'a>,
}

/// What a component matches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// The first bits of an IPv4 address.
    Ipv4 {
        /// The bits, as they were sent.
        address: Ipv4Addr,
        /// How many count.
        length: u8,
    },
    /// Bits of an IPv6 address.
    Ipv6 {
        /// The bits where they are in the address, others zero.
        address: Ipv6Addr,
        /// The bit after the last that counts.
        length: u8,
        /// The first bit that counts.
        offset: u8,
    },
    /// An Ethernet address.
    HardwareAddress([u8; 6]),
    /// Operators and values.
    Terms(Terms<'a>),
}

/// `length(1) prefix`.
fn prefix_ipv4<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, WireError> {
    let start = *reader;
    let length = reader.u8("prefix length")?;
    if length > 32 {
        return Err(start.error("prefix length", Fault::Invalid(length.into())));
    }
    let mut octets = [0; 4];
    copy(reader.take(octets_for(length), "prefix")?, &mut octets);
    Ok(Value::Ipv4 { address: octets.into(), length })
}

/// `length(1) offset(1) pattern`: the pattern starts at the offset (RFC 8956 section 3.1).
fn prefix_ipv6<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, WireError> {
    let start = *reader;
    let length = reader.u8("prefix length")?;
    if length > 128 {
        return Err(start.error("prefix length", Fault::Invalid(length.into())));
    }
    let start = *reader;
    let offset = reader.u8("prefix offset")?;
    if offset >= length && (length, offset) != (0, 0) {
        return Err(start.error("prefix offset", Fault::Invalid(offset.into())));
    }
    let mut octets = [0; 16];
    copy(reader.take(octets_for(length - offset), "pattern")?, &mut octets);
    let address =
        Ipv6Addr::from_bits(u128::from_be_bytes(octets) >> offset & within(length, offset));
    Ok(Value::Ipv6 { address, length, offset })
}

/// Ones in the bits from `offset` up to `length` of an IPv6 address.
pub(super) fn within(length: u8, offset: u8) -> u128 {
    let after = |bits: u8| u128::MAX.checked_shr(bits.into()).unwrap_or(0);
    after(offset) & !after(length)
}

fn hardware_address<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, WireError> {
    let start = *reader;
    match reader.u8("hardware address length")? {
        6 => Ok(Value::HardwareAddress(reader.array("hardware address")?)),
        length => Err(start.error("hardware address length", Fault::Invalid(length.into()))),
    }
}

fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// Finds the end of a list.
fn terms<'a>(
    reader: &mut Reader<'a>,
    row: &ComponentType,
    values: &Values,
    meaning: u8,
) -> Result<Terms<'a>, WireError> {
    let list = reader.remaining();
    loop {
        let start = *reader;
        let operator = reader.u8("operator")?;
        let octets = value_octets(operator);
        if octets > values.most_octets {
            return Err(start.error(row.name, Fault::Length(octets)));
        }
        reader.take(octets, row.name)?;
        if operator & END_OF_LIST != 0 {
            let octets = list.get(..list.len() - reader.len()).unwrap_or_default();
            return Ok(Terms { octets, meaning, is_first: true });
        }
    }
}

/// How many octets the value after an operator has: 1, 2, 4 or 8.
pub(super) const fn value_octets(operator: u8) -> usize {
    1 << (operator >> 4 & 3)
}

/// The terms of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    octets: &'a [u8],
    /// The bits of an operator that have a meaning; the others are to be ignored.
    meaning: u8,
    is_first: bool,
}

/// An operator and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// [`AND`] and what to do with the value.
    pub(super) operator: u8,
    /// The value.
    pub(super) value: u64,
    /// How many octets the value has: 1, 2, 4 or 8.
    pub(super) octets: usize,
}

impl Iterator for Terms<'_> {
    type Item = Term;

    fn next(&mut self) -> Option<Term> {
        let (operator, rest) = self.octets.split_first()?;
        let (value, rest) = rest.split_at_checked(value_octets(*operator))?;
        self.octets = rest;
        // There is nothing before the first that it could be joined with.
        let ignored = if std::mem::take(&mut self.is_first) { AND } else { 0 };
        Some(Term {
            operator: operator & self.meaning & !ignored,
            value: value.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)),
            octets: value.len(),
        })
    }
}

/// Appends an operator and its value, in this many octets.
pub(super) fn push_term(out: &mut Vec<u8>, term: Term) {
    let size = match term.octets {
        0 | 1 => 0,
        2 => 0x10,
        3 | 4 => 0x20,
        _ => 0x30,
    };
    out.push(term.operator | size);
    let octets = term.value.to_be_bytes();
    out.extend(octets.iter().skip(octets.len() - value_octets(size)));
}

/// Says in the last operator of the terms from `start` on that it is the last.
pub(super) fn end_list(out: &mut [u8], start: usize) {
    let mut at = start;
    while let Some(operator) = out.get(at) {
        let next = at + 1 + value_octets(*operator);
        if next >= out.len() {
            break;
        }
        at = next;
    }
    if let Some(operator) = out.get_mut(at) {
        *operator |= END_OF_LIST;
    }
}

/// Appends `type length prefix`.
pub(super) fn push_ipv4(out: &mut Vec<u8>, address: Ipv4Addr, length: u8) {
    let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
    out.push(length);
    out.extend((address.to_bits() & mask).to_be_bytes().iter().take(octets_for(length)));
}

/// Appends `type length offset pattern`.
pub(super) fn push_ipv6(out: &mut Vec<u8>, address: Ipv6Addr, length: u8, offset: u8) {
    let pattern = (address.to_bits() & within(length, offset)) << offset.min(127);
    out.extend([length, offset]);
    out.extend(pattern.to_be_bytes().iter().take(octets_for(length.saturating_sub(offset))));
}

/// Appends the rule without what means nothing: an unneeded octet of length, bits after prefixes, bits of operators.
pub(super) fn push_canonical(
    family: Family,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let rule = Rule::new(family, bytes)?;
    rule.clone().check()?;
    let _ = push(out, |out| {
        out.extend(rule.distinguisher.iter().flat_map(|distinguisher| distinguisher.0));
        for component in rule.flatten() {
            out.push(component.row.kind);
            match component.value {
                Value::Ipv4 { address, length } => push_ipv4(out, address, length),
                Value::Ipv6 { address, length, offset } => push_ipv6(out, address, length, offset),
                Value::HardwareAddress(address) => {
                    out.push(6);
                    out.extend(address);
                }
                Value::Terms(terms) => {
                    let start = out.len();
                    terms.for_each(|term| push_term(out, term));
                    end_list(out, start);
                }
            }
        }
    });
    Ok(())
}
