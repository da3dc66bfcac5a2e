//! Runs every scenario with every peer, on both sides of the connection.
//!
//! `cargo test -p yottabgp-interop [-- PART-OF-A-NAME]`, as root. The program under test is
//! `YOTTABGP_PROGRAM`, or what cargo built; `YOTTABGP_KEEP=1` keeps the scratch folders.
#![allow(clippy::print_stderr, clippy::expect_used, reason = "the report of a test program")]

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use yottabgp_interop::lab::{Lab, RELAY, Wanted};
use yottabgp_interop::peer::{Kind, Outcome};
use yottabgp_interop::{families, peers, scenarios};
use yottabgp_testkit::process::find;

thread_local! {
    /// Where the panic of this thread came from.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn main() {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == RELAY) {
        if let Some(socket) = words.next() {
            // Whoever closes first, the test or the program, the other one is done too.
            let _ = yottabgp_testkit::relay::relay(Path::new(&socket));
        }
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        PLACE.with_borrow_mut(|text| *text = place);
    }));
    let mut arguments = Arguments::from_args();
    // Most of a test is waiting for timers, so more run at once than there are processors.
    arguments.test_threads.get_or_insert(8);
    let mut trials = Vec::new();
    for scenario in scenarios::ALL {
        let makes_sense =
            |kind: &&Kind| scenario.peers.is_empty() || scenario.peers.contains(&kind.name);
        for kind in peers::ALL.iter().filter(makes_sense) {
            for passive in [false, true] {
                let side = if passive { "passive" } else { "active" };
                let name = format!("{}::{side}::{}", kind.name, scenario.name);
                trials.push(Trial::ignorable_test(name.clone(), move || {
                    if !scenario.needs.is_empty() && find(scenario.needs).is_none() {
                        let needs = scenario.needs;
                        let reason = format!("{needs} is not installed (.ci/install-peers)");
                        return skip(&name, &reason);
                    }
                    run(&name, kind, passive, scenario.name, scenario.wanted, scenario.run)
                }));
            }
        }
    }
    for row in families::ALL {
        let Some(kind) = peers::ALL.iter().find(|kind| kind.name == row.peer) else { continue };
        let name = format!("{}::family::{}", row.peer, row.family[0].replace(' ', "-"));
        trials.push(Trial::ignorable_test(name.clone(), move || {
            let wanted = Wanted { families: row.family, ..scenarios::PLAIN };
            run(&name, kind, false, "family", wanted, |lab| families::run(lab, row))
        }));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test that cannot run is no failure, but must not go unseen.
fn skip(name: &str, reason: &str) -> Result<Completion, Failed> {
    eprintln!("SKIPPED: {name}: {reason}");
    Ok(Completion::ignored_with(reason))
}

fn run(
    name: &str,
    kind: &Kind,
    passive: bool,
    scenario: &str,
    wanted: Wanted,
    test: impl Fn(&mut Lab) -> Outcome,
) -> Result<Completion, Failed> {
    if !(kind.installed)() {
        return skip(name, &format!("{} is not installed ({})", kind.name, kind.package));
    }
    if let Some(reason) = (kind.cannot)(scenario, passive) {
        return skip(name, reason);
    }
    // Without it nothing would be tested, and nobody would notice.
    let program = yottabgp_testkit::speaker::program()?;
    let mut lab = match Lab::new(program, kind, passive, wanted) {
        Ok(lab) => lab,
        Err(reason) => return skip(name, &reason),
    };
    match catch_unwind(AssertUnwindSafe(|| test(&mut lab))) {
        Ok(Ok(())) => Ok(Completion::Completed),
        Ok(Err(error)) => Err(Failed::from(format!("{error}\n{}", lab.logs()))),
        Err(panic) => {
            let place = PLACE.with_borrow(Clone::clone);
            Err(Failed::from(format!("{place}: {}\n{}", words(&*panic), lab.logs())))
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
