//! Routes on their way out, without sockets and other programs: from lines of a helper, and from the text of a file, through the
//! Adj-RIB-Out to the octets of UPDATEs.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, anyhow, ensure};
use yottabgp_api::Version;
use yottabgp_api::command::{Repeated, parse};
use yottabgp_config::loader::Offline;
use yottabgp_config::reload::superseded;
use yottabgp_config::{
    Configuration, ConfiguredRoute, Environment, Known, RouteList, Source, parse_again,
};
use yottabgp_rib::adj_rib_out::configuration::Configured;
use yottabgp_rib::adj_rib_out::{AdjRibOut, Member, Origin, Sending};
use yottabgp_rib::store::{AttributeStore, AttributesId};
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::Negotiated;
use yottabgp_wire::route::RouteBuffer;

use crate::lines::{FORMS, Form, plain, prefix};
use crate::rounds::Part;

/// Routes of a round.
const ROUTES: u32 = 4000;

/// Octets of lines that are read at once.
const READ: usize = 64 * 1024;

/// Octets of messages that are written at once.
const WRITTEN: usize = 256 * 1024;

/// Every part.
pub(crate) fn parts() -> Vec<Part> {
    let units = u64::from(ROUTES);
    let mut parts: Vec<Part> = FORMS
        .iter()
        .map(|form| {
            let name = format!("a route of lines to UPDATEs: {}", form.name);
            Part::new(name, units, move |rounds| lines(form, 1, rounds))
        })
        .collect();
    parts.push(Part::new("a route of lines to UPDATEs of ten peers".to_owned(), units, |rounds| {
        lines(&Form { name: "", family: "", routes: 1, line: plain }, 10, rounds)
    }));
    parts.push(Part::new("a route of the file to UPDATEs".to_owned(), units, file));
    parts.push(Part::new("a route of the table to UPDATEs once more".to_owned(), units, bounce));
    let again = "a route of a file that is read again, one in a hundred changed";
    parts.push(Part::new(again.to_owned(), units, reload).with_rounds(16));
    parts
}

/// A table, and what its peers are sent.
struct Table {
    rib: AdjRibOut,
    members: Vec<Member>,
    store: AttributeStore,
    encoder: UpdateEncoder,
    negotiated: Negotiated,
    out: Vec<u8>,
}

impl Table {
    fn new(peers: usize) -> Self {
        let (mut rib, mut store) = (AdjRibOut::new(true), AttributeStore::default());
        let members: Vec<Member> = (0..peers).map(|_| rib.join()).collect();
        for member in &members {
            rib.session_up(&mut store, *member);
        }
        let (encoder, negotiated) = (UpdateEncoder::default(), Negotiated::permissive());
        Self { rib, members, store, encoder, negotiated, out: Vec::new() }
    }

    /// Writes what waits. Returns how many octets that are.
    fn send(&mut self) -> usize {
        let Self { rib, members, store, encoder, negotiated, out } = self;
        let mut written = 0;
        for member in members {
            let mut more = true;
            while more {
                let mut sending = Sending { encoder, negotiated, group: true, holding: false };
                out.clear();
                more = rib.fill(store, *member, &mut sending, out, WRITTEN);
                written += out.len();
            }
        }
        written
    }

    /// Puts the routes of a file into the table.
    fn configure<'a>(
        &mut self,
        list: &'a RouteList,
        routes: impl Iterator<Item = Option<ConfiguredRoute<'a>>>,
        before: &mut yottabgp_rib::adj_rib_out::configuration::Before,
    ) {
        let Self { rib, store, .. } = self;
        let mut known: Vec<Option<AttributesId>> = vec![None; list.terms().len()];
        for route in routes {
            let Some(route) = route else {
                before.leave_out(1);
                continue;
            };
            let Some(known) = known.get_mut(route.number() as usize) else { continue };
            let attributes =
                *known.get_or_insert_with(|| store.intern(&route.attributes, route.next_hop));
            let nlri = route.nlri();
            let what = Configured { nlri, watchdog: None, parked: false, superseded: false };
            rib.configure(store, before, &what, attributes);
        }
        known.into_iter().flatten().for_each(|attributes| store.release(attributes));
    }
}

/// Lines of a helper: each is looked up, or read and kept, and its routes go to a table of some peers.
fn lines(form: &Form, peers: usize, rounds: u64) -> Result<()> {
    let lines: Vec<String> = (0..ROUTES / form.routes).map(form.line).collect();
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    let mut repeated = Repeated::default();
    for _ in 0..rounds {
        let mut table = Table::new(peers);
        let (mut read, mut written) = (0, 0);
        for line in &lines {
            if repeated.recall(line.as_bytes(), Version::V4, &mut route).is_none() {
                let request = parse(line, Version::V4, &mut tokens, &mut route);
                let request = request.map_err(|refusal| anyhow!("{line}: {refusal}"))?;
                repeated.keep(line, Version::V4, &request, &route);
            }
            let attributes = table.store.intern(route.attributes(), route.next_hop);
            for nlri in route.nlri() {
                table.store.retain(attributes);
                let Table { rib, store, .. } = &mut table;
                rib.announce(store, &nlri, attributes, Origin::Command, None, false);
            }
            table.store.release(attributes);
            read += line.len() + 1;
            if read > READ {
                read = 0;
                written += table.send();
            }
        }
        written += table.send();
        ensure!(written > peers * 4 * ROUTES as usize, "{written} octets were written");
    }
    Ok(())
}

fn text(route: impl Fn(u32) -> Option<String>) -> Source {
    let mut text = String::from(
        "neighbor 192.0.2.2 {\n\trouter-id 192.0.2.1;\n\tlocal-address 192.0.2.1;\n\tlocal-as 65000;\n\tpeer-as 65001;\n\tstatic {\n",
    );
    for route in (0..ROUTES).filter_map(route) {
        let _ = writeln!(text, "\t\troute {route};");
    }
    text.push_str("\t}\n}\n");
    Source { name: "routes".into(), text }
}

fn route(number: u32, med: u32) -> String {
    format!("{} next-hop 192.0.2.1 med {med}", prefix(number))
}

fn read(source: &Source, known: &Known) -> Result<Configuration> {
    let read = parse_again(source, &Offline, &Environment::default(), known);
    Ok(read.map_err(|_| anyhow!("it is not a configuration"))?.0)
}

fn list(configuration: &Configuration) -> Result<&std::sync::Arc<RouteList>> {
    let neighbor = configuration.neighbors.first();
    neighbor.and_then(|neighbor| neighbor.routes.lists().first()).context("there are no routes")
}

/// A text to a table that is sent, as at the start.
fn start(source: &Source, known: &mut Known) -> Result<(Table, Configuration)> {
    let configuration = read(source, known)?;
    known.remember(&configuration);
    let mut table = Table::new(1);
    let mut before = table.rib.begin_configuration();
    let list = list(&configuration)?;
    table.configure(list, list.iter().map(Some), &mut before);
    let end = table.rib.end();
    table.rib.end_configuration(&mut table.store, 0..end, |_| {});
    before.forget(&mut table.store);
    let written = table.send();
    ensure!(written > 4 * ROUTES as usize, "{written} octets were written");
    Ok((table, configuration))
}

fn file(rounds: u64) -> Result<()> {
    let source = text(|number| Some(route(number, number % 100)));
    for _ in 0..rounds {
        start(&source, &mut Known::default())?;
    }
    Ok(())
}

/// The session ends, and comes again.
fn bounce(rounds: u64) -> Result<()> {
    let source = text(|number| Some(route(number, number % 100)));
    let (mut table, _) = start(&source, &mut Known::default())?;
    for _ in 0..rounds {
        for member in &table.members {
            table.rib.session_down(&mut table.store, *member);
            table.rib.session_up(&mut table.store, *member);
        }
        let written = table.send();
        ensure!(written > 4 * ROUTES as usize, "{written} octets were written");
    }
    Ok(())
}

/// Two files in turn, with one route in a hundred changed between them: another MED, gone, and another one in its place.
fn reload(rounds: u64) -> Result<()> {
    let one = text(|number| Some(route(number, number % 100)));
    let other = text(|number| match (number % 100, number / 100 % 3) {
        (50, 0) => Some(route(number, 1000)),
        (50, 1) => None,
        (50, _) => Some(route(ROUTES + number, 50)),
        _ => Some(route(number, number % 100)),
    });
    let mut known = Known::default();
    let (mut table, mut old) = start(&one, &mut known)?;
    for source in [&other, &one].into_iter().cycle().take(usize::try_from(rounds)?) {
        let configuration = read(source, &known)?;
        again(&mut table, &old, &configuration)?;
        known.remember(&configuration);
        old = configuration;
        let written = table.send();
        ensure!((100..10_000).contains(&written), "{written} octets were written");
    }
    Ok(())
}

/// Brings a table to what a file says that is read again.
fn again(table: &mut Table, old: &Configuration, new: &Configuration) -> Result<()> {
    let routes = new.neighbors.first().map(|neighbor| superseded(&neighbor.routes));
    ensure!(routes.is_some_and(|superseded| superseded.is_empty()), "a route is there twice");
    let (old, new) = (list(old)?, list(new)?);
    let runs = new.kept_of(old).context("nothing was taken over")?;
    let is_in = |places: &[(u32, u32)], place: usize| {
        let at = places.partition_point(|(start, _)| *start as usize <= place);
        let run = at.checked_sub(1).and_then(|at| places.get(at));
        run.is_some_and(|(start, count)| place < (start + count) as usize)
    };
    let here: Vec<(u32, u32)> = runs.iter().map(|run| (run.to, run.count)).collect();
    let there: Vec<(u32, u32)> = runs.iter().map(|run| (run.from, run.count)).collect();
    let mut before = table.rib.begin_configuration();
    let steps = new.iter().enumerate().map(|(at, route)| (!is_in(&here, at)).then_some(route));
    table.configure(new, steps.clone(), &mut before);
    let gone = old.iter().enumerate().map(|(at, route)| (!is_in(&there, at)).then_some(route));
    let Table { rib, store, .. } = table;
    before.rewind();
    for route in gone {
        match route.and_then(|route| route.nlri()) {
            Some(nlri) => _ = rib.end_route(store, &mut before, &nlri),
            None => before.leave_out(1),
        }
    }
    before.rewind();
    for route in steps {
        match route.and_then(|route| route.nlri()) {
            Some(nlri) => rib.end_name(&mut before, &nlri),
            None => before.leave_out(1),
        }
    }
    before.forget(store);
    Ok(())
}
