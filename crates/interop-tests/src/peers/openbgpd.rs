//! OpenBGPD's portable edition: a configuration file, MRT files for its routes, and `bgpctl`.

use std::collections::BTreeSet;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
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

use crate::mrt;
use crate::peer::{Kind, Options, Outcome, PEER_ADDRESS, PEER_ADDRESS_IPV6, Peer};

/// Not to be taken for FRR's program of the same name.
const PROGRAM: &str = "/usr/sbin/bgpd";
const CLIENT: &str = "/usr/sbin/bgpctl";
/// The home of its user, in which it locks itself up; the service unit makes it otherwise.
const HOME: &str = "/run/openbgpd";

/// Its row.
pub const KIND: Kind = Kind {
    name: "openbgpd",
    installed: || Path::new(PROGRAM).is_file() && Path::new(CLIENT).is_file(),
    package: "apt-get install openbgpd",
    make: |options| Box::new(OpenBgpd { options, running: None, announced: BTreeSet::new() }),
    cannot: |scenario, passive| {
        (scenario == "md5" && !passive)
            .then_some("OpenBGPD on Linux signs only the connections it makes, not those it takes")
    },
};

#[derive(Debug)]
struct OpenBgpd {
    options: Options,
    running: Option<Running>,
    announced: BTreeSet<Route>,
}

impl OpenBgpd {
    fn path(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    fn client(&self, namespace: &Namespace, words: &[&str], input: &str) -> Outcome<String> {
        let socket = self.path("control");
        let socket = socket.to_string_lossy();
        let words: Vec<&str> = ["-s", &socket].into_iter().chain(words.iter().copied()).collect();
        output(namespace, CLIENT, &words, input)
    }

    fn neighbor(&self, namespace: &Namespace) -> Outcome<Value> {
        let us = self.options.us.address;
        let text = self.client(namespace, &["-j", "show", "neighbor", &us.to_string()], "")?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    fn configuration(&self) -> String {
        let us = self.options.us.address;
        let them = self.options.them.address;
        let our_as = self.options.us.asn;
        let their_as = self.options.them.asn;
        let options = &self.options;
        let passive = if options.passive { "passive" } else { "" };
        let password = options.password.as_ref();
        let password =
            password.map_or_else(String::new, |key| format!("tcp md5sig password {key}"));
        format!(
            r#"AS {their_as}
router-id 10.0.0.2
listen on {them}
fib-update no
connect-retry 1
holdtime {hold}
holdtime min 3
socket "{socket}"
neighbor {us} {{
    remote-as {our_as}
    local-address {them}
    announce IPv4 unicast
    announce IPv6 unicast
    {passive}
    {password}
}}
allow from any
allow to any
match to any set med +0
"#,
            hold = options.hold_time,
            socket = self.path("control").display(),
        )
    }

    fn import(&self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        if routes.is_empty() {
            return Ok(());
        }
        let path = self.path("routes.mrt");
        // It puts its own AS in front, as it would with any path of its own.
        fs::write(&path, mrt::dump(routes, |attributes| attributes.as_path[1..].to_vec()))
            .expect("a file");
        self.client(namespace, &["network", "mrt", "file", &path.to_string_lossy()], "").map(drop)
    }
}

impl Peer for OpenBgpd {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn start(&mut self, namespace: &Namespace) -> Outcome {
        // As the next hop of the family that is not the session's it gives the first address of
        // the loopback interface.
        for (loopback, address) in [
            ("::1/128", format!("{PEER_ADDRESS_IPV6}/128 dev lo nodad")),
            ("127.0.0.1/8", format!("{PEER_ADDRESS}/32 dev lo")),
        ] {
            // Of a second start they are there already.
            let _ = namespace.ip(&format!("address delete {loopback} dev lo"));
            let _ = namespace.ip(&format!("address add {address}"));
        }
        fs::create_dir_all(HOME).map_err(|error| format!("{HOME}: {error}"))?;
        let path = self.path("bgpd.conf");
        fs::write(&path, self.configuration()).expect("a file");
        // It may hold a password, so it has to be its owner's alone.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our own file");
        let running = Program::new(PROGRAM, self.path("bgpd.log"))
            .arguments(["-d", "-v", "-f"])
            .argument(&path)
            .start(namespace)
            .map_err(|error| error.to_string())?;
        self.running = Some(running);
        let answer = poll(PATIENCE, || {
            if !self.running.as_mut().is_some_and(Running::alive) {
                return Some(Err("bgpd ended".to_owned()));
            }
            self.neighbor(namespace).ok().map(|_| Ok(()))
        });
        answer.unwrap_or_else(|| Err("bgpd does not answer".to_owned()))?;
        self.import(namespace, &self.announced)
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
        Ok(self.neighbor(namespace)?["neighbors"][0]["state"] == "Established")
    }

    fn routes(&mut self, namespace: &Namespace) -> Outcome<BTreeSet<Route>> {
        let us = self.options.us.address;
        let neighbor = us.to_string();
        let words = ["-j", "show", "rib", "in", "neighbor", &neighbor, "detail"];
        let text = self.client(namespace, &words, "")?;
        let table: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let routes = table["rib"].as_array().into_iter().flatten();
        routes
            .map(|route| read_route(route).ok_or_else(|| format!("not understood: {route}")))
            .collect()
    }

    fn announce(&mut self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        let before = std::mem::replace(&mut self.announced, routes.clone());
        if self.running.is_none() {
            return Ok(());
        }
        let gone: String = before.difference(routes).map(|route| route.prefix() + "\n").collect();
        if !gone.is_empty() {
            self.client(namespace, &["network", "bulk", "delete"], &gone)?;
        }
        self.import(namespace, &routes.difference(&before).cloned().collect())
    }

    fn refresh(&mut self, namespace: &Namespace) -> Outcome<bool> {
        let us = self.options.us.address;
        self.client(namespace, &["neighbor", &us.to_string(), "refresh"], "").map(|_| true)
    }

    fn answers_refresh(&self) -> bool {
        // Version 7.7 takes no family for negotiated then, whoever asks («AID … not negotiated»).
        false
    }

    fn shut_down(&mut self, namespace: &Namespace, text: &str) -> Outcome {
        let us = self.options.us.address;
        self.client(namespace, &["neighbor", &us.to_string(), "down", text], "").map(drop)
    }

    fn enable(&mut self, namespace: &Namespace) -> Outcome {
        let us = self.options.us.address;
        self.client(namespace, &["neighbor", &us.to_string(), "up"], "").map(drop)
    }

    fn notification(&mut self, namespace: &Namespace) -> Outcome<String> {
        let state = self.neighbor(namespace)?.to_string();
        Ok(state + &fs::read_to_string(self.path("bgpd.log")).unwrap_or_default())
    }

    fn adapt(&self, mut attributes: Attributes) -> Attributes {
        // It has always a metric, which is 0 unless set.
        attributes.med.get_or_insert(0);
        attributes
    }

    fn shown(&self, mut route: Route) -> Route {
        route.attributes.med.get_or_insert(0);
        route
    }

    fn next_hop(&self, ipv4: bool, _number: u32) -> IpAddr {
        // Always its own, on a shared network.
        if ipv4 { PEER_ADDRESS.into() } else { PEER_ADDRESS_IPV6.into() }
    }

    fn hurry(&mut self, namespace: &Namespace) {
        let us = self.options.us.address;
        // After an error it is idle for half a minute, unless told to be up.
        let _ = self.client(namespace, &["neighbor", &us.to_string(), "up"], "");
    }
}

fn read_route(route: &Value) -> Option<Route> {
    let (network, length) = read_prefix(route["prefix"].as_str()?)?;
    let list = |name: &str| -> Vec<String> {
        let items = route[name].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let path = route["aspath"].as_str()?.split_whitespace().map(str::parse);
    Some(Route {
        network,
        length,
        next_hop: route["exit_nexthop"].as_str()?.parse().ok()?,
        attributes: Attributes {
            origin: Origin::read(route["origin"].as_str()?)?,
            as_path: path.collect::<Result<_, _>>().ok()?,
            med: Some(u32::try_from(route["metric"].as_u64()?).ok()?),
            communities: list("communities")
                .iter()
                .map(|text| read_community(text))
                .collect::<Option<_>>()?,
            large_communities: list("large_communities")
                .iter()
                .map(|text| read_large_community(text))
                .collect::<Option<_>>()?,
        },
    })
}
