//! What is announced: loads that are a function of their options alone, so that whoever receives one knows it by heart.

pub(crate) mod flat;
pub(crate) mod random;
mod table;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::{finish, start};

/// The kinds of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Load {
    /// As a router with a full table sends it: several prefixes to an UPDATE, IPv4 and IPv6, own attributes
    Table,
    /// The same with one prefix to an UPDATE
    Single,
    /// 20.0.0.0/24, 20.0.1.0/24 and so on, MED the number of the route modulo 100
    Route,
    /// The same for 2a00::/48 and up
    Ipv6,
    /// The same in a VPN (RFC 4364)
    Vpn,
    /// The same as FlowSpec rules (RFC 8955)
    Flow,
}

/// Which load, and how much of it.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LoadArgs {
    /// What is announced
    #[arg(long, value_enum, default_value = "table", value_name = "KIND")]
    pub(crate) load: Load,
    /// How many routes
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub(crate) count: u32,
    /// Of `table` and `single`: how many of a hundred prefixes are IPv6
    #[arg(long, default_value_t = 15, value_name = "PERCENT")]
    pub(crate) ipv6: u32,
    /// Of `table` and `single`: another seed is another table
    #[arg(long, default_value_t = 42, value_name = "N")]
    pub(crate) seed: u64,
    /// The AS that a table comes from: that of the source
    #[arg(long = "as", default_value_t = 65_001, value_name = "ASN")]
    pub(crate) asn: u32,
}

/// UPDATEs, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Their octets.
    pub(crate) octets: Vec<u8>,
    /// How many there are.
    pub(crate) messages: u64,
    /// How many routes they announce.
    pub(crate) routes: u32,
}

impl LoadArgs {
    /// Refuses more routes than the load has.
    pub(crate) fn check(&self) -> Result<()> {
        let is_flat = !matches!(self.load, Load::Table | Load::Single);
        if is_flat && self.count > flat::MOST {
            bail!("--count {}: there are {} routes of this load at most", self.count, flat::MOST);
        }
        Ok(())
    }

    /// The families that a session needs for it.
    pub(crate) fn families(&self) -> Vec<Family> {
        match self.load {
            Load::Table | Load::Single => vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST],
            Load::Route => vec![Family::IPV4_UNICAST],
            load => vec![Family::IPV4_UNICAST, flat::family(load)],
        }
    }

    /// The UPDATEs that announce it.
    pub(crate) fn stream(&self) -> Result<Stream> {
        self.check()?;
        match self.load {
            Load::Table => table::stream(self.count, self.ipv6, self.seed, self.asn, false),
            Load::Single => table::stream(self.count, self.ipv6, self.seed, self.asn, true),
            load => {
                let mut octets = Vec::new();
                (0..self.count).for_each(|number| {
                    flat::push_update(load, number, self.asn, &mut octets);
                });
                Ok(Stream { octets, messages: u64::from(self.count), routes: self.count })
            }
        }
    }
}

/// Writes one attribute.
fn attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    match u8::try_from(value.len()) {
        Ok(length) => out.extend_from_slice(&[flags, code, length]),
        Err(_) => {
            let [high, low] = u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes();
            // The bit that says that the length has two octets (RFC 4271 section 4.3).
            out.extend_from_slice(&[flags | 0x10, code, high, low]);
        }
    }
    out.extend_from_slice(value);
}

/// Writes one UPDATE without withdrawn routes.
fn update(out: &mut Vec<u8>, attributes: &[u8], nlri: &[u8]) {
    let at = start(out, MessageType::UPDATE);
    out.extend_from_slice(&[0, 0]);
    let length = u16::try_from(attributes.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(attributes);
    out.extend_from_slice(nlri);
    finish(out, at);
}
