//! Extended communities as the text of ExaBGP 3.4: those that it knew, the others in hexadecimal.

use std::net::Ipv4Addr;

use super::extended;
use crate::io::text::{push, push_decimal, push_hex_upper, push_ipv4};

/// Writes the text: `target:65001:0.0.0.100`, `rate-limit 9600`, `0x0702000000008000`.
pub fn push_text(community: [u8; 8], out: &mut Vec<u8>) {
    let [kind, subtype, a, b, c, d, e, f] = community;
    match (kind, subtype) {
        // The local part of a two-octet AS was always an address.
        (0, 2 | 3) => {
            push(out, if subtype == 2 { "target:" } else { "origin:" });
            push_decimal(out, u16::from_be_bytes([a, b]).into());
            out.push(b':');
            push_ipv4(out, Ipv4Addr::new(c, d, e, f));
        }
        // rate-limit, action and mark have a blank where later releases have a colon.
        (0x80, 6 | 7 | 9) => {
            let start = out.len();
            extended::push_text(community, out);
            let text = out.get_mut(start..).unwrap_or_default();
            if let Some(colon) = text.iter_mut().find(|octet| **octet == b':') {
                *colon = b' ';
            }
        }
        (1 | 2, 2 | 3) | (8, 0) | (0x80, 8 | 0x0a) => extended::push_text(community, out),
        _ => {
            push(out, "0x");
            push_hex_upper(out, &community);
        }
    }
}
