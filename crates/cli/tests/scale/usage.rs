//! What a process uses, as the system tells.

use std::fs;
use std::time::Duration;

/// Resident memory, now and at most, in octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) most: u64,
}

pub(crate) fn memory(pid: u32) -> Memory {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let field = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() * 1024
    };
    Memory { now: field("VmRSS:"), most: field("VmHWM:") }
}

/// Processor time so far.
pub(crate) fn processor(pid: u32) -> Duration {
    // In nanoseconds, which `stat` has not.
    threads(pid, "schedstat", |text| {
        text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or(0)
    })
    .map_or(Duration::ZERO, Duration::from_nanos)
}

/// How often it began to wait so far.
pub(crate) fn waits(pid: u32) -> u64 {
    threads(pid, "status", |text| {
        let line = text.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
    })
    .unwrap_or(0)
}

fn threads(pid: u32, file: &str, value: impl Fn(&str) -> u64) -> Option<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let texts = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join(file)).ok());
    Some(texts.map(|text| value(&text)).sum())
}
