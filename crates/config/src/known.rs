//! What an earlier reading of a configuration said of its routes, so that a file that is read again costs little where it is
//! still the same.
//!
//! A list has, beside its routes, the passages that said them: a few statements each, one directly behind the other, with
//! 128 bits of hash of their octets. Where a text has the very same octets in the same kind of section, they say the same
//! again, and the routes are taken over without a look at any word. Only statements about which there was nothing to say are part
//! of a passage. Behind a passage that changed, statements are read as ever, until one says the route before another passage.

use std::hash::{BuildHasher as _, Hasher as _};
use std::ops::Range;
use std::sync::{Arc, Weak};

use foldhash::quality::RandomState;
use hashbrown::HashMap;

use crate::configured::RouteList;
use crate::dialect::Detected;
use crate::lexer::Lexer;
use crate::model::Configuration;
use crate::routes::{Open, RouteReader};

/// Statements of a passage: more of them are compared faster, but with one of them all have to be read again.
const STATEMENTS: u32 = 8;

/// Octets of a passage, at most.
const OCTETS: usize = u16::MAX as usize;

/// Lists with fewer routes are not remembered: reading them takes no time.
const FEW: usize = 64;

/// A list in which passages have fewer routes in the mean is read as a new one.
const SCATTERED: usize = 3;

/// So far ahead a route is looked for in the list that is expected. When so many were not found, statements are looked for in
/// all lists.
const WINDOW: usize = 32;

/// What the last reading said. It tells two texts apart by hashes with seeds of its own, which stay while it is remembered.
#[derive(Clone, Debug, Default)]
pub struct Known {
    hashers: [RandomState; 2],
    lists: Vec<Arc<RouteList>>,
}

impl Known {
    /// This is what was read last: [`crate::parse_again`] takes over what is still said.
    pub fn remember(&mut self, configuration: &Configuration) {
        self.lists.clear();
        let all = configuration.neighbors.iter().flat_map(|neighbor| neighbor.routes.lists());
        let mut seen = hashbrown::HashSet::new();
        for list in all.filter(|list| list.len() >= FEW) {
            if list.passages().len() * SCATTERED <= list.len() && seen.insert(Arc::as_ptr(list)) {
                self.lists.push(list.clone());
            }
        }
    }

    fn hash(&self, context: Context, text: &[u8]) -> [u64; 2] {
        let [one, other] = &self.hashers;
        [hash(one, context, text), hash(other, context, text)]
    }
}

/// What statements mean depends on this beside their own words: which section they are in, and how words are read.
type Context = (&'static str, Detected);

fn hash(hasher: &RandomState, (place, detected): Context, text: &[u8]) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(place.as_bytes());
    state.write_u8(detected.dialect as u8);
    state.write_u8(u8::from(detected.is_certain));
    state.write(text);
    state.finish()
}

/// Statements, one behind the other, and the routes that they said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passage {
    /// Of all its octets, from behind the statement before.
    hash: [u64; 2],
    /// Of its first statement, to find it by.
    first: u64,
    /// The first of its routes.
    route: u32,
    routes: u16,
    octets: u16,
}

/// What was taken over of another list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    from: Weak<RouteList>,
    runs: Vec<Run>,
}

/// Routes one behind the other that were taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The place of the first in the list they are from.
    pub from: u32,
    /// Its place now.
    pub to: u32,
    /// How many.
    pub count: u32,
}

impl Kept {
    /// The runs of this list.
    pub(crate) fn of(&self, list: &Arc<RouteList>) -> Option<&[Run]> {
        // The pointer keeps the place of what it names, so that no other list can be there.
        std::ptr::eq(self.from.as_ptr(), Arc::as_ptr(list)).then_some(&self.runs)
    }

    fn add(&mut self, list: &Arc<RouteList>, run: Run) {
        if self.runs.is_empty() {
            self.from = Arc::downgrade(list);
        }
        if self.of(list).is_none() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.from + last.count == run.from && last.to + last.count == run.to => {
                last.count += run.count;
            }
            _ => self.runs.push(run),
        }
    }

    pub(crate) fn shrink(&mut self) {
        self.runs.shrink_to_fit();
    }
}

/// Takes over passages while a text is read, and makes those of the new lists.
#[derive(Debug)]
pub(crate) struct Passages<'k> {
    known: &'k Known,
    detected: Detected,
    /// The list that routes are taken from, and the route of it that probably comes next.
    list: usize,
    next: usize,
    /// A passage of it; the next one is there or further on.
    passage: usize,
    /// How many statements were not found one after the other.
    misses: usize,
    /// The list that routes are added to, by its name, and how many there were.
    into: u64,
    lists: usize,
    /// The numbers there of the terms of a list.
    terms: Vec<u32>,
    terms_of: usize,
    /// The passage that is being made.
    open: Making,
    /// The passages of all lists by their first statements; made when it is needed.
    index: Option<HashMap<u64, (usize, usize)>>,
}

/// A passage that is being made: its first statement begins at `text.start`.
#[derive(Clone, Debug, Default)]
struct Making {
    place: &'static str,
    text: Range<usize>,
    first: u64,
    route: usize,
    routes: usize,
    statements: u32,
}

impl<'k> Passages<'k> {
    pub(crate) fn new(known: &'k Known, detected: Detected) -> Self {
        Self {
            known,
            detected,
            list: 0,
            next: 0,
            passage: 0,
            misses: 0,
            into: 0,
            lists: 0,
            terms: Vec::new(),
            terms_of: 0,
            open: Making::default(),
            index: None,
        }
    }

    /// Adds the routes of all passages that are in the text as they were, up to the first that is not.
    pub(crate) fn take_over(
        &mut self,
        place: &'static str,
        lexer: &mut Lexer<'_>,
        open: &mut Open,
        reader: &mut RouteReader,
    ) {
        self.enter(open);
        while !open.is_full()
            && let Some((list, passage)) = self.expected()
            && let Some(end) = lexer.position().checked_add(passage.octets.into())
            && let Some(text) = lexer.source().as_bytes().get(lexer.position()..end)
            && self.known.hash((place, self.detected), text) == passage.hash
        {
            // What comes behind it is no part of what came before.
            self.close(lexer.source().as_bytes(), open);
            let places = self.next..self.next + usize::from(passage.routes);
            for number in list.numbers(places.clone()) {
                self.learn(list, number, open, reader);
            }
            let to = u32::try_from(open.len()).unwrap_or(u32::MAX);
            let routes = open.list_mut();
            routes.take_over(list, places.clone(), &self.terms);
            routes.add_passage(Passage { route: to, ..passage });
            let count = passage.routes.into();
            routes.kept_mut().add(list, Run { from: passage.route, to, count });
            lexer.move_to(end);
            (self.next, self.misses) = (places.end, 0);
        }
    }

    /// Takes note of a statement that was read, and added the routes from `before` on. Returns whether another passage may
    /// begin behind it.
    pub(crate) fn read(
        &mut self,
        place: &'static str,
        source: &[u8],
        statement: Range<usize>,
        open: &mut Open,
        before: usize,
    ) -> bool {
        self.enter(open);
        if self.open.statements == STATEMENTS
            || self.open.text.end != statement.start
            || self.open.place != place
            || statement.end - self.open.text.start > OCTETS
        {
            self.close(source, open);
        }
        let text = source.get(statement.clone()).unwrap_or_default();
        if self.open.statements == 0 {
            let first = self.key(place, text);
            let start = statement.start;
            let text = start..start;
            self.open = Making { place, text, first, route: before, ..Making::default() };
        }
        self.open.statements += 1;
        self.open.text.end = statement.end;
        self.open.routes = open.len() - self.open.route;
        self.follow(place, text, open, before)
    }

    /// A statement was read that can be in no passage.
    pub(crate) fn skip(&mut self, source: &[u8], open: &mut Open) {
        self.enter(open);
        self.close(source, open);
    }

    /// The list that routes are added to may be another one than before.
    fn enter(&mut self, open: &Open) {
        if self.into == open.name() {
            return;
        }
        self.into = open.name();
        self.open = Making::default();
        self.terms.clear();
        // Lists are probably in the order in which they were.
        (self.list, self.next, self.passage, self.misses) = (self.lists, 0, 0, 0);
        self.lists += 1;
    }

    /// The passage that begins with the route that is expected, if one does.
    fn expected(&mut self) -> Option<(&'k Arc<RouteList>, Passage)> {
        let list = self.known.lists.get(self.list)?;
        while let Some(passage) = list.passages().get(self.passage) {
            match (passage.route as usize).cmp(&self.next) {
                std::cmp::Ordering::Less => self.passage += 1,
                std::cmp::Ordering::Equal => return Some((list, *passage)),
                std::cmp::Ordering::Greater => break,
            }
        }
        None
    }

    /// Finds the number that terms of another list have in this one.
    fn learn(&mut self, list: &RouteList, number: u32, open: &mut Open, reader: &mut RouteReader) {
        if self.terms_of != self.list {
            self.terms.clear();
            self.terms_of = self.list;
        }
        if self.terms.is_empty() {
            self.terms.resize(list.terms().len(), u32::MAX);
        }
        if let Some(known) = self.terms.get_mut(number as usize)
            && *known == u32::MAX
            && let Some(terms) = list.terms().get(number as usize)
        {
            *known = open.terms(reader.share_terms(terms));
        }
    }

    /// Looks where the statement that was read was before.
    fn follow(&mut self, place: &'static str, text: &[u8], open: &Open, before: usize) -> bool {
        let Some(list) = self.known.lists.get(self.list) else {
            return self.search(place, text, open, before);
        };
        let Some(last) = open.last() else { return false };
        let is_it = |at: &usize| {
            list.get(*at).is_some_and(|route| {
                route.octets() == last.octets()
                    && (route.family, route.path_id) == (last.family, last.path_id)
            })
        };
        match (self.next..self.next + WINDOW).find(is_it) {
            Some(found) => (self.next, self.misses) = (found + 1, 0),
            None => {
                self.misses += 1;
                if self.misses > WINDOW {
                    return self.search(place, text, open, before);
                }
            }
        }
        self.expected().is_some()
    }

    /// Looks for a statement at the beginning of any passage.
    fn search(&mut self, place: &'static str, text: &[u8], open: &Open, before: usize) -> bool {
        let lists = &self.known.lists;
        let index = self.index.get_or_insert_with(|| {
            let all = lists.iter().enumerate().flat_map(|(list, routes)| {
                let passages = routes.passages().iter().enumerate();
                passages.map(move |(place, passage)| (passage.first, (list, place)))
            });
            all.collect()
        });
        if index.is_empty() {
            return false;
        }
        let [hasher, _] = &self.known.hashers;
        let key = hash(hasher, (place, self.detected), text);
        let Some((list, number)) = index.get(&key).copied() else { return false };
        let passage = lists.get(list).and_then(|routes| routes.passages().get(number));
        let Some(passage) = passage else { return false };
        (self.list, self.passage, self.misses) = (list, number, 0);
        self.next = passage.route as usize + (open.len() - before);
        self.expected().is_some()
    }

    fn key(&self, place: &'static str, text: &[u8]) -> u64 {
        let [hasher, _] = &self.known.hashers;
        hash(hasher, (place, self.detected), text)
    }

    /// Adds the passage that was being made.
    fn close(&mut self, source: &[u8], open: &mut Open) {
        let Making { place, text, first, route, routes, statements } =
            std::mem::take(&mut self.open);
        if statements == 0 {
            return;
        }
        let (Ok(octets), Ok(routes), Ok(route)) =
            (text.len().try_into(), routes.try_into(), route.try_into())
        else {
            return;
        };
        let Some(text) = source.get(text) else { return };
        let hash = self.known.hash((place, self.detected), text);
        open.list_mut().add_passage(Passage { hash, first, route, routes, octets });
    }
}
