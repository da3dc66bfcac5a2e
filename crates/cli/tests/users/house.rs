//! Where a project runs its daemon: a folder with the program under the name that it has there, and a network.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;
use yottabgp_interop::peer::Kind;
use yottabgp_interop::peers;
use yottabgp_testkit::Namespace;
use yottabgp_testkit::bgp::{Connection, Open};
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::process::{find, log_tail};
use yottabgp_testkit::wait::{poll, until};

use crate::support::{PATIENCE, Session};

/// What a command line is started by: it has the folder for `/run`, and so for `/var/run`.
const PRIVATE_RUN: &[&str] = &[
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-c",
    "mount --bind \"$0\" /run && exec \"$@\"",
];

/// A folder and a network. Its `run` is what its programs know as `/run`.
#[derive(Debug)]
pub(crate) struct House {
    folder: tempfile::TempDir,
    pub(crate) network: Namespace,
}

impl House {
    /// One where `addresses` are on the loopback; `None`, which was told, where there can be none, or `programs` are missing.
    pub(crate) fn new(addresses: &[&str], programs: &[&str]) -> Option<Self> {
        let network = match Namespace::new() {
            Ok(network) => network,
            Err(reason) => {
                println!("SKIPPED: {reason}");
                return None;
            }
        };
        for address in addresses {
            network.ip(&format!("address add {address} dev lo")).unwrap();
        }
        Self::within(network, programs)
    }

    /// The same in a network that is there.
    pub(crate) fn within(network: Namespace, programs: &[&str]) -> Option<Self> {
        if let Some(program) = programs.iter().find(|program| find(program).is_none()) {
            println!("SKIPPED: {program} is not installed (.ci/install-peers)");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        // The daemon gives up being root, and so do its helpers.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let house = Self { folder, network };
        for name in ["bin", "etc", "run", "log"] {
            fs::create_dir(house.path(name)).unwrap();
            let all = name == "run" || name == "log";
            let mode = if all { 0o777 } else { 0o755 };
            fs::set_permissions(house.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        for name in ["exabgp", "exabgpcli"] {
            symlink(env!("CARGO_BIN_EXE_yottabgp"), house.path("bin").join(name)).unwrap();
        }
        Some(house)
    }

    /// A house at one end of a wire, with the network at its other end, where a real BGP speaker is to run.
    pub(crate) fn beside(
        speaker: &str,
        programs: &[&str],
    ) -> Option<(Self, Namespace, &'static Kind)> {
        let kind = peers::ALL.iter().find(|kind| kind.name == speaker).unwrap();
        if !(kind.installed)() {
            println!("SKIPPED: {speaker} is not installed ({})", kind.package);
            return None;
        }
        match Pair::new() {
            Ok(Pair { left, right }) => Some((Self::within(left, programs)?, right, kind)),
            Err(reason) => {
                println!("SKIPPED: {reason}");
                None
            }
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same, as text for configurations and command lines.
    pub(crate) fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A script that anybody may run.
    pub(crate) fn script(&self, name: &str, text: &str) -> String {
        let path = self.file(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    /// `mkfifo`, for everybody.
    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        nix::unistd::mkfifo(&path, Mode::from_bits_truncate(0o666)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        path
    }

    /// A command line of this house: its programs are found first, no setting of ours is seen.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PRIVATE_RUN[0]);
        command.args(&PRIVATE_RUN[1..]).arg(self.path("run"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_lowercase().starts_with("exabgp") {
                command.env_remove(name);
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command.args(words).env("PATH", format!("{}:{path}", self.name("bin")));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = self.command(words);
        self.network.enter(|| command.output()).unwrap()
    }

    /// The same of one that must succeed: its standard output.
    #[track_caller]
    pub(crate) fn tell(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts a command as a supervisor does: in the foreground, in a group of its own, its output in a file.
    pub(crate) fn supervise(&self, mut command: Command) -> Supervised {
        use std::os::unix::process::CommandExt as _;
        let log = self.path("log/supervisor.log");
        let file = fs::File::options().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        command.process_group(0);
        Supervised { child: self.network.enter(|| command.spawn()).unwrap(), log }
    }

    /// Listens as a BGP speaker.
    pub(crate) fn listen(&self, address: Ipv4Addr) -> TcpListener {
        self.network.enter(|| TcpListener::bind((address, 179))).unwrap()
    }

    /// Calls the daemon as a BGP speaker, again until it answers, and brings the session up.
    #[track_caller]
    pub(crate) fn call(&self, from: Ipv4Addr, to: Ipv4Addr, open: &Open) -> Session {
        let connection = self
            .network
            .enter(|| Connection::connect(from.into(), SocketAddr::from((to, 179)), PATIENCE))
            .unwrap();
        let mut session = Session(connection);
        session.establish(open);
        session
    }

    /// A form sent by HTTP POST to a port of this network: status line and body.
    #[track_caller]
    pub(crate) fn post(&self, port: u16, form: &[(&str, &str)]) -> String {
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        let body = body.join("&");
        let mut stream = self.connect(port).expect("the helper's port");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: ptf\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn connect(&self, port: u16) -> std::io::Result<TcpStream> {
        self.network.enter(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)))
    }

    /// Waits until a helper listens.
    #[track_caller]
    pub(crate) fn await_port(&self, port: u16) {
        until(&format!("port {port}"), || self.connect(port).is_ok());
    }
}

/// The octets of a form's value that may not stand for themselves.
fn quoted(text: &str) -> String {
    text.bytes()
        .map(|octet| match octet {
            b' ' => "+".to_owned(),
            octet if octet.is_ascii_alphanumeric() => char::from(octet).to_string(),
            octet => format!("%{octet:02X}"),
        })
        .collect()
}

/// Takes a call and brings the session up.
#[track_caller]
pub(crate) fn accept(listener: &TcpListener, open: &Open) -> Session {
    let connection = Connection::accept(listener, PATIENCE);
    let mut session = Session(connection.unwrap_or_else(|error| panic!("nobody called: {error}")));
    session.establish(open);
    session
}

/// Waits for the PID file of a daemon in the background, and gives what it says.
#[track_caller]
pub(crate) fn pid_in(path: &Path) -> Pid {
    let pid = poll(PATIENCE, || fs::read_to_string(path).ok()?.trim().parse().ok());
    Pid::from_raw(pid.unwrap_or_else(|| panic!("no PID in {}", path.display())))
}

/// Whether a process is there; one that ended and was not waited for is not.
pub(crate) fn runs(pid: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit_once(") ").map(|(_, rest)| rest.as_bytes()[0]);
    state.is_some_and(|state| state != b'Z')
}

/// A daemon in the background, which is ended whatever happens.
#[derive(Debug)]
pub(crate) struct Background(pub(crate) Pid);

impl Background {
    /// SIGTERM, as `kill` sends it, and how long it took.
    #[track_caller]
    pub(crate) fn end(&self) -> Duration {
        let start = Instant::now();
        kill(self.0, Signal::SIGTERM).unwrap();
        until("the end of the daemon", || !runs(self.0));
        start.elapsed()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if runs(self.0) {
            let _ = kill(self.0, Signal::SIGKILL);
        }
    }
}

/// A daemon in the foreground of a supervisor.
#[derive(Debug)]
pub(crate) struct Supervised {
    child: Child,
    log: PathBuf,
}

impl Supervised {
    pub(crate) fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal to it alone and waits for its end: how long it took, and whether it ended well.
    #[track_caller]
    pub(crate) fn end(&mut self, signal: Signal) -> (Duration, bool) {
        let start = Instant::now();
        kill(self.id(), signal).unwrap();
        let status = poll(PATIENCE, || self.child.try_wait().unwrap());
        let status = status.unwrap_or_else(|| panic!("no end after {signal}"));
        (start.elapsed(), status.success())
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if self.runs() {
            // It ends its helpers, which have groups of their own.
            let _ = kill(self.id(), Signal::SIGTERM);
            let ended = poll(Duration::from_secs(5), || self.child.try_wait().ok().flatten());
            if ended.is_none() {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
        if std::thread::panicking() {
            let text = log_tail(&self.log);
            std::io::stderr().write_all(text.as_bytes()).unwrap();
        }
    }
}
