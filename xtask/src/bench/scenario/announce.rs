//! A helper announces, and one peer receives.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::{Outcome, between, number};
use crate::bench::machine;
use crate::bench::program::{Kind, PEER, Program, Setup, gobgp};
use crate::bench::run::{Run, Tool};

/// What GoBGP is given beyond what is counted: `gobgp mrt inject` ends before its last routes are sent.
const BEYOND: u32 = 20_000;

/// The load that a form makes, and its families.
fn load(form: &str) -> (&'static str, &'static [&'static str]) {
    match form {
        "ipv6" => ("ipv6", &["ipv4 unicast", "ipv6 unicast"]),
        "vpn" => ("vpn", &["ipv4 unicast", "ipv4 mpls-vpn"]),
        "flow" => ("flow", &["ipv4 unicast", "ipv4 flow"]),
        _ => ("route", &["ipv4 unicast"]),
    }
}

/// From the first line that the helper writes to the last prefix at the peer.
pub(super) fn helper(
    program: &Program,
    run: &mut Run,
    count: u32,
    form: &str,
    acknowledge: bool,
) -> Result<Outcome> {
    let (load, families) = load(form);
    let lenient = if program.kind == Kind::Gobgp { "--more --prefixes-only" } else { "" };
    let session = program.session();
    let mut sink = run.tool(
        "sink",
        &format!("{session} --local {PEER} --load {load} --count {count} {lenient}"),
    )?;
    let setup = Setup { acknowledge, families, ..Setup::default() };
    if program.kind == Kind::Gobgp {
        return inject_mrt(program, run, &setup, sink, count);
    }
    let ack = if acknowledge { "on" } else { "off" };
    let arguments = format!("--form {form} --count {count} --ack {ack}");
    let mut inject = announcing(program, run, setup, &mut sink, &arguments)?;
    let got = sink.done(run)?;
    let usage = run.usage();
    let written = inject.done(run)?;
    let took = between(&written["t_first"], &got["t_last"]);
    let outcome = Outcome::of(f64::from(count), took, usage);
    let outcome = outcome.with("messages", number(&got, "messages"));
    Ok(outcome.with("written s", number(&written, "seconds")))
}

/// Starts the program with a helper, and lets that begin when all sessions are up.
pub(super) fn announcing(
    program: &Program,
    run: &mut Run,
    mut setup: Setup,
    sink: &mut Tool,
    arguments: &str,
) -> Result<Tool> {
    let control = run.control("inject")?;
    setup.helper = Some((run.helper(&control, arguments), false));
    program.configure(run, &setup)?;
    program.start(run, &setup)?;
    let mut inject = run.accept(control)?;
    sink.wait("established", run)?;
    inject.wait("ready", run)?;
    // Nothing else is to happen meanwhile: End-of-RIB has been sent.
    std::thread::sleep(Duration::from_millis(300));
    inject.order("go")?;
    Ok(inject)
}

/// The nearest that GoBGP has to a helper: its command line, which sends a table dump.
fn inject_mrt(
    program: &Program,
    run: &mut Run,
    setup: &Setup,
    mut sink: Tool,
    count: u32,
) -> Result<Outcome> {
    run.routes("mrt", count + BEYOND, &[])?;
    program.configure(run, setup)?;
    program.start(run, setup)?;
    sink.wait("established", run)?;
    let began = machine::now();
    let path = run.path("routes");
    let mut client = gobgp::client(&["mrt", "inject", "global"]);
    run.spawn("gobgp", client.arg(path))?;
    let got = sink.done(run)?;
    let usage = run.usage();
    let took = between(&json!(began), &got["t_last"]);
    Ok(Outcome::of(f64::from(count), took, usage).with("messages", number(&got, "messages")))
}

/// One line at a time, with pauses.
pub(super) fn latency(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let (session, times) = (program.session(), run.path("arrived"));
    let lenient = if program.kind == Kind::Gobgp { "--prefixes-only" } else { "" };
    let arguments = format!(
        "{session} --local {PEER} --load route --count {count} --times {} {lenient}",
        times.display()
    );
    let mut sink = run.tool("sink", &arguments)?;
    let families = &["ipv4 unicast"];
    let setup = Setup { families, acknowledge: program.is_programmed(), ..Setup::default() };
    let sent = if program.kind == Kind::Gobgp {
        program.configure(run, &setup)?;
        program.start(run, &setup)?;
        sink.wait("established", run)?;
        by_client(count)?
    } else {
        let path = run.path("sent");
        let arguments =
            format!("--count {count} --interval 5000 --ack on --times {}", path.display());
        let mut inject = announcing(program, run, setup, &mut sink, &arguments)?;
        inject.done(run)?;
        numbers(&fs::read_to_string(path)?)
    };
    sink.done(run)?;
    let usage = run.usage();
    sink.wait("times", run)?;
    let arrived = numbers(&fs::read_to_string(times)?);
    let mut late: Vec<f64> = sent
        .iter()
        .zip(&arrived)
        .map(|(sent, arrived)| arrived.saturating_sub(*sent) as f64 / 1e6)
        .collect();
    late.sort_by(f64::total_cmp);
    if late.len() != count as usize {
        bail!("{} of {count} times are known", late.len());
    }
    let quantile = |part: usize| late.get(late.len() * part / 100).or(late.last()).copied();
    let outcome = Outcome { usage, ..Outcome::default() };
    let outcome = outcome.with("p50 ms", quantile(50).unwrap_or(0.0));
    let outcome = outcome.with("p99 ms", quantile(99).unwrap_or(0.0));
    Ok(outcome.with("most ms", late.last().copied().unwrap_or(0.0)))
}

fn numbers(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// A process of GoBGP's command line for each route. Gives when each was started.
fn by_client(count: u32) -> Result<Vec<u64>> {
    let mut times = Vec::new();
    for number in 0..count {
        let prefix = format!("20.{}.{}.0/24", number >> 8 & 0xFF, number & 0xFF);
        times.push(machine::now());
        let mut client = gobgp::client(&["global", "rib", "add", &prefix, "nexthop", "192.0.2.1"]);
        client.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        client.status().context("gobgp")?;
    }
    Ok(times)
}
