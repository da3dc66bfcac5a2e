//! The programs that are measured: how each is configured and started.

mod bird;
mod exabgp;
mod frr;
pub(crate) mod gobgp;
mod openbgpd;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::run::Run;

/// Where the program has its address, and the port that it listens on when it does not connect itself.
pub(crate) const ADDRESS: &str = "127.0.0.1";
pub(crate) const PORT: u16 = 1791;

/// The port that peers listen on, for programs that connect.
pub(crate) const PEER_PORT: u16 = 1790;

/// The peer, where there is one.
pub(crate) const PEER: &str = "127.0.0.2";

/// The first of several peers.
pub(crate) const PEERS: &str = "127.0.1.1";

/// The AS of the program, and of a peer.
pub(crate) const OUR_AS: u32 = 65_000;
pub(crate) const PEER_AS: u32 = 65_001;

/// The name of this program in the table, and those of the others.
pub(crate) const OURS: &str = "yottabgp";
pub(crate) const OTHERS: &[(&str, Kind)] = &[
    ("ExaBGP", Kind::Exabgp),
    ("BIRD", Kind::Bird),
    ("GoBGP", Kind::Gobgp),
    ("OpenBGPD", Kind::Openbgpd),
    ("FRR", Kind::Frr),
];

/// A peer of the program.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: String,
    pub(crate) asn: u32,
    /// Whether it is sent routes.
    pub(crate) gets_routes: bool,
}

impl Peer {
    /// The peer that there always is.
    pub(crate) fn only() -> Vec<Self> {
        vec![Self { address: PEER.into(), asn: PEER_AS, gets_routes: true }]
    }

    /// That many, from [`PEERS`] on.
    pub(crate) fn several(count: u32, asn: u32) -> Vec<Self> {
        let first = u32::from(std::net::Ipv4Addr::new(127, 0, 1, 1));
        let address = |number| std::net::Ipv4Addr::from(first + number).to_string();
        (0..count).map(|number| Self { address: address(number), asn, gets_routes: true }).collect()
    }
}

/// What the program is to be.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) peers: Vec<Peer>,
    /// So many static routes.
    pub(crate) routes: u32,
    /// Of those, one percent with other attributes.
    pub(crate) changed: bool,
    /// The routes are in a template that all peers inherit.
    pub(crate) template: bool,
    /// The command of a helper process, and whether it is told of UPDATEs.
    pub(crate) helper: Option<(String, bool)>,
    /// Acknowledge commands.
    pub(crate) acknowledge: bool,
    /// The families of the sessions.
    pub(crate) families: &'static [&'static str],
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            peers: Peer::only(),
            routes: 0,
            changed: false,
            template: false,
            helper: None,
            acknowledge: false,
            families: &["ipv4 unicast", "ipv6 unicast"],
        }
    }
}

/// What kind of program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This program.
    Ours,
    /// ExaBGP, or whatever takes its configuration.
    Exabgp,
    Bird,
    Gobgp,
    Openbgpd,
    Frr,
}

/// A program that can be measured.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name in the table.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    path: PathBuf,
}

impl Program {
    /// All that are there: this one first.
    pub(crate) fn all(ours: &Path, exabgp: Option<&Path>, more: &[String]) -> Result<Vec<Self>> {
        let mut programs = Vec::new();
        let mut add = |name: &str, kind, path: Option<PathBuf>| {
            programs.extend(path.map(|path| Self { name: name.into(), kind, path }));
        };
        add(OURS, Kind::Ours, Some(ours.to_owned()));
        for one in more {
            let Some((name, path)) = one.split_once('=') else {
                bail!("--program {one}: give NAME=PATH");
            };
            let path = std::path::absolute(path)?;
            if !path.exists() {
                bail!("--program {one}: {} is not there", path.display());
            }
            add(name, Kind::Ours, Some(path));
        }
        for (name, kind) in OTHERS {
            let frr = || Some(PathBuf::from("/usr/lib/frr/bgpd")).filter(|path| path.exists());
            let path = match kind {
                Kind::Exabgp => exabgp.map(Path::to_owned).or_else(|| found("exabgp")),
                Kind::Bird => found("bird"),
                Kind::Gobgp => found("gobgpd"),
                Kind::Openbgpd => found("bgpd").filter(|path| !path.starts_with("/usr/lib/frr")),
                Kind::Frr => frr(),
                Kind::Ours => None,
            };
            add(name, *kind, path);
        }
        Ok(programs)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it has helper processes, and connects to its peers.
    pub(crate) fn is_programmed(&self) -> bool {
        matches!(self.kind, Kind::Ours | Kind::Exabgp)
    }

    /// The options of a tool for a session with it.
    pub(crate) fn session(&self) -> String {
        if self.is_programmed() {
            format!("--listen {PEER_PORT}")
        } else {
            format!("--connect {ADDRESS}:{PORT}")
        }
    }

    /// Configures it.
    pub(crate) fn configure(&self, run: &Run, setup: &Setup) -> Result<()> {
        match self.kind {
            Kind::Ours | Kind::Exabgp => exabgp::configure(run, setup),
            Kind::Bird => bird::configure(run, setup),
            Kind::Gobgp => gobgp::configure(run, setup),
            Kind::Openbgpd => openbgpd::configure(run, setup),
            Kind::Frr => frr::configure(run, setup),
        }
    }

    /// Starts it as it was configured. Gives when that was.
    pub(crate) fn start(&self, run: &mut Run, setup: &Setup) -> Result<u64> {
        let mut command = Command::new(&self.path);
        match self.kind {
            Kind::Ours | Kind::Exabgp => exabgp::command(run, setup, &mut command),
            Kind::Bird => bird::command(run, &mut command),
            Kind::Gobgp => gobgp::command(run, &mut command),
            Kind::Openbgpd => openbgpd::command(run, &mut command)?,
            Kind::Frr => frr::command(run, &mut command)?,
        }
        run.start(&mut command)
    }

    /// How many routes it says that it has, where it can be asked.
    pub(crate) fn count(&self, run: &Run) -> Option<u64> {
        (self.kind == Kind::Bird).then(|| bird::count(run))?
    }

    /// Its version, as it tells it.
    pub(crate) fn version(&self) -> String {
        let word = match self.kind {
            Kind::Ours | Kind::Exabgp => "version",
            Kind::Openbgpd => "-V",
            _ => "--version",
        };
        let output = Command::new(&self.path).arg(word).output();
        let text = output
            .map(|output| [output.stdout, output.stderr].concat())
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .unwrap_or_default();
        let mut words = text.split_whitespace();
        let number = words.find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        format!("{} {}", self.name, number.unwrap_or_default()).trim().to_owned()
    }
}

/// Where a program is, among the folders of `PATH` and those of system programs.
fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// The configuration of the run.
fn conf(run: &Run) -> PathBuf {
    run.path("conf")
}
