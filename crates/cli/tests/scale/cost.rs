//! What sessions cost: time, memory, and what an idle daemon does.

use std::time::{Duration, Instant};

use crate::field::{Field, Kind};
use crate::usage::{Memory, memory, processor, waits};

/// A number of the environment.
pub(crate) fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

struct Cost {
    /// Until all sessions were up.
    wall: Duration,
    processor: Duration,
    memory: Memory,
    /// Processor time in each second of idleness.
    idle: f64,
    /// Waits in each second of idleness.
    waits: f64,
}

fn cost(kind: Kind, count: usize, hold_time: u16, idle: Duration) -> Cost {
    let field = Field::start(kind, count, hold_time, "family { ipv4 unicast; ipv6 unicast; }", "");
    field.established();
    let wall = field.crowd.stories().iter().filter_map(|story| story.established).max().unwrap();
    let wall = wall.saturating_duration_since(field.start);
    field.settled();
    let pid = field.daemon.pid();
    let spent = processor(pid);
    let (before, waited, since) = (processor(pid), waits(pid), Instant::now());
    std::thread::sleep(idle);
    let seconds = since.elapsed().as_secs_f64();
    Cost {
        wall,
        processor: spent,
        memory: memory(pid),
        idle: (processor(pid) - before).as_secs_f64() / seconds,
        waits: (waits(pid) - waited) as f64 / seconds,
    }
}

#[test]
#[ignore = "a measurement"]
fn cost_of_sessions() {
    let idle = Duration::from_secs(number("IDLE", 30) as u64);
    let hold_time = u16::try_from(number("HOLD", 180)).unwrap();
    println!(
        "| sessions | | all up, s | processor, s | RSS, MiB | peak, MiB | KiB a peer | idle, % | waits/s |"
    );
    println!("|---:|---|---:|---:|---:|---:|---:|---:|---:|");
    let counts = std::env::var("COUNTS").unwrap_or_else(|_| "1,1000,5000".into());
    let kinds = std::env::var("KINDS").unwrap_or_else(|_| "012".into());
    for (index, kind) in Kind::ALL.into_iter().enumerate() {
        if !kinds.contains(&index.to_string()) {
            continue;
        }
        let mut one = 0;
        for count in counts.split(',').map(|count| count.parse::<usize>().unwrap()) {
            let cost = cost(kind, count, hold_time, idle);
            let mebibytes = |octets: u64| octets as f64 / f64::from(1 << 20);
            if count == 1 {
                one = cost.memory.now;
            }
            let each =
                cost.memory.now.saturating_sub(one) as f64 / 1024.0 / (count.max(2) - 1) as f64;
            println!(
                "| {count} | {} | {:.2} | {:.2} | {:.1} | {:.1} | {each:.1} | {:.2} | {:.1} |",
                kind.name(),
                cost.wall.as_secs_f64(),
                cost.processor.as_secs_f64(),
                mebibytes(cost.memory.now),
                mebibytes(cost.memory.most),
                cost.idle * 100.0,
                cost.waits
            );
        }
    }
}

/// The peers are not there: whoever calls them is refused.
#[test]
#[ignore = "a measurement"]
fn cost_of_absent_peers() {
    let count = number("COUNT", 1000);
    let idle = Duration::from_secs(number("IDLE", 30) as u64);
    let lab = crate::support::Lab::new();
    let port = yottabgp_testkit::network::free_port([127, 0, 0, 1]);
    let text = crate::field::neighbors(Kind::Called, 0..count, port, "");
    let daemon = lab.start(&text);
    let pid = daemon.pid();
    let mut before = (Duration::ZERO, 0, 0);
    let start = Instant::now();
    for _ in 0..3 {
        std::thread::sleep(idle / 3);
        let now = (processor(pid), waits(pid), daemon.log().len());
        println!(
            "after {:.0} s: {:.3} s of processor time, {} waits, {} octets of log, {} KiB",
            start.elapsed().as_secs_f64(),
            (now.0 - before.0).as_secs_f64(),
            now.1 - before.1,
            now.2 - before.2,
            memory(pid).now / 1024
        );
        before = now;
    }
    daemon.stop();
}
