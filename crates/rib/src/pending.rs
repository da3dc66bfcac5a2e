//! What is still to be announced: routes grouped by attribute set and family, in the order in which the groups began.
//!
//! Routes of the configuration, which come all at once, are grouped wherever they stand, and so is everything that a session
//! begins with. A route that a command changes in a session only joins the last group: in an earlier one it would overtake what
//! was announced before it, and who announces a route last to see that all before it were sent would be told too early.
//!
//! Each group is a doubly linked list through the route records themselves, so that queueing, moving and dropping a
//! route costs no memory and takes constant time, however often it changes before it is sent.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use yottabgp_wire::codes::Family;

use crate::store::AttributesId;
use crate::table::{NONE, RouteId};

/// So many groups may be empty, and as many more as there are routes, before those are dropped.
const SPARE: usize = 64;

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

/// Which group a route joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joins {
    /// Whichever is its own.
    Any,
    /// The last one, if that is its own.
    Last,
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
    /// Whether it is in the index, for routes that join any group.
    is_open: bool,
    first: RouteId,
    last: RouteId,
}

/// The groups.
#[derive(Debug)]
pub(crate) struct Pending {
    groups: VecDeque<Group>,
    /// The sequence number of the first group in `groups`.
    first: u32,
    /// The groups that are open, by attributes and family.
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
        joins: Joins,
    ) {
        if self.groups.len() > 2 * self.count + SPARE {
            self.compact(links);
        }
        let found = self.find(attributes, family, configured, joins);
        let sequence = found.unwrap_or_else(|| self.begin(attributes, family, configured, joins));
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

    /// The group that such a route joins.
    fn find(
        &self,
        attributes: AttributesId,
        family: Family,
        configured: bool,
        joins: Joins,
    ) -> Option<u32> {
        let wanted = (attributes, family, configured);
        let is_it = |group: &Group| (group.attributes, group.family, group.configured) == wanted;
        if joins == Joins::Last {
            let last = self.groups.len().checked_sub(1)?;
            return self.groups.get(last).filter(|group| is_it(group)).map(|_| self.sequence(last));
        }
        let hash = self.hash(attributes, family);
        self.index.find(hash, |sequence| self.group(*sequence).is_some_and(is_it)).copied()
    }

    /// A new last group.
    fn begin(
        &mut self,
        attributes: AttributesId,
        family: Family,
        configured: bool,
        joins: Joins,
    ) -> u32 {
        let sequence = self.sequence(self.groups.len());
        let is_open = joins == Joins::Any;
        let (first, last) = (NONE, NONE);
        self.groups.push_back(Group { attributes, family, configured, is_open, first, last });
        if is_open {
            self.remember(sequence, attributes, family);
        }
        sequence
    }

    /// Number 0 means "in no group", so counting goes from the last number to 1.
    fn sequence(&self, place: usize) -> u32 {
        self.first.wrapping_add(u32::try_from(place).unwrap_or(u32::MAX))
    }

    fn remember(&mut self, sequence: u32, attributes: AttributesId, family: Family) {
        let hash = self.hash(attributes, family);
        let (groups, first, hasher) = (&self.groups, self.first, &self.hasher);
        self.index.insert_unique(hash, sequence, |sequence| {
            groups
                .get(sequence.wrapping_sub(first) as usize)
                .map_or(0, |group| hash_group(hasher, group.attributes, group.family))
        });
    }

    /// Drops the groups that became empty while the peer did not read: routes that change again and again leave one each time.
    fn compact(&mut self, links: &mut impl Links) {
        let groups = std::mem::take(&mut self.groups);
        self.index.clear();
        self.first = 1;
        for group in groups.into_iter().filter(|group| group.first != NONE) {
            let sequence = self.sequence(self.groups.len());
            self.groups.push_back(group);
            if group.is_open {
                self.remember(sequence, group.attributes, group.family);
            }
            let mut next = Some(group.first);
            while let Some(id) = next {
                if let Some(link) = links.link(id) {
                    link.group = sequence;
                }
                next = Self::after(links, id);
            }
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
        let first = self.first;
        if group.is_open {
            let hash = self.hash(group.attributes, group.family);
            if let Ok(found) = self.index.find_entry(hash, |sequence| *sequence == first) {
                found.remove();
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::AttributeStore;
    use yottabgp_wire::next_hop::NextHop;

    const FAMILY: Family = Family::IPV4_UNICAST;

    #[derive(Default)]
    struct Records(Vec<Link>);

    impl Links for Records {
        fn link(&mut self, id: RouteId) -> Option<&mut Link> {
            self.0.get_mut(id as usize)
        }
    }

    #[test]
    fn groups_that_became_empty_have_a_bound() {
        let mut store = AttributeStore::default();
        let sets: Vec<AttributesId> =
            (0..100_u8).map(|number| store.intern(&[number], NextHop::Absent)).collect();
        let mut records = Records(vec![Link::default(); 10]);
        let mut pending = Pending::default();
        // The first one waits, since the peer does not read; the others change again and again.
        pending.push(&mut records, 0, sets[0], FAMILY, true, Joins::Any);
        for turn in 0..100_000_u32 {
            let id = 1 + turn % 9;
            pending.remove(&mut records, id);
            let (set, joins) = match turn % 3 {
                0 => (sets[(turn % 100) as usize], Joins::Any),
                _ => (sets[(turn % 100) as usize], Joins::Last),
            };
            pending.push(&mut records, id, set, FAMILY, turn % 2 == 0, joins);
            assert!(pending.groups.len() <= 2 * 10 + SPARE + 1, "{} groups", pending.groups.len());
        }
        // None was lost, and each is with its attributes.
        let mut found = Vec::new();
        while let Some((group, id)) = pending.front() {
            pending.remove(&mut records, id);
            found.push((id, group.attributes));
        }
        assert_eq!(found[0], (0, sets[0]));
        found.sort_unstable_by_key(|(id, _)| *id);
        let last = |id: u32| (99_991..100_000).find(|turn| 1 + turn % 9 == id).unwrap() % 100;
        let expected: Vec<_> = (1..10).map(|id| (id, sets[last(id) as usize])).collect();
        assert_eq!(found[1..], expected);
        assert_eq!(pending.len(), 0);
    }
}
