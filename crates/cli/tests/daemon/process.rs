//! The daemon as a process: its files, its log, its settings, its user, its signals.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use yottabgp_testkit::wait::until;

use crate::support::{Daemon, Helper, Lab, PATIENCE, Site};

const FAMILIES: &str = "family { ipv4 unicast; }";

/// Runs the daemon to its end, which is soon.
fn ends(lab: &Lab, text: &str, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    lab.configure(text);
    Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .arg("server")
        .args(arguments)
        .arg(lab.path("test.conf"))
        .env("EXABGP_ROOT", lab.path("root"))
        .env("exabgp_api_socketpath", lab.path("control"))
        .env("exabgp_daemon_user", "root")
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn pid_of(path: &Path) -> Pid {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.ends_with('\n'), "{text:?}");
    Pid::from_raw(text.trim().parse().unwrap())
}

#[test]
fn the_pid_file_is_there_while_it_runs() {
    let lab = Lab::new();
    let (site, path) = (Site::new(2), lab.path("pid"));
    let name = path.display().to_string();
    // What a dead one left is replaced.
    fs::write(&path, "4194303\n").unwrap();
    let text = site.neighbor("");
    let daemon = lab.with("daemon_pid", &name).start(&text);
    until("the PID file", || fs::read_to_string(&path).is_ok_and(|text| text.trim() != "4194303"));
    assert_eq!(pid_of(&path).as_raw(), daemon.pid().cast_signed());
    // A second one does not start.
    let other = Lab::new();
    let output = ends(&other, &text, &[("exabgp_daemon_pid", &name)], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains(&name) && told.contains(&daemon.pid().to_string()), "{told}");
    assert_eq!(pid_of(&path).as_raw(), daemon.pid().cast_signed());
    daemon.stop();
    assert!(!path.exists());
}

#[test]
fn the_log_goes_where_it_is_sent() {
    let lab = Lab::new();
    let site = Site::new(2);
    let file = lab.path("daemon.log");
    let text = site.neighbor(FAMILIES);
    let mut daemon = lab
        .with("log_destination", file.display())
        .with("log_short", false)
        .with("log_level", "DEBUG")
        .with("log_reactor", false)
        .start(&text);
    let mut session = site.session();
    session.until_eor();
    let pid = daemon.pid().to_string();
    until("the log", || {
        fs::read_to_string(&file).is_ok_and(|text| text.contains("127.0.0.2 is up"))
    });
    assert!(daemon.terminate().1.success());
    let log = fs::read_to_string(&file).unwrap();
    // `HH:MM:SS`, process, topic, message.
    let line = log.lines().find(|line| line.contains("127.0.0.2 is up")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert!(words[0].len() == 8 && words[0].matches(':').count() == 2, "{line}");
    assert_eq!((words[1], words[2]), (pid.as_str(), "network"), "{line}");
    // A topic that is off says nothing, and neither does standard error.
    assert!(!log.contains(" reactor "), "{log}");
    assert_eq!(daemon.log(), "");
}

#[test]
fn the_log_is_as_quiet_as_it_is_told_to_be() {
    for (name, value) in [("log_level", "ERROR"), ("log_enable", "false")] {
        let lab = Lab::new().with(name, value);
        let site = Site::new(2);
        let mut daemon = lab.start(&site.neighbor(FAMILIES));
        site.session().until_eor();
        assert!(daemon.terminate().1.success());
        assert_eq!(daemon.log(), "", "{name}");
    }
    // Messages in full, when they are asked for.
    let lab = Lab::new().with("log_packets", true).with("log_level", "DEBUG");
    let site = Site::new(2);
    let daemon = lab.start(&site.neighbor(FAMILIES));
    site.session().until_eor();
    daemon.await_log("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    daemon.stop();
}

#[test]
fn wrong_settings_and_files_are_named() {
    let lab = Lab::new();
    let good = Site::new(2).neighbor("");
    let ini = lab.path("settings.env");
    fs::write(&ini, "[exabgp.log]\nlevel = LOUD\n").unwrap();
    let ini = ini.display().to_string();
    let file = lab.path("test.conf").display().to_string();
    /// The configuration, the environment, arguments; the words that are to be said.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&good, &[("exabgp_log_level", "LOUD")], &[], &["log.level", "LOUD"]),
        (&good, &[("exabgp.tcp.port", "many")], &[], &["tcp.port", "many"]),
        (&good, &[("exabgp_tcp_bind", "127.0.0.999")], &[], &["tcp.bind", "127.0.0.999"]),
        (&good, &[("exabgp_daemon_user", "nobody-of-this-name")], &[], &["nobody-of-this-name"]),
        (&good, &[("exabgp_api_version", "5")], &[], &["api.version", "5"]),
        (&good, &[], &["--env-file", &ini], &["log.level", "LOUD"]),
        ("neighbor 127.0.0.2 {\n  hold-time two;\n}\n", &[], &[], &[&file, "hold-time", "two"]),
        ("", &[], &[], &[&file]),
        // An address that is not of this machine can not be listened on.
        (
            &good,
            &[("exabgp_tcp_bind", "192.0.2.1"), ("exabgp_tcp_port", "1790")],
            &[],
            &["192.0.2.1"],
        ),
    ];
    for (text, environment, arguments, words) in cases {
        let output = ends(&lab, text, environment, arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{environment:?}: {told}");
        for word in *words {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let output = Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .args(["server", "/nowhere/test.conf"])
        .env("exabgp_daemon_user", "root")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/test.conf"));
}

#[test]
fn settings_come_from_a_file_too() {
    let lab = Lab::new();
    let site = Site::new(2);
    let pid = lab.path("pid");
    let file = lab.path("settings.env");
    fs::write(
        &file,
        format!("[exabgp.daemon]\npid = '{}'\n[exabgp.api]\nack = false\n", pid.display()),
    )
    .unwrap();
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }}"));
    let daemon = lab.argument("--env-file").argument(&file.display().to_string()).start(&text);
    until("the PID file", || pid.exists());
    helper.line(0, "started");
    let mark = helper.mark();
    helper.say(b"nonsense\n# text\nversion\n");
    helper.line(mark, "exabgp ");
    assert_eq!(helper.lines(mark).len(), 1, "{:?}", helper.lines(mark));
    // People are answered.
    assert!(daemon.refused("nonsense").starts_with("error: "));
    daemon.stop();
}

#[test]
fn it_goes_to_the_background() {
    let lab = Lab::new();
    let site = Site::new(2);
    let (pid, log) = (lab.path("pid"), lab.path("daemon.log"));
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; neighbor-changes; }}"));
    let lab = lab
        .with("daemon_daemonize", true)
        .with("daemon_pid", pid.display())
        .with("log_destination", log.display());
    let running = lab.program(&text).start_here().unwrap();
    let mut daemon = Daemon::unready(lab, running);
    // The one that was started is done, the one in the background works.
    assert!(daemon.running().wait(PATIENCE).unwrap().success());
    // Whoever started it finds it ready.
    let background = pid_of(&pid);
    let mut session = site.session();
    session.until_eor();
    daemon.ready();
    assert_ne!(background.as_raw(), daemon.pid().cast_signed());
    assert!(daemon.ask("status").contains(&format!("PID: {background}")));
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    // Nothing of this terminal is held: neither a descriptor nor the session.
    let link = fs::read_link(format!("/proc/{background}/fd/0")).unwrap();
    assert_eq!(link, Path::new("/dev/null"));
    assert_ne!(nix::unistd::getsid(Some(background)).unwrap(), nix::unistd::getsid(None).unwrap());
    kill(background, Signal::SIGTERM).unwrap();
    assert_eq!(session.notification().0, 6);
    until("the end", || !pid.exists());
}

#[test]
fn a_start_in_the_background_that_fails_is_told() {
    let good = Site::new(2).neighbor("");
    for (text, environment, words) in [
        ("neighbor 127.0.0.2 {\n  hold-time two;\n}\n", &[][..], "hold-time"),
        (&good, &[("exabgp_daemon_pid", "/nowhere/pid")], "/nowhere/pid"),
        (&good, &[("exabgp_tcp_bind", "192.0.2.1"), ("exabgp_tcp_port", "1790")], "192.0.2.1"),
    ] {
        let lab = Lab::new();
        let log = lab.path("daemon.log").display().to_string();
        let background = [("exabgp_daemon_daemonize", "true"), ("exabgp_log_destination", &log)];
        let output = ends(&lab, text, &[&background, environment].concat(), &[]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.starts_with("error: ") && told.contains(words), "{told}");
    }
}

#[test]
fn the_process_has_the_name_that_it_was_called_by() {
    let lab = Lab::new();
    lab.configure(&Site::new(2).neighbor(""));
    let mut command = Command::new(env!("CARGO_BIN_EXE_yottabgp"));
    std::os::unix::process::CommandExt::arg0(&mut command, "/usr/local/bin/exabgp");
    let mut daemon = command
        .arg(lab.path("test.conf"))
        .env("EXABGP_ROOT", lab.path("root"))
        .env("exabgp_api_socketpath", lab.path("control"))
        .env("exabgp_daemon_user", "root")
        .env("exabgp_daemon_drop", "false")
        .spawn()
        .unwrap();
    // As `pgrep exabgp` looks for it.
    let name = || fs::read_to_string(format!("/proc/{}/comm", daemon.id())).unwrap();
    until("the name", || name() == "exabgp\n");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn several_files_are_several_daemons() {
    let lab = Lab::new();
    let sites = [Site::new(2), Site::new(3)];
    let second = lab.path("second.conf");
    fs::write(&second, sites[1].neighbor("")).unwrap();
    let program = lab.program(&sites[0].neighbor("")).argument(&second);
    let mut all = program.start_here().unwrap();
    for site in &sites {
        site.session().until_eor();
    }
    // A signal is for each of them, and so is the end.
    kill(Pid::from_raw(all.id().cast_signed()), Signal::SIGUSR1).unwrap();
    until("two reloads", || all.log_tail().matches("the configuration was reloaded").count() == 2);
    kill(Pid::from_raw(all.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert!(all.wait(PATIENCE).unwrap().success());

    // One that can not start is told by the status; the other one works.
    fs::write(&second, "nonsense {\n").unwrap();
    let site = Site::new(4);
    let mut all = lab.program(&site.neighbor("")).argument(&second).start_here().unwrap();
    site.session().until_eor();
    until("the error", || all.log_tail().contains("nonsense"));
    kill(Pid::from_raw(all.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert_eq!(all.wait(PATIENCE).unwrap().code(), Some(1));

    // They can not share the file of a log, nor standard input.
    let second = second.display().to_string();
    let log = lab.path("daemon.log").display().to_string();
    let output = ends(&lab, "", &[("exabgp_log_destination", &log)], &[&second]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("can not log to a file with several"));
    let output = ends(&lab, "", &[], &["-"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("can only be used alone"));
}

#[test]
fn helpers_run_as_nobody() {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIPPED: only root has something to drop");
        return;
    }
    for (drop, expected) in [("true", "65534"), ("false", "0")] {
        let lab = Lab::new().with("daemon_user", "nobody").with("daemon_drop", drop);
        fs::set_permissions(lab.folder(), fs::Permissions::from_mode(0o777)).unwrap();
        let site = Site::new(2);
        let mut helper = Helper::new(&lab, "helper");
        let script = lab.path("helper.sh");
        let rest = fs::read_to_string(&script).unwrap();
        for name in ["helper.heard", "helper.said"] {
            fs::set_permissions(lab.path(name), fs::Permissions::from_mode(0o666)).unwrap();
        }
        let who = format!("echo user $(id -u) $(id -G) > {}\n", lab.path("helper.heard").display());
        fs::write(&script, who + &rest).unwrap();
        let text = helper.section("helper", "json")
            + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }}"));
        let daemon = lab.start(&text);
        let line = helper.line(0, "user ");
        assert_eq!(line.split(' ').nth(1), Some(expected), "{line}");
        if drop == "true" {
            // No group of root's is left.
            assert!(!line.split(' ').skip(2).any(|group| group == "0"), "{line}");
        }
        site.session().until_eor();
        helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
        let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
        let users = status.lines().find(|line| line.starts_with("Uid:")).unwrap();
        assert!(users.split_whitespace().skip(1).all(|user| user == "65534"), "{users}");
        daemon.stop();
    }
}

#[test]
fn signals_are_not_lost_at_the_start() {
    for _ in 0..10 {
        let lab = Lab::new();
        let site = Site::new(2);
        let helper = Helper::new(&lab, "helper");
        let text = helper.section("helper", "json")
            + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }}"));
        let running = lab.program(&text).start_here().unwrap();
        let mut daemon = Daemon::unready(lab, running);
        // From the moment that the program holds signals back, or catches them, it answers them.
        let number = 1_u64 << (Signal::SIGUSR1 as i32 - 1);
        until("its signals", || {
            let status = fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
            let mask = |name: &str| {
                let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
                u64::from_str_radix(line.trim(), 16).unwrap()
            };
            (mask("SigBlk:") | mask("SigCgt:")) & number != 0
        });
        daemon.signal(Signal::SIGUSR1);
        daemon.signal(Signal::SIGALRM);
        daemon.signal(Signal::SIGUSR2);
        daemon.signal(Signal::SIGHUP);
        let status = daemon.running().wait(PATIENCE).expect("an end");
        assert!(status.success(), "{status}");
    }
}

#[test]
fn the_end_is_told_to_everybody() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let lab = Lab::new();
        let site = Site::new(2);
        let helper = Helper::new(&lab, "helper");
        let text = helper.section("helper", "text")
            + &site
                .neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; neighbor-changes; }}"));
        let mut daemon = lab.start(&text);
        let mut session = site.session();
        session.until_eor();
        helper.line(0, "up");
        daemon.signal(signal);
        let (code, subcode, _) = session.notification();
        assert_eq!((code, subcode), (6, 2), "{signal}");
        session.closed();
        assert!(daemon.running().wait(PATIENCE).unwrap().success(), "{signal}");
        helper.line(0, "neighbor 127.0.0.2 down - stop, message [shutting down]");
        let pid = daemon.pid();
        let last = helper.line(0, "shutdown");
        assert!(last.starts_with(&format!("shutdown {pid} ")), "{last}");
        let first = helper.lines(0)[0].strip_prefix("started ").unwrap().to_owned();
        assert!(!Path::new("/proc").join(first).exists(), "the helper is gone");
    }
}

#[test]
fn a_helper_that_ends_may_be_the_end() {
    // Without respawn it is gone, with `api.terminate` so is the daemon.
    let lab = Lab::new();
    let site = Site::new(2);
    let starts = lab.path("starts");
    let run = crate::support::script(&lab, "once", &format!("echo start >> {}", starts.display()));
    let text = format!("process once {{ run {run}; encoder text; respawn false; }}\n")
        + &site.neighbor(FAMILIES);
    let daemon = lab.start(&text);
    daemon.await_log("helper once is gone");
    site.session().until_eor();
    assert_eq!(fs::read_to_string(&starts).unwrap().lines().count(), 1);
    daemon.stop();

    let lab = Lab::new().with("api_terminate", true).with("api_respawn", false);
    let run = crate::support::script(&lab, "once", "exit 0");
    let text = format!("process once {{ run {run}; encoder text; }}\n") + &site.neighbor(FAMILIES);
    let running = lab.program(&text).start_here().unwrap();
    let mut daemon = Daemon::unready(lab, running);
    assert!(daemon.running().wait(PATIENCE).unwrap().success());
}

#[test]
fn while_it_waits_to_connect_it_listens_to_helpers_people_and_signals() {
    // Until the next full hour.
    let lab = Lab::new().with("tcp_delay", 60);
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "text")
        + &site.neighbor(&format!("{FAMILIES} api {{ processes [ helper ]; }}"));
    let daemon = lab.start(&text);
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    let routes = daemon.ask("show adj-rib out");
    assert!(routes.contains("10.1.0.0/24"), "{routes}");
    daemon.signal(Signal::SIGUSR1);
    daemon.await_log("the configuration was reloaded");
    site.listener().set_nonblocking(true).unwrap();
    assert!(site.listener().accept().is_err(), "it called before its time");
    daemon.stop();
}

#[test]
fn while_a_large_configuration_is_read_everything_goes_on() {
    let lab = Lab::new();
    let site = Site::new(2);
    let daemon = lab.start(&site.neighbor(FAMILIES));
    let mut session = site.session();
    session.until_eor();
    let mut routes = String::new();
    for number in 0..200_000 {
        let (a, b, c) = (number >> 16, number >> 8 & 255, number & 255);
        routes += &format!("route 10.{a}.{b}.{c}/32 next-hop 1.2.3.4 med {number};\n");
    }
    daemon.lab.configure(&site.neighbor(&format!("{FAMILIES} static {{ {routes} }}")));
    daemon.signal(Signal::SIGUSR1);
    daemon.await_log("SIGUSR1 received");
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    assert!(!daemon.log().contains("was reloaded"), "nothing was answered before");
    daemon.stop();
}
