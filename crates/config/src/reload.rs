//! What changed between two configurations, so that a reload touches nothing else.

use std::collections::HashMap;
use std::fmt::Write as _;

use yottabgp_session::settings::Settings;
use yottabgp_wire::codes::Family;

use crate::model::{Configuration, ConfiguredRoute, Neighbor};

/// What a reload has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Neighbors that are new: indices into the new configuration.
    pub added: Vec<usize>,
    /// Neighbors that are gone: indices into the old configuration.
    pub removed: Vec<usize>,
    /// Neighbors that are in both, also when nothing about them changed.
    pub kept: Vec<Kept>,
    /// Names of processes that are new.
    pub processes_added: Vec<String>,
    /// Names of processes that are gone.
    pub processes_removed: Vec<String>,
    /// Names of processes that are run differently.
    pub processes_changed: Vec<String>,
}

/// A neighbor of both configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The index into the old configuration.
    pub old: usize,
    /// The index into the new configuration.
    pub new: usize,
    /// The keywords whose change needs a new session; none for the session to go on.
    pub session: Vec<&'static str>,
    /// What changed of the routes.
    pub routes: RouteChanges,
}

/// What changed between two lists of routes. Of several routes to the same, the last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteChanges {
    /// Routes that are new or different: indices into the new list, in its order.
    pub announce: Vec<usize>,
    /// Routes to what the new list has no route to: indices into the old list, in its order.
    pub withdraw: Vec<usize>,
}

/// Compares two configurations. Neighbors are the same when their names are.
pub fn changes(old: &Configuration, new: &Configuration) -> Changes {
    let mut changes = Changes::default();
    let mut olds: HashMap<&str, usize> = old
        .neighbors
        .iter()
        .enumerate()
        .map(|(index, neighbor)| (&*neighbor.name, index))
        .collect();
    for (index, neighbor) in new.neighbors.iter().enumerate() {
        let before = olds.remove(&*neighbor.name).and_then(|at| Some((at, old.neighbors.get(at)?)));
        match before {
            None => changes.added.push(index),
            Some((at, before)) => changes.kept.push(Kept {
                old: at,
                new: index,
                session: before.session_changes(neighbor),
                routes: route_changes(&before.routes, &neighbor.routes),
            }),
        }
    }
    changes.removed = olds.into_values().collect();
    changes.removed.sort_unstable();

    for process in &new.processes {
        match old.processes.iter().find(|before| before.name == process.name) {
            None => changes.processes_added.push(process.name.to_string()),
            Some(before) if before != process => {
                changes.processes_changed.push(process.name.to_string())
            }
            Some(_) => {}
        }
    }
    let gone = old
        .processes
        .iter()
        .filter(|before| !new.processes.iter().any(|now| now.name == before.name));
    changes.processes_removed = gone.map(|process| process.name.to_string()).collect();
    changes
}

impl Changes {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        let idle = |kept: &Kept| kept.session.is_empty() && kept.routes == RouteChanges::default();
        self.added.is_empty()
            && self.removed.is_empty()
            && self.processes_added.is_empty()
            && self.processes_removed.is_empty()
            && self.processes_changed.is_empty()
            && self.kept.iter().all(idle)
    }

    /// In one line: `3 neighbors unchanged, 1 reset (hold-time), 12 routes announced, 2 withdrawn`.
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        let mut count = |count: usize, what: &str| {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        };
        let reset: Vec<_> = self.kept.iter().filter(|kept| !kept.session.is_empty()).collect();
        let unchanged = self.kept.len() - reset.len();
        count(unchanged, if unchanged == 1 { "neighbor unchanged" } else { "neighbors unchanged" });
        let mut keywords: Vec<&str> =
            reset.iter().flat_map(|kept| &kept.session).copied().collect();
        keywords.sort_unstable();
        keywords.dedup();
        count(reset.len(), &format!("reset ({})", keywords.join(", ")));
        count(self.added.len(), "added");
        count(self.removed.len(), "removed");
        let routes =
            |of: fn(&RouteChanges) -> usize| self.kept.iter().map(|kept| of(&kept.routes)).sum();
        count(routes(|routes| routes.announce.len()), "routes announced");
        count(routes(|routes| routes.withdraw.len()), "routes withdrawn");
        count(self.processes_added.len(), "processes added");
        count(self.processes_removed.len(), "processes removed");
        count(self.processes_changed.len(), "processes changed");
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            let _ = write!(text, "{}{part}", if index == 0 { "" } else { ", " });
        }
        if text.is_empty() { "nothing".to_owned() } else { text }
    }
}

impl Neighbor {
    /// The keywords that differ and are settled when a session starts, the keys of the connection included. What is not
    /// among them (`description`, `api`, `auto-flush`, `rate-limit`, `operational`, routes) can change while the session goes on.
    pub fn session_changes(&self, other: &Self) -> Vec<&'static str> {
        let mut changed = Vec::new();
        let mut compare = |keyword: &'static str, same: bool| {
            if !same {
                changed.push(keyword);
            }
        };
        compare("peer-address", self.peer == other.peer);
        compare("local-address", self.local_address == other.local_address);
        compare("listen", self.listen == other.listen);
        compare("connect", self.connect == other.connect);
        compare("source-interface", self.source_interface == other.source_interface);
        compare("outgoing-ttl", self.outgoing_ttl == other.outgoing_ttl);
        compare("incoming-ttl", self.incoming_ttl == other.incoming_ttl);
        compare("md5-password", self.md5_password == other.md5_password);
        compare("md5-ip", self.md5_ip == other.md5_ip);
        compare("tcp-ao", self.tcp_ao == other.tcp_ao);
        compare("adj-rib-in", self.adj_rib_in == other.adj_rib_in);
        compare("adj-rib-out", self.adj_rib_out == other.adj_rib_out);
        changed.extend(settings_changes(&self.settings, &other.settings));
        changed
    }
}

/// The keywords that differ. Taking the settings apart makes the compiler ask for each new one.
fn settings_changes(a: &Settings, b: &Settings) -> Vec<&'static str> {
    let Settings {
        local_as,
        peer_as,
        router_id,
        hold_time,
        families,
        asn4,
        route_refresh,
        graceful_restart,
        graceful_restart_notification,
        long_lived_graceful_restart,
        add_path,
        add_path_families,
        next_hop,
        multisession,
        operational,
        operational_of_exabgp_3_4,
        aigp,
        extended_message,
        software_version,
        host_name,
        domain_name,
        link_local_next_hop,
        local_link_local,
        role,
        role_strict,
        passive,
        manual_eor,
        group_updates,
        open_wait,
        attempts,
    } = a;
    let same = [
        ("local-as", *local_as == b.local_as),
        ("peer-as", *peer_as == b.peer_as),
        ("router-id", *router_id == b.router_id),
        ("hold-time", *hold_time == b.hold_time),
        ("family", *families == b.families),
        ("asn4", *asn4 == b.asn4),
        ("route-refresh", *route_refresh == b.route_refresh),
        ("graceful-restart", *graceful_restart == b.graceful_restart),
        (
            "graceful-restart-notification",
            *graceful_restart_notification == b.graceful_restart_notification,
        ),
        (
            "long-lived-graceful-restart",
            *long_lived_graceful_restart == b.long_lived_graceful_restart,
        ),
        ("add-path", *add_path == b.add_path && *add_path_families == b.add_path_families),
        ("nexthop", *next_hop == b.next_hop),
        ("multi-session", *multisession == b.multisession),
        (
            "operational",
            *operational == b.operational
                && *operational_of_exabgp_3_4 == b.operational_of_exabgp_3_4,
        ),
        ("aigp", *aigp == b.aigp),
        ("extended-message", *extended_message == b.extended_message),
        ("software-version", *software_version == b.software_version),
        ("host-name", *host_name == b.host_name),
        ("domain-name", *domain_name == b.domain_name),
        ("link-local-nexthop", *link_local_next_hop == b.link_local_next_hop),
        ("local-link-local", *local_link_local == b.local_link_local),
        ("role", *role == b.role && *role_strict == b.role_strict),
        ("passive", *passive == b.passive),
        ("manual-eor", *manual_eor == b.manual_eor),
        ("group-updates", *group_updates == b.group_updates),
        ("openwait", *open_wait == b.open_wait),
        ("attempts", *attempts == b.attempts),
    ];
    same.iter().filter(|(_, same)| !same).map(|(keyword, _)| *keyword).collect()
}

type Identity<'a> = (Family, Option<u32>, yottabgp_wire::nlri::Identity<'a>);

fn identity(route: &ConfiguredRoute) -> Option<Identity<'_>> {
    let nlri = route.nlri()?;
    Some((nlri.family, nlri.path_id, nlri.identity()))
}

/// Compares two lists of routes. What is only spelled or ordered differently is no change.
pub fn route_changes(old: &[ConfiguredRoute], new: &[ConfiguredRoute]) -> RouteChanges {
    let (olds, news) = (last(old), last(new));
    let mut changes = RouteChanges::default();
    for (index, route) in new.iter().enumerate() {
        let unchanged = match identity(route) {
            // Attributes without NLRI have no identity but themselves.
            None => old.contains(route),
            Some(identity) if news.get(&identity) != Some(&index) => true,
            Some(identity) => {
                let before = olds.get(&identity).and_then(|at| old.get(*at));
                before.is_some_and(|before| before == route)
            }
        };
        if !unchanged {
            changes.announce.push(index);
        }
    }
    for (index, route) in old.iter().enumerate() {
        if let Some(identity) = identity(route)
            && olds.get(&identity) == Some(&index)
            && !news.contains_key(&identity)
        {
            changes.withdraw.push(index);
        }
    }
    changes
}

fn last(routes: &[ConfiguredRoute]) -> HashMap<Identity<'_>, usize> {
    let with_identity =
        routes.iter().enumerate().filter_map(|(index, route)| Some((identity(route)?, index)));
    with_identity.collect()
}
