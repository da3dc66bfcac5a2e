//! What is measured.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::helper::now;
use crate::peer::{Session, table};
use crate::program::{Program, Usage};

/// How long a program may take to connect: with a large configuration that is most of the work.
const CONNECT: Duration = Duration::from_secs(120);

/// One thing to measure.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Program, u32, Duration) -> Result<Sample>,
}

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From the first line, octet or instruction to the last route.
    pub(crate) time: Duration,
    /// Routes that came.
    pub(crate) routes: u32,
    pub(crate) usage: Usage,
}

impl Sample {
    /// Routes in a second.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.routes) / self.time.as_secs_f64().max(1e-9)
    }
}

/// Everything that is measured.
pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { name: "helper's lines to the wire", run: announce },
    Scenario { name: "the wire to a helper's JSON", run: receive },
    Scenario { name: "start with static routes", run: configure },
];

/// The configuration of a session with the peer at `port`, with `more` in its neighbor and `process` beside it.
fn configuration(
    folder: &Path,
    port: u16,
    process: &str,
    more: &str,
) -> Result<std::path::PathBuf> {
    let path = folder.join("bench.conf");
    let text = format!(
        "{process}\nneighbor 127.0.0.1 {{\n  router-id 10.0.0.1;\n  local-address 127.0.0.1;\n  local-as 65001;\n  \
         peer-as 65001;\n  connect {port};\n  hold-time 180;\n  family {{ ipv4 unicast; }}\n{more}}}\n"
    );
    fs::write(&path, text)?;
    Ok(path)
}

/// A process section that runs this program as a helper.
fn process(mode: &str, folder: &Path, count: u32) -> Result<String> {
    let program = std::env::current_exe()?;
    Ok(format!(
        "process bench {{\n  run {} {mode} {} {count};\n  encoder json;\n}}\n",
        program.display(),
        folder.display()
    ))
}

/// A folder that a helper of any user may write to.
fn folder() -> Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))?;
    Ok(folder)
}

fn between(begin: u128, end: u128) -> Duration {
    Duration::from_nanos(u64::try_from(end.saturating_sub(begin)).unwrap_or(u64::MAX))
}

/// A helper writes `announce route` lines; the peer counts.
fn announce(program: &Program, count: u32, limit: Duration) -> Result<Sample> {
    let folder = folder()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let helper = process("helper-announce", folder.path(), count)?;
    let file = configuration(folder.path(), port, &helper, "  api { processes [ bench ]; }\n")?;
    let running = program.start(&file)?;
    let mut session = Session::accept(&listener, CONNECT)?;
    fs::write(folder.path().join("go"), "")?;
    let (routes, last) = session.count(count, limit)?;
    let begin =
        fs::read_to_string(folder.path().join("begin")).context("the helper did not begin")?;
    Ok(Sample { time: between(begin.trim().parse()?, last), routes, usage: running.usage() })
}

/// The peer sends a table; a helper counts the routes of its JSON.
fn receive(program: &Program, count: u32, limit: Duration) -> Result<Sample> {
    let folder = folder()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let helper = process("helper-count", folder.path(), count)?;
    let api = "  api { processes [ bench ]; receive { parsed; update; } }\n";
    let file = configuration(folder.path(), port, &helper, api)?;
    let octets = table(count);
    let running = program.start(&file)?;
    let mut session = Session::accept(&listener, CONNECT)?;
    let begin = session.blast(&octets)?;
    let waiting = Instant::now();
    let end = folder.path().join("end");
    while !end.exists() && waiting.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(1));
    }
    let said = fs::read_to_string(folder.path().join("count")).unwrap_or_default();
    let mut words = said.split(' ');
    let routes = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let last = words.next().and_then(|word| word.parse().ok()).unwrap_or_else(now);
    Ok(Sample { time: between(begin, last), routes, usage: running.usage() })
}

/// The program starts with static routes; the peer counts.
fn configure(program: &Program, count: u32, limit: Duration) -> Result<Sample> {
    let folder = folder()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let mut routes = String::from("  static {\n");
    for index in 0..count {
        let [_, a, b, c] = index.to_be_bytes();
        writeln!(routes, "    route {}.{b}.{c}.0/24 next-hop 10.0.0.1;", 20 + u32::from(a))?;
    }
    routes.push_str("  }\n");
    let file = configuration(folder.path(), port, "", &routes)?;
    let begin = now();
    let running = program.start(&file)?;
    let mut session = Session::accept(&listener, CONNECT)?;
    let (routes, last) = session.count(count, limit)?;
    Ok(Sample { time: between(begin, last), routes, usage: running.usage() })
}
