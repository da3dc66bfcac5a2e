//! MRT files: what a peer records is shown, and a dump is replayed to it.

use std::collections::BTreeSet;

use yottabgp_testkit::process::output;
use yottabgp_testkit::route::{Route, difference};
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Program, events};

use crate::lab::Lab;
use crate::peer::Outcome;
use crate::routes::half;

/// What the peer records is what was sent: `mrt show` reads all of its files, and `bgpdump` reads the same in them.
pub(crate) fn shown(lab: &mut Lab) -> Outcome {
    let ours = lab.our_routes(50);
    lab.start()?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    let kept = half(&ours);
    lab.we_withdraw(ours.difference(&kept))?;
    lab.they_have(&kept)?;
    let (messages, table) = lab.peer.recorded(&lab.pair.right)?;
    let program = yottabgp_testkit::speaker::program()?;
    let program = program.to_string_lossy().into_owned();
    let us = lab.us.settings.local.to_string();
    for (file, is_table) in [(Some(messages), false), (table, true)] {
        let Some(file) = file else { continue };
        let file = file.to_string_lossy().into_owned();
        let mut last = None;
        // It writes in its own time.
        let equal = poll(PATIENCE, || {
            last = (|| {
                let words = ["mrt", "show", "--received", "--peer", &us, &file];
                let events = output(&lab.pair.left, &program, &words, "")?;
                let mut read = events::Table::default();
                for line in events.lines() {
                    read.read(line)?;
                }
                Ok::<_, String>(difference(&kept, &read.routes()))
            })()
            .unwrap_or_else(Some);
            last.is_none().then_some(())
        });
        equal.ok_or_else(|| format!("{file}: {}", last.unwrap_or_default()))?;
        let lines = output(&lab.pair.left, &program, &["mrt", "show", "--bgpdump", &file], "")?;
        let theirs = output(&lab.pair.left, "bgpdump", &["-q", "-v", "-m", &file], "")?;
        let sorted = |text: &str| -> Vec<String> {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            // Of one UPDATE it tells the routes in another order.
            lines.sort_unstable();
            lines
        };
        let (lines, theirs) = (sorted(&lines), sorted(&theirs));
        if lines.len() < kept.len() || lines != theirs {
            let ours = lines.iter().find(|line| !theirs.contains(line));
            let theirs = theirs.iter().find(|line| !lines.contains(line));
            return Err(format!(
                "table: {is_table}; {} lines; only ours: {ours:?}; only bgpdump's: {theirs:?}",
                lines.len()
            ));
        }
    }
    Ok(())
}

/// A table dump is replayed: the peer has all of it, also when it was away, and nothing when the player ends. Then once more, changed on
/// the way.
pub(crate) fn replayed(lab: &mut Lab) -> Outcome {
    let ours = lab.our_routes(1000);
    let dump = lab.path("dump.mrt");
    let file = crate::mrt::dump(&ours, |attributes| attributes.as_path.clone());
    std::fs::write(&dump, file).map_err(|error| error.to_string())?;
    let play = |lab: &Lab, more: &[&str]| {
        let settings = &lab.us.settings;
        let (way, address) = match settings.passive {
            true => ("--listen", settings.local),
            false => ("--connect", settings.peer),
        };
        Program::new(yottabgp_testkit::speaker::program()?, lab.path("replay.log"))
            .arguments(["mrt", "replay", way])
            .argument(address.to_string())
            .arguments(["--local-as", &settings.local_as.to_string()])
            .arguments(["--router-id", settings.router_id, "--hold-time", "9"])
            .arguments(more)
            .argument(&dump)
            .start(&lab.pair.left)
            .map_err(|error| error.to_string())
    };
    let player = play(lab, &[])?;
    lab.peer.start(&lab.pair.right)?;
    lab.peer.hurry(&lab.pair.right);
    lab.they_have(&ours)?;
    lab.peer.stop();
    lab.peer.start(&lab.pair.right)?;
    lab.peer.hurry(&lab.pair.right);
    lab.they_have(&ours)?;
    let status = player.terminate(PATIENCE)?;
    if !status.success() {
        return Err(format!("the player ends with {status}"));
    }
    lab.they_have(&BTreeSet::new())?;

    let local = lab.us.settings.local;
    let changed: BTreeSet<Route> = ours
        .iter()
        .filter(|route| route.family() == "ipv4")
        .cloned()
        .map(|mut route| {
            route.next_hop = local;
            // Their own AS stays in front, as an external session has it.
            route.attributes.as_path[0] = 64_999;
            route.attributes.as_path.insert(0, 64_998);
            route.attributes.as_path.insert(0, 65001);
            route
        })
        .collect();
    let words = ["--next-hop", "self", "--prepend", "64998", "--replace-as", "65001=64999"];
    let filter = ["--family", "ipv4 unicast"];
    let player = play(lab, &[&words[..], &filter].concat())?;
    lab.peer.hurry(&lab.pair.right);
    lab.they_have(&changed)?;
    player.terminate(PATIENCE)?;
    Ok(())
}
