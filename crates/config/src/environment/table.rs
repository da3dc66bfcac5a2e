//! Every setting: a row.

use std::net::IpAddr;

use yottabgp_wire::layout::Layout;

use super::{Environment, Level};
use crate::dialect::Dialect;
use crate::model::Encoder;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// The section, without `exabgp.`.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Whether its value is shown in quotes.
    pub quoted: bool,
    /// Whether `env` leaves it out.
    pub hidden: bool,
    /// Reads a value; an error says what would be right.
    pub(super) set: fn(&mut Environment, &str) -> Result<(), Wrong>,
    /// The value as text.
    pub(super) show: fn(&Environment) -> String,
}

impl Setting {
    /// The value as text, without quotes.
    pub fn show(&self, environment: &Environment) -> String {
        (self.show)(environment)
    }

    /// `tcp.port`
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// Why a value is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It can not be: what would be right.
    Value(&'static str),
    /// ExaBGP takes any word but those of yes as no.
    Boolean,
}

/// A row whose value is a boolean.
macro_rules! boolean {
    ($section:literal, $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            section: $section,
            key: $key,
            help: $help,
            quoted: false,
            hidden: false,
            set: |environment, text| {
                let on = crate::words::boolean(text.trim());
                environment.$($field).+ = on.unwrap_or(false);
                on.map(|_| ()).ok_or(Wrong::Boolean)
            },
            show: |environment| environment.$($field).+.to_string(),
        }
    };
}

/// A row whose value is any text.
macro_rules! text {
    ($section:literal, $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            section: $section,
            key: $key,
            help: $help,
            quoted: true,
            hidden: false,
            set: |environment, text| {
                environment.$($field).+ = text.to_owned();
                Ok(())
            },
            show: |environment| environment.$($field).+.clone(),
        }
    };
}

/// A row whose value is a number.
macro_rules! number {
    ($section:literal, $key:literal, $($field:ident).+, $help:literal, $format:literal) => {
        Setting {
            section: $section,
            key: $key,
            help: $help,
            quoted: false,
            hidden: false,
            set: |environment, text| {
                environment.$($field).+ = text.trim().parse().map_err(|_| Wrong::Value($format))?;
                Ok(())
            },
            show: |environment| environment.$($field).+.to_string(),
        }
    };
}

/// The settings, in the order in which `env` shows them.
pub const TABLE: &[Setting] = &[
    boolean!("profile", "enable", profile_enable, "accepted; does nothing"),
    text!("profile", "file", profile_file, "accepted; does nothing"),
    boolean!("pdb", "enable", pdb_enable, "accepted; does nothing"),
    text!("daemon", "pid", daemon.pid, "where to save the pid, if wanted"),
    Setting {
        set: |environment, text| {
            environment.daemon.user = text.to_owned();
            environment.daemon.user_is_set = true;
            Ok(())
        },
        ..text!("daemon", "user", daemon.user, "the user to become")
    },
    boolean!("daemon", "daemonize", daemon.daemonize, "run in the background"),
    boolean!("daemon", "drop", daemon.drop, "drop privileges before helpers are started"),
    Setting {
        section: "daemon",
        key: "umask",
        help: "the file mode creation mask, octal",
        quoted: true,
        hidden: false,
        set: |environment, text| {
            let text = text.trim();
            let digits = text.trim_start_matches("0o").trim_start_matches("0O");
            environment.daemon.umask = u32::from_str_radix(digits, 8)
                .ok()
                .filter(|mask| *mask <= 0o777)
                .ok_or(Wrong::Value("an octal number, such as 0o137"))?;
            Ok(())
        },
        show: |environment| format!("0o{:o}", environment.daemon.umask),
    },
    boolean!("log", "enable", log.enable, "whether anything is logged"),
    Setting {
        section: "log",
        key: "level",
        help: "log messages of this level and worse",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            let named =
                Level::NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim()));
            let (_, level) = named
                .ok_or(Wrong::Value("FATAL, CRITICAL, ERROR, WARNING, INFO, DEBUG or NOTSET"))?;
            environment.log.level = *level;
            Ok(())
        },
        show: |environment| environment.log.level.name().to_owned(),
    },
    text!(
        "log",
        "destination",
        log.destination,
        "stdout, stderr, syslog, host:<name> or a file name"
    ),
    boolean!("log", "all", log.all, "every topic"),
    boolean!(
        "log",
        "configuration",
        log.configuration,
        "the topic configuration: reading the file"
    ),
    boolean!("log", "reactor", log.reactor, "the topic reactor: signals, reloads"),
    boolean!("log", "daemon", log.daemon, "the topic daemon: pid file, privileges"),
    boolean!("log", "processes", log.processes, "the topic processes: helper programs"),
    boolean!("log", "network", log.network, "the topic network: connections and states"),
    boolean!("log", "statistics", log.statistics, "the topic statistics"),
    boolean!("log", "packets", log.packets, "the topic packets: what is sent and received"),
    boolean!("log", "rib", log.rib, "the topic rib: changes of routes"),
    boolean!("log", "message", log.message, "the topic message: changes of routes, as messages"),
    boolean!("log", "timers", log.timers, "the topic timers: keepalives"),
    boolean!("log", "routes", log.routes, "the topic routes: received routes"),
    boolean!("log", "parser", log.parser, "the topic parser: decoding of messages"),
    boolean!("log", "short", log.short, "short lines, without time and pid"),
    Setting {
        section: "tcp",
        key: "once",
        help: "another way to say attempts = 1",
        quoted: false,
        hidden: false,
        set: |environment, text| match crate::words::boolean(text.trim()) {
            Some(once) => {
                if once {
                    environment.tcp.attempts = 1;
                }
                Ok(())
            }
            None => Err(Wrong::Boolean),
        },
        show: |_| "false".to_owned(),
    },
    number!(
        "tcp",
        "attempts",
        tcp.attempts,
        "how often a peer is dialled; 0 for ever",
        "a number, 0 for ever"
    ),
    number!(
        "tcp",
        "delay",
        tcp.delay,
        "minutes: wait for the next multiple of this before connecting",
        "minutes"
    ),
    Setting {
        section: "tcp",
        key: "bind",
        help: "addresses to listen on, separated by blanks; none for no listening",
        quoted: true,
        hidden: false,
        set: |environment, text| {
            let words = text.split([' ', ',', '\t']).filter(|word| !word.is_empty());
            let addresses: Result<Vec<IpAddr>, _> = words.map(str::parse).collect();
            environment.tcp.bind =
                addresses.map_err(|_| Wrong::Value("IP addresses, separated by blanks"))?;
            Ok(())
        },
        show: |environment| {
            let addresses: Vec<_> = environment.tcp.bind.iter().map(IpAddr::to_string).collect();
            addresses.join(" ")
        },
    },
    Setting {
        set: |environment, text| {
            let port = text.trim().parse().ok().filter(|port| *port != 0);
            environment.tcp.port = port.ok_or(Wrong::Value("a port, 1 to 65535"))?;
            Ok(())
        },
        ..number!(
            "tcp",
            "port",
            tcp.port,
            "the port to listen on; as a variable also the peers' port",
            ""
        )
    },
    Setting {
        // Released versions document a list here.
        set: |environment, text| {
            environment.tcp.acl = crate::words::boolean(text.trim()).unwrap_or(false);
            Ok(())
        },
        ..boolean!("tcp", "acl", tcp.acl, "accepted; does nothing")
    },
    boolean!("bgp", "passive", bgp.passive, "every neighbor waits for its peer to connect"),
    number!(
        "bgp",
        "openwait",
        bgp.openwait,
        "seconds to wait for the OPEN of a peer",
        "seconds, 0 to 65535"
    ),
    boolean!(
        "bgp",
        "paths_limit_audit",
        bgp.paths_limit_audit,
        "warn of peers which send more paths than our limit"
    ),
    Setting {
        section: "configuration",
        key: "dialect",
        help: "what files are read as: auto (found out by itself), 3.4, 4 or 5",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            let text = text.trim();
            let named = Dialect::NAMED.iter().find(|(name, _)| *name == text);
            environment.dialect = match (text.to_ascii_lowercase().as_str(), named) {
                ("auto", _) => None,
                (_, Some((_, dialect))) => Some(*dialect),
                _ => return Err(Wrong::Value("auto, 3.4, 4 or 5")),
            };
            Ok(())
        },
        show: |environment| environment.dialect.map_or("auto", Dialect::name).to_owned(),
    },
    boolean!("cache", "attributes", cache_attributes, "accepted; attributes are always shared"),
    boolean!("cache", "nexthops", cache_nexthops, "accepted; does nothing"),
    Setting {
        section: "api",
        key: "version",
        help: "the dialect of answers and events: 4 or 6",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            environment.api.version = match text.trim() {
                "4" => 4,
                "6" => 6,
                _ => return Err(Wrong::Value("4 or 6")),
            };
            Ok(())
        },
        show: |environment| environment.api.version.to_string(),
    },
    Setting {
        section: "api",
        key: "ack",
        help: "answer commands with 'done' or 'error'; for a file of ExaBGP 3.4, only when set here",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            let on = crate::words::boolean(text.trim());
            environment.api.ack = Some(on.unwrap_or(false));
            on.map(|_| ()).ok_or(Wrong::Boolean)
        },
        show: |environment| environment.api.ack.unwrap_or(true).to_string(),
    },
    number!("api", "chunk", api.chunk, "lines of a show command in one go", "a number"),
    Setting {
        section: "api",
        key: "encoder",
        help: "the form of events for processes of ExaBGP 3.4 that name none: text or json",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            environment.api.encoder = Some(match text.trim().to_ascii_lowercase().as_str() {
                "text" => Encoder::Text,
                "json" => Encoder::Json,
                _ => return Err(Wrong::Value("text or json")),
            });
            Ok(())
        },
        show: |environment| environment.api.encoder.unwrap_or(Encoder::Json).name().to_owned(),
    },
    Setting {
        section: "api",
        key: "json",
        help: "the release of ExaBGP that events look like: 3.4, 4, 5 or 6; empty for that of version",
        quoted: true,
        hidden: false,
        set: |environment, text| {
            environment.api.json = match text.trim() {
                "" => None,
                name => {
                    Some(Layout::from_name(name).ok_or(Wrong::Value("3.4, 4, 5, 6 or nothing"))?)
                }
            };
            Ok(())
        },
        show: |environment| {
            environment.api.json.and_then(|layout| layout.shape().name).unwrap_or("").to_owned()
        },
    },
    boolean!("api", "compact", api.compact, "unicast prefixes as bare strings in JSON"),
    boolean!("api", "respawn", api.respawn, "start helpers again when they end"),
    boolean!("api", "terminate", api.terminate, "end when a helper ends"),
    boolean!("api", "cli", api.cli, "make control pipes and a control socket"),
    text!("api", "pipename", api.pipename, "the name of the control pipes"),
    text!("api", "socketname", api.socketname, "the name of the control socket"),
    Setting {
        section: "api",
        key: "show-routes-format",
        help: "the JSON of 'show adj-rib': v1, or v2 for one flat object a route",
        quoted: false,
        hidden: false,
        set: |environment, text| {
            environment.api.show_routes_format = match text.trim().to_ascii_lowercase().as_str() {
                "v1" => 1,
                "v2" => 2,
                _ => return Err(Wrong::Value("v1 or v2")),
            };
            Ok(())
        },
        show: |environment| format!("v{}", environment.api.show_routes_format),
    },
    Setting {
        quoted: false,
        set: |environment, text| {
            let text = text.trim();
            text.parse::<f64>().map_err(|_| Wrong::Value("a number"))?;
            environment.reactor_speed = text.to_owned();
            Ok(())
        },
        ..text!("reactor", "speed", reactor_speed, "accepted; nothing is polled")
    },
    Setting { hidden: true, ..boolean!("debug", "pdb", debug.pdb, "accepted; does nothing") },
    Setting { hidden: true, ..boolean!("debug", "memory", debug.memory, "accepted; does nothing") },
    Setting {
        hidden: true,
        ..boolean!(
            "debug",
            "configuration",
            debug.configuration,
            "accepted; errors are always complete"
        )
    },
    Setting {
        hidden: true,
        ..boolean!("debug", "selfcheck", debug.selfcheck, "accepted; does nothing")
    },
    Setting { hidden: true, ..text!("debug", "route", debug.route, "accepted; does nothing") },
    Setting {
        hidden: true,
        ..boolean!("debug", "defensive", debug.defensive, "accepted; does nothing")
    },
    Setting {
        hidden: true,
        ..boolean!("debug", "rotate", debug.rotate, "several files: each reload takes the next one")
    },
    Setting { hidden: true, ..boolean!("debug", "timing", debug.timing, "accepted; does nothing") },
];

/// Settings of other versions, which mean nothing here: one warning names those that are set.
pub(super) const TOLERATED: &[(&str, &str)] =
    &[("api", "highres"), ("api", "socket"), ("debug", "reactor")];
