//! Words that meant something else, or were written otherwise, in older versions of ExaBGP.

use super::RouteBuffer;
use crate::io::tokens::{Span, TextError, Tokens};
use crate::prefix::Prefix;

/// What words mean whose meaning changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reading {
    /// What they mean since ExaBGP 4.
    #[default]
    Modern,
    /// The same, and a note where ExaBGP 3.4 would have meant something else.
    Unsure,
    /// What they meant in ExaBGP 3.4: bare TCP flags and fragment bits have the match bit (RFC 8955 section 4.2.1.2),
    /// several values of a rule need no brackets, and the host bits of a prefix are dropped.
    ExaBgp34,
}

/// Something to say about words that were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about: who shows notes may show one of each.
    pub construct: &'static str,
    /// Where, what, and how it is written today.
    pub text: TextError,
}

/// Notes an old spelling.
pub(super) fn note_spelling(
    construct: &'static str,
    modern: &'static str,
    span: Span,
    route: &mut RouteBuffer,
) {
    let message = format!("'{construct}' is the ExaBGP 3.4 spelling");
    note(construct, span, message, format!("write {modern}"), route);
}

/// Adds a note.
pub(crate) fn note(
    construct: &'static str,
    span: Span,
    message: String,
    help: String,
    route: &mut RouteBuffer,
) {
    route.notes.push(Note { construct, text: TextError::new(span, message).help(help) });
}

/// The keyword that stands today for one that is spelled in an old way.
pub(super) fn modern_keyword<'a>(
    word: &'a str,
    tokens: &Tokens<'_>,
    route: &mut RouteBuffer,
) -> &'a str {
    if word != "as-sequence" {
        return word;
    }
    note_spelling("as-sequence", "as-path", tokens.last_span(), route);
    "as-path"
}

/// A prefix with host bits, which ExaBGP 3.4 drops and later versions refuse, without them. The word is not taken.
pub(super) fn masked(tokens: &Tokens<'_>, route: &mut RouteBuffer) -> Option<Prefix> {
    if route.reading != Reading::ExaBgp34 {
        return None;
    }
    let word = tokens.peek()?;
    let written =
        Prefix::parse_with_host_bits(word).ok().filter(|prefix| prefix.has_host_bits())?;
    let masked = written.masked();
    let message = format!("'{word}' has bits after its length, which ExaBGP 3.4 drops");
    note("host bits", tokens.span(), message, format!("write {masked}"), route);
    Some(masked)
}

/// Notes a set inside of a sequence, `as-path [ 1 2 ( 3 4 ) ]`: how the words from `start` on are written today.
pub(super) fn note_set_in_sequence(start: usize, after: Tokens<'_>, route: &mut RouteBuffer) {
    let mut words = after;
    words.rewind(start);
    let (mut depth, mut nested, mut modern) = (0, false, String::from("as-path"));
    let first = words.span();
    while words.position() < after.position()
        && let Some(word) = words.next()
    {
        match word {
            "[" | "(" if depth == 1 => {
                (depth, nested) = (2, true);
                modern.push_str(" ] (");
                continue;
            }
            "[" | "(" => depth += 1,
            "]" | ")" if depth == 2 => {
                depth = 1;
                modern.push_str(" )");
                continue;
            }
            "]" if nested && depth == 1 => {
                depth = 0;
                continue;
            }
            "]" | ")" => depth -= 1,
            "," => continue,
            _ => {}
        }
        modern.push(' ');
        modern.push_str(word);
    }
    if nested {
        let message = "a set inside of the sequence is how ExaBGP 3.4 and 4 wrote it";
        let span = first.to(after.last_span());
        note("as-path", span, message.into(), format!("write {modern}"), route);
    }
}
