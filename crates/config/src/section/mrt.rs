//! `mrt { … }`, of all neighbors or of one: what is recorded, and where.

use yottabgp_wire::io::tokens::TextError;

use crate::draft::MrtDraft;
use crate::parser::{Keyword, Section};
use crate::recording::{FileName, Recorded};
use crate::words::Words;

/// The section of all neighbors.
pub(crate) static TABLE: Section<MrtDraft> = Section { keywords: KEYWORDS, ..Section::new("mrt") };

/// The section of a neighbor.
pub(crate) static OF_NEIGHBOR: Section<MrtDraft> =
    Section { keywords: KEYWORDS, ..Section::new("neighbor/mrt") };

/// The longest time between two files, in seconds: a week.
const WEEK: u64 = 7 * 24 * 3600;

const KEYWORDS: &[Keyword<MrtDraft>] = &[
    Keyword {
        name: "updates",
        value: "<file>",
        default: "none",
        help: "the file of messages and changes of state, with the time as %Y%m%d.%H%M and {peer} in its name; compressed where it ends with .gz, .bz2 or .zst",
        read: |words, draft| draft.updates.read(words, file),
    },
    Keyword {
        name: "rotate",
        value: "<0-604800>",
        default: "900",
        help: "seconds after which the next file begins, at a multiple of them; 0 for never",
        read: |words, draft| draft.rotate.read(words, |words| seconds(words, 0)),
    },
    Keyword {
        name: "messages",
        value: "[ <message>… ]",
        default: "all of them",
        help: "what is recorded: open update notification keepalive refresh operational state",
        read: |words, draft| draft.messages.read(words, messages),
    },
    Keyword {
        name: "received",
        value: "<boolean>",
        default: "true",
        help: "whether messages of the peer are recorded",
        read: |words, draft| draft.received.read(words, |words| words.boolean()),
    },
    Keyword {
        name: "sent",
        value: "<boolean>",
        default: "false",
        help: "whether messages to the peer are recorded",
        read: |words, draft| draft.sent.read(words, |words| words.boolean()),
    },
    Keyword {
        name: "table",
        value: "<file>",
        default: "none",
        help: "the file of all routes received (TABLE_DUMP_V2), its name as that of updates",
        read: |words, draft| draft.table.read(words, file),
    },
    Keyword {
        name: "table-interval",
        value: "<1-604800>",
        default: "7200",
        help: "seconds after which the table is written again, at a multiple of them",
        read: |words, draft| draft.table_interval.read(words, |words| seconds(words, 1)),
    },
];

fn file(words: &mut Words<'_, '_>) -> Result<FileName, TextError> {
    const FORMAT: &str = "an absolute path, such as /var/lib/yottabgp/updates.%Y%m%d.%H%M.gz";
    let word = words.word("file", FORMAT)?;
    FileName::new(word)
        .map_err(|error| words.tokens.last_error(format!("'{word}': {error}")).help(FORMAT))
}

fn seconds(words: &mut Words<'_, '_>, least: u64) -> Result<u32, TextError> {
    let seconds = words.number("number of seconds", least, WEEK)?;
    Ok(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn messages(words: &mut Words<'_, '_>) -> Result<Recorded, TextError> {
    let mut found = Recorded(0);
    words.tokens.list("message", |tokens| {
        let word = tokens.expect("message")?;
        let known = Recorded::NAMED.iter().find(|(name, _)| *name == word);
        let Some((_, one)) = known else {
            let names: Vec<&str> = Recorded::EVERYTHING.names().collect();
            let error =
                tokens.last_error(format!("'{word}' is not a message that can be recorded"));
            return Err(error.help(format!("valid options: {}", names.join(", "))));
        };
        found.0 |= one.0;
        Ok(())
    })?;
    if found == Recorded(0) {
        return Err(words
            .tokens
            .last_error("nothing is named that is to be recorded")
            .help("leave 'messages' out for everything, or 'updates' for nothing"));
    }
    Ok(found)
}
