//! How routes are sent: when, together or alone, again or not, and how fast others are heard.

use std::time::Duration;

use yottabgp_testkit::bgp::{frame, kind};

use crate::support::{Helper, Lab, Site, Update, attributes, open, update};

const FAMILIES: &str = "family { ipv4 unicast; }";

#[test]
fn without_auto_flush_routes_wait_for_the_command() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} auto-flush false; manual-eor true; api {{ processes [ helper ]; neighbor-changes; }}"));
    let daemon = lab.start(&text);
    let mut session = site.session();
    helper.state(0, "up");
    for round in 1..=2 {
        for number in 1..=3 {
            helper.tell(&format!("announce route 10.{round}.{number}.0/24 next-hop 1.2.3.4"));
        }
        // One that was never sent is not missed.
        helper.tell(&format!("announce route 10.{round}.9.0/24 next-hop 1.2.3.4"));
        helper.tell(&format!("withdraw route 10.{round}.9.0/24 next-hop 1.2.3.4"));
        // What is not route data goes at once: had the routes been sent, they would come first.
        helper.tell("announce eor ipv4 unicast");
        assert!(session.update().is_eor(), "round {round}");
        helper.tell("flush adj-rib out");
        let mut announced = Vec::new();
        while announced
            .iter()
            .filter(|prefix: &&String| prefix.starts_with(&format!("10.{round}.")))
            .count()
            < 3
        {
            announced.extend(session.update().announced);
        }
        assert!(!announced.contains(&format!("10.{round}.9.0/24")));
    }
    daemon.stop();
}

#[test]
fn sync_does_not_wait_for_what_is_held_back() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} auto-flush false; manual-eor true; api {{ processes [ helper ]; neighbor-changes; }}"));
    let daemon = lab.start(&text);
    let mut session = site.session();
    helper.state(0, "up");
    helper.tell("enable-sync");
    for round in 1..=2 {
        helper.tell(&format!("announce route 10.{round}.0.0/24 next-hop 1.2.3.4"));
        helper.tell("announce eor ipv4 unicast");
        assert!(session.update().is_eor());
        helper.tell("flush adj-rib out");
        while !session.update().announced.contains(&format!("10.{round}.0.0/24")) {}
    }
    daemon.stop();
}

#[test]
fn without_adj_rib_out_only_the_configuration_is_sent_again() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = site.neighbor(&format!(
        "{FAMILIES} adj-rib-out false; static {{ route 10.1.0.0/24 next-hop 1.1.1.1; }}"
    ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    assert_eq!(session.until_eor(), ["10.1.0.0/24"]);
    // What is not remembered is sent each time.
    for _ in 0..2 {
        daemon.ask("announce route 10.2.0.0/24 next-hop 1.1.1.1");
        assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    }
    daemon.ask("withdraw route 10.3.0.0/24");
    assert_eq!(session.update().withdrawn, ["10.3.0.0/24"]);
    drop(session);
    assert_eq!(site.session().until_eor(), ["10.1.0.0/24"]);
    daemon.stop();
}

#[test]
fn updates_are_grouped_unless_told_otherwise() {
    for (setting, most) in [("", 3), ("group-updates false;", 1)] {
        let lab = Lab::new();
        let site = Site::new(2);
        let text = site.neighbor(&format!(
            "{FAMILIES} {setting} static {{ route 10.1.0.0/24 next-hop 1.1.1.1; route 10.2.0.0/24 next-hop 1.1.1.1; route 10.3.0.0/24 next-hop 1.1.1.1; route 10.4.0.0/24 next-hop 1.1.1.1 med 1; }}"
        ));
        let daemon = lab.start(&text);
        let mut session = site.session();
        let updates = session.updates(Update::is_eor);
        let sizes: Vec<usize> = updates.iter().map(|update| update.announced.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 4);
        assert_eq!(sizes.iter().max(), Some(&most), "{sizes:?}");
        daemon.stop();
    }
}

#[test]
fn paths_have_identifiers_in_both_directions() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!(
            "{FAMILIES} capability {{ add-path send/receive; }} api {{ processes [ helper ]; receive {{ parsed; update; }} }}"
        ));
    let daemon = lab.start(&text);
    let mut able = open();
    able.families = vec![(1, 1)];
    able.capabilities.push((69, vec![0, 1, 1, 3]));
    let mut session = site.session_with(&able);
    session.until_eor();
    for path in [1, 2] {
        helper.tell(&format!(
            "announce route 10.1.0.0/24 next-hop 1.2.3.{path} path-information 0.0.0.{path}"
        ));
        let message = session.next().unwrap();
        assert!(message.body.ends_with(&[0, 0, 0, path, 24, 10, 1, 0]), "{message:02X?}");
    }
    helper.tell("withdraw route 10.1.0.0/24 path-information 0.0.0.1");
    let message = session.next().unwrap();
    assert_eq!(message.body[..10], [0, 8, 0, 0, 0, 1, 24, 10, 1, 0]);
    assert_eq!(daemon.ask("show adj-rib out").lines().count(), 1);

    for path in [7_u8, 8] {
        let mut body = update(&[], &attributes(), &[]);
        body.extend_from_slice(&[0, 0, 0, path, 24, 10, 9, 0]);
        session.send(kind::UPDATE, &body);
        helper.line(
            0,
            &format!(r#"{{ "nlri": "10.9.0.0/24", "path-information": "0.0.0.{path}" }}"#),
        );
    }
    daemon.until("show adj-rib in", |text| text.lines().count() == 2);
    daemon.stop();
}

#[test]
fn synchronous_answers_wait_for_the_peer_but_not_for_ever() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; neighbor-changes; }}"));
    let daemon = lab.start(&text);
    // Nobody to wait for.
    helper.tell("enable-sync");
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    // The kernel is not to take much for it.
    socket2::SockRef::from(site.listener()).set_recv_buffer_size(4096).unwrap();
    let mut session = site.session();
    assert_eq!(session.until_eor(), ["10.1.0.0/24"]);
    helper.tell("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    // It was written before it was answered.
    let message = session.0.receive(Duration::from_millis(1000)).unwrap().unwrap();
    assert_eq!(Update::read(&message.body).announced, ["10.2.0.0/24"]);

    // More than the sockets take while the peer does not read: the answer waits, until there is no peer any more.
    helper.tell("disable-sync");
    let mark = helper.mark();
    let filler = "ab".repeat(3000);
    for number in 0..4000_u32 {
        let [_, _, high, low] = number.to_be_bytes();
        let line = format!(
            "announce route 11.0.{high}.{low}/32 next-hop 1.2.3.4 attribute [ 0x99 0xc0 0x{filler}{number:08x} ]\n"
        );
        helper.say(line.as_bytes());
    }
    helper.say(b"announce route 10.3.0.0/24 next-hop 1.2.3.4 sync\nversion\n");
    let mut done = 0;
    helper.find(mark, crate::support::PATIENCE, |line| {
        done += u32::from(line == "done");
        (done == 4000).then_some(())
    });
    // Others are answered meanwhile.
    assert_eq!(daemon.ask("version").lines().count(), 1);
    assert_eq!(helper.lines(mark).len(), 4000, "the answer did not wait");
    drop(session);
    helper.line(mark, "exabgp ");
    daemon.stop();
}

#[test]
fn no_more_messages_than_the_rate_limit_are_handled() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!(
            "{FAMILIES} rate-limit 10; api {{ processes [ helper ]; receive {{ parsed; update; }} neighbor-changes; }}"
        ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    helper.state(0, "up");
    let mark = helper.mark();
    let octets: Vec<u8> = (0..25)
        .flat_map(|number| {
            frame(kind::UPDATE, &update(&[], &attributes(), &[&format!("10.9.{number}.0/24")]))
        })
        .collect();
    session.send_bytes(&octets);
    helper.line(mark, "10.9.24.0/24");
    let events: Vec<serde_json::Value> =
        helper.lines(mark).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 25);
    let times: Vec<f64> = events.iter().map(|event| event["time"].as_f64().unwrap()).collect();
    for (number, end) in times.iter().enumerate().skip(11) {
        let since = end - times[number - 11];
        assert!(since > 0.5, "message {number} came {since} s after the one 11 before it");
    }
    assert!(times[24] - times[0] > 1.5, "{times:?}");
    // We are heard meanwhile.
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.stop();
}

#[test]
fn a_peer_that_does_not_read_delays_nobody() {
    const ROUTES: usize = 3000;
    let lab = Lab::new();
    let (stalled, site) = (Site::new(2), Site::new(3));
    socket2::SockRef::from(stalled.listener()).set_recv_buffer_size(4096).unwrap();
    let mut helper = Helper::new(&lab, "helper");
    let api = format!("{FAMILIES} api {{ processes [ helper ]; }}");
    let text = helper.section("helper", "json")
        + &stalled.neighbor(&api.replace("api", "api first"))
        + &site.neighbor(&api.replace("api", "api second"));
    let daemon = lab.start(&text);
    let (_deaf, mut session) = (stalled.session(), site.session());
    session.until_eor();
    let filler = "ab".repeat(3000);
    for number in 0..ROUTES {
        let line = format!(
            "announce route 11.0.{}.{}/32 next-hop 1.2.3.4 attribute [ 0x99 0xc0 0x{filler}{number:08x} ]\n",
            number / 256,
            number % 256
        );
        helper.say(line.as_bytes());
    }
    let mut routes = 0;
    while routes < ROUTES {
        routes += session.update().announced.len();
    }
    // What it is not told yet is not kept as messages: a change replaces what it changes.
    let before = daemon.memory();
    for _ in 0..20 {
        daemon.ask("flush adj-rib out");
    }
    assert!(daemon.memory() < before + (20 << 20), "{before} octets, then {}", daemon.memory());
    daemon.stop();
}
