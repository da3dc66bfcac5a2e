//! The comparison: the same scenarios for both programs, in turns.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::{Program, Running};

use crate::helper::{self, Control, Work};
use crate::usage::{self, Machine, Usage};
use crate::{Options, load, report};

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    /// From the first to the last, or to the end of the time there was.
    pub(crate) time: Duration,
    /// How many routes had come by then.
    pub(crate) routes: u32,
    /// What the program used.
    pub(crate) usage: Usage,
}

impl Outcome {
    /// The better of two: more routes, else less time.
    fn better(self, other: Self) -> Self {
        let key = |outcome: &Self| (u32::MAX - outcome.routes, outcome.time);
        let usage = Usage {
            peak: self.usage.peak.min(other.usage.peak),
            resident: self.usage.resident.min(other.usage.resident),
            cpu: self.usage.cpu.min(other.usage.cpu),
        };
        let best = if key(&other) < key(&self) { other } else { self };
        if self.routes == other.routes { Self { usage, ..best } } else { best }
    }
}

/// One thing that is measured.
pub(crate) struct Scenario {
    /// Its letter on the command line.
    pub(crate) letter: char,
    /// Its row in the table.
    pub(crate) name: &'static str,
    run: fn(&Bench, &Path) -> Result<Outcome, String>,
}

/// All of them.
pub(crate) const SCENARIOS: [Scenario; 4] = [
    Scenario { letter: 'a', name: "a helper announces, the peer has them", run: Bench::announce },
    Scenario {
        letter: 'b',
        name: "the peer announces, a helper has their JSON",
        run: Bench::receive,
    },
    Scenario {
        letter: 'c',
        name: "started with them configured, the peer has them",
        run: Bench::configured,
    },
    Scenario { letter: 'i', name: "started with none, the session is up", run: Bench::idle },
];

/// The results by scenario and program.
pub(crate) type Results = BTreeMap<(char, usize), Outcome>;

struct Bench {
    options: Options,
    pair: Pair,
    directory: TempDir,
}

/// Measures everything, and gives the table.
pub(crate) fn compare(options: &Options, program: &Path, exabgp: &Path) -> Result<String, String> {
    let pair = Pair::new()?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let bench = Bench { options: options.clone(), pair, directory };
    let programs = [program, exabgp];
    let mut results = Results::new();
    let before = Machine::now();
    for scenario in SCENARIOS.iter().filter(|item| options.only.contains(item.letter)) {
        for run in 1..=options.runs {
            for (number, program) in programs.iter().enumerate() {
                let key = (scenario.letter, number);
                let before = results.get(&key).copied();
                // What was not done in time once would take as long again.
                if before.is_some_and(|outcome| outcome.routes < options.routes) {
                    continue;
                }
                let outcome = (scenario.run)(&bench, program).map_err(|error| {
                    format!("{} ({}): {error}\n{}", scenario.name, program.display(), bench.log())
                })?;
                eprintln!(
                    "{} run {run} {}: {:.3} s, {} routes, {} KiB at most",
                    scenario.letter,
                    program.display(),
                    outcome.time.as_secs_f64(),
                    outcome.routes,
                    outcome.usage.peak
                );
                results.insert(key, before.map_or(outcome, |before| before.better(outcome)));
            }
        }
    }
    let versions = programs.map(version);
    Ok(report::table(options, &versions, &results, Machine::others_since(before)))
}

/// Its name, and the first number `version` tells.
fn version(program: &Path) -> String {
    let output = std::process::Command::new(program).arg("version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    // «name : ExaBGP version : 5.0.15», in whatever arrangement.
    let mut words = text.split_whitespace();
    let number = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned());
    format!("{} {}", name.unwrap_or_default(), number.unwrap_or_default()).trim().to_owned()
}

impl Bench {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn log(&self) -> String {
        yottabgp_testkit::process::log_tail(&self.path("log"))
    }

    fn listener(&self) -> Result<TcpListener, String> {
        let address = SocketAddr::from((Pair::RIGHT_IPV4, 0));
        self.pair.right.enter(|| TcpListener::bind(address)).map_err(|error| error.to_string())
    }

    fn control(&self) -> Result<Control, String> {
        let path = self.path("control");
        let _ = std::fs::remove_file(&path);
        Control::listen(path).map_err(|error| error.to_string())
    }

    /// The configuration: one neighbor, with what is given inside of it and before it.
    fn configure(&self, before: &str, inside: &str) -> Result<(), String> {
        let text = format!(
            "{before}neighbor {peer} {{\n\trouter-id 10.0.0.1;\n\tlocal-address {local};\n\tlocal-as 65001;\n\tpeer-as 65002;\n\tfamily {{\n\t\tipv4 unicast;\n\t}}\n{inside}}}\n",
            peer = Pair::RIGHT_IPV4,
            local = Pair::LEFT_IPV4,
        );
        std::fs::write(self.path("conf"), text).map_err(|error| error.to_string())
    }

    fn start(&self, program: &Path, listener: &TcpListener) -> Result<Running, String> {
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        let _ = std::fs::remove_file(self.path("log"));
        Program::new(program, self.path("log"))
            .argument(self.path("conf"))
            .environment("exabgp_tcp_port", port.to_string())
            .environment("exabgp_tcp_bind", "")
            .environment("exabgp_daemon_user", "root")
            .environment("exabgp_daemon_drop", "false")
            .environment("exabgp_api_version", "4")
            .environment("exabgp_api_cli", "false")
            .environment("exabgp_log_enable", "false")
            .start(&self.pair.left)
            .map_err(|error| format!("{}: {error}", program.display()))
    }

    fn process(&self, control: &Control, work: Work) -> String {
        let words = control.command(work, self.options.routes);
        let words: Vec<_> =
            words.iter().map(|word| format!("\"{}\"", word.to_string_lossy())).collect();
        format!("process helper {{\n\trun {};\n\tencoder json;\n}}\n", words.join(" "))
    }

    fn outcome(&self, running: &Running, routes: u32, time: Duration) -> Outcome {
        Outcome { time, routes, usage: usage::of_tree(running.id()) }
    }

    /// From the first line of the helper to the last prefix at the peer.
    fn announce(&self, program: &Path) -> Result<Outcome, String> {
        let limit = self.options.limit;
        let control = self.control()?;
        let api = "\tapi {\n\t\tprocesses [ helper ];\n\t}\n";
        self.configure(&self.process(&control, Work::Announce), api)?;
        let listener = self.listener()?;
        let running = self.start(program, &listener)?;
        let mut helper = control.accept(limit).map_err(|error| format!("the helper: {error}"))?;
        let session = load::session(&listener, limit);
        let mut connection = session.map_err(|error| format!("the session: {error}"))?;
        let first = Instant::now();
        helper.write_all(b"go\n").map_err(|error| format!("the helper: {error}"))?;
        let (routes, last) = load::sink(&mut connection, self.options.routes, first + limit)
            .map_err(|error| format!("the peer: {error}"))?;
        let outcome = self.outcome(&running, routes, last - first);
        // It must not live to see its helper end: it would start another, and the next scenario would take it for its own.
        drop(running);
        drop(helper);
        Ok(outcome)
    }

    /// From the first octet of the first UPDATE to the last prefix at the helper.
    fn receive(&self, program: &Path) -> Result<Outcome, String> {
        let limit = self.options.limit;
        let control = self.control()?;
        let api = "\tapi {\n\t\tprocesses [ helper ];\n\t\treceive {\n\t\t\tparsed;\n\t\t\tupdate;\n\t\t}\n\t}\n";
        self.configure(&self.process(&control, Work::Count), api)?;
        let listener = self.listener()?;
        let running = self.start(program, &listener)?;
        let helper = control.accept(limit).map_err(|error| format!("the helper: {error}"))?;
        let session = load::session(&listener, limit);
        let mut connection = session.map_err(|error| format!("the session: {error}"))?;
        let table = load::table(self.options.routes);
        let mut writer = connection.stream().try_clone().map_err(|error| error.to_string())?;
        let first = Instant::now();
        let end = first + limit;
        let reader = thread::spawn(move || load::keep_alive(&mut connection, end));
        let writer = thread::spawn(move || writer.write_all(&table));
        let (routes, last) = helper::counted(&helper, self.options.routes, end);
        let outcome = self.outcome(&running, routes, last - first);
        drop(running);
        let _ = (writer.join(), reader.join());
        Ok(outcome)
    }

    /// From the start of the program to the last prefix at the peer.
    fn configured(&self, program: &Path) -> Result<Outcome, String> {
        let mut inside = String::from("\tstatic {\n");
        for number in 0..self.options.routes {
            let _ = writeln!(inside, "\t\t{};", helper::route(number));
        }
        inside += "\t}\n";
        self.started(program, &inside, self.options.routes)
    }

    /// From the start of the program to the session.
    fn idle(&self, program: &Path) -> Result<Outcome, String> {
        let outcome = self.started(program, "", 0)?;
        Ok(Outcome { routes: self.options.routes, ..outcome })
    }

    fn started(&self, program: &Path, inside: &str, routes: u32) -> Result<Outcome, String> {
        let limit = self.options.limit;
        self.configure("", inside)?;
        let listener = self.listener()?;
        let first = Instant::now();
        let running = self.start(program, &listener)?;
        let mut connection = match load::session(&listener, limit) {
            Ok(connection) => connection,
            Err(error) if first.elapsed() < limit => return Err(format!("the session: {error}")),
            Err(_) => return Ok(self.outcome(&running, 0, first.elapsed())),
        };
        let (routes, last) = load::sink(&mut connection, routes, first + limit)
            .map_err(|error| format!("the peer: {error}"))?;
        Ok(self.outcome(&running, routes, last - first))
    }
}
