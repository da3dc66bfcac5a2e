//! The per-peer header (RFC 7854 section 4.2, RFC 8671 section 4, RFC 9069 section 4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use yottabgp_wire::asn::Asn;
use yottabgp_wire::io::reader::{Reader, WireError};

use crate::codes::PeerType;

/// The peer's address has 16 octets.
const V: u8 = 0x80;
/// After policy.
const L: u8 = 0x40;
/// AS numbers of paths have two octets.
const A: u8 = 0x20;
/// Of the Adj-RIB-Out.
const O: u8 = 0x10;
/// Of a Loc-RIB: not all of it is told.
const F: u8 = 0x80;

/// Which table routes are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RibView {
    /// What the peer sent.
    AdjRibIn,
    /// What the peer is sent.
    AdjRibOut,
    /// What the router uses.
    LocRib,
}

impl RibView {
    /// As events name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdjRibIn => "adj-rib-in",
            Self::AdjRibOut => "adj-rib-out",
            Self::LocRib => "loc-rib",
        }
    }
}

/// On which side of the router's policy routes were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Before it.
    Pre,
    /// After it.
    Post,
}

impl Policy {
    /// As events name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pre => "pre",
            Self::Post => "post",
        }
    }
}

/// Whom a message is about, and when what it tells happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerHeader {
    /// What the peer is.
    pub kind: PeerType,
    /// Which table routes are of.
    pub view: RibView,
    /// On which side of policy. A Loc-RIB has none: it is after.
    pub policy: Policy,
    /// Whether the AS numbers of paths have two octets, whatever the session agreed upon.
    pub has_two_octet_as_path: bool,
    /// Whether a Loc-RIB is told of in part only.
    pub is_filtered: bool,
    /// Whether addresses of the session have 16 octets.
    pub is_ipv6: bool,
    /// Tells peers with the same address apart: a route distinguisher, or a number of the router's own. 0 in the global table.
    pub distinguisher: [u8; 8],
    /// The peer's address; unspecified for a Loc-RIB.
    pub address: IpAddr,
    /// The peer's AS.
    pub asn: Asn,
    /// The peer's BGP identifier.
    pub router_id: Ipv4Addr,
    /// Since 1970; zero when the router does not tell.
    pub time: Duration,
}

/// What names a session of a router (RFC 7854 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey {
    /// What the peer is.
    pub kind: PeerType,
    /// Tells peers with the same address apart.
    pub distinguisher: [u8; 8],
    /// The peer's address; unspecified for a Loc-RIB.
    pub address: IpAddr,
}

impl PeerHeader {
    /// The session.
    pub const fn session(&self) -> SessionKey {
        SessionKey { kind: self.kind, distinguisher: self.distinguisher, address: self.address }
    }

    /// Octets.
    pub const LENGTH: usize = 42;

    /// Layout: `type(1) flags(1) distinguisher(8) address(16) AS(4) identifier(4) seconds(4) microseconds(4)`; an IPv4 address is in
    /// the last four octets of its field.
    ///
    /// # Errors
    /// Octets are missing.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let kind = PeerType(reader.u8("BMP peer type")?);
        let flags = reader.u8("BMP peer flags")?;
        let distinguisher = reader.array("BMP peer distinguisher")?;
        let address = reader.ipv6("BMP peer address")?;
        let asn = Asn(reader.u32("BMP peer AS")?);
        let router_id = reader.ipv4("BMP peer identifier")?;
        let seconds = reader.u32("BMP timestamp")?;
        let microseconds = reader.u32("BMP timestamp")?;
        // The flags of a Loc-RIB are its own.
        let is_loc_rib = kind == PeerType::LOC_RIB;
        let has = |flag| !is_loc_rib && flags & flag != 0;
        let is_ipv6 = has(V);
        let address = if is_ipv6 {
            IpAddr::V6(address)
        } else {
            let [.., a, b, c, d] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        };
        let view = match (is_loc_rib, has(O)) {
            (true, _) => RibView::LocRib,
            (false, true) => RibView::AdjRibOut,
            (false, false) => RibView::AdjRibIn,
        };
        Ok(Self {
            kind,
            view,
            policy: if has(L) || is_loc_rib { Policy::Post } else { Policy::Pre },
            has_two_octet_as_path: has(A),
            is_filtered: is_loc_rib && flags & F != 0,
            is_ipv6,
            distinguisher,
            address,
            asn,
            router_id,
            time: Duration::from_secs(seconds.into()) + Duration::from_micros(microseconds.into()),
        })
    }

    /// Appends it. Of a time after 2106 the seconds are those that fit.
    pub fn push(&self, out: &mut Vec<u8>) {
        let mut flags = 0;
        if self.kind == PeerType::LOC_RIB {
            flags |= if self.is_filtered { F } else { 0 };
        } else {
            flags |= if self.is_ipv6 { V } else { 0 };
            flags |= if self.policy == Policy::Post { L } else { 0 };
            flags |= if self.has_two_octet_as_path { A } else { 0 };
            flags |= if self.view == RibView::AdjRibOut { O } else { 0 };
        }
        out.extend_from_slice(&[self.kind.0, flags]);
        out.extend_from_slice(&self.distinguisher);
        push_address(self.address, out);
        out.extend_from_slice(&self.asn.0.to_be_bytes());
        out.extend_from_slice(&self.router_id.octets());
        let [_, _, _, _, seconds @ ..] = self.time.as_secs().to_be_bytes();
        out.extend_from_slice(&seconds);
        out.extend_from_slice(&self.time.subsec_micros().to_be_bytes());
    }
}

/// Appends an address in 16 octets, an IPv4 address at their end.
pub(crate) fn push_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            out.extend_from_slice(&[0; 12]);
            out.extend_from_slice(&address.octets());
        }
        IpAddr::V6(address) => out.extend_from_slice(&address.octets()),
    }
}

/// Reads an address in 16 octets.
pub(crate) fn read_address(
    reader: &mut Reader<'_>,
    is_ipv6: bool,
    field: &'static str,
) -> Result<IpAddr, WireError> {
    let address: Ipv6Addr = reader.ipv6(field)?;
    if is_ipv6 {
        return Ok(IpAddr::V6(address));
    }
    let [.., a, b, c, d] = address.octets();
    Ok(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}
