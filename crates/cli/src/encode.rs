//! `encode`: commands and configured routes as the messages that a peer would get, in hexadecimal.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use yottabgp_api::Version;
use yottabgp_api::command::{self, Command, Refusal};
use yottabgp_config::{Diagnostic, Environment, Neighbor, Source};
use yottabgp_rib::adj_rib_out::{AdjRibOut, Origin, Sending};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::message::route_refresh::{RouteRefresh, subtype};
use yottabgp_wire::message::update::encode::{UpdateEncoder, end_of_rib};
use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::route::{RouteBuffer, Verb};

use crate::{context, hex, out, validate};

/// What `encode` is told.
#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    /// The families of the session, "ipv4 unicast" …; all when absent
    #[arg(short, long, value_name = "FAMILIES")]
    pub(crate) family: Option<String>,
    /// Our AS
    #[arg(short = 'a', long, default_value = "65533", value_name = "ASN")]
    pub(crate) local_as: String,
    /// The peer's AS
    #[arg(short = 'z', long, default_value = "65533", value_name = "ASN")]
    pub(crate) peer_as: String,
    /// NLRI have path identifiers (ADD-PATH)
    #[arg(short = 'i', long)]
    pub(crate) path_information: bool,
    /// The NLRI alone
    #[arg(short, long)]
    pub(crate) nlri: bool,
    /// Without the 19 octets of the header
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Encode the routes of this file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) debug: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// A route as in a `static` section, or a command: "route 10.0.0.0/24 next-hop 192.0.2.1"
    #[arg(value_name = "ROUTE")]
    pub(crate) route: Vec<String>,
}

/// Writes the messages, a line each. Says whether everything could be encoded.
pub(crate) fn run(arguments: &EncodeArgs, environment: &Environment) -> Result<bool> {
    match (&arguments.configuration, arguments.route.is_empty()) {
        (Some(path), true) => of_file(path, arguments, environment),
        (None, false) => of_command(&arguments.route.join(" "), arguments),
        (Some(_), false) => bail!("give a route or --configuration, not both"),
        (None, true) if std::io::stdin().is_terminal() => {
            bail!("no route: give one like \"route 10.0.0.0/24 next-hop 192.0.2.1\"")
        }
        (None, true) => of_lines(arguments),
    }
}

/// Encodes the lines of standard input, one after the other, up to the first that can not be.
fn of_lines(arguments: &EncodeArgs) -> Result<bool> {
    let mut any = false;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            any = true;
            of_command(line, arguments)?;
        }
    }
    if !any {
        bail!("no route: give one like \"route 10.0.0.0/24 next-hop 192.0.2.1\"");
    }
    Ok(true)
}

/// Encodes one line, as `static` sections and helper processes write it.
fn of_command(line: &str, arguments: &EncodeArgs) -> Result<bool> {
    let line = line.trim().trim_end_matches([';', ' ']);
    let line = match line.split_whitespace().next() {
        Some("announce" | "withdraw" | "neighbor" | "peer" | "group") => line.to_owned(),
        _ => format!("announce {line}"),
    };
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    let request = command::parse(&line, Version::V6, &mut tokens, &mut route);
    let request = request.map_err(|refusal| failed(&line, refusal))?;
    let mut session = Session::made_up(arguments)?;
    match request.command {
        Command::Route(verb) => session.route(verb, &route)?,
        Command::Group(group) => {
            let mut members = Vec::new();
            group.for_each(&mut route, |member, route| {
                if let Command::Route(verb) = member {
                    Member::add(verb, route, &mut members);
                }
            })?;
            for member in &members {
                session.member(member)?;
            }
        }
        Command::EndOfRib(family) => end_of_rib(family, &mut session.messages),
        Command::RouteRefresh(family) => {
            RouteRefresh { family, subtype: subtype::QUERY }.encode(&mut session.messages);
        }
        Command::Operational(mut message) => {
            message.complete(session.negotiated.local_router_id, || 1);
            message.encode(&mut session.messages);
        }
        _ => bail!(
            "'{line}' sends no message that could be encoded: routes, eor, route-refresh and operational do"
        ),
    }
    if arguments.nlri {
        for nlri in &session.nlri {
            out::line(hex::upper(nlri))?;
        }
        return Ok(true);
    }
    print(&session.messages, arguments)
}

/// A route that can not be read: ExaBGP's words, then the place.
fn failed(line: &str, refusal: Refusal) -> anyhow::Error {
    let Refusal::Text(error) = refusal else {
        return anyhow!("configuration error: Failed to parse route: {refusal}");
    };
    let source = Source { name: "command line".to_owned(), text: line.to_owned() };
    let summary = error.message.clone();
    let shown = Diagnostic::from(error).render(&source, false);
    anyhow!("configuration error: Failed to parse route: {summary}\n{shown}")
}

/// What one command becomes.
struct Session {
    negotiated: Negotiated,
    encoder: UpdateEncoder,
    messages: Vec<u8>,
    /// Each NLRI, for `--nlri`.
    nlri: Vec<Vec<u8>>,
}

impl Session {
    fn made_up(arguments: &EncodeArgs) -> Result<Self> {
        let asn =
            |text: &str| Asn::from_str(text).map_err(|_| anyhow!("'{text}' is not an AS number"));
        let mut negotiated = Negotiated::permissive();
        negotiated.local_as = asn(&arguments.local_as)?;
        negotiated.peer_as = asn(&arguments.peer_as)?;
        negotiated.aigp = negotiated.is_ibgp();
        if let Some(families) = &arguments.family {
            negotiated.families = context::families(families)?;
        }
        if arguments.path_information {
            negotiated.add_path.everywhere = true;
        }
        Ok(Self {
            negotiated,
            encoder: UpdateEncoder::default(),
            messages: Vec::new(),
            nlri: Vec::new(),
        })
    }

    /// Encodes what a route statement names, family by family.
    fn route(&mut self, verb: Verb, route: &RouteBuffer) -> Result<()> {
        if route.nlri().len() == 0 {
            let Self { negotiated, encoder, messages, .. } = self;
            encoder.attributes_only(negotiated, route.attributes(), route.next_hop, messages)?;
        }
        let mut members = Vec::new();
        Member::add(verb, route, &mut members);
        members.iter().try_for_each(|member| self.member(member))
    }

    fn member(&mut self, member: &Member) -> Result<()> {
        let Member { verb, family, set, next_hop, .. } = member;
        if !self.negotiated.has_family(*family) {
            // What has no name is never asked for by one.
            if Family::ALL.contains(family) {
                bail!(
                    "the route is {family}, and the session has other families: add --family \"{family}\""
                );
            }
            self.negotiated.families.push(*family);
        }
        let path_id = self.negotiated.has_path_id(*family, Direction::Send);
        for nlri in member.nlri() {
            let mut octets = Vec::new();
            nlri.encode(path_id, &mut octets);
            self.nlri.push(octets);
        }
        let Self { negotiated, encoder, messages, .. } = self;
        let next_hop = resolved(*next_hop, *family, negotiated);
        match verb {
            Verb::Withdraw => {
                let next_hop = next_hop.unwrap_or_default();
                encoder.withdraw(
                    negotiated,
                    true,
                    set,
                    next_hop,
                    *family,
                    member.nlri(),
                    messages,
                )?
            }
            Verb::Announce => {
                let next_hop = next_hop?;
                encoder.announce(
                    negotiated,
                    true,
                    set,
                    next_hop,
                    *family,
                    member.nlri(),
                    messages,
                )?
            }
        };
        Ok(())
    }
}

/// Routes of one family that one call encodes: neighbors in a group that differ in nothing but their NLRI are one.
struct Member {
    verb: Verb,
    family: Family,
    set: Vec<u8>,
    next_hop: NextHop,
    nlri: Vec<(Option<u32>, Vec<u8>)>,
}

impl Member {
    /// Adds what a statement names.
    fn add(verb: Verb, route: &RouteBuffer, members: &mut Vec<Self>) {
        let first = members.len().saturating_sub(1);
        for nlri in route.nlri() {
            let same = |member: &&mut Self| {
                member.verb == verb
                    && member.family == nlri.family
                    && member.set == route.attributes()
                    && member.next_hop == route.next_hop
            };
            let one = (nlri.path_id, nlri.bytes.to_vec());
            match members.iter_mut().skip(first).find(same) {
                Some(member) => member.nlri.push(one),
                None => members.push(Self {
                    verb,
                    family: nlri.family,
                    set: route.attributes().to_vec(),
                    next_hop: route.next_hop,
                    nlri: vec![one],
                }),
            }
        }
    }

    fn nlri(&self) -> impl Iterator<Item = Nlri<'_>> {
        let family = self.family;
        self.nlri.iter().map(move |(path_id, bytes)| Nlri { family, path_id: *path_id, bytes })
    }
}

/// The next hop in a session.
fn resolved(next_hop: NextHop, family: Family, negotiated: &Negotiated) -> Result<NextHop> {
    let Negotiated { local_address, local_router_id, .. } = *negotiated;
    next_hop.resolve(family.afi, local_address, local_router_id).ok_or_else(|| {
        anyhow!("next-hop self: a route of {family} can not have the local address {local_address} of the session")
    })
}

/// Encodes every route of every neighbor of a file, in the order and the messages in which the daemon sends them.
fn of_file(path: &Path, arguments: &EncodeArgs, environment: &Environment) -> Result<bool> {
    let configuration = validate::load_or_say(path, environment)?;
    let mut good = true;
    for neighbor in &configuration.neighbors {
        let negotiated = context::of_neighbor(neighbor)?;
        let (messages, refused) = of_neighbor(neighbor, &negotiated)?;
        if arguments.nlri {
            for nlri in neighbor.routes.iter().filter_map(|route| route.nlri()) {
                let mut octets = Vec::new();
                nlri.encode(negotiated.has_path_id(nlri.family, Direction::Send), &mut octets);
                out::line(hex::upper(&octets))?;
            }
        } else {
            print(&messages, arguments)?;
        }
        for why in &refused {
            out::warn(format!("error: neighbor {}: {why}", neighbor.peer.address));
        }
        good &= refused.is_empty();
    }
    Ok(good)
}

/// The messages that carry a neighbor's routes when its session begins, and why others can not be sent.
fn of_neighbor(neighbor: &Neighbor, negotiated: &Negotiated) -> Result<(Vec<u8>, Vec<String>)> {
    let mut store = AttributeStore::default();
    let mut table = AdjRibOut::new(true);
    let member = table.join();
    for route in neighbor.routes.iter() {
        let next_hop = resolved(route.next_hop, route.family, negotiated)
            .with_context(|| format!("neighbor {}", neighbor.peer.address))?;
        let attributes = store.intern(&route.attributes, next_hop);
        match route.nlri() {
            Some(nlri) => {
                let (origin, watchdog) = (Origin::Configuration, route.watchdog.as_deref());
                table.announce(&mut store, &nlri, attributes, origin, watchdog, route.withdraw);
            }
            None => {
                table.announce_attributes(&mut store, attributes, Origin::Configuration);
            }
        }
    }
    table.session_up(&mut store, member);
    let (mut encoder, mut messages) = (UpdateEncoder::default(), Vec::new());
    let group = neighbor.settings.group_updates;
    let mut sending = Sending { encoder: &mut encoder, negotiated, group, holding: false };
    while table.fill(&mut store, member, &mut sending, &mut messages, usize::MAX) {}
    Ok((messages, table.take_refused(member)))
}

/// Prints messages, a line each.
fn print(messages: &[u8], arguments: &EncodeArgs) -> Result<bool> {
    let mut rest = messages;
    while let Frame::Message { length, .. } = frame(rest, usize::from(u16::MAX)) {
        let Some((message, after)) = rest.split_at_checked(length) else { break };
        let from = if arguments.no_header { HEADER_LENGTH } else { 0 };
        out::line(hex::upper(message.get(from..).unwrap_or_default()))?;
        rest = after;
    }
    Ok(true)
}
