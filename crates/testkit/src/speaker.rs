//! ExaBGP, or a program like it: configured, started, and talked to through a helper.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::events::{self, Table};
use crate::process::{Program, Running, find, log_tail};
use crate::route::{Attributes, Origin, Route, read_community, read_large_community, read_prefix};
use crate::wait::PATIENCE;
use crate::{Namespace, Relay};

/// Where the program under test is: `YOTTABGP_PROGRAM`, or else what cargo built of this
/// workspace, release before debug.
///
/// # Errors
/// Says where it was looked for.
pub fn program() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os("YOTTABGP_PROGRAM") {
        let path = PathBuf::from(path);
        return if path.is_file() {
            Ok(path)
        } else {
            Err(format!("YOTTABGP_PROGRAM is no program: {}", path.display()))
        };
    }
    let target = target_directory();
    ["release", "debug"]
        .map(|profile| target.join(profile).join("yottabgp"))
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            format!(
                "no yottabgp in {}: build it (cargo build), or set YOTTABGP_PROGRAM",
                target.display()
            )
        })
}

/// ExaBGP itself: `EXABGP`, `target/exabgp` (where `.ci/install-peers` puts it), or in `PATH`.
pub fn exabgp() -> Option<PathBuf> {
    let given = std::env::var_os("EXABGP").map(PathBuf::from);
    let installed = workspace().join("target/exabgp/bin/exabgp");
    let elsewhere = PathBuf::from("/opt/exabgp/bin/exabgp");
    let known = given.into_iter().chain([installed, elsewhere]).find(|path| path.is_file());
    known.or_else(|| find("exabgp"))
}

/// The root folder of the workspace.
pub fn workspace() -> PathBuf {
    let mut folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    folder.pop();
    folder.pop();
    folder
}

/// Where cargo puts what it builds.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// One session of one program.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program: ExaBGP or what stands in for it.
    pub program: PathBuf,
    /// Folder for the configuration, the log and the helper's socket.
    pub directory: PathBuf,
    /// Name of these files.
    pub name: &'static str,
    /// Our address.
    pub local: IpAddr,
    /// The peer's address.
    pub peer: IpAddr,
    /// Our AS.
    pub local_as: u32,
    /// The peer's AS.
    pub peer_as: u32,
    /// BGP identifier.
    pub router_id: &'static str,
    /// Seconds.
    pub hold_time: u16,
    /// Wait for the peer instead of calling it.
    pub passive: bool,
    /// Listen though not passive: both sides call each other.
    pub listens: bool,
    /// TCP port to listen on or to call.
    pub port: u16,
    /// Key of TCP MD5 signatures (RFC 2385).
    pub password: Option<String>,
    /// Whether to have the graceful restart capability (RFC 4724).
    pub graceful_restart: bool,
    /// The families, by the words of the configuration; none for unicast of both.
    pub families: Vec<String>,
    /// Whether the helper is also told of what is sent.
    pub watch_sent: bool,
    /// BMP stations that are told of the session.
    pub stations: Vec<SocketAddr>,
    /// Routes of the configuration.
    pub routes: BTreeSet<Route>,
    /// The command that becomes the helper when the relay's socket is added to it.
    pub helper: Vec<OsString>,
}

impl Settings {
    /// The configuration file.
    pub fn configuration(&self, socket: &Path) -> String {
        let helper: Vec<_> =
            self.helper.iter().map(|word| format!("\"{}\"", word.to_string_lossy())).collect();
        let mut text = format!(
            "process watch {{\n\trun {} \"{}\";\n\tencoder json;\n}}\n",
            helper.join(" "),
            socket.display()
        );
        if !self.stations.is_empty() {
            text += "bmp {\n";
            for station in &self.stations {
                text += &format!("\tstation {station} {{\n\t\tstatistics-interval 1;\n\t}}\n");
            }
            text += "}\n";
        }
        text += &format!(
            "neighbor {} {{\n\trouter-id {};\n\tlocal-address {};\n\tlocal-as {};\n\tpeer-as {};\n\thold-time {};\n",
            self.peer, self.router_id, self.local, self.local_as, self.peer_as, self.hold_time
        );
        if self.passive {
            text += "\tpassive true;\n";
        }
        if let Some(password) = &self.password {
            text += &format!("\tmd5-password \"{password}\";\n");
            if self.passive {
                text += &format!("\tlisten {};\n", self.port);
            }
        }
        let restart = if self.graceful_restart { "\t\tgraceful-restart 30;\n" } else { "" };
        text += &format!("\tcapability {{\n\t\troute-refresh enable;\n{restart}\t}}\n");
        text += "\tfamily {\n";
        let unicast = ["ipv4 unicast", "ipv6 unicast"].map(str::to_owned);
        let families = if self.families.is_empty() { &unicast } else { self.families.as_slice() };
        for family in families {
            text += &format!("\t\t{family};\n");
        }
        text += "\t}\n";
        text += "\tapi {\n\t\tprocesses [ watch ];\n\t\tneighbor-changes;\n";
        let directions: &[&str] = if self.watch_sent { &["receive", "send"] } else { &["receive"] };
        for direction in directions {
            text += &format!(
                "\t\t{direction} {{\n\t\t\tparsed;\n\t\t\tupdate;\n\t\t\tnotification;\n\t\t\trefresh;\n\t\t}}\n"
            );
        }
        text += "\t}\n";
        if !self.routes.is_empty() {
            text += "\tstatic {\n";
            for route in &self.routes {
                text += &format!("\t\t{route};\n");
            }
            text += "\t}\n";
        }
        text += "}\n";
        text
    }
}

/// A running program with its helper.
#[derive(Debug)]
pub struct Speaker {
    /// What it was started with; may be changed before [`Speaker::start`].
    pub settings: Settings,
    /// The helper.
    pub relay: Relay,
    running: Option<Running>,
    table: Table,
    read: usize,
}

impl Speaker {
    /// Prepares, starting nothing.
    pub fn new(settings: Settings) -> Self {
        let relay = Relay::listen(settings.directory.join(format!("{}.sock", settings.name)));
        Self { settings, relay, running: None, table: Table::default(), read: 0 }
    }

    /// Where its output is.
    pub fn log(&self) -> PathBuf {
        self.settings.directory.join(format!("{}.log", self.settings.name))
    }

    /// Starts it in `namespace` and waits for its helper.
    ///
    /// # Panics
    /// When the helper does not come.
    pub fn start(&mut self, namespace: &Namespace) {
        let path = self.configure();
        let settings = &self.settings;
        let before = self.relay.generation();
        // With `listen` the neighbor has a socket of its own.
        let listens = settings.listens || settings.passive && settings.password.is_none();
        let bind = if listens { settings.local.to_string() } else { String::new() };
        let running = Program::new(&settings.program, self.log())
            .argument(&path)
            .environment("exabgp_tcp_port", settings.port.to_string())
            .environment("exabgp_tcp_bind", bind)
            .environment("exabgp_daemon_user", "root")
            .environment("exabgp_daemon_drop", "false")
            .environment("exabgp_api_version", "4")
            .environment("exabgp_api_cli", "false")
            .environment("exabgp_log_level", "INFO")
            .environment("exabgp_log_statistics", "false")
            .environment("exabgp_log_processes", "false")
            .start(namespace)
            .unwrap_or_else(|error| panic!("{}: {error}", settings.program.display()));
        self.table = Table::default();
        self.read = self.relay.mark();
        self.running = Some(running);
        assert!(
            self.relay.started(before),
            "the helper of {} never came\n{}",
            settings.name,
            log_tail(&self.log())
        );
    }

    /// Writes the configuration file, at once and as a whole.
    ///
    /// # Panics
    /// When it can not be written.
    pub fn configure(&self) -> PathBuf {
        let settings = &self.settings;
        let path = settings.directory.join(format!("{}.conf", settings.name));
        let new = path.with_extension("new");
        std::fs::write(&new, settings.configuration(self.relay.path())).expect("a configuration");
        std::fs::rename(new, &path).expect("a configuration");
        path
    }

    /// The process.
    ///
    /// # Panics
    /// When it was not started.
    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("started")
    }

    /// Ends it as an operator would.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take()
            && let Err(error) = running.terminate(Duration::from_secs(10))
        {
            panic!("{}: {error}", self.settings.name);
        }
    }

    /// Waits for an event after `mark` whose member at `path` is `value`, and gives its line.
    pub fn event(&self, mark: usize, path: &[&str], value: &str) -> Option<String> {
        self.relay.find(mark, PATIENCE, |line| {
            (events::member(line, path)? == value).then(|| line.to_owned())
        })
    }

    /// Waits for the session to be (or come) up or down after `mark`.
    #[track_caller]
    pub fn await_state(&self, mark: usize, state: &str) -> String {
        self.event(mark, &["neighbor", "state"], state).unwrap_or_else(|| {
            panic!(
                "{}: waited in vain for the session to be {state}\n{}",
                self.settings.name,
                log_tail(&self.log())
            )
        })
    }

    /// The routes received, by the events of the helper.
    ///
    /// # Errors
    /// When an event is not readable.
    pub fn received(&mut self) -> Result<BTreeSet<Route>, String> {
        let lines = self.relay.lines(self.read);
        for line in &lines {
            self.table.read(line)?;
        }
        self.read += lines.len();
        Ok(self.table.routes())
    }

    /// The commands announcing routes: those with the same attributes by `attributes … nlri`
    /// where there are several and `grouped` says so, else one a line.
    pub fn announcements(routes: &[Route], grouped: bool) -> Vec<String> {
        if !grouped {
            return routes.iter().map(|route| format!("announce {route}")).collect();
        }
        let mut lines = Vec::new();
        for (hop, attributes, routes) in crate::route::by_attributes(routes) {
            for some in routes.chunks(50) {
                let prefixes: Vec<_> = some.iter().map(|route| route.prefix()).collect();
                let words = attributes.words();
                let nlri = prefixes.join(" ");
                lines.push(format!("announce attributes next-hop {hop} {words} nlri {nlri}"));
            }
        }
        lines
    }

    /// `show adj-rib in|out extensive`, read back.
    ///
    /// # Errors
    /// When it is refused, or not readable.
    pub fn adj_rib(&self, direction: &str) -> Result<BTreeSet<Route>, String> {
        let lines = self.relay.ask(&format!("show adj-rib {direction} extensive"))?;
        lines
            .iter()
            .filter(|line| !line.trim().is_empty())
            .map(|line| read_route(line).ok_or_else(|| format!("not a route: {line}")))
            .collect()
    }
}

/// Reads a line of `show adj-rib … extensive` or `show bmp routes extensive`: `… ipv4 unicast PREFIX next-hop … origin …`.
pub fn read_route(line: &str) -> Option<Route> {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || "[](),".contains(c))
        .filter(|w| !w.is_empty())
        .collect();
    let at = words.iter().position(|word| *word == "unicast")?;
    let (network, length) = read_prefix(words.get(at + 1)?)?;
    let mut next_hop = None;
    let mut attributes = Attributes {
        origin: Origin::Igp,
        as_path: Vec::new(),
        med: None,
        communities: BTreeSet::new(),
        large_communities: BTreeSet::new(),
    };
    let mut keyword = "";
    for word in &words[at + 2..] {
        let value = keyword == "origin" || word.contains(':');
        if !value && word.starts_with(|c: char| c.is_ascii_alphabetic()) {
            keyword = word;
            continue;
        }
        match keyword {
            "next-hop" => next_hop = Some(word.parse().ok()?),
            "origin" => {
                attributes.origin = Origin::read(word)?;
                keyword = "";
            }
            "as-path" => attributes.as_path.push(word.parse().ok()?),
            "med" => attributes.med = Some(word.parse().ok()?),
            // BIRD gives every route one.
            "local-preference" => {}
            "community" => {
                attributes.communities.insert(read_community(word)?);
            }
            "large-community" => {
                attributes.large_communities.insert(read_large_community(word)?);
            }
            _ => return None,
        }
    }
    Some(Route { network, length, next_hop: next_hop?, attributes })
}
