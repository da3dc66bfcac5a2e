//! Labeled unicast (RFC 8277), and what it shares with labeled VPN: `length(1) label(3)… [distinguisher(8)] prefix`, where the
//! length in bits counts all that follows.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use super::fields::{Fields, LABELS, RD};
use super::rd::RouteDistinguisher;
use super::{
    Grammar, Identity, NextHopForm, Nlri, NlriContext, NlriType, PrefixParts, Word, inet, label,
    push_raw_json,
};
use crate::codes::{Afi, Family, Safi};
use crate::io::reader::{Fault, Reader, WireError};
use crate::io::text::{push, push_ipv4};
use crate::prefix::{longest, octets_for, push_prefix};

/// The row of the registry.
pub const ROW: NlriType = NlriType {
    name: "labeled unicast",
    families: &[Family::new(Afi::IPV4, Safi::NLRI_MPLS), Family::new(Afi::IPV6, Safi::NLRI_MPLS)],
    packed: |_| false,
    next_hop: |family| NextHopForm {
        lengths: if family.afi.eq(&Afi::IPV4) { &[4] } else { &[16, 32] },
        distinguisher: 0,
        attribute: true,
    },
    withdraws_with_attributes: true,
    withdrawn: Some(withdrawn),
    take,
    check: Some(check),
    take_right: None,
    canonical: inet::canonical,
    identity,
    json,
    text,
    parts: Some(|nlri| Parts::shown(nlri)),
    command,
    grammar: Grammar {
        words: &[LABEL],
        build: Some(build),
        head_is_prefix: true,
        ..Grammar::head(|family, tokens, _, out| inet::parse(family, tokens, out))
    },
};

/// `label N` or `label [ N N ]`; the last one given counts.
pub(super) const LABEL: Word = Word {
    word: "label",
    read: |tokens, route| {
        route.fields.remove(LABELS);
        route.fields.add(LABELS, |out| label::read(tokens, out))
    },
};

/// The parts of an NLRI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'a> {
    /// The label stack: empty where there is none, which only broken ones have.
    labels: &'a [u8],
    /// The route distinguisher of a VPN route.
    rd: Option<RouteDistinguisher>,
    /// Route distinguisher and prefix as they stand in the NLRI.
    route: &'a [u8],
    /// The length of the prefix in bits.
    length: u8,
    /// The octets of the prefix.
    prefix: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Finds the parts; offsets of errors count from the start of `bytes`.
    pub(super) fn of(family: Family, bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let whole = reader;
        let bits = reader.u8("length")?;
        let invalid = |reader: &Reader<'_>, field, value| {
            reader.error(field, Fault::Invalid(u64::from(value)))
        };
        let rd_length = if family.safi == Safi::MPLS_VPN { RouteDistinguisher::LENGTH } else { 0 };
        // At most 64: it fits.
        let rd_bits = u8::try_from(rd_length * 8).unwrap_or(u8::MAX);
        let Some(rest) = bits.checked_sub(rd_bits) else {
            return Err(invalid(&whole, "length with a route distinguisher", bits));
        };
        let room = reader.remaining().get(..usize::from(rest / 8)).unwrap_or_default();
        let labels = reader.take(label::stack_length(room), "labels")?;
        let length = u8::try_from(usize::from(rest) - labels.len() * 8).unwrap_or(u8::MAX);
        let route = reader.remaining();
        let rd = match rd_length {
            0 => None,
            _ => Some(RouteDistinguisher::take(&mut reader)?),
        };
        if length > longest(family.afi) {
            return Err(invalid(&reader, "prefix length", length));
        }
        let prefix = reader.take(octets_for(length), "prefix")?;
        reader.finish("prefix")?;
        Ok(Self { labels, rd, route, length, prefix })
    }

    /// The parts that are shown.
    pub(super) fn shown(nlri: Nlri<'a>) -> Option<PrefixParts<'a>> {
        let Self { labels, rd, length, prefix, .. } = Self::of(nlri.family, nlri.bytes).ok()?;
        Some(PrefixParts { labels, distinguisher: rd, length, prefix })
    }
}

/// The length says where it ends, whatever is inside.
pub(super) fn take<'a>(_: Family, reader: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let mut ahead = *reader;
    let bits = ahead.u8("length")?;
    ahead.take(octets_for(bits), "labels and prefix")?;
    reader.take(1 + octets_for(bits), "NLRI")
}

pub(super) fn check(family: Family, bytes: &[u8]) -> Result<(), WireError> {
    let parts = Parts::of(family, bytes)?;
    if parts.labels.is_empty() {
        let bits = bytes.first().copied().unwrap_or_default().into();
        return Err(Reader::new(bytes).error("length without a label", Fault::Invalid(bits)));
    }
    Ok(())
}

/// A withdrawal has three octets for labels, whatever the route has: those of one label are sent as they are, and 0x800000
/// stands for several (RFC 8277 section 2.4).
pub(super) fn withdrawn(family: Family, bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(parts) = Parts::of(family, bytes) else { return false };
    let Some(more) = parts.labels.len().checked_sub(4) else { return false };
    let Some(length) = bytes.first() else { return false };
    // More than one label: what is too many of them, in whole octets.
    let too_many = u8::try_from((more + 1) * 8).unwrap_or(0);
    out.push(length.saturating_sub(too_many));
    out.extend_from_slice(&[0x80, 0, 0]);
    out.extend_from_slice(parts.route);
    true
}

/// Labels do not make another route (RFC 8277 section 2.4).
pub(super) fn identity(family: Family, bytes: &[u8]) -> Identity<'_> {
    match Parts::of(family, bytes) {
        Ok(parts) => Identity { number: parts.length.into(), parts: [parts.route, &[]] },
        Err(_) => Identity { number: u32::MAX, parts: [bytes, &[]] },
    }
}

/// `{ "nlri": "10.0.0.0/24", "path-information": "0.0.0.1", "label": [ [100, 1601] ], "rd": "65000:1" }`.
pub(super) fn json(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let Ok(parts) = Parts::of(nlri.family, nlri.bytes) else {
        return push_raw_json(nlri, out);
    };
    push(out, "{ \"nlri\": \"");
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    if let Some(path_id) = nlri.path_id {
        push(out, "\", \"path-information\": \"");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
    out.push(b'"');
    if !parts.labels.is_empty() {
        push(out, ", \"label\": ");
        label::push_json(parts.labels, context.form.layout.shape().labels, out);
    }
    if let Some(rd) = parts.rd {
        push(out, ", \"rd\": ");
        rd.push_json(out);
    }
    push(out, " }");
}

/// `10.0.0.0/24 path-information 0.0.0.1 label 100 (1601) rd 65000:1`.
pub(super) fn text(nlri: Nlri<'_>, context: &NlriContext, out: &mut Vec<u8>) {
    let Ok(parts) = Parts::of(nlri.family, nlri.bytes) else {
        return super::opaque::push_text(nlri, out);
    };
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    if let Some(path_id) = nlri.path_id {
        push(out, " path-information ");
        push_ipv4(out, Ipv4Addr::from_bits(path_id));
    }
    if !parts.labels.is_empty() {
        out.push(b' ');
        label::push_text(parts.labels, context.form.layout.shape().labels, out);
    }
    if let Some(rd) = parts.rd {
        push(out, " rd ");
        rd.push_text(out);
    }
}

/// `route 10.0.0.0/24 rd 65000:1 label 100`, or with the name of the family for IPv6: as ExaBGP prints commands.
pub(super) fn command(nlri: Nlri<'_>, out: &mut Vec<u8>) {
    let Ok(parts) = Parts::of(nlri.family, nlri.bytes) else { return };
    if nlri.family.afi == Afi::IPV4 {
        push(out, "route ");
    } else {
        nlri.family.push_command(out);
        out.push(b' ');
    }
    push_prefix(out, nlri.family.afi, parts.length, parts.prefix);
    if let Some(rd) = parts.rd {
        push(out, " rd ");
        rd.push_command(out);
    }
    if !parts.labels.is_empty() {
        out.push(b' ');
        label::push_command(parts.labels, out);
    }
}

/// Writes the NLRI of a prefix. A withdrawal needs no label (RFC 8277 section 2.4).
pub(super) fn build(
    family: Family,
    fields: &Fields,
    head: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    let Some((length, prefix)) = head.split_first() else {
        return Err("the prefix is missing".into());
    };
    let shown = || {
        let mut shown = Vec::new();
        push_prefix(&mut shown, family.afi, *length, prefix);
        String::from_utf8_lossy(&shown).into_owned()
    };
    let rd = match (family.safi == Safi::MPLS_VPN, fields.get(RD)) {
        (false, _) => &[],
        (true, Some(rd)) => rd,
        (true, None) => {
            let message = format!(
                "{} is a VPN route without a route distinguisher: add 'rd ASN:NUMBER'",
                shown()
            );
            return Err(message.into());
        }
    };
    let withdrawn = label::WITHDRAWN.octets();
    let labels = match fields.get(LABELS) {
        Some(labels) => labels,
        None if fields.is_withdrawn() => &withdrawn,
        None => {
            let kind = if rd.is_empty() { "labeled" } else { "VPN" };
            return Err(format!(
                "{} is a {kind} route without a label: add 'label NUMBER'",
                shown()
            )
            .into());
        }
    };
    let bits = usize::from(*length) + (labels.len() + rd.len()) * 8;
    let Ok(bits) = u8::try_from(bits) else {
        return Err(format!(
            "the labels, {}and the prefix {} have {bits} bits together, and the NLRI has room for 255",
            if rd.is_empty() { "" } else { "the route distinguisher " },
            shown()
        )
        .into());
    };
    out.push(bits);
    out.extend_from_slice(labels);
    out.extend_from_slice(rd);
    out.extend_from_slice(prefix);
    Ok(())
}
