//! GoBGP: `gobgpd` with a configuration file, fed with MRT files and asked through `gobgp`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::Value;
use yottabgp_testkit::process::{find, output};
use yottabgp_testkit::route::{Attributes, Origin, Route, read_prefix};
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Namespace, Program, Running};

use crate::mrt;
use crate::peer::{Kind, OUR_ROUTER_ID, Options, Outcome, Peer};

/// Its row.
pub const KIND: Kind = Kind {
    name: "gobgp",
    installed: || find("gobgpd").is_some() && find("gobgp").is_some(),
    package: "apt-get install gobgpd",
    make: |options| Box::new(GoBgp { options, running: None, announced: BTreeSet::new() }),
    cannot: |_, _| None,
};

#[derive(Debug)]
struct GoBgp {
    options: Options,
    running: Option<Running>,
    announced: BTreeSet<Route>,
}

impl GoBgp {
    fn path(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    fn client(namespace: &Namespace, arguments: &[&str]) -> Outcome<String> {
        output(namespace, "gobgp", arguments, "")
    }

    fn configuration(&self) -> String {
        let us = self.options.us.address;
        let them = self.options.them.address;
        let our_as = self.options.us.asn;
        let their_as = self.options.them.asn;
        let options = &self.options;
        let password = options.password.as_ref();
        let password =
            password.map_or_else(String::new, |key| format!("auth-password = \"{key}\""));
        let mut text = format!(
            r#"[global.config]
  as = {their_as}
  router-id = "10.0.0.2"
  port = 179
  local-address-list = ["{them}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{us}"
    peer-as = {our_as}
    {password}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
    hold-time = {hold}
    keepalive-interval = {keepalive}
  [neighbors.transport.config]
    passive-mode = {passive}
    local-address = "{them}"
"#,
            hold = options.hold_time,
            keepalive = options.hold_time / 3,
            passive = options.passive,
        );
        let unicast = ["ipv4 unicast", "ipv6 unicast"].map(str::to_owned);
        if let Some(station) = options.station {
            let (address, port) = (station.ip(), station.port());
            text.insert_str(
                0,
                &format!(
                    "[[bmp-servers]]\n  [bmp-servers.config]\n    address = \"{address}\"\n    port = {port}\n    \
                     route-monitoring-policy = \"pre-policy\"\n    statistics-timeout = 15\n"
                ),
            );
        }
        if options.recorded {
            text.insert_str(
                0,
                "[[mrt-dump]]\n  [mrt-dump.config]\n    dump-type = \"updates\"\n    file-name = \"messages.mrt\"\n",
            );
        }
        let families =
            if options.families.is_empty() { unicast.as_slice() } else { &options.families };
        for family in families {
            let family = names(family).map_or("?", |(name, _)| name);
            text += &format!(
                "  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = \"{family}\"\n"
            );
        }
        text
    }

    /// The table of a family that its client does not show: whether a route was accepted, and what the log says of the last
    /// one.
    fn logged(&self, namespace: &Namespace) -> Outcome<Vec<String>> {
        let us = self.options.us.address.to_string();
        let text = Self::client(namespace, &["neighbor", &us, "-j"])?;
        let neighbor: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let families = neighbor["afi_safis"].as_array().into_iter().flatten();
        let accepted: u64 =
            families.filter_map(|family| family["state"]["accepted"].as_u64()).sum();
        if accepted == 0 {
            return Ok(Vec::new());
        }
        let log = fs::read_to_string(self.path("gobgpd.log")).unwrap_or_default();
        let last = log.lines().rfind(|line| line.contains("create Destination"));
        Ok(vec![last.unwrap_or_default().to_owned()])
    }

    fn inject(&self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        if routes.is_empty() {
            return Ok(());
        }
        // The client ends before everything has left it. So it reads a pipe, which is not closed
        // before everything has arrived.
        let path = self.path("routes.mrt");
        if !path.exists() {
            mkfifo(&path, Mode::S_IRWXU).map_err(|error| format!("mkfifo: {error}"))?;
        }
        let mut pipe = fs::File::options().read(true).write(true).open(&path).expect("a pipe");
        // It puts its own AS in front, as it would with any path of its own.
        let dump = mrt::dump(routes, |attributes| attributes.as_path[1..].to_vec());
        let wanted = self.announced.len();
        let mut found = 0;
        // Of a pipe it may read the half of a record, and takes what follows for the next: then all is told once more.
        for _ in 0..5 {
            let log = self.path("inject.log");
            let client = Program::new("gobgp", &log)
                .arguments(["mrt", "inject", "global"])
                .argument(&path)
                .start(namespace)
                .map_err(|error| error.to_string())?;
            pipe.write_all(&dump).map_err(|error| error.to_string())?;
            let all = poll(PATIENCE, || {
                found = count(namespace).ok()?;
                let said = fs::read_to_string(&log).unwrap_or_default();
                (found == wanted || said.contains("failed to parse")).then_some(found == wanted)
            });
            drop(client);
            match all {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => break,
            }
            // What it left in the pipe is not the start of a record.
            drop(std::mem::replace(&mut pipe, {
                fs::remove_file(&path).map_err(|error| error.to_string())?;
                mkfifo(&path, Mode::S_IRWXU).map_err(|error| format!("mkfifo: {error}"))?;
                fs::File::options().read(true).write(true).open(&path).expect("a pipe")
            }));
        }
        Err(format!("gobgpd has {found} routes of its own, not {wanted}"))
    }
}

/// The name of a family in its configuration, and that in its command line, which does not show all.
fn names(family: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match family {
        "ipv4 unicast" => ("ipv4-unicast", Some("ipv4")),
        "ipv6 unicast" => ("ipv6-unicast", Some("ipv6")),
        "ipv4 nlri-mpls" => ("ipv4-labelled-unicast", Some("ipv4-mpls")),
        "ipv6 nlri-mpls" => ("ipv6-labelled-unicast", Some("ipv6-mpls")),
        "ipv4 mpls-vpn" => ("l3vpn-ipv4-unicast", Some("vpnv4")),
        "ipv6 mpls-vpn" => ("l3vpn-ipv6-unicast", Some("vpnv6")),
        "ipv4 flow" => ("ipv4-flowspec", Some("ipv4-flowspec")),
        "ipv6 flow" => ("ipv6-flowspec", Some("ipv6-flowspec")),
        "ipv4 flow-vpn" => ("l3vpn-ipv4-flowspec", Some("ipv4-l3vpn-flowspec")),
        "ipv6 flow-vpn" => ("l3vpn-ipv6-flowspec", Some("ipv6-l3vpn-flowspec")),
        "ipv4 rtc" => ("rtc", Some("rtc")),
        "ipv4 mup" => ("ipv4-mup", Some("ipv4-mup")),
        "ipv6 mup" => ("ipv6-mup", Some("ipv6-mup")),
        "l2vpn flow-vpn" => ("l2vpn-flowspec", Some("l2vpn-flowspec")),
        "ipv4 sr-policy" => ("ipv4-srpolicy", None),
        "ipv6 sr-policy" => ("ipv6-srpolicy", None),
        "l2vpn evpn" => ("l2vpn-evpn", Some("evpn")),
        "l2vpn vpls" => ("l2vpn-vpls", None),
        "bgp-ls bgp-ls" => ("ls", Some("ls")),
        _ => return None,
    })
}

/// How many routes of its own it has. (Ours are in its table too, and told by the sender.)
fn count(namespace: &Namespace) -> Outcome<usize> {
    let mut own = 0;
    for family in ["ipv4", "ipv6"] {
        let text = output(namespace, "gobgp", &["global", "rib", "-a", family, "-j"], "")?;
        let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let paths = table.as_object().into_iter().flatten().flat_map(|(_, paths)| paths.as_array());
        own += paths.flatten().filter(|path| path["source-id"] != OUR_ROUTER_ID).count();
    }
    Ok(own)
}

impl Peer for GoBgp {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn start(&mut self, namespace: &Namespace) -> Outcome {
        let us = self.options.us.address;
        fs::write(self.path("gobgpd.toml"), self.configuration()).expect("a file");
        // In its folder: the name of an MRT file is a layout of times to it, and the digits of a folder would be hours and days.
        let running = Program::new("sh", self.path("gobgpd.log"))
            .arguments(["-c", "cd \"$0\" && exec \"$@\""])
            .argument(&self.options.directory)
            .argument(find("gobgpd").expect("installed"))
            .argument("-f")
            .argument(self.path("gobgpd.toml"))
            .arguments([
                "--log-level",
                if self.options.families.is_empty() { "info" } else { "debug" },
            ])
            .arguments(["--api-hosts", "127.0.0.1:50051", "--pprof-disable"])
            .start(namespace)
            .map_err(|error| error.to_string())?;
        self.running = Some(running);
        let answer = poll(PATIENCE, || {
            if !self.running.as_mut().is_some_and(Running::alive) {
                return Some(Err("gobgpd ended".to_owned()));
            }
            let neighbor = us.to_string();
            Self::client(namespace, &["neighbor", &neighbor, "-j"]).ok().map(|_| Ok(()))
        });
        answer.unwrap_or_else(|| Err("gobgpd does not answer".to_owned()))?;
        self.inject(namespace, &self.announced)
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.terminate(Duration::from_secs(10)).expect("gobgpd ends");
        }
    }

    fn signal(&mut self, signal: Signal) {
        self.running.as_ref().expect("started").signal(signal);
    }

    fn established(&mut self, namespace: &Namespace) -> Outcome<bool> {
        let us = self.options.us.address;
        let text = Self::client(namespace, &["neighbor", &us.to_string(), "-j"])?;
        let state: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(state["state"]["session_state"] == 6)
    }

    fn counts(&self, accepted: usize, looped: usize) -> Vec<(&'static str, usize)> {
        vec![("adj-rib-in-routes", accepted + looped), ("loc-rib-routes", accepted)]
    }

    fn routes(&mut self, namespace: &Namespace) -> Outcome<BTreeSet<Route>> {
        let us = self.options.us.address;
        if !self.established(namespace)? {
            // It would be an error to ask.
            return Ok(BTreeSet::new());
        }
        let mut routes = BTreeSet::new();
        let neighbor = us.to_string();
        for family in ["ipv4", "ipv6"] {
            let words = ["neighbor", &neighbor, "adj-in", "-a", family, "-j"];
            let text = Self::client(namespace, &words)?;
            let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
            for (prefix, paths) in table.as_object().into_iter().flatten() {
                for path in paths.as_array().into_iter().flatten() {
                    let route = read_route(prefix, path);
                    routes.insert(route.ok_or_else(|| format!("not understood: {path}"))?);
                }
            }
        }
        Ok(routes)
    }

    fn announce(&mut self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        let before = std::mem::replace(&mut self.announced, routes.clone());
        if self.running.is_none() {
            return Ok(());
        }
        if before.is_subset(routes) {
            return self.inject(namespace, &routes.difference(&before).cloned().collect());
        }
        // It finds no single one of what came out of a file to delete.
        for family in ["ipv4", "ipv6"] {
            Self::client(namespace, &["global", "rib", "del", "all", "-a", family])?;
        }
        poll(PATIENCE, || (count(namespace) == Ok(0)).then_some(()))
            .ok_or("gobgpd does not delete its routes")?;
        self.inject(namespace, routes)
    }

    fn table(&mut self, namespace: &Namespace, family: &str) -> Outcome<Vec<String>> {
        let (_, name) = names(family).ok_or_else(|| format!("GoBGP has no {family}"))?;
        let Some(name) = name else { return self.logged(namespace) };
        let text = Self::client(namespace, &["global", "rib", "-a", name, "-j"])?;
        let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let mut routes = Vec::new();
        for (key, paths) in table.as_object().into_iter().flatten() {
            for path in paths.as_array().into_iter().flatten() {
                if path["source-id"] == OUR_ROUTER_ID {
                    routes.push(format!("{key} {path}"));
                }
            }
        }
        Ok(routes)
    }

    fn originate(&mut self, namespace: &Namespace, words: &str, announce: bool) -> Outcome {
        let verb = if announce { "add" } else { "del" };
        let words: Vec<_> = ["global", "rib", verb].into_iter().chain(words.split(' ')).collect();
        Self::client(namespace, &words).map(drop)
    }

    fn recorded(&mut self, _: &Namespace) -> Outcome<(PathBuf, Option<PathBuf>)> {
        // Its table it writes once a minute, whoever asks.
        Ok((self.path("messages.mrt"), None))
    }

    fn refresh(&mut self, _namespace: &Namespace) -> Outcome<bool> {
        // A soft reset looks again at what it has kept.
        Ok(false)
    }

    fn shut_down(&mut self, namespace: &Namespace, text: &str) -> Outcome {
        let us = self.options.us.address;
        Self::client(namespace, &["neighbor", &us.to_string(), "shutdown", "--reason", text])
            .map(drop)
    }

    fn enable(&mut self, _namespace: &Namespace) -> Outcome {
        // What keeps a session down (`disable`) sends no reason; this one comes back by itself.
        Ok(())
    }

    fn notification(&mut self, _namespace: &Namespace) -> Outcome<String> {
        Ok(fs::read_to_string(self.path("gobgpd.log")).unwrap_or_default())
    }
}

/// Reads a path of the JSON of `adj-in`: its attributes by their type codes.
fn read_route(prefix: &str, path: &Value) -> Option<Route> {
    let (network, length) = read_prefix(prefix)?;
    let mut next_hop = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let mut attributes = Attributes {
        origin: Origin::Igp,
        as_path: Vec::new(),
        med: None,
        communities: BTreeSet::new(),
        large_communities: BTreeSet::new(),
    };
    let number = |value: &Value| value.as_u64().and_then(|value| u32::try_from(value).ok());
    for attribute in path["attrs"].as_array()? {
        match attribute["type"].as_u64()? {
            1 => {
                let origins = [Origin::Igp, Origin::Egp, Origin::Incomplete];
                attributes.origin = *origins.get(number(&attribute["value"])? as usize)?;
            }
            2 => {
                for segment in attribute["as_paths"].as_array()? {
                    for value in segment["asns"].as_array()? {
                        attributes.as_path.push(number(value)?);
                    }
                }
            }
            3 | 14 => next_hop = attribute["nexthop"].as_str()?.parse().ok()?,
            4 => attributes.med = Some(number(&attribute["metric"])?),
            8 => {
                for value in attribute["communities"].as_array()? {
                    let value = number(value)?;
                    let low = u16::try_from(value & 0xFFFF).ok()?;
                    attributes.communities.insert((u16::try_from(value >> 16).ok()?, low));
                }
            }
            32 => {
                for value in attribute["value"].as_array()? {
                    let part = |name: &str| number(&value[name]);
                    let triple = (part("ASN")?, part("LocalData1")?, part("LocalData2")?);
                    attributes.large_communities.insert(triple);
                }
            }
            _ => return None,
        }
    }
    Some(Route { network, length, next_hop, attributes })
}
