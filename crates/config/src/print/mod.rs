//! A configuration as text again, every option included: what is printed is read back as the same.

mod capability;
pub mod old;
mod operational;
mod routes;

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::base64;
use crate::model::{
    ApiBlock, Bmp, BmpFlags, BmpStation, Configuration, Healthcheck, MessageFlags, Neighbor,
    Process, TcpAo,
};
use crate::recording::Recording;
use crate::resolve::peer_text;

pub(crate) use capability::operational;

/// Whether passwords are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As they are.
    Shown,
    /// As a comment that says so.
    Hidden,
}

/// Lines, indented by two blanks for each section.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    out: String,
    depth: usize,
}

impl Lines {
    /// Adds a line.
    pub(crate) fn line(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        let _ = self.out.write_fmt(text);
        self.out.push('\n');
    }

    /// Opens a section.
    pub(crate) fn open(&mut self, header: std::fmt::Arguments<'_>) {
        self.line(format_args!("{header} {{"));
        self.depth += 1;
    }

    /// Closes a section.
    pub(crate) fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.line(format_args!("}}"));
    }
}

/// A whole configuration.
pub fn configuration(configuration: &Configuration, secrets: Secrets) -> String {
    let mut lines = Lines::default();
    for process in &configuration.processes {
        print_process(process, &mut lines);
    }
    for healthcheck in &configuration.healthchecks {
        print_healthcheck(healthcheck, &mut lines);
    }
    if let Some(bmp) = &configuration.bmp {
        print_bmp(bmp, &mut lines);
    }
    if let Some(recording) = &configuration.mrt {
        print_recording(recording, &mut lines);
    }
    for neighbor in &configuration.neighbors {
        print_neighbor(neighbor, secrets, &mut lines);
    }
    lines.out
}

/// A neighbor, routes included.
pub fn neighbor(neighbor: &Neighbor, secrets: Secrets) -> String {
    let mut lines = Lines::default();
    print_neighbor(neighbor, secrets, &mut lines);
    lines.out
}

fn print_process(process: &Process, lines: &mut Lines) {
    lines.open(format_args!("process {}", quote(&process.name)));
    let run: Vec<_> = process.run.iter().map(|word| quote(word)).collect();
    lines.line(format_args!("run {};", run.join(" ")));
    lines.line(format_args!("encoder {};", process.encoder.name()));
    if let Some(name) = process.layout.and_then(|layout| layout.shape().name) {
        lines.line(format_args!("layout {name};"));
    }
    lines.line(format_args!("respawn {};", process.respawn));
    lines.close();
}

fn print_healthcheck(healthcheck: &Healthcheck, lines: &mut Lines) {
    lines.open(format_args!("healthcheck {}", quote(&healthcheck.name)));
    for (keyword, value) in &healthcheck.written {
        match value {
            Some(value) => lines.line(format_args!("{keyword} {};", quote(value))),
            None => lines.line(format_args!("{keyword};")),
        }
    }
    lines.close();
}

fn print_bmp(bmp: &Bmp, lines: &mut Lines) {
    lines.open(format_args!("bmp"));
    let endpoints = |endpoints: &[SocketAddr]| -> Vec<String> {
        endpoints.iter().map(ToString::to_string).collect()
    };
    let processes = bmp.processes.iter().map(|name| quote(name)).collect();
    for (keyword, words) in [
        ("listen", endpoints(&bmp.listen)),
        ("connect", endpoints(&bmp.connect)),
        ("processes", processes),
    ] {
        if !words.is_empty() {
            lines.line(format_args!("{keyword} [ {} ];", words.join(" ")));
        }
    }
    lines.open(format_args!("receive"));
    for (keyword, _) in BmpFlags::NAMED.iter().filter(|(_, flag)| bmp.receive.has(*flag)) {
        lines.line(format_args!("{keyword};"));
    }
    lines.close();
    lines.line(format_args!("table {};", bmp.table));
    lines.line(format_args!("stale-time {};", bmp.stale_time));
    lines.line(format_args!("routers {};", bmp.routers));
    for station in &bmp.stations {
        print_station(station, lines);
    }
    lines.close();
}

fn print_station(station: &BmpStation, lines: &mut Lines) {
    lines.open(format_args!("station {}", station.address));
    lines.line(format_args!("adj-rib-in {};", station.adj_rib_in));
    lines.line(format_args!("adj-rib-out {};", station.adj_rib_out));
    if !station.neighbors.is_empty() {
        let neighbors: Vec<_> = station.neighbors.iter().map(ToString::to_string).collect();
        lines.line(format_args!("neighbors [ {} ];", neighbors.join(" ")));
    }
    lines.line(format_args!("statistics-interval {};", station.statistics_interval));
    lines.line(format_args!("queue {};", station.queue));
    if let Some(address) = station.local_address {
        lines.line(format_args!("local-address {address};"));
    }
    for (keyword, text) in [("name", &station.name), ("description", &station.description)] {
        if let Some(text) = text {
            lines.line(format_args!("{keyword} {};", quote(text)));
        }
    }
    lines.close();
}

fn print_neighbor(neighbor: &Neighbor, secrets: Secrets, lines: &mut Lines) {
    let settings = &neighbor.settings;
    lines.open(format_args!("neighbor {}", peer_text(neighbor.peer)));
    text("description", &neighbor.description, lines);
    lines.line(format_args!("router-id {};", settings.router_id));
    match neighbor.local_address {
        Some(address) => lines.line(format_args!("local-address {address};")),
        None => lines.line(format_args!("local-address auto;")),
    }
    optional("local-link-local", settings.local_link_local, lines);
    for (keyword, asn) in [("local-as", settings.local_as), ("peer-as", settings.peer_as)] {
        match asn {
            Some(asn) => lines.line(format_args!("{keyword} {asn};")),
            None => lines.line(format_args!("{keyword} auto;")),
        }
    }
    text("host-name", &settings.host_name, lines);
    text("domain-name", &settings.domain_name, lines);
    lines.line(format_args!("hold-time {};", settings.hold_time));
    match neighbor.rate_limit {
        Some(rate) => lines.line(format_args!("rate-limit {rate};")),
        None => lines.line(format_args!("rate-limit disable;")),
    }
    lines.line(format_args!("passive {};", settings.passive));
    optional("listen", neighbor.listen, lines);
    optional("connect", neighbor.connect, lines);
    text("source-interface", neighbor.source_interface.as_deref().unwrap_or_default(), lines);
    optional("outgoing-ttl", neighbor.outgoing_ttl, lines);
    optional("incoming-ttl", neighbor.incoming_ttl, lines);
    if let Some(password) = &neighbor.md5_password {
        secret("md5-password", password, neighbor.md5_base64, secrets, lines);
        lines.line(format_args!("md5-base64 {};", neighbor.md5_base64));
    }
    optional("md5-ip", neighbor.md5_ip, lines);
    lines.line(format_args!("group-updates {};", settings.group_updates));
    lines.line(format_args!("auto-flush {};", neighbor.auto_flush));
    lines.line(format_args!("adj-rib-in {};", neighbor.adj_rib_in));
    lines.line(format_args!("adj-rib-out {};", neighbor.adj_rib_out));
    lines.line(format_args!("manual-eor {};", settings.manual_eor));
    if let Some(ao) = &neighbor.tcp_ao {
        print_tcp_ao(ao, secrets, lines);
    }
    capability::print(settings, lines);
    for block in &neighbor.api {
        print_api(block, lines);
    }
    if let Some(recording) = &neighbor.mrt {
        print_recording(recording, lines);
    }
    operational::print(&neighbor.operational, lines);
    routes::print(&neighbor.routes, lines);
    lines.close();
}

fn print_recording(recording: &Recording, lines: &mut Lines) {
    lines.open(format_args!("mrt"));
    if let Some(updates) = &recording.updates {
        lines.line(format_args!("updates {};", quote(updates.as_str())));
    }
    lines.line(format_args!("rotate {};", recording.rotate));
    let messages: Vec<&str> = recording.messages.names().collect();
    lines.line(format_args!("messages [ {} ];", messages.join(" ")));
    lines.line(format_args!("received {};", recording.received));
    lines.line(format_args!("sent {};", recording.sent));
    if let Some(table) = &recording.table {
        lines.line(format_args!("table {};", quote(table.as_str())));
    }
    lines.line(format_args!("table-interval {};", recording.table_interval));
    lines.close();
}

fn print_tcp_ao(ao: &TcpAo, secrets: Secrets, lines: &mut Lines) {
    lines.open(format_args!("tcp-ao"));
    lines.line(format_args!("keyid {};", ao.key_id));
    lines.line(format_args!("algorithm {};", ao.algorithm.name()));
    secret("password", &ao.key, ao.base64, secrets, lines);
    lines.line(format_args!("base64 {};", ao.base64));
    lines.close();
}

fn print_api(block: &ApiBlock, lines: &mut Lines) {
    match block.name.as_str() {
        "" => lines.open(format_args!("api")),
        name => lines.open(format_args!("api {name}")),
    }
    let list =
        |words: &[String]| words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    let matches = |name: &str| {
        let mut regexes = block.processes_match.iter();
        regexes
            .any(|regex| crate::section::api_regex(regex).is_ok_and(|regex| regex.is_match(name)))
    };
    let named = block.processes.iter().filter(|name| !matches(name));
    let named: Vec<String> = named.map(|name| name.to_string()).collect();
    if !named.is_empty() || block.processes_match.is_empty() {
        lines.line(format_args!("processes [ {} ];", list(&named)));
    }
    if !block.processes_match.is_empty() {
        lines.line(format_args!("processes-match [ {} ];", list(&block.processes_match)));
    }
    let flags = [
        ("neighbor-changes", block.neighbor_changes),
        ("negotiated", block.negotiated),
        ("fsm", block.fsm),
        ("signal", block.signal),
    ];
    for (keyword, _) in flags.iter().filter(|(_, on)| *on) {
        lines.line(format_args!("{keyword};"));
    }
    for (section, flags) in [("receive", block.receive), ("send", block.send)] {
        if !flags.is_empty() {
            lines.open(format_args!("{section}"));
            for (keyword, _) in MessageFlags::NAMED.iter().filter(|(_, flag)| flags.has(*flag)) {
                lines.line(format_args!("{keyword};"));
            }
            lines.close();
        }
    }
    lines.close();
}

fn text(keyword: &str, text: &str, lines: &mut Lines) {
    if !text.is_empty() {
        lines.line(format_args!("{keyword} {};", quote(text)));
    }
}

fn optional(keyword: &str, value: Option<impl std::fmt::Display>, lines: &mut Lines) {
    if let Some(value) = value {
        lines.line(format_args!("{keyword} {value};"));
    }
}

fn secret(keyword: &str, key: &[u8], is_base64: bool, secrets: Secrets, lines: &mut Lines) {
    if secrets == Secrets::Hidden {
        return lines.line(format_args!("# {keyword} is not shown"));
    }
    let key =
        if is_base64 { base64::encode(key) } else { String::from_utf8_lossy(key).into_owned() };
    lines.line(format_args!("{keyword} {};", quote(&key)));
}

/// A word as it is, or in quotes where it has to be.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".:/-_+=@%~!^*?|<>&$".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let quote = if word.contains('"') && !word.contains('\'') { '\'' } else { '"' };
    let mut quoted = String::from(quote);
    for c in word.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\\' => quoted.push_str("\\\\"),
            c => {
                if c == quote {
                    quoted.push('\\');
                }
                quoted.push(c);
            }
        }
    }
    quoted.push(quote);
    quoted
}
