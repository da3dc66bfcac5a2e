//! Lines that are like lines before but for their prefix: what is looked up is what is read.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use yottabgp_api::Version;
use yottabgp_api::command::{Command, Repeated, parse};
use yottabgp_wire::io::tokens::Token;
use yottabgp_wire::route::{Reading, RouteBuffer};

/// What a line says, all of it, in words.
fn shown(
    selector: &impl std::fmt::Display,
    verb: impl std::fmt::Debug,
    sync: Option<bool>,
    route: &RouteBuffer,
) -> String {
    let mut text = format!("{selector} {verb:?} {sync:?} {:?}", route.next_hop);
    text += &format!(
        " {:?} {:?} {:?} {:?}",
        route.path_id,
        route.withdraw,
        route.split,
        route.attributes()
    );
    text += &format!(" {:?} {:?} {:?}", route.watchdog, route.name, route.notes);
    for nlri in route.nlri() {
        text += &format!(" {nlri:?}");
    }
    text
}

/// Reads lines as a daemon does.
#[derive(Default)]
struct Reader {
    tokens: Vec<Token>,
    route: RouteBuffer,
    repeated: Repeated,
    /// How many were looked up.
    found: usize,
}

impl Reader {
    fn read(&mut self, line: &str) -> Result<String, String> {
        let version = Version::V4;
        if let Some(repeat) = self.repeated.recall(line.as_bytes(), version, &mut self.route) {
            self.found += 1;
            return Ok(shown(repeat.selector, repeat.verb, repeat.sync, &self.route));
        }
        let request = parse(line, version, &mut self.tokens, &mut self.route)
            .map_err(|refusal| refusal.to_string())?;
        self.repeated.keep(line, version, &request, &self.route);
        match request.command {
            Command::Route(verb) => Ok(shown(&request.selector, verb, request.sync, &self.route)),
            command => Ok(format!("{command:?}")),
        }
    }
}

/// The same without looking up.
fn alone(line: &str, reading: Reading) -> Result<String, String> {
    let mut reader = Reader::default();
    reader.route.set_reading(reading);
    reader.read(line)
}

/// Beginnings and ends of lines, and what may stand between.
const LINES: &[(&str, &str)] = &[
    ("announce route ", " next-hop 192.0.2.1 med 5"),
    ("announce route ", " next-hop 192.0.2.1 med 6 community [65000:1 65000:2]"),
    ("announce route ", " next-hop self path-information 7"),
    ("announce route ", " next-hop 2001:db8::1"),
    ("announce route ", " next-hop self split /26"),
    ("announce route ", " next-hop self rd 65000:1 label 100"),
    ("announce route ", " next-hop self label [ 100 101 ]"),
    ("announce route ", " next-hop self watchdog dog withdraw"),
    ("announce route ", " next-hop self name \"a b\""),
    ("announce route ", " next-hop self as-path [ 1 2 ( 3 ) ]"),
    ("announce route ", " next-hop self med 5 sync"),
    ("announce route ", " next-hop self med 5 #7"),
    ("announce route ", " next-hop self;"),
    ("announce route ", ""),
    ("withdraw route ", ""),
    ("withdraw route ", " path-information 7"),
    ("peer * announce route ", " next-hop self"),
    ("peer 192.0.2.9 withdraw route ", ""),
    ("neighbor 192.0.2.9, neighbor 192.0.2.10 announce route ", " next-hop self"),
    ("announce  route ", " next-hop self"),
    ("\tannounce route ", " next-hop self"),
    ("announce attributes next-hop self med 5 nlri ", ""),
    ("announce attributes next-hop self community [ 1:1 ] nlri ", ""),
    ("announce attributes next-hop self nlri ", " sync"),
    ("announce attributes next-hop self nlri [", "]"),
    ("announce attributes next-hop self name \" nlri \" nlri ", ""),
    ("peer * announce attributes next-hop self rd 1:1 label 5 nlri ", ""),
    ("withdraw attributes nlri ", ""),
    ("announce ipv4 unicast ", " next-hop self"),
    ("announce ipv4 multicast ", " next-hop self"),
    ("announce ipv6 unicast ", " next-hop 2001:db8::1 med 5"),
    (
        "announce ipv4 mpls-vpn ",
        " rd 65000:1 label 100 next-hop 192.0.2.1 extended-community target:1:1",
    ),
    ("announce ipv6 mpls-vpn ", " rd 65000:1 label 100 next-hop 2001:db8::1"),
    ("withdraw ipv4 mpls-vpn ", " rd 65000:1"),
    ("announce ipv4 nlri-mpls ", " label 100 next-hop 192.0.2.1"),
    ("announce flow route { match { destination ", "; protocol tcp; } then { discard; } }"),
    (
        "announce flow route { match { source 10.0.0.0/8; destination ",
        "; } then { rate-limit 9600; } }",
    ),
    ("announce flow route destination ", " protocol udp discard"),
    ("announce flow route destination ", " source 10.0.0.0/8 discard"),
    ("announce flow route rd 65000:1 destination ", " discard"),
    ("announce flow route {\\n match { destination ", ";\\n } then { discard; } }"),
    ("withdraw flow route { match { destination ", "; } then { discard; } }"),
    ("announce ipv4 flow destination ", " discard"),
    ("announce ipv6 flow destination-ipv6 ", " discard"),
    ("routes add route ", " next-hop self"),
    ("group announce route ", " next-hop self; withdraw route 10.0.0.0/8"),
    ("announce route \"", "\" next-hop self"),
    ("# announce route ", " next-hop self"),
    ("debug announce route ", " next-hop self"),
    ("announce l2vpn vpls rd 1:1 endpoint ", " base 1 offset 1 size 1 next-hop self"),
];

const PREFIXES: &[&str] = &[
    "10.0.0.0/24",
    "10.0.1.0/24",
    "10.0.2.0/25",
    "10.0.2.1",
    "224.0.0.0/4",
    "239.1.0.0/16",
    "0.0.0.0/0",
    "10.0.0.1/24",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "2001:db8::1",
    "::/0",
    "ff02::/16",
    "::ffff:10.0.0.0/104",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0",
    "10.0.0.0/8 10.1.0.0/16",
    "10.0.0.0/8  10.1.0.0/16",
    "10.0.0.0/8 2001:db8::/32",
    "2001:db8::/32 10.0.0.0/8",
    "224.0.0.0/4 10.0.0.0/8",
    "2001:db8::/32/16",
    "10.0.0.0/8 ;",
    "[ 10.0.0.0/8 ]",
    "",
    "5",
    "10.0.0.0/8 add",
    "10.0.0.0/024",
    "10.0.0.0/24\"",
    "10.0.0.0/24[",
    "\"10.0.0.0/24\"",
    "10.0.0.0/24 # 5",
    "10.0.0.0/24#5",
    "10.0.0.0/24 med 1",
];

#[test]
fn what_is_found_is_what_would_be_read() {
    for reading in [Reading::Modern, Reading::ExaBgp34] {
        let mut reader = Reader::default();
        reader.route.set_reading(reading);
        for _ in 0..2 {
            for prefix in PREFIXES {
                for (head, tail) in LINES {
                    let line = format!("{head}{prefix}{tail}");
                    let line = line.trim_end();
                    assert_eq!(reader.read(line), alone(line, reading), "{line}");
                }
            }
        }
        assert!(reader.found > 300, "{}", reader.found);
    }
}

/// The forms of lines that are to be found.
#[test]
fn every_form_is_found() {
    for (head, tail, prefixes) in [
        ("announce route ", " next-hop 192.0.2.1 med 5", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("announce route ", " next-hop 2001:db8::1", ["2001:db8::/48", "2001:db8:1::/48"]),
        ("peer * announce route ", " next-hop self", ["10.0.0.0/24", "224.0.0.0/24"]),
        ("peer 192.0.2.9 withdraw route ", "", ["10.0.0.0/24", "10.0.1.0/24"]),
        (
            "announce attributes next-hop self med 5 nlri ",
            "",
            ["10.0.0.0/24", "10.0.1.0/24 10.0.2.0/24"],
        ),
        ("announce ipv4 unicast ", " next-hop self", ["10.0.0.0/24", "10.0.1.0/24"]),
        (
            "announce ipv4 mpls-vpn ",
            " rd 1:1 label 5 next-hop self",
            ["10.0.0.0/24", "10.0.1.0/24"],
        ),
        ("announce route ", " rd 1:1 label 5 next-hop self", ["10.0.0.0/24", "10.0.1.0/24"]),
        (
            "announce flow route { match { destination ",
            "; } then { discard; } }",
            ["10.0.0.0/24", "10.0.1.0/24"],
        ),
        ("announce flow route destination ", " discard", ["2001:db8::/48", "2001:db8:1::/48"]),
        ("announce ipv4 flow source ", " protocol udp discard", ["10.0.0.0/24", "10.0.1.0/24"]),
    ] {
        let mut reader = Reader::default();
        for prefix in prefixes {
            reader.read(&format!("{head}{prefix}{tail}")).unwrap();
        }
        assert_eq!(reader.found, 1, "{head}…{tail}");
    }
}

#[test]
fn sets_that_come_again_are_found_and_others_cost_no_memory() {
    let mut reader = Reader::default();
    for number in 0..10_000_u32 {
        reader
            .read(&format!(
                "announce route 10.{}.{}.0/24 next-hop self med {}",
                number >> 8,
                number & 255,
                number % 100
            ))
            .unwrap();
    }
    assert!(reader.found > 9000, "{}", reader.found);
    for number in 0..10_000_u32 {
        reader
            .read(&format!(
                "announce route 10.{}.{}.0/24 next-hop self med {number}",
                number >> 8,
                number & 255
            ))
            .unwrap();
    }
    assert!(reader.found < 11_000, "{}", reader.found);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Lines with a word changed, an octet changed, and so on, among those that they were.
    #[test]
    fn changed_lines_are_read_as_they_are(
        steps in prop::collection::vec(
            (0..LINES.len(), 0..PREFIXES.len(), 0_usize..3, any::<prop::sample::Index>(), "[ -~]{0,2}"), 1..60)
    ) {
        let mut reader = Reader::default();
        for (line, prefix, change, at, with) in steps {
            let (head, tail) = LINES[line];
            let mut line = format!("{head}{}{tail}", PREFIXES[prefix]);
            let at = at.index(line.len());
            match change {
                0 => line.replace_range(at..(at + 1).min(line.len()), &with),
                1 => line.insert_str(at, &with),
                _ => {}
            }
            let line = line.trim_end();
            prop_assert_eq!(reader.read(line), alone(line, Reading::Modern), "{}", line);
        }
    }
}
