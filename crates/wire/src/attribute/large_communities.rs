//! LARGE_COMMUNITY (RFC 8092): twelve octets each.

use std::collections::HashSet;

use super::{
    AttributeType, OnError, Repeat, ValueContext, ValueFault, flags, require_multiple, send_as_is,
};
use crate::community::{large, push_list_text};
use crate::io::text::{push, push_line};
use crate::io::tokens::{TextError, Tokens};

/// The row of the registry.
pub const ROW: AttributeType = AttributeType {
    code: 32,
    name: "large-community",
    keywords: &["large-community"],
    flags: flags::OPTIONAL_TRANSITIVE,
    may_be_empty: false,
    on_error: OnError::TreatAsWithdraw,
    check,
    json,
    text,
    parse: Some(parse),
    repeat: Repeat::KeepFirst,
    normalise,
    send: send_as_is,
    default: None,
};

fn check(value: &[u8], _: &ValueContext) -> Result<(), ValueFault> {
    require_multiple("LARGE_COMMUNITY", value, 12)
}

/// In the order of the wire, duplicates dropped (RFC 8092 section 5). The odd blank is ExaBGP's.
fn json(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push(out, "\"large-community\": [ ");
    let communities = value.as_chunks::<12>().0;
    let mut seen = Seen::default();
    let mut separator = b"[ ".as_slice();
    for (index, community) in communities.iter().enumerate() {
        if !seen.is_first(communities, index, community) {
            continue;
        }
        let [a, b, c] = large::parts(*community);
        push_line::<64>(out, |line| {
            line.push(separator);
            line.push_decimal(a.into());
            line.push(b", ");
            line.push_decimal(b.into());
            line.push(b" , ");
            line.push_decimal(c.into());
        });
        separator = b" ], [ ";
    }
    push(out, if communities.is_empty() { " ]" } else { " ] ]" });
}

/// Finds duplicates: by looking back in short lists, and with a set in long ones, which a peer may send too.
#[derive(Default)]
struct Seen(HashSet<[u8; 12]>);

impl Seen {
    const SHORT: usize = 32;

    fn is_first(&mut self, all: &[[u8; 12]], index: usize, community: &[u8; 12]) -> bool {
        if all.len() > Self::SHORT {
            self.0.insert(*community)
        } else {
            all.get(..index).is_some_and(|earlier| !earlier.contains(community))
        }
    }
}

fn text(value: &[u8], _: &ValueContext, out: &mut Vec<u8>) {
    push_list_text(" large-community", value, large::push_text, out);
}

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    tokens.list("large communities", |tokens| {
        let word = tokens.expect("large community")?;
        let octets = large::parse(word).map_err(|error| error.at(tokens.last_span()))?;
        out.extend(octets);
        Ok(())
    })
}

/// Ascending, each once.
fn normalise(value: &mut Vec<u8>) {
    let communities = value.as_chunks_mut::<12>().0;
    communities.sort_unstable();
    let mut kept: usize = 0;
    for index in 0..communities.len() {
        let Some(community) = communities.get(index).copied() else { break };
        let last = kept.checked_sub(1).and_then(|last| communities.get(last));
        if last == Some(&community) {
            continue;
        }
        if let Some(slot) = communities.get_mut(kept) {
            *slot = community;
        }
        kept += 1;
    }
    value.truncate(kept * 12);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::tests::{faces, parse_error, parse_value};

    #[test]
    fn sorted_and_unique() {
        let value = parse_value(&ROW, "[ 4:5:6 1:2:3 4:5:6, 1:2:3 ]");
        assert_eq!(
            faces(&ROW, &value),
            (
                r#""large-community": [ [ 1, 2 , 3 ], [ 4, 5 , 6 ] ]"#.into(),
                " large-community [ 1:2:3 4:5:6 ]".into()
            )
        );
        assert!(parse_error(&ROW, "1:2").contains("'1:2'"));
    }

    #[test]
    fn json_keeps_the_order_of_the_wire() {
        let value: Vec<u8> =
            [4u32, 5, 6, 1, 2, 3, 4, 5, 6].iter().flat_map(|n| n.to_be_bytes()).collect();
        assert_eq!(faces(&ROW, &value).0, r#""large-community": [ [ 4, 5 , 6 ], [ 1, 2 , 3 ] ]"#);
        let long: Vec<u8> =
            (0..200u32).flat_map(|n| [0, 0, n % 50].map(u32::to_be_bytes)).flatten().collect();
        assert_eq!(faces(&ROW, &long).0.matches('[').count(), 51);
        assert!(check(&[0; 13], &ValueContext::STORED).is_err());
    }
}
