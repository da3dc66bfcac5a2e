//! What a reload does about each keyword, and which routes count.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::collections::BTreeSet;

use common::{BASE, good};
use yottabgp_config::Neighbor;
use yottabgp_config::reload::{Consequence, superseded};

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// A new session, because of this.
    Reset(&'static str),
    /// The session goes on, with this changed.
    InPlace(&'static str),
    /// It is another neighbor: the old one goes, the new one comes.
    Another,
    /// Nothing changed.
    Nothing,
    /// Only routes change.
    Routes,
}
use Comes::{Another, InPlace, Nothing, Reset, Routes};

/// A keyword of a section, the body of a neighbor before and after, and what comes of it.
type Row = (&'static str, &'static str, &'static str, &'static str, Comes);

/// Every keyword of a neighbor: `each_keyword_has_a_row` asks for each new one.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("neighbor", "description", "", "description x;", InPlace("description")),
    ("neighbor", "router-id", "", "router-id 192.0.2.8;", Another),
    ("neighbor", "local-address", "local-address 192.0.2.2;", "local-address 192.0.2.3;", Another),
    ("neighbor", "peer-address", "", "peer-address 192.0.2.7;", Another),
    ("neighbor", "local-link-local", "", "local-link-local fe80::1;", Reset("local-link-local")),
    ("neighbor", "local-as", "", "local-as 65003;", Another),
    ("neighbor", "peer-as", "", "peer-as 65003;", Another),
    ("neighbor", "host-name", "", "host-name x;", Reset("host-name")),
    ("neighbor", "domain-name", "host-name x;", "host-name x; domain-name y;", Reset("domain-name")),
    ("neighbor", "hold-time", "", "hold-time 30;", Reset("hold-time")),
    ("neighbor", "rate-limit", "", "rate-limit 5;", InPlace("rate-limit")),
    ("neighbor", "passive", "", "passive;", Reset("passive")),
    ("neighbor", "listen", "local-address 192.0.2.2;", "local-address 192.0.2.2; listen 1;", Reset("listen")),
    ("neighbor", "connect", "", "connect 1;", Reset("connect")),
    ("neighbor", "source-interface", "", "source-interface x;", Reset("source-interface")),
    ("neighbor", "outgoing-ttl", "", "outgoing-ttl 1;", Reset("outgoing-ttl")),
    ("neighbor", "incoming-ttl", "", "incoming-ttl 1;", Reset("incoming-ttl")),
    ("neighbor", "md5-password", "", "md5-password x;", Reset("md5-password")),
    ("neighbor", "md5-base64", "md5-password aGVsbG8=;", "md5-password aGVsbG8=; md5-base64 true;", Reset("md5-password")),
    ("neighbor", "md5-base64", "md5-password hello;", "md5-password aGVsbG8=; md5-base64 true;", Nothing),
    ("neighbor", "md5-ip", "local-address 192.0.2.2;", "local-address 192.0.2.2; md5-ip 192.0.2.3;", Reset("md5-ip")),
    ("neighbor", "group-updates", "", "group-updates false;", Reset("group-updates")),
    ("neighbor", "auto-flush", "", "auto-flush false;", InPlace("auto-flush")),
    ("neighbor", "adj-rib-in", "", "adj-rib-in false;", Reset("adj-rib-in")),
    ("neighbor", "adj-rib-out", "", "adj-rib-out false;", Reset("adj-rib-out")),
    ("neighbor", "manual-eor", "", "manual-eor true;", Reset("manual-eor")),
    ("neighbor", "inherit", "", "inherit t;", Reset("hold-time")),
    ("neighbor", "family", "", "family { ipv4 unicast; }", Reset("family")),
    ("neighbor", "capability", "capability { asn4 enable; }", "", Nothing),
    ("neighbor", "add-path", "capability { add-path send; }", "capability { add-path send; } add-path { ipv4 unicast; }", Reset("add-path")),
    ("neighbor", "nexthop", "", "nexthop { ipv4 unicast ipv6; }", Reset("nexthop")),
    ("neighbor", "tcp-ao", "", "tcp-ao { keyid 1; algorithm hmac-sha-256; password x; }", Reset("tcp-ao")),
    ("neighbor", "api", "", "api { processes [ p ]; }", InPlace("api")),
    ("neighbor", "mrt", "", "mrt { updates /d/u.%s; }", InPlace("mrt")),
    ("neighbor", "process", "", "", Nothing),
    ("neighbor", "static", "", "static { route 10.0.0.0/8 next-hop self; }", Routes),
    ("neighbor", "announce", "", "announce { ipv4 { unicast 10.0.0.0/8 next-hop 192.0.2.9; } }", Routes),
    ("neighbor", "flow", "", "flow { route x { match { source 10.0.0.0/8; } then { discard; } } }", Routes),
    ("neighbor", "l2vpn", "", "l2vpn { vpls x { rd 1:1; endpoint 1; base 1; offset 1; size 1; next-hop 192.0.2.9; } }", Routes),
    ("neighbor", "operational", "capability { operational; }",
        r#"capability { operational; } operational { asm afi ipv4 safi unicast advisory "x"; }"#, InPlace("operational messages")),
    ("neighbor/family", "all", "family { ipv4 unicast; }", "family { all; }", Reset("family")),
    ("neighbor/family", "minimal", "family { ipv4 unicast; ipv6 unicast; }", "family { minimal; }", Reset("family")),
    ("neighbor/family", "ipv4", V6, "family { ipv6 unicast; ipv4 unicast; }", Reset("family")),
    ("neighbor/family", "ipv6", V6, "family { ipv6 unicast; ipv6 multicast; }", Reset("family")),
    ("neighbor/family", "l2vpn", V6, "family { ipv6 unicast; l2vpn evpn; }", Reset("family")),
    ("neighbor/family", "bgp-ls", V6, "family { ipv6 unicast; bgp-ls bgp-ls; }", Reset("family")),
    ("neighbor/family", "family", V6, "family { ipv6 unicast; family 25 77; }", Reset("family")),
    ("neighbor/family", "inet", "family { ipv4 unicast; }", "family { inet unicast; }", Nothing),
    ("neighbor/family", "inet4", "family { ipv4 unicast; }", "family { inet4 unicast; }", Nothing),
    ("neighbor/family", "inet6", V6, "family { inet6 unicast; }", Nothing),
    ("neighbor/add-path", "ipv4", PATHS, "capability { add-path send; } add-path { ipv6 unicast; ipv4 unicast; }", Reset("add-path")),
    ("neighbor/add-path", "ipv6", PATHS, "capability { add-path send; } add-path { ipv6 unicast; ipv6 multicast; }", Reset("add-path")),
    ("neighbor/add-path", "ipv6", "capability { add-path receive; } add-path { ipv6 unicast; }",
        "capability { add-path receive; } add-path { ipv6 unicast limit 2; }", Reset("add-path")),
    ("neighbor/add-path", "l2vpn", PATHS, "capability { add-path send; } add-path { ipv6 unicast; l2vpn evpn; }", Reset("add-path")),
    ("neighbor/add-path", "bgp-ls", PATHS, "capability { add-path send; } add-path { ipv6 unicast; bgp-ls bgp-ls; }", Reset("add-path")),
    ("neighbor/nexthop", "ipv4", "nexthop { ipv6 unicast ipv4; }", "nexthop { ipv6 unicast ipv4; ipv4 unicast ipv6; }", Reset("nexthop")),
    ("neighbor/nexthop", "ipv6", "nexthop { ipv4 unicast ipv6; }", "nexthop { ipv6 unicast ipv4; ipv4 unicast ipv6; }", Reset("nexthop")),
    ("neighbor/capability", "asn4", "", "capability { asn4 disable; }", Reset("asn4")),
    ("neighbor/capability", "route-refresh", "", "capability { route-refresh; }", Reset("route-refresh")),
    ("neighbor/capability", "graceful-restart", "", "capability { graceful-restart; }", Reset("graceful-restart")),
    ("neighbor/capability", "graceful-restart-notification", "capability { graceful-restart; }",
        "capability { graceful-restart; graceful-restart-notification; }", Reset("graceful-restart-notification")),
    ("neighbor/capability", "long-lived-graceful-restart", "",
        "capability { long-lived-graceful-restart 1; }", Reset("long-lived-graceful-restart")),
    ("neighbor/capability", "add-path", "", "capability { add-path send; }", Reset("add-path")),
    ("neighbor/capability", "multi-session", "", "capability { multi-session; }", Another),
    ("neighbor/capability", "operational", "", "capability { operational; }", Reset("operational")),
    ("neighbor/capability", "aigp", "", "capability { aigp; }", Reset("aigp")),
    ("neighbor/capability", "extended-message", "", "capability { extended-message disable; }", Reset("extended-message")),
    ("neighbor/capability", "software-version", "", "capability { software-version true; }", Reset("software-version")),
    ("neighbor/capability", "nexthop", "nexthop { ipv4 unicast ipv6; }",
        "capability { nexthop disable; } nexthop { ipv4 unicast ipv6; }", Reset("nexthop")),
    ("neighbor/capability", "link-local-nexthop", "", "capability { link-local-nexthop true; }", Reset("link-local-nexthop")),
    ("neighbor/capability", "role", "", "capability { role peer; }", Reset("role")),
    ("neighbor/capability", "role-strict", "capability { role peer; }", "capability { role peer; role-strict true; }", Reset("role")),
    ("neighbor/tcp-ao", "keyid", AO, "tcp-ao { keyid 2; algorithm hmac-sha-256; password x; }", Reset("tcp-ao")),
    ("neighbor/tcp-ao", "algorithm", AO, "tcp-ao { keyid 1; algorithm hmac-sha-1-96; password x; }", Reset("tcp-ao")),
    ("neighbor/tcp-ao", "password", AO, "tcp-ao { keyid 1; algorithm hmac-sha-256; password y; }", Reset("tcp-ao")),
    ("neighbor/tcp-ao", "base64", AO, "tcp-ao { keyid 1; algorithm hmac-sha-256; password eA==; base64 true; }", Nothing),
    ("neighbor/add-path", "all", "capability { add-path send; } add-path { ipv4 unicast; }",
        "capability { add-path send; } add-path { all; }", Reset("add-path")),
    ("neighbor/api", "processes", "", "api { processes [ p ]; }", InPlace("api")),
    ("neighbor/api", "processes-match", "", "api { processes-match [ p ]; }", InPlace("api")),
    ("neighbor/api", "neighbor-changes", API, "api { processes [ p ]; neighbor-changes; }", InPlace("api")),
    ("neighbor/api", "negotiated", API, "api { processes [ p ]; negotiated; }", InPlace("api")),
    ("neighbor/api", "fsm", API, "api { processes [ p ]; fsm; }", InPlace("api")),
    ("neighbor/api", "signal", API, "api { processes [ p ]; signal; }", InPlace("api")),
    ("neighbor/api", "receive", API, "api { processes [ p ]; receive { parsed; update; } }", InPlace("api")),
    ("neighbor/mrt", "updates", "", "mrt { updates /d/u.%s; }", InPlace("mrt")),
    ("neighbor/mrt", "rotate", MRT, "mrt { updates /d/u.%s; table /d/t.%s; rotate 60; }", InPlace("mrt")),
    ("neighbor/mrt", "messages", MRT, "mrt { updates /d/u.%s; table /d/t.%s; messages [ open ]; }", InPlace("mrt")),
    ("neighbor/mrt", "received", MRT, "mrt { updates /d/u.%s; table /d/t.%s; received false; }", InPlace("mrt")),
    ("neighbor/mrt", "sent", MRT, "mrt { updates /d/u.%s; table /d/t.%s; sent true; }", InPlace("mrt")),
    ("neighbor/mrt", "table", "", "mrt { table /d/t.%s; }", InPlace("mrt")),
    ("neighbor/mrt", "table-interval", MRT, "mrt { updates /d/u.%s; table /d/t.%s; table-interval 60; }", InPlace("mrt")),
    ("neighbor/api", "send", API, "api { processes [ p ]; send { parsed; update; } }", InPlace("api")),
];
const MRT: &str = "mrt { updates /d/u.%s; table /d/t.%s; }";
const AO: &str = "tcp-ao { keyid 1; algorithm hmac-sha-256; password x; }";
const V6: &str = "family { ipv6 unicast; }";
const PATHS: &str = "capability { add-path send; } add-path { ipv6 unicast; }";
const API: &str = "api { processes [ p ]; }";

/// Words of ExaBGP 3.4, which set the same values, and those that set nothing.
const OLD: &[&str] = &[
    "md5",
    "ttl-security",
    "graceful-restart",
    "add-path",
    "multi-session",
    "aigp",
    "route-refresh",
    "asn4",
    "link-local-prefer",
];

fn one(body: &str) -> Neighbor {
    // What the body says itself is not said twice.
    let base: String = BASE
        .split_inclusive(';')
        .filter(|statement| !body.contains(statement.trim().split(' ').next().unwrap()))
        .collect();
    let (configuration, _) = common::loaded(&format!(
        "process p {{ run /p; }} template {{ neighbor t {{ hold-time 30; }} }} neighbor 192.0.2.1 {{ {base} {body} }}"
    ));
    configuration.neighbors.into_iter().next().unwrap()
}

#[test]
fn each_keyword_has_its_consequence() {
    for (place, keyword, before, after, comes) in ROWS {
        let (before, after) = (one(before), one(after));
        let differences = before.differences(&after);
        let told: Vec<_> = differences.iter().map(|d| (d.keyword, d.consequence)).collect();
        let context = format!("{place} {keyword}: {differences:?}");
        match comes {
            Another => assert_ne!(before.name, after.name, "{context}"),
            Reset(keyword) => assert_eq!(told, [(*keyword, Consequence::Reset)], "{context}"),
            InPlace(keyword) => assert_eq!(told, [(*keyword, Consequence::InPlace)], "{context}"),
            Nothing => assert_eq!(told, [], "{context}"),
            Routes => {
                assert_eq!(told, [], "{context}");
                assert_ne!(before.routes, after.routes, "{context}");
            }
        }
        if !matches!(comes, Another) {
            assert_eq!(before.name, after.name, "{context}");
        }
        for difference in differences {
            assert_ne!(difference.old, difference.new, "{context}: nobody sees what changed");
        }
    }
}

#[test]
fn each_keyword_has_a_row() {
    let mut missing = Vec::new();
    let rows: BTreeSet<(&str, &str)> = ROWS.iter().map(|row| (row.0, row.1)).collect();
    for keyword in yottabgp_config::keywords() {
        // Flags of `receive` and `send` and the words of routes are no keywords of the session.
        let counts = matches!(
            keyword.place,
            "neighbor"
                | "neighbor/family"
                | "neighbor/capability"
                | "neighbor/tcp-ao"
                | "neighbor/add-path"
                | "neighbor/nexthop"
                | "neighbor/api"
                | "neighbor/mrt"
        );
        let known = rows.contains(&(keyword.place, keyword.name)) || OLD.contains(&keyword.name);
        if counts && !known {
            missing.push(format!("{} {}", keyword.place, keyword.name));
        }
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn keys_are_not_shown() {
    let secret = "hunter2";
    for body in [
        format!("md5-password {secret};"),
        format!("tcp-ao {{ keyid 1; algorithm hmac-sha-256; password {secret}; }}"),
    ] {
        let told = format!("{:?}", one("").differences(&one(&body)));
        assert!(told.contains("not shown") && !told.contains(secret), "{told}");
    }
}

#[test]
fn of_several_routes_to_the_same_the_last_one_counts() {
    let routes = |body: &str| {
        let text = format!("neighbor 192.0.2.1 {{ {BASE} static {{ {body} }} }}");
        good(&text).neighbors.remove(0).routes
    };
    let a = "route 10.0.0.0/8 next-hop 1.1.1.1;";
    let b = "route 11.0.0.0/8 next-hop 1.1.1.1;";
    let path = "route 10.0.0.0/8 path-information 1 next-hop 1.1.1.1;";
    let bare = "attributes next-hop 1.1.1.1 med 1;";
    assert_eq!(superseded(&routes(&format!("{a}{b}{path}{bare}"))), [0_u32; 0]);
    let med = a.replace(';', " med 1;");
    assert_eq!(superseded(&routes(&format!("{a}{b}{med}{bare}{bare}{a}{b}"))), [0, 1, 2]);
}
