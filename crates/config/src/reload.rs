//! What changed of a neighbor between two configurations, keyword by keyword, and what a reload does about it.
//!
//! [`TABLE`] has a row for each thing that may change; which of them need a new session is said there and nowhere else.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::{HashMap, HashSet};
use yottabgp_session::settings::{AddPathMode, Settings};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::{Nlri, registry};

use crate::configured::ConfiguredRoutes;
use crate::model::{ApiBlock, Neighbor, TcpAo};
use crate::print;
use crate::recording::Recording;
use crate::section::ROLES;

/// What a change of a keyword comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// The session is made again.
    Reset,
    /// The session goes on.
    InPlace,
}

/// A keyword whose value changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The keyword.
    pub keyword: &'static str,
    /// What becomes of the session.
    pub consequence: Consequence,
    /// The value before; keys are not shown.
    pub old: String,
    /// The value now.
    pub new: String,
}

/// How one keyword is compared and shown.
struct Row {
    keyword: &'static str,
    consequence: Consequence,
    same: fn(&Neighbor, &Neighbor) -> bool,
    show: fn(&Neighbor) -> String,
}

/// A row: its keyword, consequence, what is compared, and how that is shown.
macro_rules! row {
    ($keyword:literal, $consequence:ident, |$neighbor:ident| $value:expr, $show:expr) => {
        Row {
            keyword: $keyword,
            consequence: Consequence::$consequence,
            same: |a, b| {
                let value = |$neighbor: &Neighbor| $value;
                value(a) == value(b)
            },
            show: |$neighbor| $show(&$value),
        }
    };
}

fn display(value: &impl std::fmt::Display) -> String {
    value.to_string()
}

fn quoted(value: &str) -> String {
    print::quote(value)
}

fn optional(value: &Option<impl std::fmt::Display>) -> String {
    value.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn or_auto(value: &Option<impl std::fmt::Display>) -> String {
    value.as_ref().map_or_else(|| "auto".to_owned(), ToString::to_string)
}

fn list<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    let words: Vec<String> = values.iter().map(text).collect();
    format!("[{}]", words.join(", "))
}

/// A key is never shown.
fn key<T>(value: &Option<T>) -> String {
    if value.is_some() { "a key that is not shown" } else { "none" }.to_owned()
}

/// What counts of TCP-AO: how the key is spelled does not.
fn ao(neighbor: &Neighbor) -> Option<(u8, &'static str, Vec<u8>)> {
    let TcpAo { key_id, algorithm, key, base64: _ } = neighbor.tcp_ao.as_ref()?;
    Some((*key_id, algorithm.name(), key.clone()))
}

fn show_ao(value: &Option<(u8, &'static str, Vec<u8>)>) -> String {
    match value {
        Some((id, algorithm, _)) => format!("keyid {id} {algorithm}, the key not shown"),
        None => "none".to_owned(),
    }
}

fn families(value: &[Family]) -> String {
    list(value, Family::to_string)
}

fn add_path(value: &(AddPathMode, Vec<(Family, Option<u16>)>)) -> String {
    let (AddPathMode { receive, send }, families) = value;
    let mode = match (receive, send) {
        (false, false) => "disable",
        (true, false) => "receive",
        (false, true) => "send",
        (true, true) => "send/receive",
    };
    let limited = |(family, limit): &(Family, Option<u16>)| match limit {
        Some(limit) => format!("{family} limit {limit}"),
        None => family.to_string(),
    };
    if families.is_empty() {
        return mode.to_owned();
    }
    format!("{mode} {}", list(families, limited))
}

fn next_hops(value: &[(Family, Afi)]) -> String {
    list(value, |(family, afi)| format!("{family} {afi}"))
}

fn role(value: &(Option<u8>, bool)) -> String {
    let (role, strict) = value;
    let known = ROLES.iter().find(|(_, number)| Some(*number) == *role);
    let name = match (known, role) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, role) => optional(role),
    };
    if *strict { format!("{name} strict") } else { name }
}

fn counted<T>(value: &[T]) -> String {
    format!("{} of them", value.len())
}

fn api(value: &[ApiBlock]) -> String {
    let names: Vec<&str> =
        value.iter().flat_map(|block| &block.processes).map(|name| &**name).collect();
    list(&names, |name| print::quote(name))
}

fn recording(value: &Option<Recording>) -> String {
    let files = value.iter().flat_map(|recording| [&recording.updates, &recording.table]);
    list(&files.flatten().collect::<Vec<_>>(), |name| print::quote(name.as_str()))
}

#[rustfmt::skip]
static TABLE: &[Row] = &[
    row!("peer-address", Reset, |n| n.peer, display),
    row!("local-address", Reset, |n| n.local_address, or_auto),
    row!("local-as", Reset, |n| n.settings.local_as, or_auto),
    row!("peer-as", Reset, |n| n.settings.peer_as, or_auto),
    row!("router-id", Reset, |n| n.settings.router_id, display),
    row!("passive", Reset, |n| n.settings.passive, display),
    row!("listen", Reset, |n| n.listen, optional),
    row!("connect", Reset, |n| n.connect, optional),
    row!("source-interface", Reset, |n| n.source_interface.clone(), optional),
    row!("outgoing-ttl", Reset, |n| n.outgoing_ttl, optional),
    row!("incoming-ttl", Reset, |n| n.incoming_ttl, optional),
    row!("md5-password", Reset, |n| n.md5_password.clone(), key),
    row!("md5-ip", Reset, |n| n.md5_ip, optional),
    row!("tcp-ao", Reset, |n| ao(n), show_ao),
    row!("adj-rib-in", Reset, |n| n.adj_rib_in, display),
    row!("adj-rib-out", Reset, |n| n.adj_rib_out, display),
    row!("hold-time", Reset, |n| n.settings.hold_time, display),
    row!("family", Reset, |n| n.settings.families.clone(), families),
    row!("asn4", Reset, |n| n.settings.asn4, display),
    row!("route-refresh", Reset, |n| n.settings.route_refresh, display),
    row!("graceful-restart", Reset, |n| n.settings.graceful_restart, optional),
    row!("graceful-restart-notification", Reset, |n| n.settings.graceful_restart_notification, display),
    row!("long-lived-graceful-restart", Reset, |n| n.settings.long_lived_graceful_restart, optional),
    row!("add-path", Reset, |n| (n.settings.add_path, n.settings.add_path_families.clone()), add_path),
    row!("nexthop", Reset, |n| n.settings.next_hop.clone(), next_hops),
    row!("multi-session", Reset, |n| n.settings.multisession, display),
    row!("operational", Reset, |n| print::operational(&n.settings), display),
    row!("aigp", Reset, |n| n.settings.aigp, or_auto),
    row!("extended-message", Reset, |n| n.settings.extended_message, display),
    row!("software-version", Reset, |n| n.settings.software_version.clone(), optional),
    row!("host-name", Reset, |n| n.settings.host_name.clone(), quoted),
    row!("domain-name", Reset, |n| n.settings.domain_name.clone(), quoted),
    row!("link-local-nexthop", Reset, |n| n.settings.link_local_next_hop, display),
    row!("local-link-local", Reset, |n| n.settings.local_link_local, optional),
    row!("role", Reset, |n| (n.settings.role, n.settings.role_strict), role),
    row!("manual-eor", Reset, |n| n.settings.manual_eor, display),
    row!("group-updates", Reset, |n| n.settings.group_updates, display),
    row!("exabgp.bgp.openwait", Reset, |n| n.settings.open_wait, display),
    row!("exabgp.tcp.attempts", Reset, |n| n.settings.attempts, display),
    row!("description", InPlace, |n| n.description.clone(), quoted),
    row!("rate-limit", InPlace, |n| n.rate_limit, optional),
    row!("auto-flush", InPlace, |n| n.auto_flush, display),
    row!("api", InPlace, |n| n.api.clone(), api),
    row!("mrt", InPlace, |n| n.mrt.clone(), recording),
    row!("operational messages", InPlace, |n| n.operational.clone(), counted),
];

impl Neighbor {
    /// The keywords that differ, routes apart. Those with [`Consequence::Reset`] are settled when a session starts.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        every_field_has_a_row(self);
        let changed = TABLE.iter().filter(|row| !(row.same)(self, other));
        let difference = |row: &Row| {
            let (old, mut new) = ((row.show)(self), (row.show)(other));
            if old == new {
                new.insert_str(0, "changed: ");
            }
            Difference { keyword: row.keyword, consequence: row.consequence, old, new }
        };
        changed.map(difference).collect()
    }
}

/// Takes everything apart, so that the compiler asks here for each new field: it needs a row of [`TABLE`].
const fn every_field_has_a_row(neighbor: &Neighbor) {
    let Neighbor {
        // Made of others.
        name: _,
        peer: _,
        local_address: _,
        settings,
        description: _,
        listen: _,
        connect: _,
        source_interface: _,
        outgoing_ttl: _,
        incoming_ttl: _,
        md5_password: _,
        // How the password is spelled.
        md5_base64: _,
        md5_ip: _,
        tcp_ao: _,
        rate_limit: _,
        auto_flush: _,
        adj_rib_in: _,
        adj_rib_out: _,
        api: _,
        mrt: _,
        operational: _,
        // Compared with the Adj-RIB-Out.
        routes: _,
    } = neighbor;
    let Settings {
        local_as: _,
        peer_as: _,
        router_id: _,
        hold_time: _,
        families: _,
        asn4: _,
        route_refresh: _,
        graceful_restart: _,
        graceful_restart_notification: _,
        long_lived_graceful_restart: _,
        add_path: _,
        add_path_families: _,
        next_hop: _,
        multisession: _,
        operational: _,
        operational_of_exabgp_3_4: _,
        aigp: _,
        extended_message: _,
        software_version: _,
        host_name: _,
        domain_name: _,
        link_local_next_hop: _,
        local_link_local: _,
        role: _,
        role_strict: _,
        passive: _,
        manual_eor: _,
        group_updates: _,
        open_wait: _,
        attempts: _,
    } = settings;
}

/// The places of routes that a later one is to the same as, ascending: only a new session is told of those.
pub fn superseded(routes: &ConfiguredRoutes) -> Vec<u32> {
    if are_ascending(routes) {
        return Vec::new();
    }
    let hasher = foldhash::fast::RandomState::default();
    // Those of several families may have one hash: it only says who is looked at.
    let hash = |nlri: &Nlri<'_>| {
        let mut state = hasher.build_hasher();
        let [first, second] = nlri.identity().parts;
        state.write(first);
        if !second.is_empty() {
            state.write(second);
        }
        if let Some(path_id) = nlri.path_id {
            state.write_u32(path_id);
        }
        state.finish()
    };
    let hashes = || routes.iter().filter_map(|route| Some(hash(&route.nlri()?)));
    let repeated = seen_twice(routes.len(), hashes);
    if repeated.is_empty() {
        return Vec::new();
    }
    // Of the few that may be the same as another, the last place that each stands at.
    let candidates = || {
        let routes = (0u32..).zip(routes.iter());
        let known = routes.filter_map(|(place, route)| Some((place, route.nlri()?)));
        known
            .filter(|(_, nlri)| repeated.contains(&hash(nlri)))
            .map(|(place, nlri)| (place, (nlri.family, nlri.path_id, nlri.identity())))
    };
    let last: HashMap<_, u32> = candidates().map(|(place, key)| (key, place)).collect();
    let has_later = |(place, key): &(u32, _)| last.get(key).is_some_and(|last| last > place);
    candidates().filter(has_later).map(|(place, _)| place).collect()
}

/// Whether each route of one list is behind the one before it in the order of octets, as programs write them: then none is
/// there twice.
fn are_ascending(routes: &ConfiguredRoutes) -> bool {
    let [list] = routes.lists() else { return routes.is_empty() };
    let Some(first) = list.iter().find_map(|route| route.nlri()) else { return true };
    let mut all = list.terms().iter().filter(|terms| terms.has_nlri);
    if !all.all(|terms| (terms.family, terms.path_id) == (first.family, first.path_id)) {
        return false;
    }
    let identity = registry::row(first.family).identity;
    let mut last: Option<[&[u8]; 2]> = None;
    list.iter().all(|route| {
        let Some(nlri) = route.nlri() else { return true };
        let parts = identity(nlri.family, nlri.bytes).parts;
        last.replace(parts).is_none_or(|before| before < parts)
    })
}

/// The hashes that come again, and a few that only look so.
fn seen_twice<I: Iterator<Item = u64>>(count: usize, hashes: impl Fn() -> I) -> HashSet<u64> {
    /// So many bits for each: one of that many looks like another that it is not.
    const SPARSE: usize = 16;
    let bits = count.saturating_mul(SPARSE).next_power_of_two().max(64);
    let mut seen = vec![0u64; bits / 64];
    let mut again = HashSet::new();
    for hash in hashes() {
        let bit = (hash as usize) & (bits - 1);
        let Some(word) = seen.get_mut(bit / 64) else { continue };
        if *word & 1 << (bit % 64) != 0 {
            again.insert(bit);
        }
        *word |= 1 << (bit % 64);
    }
    if again.is_empty() {
        return HashSet::new();
    }
    let (mut once, mut twice) = (HashSet::new(), HashSet::new());
    for hash in hashes().filter(|hash| again.contains(&((*hash as usize) & (bits - 1)))) {
        if !once.insert(hash) {
            twice.insert(hash);
        }
    }
    twice
}
