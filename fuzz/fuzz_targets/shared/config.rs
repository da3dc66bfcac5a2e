//! What the fuzz target of `config` checks. Here, so that a normal test can replay the corpus.

use yottabgp_config::diagnostic::render_all;
use yottabgp_config::loader::Offline;
use yottabgp_config::{Environment, Source, parse};

/// The text of a configuration.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn configuration(data: &[u8]) {
    let (source, _) = Source::from_bytes("fuzz", data.to_vec());
    let diagnostics = match parse(&source, &Offline, &Environment::default()) {
        Ok((_, warnings)) => {
            assert!(!warnings.iter().any(|diagnostic| diagnostic.is_error()));
            warnings
        }
        Err(diagnostics) => {
            assert!(diagnostics.iter().any(|diagnostic| diagnostic.is_error()));
            diagnostics
        }
    };
    let _ = render_all(&diagnostics, &source, false);
    for diagnostic in &diagnostics {
        let _ = diagnostic.line(&source);
    }
}

/// The text of a configuration, to be laid out.
#[allow(dead_code, reason = "each target uses one")]
pub(crate) fn format(data: &[u8]) {
    yottabgp_config::format::fuzz(data);
}
