//! Answers about the daemon: version, status, ping, queues, the version of the API.

use std::time::Duration;

use yottabgp_session::event::State;
use yottabgp_wire::io::json::{push_separator, push_string};
use yottabgp_wire::io::text::{push, push_decimal};

use crate::select::PeerKey;
use crate::{Encoding, Version};

/// The state of the daemon.
#[derive(Clone, Copy, Debug)]
pub struct StatusView<'a> {
    /// The version of the program.
    pub version: &'a str,
    /// The identifier of this run.
    pub uuid: &'a str,
    /// The process.
    pub pid: u32,
    /// Since it started.
    pub uptime: Duration,
    /// When it started, since 1970-01-01 00:00:00 UTC.
    pub start: Duration,
    /// The peers.
    pub peers: &'a [(&'a PeerKey, State)],
}

/// What a process has not read yet.
#[derive(Clone, Copy, Debug)]
pub struct QueueView<'a> {
    /// The process.
    pub name: &'a str,
    /// Messages.
    pub items: u64,
    /// Octets.
    pub bytes: u64,
}

/// `version`: the release of ExaBGP whose behaviour the version of the API is, unless another one is to be said.
pub fn version(said: Option<&str>, version: Version, encoding: Encoding, out: &mut Vec<u8>) {
    let version = said.unwrap_or(match version {
        Version::V4 => "5.0.15",
        Version::V6 => "6.0.0",
    });
    match encoding {
        Encoding::Text => {
            push(out, "exabgp ");
            push(out, version);
            out.push(b'\n');
        }
        Encoding::Json => {
            push(out, "{\"version\": ");
            push_string(out, version);
            push(out, ", \"application\": \"exabgp\"}\n");
        }
    }
}

/// `shutdown`, `reload` and `restart`: what is `in progress`.
pub fn in_progress(what: &str, encoding: Encoding, out: &mut Vec<u8>) {
    status_line(&format!("{what} in progress"), encoding, out);
}

/// `reset`. ExaBGP 5 answers nothing to it.
pub fn reset(encoding: Encoding, out: &mut Vec<u8>) {
    status_line("asynchronous queue cleared", encoding, out);
}

fn status_line(text: &str, encoding: Encoding, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Text => push(out, text),
        Encoding::Json => {
            push(out, "{\"status\": ");
            push_string(out, text);
            out.push(b'}');
        }
    }
    out.push(b'\n');
}

/// `ping`.
pub fn ping(uuid: &str, encoding: Encoding, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Text => push(out, &format!("pong {uuid} active=true\n")),
        Encoding::Json => {
            push(out, "{\"pong\": ");
            push_string(out, uuid);
            push(out, ", \"active\": true}\n");
        }
    }
}

/// `status`.
pub fn status(view: &StatusView<'_>, encoding: Encoding, out: &mut Vec<u8>) {
    let uptime = view.uptime.as_secs();
    match encoding {
        Encoding::Text => {
            push(out, "ExaBGP Daemon Status\n====================\n");
            push(
                out,
                &format!("Version: {}\nUUID: {}\nPID: {}\n", view.version, view.uuid, view.pid),
            );
            let (hours, minutes, seconds) = (uptime / 3600, uptime / 60 % 60, uptime % 60);
            push(out, &format!("Uptime: {hours}h {minutes}m {seconds}s\n"));
            push(out, &format!("Peers: {}\n", view.peers.len()));
            for (key, state) in view.peers {
                push(out, &format!("  - {key}: {}\n", state.name()));
            }
        }
        Encoding::Json => {
            push(out, "{\"version\": ");
            push_string(out, view.version);
            push(out, ", \"uuid\": ");
            push_string(out, view.uuid);
            push(out, ", \"pid\": ");
            push_decimal(out, view.pid.into());
            push(out, ", \"uptime\": ");
            push_decimal(out, uptime);
            push(out, ", \"start_time\": ");
            push_decimal(out, view.start.as_secs());
            push(out, ", \"peers\": {");
            let mut first = true;
            for (key, state) in view.peers {
                push_separator(out, &mut first);
                push_string(out, &key.to_string());
                push(out, &format!(": \"{}\"", state.name()));
            }
            push(out, "}}\n");
        }
    }
}

/// `queue-status`.
pub fn queue_status(queues: &[QueueView<'_>], encoding: Encoding, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Text => {
            let mut said = false;
            for queue in queues.iter().filter(|queue| queue.items > 0) {
                said = true;
                push(
                    out,
                    &format!("{}: {} items ({} bytes)\n", queue.name, queue.items, queue.bytes),
                );
            }
            if !said {
                push(out, "no queued messages\n");
            }
        }
        Encoding::Json => {
            out.push(b'{');
            let mut first = true;
            for queue in queues {
                push_separator(out, &mut first);
                push_string(out, queue.name);
                push(out, &format!(": {{\"items\": {}, \"bytes\": {}}}", queue.items, queue.bytes));
            }
            push(out, "}\n");
        }
    }
}

/// `api version`.
pub fn api_version(version: Version, encoding: Encoding, out: &mut Vec<u8>) {
    let number = version.number();
    match (encoding, version) {
        (Encoding::Text, Version::V4) => push(out, "API version: 4 (legacy (text/json))\n"),
        (Encoding::Text, Version::V6) => push(out, "API version: 6 (json-only)\n"),
        (Encoding::Json, _) => {
            let description = match version {
                Version::V4 => "legacy (text/json)",
                Version::V6 => "json-only",
            };
            let line =
                format!("{{\"api_version\": {number}, \"description\": \"{description}\"}}\n");
            push(out, &line);
        }
    }
}

/// `api version 4` or `6`.
pub fn api_version_set(version: Version, encoding: Encoding, out: &mut Vec<u8>) {
    let number = version.number();
    let line = match encoding {
        Encoding::Text => {
            format!("API version set to {number} (effective on next process restart)\n")
        }
        Encoding::Json => format!(
            "{{\"status\": \"API version set\", \"version\": {number}, \"note\": \"effective on next process restart\"}}\n"
        ),
    };
    push(out, &line);
}
