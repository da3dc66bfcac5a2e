//! The settings of the process: environment variables, the ini file, defaults.

mod ini;
mod read;
mod render;
mod table;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use yottabgp_wire::layout::Layout;

use crate::dialect::Dialect;
use crate::model::Encoder;

pub use read::{Notice, Place, load};
pub use render::{Form, help};
pub use table::{Setting, TABLE};

/// Every setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `exabgp.daemon.*`
    pub daemon: Daemon,
    /// `exabgp.log.*`
    pub log: Log,
    /// `exabgp.tcp.*`
    pub tcp: Tcp,
    /// `exabgp.bgp.*`
    pub bgp: Bgp,
    /// `exabgp.api.*`
    pub api: Api,
    /// `exabgp.debug.*`
    pub debug: Debug,
    /// `exabgp.configuration.dialect`: what files are read as; `None` for what they turn out to be.
    pub dialect: Option<Dialect>,
    /// `exabgp.cache.attributes`: accepted; sharing attributes costs nothing here.
    pub cache_attributes: bool,
    /// `exabgp.cache.nexthops`: accepted; does nothing.
    pub cache_nexthops: bool,
    /// `exabgp.profile.enable`: accepted; does nothing.
    pub profile_enable: bool,
    /// `exabgp.profile.file`: accepted; does nothing.
    pub profile_file: String,
    /// `exabgp.pdb.enable`: accepted; does nothing.
    pub pdb_enable: bool,
    /// `exabgp.reactor.speed`: accepted; nothing is polled here. Kept as text.
    pub reactor_speed: String,
    /// `exabgp_version`: the version to say instead of our own.
    pub version: Option<String>,
}

/// `exabgp.daemon.*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// The pid file; empty for none.
    pub pid: String,
    /// The user to become.
    pub user: String,
    /// Whether the user was set, so that it must exist.
    pub user_is_set: bool,
    /// Whether to go to the background.
    pub daemonize: bool,
    /// Whether privileges are dropped before helpers are started.
    pub drop: bool,
    /// The file mode creation mask.
    pub umask: u32,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything.
    Debug,
    /// Changes of state and worse.
    Info,
    /// What is probably wrong.
    Warning,
    /// What failed.
    Error,
    /// What ends the program.
    Critical,
}

impl Level {
    /// Every name, of Python's levels.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("DEBUG", Self::Debug),
        ("INFO", Self::Info),
        ("WARNING", Self::Warning),
        ("ERROR", Self::Error),
        ("CRITICAL", Self::Critical),
        ("FATAL", Self::Critical),
        ("NOTSET", Self::Debug),
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// `exabgp.log.*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Whether anything is logged.
    pub enable: bool,
    /// From which level on.
    pub level: Level,
    /// `stdout`, `stderr`, `syslog`, `host:NAME` or a file.
    pub destination: String,
    /// Every topic.
    pub all: bool,
    /// Topic.
    pub configuration: bool,
    /// Topic.
    pub reactor: bool,
    /// Topic.
    pub daemon: bool,
    /// Topic.
    pub processes: bool,
    /// Topic.
    pub network: bool,
    /// Topic.
    pub statistics: bool,
    /// Topic: what is sent and received, in hexadecimal.
    pub packets: bool,
    /// Topic.
    pub rib: bool,
    /// Topic.
    pub message: bool,
    /// Topic.
    pub timers: bool,
    /// Topic.
    pub routes: bool,
    /// Topic.
    pub parser: bool,
    /// Whether time and process identifier are left out.
    pub short: bool,
}

/// `exabgp.tcp.*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    /// How often a peer is dialled, 0 for ever. `tcp.connections` and `tcp.once` are other names.
    pub attempts: u32,
    /// Minutes: the start waits for the next multiple of this; 0 for no wait.
    pub delay: u32,
    /// The addresses to listen on; none for no listening.
    pub bind: Vec<IpAddr>,
    /// The port to listen on.
    pub port: u16,
    /// The peers' port, where it was set by an environment variable: used when a neighbor has no `connect`.
    pub connect: Option<u16>,
    /// Accepted; does nothing.
    pub acl: bool,
}

/// `exabgp.bgp.*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bgp {
    /// Every neighbor is passive.
    pub passive: bool,
    /// Seconds to wait for the OPEN of a peer.
    pub openwait: u16,
    /// Whether to warn when a peer sends more paths than our PATHS-LIMIT.
    pub paths_limit_audit: bool,
}

/// `exabgp.api.*`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// 4 or 6: how we answer and what events look like.
    pub version: u8,
    /// Whether commands are answered `done` or `error`; `None` for what the dialect of the configuration means by that,
    /// see [`Environment::acknowledges`].
    pub ack: Option<bool>,
    /// Lines in one turn of `show` commands.
    pub chunk: u32,
    /// The form of events for processes of ExaBGP 3.4 that name none; `None` for its default, text.
    pub encoder: Option<Encoder>,
    /// Which release of ExaBGP events look like; none for that of the dialect of the configuration, or of `version`.
    pub json: Option<Layout>,
    /// Whether unicast NLRI are bare strings in JSON.
    pub compact: bool,
    /// Whether helpers are started again.
    pub respawn: bool,
    /// Whether the program ends when a helper does.
    pub terminate: bool,
    /// Whether there are control pipes and a control socket.
    pub cli: bool,
    /// The name of the pipes, without `.in` and `.out`.
    pub pipename: String,
    /// The name of the socket, without `.sock`.
    pub socketname: String,
    /// 1 or 2: what a route looks like in the JSON of `show adj-rib`.
    pub show_routes_format: u8,
    /// The variable `exabgp_cli_pipe`: where the pipes are.
    pub cli_pipe: Option<String>,
    /// The variable `exabgp_cli_socket`: where the socket is; empty for none.
    pub cli_socket: Option<String>,
}

/// `exabgp.debug.*`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debug {
    /// Several files: each reload takes the next one.
    pub rotate: bool,
    /// Accepted; does nothing.
    pub pdb: bool,
    /// Accepted; does nothing.
    pub memory: bool,
    /// Accepted; errors are always complete.
    pub configuration: bool,
    /// Accepted; does nothing.
    pub selfcheck: bool,
    /// Accepted; does nothing.
    pub defensive: bool,
    /// Accepted; does nothing.
    pub timing: bool,
    /// Accepted; does nothing.
    pub route: String,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            daemon: Daemon {
                pid: String::new(),
                user: "nobody".into(),
                user_is_set: false,
                daemonize: false,
                drop: true,
                umask: 0o137,
            },
            log: Log {
                enable: true,
                level: Level::Info,
                destination: "stdout".into(),
                all: false,
                configuration: true,
                reactor: true,
                daemon: true,
                processes: true,
                network: true,
                statistics: true,
                packets: false,
                rib: false,
                message: false,
                timers: false,
                routes: false,
                parser: false,
                short: true,
            },
            tcp: Tcp {
                attempts: 0,
                delay: 0,
                bind: Vec::new(),
                port: 179,
                connect: None,
                acl: false,
            },
            bgp: Bgp { passive: false, openwait: 60, paths_limit_audit: true },
            api: Api {
                version: 4,
                ack: None,
                chunk: 1,
                encoder: None,
                json: None,
                compact: false,
                respawn: true,
                terminate: false,
                cli: true,
                pipename: "exabgp".into(),
                socketname: "exabgp".into(),
                show_routes_format: 1,
                cli_pipe: None,
                cli_socket: None,
            },
            debug: Debug::default(),
            dialect: None,
            cache_attributes: true,
            cache_nexthops: true,
            profile_enable: false,
            profile_file: String::new(),
            pdb_enable: false,
            reactor_speed: "1.0".into(),
            version: None,
        }
    }
}

impl Environment {
    /// Whether commands of helpers are answered `done` or `error`: ExaBGP 3.4 never does, and its helpers do not read.
    pub fn acknowledges(&self, dialect: Dialect) -> bool {
        self.api.ack.unwrap_or(dialect != Dialect::ExaBgp34)
    }

    /// Which release events look like where a process does not say: that of the environment, or the one that the file was
    /// written for. `None` for that of the version of the API.
    pub fn layout(&self, dialect: Dialect) -> Option<Layout> {
        self.api.json.or(match dialect {
            Dialect::ExaBgp34 => Some(Layout::V3_4),
            Dialect::ExaBgp4 => Some(Layout::V4),
            Dialect::ExaBgp5 => None,
        })
    }

    /// What we call ourselves to peers: the version that was set is ExaBGP's.
    pub fn software(&self) -> String {
        match &self.version {
            Some(version) => format!("ExaBGP/{version}"),
            None => format!("YottaBGP/{}", env!("CARGO_PKG_VERSION")),
        }
    }
}
