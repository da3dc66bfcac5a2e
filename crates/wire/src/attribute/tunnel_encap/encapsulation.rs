//! Encapsulation, sub-TLV 1 (RFC 9012 section 3.2): what it has depends on the tunnel.
//!
//! | tunnel | value |
//! |---|---|
//! | VXLAN, NVGRE | `V(1 bit) M(1 bit) reserved(6 bits) VN-ID(3) MAC(6) reserved(2)` |
//! | L2TPv3 | `session(4) cookie(0, 4 or 8)` |
//! | GRE, MPLS in GRE | `key(4)` |

use super::sub_tlv::SubTlv;
use super::{number, octets};
use crate::io::text::{push, push_decimal, push_hex_lower, push_hex_upper};
use crate::io::tokens::{TextError, Tokens};

pub(super) const ROW: SubTlv = SubTlv { code: 1, name: "encapsulation", json, text, parse };

/// The V bit: the identifier counts.
const V: u8 = 0x80;
/// The M bit: the MAC address counts.
const M: u8 = 0x40;

enum Encapsulation<'a> {
    Virtual { vni: Option<u32>, mac: Option<[u8; 6]> },
    Session { id: u32, cookie: &'a [u8] },
    Key(u32),
}

fn read(tunnel: u16, value: &[u8]) -> Option<Encapsulation<'_>> {
    match tunnel {
        8 | 9 => {
            let &[flags, a, b, c, ref rest @ ..] = <&[u8; 12]>::try_from(value).ok()?;
            let (mac, _) = rest.split_first_chunk::<6>()?;
            Some(Encapsulation::Virtual {
                vni: (flags & V != 0).then_some(u32::from_be_bytes([0, a, b, c])),
                mac: (flags & M != 0).then_some(*mac),
            })
        }
        1 => {
            let (id, cookie) = value.split_first_chunk()?;
            let whole = matches!(cookie.len(), 0 | 4 | 8);
            whole.then_some(Encapsulation::Session { id: u32::from_be_bytes(*id), cookie })
        }
        2 | 11 => Some(Encapsulation::Key(u32::from_be_bytes(value.try_into().ok()?))),
        _ => None,
    }
}

fn json(tunnel: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.push(b'{');
    match read(tunnel, value)? {
        Encapsulation::Virtual { vni, mac } => {
            if let Some(vni) = vni {
                push(out, "\"vni\": ");
                push_decimal(out, vni.into());
            }
            if let Some(mac) = mac {
                push(out, if vni.is_some() { ", \"mac\": \"" } else { "\"mac\": \"" });
                push_mac(mac, out);
                out.push(b'"');
            }
        }
        Encapsulation::Session { id, cookie } => {
            push(out, "\"session-id\": ");
            push_decimal(out, id.into());
            push(out, ", \"cookie\": \"0x");
            push_hex_upper(out, cookie);
            out.push(b'"');
        }
        Encapsulation::Key(key) => {
            push(out, "\"key\": ");
            push_decimal(out, key.into());
        }
    }
    out.push(b'}');
    Some(())
}

fn text(tunnel: u16, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match read(tunnel, value)? {
        Encapsulation::Virtual { vni, mac } => {
            if let Some(vni) = vni {
                push(out, " vni ");
                push_decimal(out, vni.into());
            }
            if let Some(mac) = mac {
                push(out, " mac ");
                push_mac(mac, out);
            }
        }
        Encapsulation::Session { id, cookie } => {
            push(out, " session-id ");
            push_decimal(out, id.into());
            if !cookie.is_empty() {
                push(out, " cookie 0x");
                push_hex_lower(out, cookie);
            }
        }
        Encapsulation::Key(key) => {
            push(out, " key ");
            push_decimal(out, key.into());
        }
    }
    Some(())
}

fn parse(tunnel: u16, tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let start = out.len();
    match tunnel {
        8 | 9 => {
            let (mut flags, mut vni, mut mac) = (0, 0u32, [0; 6]);
            if tokens.accept("vni") {
                let range = "a number from 0 to 16777215";
                vni = number(tokens, "vni", range)?;
                if vni > 0xff_ffff {
                    let error = tokens.last_error(format!("'{vni}' is not a valid vni"));
                    return Err(error.help(range));
                }
                flags |= V;
            }
            if tokens.accept("mac") {
                mac = parse_mac(tokens)?;
                flags |= M;
            }
            out.push(flags);
            out.extend(vni.to_be_bytes().iter().skip(1));
            out.extend(mac);
            out.extend([0, 0]);
        }
        1 => {
            tokens.require("session-id")?;
            let id: u32 = number(tokens, "session identifier", "a number from 0 to 4294967295")?;
            out.extend(id.to_be_bytes());
            if tokens.accept("cookie") {
                octets(tokens, out)?;
                if !matches!(out.len() - start, 8 | 12) {
                    return Err(tokens
                        .last_error("the cookie has a wrong length")
                        .help("4 or 8 octets, as 0x01020304"));
                }
            }
        }
        2 | 11 => {
            tokens.require("key")?;
            let key: u32 = number(tokens, "GRE key", "a number from 0 to 4294967295")?;
            out.extend(key.to_be_bytes());
        }
        _ => {
            return Err(tokens
                .last_error("tunnels of this type have no encapsulation")
                .help("sub-tlv 1 0xHEX writes one all the same"));
        }
    }
    Ok(())
}

fn push_mac(mac: [u8; 6], out: &mut Vec<u8>) {
    for (index, octet) in mac.into_iter().enumerate() {
        push(out, if index == 0 { "" } else { ":" });
        push_hex_upper(out, &[octet]);
    }
}

fn parse_mac(tokens: &mut Tokens<'_>) -> Result<[u8; 6], TextError> {
    let word = tokens.expect("MAC address")?;
    let mut mac = [0; 6];
    let mut parts = word.split(':');
    let read = mac.iter_mut().all(|octet| {
        let part = parts.next().filter(|part| matches!(part.len(), 1 | 2));
        let value = part.filter(|part| !part.starts_with('+'));
        let value = value.and_then(|part| u8::from_str_radix(part, 16).ok());
        *octet = value.unwrap_or(0);
        value.is_some()
    });
    if read && parts.next().is_none() {
        return Ok(mac);
    }
    Err(tokens
        .last_error(format!("'{word}' is not a valid MAC address"))
        .help("six octets in hexadecimal, as 0a:0b:0c:01:02:03"))
}
