//! `validate`: configuration files are read, and what they mean is checked by printing and encoding it again.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use yottabgp_config::loader::Offline;
use yottabgp_config::print::{self, Secrets};
use yottabgp_config::{
    Configuration, Dialect, Environment, Neighbor, Severity, Source, diagnostic,
};
use yottabgp_wire::attribute::{render, set};
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::message::update::{Scrutiny, Update};
use yottabgp_wire::message::{Frame, frame};
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::Nlri;

use crate::args::ValidateArgs;
use crate::{context, load, out};

/// Checks each file. Says whether all of them can be used.
pub(crate) fn run(arguments: &ValidateArgs, environment: &Environment) -> Result<bool> {
    let mut good = true;
    for path in &arguments.configurations {
        let checked = check(path, arguments, environment);
        if let Err(error) = &checked {
            out::warn(format!("error: {} is not a valid config file: {error}", path.display()));
        }
        good &= checked.is_ok();
    }
    Ok(good)
}

/// Loads a file for another subcommand: errors go to standard error; warnings are for `validate` and the daemon.
pub(crate) fn load_or_say(path: &Path, environment: &Environment) -> Result<Configuration> {
    load(path, environment, Severity::Error)
        .map_err(|error| anyhow!("{} is not a valid config file: {error}", path.display()))
}

/// Loads a file and shows what is wrong with it, if it is at least so bad. The error is the first thing wrong, in one line.
fn load(path: &Path, environment: &Environment, least: Severity) -> Result<Configuration> {
    let loaded = load::file(path, environment)?;
    let (source, mut diagnostics) = (&loaded.source, loaded.diagnostics);
    diagnostics.retain(|diagnostic| diagnostic.severity >= least);
    let shown = diagnostic::render_all(&diagnostics, source, out::is_coloured());
    if !shown.is_empty() {
        out::warn(shown.trim_end());
    }
    loaded.configuration.ok_or_else(|| {
        let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let first = errors.next().map_or_else(String::new, |error| {
            let place = source.position(error.span);
            format!("{} (line {}, column {})", error.message, place.line, place.column)
        });
        match errors.count() {
            0 => anyhow!("{first}"),
            more => anyhow!("{first}, and {more} more"),
        }
    })
}

fn check(path: &Path, arguments: &ValidateArgs, environment: &Environment) -> Result<()> {
    let say = |text: &dyn Fn() -> String| {
        if arguments.verbose {
            out::warn(format!("configuration   {}", text()));
        }
    };
    say(&|| format!("loading {}", path.display()));
    let configuration = load(path, environment, Severity::Warning)?;
    say(&|| "✓ loading".to_owned());
    if arguments.neighbor {
        say(&|| "checking neighbors".to_owned());
        check_neighbors(&configuration, environment)?;
        for neighbor in &configuration.neighbors {
            say(&|| format!("✓ neighbor  {}", neighbor.peer.address));
        }
    }
    if arguments.route {
        say(&|| "checking routes".to_owned());
        for neighbor in &configuration.neighbors {
            check_routes(neighbor)?;
        }
        say(&|| "✓ routes".to_owned());
    }
    Ok(())
}

/// Prints the configuration and reads it back: each neighbor has to be the same.
fn check_neighbors(configuration: &Configuration, environment: &Environment) -> Result<()> {
    let text = print::configuration(configuration, Secrets::Shown);
    let source = Source { name: "what was printed".to_owned(), text };
    // Whatever it was read from, it is printed as it is written today.
    let environment = Environment { dialect: Some(Dialect::ExaBgp5), ..environment.clone() };
    let (again, _) = yottabgp_config::parse(&source, &Offline, &environment).map_err(|errors| {
        let lines: Vec<String> = errors
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .map(|error| error.line(&source))
            .collect();
        anyhow!("what it means can not be printed and read again: {}", lines.join("; "))
    })?;
    let neighbors = configuration.neighbors.iter().zip(&again.neighbors);
    if let Some((neighbor, _)) = neighbors.into_iter().find(|(a, b)| a != b) {
        bail!("neighbor {} is not the same when printed and read again", neighbor.peer.address);
    }
    Ok(())
}

/// Encodes each route and reads it back: octets and text have to be the same.
fn check_routes(neighbor: &Neighbor) -> Result<()> {
    let negotiated = within_one_as(neighbor)?;
    let mut encoder = UpdateEncoder::default();
    for route in &neighbor.routes {
        let Some(nlri) = route.nlri() else { continue };
        let named = || format!("neighbor {}, route {}", neighbor.peer.address, text_of(nlri));
        let (local, router_id) = (negotiated.local_address, negotiated.local_router_id);
        let next_hop = route.next_hop.resolve(nlri.family.afi, local, router_id);
        let Some(next_hop) = next_hop else {
            bail!("{}: next-hop self: the local address {local} is of another family", named());
        };
        let mut message = Vec::new();
        encoder
            .announce(
                &negotiated,
                false,
                &route.attributes,
                next_hop,
                nlri.family,
                [nlri],
                &mut message,
            )
            .map_err(|error| anyhow!("{}: {error}", named()))?;
        // Nothing is sent for a family that the neighbor has not.
        if let Frame::Message { body, .. } = frame(&message, usize::from(u16::MAX)) {
            same(body, nlri, &route.attributes, &negotiated)
                .map_err(|why| anyhow!("{}: {why}", named()))?;
        }
    }
    Ok(())
}

/// The session that routes are checked in: within one AS, where every attribute is sent.
fn within_one_as(neighbor: &Neighbor) -> Result<Negotiated> {
    let mut negotiated = context::of_neighbor(neighbor)?;
    negotiated.local_as = negotiated.peer_as;
    negotiated.aigp = true;
    // What we send is what we read.
    negotiated.add_path.receive.clone_from(&negotiated.add_path.send);
    Ok(negotiated)
}

/// Whether an UPDATE says this route and nothing else.
fn same(
    body: &[u8],
    nlri: Nlri<'_>,
    attributes: &[u8],
    negotiated: &Negotiated,
) -> Result<(), String> {
    let update = Update::decode_with(body, negotiated, Direction::Receive, Scrutiny::Inspection)
        .map_err(|fault| format!("what is sent can not be read: {fault}"))?;
    let verbatim: Vec<u8> = set::iter(attributes)
        .filter(|stored| stored.verbatim)
        .map(|stored| stored.attribute.code)
        .collect();
    // Octets that the user wrote out are sent as they are, right or wrong.
    if let Some(fault) = update
        .faults()
        .iter()
        .find(|fault| !fault.attribute.is_some_and(|code| verbatim.contains(&code)))
    {
        if verbatim.is_empty() {
            return Err(format!("what is sent would be refused: {fault}"));
        }
        return Ok(());
    }
    if update.is_treated_as_withdraw() {
        return Ok(());
    }
    let mut read = Vec::new();
    for (_, field) in update.announced() {
        for nlri in field {
            read.push(nlri.map_err(|error| error.to_string())?);
        }
    }
    let path_id = negotiated.has_path_id(nlri.family, Direction::Send);
    let sent = Nlri { path_id: path_id.then(|| nlri.path_id.unwrap_or(0)), ..nlri };
    if read != [sent] {
        let read: Vec<String> = read.into_iter().map(text_of).collect();
        return Err(format!("it is read back as {}", read.join(", ")));
    }
    same_attributes(&update, attributes)
}

/// Whether every attribute of the set came back. Those that sessions add or leave out do not count.
fn same_attributes(update: &Update<'_>, attributes: &[u8]) -> Result<(), String> {
    for stored in set::iter(attributes).filter(|stored| !stored.verbatim) {
        let wanted = stored.attribute;
        let text = |attribute| {
            let mut text = Vec::new();
            render::push_text(
                &attribute,
                &yottabgp_wire::attribute::ValueContext::STORED,
                &mut text,
            );
            String::from_utf8_lossy(&text).trim().to_owned()
        };
        match update.attribute(wanted.code) {
            Some(read) if read.value == wanted.value => {}
            Some(read) => {
                return Err(format!("'{}' is read back as '{}'", text(wanted), text(read)));
            }
            None if wanted.value.is_empty() => {}
            None => return Err(format!("'{}' is lost", text(wanted))),
        }
    }
    Ok(())
}

fn text_of(nlri: Nlri<'_>) -> String {
    let mut text = Vec::new();
    nlri.text(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}
