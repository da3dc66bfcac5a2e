//! ExaBGP 5, by the same means as the program under test: configuration, helper, events.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use yottabgp_testkit::events::member;
use yottabgp_testkit::route::Route;
use yottabgp_testkit::speaker::exabgp;
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Namespace, Settings, Speaker};

use crate::lab::helper;
use crate::peer::{Kind, Options, Outcome, Peer};

/// Its row.
pub const KIND: Kind = Kind {
    name: "exabgp",
    installed: || exabgp().is_some(),
    package: ".ci/install-peers, or set EXABGP",
    make: |options| Box::new(ExaBgp::new(options)),
    cannot: |_, _| None,
};

#[derive(Debug)]
struct ExaBgp {
    speaker: Speaker,
    /// The last state of the session in its events, and up to where they were read.
    up: bool,
    read: usize,
    announced: BTreeSet<Route>,
    running: bool,
}

impl ExaBgp {
    fn new(options: Options) -> Self {
        let speaker = Speaker::new(Settings {
            program: exabgp().expect("installed"),
            directory: options.directory,
            name: "exabgp",
            local: options.them.address,
            peer: options.us.address,
            local_as: options.them.asn,
            peer_as: options.us.asn,
            router_id: "10.0.0.2",
            hold_time: options.hold_time,
            passive: options.passive,
            listens: !options.passive,
            port: 179,
            password: options.password,
            graceful_restart: false,
            // Resending, 5.0 reports a BoRR as an UPDATE, does not understand it, and ends the session.
            families: options.families.clone(),
            watch_sent: false,
            stations: Vec::new(),
            routes: BTreeSet::new(),
            helper: helper(),
        });
        Self { speaker, up: false, read: 0, announced: BTreeSet::new(), running: false }
    }
}

impl ExaBgp {
    /// Waits until it has read the End-of-RIB of each family, since its session came up.
    fn read_to_the_last_end_of_rib(&self) -> Outcome {
        let is_up = |line: &String| member(line, &["neighbor", "state"]).as_deref() == Some("up");
        let ended = |family: &str, lines: &[String]| {
            let afi = ["neighbor", "message", "eor", "afi"];
            lines.iter().any(|line| member(line, &afi).as_deref() == Some(family))
        };
        poll(PATIENCE, || {
            let lines = self.speaker.relay.lines(0);
            let last = lines.get(lines.iter().rposition(is_up)?..)?;
            ["ipv4", "ipv6"].iter().all(|family| ended(family, last)).then_some(())
        })
        .ok_or_else(|| "ExaBGP did not get an End-of-RIB of each family".to_owned())
    }
}

impl Peer for ExaBgp {
    fn name(&self) -> &'static str {
        KIND.name
    }

    fn start(&mut self, namespace: &Namespace) -> Outcome {
        self.read = self.speaker.relay.mark();
        self.up = false;
        self.speaker.start(namespace);
        self.running = true;
        self.speaker.settings.routes.clone_from(&self.announced);
        Ok(())
    }

    fn stop(&mut self) {
        self.speaker.stop();
        self.running = false;
    }

    fn signal(&mut self, signal: Signal) {
        self.speaker.running().signal(signal);
    }

    fn established(&mut self, _namespace: &Namespace) -> Outcome<bool> {
        let lines = self.speaker.relay.lines(self.read);
        self.read += lines.len();
        for line in lines {
            match member(&line, &["neighbor", "state"]).as_deref() {
                Some("up") => self.up = true,
                Some("down") => self.up = false,
                _ => {}
            }
        }
        Ok(self.up)
    }

    fn routes(&mut self, _namespace: &Namespace) -> Outcome<BTreeSet<Route>> {
        self.speaker.received()
    }

    fn announce(&mut self, _namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome {
        let before = std::mem::replace(&mut self.announced, routes.clone());
        // A restart finds them in the configuration.
        self.speaker.settings.routes.clone_from(routes);
        if !self.running {
            return Ok(());
        }
        let gone = before.difference(routes).map(|route| format!("withdraw {route}"));
        let mut lines: Vec<String> = gone.collect();
        let new: Vec<_> = routes.difference(&before).cloned().collect();
        lines.extend(Speaker::announcements(&new, true));
        self.speaker.relay.commands(&lines)
    }

    fn refresh(&mut self, _namespace: &Namespace) -> Outcome<bool> {
        let lines =
            ["ipv4", "ipv6"].map(|family| format!("announce route-refresh {family} unicast"));
        self.speaker.relay.commands(&lines).map(|()| true)
    }

    fn shut_down(&mut self, _namespace: &Namespace, _text: &str) -> Outcome {
        // It closes at once behind its NOTIFICATION. What it has not read by then makes that a reset, and what its
        // kernel holds back for an acknowledgement (RFC 896) is lost: our last message of the start is to be read first.
        self.read_to_the_last_end_of_rib()?;
        let us = self.speaker.settings.peer;
        self.speaker.relay.commands(&[format!("neighbor {us} teardown 2")])
    }

    fn enable(&mut self, _namespace: &Namespace) -> Outcome {
        Ok(())
    }

    fn notification(&mut self, _namespace: &Namespace) -> Outcome<String> {
        let lines = self.speaker.relay.lines(0);
        Ok(lines.into_iter().filter(|line| line.contains("\"notification\"")).collect())
    }

    fn shutdown_text(&self, _text: &'static str) -> &'static str {
        // It has no way to give another one.
        "Administrative Shutdown"
    }
}
