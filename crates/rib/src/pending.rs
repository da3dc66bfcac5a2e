//! What is still to be announced: routes grouped by attribute set and family, in the order in which the groups began. Routes of the
//! configuration are not in one group with others, which would make those overtake what was announced before them.
//!
//! Each group is a doubly linked list through the route records themselves, so that queueing, moving and dropping a
//! route costs no memory and takes constant time, however often it changes before it is sent.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use yottabgp_wire::codes::Family;

use crate::store::AttributesId;
use crate::table::{NONE, RouteId};

/// The place of a route in its group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    /// The sequence number of the group; 0 for none.
    pub(crate) group: u32,
    previous: RouteId,
    next: RouteId,
}

impl Default for Link {
    fn default() -> Self {
        Self { group: 0, previous: NONE, next: NONE }
    }
}

/// Access to the links inside of the records.
pub(crate) trait Links {
    /// The link of a route.
    fn link(&mut self, id: RouteId) -> Option<&mut Link>;
}

/// Routes with the same attributes and family.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// The attributes.
    pub(crate) attributes: AttributesId,
    /// The family.
    pub(crate) family: Family,
    /// Whether the routes are of the configuration.
    configured: bool,
    first: RouteId,
    last: RouteId,
}

/// The groups.
#[derive(Debug)]
pub(crate) struct Pending {
    groups: VecDeque<Group>,
    /// The sequence number of the first group in `groups`.
    first: u32,
    index: HashTable<u32>,
    hasher: foldhash::fast::RandomState,
    count: usize,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            groups: VecDeque::new(),
            first: 1,
            index: HashTable::new(),
            hasher: foldhash::fast::RandomState::default(),
            count: 0,
        }
    }
}

impl Pending {
    /// How many routes are queued.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// Queues a route that is in no group.
    pub(crate) fn push(
        &mut self,
        links: &mut impl Links,
        id: RouteId,
        attributes: AttributesId,
        family: Family,
        configured: bool,
    ) {
        let hash = self.hash(attributes, family);
        let wanted = (attributes, family, configured);
        let found = self.index.find(hash, |sequence| {
            self.group(*sequence)
                .is_some_and(|group| (group.attributes, group.family, group.configured) == wanted)
        });
        let sequence = match found {
            Some(&sequence) => sequence,
            None => {
                let count = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
                // Number 0 means "in no group", so counting goes from the last number to 1.
                let sequence = self.first.wrapping_add(count);
                let (first, last) = (NONE, NONE);
                self.groups.push_back(Group { attributes, family, configured, first, last });
                let (groups, first, hasher) = (&self.groups, self.first, &self.hasher);
                self.index.insert_unique(hash, sequence, |sequence| {
                    groups
                        .get(sequence.wrapping_sub(first) as usize)
                        .map_or(0, |group| hash_group(hasher, group.attributes, group.family))
                });
                sequence
            }
        };
        let Some(group) = self.groups.get_mut(sequence.wrapping_sub(self.first) as usize) else {
            return;
        };
        let last = std::mem::replace(&mut group.last, id);
        if last == NONE {
            group.first = id;
        } else if let Some(link) = links.link(last) {
            link.next = id;
        }
        if let Some(link) = links.link(id) {
            *link = Link { group: sequence, previous: last, next: NONE };
            self.count += 1;
        }
    }

    /// Takes a route out of its group, if it is in one.
    pub(crate) fn remove(&mut self, links: &mut impl Links, id: RouteId) {
        let Some(link) = links.link(id) else { return };
        let Link { group, previous, next } = std::mem::take(link);
        if group == 0 {
            return;
        }
        self.count -= 1;
        if let Some(link) = links.link(previous) {
            link.next = next;
        }
        if let Some(link) = links.link(next) {
            link.previous = previous;
        }
        if let Some(group) = self.groups.get_mut(group.wrapping_sub(self.first) as usize) {
            if group.first == id {
                group.first = next;
            }
            if group.last == id {
                group.last = previous;
            }
        }
    }

    /// The first group that has a route, and its first route. Groups that became empty are dropped on the way.
    pub(crate) fn front(&mut self) -> Option<(Group, RouteId)> {
        loop {
            let group = *self.groups.front()?;
            if group.first != NONE {
                return Some((group, group.first));
            }
            self.drop_front();
        }
    }

    fn drop_front(&mut self) {
        let Some(group) = self.groups.pop_front() else { return };
        let (hash, first) = (self.hash(group.attributes, group.family), self.first);
        if let Ok(found) = self.index.find_entry(hash, |sequence| *sequence == first) {
            found.remove();
        }
        self.first = self.first.wrapping_add(1);
        if self.groups.is_empty() {
            // An empty queue may start its numbers anew: 0 is never reached while it has groups in practice (2^32).
            self.first = 1;
            self.index.clear();
        }
    }

    /// The route after `id` in its group.
    pub(crate) fn after(links: &mut impl Links, id: RouteId) -> Option<RouteId> {
        links.link(id).map(|link| link.next).filter(|next| *next != NONE)
    }

    /// Forgets everything; the links of the records are to be reset by the caller.
    pub(crate) fn clear(&mut self) {
        *self = Self { hasher: std::mem::take(&mut self.hasher), ..Self::default() };
    }

    fn group(&self, sequence: u32) -> Option<&Group> {
        self.groups.get(sequence.wrapping_sub(self.first) as usize)
    }

    fn hash(&self, attributes: AttributesId, family: Family) -> u64 {
        hash_group(&self.hasher, attributes, family)
    }
}

fn hash_group(
    hasher: &foldhash::fast::RandomState,
    attributes: AttributesId,
    family: Family,
) -> u64 {
    let mut state = hasher.build_hasher();
    attributes.hash(&mut state);
    family.hash(&mut state);
    state.finish()
}
