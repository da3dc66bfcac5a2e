//! Routes that the neighbor can not announce.

use yottabgp_session::settings::Settings;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::Span;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::prefix::Prefix;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::model::ConfiguredRoute;
use crate::routes::Routes;

/// The routes of the families that the neighbor has. A route of another family is an error, except for IPv4 unicast,
/// which ExaBGP takes and does not send.
pub(crate) fn resolve(
    routes: Routes,
    header: Span,
    peer: Prefix,
    settings: &Settings,
    context: &mut Context<'_>,
) -> Vec<ConfiguredRoute> {
    let Routes { mut routes, mut spans } = routes;
    context.problems.about("route");
    let mut dropped: Option<Span> = None;
    let mut known: Option<Family> = None;
    for (route, span) in routes.iter().zip(&spans) {
        if known != Some(route.family) {
            if settings.families.contains(&route.family) || route.nlri.is_none() {
                known = Some(route.family);
            } else if route.family == Family::IPV4_UNICAST {
                dropped.get_or_insert(*span);
                continue;
            } else {
                let message = format!(
                    "Trying to announce a route of type {},{} when we are not announcing the family to our peer",
                    route.family.afi, route.family.safi
                );
                let error = Diagnostic::error(*span, message).related(header, "the neighbor");
                let mut family = Vec::new();
                route.family.push_command(&mut family);
                let family = String::from_utf8_lossy(&family);
                context.problems.push(error.help(format!("add '{family};' to family {{ … }}")));
                continue;
            }
        }
        let impossible = route.next_hop == NextHop::SelfAddress
            && route.family.afi == Afi::IPV6
            && peer.afi() == Afi::IPV4;
        if impossible {
            let message = "use of \"next-hop self\": the route (ipv6) does not have the same family as the BGP tcp session (ipv4)";
            let error = Diagnostic::error(*span, message).related(header, "the session");
            context.problems.push(error.help("write the IPv6 address of the next hop"));
        }
    }
    if let Some(first) = dropped {
        let message =
            "IPv4 unicast routes are not sent to this neighbor, which does not have the family";
        let warning = Diagnostic::warning(first, message).related(header, "the neighbor");
        context.problems.push(warning.help("add 'ipv4 unicast;' to family { … }"));
        let families = &settings.families;
        let kept =
            |route: &ConfiguredRoute| route.nlri.is_none() || families.contains(&route.family);
        let mut each = routes.iter();
        spans.retain(|_| each.next().is_none_or(kept));
        routes.retain(kept);
    }
    context.problems.about("neighbor");
    context.route_places = spans;
    routes
}
