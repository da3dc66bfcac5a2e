//! What processes and the machine have used, by `/proc`.

use std::collections::HashMap;
use std::fs;
use std::ops::Add;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// Ticks a second in `/proc/…/stat`; Linux has had no other number there for decades.
const TICKS: f64 = 100.0;

/// Nanoseconds of the monotonic clock, which the tools have too.
pub(crate) fn now() -> u64 {
    let Ok(time) = clock_gettime(ClockId::CLOCK_MONOTONIC) else { return 0 };
    u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000_000
        + u64::try_from(time.tv_nsec()).unwrap_or(0)
}

/// Memory and time of processes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Seconds on a processor, in themselves and in the kernel.
    pub(crate) cpu: f64,
    /// The most that each ever had resident (VmHWM), added, in MiB.
    pub(crate) peak: f64,
    /// What they have resident now (VmRSS), in MiB.
    pub(crate) resident: f64,
    /// How often they left a processor: by themselves, or because they had to.
    pub(crate) switches: u64,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            cpu: self.cpu + other.cpu,
            peak: self.peak + other.peak,
            resident: self.resident + other.resident,
            switches: self.switches + other.switches,
        }
    }
}

/// The numbers of `/proc/PID/stat` behind the name, which is in parentheses and may hold anything; the third field is first.
fn stat(process: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, numbers) = text.rsplit_once(')')?;
    Some(numbers.split_whitespace().map(|word| word.parse().unwrap_or(0)).collect())
}

fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim_start_matches(':').split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The usage of one process; nothing when it is gone.
fn of(process: u32) -> Usage {
    let Some(numbers) = stat(process) else { return Usage::default() };
    let ticks: u64 = numbers.iter().skip(11).take(2).sum();
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let switches = threads.map(|thread| {
        let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        field(&status, "voluntary_ctxt_switches") + field(&status, "nonvoluntary_ctxt_switches")
    });
    Usage {
        cpu: ticks as f64 / TICKS,
        peak: field(&status, "VmHWM") as f64 / 1024.0,
        resident: field(&status, "VmRSS") as f64 / 1024.0,
        switches: switches.sum(),
    }
}

/// Whether this is a helper that we gave to the program, and not part of it.
fn is_ours(process: u32) -> bool {
    let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let mut words = words.split(|octet| *octet == 0);
    let program = words.next().unwrap_or_default();
    words.next() == Some(b"bench") || program.ends_with(b"/gobgp") || program == b"gobgp"
}

/// A process and all that come from it, without the helpers that we gave it.
pub(crate) fn tree(process: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // The second number behind the name is the parent.
        let parent = stat(number).and_then(|numbers| numbers.get(1).copied());
        if let Some(parent) = parent.and_then(|parent| u32::try_from(parent).ok()) {
            children.entry(parent).or_default().push(number);
        }
    }
    let (mut found, mut next) = (Vec::new(), vec![process]);
    while let Some(one) = next.pop() {
        found.push(one);
        let below = children.get(&one).into_iter().flatten().copied();
        next.extend(below.filter(|child| !is_ours(*child)));
    }
    found
}

/// The usage of these processes.
pub(crate) fn usage(processes: &[u32]) -> Usage {
    processes.iter().map(|process| of(*process)).fold(Usage::default(), Usage::add)
}

/// Processor time in ticks: of the whole machine, used and in all, and of this process with its children that have ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    used: u64,
    all: u64,
    own: u64,
}

impl Machine {
    /// Up to now.
    pub(crate) fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let words = text.split_whitespace().skip(1).take(8);
        // user nice system idle iowait irq softirq steal
        let numbers: Vec<u64> = words.map(|word| word.parse().unwrap_or(0)).collect();
        let idle: u64 = numbers.iter().skip(3).take(2).sum();
        let all: u64 = numbers.iter().sum();
        let own = stat(std::process::id()).unwrap_or_default();
        Self { used: all - idle, all, own: own.iter().skip(11).take(4).sum() }
    }

    /// The share of the machine that others used from `self` on.
    pub(crate) fn others(self) -> f64 {
        let now = Self::now();
        let used = now.used.saturating_sub(self.used);
        let others = used.saturating_sub(now.own.saturating_sub(self.own));
        others as f64 / now.all.saturating_sub(self.all).max(1) as f64
    }
}

/// Waits until less than a share of the machine is used, but not longer than that.
pub(crate) fn wait_for_quiet(share: f64, most: Duration) {
    let end = Instant::now() + most;
    loop {
        let before = Machine::now();
        std::thread::sleep(Duration::from_millis(300));
        if before.others() < share || Instant::now() >= end {
            return;
        }
    }
}

/// Octets that lie unread or unsent in the sessions of this network namespace.
pub(crate) fn queued(ports: [u16; 2]) -> u64 {
    let text = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let mut sum = 0;
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, "01", queues, ..] = words.as_slice() else { continue };
        let port = |address: &str| {
            let (_, port) = address.rsplit_once(':')?;
            u16::from_str_radix(port, 16).ok()
        };
        let is_session = [port(local), port(remote)].iter().flatten().any(|p| ports.contains(p));
        if is_session && let Some((out, waiting)) = queues.split_once(':') {
            let hex = |text| u64::from_str_radix(text, 16).unwrap_or(0);
            sum += hex(out) + hex(waiting);
        }
    }
    sum
}

/// The processors and the kernel, in words.
pub(crate) fn description() -> String {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let model = yottabgp_bench_markers::processor();
    format!("{processors} × {model}, Linux {}", kernel.trim())
}
