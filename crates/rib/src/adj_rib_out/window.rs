//! A stretch of the list of changes, put in the groups that share messages.
//!
//! ExaBGP groups whatever waits by its attributes, in the order in which the groups began. So do we with what a session begins
//! with and with routes of the configuration, which come all at once. Groups of routes that commands changed go out in the order
//! of their *last* routes: who announces a route last, to see that all before it were sent, must not be told too early.

use hashbrown::HashMap;
use yottabgp_wire::codes::Family;
use yottabgp_wire::nlri::registry;

use crate::store::{AttributeStore, AttributesId};
use crate::table::RouteId;

/// The most routes of a window: a table of some hundred thousand routes takes as few messages as it can.
const MOST_ROUTES: usize = 64 * 1024;

/// About the most octets that the messages of a window have, path identifiers not counted.
const MOST_OCTETS: usize = 512 * 1024;

/// Octets that a message has beside the attributes of a set: the header, and what a peer gets by default.
const MESSAGE: usize = 64;

/// No member.
const NO_ONE: u32 = u32::MAX;

/// Routes with the same attributes and family.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) attributes: AttributesId,
    pub(super) family: Family,
    configured: bool,
    /// Octets that each route takes beside its own.
    each: usize,
    first: u32,
    last: u32,
}

/// The routes of the present window, whose room is used again.
#[derive(Debug, Default)]
pub(super) struct Window {
    groups: Vec<Group>,
    index: HashMap<(AttributesId, Family, bool), u32, foldhash::fast::RandomState>,
    /// Routes, and the next one of the same group.
    members: Vec<(RouteId, u32)>,
    /// Places of `groups`.
    order: Vec<u32>,
    octets: usize,
}

impl Window {
    pub(super) fn clear(&mut self) {
        self.groups.clear();
        self.index.clear();
        self.members.clear();
        self.order.clear();
        self.octets = 0;
    }

    /// Whether no more should be put into it.
    pub(super) const fn is_full(&self) -> bool {
        self.members.len() >= MOST_ROUTES || self.octets >= MOST_OCTETS
    }

    /// Something else takes octets, too.
    pub(super) const fn count(&mut self, octets: usize) {
        self.octets += octets;
    }

    /// Puts a route into its group. With `lonely`, each route has a message of its own.
    #[expect(clippy::too_many_arguments, reason = "each is one thing of a route")]
    pub(super) fn push(
        &mut self,
        store: &AttributeStore,
        id: RouteId,
        attributes: AttributesId,
        family: Family,
        configured: bool,
        lonely: bool,
        octets: usize,
    ) {
        let kind = (attributes, family, configured);
        let is_it = |group: &Group| (group.attributes, group.family, group.configured) == kind;
        let latest = self.groups.len().wrapping_sub(1);
        let place = if self.groups.get(latest).is_some_and(is_it) {
            latest
        } else {
            let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
            *self.index.entry(kind).or_insert(next) as usize
        };
        if place == self.groups.len() {
            let message = store.set(attributes).len() + MESSAGE;
            let packed = !lonely && (registry::row(family).packed)(family);
            let each = if packed { 0 } else { message };
            self.octets += message;
            let (first, last) = (NO_ONE, NO_ONE);
            self.groups.push(Group { attributes, family, configured, each, first, last });
        }
        let member = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        self.members.push((id, NO_ONE));
        let Some(group) = self.groups.get_mut(place) else { return };
        self.octets += group.each + octets;
        let before = std::mem::replace(&mut group.last, member);
        match self.members.get_mut(before as usize) {
            Some((_, next)) => *next = member,
            None => group.first = member,
        }
    }

    /// Everything is in it: puts the groups in order. With `begins`, what a session begins with.
    pub(super) fn sort(&mut self, begins: bool) {
        self.order.extend(0..u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
        if !begins {
            let groups = &self.groups;
            // They began in this order, so that a window of the configuration is sorted already.
            self.order.sort_by_key(|place| {
                groups
                    .get(*place as usize)
                    .map_or(0, |group| if group.configured { group.first } else { group.last })
            });
        }
    }

    /// The groups, in order.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.order.iter().filter_map(|place| self.groups.get(*place as usize))
    }

    /// The routes of a group, in order.
    pub(super) fn members(&self, group: &Group) -> impl Iterator<Item = RouteId> {
        let mut next = group.first;
        std::iter::from_fn(move || {
            let (id, after) = *self.members.get(next as usize)?;
            next = after;
            Some(id)
        })
    }

    /// All routes, in the order of the list.
    pub(super) fn routes(&self) -> impl Iterator<Item = RouteId> {
        self.members.iter().map(|(id, _)| *id)
    }
}
