//! The section `bmp`: what it means, what is wrong in it and where, and that it is printed as it is read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

mod common;

use yottabgp_config::loader::Offline;
use yottabgp_config::{BmpFlags, Environment, parse, print};

const PROCESSES: &str = "process a { run /bin/a; }\nprocess b { run /bin/b; }\n";

#[test]
fn a_file_without_a_neighbor_may_be_a_station() {
    let configuration = common::good("bmp { listen 192.0.2.1; table; }");
    let bmp = configuration.bmp.as_ref().unwrap();
    assert_eq!(bmp.listen, ["192.0.2.1:11019".parse().unwrap()]);
    assert!(bmp.connect.is_empty() && bmp.processes.is_empty() && bmp.table);
    assert_eq!((bmp.stale_time, bmp.routers), (300, 4096));
    // Who names no form and no kind of message gets all of them, decoded.
    assert!(bmp.receive.has(BmpFlags::PARSED) && bmp.receive.has(BmpFlags::EVERYTHING));
    assert!(!bmp.receive.has(BmpFlags::PACKETS) && !bmp.receive.has(BmpFlags::UPDATE));
    assert!(common::good("process a { run /bin/a; }").bmp.is_none());
}

#[test]
fn every_keyword_is_read_and_printed_and_read_again() {
    let text = format!(
        "{PROCESSES}bmp {{\n  listen 0.0.0.0;\n  listen [ [::]:1790 2001:db8::1 ];\n  connect [192.0.2.7, [2001:db8::2]:5000];\n  \
         processes [a b];\n  receive {{ packets; consolidate; peer-up; peer-down; update; statistics false; }}\n  \
         table true;\n  stale-time 0;\n  routers 10;\n  station 192.0.2.9 {{ }}\n  station [2001:db8::9]:1790 {{ adj-rib-in false; adj-rib-out true; \
         neighbors [ 192.0.2.1 2001:db8::1 ]; statistics-interval 0; queue 1; local-address 2001:db8::2; name r1; description \"in the lab\"; }}\n}}"
    );
    let configuration = common::good(&text);
    let bmp = configuration.bmp.as_ref().unwrap();
    let texts = |endpoints: &[std::net::SocketAddr]| -> Vec<String> {
        endpoints.iter().map(ToString::to_string).collect()
    };
    assert_eq!(texts(&bmp.listen), ["0.0.0.0:11019", "[::]:1790", "[2001:db8::1]:11019"]);
    assert_eq!(texts(&bmp.connect), ["192.0.2.7:11019", "[2001:db8::2]:5000"]);
    assert_eq!(bmp.processes.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "b"]);
    let flags: Vec<&str> = BmpFlags::NAMED
        .iter()
        .filter(|(_, flag)| bmp.receive.has(*flag))
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(flags, ["packets", "consolidate", "peer-up", "peer-down", "update"]);
    assert!(bmp.table);
    assert_eq!((bmp.stale_time, bmp.routers), (0, 10));

    let [first, second] = &bmp.stations[..] else { panic!("two stations: {bmp:?}") };
    assert_eq!(first.address, "192.0.2.9:11019".parse().unwrap());
    assert!(first.adj_rib_in && first.adj_rib_out && first.neighbors.is_empty());
    assert_eq!((first.statistics_interval, first.queue), (3600, 64));
    assert_eq!((&first.name, &first.description, first.local_address), (&None, &None, None));
    assert!(!second.adj_rib_in && second.adj_rib_out);
    assert!(second.is_about("2001:db8::1".parse().unwrap()));
    assert!(!second.is_about("192.0.2.2".parse().unwrap()));
    assert_eq!((second.statistics_interval, second.queue_octets()), (0, 1_048_576));
    assert_eq!(second.local_address, Some("2001:db8::2".parse().unwrap()));
    assert_eq!(
        (second.name.as_deref(), second.description.as_deref()),
        (Some("r1"), Some("in the lab"))
    );

    let printed = print::configuration(&configuration, print::Secrets::Shown);
    let again = parse(&common::source(&printed), &Offline, &Environment::default());
    assert_eq!(again.unwrap().0, configuration, "{printed}");

    let exported = yottabgp_config::export::configuration(&configuration);
    let exported = &exported["bmp"];
    assert_eq!(exported["listen"][1], "[::]:1790");
    assert_eq!(exported["processes"][1], "b");
    assert_eq!(exported["receive"]["peer-up"], true);
    assert_eq!(exported["routers"], 10);
    assert_eq!(exported["station"][0]["address"], "192.0.2.9:11019");
    assert_eq!(exported["station"][1]["neighbors"][1], "2001:db8::1");
    assert_eq!(exported["station"][1]["queue"], 1);
}

#[test]
fn what_is_wrong_is_told_where_it_is() {
    for (body, error) in [
        (
            "listn 192.0.2.1;",
            "t:3:7: error: invalid keyword \"listn\" in bmp (did you mean 'listen'?)",
        ),
        ("listen;", "t:3:13: error: address is missing"),
        (
            "listen 192.0.2.300;",
            "t:3:14: error: '192.0.2.300' is not a valid address (write 192.0.2.1, 192.0.2.1:11019, 2001:db8::1 or [2001:db8::1]:11019)",
        ),
        (
            "listen [ 192.0.2.1 192.0.2.1:70000 ];",
            "t:3:26: error: '192.0.2.1:70000' is not a valid address (write 192.0.2.1, 192.0.2.1:11019, 2001:db8::1 or [2001:db8::1]:11019)",
        ),
        (
            "listen [ 192.0.2.1;",
            "t:3:16: error: the list of address is not closed (add ']' at its end)",
        ),
        (
            "listen 192.0.2.1; listen 192.0.2.1:11019;",
            "t:3:32: error: 192.0.2.1:11019 is there twice (remove one of them)",
        ),
        (
            "listen 192.0.2.1; processes [ a bb ];",
            "t:3:39: error: the process 'bb' is used by bmp but not defined (did you mean 'b'?)",
        ),
        (
            "listen 192.0.2.1; receive { peers-up; }",
            "t:3:35: error: invalid keyword \"peers-up\" in bmp/receive (did you mean 'peer-up'?)",
        ),
        (
            "listen 192.0.2.1; stale-time 100000;",
            "t:3:36: error: time in seconds 100000 is invalid (must be 0 to 86400)",
        ),
        (
            "listen 192.0.2.1; routers 0;",
            "t:3:33: error: number of routers 0 is invalid (must be 1 to 65536)",
        ),
        ("station { }", "t:3:15: error: address is missing"),
        (
            "station r1 { }",
            "t:3:15: error: 'r1' is not a valid address (write 192.0.2.1, 192.0.2.1:11019, 2001:db8::1 or [2001:db8::1]:11019)",
        ),
        (
            "station 192.0.2.1 { } station 192.0.2.1:11019 { }",
            "t:3:37: error: the station 192.0.2.1:11019 is there twice (remove one of them)",
        ),
        (
            "station 192.0.2.1 { neighbors [ 192.0.2.7 r2 ]; }",
            "t:3:49: error: 'r2' is not a valid address (name neighbors by their address)",
        ),
        (
            "station 192.0.2.1 { queue 0; }",
            "t:3:33: error: number of mebibytes 0 is invalid (must be 1 to 65536)",
        ),
        (
            "listen 192.0.2.1; table; } bmp { listen 192.0.2.2; table;",
            "t:3:34: error: there is another section bmp (put what they say into one)",
        ),
    ] {
        let text = format!("{PROCESSES}bmp {{ {body} }}");
        let errors = parse(&common::source(&text), &Offline, &Environment::default()).unwrap_err();
        let errors = errors.into_iter().filter(|error| error.is_error()).collect::<Vec<_>>();
        assert_eq!(common::lines(&text, &errors).join("\n"), error);
    }
}

#[test]
fn a_station_that_does_nothing_is_warned_of() {
    for (body, warning) in [
        (
            "processes [ a ];",
            "t:3:1: warning: no router can tell anything to this station (add 'listen ADDRESS;', 'connect ADDRESS;' or 'station ADDRESS { }')",
        ),
        (
            "listen 192.0.2.1;",
            "t:3:1: warning: nobody is told what routers tell, and it is not kept (add 'processes [ NAME ];' or 'table true;')",
        ),
    ] {
        let text = format!("{PROCESSES}bmp {{ {body} }}");
        let (_, warnings) =
            parse(&common::source(&text), &Offline, &Environment::default()).unwrap();
        assert_eq!(common::lines(&text, &warnings).join("\n"), warning);
    }
}
