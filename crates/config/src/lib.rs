//! The configuration language of ExaBGP, read with exact errors: text goes in, a model and diagnostics come out.
//!
//! - `dialect`: which ExaBGP a file was written for.
//! - `lexer`: characters to statements of words, each with its place in the source.
//! - `parser`: sections and recovery, so that one run reports every mistake.
//! - `section`: the keywords, one row each: place, value, default, help.
//! - `resolve`: templates, defaults and the checks between sections.
//! - `model`: what the rest of the program sees; `configured` the routes.
//! - `repeat`: statements that say again what an earlier one said, of another prefix.
//! - `known`: what an earlier reading of the file said, where it is still the same.
//! - `print`: a neighbor as configuration again.
//! - `outline`, `format`: a source with nothing left out, and in the usual layout.
//! - `migrate`: files of older versions as newer ones have them.
//! - `export`, `schema`, `example`: a configuration as JSON, what that may be, and what may be written, all by the rows.
//! - `reload`: what changed between two configurations.
//! - `environment`: the settings of the process.
//!
//! Nothing here reads a file or a clock: questions about programs are asked of a `Loader`.

mod base64;
pub mod configured;
pub mod diagnostic;
mod dialect;
mod draft;
pub mod environment;
pub mod example;
pub mod export;
mod flags;
pub mod format;
mod kind;
mod known;
mod legacy;
pub mod lexer;
pub mod loader;
pub mod migrate;
pub mod model;
mod outline;
mod parser;
pub mod print;
mod problems;
mod program;
pub mod recording;
pub mod reload;
mod repeat;
mod resolve;
mod routes;
pub mod schema;
mod secret;
mod section;
mod slot;
mod words;

use yottabgp_wire::io::tokens::Span;

pub use configured::{ConfiguredRoute, ConfiguredRoutes, RouteList, Terms};
pub use diagnostic::{Diagnostic, Severity, Source};
pub use dialect::Dialect;
pub use environment::Environment;
pub use known::{Known, Run};
pub use loader::{Loader, Program};
pub use model::{
    ApiBlock, Bmp, BmpFlags, BmpStation, Configuration, Encoder, Healthcheck, MessageFlags,
    Neighbor, Process, TcpAo, TcpAoAlgorithm,
};
pub use resolve::{NeighborPlaces, Places};
pub use section::bmp::{PORT as BMP_PORT, endpoint as bmp_endpoint};
pub use section::{KeywordHelp, keywords};

/// Reads a configuration. Warnings come with it; when anything is an error there is no configuration, and the list has
/// both. Any text at all may be given.
pub fn parse(
    source: &Source,
    loader: &dyn Loader,
    environment: &Environment,
) -> Result<(Configuration, Vec<Diagnostic>), Vec<Diagnostic>> {
    parse_with_places(source, loader, environment)
        .map(|(configuration, _, warnings)| (configuration, warnings))
}

/// The same, with what an earlier reading said: it takes less time for what is still said. [`Known::remember`] is for the
/// caller to do when the configuration is taken.
pub fn parse_again(
    source: &Source,
    loader: &dyn Loader,
    environment: &Environment,
    known: &Known,
) -> Result<(Configuration, Vec<Diagnostic>), Vec<Diagnostic>> {
    let result = read(source, loader, environment, Some(known));
    match result {
        Ok(read) if read.needs_places => parse(source, loader, environment),
        Ok(Read { configuration, warnings, .. }) => Ok((configuration, warnings)),
        // What is wrong is told with its place.
        Err(_) => parse(source, loader, environment),
    }
}

/// The same, and where its parts are.
pub fn parse_with_places(
    source: &Source,
    loader: &dyn Loader,
    environment: &Environment,
) -> Result<(Configuration, Places, Vec<Diagnostic>), Vec<Diagnostic>> {
    read(source, loader, environment, None)
        .map(|Read { configuration, places, warnings, .. }| (configuration, places, warnings))
}

/// What was read.
struct Read {
    configuration: Configuration,
    places: Places,
    warnings: Vec<Diagnostic>,
    /// There is something to say of a route whose place was not kept.
    needs_places: bool,
}

fn read(
    source: &Source,
    loader: &dyn Loader,
    environment: &Environment,
    known: Option<&Known>,
) -> Result<Read, Vec<Diagnostic>> {
    if u32::try_from(source.text.len()).is_err() {
        let error =
            Diagnostic::error(Span::default(), "a configuration can not have more than 4 GiB");
        return Err(vec![error.code("file")]);
    }
    let mut problems = problems::Problems::default();
    let detected = dialect::detect(&source.text, environment.dialect, &mut problems);
    if problems.errors() > 0 {
        // What the statements mean is not known.
        return Err(problems.into_sorted());
    }
    let mut parser = parser::Parser::new(&source.text, detected, problems, loader, environment);
    if let Some(known) = known {
        parser = parser.knowing(known, detected);
    }
    let mut root = draft::RootDraft::default();
    parser.section(&section::root::TABLE, None, &mut root);
    let parser::Shared { mut problems, .. } = parser.shared;
    let is_empty = root.processes.is_empty()
        && root.neighbors.is_empty()
        && root.bmp.is_none()
        && !root.has_group;
    if problems.errors() == 0 && is_empty {
        let error =
            Diagnostic::error(Span::default(), "there is neither a neighbor nor a process in it");
        problems.push(error.help("write 'neighbor ADDRESS { … }'"));
    }
    if problems.are_too_many() {
        // What was not read can not be missed.
        return Err(problems.into_sorted());
    }
    let mut context = resolve::Context {
        source: &source.text,
        environment,
        dialect: detected.dialect,
        problems: &mut problems,
        route_places: Vec::new(),
        lists: resolve::Lists::default(),
        places: Places::default(),
        needs_places: false,
    };
    let configuration = resolve::resolve(root, &mut context);
    let (places, needs_places) = (context.places, context.needs_places);
    if problems.errors() == 0 {
        let warnings = problems.into_sorted();
        Ok(Read { configuration, places, warnings, needs_places })
    } else {
        Err(problems.into_sorted())
    }
}

/// Reads any octets as a configuration, shows what is wrong, and checks that what loads is printed and read back as the
/// same: the target of fuzzers and property tests.
///
/// # Panics
///
/// When something is wrong with this crate.
#[doc(hidden)]
#[expect(clippy::panic, reason = "it exists to find defects")]
pub fn fuzz(octets: &[u8]) {
    let environment = Environment::default();
    let (source, warning) = Source::from_bytes("fuzz", octets.to_vec());
    if let Some(warning) = warning {
        warning.render(&source, false);
    }
    match parse(&source, &loader::Offline, &environment) {
        Err(errors) => {
            if !errors.iter().any(Diagnostic::is_error) {
                panic!("refused without an error");
            }
            diagnostic::render_all(&errors, &source, true);
        }
        Ok((configuration, warnings)) => {
            diagnostic::render_all(&warnings, &source, true);
            if configuration.processes.is_empty()
                && configuration.neighbors.is_empty()
                && configuration.bmp.is_none()
            {
                // A group without neighbors: there is nothing to print.
                return;
            }
            let text = print::configuration(&configuration, print::Secrets::Shown);
            let source = Source { name: "printed".into(), text };
            match parse(&source, &loader::Offline, &environment) {
                Ok((again, _)) if again.is_same(&configuration) => {}
                Ok(_) => panic!("read back as something else: {}", source.text),
                Err(errors) => {
                    panic!("not read back: {}", diagnostic::render_all(&errors, &source, false))
                }
            }
        }
    }
}
