//! Routes of the file: read by the grammar of the wire crate, kept with what they share.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use hashbrown::{HashSet, HashTable};
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::tokens::{Span, TextError, Tokens};
use yottabgp_wire::route::{self, Note, Reading, RouteBuffer, Verb};

use crate::configured::{ConfiguredRoute, RouteList, Terms};
use crate::dialect::{Detected, Dialect};

type Hasher = foldhash::fast::RandomState;

/// Routes with the places of their statements, while they are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    complete: Vec<Written>,
    open: Open,
}

/// A list, and for each of its routes the statement.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) list: Arc<RouteList>,
    pub(crate) spans: Arc<[Span]>,
}

impl Routes {
    /// Adds others, after these.
    pub(crate) fn append(&mut self, others: &mut Self) {
        self.close();
        others.close();
        self.complete.append(&mut others.complete);
    }

    /// Adds those of a template.
    pub(crate) fn inherit(&mut self, template: &Self) {
        self.close();
        self.complete.extend(template.complete.iter().cloned());
        if !template.open.list.is_empty() {
            self.complete.push(template.open.clone().written());
        }
    }

    /// From now on, whoever inherits these routes shares them.
    pub(crate) fn close(&mut self) {
        if !self.open.list.is_empty() {
            self.complete.push(std::mem::take(&mut self.open).written());
        }
    }

    /// All of them.
    pub(crate) fn into_lists(mut self) -> Vec<Written> {
        self.close();
        self.complete
    }

    /// What they are announced with, in the order in which it was first said.
    pub(crate) fn terms(&self) -> impl Iterator<Item = &Terms> {
        let complete = self.complete.iter().flat_map(|written| written.list.terms());
        complete.chain(self.open.list.terms())
    }

    /// How many lists are complete.
    pub(crate) const fn complete(&self) -> usize {
        self.complete.len()
    }

    /// The list that routes are added to.
    pub(crate) const fn open(&mut self) -> &mut Open {
        &mut self.open
    }
}

/// A list that routes are added to.
#[derive(Debug, Default)]
pub(crate) struct Open {
    list: RouteList,
    spans: Vec<Span>,
    /// Whether nobody will ask where the statements are.
    without_spans: bool,
    /// Of each of the terms, its number.
    index: HashTable<u32>,
    hasher: Hasher,
    last: u32,
    name: u64,
}

impl Clone for Open {
    /// What is added to the copy is not added to the original: it is another list.
    fn clone(&self) -> Self {
        let (list, spans) = (self.list.clone(), self.spans.clone());
        let (index, hasher) = (self.index.clone(), self.hasher.clone());
        let without_spans = self.without_spans;
        Self { list, spans, without_spans, index, hasher, last: self.last, name: 0 }
    }
}

impl Open {
    /// How many routes there are.
    pub(crate) const fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether what follows belongs into another one.
    pub(crate) const fn is_full(&self) -> bool {
        self.list.is_full()
    }

    /// The route that was added last.
    pub(crate) fn last(&self) -> Option<ConfiguredRoute<'_>> {
        self.list.get(self.list.len().checked_sub(1)?)
    }

    /// Adds a route whose NLRI is in several parts, and whose terms this very list has.
    pub(crate) fn push(&mut self, nlri: &[&[u8]], terms: u32, span: Span) {
        self.list.push(nlri, terms);
        if !self.without_spans {
            self.spans.push(span);
        }
    }

    /// From now on, the places of statements are not kept.
    pub(crate) fn forget_spans(&mut self) {
        if !self.without_spans {
            self.without_spans = true;
            self.spans = Vec::new();
        }
    }

    /// The routes, to which only [`crate::known`] adds in another way.
    pub(crate) const fn list_mut(&mut self) -> &mut RouteList {
        &mut self.list
    }

    /// Tells it from every other list of the run; 0 until it is given a name.
    pub(crate) const fn name(&self) -> u64 {
        self.name
    }

    /// Gives it a name, unless it has one.
    pub(crate) const fn set_name(&mut self, name: u64) {
        self.name = name;
    }

    /// The number of these terms, which are added unless they are there.
    pub(crate) fn terms(&mut self, terms: Terms) -> u32 {
        let all = self.list.terms();
        if all.get(self.last as usize).is_some_and(|last| is_same(last, &terms)) {
            return self.last;
        }
        let hasher = &self.hasher;
        let hash = hash(hasher, &terms);
        let same = |number: &u32| all.get(*number as usize).is_some_and(|old| is_same(old, &terms));
        self.last = match self.index.find(hash, same) {
            Some(number) => *number,
            None => {
                let number = self.list.add_terms(terms);
                let all = self.list.terms();
                let again = |number: &u32| {
                    all.get(*number as usize).map_or(0, |terms| self::hash(hasher, terms))
                };
                self.index.insert_unique(hash, number, again);
                number
            }
        };
        self.last
    }

    fn written(mut self) -> Written {
        self.list.shrink();
        Written { list: Arc::new(self.list), spans: self.spans.into() }
    }
}

/// Whether terms of one run are the same: what they share is one allocation.
fn is_same(a: &Terms, b: &Terms) -> bool {
    identity(a) == identity(b)
}

fn hash(hasher: &Hasher, terms: &Terms) -> u64 {
    hasher.hash_one(identity(terms))
}

/// Terms as values and places of memory.
fn identity(terms: &Terms) -> impl PartialEq + std::hash::Hash + use<> {
    let Terms { family, path_id, has_nlri, attributes, next_hop, watchdog, withdraw, name } = terms;
    let place = |name: &Option<Arc<str>>| name.as_ref().map_or(0, |name| name.as_ptr() as usize);
    (
        (*family, *path_id, *has_nlri, *withdraw),
        (attributes.as_ptr() as usize, attributes.len(), *next_hop),
        (place(watchdog), place(name)),
    )
}

/// Which grammar a statement follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `route PREFIX …`
    Route,
    /// `attributes … nlri PREFIX…`
    Attributes,
    /// `ipv4 { unicast PREFIX … }`: the words start with the SAFI.
    Family(Afi),
    /// The words start with the type of route, as in commands.
    Statement,
    /// One family: the words start with the head of its NLRI.
    Of(Family),
    /// A flow specification: its words decide between IPv4 and IPv6.
    Flow,
}

/// Reads routes; keeps one copy of equal attributes and names.
#[derive(Debug, Default)]
pub(crate) struct RouteReader {
    buffer: RouteBuffer,
    sets: HashSet<Arc<[u8]>, Hasher>,
    names: HashSet<Arc<str>, Hasher>,
    last_set: Option<Arc<[u8]>>,
}

impl RouteReader {
    /// Reads the words of a dialect.
    pub(crate) fn new(detected: Detected) -> Self {
        let mut reader = Self::default();
        reader.buffer.set_reading(match detected {
            Detected { dialect: Dialect::ExaBgp34, .. } => Reading::ExaBgp34,
            Detected { is_certain: true, .. } => Reading::Modern,
            Detected { is_certain: false, .. } => Reading::Unsure,
        });
        reader
    }

    /// Whether there is anything to be said of the words read last.
    pub(crate) const fn has_notes(&self) -> bool {
        !self.buffer.notes.is_empty()
    }

    /// Takes what is to be said of the words read last.
    pub(crate) fn notes(&mut self) -> impl Iterator<Item = Note> + use<'_> {
        self.buffer.notes.drain(..)
    }

    /// Reads a statement and adds its routes, all or none.
    pub(crate) fn read(
        &mut self,
        form: Form,
        tokens: &mut Tokens<'_>,
        span: Span,
        out: &mut Routes,
    ) -> Result<(), TextError> {
        match form {
            Form::Route => route::parse_route(Verb::Announce, tokens, &mut self.buffer)?,
            Form::Attributes => route::parse_attributes(Verb::Announce, tokens, &mut self.buffer)?,
            Form::Family(afi) => {
                route::parse_family(Verb::Announce, afi, tokens, &mut self.buffer)?
            }
            Form::Statement => {
                route::parse_statement(Verb::Announce, tokens, &mut self.buffer)?;
            }
            Form::Of(family) => {
                route::parse_of(Verb::Announce, family, tokens, &mut self.buffer)?;
            }
            Form::Flow => route::rule::parse_rule(Verb::Announce, tokens, &mut self.buffer)?,
        }
        self.take(span, out);
        Ok(())
    }

    /// Reads the prefix before a block.
    pub(crate) fn start_block(&mut self, tokens: &mut Tokens<'_>) -> Result<(), TextError> {
        route::parse_prefix(tokens, &mut self.buffer)
    }

    /// Begins a block of one family, all of whose words are statements.
    pub(crate) fn start_block_of(
        &mut self,
        family: Family,
        tokens: &mut Tokens<'_>,
    ) -> Result<(), TextError> {
        route::begin(family, tokens, &mut self.buffer)
    }

    /// Begins a block of a flow specification.
    pub(crate) fn start_flow(&mut self) -> Result<(), TextError> {
        route::rule::begin(&mut self.buffer)
    }

    /// Reads a statement of a block.
    pub(crate) fn block_keyword(&mut self, tokens: &mut Tokens<'_>) -> Result<(), TextError> {
        route::parse_keyword(tokens, &mut self.buffer)
    }

    /// Adds the routes of a block; `end` is where something missing is reported.
    pub(crate) fn end_block(
        &mut self,
        end: Span,
        span: Span,
        out: &mut Routes,
    ) -> Result<(), TextError> {
        route::finish(Verb::Announce, end, &mut self.buffer)?;
        self.take(span, out);
        Ok(())
    }

    /// Whether what the statement read last says does not depend on its prefix.
    pub(crate) const fn says_the_same_of_any_prefix(&self) -> bool {
        // A prefix that is longer already is not split.
        self.buffer.split.is_none()
    }

    /// Whether the statement read last starts withdrawn, but no watchdog would ever announce it.
    pub(crate) const fn withdraws_in_vain(&self) -> bool {
        self.buffer.withdraw && self.buffer.watchdog.is_empty()
    }

    /// Whether the statement read last is a rule of a flow specification that says nothing of its packets.
    pub(crate) fn matches_everything(&self) -> bool {
        let mut nlri = self.buffer.nlri();
        self.buffer.family().safi == Safi::FLOW
            && nlri.next().is_some_and(|nlri| nlri.family.safi == Safi::FLOW && nlri.bytes == [0])
    }

    fn take(&mut self, span: Span, out: &mut Routes) {
        if out.open.list.is_full() {
            out.close();
        }
        let attributes = self.share_attributes();
        let watchdog = share(&mut self.names, &self.buffer.watchdog);
        let name = share(&mut self.names, &self.buffer.name);
        let (next_hop, withdraw) = (self.buffer.next_hop, self.buffer.withdraw);
        let terms = |family, path_id, has_nlri| Terms {
            family,
            path_id,
            has_nlri,
            attributes: attributes.clone(),
            next_hop,
            watchdog: watchdog.clone(),
            withdraw,
            name: name.clone(),
        };
        let open = &mut out.open;
        let nlri = self.buffer.nlri();
        if nlri.len() == 0 {
            let terms = open.terms(terms(Family::IPV4_UNICAST, None, false));
            open.push(&[], terms, span);
        }
        let mut last = None;
        for nlri in nlri {
            let number = match last {
                Some((family, number)) if family == nlri.family => number,
                _ => open.terms(terms(nlri.family, nlri.path_id, true)),
            };
            last = Some((nlri.family, number));
            open.push(&[nlri.bytes], number, span);
        }
    }

    /// Terms that an earlier reading kept, with the allocations of this one.
    pub(crate) fn share_terms(&mut self, terms: &Terms) -> Terms {
        let mut terms = terms.clone();
        match self.sets.get(&terms.attributes) {
            Some(set) => terms.attributes = set.clone(),
            None => _ = self.sets.insert(terms.attributes.clone()),
        }
        for name in [&mut terms.watchdog, &mut terms.name] {
            *name = name.as_deref().and_then(|name| share(&mut self.names, name));
        }
        terms
    }

    fn share_attributes(&mut self) -> Arc<[u8]> {
        let bytes = self.buffer.attributes();
        if let Some(last) = &self.last_set
            && **last == *bytes
        {
            return last.clone();
        }
        let set = match self.sets.get(bytes) {
            Some(set) => set.clone(),
            None => {
                let set: Arc<[u8]> = bytes.into();
                self.sets.insert(set.clone());
                set
            }
        };
        self.last_set = Some(set.clone());
        set
    }
}

fn share(names: &mut HashSet<Arc<str>, Hasher>, name: &str) -> Option<Arc<str>> {
    if name.is_empty() {
        return None;
    }
    if let Some(shared) = names.get(name) {
        return Some(shared.clone());
    }
    let shared: Arc<str> = name.into();
    names.insert(shared.clone());
    Some(shared)
}
