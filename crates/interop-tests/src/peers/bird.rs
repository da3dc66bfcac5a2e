//! BIRD 2 and 3: a configuration file with an included file of routes, and `birdc`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use yottabgp_testkit::process::{find, output};
use yottabgp_testkit::route::{Attributes, Origin, Route, read_prefix};
use yottabgp_testkit::speaker::workspace;
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Namespace, Program, Running};

use crate::peer::{Kind, Options, Outcome, Peer};

/// BIRD 2.
pub const KIND: Kind = Kind {
    name: "bird",
    installed: || find("bird").is_some(),
    package: "apt-get install bird2",
    make: |options| Box::new(Bird { name: "bird", options, running: None }),
    cannot: |_, _| None,
};

/// BIRD 3, which is the first that Debian builds with BMP.
pub const KIND_3: Kind = Kind {
    name: "bird3",
    installed: || program("bird3", "bird").is_file(),
    package: ".ci/install-peers",
    make: |options| Box::new(Bird { name: "bird3", options, running: None }),
    cannot: |scenario, passive| {
        (scenario.starts_with("bmp") && !passive)
            .then_some("BIRD 3.1 does not tell a station of sessions that came up before it")
    },
};

/// Where its programs are: those of BIRD 3 are where `.ci/install-peers` puts them.
fn program(name: &str, program: &str) -> PathBuf {
    match name {
        "bird3" => workspace().join("target/bird3").join(program),
        _ => find(program).unwrap_or_else(|| program.into()),
    }
}

#[derive(Debug)]
struct Bird {
    /// That of its row.
    name: &'static str,
    options: Options,
    running: Option<Running>,
}

impl Bird {
    fn path(&self, name: &str) -> PathBuf {
        self.options.directory.join(name)
    }

    fn client(&self, namespace: &Namespace, command: &str) -> Outcome<String> {
        let socket = self.path("control");
        let client = program(self.name, "birdc");
        output(
            namespace,
            &client.to_string_lossy(),
            &["-s", &socket.to_string_lossy(), command],
            "",
        )
    }

    fn configuration(&self) -> String {
        let us = self.options.us.address;
        let them = self.options.them.address;
        let our_as = self.options.us.asn;
        let their_as = self.options.them.asn;
        let options = &self.options;
        let passive = if options.passive { "passive on;" } else { "" };
        let password = options.password.as_ref();
        let password = password.map_or_else(String::new, |key| format!("password \"{key}\";"));
        let hold = options.hold_time;
        let (mut tables, mut channels) = (String::new(), String::new());
        for family in &options.families {
            if let Some((channel, table, kind)) = channel(family) {
                tables += &format!("{kind} table {table};\n");
                channels += &format!(
                    "{channel} {{ table {table}; import all; export where source = RTS_STATIC; }};\n"
                );
            }
        }
        if options.families.is_empty() {
            for family in ["ipv4", "ipv6"] {
                // What a station is told comes from the table of what was received.
                let received = if options.station.is_some() { "import table on;" } else { "" };
                channels += &format!(
                    "{family} {{ import all; export filter announced; next hop keep; import keep filtered; {received} }};\n"
                );
            }
        }
        let recorded = if options.recorded {
            format!(
                "mrtdump \"{}\";\nmrtdump protocols {{ states, messages }};",
                self.path("messages.mrt").display()
            )
        } else {
            String::new()
        };
        let station = options.station.map_or_else(String::new, |station| {
            format!(
                "protocol bmp {{ station address ip {} port {}; monitoring rib in pre_policy; }}\n",
                station.ip(),
                station.port()
            )
        });
        // The next hop is told to stay, and so is the MED, which has to be set on the way out.
        format!(
            r#"log "{log}" all;
router id 10.0.0.2;
{recorded}
protocol device {{ }}
{tables}
filter announced {{
    if defined(bgp_med) then bgp_med = bgp_med;
    accept;
}}
{station}include "{routes}";
include "{own}";
protocol bgp tested {{
    local {them} as {their_as};
    neighbor {us} as {our_as};
    {passive} {password}
    hold time {hold};
    connect delay time 1;
    connect retry time 1;
    error wait time 1, 2;
    startup hold time {hold};
    {channels}
}}
"#,
            log = self.path("bird.log").display(),
            routes = self.path("routes.conf").display(),
            own = self.path("own.conf").display(),
        )
    }

    fn routes_file(routes: &BTreeSet<Route>) -> String {
        let mut text = String::new();
        for family in ["ipv4", "ipv6"] {
            text += &format!("protocol static own_{family} {{ {family};\n");
            for route in routes.iter().filter(|route| route.family() == family) {
                let attributes = &route.attributes;
                text += &format!("route {} blackhole {{ ", route.prefix());
                text += &format!("bgp_next_hop = {}; ", route.next_hop);
                let origin = match attributes.origin {
                    Origin::Igp => "ORIGIN_IGP",
                    Origin::Egp => "ORIGIN_EGP",
                    Origin::Incomplete => "ORIGIN_INCOMPLETE",
                };
                text += &format!("bgp_origin = {origin}; ");
                for number in attributes.as_path.iter().skip(1).rev() {
                    text += &format!("bgp_path.prepend({number}); ");
                }
                if let Some(med) = attributes.med {
                    text += &format!("bgp_med = {med}; ");
                }
                for (high, low) in &attributes.communities {
                    text += &format!("bgp_community.add(({high}, {low})); ");
                }
                for (global, high, low) in &attributes.large_communities {
                    text += &format!("bgp_large_community.add(({global}, {high}, {low})); ");
                }
                text += "};\n";
            }
            text += "}\n";
        }
        text
    }
}

impl Peer for Bird {
    fn name(&self) -> &'static str {
        self.name
    }

    fn start(&mut self, namespace: &Namespace) -> Outcome {
        fs::write(self.path("bird.conf"), self.configuration()).expect("a file");
        for name in ["routes.conf", "own.conf"] {
            if !self.path(name).exists() {
                fs::write(self.path(name), "").expect("a file");
            }
        }
        let running = Program::new(program(self.name, "bird"), self.path("bird.out"))
            .argument("-f")
            .argument("-c")
            .argument(self.path("bird.conf"))
            .argument("-s")
            .argument(self.path("control"))
            .start(namespace)
            .map_err(|error| error.to_string())?;
        self.running = Some(running);
        let answer = poll(PATIENCE, || {
            if !self.running.as_mut().is_some_and(Running::alive) {
                return Some(Err("bird ended".to_owned()));
            }
            self.client(namespace, "show status").ok().map(|_| Ok(()))
        });
        answer.unwrap_or_else(|| Err("bird does not answer".to_owned()))
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.terminate(Duration::from_secs(10)).expect("bird ends");
        }
    }

    fn signal(&mut self, signal: Signal) {
        self.running.as_ref().expect("started").signal(signal);
    }

    fn established(&mut self, namespace: &Namespace) -> Outcome<bool> {
        Ok(self.client(namespace, "show protocols tested")?.contains("Established"))
    }

    fn routes(&mut self, namespace: &Namespace) -> Outcome<BTreeSet<Route>> {
        let mut routes = BTreeSet::new();
        for table in ["master4", "master6"] {
            let text =
                self.client(namespace, &format!("show route table {table} protocol tested all"))?;
            routes.extend(read_routes(&text)?);
        }
        Ok(routes)
    }

    fn announce(&mut self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        fs::write(self.path("routes.conf"), Self::routes_file(routes)).expect("a file");
        if self.running.is_none() {
            return Ok(());
        }
        let answer = self.client(namespace, "configure")?;
        if answer.contains("Reconfigur") { Ok(()) } else { Err(answer) }
    }

    fn table(&mut self, namespace: &Namespace, family: &str) -> Outcome<Vec<String>> {
        let (_, table, _) = channel(family).ok_or_else(|| format!("BIRD has no {family}"))?;
        let text = self.client(namespace, &format!("show route table {table} all"))?;
        let routes =
            text.lines().filter(|line| line.contains("BGP.") || line.contains("bgp_")).count();
        Ok(if routes == 0 { Vec::new() } else { vec![text] })
    }

    fn originate(&mut self, namespace: &Namespace, words: &str, announce: bool) -> Outcome {
        let family = self.options.families.first().map_or("", String::as_str);
        let (_, table, kind) = channel(family).ok_or_else(|| format!("BIRD has no {family}"))?;
        let route = if announce { format!("route {words};") } else { String::new() };
        let text = format!("protocol static own {{ {kind} {{ table {table}; }}; {route} }}\n");
        fs::write(self.path("own.conf"), text).expect("a file");
        let answer = self.client(namespace, "configure")?;
        if answer.contains("Reconfigur") { Ok(()) } else { Err(answer) }
    }

    fn recorded(&mut self, namespace: &Namespace) -> Outcome<(PathBuf, Option<PathBuf>)> {
        let table = self.path("table.mrt");
        let command = format!("mrt dump table \"*\" to \"{}\"", table.display());
        self.client(namespace, &command)?;
        Ok((self.path("messages.mrt"), Some(table)))
    }

    fn refresh(&mut self, namespace: &Namespace) -> Outcome<bool> {
        // BIRD 3 has no such command.
        if self.name == KIND_3.name {
            return Ok(false);
        }
        self.client(namespace, "reload in tested").map(|_| true)
    }

    fn shut_down(&mut self, namespace: &Namespace, text: &str) -> Outcome {
        self.client(namespace, &format!("disable tested \"{text}\"")).map(drop)
    }

    fn enable(&mut self, namespace: &Namespace) -> Outcome {
        self.client(namespace, "enable tested").map(drop)
    }

    fn notification(&mut self, namespace: &Namespace) -> Outcome<String> {
        let state = self.client(namespace, "show protocols all tested")?;
        Ok(state + &fs::read_to_string(self.path("bird.log")).unwrap_or_default())
    }
}

/// The channel of a family, a table for it, and what that is a table of.
fn channel(family: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match family {
        "ipv4 multicast" => ("ipv4 multicast", "multicast4", "ipv4"),
        "ipv6 multicast" => ("ipv6 multicast", "multicast6", "ipv6"),
        "ipv4 nlri-mpls" => ("ipv4 mpls", "labeled4", "ipv4"),
        "ipv6 nlri-mpls" => ("ipv6 mpls", "labeled6", "ipv6"),
        "ipv4 mpls-vpn" => ("vpn4 mpls", "private4", "vpn4"),
        "ipv6 mpls-vpn" => ("vpn6 mpls", "private6", "vpn6"),
        "ipv4 flow" => ("flow4", "specified4", "flow4"),
        "ipv6 flow" => ("flow6", "specified6", "flow6"),
        _ => return None,
    })
}

/// Reads `show route all`: a line with the prefix, then one with each attribute.
fn read_routes(text: &str) -> Outcome<Vec<Route>> {
    let mut routes: Vec<Route> = Vec::new();
    for line in text.lines() {
        let bad = || format!("not understood: {line}");
        if let Some(prefix) = line.split(' ').next().and_then(read_prefix) {
            routes.push(Route {
                network: prefix.0,
                length: prefix.1,
                next_hop: prefix.0,
                attributes: Attributes {
                    origin: Origin::Igp,
                    as_path: Vec::new(),
                    med: None,
                    communities: BTreeSet::new(),
                    large_communities: BTreeSet::new(),
                },
            });
            continue;
        }
        let Some((name, value)) = line.trim().split_once(':') else { continue };
        let value = value.trim();
        let Some(route) = routes.last_mut() else { continue };
        let attributes = &mut route.attributes;
        match name {
            "BGP.origin" | "bgp_origin" => {
                attributes.origin = Origin::read(value).ok_or_else(bad)?
            }
            "BGP.as_path" | "bgp_path" => {
                let numbers = value.split_whitespace().map(str::parse);
                attributes.as_path = numbers.collect::<Result<_, _>>().map_err(|_| bad())?;
            }
            "BGP.next_hop" | "bgp_next_hop" => {
                let global = value.split(' ').next().unwrap_or_default();
                route.next_hop = global.parse().map_err(|_| bad())?;
            }
            "BGP.med" | "bgp_med" => attributes.med = Some(value.parse().map_err(|_| bad())?),
            "BGP.community" | "bgp_community" => {
                for numbers in tuples(value) {
                    let [high, low] = numbers[..] else { return Err(bad()) };
                    let pair = (u16::try_from(high).ok(), u16::try_from(low).ok());
                    let (Some(high), Some(low)) = pair else { return Err(bad()) };
                    attributes.communities.insert((high, low));
                }
            }
            "BGP.large_community" | "bgp_large_community" => {
                for numbers in tuples(value) {
                    let [global, high, low] = numbers[..] else { return Err(bad()) };
                    attributes.large_communities.insert((global, high, low));
                }
            }
            _ => {}
        }
    }
    Ok(routes)
}

/// The numbers of `(1,2) (3,4)` or `(1, 2, 3) (4, 5, 6)`.
fn tuples(text: &str) -> Vec<Vec<u32>> {
    text.split('(')
        .skip(1)
        .map(|tuple| {
            let inside = tuple.split(')').next().unwrap_or_default();
            inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
        })
        .collect()
}
