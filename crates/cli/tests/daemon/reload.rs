//! Reading the configuration again: what changed is sent, what did not is left alone.

use std::fs;

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{Connection, kind};
use yottabgp_testkit::wait::until;

use crate::support::{Daemon, Helper, Lab, PATIENCE, Session, Site, Update};

pub(crate) const FAMILIES: &str = "family { ipv4 unicast; }";

/// Reads this configuration, and waits until it is applied.
#[track_caller]
pub(crate) fn reload(daemon: &Daemon, text: &str) {
    let done = "was reloaded";
    let before = daemon.log().matches(done).count();
    daemon.lab.configure(text);
    daemon.signal(Signal::SIGUSR1);
    until("the reload", || daemon.log().matches(done).count() > before);
}

/// Checks that nothing was sent before what a command sends now.
#[track_caller]
pub(crate) fn nothing_came(daemon: &Daemon, session: &mut Session, number: u8) {
    let prefix = format!("10.99.{number}.0/24");
    daemon.ask(&format!("announce route {prefix} next-hop 9.9.9.9"));
    let told = session.update();
    assert_eq!((told.announced, told.withdrawn), (vec![prefix], vec![]));
}

/// The changes in the next UPDATEs, as many as there are to be.
#[track_caller]
pub(crate) fn changes(session: &mut Session, count: usize) -> (Vec<String>, Vec<String>) {
    let (mut announced, mut withdrawn) = (Vec::new(), Vec::new());
    while announced.len() + withdrawn.len() < count {
        let Update { announced: some, withdrawn: others, .. } = session.update();
        announced.extend(some);
        withdrawn.extend(others);
    }
    announced.sort();
    withdrawn.sort();
    (announced, withdrawn)
}

#[test]
fn routes_that_changed_are_all_that_is_sent() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let text = |routes: &str| {
        site.neighbor(&format!("{FAMILIES} static {{ {routes} }}"))
            + &other
                .neighbor(&format!("{FAMILIES} static {{ route 10.5.0.0/24 next-hop 1.1.1.1; }}"))
    };
    let daemon = lab.start(&text(
        "route 10.1.0.0/24 next-hop 1.1.1.1; route 10.2.0.0/24 next-hop 1.1.1.1; route 10.3.0.0/24 next-hop 1.1.1.1 med 3;",
    ));
    let (mut session, mut bystander) = (site.session(), other.session());
    session.until_eor();
    bystander.until_eor();
    daemon.ask("neighbor 127.0.0.2 announce route 10.50.0.0/24 next-hop 1.1.1.1");
    session.update();

    // One is gone, one is new, one has another MED, one is as it was, as is what a command announced.
    let new = text(
        "route 10.1.0.0/24 next-hop 1.1.1.1; route 10.3.0.0/24 next-hop 1.1.1.1 med 4; route 10.4.0.0/24 next-hop 1.1.1.1;",
    );
    reload(&daemon, &new);
    let (announced, withdrawn) = changes(&mut session, 3);
    assert_eq!(announced, ["10.3.0.0/24", "10.4.0.0/24"]);
    assert_eq!(withdrawn, ["10.2.0.0/24"]);
    nothing_came(&daemon, &mut session, 1);
    nothing_came(&daemon, &mut bystander, 1);

    // The same once more: nothing.
    reload(&daemon, &new);
    nothing_came(&daemon, &mut session, 2);
    nothing_came(&daemon, &mut bystander, 2);
    daemon.stop();
}

#[test]
fn a_changed_neighbor_is_reset_and_others_are_not() {
    let lab = Lab::new();
    let (site, other, third) = (Site::new(2), Site::new(3), Site::new(4));
    let kept = other.neighbor(FAMILIES);
    let daemon = lab.start(
        &(site.neighbor(&format!("{FAMILIES} hold-time 90;")) + &kept + &third.neighbor(FAMILIES)),
    );
    let (mut session, mut bystander, mut leaving) =
        (site.session(), other.session(), third.session());
    for session in [&mut session, &mut bystander, &mut leaving] {
        session.until_eor();
    }
    daemon.ask("neighbor 127.0.0.2 announce route 10.50.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.50.0.0/24"]);

    // Another hold time is another session; a description is not; and who is gone is told so.
    let text = site.neighbor(&format!("{FAMILIES} hold-time 60; description \"x\";"))
        + &kept.replace("router-id", "description \"y\"; router-id");
    reload(&daemon, &text);
    let (code, subcode, _) = session.notification();
    assert_eq!((code, subcode), (6, 6));
    session.closed();
    let (code, subcode, _) = leaving.notification();
    assert_eq!((code, subcode), (6, 3));
    leaving.closed();
    let mut session = site.accept();
    let theirs = session.establish(&crate::support::open());
    assert_eq!(theirs.body[3..5], [0, 60]);
    // What a command announced is still there.
    assert_eq!(session.until_eor(), ["10.50.0.0/24"]);
    nothing_came(&daemon, &mut bystander, 1);
    let summary = daemon.ask("show neighbor summary");
    assert!(!summary.contains("127.0.0.4"), "{summary}");

    // And it may come back.
    reload(&daemon, &(text + &third.neighbor(FAMILIES)));
    // Its first announcement since: that of all neighbors was not for it.
    assert_eq!(third.session().until_eor(), Vec::<String>::new());
    daemon.stop();
}

#[test]
fn a_file_with_errors_changes_nothing() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let helper = Helper::new(&lab, "helper");
    let good = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1; }}"));
    let daemon = lab.start(&good);
    let mut session = site.session();
    session.until_eor();
    helper.line(0, "started");
    for (number, bad) in [
        // Errors after a good neighbor with other routes.
        site.neighbor(&format!("{FAMILIES} static {{ route 10.2.0.0/24 next-hop 1.1.1.1; }}"))
            + &other.neighbor("hold-time two;"),
        String::new(),
        "garbage".to_owned(),
        format!("{good} neighbor"),
    ]
    .iter()
    .enumerate()
    {
        let before = daemon.log().matches("the old one stays").count();
        daemon.lab.configure(bad);
        daemon.signal(Signal::SIGUSR1);
        until("the refusal", || daemon.log().matches("the old one stays").count() > before);
        nothing_came(&daemon, &mut session, u8::try_from(number).unwrap());
    }
    assert!(daemon.log().contains("test.conf"), "the file is named");
    fs::remove_file(daemon.lab.path("test.conf")).unwrap();
    daemon.signal(Signal::SIGUSR1);
    daemon.await_log("file not found");
    nothing_came(&daemon, &mut session, 9);
    assert_eq!(helper.lines(0).iter().filter(|line| line.starts_with("started")).count(), 1);
    daemon.stop();
}

#[test]
fn watchdogs_keep_their_state() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = site.neighbor(&format!(
        "{FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1 watchdog dog withdraw; route 10.2.0.0/24 next-hop 1.1.1.1 watchdog cat; }}"
    ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    assert_eq!(session.until_eor(), ["10.2.0.0/24"]);
    daemon.ask("announce watchdog dog");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.ask("withdraw watchdog cat");
    assert_eq!(session.update().withdrawn, ["10.2.0.0/24"]);
    reload(&daemon, &text);
    nothing_came(&daemon, &mut session, 1);
    daemon.ask("withdraw watchdog dog");
    assert_eq!(session.update().withdrawn, ["10.1.0.0/24"]);
    daemon.ask("announce watchdog cat");
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    daemon.stop();
}

#[test]
fn helpers_come_and_go() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut names = ["one", "two", "three"].map(|name| Helper::new(&lab, name));
    let [one, two, three] = &mut names;
    let neighbor = |helpers: &str| {
        site.neighbor(&format!("{FAMILIES} api {{ processes [ {helpers} ]; neighbor-changes; }}"))
    };
    let first = one.section("one", "json") + &two.section("two", "json") + &neighbor("one two");
    let daemon = lab.start(&first);
    let mut session = site.session();
    session.until_eor();
    for helper in [&*one, &*two] {
        helper.state(0, "up");
    }
    let second =
        one.section("one", "json") + &three.section("three", "json") + &neighbor("one three");
    reload(&daemon, &second);
    three.line(0, "started");
    three.tell("announce route 10.3.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.3.0.0/24"]);
    one.tell("announce route 10.1.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    let gone = two.lines(0)[0].strip_prefix("started ").unwrap().to_owned();
    until("the end of the second", || !std::path::Path::new("/proc").join(&gone).exists());

    // A changed one goes on at SIGUSR1, and is started anew at SIGUSR2.
    let changed =
        second.replace("encoder json; }\nprocess three", "encoder text; }\nprocess three");
    assert_ne!(changed, second);
    reload(&daemon, &changed);
    one.tell("announce route 10.4.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.4.0.0/24"]);
    let starts =
        |helper: &Helper| helper.lines(0).iter().filter(|line| line.starts_with("started")).count();
    assert_eq!(starts(one), 1);
    daemon.signal(Signal::SIGUSR2);
    let mark = 1;
    one.line(mark, "started");
    assert_eq!(starts(three), 1);
    one.tell("announce route 10.5.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.5.0.0/24"]);
    let mark = one.mark();
    drop(session);
    one.line(mark, "neighbor 127.0.0.2 down");
    daemon.stop();
}

#[test]
fn a_restart_begins_every_session_anew() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1; }}"))
        + &other.neighbor(FAMILIES);
    let daemon = lab.start(&text);
    let (mut first, mut second) = (site.session(), other.session());
    first.until_eor();
    second.until_eor();
    daemon.signal(Signal::SIGALRM);
    for session in [&mut first, &mut second] {
        assert_eq!(session.notification().0, 6);
        session.closed();
    }
    let (mut first, mut second) = (site.session(), other.session());
    assert_eq!(first.until_eor(), ["10.1.0.0/24"]);
    second.until_eor();
    // The same by a command.
    assert_eq!(daemon.ask("restart").trim(), "restart in progress");
    assert_eq!(first.notification().0, 6);
    assert_eq!(second.notification().0, 6);
    assert_eq!(site.session().until_eor(), ["10.1.0.0/24"]);
    daemon.stop();
}

#[test]
fn who_is_told_what_changes_with_the_file() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = |api: &str| {
        helper.section("helper", "json")
            + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; {api} }}"))
    };
    let daemon = lab.start(&text(""));
    let mut session = site.session();
    session.until_eor();
    session.send(kind::KEEPALIVE, &[]);
    daemon.until("show neighbor json", |text| {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        json[0]["messages"]["received"]["keepalive"] == 2
    });
    reload(&daemon, &text("receive { parsed; keepalive; }"));
    session.send(kind::KEEPALIVE, &[]);
    helper.line(0, "\"keepalive\"");
    assert_eq!(helper.lines(1).len(), 1, "{:?}", helper.lines(1));
    nothing_came(&daemon, &mut session, 1);
    daemon.stop();
}

#[test]
fn peers_of_a_range_stay_as_well() {
    let lab = Lab::new();
    let port = yottabgp_testkit::network::free_port([127, 0, 0, 1]);
    let text = |routes: &str| {
        format!(
            "neighbor 127.0.0.0/24 {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; passive; listen {port}; {FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1; {routes} }} }}"
        )
    };
    let daemon = lab.start(&text(""));
    let mut session = Session::call(5, port);
    session.establish(&crate::support::open());
    session.until_eor();
    reload(&daemon, &text("route 10.2.0.0/24 next-hop 1.1.1.1;"));
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    nothing_came(&daemon, &mut session, 1);
    let mut other = Session::call(6, port);
    other.establish(&crate::support::open());
    assert_eq!(other.until_eor().len(), 2);
    // With the range they go.
    reload(&daemon, &Site::new(2).neighbor(FAMILIES));
    assert_eq!(session.notification().0, 6);
    assert_eq!(other.notification().0, 6);
    daemon.stop();
}

#[test]
fn one_that_is_removed_and_added_at_once_is_there_again() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let rest = other.neighbor(FAMILIES);
    let routes: String = (0..80_000_u32)
        .map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            format!("route 10.{a}.{b}.{c}/32 next-hop 1.1.1.1 med {number};\n")
        })
        .collect();
    // More than the sockets take, while the peer does not read: its last NOTIFICATION can not be sent either.
    socket2::SockRef::from(site.listener()).set_recv_buffer_size(4096).unwrap();
    let daemon = lab.start(&(site.neighbor(&format!("{FAMILIES} static {{ {routes} }}")) + &rest));
    let stuck = site.session();
    let pending = |text: &str| text.contains("127.0.0.2 ") && text.contains("established");
    daemon.until("show neighbor summary", pending);
    reload(&daemon, &rest);
    reload(&daemon, &(site.neighbor(FAMILIES) + &rest));
    assert_eq!(site.session().until_eor(), Vec::<String>::new());
    drop(stuck);
    daemon.stop();
}

#[test]
fn one_of_a_range_may_become_a_neighbor_of_its_own() {
    // With another session, and with the same.
    for is_reset in [true, false] {
        let lab = Lab::new();
        let site = Site::new(5);
        let port = yottabgp_testkit::network::free_port([127, 0, 0, 1]);
        let routes = "static { route 10.1.0.0/24 next-hop 1.1.1.1; }";
        let range = format!(
            "neighbor 127.0.0.0/24 {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; passive; listen {port}; {FAMILIES} {routes} }}"
        );
        let daemon = lab.start(&range);
        let mut session = Session::call(5, port);
        session.establish(&crate::support::open());
        assert_eq!(session.until_eor(), ["10.1.0.0/24"]);
        let own = if is_reset {
            site.neighbor(&format!("listen {port}; {FAMILIES} {routes}"))
        } else {
            range.replace("127.0.0.0/24", "127.0.0.5")
        };
        reload(&daemon, &own);
        let mut session = if is_reset {
            assert_eq!(session.notification().0, 6);
            site.session()
        } else {
            nothing_came(&daemon, &mut session, 1);
            drop(session);
            daemon.until("show neighbor summary", |text| !text.contains("established"));
            let mut session = Session::call(5, port);
            session.establish(&crate::support::open());
            session
        };
        assert!(session.until_eor().contains(&"10.1.0.0/24".to_owned()), "{own}");
        daemon.stop();
    }
}

#[test]
fn next_hop_self_is_the_address_of_the_session() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = site
        .neighbor(&format!("{FAMILIES} static {{ route 10.1.0.0/24 next-hop self; }}"))
        .replace("local-address 127.0.0.1;", "");
    let daemon = lab.start(&text);
    let mut session = site.session();
    for _ in 0..2 {
        let update = session.update();
        assert_eq!(update.announced, ["10.1.0.0/24"]);
        assert_eq!(update.attribute(3), Some(&[127, 0, 0, 1][..]));
        session.updates(Update::is_eor);
        let table = daemon.ask("show adj-rib out");
        assert!(table.contains("10.1.0.0/24 next-hop 127.0.0.1"), "{table}");
        reload(&daemon, &text);
        nothing_came(&daemon, &mut session, 1);
        daemon.ask("withdraw route 10.99.1.0/24 next-hop 9.9.9.9");
        assert_eq!(session.update().withdrawn, ["10.99.1.0/24"]);
        drop(session);
        session = site.session();
    }
    daemon.stop();
}

#[test]
fn next_hop_self_of_ipv6_waits_for_the_session() {
    let lab = Lab::new();
    let listener = match std::net::TcpListener::bind("[::1]:0") {
        Ok(listener) => listener,
        Err(error) => {
            println!("SKIPPED: {error}");
            return;
        }
    };
    let text = format!(
        "neighbor ::1 {{ router-id 1.1.1.1; local-as 65001; peer-as 65002; connect {}; family {{ ipv6 unicast; }} static {{ route fd00::/64 next-hop self; }} }}",
        listener.local_addr().unwrap().port()
    );
    let daemon = lab.start(&text);
    let mut session = Session(Connection::accept(&listener, PATIENCE).unwrap());
    session.establish(&crate::support::open());
    let update = session.update();
    let mut expected = vec![0, 2, 1, 16];
    expected.extend_from_slice(&std::net::Ipv6Addr::LOCALHOST.octets());
    expected.extend_from_slice(&[0, 64, 0xFD, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(update.attribute(14), Some(&expected[..]));
    daemon.stop();
}

#[test]
fn a_reload_asked_for_again_and_again_is_one_until_it_begins() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "text")
        + &site.neighbor("family { ipv4 unicast; } api { processes [ helper ]; }");
    let daemon = lab.start(&text);
    site.session().until_eor();
    // The end comes after all that was asked before.
    helper.say(("reload\n".repeat(20_000) + "shutdown\n").as_bytes());
    daemon.await_log("Shutdown asked for by a command");
    let asked = daemon.log().matches("Reload asked for by a command").count();
    assert!((1..2_000).contains(&asked), "{asked} times");
}
