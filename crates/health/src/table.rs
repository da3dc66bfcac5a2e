//! Every option, one row each: command line, configuration file and the section `healthcheck` read this table.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use regex::Regex;
use yottabgp_wire::io::tokens::did_you_mean;
use yottabgp_wire::prefix::Prefix;

use crate::announcement::Grammar;
use crate::check::{Body, Check, Statuses};
use crate::options::{Options, OptionsError};

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing: it is there or not.
    Nothing,
    /// A value; the last one counts.
    One(&'static str),
    /// A value; each adds to the others.
    Many(&'static str),
    /// A value, or this one when there is none.
    Maybe(&'static str, &'static str),
}

/// The part of the help that an option is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The process: these have no place in a section of the daemon's configuration.
    Process,
    /// When and what is checked.
    Checking,
    /// What is announced.
    Advertising,
    /// Who else is told.
    Reporting,
}

impl Part {
    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Process => "Process",
            Self::Checking => "Checking",
            Self::Advertising => "Advertising",
            Self::Reporting => "Reporting",
        }
    }
}

/// One option.
#[derive(Debug)]
pub struct Row {
    /// Its name, without the two hyphens.
    pub name: &'static str,
    /// Another name.
    pub also: Option<&'static str>,
    /// Its short name, without the hyphen; it may have two letters.
    pub short: Option<&'static str>,
    /// What it takes.
    pub takes: Takes,
    /// What holds without it.
    pub default: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// Which part of the help it is in.
    pub part: Part,
    read: fn(&mut Options, &str) -> Result<(), String>,
}

impl Row {
    /// Sets the option to what is written.
    pub fn set(&self, options: &mut Options, value: Option<&str>) -> Result<(), OptionsError> {
        let name = self.name;
        let value = match (self.takes, value) {
            (Takes::Nothing, None) => "",
            (Takes::Nothing, Some(_)) => {
                return Err(OptionsError::new(format!("--{name} takes no value")));
            }
            (Maybe(_, default), None) => default,
            (One(kind) | Many(kind), None) => {
                return Err(OptionsError::new(format!("--{name} needs a value: {kind}")));
            }
            (_, Some(value)) => value,
        };
        (self.read)(options, value).map_err(|why| OptionsError::new(format!("--{name}: {why}")))
    }

    /// Whether it has a place in a section of the daemon's configuration.
    pub fn is_in_section(&self) -> bool {
        self.part != Part::Process || self.name == "sudo"
    }
}

/// The option of this name, or of the only one that begins like this.
pub fn find(name: &str) -> Result<&'static Row, OptionsError> {
    let exact = |row: &&Row| row.name == name || row.also == Some(name);
    if let Some(row) = TABLE.iter().find(exact) {
        return Ok(row);
    }
    let begins = TABLE.iter().filter(|row| {
        !name.is_empty()
            && (row.name.starts_with(name) || row.also.is_some_and(|also| also.starts_with(name)))
    });
    let found: Vec<&'static Row> = begins.collect();
    match found.as_slice() {
        [row] => Ok(row),
        [] => Err(OptionsError::new(match did_you_mean(name, TABLE.iter().map(|row| row.name)) {
            Some(near) => format!("there is no option --{name} (did you mean --{near}?)"),
            None => format!("there is no option --{name}"),
        })),
        several => {
            let names: Vec<_> = several.iter().map(|row| format!("--{}", row.name)).collect();
            Err(OptionsError::new(format!("--{name} could be {}", names.join(", "))))
        }
    }
}

const NONE: Row = Row {
    name: "",
    also: None,
    short: None,
    takes: Takes::Nothing,
    default: "",
    help: "",
    part: Part::Process,
    read: |_, _| Ok(()),
};

use Part::{Advertising, Checking, Reporting};
use Takes::{Many, Maybe, One};

/// Every option.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    Row { name: "silent", short: Some("s"), help: "log nothing to standard error",
          read: |o, _| flag(&mut o.silent), ..NONE },
    Row { name: "syslog-facility", short: Some("sF"), takes: Maybe("FACILITY", "daemon"), default: "daemon",
          help: "log to this facility of syslog",
          read: |o, v| facility(v).map(|facility| o.syslog_facility = Some(facility)), ..NONE },
    Row { name: "no-syslog", help: "log nothing to syslog",
          read: |o, _| flag(&mut o.no_syslog), ..NONE },
    Row { name: "debug", short: Some("d"), help: "log everything, and nothing to syslog",
          read: |o, _| flag(&mut o.debug), ..NONE },
    Row { name: "no-ack", short: Some("a"), help: "do not read acknowledgements (exabgp.api.ack=false, ExaBGP 3.4)",
          read: |o, _| flag(&mut o.no_ack), ..NONE },
    Row { name: "api-version", takes: One("4|6"), default: "exabgp_api_version, or 4",
          help: "the version of the commands that the daemon understands",
          read: |o, v| Grammar::parse(v).map(|grammar| o.grammar = grammar), ..NONE },
    Row { name: "sudo", help: "set up addresses by 'sudo ip address'",
          read: |o, _| flag(&mut o.sudo), ..NONE },
    Row { name: "name", short: Some("n"), takes: One("NAME"), help: "the name of the check in logs",
          read: |o, v| text(&mut o.name, v), ..NONE },
    Row { name: "config", short: Some("F"), takes: One("FILE"), help: "read more options from a file",
          read: |o, v| text(&mut o.config, v), ..NONE },
    Row { name: "pid", short: Some("p"), takes: One("FILE"), help: "write the process id to a file",
          read: |o, v| text(&mut o.pid, v), ..NONE },
    Row { name: "user", takes: One("USER"), help: "become this user once the addresses are set up",
          read: |o, v| text(&mut o.user, v), ..NONE },
    Row { name: "group", takes: One("GROUP"), help: "become this group once the addresses are set up",
          read: |o, v| text(&mut o.group, v), ..NONE },

    Row { name: "interval", short: Some("i"), takes: One("SECONDS"), default: "5", part: Checking,
          help: "from check to check; 0 ends after the first announcement",
          read: |o, v| seconds(&mut o.interval, v), ..NONE },
    Row { name: "fast-interval", short: Some("f"), takes: One("SECONDS"), default: "1", part: Checking,
          help: "the same while the state is about to change",
          read: |o, v| seconds(&mut o.fast_interval, v).and_then(|()| positive(o.fast_interval)), ..NONE },
    Row { name: "jitter", takes: One("SECONDS"), default: "0", part: Checking,
          help: "each of them is longer by a random time of up to this",
          read: |o, v| seconds(&mut o.jitter, v), ..NONE },
    Row { name: "timeout", short: Some("t"), takes: One("SECONDS"), default: "5", part: Checking,
          help: "how long a check may take; 0 for ever",
          read: |o, v| seconds(&mut o.timeout, v), ..NONE },
    Row { name: "rise", takes: One("N"), default: "3", part: Checking,
          help: "how many checks in a row have to succeed", read: |o, v| count(&mut o.rise, v), ..NONE },
    Row { name: "fall", takes: One("N"), default: "3", part: Checking,
          help: "how many checks in a row have to fail", read: |o, v| count(&mut o.fall, v), ..NONE },
    Row { name: "disable", takes: One("FILE"), part: Checking,
          help: "while this file exists the service is disabled", read: |o, v| text(&mut o.disable, v), ..NONE },
    Row { name: "drain", takes: One("FILE"), part: Checking,
          help: "while this file exists the service is drained: GRACEFUL_SHUTDOWN (RFC 8326), then withdrawn",
          read: |o, v| text(&mut o.drain, v), ..NONE },
    Row { name: "drain-time", takes: One("SECONDS"), default: "30", part: Checking,
          help: "how long it is announced with GRACEFUL_SHUTDOWN", read: |o, v| seconds(&mut o.drain_time, v), ..NONE },
    Row { name: "command", also: Some("cmd"), short: Some("c"), takes: One("COMMAND"), part: Checking,
          help: "a command for the shell, which succeeds while the service is healthy",
          read: |o, v| text(&mut o.command, v), ..NONE },
    Row { name: "check", takes: Many("CHECK"), part: Checking,
          help: "tcp:HOST:PORT, http[s]://HOST[:PORT]/PATH, dns:SERVER[:PORT]/NAME/TYPE or file:PATH; all have to succeed",
          read: |o, v| Check::parse(v).map(|check| o.checks.push(check)), ..NONE },
    Row { name: "http-status", takes: One("STATUSES"), default: "200-299", part: Checking,
          help: "the statuses that are good", read: |o, v| Statuses::parse(v).map(|s| o.http_status = s), ..NONE },
    Row { name: "http-body", takes: One("REGEX"), part: Checking,
          help: "what the page has to match",
          read: |o, v| Regex::new(v).map(|regex| o.http_body = Some(Body(regex))).map_err(|error| error.to_string()), ..NONE },
    Row { name: "flap-limit", takes: One("N"), default: "0", part: Checking,
          help: "a service that fell so often within the flap window is not up before that is less; 0 for no limit",
          read: |o, v| count(&mut o.flap_limit, v), ..NONE },
    Row { name: "flap-window", takes: One("SECONDS"), default: "300", part: Checking,
          help: "see flap-limit", read: |o, v| seconds(&mut o.flap_window, v), ..NONE },

    Row { name: "next-hop", short: Some("N"), takes: One("IP"), default: "self", part: Advertising,
          help: "the next hop; one for each family", read: next_hop, ..NONE },
    Row { name: "ip", takes: Many("NET"), default: "those of the loopback interface", part: Advertising,
          help: "announce this address or network", read: |o, v| network(v).map(|ip| o.ips.push(ip)), ..NONE },
    Row { name: "ip-ifname", takes: Many("NET%INTERFACE"), default: "lo", part: Advertising,
          help: "set this address up on that interface", read: ip_interface, ..NONE },
    Row { name: "local-preference", takes: One("P"), default: "-1", part: Advertising,
          help: "the local preference; -1 for none", read: local_preference, ..NONE },
    Row { name: "deaggregate-networks", part: Advertising, help: "announce each address of the networks",
          read: |o, _| flag(&mut o.deaggregate), ..NONE },
    Row { name: "no-ip-setup", part: Advertising, help: "do not set up addresses",
          read: |o, _| flag(&mut o.no_ip_setup), ..NONE },
    Row { name: "dynamic-ip-setup", part: Advertising, help: "remove the addresses while the service is not up",
          read: |o, _| flag(&mut o.dynamic_ip_setup), ..NONE },
    Row { name: "label", takes: One("LABEL"), part: Advertising,
          help: "the start of the label of the addresses, without the interface",
          read: |o, v| text(&mut o.label, v), ..NONE },
    Row { name: "label-exact-match", part: Advertising, help: "the label is all of it",
          read: |o, _| flag(&mut o.label_exact_match), ..NONE },
    Row { name: "start-ip", takes: One("N"), default: "0", part: Advertising,
          help: "the index of the address that comes first", read: |o, v| number(&mut o.start_ip, v), ..NONE },
    Row { name: "up-metric", takes: One("M"), default: "100", part: Advertising,
          help: "the metric of the first address while the service is up", read: |o, v| number(&mut o.up_metric, v), ..NONE },
    Row { name: "down-metric", takes: One("M"), default: "1000", part: Advertising,
          help: "the same while it is down", read: |o, v| number(&mut o.down_metric, v), ..NONE },
    Row { name: "disabled-metric", takes: One("M"), default: "500", part: Advertising,
          help: "the same while it is disabled", read: |o, v| number(&mut o.disabled_metric, v), ..NONE },
    Row { name: "drained-metric", takes: One("M"), default: "500", part: Advertising,
          help: "the same while it is drained", read: |o, v| number(&mut o.drained_metric, v), ..NONE },
    Row { name: "increase", takes: One("M"), default: "1", part: Advertising,
          help: "what the metric grows by from address to address", read: |o, v| number(&mut o.increase, v), ..NONE },
    Row { name: "community", takes: One("COMMUNITIES"), part: Advertising,
          help: "communities", read: |o, v| attribute(&mut o.community, v), ..NONE },
    Row { name: "extended-community", takes: One("COMMUNITIES"), part: Advertising,
          help: "extended communities", read: |o, v| attribute(&mut o.extended_community, v), ..NONE },
    Row { name: "large-community", takes: One("COMMUNITIES"), part: Advertising,
          help: "large communities", read: |o, v| attribute(&mut o.large_community, v), ..NONE },
    Row { name: "disabled-community", takes: One("COMMUNITIES"), part: Advertising,
          help: "communities while down or disabled", read: |o, v| attribute(&mut o.disabled_community, v), ..NONE },
    Row { name: "as-path", takes: One("ASNS"), part: Advertising,
          help: "the AS path", read: |o, v| attribute(&mut o.as_path, v), ..NONE },
    Row { name: "up-as-path", takes: One("ASNS"), part: Advertising,
          help: "the same while up", read: |o, v| attribute(&mut o.up_as_path, v), ..NONE },
    Row { name: "down-as-path", takes: One("ASNS"), part: Advertising,
          help: "the same while down", read: |o, v| attribute(&mut o.down_as_path, v), ..NONE },
    Row { name: "disabled-as-path", takes: One("ASNS"), part: Advertising,
          help: "the same while disabled", read: |o, v| attribute(&mut o.disabled_as_path, v), ..NONE },
    Row { name: "withdraw-on-down", part: Advertising,
          help: "withdraw the routes while down or disabled, instead of a worse metric",
          read: |o, _| flag(&mut o.withdraw_on_down), ..NONE },
    Row { name: "path-id", takes: One("ID"), default: "none", part: Advertising,
          help: "the path identifier (RFC 7911)", read: |o, v| number(&mut o.path_id, v), ..NONE },
    Row { name: "neighbor", takes: Many("IP"), default: "*", part: Advertising,
          help: "announce to this neighbor; * for all", read: neighbor, ..NONE },
    Row { name: "debounce", part: Advertising, help: "announce only when the state changes, and not at every check",
          read: |o, _| flag(&mut o.debounce), ..NONE },

    Row { name: "execute", takes: Many("COMMAND"), part: Reporting,
          help: "a command for every change of state, which it finds in STATE", read: |o, v| list(&mut o.execute, v), ..NONE },
    Row { name: "up-execute", takes: Many("COMMAND"), part: Reporting,
          help: "a command when the service gets up", read: |o, v| list(&mut o.up_execute, v), ..NONE },
    Row { name: "down-execute", takes: Many("COMMAND"), part: Reporting,
          help: "a command when it gets down", read: |o, v| list(&mut o.down_execute, v), ..NONE },
    Row { name: "disabled-execute", takes: Many("COMMAND"), part: Reporting,
          help: "a command when it gets disabled", read: |o, v| list(&mut o.disabled_execute, v), ..NONE },
    Row { name: "execute-timeout", takes: One("SECONDS"), default: "60", part: Reporting,
          help: "how long such a command may take before it is killed", read: |o, v| seconds(&mut o.execute_timeout, v).and_then(|()| positive(o.execute_timeout)), ..NONE },
];

type Read = Result<(), String>;

#[expect(clippy::unnecessary_wraps, reason = "the type of the rows")]
const fn flag(target: &mut bool) -> Read {
    *target = true;
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the rows")]
fn text(target: &mut Option<String>, value: &str) -> Read {
    *target = Some(value.to_owned());
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of the rows")]
fn list(target: &mut Vec<String>, value: &str) -> Read {
    target.push(value.to_owned());
    Ok(())
}

/// Text that becomes part of a command: one line.
fn attribute(target: &mut Option<String>, value: &str) -> Read {
    match value.chars().find(|character| character.is_control() && *character != '\t') {
        Some(character) => Err(format!("{value:?} has the control character {character:?}")),
        None => text(target, value),
    }
}

fn number<T: FromStr + TryFrom<i128>>(target: &mut T, value: &str) -> Read {
    let number = value.trim().parse::<i128>();
    let number = number.map_err(|_| format!("'{value}' is not a whole number"))?;
    *target = T::try_from(number).map_err(|_| format!("{value} is out of range"))?;
    Ok(())
}

/// A number of checks: less than one is one, as with ExaBGP.
fn count(target: &mut u32, value: &str) -> Read {
    let mut count = 0_i64;
    number(&mut count, value)?;
    *target = u32::try_from(count.max(0)).map_err(|_| format!("{value} is out of range"))?;
    Ok(())
}

/// The longest time that can be meant: a century.
const CENTURY: f64 = 3.2e9;

fn seconds(target: &mut Duration, value: &str) -> Read {
    let number: f64 = value.trim().parse().map_err(|_| format!("'{value}' is not a number"))?;
    if !(0.0..=CENTURY).contains(&number) {
        return Err(format!("{value} is out of range"));
    }
    *target = Duration::from_secs_f64(number);
    Ok(())
}

fn positive(value: Duration) -> Read {
    if value.is_zero() { Err("0 leaves no time between two of them".to_owned()) } else { Ok(()) }
}

fn network(value: &str) -> Result<Prefix, String> {
    Prefix::parse(value).map_err(|error| format!("'{value}' is not a network: {error}"))
}

fn next_hop(options: &mut Options, value: &str) -> Read {
    if value == "self" {
        options.next_hops.clear();
        return Ok(());
    }
    let address: IpAddr =
        value.parse().map_err(|_| format!("'{value}' is not an IP address, nor self"))?;
    options.next_hops.retain(|other| other.is_ipv4() != address.is_ipv4());
    options.next_hops.push(address);
    Ok(())
}

fn ip_interface(options: &mut Options, value: &str) -> Read {
    let (ip, interface) = match value.split('%').collect::<Vec<_>>().as_slice() {
        [ip, interface] => (*ip, *interface),
        _ => return Err(format!("'{value}' is not IP%INTERFACE, such as 192.0.2.1%eth0")),
    };
    let good = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    if !(1..=15).contains(&interface.len()) || !interface.chars().all(good) {
        return Err(format!("'{interface}' is not the name of an interface"));
    }
    let ip = network(ip)?;
    options.interfaces.retain(|(other, _)| *other != ip);
    options.interfaces.push((ip, interface.to_owned()));
    Ok(())
}

fn local_preference(options: &mut Options, value: &str) -> Read {
    let mut preference = 0_i64;
    number(&mut preference, value)?;
    // Below zero is none, as with ExaBGP.
    options.local_preference = if preference < 0 {
        None
    } else {
        Some(u32::try_from(preference).map_err(|_| format!("{value} is out of range"))?)
    };
    Ok(())
}

fn neighbor(options: &mut Options, value: &str) -> Read {
    if value.trim() == "*" {
        options.neighbors.clear();
        return Ok(());
    }
    let address = value.parse().map_err(|_| format!("'{value}' is not an IP address, nor *"))?;
    options.neighbors.push(address);
    Ok(())
}

fn facility(value: &str) -> Result<String, String> {
    const NAMES: &[&str] = &[
        "auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog",
        "user", "uucp", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
        "local7",
    ];
    let name = value.to_ascii_lowercase();
    if NAMES.contains(&&*name) {
        return Ok(name);
    }
    Err(format!("'{value}' is not a facility of syslog: {}", NAMES.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_start() {
        assert_eq!(find("inter").map(|row| row.name), Ok("interval"));
        assert_eq!(find("cmd").map(|row| row.name), Ok("command"));
        assert_eq!(find("ip").map(|row| row.name), Ok("ip"));
        let error = find("up").unwrap_err().to_string();
        assert_eq!(error, "--up could be --up-metric, --up-as-path, --up-execute");
    }

    #[test]
    fn no_name_stands_for_two_options() {
        let mut names = Vec::new();
        for row in TABLE {
            names.push(row.name);
            names.extend(row.also);
            names.extend(row.short);
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn values_are_checked() {
        for (name, value, error) in [
            ("interval", "soon", "'soon' is not a number"),
            ("interval", "-1", "-1 is out of range"),
            ("interval", "nan", "nan is out of range"),
            ("fast-interval", "0", "0 leaves no time between two of them"),
            ("up-metric", "4294967296", "4294967296 is out of range"),
            ("community", "1:1\nshutdown", "\"1:1\\nshutdown\" has the control character '\\n'"),
            ("neighbor", "peer1", "'peer1' is not an IP address, nor *"),
            ("next-hop", "me", "'me' is not an IP address, nor self"),
            ("ip-ifname", "192.0.2.1", "'192.0.2.1' is not IP%INTERFACE, such as 192.0.2.1%eth0"),
            ("ip-ifname", "192.0.2.1%a b", "'a b' is not the name of an interface"),
            ("api-version", "5", "'5' is not a version of the API: 4 or 6"),
            (
                "syslog-facility",
                "local9",
                "'local9' is not a facility of syslog: auth, authpriv, cron, daemon, ftp, kern, lpr, mail, news, syslog, user, uucp, local0, local1, local2, local3, local4, local5, local6, local7",
            ),
        ] {
            let row = find(name).unwrap();
            let found = row.set(&mut Options::default(), Some(value)).unwrap_err();
            assert_eq!(found.to_string(), format!("--{name}: {error}"));
        }
    }
}
