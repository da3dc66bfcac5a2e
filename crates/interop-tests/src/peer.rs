//! What a test asks of the BGP speaker at the other end, whichever it is.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use nix::sys::signal::Signal;
use yottabgp_testkit::Namespace;
use yottabgp_testkit::network::Pair;
use yottabgp_testkit::route::{Attributes, Route};

/// BGP identifier of the program under test.
pub const OUR_ROUTER_ID: &str = "10.0.0.1";
/// Address of the program under test.
pub const OUR_ADDRESS: Ipv4Addr = Pair::LEFT_IPV4;
/// Address of the peer.
pub const PEER_ADDRESS: Ipv4Addr = Pair::RIGHT_IPV4;
/// IPv6 address of the peer, the next hop it gives.
pub const PEER_ADDRESS_IPV6: Ipv6Addr = Pair::RIGHT_IPV6;

/// One end of the session.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// Its address, and that of its TCP connection.
    pub address: IpAddr,
    /// Its AS number.
    pub asn: u32,
}

/// How the session is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Scratch folder, which exists and is empty.
    pub directory: PathBuf,
    /// The program under test.
    pub us: End,
    /// The peer.
    pub them: End,
    /// The peer waits to be called; otherwise it calls.
    pub passive: bool,
    /// Seconds.
    pub hold_time: u16,
    /// Key of TCP MD5 signatures (RFC 2385).
    pub password: Option<String>,
    /// The families, by the words of our configuration; none for unicast of both.
    pub families: Vec<String>,
    /// The BMP station that it tells of its sessions.
    pub station: Option<SocketAddr>,
    /// Whether it records what it receives, in MRT files.
    pub recorded: bool,
}

/// A result whose error says, in the words of the other program, what went wrong.
pub type Outcome<T = ()> = Result<T, String>;

/// A BGP speaker run in a namespace, with one session configured: to the program under test.
pub trait Peer {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Starts it, with the routes announced so far, and returns when it takes commands.
    ///
    /// # Errors
    /// When it does not start.
    fn start(&mut self, namespace: &Namespace) -> Outcome;

    /// Ends it in an orderly way (SIGTERM).
    fn stop(&mut self);

    /// Sends a signal to all of its processes.
    fn signal(&mut self, signal: Signal);

    /// Whether it says that the session is established.
    ///
    /// # Errors
    /// When it does not answer.
    fn established(&mut self, namespace: &Namespace) -> Outcome<bool>;

    /// The routes it received from us.
    ///
    /// # Errors
    /// When it does not answer, or in a way that is not understood.
    fn routes(&mut self, namespace: &Namespace) -> Outcome<BTreeSet<Route>>;

    /// Replaces what it announces to us. `routes` are as we are to receive them: with its AS
    /// number first in the AS path. May be called before [`Peer::start`].
    ///
    /// # Errors
    /// When it refuses.
    fn announce(&mut self, namespace: &Namespace, routes: &BTreeSet<Route>) -> Outcome;

    /// What it shows of its table of a family: a text for each route.
    ///
    /// # Errors
    /// When it has no such table, or does not answer.
    fn table(&mut self, _namespace: &Namespace, family: &str) -> Outcome<Vec<String>> {
        Err(format!("{} shows no {family}", self.name()))
    }

    /// Announces or withdraws a route of its own, in the words of its command line.
    ///
    /// # Errors
    /// When it refuses.
    fn originate(&mut self, _namespace: &Namespace, words: &str, _announce: bool) -> Outcome {
        Err(format!("{} does not originate {words}", self.name()))
    }

    /// The MRT files that it writes: the messages that it received, and its table where it can be asked for it.
    ///
    /// # Errors
    /// When it writes none, or refuses.
    fn recorded(&mut self, _namespace: &Namespace) -> Outcome<(PathBuf, Option<PathBuf>)> {
        Err(format!("{} records nothing", self.name()))
    }

    /// Asks us to send everything again (RFC 2918); false when it has no way to.
    ///
    /// # Errors
    /// When it refuses.
    fn refresh(&mut self, namespace: &Namespace) -> Outcome<bool>;

    /// Whether it sends everything again when we ask.
    fn answers_refresh(&self) -> bool {
        true
    }

    /// Takes the session down with a reason (RFC 9003), until [`Peer::enable`] or for a moment.
    ///
    /// # Errors
    /// When it refuses.
    fn shut_down(&mut self, namespace: &Namespace, text: &str) -> Outcome;

    /// The reason it gives when told to give `text`.
    fn shutdown_text(&self, text: &'static str) -> &'static str {
        text
    }

    /// Takes the session up again.
    ///
    /// # Errors
    /// When it refuses.
    fn enable(&mut self, namespace: &Namespace) -> Outcome;

    /// What it says about the session and the last NOTIFICATION, and its log.
    ///
    /// # Errors
    /// When it does not answer.
    fn notification(&mut self, namespace: &Namespace) -> Outcome<String>;

    /// What comes of a route it is asked to announce, where it cannot announce everything.
    fn adapt(&self, attributes: Attributes) -> Attributes {
        attributes
    }

    /// Asks it not to pause before it calls again, where it would for long.
    fn hurry(&mut self, _namespace: &Namespace) {}

    /// What its tables show of a route, where they do not show everything.
    fn shown(&self, route: Route) -> Route {
        route
    }

    /// What it tells a BMP station of a route that it received, where that is not what it received.
    fn told(&self, route: Route) -> Route {
        route
    }

    /// The counts of its BMP statistics (RFC 7854 section 4.8), by our names, when its table has so many of our routes and it refused
    /// so many others for its own AS in their path; none if it sends no statistics.
    fn counts(&self, _accepted: usize, _looped: usize) -> Vec<(&'static str, usize)> {
        Vec::new()
    }

    /// The next hop it gives in a family with an attribute set, by number.
    fn next_hop(&self, ipv4: bool, number: u32) -> IpAddr {
        // For some a third party on the same wire.
        match (ipv4, number % 3) {
            (true, 0) => Ipv4Addr::new(10, 0, 0, 77).into(),
            (false, 0) => Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x77).into(),
            (true, _) => PEER_ADDRESS.into(),
            (false, _) => PEER_ADDRESS_IPV6.into(),
        }
    }
}

/// One kind of peer: how to make one, and what it cannot do.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name, a part of the names of tests.
    pub name: &'static str,
    /// Whether it is here.
    pub installed: fn() -> bool,
    /// How to get it.
    pub package: &'static str,
    /// Makes one, not started.
    pub make: fn(Options) -> Box<dyn Peer>,
    /// Why a scenario makes no sense with it, if so.
    pub cannot: fn(scenario: &str, passive: bool) -> Option<&'static str>,
}
