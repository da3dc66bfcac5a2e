//! `show bmp stations`.

use std::net::SocketAddr;
use std::time::Duration;

use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal};

use crate::Encoding;

/// A BMP station that is told of our sessions.
#[derive(Clone, Copy, Debug)]
pub struct StationStatus<'a> {
    /// Where it is.
    pub address: SocketAddr,
    /// `connected`, `connecting` or `waiting`.
    pub state: &'static str,
    /// How long it is connected.
    pub connected: Option<Duration>,
    /// Why it is not.
    pub trouble: Option<&'a str>,
    /// Sessions that it knows of.
    pub sessions: u64,
    /// Sessions of which it is to be told everything anew, or something of whose tables.
    pub owed: u64,
    /// Octets that wait to be read by it.
    pub waiting: u64,
    /// Messages that it was sent, or that wait.
    pub messages: u64,
    /// Octets that it took.
    pub octets: u64,
    /// Connections that were made.
    pub connections: u64,
    /// Sessions that were told anew because it did not read fast enough.
    pub resynchronised: u64,
}

impl StationStatus<'_> {
    /// The counts with the names of their members.
    fn counts(&self) -> [(&'static str, u64); 7] {
        [
            ("sessions", self.sessions),
            ("sessions-to-tell", self.owed),
            ("octets-waiting", self.waiting),
            ("messages", self.messages),
            ("octets", self.octets),
            ("connections", self.connections),
            ("resynchronised", self.resynchronised),
        ]
    }
}

/// The stations: a line each, or a list.
pub fn stations<'a>(
    stations: impl IntoIterator<Item = StationStatus<'a>>,
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    if encoding == Encoding::Text {
        for station in stations {
            push(out, &format!("{} {}", station.address, station.state));
            if let Some(connected) = station.connected {
                push(out, " since ");
                push_decimal(out, connected.as_secs());
                push(out, " s");
            }
            for (name, count) in station.counts() {
                out.push(b' ');
                push(out, name);
                out.push(b' ');
                push_decimal(out, count);
            }
            if let Some(trouble) = station.trouble {
                push(out, " (");
                push(out, trouble);
                out.push(b')');
            }
            out.push(b'\n');
        }
        return;
    }
    out.push(b'[');
    for (index, station) in stations.into_iter().enumerate() {
        push(out, if index == 0 { "{\"address\": " } else { ", {\"address\": " });
        push_string(out, &station.address.ip().to_string());
        push(out, ", \"port\": ");
        push_decimal(out, station.address.port().into());
        push(out, ", \"state\": ");
        push_string(out, station.state);
        if let Some(connected) = station.connected {
            push(out, ", \"since\": ");
            push_decimal(out, connected.as_secs());
        }
        if let Some(trouble) = station.trouble {
            push(out, ", \"trouble\": ");
            push_string(out, trouble);
        }
        for (name, count) in station.counts() {
            push(out, ", \"");
            push(out, name);
            push(out, "\": ");
            push_decimal(out, count);
        }
        out.push(b'}');
    }
    push(out, "]\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let up = StationStatus {
            address: SocketAddr::from(([192, 0, 2, 9], 11019)),
            state: "connected",
            connected: Some(Duration::from_secs(7)),
            trouble: None,
            sessions: 2,
            owed: 1,
            waiting: 10,
            messages: 20,
            octets: 3000,
            connections: 1,
            resynchronised: 0,
        };
        let down = StationStatus {
            state: "waiting",
            connected: None,
            trouble: Some("it \"closed\""),
            ..up
        };
        let text = |encoding| {
            let mut out = Vec::new();
            stations([up, down], encoding, &mut out);
            String::from_utf8(out).unwrap()
        };
        let counts = "sessions 2 sessions-to-tell 1 octets-waiting 10 messages 20 octets 3000 connections 1 resynchronised 0";
        assert_eq!(
            text(Encoding::Text),
            format!(
                "192.0.2.9:11019 connected since 7 s {counts}\n192.0.2.9:11019 waiting {counts} (it \"closed\")\n"
            )
        );
        let json: serde_json::Value = serde_json::from_str(&text(Encoding::Json)).unwrap();
        assert_eq!(json[0]["state"], "connected");
        assert_eq!(json[0]["since"], 7);
        assert_eq!(json[1]["trouble"], "it \"closed\"");
        assert_eq!(json[1]["octets"], 3000);
    }
}
