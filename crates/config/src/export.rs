//! A configuration as JSON, every option included: what [`crate::print`] says, with the types that the rows of the
//! keywords give.

use serde_json::{Map, Value};
use yottabgp_health::table::Takes;

use crate::kind::{Kind, inner, is_list};
use crate::lexer::Terminator;
use crate::outline::Outline;
use crate::print::{self, Secrets};
use crate::section::{self, KeywordHelp};
use crate::words::boolean;
use crate::{Bmp, Configuration, Dialect, Healthcheck, Neighbor};

/// `{ "processes": { NAME: … }, "healthchecks": { NAME: … }, "bmp": { … }, "mrt": { … }, "neighbors": { NAME: … } }`. Passwords
/// are in it.
pub fn configuration(configuration: &Configuration) -> Value {
    let exporter = Exporter { rows: crate::keywords() };
    let mut processes = Map::new();
    let mut only = Configuration::default();
    only.processes.clone_from(&configuration.processes);
    let text = print::configuration(&only, Secrets::Shown);
    if let Ok(outline) = Outline::read_as(&text, Dialect::ExaBgp5) {
        for process in outline.children(None) {
            let members = exporter.section(&outline, process, "process");
            processes.insert(outline.word(process, 1).to_owned(), Value::Object(members));
        }
    }
    let neighbors = configuration.neighbors.iter();
    let neighbors: Map<String, Value> =
        neighbors.map(|neighbor| (neighbor.name.clone(), exporter.neighbor(neighbor))).collect();
    let mut document = Map::new();
    document.insert("processes".into(), Value::Object(processes));
    let healthchecks = configuration.healthchecks.iter();
    let healthchecks: Map<String, Value> =
        healthchecks.map(|check| (check.name.to_string(), healthcheck(check))).collect();
    document.insert("healthchecks".into(), Value::Object(healthchecks));
    if let Some(bmp) = &configuration.bmp {
        document.insert("bmp".into(), exporter.bmp(bmp));
    }
    if configuration.mrt.is_some() {
        document.insert("mrt".into(), exporter.mrt(configuration));
    }
    document.insert("neighbors".into(), Value::Object(neighbors));
    Value::Object(document)
}

/// The options of a section `healthcheck`, as they were written.
fn healthcheck(healthcheck: &Healthcheck) -> Value {
    let mut members = Map::new();
    for (keyword, text) in &healthcheck.written {
        let row = section::healthcheck::rows().find(|row| row.name == *keyword);
        let number = || text.as_ref()?.parse().ok().map(Value::Number);
        let value = match text {
            None => Value::Bool(true),
            Some(text) => row
                .filter(|row| section::healthcheck::is_number(row))
                .and_then(|_| number())
                .unwrap_or_else(|| Value::from(text.as_str())),
        };
        if row.is_some_and(|row| matches!(row.takes, Takes::Many(_))) {
            push(&mut members, keyword, [value].into_iter());
        } else {
            members.insert((*keyword).to_owned(), value);
        }
    }
    Value::Object(members)
}

struct Exporter {
    rows: Vec<KeywordHelp>,
}

impl Exporter {
    fn bmp(&self, bmp: &Bmp) -> Value {
        let only = Configuration { bmp: Some(bmp.clone()), ..Configuration::default() };
        let text = print::configuration(&only, Secrets::Shown);
        let Ok(outline) = Outline::read_as(&text, Dialect::ExaBgp5) else { return Value::Null };
        let header = outline.children(None).next();
        header.map_or(Value::Null, |header| Value::Object(self.section(&outline, header, "bmp")))
    }

    fn mrt(&self, configuration: &Configuration) -> Value {
        let only = Configuration { mrt: configuration.mrt.clone(), ..Configuration::default() };
        let text = print::configuration(&only, Secrets::Shown);
        let Ok(outline) = Outline::read_as(&text, Dialect::ExaBgp5) else { return Value::Null };
        let header = outline.children(None).next();
        header.map_or(Value::Null, |header| Value::Object(self.section(&outline, header, "mrt")))
    }

    fn neighbor(&self, neighbor: &Neighbor) -> Value {
        let text = print::neighbor(neighbor, Secrets::Shown);
        // What we print is read by us.
        let Ok(outline) = Outline::read_as(&text, Dialect::ExaBgp5) else { return Value::Null };
        let Some(header) = outline.children(None).next() else { return Value::Null };
        let mut members = self.section(&outline, header, "neighbor");
        members.insert("peer-address".into(), outline.word(header, 1).into());
        Value::Object(members)
    }

    /// The statements of a section.
    fn section(&self, outline: &Outline<'_>, header: usize, place: &str) -> Map<String, Value> {
        let mut members = Map::new();
        for child in outline.children(Some(header)) {
            let words = outline.words(child);
            let Some((keyword, values)) = words.split_first() else { continue };
            let opens = outline
                .entries
                .get(child)
                .is_some_and(|entry| entry.statement.terminator == Terminator::Open);
            if opens && is_list(place) {
                // `announce { ipv4 { … } }`: whole statements.
                let lines =
                    outline.children(Some(child)).map(|line| Value::from(raw(outline, line, 0)));
                push(&mut members, keyword, lines);
            } else if opens {
                let mut inside = self.section(outline, child, &inner(place, keyword));
                match (*keyword, values.first()) {
                    ("api", name) => {
                        if let Some(name) = name {
                            inside.insert("name".into(), (*name).into());
                        }
                        push(&mut members, keyword, [Value::Object(inside)].into_iter());
                    }
                    ("station", Some(address)) => {
                        inside.insert("address".into(), (*address).into());
                        push(&mut members, keyword, [Value::Object(inside)].into_iter());
                    }
                    _ => merge(&mut members, keyword, inside),
                }
            } else if is_list(place) && !values.is_empty() {
                push(&mut members, keyword, [Value::from(raw(outline, child, 1))].into_iter());
            } else {
                members.insert((*keyword).to_owned(), self.value(place, keyword, values));
            }
        }
        members
    }

    /// The value of a statement, with the type that its row gives.
    fn value(&self, place: &str, keyword: &str, words: &[&str]) -> Value {
        let mut rows = self.rows.iter().filter(|row| row.place == place && !row.section);
        let kind = rows.find(|row| row.name == keyword).map_or(Kind::Text(""), Kind::of);
        if let Kind::List(_) = kind {
            let words = words.iter().filter(|word| !matches!(**word, "[" | "]" | ","));
            return words.map(|word| Value::from(*word)).collect();
        }
        let text = words.join(" ");
        if text.is_empty() && kind.has_boolean() {
            return Value::Bool(true);
        }
        match text.parse::<u64>() {
            Ok(number) if kind.has_integer() => return number.into(),
            _ => {}
        }
        match boolean(&text) {
            Some(on) if kind.has_boolean() && !kind.has_word(&text) => Value::Bool(on),
            _ => text.into(),
        }
    }
}

/// The words of a statement as they are written, from one on.
fn raw(outline: &Outline<'_>, entry: usize, from: usize) -> String {
    let Some(entry) = outline.entries.get(entry) else { return String::new() };
    let tokens = &entry.statement.tokens;
    let (Some(first), Some(last)) = (tokens.get(from), tokens.last()) else { return String::new() };
    outline.source.get(first.source.to(last.source).range()).unwrap_or_default().to_owned()
}

/// Adds to a list.
fn push(members: &mut Map<String, Value>, keyword: &str, values: impl Iterator<Item = Value>) {
    let list = members.entry(keyword).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(list) = list {
        list.extend(values);
    }
}

/// Adds what a section says to what sections of the same name said before.
fn merge(members: &mut Map<String, Value>, keyword: &str, inside: Map<String, Value>) {
    let object = members.entry(keyword).or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(object) = object else { return };
    for (name, value) in inside {
        match (object.get_mut(&name), value) {
            (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
            (_, value) => {
                object.insert(name, value);
            }
        }
    }
}
