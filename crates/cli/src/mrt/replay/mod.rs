//! `mrt replay`: a BGP speaker that sends what a file has.

mod pace;
mod rewrite;
mod routes;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use yottabgp_daemon::feed::{Feeder, Options, Outcome, Told, address_towards, run as speak};
use yottabgp_session::Settings;
use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::negotiated::Negotiated;

use self::pace::{Gone, Pace, Speed};
use self::rewrite::{Rewrite, RewriteArgs};
use self::routes::{Routes, Tally};
use super::filter::{Filter, FilterArgs, Filtered, asn};
use super::{progress, show};
use crate::capture::input;
use crate::{context, out};

/// The port of BGP.
const PORT: u16 = 179;

/// Pieces of 64 KiB that wait for the session.
const WAITING: usize = 16;

/// What `mrt replay` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "It stays up when all was sent, with End-of-RIB behind it, until SIGINT or SIGTERM; when the session is lost it is made again, and all is \
    sent again. Of several peers in a table dump the best route to each prefix is sent (LOCAL_PREF, the shortest path, ORIGIN, the first), or all \
    of them with --paths all.",
    group = clap::ArgGroup::new("where").required(true)
)]
pub(crate) struct ReplayArgs {
    /// The files, one after the other; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The peer to connect to
    #[arg(short, long, value_name = "ADDRESS[:PORT]", group = "where")]
    connect: Option<String>,
    /// Wait for a peer there
    #[arg(short, long, value_name = "ADDRESS[:PORT]", group = "where")]
    listen: Option<String>,
    /// The own AS
    #[arg(long, value_name = "AS")]
    local_as: String,
    /// The AS of the peer; any when nothing is said
    #[arg(long, value_name = "AS")]
    peer_as: Option<String>,
    /// The own BGP identifier; the own IPv4 address when nothing is said
    #[arg(long, value_name = "ADDRESS")]
    router_id: Option<Ipv4Addr>,
    /// The address to connect from
    #[arg(long, value_name = "ADDRESS")]
    local_address: Option<IpAddr>,
    /// Seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    hold_time: u16,
    /// TCP MD5 key
    #[arg(long, value_name = "KEY")]
    md5: Option<String>,
    /// UPDATEs as far apart as they were recorded
    #[arg(long, conflicts_with = "rate")]
    time: bool,
    /// So many times faster than they were recorded
    #[arg(long, value_name = "TIMES", conflicts_with = "rate")]
    speed: Option<f64>,
    /// So many UPDATEs in a second; as fast as the peer takes them when nothing is said
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// What is sent where several peers have a route
    #[arg(long, value_enum, default_value_t = Paths::Best)]
    paths: Paths,
    /// End when all was sent, or when the session is lost before
    #[arg(long)]
    exit: bool,
    /// Without a progress bar
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    rewrite: RewriteArgs,
    #[command(flatten)]
    filter: FilterArgs,
}

/// What is sent where several peers have a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Paths {
    /// The best one
    Best,
    /// All of them, as paths of their own, where the other side takes them (ADD-PATH)
    All,
}

/// The families that are offered when nothing is said.
const FAMILIES: [Family; 14] = [
    Family::IPV4_UNICAST,
    Family::IPV6_UNICAST,
    Family::IPV4_MULTICAST,
    Family::IPV6_MULTICAST,
    Family::new(Afi::IPV4, Safi::NLRI_MPLS),
    Family::new(Afi::IPV6, Safi::NLRI_MPLS),
    Family::new(Afi::IPV4, Safi::MPLS_VPN),
    Family::new(Afi::IPV6, Safi::MPLS_VPN),
    Family::new(Afi::IPV4, Safi::FLOW),
    Family::new(Afi::IPV6, Safi::FLOW),
    Family::new(Afi::IPV4, Safi::FLOW_VPN),
    Family::new(Afi::IPV6, Safi::FLOW_VPN),
    Family::new(Afi::L2VPN, Safi::VPLS),
    Family::new(Afi::L2VPN, Safi::EVPN),
];

/// Replays. Says whether everything could be read and sent.
pub(crate) fn run(arguments: &ReplayArgs) -> Result<bool> {
    let mut read_once = false;
    for path in &arguments.files {
        let name = || format!("{} can not be read", path.display());
        if input::is_read_once(path).with_context(name)? {
            read_once = true;
        } else {
            // Nobody is to speak with a peer to say nothing.
            input::open(path, &ProgressBar::hidden())?;
        }
    }
    let options = options(arguments, read_once)?;
    let job = Arc::new(Job {
        files: arguments.files.clone(),
        filter: arguments.filter.filter()?.received(),
        rewrite: arguments.rewrite.rewrite()?,
        keeps_paths: arguments.rewrite.keeps_paths(),
        all: arguments.paths == Paths::All,
        speed: speed(arguments)?,
        bar: progress::bar(arguments.quiet, false),
    });
    let mut replay = Replay { job: job.clone(), done: Figures::default(), is_good: true };
    let outcome = speak(options, &mut replay).map_err(|error| anyhow!("{error}"))?;
    job.bar.finish_and_clear();
    match outcome {
        Outcome::Stopped if arguments.exit => bail!("it was told to end before all was sent"),
        Outcome::Done | Outcome::Stopped => Ok(replay.is_good),
        Outcome::Lost(reason) => bail!("the session was lost: {reason}"),
    }
}

fn speed(arguments: &ReplayArgs) -> Result<Speed> {
    for (number, option) in [(arguments.speed, "--speed"), (arguments.rate, "--rate")] {
        if let Some(number) = number.filter(|number| !(number.is_finite() && *number > 0.0)) {
            bail!("{option} can not be {number}: a number above 0");
        }
    }
    Ok(Speed { rate: arguments.rate, times: arguments.speed.or(arguments.time.then_some(1.0)) })
}

fn options(arguments: &ReplayArgs, read_once: bool) -> Result<Options> {
    let (text, passive) = match (&arguments.connect, &arguments.listen) {
        (Some(connect), _) => (connect, false),
        (None, Some(listen)) => (listen, true),
        (None, None) => bail!("say where the peer is: --connect ADDRESS or --listen ADDRESS"),
    };
    let address = address(text)?;
    let own = arguments.local_address.or_else(|| {
        let own = if passive { Ok(address.ip()) } else { address_towards(address) };
        own.ok()
    });
    let router_id = match (arguments.router_id, own) {
        (Some(router_id), _) => router_id,
        (None, Some(IpAddr::V4(own))) if !own.is_unspecified() => own,
        _ => bail!(
            "there is no IPv4 address to take the BGP identifier from: give --router-id 192.0.2.1"
        ),
    };
    let families = arguments.filter.family.as_deref().map(context::families).transpose()?;
    let hold_time = arguments.hold_time;
    if matches!(hold_time, 1 | 2) {
        bail!("--hold-time can not be {hold_time}: 0 for never, or at least 3");
    }
    let v4 = [1, 2, 4, 128].map(|safi| (Family::new(Afi::IPV4, Safi(safi)), Afi::IPV6));
    let settings = Settings {
        local_as: Some(asn(&arguments.local_as)?),
        peer_as: arguments.peer_as.as_deref().map(asn).transpose()?,
        router_id,
        hold_time,
        families: families.unwrap_or_else(|| FAMILIES.to_vec()),
        add_path: AddPathMode { receive: false, send: true },
        next_hop: v4.to_vec(),
        aigp: Some(true),
        passive,
        ..Settings::default()
    };
    let (local, md5) = (arguments.local_address, arguments.md5.clone());
    // What was read from a pipe can not be read again.
    let only_once = arguments.exit || read_once;
    Ok(Options { settings, address, local, md5, once: arguments.exit, only_once })
}

/// Reads an address, with its port or without.
fn address(text: &str) -> Result<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    match text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => Ok(SocketAddr::new(address, PORT)),
        Err(_) => {
            bail!("'{text}' is no address: 192.0.2.1, 192.0.2.1:{PORT} or [2001:db8::1]:{PORT}")
        }
    }
}

/// What is replayed, and how.
struct Job {
    files: Vec<PathBuf>,
    filter: Filter,
    rewrite: Rewrite,
    keeps_paths: bool,
    all: bool,
    speed: Speed,
    bar: ProgressBar,
}

/// What came of the files.
struct Done {
    tally: Tally,
    /// Why files could not be read to their ends.
    errors: Vec<anyhow::Error>,
    updates: u64,
    began: Instant,
}

/// What came of the files in one session, once all was handed over.
type Figures = Arc<Mutex<Option<Done>>>;

/// Feeds the session, and tells how it goes.
struct Replay {
    job: Arc<Job>,
    done: Figures,
    is_good: bool,
}

impl Feeder for Replay {
    fn begin(&mut self, negotiated: &Arc<Negotiated>) -> Receiver<Vec<u8>> {
        let Negotiated { peer_address, peer_as, .. } = &**negotiated;
        let limits = [
            (!negotiated.asn4).then_some("AS numbers of two octets"),
            (negotiated.message_size > 4096).then_some("long messages"),
            (!negotiated.add_path.send.is_empty()).then_some("several paths"),
        ];
        let families: Vec<String> = negotiated.families.iter().map(Family::to_string).collect();
        let agreed: Vec<&str> = limits.into_iter().flatten().collect();
        let with = if agreed.is_empty() { "" } else { " with " };
        out::warn(format!(
            "the session with {peer_address} AS{peer_as} is up: {}{with}{}",
            families.join(", "),
            agreed.join(", ")
        ));
        let (to, from) = channel(WAITING);
        let (job, negotiated) = (self.job.clone(), negotiated.clone());
        self.done = Figures::default();
        let done = self.done.clone();
        thread::spawn(move || job.feed(&negotiated, to, &done));
        from
    }

    fn told(&mut self, told: Told<'_>) {
        match told {
            Told::Listening(address) => out::warn(format!("listening on {address}")),
            Told::Down(reason) => out::warn(format!("no session: {reason}")),
            Told::Done => {
                let done = self.done.lock().unwrap_or_else(PoisonError::into_inner).take();
                // Without figures it did not come to its end: a defect, which it has told of.
                self.is_good = done.is_some_and(|done| done.tell());
            }
        }
    }
}

impl Job {
    /// Hands all of the files to a session.
    fn feed(&self, negotiated: &Negotiated, to: Sender<Vec<u8>>, figures: &Figures) {
        let began = Instant::now();
        let rewrite = self.rewrite.clone().of_session(negotiated, self.keeps_paths);
        let mut routes = Routes::new(negotiated, rewrite, self.all, Pace::new(to, self.speed));
        let mut errors = Vec::new();
        for path in &self.files {
            // What was read of a file that ends too early is sent, before the next one has its turn.
            for result in [self.file(path, &mut routes), routes.finish()] {
                match result {
                    Ok(()) => {}
                    Err(error) if error.is::<Gone>() => return,
                    Err(error) => errors.push(error),
                }
            }
        }
        // Before the session learns that there is no more: who tells of it needs the figures.
        let (tally, updates) = (routes.tally.clone(), routes.updates());
        *figures.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Done { tally, errors, updates, began });
    }

    fn file(&self, path: &Path, routes: &mut Routes<'_>) -> Result<()> {
        let name = path.display().to_string();
        self.bar.set_message(name.clone());
        self.bar.set_position(0);
        let place = if self.files.len() > 1 { name.as_str() } else { "" };
        show::file(path, &self.bar, place, |blocks| {
            let mut body = Vec::new();
            while let Some(block) = blocks.take()? {
                block.read(&mut Filtered::new(&self.filter, routes, &mut body))?;
                routes.flush()?;
                blocks.recycle(block);
            }
            Ok(())
        })
    }
}

impl Done {
    /// Tells what was sent. Says whether all of it could be.
    fn tell(&self) -> bool {
        let seconds = self.began.elapsed().as_secs_f64();
        let tally = &self.tally;
        let Tally { announced, withdrawn, other_families, refused, not_best, faults, .. } = tally;
        let updates = self.updates;
        let rate = (announced + withdrawn) as f64 / seconds.max(0.001);
        // Whoever does not read it any more does not want it.
        let _ = out::line(format!(
            "sent {announced} routes and {withdrawn} withdrawals in {updates} UPDATEs and {seconds:.3} s ({rate:.0} a second)"
        ));
        let left_out = [
            (*not_best, "routes were left out for better ones (--paths all sends them)"),
            (*other_families, "routes are of families that the session does not have"),
            (*faults, "faults in the files"),
        ];
        for (count, what) in left_out.into_iter().filter(|(count, _)| *count > 0) {
            out::warn(format!("{count} {what}"));
        }
        if *refused > 0 {
            let why = tally.first_refusal.as_deref().unwrap_or_default();
            out::warn(format!(
                "{refused} routes can not be sent in this session, the first because: {why}"
            ));
        }
        for error in &self.errors {
            out::warn(format!("error: {error:#}"));
        }
        *refused == 0 && *faults == 0 && self.errors.is_empty()
    }
}
