//! Every command with its exact answer, in both grammars and versions of the API: a row of the registry without one fails.

use std::collections::BTreeSet;

use yottabgp_api::command::registry;
use yottabgp_testkit::bgp::kind;

use crate::support::{Daemon, Helper, Lab, PATIENCE, Session, Site, attributes, open, update};

const KEY: &str = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open";
const INDEX: &str = "303130313031303164697361626c6564180a0800";
const LIST: &str = r#"[{"peer-address": "127.0.0.2", "peer-as": 65002, "state": "ESTABLISHED"}, {"peer-address": "127.0.0.3", "peer-as": 65003, "state": "ACTIVE"}]"#;
const FLOW: &str =
    "flow route { match { destination 10.1.0.0/24; source 10.0.0.0/24; } then { discard; } }";
const VPLS: &str = "vpls rd 65001:1 endpoint 5 base 10702 offset 1 size 8 next-hop 1.2.3.4";

/// A command in the words of both versions, and the lines before its acknowledgement. A `*` in a line is any text.
struct Case {
    v4: &'static str,
    v6: &'static str,
    /// What version 4 answers.
    text: Result<&'static [&'static str], &'static str>,
    /// What version 6 answers.
    json: Result<&'static [&'static str], &'static str>,
}

/// One that is answered with its acknowledgement alone, or refused in the same words.
const fn case(
    v4: &'static str,
    v6: &'static str,
    both: Result<&'static [&'static str], &'static str>,
) -> Case {
    Case { v4, v6, text: both, json: both }
}

const DONE: Result<&[&str], &str> = Ok(&[]);

/// In an order that each leaves to the next what it needs.
const CASES: &[Case] = &[
    Case {
        v4: "version",
        v6: "system version",
        text: Ok(&["exabgp 5.0.15"]),
        json: Ok(&[r#"{"version": "6.0.0", "application": "exabgp"}"#]),
    },
    Case {
        v4: "status",
        v6: "daemon status",
        text: Ok(&[
            "ExaBGP Daemon Status",
            "====================",
            "Version: *",
            "UUID: *",
            "PID: *",
            "Uptime: 0h *m *s",
            "Peers: 2",
            "  - neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open: ESTABLISHED",
            "  - neighbor 127.0.0.3 local-ip 127.0.0.1 local-as 65001 peer-as 65003 router-id 1.1.1.1 family-allowed in-open: ACTIVE",
        ]),
        json: Ok(&[
            r#"{"version": "*", "uuid": "*", "pid": *, "uptime": *, "start_time": *, "peers": {"neighbor 127.0.0.2 *": "ESTABLISHED", "neighbor 127.0.0.3 *": "ACTIVE"}}"#,
        ]),
    },
    Case {
        v4: "ping text",
        v6: "session ping",
        text: Ok(&["pong * active=true"]),
        json: Ok(&[r#"{"pong": "*", "active": true}"#]),
    },
    case("bye 1-2-3", "session bye", DONE),
    Case {
        v4: "reset",
        v6: "session reset",
        text: Ok(&["asynchronous queue cleared"]),
        json: Ok(&[r#"{"status": "asynchronous queue cleared"}"#]),
    },
    Case {
        v4: "api version",
        v6: "system api version",
        text: Ok(&["API version: 4 (legacy (text/json))"]),
        json: Ok(&[r#"{"api_version": 6, "description": "json-only"}"#]),
    },
    Case {
        v4: "api version 4",
        v6: "system api version 6",
        text: Ok(&["API version set to 4 (effective on next process restart)"]),
        json: Ok(&[
            r#"{"status": "API version set", "version": 6, "note": "effective on next process restart"}"#,
        ]),
    },
    case(
        "api version 5",
        "system api version 5",
        Err("API version must be 4 or 6, not '5', at column *"),
    ),
    Case {
        v4: "queue-status",
        v6: "system queue-status",
        text: Ok(&["no queued messages"]),
        json: Ok(&[r#"{"helper": {"items": 0, "bytes": 0}}"#]),
    },
    case("crash", "system crash", Err("crash was asked for")),
    case("# anything at all", "# anything at all", DONE),
    case("", "   ", DONE),
    case("enable-ack", "session ack enable", DONE),
    case("enable-sync", "session sync enable", DONE),
    case("disable-sync", "session sync disable", DONE),
    Case {
        v4: "peer list",
        v6: "peer list",
        text: Ok(&["127.0.0.2 65002 ESTABLISHED", "127.0.0.3 65003 ACTIVE"]),
        json: Ok(&[LIST]),
    },
    Case {
        v4: "show neighbor",
        v6: "peer show text",
        text: Ok(&[
            "please specify summary, extensive or configuration",
            "you can filter by peer ip address adding it after the word neighbor",
        ]),
        json: Ok(&["usage: peer <ip> show [summary|extensive|configuration]"]),
    },
    Case {
        v4: "show neighbor summary",
        v6: "peer 127.0.0.2 show summary text",
        text: Ok(&[
            "Peer            AS        up/down state       |     #sent     #recvd",
            "127.0.0.2       65002     0:00:* established * 1",
            "127.0.0.3       65003        down active                0          0",
        ]),
        json: Ok(&[
            "Peer            AS        up/down state       |     #sent     #recvd    #pfx_in",
            "127.0.0.2       65002     0:00:* established *          1          1",
        ]),
    },
    Case {
        v4: "show neighbor 127.0.0.2 json",
        v6: "peer 127.0.0.2 show extensive",
        text: Ok(&[
            r#"[{"state": "up", "duration": *, "fsm": "ESTABLISHED", "local": {"capabilities": {"asn4": true, *"id": "2.2.2.2", *"add-path": {"ipv4 unicast": "disabled"}}]"#,
        ]),
        json: Ok(&[
            r#"[{"state": "up", "duration": *, "fsm": "ESTABLISHED", "local": {"capabilities": {"asn4": 1, *"id": "2.2.2.2", *"add-path": {"ipv4 unicast": "disabled"}, "prefixes": {"received": 1, "withdrawn": 0}}]"#,
        ]),
    },
    Case {
        v4: "show adj-rib in",
        v6: "rib show in",
        text: Ok(&["127.0.0.2 ipv4 unicast 10.9.0.0/24 next-hop 2.2.2.2"]),
        json: Ok(&[
            r#"{"127.0.0.2": {"routes": [{"family": "ipv4 unicast", "prefix": "10.9.0.0/24", "next-hop": "2.2.2.2"}]}}"#,
        ]),
    },
    case("show adj-rib in 127.0.0.3", "rib show in 127.0.0.3", DONE),
    case("announce eor", "peer * announce eor ipv4 unicast", DONE),
    case(
        "neighbor 127.0.0.3 announce eor",
        "peer 127.0.0.3 announce eor",
        Err("127.0.0.3: the session is not established"),
    ),
    case(
        "announce eor ipv6 unicast",
        "peer * announce eor ipv6 unicast",
        Err("127.0.0.2: ipv6 unicast was not negotiated"),
    ),
    case(
        "announce route-refresh ipv4 unicast",
        "peer * announce route-refresh ipv4 unicast",
        Err("127.0.0.2: route refresh was not negotiated"),
    ),
    case(
        "announce operational adm afi ipv4 safi unicast advisory hello",
        "peer * announce operational adm afi ipv4 safi unicast advisory hello",
        Err("127.0.0.2: operational was not negotiated"),
    ),
    case("announce watchdog dog", "peer * announce watchdog dog", DONE),
    case("withdraw watchdog", "peer 127.0.0.2 withdraw watchdog", DONE),
    case(
        "announce route 10.2.0.0/24 next-hop 1.2.3.4",
        "peer * announce route 10.2.0.0/24 next-hop 1.2.3.4",
        DONE,
    ),
    case("withdraw route 10.2.0.0/24", "peer * withdraw route 10.2.0.0/24", DONE),
    case(
        "announce attribute med 5 next-hop self nlri 10.2.0.0/24 10.3.0.0/24",
        "peer * announce attributes med 5 next-hop self nlri 10.2.0.0/24 10.3.0.0/24",
        DONE,
    ),
    case(
        "withdraw attributes nlri 10.2.0.0/24 10.3.0.0/24",
        "peer * withdraw attribute nlri 10.2.0.0/24 10.3.0.0/24",
        DONE,
    ),
    case(
        "announce ipv4 unicast 10.2.0.0/24 next-hop 1.2.3.4",
        "peer * announce ipv4 unicast 10.2.0.0/24 next-hop 1.2.3.4",
        DONE,
    ),
    case("withdraw ipv4 unicast 10.2.0.0/24", "peer * withdraw ipv4 unicast 10.2.0.0/24", DONE),
    case(
        "announce ipv6 unicast 2001:db8::/32 next-hop 2001:db8::1",
        "peer * announce ipv6 unicast 2001:db8::/32 next-hop 2001:db8::1",
        Err("127.0.0.2: the family ipv6 unicast is not configured"),
    ),
    case(
        "withdraw ipv6 unicast 2001:db8::/32",
        "peer * withdraw ipv6 unicast 2001:db8::/32",
        Err("127.0.0.2: the family ipv6 unicast is not configured"),
    ),
    case(
        "announce bgp-ls bgp-ls 0x0001000103000000000000000001020000040200000400000001 next-hop 1.2.3.4",
        "peer * announce bgp-ls bgp-ls 0x0001000103000000000000000001020000040200000400000001 next-hop 1.2.3.4",
        Err("*"),
    ),
    case(
        "withdraw bgp-ls bgp-ls nothing",
        "peer * withdraw bgp-ls bgp-ls nothing",
        Err("*, at column *"),
    ),
    case(
        "announce family 1 99 0x00 next-hop 1.2.3.4",
        "peer * announce family 1 99 0x00 next-hop 1.2.3.4",
        Err("127.0.0.2: the family * is not configured"),
    ),
    case(
        "withdraw family 1 99 0x00",
        "peer * withdraw family 1 99 0x00",
        Err("127.0.0.2: the family * is not configured"),
    ),
    case(
        "announce sr-policy distinguisher 1 color 2 endpoint 3.3.3.3",
        "peer * announce sr-policy distinguisher 1 color 2 endpoint 3.3.3.3",
        Err("announce requires nexthop: *, at the end of the command"),
    ),
    case(
        "withdraw sr-policy distinguisher 1 color 2 endpoint 3.3.3.3",
        "peer * withdraw sr-policy distinguisher 1 color 2 endpoint 3.3.3.3",
        Err("127.0.0.2: the family ipv4 sr-policy is not configured"),
    ),
    case("announce l2vpn vpls", "peer * announce l2vpn vpls", Err("*, at the end of the command")),
    case(
        "withdraw l2vpn bogus",
        "peer * withdraw l2vpn bogus",
        Err("there is no family 'l2vpn bogus' (vpls, evpn), at column *"),
    ),
    Case {
        v4: "group start",
        v6: "group start",
        text: DONE,
        json: Ok(&[r#"{"status": "group started"}"#]),
    },
    case(
        "announce route 10.4.0.0/24 next-hop 1.2.3.4",
        "announce route 10.4.0.0/24 next-hop 1.2.3.4",
        DONE,
    ),
    case("withdraw route 10.4.1.0/24", "withdraw route 10.4.1.0/24", DONE),
    case("group start", "group start", Err("already in group block (nested groups not allowed)")),
    Case {
        v4: "group end",
        v6: "group end",
        text: DONE,
        json: Ok(&[r#"{"status": "group processed", "announced": 1, "withdrawn": 1}"#]),
    },
    case("group end", "group end", Err("not in group block")),
    Case {
        v4: "neighbor 127.0.0.2 group announce route 10.4.0.0/24 next-hop 1.2.3.4 ; withdraw route 10.4.0.0/24",
        v6: "peer 127.0.0.2 group announce route 10.4.0.0/24 next-hop 1.2.3.4 ; withdraw route 10.4.0.0/24",
        text: DONE,
        json: Ok(&[r#"{"status": "group processed", "announced": 1, "withdrawn": 1}"#]),
    },
    case(
        "group withdraw route 10.4.0.0/24 ; bogus",
        "peer * group withdraw route 10.4.0.0/24 ; bogus",
        Err("group discarded, command 2 was refused: unknown action in group: bogus, at column *"),
    ),
    case(
        "neighbor 127.0.0.2 routes add route 10.8.0.0/24 next-hop 1.1.1.1 med 5",
        "peer 127.0.0.2 routes add route 10.8.0.0/24 next-hop 1.1.1.1 med 5",
        Ok(&[
            r#"{"index": "303130313031303164697361626c6564180a0800", "route": "10.8.0.0/24 next-hop 1.1.1.1 med 5", "success": true}"#,
        ]),
    ),
    case(
        "neighbor 127.0.0.2 routes list",
        "peer 127.0.0.2 routes ipv4 unicast list",
        Ok(&[
            r#"[{"index": "303130313031303164697361626c6564180a0800", "route": "10.8.0.0/24 next-hop 1.1.1.1 med 5", "neighbor": "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open"}]"#,
        ]),
    ),
    case("routes ipv6 list", "peer * routes ipv6 list", Ok(&["[]"])),
    case("routes", "peer * routes", Err("routes requires action: list, add, or remove")),
    case(
        "routes remove index zz",
        "peer * routes remove index zz",
        Err("Invalid hex index: zz, at column *"),
    ),
    case(
        "show adj-rib out 127.0.0.2 extensive",
        "peer 127.0.0.2 rib show out extensive text",
        Ok(&[
            "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open ipv4 unicast 10.8.0.0/24 next-hop 1.1.1.1 med 5",
        ]),
    ),
    case(
        "show routes 127.0.0.2",
        "show routes 127.0.0.2 text",
        Ok(&["neighbor 127.0.0.2 10.8.0.0/24 next-hop 1.1.1.1"]),
    ),
    case("flush adj-rib out", "rib flush out", DONE),
    case("neighbor 127.0.0.2 flush adj-rib", "peer 127.0.0.2 flush adj-rib out", DONE),
    case("clear adj-rib in", "rib clear in", DONE),
    case("show adj-rib in", "rib show in", DONE),
    case(
        "neighbor 127.0.0.2 routes remove route 10.8.0.0/24",
        "peer 127.0.0.2 routes remove route 10.8.0.0/24",
        Ok(&[
            r#"{"removed": true, "route": "10.8.0.0/24", "index": "303130313031303164697361626c6564180a0800"}"#,
        ]),
    ),
    case(
        "routes remove index 303130313031303164697361626c6564180a0800",
        "peer * routes remove index 303130313031303164697361626c6564180a0800",
        Ok(&[r#"{"removed": false, "index": "303130313031303164697361626c6564180a0800"}"#]),
    ),
    case("neighbor 127.0.0.2 clear adj-rib out", "peer 127.0.0.2 clear adj-rib out", DONE),
    case("show adj-rib out 127.0.0.2", "rib show out 127.0.0.2", DONE),
    case(
        "neighbor 127.0.0.3 teardown 2",
        "peer 127.0.0.3 teardown 2",
        Err("no established neighbor matching the command: 127.0.0.3"),
    ),
    case(
        "neighbor 127.0.0.9 announce route 10.0.0.0/24 next-hop 1.2.3.4",
        "peer 127.0.0.9 announce route 10.0.0.0/24 next-hop 1.2.3.4",
        Err("no neighbor matching the command: 127.0.0.9"),
    ),
    case(
        "create neighbor 127.0.0.9",
        "peer create 127.0.0.9",
        Err("missing required parameters: local-address, local-as, peer-as"),
    ),
    case(
        "create neighbor 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2 api other",
        "peer create 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2 api other",
        Err("there is no process 'other'"),
    ),
    case(
        "create neighbor 127.0.0.9 local-address 127.0.0.1 local-as 1 peer-as 2 passive true api helper",
        "peer create 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2 passive true api helper",
        DONE,
    ),
    case(
        "create neighbor 127.0.0.9 local-address 127.0.0.1 local-as 1 peer-as 2 hold-time 1",
        "peer create 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2 hold-time 1",
        Err("hold-time 1 is invalid (*), at column *"),
    ),
    case(
        "create neighbor 127.0.0.9 local-address 127.0.0.1 local-as 1 peer-as 2",
        "peer create 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2",
        Err(
            "peer already exists: neighbor 127.0.0.9 local-ip 127.0.0.1 local-as 1 peer-as 2 router-id 127.0.0.1 family-allowed in-open",
        ),
    ),
    case("delete neighbor 127.0.0.9", "peer delete 127.0.0.9", DONE),
    case(
        "delete neighbor 127.0.0.9",
        "peer delete 127.0.0.9",
        Err("no neighbors match the selector: 127.0.0.9"),
    ),
    Case { v4: "healthcheck show", v6: "healthcheck show", text: DONE, json: Ok(&["[]"]) },
    case("show bmp routers", "bmp show routers", DONE),
    case("show bmp peers router r1 peer 192.0.2.1", "bmp show peers", DONE),
    case(
        "show bmp routes rib adj-rib-in policy pre ipv4 unicast 10.0.0.0/8 extensive",
        "bmp show routes router r1 peer 192.0.2.1 ipv6 2001:db8::1",
        DONE,
    ),
    case(
        "show bmp routes rib in",
        "bmp show routes rib in",
        Err("'in' is no rib: adj-rib-in, adj-rib-out, loc-rib"),
    ),
    Case { v4: "show bmp stations", v6: "bmp show stations", text: DONE, json: Ok(&["[]"]) },
    case(
        "mrt dump",
        "peer * mrt dump",
        Err("the file is missing: mrt dump /DIRECTORY/rib.%Y%m%d.%H%M.gz"),
    ),
    case(
        "neighbor 127.0.0.2 mrt dump table",
        "peer 127.0.0.2 mrt dump table",
        Err("'table': the path is not absolute: begin it with '/'"),
    ),
    case(
        "healthcheck drain web",
        "healthcheck drain web",
        Err("there is no healthcheck 'web' (known: there are none)"),
    ),
    case(
        "healthcheck undrain web",
        "healthcheck undrain web",
        Err("there is no healthcheck 'web' (known: there are none)"),
    ),
    case("bogus", "bogus", Err("unknown command 'bogus', at column 1")),
    case(
        "announce bogus",
        "peer * announce bogus",
        Err("unknown announce type: bogus, at column *"),
    ),
];

/// Commands that this test gives in another way.
const ELSEWHERE: &[&str] = &[
    "help",
    "announce flow",
    "withdraw flow",
    "announce vpls",
    "withdraw vpls",
    "disable-ack",
    "silence-ack",
    "teardown",
    "reload",
    "restart",
    "shutdown",
];

/// Whether a line is what was wanted.
fn is(wanted: &str, line: &str) -> bool {
    let mut parts = wanted.split('*');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn site_of_two(helper: &Helper, more: &str) -> (Site, String) {
    let site = Site::new(2);
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!(
            "{more} family {{ ipv4 unicast; }} api {{ processes [ helper ]; }}"
        ))
        + "neighbor 127.0.0.3 { router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65003; passive true; family { ipv4 unicast; } }\n";
    (site, text)
}

/// A daemon with one peer that is up and has a route, and one that never comes.
fn set_up(version: u8) -> (Daemon, Helper, Session) {
    let lab = Lab::new().with("api_version", version);
    let helper = Helper::new(&lab, "helper");
    let (site, text) = site_of_two(&helper, "");
    let text = text.replace("passive true;", "passive true; api { processes [ helper ]; }");
    let daemon = lab.start(&text);
    let mut able = open();
    able.families = vec![(1, 1)];
    let mut session = site.session_with(&able);
    session.until_eor();
    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
    daemon.until("show adj-rib in text", |text| text.contains("10.9.0.0/24"));
    (daemon, helper, session)
}

#[test]
fn every_command_has_its_exact_answer() {
    for version in [4, 6] {
        let (daemon, mut helper, _session) = set_up(version);
        helper.line(0, "started");
        for case in CASES {
            let (command, wanted) = match version {
                4 => (case.v4, &case.text),
                _ => (case.v6, &case.json),
            };
            let answer = helper.ask(command);
            let fits = match (&answer, wanted) {
                (Ok(lines), Ok(wanted)) => {
                    lines.len() == wanted.len() && lines.iter().zip(*wanted).all(|(l, w)| is(w, l))
                }
                (Err(lines), Err(wanted)) => {
                    lines.len() == 1 && is(&format!("error: {wanted}"), &lines[0])
                }
                _ => false,
            };
            assert!(fits, "version {version}: {command}: {answer:#?} is not {wanted:#?}");
        }
        daemon.stop();
    }
    // Nothing of the registry was forgotten.
    let tested: BTreeSet<&str> = registry::TABLE
        .iter()
        .filter(|row| {
            ELSEWHERE.contains(&row.v4)
                || CASES.iter().any(|case| {
                    row.spellings().any(|words| case.v4.contains(words))
                        && row.spellings().any(|words| {
                            case.v6.contains(words.strip_prefix("peer ").unwrap_or(words))
                        })
                })
        })
        .map(|row| row.v4)
        .collect();
    let all: BTreeSet<&str> = registry::TABLE.iter().map(|row| row.v4).collect();
    assert_eq!(tested, all);
}

#[test]
fn help_has_every_command() {
    let (daemon, mut helper, _session) = set_up(4);
    let text = helper.tell("help");
    assert_eq!(
        text[..10],
        [
            "",
            "available API commands are listed here:",
            "=======================================",
            "",
            "filter can be: [local-ip <ip>][local-as <asn>][peer-as <asn>][router-id <router-id>][family-allowed <family-allowed>]",
            "",
            "command are:",
            "------------",
            "",
            "# TEXT",
        ]
    );
    helper.tell("api version 6");
    let json = helper.tell("system help").concat();
    let help: serde_json::Value = serde_json::from_str(&json).unwrap();
    let words: BTreeSet<&str> = help["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["command"].as_str().unwrap())
        .collect();
    for row in registry::TABLE {
        assert!(text.iter().any(|line| line.contains(row.v4)), "{}", row.v4);
        assert!(words.contains(row.v6), "{}", row.v6);
    }
    daemon.stop();
}

#[test]
fn acknowledgements_of_other_families_and_the_end_of_sessions() {
    let lab = Lab::new();
    let mut helper = Helper::new(&lab, "helper");
    let (site, text) = site_of_two(&helper, "");
    let families = "ipv4 unicast; ipv4 flow; l2vpn vpls;";
    let daemon = lab.start(&text.replacen("ipv4 unicast;", families, 1));
    let mut session = site.session();
    session.until_eor();
    for command in [format!("announce {FLOW}"), format!("withdraw {FLOW}")] {
        assert_eq!(helper.tell(&command), [""; 0], "{command}");
    }
    for command in [format!("announce {VPLS}"), format!("withdraw {VPLS}")] {
        assert_eq!(helper.tell(&command), [""; 0], "{command}");
    }
    assert_eq!(helper.tell("disable-ack"), [""; 0]);
    let mark = helper.mark();
    helper.say(b"announce bogus\nversion #7\nenable-ack\nsilence-ack\nversion\nenable-ack #8\n");
    helper.line(mark, "done #8");
    assert_eq!(helper.lines(mark), ["exabgp 5.0.15", "done", "exabgp 5.0.15", "done #8"]);
    helper.tell("teardown 2");
    assert_eq!(session.notification().0, 6);
    assert_eq!(helper.tell("reload"), ["reload in progress"]);
    daemon.await_log("the configuration was reloaded");
    assert_eq!(helper.tell("restart"), ["restart in progress"]);
    let mark = helper.mark();
    helper.say(b"shutdown #9\n");
    assert_eq!(helper.line(mark, "shutdown in"), "shutdown in progress");
    helper.line(mark, "done #9");
    let mut daemon = daemon;
    assert!(daemon.running().wait(PATIENCE).unwrap().success());
}

#[test]
fn an_identifier_comes_back_with_the_acknowledgement() {
    let (daemon, mut helper, mut session) = set_up(4);
    for (command, answer) in [
        ("version #1", &["exabgp 5.0.15", "done #1"][..]),
        (
            "version json #a-b:c",
            &[r#"{"version": "5.0.15", "application": "exabgp"}"#, "done #a-b:c"],
        ),
        ("announce route 10.1.0.0/24 next-hop 1.2.3.4 sync json #2", &["done #2"]),
        ("bogus #3", &["error: unknown command 'bogus', at column 1", "error #3"]),
        (
            "neighbor 127.0.0.9 teardown 2 #4",
            &["error: no neighbor matching the command: 127.0.0.9", "error #4"],
        ),
        ("group start #5", &["done #5"]),
        ("announce route 10.2.0.0/24 next-hop 1.2.3.4 #6", &["done #6"]),
        (
            "group end json #7",
            &[r#"{"status": "group processed", "announced": 1, "withdrawn": 0}"#, "done #7"],
        ),
        (
            "group announce route 10.3.0.0/24 next-hop 1.2.3.4 ; withdraw route 10.2.0.0/24 ; #8",
            &["done #8"],
        ),
        ("announce watchdog \"#9\"", &["done"]),
        ("# a comment #10", &["done"]),
        (
            "show adj-rib out 127.0.0.2 #11",
            &[
                "127.0.0.2 ipv4 unicast 10.1.0.0/24 next-hop 1.2.3.4",
                "127.0.0.2 ipv4 unicast 10.3.0.0/24 next-hop 1.2.3.4",
                "done #11",
            ],
        ),
    ] {
        let mark = helper.mark();
        helper.say(format!("{command}\n").as_bytes());
        helper.line(mark, answer.last().unwrap());
        assert_eq!(helper.lines(mark), answer, "{command}");
    }
    // A line that is no text at all can be told apart, too.
    let mark = helper.mark();
    helper.say(b"announce route \xff #12\n");
    helper.line(mark, "error #12");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    // A text that ends like one is quoted; what is sent has no identifier in it.
    let mark = helper.mark();
    helper.say(b"neighbor 127.0.0.2 teardown 2 \"see #4\" #13\n");
    helper.line(mark, "done #13");
    assert_eq!(session.notification().2, b"\x06see #4");
    daemon.stop();
}

#[test]
fn identifiers_are_never_only_counted() {
    const COMMANDS: usize = 60_002;
    let lab = Lab::new();
    let site = Site::new(2);
    // It reads nothing until everything is written, and then all of it.
    let (commands, heard) = (lab.path("commands"), lab.path("answers"));
    let text: String = (0..COMMANDS)
        .map(|number| match number % 3 {
            0 => format!("# {number}\n"),
            1 => format!("announce watchdog dog #{number}\n"),
            _ => format!("api version 5 #{number}\n"),
        })
        .collect();
    std::fs::write(&commands, text).unwrap();
    let run = crate::support::script(
        &lab,
        "late",
        &format!("cat {}\nexec cat > {}", commands.display(), heard.display()),
    );
    let text = format!("process late {{ run {run}; encoder json; }}\n")
        + &site.neighbor("family { ipv4 unicast; } api { processes [ late ]; }");
    let daemon = lab.start(&text);
    let last = format!("done #{}\n", COMMANDS - 1);
    yottabgp_testkit::wait::until("the last answer", || {
        std::fs::read_to_string(&heard).is_ok_and(|text| text.ends_with(&last))
    });
    let heard = std::fs::read_to_string(&heard).unwrap();
    let mut lines = heard.lines();
    for number in 0..COMMANDS {
        match number % 3 {
            0 => assert_eq!(lines.next(), Some("done")),
            1 => assert_eq!(lines.next(), Some(&*format!("done #{number}"))),
            _ => {
                assert!(lines.next().unwrap().starts_with("error: API version must be"));
                assert_eq!(lines.next(), Some(&*format!("error #{number}")));
            }
        }
    }
    assert_eq!(lines.next(), None);
    daemon.stop();
}

#[test]
fn a_peer_comes_and_goes_by_command() {
    let lab = Lab::new();
    let mut helper = Helper::new(&lab, "helper");
    let mut other = Helper::new(&lab, "other");
    let (site, text) = site_of_two(&helper, "");
    let text = text + &other.section("other", "json");
    let new = Site::new(9);
    let daemon = lab.start(&text);
    let mut first = site.session();
    first.until_eor();
    let port = new.port();
    helper.tell(&format!(
        "create neighbor 127.0.0.9 local-address 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed ipv4-unicast/ipv6-unicast graceful-restart 120 group-updates false hold-time 30 connect {port} description 'a; \"b\" }} \\' api helper"
    ));
    let mut connection = new.accept();
    let theirs = connection.establish(&open());
    // Version 4, AS 65001, hold time 30, identifier 1.1.1.1; the capability of graceful restart.
    assert_eq!(theirs.body[..9], [4, 0xfd, 0xe9, 0, 30, 1, 1, 1, 1]);
    assert!(theirs.body.windows(2).any(|octets| octets == [64, 10]), "{:?}", theirs.body);
    connection.settled();
    helper.tell("neighbor 127.0.0.9 announce route 10.1.0.0/24 next-hop self");
    assert_eq!(connection.update().announced, ["10.1.0.0/24"]);
    let configuration = daemon.ask("show neighbor 127.0.0.9 configuration");
    assert!(configuration.contains(r#"description 'a; "b" } \\';"#), "{configuration}");
    // Who was not named may neither command nor delete it.
    other.ask("neighbor 127.0.0.9 withdraw route 10.1.0.0/24").unwrap_err();
    let refused = other.ask("delete neighbor 127.0.0.9").unwrap_err();
    assert_eq!(refused, ["error: no neighbors match the selector: 127.0.0.9"]);
    helper.tell("peer delete 127.0.0.9");
    let (code, subcode, _) = connection.notification();
    assert_eq!((code, subcode), (6, 3));
    connection.closed();
    assert!(!daemon.ask("show neighbor summary").contains("127.0.0.9"));
    // It can be made again, and is gone with a reload, which leaves the others alone.
    helper.tell(&format!(
        "peer create 127.0.0.9 local-ip 127.0.0.1 local-as 65001 peer-as 65002 connect {port} api helper"
    ));
    let mut connection = new.session();
    daemon.await_log("until the configuration is read again");
    daemon.ask("reload");
    let (code, subcode, _) = connection.notification();
    assert_eq!((code, subcode), (6, 3));
    daemon.until("show neighbor summary", |text| !text.contains("127.0.0.9"));
    helper.tell("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(first.update().announced, ["10.2.0.0/24"]);
    daemon.stop();
}

#[test]
fn a_group_that_no_peer_takes_changes_nothing() {
    let (daemon, mut helper, mut session) = set_up(4);
    let good = "announce route 10.1.0.0/24 next-hop 1.2.3.4";
    for (bad, reason) in [
        (
            "announce route 2001:db8::/32 next-hop 2001:db8::1",
            "127.0.0.2: the family ipv6 unicast is not configured",
        ),
        ("withdraw ipv4 flow nothing", "*"),
        ("announce eor ipv6 unicast", "127.0.0.2: ipv6 unicast was not negotiated"),
        ("announce route-refresh ipv4 unicast", "127.0.0.2: route refresh was not negotiated"),
    ] {
        let refused = helper.ask(&format!("group {good} ; {bad}")).unwrap_err();
        let wanted = format!("error: group discarded, command 2 was refused: {reason}");
        assert!(is(&wanted, &refused[0]), "{refused:?}");
        helper.tell("group start");
        helper.tell(good);
        let early = helper.ask(bad).is_err();
        let refused = helper.ask("group end").unwrap_err();
        assert!(is(&wanted, &refused[0]), "{early} {refused:?}");
    }
    helper.tell("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    daemon.stop();
}

#[test]
fn routes_by_index_are_those_that_the_peer_has() {
    let (daemon, mut helper, mut session) = set_up(6);
    helper.tell("peer * routes add route 10.8.0.0/24 next-hop 1.1.1.1 med 5");
    assert_eq!(session.update().announced, ["10.8.0.0/24"]);
    // Whoever announced it.
    let wrong = format!("peer 127.0.0.3 routes remove index {INDEX}00");
    assert!(helper.ask(&wrong).unwrap_err()[0].starts_with("error: Invalid hex index"));
    let removed = helper.tell(&format!("peer 127.0.0.2 routes remove index {INDEX}"));
    assert_eq!(removed, [format!(r#"{{"removed": true, "index": "{INDEX}"}}"#)]);
    assert_eq!(session.update().withdrawn, ["10.8.0.0/24"]);
    let list: serde_json::Value =
        serde_json::from_str(&helper.tell("peer * routes list")[0]).unwrap();
    // The other one was told, too, and has it still.
    assert_eq!(list[0]["index"], INDEX);
    assert_ne!(list[0]["neighbor"], KEY);
    assert_eq!(list.as_array().unwrap().len(), 1);
    daemon.stop();
}
