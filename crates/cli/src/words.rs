//! What may be written next in a command for the daemon: for TAB and `?` of `cli`, and for the completion of shells.
//!
//! All of it comes from tables: commands and their grammar from the API's, attributes and families from the codec's, and peers
//! from the daemon that is asked.

use yottabgp_api::command::expand_shortcuts;
use yottabgp_api::command::registry::{Permission, Row, TABLE};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::nlri::registry as nlri;
use yottabgp_wire::route;
use yottabgp_wire::route::rule::Section;

/// A word that may stand here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Choice {
    pub(crate) word: String,
    /// What it is for.
    pub(crate) help: String,
}

impl Choice {
    pub(crate) fn new(word: impl Into<String>, help: impl Into<String>) -> Self {
        Self { word: word.into(), help: help.into() }
    }
}

/// A peer of the daemon: its address, and what else is known of it.
pub(crate) type Peer = (String, String);

/// What may be written next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Next {
    /// The words, those that begin as what is written already.
    pub(crate) choices: Vec<Choice>,
    /// How the command goes on, once it is known which one it is.
    pub(crate) usage: Option<String>,
}

/// What may follow `before`, whose last word, if no blank follows it, is not finished. `peers` asks the daemon.
pub(crate) fn next(before: &str, peers: &mut dyn FnMut() -> Vec<Peer>) -> Next {
    let (words, partial) = split(before);
    let written = expand_shortcuts(&words.join(" "));
    let words: Vec<&str> = written.split_whitespace().collect();
    let mut next = Next::default();
    let selecting = matches!(words.first(), Some(&"neighbor" | &"peer"));
    match words.split_first() {
        Some((first, rest)) if selecting => match rest.iter().position(|word| is_verb(word)) {
            Some(start) if start > 0 => {
                command(rest.get(start..).unwrap_or_default(), true, &mut next, peers);
            }
            // `peer show`, `peer announce`: all of them.
            Some(_) if *first == "peer" => command(&words, false, &mut next, peers),
            _ => selection(first, rest, &mut next, peers),
        },
        _ => {
            command(&words, false, &mut next, peers);
            if words.is_empty() {
                next.choices.push(Choice::new("neighbor", "A command for some peers only"));
                next.choices.push(Choice::new("peer", "A command for some peers only"));
            }
        }
    }
    keep(&mut next.choices, partial);
    next
}

/// Cuts into finished words and the last one, which is empty behind a blank.
pub(crate) fn split(before: &str) -> (Vec<&str>, &str) {
    let mut words: Vec<&str> = before.split_whitespace().collect();
    let is_finished = before.ends_with(char::is_whitespace) || words.is_empty();
    let partial = if is_finished { "" } else { words.pop().unwrap_or_default() };
    (words, partial)
}

/// Leaves the words that begin with `partial`, each once.
pub(crate) fn keep(choices: &mut Vec<Choice>, partial: &str) {
    choices.retain(|choice| choice.word.starts_with(partial));
    choices.sort();
    choices.dedup_by(|later, first| {
        let same = later.word == first.word;
        if same && first.help.is_empty() {
            std::mem::swap(&mut first.help, &mut later.help);
        }
        same
    });
}

/// The spellings of a command, as they stand behind a selection or without one.
fn spellings(row: &'static Row, selected: bool) -> impl Iterator<Item = &'static str> {
    row.spellings().filter(move |_| row.peers || !selected).map(move |words| {
        if selected { words.strip_prefix("peer ").unwrap_or(words) } else { words }
    })
}

/// Whether a command that takes a selection begins with this word.
fn is_verb(word: &str) -> bool {
    TABLE
        .iter()
        .flat_map(|row| spellings(row, true))
        .any(|words| words.split(' ').next() == Some(word))
}

/// What a selection can name beside the address.
const KEYS: &[(&str, &str)] = &[
    ("local-ip", "Only sessions with this address of ours"),
    ("local-as", "Only sessions with this AS of ours"),
    ("peer-as", "Only peers of this AS"),
    ("router-id", "Only sessions with this identifier of ours"),
    ("family-allowed", "Only peers with these families"),
];

fn selection(first: &str, rest: &[&str], next: &mut Next, peers: &mut dyn FnMut() -> Vec<Peer>) {
    match rest.last() {
        None | Some(&"neighbor" | &"peer") => {
            next.choices
                .extend(peers().into_iter().map(|(address, help)| Choice::new(address, help)));
            next.choices.push(Choice::new("*", "Every peer"));
            if first == "peer" && rest.is_empty() {
                // `peer show`, `peer list`: for all of them.
                command(&["peer"], false, next, &mut Vec::new);
            }
        }
        Some(last) if KEYS.iter().any(|(key, _)| key == last) => {}
        Some(_) => {
            next.choices.extend(KEYS.iter().map(|(key, help)| Choice::new(*key, *help)));
            command(&[], true, next, peers);
        }
    }
}

/// What may follow the words of a command.
fn command(words: &[&str], selected: bool, next: &mut Next, peers: &mut dyn FnMut() -> Vec<Peer>) {
    let mut known: Option<(&'static Row, usize)> = None;
    for row in TABLE {
        for spelling in spellings(row, selected) {
            let of_row: Vec<&str> = spelling.split(' ').collect();
            if let Some(word) = of_row.get(words.len())
                && of_row.starts_with(words)
            {
                let is_last = of_row.len() == words.len() + 1;
                next.choices.push(Choice::new(*word, if is_last { row.help } else { "" }));
            } else if words.starts_with(&of_row)
                && known.is_none_or(|(_, length)| length < of_row.len())
            {
                known = Some((row, of_row.len()));
            }
        }
    }
    if let Some((row, length)) = known {
        let (of_row, values) = words.split_at_checked(length).unwrap_or_default();
        next.usage = Some(format!("{} {}", of_row.join(" "), row.grammar).trim_end().to_owned());
        arguments(row, of_row, values, next, peers);
    }
}

/// What may follow the words of this command, by its grammar: small words are themselves, large ones are of a kind.
fn arguments(
    row: &Row,
    of_row: &[&str],
    values: &[&str],
    next: &mut Next,
    peers: &mut dyn FnMut() -> Vec<Peer>,
) {
    if of_row.last() == Some(&"flow") {
        return rule(values, next);
    }
    let parts: Vec<&str> = row.grammar.split_whitespace().collect();
    let plain = |part: &str| part.trim_matches(['[', ']', '…']).to_owned();
    let has = |kind: &str| parts.iter().any(|part| plain(part).split('|').any(|word| word == kind));
    let last = values.last().copied().or_else(|| of_row.last().copied()).unwrap_or_default();
    // A small word that stands before a large one: its value comes now.
    let value_of_last = parts.iter().zip(parts.iter().skip(1)).find(|(word, value)| {
        plain(word).split('|').any(|word| word == last) && value.contains(char::is_uppercase)
    });
    let offered: Vec<&str> = if let Some((_, value)) = value_of_last.filter(|_| !values.is_empty())
    {
        vec![*value]
    } else if has("ATTRIBUTE") && route::keywords().any(|(word, _)| word == last) {
        vec![]
    } else if values.is_empty() {
        let needed = parts.iter().position(|part| !part.starts_with('[')).unwrap_or(parts.len());
        parts.iter().take(needed + 1).copied().collect()
    } else {
        let optional = parts.first().is_none_or(|part| part.starts_with('['));
        parts.iter().skip(usize::from(!optional)).copied().collect()
    };
    let afi =
        [values.last(), of_row.last()].into_iter().flatten().find_map(|word| Afi::named(word));
    let behind_afi = Afi::named(last).is_some();
    for part in offered {
        for word in plain(part).split('|') {
            match word {
                "ATTRIBUTE" | "ATTRIBUTES" => attributes(of_row, values, next),
                "AFI" if !behind_afi => next.choices.extend(
                    Afi::NAMED.iter().map(|(_, name)| Choice::new(*name, "An address family")),
                ),
                "SAFI" | "AFI" => next.choices.extend(afi.into_iter().flat_map(safis)),
                "IP" if row.permission == Permission::Read => {
                    next.choices
                        .extend(peers().into_iter().map(|(peer, help)| Choice::new(peer, help)));
                }
                word if word.starts_with(|first: char| first.is_ascii_lowercase())
                    && !values.contains(&word) =>
                {
                    next.choices.push(Choice::new(word, ""));
                }
                _ => {}
            }
        }
    }
    if row.json && !values.contains(&"json") {
        next.choices.push(Choice::new("json", "The answer as JSON"));
    }
}

/// What may follow in a flow specification, on one line or in blocks.
fn rule(values: &[&str], next: &mut Next) {
    let Some((_, words)) = values.split_first() else {
        next.choices.push(Choice::new("route", "A rule"));
        return;
    };
    let apart = ["{", "}", ";"]
        .iter()
        .fold(words.join(" "), |text, sign| text.replace(sign, &format!(" {sign} ")));
    let mut open: Vec<Option<Section>> = Vec::new();
    let mut before = "";
    for word in apart.split_whitespace() {
        match word {
            "{" => open.push(Section::named(before)),
            "}" => drop(open.pop()),
            _ => {}
        }
        before = word;
    }
    let begins = matches!(before, "" | "{" | "}" | ";");
    let is_whole = before == "}" && open.is_empty();
    let takes_value =
        Section::of(before).is_some() || route::keywords().any(|(word, _)| word == before);
    let known = |help: &str, words: &mut dyn Iterator<Item = &'static str>, next: &mut Next| {
        let new = words.filter(|word| !apart.split_whitespace().any(|said| said == *word));
        next.choices.extend(new.map(|word| Choice::new(word, help)));
    };
    let sections: &[Section] = match open.last() {
        None if is_whole || takes_value => &[],
        // One line has the words of all sections.
        None => &Section::ALL,
        Some(Some(section)) if begins => std::slice::from_ref(section),
        Some(None) if begins => {
            return known("A part of the rule", &mut Section::ALL.iter().map(|s| s.name()), next);
        }
        Some(_) => &[],
    };
    if before.is_empty() {
        next.choices.push(Choice::new("{", "A rule in parts"));
    }
    for section in sections {
        known(&format!("Of '{}'", section.name()), &mut section.words(), next);
        if *section == Section::Then {
            known("An attribute", &mut route::keywords().map(|(word, _)| word), next);
        }
    }
}

/// The keywords of a route, and those of its family alone, that are not yet there.
fn attributes(of_row: &[&str], values: &[&str], next: &mut Next) {
    let family =
        of_row.last().zip(values.first()).and_then(|(afi, safi)| Family::from_words(afi, safi));
    let own = family.into_iter().flat_map(|family| nlri::row(family).grammar.words);
    let own = own.map(|word| Choice::new(word.word, "Of this family"));
    let all = route::keywords().map(|(word, attribute)| {
        Choice::new(
            word,
            if word == attribute { String::new() } else { format!("Attribute {attribute}") },
        )
    });
    next.choices.extend(own.chain(all).filter(|choice| !values.contains(&choice.word.as_str())));
}

/// The second words of the families of an AFI.
fn safis(afi: Afi) -> Vec<Choice> {
    let mut families: Vec<Family> = Family::ALL.to_vec();
    families.extend(nlri::TABLE.iter().flat_map(|row| row.families));
    let names = families
        .into_iter()
        .filter(|family| family.afi == afi)
        .filter_map(|family| family.safi.name());
    names.map(|name| Choice::new(name, "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(before: &str) -> Vec<String> {
        let mut peers = || vec![("192.0.2.1".to_owned(), "65001 established".to_owned())];
        next(before, &mut peers).choices.into_iter().map(|choice| choice.word).collect()
    }

    #[test]
    fn commands_word_by_word() {
        let all = words("");
        for word in
            ["announce", "withdraw", "show", "peer", "neighbor", "rib", "teardown", "version"]
        {
            assert!(all.contains(&word.to_owned()), "{word}: {all:?}");
        }
        assert_eq!(words("sho"), ["show"]);
        assert_eq!(words("show "), ["adj-rib", "bmp", "neighbor", "neighbors", "routes"]);
        assert_eq!(words("show adj-rib "), ["in", "json", "out"]);
        assert_eq!(words("s a "), ["in", "json", "out"]);
        assert_eq!(words("session sync "), ["disable", "enable"]);
        assert_eq!(words("nonsense "), Vec::<String>::new());
    }

    #[test]
    fn peers_are_those_of_the_daemon() {
        assert_eq!(words("neighbor "), ["*", "192.0.2.1"]);
        assert!(words("peer ").contains(&"show".to_owned()));
        assert!(words("show neighbor ").contains(&"192.0.2.1".to_owned()));
        let behind = words("neighbor 192.0.2.1 ");
        for word in ["announce", "teardown", "local-as"] {
            assert!(behind.contains(&word.to_owned()), "{word}: {behind:?}");
        }
        // Not for some peers alone.
        assert!(!behind.contains(&"shutdown".to_owned()), "{behind:?}");
        assert!(words("peer 192.0.2.1 announce ").contains(&"route".to_owned()));
        assert_eq!(words("neighbor 192.0.2.1 router-id "), Vec::<String>::new());
    }

    #[test]
    fn attributes_and_families_come_from_their_tables() {
        let words_of_route = words("announce route 10.0.0.0/24 ");
        for word in ["next-hop", "med", "community", "large-community", "as-path"] {
            assert!(words_of_route.contains(&word.to_owned()), "{word}: {words_of_route:?}");
        }
        let further = words("announce route 10.0.0.0/24 next-hop 192.0.2.1 ");
        assert!(further.contains(&"med".to_owned()) && !further.contains(&"next-hop".to_owned()));
        assert_eq!(words("announce route 10.0.0.0/24 next-hop "), ["self"]);
        assert_eq!(words("announce route 10.0.0.0/24 next-hop self loc"), ["local-preference"]);
        assert_eq!(words("announce route 10.0.0.0/24 med "), Vec::<String>::new());
        assert!(words("announce route-refresh ").contains(&"ipv6".to_owned()));
        assert!(words("announce route-refresh ipv6 ").contains(&"unicast".to_owned()));
        assert!(words("announce ipv4 ").contains(&"mpls-vpn".to_owned()));
        assert!(words("announce ipv4 mpls-vpn 10.0.0.0/24 ").contains(&"rd".to_owned()));
    }

    #[test]
    fn rules_on_one_line_and_in_parts() {
        let offers = |before: &str, word: &str| words(before).contains(&word.to_owned());
        assert_eq!(words("announce flow "), ["route"]);
        for word in ["{", "destination", "discard", "community"] {
            assert!(offers("announce flow route ", word), "{word}");
        }
        assert_eq!(words("announce flow route destination "), Vec::<String>::new());
        assert!(offers("announce flow route destination 10.0.0.0/8 ", "protocol"));
        assert!(!offers("announce flow route destination 10.0.0.0/8 ", "destination"));
        let part = "neighbor 192.0.2.1 announce flow route { match { ";
        assert_eq!(words("withdraw flow route x { "), ["match", "scope", "then"]);
        assert!(offers(part, "destination") && !offers(part, "discard") && !offers(part, "then"));
        let part = "announce flow route {match {destination 10.0.0.0/8;} ";
        assert_eq!(words(part), ["scope", "then"]);
        let part = format!("{part}then {{ ");
        assert!(offers(&part, "discard") && offers(&part, "community"));
        assert!(!offers(&part, "destination"));
        assert_eq!(words(&format!("{part}discard; }} }} ")), Vec::<String>::new());
    }

    #[test]
    fn every_command_can_be_completed_to_its_end() {
        for row in TABLE {
            for spelling in row.spellings().filter(|spelling| *spelling != "#") {
                let mut before = String::new();
                for word in spelling.split(' ') {
                    let found = words(&before);
                    assert!(
                        found.contains(&word.to_owned()),
                        "'{before}' and then '{word}': {found:?}"
                    );
                    before.push_str(word);
                    before.push(' ');
                }
            }
        }
    }
}
