//! What the tests share: configurations as text, and what comes of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use yottabgp_config::loader::Offline;
use yottabgp_config::{Configuration, Diagnostic, Environment, Neighbor, Source, parse};

/// The source named `t`.
pub fn source(text: &str) -> Source {
    Source { name: "t".into(), text: text.into() }
}

/// What must stand in a neighbor beside what is tested.
pub const BASE: &str = "local-as 65001; peer-as 65002; router-id 192.0.2.9;";

pub fn run(text: &str) -> Result<(Configuration, Vec<Diagnostic>), Vec<Diagnostic>> {
    parse(&source(text), &Offline, &Environment::default())
}

pub fn lines(text: &str, diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|diagnostic| diagnostic.line(&source(text))).collect()
}

/// A configuration that loads, and its warnings.
pub fn loaded(text: &str) -> (Configuration, Vec<String>) {
    match run(text) {
        Ok((configuration, warnings)) => (configuration, lines(text, &warnings)),
        Err(errors) => panic!("{text}\n{}", lines(text, &errors).join("\n")),
    }
}

/// A configuration that loads without a warning.
pub fn good(text: &str) -> Configuration {
    let (configuration, warnings) = loaded(text);
    assert_eq!(warnings, [""; 0], "{text}");
    configuration
}

/// The lines of a configuration that does not load.
pub fn bad(text: &str) -> Vec<String> {
    match run(text) {
        Ok(_) => panic!("this loads: {text}"),
        Err(errors) => lines(text, &errors),
    }
}

/// A neighbor on one line.
pub fn wrap(body: &str) -> String {
    format!("neighbor 192.0.2.1 {{ {BASE} {body} }}")
}

/// The neighbor of a body that loads without a warning.
pub fn neighbor(body: &str) -> Neighbor {
    good(&wrap(body)).neighbors.remove(0)
}

/// The neighbor of a body that loads with one warning, and the warning without its place.
pub fn warned(body: &str) -> (Neighbor, String) {
    let (mut configuration, warnings) = loaded(&wrap(body));
    assert_eq!(warnings.len(), 1, "{body}: {warnings:?}");
    (configuration.neighbors.remove(0), without_place(&warnings[0]))
}

/// The one error of a body, without its place.
pub fn error(body: &str) -> String {
    let errors = bad(&wrap(body));
    assert_eq!(errors.len(), 1, "{body}: {errors:?}");
    without_place(&errors[0])
}

fn without_place(line: &str) -> String {
    line.splitn(5, ':').last().unwrap().trim_start().to_owned()
}
