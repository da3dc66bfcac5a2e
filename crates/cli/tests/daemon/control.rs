//! Commands of people, over the control socket, while helpers work.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use serde_json::Value;
use yottabgp_testkit::bgp::kind;
use yottabgp_testkit::wait::until;

use crate::support::{Daemon, Helper, Lab, PATIENCE, Site, attributes, open, update};

const KEY: &str = "neighbor 127.0.0.2 local-ip 127.0.0.1 local-as 65001 peer-as 65002 router-id 1.1.1.1 family-allowed in-open";

#[test]
fn every_question_is_answered() {
    let lab = Lab::new();
    let (site, absent) = (Site::new(2), Site::new(3));
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(
            "hold-time 900; family { ipv4 unicast; ipv6 unicast; } api { processes [ helper ]; neighbor-changes; }
             static { route 10.0.0.0/24 next-hop 1.1.1.1 med 5 community 65001:1; route 2001:db8::/32 next-hop 2001:db8::1; }",
        )
        + &absent.neighbor("passive;");
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
    helper.state(0, "up");

    let version = daemon.ask("version");
    assert!(version.starts_with("exabgp ") && version.lines().count() == 1, "{version}");
    let help = daemon.ask("help");
    assert!(help.contains(" show adj-rib in|out ") && help.contains("\nshutdown\n"), "{help}");
    let pong: Value = serde_json::from_str(&daemon.ask("ping")).unwrap();
    assert_eq!(pong["active"], true);
    let status = daemon.ask("status");
    for words in [&format!("PID: {}", daemon.pid()), "Peers: 2", &format!("  - {KEY}: ESTABLISHED")]
    {
        assert!(status.contains(words), "{words}: {status}");
    }
    let status: Value = serde_json::from_str(&daemon.ask("status json")).unwrap();
    assert_eq!(
        (&status["pid"], &status["peers"][KEY]),
        (&daemon.pid().into(), &"ESTABLISHED".into())
    );

    daemon.until("show adj-rib in", |text| !text.is_empty());
    let summary = daemon.ask("show neighbor summary");
    let lines: Vec<Vec<&str>> =
        summary.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..2], ["Peer", "AS"], "{summary}");
    let row = lines.iter().find(|line| line.first() == Some(&"127.0.0.2")).unwrap();
    assert_eq!((row[1], row[3]), ("65002", "established"), "{summary}");
    let row = lines.iter().find(|line| line.first() == Some(&"127.0.0.3")).unwrap();
    assert_eq!((row[1], row[2]), ("65002", "down"), "{summary}");
    // Only the one that is asked for.
    let summary = daemon.ask("show neighbor 127.0.0.2 summary");
    assert!(summary.contains("127.0.0.2") && !summary.contains("127.0.0.3"), "{summary}");

    let extensive = daemon.ask("show neighbor 127.0.0.2 extensive");
    for words in
        ["Neighbor 127.0.0.2", "ESTABLISHED", "hold-time", "ipv6 unicast:", "Message Statistic"]
    {
        assert!(extensive.contains(words), "{words}: {extensive}");
    }
    let configuration = daemon.ask("show neighbor 127.0.0.2 configuration");
    assert!(configuration.starts_with("neighbor 127.0.0.2 {"), "{configuration}");
    let json: Value = serde_json::from_str(&daemon.ask("show neighbor 127.0.0.2 json")).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    assert_eq!(json[0]["fsm"], "ESTABLISHED");
    assert_eq!(json[0]["peer"]["id"], "2.2.2.2");
    assert_eq!(json[0]["local"]["hold"], 900);
    assert_eq!(json[0]["messages"]["received"]["update"], 1);

    assert_eq!(
        daemon.ask("show adj-rib in").trim_end(),
        "127.0.0.2 ipv4 unicast 10.9.0.0/24 next-hop 2.2.2.2"
    );
    let out = daemon.ask("show adj-rib out extensive");
    let mut lines: Vec<&str> = out.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            format!("{KEY} ipv4 unicast 10.0.0.0/24 next-hop 1.1.1.1 med 5 community 65001:1"),
            format!("{KEY} ipv6 unicast 2001:db8::/32 next-hop 2001:db8::1"),
        ]
    );
    for line in daemon.ask("show adj-rib out json").lines() {
        let route: Value = serde_json::from_str(line).unwrap();
        assert!(route["127.0.0.2"]["routes"][0]["prefix"].is_string(), "{line}");
    }

    assert!(daemon.refused("nonsense").starts_with("error: "));
    assert!(daemon.refused("show neighbor 127.0.0.9 summary").contains("127.0.0.9"));
    assert!(daemon.refused("neighbor 127.0.0.3 teardown 4").starts_with("error: "));
    daemon.stop();
}

#[test]
fn routes_may_be_shown_one_flat_object_each() {
    let lab = Lab::new().with("api_show_routes_format", "v2");
    let site = Site::new(2);
    let daemon = lab.start(
        &site.neighbor("family { ipv4 unicast; } static { route 10.0.0.0/24 next-hop 1.1.1.1; }"),
    );
    assert_eq!(
        daemon.ask("show adj-rib out json").trim_end(),
        r#"{"peer": {"address": "127.0.0.2"}, "route": {"prefix": "10.0.0.0/24", "family": "ipv4 unicast", "next-hop": "1.1.1.1"}}"#
    );
    daemon.stop();
}

#[test]
fn routes_and_sessions_are_commanded() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(
            "family { ipv4 unicast; } api { processes [ helper ]; neighbor-changes; }
             static { route 10.0.0.0/24 next-hop 1.1.1.1; }",
        );
    let daemon = lab.start(&text);
    let mut session = site.session();
    assert_eq!(session.until_eor(), ["10.0.0.0/24"]);

    daemon.ask("announce route 10.1.0.0/24 next-hop 1.1.1.1 med 7");
    let told = session.update();
    assert_eq!((told.announced.clone(), told.med()), (vec!["10.1.0.0/24".to_owned()], Some(7)));
    // What the peer has already is not sent again.
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.1.1.1 med 7");
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.1.1.1 med 8");
    assert_eq!(session.update().med(), Some(8));
    daemon.ask("neighbor 127.0.0.2 withdraw route 10.1.0.0/24");
    assert_eq!(session.update().withdrawn, ["10.1.0.0/24"]);

    // Everything once more; then nothing any more.
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    daemon.ask("flush adj-rib out");
    let mut again = Vec::new();
    while again.len() < 2 {
        again.extend(session.update().announced);
    }
    again.sort();
    assert_eq!(again, ["10.0.0.0/24", "10.2.0.0/24"]);
    daemon.ask("clear adj-rib out");
    let mut gone = Vec::new();
    while gone.len() < 2 {
        gone.extend(session.update().withdrawn);
    }
    gone.sort();
    assert_eq!(gone, ["10.0.0.0/24", "10.2.0.0/24"]);
    assert_eq!(daemon.ask("show adj-rib out"), "");

    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
    daemon.until("show adj-rib in", |text| text.contains("10.9.0.0/24"));
    daemon.ask("clear adj-rib in");
    assert_eq!(daemon.ask("show adj-rib in"), "");

    let mark = helper.mark();
    daemon.ask("neighbor 127.0.0.2 teardown 2");
    let (code, subcode, data) = session.notification();
    assert_eq!((code, subcode, data), (6, 2, b"\x17Administrative Shutdown".to_vec()));
    session.closed();
    assert_eq!(helper.state(mark, "down")["neighbor"]["reason"], "notification sent (6,2)");
    let mut session = site.session();
    session.until_eor();

    // Shut down by a command: with a NOTIFICATION, and status 0.
    assert_eq!(daemon.ask("shutdown").trim(), "shutdown in progress");
    assert_eq!(session.notification().0, 6);
    let mut daemon = daemon;
    assert!(daemon.running().wait(PATIENCE).unwrap().success());
    assert!(!daemon.lab.path("control").exists());
}

#[test]
fn a_large_table_and_other_clients_at_once() {
    const ROUTES: usize = 100_000;
    let lab = Lab::new();
    let site = Site::new(2);
    let daemon = lab.start(&site.neighbor("family { ipv4 unicast; }"));
    let mut able = open();
    able.families = vec![(1, 1)];
    let mut session = site.session_with(&able);
    let prefixes: Vec<String> = (0..ROUTES as u32)
        .map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            format!("20.{a}.{b}.{c}/32")
        })
        .collect();
    for some in prefixes.chunks(700) {
        let some: Vec<&str> = some.iter().map(String::as_str).collect();
        session.send(kind::UPDATE, &update(&[], &attributes(), &some));
    }
    daemon.until("show neighbor json", |text| {
        let json: Value = serde_json::from_str(text).unwrap();
        json[0]["messages"]["received"]["update"] == ROUTES.div_ceil(700)
    });
    let before = daemon.memory();
    let connect = || {
        let stream = UnixStream::connect(daemon.lab.path("control")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    // One that asks and does not read until the others have been served.
    let mut slow = connect();
    slow.write_all(b"show adj-rib in extensive\n").unwrap();
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = connect();
            std::thread::spawn(move || {
                stream.write_all(b"show adj-rib in\nversion\n").unwrap();
                let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
                let routes = lines.by_ref().take_while(|line| line != "done").count();
                (routes, lines.next().unwrap())
            })
        })
        .collect();
    assert!(daemon.ask("show neighbor summary").contains("established"));
    for reader in readers {
        let (routes, version) = reader.join().unwrap();
        assert_eq!(routes, ROUTES);
        assert!(version.starts_with("exabgp "), "{version}");
    }
    let mut start = [0; 8];
    slow.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"neighbor");
    drop(slow);
    assert!(daemon.memory() < before + (40 << 20), "{before} octets, then {}", daemon.memory());
    let table = daemon.ask("show adj-rib in");
    assert_eq!(table.lines().count(), ROUTES);
    drop(session);
    daemon.until("show adj-rib in", str::is_empty);
    daemon.stop();
}

#[test]
fn a_helper_and_a_client_do_not_mix() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor("family { ipv4 unicast; } api { processes [ helper ]; }")
        + &other.neighbor("family { ipv4 unicast; }");
    let daemon = lab.start(&text);
    let (mut first, mut second) = (site.session(), other.session());
    first.until_eor();
    second.until_eor();
    // A helper commands the neighbors that name it, a client all of them.
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(first.update().announced, ["10.1.0.0/24"]);
    let refused =
        helper.ask("neighbor 127.0.0.3 announce route 10.1.0.0/24 next-hop 1.2.3.4").unwrap_err();
    assert!(refused[0].contains("127.0.0.3"), "{refused:?}");
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(first.update().announced, ["10.2.0.0/24"]);
    assert_eq!(second.update().announced, ["10.2.0.0/24"]);
    // The settings of one are not those of the other.
    let mark = helper.mark();
    helper.say(b"silence-ack\nannounce route 10.3.0.0/24 next-hop 1.2.3.4\nnonsense\nversion\n");
    helper.line(mark, "exabgp ");
    assert_eq!(helper.lines(mark).len(), 1, "{:?}", helper.lines(mark));
    daemon.ask("version");
    daemon.refused("nonsense");
    let mark = helper.mark();
    helper.say(b"enable-ack\nnonsense\ndisable-ack\nnonsense\n# \nversion\n");
    helper.line(mark, "exabgp ");
    let lines = helper.lines(mark);
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(
        lines[0] == "done"
            && lines[1].starts_with("error: ")
            && lines[2] == "error"
            && lines[3] == "done"
    );
    daemon.stop();
}

#[test]
fn named_pipes_do_as_well() {
    let lab = Lab::new().with("cli_socket", "");
    let folder = lab.path("root/run");
    fs::create_dir_all(&folder).unwrap();
    for name in ["lab.in", "lab.out"] {
        let mode = nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR;
        nix::unistd::mkfifo(&folder.join(name), mode).unwrap();
    }
    let site = Site::new(2);
    let running = lab.program(&site.neighbor("family { ipv4 unicast; }")).start_here().unwrap();
    let daemon = Daemon::unready(lab, running);
    let mut session = site.session();
    session.until_eor();
    let run = |words: &str| {
        let mut command = daemon.command(words);
        command.env_remove("exabgp_api_socketpath").env("exabgp_cli_socket", "");
        command.output().unwrap()
    };
    // Who names a socket means that daemon and no other.
    assert_eq!(daemon.run("version").status.code(), Some(1));
    let output = run("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    let output = run("show adj-rib out");
    assert!(output.stdout.starts_with(b"127.0.0.2 ipv4 unicast 10.1.0.0/24"), "{output:?}");
    assert_eq!(run("nonsense").status.code(), Some(1));
    daemon.stop();
}

#[test]
fn version_6_of_the_api() {
    let lab = Lab::new().with("api_version", 6);
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site
            .neighbor("family { ipv4 unicast; } api { processes [ helper ]; neighbor-changes; }");
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    helper.tell("peer * announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    // Nobody is not everybody.
    helper.ask("peer 127.0.0.9 withdraw route 10.1.0.0/24").unwrap_err();
    helper.tell("group start");
    helper.tell("announce route 10.3.0.0/24 next-hop 1.2.3.4");
    helper.tell("announce route 10.4.0.0/24 next-hop 1.2.3.4");
    helper.tell("withdraw route 10.1.0.0/24");
    let answer = helper.tell("group end");
    assert!(answer[0].contains(r#""announced": 2, "withdrawn": 1"#), "{answer:?}");
    assert_eq!(session.update().withdrawn, ["10.1.0.0/24"]);
    assert_eq!(session.update().announced, ["10.3.0.0/24", "10.4.0.0/24"]);
    let answer = helper.tell("peer 127.0.0.2 group announce route 10.5.0.0/24 next-hop 1.2.3.4 ; withdraw route 10.3.0.0/24");
    assert!(answer[0].contains(r#""announced": 1, "withdrawn": 1"#), "{answer:?}");
    assert_eq!(session.update().withdrawn, ["10.3.0.0/24"]);
    assert_eq!(session.update().announced, ["10.5.0.0/24"]);
    let list: Value = serde_json::from_str(&daemon.ask("peer list")).unwrap();
    assert_eq!(list[0]["peer-address"], "127.0.0.2");
    let version: Value = serde_json::from_str(&daemon.ask("system version")).unwrap();
    assert_eq!(version["application"], "exabgp");
    daemon.ask("rib flush out");
    let mut again = Vec::new();
    while again.len() < 2 {
        again.extend(session.update().announced);
    }
    assert_eq!(daemon.ask("daemon shutdown").trim(), r#"{"status": "shutdown in progress"}"#);
    assert_eq!(session.notification().0, 6);
}

#[test]
fn a_group_is_all_or_nothing() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site
            .neighbor("family { ipv4 unicast; } api { processes [ helper ]; neighbor-changes; }");
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    let long = format!("announce route 10.1.1.0/24 next-hop 1.2.3.4 name {}", "x".repeat(1 << 20));
    let wrong: [&[u8]; 3] = [
        b"group announce route 10.1.1.0/24 next-hop 1.2.3.4 ; withdraw route 10.1.2.0/24",
        b"announce route 10.1.1.0/24 next-hop 1.2.3.4 name \xff",
        long.as_bytes(),
    ];
    for line in wrong {
        helper.tell("group start");
        helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
        let mark = helper.mark();
        helper.say(line);
        helper.say(b"\n");
        helper.find(mark, PATIENCE, |line| (line == "error").then_some(())).unwrap();
        helper.tell("announce route 10.1.3.0/24 next-hop 1.2.3.4");
        let refused = helper.ask("group end").unwrap_err();
        assert!(refused[0].contains("group discarded, command 2 was refused"), "{refused:?}");
    }
    // A version of the API is how answers look, not what lines mean.
    helper.tell("group start");
    helper.tell("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    helper.tell("api version 6");
    helper.tell("peer * announce route 10.2.1.0/24 next-hop 1.2.3.4");
    helper.tell("api version 4");
    helper.tell("group end");
    // Nothing of the others came before it.
    assert_eq!(session.update().announced, ["10.2.0.0/24", "10.2.1.0/24"]);
    daemon.stop();
}

#[test]
fn a_large_group_leaves_time_for_others() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let section = "family { ipv4 unicast; } api { processes [ helper ]; }";
    let mut text = helper.section("helper", "json") + &site.neighbor(section);
    // Only their tables have work: each has a route of its own, so that none is shared.
    for last in 3..11 {
        let own = format!("static {{ route 203.0.113.{last}/32 next-hop 1.2.3.4; }}");
        text += &Site::new(last).neighbor(&format!("passive; {section} {own}"));
    }
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    // What the last line takes back is never sent: nothing is, before all of it is there.
    let taken_back = "192.0.2.0/24";
    let mut lines = format!("group start\nannounce route {taken_back} next-hop 1.2.3.4\n");
    for number in 0..60_000 {
        let (a, b) = (number >> 8, number & 255);
        lines += &format!("announce route 10.{a}.{b}.0/24 next-hop 1.2.3.4\n");
    }
    lines += &format!("withdraw route {taken_back}\n");
    let mark = helper.mark();
    helper.say(lines.as_bytes());
    helper.say(b"group end\n");
    let done = || helper.lines(mark).iter().filter(|line| *line == "done").count();
    // Others are answered meanwhile. All lines but the last are acknowledged at once.
    until("the lines", || done() >= 60_003);
    daemon.ask("version");
    assert_eq!(done(), 60_003, "nothing was answered before the group was done");
    until("the group", || done() == 60_004);
    let mut announced = HashSet::new();
    while announced.len() < 60_000 {
        announced.extend(session.update().announced);
    }
    assert!(!announced.contains(taken_back));
    daemon.stop();
}

/// A helper that ends in the middle of its group has given it all the same.
#[test]
fn a_large_group_outlives_its_sender() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut lines = String::from("group start\n");
    for number in 0..40_000 {
        let (a, b) = (number >> 8, number & 255);
        lines += &format!("announce route 10.{a}.{b}.0/24 next-hop 1.2.3.4\n");
    }
    lines += "group end\n";
    let daemon = lab.start(&site.neighbor("family { ipv4 unicast; }"));
    let mut session = site.session();
    session.until_eor();
    let mut client = UnixStream::connect(daemon.lab.path("control")).unwrap();
    client.write_all(lines.as_bytes()).unwrap();
    // It has begun, and what it does is not yet sent.
    daemon.until("show adj-rib out", |text| !text.is_empty());
    drop(client);
    let mut announced = HashSet::new();
    while announced.len() < 40_000 {
        announced.extend(session.update().announced);
    }
    daemon.stop();
}

#[test]
fn the_socket_is_for_root_and_the_user_of_the_daemon() {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIPPED: only root has something to drop");
        return;
    }
    let lab = Lab::new().with("daemon_user", "nobody").with("daemon_drop", "true");
    fs::set_permissions(lab.folder(), fs::Permissions::from_mode(0o777)).unwrap();
    let daemon = lab.start(&Site::new(2).neighbor(""));
    let metadata = fs::metadata(daemon.lab.path("control")).unwrap();
    // The group of nobody is nobody's own.
    assert_eq!((metadata.uid(), metadata.permissions().mode() & 0o777), (65534, 0o600));
    // A helper's own `exabgpcli`, and anybody else's.
    for (user, status) in [(65534, Some(0)), (65533, Some(1))] {
        let program = daemon.lab.path("program");
        fs::copy(env!("CARGO_BIN_EXE_yottabgp"), &program).unwrap();
        let mut command = std::process::Command::new(program);
        command.env("exabgp_api_socketpath", daemon.lab.path("control")).args(["run", "version"]);
        let output = command.uid(user).gid(user).current_dir("/").output().unwrap();
        assert_eq!(output.status.code(), status, "{user}: {output:?}");
    }
    daemon.stop();
}

/// Files of the run-time folders, which are gone when this is.
struct Files(Vec<PathBuf>);

impl Drop for Files {
    fn drop(&mut self) {
        for file in &self.0 {
            let _ = fs::remove_file(file);
        }
    }
}

#[test]
fn what_no_one_made_is_made_and_removed() {
    let lab = Lab::new();
    // Root writes to /run, others below the root of the installation.
    let folder =
        if nix::unistd::geteuid().is_root() { "/run".into() } else { lab.path("root/run") };
    let name = format!("yottabgp-test-{}", std::process::id());
    let files = ["sock", "in", "out"].map(|kind| folder.join(format!("{name}.{kind}")));
    let _files = Files(files.to_vec());
    let site = Site::new(2);
    let start = |lab: &Lab, text: &str| {
        let program = lab.program(text).environment("exabgp_api_socketpath", "");
        let names = ["exabgp_api_pipename", "exabgp_api_socketname"];
        let program =
            names.into_iter().fold(program, |program, key| program.environment(key, &name));
        program.start_here().unwrap()
    };
    let text = site.neighbor("");
    let running = start(&lab, &text);
    let mut daemon = Daemon::unready(lab, running);
    until("the files", || files.iter().all(|file| file.exists()));
    daemon.await_log("is configured");
    let root = daemon.lab.path("root");
    let ask = |flag: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_yottabgp"));
        command.env_remove("exabgp_api_socketpath").env("EXABGP_ROOT", &root);
        command.args(["run", "--pipename", &name]).args(flag.split_whitespace());
        command.arg("version").output().unwrap()
    };
    for flag in ["--socket", "--pipe", "--pipe"] {
        let output = ask(flag);
        assert!(
            output.status.success() && output.stdout.starts_with(b"exabgp "),
            "{flag} {output:?}"
        );
    }
    // A second daemon of the same name leaves the first one's alone.
    let other = Lab::new();
    let second = start(&other, &Site::new(3).neighbor(""));
    let mut other = Daemon::unready(other, second);
    other.await_log("no control socket: control socket");
    other.await_log("no control pipes: named pipe");
    assert!(other.terminate().1.success());
    assert!(ask("--pipe").status.success() && ask("--socket").status.success());
    // One that is killed leaves files, which the next one takes over.
    daemon.signal(Signal::SIGKILL);
    daemon.running().wait(PATIENCE).unwrap();
    let dead = ask("--socket");
    assert_eq!(dead.status.code(), Some(1), "{dead:?}");
    *daemon.running() = start(&daemon.lab, &text);
    until("an answer", || ask("").status.success());
    assert!(daemon.terminate().1.success());
    assert!(!files[0].exists(), "its own socket is gone");
}
