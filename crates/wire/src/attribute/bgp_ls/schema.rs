//! What a TLV of BGP-LS looks like, as data: from one row come the check of its length, its JSON, its text and the
//! reading of that text.

use crate::io::reader::{Fault, Reader, WireError};

/// How deep TLVs may stand in each other and still be taken apart. What is deeper is shown as octets.
pub const DEEPEST: u8 = 4;

/// Writes JSON where ExaBGP's differs from what the layout says; `None` when the octets do not fit.
pub type WriteJson = fn(&[u8], &mut Vec<u8>) -> Option<()>;

/// One TLV: a row of a [`Schema`].
#[derive(Debug)]
pub struct Tlv {
    /// The type (IANA "BGP-LS NLRI and Attribute TLVs").
    pub code: u16,
    /// The word of text and the name in JSON. Two rows may share it: text then takes the one that fits.
    pub name: &'static str,
    /// How its value is laid out.
    pub kind: Kind,
    /// The lowest type of those shown under the same name.
    pub group: u16,
    /// JSON has an array of all of the group.
    pub merged: bool,
    /// JSON has the fields beside the other TLVs instead of in an object.
    pub spread: bool,
    /// ExaBGP takes it apart; it shows the others as `generic-lsid-TYPE`.
    pub classic: bool,
    /// Another JSON value than that of `kind`.
    pub json: Option<WriteJson>,
}

impl Tlv {
    /// A TLV that ExaBGP knows, shown once.
    pub const fn new(code: u16, name: &'static str, kind: Kind) -> Self {
        let group = code;
        Self { code, name, kind, group, merged: false, spread: false, classic: true, json: None }
    }

    /// All of them are shown in an array.
    pub const fn merged(self) -> Self {
        Self { merged: true, ..self }
    }

    /// Shown with those of `group`.
    pub const fn beside(self, group: u16) -> Self {
        Self { group, ..self }
    }

    /// Its fields are members of the object around it.
    pub const fn spread(self) -> Self {
        Self { spread: true, ..self }
    }

    /// One that ExaBGP does not know.
    pub const fn added(self) -> Self {
        Self { classic: false, ..self }
    }

    /// With a JSON value of its own.
    pub const fn json(self, json: WriteJson) -> Self {
        Self { json: Some(json), ..self }
    }
}

/// A field of a TLV.
#[derive(Debug)]
pub struct Field {
    /// Its word in text and name in JSON.
    pub name: &'static str,
    /// Its layout.
    pub kind: Kind,
}

/// A field with a name.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

/// Octets that mean nothing: not shown, zero when read from text.
pub const fn reserved(octets: usize) -> Field {
    Field { name: "reserved", kind: Kind::Reserved(octets) }
}

/// The sub-TLVs at the end.
pub const SUB_TLVS: Field = Field { name: "sub-TLVs", kind: Kind::SubTlvs };

/// The layout of a value or field.
#[derive(Debug)]
pub enum Kind {
    /// No octets.
    Empty,
    /// An unsigned number of so many octets, at most eight.
    Number(usize),
    /// An unsigned number of one of these lengths; the first is that of a decimal number in text.
    AnyNumber(&'static [usize]),
    /// An IEEE 754 number of four octets.
    Float,
    /// A multi-topology identifier: four reserved bits and twelve that count.
    Topology,
    /// Two numbers of one octet.
    Pair,
    /// An MPLS label in the upper 20 bits of four octets.
    Label,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// An address of either family, by the length.
    Ip,
    /// An IPv6 address if this octet of the value has one of these bits, else the other.
    WideIf(usize, u8, &'static Self),
    /// Text in UTF-8 up to 255 octets.
    Name,
    /// An IGP Router-ID (RFC 9552 section 5.2.1.4) of 4, 6, 7 or 8 octets.
    RouterId,
    /// A system identifier of IS-IS.
    SystemId,
    /// A neighbour before a SID: a system identifier of IS-IS, or a Router-ID of OSPF when only four octets are for it.
    Neighbor,
    /// An area address of IS-IS.
    Area,
    /// Any octets, in JSON as lower-case digits alone.
    Opaque,
    /// Any octets, in JSON as `0x` and upper-case digits.
    Hex,
    /// An IP prefix: its length in bits and its octets; of IPv6, or else of IPv4.
    Prefix(bool),
    /// Octets that mean nothing.
    Reserved(usize),
    /// So many octets of flags, the most significant bit first; an empty name is a bit without one.
    Flags(usize, &'static [&'static str]),
    /// Flags of any length, of which the first octet has names.
    OpenFlags(&'static [&'static str]),
    /// A label of three octets or an index of four.
    Sid,
    /// Ranges of labels: a size of three octets and a SID/Label TLV (1161) each.
    SidRanges,
    /// One after the other, all of one length.
    List(&'static Self),
    /// So many of one length.
    Array(usize, &'static Self),
    /// Fields one after the other; then the order of JSON, if another.
    Struct(&'static [Field], &'static [usize]),
    /// A number in the first octet which says what fields follow: the first case is of 1.
    Switch(&'static [&'static [Field]]),
    /// Lengths of one octet for each name in units of so many octets, reserved octets, and then what they count.
    Counted(&'static [&'static str], usize, usize),
    /// TLVs of the same schema.
    SubTlvs,
}

/// The TLVs of one registry.
#[derive(Debug)]
pub struct Schema {
    /// The row of a type.
    pub row: fn(u16) -> Option<&'static Tlv>,
    /// All rows.
    pub rows: fn() -> &'static [&'static [Tlv]],
}

/// The TLVs of a value as they follow each other; `None` for what is cut.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a>(Reader<'a>);

impl<'a> Walk<'a> {
    /// The TLVs of `value`.
    pub const fn new(value: &'a [u8]) -> Self {
        Self(Reader::new(value))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Option<(u16, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let item = take_tlv(&mut self.0).ok().map(|(code, value)| (code, value.remaining()));
        if item.is_none() {
            self.0.rest();
        }
        Some(item)
    }
}

/// Takes the type and value of a TLV.
pub fn take_tlv<'a>(reader: &mut Reader<'a>) -> Result<(u16, Reader<'a>), WireError> {
    let code = reader.u16("TLV type")?;
    let length = reader.u16("TLV length")?;
    Ok((code, reader.sub(usize::from(length), "TLV value")?))
}

/// Checks the lengths of TLVs and, of those in the schema, of all in them (RFC 9552 section 8.2.2): what fields mean
/// is not looked at.
pub fn check(schema: &Schema, mut reader: Reader<'_>, depth: u8) -> Result<(), WireError> {
    while !reader.is_empty() {
        let (code, value) = take_tlv(&mut reader)?;
        if let Some(row) = (schema.row)(code)
            && depth < DEEPEST
        {
            check_value(schema, &row.kind, row.name, value, depth)?;
        }
    }
    Ok(())
}

/// Whether the lengths in the value of a TLV are right.
pub fn fits(schema: &Schema, row: &'static Tlv, value: &[u8]) -> bool {
    check_value(schema, &row.kind, row.name, Reader::new(value), 0).is_ok()
}

fn check_value(
    schema: &Schema,
    kind: &'static Kind,
    name: &'static str,
    mut reader: Reader<'_>,
    depth: u8,
) -> Result<(), WireError> {
    let length = reader.len();
    let wrong = Err(reader.error(name, Fault::Length(length)));
    let fits = match kind {
        Kind::Struct(fields, _) => return check_fields(schema, fields, reader, depth),
        Kind::Switch(_) => {
            let fields = cases(kind, reader.remaining());
            return check_fields(schema, fields, reader, depth);
        }
        Kind::SubTlvs => return check(schema, reader, depth + 1),
        Kind::SidRanges => {
            while !reader.is_empty() {
                reader.take(3, "range size")?;
                let (_, sid) = take_tlv(&mut reader)?;
                if !matches!(sid.len(), 3 | 4) {
                    return Err(sid.error("SID/Label", Fault::Length(sid.len())));
                }
            }
            true
        }
        Kind::AnyNumber(lengths) => lengths.contains(&length),
        Kind::Ip => matches!(length, 4 | 16),
        Kind::RouterId => matches!(length, 4 | 6 | 7 | 8),
        Kind::Sid => matches!(length, 3 | 4),
        Kind::Name => length <= 255,
        Kind::Prefix(version_6) => {
            let bits = reader.u8(name)?;
            let most = if *version_6 { 128 } else { 32 };
            if bits > most {
                return Err(reader.error(name, Fault::Invalid(bits.into())));
            }
            length <= 1 + usize::from(most / 8)
        }
        Kind::Area => length >= 1,
        Kind::OpenFlags(_) => length >= 1,
        Kind::List(each) => length.is_multiple_of(size(each, &[], &[]).max(1)),
        _ => length == size(kind, reader.remaining(), reader.remaining()),
    };
    if fits { Ok(()) } else { wrong }
}

fn check_fields(
    schema: &Schema,
    fields: &'static [Field],
    mut reader: Reader<'_>,
    depth: u8,
) -> Result<(), WireError> {
    let whole = reader.remaining();
    for field in fields {
        let wanted = size(&field.kind, whole, reader.remaining());
        let value = reader.sub(wanted, field.name)?;
        if !is_delimited(&field.kind) {
            check_value(schema, &field.kind, field.name, value, depth)?;
        }
    }
    reader.finish("TLV")
}

/// Whether the size of a kind is all there is to check.
const fn is_delimited(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Number(_)
            | Kind::Float
            | Kind::Topology
            | Kind::Pair
            | Kind::Label
            | Kind::Ipv4
            | Kind::Ipv6
            | Kind::WideIf(..)
            | Kind::SystemId
            | Kind::Neighbor
            | Kind::Reserved(_)
            | Kind::Flags(..)
            | Kind::Array(..)
            | Kind::Counted(..)
    )
}

/// The fields that a [`Kind::Switch`] has for this value; for a number without a case what follows is opaque.
pub fn cases(kind: &'static Kind, value: &[u8]) -> &'static [Field] {
    const OTHER: &[Field] = &[field("type", Kind::Number(1)), field("value", Kind::Hex)];
    let Kind::Switch(cases) = kind else { return &[] };
    let case = value.first().and_then(|number| cases.get(usize::from(*number).checked_sub(1)?));
    case.copied().unwrap_or(OTHER)
}

/// How many octets a field takes of `rest`, in the value `whole`: all that is left for those that have no length.
pub fn size(kind: &Kind, whole: &[u8], rest: &[u8]) -> usize {
    match kind {
        Kind::Empty => 0,
        Kind::Number(octets) | Kind::Reserved(octets) | Kind::Flags(octets, _) => *octets,
        Kind::Float | Kind::Ipv4 | Kind::Label => 4,
        Kind::Topology | Kind::Pair => 2,
        Kind::Ipv6 => 16,
        Kind::SystemId => 6,
        Kind::Neighbor => {
            if rest.len() > 8 {
                6
            } else {
                4
            }
        }
        Kind::Array(count, each) => count * size(each, &[], &[]),
        Kind::WideIf(octet, bits, narrow) => match whole.get(*octet) {
            Some(octet) if octet & bits != 0 => 16,
            _ => size(narrow, whole, rest),
        },
        Kind::Counted(names, unit, reserved) => {
            let counts = rest.iter().take(names.len()).map(|count| usize::from(*count));
            names.len() + reserved + unit * counts.sum::<usize>()
        }
        Kind::AnyNumber(_)
        | Kind::Ip
        | Kind::Name
        | Kind::RouterId
        | Kind::Area
        | Kind::Opaque
        | Kind::Hex
        | Kind::Prefix(_)
        | Kind::OpenFlags(_)
        | Kind::Sid
        | Kind::SidRanges
        | Kind::List(_)
        | Kind::Struct(..)
        | Kind::Switch(_)
        | Kind::SubTlvs => rest.len(),
    }
}

/// The octets of each field of a value; `None` when they are too few.
pub fn split<'a>(fields: &'static [Field], value: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let mut rest = value;
    let mut parts = Vec::with_capacity(fields.len());
    for field in fields {
        let (part, after) = rest.split_at_checked(size(&field.kind, value, rest))?;
        parts.push(part);
        rest = after;
    }
    Some(parts)
}

/// The number that these octets are; `None` for more than eight.
pub fn number(octets: &[u8]) -> Option<u64> {
    (octets.len() <= 8).then(|| octets.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
}

/// Appends the last octets of a number.
pub fn push_number(number: u64, octets: usize, out: &mut Vec<u8>) {
    let all = number.to_be_bytes();
    out.extend(all.get(8usize.saturating_sub(octets)..).unwrap_or(&all));
}
