//! Commands: one line in, one [`Request`] out.
//!
//! [`registry::TABLE`] is the only list of commands; from it come parsing, help and completion. Each group of commands
//! is one file. A row is found by its words, whatever the version: `show adj-rib out` and `rib show out` are spellings of
//! one command, and so are `neighbor 10.0.0.1 announce route …` and `peer 10.0.0.1 announce route …`.

mod acknowledgement;
mod adj_rib;
mod bmp;
mod daemon;
mod end_of_rib;
pub mod group;
mod healthcheck;
mod identifier;
mod mrt;
mod neighbor;
mod operational;
mod peer;
mod refusal;
pub mod registry;
mod repeated;
mod route;
mod route_refresh;
mod routes;
mod session;
mod shortcuts;
mod stations;
mod system;
mod teardown;
mod watchdog;

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::{Span, Token, Tokens, split_command};
use yottabgp_wire::message::operational::Operational;
use yottabgp_wire::route::{RouteBuffer, Verb};

pub use self::bmp::{BmpTable, PrefixFilter, ShowBmp};
pub use self::group::{Group, GroupBuffer, GroupSummary};
pub use self::healthcheck::HealthVerb;
pub use self::identifier::identifier;
pub use self::peer::{NewPeer, Statement};
pub use self::refusal::Refusal;
pub use self::registry::Permission;
pub use self::repeated::{Repeat, Repeated};
pub use self::routes::{RouteIndex, Routes};
pub use self::shortcuts::expand_shortcuts;
use crate::select::{self, Selector};
use crate::{Encoding, Version};

/// One line, understood.
#[derive(Debug)]
pub struct Request<'a> {
    /// The peers that the command is about; [`Selector::All`] when none are named.
    pub selector: Selector,
    /// What to do.
    pub command: Command<'a>,
    /// How data is to be answered.
    pub reply: Encoding,
    /// Whether to acknowledge only once the UPDATEs are written (`sync`) or at once (`async`); `None` as the session says.
    pub sync: Option<bool>,
    /// Who may give the command.
    pub permission: Permission,
    /// The [`identifier`] that its acknowledgement is to say, with its `#`.
    pub id: Option<&'a str>,
}

/// What a line asks for.
#[derive(Debug)]
pub enum Command<'a> {
    /// `#` or nothing: acknowledged.
    Comment,
    /// `debug TEXT`: logged as a warning, not answered.
    Log(&'a str),
    /// A route to announce or withdraw: its next hop, attributes and NLRI (one at least) are in the [`RouteBuffer`].
    Route(Verb),
    /// An End-of-RIB for the established peers.
    EndOfRib(Family),
    /// A ROUTE-REFRESH request to the established peers.
    RouteRefresh(Family),
    /// Routes of a watchdog are announced or withdrawn.
    Watchdog {
        /// Which.
        verb: Verb,
        /// Its name; `None` for the name of the process.
        name: Option<&'a str>,
    },
    /// An OPERATIONAL message to the established peers.
    Operational(Operational<'static>),
    /// `group start`.
    GroupStart,
    /// `group end`.
    GroupEnd,
    /// `group A ; B ; C`: all of it or nothing.
    Group(Group<'a>),
    /// The state of the selected peers.
    ShowNeighbor(NeighborForm),
    /// One line of each peer: address, AS and state.
    ListPeers,
    /// The routes received from or announced to the selected peers.
    ShowRib(ShowRib),
    /// What routers told the station.
    ShowBmp(ShowBmp),
    /// The Adj-RIB-Out is sent again.
    FlushRib,
    /// The Adj-RIB-In is forgotten, or the Adj-RIB-Out withdrawn.
    ClearRib(Rib),
    /// The sessions of the selected peers end with a Cease.
    Teardown {
        /// The Cease subcode (RFC 4486).
        subcode: u8,
        /// The shutdown communication (RFC 9003) of subcodes 2 and 4; `None` for ExaBGP's text.
        text: Option<&'a str>,
    },
    /// The routes announced, by index.
    Routes(Routes),
    /// A neighbor is made, until the next reload.
    CreatePeer(Box<NewPeer>),
    /// The selected neighbors are forgotten.
    DeletePeers,
    /// How commands are acknowledged.
    Acknowledge(Acknowledge),
    /// Whether acknowledgements wait for the UPDATEs to be written.
    Sync(bool),
    /// Whether somebody is there.
    Ping,
    /// A client of the control socket left; its identifier, if it has one.
    Bye(Option<&'a str>),
    /// Queued work of this process is dropped.
    Reset,
    /// The version of the program.
    Version,
    /// The list of commands.
    Help,
    /// The state of the daemon.
    Status,
    /// The configuration is read again.
    Reload,
    /// What a reload would do is told.
    ReloadCheck {
        /// The name of another configuration, whose lines follow, up to a line `.`; one that begins with a dot has one more.
        follows: Option<&'a str>,
    },
    /// The configuration is read again and every session made anew.
    Restart,
    /// The daemon ends.
    Shutdown,
    /// The version of the API is told, or set.
    ApiVersion(Option<Version>),
    /// How much waits to be read by each process.
    QueueStatus,
    /// A service that the daemon checks is drained, or is not any more.
    Healthcheck(HealthVerb, &'a str),
    /// The services that the daemon checks are shown.
    ShowHealthchecks,
    /// `show bmp stations`
    ShowStations,
    /// The routes received from the selected peers are written to this file, as MRT.
    MrtDump(&'a str),
    /// An error is answered.
    Crash,
}

/// The table that a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rib {
    /// Adj-RIB-In: routes received.
    In,
    /// Adj-RIB-Out: routes announced.
    Out,
}

/// What `show adj-rib` is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShowRib {
    /// Which table.
    pub rib: Rib,
    /// Which families.
    pub families: FamilyFilter,
    /// Whether with every attribute.
    pub extensive: bool,
    /// Whether it was asked in the words of ExaBGP 3.4, `show routes`: the answer has its form.
    pub old: bool,
}

/// Which families to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FamilyFilter {
    /// All.
    #[default]
    Any,
    /// `inet`: IPv4 and IPv6 prefixes, whatever the SAFI, flow specification excepted.
    Inet,
    /// `flow`: flow specifications.
    Flow,
    /// `l2vpn`, `ipv4`, `ipv6`: one AFI.
    Afi(Afi),
    /// Two words: one family.
    Family(Family),
}

impl FamilyFilter {
    /// Whether routes of the family are shown.
    pub fn shows(self, family: Family) -> bool {
        use yottabgp_wire::codes::Safi;
        let flow = matches!(family.safi, Safi::FLOW | Safi::FLOW_VPN);
        match self {
            Self::Any => true,
            Self::Inet => matches!(family.afi, Afi::IPV4 | Afi::IPV6) && !flow,
            Self::Flow => flow,
            Self::Afi(afi) => family.afi == afi,
            Self::Family(only) => family == only,
        }
    }
}

/// How the state of peers is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighborForm {
    /// No form was asked for: what may be asked is shown.
    Usage,
    /// A table, one line each.
    Summary,
    /// Everything.
    Extensive,
    /// The configuration.
    Configuration,
    /// The configuration, as ExaBGP 3.4 showed it.
    Old,
    /// What was agreed upon and the state, a line each, as ExaBGP 3.4 showed them.
    Status,
}

/// How commands are acknowledged from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledge {
    /// They are, this one included.
    Enable,
    /// They are not, but for this one.
    Disable,
    /// They are not, and neither is this one.
    Silence,
}

/// What the parser of a row gets.
pub(crate) struct Arguments<'a, 'r> {
    /// What follows the words of the row.
    pub(crate) tokens: Tokens<'a>,
    /// The line, for what is cut in another way.
    pub(crate) line: &'a str,
    /// All tokens of the line, trailing `sync`, `json` and so on excluded.
    pub(crate) all: &'a [Token],
    /// Where routes are read into.
    pub(crate) route: &'r mut RouteBuffer,
    /// The selection, which some commands read late.
    pub(crate) selector: &'r mut Selector,
}

/// The words that may end any command.
#[derive(Default)]
struct Trailing {
    sync: Option<bool>,
    encoding: Option<Encoding>,
    count: usize,
}

impl Trailing {
    /// The last words, two at most.
    fn of(line: &str, tokens: &[Token]) -> Self {
        let mut trailing = Self::default();
        for token in tokens.iter().rev().take(2) {
            match line.get(token.text.range()).filter(|_| !token.quoted) {
                Some("sync") if trailing.sync.is_none() => trailing.sync = Some(true),
                Some("async") if trailing.sync.is_none() => trailing.sync = Some(false),
                Some("json") if trailing.encoding.is_none() => {
                    trailing.encoding = Some(Encoding::Json);
                }
                Some("text") if trailing.encoding.is_none() => {
                    trailing.encoding = Some(Encoding::Text);
                }
                _ => break,
            }
            trailing.count += 1;
        }
        trailing
    }
}

/// Reads a line: tokens and route data go to the caller's buffers, which are meant to be used again for the next line.
///
/// `version` decides how data is to be answered; both grammars are understood whatever it is. The [`identifier`] at its end
/// is no part of the command.
pub fn parse<'a>(
    line: &'a str,
    version: Version,
    tokens: &'a mut Vec<Token>,
    route: &mut RouteBuffer,
) -> Result<Request<'a>, Refusal> {
    let (line, id) = match identifier(line.as_bytes()) {
        Some((start, id)) => (line.get(..start).unwrap_or(line), Some(id)),
        None => (line, None),
    };
    let line = line.trim_end();
    let default_reply = match version {
        Version::V4 => Encoding::Text,
        Version::V6 => Encoding::Json,
    };
    let plain = |command| Request {
        selector: Selector::All,
        command,
        reply: default_reply,
        sync: None,
        permission: Permission::Read,
        id,
    };
    let trimmed = line.trim_start();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        tokens.clear();
        return Ok(plain(Command::Comment));
    }
    if let Some(text) = line.strip_prefix("debug ") {
        tokens.clear();
        return Ok(plain(Command::Log(text)));
    }

    split_command(line, tokens);
    let trailing = Trailing::of(line, tokens);
    let tokens: &'a [Token] = tokens;
    let all = tokens.get(..tokens.len().saturating_sub(trailing.count)).unwrap_or(tokens);
    let mut cursor = Tokens::new(line, all, Span::new(line.len(), line.len()));
    let mut selector = Selector::All;

    let (row, selected) = registry::find(&mut cursor, &mut selector)?;
    if selected && !row.peers {
        return Err(Refusal::NotForPeers(row.v4));
    }
    let mut arguments = Arguments { tokens: cursor, line, all, route, selector: &mut selector };
    let command = (row.parse)(&mut arguments)?;
    if let Some(word) = arguments.tokens.peek() {
        let at = arguments.tokens.span();
        return Err(Refusal::Unexpected { command: row.v4, word: word.to_owned(), at });
    }
    let reply = trailing.encoding.unwrap_or(match command {
        // ExaBGP answers this one in JSON unless text is asked for, whatever the version.
        Command::Ping => Encoding::Json,
        _ => default_reply,
    });
    Ok(Request { selector, command, reply, sync: trailing.sync, permission: row.permission, id })
}

/// Reads a selector where a command takes one late: `show neighbor 10.0.0.1`.
pub(crate) fn late_selector(arguments: &mut Arguments<'_, '_>) -> Result<(), Refusal> {
    *arguments.selector = select::parse(&mut arguments.tokens)?;
    Ok(())
}
