//! `show neighbor` and `peer list`.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use yottabgp_session::event::State;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::json::push_separator;
use yottabgp_wire::io::text::{push, push_decimal};

use super::push_span;
use crate::command::NeighborForm;
use crate::select::PeerKey;
use crate::{Encoding, Version};

/// The state of a peer.
#[derive(Clone, Debug)]
pub struct NeighborView<'a> {
    /// Who it is.
    pub key: &'a PeerKey,
    /// Where its session is.
    pub state: State,
    /// Since the session is established, or since it is not.
    pub duration: Duration,
    /// Our address, of the connection or configured.
    pub local_address: Option<IpAddr>,
    /// Our AS.
    pub local_as: Option<Asn>,
    /// The peer's AS.
    pub peer_as: Option<Asn>,
    /// Our BGP identifier.
    pub local_router_id: Ipv4Addr,
    /// The peer's BGP identifier, once it said so.
    pub peer_router_id: Option<Ipv4Addr>,
    /// Our hold time in seconds.
    pub local_hold_time: u16,
    /// The peer's hold time in seconds, once it said so.
    pub peer_hold_time: Option<u16>,
    /// What we can do.
    pub local_capabilities: CapabilityView,
    /// What the peer can do, once it said so.
    pub peer_capabilities: Option<CapabilityView>,
    /// The configured families.
    pub families: Vec<FamilyView>,
    /// Messages to the peer.
    pub sent: MessageCounts,
    /// Messages of the peer.
    pub received: MessageCounts,
    /// Prefixes that the peer announced.
    pub prefixes_received: u64,
    /// Prefixes that the peer withdrew.
    pub prefixes_withdrawn: u64,
    /// Lines of its configuration, for [`NeighborForm::Configuration`].
    pub configuration: &'a str,
}

/// The capabilities that ExaBGP shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapabilityView {
    /// Four-octet AS numbers.
    pub asn4: bool,
    /// ROUTE-REFRESH.
    pub route_refresh: bool,
    /// Multi-session.
    pub multi_session: bool,
    /// OPERATIONAL.
    pub operational: bool,
    /// ADD-PATH.
    pub add_path: bool,
    /// Extended messages.
    pub extended_message: bool,
    /// Graceful restart.
    pub graceful_restart: bool,
}

impl CapabilityView {
    const NAMES: [&'static str; 7] = [
        "asn4",
        "route-refresh",
        "multi-session",
        "operational",
        "add-path",
        "extended-message",
        "graceful-restart",
    ];

    const fn values(self) -> [bool; 7] {
        [
            self.asn4,
            self.route_refresh,
            self.multi_session,
            self.operational,
            self.add_path,
            self.extended_message,
            self.graceful_restart,
        ]
    }
}

/// A configured family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyView {
    /// The family.
    pub family: Family,
    /// Whether it was negotiated, once known.
    pub negotiated: Option<bool>,
    /// Whether we send path identifiers; `None` while that is not known.
    pub add_path_send: Option<bool>,
    /// Whether we receive path identifiers; `None` while that is not known.
    pub add_path_receive: Option<bool>,
}

impl FamilyView {
    const fn add_path(self) -> &'static str {
        match (self.add_path_send, self.add_path_receive) {
            (Some(true), Some(true)) => "send/receive",
            (Some(true), _) => "send",
            (_, Some(true)) => "receive",
            _ => "disabled",
        }
    }
}

/// How many messages of each type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// OPEN.
    pub open: u64,
    /// NOTIFICATION.
    pub notification: u64,
    /// KEEPALIVE.
    pub keepalive: u64,
    /// UPDATE.
    pub update: u64,
    /// ROUTE-REFRESH.
    pub refresh: u64,
    /// OPERATIONAL, and whatever is none of the others: part of the total alone.
    pub other: u64,
}

impl MessageCounts {
    const fn rows(self) -> [(&'static str, u64); 6] {
        let Self { open, notification, keepalive, update, refresh, other } = self;
        [
            ("open", open),
            ("notification", notification),
            ("keepalive", keepalive),
            ("update", update),
            ("refresh", refresh),
            ("total", open + notification + keepalive + update + refresh + other),
        ]
    }
}

/// `show neighbor` without a form: what to ask for.
pub fn usage(version: Version, out: &mut Vec<u8>) {
    push(
        out,
        match version {
            Version::V4 => {
                "please specify summary, extensive or configuration\n\
                 you can filter by peer ip address adding it after the word neighbor\n"
            }
            Version::V6 => "usage: peer <ip> show [summary|extensive|configuration]\n",
        },
    );
}

/// The same of ExaBGP 4 and 5.
pub fn old_usage(out: &mut Vec<u8>) {
    push(out, "please specify summary, extensive or configuration\n");
    push(out, "you can filter by peer ip address adding it after the word neighbor\n");
}

/// Writes the state of the peers, in the form that was asked for. JSON has one form: everything, in one line.
pub fn show_neighbors<'a>(
    views: impl IntoIterator<Item = NeighborView<'a>>,
    form: NeighborForm,
    version: Version,
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    if encoding == Encoding::Json {
        return neighbors_json(views, version, out);
    }
    match form {
        NeighborForm::Usage => usage(version, out),
        NeighborForm::Status => {
            for view in views {
                status(&view, out);
            }
        }
        NeighborForm::Summary => {
            push(out, "Peer            AS        up/down state       |     #sent     #recvd");
            push(out, if version == Version::V6 { "    #pfx_in\n" } else { "\n" });
            for view in views {
                summary(&view, version, out);
            }
        }
        NeighborForm::Extensive => {
            for view in views {
                extensive(&view, version, out);
            }
        }
        NeighborForm::Configuration | NeighborForm::Old => {
            for view in views {
                push(out, view.configuration);
                if !view.configuration.ends_with('\n') {
                    out.push(b'\n');
                }
            }
        }
    }
}

const fn is_up(view: &NeighborView<'_>) -> bool {
    matches!(view.state, State::Established)
}

fn summary(view: &NeighborView<'_>, version: Version, out: &mut Vec<u8>) {
    let mut span = Vec::new();
    if is_up(view) {
        push_span(view.duration, &mut span);
    } else {
        push(&mut span, "down");
    }
    let _ = write!(
        out,
        "{:<15} {:<7} {:>9} {:<12} {:>10} {:>10}",
        view.key.peer.to_string(),
        view.peer_as.map_or_else(|| "auto".to_owned(), |asn| asn.to_string()),
        String::from_utf8_lossy(&span),
        view.state.name().to_ascii_lowercase(),
        view.sent.update,
        view.received.update,
    );
    if version == Version::V6 {
        let _ = write!(out, " {:>10}", view.prefixes_received);
    }
    out.push(b'\n');
}

/// The columns of the extensive view.
#[derive(Clone, Copy)]
struct Layout {
    /// Of the release or of main.
    version: Version,
}

impl Layout {
    /// Writes one line: a label and up to three columns.
    fn row(self, out: &mut Vec<u8>, label: &str, columns: [&str; 3]) {
        let [first, second, third] = columns;
        let _ = match self.version {
            Version::V4 => {
                writeln!(out, "   {label:<20} {first:>15} {second:>15} {third:<15}")
            }
            Version::V6 => {
                writeln!(out, "    {label:<20} {first:>15} {second:>15} {third:>15}")
            }
        };
    }

    /// Writes a heading, without blanks at its end.
    fn heading(self, out: &mut Vec<u8>, label: &str, columns: [&str; 3]) {
        let width = match self.version {
            Version::V4 => 19,
            Version::V6 => 20,
        };
        let [first, second, third] = columns;
        let line = format!("    {label:<width$} {first:>15} {second:>15} {third:>15}");
        let _ = writeln!(out, "\n{}", line.trim_end());
    }
}

const fn switch(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "enabled",
        Some(false) => "disabled",
        None => "n/a",
    }
}

fn or_unknown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "n/a".to_owned(), |value| value.to_string())
}

fn extensive(view: &NeighborView<'_>, version: Version, out: &mut Vec<u8>) {
    let layout = Layout { version };
    push(out, &format!("Neighbor {}\n", view.key.peer));
    layout.heading(out, "Session", ["Local", "", ""]);
    layout.row(out, "local", [&or_unknown(view.local_address), "", ""]);
    layout.row(out, "state", [view.state.name(), "", ""]);
    let mut span = Vec::new();
    push_span(view.duration, &mut span);
    let label = if is_up(view) { "up for" } else { "down for" };
    layout.row(out, label, [&String::from_utf8_lossy(&span), "", ""]);

    layout.heading(out, "Setup", ["Local", "Remote", ""]);
    layout.row(out, "AS", [&or_unknown(view.local_as), &or_unknown(view.peer_as), ""]);
    layout.row(
        out,
        "ID",
        [&view.local_router_id.to_string(), &or_unknown(view.peer_router_id), ""],
    );
    let hold_times = (view.local_hold_time.to_string(), or_unknown(view.peer_hold_time));
    layout.row(out, "hold-time", [&hold_times.0, &hold_times.1, ""]);

    layout.heading(out, "Capability", ["Local", "Remote", ""]);
    let theirs = view.peer_capabilities.map(CapabilityView::values);
    for (index, (name, ours)) in
        CapabilityView::NAMES.iter().zip(view.local_capabilities.values()).enumerate()
    {
        let theirs = theirs.and_then(|values| values.get(index).copied());
        layout.row(out, &format!("{name}:"), [switch(Some(ours)), switch(theirs), ""]);
    }

    layout.heading(out, "Families", ["Local", "Remote", "Add-Path"]);
    for family in &view.families {
        let remote = switch(family.negotiated);
        layout.row(out, &format!("{}:", family.family), ["enabled", remote, family.add_path()]);
    }

    layout.heading(out, "Message Statistic", ["Sent", "Received", ""]);
    for ((name, sent), (_, received)) in view.sent.rows().into_iter().zip(view.received.rows()) {
        layout.row(out, &format!("{name}:"), [&sent.to_string(), &received.to_string(), ""]);
    }
    if version == Version::V6 {
        layout.heading(out, "Prefix Statistic", ["", "", ""]);
        layout.row(out, "received:", [&view.prefixes_received.to_string(), "", ""]);
        layout.row(out, "withdrawn:", [&view.prefixes_withdrawn.to_string(), "", ""]);
    }
    out.push(b'\n');
}

/// Writes one line: an array with everything about each peer.
pub fn neighbors_json<'a>(
    views: impl IntoIterator<Item = NeighborView<'a>>,
    version: Version,
    out: &mut Vec<u8>,
) {
    out.push(b'[');
    let mut first = true;
    for view in views {
        push_separator(out, &mut first);
        neighbor_json(&view, version, out);
    }
    push(out, "]\n");
}

/// Writes a flag: version 6 has 1, 0 and -1 for unknown, as ExaBGP's main.
fn push_flag(out: &mut Vec<u8>, version: Version, value: Option<bool>) {
    push(
        out,
        match (version, value) {
            (Version::V4, Some(true)) => "true",
            (Version::V4, Some(false)) => "false",
            (Version::V4, None) => "null",
            (Version::V6, Some(true)) => "1",
            (Version::V6, Some(false)) => "0",
            (Version::V6, None) => "-1",
        },
    );
}

/// Writes `NAME: {"key": FLAG, …}`.
fn push_flags(
    out: &mut Vec<u8>,
    version: Version,
    name: &str,
    flags: impl Iterator<Item = (String, Option<bool>)>,
) {
    push(out, &format!("\"{name}\": {{"));
    let mut first = true;
    for (key, value) in flags {
        push_separator(out, &mut first);
        push(out, &format!("\"{key}\": "));
        push_flag(out, version, value);
    }
    out.push(b'}');
}

fn push_or_null(out: &mut Vec<u8>, value: Option<u64>) {
    match value {
        Some(value) => push_decimal(out, value),
        None => push(out, "null"),
    }
}

fn push_text_or_null(out: &mut Vec<u8>, value: Option<impl std::fmt::Display>) {
    match value {
        Some(value) => push(out, &format!("\"{value}\"")),
        None => push(out, "null"),
    }
}

/// One end of the session.
struct End {
    capabilities: Option<CapabilityView>,
    families: Vec<(String, Option<bool>)>,
    add_path: Vec<(String, Option<bool>)>,
    address: Option<IpAddr>,
    asn: Option<Asn>,
    router_id: Option<Ipv4Addr>,
    hold_time: Option<u16>,
}

fn push_end(out: &mut Vec<u8>, version: Version, name: &str, end: End) {
    push(out, &format!(", \"{name}\": {{"));
    let values = end.capabilities.map(CapabilityView::values);
    let capabilities = CapabilityView::NAMES
        .iter()
        .enumerate()
        .map(|(index, name)| (String::from(*name), values.and_then(|v| v.get(index).copied())));
    push_flags(out, version, "capabilities", capabilities);
    push(out, ", ");
    push_flags(out, version, "families", end.families.into_iter());
    push(out, ", ");
    push_flags(out, version, "add-path", end.add_path.into_iter());
    push(out, ", \"address\": ");
    push_text_or_null(out, end.address);
    push(out, ", \"as\": ");
    push_or_null(out, end.asn.map(|asn| asn.0.into()));
    push(out, ", \"id\": ");
    push_text_or_null(out, end.router_id);
    push(out, ", \"hold\": ");
    push_or_null(out, end.hold_time.map(Into::into));
    out.push(b'}');
}

fn push_counts(out: &mut Vec<u8>, name: &str, counts: MessageCounts) {
    push(out, &format!("\"{name}\": {{"));
    let mut first = true;
    for (kind, count) in counts.rows() {
        push_separator(out, &mut first);
        push(out, &format!("\"{kind}\": {count}"));
    }
    out.push(b'}');
}

fn neighbor_json(view: &NeighborView<'_>, version: Version, out: &mut Vec<u8>) {
    push(out, if is_up(view) { "{\"state\": \"up\"" } else { "{\"state\": \"down\"" });
    push(out, ", \"duration\": ");
    push_decimal(out, view.duration.as_secs());
    push(out, &format!(", \"fsm\": \"{}\"", view.state.name()));

    let families = |flag: fn(&FamilyView) -> Option<bool>| {
        view.families.iter().map(|row| (row.family.to_string(), flag(row))).collect::<Vec<_>>()
    };
    // What is not known of ADD-PATH is not so for the release, and unknown for main.
    let add_path = |flag: fn(&FamilyView) -> Option<bool>| {
        let mut rows = families(flag);
        if version == Version::V4 {
            rows.iter_mut().for_each(|(_, flag)| *flag = Some(flag.unwrap_or(false)));
        }
        rows
    };
    let local = End {
        capabilities: Some(view.local_capabilities),
        families: families(|_| Some(true)),
        add_path: add_path(|row| row.add_path_send),
        address: view.local_address,
        asn: view.local_as,
        router_id: Some(view.local_router_id),
        hold_time: Some(view.local_hold_time),
    };
    let peer = End {
        capabilities: view.peer_capabilities,
        families: families(|row| row.negotiated),
        add_path: add_path(|row| row.add_path_receive),
        address: Some(view.key.peer),
        asn: view.peer_as,
        router_id: view.peer_router_id,
        hold_time: view.peer_hold_time,
    };
    push_end(out, version, "local", local);
    push_end(out, version, "peer", peer);

    push(out, ", \"messages\": {");
    push_counts(out, "sent", view.sent);
    push(out, ", ");
    push_counts(out, "received", view.received);
    push(out, "}, \"capabilities\": [");
    let mut first = true;
    if let Some(theirs) = view.peer_capabilities {
        let both = view.local_capabilities.values().into_iter().zip(theirs.values());
        for (name, (ours, theirs)) in CapabilityView::NAMES.iter().zip(both) {
            if ours && theirs {
                push_separator(out, &mut first);
                push(out, &format!("\"{name}\""));
            }
        }
    }
    push(out, "], \"families\": [");
    let mut first = true;
    for row in view.families.iter().filter(|row| row.negotiated == Some(true)) {
        push_separator(out, &mut first);
        push(out, &format!("\"{}\"", row.family));
    }
    push(out, "], \"add-path\": {");
    let mut first = true;
    for row in &view.families {
        push_separator(out, &mut first);
        push(out, &format!("\"{}\": \"{}\"", row.family, row.add_path()));
    }
    out.push(b'}');
    if version == Version::V6 {
        push(
            out,
            &format!(
                ", \"prefixes\": {{\"received\": {}, \"withdrawn\": {}}}",
                view.prefixes_received, view.prefixes_withdrawn
            ),
        );
    }
    out.push(b'}');
}

/// `KEY negotiated [ ipv4/unicast ipv6/unicast ] state Established`.
fn status(view: &NeighborView<'_>, out: &mut Vec<u8>) {
    push(out, &format!("{} negotiated ", view.key));
    if is_up(view) {
        out.push(b'[');
        for row in view.families.iter().filter(|row| row.negotiated == Some(true)) {
            push(out, &format!(" {}/{}", row.family.afi, row.family.safi));
        }
        push(out, " ]");
    } else {
        push(out, "None");
    }
    let mut name = view.state.name().to_ascii_lowercase();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    push(out, &format!(" state {name}\n"));
}

/// `peer list`.
pub fn list<'a>(
    peers: impl IntoIterator<Item = (&'a PeerKey, State)>,
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    if encoding == Encoding::Text {
        for (key, state) in peers {
            push(out, &format!("{} {} {}\n", key.peer, or_unknown(key.peer_as), state.name()));
        }
        return;
    }
    out.push(b'[');
    let mut first = true;
    for (key, state) in peers {
        push_separator(out, &mut first);
        push(out, &format!("{{\"peer-address\": \"{}\", \"peer-as\": ", key.peer));
        push_or_null(out, key.peer_as.map(|asn| asn.0.into()));
        push(out, &format!(", \"state\": \"{}\"}}", state.name()));
    }
    push(out, "]\n");
}
