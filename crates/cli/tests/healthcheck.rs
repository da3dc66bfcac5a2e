//! `healthcheck` as a process: the test is its daemon, at both ends of its pipes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use yottabgp_testkit::Namespace;
use yottabgp_testkit::wait::{poll, until};

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const OURS: &str = env!("CARGO_BIN_EXE_yottabgp");

/// A health check, and the daemon's ends of its pipes.
struct Check {
    child: Child,
    input: Option<ChildStdin>,
    commands: Receiver<String>,
}

impl Check {
    fn start(program: impl AsRef<Path>, arguments: &[&str]) -> Self {
        Self::start_with(program, arguments, &[])
    }

    fn start_with(
        program: impl AsRef<Path>,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = Command::new(program.as_ref())
            .arg("healthcheck")
            .args(arguments)
            .arg("--no-syslog")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (said, commands) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines() {
                let Ok(line) = line else { return };
                if said.send(line).is_err() {
                    return;
                }
            }
        });
        Self { input: child.stdin.take(), child, commands }
    }

    /// The next command, not yet answered.
    #[track_caller]
    fn command(&self) -> String {
        self.commands.recv_timeout(PATIENCE).expect("a command")
    }

    fn answer(&mut self, lines: &str) {
        self.input.as_mut().unwrap().write_all(format!("{lines}\n").as_bytes()).unwrap();
    }

    /// The next command, taken.
    #[track_caller]
    fn taken(&mut self) -> String {
        let command = self.command();
        self.answer("done");
        command
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    #[track_caller]
    fn ended(&mut self) -> ExitStatus {
        poll(PATIENCE, || self.child.try_wait().unwrap()).expect("an end")
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ANNOUNCE: &str = "neighbor * announce route 198.51.100.1/32 next-hop self med 100";
const WITHDRAW: &str = "neighbor * withdraw route 198.51.100.1/32 next-hop self";
const IP: &[&str] = &["--ip", "198.51.100.1", "--rise", "1", "--fall", "1"];

/// Options in one line, after those of every test.
fn options<'a>(words: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    IP.iter().copied().chain(words.split(' ')).chain(more.iter().copied()).collect()
}

#[test]
fn a_withdrawal_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("well");
    fs::write(&file, "").unwrap();
    let check = format!("file:{}", file.display());
    let words = options("--no-ip-setup --withdraw-on-down -i 0.02 -f 0.02 --check", &[&check]);
    let mut check = Check::start(OURS, &words);
    for _ in 0..3 {
        assert_eq!(check.taken(), ANNOUNCE);
        assert_eq!(check.taken(), ANNOUNCE, "repeated at every check");
        fs::remove_file(&file).unwrap();
        while check.taken() != WITHDRAW {}
        // Many checks later.
        let silence = check.commands.recv_timeout(Duration::from_millis(300));
        assert!(silence.is_err(), "{silence:?}");
        fs::write(&file, "").unwrap();
    }
}

#[test]
fn a_check_that_hangs_is_killed_with_its_group_and_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let command = format!("sh -c 'echo $$ >> {}; sleep 1000'; true", pids.display());
    let words = options("--no-ip-setup --withdraw-on-down -t 0.3 -c", &[&command]);
    let mut check = Check::start(OURS, &words);
    assert_eq!(check.taken(), WITHDRAW);
    until("another one that hangs", || {
        fs::read_to_string(&pids).is_ok_and(|text| text.lines().count() > 1)
    });
    let started = Instant::now();
    check.signal(Signal::SIGTERM);
    assert!(check.ended().success());
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    for pid in fs::read_to_string(&pids).unwrap().lines() {
        let stat = format!("/proc/{pid}/stat");
        until("the death of what hung", || {
            fs::read_to_string(&stat).map_or(true, |text| text.contains(") Z "))
        });
    }
}

#[test]
fn what_is_refused_is_said_again_and_nothing_gets_out_of_step() {
    let words = options("--no-ip-setup --debounce --ip 2001:db8::1 -i 0.1", &[]);
    let mut check = Check::start(OURS, &words);
    let six = "neighbor * announce route 2001:db8::1/128 next-hop self med 101";
    assert_eq!((check.command(), check.command()), (ANNOUNCE.to_owned(), six.to_owned()));
    check.answer(
        "done\n{ \"exabgp\": \"5.0.0\", \"type\": \"state\" }\nerror: no such family\nerror",
    );
    assert_eq!(check.command(), six, "tried again");
    check.answer("error");
    assert_eq!(check.command(), six, "and again");
    check.answer("done");
    check.signal(Signal::SIGTERM);
    let six = "neighbor * withdraw route 2001:db8::1/128 next-hop self";
    assert_eq!((check.taken(), check.taken()), (WITHDRAW.to_owned(), six.to_owned()));
    assert!(check.ended().success());
}

/// The addresses of `lo`, but for its own.
fn addresses(namespace: &Namespace) -> Vec<String> {
    let output = namespace
        .enter(|| Command::new("ip").args(["-o", "address", "show", "dev", "lo"]).output());
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let words = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let label = words.iter().find(|word| word.starts_with("lo:")).copied().unwrap_or("");
        let label = label.trim_end_matches('\\');
        format!("{} {label}", words[3]).trim().to_owned()
    });
    words.filter(|line| !line.starts_with("127.") && !line.starts_with("::1/")).collect()
}

#[test]
fn addresses_come_before_the_routes_and_go_after_them() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(reason) => return println!("SKIPPED: {reason}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("well");
    let well = format!("file:{}", file.display());
    let words = options(
        "--ip 2001:db8::/127 --label web --dynamic-ip-setup --withdraw-on-down -i 0.05 -f 0.05 --check",
        &[&well],
    );
    let all = ["198.51.100.1/32 lo:web", "2001:db8::/128", "2001:db8::1/128"];
    let mut check = namespace.enter(|| Check::start(OURS, &words));
    assert_eq!(
        (check.taken(), check.taken()),
        (WITHDRAW.to_owned(), "neighbor * withdraw route 2001:db8::/127 next-hop self".to_owned())
    );
    until("no address while it is down", || addresses(&namespace).is_empty());
    fs::write(&file, "").unwrap();
    assert_eq!(check.command(), ANNOUNCE);
    let mut there = addresses(&namespace);
    there.sort_unstable();
    assert_eq!(there, all, "before the route is announced");
    check.answer("done\ndone");
    fs::remove_file(&file).unwrap();
    while check.command().contains("announce") {
        check.answer("done");
    }
    // The first of two withdrawals is known: neither is acknowledged, nor is an announcement that crossed them.
    assert_eq!(addresses(&namespace).len(), 3, "the withdrawals are not acknowledged");
    check.answer("done\ndone\ndone\ndone\ndone\ndone");
    until("no address once they are", || addresses(&namespace).is_empty());
}

#[test]
fn it_ends_with_its_daemon_and_leaves_no_address() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(reason) => return println!("SKIPPED: {reason}"),
    };
    // Neither with one that closes its pipes, nor with one that asks it to end, nor in the middle of a check that hangs.
    for (end, command) in
        [(None, "true"), (Some(Signal::SIGTERM), "true"), (Some(Signal::SIGINT), "sleep 1000")]
    {
        let words = options("-i 0.1 -c", std::slice::from_ref(&command));
        let mut check = namespace.enter(|| Check::start(OURS, &words));
        until("the address", || addresses(&namespace) == ["198.51.100.1/32"]);
        if command == "true" {
            assert_eq!(check.taken(), ANNOUNCE);
        }
        match end {
            None => drop(check.input.take()),
            Some(signal) => {
                check.signal(signal);
                while check.taken() != WITHDRAW {}
            }
        }
        assert!(check.ended().success());
        assert_eq!(addresses(&namespace), Vec::<String>::new());
    }
}

#[test]
fn found_addresses_are_announced_and_stay() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(reason) => return println!("SKIPPED: {reason}"),
    };
    for (address, label) in [
        ("198.51.100.1/32", "lo:web1"),
        ("198.51.100.2/32", "lo:web2"),
        ("198.51.100.3/32", "lo:dns"),
        ("198.51.100.9/24", "lo:web3"),
    ] {
        namespace.ip(&format!("address add {address} dev lo label {label}")).unwrap();
    }
    let words = "--label web --rise 1 -i 0.1 --debounce";
    let mut check = namespace.enter(|| Check::start(OURS, &words.split(' ').collect::<Vec<_>>()));
    assert_eq!(check.taken(), ANNOUNCE);
    assert_eq!(check.taken(), "neighbor * announce route 198.51.100.2/32 next-hop self med 101");
    check.signal(Signal::SIGTERM);
    check.taken();
    check.taken();
    assert!(check.ended().success());
    assert_eq!(addresses(&namespace).len(), 4);
    // None is there: said, and an error.
    let none = Namespace::new().unwrap();
    let mut check = none.enter(|| Check::start(OURS, &[]));
    assert_eq!(check.ended().code(), Some(1));
}

#[test]
fn addresses_are_removed_by_whoever_it_became() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(reason) => return println!("SKIPPED: {reason}"),
    };
    let words = options("--user nobody --group nogroup -i 0.1 -c", &["test $(id -u) != 0"]);
    let mut check = namespace.enter(|| Check::start(OURS, &words));
    assert_eq!(check.taken(), ANNOUNCE, "the command runs as the user");
    assert_eq!(addresses(&namespace), ["198.51.100.1/32"]);
    let status = fs::read_to_string(format!("/proc/{}/status", check.child.id())).unwrap();
    let of = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    };
    // CAP_NET_ADMIN, and nothing that is given to others.
    assert_eq!(
        (of("CapPrm:"), of("CapInh:")),
        ("0000000000001000".into(), "0000000000000000".into())
    );
    check.signal(Signal::SIGTERM);
    while check.taken() != WITHDRAW {}
    assert!(check.ended().success());
    assert_eq!(addresses(&namespace), Vec::<String>::new());
}

#[test]
fn certificates_are_those_that_the_system_trusts() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (key, certificate) = (place("key"), place("certificate"));
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(' '))
        .args(
            "-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
                .split(' '),
        )
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        return println!("SKIPPED: openssl makes no certificate");
    }
    let mut server = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-key", &key, "-cert", &certificate])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let accept = lines.map_while(Result::ok).find(|line| line.starts_with("ACCEPT ")).unwrap();
    let url = format!("https://localhost:{}/", accept.rsplit(':').next().unwrap());
    let words = options("--no-ip-setup -i 0.1 --withdraw-on-down --check", &[&url]);
    for (trusted, said) in [(certificate.as_str(), ANNOUNCE), ("/dev/null", WITHDRAW)] {
        let mut check = Check::start_with(OURS, &words, &[("SSL_CERT_FILE", trusted)]);
        assert_eq!(check.taken(), said, "{trusted}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

/// A script that succeeds and fails as written: `S` and `F`, the last one for ever; `D` succeeds and disables the service for a
/// while.
fn script(folder: &Path, sequence: &str) -> String {
    let text = format!(
        "n=$(cat {0}/count 2>/dev/null || echo 0); n=$((n + 1)); echo $n > {0}/count\n\
         c=$(printf %s {sequence} | cut -c $n); [ -n \"$c\" ] || c=$(printf %s {sequence} | tail -c 1)\n\
         [ \"$c\" = D ] && {{ touch {0}/disable; (sleep 0.5; rm {0}/disable) > /dev/null 2>&1 & }}\n\
         [ \"$c\" != F ]\n",
        folder.display()
    );
    fs::write(folder.join("check.sh"), text).unwrap();
    format!("sh {}/check.sh", folder.display())
}

/// Runs a health check through a sequence: what it said, repetitions left out, and what its hooks were told.
fn play(program: &Path, words: &str, sequence: &str) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let command = script(place, sequence);
    let hook = format!("echo $STATE >> {}/states", place.display());
    let disable = place.join("disable").display().to_string();
    let mut all: Vec<&str> = words.split(' ').collect();
    all.extend(["--no-ip-setup", "--no-syslog", "-i", "0.05", "-f", "0.05", "--cmd", &command]);
    all.extend(["--execute", &hook, "--disable", &disable]);
    let mut child = Command::new(program)
        .arg("healthcheck")
        .args(&all)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let pid = Pid::from_raw(child.id().cast_signed());
    let count = place.join("count");
    let enough = sequence.len() + 4;
    let (end, ended) = channel();
    let stopper = std::thread::spawn(move || {
        let over = poll(PATIENCE, || {
            let text = fs::read_to_string(&count).unwrap_or_default();
            text.trim().parse::<usize>().is_ok_and(|count| count >= enough).then_some(())
        });
        // ExaBGP may lose the signal: what its handler raises is caught where a check is run.
        let asked = Instant::now();
        loop {
            kill(pid, if asked.elapsed() < PATIENCE { Signal::SIGTERM } else { Signal::SIGKILL })
                .unwrap();
            if ended.recv_timeout(Duration::from_secs(5)).is_ok() {
                return over;
            }
        }
    });
    let mut said: Vec<String> = Vec::new();
    for line in output.lines() {
        let line = line.unwrap();
        let _ = input.write_all(b"done\n");
        said.push(line);
    }
    end.send(()).unwrap();
    assert!(stopper.join().unwrap().is_some(), "{}: the sequence did not end", program.display());
    assert!(child.wait().unwrap().success());
    let states = fs::read_to_string(place.join("states")).unwrap();
    (without_repetitions(said, words.matches("--ip ").count()), states)
}

/// Blocks of as many lines as there are addresses, each once in a row.
fn without_repetitions(said: Vec<String>, count: usize) -> Vec<String> {
    let mut blocks: Vec<Vec<String>> = said.chunks(count).map(<[String]>::to_vec).collect();
    blocks.dedup();
    blocks.concat()
}

#[test]
fn exabgp_would_say_the_same() {
    let exabgp = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/exabgp/bin/exabgp");
    if !exabgp.exists() {
        return println!("SKIPPED: {} is not there (.ci/install-peers)", exabgp.display());
    }
    let ours = PathBuf::from(OURS);
    for (words, sequence) in [
        ("--rise 3 --fall 3 --ip 192.0.2.1", "SSSSFSSSFFSFFFFSSFSSSFFFF"),
        ("--rise 1 --fall 1 --ip 192.0.2.1 --withdraw-on-down", "FSFSSFF"),
        (
            "--rise 2 --fall 2 --ip 192.0.2.1 --ip 2001:db8::1 --ip 198.51.100.0/30 --start-ip 1 --increase 10 \
             --local-preference 50 --community 65000:1 --disabled-community 65000:9 --as-path 65000 \
             --down-as-path 65001 --large-community 1:2:3 --extended-community target:1:1 --path-id 5 \
             --neighbor 192.0.2.9 --neighbor 2001:db8::9 --up-metric 10 --next-hop 192.0.2.8",
            "SSSFFFSDSSFF",
        ),
        (
            "--rise 2 --fall 1 --ip 192.0.2.0/31 --deaggregate-networks --neighbor * --debounce",
            "SSFSSDSSF",
        ),
    ] {
        let theirs = play(&exabgp, words, sequence);
        // With several addresses of which one is a network that is taken apart, blocks are as long as there are addresses.
        assert_eq!(play(&ours, words, sequence), theirs, "{words}");
    }
}
