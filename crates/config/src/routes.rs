//! Routes of the file: read by the grammar of the wire crate, kept with their attributes shared.

use std::collections::HashSet;
use std::sync::Arc;

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::tokens::{Span, TextError, Tokens};
use yottabgp_wire::route::{self, Note, Reading, RouteBuffer, Verb};

use crate::dialect::{Detected, Dialect};
use crate::model::ConfiguredRoute;

/// Routes with the places of their statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    /// The routes.
    pub(crate) routes: Vec<ConfiguredRoute>,
    /// For each, its statement.
    pub(crate) spans: Vec<Span>,
}

impl Routes {
    /// Adds others, after these.
    pub(crate) fn append(&mut self, others: &mut Self) {
        self.routes.append(&mut others.routes);
        self.spans.append(&mut others.spans);
    }

    /// Adds those of a template.
    pub(crate) fn inherit(&mut self, template: &Self) {
        self.routes.extend(template.routes.iter().cloned());
        self.spans.extend(template.spans.iter().copied());
    }
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
    sets: HashSet<Arc<[u8]>>,
    names: HashSet<Arc<str>>,
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
        let attributes = self.share_attributes();
        let watchdog = share(&mut self.names, &self.buffer.watchdog);
        let name = share(&mut self.names, &self.buffer.name);
        let mut push = |family, path_id, nlri: Option<&[u8]>| {
            out.routes.push(ConfiguredRoute {
                family,
                path_id,
                nlri: nlri.map(Box::from),
                attributes: attributes.clone(),
                next_hop: self.buffer.next_hop,
                watchdog: watchdog.clone(),
                withdraw: self.buffer.withdraw,
                name: name.clone(),
            });
            out.spans.push(span);
        };
        let nlri = self.buffer.nlri();
        if nlri.len() == 0 {
            push(Family::IPV4_UNICAST, None, None);
        }
        for nlri in nlri {
            push(nlri.family, nlri.path_id, Some(nlri.bytes));
        }
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

fn share(names: &mut HashSet<Arc<str>>, name: &str) -> Option<Arc<str>> {
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
