//! Every command: parsing, help and completion come from this table.

use std::collections::HashMap;
use std::sync::LazyLock;

use yottabgp_wire::io::tokens::{Tokens, did_you_mean};

use super::{
    Arguments, Command, Refusal, acknowledgement, adj_rib, bmp, daemon, end_of_rib, group,
    healthcheck, mrt, neighbor, operational, peer, route, route_refresh, routes, session, stations,
    system, teardown, watchdog,
};
use crate::select::{self, Selector};

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Whoever may read.
    Read,
    /// Whoever may change routes.
    Route,
    /// Whoever may end sessions and the daemon.
    Control,
}

/// One command.
#[derive(Debug)]
pub struct Row {
    /// Its words in version 4; with [`Self::peers`], they may follow `neighbor SELECTION`.
    pub v4: &'static str,
    /// Its words in version 6; with [`Self::peers`] and a first word `peer`, the selection stands after that word.
    pub v6: &'static str,
    /// Other spellings of [`Self::v4`].
    pub also: &'static [&'static str],
    /// What follows the words: for people and for completion.
    pub grammar: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// Whether it takes a selection of peers.
    pub peers: bool,
    /// Whether its answer can be JSON.
    pub json: bool,
    /// Who may give it.
    pub permission: Permission,
    /// Reads what follows the words.
    pub(crate) parse: Parser,
}

/// Reads what follows the words of a command.
pub(crate) type Parser = for<'a> fn(&mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal>;

impl Row {
    /// The ways to write the command, without its selection of peers.
    pub fn spellings(&self) -> impl Iterator<Item = &'static str> {
        [self.v4, self.v6].into_iter().chain(self.also.iter().copied())
    }

    /// How many words of `tokens`, from the next on, are the command's.
    #[inline]
    fn matches(&self, tokens: &Tokens<'_>, selected: bool) -> Option<usize> {
        let first = tokens.peek()?.as_bytes().first();
        for spelling in [self.v4, self.v6].iter().chain(self.also) {
            let words = match spelling.strip_prefix("peer ") {
                Some(words) if selected => words,
                _ => spelling,
            };
            if words.as_bytes().first() == first
                && let Some(count) = starts_with(tokens, words)
            {
                return Some(count);
            }
        }
        None
    }
}

/// How many words `words` has, if they are the next ones of `tokens`.
fn starts_with(tokens: &Tokens<'_>, words: &str) -> Option<usize> {
    let mut rest = words;
    let mut count = 0;
    loop {
        rest = rest.strip_prefix(tokens.peek_at(count)?)?;
        count += 1;
        if rest.is_empty() {
            return Some(count);
        }
        rest = rest.strip_prefix(' ')?;
    }
}

/// Finds the command that a line gives, and reads the selection before it. Says whether there was one. The cursor stands
/// behind the command's words then.
pub(crate) fn find(
    tokens: &mut Tokens<'_>,
    selector: &mut Selector,
) -> Result<(&'static Row, bool), Refusal> {
    let selected = match tokens.peek() {
        Some("neighbor") => true,
        Some("peer") => tokens.peek_at(1).is_some_and(select::is_selector),
        _ => false,
    };
    if selected {
        tokens.next();
        *selector = select::parse(tokens)?;
    }
    if let (Some(verb), Some(kind)) = (tokens.peek(), tokens.peek_at(1))
        && let Some(row) = of_type(verb, kind)
    {
        tokens.rewind(tokens.position() + 2);
        return Ok((row, selected));
    }
    for row in TABLE {
        if let Some(words) = row.matches(tokens, selected) {
            tokens.rewind(tokens.position() + words);
            return Ok((row, selected));
        }
    }
    Err(unknown(tokens, selected))
}

/// Rows of `announce` and of `withdraw` by the word after that.
type Types = HashMap<&'static str, &'static Row, foldhash::fast::FixedState>;

/// What nearly all lines are is not looked for row by row.
static ANNOUNCE: LazyLock<Types> = LazyLock::new(|| types("announce "));
static WITHDRAW: LazyLock<Types> = LazyLock::new(|| types("withdraw "));

fn types(verb: &str) -> Types {
    let mut types = Types::default();
    for row in TABLE {
        for kind in row.spellings().filter_map(|spelling| spelling.strip_prefix(verb)) {
            types.entry(kind).or_insert(row);
        }
    }
    types
}

fn of_type(verb: &str, kind: &str) -> Option<&'static Row> {
    match verb {
        "announce" => ANNOUNCE.get(kind).copied(),
        "withdraw" => WITHDRAW.get(kind).copied(),
        _ => None,
    }
}

/// What is wrong with words that no row has.
fn unknown(tokens: &Tokens<'_>, selected: bool) -> Refusal {
    let spellings = || {
        TABLE.iter().flat_map(Row::spellings).map(|spelling| match spelling.strip_prefix("peer ") {
            Some(words) if selected => words,
            _ => spelling,
        })
    };
    let Some(first) = tokens.peek() else {
        return Refusal::Incomplete {
            given: "neighbor".to_owned(),
            choices: list(spellings().filter_map(|spelling| spelling.split(' ').next())),
        };
    };
    let seconds = || {
        spellings().filter_map(move |spelling| {
            spelling.strip_prefix(first)?.strip_prefix(' ')?.split(' ').next()
        })
    };
    if seconds().next().is_none() {
        return Refusal::UnknownCommand {
            line: first.to_owned(),
            at: tokens.span(),
            suggestion: did_you_mean(
                first,
                spellings().filter_map(|spelling| spelling.split(' ').next()),
            )
            .map(str::to_owned),
        };
    }
    let Some(second) = tokens.peek_at(1) else {
        return Refusal::Incomplete { given: first.to_owned(), choices: list(seconds()) };
    };
    let suggestion = did_you_mean(second, seconds()).map(str::to_owned);
    let mut behind = *tokens;
    behind.next();
    let at = behind.span();
    match first {
        "announce" => {
            Refusal::UnknownType { verb: "announce", word: second.to_owned(), at, suggestion }
        }
        "withdraw" => {
            Refusal::UnknownType { verb: "withdraw", word: second.to_owned(), at, suggestion }
        }
        _ if spellings().any(|spelling| starts_with_words(spelling, first, second)) => {
            Refusal::Incomplete {
                given: format!("{first} {second}"),
                choices: list(spellings().filter_map(|spelling| {
                    spelling
                        .strip_prefix(first)?
                        .strip_prefix(' ')?
                        .strip_prefix(second)?
                        .strip_prefix(' ')
                })),
            }
        }
        _ => Refusal::UnknownCommand {
            line: format!("{first} {second}"),
            at: tokens.span(),
            suggestion: suggestion.map(|word| format!("{first} {word}")),
        },
    }
}

fn starts_with_words(spelling: &str, first: &str, second: &str) -> bool {
    let mut words = spelling.split(' ');
    words.next() == Some(first) && words.next() == Some(second)
}

/// The words without repetition, in order, joined.
fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen.join(", ")
}

/// The words of every command beside what follows them: for completion.
pub fn completions() -> impl Iterator<Item = (&'static str, &'static Row)> {
    TABLE.iter().flat_map(|row| row.spellings().map(move |spelling| (spelling, row)))
}

const READ: Permission = Permission::Read;
const ROUTE: Permission = Permission::Route;
const CONTROL: Permission = Permission::Control;

/// Every command. What is given most often comes first; a command whose words start another one's comes after it.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    Row { v4: "announce route", v6: "peer announce route", also: &[], grammar: "PREFIX next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Announces a route", peers: true, json: false, permission: ROUTE, parse: route::announce_route },
    Row { v4: "withdraw route", v6: "peer withdraw route", also: &[], grammar: "PREFIX [path-information ID]",
          help: "Withdraws a route", peers: true, json: false, permission: ROUTE, parse: route::withdraw_route },
    Row { v4: "announce attributes", v6: "peer announce attributes", also: &["announce attribute"], grammar: "next-hop IP|self [ATTRIBUTE VALUE]… nlri PREFIX…",
          help: "Announces routes that share attributes", peers: true, json: false, permission: ROUTE, parse: route::announce_attributes },
    Row { v4: "withdraw attributes", v6: "peer withdraw attributes", also: &["withdraw attribute"], grammar: "[ATTRIBUTE VALUE]… nlri PREFIX…",
          help: "Withdraws routes named together", peers: true, json: false, permission: ROUTE, parse: route::withdraw_attributes },
    Row { v4: "announce ipv4", v6: "peer announce ipv4", also: &[], grammar: "SAFI NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Announces a route of an IPv4 family", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw ipv4", v6: "peer withdraw ipv4", also: &[], grammar: "SAFI NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Withdraws a route of an IPv4 family", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce ipv6", v6: "peer announce ipv6", also: &[], grammar: "SAFI NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Announces a route of an IPv6 family", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw ipv6", v6: "peer withdraw ipv6", also: &[], grammar: "SAFI NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Withdraws a route of an IPv6 family", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce l2vpn", v6: "peer announce l2vpn", also: &[], grammar: "vpls|evpn NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Announces a route of a layer 2 VPN family", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw l2vpn", v6: "peer withdraw l2vpn", also: &[], grammar: "vpls|evpn NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Withdraws a route of a layer 2 VPN family", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce bgp-ls", v6: "peer announce bgp-ls", also: &[], grammar: "bgp-ls|bgp-ls-vpn NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Announces a BGP-LS route", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw bgp-ls", v6: "peer withdraw bgp-ls", also: &[], grammar: "bgp-ls|bgp-ls-vpn NLRI next-hop IP|self [ATTRIBUTE VALUE]…",
          help: "Withdraws a BGP-LS route", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce flow", v6: "peer announce flow", also: &[], grammar: "route [NAME] { match { … } then { … } }",
          help: "Announces a flow specification", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw flow", v6: "peer withdraw flow", also: &[], grammar: "route [NAME] { match { … } then { … } }",
          help: "Withdraws a flow specification", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce vpls", v6: "peer announce vpls", also: &[], grammar: "rd RD endpoint N base LABEL offset N size N next-hop IP [ATTRIBUTE VALUE]…",
          help: "Announces a VPLS route", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw vpls", v6: "peer withdraw vpls", also: &[], grammar: "rd RD endpoint N base LABEL offset N size N next-hop IP [ATTRIBUTE VALUE]…",
          help: "Withdraws a VPLS route", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce sr-policy", v6: "peer announce sr-policy", also: &[], grammar: "distinguisher N color N endpoint IP next-hop IP [WORD VALUE]…",
          help: "Announces a segment routing policy", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw sr-policy", v6: "peer withdraw sr-policy", also: &[], grammar: "distinguisher N color N endpoint IP next-hop IP [WORD VALUE]…",
          help: "Withdraws a segment routing policy", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce family", v6: "peer announce family", also: &[], grammar: "AFI SAFI 0xOCTETS [next-hop IP] [ATTRIBUTE VALUE]…",
          help: "Announces a route of any family, its NLRI in hexadecimal", peers: true, json: false, permission: ROUTE, parse: route::announce_statement },
    Row { v4: "withdraw family", v6: "peer withdraw family", also: &[], grammar: "AFI SAFI 0xOCTETS [next-hop IP] [ATTRIBUTE VALUE]…",
          help: "Withdraws a route of any family, its NLRI in hexadecimal", peers: true, json: false, permission: ROUTE, parse: route::withdraw_statement },
    Row { v4: "announce eor", v6: "peer announce eor", also: &[], grammar: "[AFI SAFI]",
          help: "Sends an End-of-RIB, of ipv4 unicast if no family is named", peers: true, json: false, permission: ROUTE, parse: end_of_rib::parse },
    Row { v4: "announce route-refresh", v6: "peer announce route-refresh", also: &[], grammar: "AFI SAFI",
          help: "Asks the peer to send its routes again", peers: true, json: false, permission: ROUTE, parse: route_refresh::parse },
    Row { v4: "announce operational", v6: "peer announce operational", also: &["operational"], grammar: "asm|adm|rpcq|rpcp|apcq|apcp|lpcq|lpcp afi AFI safi SAFI …",
          help: "Sends an OPERATIONAL message", peers: true, json: false, permission: ROUTE, parse: operational::parse },
    Row { v4: "announce watchdog", v6: "peer announce watchdog", also: &[], grammar: "[NAME]",
          help: "Announces the routes of a watchdog", peers: true, json: false, permission: ROUTE, parse: watchdog::announce },
    Row { v4: "withdraw watchdog", v6: "peer withdraw watchdog", also: &[], grammar: "[NAME]",
          help: "Withdraws the routes of a watchdog", peers: true, json: false, permission: ROUTE, parse: watchdog::withdraw },
    Row { v4: "group start", v6: "group start", also: &[], grammar: "",
          help: "Holds back what is announced and withdrawn until 'group end'", peers: false, json: true, permission: ROUTE, parse: group::start },
    Row { v4: "group end", v6: "group end", also: &[], grammar: "",
          help: "Executes what was held back, all of it or nothing", peers: false, json: true, permission: ROUTE, parse: group::end },
    Row { v4: "group", v6: "peer group", also: &[], grammar: "[attributes ATTRIBUTES ;] announce … ; withdraw … ; …",
          help: "Announces and withdraws together, all or nothing", peers: true, json: true, permission: ROUTE, parse: group::line },
    Row { v4: "show adj-rib", v6: "rib show", also: &[], grammar: "in|out [AFI [SAFI]|inet|flow|l2vpn] [IP] [extensive] [json]",
          help: "Shows the routes received or announced", peers: true, json: true, permission: READ, parse: adj_rib::show },
    Row { v4: "flush adj-rib", v6: "rib flush", also: &["flush route"], grammar: "out",
          help: "Sends every announced route again", peers: true, json: false, permission: ROUTE, parse: adj_rib::flush },
    Row { v4: "clear adj-rib", v6: "rib clear", also: &[], grammar: "in|out",
          help: "Forgets the routes received, or withdraws those announced", peers: true, json: false, permission: ROUTE, parse: adj_rib::clear },
    Row { v4: "show neighbor", v6: "peer show", also: &["show neighbors"], grammar: "[IP] [summary|extensive|configuration|status] [json]",
          help: "Shows the state of peers", peers: true, json: true, permission: READ, parse: neighbor::show },
    Row { v4: "show routes", v6: "show routes", also: &[], grammar: "[extensive] [IP]",
          help: "Shows the routes announced as ExaBGP 3.4 did", peers: true, json: true, permission: READ, parse: adj_rib::show_routes },
    Row { v4: "peer list", v6: "peer list", also: &[], grammar: "",
          help: "Lists the peers with their state", peers: true, json: true, permission: READ, parse: neighbor::list },
    Row { v4: "routes", v6: "peer routes", also: &[], grammar: "[AFI [SAFI]] list | add route PREFIX next-hop IP|self [ATTRIBUTE VALUE]… | remove route PREFIX | remove index INDEX",
          help: "Lists, announces and withdraws routes by index", peers: true, json: true, permission: ROUTE, parse: routes::parse },
    Row { v4: "create neighbor", v6: "peer create", also: &[], grammar: "IP local-address IP local-as ASN peer-as ASN [router-id IP] [family-allowed AFI-SAFI[/…]] [graceful-restart SECONDS] [group-updates true|false] [api PROCESS]… [WORD VALUE]…",
          help: "Makes a neighbor, until the next reload", peers: false, json: false, permission: CONTROL, parse: peer::create },
    Row { v4: "delete neighbor", v6: "peer delete", also: &[], grammar: "IP [KEY VALUE]…|*",
          help: "Ends sessions and forgets their neighbors", peers: false, json: false, permission: CONTROL, parse: peer::delete },
    Row { v4: "teardown", v6: "peer teardown", also: &[], grammar: "CEASE-SUBCODE [TEXT]",
          help: "Ends sessions with a NOTIFICATION 6/SUBCODE; they are made again", peers: true, json: false, permission: CONTROL, parse: teardown::parse },
    Row { v4: "enable-ack", v6: "session ack enable", also: &[], grammar: "",
          help: "Acknowledges commands with 'done' or 'error'", peers: false, json: false, permission: READ, parse: acknowledgement::enable },
    Row { v4: "disable-ack", v6: "session ack disable", also: &[], grammar: "",
          help: "Acknowledges this command and no other", peers: false, json: false, permission: READ, parse: acknowledgement::disable },
    Row { v4: "silence-ack", v6: "session ack silence", also: &[], grammar: "",
          help: "Acknowledges no command, this one included", peers: false, json: false, permission: READ, parse: acknowledgement::silence },
    Row { v4: "enable-sync", v6: "session sync enable", also: &[], grammar: "",
          help: "Acknowledges routes once they are written to the peers", peers: false, json: false, permission: READ, parse: acknowledgement::enable_sync },
    Row { v4: "disable-sync", v6: "session sync disable", also: &[], grammar: "",
          help: "Acknowledges routes once they are in the Adj-RIB-Out", peers: false, json: false, permission: READ, parse: acknowledgement::disable_sync },
    Row { v4: "ping", v6: "session ping", also: &[], grammar: "[UUID [START]] [text]",
          help: "Answers with the identifier of the daemon", peers: false, json: true, permission: READ, parse: session::ping },
    Row { v4: "bye", v6: "session bye", also: &[], grammar: "[UUID]",
          help: "Says that a client left", peers: false, json: false, permission: READ, parse: session::bye },
    Row { v4: "reset", v6: "session reset", also: &[], grammar: "",
          help: "Drops the commands of this process that wait", peers: false, json: true, permission: READ, parse: session::reset },
    Row { v4: "version", v6: "system version", also: &[], grammar: "",
          help: "Tells the version of the program", peers: false, json: true, permission: READ, parse: system::version },
    Row { v4: "help", v6: "system help", also: &[], grammar: "",
          help: "Lists the commands", peers: false, json: true, permission: READ, parse: system::help },
    Row { v4: "api version", v6: "system api version", also: &[], grammar: "[4|6]",
          help: "Tells or sets the version of the API", peers: false, json: true, permission: READ, parse: system::api_version },
    Row { v4: "queue-status", v6: "system queue-status", also: &[], grammar: "",
          help: "Tells how much each process has not read yet", peers: false, json: true, permission: READ, parse: system::queue_status },
    Row { v4: "crash", v6: "system crash", also: &[], grammar: "",
          help: "Answers with an error, to see one", peers: true, json: false, permission: READ, parse: system::crash },
    Row { v4: "mrt dump", v6: "peer mrt dump", also: &[], grammar: "FILE",
          help: "Writes the routes received to an MRT file", peers: true, json: true, permission: CONTROL, parse: mrt::dump },
    Row { v4: "healthcheck drain", v6: "healthcheck drain", also: &[], grammar: "NAME",
          help: "Announces a service as about to go, then withdraws it", peers: false, json: false, permission: CONTROL, parse: healthcheck::drain },
    Row { v4: "healthcheck undrain", v6: "healthcheck undrain", also: &[], grammar: "NAME",
          help: "Lets the checks of a service decide again", peers: false, json: false, permission: CONTROL, parse: healthcheck::undrain },
    Row { v4: "healthcheck show", v6: "healthcheck show", also: &[], grammar: "",
          help: "Shows the services that are checked, and their state", peers: false, json: true, permission: READ, parse: healthcheck::show },
    Row { v4: "show bmp routers", v6: "bmp show routers", also: &[], grammar: "[json]",
          help: "Shows the routers that tell of their sessions by BMP", peers: false, json: true, permission: READ, parse: bmp::routers },
    Row { v4: "show bmp peers", v6: "bmp show peers", also: &[], grammar: "[router IP|NAME] [peer IP] [json]",
          help: "Shows the sessions that routers tell of", peers: false, json: true, permission: READ, parse: bmp::peers },
    Row { v4: "show bmp routes", v6: "bmp show routes", also: &[], grammar: "[router IP|NAME] [peer IP] [rib adj-rib-in|adj-rib-out|loc-rib] [policy pre|post] [AFI [SAFI]] [PREFIX|IP] [extensive] [json]",
          help: "Shows the routes that routers tell of: to a prefix and those inside, or those that an address is in", peers: false, json: true, permission: READ, parse: bmp::routes },
    Row { v4: "show bmp stations", v6: "bmp show stations", also: &[], grammar: "",
          help: "Shows the BMP stations that are told of the sessions", peers: false, json: true, permission: READ, parse: stations::show },
    Row { v4: "status", v6: "daemon status", also: &[], grammar: "",
          help: "Shows the state of the daemon", peers: false, json: true, permission: READ, parse: daemon::status },
    Row { v4: "reload", v6: "daemon reload", also: &[], grammar: "[--check|check [- [NAME]]]",
          help: "Reads the configuration again and applies what changed, or tells what that would do", peers: false, json: true, permission: CONTROL, parse: daemon::reload },
    Row { v4: "restart", v6: "daemon restart", also: &[], grammar: "",
          help: "Reads the configuration again and makes every session anew", peers: false, json: true, permission: CONTROL, parse: daemon::restart },
    Row { v4: "shutdown", v6: "daemon shutdown", also: &[], grammar: "",
          help: "Ends the daemon", peers: false, json: true, permission: CONTROL, parse: daemon::shutdown },
    Row { v4: "#", v6: "#", also: &[], grammar: "TEXT",
          help: "A comment: acknowledged, otherwise ignored", peers: false, json: true, permission: READ, parse: system::comment },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_route_is_one_word() {
        for (spelling, row) in completions() {
            let Some((verb @ ("announce" | "withdraw"), kind)) = spelling.split_once(' ') else {
                continue;
            };
            assert!(!kind.contains(' '), "{spelling}");
            assert!(of_type(verb, kind).is_some_and(|found| found.v4 == row.v4), "{spelling}");
        }
        assert!(
            TABLE
                .iter()
                .flat_map(Row::spellings)
                .all(|spelling| spelling != "announce" && spelling != "withdraw")
        );
    }

    #[test]
    fn no_command_hides_another() {
        let spellings: Vec<&str> = TABLE.iter().flat_map(Row::spellings).collect();
        for (index, row) in TABLE.iter().enumerate() {
            for later in TABLE.iter().skip(index + 1) {
                for (first, second) in
                    row.spellings().flat_map(|a| later.spellings().map(move |b| (a, b)))
                {
                    assert!(
                        second != first && !second.starts_with(&format!("{first} ")),
                        "'{second}' can never be found behind '{first}'"
                    );
                }
            }
        }
        assert!(spellings.iter().all(|spelling| !spelling.contains("  ")));
    }
}
