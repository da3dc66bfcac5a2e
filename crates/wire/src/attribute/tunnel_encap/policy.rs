//! The sub-TLVs of an SR policy but its segment lists (RFC 9830 sections 2.4.1 to 2.4.3 and 2.4.5 to 2.4.8). Most start
//! with `flags(1) reserved(1)`.

use std::net::Ipv6Addr;

use super::sub_tlv::{SubTlv, number_json, number_text};
use super::{label, number};
use crate::io::json::push_string;
use crate::io::text::{parse_unsigned, push, push_decimal, push_ipv6};
use crate::io::tokens::{TextError, Tokens};

/// Which of the candidate paths is used: the higher one.
pub(super) const PREFERENCE: SubTlv = SubTlv {
    code: 12,
    name: "preference",
    json: |_, value, out| number_json(preference(value)?, out),
    text: |_, value, out| number_text(preference(value)?, out),
    parse: |_, tokens, out| {
        let preference: u32 = number(tokens, "preference", "a number from 0 to 4294967295")?;
        out.extend([0, 0]);
        out.extend(preference.to_be_bytes());
        Ok(())
    },
};

fn preference(value: &[u8]) -> Option<u32> {
    let &[_, _, ref preference @ ..] = <&[u8; 6]>::try_from(value).ok()?;
    Some(u32::from_be_bytes(*preference))
}

/// The S bit of a binding SID: this one or none (RFC 9830 section 2.4.2).
const SPECIFIED_ONLY: u8 = 0x80;
/// The I bit: traffic is dropped when the policy is not valid.
const DROP_UPON_INVALID: u8 = 0x40;

/// What a binding SID can be.
enum Binding {
    None,
    Label(u32),
    Sid(Ipv6Addr),
}

/// The SID that stands for the policy. `mpls` writes what ExaBGP does, which sets a flag without a meaning and the bottom
/// of the stack; `label` what the RFC says.
pub(super) const BINDING_SID: SubTlv = SubTlv {
    code: 13,
    name: "binding-sid",
    json: |_, value, out| {
        match binding(value)?.1 {
            Binding::None => push(out, "null"),
            Binding::Label(entry) => {
                push(out, "{\"type\": \"mpls\", \"label\": ");
                push_decimal(out, label::value(entry).into());
                out.push(b'}');
            }
            Binding::Sid(sid) => {
                push(out, "{\"type\": \"srv6\", \"sid\": \"");
                push_ipv6(out, sid);
                push(out, "\"}");
            }
        }
        Some(())
    },
    text: |_, value, out| {
        let (flags, binding) = binding(value)?;
        match binding {
            Binding::None => push(out, " null"),
            Binding::Label(entry) => {
                push(out, if flags & MPLS_FLAG == 0 { " label" } else { " mpls" });
                number_text(label::value(entry), out)?;
            }
            Binding::Sid(sid) => {
                push(out, " srv6 ");
                push_ipv6(out, sid);
            }
        }
        push_flags(flags, out);
        Some(())
    },
    parse: |_, tokens, out| {
        let start = out.len();
        let word = tokens.expect("binding-sid")?;
        match word {
            "null" => out.extend([0, 0]),
            "mpls" => {
                out.extend([MPLS_FLAG, 0]);
                out.extend((label::parse(tokens)? | label::BOTTOM).to_be_bytes());
            }
            "label" => {
                out.extend([0, 0]);
                out.extend(label::parse(tokens)?.to_be_bytes());
            }
            "srv6" => {
                out.extend([0, 0]);
                out.extend(sid(tokens)?.octets());
            }
            _ => {
                return Err(tokens
                    .last_error(format!("'{word}' is not a valid binding-sid"))
                    .help("mpls LABEL, label LABEL, srv6 SID or null"));
            }
        }
        parse_flags(tokens, start, out);
        Ok(())
    },
};

/// The flag that ExaBGP sets.
const MPLS_FLAG: u8 = 0x10;

fn binding(value: &[u8]) -> Option<(u8, Binding)> {
    let (&[flags, _], rest) = value.split_first_chunk()?;
    let binding = match rest.len() {
        0 => Binding::None,
        4 => Binding::Label(u32::from_be_bytes(rest.try_into().ok()?)),
        16 => Binding::Sid(<[u8; 16]>::try_from(rest).ok()?.into()),
        _ => return None,
    };
    Some((flags, binding))
}

fn push_flags(flags: u8, out: &mut Vec<u8>) {
    if flags & SPECIFIED_ONLY != 0 {
        push(out, " specified-only");
    }
    if flags & DROP_UPON_INVALID != 0 {
        push(out, " drop-upon-invalid");
    }
}

/// Reads the words of the flags into the octet at `start`.
fn parse_flags(tokens: &mut Tokens<'_>, start: usize, out: &mut [u8]) {
    for (word, flag) in
        [("specified-only", SPECIFIED_ONLY), ("drop-upon-invalid", DROP_UPON_INVALID)]
    {
        if tokens.accept(word)
            && let Some(flags) = out.get_mut(start)
        {
            *flags |= flag;
        }
    }
}

/// Takes the next word as an SRv6 SID.
pub(super) fn sid(tokens: &mut Tokens<'_>) -> Result<Ipv6Addr, TextError> {
    tokens.parse("SRv6 SID", "an IPv6 address")
}

/// Whether an explicit null label is pushed on packets without one (RFC 9830 section 2.4.5).
pub(super) const ENLP: SubTlv = SubTlv {
    code: 14,
    name: "enlp",
    json: |_, value, out| match *value {
        [_, _, policy] => number_json(policy.into(), out),
        _ => None,
    },
    text: |_, value, out| match *value {
        [_, _, policy] => {
            match ENLP_NAMES.iter().find(|(code, _)| *code == policy) {
                Some((_, name)) => {
                    out.push(b' ');
                    push(out, name);
                }
                None => number_text(policy.into(), out)?,
            }
            Some(())
        }
        _ => None,
    },
    parse: |_, tokens, out| {
        let word = tokens.expect("enlp")?;
        let named = ENLP_NAMES.iter().find(|(_, name)| *name == word).map(|(code, _)| *code);
        let Some(policy) = named.or_else(|| parse_unsigned(word)) else {
            return Err(tokens
                .last_error(format!("'{word}' is not a valid enlp"))
                .help("push-ipv4, push-ipv6, push-ipv4-ipv6, no-push or a number"));
        };
        out.extend([0, 0, policy]);
        Ok(())
    },
};

const ENLP_NAMES: [(u8, &str); 4] =
    [(1, "push-ipv4"), (2, "push-ipv6"), (3, "push-ipv4-ipv6"), (4, "no-push")];

/// In which order policies are computed again: `priority(1) reserved(1)`.
pub(super) const PRIORITY: SubTlv = SubTlv {
    code: 15,
    name: "priority",
    json: |_, value, out| match *value {
        [priority, _] => number_json(priority.into(), out),
        _ => None,
    },
    text: |_, value, out| match *value {
        [priority, _] => number_text(priority.into(), out),
        _ => None,
    },
    parse: |_, tokens, out| {
        out.extend([number(tokens, "priority", "a number from 0 to 255")?, 0]);
        Ok(())
    },
};

/// The B bit of an SRv6 binding SID: behavior and structure follow.
const BEHAVIOR: u8 = 0x20;

/// The SRv6 SID that stands for the policy: `flags(1) reserved(1) SID(16)` and [`Behavior`] or not.
pub(super) const SRV6_BINDING_SID: SubTlv = SubTlv {
    code: 20,
    name: "srv6-binding-sid",
    json: |_, value, out| {
        let (_, sid, behavior) = srv6_binding(value)?;
        let object = behavior.is_some();
        push(out, if object { "{\"sid\": \"" } else { "\"" });
        push_ipv6(out, sid);
        out.push(b'"');
        if let Some(behavior) = behavior {
            push(out, ", ");
            behavior.push_members(out);
            out.push(b'}');
        }
        Some(())
    },
    text: |_, value, out| {
        let (flags, sid, behavior) = srv6_binding(value)?;
        out.push(b' ');
        push_ipv6(out, sid);
        if let Some(behavior) = behavior {
            behavior.push_words(out);
        }
        push_flags(flags, out);
        Some(())
    },
    parse: |_, tokens, out| {
        let start = out.len();
        let sid = sid(tokens)?;
        let behavior = Behavior::parse(tokens)?;
        out.extend([if behavior.is_some() { BEHAVIOR } else { 0 }, 0]);
        out.extend(sid.octets());
        if let Some(behavior) = behavior {
            out.extend(behavior.octets());
        }
        parse_flags(tokens, start, out);
        Ok(())
    },
};

fn srv6_binding(value: &[u8]) -> Option<(u8, Ipv6Addr, Option<Behavior>)> {
    let (&[flags, _], rest) = value.split_first_chunk()?;
    let (sid, rest) = rest.split_first_chunk::<16>()?;
    let behavior = if rest.is_empty() { None } else { Some(Behavior::of(rest)?) };
    Some((flags, (*sid).into(), behavior))
}

/// SRv6 endpoint behavior and SID structure (RFC 9830 section 2.4.4.2.4): `behavior(2) reserved(2)` and the lengths in bits of
/// locator block, locator node, function and argument, one octet each.
#[derive(Clone, Copy)]
pub(super) struct Behavior {
    behavior: u16,
    lengths: [u8; 4],
}

impl Behavior {
    /// Octets that it takes.
    pub(super) const LENGTH: usize = 8;

    pub(super) fn of(value: &[u8]) -> Option<Self> {
        let &[a, b, _, _, ref lengths @ ..] = <&[u8; Self::LENGTH]>::try_from(value).ok()?;
        Some(Self { behavior: u16::from_be_bytes([a, b]), lengths: *lengths })
    }

    pub(super) fn octets(self) -> [u8; Self::LENGTH] {
        let ([a, b], [block, node, function, argument]) =
            (self.behavior.to_be_bytes(), self.lengths);
        [a, b, 0, 0, block, node, function, argument]
    }

    pub(super) fn push_members(self, out: &mut Vec<u8>) {
        push(out, "\"behavior\": ");
        push_decimal(out, self.behavior.into());
        for (name, length) in
            ["lb-length", "ln-length", "fun-length", "arg-length"].iter().zip(self.lengths)
        {
            push(out, ", ");
            crate::io::json::push_name(out, name);
            push_decimal(out, length.into());
        }
    }

    pub(super) fn push_words(self, out: &mut Vec<u8>) {
        push(out, " endpoint-behavior ");
        push_decimal(out, self.behavior.into());
        for length in self.lengths {
            out.push(b' ');
            push_decimal(out, length.into());
        }
    }

    /// Reads `endpoint-behavior BEHAVIOR LB LN FUN ARG`, if that is next.
    pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Option<Self>, TextError> {
        if !tokens.accept("endpoint-behavior") {
            return Ok(None);
        }
        let behavior = number(tokens, "endpoint behavior", "a number from 0 to 65535")?;
        let mut lengths = [0; 4];
        for (length, what) in lengths.iter_mut().zip([
            "locator block length",
            "locator node length",
            "function length",
            "argument length",
        ]) {
            *length = number(tokens, what, "a number of bits, from 0 to 255")?;
        }
        Ok(Some(Self { behavior, lengths }))
    }
}

/// The name of the candidate path: `reserved(1) name`.
pub(super) const CANDIDATE_PATH_NAME: SubTlv = SubTlv {
    code: 129,
    name: "candidate-path-name",
    json: name_json,
    text: name_text,
    parse: name_parse,
};

/// The name of the policy: `reserved(1) name`.
pub(super) const POLICY_NAME: SubTlv =
    SubTlv { code: 130, name: "policy-name", json: name_json, text: name_text, parse: name_parse };

fn name_json(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (_, name) = value.split_first()?;
    push_string(out, &String::from_utf8_lossy(name));
    Some(())
}

fn name_text(_: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (_, name) = value.split_first()?;
    let name = std::str::from_utf8(name).ok()?;
    // What would end the quotes, break the line or be an escape in a configuration has no words.
    if name.contains(|character: char| character.is_control() || matches!(character, '"' | '\\')) {
        return None;
    }
    push(out, " \"");
    push(out, name);
    out.push(b'"');
    Some(())
}

fn name_parse(_: u16, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    out.push(0);
    push(out, tokens.expect("name")?);
    Ok(())
}
