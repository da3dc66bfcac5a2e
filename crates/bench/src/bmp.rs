//! `bmp`: a router that tells a station of its peers, their tables, and hours of changes (RFC 7854). Headers are written by hand, so
//! that a station is not measured with its own reading of them.
//!
//! It never announces a route that a peer has, nor withdraws one that it has not: whoever keeps the prefixes of each peer notices
//! any message that is lost or told twice.

use std::io::{BufWriter, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::Capabilities;
use yottabgp_wire::codes::{Family, MessageType};
use yottabgp_wire::message::open::Open;
use yottabgp_wire::message::update::encode::end_of_rib;
use yottabgp_wire::message::{finish, start};

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs};
use crate::expected::next_message;
use crate::load::random::Random;
use crate::load::{Load, LoadArgs};
use crate::update::Update;

/// What `bmp` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  yottabgp bmp --listen 127.0.0.1:11019 | wc -l &
  yottabgp bench bmp --connect 127.0.0.1:11019")]
pub(crate) struct BmpArgs {
    /// Connect to the station there
    #[arg(long, value_name = "ADDRESS:PORT")]
    connect: SocketAddr,
    /// How many peers the router has
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    peers: u32,
    /// How many routes all of them have together
    #[arg(long, default_value_t = 1_000_000, value_name = "N")]
    routes: u32,
    /// By the clock of the router, how long routes change; they are sent as fast as they are taken
    #[arg(long, default_value_t = 2, value_name = "HOURS")]
    hours: u32,
    /// How often they change in that time: a part of a peer's table is withdrawn and announced again
    #[arg(long, default_value_t = 1_440, value_name = "N")]
    bursts: u32,
    /// How many routes change at once; any number up to twice as many
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    burst: u32,
    /// Keep the sessions up for so long when everything is sent
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    linger: u64,
    /// Give up when nothing is taken for so long
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    timeout: u64,
    #[command(flatten)]
    control: ControlArgs,
}

const ROUTE_MONITORING: u8 = 0;
const PEER_DOWN: u8 = 2;
const PEER_UP: u8 = 3;
const INITIATION: u8 = 4;
const TERMINATION: u8 = 5;

/// When the router began, by its clock.
const TIME: u32 = 1_800_000_000;

/// The AS and the address of the router, towards its peers.
const ROUTER: (u32, Ipv4Addr) = (65_000, Ipv4Addr::new(10, 255, 0, 1));

const FAMILIES: [Family; 2] = [Family::IPV4_UNICAST, Family::IPV6_UNICAST];

/// The most octets of withdrawn routes in an UPDATE.
const WITHDRAWN: usize = 1_000;

/// Sends it all. Says whether the station took it.
pub(crate) fn run(arguments: &BmpArgs) -> Result<bool> {
    let mut control = Control::open(&arguments.control)?;
    let peers = (0..arguments.peers)
        .map(|number| Peer::new(number, arguments))
        .collect::<Result<Vec<_>>>()?;
    control.tell("ready", json!({ "peers": peers.len() }))?;
    if !control.wait_for_go() {
        return Ok(false);
    }
    let patience = Duration::from_secs(arguments.timeout.max(1));
    let mut socket = connect(arguments.connect, patience)?;
    socket.set_write_timeout(Some(patience))?;
    socket.set_read_timeout(Some(patience))?;
    let first = now();
    let mut router = Router {
        to: BufWriter::with_capacity(1 << 18, socket.try_clone()?),
        time: TIME,
        message: Vec::new(),
        told: Told::default(),
    };
    router.everything(&peers, arguments).context("sending")?;
    control.tell("sent", router.told.json(first))?;
    if arguments.linger > 0 {
        control.wait(Some(Duration::from_secs(arguments.linger)));
    }
    router.end(&peers).context("sending the end")?;
    drop(router.to);
    // It has read all of it when it closes its end.
    socket.shutdown(std::net::Shutdown::Write)?;
    let is_closed = socket.read(&mut [0; 1]).context("waiting for the station")? == 0;
    let mut result = router.told.json(first);
    if let Some(result) = result.as_object_mut() {
        result.insert("ok".into(), json!(is_closed));
    }
    control.tell("done", result)?;
    Ok(is_closed)
}

fn connect(to: SocketAddr, patience: Duration) -> Result<TcpStream> {
    let end = Instant::now() + patience;
    loop {
        match TcpStream::connect(to) {
            Ok(socket) => return Ok(socket),
            Err(error) if Instant::now() > end => {
                return Err(error).with_context(|| format!("--connect {to}"));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// A peer and its table.
struct Peer {
    address: Ipv4Addr,
    asn: u32,
    /// UPDATEs, one behind the other.
    table: Vec<u8>,
    /// Where each is, and how many routes it announces.
    messages: Vec<(Range<usize>, u32)>,
}

impl Peer {
    fn new(number: u32, arguments: &BmpArgs) -> Result<Self> {
        let (peers, routes) = (arguments.peers, arguments.routes);
        let asn = 64_512 + number % 400;
        let load = LoadArgs {
            load: Load::Table,
            // What can not be shared out evenly goes to the first.
            count: routes / peers + u32::from(number < routes % peers),
            ipv6: 15,
            seed: u64::from(number),
            asn,
        };
        let table = load.stream()?.octets;
        let mut messages = Vec::new();
        let (mut rest, mut at) = (table.as_slice(), 0);
        while let Some((message, behind)) = next_message(rest) {
            let mut routes = 0;
            update(message)?.announced(|_, _| routes += 1);
            messages.push((at..at + message.len(), routes));
            at += message.len();
            rest = behind;
        }
        let address = Ipv4Addr::from_bits(0x0A00_0001 + number);
        Ok(Self { address, asn, table, messages })
    }

    fn message(&self, place: &Range<usize>) -> &[u8] {
        self.table.get(place.clone()).unwrap_or_default()
    }
}

/// An UPDATE with its header.
fn update(message: &[u8]) -> Result<Update<'_>> {
    match message.get(19..).and_then(Update::read) {
        Some(update) => Ok(update),
        None => bail!("a table has a message that can not be read"),
    }
}

/// An OPEN with what both sides need.
fn open(asn: u32, router_id: Ipv4Addr) -> Vec<u8> {
    let mut capabilities = Capabilities::new();
    capabilities.announce_multiprotocol(FAMILIES);
    capabilities.announce_asn4(Asn(asn));
    let asn = u16::try_from(asn).unwrap_or(23_456);
    let mut out = Vec::new();
    Open { version: 4, asn, hold_time: 180, router_id, capabilities }.encode(&mut out);
    out
}

/// What was told so far.
#[derive(Debug, Default)]
struct Told {
    messages: u64,
    route_monitoring: u64,
    announced: u64,
    withdrawn: u64,
    octets: u64,
}

impl Told {
    fn json(&self, first: u64) -> Value {
        let seconds = seconds(first, now());
        json!({
            "messages": self.messages, "route_monitoring": self.route_monitoring,
            "announced": self.announced, "withdrawn": self.withdrawn, "octets": self.octets,
            "seconds": seconds,
            "prefixes_a_second": ((self.announced + self.withdrawn) as f64 / seconds.max(1e-9)).round(),
        })
    }
}

/// The sender.
struct Router {
    to: BufWriter<TcpStream>,
    /// Its clock, in seconds since 1970.
    time: u32,
    /// The message that is being made.
    message: Vec<u8>,
    told: Told,
}

impl Router {
    /// All but the end.
    fn everything(&mut self, peers: &[Peer], arguments: &BmpArgs) -> Result<()> {
        // sysDescr and sysName.
        let mut about = Vec::new();
        for (kind, text) in [(1, "a router of yottabgp bench"), (2, "bench")] {
            about.extend_from_slice(&[0, kind, 0, u8::try_from(text.len()).unwrap_or(0)]);
            about.extend_from_slice(text.as_bytes());
        }
        self.tell(INITIATION, None, &about)?;
        for peer in peers {
            let mut rest = address(ROUTER.1).to_vec();
            // The ports of the router and of the peer.
            rest.extend_from_slice(&[0, 179, 0x9C, 0x40]);
            rest.extend(open(ROUTER.0, ROUTER.1));
            rest.extend(open(peer.asn, peer.address));
            self.tell(PEER_UP, Some(peer), &rest)?;
        }
        for peer in peers {
            for (place, routes) in &peer.messages {
                self.announce(peer, place, *routes)?;
            }
            for family in FAMILIES {
                let mut end = Vec::new();
                end_of_rib(family, &mut end);
                self.routes(peer, &end)?;
            }
        }
        let mut random = Random::new(7);
        for burst in 0..arguments.bursts {
            let passed = u64::from(arguments.hours) * 3_600 * u64::from(burst + 1);
            let passed = passed / u64::from(arguments.bursts);
            self.time = TIME.saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
            if let Some(peer) = peers.get(random.below(arguments.peers) as usize) {
                self.burst(peer, 1 + random.below(2 * arguments.burst), &mut random)?;
            }
        }
        self.to.flush()?;
        Ok(())
    }

    /// Withdraws a part of a peer's table, in few messages, and announces it again.
    fn burst(&mut self, peer: &Peer, routes: u32, random: &mut Random) -> Result<()> {
        let Ok(messages @ 1..) = u32::try_from(peer.messages.len()) else { return Ok(()) };
        let from = random.below(messages) as usize;
        let mut left = routes;
        let part = peer.messages.iter().skip(from).take_while(|(_, routes)| {
            let is_part = left > 0;
            left = left.saturating_sub(*routes);
            is_part
        });
        let part: Vec<_> = part.collect();
        let mut waiting = [const { (Vec::new(), 0) }; FAMILIES.len()];
        for (place, _) in &part {
            update(peer.message(place))?.announced(|family, nlri| {
                let of = usize::from(family != FAMILIES[0]);
                if let Some((octets, routes)) = waiting.get_mut(of) {
                    octets.extend_from_slice(nlri);
                    *routes += 1;
                }
            });
            for (family, (nlri, routes)) in FAMILIES.into_iter().zip(&mut waiting) {
                if nlri.len() >= WITHDRAWN {
                    self.withdraw(peer, family, nlri, *routes)?;
                    (*routes, _) = (0, nlri.clear());
                }
            }
        }
        for (family, (nlri, routes)) in FAMILIES.into_iter().zip(&waiting) {
            if *routes > 0 {
                self.withdraw(peer, family, nlri, *routes)?;
            }
        }
        for (place, routes) in part {
            self.announce(peer, place, *routes)?;
        }
        Ok(())
    }

    fn announce(&mut self, peer: &Peer, place: &Range<usize>, routes: u32) -> Result<()> {
        self.told.announced += u64::from(routes);
        self.routes(peer, peer.message(place))
    }

    fn withdraw(&mut self, peer: &Peer, family: Family, nlri: &[u8], routes: u64) -> Result<()> {
        let mut message = Vec::new();
        let at = start(&mut message, MessageType::UPDATE);
        let length = u16::try_from(nlri.len()).context("too much is withdrawn at once")?;
        if family == Family::IPV4_UNICAST {
            message.extend_from_slice(&length.to_be_bytes());
            message.extend_from_slice(nlri);
            message.extend_from_slice(&[0, 0]);
        } else {
            // MP_UNREACH_NLRI, with a length of two octets (RFC 4760 section 4).
            message.extend_from_slice(&[0, 0]);
            message.extend_from_slice(&(length + 7).to_be_bytes());
            message.extend_from_slice(&[0x90, 15]);
            message.extend_from_slice(&(length + 3).to_be_bytes());
            message.extend_from_slice(&[0, 2, 1]);
            message.extend_from_slice(nlri);
        }
        finish(&mut message, at);
        self.told.withdrawn += routes;
        self.routes(peer, &message)
    }

    fn routes(&mut self, peer: &Peer, update: &[u8]) -> Result<()> {
        self.told.route_monitoring += 1;
        self.tell(ROUTE_MONITORING, Some(peer), update)
    }

    /// The sessions go down, and the router takes its leave.
    fn end(&mut self, peers: &[Peer]) -> Result<()> {
        for peer in peers {
            // The peer closed the connection without a NOTIFICATION.
            self.tell(PEER_DOWN, Some(peer), &[4])?;
        }
        // The reason: administratively closed.
        self.tell(TERMINATION, None, &[0, 1, 0, 2, 0, 0])?;
        self.to.flush()?;
        Ok(())
    }

    /// A message: the common header, that of the peer (RFC 7854 sections 4.1 and 4.2), the rest.
    fn tell(&mut self, kind: u8, peer: Option<&Peer>, rest: &[u8]) -> Result<()> {
        let message = &mut self.message;
        message.clear();
        let length = 6 + if peer.is_some() { 42 } else { 0 } + rest.len();
        message.push(3);
        message.extend_from_slice(&u32::try_from(length)?.to_be_bytes());
        message.push(kind);
        if let Some(peer) = peer {
            // A global instance peer, IPv4, before policy, paths of four octets; no distinguisher.
            message.extend_from_slice(&[0; 10]);
            message.extend_from_slice(&address(peer.address));
            message.extend_from_slice(&peer.asn.to_be_bytes());
            message.extend_from_slice(&peer.address.octets());
            message.extend_from_slice(&self.time.to_be_bytes());
            message.extend_from_slice(&[0; 4]);
        }
        self.told.messages += 1;
        self.told.octets += length as u64;
        self.to.write_all(message)?;
        self.to.write_all(rest)?;
        Ok(())
    }
}

/// An address in the sixteen octets of its field.
fn address(address: Ipv4Addr) -> [u8; 16] {
    u128::from(address.to_bits()).to_be_bytes()
}
