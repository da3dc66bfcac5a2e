//! `peers`: many sessions that hold nothing: how long until they are up, and how late the speaker's KEEPALIVEs are.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use yottabgp_wire::codes::{Family, MessageType};

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs, Order};
use crate::fleet::{Fleet, Handler, keepalive_interval};
use crate::session::SessionArgs;

/// What `peers` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  yottabgp bench peers --listen 1790 --local 127.0.1.1 --count 1000 --for 30
  yottabgp bench peers --connect 127.0.0.1:179 --local 127.0.1.1 --count 100 --hold 3")]
pub(crate) struct PeersArgs {
    #[command(flatten)]
    session: SessionArgs,
    /// How many peers, at addresses that follow each other
    #[arg(long, default_value_t = 100, value_name = "N")]
    count: usize,
    /// Our AS
    #[arg(long = "as", default_value_t = 65_001, value_name = "ASN")]
    asn: u32,
    /// Stay for so long when all are established
    #[arg(long = "for", default_value_t = 10, value_name = "SECONDS")]
    stay: u64,
    #[command(flatten)]
    control: ControlArgs,
}

/// Brings them up, stays and measures. Says whether all came up and stayed up.
pub(crate) fn run(arguments: &PeersArgs) -> Result<bool> {
    let PeersArgs { session, count, asn, .. } = arguments;
    let mut control = Control::open(&arguments.control)?;
    let families = vec![Family::IPV4_UNICAST, Family::IPV6_UNICAST];
    let mut fleet = Fleet::new(session, *count, *asn, families)?;
    control.tell("ready", json!({}))?;
    let mut peers = Peers::new(*count);
    let mut good = true;
    let limit = Duration::from_secs(session.timeout);
    loop {
        let mut order = peers.bring_up(&mut fleet, &control, limit)?;
        good &= peers.up == *count;
        control.tell("established", peers.establishment())?;
        if order.is_none() && peers.up == *count {
            order = peers.stay(&mut fleet, &mut control, Duration::from_secs(arguments.stay))?;
        }
        if order != Some(Order::Bounce) {
            break;
        }
        fleet.bounce();
        peers = Peers::new(*count);
    }
    good &= peers.lost == 0;
    let mut report = peers.report();
    if let Some(report) = report.as_object_mut() {
        report.insert("ok".into(), json!(good));
    }
    control.tell("done", report)?;
    Ok(good)
}

/// What is known of them.
struct Peers {
    began: u64,
    first: u64,
    last: u64,
    up: usize,
    lost: usize,
    /// Why a session ended.
    why: Option<String>,
    /// Why one did not begin, at first.
    refusal: Option<String>,
    each: Vec<Peer>,
    messages: u64,
    /// By how much each message was late, in milliseconds.
    late: Vec<f64>,
}

#[derive(Clone, Copy)]
struct Peer {
    /// When it was last heard of; 0 is never.
    heard: u64,
    /// How often it is to be heard of at least, in nanoseconds.
    interval: u64,
}

impl Peers {
    fn new(count: usize) -> Self {
        Self {
            began: now(),
            first: 0,
            last: 0,
            up: 0,
            lost: 0,
            why: None,
            refusal: None,
            each: vec![Peer { heard: 0, interval: 0 }; count],
            messages: 0,
            late: Vec::new(),
        }
    }

    /// Waits until all are up, an order comes or the time is over.
    fn bring_up(
        &mut self,
        fleet: &mut Fleet,
        control: &Control,
        limit: Duration,
    ) -> Result<Option<Order>> {
        let end = Instant::now() + limit;
        while self.up < self.each.len() && Instant::now() < end {
            fleet.poll(self, Duration::from_millis(50))?;
            if let Some(order @ (Order::Stop | Order::Bounce)) = control.order() {
                return Ok(Some(order));
            }
        }
        Ok(None)
    }

    /// Measures, until told otherwise or, alone, for some time.
    fn stay(
        &mut self,
        fleet: &mut Fleet,
        control: &mut Control,
        time: Duration,
    ) -> Result<Option<Order>> {
        let end = Instant::now() + time;
        loop {
            fleet.poll(self, Duration::from_millis(50))?;
            match control.order() {
                Some(order @ (Order::Stop | Order::Bounce)) => return Ok(Some(order)),
                Some(Order::Mark) => {
                    control.tell("mark", self.report())?;
                    (self.late, self.messages) = (Vec::new(), 0);
                }
                _ if control.is_alone() && Instant::now() >= end => return Ok(None),
                _ => {}
            }
        }
    }

    fn error(&self) -> Option<&String> {
        self.why.as_ref().or(self.refusal.as_ref().filter(|_| self.up < self.each.len()))
    }

    fn establishment(&self) -> Value {
        json!({
            "peers": self.each.len(), "established": self.up,
            "t_began": self.began, "t_first": self.first, "t_established": self.last,
            "seconds": seconds(self.began, self.last), "error": self.error(),
        })
    }

    fn report(&self) -> Value {
        let mut late = self.late.clone();
        // What has not come yet is as late as it is.
        let at = now();
        late.extend(self.each.iter().filter_map(|peer| peer.lateness(at)));
        late.sort_by(f64::total_cmp);
        let quantile = |part: usize| late.get(late.len() * part / 100).or(late.last()).copied();
        json!({
            "peers": self.each.len(), "established": self.up, "lost": self.lost, "error": self.error(),
            "messages": self.messages,
            "late_p50_ms": quantile(50).unwrap_or(0.0), "late_p99_ms": quantile(99).unwrap_or(0.0),
            "late_max_ms": late.last().copied().unwrap_or(0.0),
        })
    }
}

impl Peer {
    /// By how many milliseconds a message is late that comes at some time.
    fn lateness(&self, at: u64) -> Option<f64> {
        if self.heard == 0 {
            return None;
        }
        let gap = at.saturating_sub(self.heard);
        Some(gap.saturating_sub(self.interval) as f64 / 1e6)
    }
}

impl Handler for Peers {
    fn established(&mut self, peer: usize, at: u64, hold: u16) {
        self.up += 1;
        self.last = at;
        if self.first == 0 {
            self.first = at;
        }
        if let Some(peer) = self.each.get_mut(peer) {
            *peer = Peer { heard: at, interval: keepalive_interval(hold) };
        }
    }

    fn message(&mut self, peer: usize, at: u64, _: MessageType, _: &[u8]) {
        let Some(peer) = self.each.get_mut(peer) else { return };
        self.messages += 1;
        self.late.extend(peer.lateness(at));
        peer.heard = at;
    }

    fn refused(&mut self, peer: usize, why: &str) {
        self.refusal.get_or_insert_with(|| format!("peer {peer}: {why}"));
    }

    fn down(&mut self, peer: usize, _: u64, why: &str) {
        self.lost += 1;
        self.up = self.up.saturating_sub(1);
        self.why.get_or_insert_with(|| format!("peer {peer}: {why}"));
        if let Some(peer) = self.each.get_mut(peer) {
            peer.heard = 0;
        }
    }
}
