//! Helpers that close an end of theirs.

use std::fs;

use yottabgp_testkit::wait::until;

use crate::ring::{Bad, EVERYTHING, Ring};
use crate::support::Lab;

#[test]
fn one_without_input_is_still_obeyed() {
    let script = "exec <&-
i=0
while :; do i=$((i + 1)); echo announce route 10.67.0.$((i % 256))/32 next-hop 1.1.1.1 med $i; sleep 0.05; done";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("closes its input", Lab::new(), &bad);
    let before = ring.peer.routes();
    ring.serves_for_a_hold_time();
    assert!(ring.peer.routes() > before + 20, "it is not heard");
    ring.end(40, "it is obeyed; what it would be told is dropped");
}

#[test]
fn one_without_output_is_still_told() {
    let lab = Lab::new();
    let heard = lab.path("heard");
    let script = format!("echo started >> {0}\nexec cat >> {0}", heard.display());
    // The last descriptor of its output is closed: the daemon finds the end of its commands.
    let script = script.replace("exec cat", "exec 1>&-\nexec cat");
    let bad = Bad { script: &script, told: EVERYTHING };
    let mut ring = Ring::new("closes its output", lab, &bad);
    ring.serves_for_a_hold_time();
    let text = || fs::read_to_string(&heard).unwrap();
    until("events", || text().contains("\"up\"") && text().contains("198.51.0.1/32"));
    assert_eq!(text().matches("started").count(), 1, "it was not started again");
    ring.end(40, "it is told everything, and not started again");
}

#[test]
fn one_without_both() {
    let script = "exec <&- >&-\nexec sleep 1000";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("closes both ends and stays", Lab::new(), &bad);
    ring.serves_for_a_hold_time();
    ring.end(40, "nothing");
}
