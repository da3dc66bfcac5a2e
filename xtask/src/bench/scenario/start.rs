//! The start, with routes and without, and the reload.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;
use serde_json::json;

use super::{Outcome, between, number};
use crate::bench::machine;
use crate::bench::program::{PEER, PEERS, Peer, Program, Setup};
use crate::bench::run::Run;

/// From the start to the last prefix at the peer.
pub(super) fn with_routes(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let session = program.session();
    let load = format!("{session} --local {PEER} --load route --count {count} --prefixes-only");
    let mut sink = run.tool("sink", &load)?;
    let setup = Setup { routes: count, families: &["ipv4 unicast"], ..Setup::default() };
    program.configure(run, &setup)?;
    let began = json!(program.start(run, &setup)?);
    let got = sink.done(run)?;
    let usage = run.usage();
    Ok(Outcome::of(f64::from(count), between(&began, &got["t_last"]), usage)
        .with("session up s", between(&began, &got["t_established"]))
        .with("messages", number(&got, "messages")))
}

/// The memory that a hundred neighbors with the same routes take, and one.
pub(super) fn template(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let alone = {
        let mut alone = run.another()?;
        inherited(program, &mut alone, count, 1)?
    };
    let all = inherited(program, run, count, 100)?;
    let times = all.usage.peak / alone.usage.peak.max(0.1);
    Ok(all.with("MiB of one", alone.usage.peak).with("times", times))
}

fn inherited(program: &Program, run: &mut Run, count: u32, peers: u32) -> Result<Outcome> {
    let session = program.session();
    let arguments =
        format!("{session} --local {PEERS} --peers {peers} --load route --count {count}");
    let mut sink = run.tool("sink", &arguments)?;
    let setup = Setup {
        peers: Peer::several(peers, 65_001),
        routes: count,
        template: true,
        families: &["ipv4 unicast"],
        ..Setup::default()
    };
    program.configure(run, &setup)?;
    let began = json!(program.start(run, &setup)?);
    let got = sink.done(run)?;
    let usage = run.usage();
    let routes = f64::from(count) * f64::from(peers);
    Ok(Outcome::of(routes, between(&began, &got["t_last"]), usage))
}

/// From the signal to the last change at the peer.
pub(super) fn reload(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let session = program.session();
    let load = format!("{session} --local {PEER} --load route --count {count} --changed");
    let mut sink = run.tool("sink", &load)?;
    let mut setup = Setup { routes: count, families: &["ipv4 unicast"], ..Setup::default() };
    program.configure(run, &setup)?;
    let began = json!(program.start(run, &setup)?);
    let got = sink.done(run)?;
    let start = between(&began, &got["t_last"]);
    setup.changed = true;
    program.configure(run, &setup)?;
    let before = run.usage();
    let began = json!(machine::now());
    run.signal(Signal::SIGUSR1)?;
    let got = sink.done(run)?;
    let mut usage = run.usage();
    usage.cpu -= before.cpu;
    let took = between(&began, &got["t_last"]);
    Ok(Outcome::of(f64::from(count), took, usage)
        .with("start s", start)
        .with("start CPU s", before.cpu)
        .with("messages", number(&got, "messages")))
}

/// From the start to the established session, and then nothing for some seconds.
pub(super) fn idle(program: &Program, run: &mut Run) -> Result<Outcome> {
    let mut peers =
        run.tool("peers", &format!("{} --local {PEER} --count 1", program.session()))?;
    let setup = Setup::default();
    program.configure(run, &setup)?;
    let began = json!(program.start(run, &setup)?);
    let up = peers.wait("established", run)?;
    let took = between(&began, &up["t_established"]);
    let usage = run.usage();
    std::thread::sleep(Duration::from_secs(1));
    let before = run.usage();
    std::thread::sleep(Duration::from_secs(4));
    let after = run.usage();
    Ok(Outcome::of(0.0, took, usage)
        .with("resident MiB", after.resident)
        .with("wake-ups/s", after.switches.saturating_sub(before.switches) as f64 / 4.0)
        .with("idle CPU %", (after.cpu - before.cpu) / 4.0 * 100.0))
}
