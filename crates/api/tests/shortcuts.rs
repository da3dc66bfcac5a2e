//! The shortcuts of the command line.

use yottabgp_api::command::expand_shortcuts;

#[test]
fn shortcuts_are_written_out_by_their_place() {
    for (short, long) in [
        ("s n s", "show neighbor summary"),
        ("s neighbour e", "show neighbor extensive"),
        ("s n 10.0.0.1 c", "show neighbor 10.0.0.1 configuration"),
        ("s a i", "show adj-rib in"),
        ("s a o e", "show adj-rib out extensive"),
        ("f a o", "flush adj-rib out"),
        ("clear a i", "clear adj-rib in"),
        ("a r 10.0.0.0/24 next-hop self", "announce route 10.0.0.0/24 next-hop self"),
        ("w a med 5 nlri 10.0.0.0/24", "withdraw attributes med 5 nlri 10.0.0.0/24"),
        ("an e", "announce eor"),
        ("a o adm", "announce operational adm"),
        ("a w dog", "announce watchdog dog"),
        ("n 10.0.0.1 a r 10.0.0.0/24", "neighbor 10.0.0.1 announce route 10.0.0.0/24"),
        ("neigbor 10.0.0.1 id 1.1.1.1 t 2", "neighbor 10.0.0.1 router-id 1.1.1.1 teardown 2"),
        ("neighbor 10.0.0.1 show summary", "show neighbor 10.0.0.1 summary"),
        ("adj-rib in show", "show adj-rib in"),
        ("h", "help"),
        ("ses ack enable", "session ack enable"),
        ("d shutdown", "daemon shutdown"),
    ] {
        assert_eq!(expand_shortcuts(short), long, "{short}");
    }
}

#[test]
fn whole_commands_and_values_stay_as_they_are() {
    for line in [
        "announce route 10.0.0.0/24 next-hop self community [ 1:1 ] name a",
        "show adj-rib out 10.0.0.1 extensive json",
        "peer * announce eor ipv4 unicast",
        "teardown 4",
        "version",
    ] {
        assert_eq!(expand_shortcuts(line), line);
    }
}
