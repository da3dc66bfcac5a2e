//! Defaults that changed: where the old one counted, it is written down.

use std::fmt::Write as _;
use std::sync::Arc;

use yottabgp_wire::codes::Family;

use super::edit::{Edits, indent_of, line_end};
use super::words::{LABELED, MPLS};
use super::{Changes, Step, Steps, read};
use crate::lexer::Terminator;
use crate::model::Neighbor;
use crate::outline::Outline;
use crate::print::quote;
use crate::{Configuration, Dialect, Environment};

/// The headers of the neighbors of a file, in the order of the model: not those of templates.
pub(super) fn neighbors(outline: &Outline<'_>) -> Vec<usize> {
    (0..outline.entries.len())
        .filter(|entry| {
            outline.word(*entry, 0) == "neighbor"
                && outline
                    .entries
                    .get(*entry)
                    .is_some_and(|e| e.statement.terminator == Terminator::Open)
                && matches!(outline.path(*entry).as_slice(), [] | ["group"])
        })
        .collect()
}

/// Replaces `minimal` and `all` by the families that they stood for.
pub(super) fn lists(
    outline: &Outline<'_>,
    original: Option<&Configuration>,
    steps: Steps,
    changes: &mut Changes,
) -> Edits {
    let mut edits = Edits::default();
    let headers = neighbors(outline);
    for entry in 0..outline.entries.len() {
        let written = outline.word(entry, 0);
        if !matches!(written, "minimal" | "all") || outline.path(entry).last() != Some(&"family") {
            continue;
        }
        let section = outline.entries.get(entry).and_then(|entry| entry.parent);
        let owner = section.and_then(|section| outline.entries.get(section)?.parent);
        let (Some(section), Some(owner), Some(original)) = (section, owner, original) else {
            continue;
        };
        // The neighbors that this is for.
        let models: Vec<&Neighbor> = headers
            .iter()
            .zip(&original.neighbors)
            .filter(|(header, _)| {
                let own = outline.children(Some(**header)).any(|c| outline.word(c, 0) == "family");
                let member =
                    outline.entries.get(**header).and_then(|entry| entry.parent) == Some(owner);
                **header == owner || member && !own
            })
            .map(|(_, model)| model)
            .collect();
        let Some(first) = models.first() else { continue };
        let families = &first.settings.families;
        if models.iter().any(|model| model.settings.families != *families) {
            // Each neighbor gets its own list.
            edits.replace(outline.span(section).range(), "");
            changes.say(format!("'{written}' is the families of each neighbor"));
            continue;
        }
        let separator =
            format!(";\n{}", indent_of(outline.source, outline.span(entry).start as usize));
        let list: Vec<String> = words(families, steps);
        if list == [written] {
            continue;
        }
        let end = outline.entries.get(entry).and_then(|e| e.statement.tokens.last());
        if let Some(end) = end {
            edits.replace(
                outline.span(entry).start as usize..end.source.end as usize,
                list.join(&separator),
            );
            changes.say(format!("'{written}' -> '{}'", list.join("; ")));
        }
    }
    edits
}

/// Families as statements, as the version has them that is written for.
fn words(families: &[Family], steps: Steps) -> Vec<String> {
    if families == Family::ALL {
        return vec!["all".to_owned()];
    }
    let word = |family: &Family| {
        let mut words = Vec::new();
        family.push_command(&mut words);
        let words = String::from_utf8_lossy(&words);
        if steps.has(Step::From5) { words.replace(MPLS, LABELED) } else { words.into_owned() }
    };
    families.iter().map(word).collect()
}

/// Writes down what a neighbor had by default and would not have any more. Once in a template, when all that inherit
/// from it need it.
pub(super) fn defaults(
    text: String,
    original: Option<&Configuration>,
    environment: &Environment,
    steps: Steps,
    changes: &mut Changes,
) -> String {
    let (Some(original), Ok((migrated, _))) = (original, read(&text, environment)) else {
        return text;
    };
    let Ok(outline) = Outline::read_as(&text, Dialect::ExaBgp5) else { return text };
    let headers = neighbors(&outline);
    if original.neighbors.len() != migrated.neighbors.len()
        || headers.len() != migrated.neighbors.len()
    {
        return text;
    }
    let needed: Vec<Vec<String>> = original
        .neighbors
        .iter()
        .zip(&migrated.neighbors)
        .map(|(before, after)| missing(before, after, steps))
        .collect();
    let mut edits = Edits::default();
    let mut done: Vec<Vec<String>> = vec![Vec::new(); needed.len()];
    for template in templates(&outline) {
        let heirs: Vec<usize> = headers
            .iter()
            .enumerate()
            .filter(|(_, header)| inherits(&outline, **header, outline.word(template, 1)))
            .map(|(index, _)| index)
            .collect();
        let Some(first) = heirs.first().and_then(|first| needed.get(*first)) else { continue };
        let common = first.iter().filter(|line| {
            heirs.iter().all(|heir| {
                needed.get(*heir).is_some_and(|needed| needed.contains(line))
                    && done.get(*heir).is_some_and(|done| !done.contains(line))
            })
        });
        let common: Vec<String> = common.cloned().collect();
        for heir in heirs {
            if let Some(done) = done.get_mut(heir) {
                done.extend(common.iter().cloned());
            }
        }
        for line in common {
            changes.say(format!("'{line}' was the default, and is written down"));
            insert(&outline, template, &line, changes, &mut edits);
        }
    }
    let models = original.neighbors.iter().zip(&migrated.neighbors);
    for (header, (before, after)) in headers.iter().zip(models) {
        let Some(names) = commanders(before, after) else { continue };
        let unit = &changes.unit;
        let text = format!("api {{\n{unit}processes [ {names} ];\n}}");
        changes.add(&outline, *header, format!("{names}: every process commands every neighbor"));
        super::process::append(&outline, *header, &[text], changes, &mut edits);
    }
    for ((header, needed), done) in headers.into_iter().zip(needed).zip(done) {
        for line in needed.into_iter().filter(|line| !done.contains(line)) {
            changes.say(format!("'{line}' was the default, and is written down"));
            insert(&outline, header, &line, changes, &mut edits);
        }
    }
    edits.apply(&text)
}

/// The processes that may command a neighbor and are told nothing of it, which is so by itself in ExaBGP 3.4 alone.
fn commanders(before: &Neighbor, after: &Neighbor) -> Option<String> {
    let all = |neighbor: &Neighbor| -> Vec<Arc<str>> {
        neighbor.api.iter().flat_map(|block| &block.processes).cloned().collect()
    };
    let known = all(after);
    let missing = all(before).into_iter().filter(|name| !known.contains(name));
    let names: Vec<String> = missing.map(|name| quote(&name)).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// The headers of templates.
fn templates(outline: &Outline<'_>) -> Vec<usize> {
    let entries = 0..outline.entries.len();
    entries
        .filter(|entry| {
            outline.path(*entry) == ["template"] && outline.word(*entry, 0) == "neighbor"
        })
        .collect()
}

fn inherits(outline: &Outline<'_>, neighbor: usize, template: &str) -> bool {
    outline.children(Some(neighbor)).any(|child| {
        let words = outline.words(child);
        words.first() == Some(&"inherit") && words.contains(&template)
    })
}

/// The statements that a neighbor lacks to be what it was.
fn missing(before: &Neighbor, after: &Neighbor, steps: Steps) -> Vec<String> {
    let mut lines = Vec::new();
    let (old, new) = (&before.settings, &after.settings);
    if old.group_updates != new.group_updates {
        lines.push(format!("group-updates {};", old.group_updates));
    }
    if old.families != new.families && new.families == Family::ALL {
        let mut line = String::from("family {");
        for family in words(&old.families, steps) {
            let _ = write!(line, " {family};");
        }
        lines.push(line + " }");
    }
    let word = |on: bool| if on { "enable" } else { "disable" };
    if old.extended_message != new.extended_message {
        lines.push(format!("capability {{ extended-message {}; }}", word(old.extended_message)));
    }
    lines
}

/// Adds a statement at the start of a section.
pub(super) fn insert(
    outline: &Outline<'_>,
    header: usize,
    line: &str,
    changes: &Changes,
    edits: &mut Edits,
) {
    let Some(entry) = outline.entries.get(header) else { return };
    let brace = entry.statement.end.end as usize;
    let end = line_end(outline.source, brace);
    let rest = outline.source.get(brace..end).unwrap_or_default().trim();
    if rest.is_empty() || rest.starts_with('#') {
        let indent = indent_of(outline.source, entry.start());
        edits.insert(end, format!("\n{indent}{}{line}", changes.unit));
    } else {
        edits.insert(brace, format!(" {line}"));
    }
}
