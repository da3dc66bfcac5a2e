//! A peer announces a table.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Outcome, between, number};
use crate::bench::machine;
use crate::bench::program::{Kind, PEER, PEER_PORT, PORT, Program, Setup, gobgp};
use crate::bench::run::{Run, Tool};

/// From the first octet of the table to the last prefix in a helper's JSON.
pub(super) fn json(program: &Program, run: &mut Run, count: u32, load: &str) -> Result<Outcome> {
    let gobgp = program.kind == Kind::Gobgp;
    // The stream of GoBGP's command line is for one family.
    let ipv6 = if gobgp { 0 } else { 15 };
    let load = format!("--load {load} --count {count} --ipv6 {ipv6}");
    let session = program.session();
    let mut source = run.tool("source", &format!("{session} --local {PEER} {load}"))?;
    let mut setup = Setup::default();
    let mut counter = if gobgp {
        program.configure(run, &setup)?;
        program.start(run, &setup)?;
        monitor(run, &load)?
    } else {
        let control = run.control("count")?;
        setup.helper = Some((run.helper(&control, &load), true));
        program.configure(run, &setup)?;
        program.start(run, &setup)?;
        let mut counter = run.accept(control)?;
        counter.wait("ready", run)?;
        counter
    };
    source.wait("established", run)?;
    source.order("go")?;
    let sent = source.done(run)?;
    let got = counter.done(run)?;
    let usage = run.usage();
    Ok(outcome(count, &sent, &got, usage))
}

fn outcome(count: u32, sent: &Value, got: &Value, usage: machine::Usage) -> Outcome {
    let took = between(&sent["t_first"], &got["t_last"]);
    let outcome = Outcome::of(f64::from(count), took, usage);
    outcome
        .with("messages/s", (number(sent, "messages") / took).round())
        .with("JSON MB/s", number(got, "octets") / 1e6 / took)
}

/// GoBGP's own stream of JSON, into a counter.
fn monitor(run: &mut Run, load: &str) -> Result<Tool> {
    while !gobgp::client(&["global"]).output()?.status.success() {
        if run.left().is_zero() {
            bail!("GoBGP does not answer\n{}", run.logs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (reader, writer) = std::io::pipe()?;
    let mut counter =
        run.tool_with("count", &format!("{load} --key prefix --prefixes-only"), reader.into())?;
    let mut client = gobgp::client(&["monitor", "global", "rib", "-j", "-a", "ipv4"]);
    run.spawn_with("monitor", &mut client, Stdio::null(), Some(writer.into()))?;
    counter.wait("ready", run)?;
    // Its stream says nothing before the first route: there is no event to wait for.
    std::thread::sleep(Duration::from_secs(1));
    Ok(counter)
}

/// From the first octet of the table until the program has nothing left to do.
pub(super) fn rib(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let session = program.session();
    let load = format!("{session} --local {PEER} --load table --count {count}");
    let mut source = run.tool("source", &load)?;
    let setup = Setup::default();
    program.configure(run, &setup)?;
    program.start(run, &setup)?;
    source.wait("established", run)?;
    source.order("go")?;
    let sent = source.done(run)?;
    let idle = idle_since(run)?;
    let usage = run.usage();
    let end = idle.max(sent["t_written"].as_u64().unwrap_or(0));
    let took = between(&sent["t_first"], &json!(end));
    if let Some(has) = program.count(run)
        && has != u64::from(count)
    {
        bail!("it has {has} routes, not {count}");
    }
    Ok(Outcome::of(f64::from(count), took, usage))
}

/// When the program last used the processor, once it has not for a while and everything that was sent is read.
fn idle_since(run: &Run) -> Result<u64> {
    const WHILE: u64 = 400_000_000;
    let processes = run.processes();
    let (mut last, mut since) = (-1.0, machine::now());
    while !run.left().is_zero() {
        let at = machine::now();
        let used = machine::usage(&processes).cpu;
        // More than one tick: programs do a little now and then.
        if used > last + 0.011 || last < 0.0 {
            (last, since) = (used, at);
        } else if at - since > WHILE && machine::queued([PORT, PEER_PORT]) == 0 {
            return Ok(since);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    bail!("it is still busy\n{}", run.logs())
}

/// A helper that reads slowly for some seconds.
pub(super) fn slow(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let seconds = if count < 10_000 { 1 } else { 8 };
    let load = format!("--load table --count {count}");
    let session = program.session();
    let mut source = run.tool("source", &format!("{session} --local {PEER} {load}"))?;
    let control = run.control("count")?;
    let arguments = format!("{load} --rate 1000 --for {seconds}");
    let helper = Some((run.helper(&control, &arguments), true));
    let setup = Setup { helper, ..Setup::default() };
    program.configure(run, &setup)?;
    program.start(run, &setup)?;
    let mut counter = run.accept(control)?;
    counter.wait("ready", run)?;
    source.wait("established", run)?;
    source.order("go")?;
    let slow = counter.wait("slow", run)?;
    let slowed = run.usage();
    let began = Instant::now();
    let got = counter.done(run)?;
    let caught_up = began.elapsed().as_secs_f64();
    let usage = run.usage();
    let sent = source.done(run)?;
    Ok(outcome(count, &sent, &got, usage)
        .with("read slowly", number(&slow, "routes"))
        .with("MiB meanwhile", slowed.resident)
        .with("caught up s", caught_up))
}
