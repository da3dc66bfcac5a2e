//! The scenarios: one row each, in the order of the table.

use super::{Compare, Scenario, Step};
use crate::bench::program::Kind::{self, Bird, Exabgp, Frr, Gobgp, Openbgpd, Ours};

const MILLION: u32 = 1_000_000;

/// Only this program, with a million routes.
const OURS: &[(Kind, u32)] = &[(Ours, MILLION)];

/// What those lack that have no helper processes.
const HELPERS: &str = "no helpers";

/// A helper announces lines of some form.
const fn form(name: &'static str, title: &'static str, form: &'static str) -> Scenario {
    let step = Step::Announce { form, acknowledge: false };
    Scenario { name, title, sizes: OURS, lacking: "", compare: Compare::Rate, step }
}

/// What the codec makes of UPDATEs, beside other crates; counted are the rounds of each batch.
const fn codec(name: &'static str, title: &'static str, output: &'static str) -> Scenario {
    let sizes = &[(Ours, 101)];
    Scenario { name, title, sizes, lacking: "", compare: Compare::Rate, step: Step::Codec(output) }
}

/// A file becomes JSON, beside another program.
const fn offline(name: &'static str, title: &'static str, file: &'static str) -> Scenario {
    let step = Step::Offline(file);
    Scenario { name, title, sizes: OURS, lacking: "", compare: Compare::Rate, step }
}

/// All of them.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "announce",
        title: "a helper announces, acknowledgements off",
        sizes: &[(Ours, MILLION), (Exabgp, 10_000), (Gobgp, 20_000)],
        lacking: HELPERS,
        compare: Compare::Rate,
        step: Step::Announce { form: "route", acknowledge: false },
    },
    Scenario {
        name: "announce-ack",
        title: "a helper announces, acknowledgements on",
        sizes: &[(Ours, MILLION), (Exabgp, 10_000)],
        lacking: "no acknowledgements",
        compare: Compare::Rate,
        step: Step::Announce { form: "route", acknowledge: true },
    },
    form("announce-attributes", "… as `attributes … nlri …`", "attributes"),
    form("announce-ipv6", "… of IPv6", "ipv6"),
    form("announce-vpn", "… of a VPN", "vpn"),
    form("announce-flow", "… of FlowSpec", "flow"),
    form("announce-v6", "… in the grammar of ExaBGP 6", "v6"),
    Scenario {
        name: "latency",
        title: "one command at a time, until the peer has the route: p50",
        sizes: &[(Ours, 1_000), (Exabgp, 400), (Gobgp, 100)],
        lacking: HELPERS,
        compare: Compare::Least("p50 ms"),
        step: Step::Latency,
    },
    Scenario {
        name: "json",
        title: "a table arrives, a helper has its JSON",
        sizes: &[(Ours, MILLION), (Exabgp, 30_000), (Gobgp, 100_000)],
        lacking: "no JSON",
        compare: Compare::Rate,
        step: Step::Json("table"),
    },
    Scenario {
        name: "json-single",
        title: "UPDATEs of one prefix each, a helper has their JSON",
        sizes: &[(Ours, MILLION), (Exabgp, 10_000)],
        lacking: "no helpers for JSON",
        compare: Compare::Rate,
        step: Step::Json("single"),
    },
    Scenario {
        name: "rib",
        title: "a table arrives, no helper: it is in the Adj-RIB-In",
        sizes: &[
            (Ours, MILLION),
            (Exabgp, 20_000),
            (Bird, MILLION),
            (Gobgp, 100_000),
            (Openbgpd, 100_000),
            (Frr, 100_000),
        ],
        lacking: "",
        compare: Compare::Rate,
        step: Step::Rib,
    },
    Scenario {
        name: "fan-10",
        title: "to 10 peers",
        sizes: &[
            (Ours, 100_000),
            (Exabgp, 2_000),
            (Bird, 100_000),
            (Gobgp, 10_000),
            (Openbgpd, 100_000),
            (Frr, 100_000),
        ],
        lacking: "",
        compare: Compare::Rate,
        step: Step::Fan(10),
    },
    Scenario {
        name: "fan-100",
        title: "to 100 peers",
        sizes: &[(Ours, 10_000), (Bird, 10_000), (Openbgpd, 10_000), (Frr, 10_000)],
        lacking: "minutes, at its rate to 10 peers",
        compare: Compare::Rate,
        step: Step::Fan(100),
    },
    Scenario {
        name: "static-100k",
        title: "start with static routes, until the peer has the last",
        sizes: &[
            (Ours, 100_000),
            (Exabgp, 10_000),
            (Bird, 100_000),
            (Openbgpd, 10_000),
            (Frr, 100_000),
        ],
        lacking: "no static routes",
        compare: Compare::Rate,
        step: Step::Static,
    },
    Scenario {
        name: "static-1m",
        title: "the same, a million",
        sizes: &[(Ours, MILLION), (Bird, MILLION)],
        lacking: "minutes, at its rate of fewer, or no static routes",
        compare: Compare::Seconds,
        step: Step::Static,
    },
    Scenario {
        name: "template",
        title: "static routes in a template of 100 neighbors: memory, times that of one neighbor",
        sizes: &[(Ours, 100_000)],
        lacking: "",
        compare: Compare::Least("times"),
        step: Step::Template,
    },
    Scenario {
        name: "reload",
        title: "reload with 1% changed, until the peer has the last change",
        sizes: OURS,
        lacking: "",
        compare: Compare::Seconds,
        step: Step::Reload,
    },
    Scenario {
        name: "bounce",
        title: "a session comes back, the peer has the table again",
        sizes: &[(Ours, MILLION), (Bird, MILLION)],
        lacking: "minutes for a million, at its rate of static routes, or none",
        compare: Compare::Rate,
        step: Step::Bounce,
    },
    Scenario {
        name: "sessions",
        title: "sessions from a cold start, then idle: all up",
        sizes: &[(Ours, 1_000), (Bird, 1_000), (Openbgpd, 1_000)],
        lacking: "not tried with so many",
        compare: Compare::Seconds,
        step: Step::Sessions,
    },
    Scenario {
        name: "slow",
        title: "a table arrives, a helper reads 1,000 events a second, then catches up",
        sizes: OURS,
        lacking: "",
        compare: Compare::Nothing,
        step: Step::Slow,
    },
    Scenario {
        name: "idle",
        title: "start with one peer and no routes, until the session is up",
        sizes: &[(Ours, 1), (Exabgp, 1), (Bird, 1), (Gobgp, 1), (Openbgpd, 1), (Frr, 1)],
        lacking: "",
        compare: Compare::Seconds,
        step: Step::Idle,
    },
    codec("codec-values", "UPDATEs to values, beside other crates", "to values"),
    codec("codec-json", "UPDATEs to JSON, beside other crates", "to JSON"),
    codec("codec-octets", "values to UPDATEs, beside other crates", "to octets"),
    offline("offline-updates", "an MRT file of UPDATEs to JSON", "updates"),
    offline("offline-table", "an MRT table dump to JSON", "routes"),
    Scenario {
        name: "limits",
        title: "what the machine can do at all",
        sizes: OURS,
        lacking: "",
        compare: Compare::Nothing,
        step: Step::Limits,
    },
];
