//! The ini file: sections, keys and values with their places.

use yottabgp_wire::io::tokens::Span;

use super::read::{Notice, Place};

/// A line of the file: what it sets and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// In lower case, without `exabgp.`.
    pub(super) section: String,
    /// In lower case.
    pub(super) key: String,
    /// Without quotes.
    pub(super) value: String,
    /// Where the value is.
    pub(super) span: Span,
    /// Where the key is.
    pub(super) key_span: Span,
}

/// Reads the lines of a file. Lines that say nothing are noticed.
pub(super) fn read(text: &str, notices: &mut Vec<Notice>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section: Option<String> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let content = line.trim_start_matches('\u{feff}').trim();
        let offset = at + line.find(content).unwrap_or(0);
        let span = Span::new(offset, offset + content.len());
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content.strip_prefix('[') {
            let name = name.split(']').next().unwrap_or_default().trim().to_ascii_lowercase();
            section = name.strip_prefix("exabgp.").map(str::to_owned);
            if section.is_none() {
                let message = format!("the section [{name}] is not one of ours and is ignored");
                notices.push(
                    Notice::warning(Place::File(span), message)
                        .help("sections are named [exabgp.…]"),
                );
                section = Some(String::new());
            }
            continue;
        }
        let Some(split) = content.find(['=', ':']) else {
            let message = "this line sets nothing and is ignored";
            notices.push(Notice::warning(Place::File(span), message).help("write key = value"));
            continue;
        };
        let (key, value) = content.split_at(split);
        let value = value.get(1..).unwrap_or_default();
        match &section {
            None => {
                let message = "this line is before the first section and is ignored";
                notices.push(
                    Notice::warning(Place::File(span), message).help("write [exabgp.…] before it"),
                );
            }
            // Of a section that was noticed already.
            Some(section) if section.is_empty() => {}
            Some(section) => entries.push(Entry {
                section: section.clone(),
                key: key.trim().to_ascii_lowercase(),
                value: without_comment(value.trim()).to_owned(),
                span: Span::new(
                    offset + content.len() - value.trim_start().len(),
                    offset + content.len(),
                ),
                key_span: Span::new(offset, offset + key.trim_end().len()),
            }),
        }
    }
    entries
}

/// A value without the comment after it and without its quotes.
fn without_comment(value: &str) -> &str {
    if let Some(quote) = value.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let rest = value.get(1..).unwrap_or_default();
        if let Some(end) = rest.find(quote) {
            return rest.get(..end).unwrap_or(rest);
        }
    }
    let comment = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    strip_quotes(value.get(..comment.unwrap_or(value.len())).unwrap_or(value).trim_end())
}

/// A value without quotes around it.
pub(super) fn strip_quotes(value: &str) -> &str {
    value.trim().trim_matches(['"', '\''])
}
