//! Helpers that write what is no command.

use std::fs;
use std::time::Duration;

use yottabgp_testkit::wait::until;

use crate::ring::{Bad, EVERYTHING, Ring};
use crate::support::Lab;

#[test]
fn megabytes_of_noise() {
    // Octets of all values, lines of NULs, UTF-8, and a command that counts.
    let script = "head -c 20000000 /dev/urandom
echo
head -c 100000 /dev/zero
echo
printf 'announce route \\303\\251\\342\\202\\254\\360\\237\\230\\200 next-hop \\342\\202\\254\\n'
printf 'announce route 10.66.0.0/24 next-hop 1.1.1.1\\000\\n'
echo announce route 10.67.0.0/24 next-hop 1.1.1.1
exec cat > /dev/null";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("writes 20 MB of noise", Lab::new(), &bad);
    until("the command after the noise", || {
        ring.daemon.ask("show adj-rib out").contains("10.67.0.0/24")
    });
    // One with a NUL in it is not half obeyed.
    assert!(!ring.daemon.ask("show adj-rib out").contains("10.66.0.0/24"));
    ring.serves_for_a_hold_time();
    ring.end(40, "each line is refused; the command after it counts");
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let script = "head -c 100000000 /dev/zero | tr '\\000' a
echo
echo announce route 10.67.0.0/24 next-hop 1.1.1.1
exec cat > /dev/null";
    let bad = Bad { script, told: "" };
    let mut ring = Ring::new("writes a line of 100 MB", Lab::new(), &bad);
    until("the command after the line", || {
        ring.daemon.ask("show adj-rib out").contains("10.67.0.0/24")
    });
    ring.serves_for_a_hold_time();
    ring.end(40, "refused; the command after it counts");
}

#[test]
fn a_line_that_never_ends() {
    let script = "exec tr '\\000' a < /dev/zero";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("writes a line that never ends", Lab::new(), &bad);
    for _ in 0..2 {
        ring.serves_for_a_hold_time();
    }
    ring.end(40, "it is read and thrown away");
}

#[test]
fn lines_that_never_end() {
    // As fast as they are read, and no answer is.
    let bad = Bad { script: "exec yes OK", told: "" };
    let mut ring = Ring::new("writes `OK` for ever, never reads", Lab::new(), &bad);
    for _ in 0..2 {
        ring.serves_for_a_hold_time();
    }
    ring.end(40, "each is refused; 10 ms in each turn");
}

#[test]
fn empty_lines_that_never_end() {
    let bad = Bad { script: "exec yes ''", told: "" };
    let mut ring = Ring::new("writes empty lines for ever, never reads", Lab::new(), &bad);
    for _ in 0..2 {
        ring.serves_for_a_hold_time();
    }
    ring.end(40, "each is acknowledged; 10 ms in each turn");
}

#[test]
fn half_lines() {
    let lab = Lab::new();
    // One for each part: whoever opens one again while its writer has not yet closed it reads its end.
    let go_on = ["second", "third"].map(|part| lab.path(part));
    for path in &go_on {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let [second, third] = go_on.each_ref().map(|path| path.display());
    let script = format!(
        "printf 'announce rou'\nread line < {second}\nprintf 'te 10.67.0.0/24 next-'\nread line < {third}\nprintf 'hop 1.1.1.1\\n'\nexec cat > /dev/null"
    );
    let bad = Bad { script: &script, told: "" };
    let mut ring = Ring::new("writes a line in three parts", lab, &bad);
    for path in &go_on {
        ring.serves_for_a_hold_time();
        assert!(!ring.daemon.ask("show adj-rib out").contains("10.67.0.0/24"));
        fs::write(path, "\n").unwrap();
    }
    until("the command", || ring.daemon.ask("show adj-rib out").contains("10.67.0.0/24"));
    ring.end(40, "it counts once it is whole");
}

#[test]
fn a_line_without_an_end_is_no_command() {
    // What is cut short by its writer's death may mean something else: `10.66.0.0/2` of `10.66.0.0/24`.
    let script = "echo announce route 10.67.0.0/24 next-hop 1.1.1.1
printf 'announce route 10.66.0.0/24 next-hop 1.1.1.1'
exit 0";
    let bad = Bad { script, told: "" };
    let mut ring = Ring::new("ends in the middle of a line", Lab::new(), &bad);
    ring.daemon.await_log("helper bad was started 5 times within 64 seconds");
    ring.serves_for_a_hold_time();
    let routes = ring.daemon.ask("show adj-rib out");
    assert!(routes.contains("10.67.0.0/24") && !routes.contains("10.66.0.0"), "{routes}");
    ring.end(40, "what was cut short is no command");
}

#[test]
fn what_it_says_on_standard_error() {
    let script = "yes 'something is wrong' | head -c 50000000 >&2
echo announce route 10.67.0.0/24 next-hop 1.1.1.1
exec cat > /dev/null";
    let bad = Bad { script, told: EVERYTHING };
    let mut ring = Ring::new("writes 50 MB to standard error", Lab::new(), &bad);
    ring.serves_until(Duration::from_secs(100), |ring| {
        ring.daemon.ask("show adj-rib out").contains("10.67.0.0/24")
    });
    ring.serves_for_a_hold_time();
    ring.end(40, "it goes where the log goes");
}
