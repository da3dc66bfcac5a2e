//! GoBGP's scenario tests: named pipes made beforehand, commands by `exabgpcli`, and its tables read word by word.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use nix::sys::signal::Signal;
use yottabgp_interop::peer::{End, Options};
use yottabgp_testkit::bgp::{Open, kind};
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::wait::until;

use crate::house::{House, Supervised, pid_in};
use crate::support::{attributes, update};

const US: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// Makes the pipes and starts the daemon as the scenario's container does; waits until it answers.
fn start(house: &House, configuration: &str) -> Supervised {
    for name in ["run/exabgp.in", "run/exabgp.out"] {
        house.pipe(name);
    }
    let file = house.file("exabgpd.conf", configuration).display().to_string();
    let log = format!("exabgp.log.destination={}", house.name("log/exabgpd.log"));
    let daemon = house.supervise(house.command(&[
        "env",
        &log,
        "exabgp.daemon.user=root",
        "exabgp.daemon.pid=/var/run/exabgp.pid",
        "exabgp.tcp.bind=0.0.0.0",
        "exabgp.tcp.port=179",
        "exabgp",
        &file,
    ]));
    until("exabgpcli version", || house.run(&["exabgpcli", "version"]).status.success());
    assert!(house.path("run/exabgp.pid").is_file());
    daemon
}

/// A table of `exabgpcli`, as these tests read it: `neighbor IP AFI SAFI PREFIX (KEY VALUE)…`.
fn table(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut table = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[..2], ["neighbor", "10.0.0.2"], "{line}");
        let pairs = words[5..].chunks(2);
        let values: BTreeMap<_, _> = pairs
            .map(|pair| (pair[0].to_owned(), pair.get(1).copied().unwrap_or("").to_owned()))
            .collect();
        table.insert(format!("{} {} {}", words[2], words[3], words[4]), values);
    }
    table
}

#[test]
fn commands_of_exabgpcli_reach_the_peer_and_its_tables_are_read_word_by_word() {
    let Some(house) = House::new(&["10.0.0.1/24", "10.0.0.2/24"], &[]) else { return };
    let mut daemon = start(
        &house,
        "neighbor 10.0.0.2 {
    router-id 10.0.0.1;
    local-address 10.0.0.1;
    local-as 65001;
    peer-as 65002;
    capability {
        asn4 disable;
        add-path send/receive;
    }
    family {
        ipv4 unicast;
        ipv6 flow;
        ipv4 flow;
    }
}
",
    );
    let mut open = Open::new(65002, ROUTER);
    open.families = vec![(1, 1), (1, 133), (2, 133)];
    open.capabilities.push((69, vec![0, 1, 1, 3]));
    let mut router = house.call(ROUTER, US, &open);
    let mut ends = 0;
    router.updates(|update| {
        ends += u8::from(update.is_eor() || update.attribute(15).is_some());
        ends == 3
    });
    let cli = |words: &str| house.tell(&["exabgpcli", words]);
    cli(
        "announce route 192.168.100.0/24 next-hop self path-information 10 as-path [65100 65101] med 20 local-preference 200 community [65100:10 65100:20] extended-community [target:65100:1] attribute [ 0x99 0xe0 0x11223344 ]",
    );
    let message = router.next().unwrap();
    assert!(message.body.ends_with(&[0, 0, 0, 10, 24, 192, 168, 100]), "{message:02X?}");
    // Two octets an AS: that is what was negotiated. An octet of flags as it was written.
    let raw = [0xE0, 0x99, 4, 0x11, 0x22, 0x33, 0x44];
    assert!(message.body.windows(7).any(|some| some == raw), "{message:02X?}");
    let path = [0x40, 2, 6, 2, 2, 0xFE, 0x4C, 0xFE, 0x4D];
    assert!(message.body.windows(9).any(|some| some == path), "{message:02X?}");
    let out = table(&cli("show adj-rib out"));
    let route = &out["ipv4 unicast 192.168.100.0/24"];
    assert_eq!(route.get("path-information").map(String::as_str), Some("0.0.0.10"), "{route:?}");
    assert_eq!(route.get("next-hop").map(String::as_str), Some("10.0.0.1"), "{route:?}");

    // What the router announces.
    let mut body = update(&[], &attributes(), &[]);
    // AS_PATH with two octets an AS.
    let long = [0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA];
    let at = body.windows(long.len()).position(|some| some == long).unwrap();
    body.splice(at..at + long.len(), [0x40, 2, 4, 2, 1, 0xFD, 0xEA]);
    let length = u16::from_be_bytes([body[2], body[3]]) - 2;
    body[2..4].copy_from_slice(&length.to_be_bytes());
    body.extend_from_slice(&[0, 0, 0, 20, 24, 192, 168, 200]);
    router.send(kind::UPDATE, &body);
    until("the route", || cli("show adj-rib in").contains("192.168.200.0/24"));
    let received = table(&cli("show adj-rib in"));
    let route = &received["ipv4 unicast 192.168.200.0/24"];
    assert_eq!(route.get("path-information").map(String::as_str), Some("0.0.0.20"), "{route:?}");
    assert_eq!(route.get("next-hop").map(String::as_str), Some("2.2.2.2"), "{route:?}");

    // Flows, one on one line in braces.
    cli(
        "announce flow route { match {destination 12.1.0.0/24; source 13.1.0.0/24; protocol =tcp; } then {discard;} }",
    );
    cli(
        "announce flow route { match {destination 2002:1::/64/0; source 2002:2::/64/0; next-header =udp; flow-label >100; } then {discard;} }",
    );
    for _ in 0..2 {
        router.update();
    }
    let flows = cli("show adj-rib out");
    let line = flows.lines().find(|line| line.contains("ipv6 flow")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        words[..7],
        ["neighbor", "10.0.0.2", "ipv6", "flow", "flow", "destination-ipv6", "2002:1::/64/0"],
        "{line}"
    );
    let after: BTreeMap<&str, &str> = words[5..]
        .chunks(2)
        .filter(|pair| pair.len() == 2)
        .map(|pair| (pair[0], pair[1]))
        .collect();
    assert_eq!(after.get("source-ipv6"), Some(&"2002:2::/64/0"), "{line}");
    assert_eq!(after.get("next-header"), Some(&"=udp"), "{line}");
    assert_eq!(after.get("flow-label"), Some(&">100"), "{line}");

    // `exabgpcli` is ExaBGP 4's name; `run` came later, and a release that was chosen counts for all.
    assert_eq!(house.tell(&["exabgp", "run", "show adj-rib out"]), flows.replace("neighbor ", ""));
    let five = house.tell(&["env", "exabgp.api.json=5", "exabgpcli", "show adj-rib out"]);
    assert_eq!(five, flows.replace("neighbor ", ""));
    assert!(cli("show adj-rib out json").lines().all(|line| line.starts_with('{')));
    assert!(cli("show adj-rib out extensive").starts_with("neighbor 10.0.0.2 local-ip "));

    cli("withdraw route 192.168.100.0/24 next-hop self path-information 10");
    let message = router.next().unwrap();
    assert_eq!(message.body[..10], [0, 8, 0, 0, 0, 10, 24, 192, 168, 100]);
    // `pkill --pidfile`.
    assert_eq!(pid_in(&house.path("run/exabgp.pid")), daemon.id());
    let (time, well) = daemon.end(Signal::SIGTERM);
    assert!(well && time < Duration::from_secs(3), "{time:?}");
    assert!(!house.path("run/exabgp.pid").exists());
}

#[test]
fn wrong_attributes_are_sent_as_they_are_asked_for() {
    let Some(house) = House::new(&["10.0.0.1/24", "10.0.0.2/24"], &[]) else { return };
    let _daemon = start(
        &house,
        "neighbor 10.0.0.2 {
    router-id 10.0.0.1;
    local-address 10.0.0.1;
    local-as 65001;
    peer-as 65002;
    family { ipv4 unicast; }
}
",
    );
    let mut router = house.call(ROUTER, US, &Open::new(65002, ROUTER));
    router.until_eor();
    for (number, (attribute, octets)) in [
        ("0x0e 0x60 0x11223344", &[0x60, 0x0E, 4, 0x11, 0x22, 0x33, 0x44][..]),
        ("0x0f 0x40 0x11223344", &[0x40, 0x0F, 4, 0x11, 0x22, 0x33, 0x44]),
        ("0x02 0x60 0x11223344", &[0x60, 0x02, 4, 0x11, 0x22, 0x33, 0x44]),
        ("0x11 0x60 0x11223344", &[0x60, 0x11, 4, 0x11, 0x22, 0x33, 0x44]),
        ("0x07 0xc0 0x1122", &[0xC0, 0x07, 2, 0x11, 0x22]),
        ("0x04 0xc0 0x1122334455", &[0xC0, 0x04, 5, 0x11, 0x22, 0x33, 0x44, 0x55]),
        ("0x01 0x40 0x0505", &[0x40, 0x01, 2, 5, 5]),
    ]
    .into_iter()
    .enumerate()
    {
        let route = format!(
            "announce route 192.168.{number}.0/24 next-hop 10.0.0.1 attribute [ {attribute} ]"
        );
        house.tell(&["exabgpcli", &route]);
        let message = router.next().unwrap();
        assert_eq!(message.kind, kind::UPDATE);
        let found = message.body.windows(octets.len()).any(|some| some == octets);
        assert!(found, "{attribute}: {message:02X?}");
    }
    house.tell(&["exabgpcli", "announce route 192.168.100.0/24 next-hop 127.0.0.1"]);
    assert_eq!(router.update().attribute(3), Some(&[127, 0, 0, 1][..]));
}

#[test]
fn gobgpd_has_what_exabgpcli_announces() {
    let Some((house, right, kind)) = House::beside("gobgp", &[]) else { return };
    let directory = house.path("gobgp");
    fs::create_dir(&directory).unwrap();
    let mut peer = (kind.make)(Options {
        directory,
        us: End { address: Pair::LEFT_IPV4.into(), asn: 65001 },
        them: End { address: Pair::RIGHT_IPV4.into(), asn: 65002 },
        passive: false,
        hold_time: 30,
        password: Some("passw0rd".to_owned()),
        families: Vec::new(),
        station: None,
        recorded: false,
    });
    // The scenario's router calls: its peer is passive.
    let mut daemon = start(
        &house,
        "neighbor 10.0.0.2 {
    router-id 10.0.0.1;
    local-address 10.0.0.1;
    local-as 65001;
    peer-as 65002;
    md5-password \"passw0rd\";
    passive;
}
",
    );
    peer.start(&right).unwrap();
    until("gobgpd has a session", || peer.established(&right) == Ok(true));
    house.tell(&[
        "exabgpcli",
        "announce route 10.10.0.0/24 next-hop self as-path [65001 65010] med 10",
    ]);
    until("the route", || {
        let routes = peer.routes(&right).unwrap();
        routes
            .iter()
            .any(|route| route.prefix() == "10.10.0.0/24" && route.attributes.med == Some(10))
    });
    house.tell(&["exabgpcli", "withdraw route 10.10.0.0/24 next-hop self"]);
    until("no route", || peer.routes(&right).unwrap().is_empty());
    daemon.end(Signal::SIGTERM);
    until("gobgpd has no session", || peer.established(&right) == Ok(false));
    peer.stop();
}
