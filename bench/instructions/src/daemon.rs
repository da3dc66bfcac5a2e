//! The daemon, from its start to its end, with what peers and helpers do to it. What it would have taken without that is
//! counted too, and taken off.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use yottabgp_testkit::updates::{Random, of_a_table, update};

use crate::HotPath;
use crate::callgrind::{Callgrind, Counted};
use crate::lines::{FORMS, Form, plain, prefix};
use crate::peer::{ASN, Peer};

/// How many lines, routes or UPDATEs are counted.
const MANY: u32 = 4000;

/// A helper that waits for the session, says what is in the file `lines`, and reads until its end.
const SPEAKS: &str = "while read line; do case $line in *'\"up\"'*) break;; esac; done; cat lines; exec cat > /dev/null";

/// A daemon that is to be counted.
#[derive(Clone, Default)]
struct Setup {
    peers: usize,
    families: &'static str,
    /// Static routes, a line each.
    routes: String,
    /// What a shell does as helper.
    helper: String,
    /// What that helper says: the file `lines`.
    lines: String,
    /// Whether it is told UPDATEs, and not states; the peer has no Adj-RIB-In then.
    receives: bool,
}

/// A daemon that runs.
struct Lab {
    counted: Counted,
    listener: TcpListener,
    _folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        Self { peers: 1, families: "ipv4 unicast; ipv6 unicast", ..Self::default() }
    }

    fn with_routes(number: u32) -> Self {
        Self { routes: (0..number).map(route).collect(), ..Self::new() }
    }

    fn configuration(&self, port: u16, folder: &Path) -> String {
        let mut text = String::new();
        if !self.helper.is_empty() {
            let script = folder.join("helper");
            let _ = writeln!(
                text,
                "process helper {{ run /bin/sh {}; encoder json; }}",
                script.display()
            );
        }
        for peer in 0..self.peers {
            let _ = writeln!(
                text,
                "neighbor 127.0.1.{} {{ router-id 192.0.2.1; local-address 127.0.0.1; local-as 65000; peer-as {ASN};",
                peer + 1
            );
            let _ = writeln!(text, "connect {port}; family {{ {}; }}", self.families);
            let _ = writeln!(text, "capability {{ route-refresh enable; }}");
            if self.receives {
                // When a table is filled that nobody asks for is a matter of time, not of instructions.
                text.push_str("adj-rib-in false;\n");
            }
            if !self.helper.is_empty() {
                let events =
                    if self.receives { "receive { parsed; update; }" } else { "neighbor-changes;" };
                let _ = writeln!(text, "api {{ processes [ helper ]; {events} }}");
            }
            let _ = writeln!(text, "static {{\n{}}}\n}}", self.routes);
        }
        text
    }
}

impl Lab {
    fn start(callgrind: &Callgrind, setup: &Setup) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let listener = TcpListener::bind("0.0.0.0:0")?;
        let file = folder.path().join("configuration");
        let port = listener.local_addr()?.port();
        std::fs::write(&file, setup.configuration(port, folder.path()))?;
        let script = format!("cd {}; {}", folder.path().display(), setup.helper);
        std::fs::write(folder.path().join("helper"), script)?;
        std::fs::write(folder.path().join("lines"), &setup.lines)?;
        let environment = [
            ("exabgp_tcp_bind", ""),
            ("exabgp_daemon_drop", "false"),
            ("exabgp_daemon_user", "root"),
            ("exabgp_api_cli", "false"),
            ("exabgp_api_ack", "false"),
            ("exabgp_log_enable", "false"),
        ];
        let file = file.to_str().context("a path that is no text")?;
        let counted = callgrind.start(&callgrind.program, &["server", file], &environment)?;
        Ok(Self { counted, listener, _folder: folder })
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.counted.id())?;
        Ok(kill(Pid::from_raw(id), signal)?)
    }
}

/// Starts a daemon, lets `play` happen, ends it: the instructions of all that.
fn count(
    callgrind: &Callgrind,
    setup: &Setup,
    play: impl FnOnce(&mut [Peer]) -> Result<()>,
) -> Result<u64> {
    let lab = Lab::start(callgrind, setup)?;
    let mut peers =
        (0..setup.peers).map(|_| Peer::accept(&lab.listener)).collect::<Result<Vec<_>>>()?;
    play(&mut peers)?;
    lab.signal(Signal::SIGTERM)?;
    lab.counted.end()
}

/// A path whose figure is for each of `units`.
fn path(
    name: impl Into<String>,
    units: u32,
    count: impl Fn(&Callgrind) -> Result<(u64, u64)> + Send + Sync + 'static,
) -> HotPath {
    let counted = move |callgrind: &Callgrind| {
        let (with, without) = count(callgrind)?;
        Ok(with.saturating_sub(without) / u64::from(units))
    };
    HotPath { name: name.into(), count: Box::new(counted) }
}

/// Every path of the daemon.
pub(crate) fn paths() -> Vec<HotPath> {
    let mut paths = vec![path("the start and the end, a neighbor", 1, |callgrind| {
        Ok((count(callgrind, &Setup::new(), |_| Ok(()))?, 0))
    })];
    paths.extend(FORMS.iter().map(|form| {
        let name = format!("a route of a helper's lines to the wire: {}", form.name);
        path(name, MANY, |callgrind| lines(callgrind, form, MANY, 1))
    }));
    paths.push(path("a route of a helper's lines to ten peers", MANY / 4, |callgrind| {
        let form = Form { name: "", family: "ipv4 unicast", routes: 1, line: plain };
        lines(callgrind, &form, MANY / 4, 10)
    }));
    paths.push(path("a static route of the file to the wire", MANY, |callgrind| {
        Ok((with_routes(callgrind)?, count(callgrind, &Setup::new(), |_| Ok(()))?))
    }));
    for (name, one_prefix) in [("", false), (", one prefix each", true)] {
        let updates = MANY / 2;
        paths.push(path(
            format!("an UPDATE into the Adj-RIB-In{name}"),
            updates,
            move |callgrind| {
                let kept = |number| receive(callgrind, &bodies(number, one_prefix), None);
                Ok((kept(updates)?, kept(0)?))
            },
        ));
        paths.push(path(
            format!("an UPDATE to a helper's JSON{name}"),
            updates,
            move |callgrind| {
                let told = |number| receive(callgrind, &bodies(number, one_prefix), Some(number));
                Ok((told(updates)?, told(0)?))
            },
        ));
    }
    paths
}

/// A static route of a number.
fn route(number: u32) -> String {
    format!("route {} next-hop 192.0.2.1 med {};\n", prefix(number), number % 100)
}

/// The daemon with static routes, until the peer has them.
fn with_routes(callgrind: &Callgrind) -> Result<u64> {
    count(callgrind, &Setup::with_routes(MANY), |peers| {
        peers.iter_mut().try_for_each(|peer| peer.await_routes(MANY.into(), 0))
    })
}

/// Lines of a helper with so many routes to some peers: with them, and without.
fn lines(callgrind: &Callgrind, form: &Form, routes: u32, peers: usize) -> Result<(u64, u64)> {
    let many = routes / form.routes;
    let lines: String = (0..many).map(|number| (form.line)(number) + "\n").collect();
    let (families, helper) = (form.family, SPEAKS.to_owned());
    let with = Setup { peers, families, helper, lines, ..Setup::new() };
    let without = Setup { lines: String::new(), ..with.clone() };
    let routes = u64::from(many * form.routes);
    let with = count(callgrind, &with, |peers| {
        peers.iter_mut().try_for_each(|peer| peer.await_routes(routes, 0))
    })?;
    Ok((with, count(callgrind, &without, |_| Ok(()))?))
}

fn bodies(number: u32, one_prefix: bool) -> Vec<Vec<u8>> {
    let mut random = Random::default();
    let mut body =
        || if one_prefix { update(&mut random, 1, false) } else { of_a_table(&mut random) };
    (0..number).map(|_| body()).collect()
}

/// The daemon gets UPDATEs; with `told` a helper waits for so many lines of JSON, and announces a route then.
fn receive(callgrind: &Callgrind, bodies: &[Vec<u8>], told: Option<u32>) -> Result<u64> {
    let mut setup = Setup::with_routes(1);
    if let Some(lines) = told {
        setup.receives = true;
        setup.lines = plain(7) + "\n";
        setup.helper = format!("head -n {lines} > /dev/null; cat lines; exec cat > /dev/null");
    }
    count(callgrind, &setup, |peers| {
        for peer in peers {
            peer.await_routes(1, 0)?;
            peer.send(bodies)?;
            if told.is_none() {
                peer.refresh()?;
            }
            peer.await_routes(2, 0)?;
        }
        Ok(())
    })
}
