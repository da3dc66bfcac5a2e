//! What two OPENs agreed upon: the context that every other message is read and written in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::asn::Asn;
use crate::codes::{Afi, Family};
use crate::message::open::Open;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    Receive,
    /// To the peer.
    Send,
}

/// How ROUTE-REFRESH may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// Not at all.
    #[default]
    Absent,
    /// As in RFC 2918.
    Normal,
    /// With the markers of RFC 7313.
    Enhanced,
}

/// The families whose NLRI carry a path identifier (RFC 7911), each way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddPath {
    /// Families with an identifier in what we send.
    pub send: Vec<Family>,
    /// Families with an identifier in what we receive.
    pub receive: Vec<Family>,
    /// Every family has one, both ways, those without a name as well: not agreed upon, but asked for by who looks at messages.
    pub everywhere: bool,
}

impl AddPath {
    /// Whether NLRI of this family carry an identifier.
    pub fn is_used(&self, family: Family, direction: Direction) -> bool {
        let families = match direction {
            Direction::Receive => &self.receive,
            Direction::Send => &self.send,
        };
        families.contains(&family) || self.everywhere
    }
}

/// What the peer said of graceful restart (RFC 4724, RFC 8538) and of long-lived graceful restart (RFC 9494).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GracefulRestart {
    /// Whether both sides announced the capability.
    pub negotiated: bool,
    /// The peer's R bit: it restarted.
    pub peer_restarted: bool,
    /// Both sides set the N bit: a NOTIFICATION may keep the routes (RFC 8538).
    pub notification: bool,
    /// The peer's restart time, in seconds.
    pub peer_time: u16,
    /// The families of the peer's capability, with its F bit.
    pub peer_families: Vec<(Family, bool)>,
}

/// The context of an established session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// Our AS number.
    pub local_as: Asn,
    /// The peer's AS number.
    pub peer_as: Asn,
    /// Our BGP identifier.
    pub local_router_id: Ipv4Addr,
    /// The peer's BGP identifier.
    pub peer_router_id: Ipv4Addr,
    /// Our end of the TCP connection.
    pub local_address: IpAddr,
    /// The peer's end of the TCP connection.
    pub peer_address: IpAddr,
    /// Our link-local address, sent as the second next hop (RFC 2545), if configured.
    pub local_link_local: Option<Ipv6Addr>,
    /// Seconds without a message before the session ends; 0 for never.
    pub hold_time: u16,
    /// The largest message, in octets, header included: 4096 or 65535.
    pub message_size: u16,
    /// AS numbers have four octets in AS_PATH and AGGREGATOR (RFC 6793).
    pub asn4: bool,
    /// Families of both OPENs, in the order of the peer's.
    pub families: Vec<Family>,
    /// Families whose received routes are ignored for the rest of the session, because of a fault (RFC 7606 section 2). Not
    /// agreed upon, but found out.
    pub disabled: Vec<Family>,
    /// Families whose NLRI carry path identifiers.
    pub add_path: AddPath,
    /// Families that may have a next hop of another address family (RFC 8950).
    pub next_hop: Vec<(Family, Afi)>,
    /// How ROUTE-REFRESH may be used.
    pub refresh: Refresh,
    /// Both sides speak OPERATIONAL.
    pub operational: bool,
    /// Both sides asked for multi-session.
    pub multisession: bool,
    /// Both sides announced the link-local next hop capability.
    pub link_local_next_hop: bool,
    /// AIGP may be sent and accepted (RFC 7311 section 3.2).
    pub aigp: bool,
    /// Graceful restart.
    pub graceful_restart: GracefulRestart,
}

impl Negotiated {
    /// Whether both ends are of one AS.
    pub fn is_ibgp(&self) -> bool {
        self.local_as == self.peer_as
    }

    /// The context in which routes that the peer sent are written once more as it sent them, for
    /// [`UpdateEncoder::retell`](crate::message::update::encode::UpdateEncoder::retell): whatever it may send goes out again, and
    /// in the form that this session has.
    #[must_use]
    pub fn retold(&self) -> Self {
        let mut retold = self.clone();
        retold.add_path.send.clone_from(&self.add_path.receive);
        // Attributes that stay within an AS are what it sent, too.
        retold.peer_as = retold.local_as;
        retold.aigp = true;
        retold.local_link_local = None;
        retold
    }

    /// Whether NLRI of this family carry a path identifier in this direction.
    pub fn has_path_id(&self, family: Family, direction: Direction) -> bool {
        self.add_path.is_used(family, direction)
    }

    /// Whether the family was negotiated.
    pub fn has_family(&self, family: Family) -> bool {
        self.families.contains(&family)
    }

    /// Whether a next hop of `afi` may be used for `family`, because of RFC 8950.
    pub fn has_next_hop(&self, family: Family, afi: Afi) -> bool {
        self.next_hop.contains(&(family, afi))
    }

    /// How a third party reads messages from `sender` to `receiver`: by the OPENs of both, those that were seen. The sender is the
    /// peer.
    pub fn observed(sender: Option<&Open>, receiver: Option<&Open>) -> Self {
        let mut negotiated = Self::permissive();
        let asn = |open: &Open| open.capabilities.asn4().unwrap_or(Asn(open.asn.into()));
        negotiated.asn4 =
            [sender, receiver].into_iter().flatten().all(|open| open.capabilities.asn4().is_some());
        if let Some(open) = sender {
            (negotiated.peer_as, negotiated.peer_router_id) = (asn(open), open.router_id);
        }
        if let Some(open) = receiver {
            (negotiated.local_as, negotiated.local_router_id) = (asn(open), open.router_id);
        }
        if let (Some(sender), Some(receiver)) = (sender, receiver) {
            let takes = receiver.capabilities.add_path();
            let takes =
                |family: Family| takes.iter().any(|(of, mode)| *of == family && mode & 1 != 0);
            negotiated.add_path.receive = sender
                .capabilities
                .add_path()
                .iter()
                .filter(|(family, mode)| mode & 2 != 0 && takes(*family))
                .map(|(family, _)| *family)
                .collect();
        }
        negotiated
    }

    /// A context with every family and option that needs no agreement: what `decode` assumes. The AS is 65533 on both
    /// ends and the addresses are 127.0.0.1, as in ExaBGP's own `decode`.
    pub fn permissive() -> Self {
        Self {
            local_as: Asn(65533),
            peer_as: Asn(65533),
            local_router_id: Ipv4Addr::LOCALHOST,
            peer_router_id: Ipv4Addr::LOCALHOST,
            local_address: Ipv4Addr::LOCALHOST.into(),
            peer_address: Ipv4Addr::LOCALHOST.into(),
            local_link_local: None,
            hold_time: 180,
            message_size: 65535,
            asn4: true,
            families: Family::ALL.to_vec(),
            disabled: Vec::new(),
            add_path: AddPath::default(),
            next_hop: Family::ALL.iter().filter_map(|family| other_next_hop(*family)).collect(),
            refresh: Refresh::Enhanced,
            operational: true,
            multisession: false,
            link_local_next_hop: false,
            aigp: true,
            graceful_restart: GracefulRestart::default(),
        }
    }
}

/// The next hops of another address family that a family may have: those of RFC 8950, and for IPv6 what ExaBGP sends.
fn other_next_hop(family: Family) -> Option<(Family, Afi)> {
    match family.afi {
        Afi::IPV4 => Some((family, Afi::IPV6)),
        Afi::IPV6 if [1, 2, 4, 128].contains(&family.safi.0) => Some((family, Afi::IPV4)),
        _ => None,
    }
}
