//! `create neighbor` and `delete neighbor`: peers that come and go by command, until the next reload.

use std::net::{IpAddr, Ipv4Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, did_you_mean};

use super::{Arguments, Command, Refusal, late_selector};
use crate::select::{AS_FORMAT, OrAuto, parse_families, value_or_auto};

/// A neighbor that a command describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPeer {
    /// The peer's address.
    pub peer: IpAddr,
    /// Our address; `None` for whatever the system chooses.
    pub local_address: Option<IpAddr>,
    /// Our AS; `None` to take the peer's.
    pub local_as: Option<Asn>,
    /// The peer's AS; `None` to accept any.
    pub peer_as: Option<Asn>,
    /// Our BGP identifier.
    pub router_id: Ipv4Addr,
    /// Its families.
    pub families: Vec<Family>,
    /// The restart time of graceful restart, in seconds; `None` to leave the capability out.
    pub graceful_restart: Option<u16>,
    /// The processes that may command it.
    pub processes: Vec<String>,
    /// Other statements of a `neighbor` section, one value each.
    pub statements: Vec<Statement>,
}

/// A statement of a `neighbor` section, as a word and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its word in the file.
    pub keyword: &'static str,
    /// The value, without the quotes that it may have had.
    pub value: String,
    /// Where the value is in the line.
    pub span: Span,
}

/// The statements of a `neighbor` section that a command may give: those with one word as value, which need no socket to be
/// opened.
pub(super) const STATEMENTS: &[&str] = &[
    "group-updates",
    "hold-time",
    "connect",
    "passive",
    "description",
    "host-name",
    "domain-name",
    "md5-password",
    "outgoing-ttl",
    "incoming-ttl",
    "source-interface",
    "rate-limit",
    "manual-eor",
    "auto-flush",
    "adj-rib-in",
    "adj-rib-out",
];

/// The other words.
const KEYS: &[&str] = &[
    "local-address",
    "local-ip",
    "local-as",
    "peer-as",
    "router-id",
    "family-allowed",
    "graceful-restart",
    "api",
];

/// `IP local-ip IP local-as N peer-as N [WORD VALUE]…`
pub(super) fn create<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let tokens = &mut arguments.tokens;
    let peer: IpAddr = tokens.parse("peer address", "an IPv4 or IPv6 address")?;
    let mut local_address: Option<OrAuto<IpAddr>> = None;
    let mut local_as: Option<OrAuto<Asn>> = None;
    let mut peer_as: Option<OrAuto<Asn>> = None;
    let mut router_id: Option<Ipv4Addr> = None;
    let mut families = vec![Family::IPV4_UNICAST];
    let mut graceful_restart = None;
    let mut processes: Vec<String> = Vec::new();
    let mut statements: Vec<Statement> = Vec::new();
    while let Some(word) = tokens.next() {
        match word {
            "local-ip" | "local-address" => {
                local_address = Some(value_or_auto(tokens, "local-ip", "an IP address, or auto")?);
                if local_address.flatten().is_some_and(|local| local.is_ipv4() != peer.is_ipv4()) {
                    let message = "local-ip and the peer's address must be of the same family";
                    return Err(tokens.last_error(message).into());
                }
            }
            "local-as" => local_as = Some(value_or_auto(tokens, "local-as", AS_FORMAT)?),
            "peer-as" => peer_as = Some(value_or_auto(tokens, "peer-as", AS_FORMAT)?),
            "router-id" => router_id = Some(tokens.parse("router-id", "an IPv4 address")?),
            "family-allowed" => {
                // What the OPENs agree upon starts from what we offer.
                families = parse_families(tokens)?.unwrap_or(families);
            }
            "graceful-restart" => {
                graceful_restart = Some(tokens.parse("restart time", "0 to 4095 seconds")?);
                if graceful_restart > Some(4095) {
                    let message = "a restart time has at most 4095 seconds (RFC 4724)";
                    return Err(tokens.last_error(message).into());
                }
            }
            "api" => tokens.list("processes", |tokens| {
                let name = tokens.expect("the name of a process")?;
                if !processes.iter().any(|other| other == name) {
                    processes.push(name.to_owned());
                }
                Ok(())
            })?,
            word => {
                let statement = statement(word, tokens)?;
                if statements.iter().any(|other| other.keyword == statement.keyword) {
                    let message = format!("{word} is given twice");
                    return Err(tokens.last_error(message).into());
                }
                statements.push(statement);
            }
        }
    }
    let local_address = required(local_address, "local-address");
    let local_as = required(local_as, "local-as");
    let peer_as = required(peer_as, "peer-as");
    let router_id = router_id.or(match local_address {
        Ok(Some(IpAddr::V4(address))) => Some(address),
        _ => None,
    });
    let (Ok(local_address), Ok(local_as), Ok(peer_as)) = (local_address, local_as, peer_as) else {
        let missing = [local_address.err(), local_as.err(), peer_as.err()];
        return Err(Refusal::MissingParameters(missing.into_iter().flatten().collect()));
    };
    // An IPv6 address is no identifier.
    let router_id = router_id.ok_or_else(|| Refusal::MissingParameters(vec!["router-id"]))?;
    Ok(Command::CreatePeer(Box::new(NewPeer {
        peer,
        local_address,
        local_as,
        peer_as,
        router_id,
        families,
        graceful_restart,
        processes,
        statements,
    })))
}

/// The value, or the name of what is missing.
fn required<T>(value: Option<T>, name: &'static str) -> Result<T, &'static str> {
    value.ok_or(name)
}

fn statement(word: &str, tokens: &mut Tokens<'_>) -> Result<Statement, TextError> {
    let Some(keyword) = STATEMENTS.iter().find(|keyword| **keyword == word) else {
        let error = tokens.last_error(format!("a neighbor that is created has no '{word}'"));
        let near = did_you_mean(word, KEYS.iter().chain(STATEMENTS).copied());
        return Err(match near {
            Some(near) => error.help(format!("did you mean '{near}'?")),
            None => error.help("other settings need the configuration file"),
        });
    };
    let value = tokens.expect("the value")?.to_owned();
    let span = tokens.last_span();
    Ok(Statement { keyword, value, span })
}

/// `SELECTION`, with or without `neighbor` in front.
pub(super) fn delete<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let _ = arguments.tokens.accept("neighbor") || arguments.tokens.accept("peer");
    late_selector(arguments)?;
    Ok(Command::DeletePeers)
}
