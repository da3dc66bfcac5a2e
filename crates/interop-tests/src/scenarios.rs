//! What is tested, with each peer and on both sides of the connection.

use std::collections::BTreeSet;

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{HEADER, kind};
use yottabgp_testkit::process::{find, output};
use yottabgp_testkit::route::Route;
use yottabgp_testkit::wait::{PATIENCE, poll, until};
use yottabgp_testkit::{Program, events};

use crate::lab::{Lab, Wanted};
use crate::monitored;
use crate::peer::Outcome;
use crate::recorded;
use crate::routes::half;
use crate::told;

/// Routes of each family, each way, where there are to be many.
const MANY: u32 = 1000;
/// The same where they only have to be there.
pub(crate) const FEW: u32 = 50;

/// One test, run with each peer and on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name, a part of the names of tests.
    pub name: &'static str,
    /// How the session is to be.
    pub wanted: Wanted,
    /// A program it needs beside the peer, which `.ci/install-peers` installs; may be empty.
    pub needs: &'static str,
    /// The peers it makes sense with; all when empty.
    pub peers: &'static [&'static str],
    /// The test.
    pub run: fn(&mut Lab) -> Outcome,
}

const fn scenario(
    name: &'static str,
    wanted: Wanted,
    peers: &'static [&'static str],
    run: fn(&mut Lab) -> Outcome,
) -> Scenario {
    Scenario { name, wanted, needs: "", peers, run }
}

/// A session with nothing special.
pub const PLAIN: Wanted = Wanted {
    hold_time: 9,
    password: None,
    both_call: false,
    over_ipv6: false,
    our_as: 65001,
    their_as: 65002,
    graceful_restart: false,
    families: &[],
    monitored: false,
    recorded: false,
};
const RECORDED: Wanted = Wanted { recorded: true, ..PLAIN };
const MONITORED: Wanted = Wanted { monitored: true, ..PLAIN };
/// With AS numbers that two octets cannot hold (RFC 6793).
const IPV6: Wanted =
    Wanted { over_ipv6: true, our_as: 4_200_001_001, their_as: 4_200_001_002, ..PLAIN };
const MD5: Wanted = Wanted { password: Some("a-shared-secret"), ..PLAIN };
const SHORT: Wanted = Wanted { hold_time: 3, ..PLAIN };
const COLLISION: Wanted = Wanted { both_call: true, ..PLAIN };
/// FRR answers a request only after its End-of-RIB, and sends that only to who can restart.
const RESTART: Wanted = Wanted { graceful_restart: true, ..PLAIN };

/// All of them.
pub const ALL: &[Scenario] = &[
    scenario("routes", PLAIN, &[], routes),
    scenario("refresh", RESTART, &[], refresh),
    scenario("peer-restarts", PLAIN, &[], peer_restarts),
    scenario("we-restart", PLAIN, &[], we_restart),
    scenario("reload", PLAIN, &[], reload),
    scenario("collision", COLLISION, &[], collision),
    scenario("over-ipv6", IPV6, &[], few_routes),
    scenario("md5", MD5, &[], few_routes),
    scenario("hold-timer", SHORT, &[], hold_timer),
    scenario("shutdown-text", PLAIN, &[], shutdown_text),
    scenario("bmp", MONITORED, &["bird3", "frr", "gobgp"], monitored::by_command),
    scenario("bmp-section", MONITORED, &["bird3", "frr", "gobgp"], monitored::by_section),
    scenario("mrt-replay", PLAIN, &[], recorded::replayed),
    Scenario {
        needs: "bgpdump",
        ..scenario("mrt-show", RECORDED, &["bird", "gobgp"], recorded::shown)
    },
    // What goes over the wire is ours, whoever is there.
    Scenario { needs: "tshark", ..scenario("dissected", PLAIN, &["bird"], dissected) },
    Scenario { needs: "tshark", ..scenario("bmp-dissected", PLAIN, &["bird"], told::dissected) },
    Scenario { needs: "pmbmpd", ..scenario("bmp-collected", PLAIN, &["bird"], told::collected) },
];

/// The session comes up; 1,000 IPv4 and 1,000 IPv6 routes go each way unchanged, then half of
/// them are withdrawn.
fn routes(lab: &mut Lab) -> Outcome {
    exchange(lab, MANY)
}

/// The same with few routes, where the transport is what is tested.
fn few_routes(lab: &mut Lab) -> Outcome {
    exchange(lab, FEW)
}

fn exchange(lab: &mut Lab, count: u32) -> Outcome {
    let (ours, theirs) = (lab.our_routes(count), lab.their_routes(count));
    lab.start()?;
    lab.they_announce(&theirs)?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;
    lab.we_show(&ours)?;

    let kept = half(&ours);
    lab.we_withdraw(ours.difference(&kept))?;
    lab.they_announce(&half(&theirs))?;
    lab.they_have(&kept)?;
    lab.we_have(&half(&theirs))?;
    lab.we_show(&kept)
}

/// Our file has other routes: the peer has just those, and those of the helper, in the same session.
fn reload(lab: &mut Lab) -> Outcome {
    let all = lab.our_routes(MANY);
    let configured = half(&all);
    let commanded: BTreeSet<Route> = all.difference(&configured).take(100).cloned().collect();
    lab.us.settings.routes = configured.clone();
    lab.start()?;
    lab.we_announce(&commanded)?;
    let both = |configured: &BTreeSet<Route>| configured.union(&commanded).cloned().collect();
    lab.they_have(&both(&configured))?;

    // A third goes, a third has another metric, a third stays, and there are some that are new.
    let new = all.difference(&configured).filter(|route| !commanded.contains(route)).take(200);
    let mut next: BTreeSet<Route> = new.cloned().collect();
    for (number, mut route) in configured.iter().cloned().enumerate() {
        match number % 3 {
            0 => continue,
            1 => route.attributes.med = Some(route.attributes.med.unwrap_or(0) ^ 1),
            _ => {}
        }
        next.insert(route);
    }
    let mark = lab.us.relay.mark();
    lab.us.settings.routes = next.clone();
    lab.us.configure();
    lab.us.running().signal(Signal::SIGUSR1);
    lab.they_have(&both(&next))?;
    lab.we_show(&both(&next))?;

    let events = lab.us.relay.lines(mark);
    let state = |line: &&String| events::member(line, &["neighbor", "state"]).is_some();
    match events.iter().find(state) {
        None => Ok(()),
        Some(line) => Err(format!("it is not the same session: {line}")),
    }
}

/// Both sides call each other, at the start and after each restart: one connection remains
/// (RFC 4271 §6.8), and brings everything.
fn collision(lab: &mut Lab) -> Outcome {
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.us.settings.routes = ours.clone();
    lab.they_announce(&theirs)?;
    lab.start()?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;
    for round in 0..2 {
        if round == 1 {
            lab.us.stop();
            lab.us.start(&lab.pair.left);
        } else {
            let mark = lab.us.relay.mark();
            lab.peer.stop();
            lab.us.await_state(mark, "down");
            lab.peer.start(&lab.pair.right)?;
        }
        lab.they_have(&ours)?;
        lab.we_have(&theirs)?;
    }
    Ok(())
}

/// Each side asks the other to send everything again, and gets it.
fn refresh(lab: &mut Lab) -> Outcome {
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.they_announce(&theirs)?;
    lab.start()?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;

    let start = lab.us.relay.mark();
    if lab.peer.refresh(&lab.pair.right)? {
        await_announced(lab, start, "send", &ours)?;
        lab.they_have(&ours)?;
    }

    for family in ["ipv4", "ipv6"] {
        let mark = lab.us.relay.mark();
        lab.us.relay.commands(&[format!("announce route-refresh {family} unicast")])?;
        if !lab.peer.answers_refresh() {
            continue;
        }
        let asked = theirs.iter().filter(|route| route.family() == family).cloned().collect();
        await_announced(lab, mark, "receive", &asked)?;
    }
    lab.we_have(&theirs)?;
    // A new session would have brought everything too.
    let down = |line: &String| {
        events::member(line, &["neighbor", "state"]).is_some_and(|state| state == "down")
    };
    match lab.us.relay.lines(start).into_iter().find(down) {
        None => Ok(()),
        Some(line) => Err(format!("the session did not survive: {line}")),
    }
}

/// Waits until each of `routes` was announced in one direction since `mark`.
fn await_announced(lab: &Lab, mark: usize, way: &str, routes: &BTreeSet<Route>) -> Outcome {
    let wanted: BTreeSet<_> = routes.iter().map(|route| (route.network, route.length)).collect();
    let mut missing = wanted.len();
    let all = poll(PATIENCE, || {
        let seen = events::announced(&lab.us.relay.lines(mark), way);
        missing = wanted.difference(&seen).count();
        (missing == 0).then_some(())
    });
    all.ok_or_else(|| {
        format!("after a refresh {missing} of {} routes ({way}) are missing", wanted.len())
    })
}

/// The peer is stopped and started: we lose its routes, then both have everything again.
fn peer_restarts(lab: &mut Lab) -> Outcome {
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.us.settings.routes = half(&ours);
    lab.they_announce(&theirs)?;
    lab.start()?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;

    let mark = lab.us.relay.mark();
    lab.peer.stop();
    lab.us.await_state(mark, "down");
    let nothing = BTreeSet::new();
    lab.we_have(&nothing)?;
    let mark = lab.us.relay.mark();
    lab.peer.start(&lab.pair.right)?;
    lab.await_up(mark)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)
}

/// We are stopped and started: the peer loses our routes, then both have everything again.
fn we_restart(lab: &mut Lab) -> Outcome {
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.us.settings.routes = half(&ours);
    lab.they_announce(&theirs)?;
    lab.start()?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;

    lab.us.stop();
    lab.they_have(&BTreeSet::new())?;
    let mark = lab.us.relay.mark();
    lab.us.start(&lab.pair.left);
    lab.await_up(mark)?;
    // What a helper announced is the helper's to announce again; the rest was configured.
    lab.they_have(&half(&ours))?;
    lab.we_announce(&ours)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)
}

/// The peer falls silent: NOTIFICATION 4/0 when the hold time is over, and a new session when it
/// speaks again.
fn hold_timer(lab: &mut Lab) -> Outcome {
    let (ours, theirs) = (lab.our_routes(FEW), lab.their_routes(FEW));
    lab.us.settings.routes = ours.clone();
    lab.they_announce(&theirs)?;
    lab.start()?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)?;

    let mark = lab.us.relay.mark();
    lab.peer.signal(Signal::SIGSTOP);
    let down = lab.us.await_state(mark, "down");
    let sent = lab.us.event(mark, &["neighbor", "notification", "code"], "4");
    let resumed = lab.us.relay.mark();
    lab.peer.signal(Signal::SIGCONT);
    let sent = sent.ok_or_else(|| format!("no NOTIFICATION 4/0 before {down}"))?;
    let subcode = events::member(&sent, &["neighbor", "notification", "subcode"]);
    if subcode.as_deref() != Some("0") || !sent.contains("\"send\"") {
        return Err(format!("not a NOTIFICATION 4/0 sent: {sent}"));
    }
    if !down.contains("(4,0)") {
        return Err(format!("the reason is not the hold timer: {down}"));
    }
    lab.await_up(resumed)?;
    lab.they_have(&ours)?;
    lab.we_have(&theirs)
}

/// Each side takes the session down for a reason, which the other one shows (RFC 9003).
fn shutdown_text(lab: &mut Lab) -> Outcome {
    const TEXT: &str = "maintenance of rack 7, back at noon";
    lab.start()?;

    let mark = lab.us.relay.mark();
    lab.peer.shut_down(&lab.pair.right, TEXT)?;
    let code = lab.us.event(mark, &["neighbor", "notification", "code"], "6");
    let event = code.ok_or("no event about the NOTIFICATION of the peer")?;
    let subcode = events::member(&event, &["neighbor", "notification", "subcode"]);
    let text = lab.peer.shutdown_text(TEXT);
    let message = events::member(&event, &["neighbor", "notification", "message"]);
    if subcode.as_deref() != Some("2")
        || !message.as_ref().is_some_and(|found| found.contains(text))
    {
        return Err(format!(
            "a NOTIFICATION 6/2 with «{text}» was sent, the event has {message:?}"
        ));
    }
    lab.us.await_state(mark, "down");
    lab.peer.enable(&lab.pair.right)?;
    lab.await_up(mark)?;

    let mark = lab.us.relay.mark();
    let peer = lab.us.settings.peer;
    lab.us.relay.commands(&[format!("neighbor {peer} teardown 2")])?;
    lab.us.await_state(mark, "down");
    let mut said = String::new();
    let seen = poll(PATIENCE, || {
        said = lab.peer.notification(&lab.pair.right).unwrap_or_else(|error| error);
        said.to_lowercase().contains("administrative shutdown").then_some(())
    });
    seen.ok_or_else(|| format!("{} does not show our reason: {said}", lab.peer.name()))?;
    lab.await_up(mark)
}

/// Everything we send, from OPEN to NOTIFICATION, is read by `tshark` without complaint.
fn dissected(lab: &mut Lab) -> Outcome {
    let program = find("tshark").expect("looked for before");
    let (capture, log) = (lab.path("wire.pcapng"), lab.path("tshark.out"));
    let tshark = Program::new(&program, &log)
        .arguments(["-i", "wire", "-f", "tcp port 179", "-w"])
        .argument(&capture)
        .start(&lab.pair.right)
        .map_err(|error| error.to_string())?;
    until("tshark captures", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("Capturing on"))
    });
    refresh(lab)?;
    let ours = lab.our_routes(FEW);
    lab.we_withdraw(ours.iter())?;
    lab.they_have(&BTreeSet::new())?;
    lab.us.stop();
    // What it has captured it writes in its own time.
    until("the capture ends with a NOTIFICATION", || {
        let bytes = std::fs::read(&capture).unwrap_or_default();
        bytes
            .windows(HEADER)
            .any(|header| header[..16] == [0xFF; 16] && header[18] == kind::NOTIFICATION)
    });
    tshark.terminate(PATIENCE)?;

    let read = |filter: &str, field: &str| {
        let name = capture.to_string_lossy();
        let filter = format!("ip.src == 10.0.0.1 && ({filter})");
        let words = ["-r", &name, "-Y", &filter, "-T", "fields", "-e", field];
        output(&lab.pair.right, &program.to_string_lossy(), &words, "")
    };
    // From a warning up (0x600000), and of BGP alone: TCP has its own troubles.
    let complaints = read(
        "_ws.malformed || (bgp && _ws.expert.severity >= 0x600000 && !tcp.analysis.flags)",
        "_ws.expert.message",
    )?;
    if !complaints.trim().is_empty() {
        return Err(format!("tshark complains: {complaints}"));
    }
    let types = read("bgp", "bgp.type")?;
    let types: BTreeSet<&str> = types.split([',', '\n']).filter(|text| !text.is_empty()).collect();
    let wanted = BTreeSet::from(["1", "2", "3", "4", "5"]);
    if types == wanted { Ok(()) } else { Err(format!("messages of types {types:?} were sent")) }
}
