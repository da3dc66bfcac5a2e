//! A reload touches what changed and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use common::{BASE, good};
use yottabgp_config::Configuration;
use yottabgp_config::reload::{RouteChanges, changes, route_changes};

fn one(body: &str) -> Configuration {
    good(&format!(
        "process p {{ run /p; }} neighbor 192.0.2.1 {{ {BASE} local-address 192.0.2.2; {body} }}"
    ))
}

#[test]
fn the_same_is_the_same() {
    let text = "hold-time 30; static { route 10.0.0.0/8 next-hop self; }";
    let changes = changes(&one(text), &one(&text.replace("; ", ";\n# comment\n")));
    assert!(changes.is_empty());
    assert_eq!(changes.summary(), "1 neighbor unchanged");
}

#[test]
fn each_keyword_of_the_session_needs_a_new_one() {
    let before = one("");
    for (body, keyword) in [
        ("hold-time 30;", "hold-time"),
        ("passive;", "passive"),
        ("listen 1;", "listen"),
        ("connect 1;", "connect"),
        ("source-interface x;", "source-interface"),
        ("outgoing-ttl 1;", "outgoing-ttl"),
        ("incoming-ttl 1;", "incoming-ttl"),
        ("md5-password x;", "md5-password"),
        ("md5-ip 192.0.2.3;", "md5-ip"),
        ("tcp-ao { keyid 1; algorithm hmac-sha-256; password x; }", "tcp-ao"),
        ("host-name x;", "host-name"),
        ("local-link-local fe80::1;", "local-link-local"),
        ("group-updates false;", "group-updates"),
        ("adj-rib-in false;", "adj-rib-in"),
        ("adj-rib-out false;", "adj-rib-out"),
        ("manual-eor true;", "manual-eor"),
        ("family { ipv4 unicast; }", "family"),
        ("capability { asn4 disable; }", "asn4"),
        ("capability { route-refresh; }", "route-refresh"),
        ("capability { graceful-restart; }", "graceful-restart"),
        ("capability { long-lived-graceful-restart 1; }", "long-lived-graceful-restart"),
        ("capability { add-path send; }", "add-path"),
        ("capability { operational; }", "operational"),
        ("capability { aigp; }", "aigp"),
        ("capability { extended-message disable; }", "extended-message"),
        ("capability { software-version true; }", "software-version"),
        ("capability { link-local-nexthop true; }", "link-local-nexthop"),
        ("capability { role peer; }", "role"),
        ("nexthop { ipv4 unicast ipv6; }", "nexthop"),
    ] {
        let changes = changes(&before, &one(body));
        assert_eq!(changes.kept[0].session, [keyword], "{body}");
    }
    let restart = "graceful-restart;";
    let notifying = format!("capability {{ {restart} graceful-restart-notification; }}");
    let changes_of = changes(&one(&format!("capability {{ {restart} }}")), &one(&notifying));
    assert_eq!(changes_of.kept[0].session, ["graceful-restart-notification"]);
    let families = |limit| {
        format!(
            "capability {{ add-path receive; }} add-path {{ ipv4 unicast{limit}; ipv6 unicast; }}"
        )
    };
    let changes = changes(&one(&families("")), &one(&families(" limit 1")));
    assert_eq!(changes.kept[0].session, ["add-path"]);
}

#[test]
fn the_rest_changes_while_the_session_goes_on() {
    let before = one("");
    let operational =
        r#"capability { operational; } operational { asm afi ipv4 safi unicast advisory "x"; }"#;
    let with_capability = one("capability { operational; }");
    assert_eq!(changes(&with_capability, &one(operational)).kept[0].session, [""; 0]);
    for body in ["description x;", "auto-flush false;", "rate-limit 5;", "api { processes [ p ]; }"]
    {
        assert_eq!(changes(&before, &one(body)).kept[0].session, [""; 0], "{body}");
    }
}

#[test]
fn neighbors_and_processes_come_and_go() {
    let neighbor = |number: u8| format!("neighbor 192.0.2.{number} {{ {BASE} }}");
    let before = good(&format!(
        "process a {{ run /a; }} process b {{ run /b; }} {}{}",
        neighbor(1),
        neighbor(2)
    ));
    let after = good(&format!(
        "process b {{ run /b x; }} process c {{ run /c; }} {}{}",
        neighbor(3),
        neighbor(2).replace("}", "hold-time 30; static { route 10.0.0.0/8 next-hop self; } }")
    ));
    let changes = changes(&before, &after);
    assert_eq!((&*changes.added, &*changes.removed), (&[0][..], &[0][..]));
    assert_eq!((changes.kept[0].old, changes.kept[0].new), (1, 1));
    assert_eq!(changes.processes_added, ["c"]);
    assert_eq!(changes.processes_removed, ["a"]);
    assert_eq!(changes.processes_changed, ["b"]);
    assert_eq!(
        changes.summary(),
        "1 reset (hold-time), 1 added, 1 removed, 1 routes announced, 1 processes added, 1 processes removed, 1 processes changed"
    );
}

#[test]
fn routes_are_compared_by_what_they_lead_to() {
    let routes = |body: &str| one(&format!("static {{ {body} }}")).neighbors.remove(0).routes;
    let compare = |before: &str, after: &str| route_changes(&routes(before), &routes(after));
    let (a, b) = ("route 10.0.0.0/8 next-hop 1.1.1.1;", "route 11.0.0.0/8 next-hop 1.1.1.1;");
    assert_eq!(compare(&format!("{a}{b}"), &format!("{b}{a}")), RouteChanges::default());
    assert_eq!(compare(a, b), RouteChanges { announce: vec![0], withdraw: vec![0] });
    // Another attribute or next hop replaces the route, and never withdraws it.
    let med = "route 10.0.0.0/8 next-hop 1.1.1.1 med 1;";
    assert_eq!(compare(a, med), RouteChanges { announce: vec![0], withdraw: vec![] });
    assert_eq!(compare(a, &a.replace("1.1.1.1", "1.1.1.2")).announce, [0]);
    // Another path is another route.
    assert_eq!(
        compare(a, &a.replace("next-hop", "path-information 1 next-hop")),
        RouteChanges { announce: vec![0], withdraw: vec![0] }
    );
    // The last of several counts.
    assert_eq!(compare(&format!("{a}{med}"), med), RouteChanges::default());
    assert_eq!(compare(a, &format!("{med}{a}")), RouteChanges::default());
    let bare = "attributes next-hop 1.1.1.1 med 1;";
    assert_eq!(compare(bare, bare), RouteChanges::default());
    assert_eq!(compare("", bare).announce, [0]);
}
