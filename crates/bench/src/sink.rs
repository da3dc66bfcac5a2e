//! `sink`: one peer or many that receive, measure when, and check that what came is what was announced.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};
use yottabgp_wire::codes::MessageType;

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs, Order};
use crate::expected::{Expected, Seen};
use crate::fleet::{Fleet, Handler};
use crate::load::LoadArgs;
use crate::session::SessionArgs;
use crate::update::Update;

/// What `sink` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  yottabgp bench sink --listen 1790 --load route --count 1000000
  yottabgp bench sink --connect 127.0.0.1:179 --local 127.0.1.1 --peers 10 --count 100000")]
pub(crate) struct SinkArgs {
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    session: SessionArgs,
    /// Our AS, where it is not the one that the load comes from
    #[arg(long, value_name = "ASN")]
    local_as: Option<u32>,
    /// How many peers, at addresses that follow each other
    #[arg(long, default_value_t = 1, value_name = "N")]
    peers: usize,
    /// So many routes came in one line and have the MED of the first of them
    #[arg(long, default_value_t = 1, value_name = "N")]
    group: u32,
    /// Do not look at attributes
    #[arg(long)]
    prefixes_only: bool,
    /// Routes of the same kind beyond --count may come, too
    #[arg(long)]
    more: bool,
    /// When all are there, expect one percent of them to change, and nothing else
    #[arg(long)]
    changed: bool,
    /// When all are there, close the sessions so many times and expect all again
    #[arg(long, default_value_t = 0, value_name = "TIMES")]
    bounce: u32,
    /// Listen for more that should not come, for so long
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    linger: u64,
    /// Write when each route came first, in nanoseconds, a line each
    #[arg(long, value_name = "FILE")]
    times: Option<PathBuf>,
    #[command(flatten)]
    control: ControlArgs,
}

/// Receives it all. Says whether it was all, and nothing else.
pub(crate) fn run(arguments: &SinkArgs) -> Result<bool> {
    let SinkArgs { load, session, peers, .. } = arguments;
    let mut control = Control::open(&arguments.control)?;
    let expected = Expected::new(load)?.grouped(arguments.group);
    let expected = expected.lenient(arguments.prefixes_only, arguments.more);
    let asn = arguments.local_as.unwrap_or(load.asn);
    let mut fleet = Fleet::new(session, *peers, asn, load.families())?;
    let later = if arguments.changed { vec![expected.changed()] } else { Vec::new() };
    let mut sink = Sink::new(&expected, *peers, arguments.times.is_some());
    control.tell("ready", json!({}))?;
    let end = session.end();
    let rounds = if arguments.changed { 2 } else { 1 + arguments.bounce };
    let (mut round, mut good) = (1, true);
    while round <= rounds {
        let order = sink.receive(&mut fleet, &mut control, end)?;
        let overdue = Instant::now() >= end;
        // With more rounds the sessions go on.
        if order.is_none() && round == rounds {
            sink.settle(&mut fleet, &control, Duration::from_secs(arguments.linger))?;
        }
        good &= sink.is_good();
        control.tell("done", sink.report(round))?;
        if order == Some(Order::Stop) || overdue || sink.fault.is_some() {
            return Ok(false);
        }
        round += 1;
        if round <= rounds {
            match later.first() {
                Some(changed) => sink.begin(changed),
                None => {
                    // With others around it is for them to say when.
                    while !control.is_alone() {
                        match control.order() {
                            Some(Order::Bounce) => break,
                            Some(Order::Stop) => return Ok(good),
                            _ => fleet.poll(&mut sink, Duration::from_millis(20))?,
                        }
                    }
                    sink.begin(&expected);
                    fleet.bounce();
                }
            }
        }
    }
    if let Some(path) = &arguments.times {
        let mut text = String::new();
        for time in &sink.times {
            writeln!(text, "{time}")?;
        }
        fs::write(path, text).with_context(|| format!("--times {}", path.display()))?;
        control.tell("times", json!({}))?;
    }
    // The speaker is still measured: its sessions stay as they are.
    while !control.is_alone() && control.order() != Some(Order::Stop) {
        fleet.poll(&mut sink, Duration::from_millis(50))?;
    }
    Ok(good)
}

/// What the peers got in this round.
struct Sink<'e> {
    expected: &'e Expected,
    peers: Vec<Peer>,
    times: Vec<u64>,
    began: u64,
    first: u64,
    /// When the last route that was awaited came.
    last: u64,
    established: u64,
    up: usize,
    complete: usize,
    messages: u64,
    octets: u64,
    /// Why a session ended.
    fault: Option<String>,
    /// Why one did not begin, at first.
    refusal: Option<String>,
    told: bool,
}

struct Peer {
    seen: Seen,
    up: bool,
    complete: bool,
}

impl<'e> Sink<'e> {
    fn new(expected: &'e Expected, peers: usize, times: bool) -> Self {
        let count = if times { expected.count() as usize } else { 0 };
        let peer = || Peer { seen: expected.none_seen(), up: false, complete: false };
        Self {
            expected,
            peers: (0..peers).map(|_| peer()).collect(),
            times: vec![0; count],
            began: now(),
            first: 0,
            last: 0,
            established: 0,
            up: 0,
            complete: 0,
            messages: 0,
            octets: 0,
            fault: None,
            refusal: None,
            told: false,
        }
    }

    /// Begins the next round.
    fn begin(&mut self, expected: &'e Expected) {
        let peers = self.peers.iter().map(|peer| Peer {
            seen: expected.none_seen(),
            up: peer.up,
            complete: false,
        });
        *self = Self {
            peers: peers.collect(),
            times: std::mem::take(&mut self.times),
            established: self.established,
            up: self.up,
            told: self.told,
            ..Self::new(expected, 0, false)
        };
    }

    /// Receives until all peers have all, an order comes or the time is over. Gives the order.
    fn receive(
        &mut self,
        fleet: &mut Fleet,
        control: &mut Control,
        end: Instant,
    ) -> Result<Option<Order>> {
        while self.complete < self.peers.len() && self.fault.is_none() && Instant::now() < end {
            fleet.poll(self, Duration::from_millis(50))?;
            if !self.told && self.up == self.peers.len() {
                self.told = true;
                control.tell("established", json!({ "t_established": self.established }))?;
            }
            match control.order() {
                Some(Order::Stop) => return Ok(Some(Order::Stop)),
                Some(Order::Bounce) => fleet.bounce(),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Receives what should not come.
    fn settle(&mut self, fleet: &mut Fleet, control: &Control, most: Duration) -> Result<()> {
        let end = Instant::now() + most;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            if left.is_zero() || control.order() == Some(Order::Stop) {
                break;
            }
            fleet.poll(self, left)?;
        }
        Ok(())
    }

    fn is_good(&self) -> bool {
        let exact = |peer: &Peer| self.expected.is_complete(&peer.seen);
        self.fault.is_none() && self.peers.iter().all(exact)
    }

    fn report(&self, round: u32) -> Value {
        // That of the first peer that is not as it should be, or else of the first.
        let worst = self.peers.iter().find(|peer| !self.expected.is_complete(&peer.seen));
        let worst = worst.or(self.peers.first());
        let mut report = worst.map_or(json!({}), |peer| self.expected.report(&peer.seen));
        let rate = f64::from(self.expected.count()) * self.peers.len() as f64;
        let took = seconds(self.first, self.last);
        let details = json!({
            "ok": self.is_good(), "round": round, "peers": self.peers.len(), "complete": self.complete,
            "t_began": self.began, "t_established": self.established, "t_first": self.first, "t_last": self.last,
            "seconds": took, "routes_per_second": if took > 0.0 { (rate / took).round() } else { 0.0 },
            "messages": self.messages, "octets": self.octets, "error": self.fault.as_ref().or(self.refusal.as_ref().filter(|_| self.up < self.peers.len())),
        });
        if let (Some(report), Value::Object(details)) = (report.as_object_mut(), details) {
            report.extend(details);
        }
        report
    }
}

impl Handler for Sink<'_> {
    fn established(&mut self, peer: usize, at: u64, _: u16) {
        self.established = at;
        if let Some(peer) = self.peers.get_mut(peer)
            && !std::mem::replace(&mut peer.up, true)
        {
            self.up += 1;
        }
    }

    fn message(&mut self, peer: usize, at: u64, kind: MessageType, body: &[u8]) {
        self.messages += 1;
        self.octets += 19 + body.len() as u64;
        let Some(peer) = self.peers.get_mut(peer) else { return };
        if kind != MessageType::UPDATE {
            return;
        }
        let Some(update) = Update::read(body) else {
            self.fault.get_or_insert_with(|| "an UPDATE whose lengths do not agree".into());
            return;
        };
        let routes = self.expected.update(&mut peer.seen, &update);
        if routes == 0 {
            return;
        }
        if self.first == 0 {
            self.first = at;
        }
        if !self.times.is_empty() {
            update.announced(|family, nlri| {
                let number = self.expected.number(family, nlri);
                if let Some(time) = number.and_then(|n| self.times.get_mut(n as usize))
                    && *time == 0
                {
                    *time = at;
                }
            });
        }
        if !peer.complete && peer.seen.distinct >= self.expected.count() {
            peer.complete = true;
            self.complete += 1;
            self.last = at;
        }
    }

    fn refused(&mut self, peer: usize, why: &str) {
        self.refusal.get_or_insert_with(|| format!("peer {peer}: {why}"));
    }

    fn down(&mut self, peer: usize, _: u64, why: &str) {
        // Whoever has sent all may go.
        if !self.peers.get(peer).is_some_and(|peer| peer.complete) {
            self.fault.get_or_insert_with(|| format!("peer {peer}: {why}"));
        }
    }
}
