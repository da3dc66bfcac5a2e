//! Each route as a message: whether it can be sent, fits, and is read back as what it was.

use std::net::IpAddr;

use yottabgp_config::{ConfiguredRoute, Diagnostic, Neighbor, NeighborPlaces};
use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::attribute::{render, set};
use yottabgp_wire::codes::Afi;
use yottabgp_wire::message::update::encode::{EncodeError, UpdateEncoder};
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::message::{Frame, frame};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

use crate::context;

/// Most routes of a neighbor that something is said about: the others have the same mistake.
const MOST: usize = 20;

/// Checks the routes of a neighbor. With `compare`, what is sent is read again.
pub(super) fn check(
    neighbor: &Neighbor,
    places: &NeighborPlaces,
    compare: bool,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let best = match context::of_neighbor(neighbor) {
        Ok(best) => best,
        Err(error) => {
            let error = Diagnostic::error(places.header, error.to_string());
            return vec![error.code("neighbor")];
        }
    };
    let worst = worst(neighbor);
    let inside = Negotiated {
        local_as: best.peer_as,
        aigp: true,
        add_path: best.add_path.clone(),
        ..best.clone()
    };
    let mut inside = inside;
    // What we send is what we read.
    inside.add_path.receive.clone_from(&inside.add_path.send);
    let mut checker = Checker { encoder: UpdateEncoder::default(), message: Vec::new() };
    for (route, place) in neighbor.routes.iter().zip(places.routes()) {
        if found.len() >= MOST {
            break;
        }
        let Some(nlri) = route.nlri() else { continue };
        let problem = checker.sent(&best, worst.as_ref(), &route, nlri, neighbor);
        let compared = |checker: &mut Checker| checker.compared(&inside, &route, nlri);
        let problem = match problem {
            None if compare => compared(&mut checker),
            problem => problem,
        };
        if let Some(mut problem) = problem {
            problem.span = place;
            let what = format!("{}: {}", text_of(nlri), problem.message);
            problem.message = what.into();
            found.push(problem.related(places.header, "the neighbor"));
        }
    }
    found
}

/// What the neighbor and a peer that can only what is needed would agree upon.
fn worst(neighbor: &Neighbor) -> Option<Negotiated> {
    let mut plain = neighbor.clone();
    plain.settings.asn4 = false;
    plain.settings.extended_message = false;
    plain.settings.add_path = AddPathMode::default();
    context::of_neighbor(&plain).ok()
}

struct Checker {
    encoder: UpdateEncoder,
    message: Vec<u8>,
}

impl Checker {
    fn encode(
        &mut self,
        negotiated: &Negotiated,
        route: &ConfiguredRoute<'_>,
        nlri: Nlri<'_>,
        next_hop: NextHop,
    ) -> Result<(), EncodeError> {
        self.message.clear();
        let (set, family) = (&route.attributes, nlri.family);
        self.encoder
            .announce(negotiated, false, set, next_hop, family, [nlri], &mut self.message)
            .map(|_| ())
    }

    /// Whether a route can be sent: to a peer that can everything, and to one that can little.
    fn sent(
        &mut self,
        best: &Negotiated,
        worst: Option<&Negotiated>,
        route: &ConfiguredRoute<'_>,
        nlri: Nlri<'_>,
        neighbor: &Neighbor,
    ) -> Option<Diagnostic> {
        let here = Default::default();
        let (local, router_id) = (best.local_address, best.local_router_id);
        let Some(next_hop) = route.next_hop.resolve(nlri.family.afi, local, router_id) else {
            let message = format!("next-hop self: the local address {local} is of another family");
            let error = Diagnostic::error(here, message).code("next-hop");
            return Some(error.help("write the address of the next hop"));
        };
        if let Err(error) = self.encode(best, route, nlri, next_hop) {
            return Some(refused(&error));
        }
        if let Some(worst) = worst
            && let Err(error @ EncodeError::TooLong { .. }) =
                self.encode(worst, route, nlri, next_hop)
        {
            let message =
                format!("only a peer with extended messages (RFC 8654) is sent this: {error}");
            return Some(Diagnostic::warning(here, message).code("size"));
        }
        unusable(next_hop, local, neighbor)
    }

    /// Whether what is sent within an AS, where every attribute is, is read as the route again.
    fn compared(
        &mut self,
        negotiated: &Negotiated,
        route: &ConfiguredRoute<'_>,
        nlri: Nlri<'_>,
    ) -> Option<Diagnostic> {
        let (local, router_id) = (negotiated.local_address, negotiated.local_router_id);
        let next_hop = route.next_hop.resolve(nlri.family.afi, local, router_id)?;
        if let Err(error) = self.encode(negotiated, route, nlri, next_hop) {
            return Some(refused(&error));
        }
        // Nothing is sent for a family that the neighbor has not.
        let Frame::Message { body, .. } = frame(&self.message, usize::from(u16::MAX)) else {
            return None;
        };
        let why = same(body, nlri, &route.attributes, negotiated).err()?;
        Some(Diagnostic::error(Default::default(), why).code("route"))
    }
}

/// A route that can never be sent.
fn refused(error: &EncodeError) -> Diagnostic {
    let code = match error {
        EncodeError::NoNextHop(_) | EncodeError::NextHop { .. } => "next-hop",
        EncodeError::TooLong { .. } => "size",
    };
    let diagnostic = Diagnostic::error(Default::default(), error.to_string()).code(code);
    match error {
        EncodeError::NextHop { family, address } => {
            let afi = if address.is_ipv4() { Afi::IPV4 } else { Afi::IPV6 };
            diagnostic
                .help(format!("add '{family} {afi};' to nexthop {{ … }}, or correct the next hop"))
        }
        EncodeError::NoNextHop(_) => diagnostic.help("add 'next-hop ADDRESS'"),
        EncodeError::TooLong { .. } => diagnostic.help("leave some of the attributes out"),
    }
}

/// A next hop that no peer uses.
fn unusable(next_hop: NextHop, local: IpAddr, neighbor: &Neighbor) -> Option<Diagnostic> {
    let peer = neighbor.peer.address;
    let address: IpAddr = match next_hop {
        NextHop::V4(address) => address.into(),
        NextHop::V6(address) => address.into(),
        NextHop::Absent | NextHop::SelfAddress => return None,
    };
    let why = if address.is_unspecified() {
        "no router can send anything to it"
    } else if address.is_multicast() {
        "it is a multicast address"
    } else if address == peer && address != local && !neighbor.is_range() {
        // Two speakers on one machine may well have the same address.
        "it is the peer's own address, which the peer does not take (RFC 4271 section 6.3)"
    } else {
        return None;
    };
    let message = format!("the next hop {address} is of no use: {why}");
    Some(Diagnostic::warning(Default::default(), message).code("next-hop"))
}

/// Whether an UPDATE says this route and nothing else.
fn same(
    body: &[u8],
    nlri: Nlri<'_>,
    attributes: &[u8],
    negotiated: &Negotiated,
) -> Result<(), String> {
    let update = Update::decode_with(body, negotiated, Direction::Receive, Scrutiny::Inspection)
        .map_err(|fault| format!("what is sent can not be read: {fault}"))?;
    let verbatim: Vec<u8> = set::iter(attributes)
        .filter(|stored| stored.verbatim)
        .map(|stored| stored.attribute.code)
        .collect();
    // Octets that the user wrote out are sent as they are, right or wrong.
    if let Some(fault) = update
        .faults()
        .iter()
        .find(|fault| !fault.attribute.is_some_and(|code| verbatim.contains(&code)))
    {
        if verbatim.is_empty() {
            return Err(format!("what is sent would be refused: {fault}"));
        }
        return Ok(());
    }
    if update.is_treated_as_withdraw() {
        return Ok(());
    }
    let mut read = Vec::new();
    for (_, field) in update.announced() {
        for nlri in field {
            read.push(nlri.map_err(|error| error.to_string())?);
        }
    }
    let path_id = negotiated.has_path_id(nlri.family, Direction::Send);
    let sent = Nlri { path_id: path_id.then(|| nlri.path_id.unwrap_or(0)), ..nlri };
    if read != [sent] {
        let read: Vec<String> = read.into_iter().map(text_of).collect();
        return Err(format!("it is read back as {}", read.join(", ")));
    }
    same_attributes(&update, attributes)
}

/// Whether every attribute of the set came back. Those that sessions add or leave out do not count.
fn same_attributes(update: &Update<'_>, attributes: &[u8]) -> Result<(), String> {
    for stored in set::iter(attributes).filter(|stored| !stored.verbatim) {
        let wanted = stored.attribute;
        let text = |attribute| {
            let mut text = Vec::new();
            render::push_text(
                &attribute,
                &yottabgp_wire::attribute::ValueContext::STORED,
                &mut text,
            );
            String::from_utf8_lossy(&text).trim().to_owned()
        };
        match update.attribute(wanted.code) {
            Some(read) if read.value == wanted.value => {}
            Some(read) => {
                return Err(format!("'{}' is read back as '{}'", text(wanted), text(read)));
            }
            None if wanted.value.is_empty() => {}
            None => return Err(format!("'{}' is lost", text(wanted))),
        }
    }
    Ok(())
}

fn text_of(nlri: Nlri<'_>) -> String {
    let mut text = Vec::new();
    nlri.text(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
