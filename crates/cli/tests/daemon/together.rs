//! Neighbors that are to have the same routes have one table: until one is told something of its own, and whatever the others do.

use std::collections::BTreeSet;

use yottabgp_testkit::bgp::kind;

use crate::reload::reload;
use crate::support::{Helper, Lab, Session, Site, Update, open};

const FAMILIES: &str = "family { ipv4 unicast; }";

/// UPDATEs up to the one that announces this: everything announced in them.
#[track_caller]
fn up_to(session: &mut Session, prefix: &str) -> Vec<String> {
    let updates = session.updates(|update| update.announced.iter().any(|other| other == prefix));
    updates.into_iter().flat_map(|update| update.announced).collect()
}

#[test]
fn neighbors_part_when_one_is_told_something_of_its_own() {
    let lab = Lab::new();
    let sites = [Site::new(2), Site::new(3), Site::new(4)];
    let mut helper = Helper::new(&lab, "helper");
    let mut text = helper.section("helper", "json");
    let routes =
        "static { route 10.1.0.0/24 next-hop self; route 10.2.0.0/24 next-hop self med 2; }";
    for site in &sites {
        text += &site.neighbor(&format!("{FAMILIES} {routes} api {{ processes [ helper ]; }}"));
    }
    let daemon = lab.start(&text);
    let mut sessions = sites.each_ref().map(Site::session);
    for session in &mut sessions {
        assert_eq!(session.until_eor(), ["10.1.0.0/24", "10.2.0.0/24"]);
    }
    helper.tell("announce route 10.3.0.0/24 next-hop 1.1.1.1");
    for session in &mut sessions {
        assert_eq!(session.update().announced, ["10.3.0.0/24"]);
    }
    // From now on the second one is on its own.
    helper.tell("neighbor 127.0.0.3 announce route 10.4.0.0/24 next-hop 1.1.1.1");
    helper.tell("neighbor 127.0.0.3 withdraw route 10.1.0.0/24");
    helper.tell("announce route 10.5.0.0/24 next-hop 1.1.1.1");
    helper.tell("withdraw route 10.2.0.0/24");
    helper.tell("announce route 10.6.0.0/24 next-hop 1.1.1.1");
    for (number, session) in sessions.iter_mut().enumerate() {
        let own = number == 1;
        let updates = session.updates(|update| update.announced == ["10.6.0.0/24"]);
        let all = |of: fn(&Update) -> &Vec<String>| -> BTreeSet<&str> {
            updates.iter().flat_map(of).map(String::as_str).collect()
        };
        let announced = all(|update| &update.announced);
        assert_eq!(announced.contains("10.4.0.0/24"), own, "{number}: {announced:?}");
        assert!(announced.contains("10.5.0.0/24"));
        let withdrawn = all(|update| &update.withdrawn);
        assert_eq!(withdrawn.contains("10.1.0.0/24"), own, "{number}: {withdrawn:?}");
        assert!(withdrawn.contains("10.2.0.0/24"));
    }
    let routes = |of: u8| daemon.ask(&format!("show adj-rib out neighbor 127.0.0.{of}"));
    assert_eq!([2, 3, 4].map(|of| routes(of).lines().count()), [4, 4, 4]);
    assert!(routes(3).contains("10.4.0.0/24") && !routes(4).contains("10.4.0.0/24"));
    // A new session has what its neighbor is to have, and the others hear nothing of it.
    let [first, second, third] = sessions;
    drop(second);
    let again: BTreeSet<String> = sites[1].session().until_eor().into_iter().collect();
    let expected = ["10.3.0.0/24", "10.4.0.0/24", "10.5.0.0/24", "10.6.0.0/24"];
    assert_eq!(again, expected.map(str::to_owned).into());
    helper.tell("announce route 10.7.0.0/24 next-hop 1.1.1.1");
    for mut session in [first, third] {
        assert_eq!(up_to(&mut session, "10.7.0.0/24"), ["10.7.0.0/24"]);
    }
    daemon.stop();
}

#[test]
fn a_neighbor_that_is_down_gets_what_was_said_meanwhile() {
    let lab = Lab::new();
    let sites = [Site::new(2), Site::new(3)];
    let section = format!("{FAMILIES} capability {{ route-refresh; }}");
    let text: String = sites.iter().map(|site| site.neighbor(&section)).collect();
    let daemon = lab.start(&text);
    let mut able = open();
    able.capabilities.push((2, vec![]));
    let mut first = sites[0].session_with(&able);
    first.until_eor();
    for number in 1..=3 {
        daemon.ask(&format!("announce route 10.{number}.0.0/24 next-hop 1.1.1.1"));
        first.update();
    }
    daemon.ask("withdraw route 10.2.0.0/24");
    assert_eq!(first.update().withdrawn, ["10.2.0.0/24"]);
    let mut second = sites[1].session();
    assert_eq!(second.until_eor(), ["10.1.0.0/24", "10.3.0.0/24"]);
    // One asks for everything again, and the other does not hear of it.
    first.send(kind::ROUTE_REFRESH, &[0, 1, 0, 1]);
    assert_eq!(first.updates(|update| update.announced == ["10.3.0.0/24"]).len(), 2);
    daemon.ask("announce route 10.4.0.0/24 next-hop 1.1.1.1");
    for session in [&mut first, &mut second] {
        assert_eq!(session.update().announced, ["10.4.0.0/24"]);
    }
    daemon.stop();
}

#[test]
fn a_reload_parts_those_whose_routes_differ_from_now_on() {
    let lab = Lab::new();
    let sites = [Site::new(2), Site::new(3), Site::new(4)];
    let text = |last: [&str; 3]| -> String {
        let sections = sites.iter().zip(last).map(|(site, last)| {
            site.neighbor(&format!(
                "{FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1; route {last} next-hop 1.1.1.1; }}"
            ))
        });
        sections.collect()
    };
    let (two, three) = ("10.2.0.0/24", "10.3.0.0/24");
    let daemon = lab.start(&text([two; 3]));
    let mut sessions = sites.each_ref().map(Site::session);
    for session in &mut sessions {
        assert_eq!(session.until_eor(), ["10.1.0.0/24", two]);
    }
    reload(&daemon, &text([two, three, three]));
    for session in sessions.iter_mut().skip(1) {
        let mut announced = Vec::new();
        let mut withdrawn = Vec::new();
        for update in session.updates(|update| update.announced == [three]) {
            announced.extend(update.announced);
            withdrawn.extend(update.withdrawn);
        }
        assert_eq!(announced, [three]);
        assert_eq!(withdrawn, [two]);
    }
    daemon.ask("announce route 10.9.0.0/24 next-hop 1.1.1.1");
    for session in &mut sessions {
        assert_eq!(session.update().announced, ["10.9.0.0/24"]);
    }
    daemon.stop();
}

#[test]
fn a_table_takes_the_same_memory_for_many_neighbors() {
    const ROUTES: u32 = 50_000;
    let memory = |peers: u8| {
        let lab = Lab::new();
        let sites: Vec<Site> = (2..2 + peers).map(Site::new).collect();
        let mut helper = Helper::new(&lab, "helper");
        let mut text = helper.section("helper", "json");
        for site in &sites {
            text += &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }}"));
        }
        let daemon = lab.start(&text);
        let mut sessions: Vec<Session> = sites.iter().map(Site::session).collect();
        for session in &mut sessions {
            session.until_eor();
        }
        let before = daemon.memory();
        for number in 0..ROUTES {
            let [_, a, b, c] = number.to_be_bytes();
            helper.say(
                format!("announce route 10.{a}.{b}.{c}/32 next-hop 1.1.1.1 med {}\n", number % 50)
                    .as_bytes(),
            );
        }
        helper.tell("announce route 20.0.0.0/24 next-hop 1.1.1.1");
        for session in &mut sessions {
            up_to(session, "20.0.0.0/24");
        }
        let after = daemon.memory();
        daemon.stop();
        after.saturating_sub(before)
    };
    let (one, many) = (memory(1), memory(20));
    assert!(many < 3 * one, "{one} octets for one neighbor, {many} for 20");
}
