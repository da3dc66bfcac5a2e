//! Answers: what comes back for a command. Every function appends whole lines, `\n` included.
//!
//! The daemon fills in plain views ([`NeighborView`], [`RouteView`], [`StatusView`]) and knows nothing of their looks. After
//! the data comes the acknowledgement: [`Acknowledgement`].

mod acknowledgement;
mod adj_rib;
mod bmp;
mod group;
mod healthcheck;
mod help;
mod mrt;
mod neighbor;
mod reload;
mod routes;
mod stations;
mod system;

use std::time::Duration;

use yottabgp_wire::io::text::{push, push_decimal};

pub use self::acknowledgement::Acknowledgement;
pub use self::adj_rib::{RouteFormat, RouteLook, RouteView, adj_rib};
pub use self::bmp::{BmpPeerView, BmpRouteView, BmpRouterView, bmp_peer, bmp_route, bmp_router};
pub use self::group::{group_processed, group_started};
pub use self::healthcheck::healthchecks;
pub use self::help::help;
pub use self::mrt::{MrtDump, mrt_dump};
pub use self::neighbor::{
    CapabilityView, FamilyView, MessageCounts, NeighborView, list, neighbors_json, old_usage,
    show_neighbors, usage,
};
pub use self::reload::{
    KeywordView, ReloadSummary, RouteChange, is_change, reload_neighbor, reload_route,
    reload_summary, reload_thing,
};
pub use self::routes::{index_removed, route_listed, routes_added, routes_removed};
pub use self::stations::{StationStatus, stations};
pub use self::system::{
    QueueView, StatusView, api_version, api_version_set, in_progress, ping, queue_status, reset,
    status, version,
};

/// Writes a time span as Python does: `0:00:37`, `1 day, 2:03:04`.
fn push_span(span: Duration, out: &mut Vec<u8>) {
    let seconds = span.as_secs();
    let days = seconds / 86_400;
    if days > 0 {
        push_decimal(out, days);
        push(out, if days == 1 { " day, " } else { " days, " });
    }
    push_decimal(out, seconds / 3600 % 24);
    for part in [seconds / 60 % 60, seconds % 60] {
        push(out, if part < 10 { ":0" } else { ":" });
        push_decimal(out, part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_look_as_python_prints_them() {
        for (seconds, text) in [
            (0, "0:00:00"),
            (37, "0:00:37"),
            (86_399, "23:59:59"),
            (86_400, "1 day, 0:00:00"),
            (200_000, "2 days, 7:33:20"),
        ] {
            let mut out = Vec::new();
            push_span(Duration::from_secs(seconds), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
