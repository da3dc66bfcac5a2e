//! The families beyond unicast: what we announce stands in the table of the peer, value by value, and goes when it is
//! withdrawn; what the peer announces comes to a helper.
//!
//! What is announced are the NLRI of the codec's case files, in the words of each case. What has to be in the peer's table is
//! what a helper is told that we sent. `CASE=nlri/evpn.case:2` tries one alone.

use std::time::Duration;

use serde_json::Value;
use yottabgp_testkit::cases::{self, Case, Subject};
use yottabgp_testkit::likeness::{Said, essence, hex};
use yottabgp_testkit::wait::{PATIENCE, poll};

use crate::lab::Lab;
use crate::peer::Outcome;

pub mod differences;

use differences::DIFFERENCES;

/// A peer and a family that it knows.
#[derive(Debug)]
pub struct Exchange {
    /// The peer.
    pub peer: &'static str,
    /// The family, by the words of our configuration.
    pub family: &'static [&'static str; 1],
    /// What we announce beside the cases, in the words after `announce`.
    pub ours: &'static [&'static str],
    /// What the peer announces to us, in the words of its command line, and what our JSON, without
    /// spaces and with its members sorted, has to have in it.
    pub theirs: &'static [(&'static str, &'static str)],
}

const fn exchange(peer: &'static str, family: &'static [&'static str; 1]) -> Exchange {
    Exchange { peer, family, ours: &[], theirs: &[] }
}

/// Every peer with every family it knows.
pub const ALL: &[Exchange] = &[
    exchange("gobgp", &["ipv4 unicast"]),
    exchange("gobgp", &["ipv6 unicast"]),
    Exchange {
        theirs: &[(
            "-a ipv4-mpls 10.9.0.0/24 1000",
            r#"{"label":[[1000,16001]],"nlri":"10.9.0.0/24"}"#,
        )],
        ..exchange("gobgp", &["ipv4 nlri-mpls"])
    },
    Exchange {
        theirs: &[(
            "-a ipv6-mpls 2001:db8:9::/48 1000",
            r#"{"label":[[1000,16001]],"nlri":"2001:db8:9::/48"}"#,
        )],
        ..exchange("gobgp", &["ipv6 nlri-mpls"])
    },
    Exchange {
        theirs: &[(
            "-a vpnv4 10.9.0.0/24 label 1000 rd 65000:7 rt 65000:100",
            r#"{"label":[[1000,16001]],"nlri":"10.9.0.0/24","rd":"65000:7"}"#,
        )],
        ..exchange("gobgp", &["ipv4 mpls-vpn"])
    },
    Exchange {
        theirs: &[(
            "-a vpnv6 2001:db8:9::/48 label 1000 rd 10.0.0.9:7 rt 65000:100 nexthop fd00::2",
            r#"{"label":[[1000,16001]],"nlri":"2001:db8:9::/48","rd":"10.0.0.9:7"}"#,
        )],
        ..exchange("gobgp", &["ipv6 mpls-vpn"])
    },
    Exchange {
        theirs: &[(
            "-a ipv4-flowspec match destination 10.9.0.0/24 protocol tcp destination-port >80&<90 then discard",
            r#""destination-ipv4":["10.9.0.0/24"],"destination-port":[">80&<90"],"protocol":["=tcp"]"#,
        )],
        ..exchange("gobgp", &["ipv4 flow"])
    },
    Exchange {
        ours: &["flow route destination 2001:db8::/32 next-header tcp discard"],
        theirs: &[(
            "-a ipv6-flowspec match destination 2001:db8:9::/48 protocol tcp port 80 then rate-limit 1000",
            r#""destination-ipv6":["2001:db8:9::/48/0"],"next-header":["=tcp"],"port":["=80"]"#,
        )],
        ..exchange("gobgp", &["ipv6 flow"])
    },
    Exchange {
        theirs: &[(
            "-a ipv4-l3vpn-flowspec rd 65000:7 match source 10.9.0.0/24 then discard rt 65000:100",
            r#""rd":"65000:7","source-ipv4":["10.9.0.0/24"]"#,
        )],
        ..exchange("gobgp", &["ipv4 flow-vpn"])
    },
    Exchange {
        theirs: &[(
            "-a ipv6-l3vpn-flowspec rd 65000:7 match source 2001:db8:9::/48 then discard rt 65000:100",
            r#""rd":"65000:7","source-ipv6":["2001:db8:9::/48/0"]"#,
        )],
        ..exchange("gobgp", &["ipv6 flow-vpn"])
    },
    exchange("gobgp", &["ipv4 rtc"]),
    Exchange {
        theirs: &[
            (
                "-a ipv4-mup isd 10.9.0.0/24 rd 65000:7 prefix 2001:db8:1:1::/64 locator-node-length 24 function-length 16 behavior ENDM_GTP4E rt 65000:100 nexthop fd00::2",
                r#""name":"InterworkSegmentDiscoveryRoute","prefix_ip":"10.9.0.0","prefix_ip_len":24"#,
            ),
            (
                "-a ipv4-mup dsd 10.9.0.9 rd 65000:7 prefix 2001:db8:1:1::/64 locator-node-length 24 function-length 16 behavior END_DT4 rt 65000:100 mup 10:100 nexthop fd00::2",
                r#""ip":"10.9.0.9","name":"DirectSegmentDiscoveryRoute""#,
            ),
            (
                "-a ipv4-mup t1st 10.9.0.9/32 rd 65000:7 rt 65000:100 teid 12345 qfi 9 endpoint 10.9.0.8",
                r#""endpoint_ip":"10.9.0.8","endpoint_ip_len":32,"name":"Type1SessionTransformedRoute","prefix_ip":"10.9.0.9","prefix_ip_len":32,"qfi":"9""#,
            ),
            (
                "-a ipv4-mup t2st 10.9.0.8 rd 65000:7 rt 65000:100 teid 12345 mup 10:100",
                r#""endpoint_ip":"10.9.0.8","endpoint_len":64,"name":"Type2SessionTransformedRoute""#,
            ),
        ],
        ..exchange("gobgp", &["ipv4 mup"])
    },
    exchange("gobgp", &["ipv6 mup"]),
    Exchange {
        theirs: &[
            (
                "-a evpn a-d esi 0 etag 100 label 1000 rd 65000:7 rt 65000:100",
                r#""esi":"-","ethernet-tag":100,"label":[[62,1000]],"name":"Ethernet Auto-Discovery""#,
            ),
            (
                "-a evpn macadv 00:11:22:33:44:55 10.9.0.9 esi 0 etag 100 label 1000 rd 65000:7 rt 65000:100",
                r#""esi":"-","ethernet-tag":100,"ip":"10.9.0.9","label":[[62,1000]],"mac":"00:11:22:33:44:55""#,
            ),
            (
                "-a evpn multicast 10.9.0.9 etag 100 rd 65000:7 rt 65000:100",
                r#""ethernet-tag":100,"ip":"10.9.0.9","name":"Inclusive Multicast Ethernet Tag""#,
            ),
            (
                "-a evpn esi 10.9.0.9 esi AS 65000 100 rd 65000:7 rt 65000:100",
                r#""esi":"05:00:00:fd:e8:00:00:00:64:00","ip":"10.9.0.9","name":"Ethernet Segment""#,
            ),
            (
                "-a evpn prefix 10.9.0.0/24 gw 10.9.0.1 esi 0 etag 100 label 1000 rd 65000:7 rt 65000:100",
                r#""ethernet-tag":100,"gateway":"10.9.0.1","ip":"10.9.0.0","iplen":24,"label":[[62,1000]]"#,
            ),
        ],
        ..exchange("gobgp", &["l2vpn evpn"])
    },
    exchange("gobgp", &["bgp-ls bgp-ls"]),
    exchange("gobgp", &["l2vpn vpls"]),
    Exchange {
        ours: &[concat!(
            "ipv4 sr-policy distinguisher 7 color 200 endpoint 10.0.0.9 next-hop 10.0.0.1 ",
            "preference 100 binding-sid mpls 24000 ",
            "segment-list weight 1 segment type-a mpls 16001 segment type-a mpls 16002 ",
            "community no-advertise extended-community [ target:10.0.0.2:0 ]",
        )],
        ..exchange("gobgp", &["ipv4 sr-policy"])
    },
    Exchange {
        ours: &[concat!(
            "ipv6 sr-policy distinguisher 7 color 200 endpoint 2001:db8::9 next-hop fd00::1 ",
            "preference 100 binding-sid mpls 24000 ",
            "segment-list weight 1 segment type-a mpls 16001 segment type-a mpls 16002 ",
            "community no-advertise extended-community [ target:10.0.0.2:0 ]",
        )],
        ..exchange("gobgp", &["ipv6 sr-policy"])
    },
    exchange("frr", &["ipv4 multicast"]),
    exchange("frr", &["ipv6 multicast"]),
    exchange("frr", &["ipv4 nlri-mpls"]),
    exchange("frr", &["ipv6 nlri-mpls"]),
    exchange("frr", &["ipv4 mpls-vpn"]),
    exchange("frr", &["ipv6 mpls-vpn"]),
    exchange("frr", &["ipv4 flow"]),
    Exchange {
        ours: &["flow route destination 2001:db8::/32 next-header tcp discard"],
        ..exchange("frr", &["ipv6 flow"])
    },
    exchange("frr", &["l2vpn evpn"]),
    exchange("bird", &["ipv4 multicast"]),
    Exchange {
        ours: &["ipv6 multicast 2001:db8:9::/48 next-hop fd00::1"],
        ..exchange("bird", &["ipv6 multicast"])
    },
    Exchange {
        theirs: &[(
            "10.9.0.0/24 via 10.0.0.2 mpls 100",
            r#"{"label":[[100,1601]],"nlri":"10.9.0.0/24"}"#,
        )],
        ..exchange("bird", &["ipv4 nlri-mpls"])
    },
    exchange("bird", &["ipv6 nlri-mpls"]),
    Exchange {
        theirs: &[(
            "65000:7 10.9.0.0/24 via 10.0.0.2 mpls 100",
            r#"{"label":[[100,1601]],"nlri":"10.9.0.0/24","rd":"65000:7"}"#,
        )],
        ..exchange("bird", &["ipv4 mpls-vpn"])
    },
    exchange("bird", &["ipv6 mpls-vpn"]),
    Exchange {
        theirs: &[(
            "flow4 { dst 10.9.0.0/24; proto = 6; dport > 80 && < 90; }",
            r#""destination-ipv4":["10.9.0.0/24"],"destination-port":[">80&<90"],"protocol":["=tcp"]"#,
        )],
        ..exchange("bird", &["ipv4 flow"])
    },
    Exchange {
        theirs: &[(
            "flow6 { dst 2001:db8:9::/48; next header = 6; src ::1:0:0/104 offset 64; }",
            r#""destination-ipv6":["2001:db8:9::/48/0"],"next-header":["=tcp"],"source-ipv6":["::1:0:0/104/64"]"#,
        )],
        ..exchange("bird", &["ipv6 flow"])
    },
];

/// How long a route may take to come and to go.
const SOON: Duration = Duration::from_secs(5);

/// The test of one row.
///
/// # Errors
/// Every case that went wrong.
pub fn run(lab: &mut Lab, row: &Exchange) -> Outcome {
    let family = row.family[0];
    let numbers = cases::family(family).ok_or_else(|| format!("no family {family}"))?;
    lab.start()?;
    let mut wrong = Vec::new();
    let of_family = |case: &Case| case.subject == Subject::Nlri { afi: numbers.0, safi: numbers.1 };
    let cases: Vec<_> = cases::read(&cases::folder()).into_iter().filter(of_family).collect();
    if cases.is_empty() {
        return Err(format!("no case of {family}"));
    }
    let only = std::env::var("CASE").unwrap_or_default();
    for case in cases.iter().filter(|case| only.is_empty() || case.place == only) {
        if let Some(skipped) = skipped(row.peer, family, &hex(&case.octets)) {
            let words = statement(family, case);
            if let Err(error) = announce_and_withdraw(lab, family, &words, &skipped) {
                wrong.push(format!("{}: {error}", case.place));
            }
        }
    }
    let always = skipped(row.peer, family, "").unwrap_or_default();
    for words in row.ours {
        if let Err(error) = announce_and_withdraw(lab, family, words, &always) {
            wrong.push(format!("{words}: {error}"));
        }
    }
    for (words, expected) in row.theirs {
        if let Err(error) = they_announce(lab, words, expected) {
            wrong.push(format!("{words}: {error}"));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n")))
    }
}

/// The members of our JSON that the peer shows otherwise; none where it does not take the NLRI with these digits at all.
fn skipped(peer: &str, family: &str, digits: &str) -> Option<Vec<&'static str>> {
    let mut members = Vec::new();
    for differs in DIFFERENCES {
        if differs.peer == peer && differs.family == family && differs.is_about(digits) {
            if differs.members.is_empty() {
                return None;
            }
            members.extend(differs.members);
        }
    }
    Some(members)
}

/// The words that announce a case: with a next hop, and with a route target where peers want one.
fn statement(family: &str, case: &Case) -> String {
    let octets = || format!("{family} 0x{}", hex(&case.octets));
    let words = case.command.clone().unwrap_or_else(octets);
    let next_hop = match (&case.subject, family.contains("flow") || words.contains("next-hop")) {
        (_, true) => "",
        (Subject::Nlri { afi: 2, .. }, false) => " next-hop fd00::1",
        _ => " next-hop 10.0.0.1",
    };
    let targets = ["vpn", "evpn", "mup", "vpls", "sr-policy"];
    let target = if targets.iter().any(|name| family.ends_with(name)) {
        " extended-community [ target:65001:1 ]"
    } else {
        ""
    };
    format!("{words}{next_hop}{target}")
}

/// A route comes to the peer, and goes again.
fn announce_and_withdraw(lab: &mut Lab, family: &str, words: &str, skipped: &[&str]) -> Outcome {
    let mark = lab.us.relay.mark();
    lab.us.relay.commands(&[format!("announce {words}")])?;
    let said = lab.us.relay.find(mark, PATIENCE, |line| {
        let mut event: Value = serde_json::from_str(line).ok()?;
        let announced = event["neighbor"]["message"]["update"]["announce"].take();
        (event["neighbor"]["direction"] == "send" && announced.is_object()).then_some(announced)
    });
    let mut said = said.ok_or("no event of what was sent")?;
    essence(&mut said);
    let result = comes(lab, family, &said, skipped);
    lab.us.relay.commands(&[format!("withdraw {words}")])?;
    result?;
    let mut routes = Vec::new();
    let gone = poll(SOON, || {
        routes = lab.peer.table(&lab.pair.right, family).ok()?;
        routes.is_empty().then_some(())
    });
    gone.ok_or_else(|| format!("withdrawn, and there: {routes:?}"))
}

/// Waits for the peer to show a route, the only one, with all the values.
fn comes(lab: &mut Lab, family: &str, said: &Value, skipped: &[&str]) -> Outcome {
    let mut last = Err("not asked".to_owned());
    let mut missing = Vec::new();
    let comes = poll(SOON, || {
        last = lab.peer.table(&lab.pair.right, family);
        let [route] = last.as_ref().ok()?.as_slice() else { return None };
        missing = said_of(family, route).missing(said, &|name| skipped.contains(&name));
        missing.is_empty().then_some(())
    });
    comes.ok_or_else(|| match last {
        Err(error) => error,
        Ok(routes) if routes.is_empty() => format!("the peer has not {said}"),
        Ok(routes) => format!("the peer does not show {missing:?} of {said}: {routes:?}"),
    })
}

/// What a peer says of a route. Labels of EVPN it shows as network identifiers: their 24 bits.
fn said_of(family: &str, route: &str) -> Said {
    let mut text = route.to_owned();
    if family == "l2vpn evpn" {
        let numbers =
            route.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u32>().ok());
        text.extend(numbers.map(|number| format!(" {}", number >> 4)));
    }
    Said::new(&text)
}

/// What the peer announces is told to our helper, and that it was withdrawn.
fn they_announce(lab: &mut Lab, words: &str, expected: &str) -> Outcome {
    for (announce, member) in [(true, "announce"), (false, "withdraw")] {
        // A withdrawal has not to name the labels (RFC 8277 section 2.4): what stands behind them is looked at.
        let behind_labels = expected.rsplit_once("]],").map_or(expected, |(_, rest)| rest);
        let expected = if announce { expected } else { behind_labels };
        let mark = lab.us.relay.mark();
        lab.peer.originate(&lab.pair.right, words, announce)?;
        let mut last = Value::Null;
        let found = lab.us.relay.find(mark, SOON, |line| {
            let mut event: Value = serde_json::from_str(line).ok()?;
            if event["neighbor"]["direction"] != "receive" {
                return None;
            }
            let found = event["neighbor"]["message"]["update"][member].take();
            let says = found.is_object() && found.to_string().contains(expected);
            if found.is_object() {
                last = found;
            }
            says.then_some(())
        });
        found.ok_or_else(|| format!("{member}: no event with {expected}, the last one: {last}"))?;
    }
    Ok(())
}
