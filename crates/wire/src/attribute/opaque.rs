//! Attributes whose value is kept as it is: known by name and flags, written in hexadecimal.

use super::{AttributeType, OnError, Repeat, ValueContext, as_it_is, flags, send_as_is};
use crate::io::text::{parse_hex, push, push_hex_lower};
use crate::io::tokens::{TextError, Tokens};

macro_rules! opaque {
    ($code:literal, $name:literal, $flags:expr) => {
        AttributeType {
            code: $code,
            name: $name,
            keywords: &[$name],
            flags: $flags,
            may_be_empty: true,
            on_error: OnError::Discard,
            check: |_, _| Ok(()),
            json: |value, _: &ValueContext, out| {
                push(out, concat!("\"", $name, "\": \"0x"));
                push_hex_lower(out, value);
                out.push(b'"');
            },
            text: |value, _, out| {
                push(out, concat!(" ", $name, " 0x"));
                push_hex_lower(out, value);
            },
            parse: Some(|tokens, out| parse(tokens, out)),
            repeat: Repeat::KeepFirst,
            normalise: as_it_is,
            send: send_as_is,
            default: None,
        }
    };
}

/// Connector (RFC 6037 section 5.2.2): the router that multicast of a VPN comes from.
pub const CONNECTOR: AttributeType = opaque!(20, "connector", flags::OPTIONAL_TRANSITIVE);
/// Traffic Engineering (RFC 5543).
pub const TRAFFIC_ENGINEERING: AttributeType = opaque!(24, "traffic-engineering", flags::OPTIONAL);
/// BGPsec_PATH (RFC 8205 section 3): kept, neither signed nor verified.
pub const BGPSEC_PATH: AttributeType = opaque!(33, "bgpsec-path", flags::OPTIONAL);
/// BGP Community Container (draft-ietf-idr-wide-bgp-communities).
pub const COMMUNITY_CONTAINER: AttributeType =
    opaque!(34, "community-container", flags::OPTIONAL_TRANSITIVE);
/// SFP (RFC 9015 section 3.2.2): a path of service functions.
pub const SFP: AttributeType = opaque!(37, "sfp", flags::OPTIONAL_TRANSITIVE);
/// BGP Next Hop Dependent Characteristics (draft-ietf-idr-nhc).
pub const NEXT_HOP_DEPENDENT: AttributeType =
    opaque!(39, "next-hop-dependent-characteristics", flags::OPTIONAL_TRANSITIVE);
/// BIER (RFC 9793).
pub const BIER: AttributeType = opaque!(41, "bier", flags::OPTIONAL_TRANSITIVE);
/// Edge Metadata Path Attribute (draft-ietf-idr-5g-edge-service-metadata).
pub const EDGE_METADATA: AttributeType = opaque!(42, "edge-metadata", flags::OPTIONAL_TRANSITIVE);

fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let word = tokens.expect("value in hexadecimal")?;
    let value = parse_hex(word).filter(|_| word.starts_with("0x") || word.starts_with("0X"));
    out.extend(value.ok_or_else(|| {
        tokens
            .last_error(format!("'{word}' is not a valid value"))
            .help("0x and an even number of hexadecimal digits")
    })?);
    Ok(())
}
