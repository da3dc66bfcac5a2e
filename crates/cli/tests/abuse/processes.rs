//! Helpers that are trouble as processes.

use std::fs;

use nix::sys::signal::Signal;
use yottabgp_testkit::wait::until;

use crate::ring::{Bad, EVERYTHING, Ring, descendants};
use crate::support::Lab;

#[test]
fn one_that_dies_at_once_again_and_again() {
    let lab = Lab::new();
    let starts = lab.path("starts");
    let script = format!("echo start >> {}\nexit 1", starts.display());
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("dies at once, five times", lab, &bad);
    ring.daemon.await_log("helper bad was started 5 times within 64 seconds");
    ring.serves_for_a_hold_time();
    assert_eq!(fs::read_to_string(&starts).unwrap().lines().count(), 5);
    ring.end(40, "not started again before a reload; an error in the log");
}

#[test]
fn one_whose_children_hold_its_pipes() {
    let lab = Lab::new();
    let starts = lab.path("starts");
    // The child of the first two lives goes on talking, and that of the third does not even do that.
    let script = format!(
        "echo start >> {0}
case $(wc -l < {0}) in
1|2) (while :; do echo announce route 10.66.0.0/24 next-hop 1.1.1.1; sleep 0.01; done) & exit 0;;
3) sleep 1000 & exit 0;;
esac
exec cat > /dev/null",
        starts.display()
    );
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("leaves children that hold its pipes", lab, &bad);
    until("its fourth life", || {
        fs::read_to_string(&starts).is_ok_and(|text| text.lines().count() == 4)
    });
    ring.serves_for_a_hold_time();
    ring.end(40, "they are ended, it is started again");
}

#[test]
fn one_that_ignores_sigterm_and_its_children_too() {
    let lab = Lab::new();
    let ready = lab.path("ready");
    let script = format!(
        "trap '' TERM HUP INT
(trap '' TERM; while :; do sleep 1; done) &
(while :; do echo announce route 10.66.0.0/24 next-hop 1.1.1.1; done) &
touch {}
while :; do sleep 1; done",
        ready.display()
    );
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("ignores SIGTERM, and so do its children", lab, &bad);
    until("it is ready", || ready.exists());
    ring.serves_for_a_hold_time();
    ring.end(40, "all of its group are killed");
}

#[test]
fn one_that_is_killed_is_started_again_and_leaves_no_zombie() {
    let lab = Lab::new();
    let pids = lab.path("pids");
    let script = format!("echo $$ >> {}\nexec cat > /dev/null", pids.display());
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("is killed four times", lab, &bad);
    for life in 1..=4 {
        let mut lives = Vec::new();
        until("its next life", || {
            lives = fs::read_to_string(&pids)
                .unwrap_or_default()
                .lines()
                .map(|pid| pid.parse::<u32>().unwrap())
                .collect();
            lives.len() == life
        });
        ring.signal_bad(lives[life - 1], Signal::SIGKILL);
        ring.serves();
    }
    until("its fifth life", || {
        fs::read_to_string(&pids).is_ok_and(|text| text.lines().count() == 5)
    });
    ring.serves_for_a_hold_time();
    // The good helper is a shell and what it became, this one a single process.
    let children = descendants(ring.daemon.pid());
    assert!(children.iter().all(|(_, state)| *state != 'Z'), "{children:?}");
    ring.end(40, "started again each time");
}

#[test]
fn one_that_makes_many_children() {
    let script = "i=0
while [ $i -lt 200 ]; do (while :; do echo version; cat > /dev/null; sleep 1; done) & i=$((i + 1)); done
exec sleep 1000";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("has 200 children that read and write in its place", Lab::new(), &bad);
    ring.serves_for_a_hold_time();
    ring.end(40, "all are obeyed, and ended with it");
}
