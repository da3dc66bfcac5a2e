//! What the machine can do at all, and what decoding costs without a daemon around it.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{Outcome, number};
use crate::bench::program::Program;
use crate::bench::run::Run;

/// Octets read at once.
const LARGE: usize = 1 << 18;

/// All of it: without any program, but for the decoding.
pub(super) fn all(program: &Program, run: &mut Run, count: u32) -> Result<Outcome> {
    let mut command = Command::new(run.tools());
    let output = command.args(["bench", "limits", "--count", &count.to_string()]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let [tcp, pipe, relay] = said.as_slice() else {
        bail!("bench limits: {}", String::from_utf8_lossy(&output.stderr));
    };
    let rate = |value: &Value, name: &str| number(value, name).round();
    Ok(Outcome::default()
        .with("TCP routes/s", rate(tcp, "routes_per_second"))
        .with("pipe lines/s", rate(pipe, "lines_per_second"))
        .with("relay p50 ms", number(relay, "p50_ms"))
        .with("relay p99 ms", number(relay, "p99_ms"))
        .with("JSON of a table into a pipe, routes/s", into_pipe(program, run, count, "table")?)
        .with(
            "JSON of single routes into a pipe, routes/s",
            into_pipe(program, run, count, "single")?,
        ))
}

/// Routes a second that one thread of `decode` reads from a file of the same UPDATEs and writes as JSON into a pipe, which
/// somebody empties: what a helper can be told at most.
fn into_pipe(program: &Program, run: &mut Run, count: u32, load: &str) -> Result<f64> {
    let path = run.path("updates");
    let made = Command::new(run.tools())
        .args(["bench", "routes", "--format", "mrt-updates", "--load", load, "--count"])
        .arg(count.to_string())
        .arg("--out")
        .arg(&path)
        .output()?;
    if !made.status.success() {
        bail!("bench routes: {}", String::from_utf8_lossy(&made.stderr).trim());
    }
    let began = Instant::now();
    let mut child = Command::new(program.path())
        .args(["decode", "--threads", "1", "--read"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} decode", program.path().display()))?;
    let (mut buffer, mut octets) = (vec![0; LARGE], 0);
    if let Some(mut output) = child.stdout.take() {
        while let read @ 1.. = output.read(&mut buffer)? {
            octets += read;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let status = child.wait()?;
    if !status.success() || octets == 0 {
        bail!("decode: {status} after {octets} octets");
    }
    Ok((f64::from(count) / seconds).round())
}
