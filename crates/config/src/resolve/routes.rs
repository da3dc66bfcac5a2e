//! Routes that the neighbor can not announce.

use std::hash::{BuildHasher as _, Hash as _, Hasher as _};
use std::sync::Arc;

use hashbrown::HashMap;
use yottabgp_session::settings::Settings;
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::Span;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::prefix::Prefix;

use super::Context;
use crate::configured::{ConfiguredRoutes, RouteList, Terms};
use crate::diagnostic::Diagnostic;
use crate::routes::{Routes, Written};

/// The routes of the families that the neighbor has. A route of another family is an error, except for IPv4 unicast,
/// which ExaBGP takes and does not send.
pub(crate) fn resolve(
    routes: Routes,
    header: Span,
    peer: Prefix,
    settings: &Settings,
    context: &mut Context<'_>,
) -> ConfiguredRoutes {
    let rules = Rules { peer, settings, header };
    context.problems.about("route");
    let (mut lists, mut places) = (Vec::new(), Vec::new());
    let mut dropped: Option<Span> = None;
    for mut written in routes.into_lists() {
        // There are few terms and many routes.
        let mut all = written.list.terms().iter();
        if !all.all(|terms| rules.verdict(terms) == Verdict::Good) {
            context.needs_places = true;
            rules.tell(&written, &mut dropped, context);
            written = rules.without_dropped(&written);
        }
        if !written.list.is_empty() {
            lists.push(context.lists.share(written.list));
            places.push(written.spans);
        }
    }
    if let Some(first) = dropped {
        let message =
            "IPv4 unicast routes are not sent to this neighbor, which does not have the family";
        let warning = Diagnostic::warning(first, message).related(header, "the neighbor");
        context.problems.push(warning.help("add 'ipv4 unicast;' to family { … }"));
    }
    context.problems.about("neighbor");
    context.route_places = places;
    ConfiguredRoutes::new(lists)
}

/// What becomes of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    /// They are of IPv4 unicast, which the neighbor does not have.
    Dropped,
    /// They are of another family that the neighbor does not have.
    NoFamily,
    /// The next hop is the local address, which is of another family.
    NoNextHop,
}

/// What a neighbor can announce.
struct Rules<'a> {
    peer: Prefix,
    settings: &'a Settings,
    header: Span,
}

impl Rules<'_> {
    fn verdict(&self, terms: &Terms) -> Verdict {
        if terms.has_nlri && !self.settings.families.contains(&terms.family) {
            return match terms.family {
                Family::IPV4_UNICAST => Verdict::Dropped,
                _ => Verdict::NoFamily,
            };
        }
        let impossible = terms.next_hop == NextHop::SelfAddress
            && terms.family.afi == Afi::IPV6
            && self.peer.afi() == Afi::IPV4;
        if impossible { Verdict::NoNextHop } else { Verdict::Good }
    }

    /// Says which routes can not be announced.
    fn tell(&self, written: &Written, dropped: &mut Option<Span>, context: &mut Context<'_>) {
        for (route, span) in written.list.iter().zip(&*written.spans) {
            match self.verdict(route.terms()) {
                Verdict::Good => {}
                Verdict::Dropped => {
                    dropped.get_or_insert(*span);
                }
                Verdict::NoFamily => {
                    let message = format!(
                        "Trying to announce a route of type {},{} when we are not announcing the family to our peer",
                        route.family.afi, route.family.safi
                    );
                    let error =
                        Diagnostic::error(*span, message).related(self.header, "the neighbor");
                    let mut family = Vec::new();
                    route.family.push_command(&mut family);
                    let family = String::from_utf8_lossy(&family);
                    context.problems.push(error.help(format!("add '{family};' to family {{ … }}")));
                }
                Verdict::NoNextHop => {
                    let message = "use of \"next-hop self\": the route (ipv6) does not have the same family as the BGP tcp session (ipv4)";
                    let error =
                        Diagnostic::error(*span, message).related(self.header, "the session");
                    context.problems.push(error.help("write the IPv6 address of the next hop"));
                }
            }
        }
    }

    /// The routes that the neighbor gets.
    fn without_dropped(&self, written: &Written) -> Written {
        let mut list = RouteList::default();
        for terms in written.list.terms() {
            list.add_terms(terms.clone());
        }
        let mut spans = Vec::new();
        for (route, span) in written.list.iter().zip(&*written.spans) {
            if self.verdict(route.terms()) != Verdict::Dropped {
                let octets = route.nlri().map_or(&[][..], |nlri| nlri.bytes);
                list.push(&[octets], route.number());
                spans.push(*span);
            }
        }
        list.shrink();
        Written { list: Arc::new(list), spans: spans.into() }
    }
}

/// The lists of routes of all neighbors, by what is in them: those that are alike become one, so that what is made of them
/// is made once.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    known: HashMap<u64, Arc<RouteList>>,
    hasher: foldhash::fast::RandomState,
}

impl Lists {
    fn share(&mut self, list: Arc<RouteList>) -> Arc<RouteList> {
        let mut state = self.hasher.build_hasher();
        state.write(list.octets());
        for terms in list.terms() {
            state.write(&terms.attributes);
            terms.next_hop.hash(&mut state);
        }
        let known = self.known.entry(state.finish()).or_insert_with(|| list.clone());
        if Arc::ptr_eq(known, &list) || known.is_like(&list) { known.clone() } else { list }
    }
}
