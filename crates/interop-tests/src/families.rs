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

/// What a peer takes of a family, and what it has otherwise.
#[derive(Debug)]
pub struct Exchange {
    /// The peer.
    pub peer: &'static str,
    /// The family, by the words of our configuration.
    pub family: &'static [&'static str; 1],
    /// What the peer announces to us, in the words of its command line, and what we have to say of it.
    pub theirs: &'static [(&'static str, &'static str)],
}

const fn exchange(
    peer: &'static str,
    family: &'static [&'static str; 1],
    theirs: &'static [(&'static str, &'static str)],
) -> Exchange {
    Exchange { peer, family, theirs }
}

/// Every peer with every family it knows.
pub const ALL: &[Exchange] = &[
    exchange("gobgp", &["ipv4 unicast"], &[]),
    exchange("gobgp", &["ipv6 unicast"], &[]),
    exchange("gobgp", &["ipv4 nlri-mpls"], &[]),
    exchange("gobgp", &["ipv6 nlri-mpls"], &[]),
    exchange("gobgp", &["ipv4 mpls-vpn"], &[]),
    exchange("gobgp", &["ipv6 mpls-vpn"], &[]),
    exchange("gobgp", &["ipv4 flow"], &[]),
    exchange("gobgp", &["ipv6 flow"], &[]),
    exchange("gobgp", &["ipv4 flow-vpn"], &[]),
    exchange("gobgp", &["ipv6 flow-vpn"], &[]),
    exchange("gobgp", &["ipv4 rtc"], &[]),
    exchange("gobgp", &["ipv4 mup"], &[]),
    exchange("gobgp", &["ipv6 mup"], &[]),
    exchange("gobgp", &["l2vpn evpn"], &[]),
    exchange("gobgp", &["bgp-ls bgp-ls"], &[]),
    exchange("frr", &["ipv4 multicast"], &[]),
    exchange("frr", &["ipv6 multicast"], &[]),
    exchange("frr", &["ipv4 nlri-mpls"], &[]),
    exchange("frr", &["ipv6 nlri-mpls"], &[]),
    exchange("frr", &["ipv4 mpls-vpn"], &[]),
    exchange("frr", &["ipv6 mpls-vpn"], &[]),
    exchange("frr", &["ipv4 flow"], &[]),
    exchange("frr", &["ipv6 flow"], &[]),
    exchange("frr", &["l2vpn evpn"], &[]),
    exchange("bird", &["ipv4 multicast"], &[]),
    exchange("bird", &["ipv6 multicast"], &[]),
    exchange("bird", &["ipv4 nlri-mpls"], &[]),
    exchange("bird", &["ipv6 nlri-mpls"], &[]),
    exchange("bird", &["ipv4 mpls-vpn"], &[]),
    exchange("bird", &["ipv6 mpls-vpn"], &[]),
    exchange("bird", &["ipv4 flow"], &[]),
    exchange("bird", &["ipv6 flow"], &[]),
];

/// What a peer does otherwise, and why that is no fault of ours.
#[derive(Debug)]
pub struct Differs {
    /// The peer.
    pub peer: &'static str,
    /// The family.
    pub family: &'static str,
    /// Hexadecimal digits in the NLRI of the case.
    pub octets: &'static str,
    /// Members of our JSON that it does not show; none when it does not take the route.
    pub members: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

/// The differences.
pub const DIFFERENCES: &[Differs] = &[];

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
        let octets = hex(&case.octets);
        let differs: Vec<_> = DIFFERENCES
            .iter()
            .filter(|differs| differs.peer == row.peer && differs.family == family)
            .filter(|differs| octets.contains(differs.octets))
            .collect();
        if differs.iter().any(|differs| differs.members.is_empty()) {
            continue;
        }
        let skip = |name: &str| differs.iter().any(|differs| differs.members.contains(&name));
        if let Err(error) = announce_and_withdraw(lab, family, case, &skip) {
            wrong.push(format!("{}: {error}", case.place));
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

/// The route of a case comes to the peer, and goes again.
fn announce_and_withdraw(
    lab: &mut Lab,
    family: &str,
    case: &Case,
    skip: &dyn Fn(&str) -> bool,
) -> Outcome {
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
    let words = format!("{words}{next_hop}{target}");
    let mark = lab.us.relay.mark();
    lab.us.relay.commands(&[format!("announce {words}")])?;
    let said = lab.us.relay.find(mark, PATIENCE, |line| {
        let mut event: Value = serde_json::from_str(line).ok()?;
        let announced = event["neighbor"]["message"]["update"]["announce"].take();
        (event["neighbor"]["direction"] == "send" && announced.is_object()).then_some(announced)
    });
    let mut said = said.ok_or("no event of what was sent")?;
    essence(&mut said);
    let result = comes(lab, family, &said, skip);
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
fn comes(lab: &mut Lab, family: &str, said: &Value, skip: &dyn Fn(&str) -> bool) -> Outcome {
    let mut last = Err("not asked".to_owned());
    let mut missing = Vec::new();
    let comes = poll(SOON, || {
        last = lab.peer.table(&lab.pair.right, family);
        let [route] = last.as_ref().ok()?.as_slice() else { return None };
        missing = Said::new(route).missing(said, skip);
        missing.is_empty().then_some(())
    });
    comes.ok_or_else(|| match last {
        Err(error) => error,
        Ok(routes) if routes.is_empty() => format!("the peer has not {said}"),
        Ok(routes) => format!("the peer does not show {missing:?} of {said}: {routes:?}"),
    })
}

/// What the peer announces is told to our helper, and that it was withdrawn.
fn they_announce(lab: &mut Lab, words: &str, expected: &str) -> Outcome {
    for (announce, member) in [(true, "announce"), (false, "withdraw")] {
        let mark = lab.us.relay.mark();
        lab.peer.originate(&lab.pair.right, words, announce)?;
        let mut last = Value::Null;
        let found = lab.us.relay.find(mark, SOON, |line| {
            let mut event: Value = serde_json::from_str(line).ok()?;
            if event["neighbor"]["direction"] != "receive" {
                return None;
            }
            let found = event["neighbor"]["message"]["update"][member].take();
            let says = found.is_object() && line.contains(expected);
            if found.is_object() {
                last = found;
            }
            says.then_some(())
        });
        found.ok_or_else(|| format!("{member}: no event with {expected}, the last one: {last}"))?;
    }
    Ok(())
}
