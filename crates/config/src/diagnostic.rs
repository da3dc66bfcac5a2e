//! What is wrong with a text, where, and how it is shown.

use std::borrow::Cow;

use yottabgp_wire::io::tokens::{Span, TextError};

/// A text with a name: a configuration file, or the standard input.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file name, for messages.
    pub name: String,
    /// The content.
    pub text: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is used, but probably not as it was meant, or spelled in an old way.
    Warning,
    /// It can not be used.
    Error,
}

/// Something to say about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What is wrong: names the value.
    pub message: Cow<'static, str>,
    /// How to mend it.
    pub help: Option<Cow<'static, str>>,
}

impl From<TextError> for Diagnostic {
    fn from(error: TextError) -> Self {
        let TextError { span, message, help } = error;
        Self { severity: Severity::Error, span, message, help }
    }
}
