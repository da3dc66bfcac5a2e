//! What a reload would do, told before it is done: `reload --check` and `diff`.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::reload::{FAMILIES, changes, nothing_came, reload};
use crate::support::{Daemon, Helper, Lab, Site};

/// What a check prints, with this exit status.
#[track_caller]
fn told(output: Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `yottabgp diff WORDS`, in the folder of the daemon's file.
fn diff(daemon: &Daemon, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yottabgp"));
    command
        .env("exabgp_api_socketpath", daemon.lab.path("control"))
        .env("EXABGP_ROOT", daemon.lab.path("root"))
        .current_dir(daemon.lab.folder())
        .arg("diff")
        .args(words.split(' '));
    command.output().unwrap()
}

/// The prefixes of the commands with these words.
fn commands(text: &str, words: &str) -> Vec<String> {
    let start = format!("neighbor 127.0.0.2 {words} route ");
    let mut prefixes: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix(&start))
        .map(|rest| rest.split(' ').next().unwrap().to_owned())
        .collect();
    prefixes.sort();
    prefixes
}

#[test]
fn what_is_told_is_what_is_done() {
    let lab = Lab::new();
    let (site, other, third, fourth) = (Site::new(2), Site::new(3), Site::new(4), Site::new(5));
    let helpers = ["one", "two", "three"].map(|name| Helper::new(&lab, name));
    let [one, two, three] = &helpers;
    let routes = |meds: u32| -> String {
        (0..200)
            .map(|n| format!("route 10.1.{n}.0/24 next-hop 1.1.1.1 med {};\n", n % meds))
            .collect()
    };
    let before = one.section("one", "text")
        + &two.section("two", "text")
        + &site.neighbor(&format!(
            "{FAMILIES} static {{ {} route 10.2.0.0/24 next-hop 1.1.1.1; route 10.3.0.0/24 next-hop 1.1.1.1 watchdog dog withdraw; route 10.4.0.0/24 next-hop 1.1.1.1 watchdog cat; }}",
            routes(7)
        ))
        + &other.neighbor(&format!("{FAMILIES} hold-time 90; static {{ route 10.8.0.0/24 next-hop 1.1.1.1; }}"))
        + &third.neighbor(FAMILIES);
    let daemon = lab.start(&before);
    let (mut session, mut bystander) = (site.session(), other.session());
    let mut leaving = third.session();
    session.until_eor();
    bystander.until_eor();
    leaving.until_eor();
    daemon.ask("neighbor 127.0.0.2 announce route 10.50.0.0/24 next-hop 1.1.1.1");
    session.update();
    daemon.ask("announce watchdog dog");
    daemon.ask("withdraw watchdog cat");
    changes(&mut session, 2);

    let text = told(daemon.run("reload --check text"), 0);
    assert!(text.ends_with("summary: no change\n"), "{text}");
    assert_eq!(text.matches(": kept").count(), 5, "{text}");

    let after = one.section("one", "text")
        + &three.section("three", "text")
        + &site.neighbor(&format!(
            "{FAMILIES} description \"x y\"; static {{ {} route 10.3.0.0/24 next-hop 1.1.1.1 watchdog dog withdraw; route 10.4.0.0/24 next-hop 1.1.1.1 watchdog cat; route 10.5.0.0/24 next-hop 1.1.1.1; route 10.6.0.0/24 next-hop 1.1.1.1 watchdog new withdraw; }}",
            routes(6)
        ))
        + &other.neighbor(&format!("{FAMILIES} hold-time 60; static {{ route 10.8.0.0/24 next-hop 1.1.1.1; }}"))
        + &fourth.neighbor(&format!("{FAMILIES} static {{ route 10.9.0.0/24 next-hop 1.1.1.1; }}"));
    std::fs::write(daemon.lab.path("after.conf"), &after).unwrap();
    let by_diff = told(diff(&daemon, "after.conf"), 1);
    daemon.lab.configure(&after);
    let text = told(daemon.run("reload --check text"), 1);
    assert_eq!(text, by_diff);
    for line in [
        "process one: kept",
        "process two: stopped",
        "process three: started",
        "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open: changed in place: description \"\" -> \"x y\"",
        "neighbor 127.0.0.3 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open: reset: hold-time 90 -> 60",
        "neighbor 127.0.0.4 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open: removed",
        "neighbor 127.0.0.5 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open: added",
        "neighbor 127.0.0.5 announce route 10.9.0.0/24 next-hop 1.1.1.1",
    ] {
        assert!(text.lines().any(|other| other.starts_with(line)), "{line}\n{text}");
    }
    // The same in JSON, a line each.
    let json = told(daemon.run("reload --check json"), 1);
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), text.lines().count());
    let spoken: BTreeSet<&str> = lines.iter().filter_map(|line| line["command"].as_str()).collect();
    let written: BTreeSet<&str> =
        text.lines().filter(|line| line.contains(" route ") && !line.contains(": ")).collect();
    assert_eq!(spoken, written);
    let (announce, withdraw) = (commands(&text, "announce"), commands(&text, "withdraw"));
    assert_eq!(withdraw, ["10.2.0.0/24"]);
    let last = &lines.last().unwrap()["summary"];
    assert_eq!(last["changes"], true);
    assert_eq!(last["announced"], announce.len() + 1);
    assert_eq!(
        (&last["reset"], &last["added"], &last["removed"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(last["unseen"], 1, "what waits for a watchdog");
    // A check has changed nothing.
    nothing_came(&daemon, &mut session, 1);
    nothing_came(&daemon, &mut bystander, 1);

    daemon.signal(Signal::SIGUSR1);
    let wire = changes(&mut session, announce.len() + withdraw.len());
    assert_eq!(wire, (announce, withdraw));
    nothing_came(&daemon, &mut session, 2);
    assert_eq!(bystander.notification().0, 6);
    assert_eq!(leaving.notification().0, 6);
    let summary = text.lines().last().unwrap().strip_prefix("summary: ").unwrap();
    daemon.await_log(&format!("neighbors: {summary}"));
    other.session().until_eor();
    // The announcement of everyone before is not of this one.
    let mut fresh = fourth.session();
    assert!(fresh.until_eor().contains(&"10.9.0.0/24".to_owned()));
    let text = told(daemon.run("reload --check text"), 0);
    assert!(text.ends_with("summary: no change\n"), "{text}");
    daemon.stop();
}

#[test]
fn the_same_route_twice_is_no_change() {
    let lab = Lab::new();
    let site = Site::new(2);
    let text = site.neighbor(&format!(
        "{FAMILIES} static {{ route 10.1.0.0/24 next-hop 1.1.1.1 med 1; route 10.1.0.0/24 next-hop 1.1.1.1 med 2; attributes next-hop 1.1.1.1 med 3; }}"
    ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    let start = session.updates(crate::support::Update::is_eor);
    let meds: Vec<_> = start.iter().filter_map(crate::support::Update::med).collect();
    assert_eq!(meds, [1, 3, 2]);
    told(daemon.run("reload --check text"), 0);
    reload(&daemon, &text);
    nothing_came(&daemon, &mut session, 1);
    let with = text.replace("med 3;", "med 3; route 10.1.0.0/24 next-hop 1.1.1.1 med 4;");
    daemon.lab.configure(&with);
    let told = told(daemon.run("reload --check text"), 1);
    assert_eq!(commands(&told, "announce"), ["10.1.0.0/24"], "{told}");
    reload(&daemon, &with);
    assert_eq!(session.update().med(), Some(4));
    nothing_came(&daemon, &mut session, 2);
    daemon.stop();
}

#[test]
fn trouble_is_told_and_is_no_difference() {
    let lab = Lab::new();
    let site = Site::new(2);
    let good = site.neighbor(FAMILIES);
    let daemon = lab.start(&good);
    let mut session = site.session();
    session.until_eor();
    std::fs::write(
        daemon.lab.path("bad.conf"),
        format!("{good}\nneighbor 10.0.0.1 {{ hold-time two; }}"),
    )
    .unwrap();
    let text = told(diff(&daemon, "bad.conf"), 2);
    // The name of the file, the line, and what is wrong.
    assert!(text.contains("bad.conf:3:") && text.contains("hold-time"), "{text}");
    assert!(text.contains("error: bad.conf is not a valid config file"), "{text}");
    told(diff(&daemon, "none.conf"), 2);
    daemon.lab.configure("garbage");
    told(daemon.run("reload --check"), 2);
    // Dots and what a line-wise protocol could take for its own are only text.
    std::fs::write(daemon.lab.path("dots.conf"), format!("{good}# dots:\n#\n")).unwrap();
    told(diff(&daemon, "dots.conf"), 0);
    std::fs::write(daemon.lab.path("dot.conf"), format!("{good}\n.\nshutdown\n")).unwrap();
    let text = told(diff(&daemon, "dot.conf"), 2);
    assert!(text.contains("dot.conf:3:1"), "{text}");
    nothing_came(&daemon, &mut session, 1);
    daemon.stop();
}

#[test]
fn a_helper_may_ask_as_well() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = |routes: &str| {
        helper.section("helper", "text")
            + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }} {routes}"))
    };
    let (before, after) = (text(""), text("static { route 10.1.0.0/24 next-hop 1.1.1.1; }"));
    let daemon = lab.start(&before);
    site.session().until_eor();
    daemon.lab.configure(&after);
    let told = helper.tell("daemon reload check text");
    assert!(
        told.iter().any(|line| line.starts_with("neighbor 127.0.0.2 announce route 10.1.0.0/24")),
        "{told:?}"
    );
    daemon.stop();
}
