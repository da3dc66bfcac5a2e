//! Files of ExaBGP 3.4: taken, with warnings that show how they are written today.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod common;

use common::{bad, loaded, wrap};
use yottabgp_config::MessageFlags;
use yottabgp_wire::codes::Family;

const GROUP: &str = "group test {
  process announce { run /a; }
  local-as 1; router-id 1.1.1.1; hold-time 30;
  family { ipv4 unicast; }
  capability { route-refresh; }
  static { route 10.0.0.0/8 next-hop 1.1.1.1; }
  neighbor 192.0.2.1 {
    peer-as 2; hold-time 60; family { ipv6 unicast; ipv4 unicast; }
    process listen { run /b; encoder json; receive { parsed; updates; neighbor-changes; } send { packets; } }
    static { route 11.0.0.0/8 next-hop 1.1.1.1; }
  }
  passive;
  neighbor 192.0.2.2 { peer-as 3; group-updates true; }
}
neighbor 192.0.2.3 { local-as 1; peer-as 4; router-id 1.1.1.1; }
";

#[test]
fn a_group_gives_its_neighbors_what_stands_before_them() {
    let (configuration, warnings) = loaded(GROUP);
    let [first, second, third] = &*configuration.neighbors else { panic!() };
    assert_eq!((first.settings.hold_time, second.settings.hold_time), (60, 30));
    assert_eq!(first.settings.families, [Family::IPV6_UNICAST, Family::IPV4_UNICAST]);
    assert_eq!(second.settings.families, [Family::IPV4_UNICAST]);
    assert!(first.settings.route_refresh && second.settings.route_refresh);
    assert!(!first.settings.passive && second.settings.passive);
    assert_eq!((first.routes.len(), second.routes.len()), (2, 1));
    // The default of 3.4 was not to group.
    assert!(!first.settings.group_updates && second.settings.group_updates);
    assert!(!third.settings.group_updates);
    assert_eq!(
        warnings,
        [
            "t:1:1: warning: 'group' is of ExaBGP 3.4 (write template { neighbor test { … } }, and 'inherit test;' in each neighbor)",
            "t:2:3: warning: a process inside of a neighbor is of ExaBGP 3.4 (write process announce { run /a; encoder text; } outside of neighbors, and api { processes [ announce ]; } in each neighbor)",
            "t:12:3: warning: this has no effect on neighbor 192.0.2.1 above it (move it to the start of the group)",
        ]
    );
}

#[test]
fn every_process_commands_every_neighbor_and_one_of_a_neighbor_is_told_of_that_one() {
    let (configuration, _) = loaded(GROUP);
    let names: Vec<_> = configuration.processes.iter().map(|process| &*process.name).collect();
    assert_eq!(names, ["announce", "listen"]);
    let told = |index: usize| -> Vec<&str> {
        let blocks = &configuration.neighbors[index].api;
        blocks.iter().flat_map(|block| &block.processes).map(|name| &**name).collect()
    };
    assert_eq!(
        (told(0), told(1), told(2)),
        (vec!["listen", "announce"], vec!["announce", "listen"], vec!["announce", "listen"])
    );
    let other = &configuration.neighbors[1].api[1];
    assert!(other.receive.is_empty() && other.send.is_empty() && !other.neighbor_changes);
    let block = &configuration.neighbors[0].api[0];
    let mut receive = MessageFlags::PARSED;
    receive.set(MessageFlags::UPDATE, true);
    assert_eq!((block.receive, block.send), (receive, MessageFlags::PACKETS));
    assert!(block.neighbor_changes);
    assert_eq!(configuration.processes[1].encoder.name(), "json");
}

#[test]
fn old_flags_of_processes() {
    let flags = |flags: &str| {
        let text = wrap(&format!("process p {{ run /p; {flags} }}"));
        let block = loaded(&text).0.neighbors.remove(0).api.remove(0);
        (block.receive.0 | block.send.0 << 9, block.neighbor_changes)
    };
    use MessageFlags as F;
    assert_eq!(flags("peer-updates;"), (F::PARSED.0 | F::UPDATE.0, true));
    assert_eq!(flags("receive-routes;"), (F::PARSED.0 | F::UPDATE.0 | F::REFRESH.0, false));
    assert_eq!(flags("send-packets; receive-packets;"), (F::PACKETS.0 | F::PACKETS.0 << 9, false));
    assert_eq!(flags("neighbor-changes;"), (0, true));
    assert!(
        bad(&wrap("process p { run /p; nonsense; }"))[1]
            .contains("invalid keyword \"nonsense\" in process")
    );
    assert!(bad(&wrap("process p { }"))[1].contains("has no 'run'"));
    let two = format!(
        "{} {}",
        wrap("process p { run /a; }"),
        wrap("process p { run /b; }").replace("2.1 ", "2.2 ")
    );
    assert!(
        bad(&two)
            .iter()
            .any(|line| line.contains("the process \"p\" is run in two different ways"))
    );
    let same = format!(
        "{} {}",
        wrap("process p { run /a; }"),
        wrap("process p { run /a; }").replace("2.1 ", "2.2 ")
    );
    assert_eq!(loaded(&same).0.processes.len(), 1);
}
