//! From the start of the program to its first words on the wire.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use yottabgp_testkit::bgp::kind;
use yottabgp_testkit::process::find;

use crate::support::{Daemon, Lab, Site};

/// Starts a daemon and waits for its OPEN. Returns how long that took.
fn first_open() -> Duration {
    let lab = Lab::new().with("daemon_user", "nobody").with("daemon_drop", "true");
    let site = Site::new(2);
    let text = site.neighbor("");
    let program = lab.program(&text);
    let start = Instant::now();
    let running = program.start_here().unwrap();
    let message = site.accept().next().expect("an OPEN");
    let time = start.elapsed();
    assert_eq!(message.kind, kind::OPEN);
    drop(Daemon::unready(lab, running));
    time
}

#[test]
fn the_first_open_comes_at_once() {
    let mut times: Vec<Duration> = (0..9).map(|_| first_open()).collect();
    times.sort();
    println!(
        "from the start to the first OPEN: {:?} (least {:?}, most {:?})",
        times[4], times[0], times[8]
    );
    // A release build needs some milliseconds; here the machine may be busy with other tests, and nothing is optimised. What
    // waits for a timer, a look-up or a second try takes a second or more.
    assert!(times[0] < Duration::from_millis(900), "{times:?}");
}

#[test]
fn no_name_is_looked_up() {
    if find("strace").is_none() {
        println!("SKIPPED: no strace");
        return;
    }
    let lab = Lab::new();
    let site = Site::new(2);
    lab.configure(&site.neighbor("description \"a.name.example\";"));
    let trace = lab.path("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat,connect,sendto", "-o"]).arg(&trace);
    strace.arg(env!("CARGO_BIN_EXE_yottabgp")).arg("server").arg(lab.path("test.conf"));
    for (name, value) in [("daemon_user", "root"), ("log_destination", "stderr")] {
        strace.env(format!("exabgp_{name}"), value);
    }
    strace.env("exabgp_api_socketpath", lab.path("control")).env("EXABGP_ROOT", lab.path("root"));
    let mut traced = strace.spawn().unwrap();
    let mut session = site.session();
    session.until_eor();
    // strace hands the signal on to nobody: what it traces ends with it.
    traced.kill().unwrap();
    traced.wait().unwrap();
    let trace = fs::read_to_string(&trace).unwrap();
    assert!(trace.contains("test.conf"), "nothing was traced: {trace}");
    for line in trace.lines() {
        // Not nscd: it is asked for the user that privileges are dropped to. Whoever looks up a host reads the first of these.
        let is_look_up =
            ["/etc/resolv.conf", "/etc/hosts", "htons(53)"].iter().any(|word| line.contains(word));
        assert!(!is_look_up, "{line}");
    }
}
