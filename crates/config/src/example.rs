//! An example of a configuration, made of the rows of the keywords: what has to be said, and as comments what may be.

use std::fmt::Write as _;

use crate::kind::{Kind, inner, is_list, rows};
use crate::section::KeywordHelp;

/// How much of the language the example shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A neighbor, with its statements.
    Neighbor,
    /// Processes, templates, and every section of a neighbor.
    Full,
}

/// Values for which the kind is not enough.
const VALUES: &[(&str, &str, &str)] = &[
    ("process", "run", "/usr/local/bin/watcher --verbose"),
    ("bmp", "listen", "192.0.2.9:11019"),
    ("bmp", "connect", "[ 192.0.2.1 [2001:db8::1]:1790 ]"),
    ("bmp", "processes", "[ watcher ]"),
    ("bmp", "stale-time", "300"),
    ("bmp", "routers", "4096"),
    ("bmp", "station", "192.0.2.9:11019"),
    ("bmp/station", "neighbors", "[ 192.0.2.1 2001:db8::1 ]"),
    ("bmp/station", "local-address", "192.0.2.9"),
    ("bmp/station", "name", "router-1"),
    ("bmp/station", "description", "\"a router\""),
    ("mrt", "updates", "/var/lib/yottabgp/updates.%Y%m%d.%H%M.gz"),
    ("mrt", "messages", "[ open update notification state ]"),
    ("mrt", "table", "/var/lib/yottabgp/rib.%Y%m%d.%H%M.bz2"),
    ("healthcheck", "interval", "5"),
    ("healthcheck", "fast-interval", "1"),
    ("healthcheck", "jitter", "0.5"),
    ("healthcheck", "timeout", "5"),
    ("healthcheck", "rise", "3"),
    ("healthcheck", "fall", "3"),
    ("healthcheck", "disable", "/etc/exabgp/dns.disable"),
    ("healthcheck", "drain", "/etc/exabgp/dns.drain"),
    ("healthcheck", "drain-time", "30"),
    ("healthcheck", "command", "\"dig @127.0.0.1 example.com +short\""),
    ("healthcheck", "check", "tcp:127.0.0.1:53"),
    ("healthcheck", "http-status", "200-299"),
    ("healthcheck", "http-body", "ok"),
    ("healthcheck", "flap-limit", "10"),
    ("healthcheck", "flap-window", "300"),
    ("healthcheck", "next-hop", "self"),
    ("healthcheck", "ip", "198.51.100.53/32"),
    ("healthcheck", "ip-ifname", "198.51.100.53%lo"),
    ("healthcheck", "local-preference", "100"),
    ("healthcheck", "label", "dns"),
    ("healthcheck", "start-ip", "0"),
    ("healthcheck", "up-metric", "100"),
    ("healthcheck", "down-metric", "1000"),
    ("healthcheck", "disabled-metric", "500"),
    ("healthcheck", "drained-metric", "500"),
    ("healthcheck", "increase", "1"),
    ("healthcheck", "community", "65001:100"),
    ("healthcheck", "extended-community", "target:65001:100"),
    ("healthcheck", "large-community", "65001:1:100"),
    ("healthcheck", "disabled-community", "65001:500"),
    ("healthcheck", "as-path", "65001"),
    ("healthcheck", "up-as-path", "65001"),
    ("healthcheck", "down-as-path", "65001 65001"),
    ("healthcheck", "disabled-as-path", "65001 65001"),
    ("healthcheck", "path-id", "1"),
    ("healthcheck", "neighbor", "192.0.2.1"),
    ("healthcheck", "execute", "\"logger service is $STATE\""),
    ("healthcheck", "up-execute", "\"logger service is up\""),
    ("healthcheck", "down-execute", "\"logger service is down\""),
    ("healthcheck", "disabled-execute", "\"logger service is disabled\""),
    ("healthcheck", "execute-timeout", "60"),
    ("neighbor", "inherit", "common"),
    ("neighbor", "description", "\"a router\""),
    ("neighbor", "router-id", "192.0.2.9"),
    ("neighbor", "local-address", "192.0.2.9"),
    ("neighbor", "peer-address", "192.0.2.1"),
    ("neighbor", "local-link-local", "fe80::9"),
    ("neighbor", "local-as", "65001"),
    ("neighbor", "peer-as", "65002"),
    ("neighbor", "host-name", "router-1"),
    ("neighbor", "domain-name", "example.net"),
    ("neighbor", "rate-limit", "1000"),
    ("neighbor", "listen", "1790"),
    ("neighbor", "source-interface", "eth0"),
    ("neighbor", "outgoing-ttl", "255"),
    ("neighbor", "incoming-ttl", "255"),
    ("neighbor", "md5-password", "\"secret\""),
    ("neighbor", "md5-ip", "192.0.2.9"),
    ("neighbor/capability", "graceful-restart", "120"),
    ("neighbor/capability", "long-lived-graceful-restart", "3600"),
    ("neighbor/capability", "add-path", "send/receive"),
    ("neighbor/family", "family", "1 1"),
    ("neighbor/nexthop", "ipv4", "unicast ipv6"),
    ("neighbor/nexthop", "ipv6", "unicast ipv4"),
    ("neighbor/add-path", "ipv4", "unicast limit 4"),
    ("neighbor/add-path", "ipv6", "unicast"),
    ("neighbor/add-path", "l2vpn", "evpn"),
    ("neighbor/add-path", "bgp-ls", "bgp-ls"),
    ("neighbor/tcp-ao", "password", "\"secret\""),
    ("neighbor/mrt", "updates", "\"/var/lib/yottabgp/{peer}.%Y%m%d.%H%M.gz\""),
    ("neighbor/mrt", "messages", "[ open update notification state ]"),
    ("neighbor/mrt", "table", "\"/var/lib/yottabgp/{peer}.rib.%Y%m%d.%H%M.bz2\""),
    ("neighbor/api", "processes", "[ watcher ]"),
    ("neighbor/api", "processes-match", "[ \"watch.*\" ]"),
    ("neighbor/static", "route", "203.0.113.0/24 next-hop self"),
    ("neighbor/static", "attributes", "next-hop self med 10 nlri 203.0.113.0/24 198.51.100.0/24"),
    ("neighbor/static", "attribute", "next-hop self med 10 nlri 203.0.113.0/24 198.51.100.0/24"),
    (
        "neighbor/static",
        "sr-policy",
        "distinguisher 1 color 100 endpoint 192.0.2.7 next-hop 192.0.2.9 preference 100",
    ),
    ("neighbor/static", "family", "ipv4 unicast 0x18CB0071 next-hop 192.0.2.9"),
    ("neighbor/announce", "family", "ipv4 unicast 0x18CB0071 next-hop 192.0.2.9"),
    ("neighbor/announce", "ipv4", "unicast 203.0.113.0/24 next-hop self"),
    ("neighbor/announce", "ipv6", "unicast 2001:db8::/32 next-hop 2001:db8::9"),
    (
        "neighbor/announce",
        "l2vpn",
        "vpls rd 65001:1 endpoint 5 base 10702 offset 1 size 8 next-hop 192.0.2.9",
    ),
    (
        "neighbor/announce",
        "bgp-ls",
        "bgp-ls node protocol isis-l2 identifier 0 local-node [ router-id 0001.0000.0002 ] next-hop 192.0.2.9",
    ),
    (
        "neighbor/flow",
        "route",
        "destination 203.0.113.0/24 protocol tcp destination-port =80 discard",
    ),
    (
        "neighbor/l2vpn",
        "vpls",
        "rd 65001:1 endpoint 5 base 10702 offset 1 size 8 next-hop 192.0.2.9",
    ),
    (
        "neighbor/l2vpn",
        "evpn",
        "ethernet-ad rd 65001:1 ethernet-tag 5 label 100 next-hop 192.0.2.9",
    ),
];

/// The example.
pub fn example(extent: Extent) -> String {
    let full = extent == Extent::Full;
    let mut out = String::from(
        "# Lines that begin with '# ' explain; statements behind a '#' alone can be used without it.\n\n",
    );
    let mut writer = Writer { out: &mut out, full };
    if full {
        writer
            .explain(0, "process <name>: a helper program that is told events and sends commands");
        writer.section("process watcher", "process", 0, false);
        writer.out.push('\n');
        writer.explain(0, "healthcheck <name>: a service that is announced while it is well");
        writer.section("healthcheck dns", "healthcheck", 0, true);
        writer.out.push('\n');
        writer.explain(0, "bmp: what routers tell of their sessions and tables by BMP");
        writer.section("bmp", "bmp", 0, true);
        writer.out.push('\n');
        writer.explain(0, "mrt: messages and tables of all neighbors are recorded to files");
        writer.section("mrt", "mrt", 0, true);
        writer.out.push('\n');
        writer.explain(0, "template: neighbors to inherit from");
        writer
            .out
            .push_str("template {\n    neighbor common {\n        hold-time 90;\n    }\n}\n\n");
    }
    writer.explain(0, "neighbor <ip>[/<prefix>]: a BGP peer, or a range of peers");
    writer.section("neighbor 192.0.2.1", "neighbor", 0, false);
    out
}

struct Writer<'a> {
    out: &'a mut String,
    full: bool,
}

impl Writer<'_> {
    fn explain(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}# {text}", "    ".repeat(depth));
    }

    /// A line of the language; behind a `#` where it is not needed. `within` is how deep it is inside of that.
    fn line(&mut self, depth: usize, within: Option<usize>, text: &str) {
        let indent = "    ".repeat(depth);
        let _ = match within {
            None => writeln!(self.out, "{indent}{text}"),
            Some(inside) => writeln!(self.out, "{indent}#{}{text}", "    ".repeat(inside)),
        };
    }

    /// A section with every row; `comment` when it is not needed.
    fn section(&mut self, header: &str, place: &str, depth: usize, comment: bool) {
        self.line(depth, comment.then_some(0), &format!("{header} {{"));
        self.rows(place, depth, comment.then_some(1));
        self.line(depth, comment.then_some(0), "}");
    }

    fn rows(&mut self, place: &str, depth: usize, within: Option<usize>) {
        let inside = if within.is_some() { depth } else { depth + 1 };
        let mut first = true;
        for row in rows(place) {
            if !self.full && (row.section || row.name == "inherit") {
                continue;
            }
            if within.is_none() && !std::mem::take(&mut first) {
                self.out.push('\n');
            }
            let what = format!("{} {}", row.name, row.value);
            let default = match row.default {
                "" | "needed" => String::new(),
                default => format!(" (default: {default})"),
            };
            let text = format!("{}: {}{default}", what.trim_end(), row.help);
            match within {
                None => self.explain(inside, &text),
                Some(within) => self.line(inside, Some(within), &format!("# {text}")),
            }
            if row.section && !is_list(place) {
                match within {
                    None => {
                        self.section(&header(place, &row), &inner(place, row.name), inside, true)
                    }
                    Some(deep) => {
                        self.line(inside, Some(deep), &format!("{} {{", header(place, &row)));
                        self.rows(&inner(place, row.name), depth, Some(deep + 1));
                        self.line(inside, Some(deep), "}");
                    }
                }
                continue;
            }
            let value = value(place, &row);
            let statement = match row.section {
                true => format!("{} {{ {value}; }}", row.name),
                false if value.is_empty() => format!("{};", row.name),
                false => format!("{} {value};", row.name),
            };
            let needed =
                row.default == "needed" || matches!(row.name, "router-id" | "local-address");
            let within = if needed && within.is_none() { None } else { Some(within.unwrap_or(0)) };
            self.line(inside, within, &statement);
        }
    }
}

/// What opens a section.
fn header(place: &str, row: &KeywordHelp) -> String {
    match VALUES.iter().find(|(of, name, _)| (*of, *name) == (place, row.name)) {
        Some((.., value)) => format!("{} {value}", row.name),
        None => row.name.to_owned(),
    }
}

/// A value that may follow a keyword.
fn value(place: &str, row: &KeywordHelp) -> String {
    let known = VALUES.iter().find(|(of, name, _)| (*of, *name) == (place, row.name));
    if let Some((.., value)) = known {
        return (*value).to_owned();
    }
    if place == "neighbor/operational" {
        return operational(row);
    }
    let kind = Kind::of(row);
    let usable = match &kind {
        Kind::OneOf(kinds) => {
            kinds.iter().any(|kind| matches!(kind, Kind::Word(word) if *word == row.default))
        }
        Kind::Integer(least, most) => {
            row.default.parse().is_ok_and(|n| (*least..=*most).contains(&n))
        }
        Kind::Boolean => matches!(row.default, "true" | "false"),
        _ => false,
    };
    if usable { row.default.to_owned() } else { of_kind(&kind) }
}

fn of_kind(kind: &Kind) -> String {
    match kind {
        Kind::Flag => String::new(),
        Kind::Boolean => "true".to_owned(),
        Kind::Integer(least, _) => least.to_string(),
        Kind::Asn => "65001".to_owned(),
        Kind::Ipv4 => "192.0.2.9".to_owned(),
        Kind::Ipv6 => "2001:db8::9".to_owned(),
        Kind::Word(word) => (*word).to_owned(),
        Kind::Text(_) => "text".to_owned(),
        Kind::List(_) => "[ name ]".to_owned(),
        Kind::OneOf(kinds) => kinds.first().map(of_kind).unwrap_or_default(),
    }
}

/// A message of the section `operational`.
fn operational(row: &KeywordHelp) -> String {
    let family = "afi ipv4 safi unicast";
    if row.value.contains("advisory") {
        format!("{family} advisory \"maintenance at noon\"")
    } else if row.value.contains("counter") {
        format!("{family} sequence 1 counter 0")
    } else {
        format!("{family} sequence 1")
    }
}
