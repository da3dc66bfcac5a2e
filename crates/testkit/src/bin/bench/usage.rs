//! What a process has used, by `/proc`.

use std::fs;
use std::ops::Add;
use std::time::Duration;

/// Ticks a second in `/proc/…/stat`; Linux has had no other number there for decades.
const TICKS: u64 = 100;

/// Memory and time of a process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    /// The most memory it ever had resident (`VmHWM`), in KiB.
    pub(crate) peak: u64,
    /// What it has resident now (`VmRSS`), in KiB.
    pub(crate) resident: u64,
    /// Time it ran on a processor, in itself and in the kernel.
    pub(crate) cpu: Duration,
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            peak: self.peak + other.peak,
            resident: self.resident + other.resident,
            cpu: self.cpu + other.cpu,
        }
    }
}

/// The usage of a process; all zero when it is gone.
pub(crate) fn of(process: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let field = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
    };
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything; the rest are numbers.
    let numbers = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        numbers.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Usage {
        peak: field("VmHWM"),
        resident: field("VmRSS"),
        cpu: Duration::from_millis(ticks * 1000 / TICKS),
    }
}

/// The usage of a process and of those it started, leaving out the helpers we gave it.
pub(crate) fn of_tree(process: u32) -> Usage {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let list = list.unwrap_or_default();
    let children = list.split_whitespace().filter_map(|number| number.parse().ok());
    let own = std::env::current_exe().ok();
    children
        .filter(|child| fs::read_link(format!("/proc/{child}/exe")).ok() != own)
        .map(of_tree)
        .fold(of(process), Usage::add)
}

/// Processor time, in ticks: of the whole machine that was used and that there was, and of this
/// process with its children that have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine {
    used: u64,
    all: u64,
    own: u64,
}

impl Machine {
    /// Up to now.
    pub(crate) fn now() -> Self {
        let numbers = |text: &str, skip: usize, take: usize| -> Vec<u64> {
            let words = text.split_whitespace().skip(skip).take(take);
            words.map(|word| word.parse().unwrap_or(0)).collect()
        };
        let all = fs::read_to_string("/proc/stat").unwrap_or_default();
        // user nice system idle iowait irq softirq steal
        let all = numbers(&all, 1, 8);
        let idle: u64 = all.iter().skip(3).take(2).sum();
        let own = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let own = numbers(own.rsplit(')').next().unwrap_or_default(), 11, 4);
        let sum: u64 = all.iter().sum();
        Self { used: sum - idle, all: sum, own: own.iter().sum() }
    }

    /// The share of the machine that others used since `before`, in per cent.
    pub(crate) fn others_since(before: Self) -> u64 {
        let now = Self::now();
        let others = (now.used - before.used).saturating_sub(now.own - before.own);
        100 * others / (now.all - before.all).max(1)
    }
}
