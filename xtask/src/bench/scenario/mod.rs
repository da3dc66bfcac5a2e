//! What is measured: one row each, in the order of the table.

mod announce;
mod many;
mod receive;
mod start;

use anyhow::Result;
use serde_json::{Map, Value};

use super::machine::Usage;
use super::program::{Kind, Program};
use super::run::Run;

/// How much there is of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Sizes {
    /// As in the table
    Full,
    /// A tenth, for a look
    Quick,
    /// As little as shows that it works
    Small,
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    /// The most a second.
    Rate,
    /// The fewest seconds.
    Seconds,
    /// The least of one of the other figures.
    Least(&'static str),
    /// Nothing.
    Nothing,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// Routes, messages or commands a second; 0 is none.
    pub(crate) rate: f64,
    pub(crate) usage: Usage,
    /// Other figures, by their names in the table.
    pub(crate) more: Map<String, Value>,
}

impl Outcome {
    /// So many in so many seconds.
    fn of(count: f64, seconds: f64, usage: Usage) -> Self {
        let rate = if seconds > 0.0 { count / seconds } else { 0.0 };
        Self { seconds, rate, usage, more: Map::new() }
    }

    fn with(mut self, name: &str, value: f64) -> Self {
        self.more.insert(name.into(), ((value * 1e6).round() / 1e6).into());
        self
    }
}

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What happens, in the table.
    pub(crate) title: &'static str,
    /// What this program is to reach.
    pub(crate) target: &'static str,
    pub(crate) compare: Compare,
    /// How many routes a program gets, if it can do it at all.
    pub(crate) size: fn(Kind) -> Option<u32>,
    pub(crate) run: fn(&Program, &mut Run, u32) -> Result<Outcome>,
}

impl Scenario {
    /// How many routes there are.
    pub(crate) fn count(&self, kind: Kind, sizes: Sizes) -> Option<u32> {
        let full = (self.size)(kind)?;
        Some(match sizes {
            Sizes::Full => full,
            Sizes::Quick => (full / 10).max(full.min(1_000)),
            Sizes::Small => full.min(200),
        })
    }
}

const MILLION: u32 = 1_000_000;

/// Only this program.
fn ours(kind: Kind, count: u32) -> Option<u32> {
    (kind == Kind::Ours).then_some(count)
}

/// All of them.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "announce",
        title: "a helper announces, acknowledgements off",
        target: "70 ×",
        compare: Compare::Rate,
        size: announce::size,
        run: |program, run, n| announce::helper(program, run, n, "route", false),
    },
    Scenario {
        name: "announce-ack",
        title: "a helper announces, acknowledgements on",
        target: "half of that",
        compare: Compare::Rate,
        size: |kind| announce::size(kind).filter(|_| kind != Kind::Gobgp),
        run: |program, run, n| announce::helper(program, run, n, "route", true),
    },
    Scenario {
        name: "announce-attributes",
        title: "… as `attributes … nlri …`",
        target: "half of `route`",
        compare: Compare::Rate,
        size: |kind| ours(kind, MILLION),
        run: |program, run, n| announce::helper(program, run, n, "attributes", false),
    },
    Scenario {
        name: "announce-ipv6",
        title: "… of IPv6",
        target: "half of `route`",
        compare: Compare::Rate,
        size: |kind| ours(kind, MILLION),
        run: |program, run, n| announce::helper(program, run, n, "ipv6", false),
    },
    Scenario {
        name: "announce-vpn",
        title: "… of a VPN",
        target: "half of `route`",
        compare: Compare::Rate,
        size: |kind| ours(kind, MILLION),
        run: |program, run, n| announce::helper(program, run, n, "vpn", false),
    },
    Scenario {
        name: "announce-flow",
        title: "… of FlowSpec",
        target: "half of `route`",
        compare: Compare::Rate,
        size: |kind| ours(kind, MILLION),
        run: |program, run, n| announce::helper(program, run, n, "flow", false),
    },
    Scenario {
        name: "announce-v6",
        title: "… in the grammar of ExaBGP 6",
        target: "half of `route`",
        compare: Compare::Rate,
        size: |kind| ours(kind, MILLION),
        run: |program, run, n| announce::helper(program, run, n, "v6", false),
    },
    Scenario {
        name: "latency",
        title: "one command at a time, until the peer has the route: p50",
        target: "15 ×, p99 8 ×",
        compare: Compare::Least("p50 ms"),
        size: |kind| match kind {
            Kind::Ours | Kind::Exabgp => Some(1_000),
            Kind::Gobgp => Some(100),
            _ => None,
        },
        run: announce::latency,
    },
    Scenario {
        name: "json",
        title: "a table arrives, a helper has its JSON",
        target: "30 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Ours => Some(MILLION),
            Kind::Exabgp => Some(30_000),
            Kind::Gobgp => Some(100_000),
            _ => None,
        },
        run: |program, run, n| receive::json(program, run, n, "table"),
    },
    Scenario {
        name: "json-single",
        title: "UPDATEs of one prefix each, a helper has their JSON",
        target: "400 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Ours => Some(MILLION),
            Kind::Exabgp => Some(10_000),
            _ => None,
        },
        run: |program, run, n| receive::json(program, run, n, "single"),
    },
    Scenario {
        name: "rib",
        title: "a table arrives, no helper: it is in the Adj-RIB-In",
        target: "1.5 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Ours | Kind::Bird => Some(MILLION),
            Kind::Exabgp => Some(20_000),
            _ => Some(100_000),
        },
        run: receive::rib,
    },
    Scenario {
        name: "fan-10",
        title: "to 10 peers",
        target: "4 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Exabgp => Some(2_000),
            Kind::Gobgp => Some(10_000),
            _ => Some(100_000),
        },
        run: |program, run, n| many::fan(program, run, n, 10),
    },
    Scenario {
        name: "fan-100",
        title: "to 100 peers",
        target: "4 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Exabgp | Kind::Gobgp => None,
            _ => Some(10_000),
        },
        run: |program, run, n| many::fan(program, run, n, 100),
    },
    Scenario {
        name: "static-100k",
        title: "start with static routes, until the peer has the last",
        target: "10 ×",
        compare: Compare::Rate,
        size: |kind| match kind {
            Kind::Gobgp => None,
            Kind::Exabgp | Kind::Openbgpd => Some(10_000),
            _ => Some(100_000),
        },
        run: start::with_routes,
    },
    Scenario {
        name: "static-1m",
        title: "the same, a million",
        target: "1.5 s, 300 MiB",
        compare: Compare::Seconds,
        size: |kind| matches!(kind, Kind::Ours | Kind::Bird).then_some(MILLION),
        run: start::with_routes,
    },
    Scenario {
        name: "template",
        title: "static routes in a template of 100 neighbors: memory, times that of one neighbor",
        target: "under 3",
        compare: Compare::Least("times"),
        size: |kind| ours(kind, 100_000),
        run: start::template,
    },
    Scenario {
        name: "reload",
        title: "reload with 1% changed, until the peer has the last change",
        target: "half the start",
        compare: Compare::Seconds,
        size: |kind| ours(kind, MILLION),
        run: start::reload,
    },
    Scenario {
        name: "bounce",
        title: "a session comes back, the peer has the table again",
        target: "3 ×, no KEEPALIVE 20 ms late",
        compare: Compare::Rate,
        size: |kind| matches!(kind, Kind::Ours | Kind::Bird).then_some(MILLION),
        run: many::bounce,
    },
    Scenario {
        name: "sessions",
        title: "sessions from a cold start, then idle: all up",
        target: "2 s, 60 KiB a peer, under 1% idle",
        compare: Compare::Seconds,
        size: |kind| matches!(kind, Kind::Ours | Kind::Bird | Kind::Openbgpd).then_some(1_000),
        run: many::sessions,
    },
    Scenario {
        name: "slow",
        title: "a table arrives, a helper reads 1,000 events a second, then catches up",
        target: "nothing lost, memory bounded",
        compare: Compare::Nothing,
        size: |kind| ours(kind, MILLION),
        run: receive::slow,
    },
    Scenario {
        name: "idle",
        title: "start with one peer and no routes, until the session is up",
        target: "as BIRD, 8 MiB, 5 wake-ups/s",
        compare: Compare::Seconds,
        size: |_| Some(1),
        run: start::idle,
    },
    Scenario {
        name: "limits",
        title: "what the machine can do at all",
        target: "",
        compare: Compare::Nothing,
        size: |kind| ours(kind, MILLION),
        run: receive::limits,
    },
];

/// A number of what a tool said.
fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(0.0)
}

/// Seconds between two times that tools said.
fn between(from: &Value, to: &Value) -> f64 {
    let (from, to) = (from.as_u64().unwrap_or(0), to.as_u64().unwrap_or(0));
    to.saturating_sub(from) as f64 / 1e9
}
