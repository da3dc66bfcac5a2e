//! The code points of BMP, one table each (IANA "BGP Monitoring Protocol (BMP) Parameters").

use std::fmt;

use yottabgp_wire::code_points;

code_points! {
    /// What a message is.
    MessageType(u8) {
        /// Routes of a peer.
        ROUTE_MONITORING = 0, "route-monitoring";
        /// Counts.
        STATISTICS_REPORT = 1, "statistics";
        /// A session ended.
        PEER_DOWN = 2, "peer-down";
        /// A session is established.
        PEER_UP = 3, "peer-up";
        /// The router says who it is.
        INITIATION = 4, "initiation";
        /// The router ends the connection.
        TERMINATION = 5, "termination";
        /// Messages as they came.
        ROUTE_MIRRORING = 6, "route-mirroring";
    }
}

code_points! {
    /// What a peer is (RFC 7854 section 4.2, RFC 9069 section 4.1).
    PeerType(u8) {
        /// A peer of the global table.
        GLOBAL = 0, "global";
        /// A peer within a VPN, named by its route distinguisher.
        RD = 1, "rd";
        /// A peer within a table that only the router knows.
        LOCAL = 2, "local";
        /// The router's own Loc-RIB.
        LOC_RIB = 3, "loc-rib";
    }
}

code_points! {
    /// What a router says of itself and of a peer (RFC 7854 section 4.4, RFC 9736).
    InformationType(u16) {
        /// Words for people.
        STRING = 0, "string";
        /// What kind of system it is: `sysDescr` of the MIB-II.
        SYS_DESCR = 1, "description";
        /// Its name: `sysName` of the MIB-II.
        SYS_NAME = 2, "name";
        /// The name of a VRF or table (RFC 9069 section 4.4).
        TABLE_NAME = 3, "table";
        /// What the administrator calls the peer (RFC 8671 section 6.1.2).
        ADMIN_LABEL = 4, "admin-label";
    }
}

code_points! {
    /// Why a router ends the connection (RFC 7854 section 4.5).
    TerminationReason(u16) {
        /// An administrator wanted it.
        ADMINISTRATIVE = 0, "administratively closed";
        /// None is given.
        UNSPECIFIED = 1, "unspecified";
        /// It is short of memory or the like.
        OUT_OF_RESOURCES = 2, "out of resources";
        /// There is another connection to this station.
        REDUNDANT = 3, "redundant connection";
        /// It will not monitor again.
        PERMANENT = 4, "permanently administratively closed";
    }
}

code_points! {
    /// Why a session ended (RFC 7854 section 4.9, RFC 9069 section 5.3).
    PeerDownReason(u8) {
        /// The router sent a NOTIFICATION, which follows.
        LOCAL_NOTIFICATION = 1, "local notification";
        /// The router ended it without one; the event of its state machine follows.
        LOCAL = 2, "local";
        /// The peer sent a NOTIFICATION, which follows.
        REMOTE_NOTIFICATION = 3, "remote notification";
        /// The peer closed the connection.
        REMOTE = 4, "remote";
        /// The router does not tell of this peer any longer.
        DECONFIGURED = 5, "no longer monitored";
        /// The router's own table is no longer told of; what it is follows.
        LOC_RIB = 6, "local system closed";
    }
}

code_points! {
    /// What a part of a mirrored message is (RFC 7854 section 4.7).
    MirroringType(u16) {
        /// A BGP message.
        MESSAGE = 0, "message";
        /// What happened: two octets.
        INFORMATION = 1, "information";
    }
}

code_points! {
    /// What is counted (RFC 7854 section 4.8, RFC 8671 section 6.2).
    StatisticType(u16) {
        /// Prefixes that policy refused.
        REJECTED = 0, "rejected-prefixes";
        /// Announcements of what was announced the same.
        DUPLICATE_PREFIX = 1, "duplicate-prefixes";
        /// Withdrawals of what was not announced.
        DUPLICATE_WITHDRAW = 2, "duplicate-withdraws";
        /// Refused for a loop of clusters.
        CLUSTER_LIST_LOOP = 3, "cluster-list-loops";
        /// Refused for a loop of AS numbers.
        AS_PATH_LOOP = 4, "as-path-loops";
        /// Refused for the originator.
        ORIGINATOR_ID_LOOP = 5, "originator-id-loops";
        /// Refused for a loop in a confederation.
        CONFEDERATION_LOOP = 6, "confederation-loops";
        /// Routes of the Adj-RIB-In.
        ADJ_RIB_IN = 7, "adj-rib-in-routes";
        /// Routes of the Loc-RIB.
        LOC_RIB = 8, "loc-rib-routes";
        /// Routes of the Adj-RIB-In by family.
        ADJ_RIB_IN_OF_FAMILY = 9, "adj-rib-in-routes-of-family";
        /// Routes of the Loc-RIB by family.
        LOC_RIB_OF_FAMILY = 10, "loc-rib-routes-of-family";
        /// UPDATEs that were treated as withdrawals (RFC 7606).
        TREATED_AS_WITHDRAW = 11, "updates-treated-as-withdraw";
        /// Prefixes of these.
        PREFIXES_TREATED_AS_WITHDRAW = 12, "prefixes-treated-as-withdraw";
        /// UPDATEs that came twice.
        DUPLICATE_UPDATES = 13, "duplicate-updates";
        /// Routes of the Adj-RIB-Out before policy.
        ADJ_RIB_OUT_PRE = 14, "adj-rib-out-pre-policy-routes";
        /// Routes of the Adj-RIB-Out after policy.
        ADJ_RIB_OUT_POST = 15, "adj-rib-out-post-policy-routes";
        /// Routes of the Adj-RIB-Out before policy by family.
        ADJ_RIB_OUT_PRE_OF_FAMILY = 16, "adj-rib-out-pre-policy-routes-of-family";
        /// Routes of the Adj-RIB-Out after policy by family.
        ADJ_RIB_OUT_POST_OF_FAMILY = 17, "adj-rib-out-post-policy-routes-of-family";
    }
}

impl StatisticType {
    /// Whether its value starts with a family.
    pub const fn has_family(self) -> bool {
        matches!(
            self,
            Self::ADJ_RIB_IN_OF_FAMILY
                | Self::LOC_RIB_OF_FAMILY
                | Self::ADJ_RIB_OUT_PRE_OF_FAMILY
                | Self::ADJ_RIB_OUT_POST_OF_FAMILY
        )
    }

    /// The octets of the count itself: a counter has four, a gauge eight.
    pub const fn octets(self) -> usize {
        match self.0 {
            7..=10 | 14..=17 => 8,
            _ => 4,
        }
    }
}
