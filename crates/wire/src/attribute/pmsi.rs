//! PMSI Tunnel (RFC 6514 section 5): `flags(1) type(1) label(3) identifier`. Where the tunnel is one of EVPN over VXLAN
//! the label is a network identifier of 24 bits (RFC 8365 section 5.1.3), else its upper 20 bits count.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, as_it_is, flags, send_as_is, subcode,
};
use crate::io::text::{
    parse_hex, parse_unsigned, push, push_decimal, push_hex_lower, push_hex_upper, push_ip,
};
use crate::io::tokens::{TextError, Tokens, did_you_mean};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 22,
    name: "pmsi",
    keywords: &["pmsi"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise: as_it_is,
    send: send_as_is,
    default: None,
};

/// What the identifier of a tunnel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identifier {
    /// There is none.
    None,
    /// One address.
    Address,
    /// A source, root or sender and a group: two addresses of one family.
    Pair,
    /// Octets.
    Opaque,
}

/// A type of tunnel (IANA "P-Multicast Service Interface Tunnel (PMSI Tunnel) Tunnel Types").
struct TunnelType {
    code: u8,
    /// As text is read.
    word: &'static str,
    /// As ExaBGP shows it, in events.
    shown: &'static str,
    identifier: Identifier,
}

const fn tunnel(
    code: u8,
    word: &'static str,
    shown: &'static str,
    identifier: Identifier,
) -> TunnelType {
    TunnelType { code, word, shown, identifier }
}

const TABLE: &[TunnelType] = &[
    tunnel(0, "no-tunnel", "notunnel", Identifier::None),
    tunnel(1, "rsvp-te-p2mp", "rsvp-tep2mplsp", Identifier::Opaque),
    tunnel(2, "mldp-p2mp", "mldpp2mplsp", Identifier::Opaque),
    tunnel(3, "pim-ssm", "pim-ssmtree", Identifier::Pair),
    tunnel(4, "pim-sm", "pim-smtree", Identifier::Pair),
    tunnel(5, "bidir-pim", "bidir-pimtree", Identifier::Pair),
    tunnel(6, "ingress-replication", "ingressreplication", Identifier::Address),
    tunnel(7, "mldp-mp2mp", "mldpmp2mplsp", Identifier::Opaque),
    tunnel(8, "transport", "unknown", Identifier::Opaque),
    tunnel(10, "assisted-replication", "unknown", Identifier::Address),
    tunnel(11, "bier", "unknown", Identifier::Opaque),
    tunnel(12, "sr-mpls-p2mp", "unknown", Identifier::Opaque),
];

/// The parts of a value.
struct Pmsi<'a> {
    flags: u8,
    kind: u8,
    /// The label field, 24 bits.
    label: u32,
    identifier: &'a [u8],
}

impl<'a> Pmsi<'a> {
    fn of(value: &'a [u8]) -> Option<Self> {
        let (&[flags, kind, a, b, c], identifier) = value.split_first_chunk()?;
        Some(Self { flags, kind, label: u32::from_be_bytes([0, a, b, c]), identifier })
    }

    fn row(&self) -> Option<&'static TunnelType> {
        TABLE.iter().find(|row| row.code == self.kind)
    }

    fn addresses(&self) -> Option<(IpAddr, Option<IpAddr>)> {
        match (self.row()?.identifier, self.identifier.len()) {
            (Identifier::Address, _) => Some((address(self.identifier)?, None)),
            (Identifier::Pair, length) => {
                let (source, group) = self.identifier.split_at_checked(length / 2)?;
                Some((address(source)?, Some(address(group)?)))
            }
            _ => None,
        }
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = octets.try_into().ok().map(|octets: [u8; 4]| Ipv4Addr::from(octets).into());
    v4.or_else(|| octets.try_into().ok().map(|octets: [u8; 16]| Ipv6Addr::from(octets).into()))
}

/// An identifier that is not one of its type makes the attribute malformed (RFC 6514 section 5). Types that are not known
/// are let through: helpers may know them.
fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    let fault = |reason| Err(ValueFault::new(subcode::OPTIONAL, reason));
    let Some(pmsi) = Pmsi::of(value) else {
        return fault(format!("PMSI tunnel has {} octets instead of 5 or more", value.len()));
    };
    match pmsi.row() {
        Some(TunnelType { identifier: Identifier::Address | Identifier::Pair, word, .. })
            if pmsi.addresses().is_none() =>
        {
            let length = pmsi.identifier.len();
            fault(format!("PMSI tunnel identifier of {word} can not have {length} octets"))
        }
        _ => Ok(()),
    }
}

fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"pmsi\": \"");
    push_value(value, out);
    out.push(b'"');
}

/// As ExaBGP writes it, in events. What is read is what [`command`] writes.
fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, " pmsi ");
    push_value(value, out);
}

/// Writes `pmsi:ingressreplication:0:100:10.0.0.1`.
fn push_value(value: &[u8], out: &mut Vec<u8>) {
    let Some(pmsi) = Pmsi::of(value) else { return push(out, "pmsi:unknown") };
    push(out, "pmsi:");
    push(out, pmsi.row().map_or("unknown", |row| row.shown));
    out.push(b':');
    push_decimal(out, pmsi.flags.into());
    out.push(b':');
    push_decimal(out, (pmsi.label >> 4).into());
    if pmsi.label & 0xf != 0 {
        out.push(b'(');
        push_decimal(out, pmsi.label.into());
        out.push(b')');
    }
    out.push(b':');
    match pmsi.addresses() {
        Some((address, None)) => push_ip(out, address),
        _ if pmsi.kind == 0 && pmsi.identifier.is_empty() => {}
        _ => {
            push(out, "0x");
            push_hex_upper(out, pmsi.identifier);
        }
    }
}

/// Writes ` pmsi ingress-replication label 100 10.0.0.1`, as it is read.
pub(super) fn command(value: &[u8], out: &mut Vec<u8>) {
    let Some(pmsi) = Pmsi::of(value) else { return };
    push(out, " pmsi ");
    match pmsi.row() {
        Some(row) => push(out, row.word),
        None => push_decimal(out, pmsi.kind.into()),
    }
    if pmsi.flags != 0 {
        push(out, " flags ");
        push_decimal(out, pmsi.flags.into());
    }
    if pmsi.label & 0xf != 0 {
        push(out, " vni ");
        push_decimal(out, pmsi.label.into());
    } else if pmsi.label != 0 {
        push(out, " label ");
        push_decimal(out, (pmsi.label >> 4).into());
    }
    if let Some((first, second)) = pmsi.addresses() {
        for address in [Some(first), second].into_iter().flatten() {
            out.push(b' ');
            push_ip(out, address);
        }
    } else if !pmsi.identifier.is_empty() {
        push(out, " 0x");
        push_hex_lower(out, pmsi.identifier);
    }
}

/// Reads `TYPE [flags N] [label N | vni N] [IDENTIFIER]`.
fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("PMSI tunnel type")?;
    let span = tokens.last_span();
    let row = TABLE.iter().find(|row| row.word == word);
    let Some(kind) = row.map(|row| row.code).or_else(|| parse_unsigned(word)) else {
        let words = || TABLE.iter().map(|row| row.word);
        let error = tokens.last_error(format!("'{word}' is not a PMSI tunnel type"));
        return Err(match did_you_mean(word, words()) {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help(format!("{}, or a number", words().collect::<Vec<_>>().join(", "))),
        });
    };
    let flags = match tokens.accept("flags") {
        true => number(tokens, "PMSI flags", 0xff, "0 to 255")?,
        false => 0,
    };
    let label = if tokens.accept("label") {
        number(tokens, "label", 0xf_ffff, "0 to 1048575")? << 4
    } else if tokens.accept("vni") {
        number(tokens, "vni", 0xff_ffff, "0 to 16777215")?
    } else {
        0
    };
    let [_, label @ ..] = label.to_be_bytes();
    let [.., flags] = flags.to_be_bytes();
    out.extend([flags, kind]);
    out.extend(label);
    let start = out.len();
    let wanted = TABLE.iter().find(|row| row.code == kind).map(|row| row.identifier);
    if let Some(octets) = tokens.peek().filter(|word| word.starts_with("0x")).map(parse_hex) {
        tokens.next();
        out.extend(octets.ok_or_else(|| {
            tokens
                .last_error("the identifier of a PMSI tunnel is not hexadecimal")
                .help("0x and an even number of digits")
        })?);
    } else if matches!(wanted, Some(Identifier::Address | Identifier::Pair)) {
        push_address(tokens, out)?;
        if wanted == Some(Identifier::Pair) {
            push_address(tokens, out)?;
        }
    }
    let pmsi = Pmsi { flags, kind, label: 0, identifier: out.get(start..).unwrap_or_default() };
    if matches!(wanted, Some(Identifier::Address | Identifier::Pair)) && pmsi.addresses().is_none()
    {
        return Err(TextError::new(span, format!("the identifier does not fit '{word}'")).help(
            if wanted == Some(Identifier::Pair) {
                "two addresses of one family: source and group"
            } else {
                "the address of the endpoint"
            },
        ));
    }
    Ok(())
}

fn push_address(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    match tokens.parse("address of a PMSI tunnel", "an IPv4 or IPv6 address")? {
        IpAddr::V4(address) => out.extend(address.octets()),
        IpAddr::V6(address) => out.extend(address.octets()),
    }
    Ok(())
}

fn number(
    tokens: &mut Tokens<'_>,
    what: &'static str,
    most: u32,
    range: &'static str,
) -> Result<u32, TextError> {
    let word = tokens.expect(what)?;
    parse_unsigned(word)
        .filter(|number| *number <= most)
        .ok_or_else(|| tokens.last_error(format!("'{word}' is not a valid {what}")).help(range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};
    use proptest::prelude::*;

    fn shown(hex: &str) -> String {
        faces(&ROW, &parse_hex(hex).unwrap()).1
    }

    #[test]
    fn events_have_the_words_of_exabgp() {
        assert_eq!(shown("00060006400A000001"), " pmsi pmsi:ingressreplication:0:100:10.0.0.1");
        assert_eq!(shown("0000000000"), " pmsi pmsi:notunnel:0:0:");
        assert_eq!(
            shown("01030000110A000001E0000001"),
            " pmsi pmsi:pim-ssmtree:1:1(17):0x0A000001E0000001"
        );
        assert_eq!(shown("016300001101"), " pmsi pmsi:unknown:1:1(17):0x01");
        assert_eq!(
            shown("000600064020010DB8000000000000000000000001"),
            " pmsi pmsi:ingressreplication:0:100:2001:db8::1"
        );
    }

    #[test]
    fn identifiers_are_of_their_type() {
        for wrong in ["00060006400A0000", "000300000A000001", "00000000", "0006000640"] {
            assert!(check(&parse_hex(wrong).unwrap(), &ValueContext::STORED).is_err(), "{wrong}");
        }
        for (text, part) in [
            ("ingress-replicaton 10.0.0.1", "did you mean 'ingress-replication'"),
            ("ingress-replication label 1048576 10.0.0.1", "'1048576' is not a valid label"),
            ("ingress-replication", "address of a PMSI tunnel is missing"),
            ("pim-ssm 10.0.0.1 ::1", "two addresses of one family"),
            ("mldp-p2mp 0xabc", "not hexadecimal"),
            ("256", "not a PMSI tunnel type"),
        ] {
            assert!(parse_error(&ROW, text).contains(part), "{}", parse_error(&ROW, text));
        }
    }

    proptest! {
        #[test]
        fn what_a_command_says_is_read_back(
            flags: u8, kind: u8, label in 0u32..1 << 24, identifier: Vec<u8>, address: [u8; 4], pair: [u8; 8],
        ) {
            for identifier in [&identifier[..], &address, &pair] {
                let mut value = vec![flags, kind % 16];
                value.extend(&label.to_be_bytes()[1..]);
                value.extend(identifier);
                if check(&value, &ValueContext::STORED).is_ok() {
                    let mut words = Vec::new();
                    command(&value, &mut words);
                    let words = String::from_utf8(words).unwrap();
                    prop_assert_eq!(parse_value(&ROW, &words[6..]), value, "{}", words);
                }
            }
        }
    }
}
