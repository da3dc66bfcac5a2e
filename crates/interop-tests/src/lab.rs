//! The place of one test: two namespaces, the program under test, its peer.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::process::log_tail;
use yottabgp_testkit::route::{Route, difference};
use yottabgp_testkit::wait::{PATIENCE, poll};
use yottabgp_testkit::{Settings, Speaker};

use crate::peer::{End, Kind, OUR_ROUTER_ID, Options, Outcome, Peer};
use crate::routes;

/// The argument with which the test program becomes the helper of the program under test.
pub const RELAY: &str = "--relay";

/// How a scenario wants the session.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Seconds.
    pub hold_time: u16,
    /// Key of TCP MD5 signatures.
    pub password: Option<&'static str>,
    /// Whether both sides call, and both listen.
    pub both_call: bool,
    /// Whether the session goes over IPv6.
    pub over_ipv6: bool,
    /// Our AS number.
    pub our_as: u32,
    /// The AS number of the peer.
    pub their_as: u32,
    /// Whether we have the graceful restart capability.
    pub graceful_restart: bool,
    /// The families, by the words of the configuration; none for unicast of both.
    pub families: &'static [&'static str],
    /// Whether the peer tells a BMP station of the session, at [`STATION`] in its own network.
    pub monitored: bool,
    /// Whether the peer records what it receives, in MRT files.
    pub recorded: bool,
}

/// Where a peer finds its BMP station.
pub const STATION: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 11019);

/// One test's programs and networks. Dropping it ends them all.
pub struct Lab {
    /// The program under test.
    pub us: Speaker,
    /// What it talks to.
    pub peer: Box<dyn Peer>,
    /// Their networks.
    pub pair: Pair,
    /// We are started before the peer.
    we_first: bool,
    directory: TempDir,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("us", &self.us).field("peer", &self.peer.name()).finish()
    }
}

/// The command that makes this very program a helper.
pub fn helper() -> Vec<OsString> {
    vec![std::env::current_exe().expect("a path to this program").into(), RELAY.into()]
}

impl Lab {
    /// Prepares a session in which we are passive or the peer is; nothing is started. Where both
    /// call, it is who comes first that differs.
    ///
    /// # Errors
    /// The reason to skip the test.
    pub fn new(
        program: PathBuf,
        kind: &Kind,
        passive: bool,
        wanted: Wanted,
    ) -> Result<Self, String> {
        let pair = Pair::new()?;
        let directory = tempfile::Builder::new()
            .prefix(&format!("interop-{}-", kind.name))
            .disable_cleanup(std::env::var_os("YOTTABGP_KEEP").is_some())
            .tempdir()
            .map_err(|error| error.to_string())?;
        // Some daemons leave root behind before they look here.
        open_to_all(directory.path());
        let peer_directory = directory.path().join(kind.name);
        std::fs::create_dir(&peer_directory).map_err(|error| error.to_string())?;
        open_to_all(&peer_directory);
        let (us, them) = if wanted.over_ipv6 {
            (Pair::LEFT_IPV6.into(), Pair::RIGHT_IPV6.into())
        } else {
            (Pair::LEFT_IPV4.into(), Pair::RIGHT_IPV4.into())
        };
        let us = End { address: us, asn: wanted.our_as };
        let them = End { address: them, asn: wanted.their_as };
        let password = wanted.password.map(str::to_owned);
        let families: Vec<_> = wanted.families.iter().map(|name| (*name).to_owned()).collect();
        let peer = (kind.make)(Options {
            us,
            them,
            directory: peer_directory,
            passive: !passive && !wanted.both_call,
            hold_time: wanted.hold_time,
            password: password.clone(),
            families: families.clone(),
            station: wanted.monitored.then(|| STATION.into()),
            recorded: wanted.recorded,
        });
        let us = Speaker::new(Settings {
            program,
            directory: directory.path().to_owned(),
            name: "us",
            local: us.address,
            peer: them.address,
            local_as: us.asn,
            peer_as: them.asn,
            router_id: OUR_ROUTER_ID,
            hold_time: wanted.hold_time,
            passive: passive && !wanted.both_call,
            listens: wanted.both_call,
            port: 179,
            password,
            graceful_restart: wanted.graceful_restart,
            families,
            watch_sent: true,
            stations: Vec::new(),
            routes: BTreeSet::new(),
            helper: helper(),
        });
        Ok(Self { us, peer, pair, we_first: passive, directory })
    }

    /// A file in the scratch folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts both, the one that waits first, and waits until both say that the session is up.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(&mut self) -> Outcome {
        let mark = self.us.relay.mark();
        if self.we_first {
            self.us.start(&self.pair.left);
            self.peer.start(&self.pair.right)?;
        } else {
            self.peer.start(&self.pair.right)?;
            self.us.start(&self.pair.left);
        }
        self.await_up(mark)
    }

    /// Waits until the session is up: our event after `mark`, and the word of the peer.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn await_up(&mut self, mark: usize) -> Outcome {
        if self.we_first {
            self.peer.hurry(&self.pair.right);
        }
        self.us.await_state(mark, "up");
        let mut last = Ok(false);
        let up = poll(PATIENCE, || {
            last = self.peer.established(&self.pair.right);
            matches!(last, Ok(true)).then_some(())
        });
        up.ok_or_else(|| {
            format!("{} does not say that the session is up: {last:?}", self.peer.name())
        })
    }

    /// `count` routes of each family for us to announce.
    pub fn our_routes(&self, count: u32) -> BTreeSet<Route> {
        routes::table(
            self.us.settings.local_as,
            20,
            count,
            |attributes| attributes,
            |ipv4, number| {
                // Ours, or a third party on the same wire.
                let last = if number.is_multiple_of(4) { 100 + number } else { 1 };
                if ipv4 {
                    Ipv4Addr::new(10, 0, 0, u8::try_from(last).unwrap_or(1)).into()
                } else {
                    format!("fd00::{last:x}").parse().expect("an address")
                }
            },
        )
    }

    /// `count` routes of each family for the peer to announce.
    pub fn their_routes(&self, count: u32) -> BTreeSet<Route> {
        let peer = &self.peer;
        let adapt = |attributes| peer.adapt(attributes);
        routes::table(self.us.settings.peer_as, 30, count, adapt, |ipv4, number| {
            peer.next_hop(ipv4, number)
        })
    }

    /// Tells the peer what to announce from now on.
    ///
    /// # Errors
    /// When it refuses.
    pub fn they_announce(&mut self, routes: &BTreeSet<Route>) -> Outcome {
        self.peer.announce(&self.pair.right, routes)
    }

    /// Announces by our helper: IPv4 one route a command, IPv6 grouped by attributes.
    ///
    /// # Errors
    /// When a command is refused.
    pub fn we_announce(&mut self, routes: &BTreeSet<Route>) -> Outcome {
        let (ipv4, ipv6): (Vec<_>, Vec<_>) =
            routes.iter().cloned().partition(|route| route.network.is_ipv4());
        let mut lines = Speaker::announcements(&ipv4, false);
        lines.extend(Speaker::announcements(&ipv6, true));
        self.us.relay.commands(&lines)
    }

    /// Withdraws by our helper.
    ///
    /// # Errors
    /// When a command is refused.
    pub fn we_withdraw<'a>(&mut self, routes: impl Iterator<Item = &'a Route>) -> Outcome {
        let lines: Vec<_> = routes.map(|route| format!("withdraw {route}")).collect();
        self.us.relay.commands(&lines)
    }

    /// Waits until the peer has just `expected` from us.
    ///
    /// # Errors
    /// How its table differs at the end.
    pub fn they_have(&mut self, expected: &BTreeSet<Route>) -> Outcome {
        let (peer, namespace) = (&mut self.peer, &self.pair.right);
        let expected: BTreeSet<_> =
            expected.iter().map(|route| peer.shown(route.clone())).collect();
        await_table(&expected, || peer.routes(namespace))
            .map_err(|error| format!("the table of {}: {error}", self.peer.name()))
    }

    /// Waits until the events of our helper amount to just `expected`, then looks at the
    /// Adj-RIB-In.
    ///
    /// # Errors
    /// How they differ at the end.
    pub fn we_have(&mut self, expected: &BTreeSet<Route>) -> Outcome {
        await_table(expected, || self.us.received())
            .map_err(|error| format!("the events of our helper: {error}"))?;
        // ExaBGP 5 shows the routes of a session that is over; the tests were written with it.
        if expected.is_empty() && std::env::var_os("YOTTABGP_PROGRAM_IS_EXABGP").is_some() {
            return Ok(());
        }
        await_table(expected, || self.us.adj_rib("in"))
            .map_err(|error| format!("show adj-rib in: {error}"))
    }

    /// Looks at our Adj-RIB-Out.
    ///
    /// # Errors
    /// How it differs.
    pub fn we_show(&mut self, expected: &BTreeSet<Route>) -> Outcome {
        let found = self.us.adj_rib("out")?;
        difference(expected, &found).map_or(Ok(()), |text| Err(format!("show adj-rib out: {text}")))
    }

    /// The ends of all logs, for the report of a failure.
    pub fn logs(&self) -> String {
        let mut text = String::from("--- the last lines of our helper\n");
        let lines = self.us.relay.lines(self.us.relay.mark().saturating_sub(8));
        for line in lines {
            text.extend(line.chars().take(500).chain(['\n']));
        }
        text += &log_tail(&self.us.log());
        let folder = self.directory.path().join(self.peer.name());
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|name| name == "log" || name == "out") {
                text += &log_tail(&path);
            }
        }
        text
    }
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(path, mode).expect("a folder of our own");
}

/// Asks for a table until it is as expected.
fn await_table(
    expected: &BTreeSet<Route>,
    mut ask: impl FnMut() -> Outcome<BTreeSet<Route>>,
) -> Outcome {
    let mut last = String::new();
    let equal = poll(PATIENCE + Duration::from_secs(5), || match ask() {
        Ok(found) => match difference(expected, &found) {
            None => Some(()),
            Some(text) => {
                last = text;
                None
            }
        },
        Err(error) => {
            last = error;
            None
        }
    });
    equal.ok_or(last)
}
