//! Many peers.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use super::announce::announcing;
use super::{Outcome, between, number};
use crate::bench::program::{PEER, PEER_AS, PEERS, Peer, Program, Setup};
use crate::bench::run::Run;

/// The AS of peers that are not the one that announces.
const OTHER_AS: u32 = 64_000;

/// The same routes to many peers: from a helper, where there are helpers, or else from another peer.
pub(super) fn fan(program: &Program, run: &mut Run, count: u32, peers: u32) -> Result<Outcome> {
    let session = program.session();
    let sinks = format!("{session} --local {PEERS} --peers {peers} --count {count}");
    let routes = f64::from(count) * f64::from(peers);
    if program.is_programmed() {
        let mut sink = run.tool("sink", &format!("{sinks} --load route"))?;
        let setup = Setup {
            peers: Peer::several(peers, PEER_AS),
            families: &["ipv4 unicast"],
            ..Setup::default()
        };
        let arguments = format!("--count {count} --ack off");
        let mut inject = announcing(program, run, setup, &mut sink, &arguments)?;
        let got = sink.done(run)?;
        let usage = run.usage();
        let written = inject.done(run)?;
        let took = between(&written["t_first"], &got["t_last"]);
        return Ok(Outcome::of(routes, took, usage).with("messages", number(&got, "messages")));
    }
    let sinks = format!("{sinks} --load table --local-as {OTHER_AS}");
    let mut sink = run.tool("sink", &sinks)?;
    let load = format!("{session} --local {PEER} --load table --count {count}");
    let mut source = run.tool("source", &load)?;
    let mut all = Peer::only();
    all.extend(Peer::several(peers, OTHER_AS));
    let setup = Setup { peers: all, ..Setup::default() };
    program.configure(run, &setup)?;
    program.start(run, &setup)?;
    sink.wait("established", run)?;
    source.wait("established", run)?;
    std::thread::sleep(Duration::from_millis(300));
    source.order("go")?;
    let sent = source.done(run)?;
    let got = sink.done(run)?;
    let usage = run.usage();
    let took = between(&sent["t_first"], &got["t_last"]);
    Ok(Outcome::of(routes, took, usage).with("messages", number(&got, "messages")))
}

/// A peer with all the routes goes and comes back, while others wait for their KEEPALIVEs.
pub(super) fn bounce(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    const OTHERS: u32 = 20;
    let session = program.session();
    let load =
        format!("{session} --local {PEER} --load route --count {count} --prefixes-only --bounce 1");
    let mut sink = run.tool("sink", &load)?;
    let mut others = run.tool(
        "peers",
        &format!("{session} --local {PEERS} --count {OTHERS} --hold 3 --as {OTHER_AS}"),
    )?;
    let mut peers = Peer::only();
    let mut quiet = Peer::several(OTHERS, OTHER_AS);
    quiet.iter_mut().for_each(|peer| peer.gets_routes = false);
    peers.extend(quiet);
    let setup = Setup { peers, routes: count, families: &["ipv4 unicast"], ..Setup::default() };
    program.configure(run, &setup)?;
    program.start(run, &setup)?;
    others.wait("established", run)?;
    sink.done(run)?;
    std::thread::sleep(Duration::from_millis(300));
    let before = run.usage();
    others.order("mark")?;
    others.wait("mark", run)?;
    sink.order("bounce")?;
    let got = sink.done(run)?;
    let mut usage = run.usage();
    usage.cpu -= before.cpu;
    // One more KEEPALIVE of each.
    std::thread::sleep(Duration::from_millis(1_200));
    others.order("mark")?;
    let late = others.wait("mark", run)?;
    if number(&late, "lost") > 0.0 {
        bail!("other sessions were lost: {late}");
    }
    let took = between(&got["t_established"], &got["t_last"]);
    Ok(Outcome::of(f64::from(count), took, usage)
        .with("up again s", between(&got["t_began"], &got["t_established"]))
        .with("KEEPALIVE late ms", number(&late, "late_max_ms")))
}

/// Many sessions, from a cold start.
pub(super) fn sessions(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let session = program.session();
    let arguments = format!("{session} --local {PEERS} --count {count} --as {OTHER_AS}");
    let mut tool = run.tool("peers", &arguments)?;
    let setup = Setup { peers: Peer::several(count, OTHER_AS), ..Setup::default() };
    program.configure(run, &setup)?;
    let began = json!(program.start(run, &setup)?);
    let up = tool.wait("established", run)?;
    if number(&up, "established") < f64::from(count) {
        bail!("not all sessions came up: {up}");
    }
    let took = between(&began, &up["t_established"]);
    let usage = run.usage();
    std::thread::sleep(Duration::from_secs(1));
    let (before, seconds) = (run.usage(), 5);
    std::thread::sleep(Duration::from_secs(seconds));
    let after = run.usage();
    let last = tool.stop(run)?;
    if number(&last, "lost") > 0.0 {
        bail!("sessions were lost: {last}");
    }
    Ok(Outcome::of(f64::from(count), took, usage)
        .with("KiB a peer", after.resident * 1024.0 / f64::from(count))
        .with("idle CPU %", (after.cpu - before.cpu) / seconds as f64 * 100.0))
}
