//! FRR: its `bgpd` alone, without `zebra`, configured and asked through `vtysh`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use yottabgp_testkit::process::output;
use yottabgp_testkit::route::{
    Attributes, Origin, Route, read_community, read_large_community, read_prefix,
};
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Namespace, Program, Running};

use crate::peer::{Kind, Options, Outcome, Peer};

/// Not in `PATH`, and not to be taken for OpenBSD's program of the same name.
const PROGRAM: &str = "/usr/lib/frr/bgpd";

/// Its row.
pub const KIND: Kind = Kind {
    name: "frr",
    installed: || Path::new(PROGRAM).is_file(),
    package: "apt-get install frr",
    make: |options| Box::new(Frr::new(options)),
    cannot: |_, _| None,
};

#[derive(Debug)]
struct Frr {
    options: Options,
    running: Option<Running>,
    announced: BTreeSet<Route>,
    /// A route map for each next hop and attribute set, by its number.
    maps: BTreeMap<(IpAddr, Attributes), usize>,
}

impl Frr {
    const fn new(options: Options) -> Self {
        Self { options, running: None, announced: BTreeSet::new(), maps: BTreeMap::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    fn shell(&self, namespace: &Namespace, commands: &str) -> Outcome<String> {
        let folder = self.options.directory.to_string_lossy();
        // One command is given as such; with a list, `vtysh` shows its prompt and goes on after
        // errors, which it marks with a percent sign.
        if !commands.contains('\n') {
            return output(namespace, "vtysh", &["--vty_socket", &folder, "-c", commands], "");
        }
        let answer = output(namespace, "vtysh", &["--vty_socket", &folder], commands)?;
        match answer.lines().find(|line| line.starts_with('%')) {
            None => Ok(answer),
            Some(line) => Err(format!("vtysh: {line}")),
        }
    }

    fn configuration(&mut self) -> String {
        let us = self.options.us.address;
        let our_as = self.options.us.asn;
        let their_as = self.options.them.asn;
        let passive = if self.options.passive { "neighbor us passive" } else { "!" };
        let password = self.options.password.as_ref();
        let password =
            password.map_or_else(|| "!".into(), |key| format!("neighbor us password {key}"));
        let hold = self.options.hold_time;
        let mut families = String::new();
        let unicast = ["ipv4 unicast", "ipv6 unicast"].map(str::to_owned);
        let wanted = &self.options.families;
        for family in if wanted.is_empty() { unicast.as_slice() } else { wanted } {
            families += &format!(
                " address-family {}\n  neighbor us activate\n{}{} exit-address-family\n",
                name(family).unwrap_or("?"),
                // Without, it keeps no Adj-RIB-In to tell of.
                if self.options.station.is_some() {
                    "  neighbor us soft-reconfiguration inbound\n"
                } else {
                    ""
                },
                if family.ends_with("unicast") {
                    "  neighbor us attribute-unchanged next-hop\n"
                } else {
                    ""
                }
            );
        }
        let monitored = self.options.station.map_or_else(String::new, |station| {
            let (address, port) = (station.ip(), station.port());
            format!(
                " bmp targets station\n  bmp connect {address} port {port} min-retry 100 max-retry 500\n  bmp stats interval 500\n\
                 \u{20}bmp monitor ipv4 unicast pre-policy\n  bmp monitor ipv6 unicast pre-policy\n exit\n"
            )
        });
        let text = format!(
            "frr defaults traditional
log file {log}
bgp route-map delay-timer 0
router bgp {their_as}
 bgp router-id 10.0.0.2
 bgp log-neighbor-changes
 no bgp suppress-duplicates
 no bgp ebgp-requires-policy
 no bgp network import-check
 no bgp default ipv4-unicast
 bgp disable-ebgp-connected-route-check
 timers bgp {keepalive} {hold}
 neighbor us remote-as {our_as}
 neighbor us timers connect 1
 neighbor us advertisement-interval 0
 neighbor us disable-connected-check
 neighbor us solo
 {passive}
 {password}
{families}{monitored}exit
",
            log = self.path("frr.log").display(),
            keepalive = hold / 3,
        )
        .replace(" us ", &format!(" {us} "));
        text + &self.changes(&BTreeSet::new(), &self.announced.clone())
    }

    /// The commands leading from one set of routes to another.
    fn changes(&mut self, from: &BTreeSet<Route>, to: &BTreeSet<Route>) -> String {
        let their_as = self.options.them.asn;
        let mut text = String::new();
        let mut networks = String::new();
        for family in ["ipv4", "ipv6"] {
            networks += &format!(" address-family {family} unicast\n");
            for route in from.difference(to).filter(|route| route.family() == family) {
                networks += &format!("  no network {}\n", route.prefix());
            }
            for route in to.difference(from).filter(|route| route.family() == family) {
                let next = self.maps.len();
                let key = (route.next_hop, route.attributes.clone());
                let number = *self.maps.entry(key).or_insert_with(|| {
                    text += &route_map(next, route);
                    next
                });
                networks += &format!("  network {} route-map SET{number}\n", route.prefix());
            }
            networks += " exit-address-family\n";
        }
        format!("{text}router bgp {their_as}\n{networks}exit\n")
    }
}

/// Its name of a family.
fn name(family: &str) -> Option<&'static str> {
    Some(match family {
        "ipv4 unicast" => "ipv4 unicast",
        "ipv6 unicast" => "ipv6 unicast",
        "ipv4 multicast" => "ipv4 multicast",
        "ipv6 multicast" => "ipv6 multicast",
        "ipv4 nlri-mpls" => "ipv4 labeled-unicast",
        "ipv6 nlri-mpls" => "ipv6 labeled-unicast",
        "ipv4 mpls-vpn" => "ipv4 vpn",
        "ipv6 mpls-vpn" => "ipv6 vpn",
        "ipv4 flow" => "ipv4 flowspec",
        "ipv6 flow" => "ipv6 flowspec",
        "l2vpn evpn" => "l2vpn evpn",
        _ => return None,
    })
}

/// The routes of what it shows: all as one, since tests have one at a time.
fn read_table(text: &str) -> Vec<String> {
    let empty = match serde_json::from_str::<Value>(text) {
        // Of a route distinguisher without routes the name stays.
        Ok(_) => !text.contains("\"version\"") && !text.contains("\"valid\""),
        Err(_) => {
            text.trim().is_empty() || text.starts_with("No ") || text.contains("Displayed  0")
        }
    };
    if empty { Vec::new() } else { vec![text.to_owned()] }
}

fn route_map(number: usize, route: &Route) -> String {
    let attributes = &route.attributes;
    let mut text = format!("route-map SET{number} permit 10\n");
    let hop = route.next_hop;
    text += &match hop {
        IpAddr::V4(_) => format!(" set ip next-hop {hop}\n"),
        IpAddr::V6(_) => format!(" set ipv6 next-hop global {hop}\n"),
    };
    text += &format!(" set origin {}\n", attributes.origin.name());
    let path: Vec<_> = attributes.as_path.iter().skip(1).map(u32::to_string).collect();
    if !path.is_empty() {
        text += &format!(" set as-path prepend {}\n", path.join(" "));
    }
    if let Some(med) = attributes.med {
        text += &format!(" set metric {med}\n");
    }
    let list: Vec<_> =
        attributes.communities.iter().map(|(high, low)| format!("{high}:{low}")).collect();
    if !list.is_empty() {
        text += &format!(" set community {}\n", list.join(" "));
    }
    let list: Vec<_> =
        attributes.large_communities.iter().map(|(a, b, c)| format!("{a}:{b}:{c}")).collect();
    if !list.is_empty() {
        text += &format!(" set large-community {}\n", list.join(" "));
    }
    text + "exit\n"
}

impl Peer for Frr {
    fn name(&self) -> &'static str {
        KIND.name
    }

    /// As it would send it on: with its own AS in front.
    fn counts(&self, _accepted: usize, looped: usize) -> Vec<(&'static str, usize)> {
        // It counts what it refused.
        vec![("as-path-loops", looped), ("rejected-prefixes", 0)]
    }

    fn told(&self, mut route: Route) -> Route {
        route.attributes.as_path.insert(0, self.options.them.asn);
        route
    }

    fn start(&mut self, namespace: &Namespace) -> Outcome {
        self.maps.clear();
        fs::write(self.path("bgpd.conf"), self.configuration()).expect("a file");
        let running = Program::new(PROGRAM, self.path("bgpd.out"))
            .arguments(self.options.station.iter().flat_map(|_| ["-M", "bmp"]))
            .arguments(["--no_zebra", "--skip_runas", "--vty_port", "0", "--config_file"])
            .argument(self.path("bgpd.conf"))
            .argument("--pid_file")
            .argument(self.path("bgpd.pid"))
            .argument("--vty_socket")
            .argument(&self.options.directory)
            .start(namespace)
            .map_err(|error| error.to_string())?;
        self.running = Some(running);
        let answer = poll(PATIENCE, || {
            if !self.running.as_mut().is_some_and(Running::alive) {
                return Some(Err("bgpd ended".to_owned()));
            }
            self.shell(namespace, "show bgp neighbors json").ok().map(|_| Ok(()))
        });
        answer.unwrap_or_else(|| Err("bgpd does not answer".to_owned()))
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.terminate(Duration::from_secs(10)).expect("bgpd ends");
        }
    }

    fn signal(&mut self, signal: Signal) {
        self.running.as_ref().expect("started").signal(signal);
    }

    fn established(&mut self, namespace: &Namespace) -> Outcome<bool> {
        let us = self.options.us.address;
        let command = format!("show bgp neighbors {us} json");
        Ok(self.shell(namespace, &command)?.contains("\"bgpState\":\"Established\""))
    }

    fn routes(&mut self, namespace: &Namespace) -> Outcome<BTreeSet<Route>> {
        let us = self.options.us.address;
        let mut routes = BTreeSet::new();
        for family in ["ipv4", "ipv6"] {
            let ask = |words| self.shell(namespace, &format!("show bgp {family} unicast {words}"));
            // The order of the words changed after version 8.
            let text = ask("json detail").or_else(|_| ask("detail json"))?;
            let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            for (prefix, paths) in table["routes"].as_object().into_iter().flatten() {
                for path in paths.as_array().into_iter().flatten() {
                    let sender = &path["peer"]["peerId"];
                    if *sender == us.to_string() {
                        let route = read_route(prefix, path);
                        routes.insert(route.ok_or_else(|| format!("not understood: {path}"))?);
                    }
                }
            }
        }
        Ok(routes)
    }

    fn announce(&mut self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        if self.running.is_some() {
            let before = std::mem::take(&mut self.announced);
            let changes = self.changes(&before, routes);
            self.shell(namespace, &format!("configure terminal\n{changes}"))?;
        }
        self.announced.clone_from(routes);
        Ok(())
    }

    fn table(&mut self, namespace: &Namespace, family: &str) -> Outcome<Vec<String>> {
        let name = name(family).ok_or_else(|| format!("FRR has no {family}"))?;
        let words = match family {
            "l2vpn evpn" => "route detail",
            "ipv4 flow" | "ipv6 flow" => "detail",
            _ if family.ends_with("mpls-vpn") => "json",
            _ => "json detail",
        };
        let text = self.shell(namespace, &format!("show bgp {name} {words}"))?;
        Ok(read_table(&text))
    }

    fn refresh(&mut self, namespace: &Namespace) -> Outcome<bool> {
        let us = self.options.us.address;
        for family in ["ipv4", "ipv6"] {
            self.shell(namespace, &format!("clear bgp {family} unicast {us} soft in"))?;
        }
        Ok(true)
    }

    fn shut_down(&mut self, namespace: &Namespace, text: &str) -> Outcome {
        let us = self.options.us.address;
        let their_as = self.options.them.asn;
        let words = format!("neighbor {us} shutdown message {text}");
        self.shell(namespace, &format!("configure terminal\nrouter bgp {their_as}\n{words}\n"))
            .map(drop)
    }

    fn enable(&mut self, namespace: &Namespace) -> Outcome {
        let us = self.options.us.address;
        let their_as = self.options.them.asn;
        let words = format!("no neighbor {us} shutdown");
        self.shell(namespace, &format!("configure terminal\nrouter bgp {their_as}\n{words}\n"))
            .map(drop)
    }

    fn notification(&mut self, namespace: &Namespace) -> Outcome<String> {
        let us = self.options.us.address;
        let state = self.shell(namespace, &format!("show bgp neighbors {us} json"))?;
        Ok(state + &fs::read_to_string(self.path("frr.log")).unwrap_or_default())
    }

    fn adapt(&self, mut attributes: Attributes) -> Attributes {
        // A network has a metric, which is 0 unless set.
        attributes.med.get_or_insert(0);
        attributes
    }
}

fn read_route(prefix: &str, path: &Value) -> Option<Route> {
    let (network, length) = read_prefix(prefix)?;
    let hops = path["nexthops"].as_array()?;
    let global = hops.iter().find(|hop| hop["scope"] != "link-local")?;
    let mut as_path = Vec::new();
    for segment in path["aspath"]["segments"].as_array().into_iter().flatten() {
        for number in segment["list"].as_array()? {
            as_path.push(u32::try_from(number.as_u64()?).ok()?);
        }
    }
    let list = |value: &Value| -> Vec<String> {
        let items = value["list"].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let med = path.get("metric").and_then(Value::as_u64);
    Some(Route {
        network,
        length,
        next_hop: global["ip"].as_str()?.parse().ok()?,
        attributes: Attributes {
            origin: Origin::read(path["origin"].as_str()?)?,
            as_path,
            med: med.map(u32::try_from).transpose().ok()?,
            communities: list(&path["community"])
                .iter()
                .map(|text| read_community(text))
                .collect::<Option<_>>()?,
            large_communities: list(&path["largeCommunity"])
                .iter()
                .map(|text| read_large_community(text))
                .collect::<Option<_>>()?,
        },
    })
}
