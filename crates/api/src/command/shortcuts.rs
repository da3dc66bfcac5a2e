//! The shortcuts of the command line: `s n s` for `show neighbor summary`.

/// A word, what must stand before it, and its shortcuts. Words of one place are tried in this order.
struct Shortcut {
    /// The words after which it may stand; empty for the start of the line.
    after: &'static [&'static str],
    word: &'static str,
    /// The shortest abbreviation.
    shortest: &'static str,
    /// Misspellings that were accepted.
    also: &'static [&'static str],
}

const fn shortcut(
    after: &'static [&'static str],
    word: &'static str,
    shortest: &'static str,
) -> Shortcut {
    Shortcut { after, word, shortest, also: &[] }
}

const VERBS: &[&str] = &["announce", "withdraw"];
const TABLES: &[&str] = &["show", "clear", "flush"];

#[rustfmt::skip]
const TABLE: &[Shortcut] = &[
    shortcut(&[], "announce", "a"),
    shortcut(&[], "flush", "f"),
    shortcut(&[], "teardown", "t"),
    shortcut(&[], "withdraw", "w"),
    shortcut(&[], "show", "s"),
    shortcut(&[], "help", "h"),
    Shortcut { after: &[], word: "neighbor", shortest: "n", also: &["neighbour", "neigbour", "neigbor"] },
    shortcut(&[], "daemon", "d"),
    shortcut(&[], "session", "ses"),
    shortcut(VERBS, "attributes", "a"),
    shortcut(VERBS, "flow", "f"),
    shortcut(VERBS, "route", "r"),
    shortcut(VERBS, "eor", "e"),
    shortcut(VERBS, "operational", "o"),
    shortcut(VERBS, "vpls", "v"),
    shortcut(VERBS, "watchdog", "w"),
    Shortcut { after: &["show"], word: "neighbor", shortest: "n", also: &["neighbour", "neigbour", "neigbor"] },
    shortcut(TABLES, "adj-rib", "a"),
    shortcut(&["adj-rib"], "in", "i"),
    shortcut(&["adj-rib"], "out", "o"),
];

/// What may be abbreviated anywhere after `show` or `neighbor`.
const FORMS: &[(&str, &str)] = &[("configuration", "c"), ("summary", "s"), ("extensive", "e")];

/// Writes out the shortcuts of a command, in the words of version 4, and puts `neighbor IP show …` into the order of the
/// grammar. Words that are no shortcut stay as they are.
pub fn expand_shortcuts(line: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut selecting = false;
    for word in line.split_whitespace() {
        let expanded = expand(word, &words, selecting);
        selecting = match (words.len(), expanded) {
            (0, "neighbor" | "peer") => true,
            _ => selecting && !is_verb(expanded),
        };
        words.push(expanded);
    }
    reorder(&mut words);
    words.join(" ")
}

fn is_verb(word: &str) -> bool {
    matches!(word, "announce" | "withdraw" | "show" | "teardown" | "flush" | "clear")
}

fn expand<'a>(word: &'a str, before: &[&str], selecting: bool) -> &'a str {
    let last = before.last().copied();
    if selecting && matches!(word, "id") {
        return "router-id";
    }
    // Behind a selection, verbs may be abbreviated as at the start; an address or the value of a key is none of them.
    let keys =
        ["local-ip", "local-as", "peer-as", "router-id", "family-allowed", "neighbor", "peer"];
    let start = before.is_empty() || selecting && last.is_some_and(|last| !keys.contains(&last));
    for shortcut in TABLE {
        let place = match shortcut.after {
            [] => start && (before.is_empty() || is_verb(shortcut.word)),
            after => last.is_some_and(|last| after.contains(&last)),
        };
        if place
            && (abbreviates(word, shortcut.word, shortcut.shortest)
                || shortcut.also.contains(&word))
        {
            return shortcut.word;
        }
    }
    if before.first() == Some(&"show") || before.contains(&"show") {
        for (form, shortest) in FORMS {
            if last != Some("show") && abbreviates(word, form, shortest) {
                return form;
            }
        }
    }
    word
}

/// Whether `word` is the shortest abbreviation, or two letters that the whole word starts with.
fn abbreviates(word: &str, whole: &str, shortest: &str) -> bool {
    word == shortest || word.len() == 2 && word.starts_with(shortest) && whole.starts_with(word)
}

/// `neighbor IP show …` is `show neighbor IP …`; `adj-rib in show` is `show adj-rib in`.
fn reorder(words: &mut Vec<&str>) {
    let Some(show) = words.iter().position(|word| *word == "show") else { return };
    if show > 0 && matches!(words.first(), Some(&"neighbor" | &"adj-rib")) {
        let verb = words.remove(show);
        // `neighbor IP show neighbor summary`: the second one says nothing more.
        if words.get(show) == Some(&"neighbor") {
            words.remove(show);
        }
        words.insert(0, verb);
    }
}
