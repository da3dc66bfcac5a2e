//! The routes of neighbors: kept small, and once for all neighbors that have the same.

use std::iter;
use std::ops::{Deref, Range};
use std::sync::Arc;

use yottabgp_wire::codes::Family;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;

use crate::known::{Kept, Passage, Run};

/// The routes of a neighbor, in their order. A copy costs nothing: the lists are shared.
#[derive(Clone, Debug, Default)]
pub struct ConfiguredRoutes {
    lists: Arc<[Arc<RouteList>]>,
}

impl ConfiguredRoutes {
    /// Those of these lists, one after the other.
    pub(crate) fn new(lists: Vec<Arc<RouteList>>) -> Self {
        Self { lists: lists.into() }
    }

    /// The lists that they are made of: own ones of the neighbor first and then those of its templates.
    pub fn lists(&self) -> &[Arc<RouteList>] {
        &self.lists
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.lists.iter().map(|list| list.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lists.iter().all(|list| list.is_empty())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = ConfiguredRoute<'_>> + Clone {
        self.lists.iter().flat_map(|list| list.iter())
    }

    /// One of them, by its place.
    pub fn get(&self, mut place: usize) -> Option<ConfiguredRoute<'_>> {
        for list in &*self.lists {
            match place.checked_sub(list.len()) {
                Some(rest) => place = rest,
                None => return list.get(place),
            }
        }
        None
    }

    /// Whether they are the very lists of another neighbor, and so the same without a look at any route.
    pub fn are_those_of(&self, other: &Self) -> bool {
        self.lists.len() == other.lists.len()
            && iter::zip(&*self.lists, &*other.lists).all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

impl PartialEq for ConfiguredRoutes {
    fn eq(&self, other: &Self) -> bool {
        self.are_those_of(other) || self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for ConfiguredRoutes {}

/// Routes that were written in one place. What statements say beside the NLRI is kept once, however many say it.
#[derive(Clone, Debug, Default)]
pub struct RouteList {
    /// The NLRI, one behind the other.
    octets: Vec<u8>,
    routes: Vec<Place>,
    terms: Vec<Terms>,
    /// The text that said them, and what an earlier reading had of it: see [`crate::known`].
    passages: Vec<Passage>,
    kept: Kept,
}

/// A route of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    /// Where its NLRI ends.
    end: u32,
    /// The number of its terms.
    terms: u32,
}

impl RouteList {
    /// How many routes there are.
    pub const fn len(&self) -> usize {
        self.routes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }

    /// What the routes are announced with; [`ConfiguredRoute::number`] is the place in it.
    pub fn terms(&self) -> &[Terms] {
        &self.terms
    }

    /// Each route.
    pub fn iter(&self) -> impl Iterator<Item = ConfiguredRoute<'_>> + Clone {
        let mut start = 0;
        self.routes.iter().filter_map(move |place| {
            let bytes = self.octets.get(start as usize..place.end as usize)?;
            start = place.end;
            self.route(bytes, place.terms)
        })
    }

    /// One route, by its place.
    pub fn get(&self, place: usize) -> Option<ConfiguredRoute<'_>> {
        let Place { end, terms } = *self.routes.get(place)?;
        let start = self.start_of(place);
        self.route(self.octets.get(start as usize..end as usize)?, terms)
    }

    fn route<'a>(&'a self, bytes: &'a [u8], number: u32) -> Option<ConfiguredRoute<'a>> {
        let terms = self.terms.get(number as usize)?;
        Some(ConfiguredRoute { bytes, number, terms })
    }

    /// Adds a route with terms that [`Self::add_terms`] added.
    pub(crate) fn push(&mut self, nlri: &[&[u8]], terms: u32) {
        for part in nlri {
            self.octets.extend_from_slice(part);
        }
        self.routes.push(Place { end: number(self.octets.len()), terms });
    }

    /// Adds what routes are announced with; returns its number.
    pub(crate) fn add_terms(&mut self, terms: Terms) -> u32 {
        self.terms.push(terms);
        number(self.terms.len() - 1)
    }

    /// Adds routes of another list; `terms` has for each of its terms the number of the same ones here.
    pub(crate) fn take_over(&mut self, from: &Self, places: Range<usize>, terms: &[u32]) {
        let start = from.start_of(places.start);
        let first = number(self.octets.len());
        let Some(routes) = from.routes.get(places) else { return };
        let end = routes.last().map_or(start, |last| last.end);
        self.octets
            .extend_from_slice(from.octets.get(start as usize..end as usize).unwrap_or_default());
        self.routes.extend(routes.iter().map(|route| Place {
            end: (route.end - start).saturating_add(first),
            terms: terms.get(route.terms as usize).copied().unwrap_or(u32::MAX),
        }));
    }

    /// The numbers of the terms of some routes.
    pub(crate) fn numbers(&self, places: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        self.routes.get(places).unwrap_or_default().iter().map(|place| place.terms)
    }

    /// Which passages said which routes.
    pub(crate) fn passages(&self) -> &[Passage] {
        &self.passages
    }

    /// Adds the passage that said the last routes.
    pub(crate) fn add_passage(&mut self, passage: Passage) {
        self.passages.push(passage);
    }

    /// Notes what was taken over of an earlier reading.
    pub(crate) const fn kept_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }

    /// Which routes the very same text said that said those of this other list, in ascending places here. `None` when nobody
    /// compared the two.
    pub fn kept_of(&self, other: &Arc<Self>) -> Option<&[Run]> {
        self.kept.of(other)
    }

    /// Where the NLRI of a route starts.
    fn start_of(&self, place: usize) -> u32 {
        let before = place.checked_sub(1).and_then(|before| self.routes.get(before));
        before.map_or(0, |before| before.end)
    }

    /// Whether so much is in it that what follows belongs into another one: its places have 32 bits.
    pub(crate) const fn is_full(&self) -> bool {
        self.octets.len() > (u32::MAX / 2) as usize || self.routes.len() > (u32::MAX / 2) as usize
    }

    /// Gives back the memory that was taken for routes to come.
    pub(crate) fn shrink(&mut self) {
        self.octets.shrink_to_fit();
        self.routes.shrink_to_fit();
        self.terms.shrink_to_fit();
        self.passages.shrink_to_fit();
        self.kept.shrink();
    }

    /// Whether another list says the same in the same way, place by place.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.octets == other.octets && self.routes == other.routes && self.terms == other.terms
    }

    /// The octets of the NLRI, one behind the other.
    pub(crate) fn octets(&self) -> &[u8] {
        &self.octets
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A route of the file.
#[derive(Clone, Copy, Debug)]
pub struct ConfiguredRoute<'a> {
    bytes: &'a [u8],
    number: u32,
    terms: &'a Terms,
}

impl<'a> ConfiguredRoute<'a> {
    /// What it is to; `None` for `attributes …;` without `nlri`, an UPDATE of attributes alone.
    pub fn nlri(&self) -> Option<Nlri<'a>> {
        let Terms { family, path_id, has_nlri, .. } = *self.terms;
        has_nlri.then_some(Nlri { family, path_id, bytes: self.bytes })
    }

    /// The octets of its NLRI; none without one.
    pub(crate) const fn octets(&self) -> &'a [u8] {
        self.bytes
    }

    /// What it is announced with.
    pub const fn terms(&self) -> &'a Terms {
        self.terms
    }

    /// The number of its terms in its list.
    pub const fn number(&self) -> u32 {
        self.number
    }
}

impl Deref for ConfiguredRoute<'_> {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        self.terms
    }
}

impl PartialEq for ConfiguredRoute<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
            && (std::ptr::eq(self.terms, other.terms) || self.terms == other.terms)
    }
}

impl Eq for ConfiguredRoute<'_> {}

/// What a statement says of its routes beside the NLRI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The family.
    pub family: Family,
    /// `path-information`.
    pub path_id: Option<u32>,
    /// Whether there is an NLRI at all.
    pub has_nlri: bool,
    /// The attributes, as [`yottabgp_wire::attribute::set`] writes them. Equal sets of one file are one allocation.
    pub attributes: Arc<[u8]>,
    /// The next hop; `self` is resolved for each session.
    pub next_hop: NextHop,
    /// The watchdog that announces and withdraws it.
    pub watchdog: Option<Arc<str>>,
    /// Whether it waits for its watchdog to be announced.
    pub withdraw: bool,
    /// `name`: a mnemonic, not sent.
    pub name: Option<Arc<str>>,
}
