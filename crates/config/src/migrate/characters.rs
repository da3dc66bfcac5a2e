//! Characters: what a word of ExaBGP 3.4 is, today's lexer reads as the same word.

use super::Changes;
use super::edit::Edits;
use crate::legacy;
use crate::lexer::{Lexer, Statement, Words};
use crate::outline::Outline;
use crate::print::quote;

/// Writes every word so that it is read today as ExaBGP 3.4 reads it: quotes where they are needed, and small letters where
/// 3.4 has them.
pub(super) fn rewrite(outline: &Outline<'_>, changes: &mut Changes) -> Edits {
    let mut edits = Edits::default();
    for (index, entry) in outline.entries.iter().enumerate() {
        let is_secret = legacy::is_secret(outline.word(index, 0));
        for (word, token) in outline.words(index).into_iter().zip(&entry.statement.tokens) {
            let written = outline.source.get(token.source.range()).unwrap_or_default();
            if reads_as(written, entry.words, word) {
                continue;
            }
            let new = quote(word);
            changes.add(
                outline,
                index,
                if is_secret {
                    format!("the value of '{}' is in quotes", outline.word(index, 0))
                } else {
                    format!("'{written}' -> '{new}'")
                },
            );
            edits.replace(token.source.range(), new);
        }
    }
    edits
}

/// Whether a text is this one word to today's lexer.
fn reads_as(written: &str, words: Words, word: &str) -> bool {
    if written == word && word.bytes().all(|b| b.is_ascii_alphanumeric() || b".:/-_".contains(&b)) {
        return true;
    }
    let text = format!("{written};");
    let (mut read, mut errors) = (Statement::default(), Vec::new());
    Lexer::new(&text).statement(words, &mut read, &mut errors);
    let mut tokens = read.tokens();
    errors.is_empty()
        && read.end.end as usize == text.len()
        && tokens.next() == Some(word)
        && tokens.is_done()
}
