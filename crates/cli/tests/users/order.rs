//! What all of them rely on: commands count in their order, however many come at once, and nothing is sent for nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::{Daemon, Helper, Lab, Session, Site, Update};

/// A daemon, its helper and its peer, with a session.
fn start() -> (Daemon, Helper, Session) {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "text")
        + &site.neighbor("family { ipv4 unicast; ipv6 unicast; } api { processes [ helper ]; }");
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    (daemon, helper, session)
}

#[test]
fn an_identical_route_is_not_sent_again() {
    let (daemon, mut helper, mut session) = start();
    let words = "route 10.1.0.0/24 next-hop 1.2.3.4 med 5 community [ 65001:1 65001:2 ]";
    helper.tell(&format!("announce {words}"));
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    for _ in 0..100 {
        helper.tell(&format!("announce {words}"));
    }
    // The same in other words.
    helper.tell("announce route 10.1.0.0/24 community [65001:1 65001:2] med 5 next-hop 1.2.3.4");
    helper.tell(
        "announce attributes next-hop 1.2.3.4 med 5 community [ 65001:1 65001:2 ] nlri 10.1.0.0/24",
    );
    // One that was never announced is not withdrawn twice.
    helper.tell("announce route 10.9.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.9.0.0/24"]);
    helper.tell(&format!("withdraw {words}"));
    let update = session.update();
    assert_eq!(update.withdrawn, ["10.1.0.0/24"]);
    assert!(update.attributes.is_empty(), "{update:?}");
    helper.tell(&format!("announce {words}"));
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.stop();
}

/// What an UPDATE makes of prefixes: the MED that they have, or none when they are gone.
fn changes(update: &Update) -> Vec<(String, Option<u32>)> {
    if update.announced.is_empty() {
        assert!(update.attributes.is_empty(), "a withdrawal with attributes: {update:?}");
    }
    let gone = update.withdrawn.iter().map(|prefix| (prefix.clone(), None));
    let there = update.announced.iter().map(|prefix| (prefix.clone(), update.med()));
    gone.chain(there).collect()
}

#[test]
fn megabytes_of_commands_leave_in_their_order_and_the_last_one_last() {
    const COMMANDS: u32 = 100_000;
    const PREFIXES: u32 = 5000;
    let (daemon, mut helper, mut session) = start();
    // Prefixes come and go and change, in an order that only looks random.
    let mut wanted: BTreeMap<String, Vec<Option<u32>>> = BTreeMap::new();
    let mut text = String::new();
    let mut state = 7_u32;
    for number in 1..=COMMANDS {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let which = (state >> 8) % PREFIXES;
        let prefix = format!("10.{}.{}.0/24", which >> 8, which & 255);
        let change = if state >> 30 == 0 { None } else { Some(number) };
        match change {
            None => writeln!(text, "withdraw route {prefix} next-hop 1.2.3.4").unwrap(),
            Some(med) => {
                writeln!(text, "announce route {prefix} next-hop 1.2.3.4 med {med}").unwrap();
            }
        }
        wanted.entry(prefix).or_default().push(change);
    }
    text += "announce route 192.0.2.255/32 next-hop 1.2.3.4 med 1\n";
    assert!(text.len() > 4 << 20, "{}", text.len());
    let writer = std::thread::spawn(move || {
        helper.say(text.as_bytes());
        helper
    });
    let mut seen: BTreeMap<String, Vec<Option<u32>>> = BTreeMap::new();
    let mut sent = 0;
    session.updates(|update| {
        for (prefix, change) in changes(update) {
            sent += 1;
            seen.entry(prefix).or_default().push(change);
        }
        update.announced.contains(&"192.0.2.255/32".to_owned())
    });
    let _helper = writer.join().unwrap();
    // Only the last UPDATE has the last route.
    assert_eq!(seen.remove("192.0.2.255/32"), Some(vec![Some(1)]));
    for (prefix, commands) in &wanted {
        let seen = seen.remove(prefix).unwrap_or_default();
        // What was overtaken before it left may be missing, but nothing is in another order.
        let mut rest = commands.iter();
        for change in &seen {
            assert!(rest.any(|command| command == change), "{prefix}: {seen:?} of {commands:?}");
        }
        let last = commands.last().copied().flatten();
        let end = seen.last().copied().flatten();
        assert_eq!(end, last, "{prefix}: {seen:?} of {commands:?}");
    }
    assert!(seen.is_empty(), "{seen:?}");
    println!("{COMMANDS} commands, {sent} changes on the wire");
    daemon.stop();
}

#[test]
fn one_line_of_almost_a_mebibyte() {
    let (daemon, mut helper, mut session) = start();
    let mut line = "announce attributes next-hop 1.2.3.4 community [ 65001:1 ] nlri".to_owned();
    let mut count = 0;
    while line.len() < (1 << 20) - 32 {
        write!(line, " 20.{}.{}.{}/32", count >> 16, count >> 8 & 255, count & 255).unwrap();
        count += 1;
    }
    assert!(count > 60_000);
    let said = std::thread::spawn(move || {
        helper.say(line.as_bytes());
        helper.say(b"\nannounce route 192.0.2.255/32 next-hop 1.2.3.4\n");
        helper
    });
    let mut found = 0;
    session.updates(|update| {
        found += update.announced.len();
        update.announced.contains(&"192.0.2.255/32".to_owned())
    });
    assert_eq!(found, count + 1);
    let mut helper = said.join().unwrap();
    assert_eq!(helper.tell("version").len(), 1);
    daemon.stop();
}

#[test]
fn withdrawals_of_ipv6_unicast_have_no_attributes_but_their_own() {
    let (daemon, mut helper, mut session) = start();
    helper.tell("announce route 2001:db8::/64 next-hop 2001:db8::1 med 5 community [ 65001:1 ]");
    assert!(session.update().attribute(14).is_some());
    helper.tell("withdraw route 2001:db8::/64 next-hop 2001:db8::1 med 5 community [ 65001:1 ]");
    let update = session.update();
    let codes: Vec<u8> = update.attributes.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [15], "{update:?}");
    // Without all that, too.
    helper.tell("announce route 2001:db8::/64 next-hop 2001:db8::1");
    session.update();
    helper.tell("withdraw route 2001:db8::/64");
    assert_eq!(session.update().attributes.len(), 1);
    daemon.stop();
}
