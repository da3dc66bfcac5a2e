//! The diagnostics of one run.

use yottabgp_wire::io::tokens::TextError;

use crate::diagnostic::{Diagnostic, Severity};

/// How many diagnostics are kept at most: nobody reads more, and a file may have millions of mistakes.
const MOST: usize = 200;

/// How many errors are looked for at most: a file with more of them is not a configuration.
const MOST_ERRORS: usize = 1000;

/// Diagnostics, as they are found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Diagnostic>,
    errors: usize,
    /// How many were ever added.
    pushed: u64,
    /// How many were added, or left out since the like was shown before.
    noticed: u64,
    /// The old constructs that were shown.
    shown: Vec<&'static str>,
    /// The code of what has none of its own.
    about: &'static str,
}

impl Problems {
    /// Adds one. Warnings give way to errors when there are too many.
    pub(crate) fn push(&mut self, diagnostic: impl Into<Diagnostic>) {
        let mut diagnostic = diagnostic.into();
        if diagnostic.code.is_empty() {
            diagnostic.code = if self.about.is_empty() { "value" } else { self.about };
        }
        self.errors += usize::from(diagnostic.is_error());
        self.pushed += 1;
        self.noticed += 1;
        if self.list.len() < MOST {
            self.list.push(diagnostic);
        } else if diagnostic.is_error() {
            let warning = self.list.iter_mut().rev().find(|kept| !kept.is_error());
            if let Some(warning) = warning {
                *warning = diagnostic;
            }
        }
    }

    /// Adds a warning about something that is written in an old way: one for each construct.
    pub(crate) fn push_old(&mut self, construct: &'static str, warning: Diagnostic) {
        if self.shown.contains(&construct) {
            self.noticed += 1;
        } else {
            self.shown.push(construct);
            self.push(warning.code("old"));
        }
    }

    /// What is pushed from now on is about this, if it does not say otherwise: a code.
    pub(crate) const fn about(&mut self, code: &'static str) {
        self.about = code;
    }

    /// Adds each of these.
    pub(crate) fn extend(&mut self, errors: impl IntoIterator<Item = TextError>) {
        for error in errors {
            self.push(Diagnostic::from(error).code("syntax"));
        }
    }

    /// Whether there are so many errors that reading on serves nobody.
    pub(crate) const fn are_too_many(&self) -> bool {
        self.errors >= MOST_ERRORS
    }

    /// How many were added, those included that were too many to be kept.
    pub(crate) const fn pushed(&self) -> u64 {
        self.pushed
    }

    /// The same, with those that were left out since the like was shown before.
    pub(crate) const fn noticed(&self) -> u64 {
        self.noticed
    }

    /// How many errors there were.
    pub(crate) const fn errors(&self) -> usize {
        self.errors
    }

    /// All of them, in the order of the source.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.severity));
        self.list
    }

    /// How many there are, to be given to [`Self::soften`].
    pub(crate) const fn mark(&self) -> usize {
        self.list.len()
    }

    /// Turns the errors added since `mark` into warnings.
    pub(crate) fn soften(&mut self, mark: usize) {
        for diagnostic in self.list.iter_mut().skip(mark) {
            if diagnostic.is_error() {
                diagnostic.severity = Severity::Warning;
                self.errors -= 1;
            }
        }
    }
}
