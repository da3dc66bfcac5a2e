//! Statistics reports (RFC 7854 section 4.8, RFC 8671 section 6.2): counts of a peer.

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::{Fault, Reader, WireError};

use crate::codes::StatisticType;

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistic<'a> {
    /// What is counted.
    pub kind: StatisticType,
    /// The count.
    pub value: StatisticValue<'a>,
}

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticValue<'a> {
    /// A number.
    Count(u64),
    /// A number of a family.
    OfFamily(Family, u64),
    /// Octets of a kind that is not known, and that have not the length of a number.
    Unknown(&'a [u8]),
}

/// Counts, one after the other. The first that is wrong is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticIter<'a> {
    octets: &'a [u8],
    offset: usize,
}

impl<'a> StatisticIter<'a> {
    pub(crate) const fn new(reader: Reader<'a>) -> Self {
        Self { octets: reader.remaining(), offset: reader.offset() }
    }

    fn take(&mut self) -> Result<Statistic<'a>, WireError> {
        let mut reader = Reader::at(self.octets, self.offset);
        let kind = StatisticType(reader.u16("BMP statistic type")?);
        let length = usize::from(reader.u16("BMP statistic length")?);
        let mut value = reader.sub(length, "BMP statistic")?;
        let statistic = Statistic { kind, value: read(kind, &mut value)? };
        *self = Self::new(reader);
        Ok(statistic)
    }
}

/// Counters have four octets and gauges eight; some send one for the other, which says as much.
fn read<'a>(kind: StatisticType, reader: &mut Reader<'a>) -> Result<StatisticValue<'a>, WireError> {
    let family = if kind.has_family() {
        let afi = Afi(reader.u16("BMP statistic AFI")?);
        let safi = Safi(reader.u8("BMP statistic SAFI")?);
        Some(Family { afi, safi })
    } else {
        None
    };
    let count = match reader.len() {
        4 => u64::from(reader.u32("BMP statistic")?),
        8 => reader.u64("BMP statistic")?,
        _ if kind.name().is_none() => return Ok(StatisticValue::Unknown(reader.rest())),
        length => return Err(reader.error("BMP statistic", Fault::Length(length))),
    };
    Ok(match family {
        Some(family) => StatisticValue::OfFamily(family, count),
        None => StatisticValue::Count(count),
    })
}

impl<'a> Iterator for StatisticIter<'a> {
    type Item = Result<Statistic<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.octets.is_empty() {
            return None;
        }
        let taken = self.take();
        if taken.is_err() {
            self.octets = &[];
        }
        Some(taken)
    }
}

impl Statistic<'_> {
    /// Appends it. A count that does not fit its four octets is the highest that does.
    pub fn push(&self, out: &mut Vec<u8>) {
        let (family, count) = match self.value {
            StatisticValue::Count(count) => (None, count),
            StatisticValue::OfFamily(family, count) => (Some(family), count),
            StatisticValue::Unknown(octets) => {
                let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
                out.extend_from_slice(&self.kind.0.to_be_bytes());
                out.extend_from_slice(&length.to_be_bytes());
                out.extend_from_slice(octets.get(..length.into()).unwrap_or_default());
                return;
            }
        };
        let octets = self.kind.octets();
        let length = if family.is_some() { octets + 3 } else { octets };
        out.extend_from_slice(&self.kind.0.to_be_bytes());
        out.extend_from_slice(&[0, u8::try_from(length).unwrap_or(u8::MAX)]);
        if let Some(family) = family {
            out.extend_from_slice(&family.afi.0.to_be_bytes());
            out.push(family.safi.0);
        }
        if octets == 8 {
            out.extend_from_slice(&count.to_be_bytes());
        } else {
            out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
    }
}
