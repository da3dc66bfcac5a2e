//! `bench`: its tools against each other and against the daemon. What is lost, altered or made up is told, and no success.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

mod program;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use program::{Run, command, finish, run};
use serde_json::Value;

/// The longest that anything may take on a machine that does other things, too.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(words: &str) -> Running {
    Running(command(&words.split_whitespace().collect::<Vec<_>>()).spawn().unwrap())
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.2", 0)).unwrap().local_addr().unwrap().port()
}

/// The lines of JSON that a tool wrote.
fn said(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tool(words: &str) -> (Run, Value) {
    let run = run(&words.split_whitespace().collect::<Vec<_>>());
    let last = said(&run.out).pop().unwrap_or_default();
    (run, last)
}

/// Sends one load to a sink that awaits another. Gives what the sink said last.
fn sent(source: &str, sink: &str) -> (Run, Value) {
    let port = free_port();
    let _source = start(&format!("bench source --listen {port} --timeout 20 {source}"));
    tool(&format!("bench sink --connect 127.0.0.2:{port} --local 127.0.0.3 --timeout 20 {sink}"))
}

#[test]
fn a_sink_finds_every_route_of_a_source() {
    for load in ["table", "single", "route", "ipv6", "vpn", "flow"] {
        let load = format!("--load {load} --count 700");
        let (run, done) = sent(&load, &load);
        assert_eq!((run.status, &done["exact"]), (0, &true.into()), "{load}: {run:?}");
        assert_eq!(done["ok"], true, "{done}");
        assert_eq!((&done["routes"], &done["repeated"]), (&700.into(), &0.into()), "{done}");
    }
}

#[test]
fn a_route_that_does_not_come_is_named() {
    let (run, done) = sent("--load route --count 99", "--load route --count 100");
    assert_eq!((run.status, &done["missing"]), (1, &1.into()), "{run:?}");
    assert_eq!(done["for_example_missing"], serde_json::json!(["20.0.99.0/24"]), "{done}");
}

#[test]
fn routes_that_nobody_announced_and_other_attributes_are_noticed() {
    let (run, done) = sent("--load table --count 300 --ipv6 0", "--load table --count 300");
    assert_eq!(run.status, 1, "{run:?}");
    assert!(done["unexpected"].as_u64().unwrap() > 0, "{done}");
    let (run, done) = sent("--load route --count 100", "--load route --count 100 --group 10");
    assert_eq!((run.status, &done["wrong"], &done["missing"]), (1, &90.into(), &0.into()));
    // As it says, that can be left out.
    let (run, _) =
        sent("--load route --count 100", "--load route --count 100 --group 10 --prefixes-only");
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn a_counter_notices_a_lost_event() {
    let line = |number: u32| {
        format!(
            "{{ \"neighbor\": {{ \"message\": {{ \"update\": {{ \"attribute\": {{ \"med\": {number} }}, \
             \"announce\": {{ \"ipv4 unicast\": {{ \"192.0.2.1\": [ {{ \"nlri\": \"20.0.{number}.0/24\" }} ] }} }} }} }} }} }}\n"
        )
    };
    let words = ["bench", "count", "--load", "route", "--count", "20"];
    let all: String = (0..20).map(line).collect();
    let counted = finish(command(&words), &all);
    assert_eq!(counted.status, 0, "{counted:?}");
    let lossy: String = (0..20).filter(|number| *number != 5).map(line).collect();
    let counted = finish(command(&words), lossy);
    let done = said(&counted.err).pop().unwrap();
    assert_eq!((counted.status, &done["missing"]), (1, &1.into()), "{done}");
    assert_eq!(done["for_example_missing"][0], "20.0.5.0/24", "{done}");
}

#[test]
fn a_slow_counter_does_not_wait_for_what_it_has_read() {
    let line = |number: u32| {
        format!(
            "{{ \"med\": {number}, \"nlri\": \"20.0.{number}.0/24\", \"{:180}\": 0 }}\n",
            "filler"
        )
    };
    let words =
        ["bench", "count", "--load", "route", "--count", "30", "--rate", "1000", "--for", "50"];
    let mut counter = Running(command(&words).spawn().unwrap());
    let mut input = counter.0.stdin.take().unwrap();
    // More than it reads at once, and then nothing: the pipe stays open.
    let text: String = (0..30).map(line).collect();
    assert!((4_097..8_192).contains(&text.len()), "{} octets", text.len());
    input.write_all(text.as_bytes()).unwrap();
    let mut told = BufReader::new(counter.0.stderr.take().unwrap()).lines();
    let done = told.find(|line| line.as_ref().unwrap().contains("\"done\"")).unwrap().unwrap();
    assert_eq!(said(&done)[0]["exact"], true, "{done}");
}

/// The daemon with one configuration.
fn daemon(folder: &Path, port: u16, peers: u32, helper: Option<(&str, bool)>) -> Running {
    let (mut text, mut api) = (String::new(), String::new());
    if let Some((words, events)) = helper {
        let program = env!("CARGO_BIN_EXE_yottabgp");
        text += &format!("process helper {{ run {program} bench {words}; encoder json; }}\n");
        let receive = if events { "receive { parsed; update; }" } else { "" };
        api = format!("api {{ processes [ helper ]; {receive} }}");
    }
    for number in 2..2 + peers {
        text += &format!(
            "neighbor 127.0.0.{number} {{ router-id 1.2.3.4; local-address 127.0.0.1; local-as 65000; peer-as 65001; {api} }}\n"
        );
    }
    let path = folder.join("conf");
    fs::write(&path, text).unwrap();
    let mut command = command(&[path.to_str().unwrap()]);
    command.env("exabgp_tcp_port", port.to_string()).env("exabgp_daemon_drop", "false");
    command.env("exabgp_api_cli", "false").env("exabgp_log_enable", "false");
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    Running(command.spawn().unwrap())
}

/// The line in which a helper says that it is done.
fn helper_is_done(path: &Path) -> Value {
    let end = Instant::now() + LIMIT;
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<Value> = text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
        if let Some(done) = lines.into_iter().find(|line| line["event"] == "done") {
            return done;
        }
        assert!(Instant::now() < end, "the helper said {text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_a_helper_announces_arrives_in_every_form() {
    for (form, load) in [
        ("route", "route"),
        ("attributes", "route"),
        ("v6", "route"),
        ("ipv6", "ipv6"),
        ("vpn", "vpn"),
        ("flow", "flow"),
    ] {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let out = folder.path().join("out");
        let helper = format!("inject --form {form} --count 500 --ack sync --out {}", out.display());
        let mut sink = start(&format!(
            "bench sink --listen {port} --local 127.0.0.2 --load {load} --count 500 --timeout 30"
        ));
        let mut lines = BufReader::new(sink.0.stdout.take().unwrap());
        // It listens.
        lines.read_line(&mut String::new()).unwrap();
        let _daemon = daemon(folder.path(), port, 1, Some((&helper, false)));
        let mut text = String::new();
        lines.read_to_string(&mut text).unwrap();
        let done = said(&text).pop().unwrap_or_default();
        assert_eq!(done["exact"], true, "{form}: {text}");
        assert!(sink.0.wait().unwrap().success());
        let done = helper_is_done(&out);
        assert_eq!((&done["acknowledged"], &done["refused"]), (&500.into(), &0.into()), "{form}");
    }
}

#[test]
fn a_table_arrives_at_a_helper_as_it_was_sent() {
    for (load, pace) in [("table", ""), ("single", "--rate 2000 --for 1")] {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let out = folder.path().join("out");
        let load = format!("--load {load} --count 2000");
        let helper = format!("count {load} {pace} --out {}", out.display());
        let source = format!("bench source --listen {port} --local 127.0.0.2 {load} --linger 60");
        let mut source = start(&source);
        let mut lines = BufReader::new(source.0.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        let _daemon = daemon(folder.path(), port, 1, Some((&helper, true)));
        let done = helper_is_done(&out);
        assert_eq!((&done["exact"], &done["routes"]), (&true.into(), &2000.into()), "{done}");
    }
}

#[test]
fn peers_come_up_and_stay() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let mut peers =
        start(&format!("bench peers --listen {port} --local 127.0.0.2 --count 5 --for 1 --hold 3"));
    let mut lines = BufReader::new(peers.0.stdout.take().unwrap());
    lines.read_line(&mut String::new()).unwrap();
    let _daemon = daemon(folder.path(), port, 5, None);
    let mut text = String::new();
    lines.read_to_string(&mut text).unwrap();
    let [up, done] = &said(&text)[..] else { panic!("{text}") };
    assert_eq!((&up["established"], &done["lost"]), (&5.into(), &0.into()), "{text}");
    assert!(peers.0.wait().unwrap().success());
}

#[test]
fn files_of_routes_are_what_their_programs_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("routes");
    let name = path.to_str().unwrap();
    let written = |format: &str, load: &str| {
        let words = format!("bench routes --load {load} --count 50 --format {format} --out {name}");
        let run = run(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(run.status, 0, "{run:?}");
        fs::read(&path).unwrap()
    };
    for load in ["route", "ipv6", "vpn", "flow"] {
        let lines = String::from_utf8(written("exabgp", load)).unwrap();
        let conf = folder.path().join("conf");
        let neighbor = "neighbor 127.0.0.2 { router-id 1.2.3.4; local-address 127.0.0.1; local-as 1; peer-as 2; static {\n";
        fs::write(&conf, format!("{neighbor}{lines}}} }}\n")).unwrap();
        if load != "flow" {
            let run = run(&["validate", conf.to_str().unwrap()]);
            assert_eq!(run.status, 0, "{load}: {run:?}");
        }
    }
    for format in ["mrt", "mrt-updates"] {
        written(format, "route");
        let run = run(&["decode", "--read", name]);
        assert_eq!(run.status, 0, "{format}: {run:?}");
        assert_eq!(run.out.matches("\"20.0.49.0/24\"").count(), 1, "{format}: {}", run.out);
    }
    let run = run(&["bench", "routes", "--format", "bird", "--out", name]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("give --load route"), "{run:?}");
}

#[test]
fn limits_are_measured() {
    let (run, _) = tool("bench limits --count 1000 --lines 5 --interval 10");
    assert_eq!(run.status, 0, "{run:?}");
    let events: Vec<Value> = said(&run.out).iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["tcp", "pipe", "relay"]);
}

#[test]
fn what_is_wrong_with_the_options_is_told() {
    for (words, status, told) in [
        ("bench source --count 10", 2, "--connect"),
        ("bench sink --connect 127.0.0.1:1 --load route --count 99999999", 1, "--count 99999999"),
        ("bench source --connect 127.0.0.1:1 --timeout 0 --count 1", 1, "--connect 127.0.0.1:1"),
        ("bench count --control /nowhere/at/all", 1, "--control /nowhere/at/all"),
        ("bench source --connect 127.0.0.1:1 --count 99999999 --ipv6 0", 1, "more than there is"),
    ] {
        let run = run(&words.split_whitespace().collect::<Vec<_>>());
        assert_eq!(run.status, status, "{words}: {run:?}");
        assert!(run.err.contains(told), "{words}: {run:?}");
    }
}
