//! The layouts of events: which release of ExaBGP JSON and text look like. Each is a row of [`TABLE`]: who writes something
//! that differs asks the row how, never which release it is.

/// Which release of ExaBGP events look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    /// ExaBGP 3.4: prefixes are the keys of objects.
    V3_4,
    /// ExaBGP 4.2: AS paths are flat lists.
    V4,
    /// ExaBGP 5.0.
    V5,
    /// The development version with version 4 of its API: what 5.0 writes, with the release `4.0.1`. The default.
    #[default]
    Main4,
    /// The development version with version 6 of its API.
    V6,
}

/// How a layout writes what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The value of `exabgp.api.json` that chooses it; none for the one that only `exabgp.api.version` chooses.
    pub name: Option<&'static str>,
    /// What events say in `"exabgp"`.
    pub release: &'static str,
    /// How routes stand in the JSON of an UPDATE.
    pub routes: Routes,
    /// AS paths.
    pub paths: Paths,
    /// Label stacks.
    pub labels: Labels,
    /// Extended communities.
    pub communities: Communities,
    /// Where a flow specification repeats its next hop.
    pub flow_next_hop: FlowNextHop,
    /// Whether NEXT_HOP is an attribute beside withdrawals.
    pub next_hop: bool,
    /// Whether the JSON of a NOTIFICATION says in words what its data is.
    pub notification_message: bool,
    /// The keys of capabilities in the OPENs that we send; received ones have numbers.
    pub sent_capabilities: Capabilities,
    /// Whether BGP-LS routes repeat their next hop, and attributes say only what version 4 of the API says.
    pub short_bgp_ls: bool,
    /// Whether flow specifications and VPLS have their old words: `destination`, `route-distinguisher`, numbers as strings.
    pub old_words: bool,
    /// The attributes that it has names for; the others are shown in hexadecimal. None has names for all.
    pub attributes: Option<&'static [u8]>,
    /// The words of text.
    pub text: Text,
}

/// How routes stand in the JSON of an UPDATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routes {
    /// An object, prefixes its keys: `{ "10.0.0.0/24": {  } }`.
    Keyed,
    /// An array of objects: `[ { "nlri": "10.0.0.0/24" } ]`.
    Listed,
}

/// How AS paths are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// A list for each kind of segment: `"as-path": [ 65001 ], "confederation-path": []`.
    Flat,
    /// An object of segments: `"as-path": {"0": {"element": "as-sequence", "value": [65001]}}`; its text has round brackets.
    Numbered,
}

/// How label stacks are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// `[ 100 ]`, in text with brackets around a single one, too.
    Numbers,
    /// `[ [100] ]`.
    Alone,
    /// `[ [100, 1601] ]`: with all 24 bits.
    WithBits,
}

/// How extended communities are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Communities {
    /// The number alone.
    Numbers,
    /// `{ "value": 1, "string": "…" }`.
    Strings,
    /// The same with further members, where a type has them.
    Members,
}

/// Where a flow specification repeats its next hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowNextHop {
    /// Nowhere.
    Nowhere,
    /// In the member `"next-hop"`.
    Member,
    /// There, and at the end of its text.
    MemberAndText,
}

/// The keys of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capabilities {
    /// Their codes.
    Numbers,
    /// Their names; codes where there is none.
    Names,
    /// The same, OPERATIONAL as `exabgp-experimental-operational`.
    OldNames,
}

/// The words of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Before a route that is announced.
    pub announced: &'static str,
    /// Before a route that is withdrawn.
    pub withdrawn: &'static str,
    /// Before an End-of-RIB.
    pub end_of_rib: &'static str,
    /// Whether a withdrawn route says `next-hop none`.
    pub withdrawn_next_hop: bool,
    /// The order of the parts of a route to a prefix.
    pub order: Order,
}

/// The order of the parts of a route to a prefix, in text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Next hop, labels, path identifier, route distinguisher.
    NextHopFirst,
    /// Path identifier, labels, next hop, route distinguisher.
    NextHopBeforeDistinguisher,
    /// Path identifier, labels, route distinguisher, next hop.
    NextHopLast,
}

const MODERN: Text = Text {
    announced: " update announced ",
    withdrawn: " update withdrawn ",
    end_of_rib: " update route eor ",
    withdrawn_next_hop: false,
    order: Order::NextHopLast,
};

/// ORIGIN, AS_PATH, NEXT_HOP, MULTI_EXIT_DISC, LOCAL_PREF, ATOMIC_AGGREGATE, AGGREGATOR, COMMUNITIES, ORIGINATOR_ID,
/// CLUSTER_LIST, EXTENDED COMMUNITIES, PMSI and AIGP.
const ATTRIBUTES_3_4: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 26];
/// And BGP-LS, LARGE_COMMUNITY and BGP Prefix-SID.
const ATTRIBUTES_4: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 26, 29, 32, 40];

/// The shapes, in the order of [`Layout`].
pub const TABLE: [Shape; 5] = [
    Shape {
        name: Some("3.4"),
        release: "3.4.8",
        routes: Routes::Keyed,
        paths: Paths::Flat,
        labels: Labels::Numbers,
        communities: Communities::Numbers,
        flow_next_hop: FlowNextHop::MemberAndText,
        next_hop: false,
        notification_message: false,
        sent_capabilities: Capabilities::Numbers,
        short_bgp_ls: true,
        old_words: true,
        attributes: Some(ATTRIBUTES_3_4),
        text: Text {
            announced: " announced route ",
            withdrawn: " withdrawn route ",
            end_of_rib: " announced route eor ",
            withdrawn_next_hop: true,
            order: Order::NextHopFirst,
        },
    },
    Shape {
        name: Some("4"),
        release: "4.0.1",
        routes: Routes::Listed,
        paths: Paths::Flat,
        labels: Labels::Alone,
        communities: Communities::Strings,
        flow_next_hop: FlowNextHop::MemberAndText,
        next_hop: false,
        notification_message: false,
        sent_capabilities: Capabilities::OldNames,
        short_bgp_ls: true,
        old_words: false,
        attributes: Some(ATTRIBUTES_4),
        text: Text { order: Order::NextHopBeforeDistinguisher, ..MODERN },
    },
    Shape {
        name: Some("5"),
        release: "5.0.0",
        routes: Routes::Listed,
        paths: Paths::Numbered,
        labels: Labels::Alone,
        communities: Communities::Strings,
        flow_next_hop: FlowNextHop::MemberAndText,
        next_hop: false,
        notification_message: true,
        sent_capabilities: Capabilities::Names,
        short_bgp_ls: true,
        old_words: false,
        attributes: Some(ATTRIBUTES_4),
        text: Text { order: Order::NextHopBeforeDistinguisher, ..MODERN },
    },
    Shape {
        name: None,
        release: "4.0.1",
        routes: Routes::Listed,
        paths: Paths::Numbered,
        labels: Labels::WithBits,
        communities: Communities::Members,
        flow_next_hop: FlowNextHop::Member,
        next_hop: true,
        notification_message: true,
        sent_capabilities: Capabilities::Names,
        short_bgp_ls: true,
        old_words: false,
        attributes: None,
        text: MODERN,
    },
    Shape {
        name: Some("6"),
        release: "6.0.0",
        routes: Routes::Listed,
        paths: Paths::Numbered,
        labels: Labels::WithBits,
        communities: Communities::Members,
        flow_next_hop: FlowNextHop::Nowhere,
        next_hop: true,
        notification_message: true,
        sent_capabilities: Capabilities::Names,
        short_bgp_ls: false,
        old_words: false,
        attributes: None,
        text: MODERN,
    },
];

impl Layout {
    /// All of them, in the order of [`TABLE`].
    pub const ALL: [Self; 5] = [Self::V3_4, Self::V4, Self::V5, Self::Main4, Self::V6];

    /// How it writes what differs.
    #[inline]
    pub const fn shape(self) -> &'static Shape {
        let [v3_4, v4, v5, main_4, v6] = const { &TABLE };
        match self {
            Self::V3_4 => v3_4,
            Self::V4 => v4,
            Self::V5 => v5,
            Self::Main4 => main_4,
            Self::V6 => v6,
        }
    }

    /// The layout with this name: `3.4`, `4`, `5` or `6`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layout| layout.shape().name == Some(name))
    }

    /// Whether it has a name for the attribute with this type code.
    #[inline]
    pub fn names(self, code: u8) -> bool {
        self.shape().attributes.is_none_or(|known| known.contains(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_and_shapes_have_one_order() {
        for (layout, shape) in Layout::ALL.into_iter().zip(&TABLE) {
            assert_eq!(layout.shape(), shape);
            assert_eq!(shape.name.and_then(Layout::from_name), shape.name.map(|_| layout));
        }
        assert_eq!(Layout::from_name("7"), None);
    }
}
