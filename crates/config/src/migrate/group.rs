//! `group`: what its neighbors have in common becomes a template that they inherit from.

use std::collections::{HashMap, HashSet};

use super::Changes;
use super::edit::{Edits, block_end, block_start, indent_of, line_start, reindent};
use crate::lexer::Terminator;
use crate::outline::Outline;

/// Replaces the groups of a file.
pub(super) fn split(outline: &Outline<'_>, changes: &mut Changes) -> Edits {
    let mut edits = Edits::default();
    let mut names: Vec<String> = outline
        .children(None)
        .filter(|entry| outline.word(*entry, 0) == "template")
        .flat_map(|template| outline.children(Some(template)).collect::<Vec<_>>())
        .map(|neighbor| outline.word(neighbor, 1).to_owned())
        .collect();
    for group in outline.children(None) {
        let opens =
            outline.entries.get(group).is_some_and(|e| e.statement.terminator == Terminator::Open);
        if outline.word(group, 0) == "group" && opens {
            let text = Group { outline, group, unit: &changes.unit, names: &mut names }.text();
            let span = outline.span(group).range();
            edits.replace(span, text.trim_end().to_owned());
            changes.add(
                outline,
                group,
                format!(
                    "group {}: its settings are a template, which its neighbors inherit",
                    outline.word(group, 1)
                ),
            );
        }
    }
    edits
}

struct Group<'a, 's> {
    outline: &'a Outline<'s>,
    group: usize,
    unit: &'a str,
    /// The names of templates so far.
    names: &'a mut Vec<String>,
}

/// A part of a group: settings in a row, or a neighbor. With the place of its text.
enum Part {
    Settings(std::ops::Range<usize>, Vec<usize>),
    Member(std::ops::Range<usize>, usize),
}

impl Group<'_, '_> {
    /// What stands instead of the group.
    fn text(&mut self) -> String {
        let parts = self.parts();
        let copies = self.copies(&parts);
        let inner = format!("{}{}", self.indent(), self.unit);
        let last_member = parts.iter().rposition(|part| matches!(part, Part::Member(..)));
        let mut out = String::new();
        let mut inherited: Vec<String> = Vec::new();
        let mut before: Vec<usize> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            match part {
                Part::Settings(range, entries) => {
                    let copied: Vec<usize> =
                        entries.iter().copied().filter(|entry| copies.contains(entry)).collect();
                    let has_effect = last_member.is_none_or(|last| index < last);
                    let copied = if has_effect { copied } else { Vec::new() };
                    let text = self.without(range.clone(), &copied, &inner);
                    let kept = entries.len() > copied.len();
                    before.extend(copied);
                    if !kept {
                        out.push_str(&dedented(&text, &format!("{0}{0}", self.unit)));
                    } else if !has_effect {
                        out.push_str("# What follows has no effect: it stands behind the neighbors of its group.\n");
                        for line in text.lines() {
                            out.push_str(&format!("# {}\n", line.trim_start()));
                        }
                    } else {
                        let name = self.name();
                        let unit = self.unit;
                        let text = text.trim_matches('\n');
                        if !out.is_empty() && !out.ends_with("\n\n") {
                            out.push('\n');
                        }
                        out.push_str(&format!(
                            "template {{\n{unit}neighbor {name} {{\n{text}\n{unit}}}\n}}\n\n"
                        ));
                        inherited.push(name);
                    }
                }
                Part::Member(range, member) => {
                    let mut lines = Vec::new();
                    match inherited.as_slice() {
                        [] => {}
                        [one] => lines.push(format!("inherit {one};")),
                        many => lines.push(format!("inherit [ {} ];", many.join(" "))),
                    }
                    lines.extend(self.copied(*member, &before, &inner));
                    out.push_str(&self.member(range.clone(), *member, &lines, &inner));
                }
            }
        }
        out
    }

    /// What a neighbor's own stands instead of, while it would be beside a template's; as the statements of sections
    /// whose statements are settings, each.
    fn keys(&self, entry: usize) -> Vec<(&str, &str)> {
        let opens = self
            .outline
            .entries
            .get(entry)
            .is_some_and(|entry| entry.statement.terminator == Terminator::Open);
        match self.outline.word(entry, 0) {
            "capability" if opens => {
                let children = self.outline.children(Some(entry));
                children.map(|child| ("capability", self.outline.word(child, 0))).collect()
            }
            section @ ("family" | "operational") if opens => vec![(section, "")],
            _ if opens => Vec::new(),
            keyword => vec![("", keyword)],
        }
    }

    /// The settings of the group that some neighbor, or the group itself further down, has a value of its own for: each
    /// neighbor gets a copy of what counts for it.
    fn copies(&self, parts: &[Part]) -> HashSet<usize> {
        let mut said: HashMap<(&str, &str), HashSet<usize>> = HashMap::new();
        for (index, part) in parts.iter().enumerate() {
            let entries: Vec<usize> = match part {
                Part::Settings(_, entries) => entries.clone(),
                Part::Member(_, member) => self.outline.children(Some(*member)).collect(),
            };
            for key in entries.into_iter().flat_map(|entry| self.keys(entry)) {
                said.entry(key).or_default().insert(index);
            }
        }
        let settings = parts.iter().filter_map(|part| match part {
            Part::Settings(_, entries) => Some(entries),
            Part::Member(..) => None,
        });
        let is_copied = |entry: &usize| {
            let keys = self.keys(*entry);
            keys.iter().any(|key| said.get(key).is_some_and(|parts| parts.len() > 1))
        };
        settings.flatten().copied().filter(is_copied).collect()
    }

    /// What counts for a neighbor of the settings before it that are copied.
    fn copied(&self, member: usize, before: &[usize], inner: &str) -> Vec<String> {
        let own = self.outline.children(Some(member)).flat_map(|child| self.keys(child));
        let mut taken: HashSet<(&str, &str)> = own.collect();
        let mut lines = Vec::new();
        // The last one counts.
        for entry in before.iter().rev() {
            let keys = self.keys(*entry);
            let left = keys.iter().filter(|key| !taken.contains(*key)).count();
            if left == keys.len() {
                let span = self.outline.span(*entry).range();
                lines.push(reindent(self.outline, span, inner, self.unit));
            } else if left > 0 {
                let children = self.outline.children(Some(*entry));
                let text: Vec<&str> = children
                    .zip(&keys)
                    .filter(|(_, key)| !taken.contains(*key))
                    .filter_map(|(child, _)| {
                        self.outline.source.get(self.outline.span(child).range())
                    })
                    .collect();
                lines.push(format!("capability {{ {} }}", text.join(" ")));
            }
            // Lists are one list.
            taken.extend(
                keys.into_iter().filter(|(section, _)| matches!(*section, "" | "capability")),
            );
        }
        lines.reverse();
        lines
    }

    fn indent(&self) -> &str {
        let start = self.outline.span(self.group).start as usize;
        indent_of(self.outline.source, start)
    }

    /// The parts in their order.
    fn parts(&self) -> Vec<Part> {
        let source = self.outline.source;
        let header = self.outline.entries.get(self.group);
        let mut at = header.map_or(0, |header| {
            let brace = header.statement.end.end as usize;
            // A comment behind the brace is kept, the end of the line is not.
            let rest = source.get(brace..).unwrap_or_default();
            match rest.find(|c: char| c != ' ' && c != '\t' && c != '\r') {
                Some(offset) if rest.get(offset..).is_some_and(|r| r.starts_with('\n')) => {
                    brace + offset + 1
                }
                _ => brace,
            }
        });
        let mut parts: Vec<Part> = Vec::new();
        for child in self.outline.children(Some(self.group)) {
            let end = block_end(source, self.outline.span(child).end as usize);
            if self.outline.word(child, 0) == "neighbor" {
                let Some(entry) = self.outline.entries.get(child) else { continue };
                let start = block_start(source, entry, at);
                match parts.last_mut() {
                    Some(Part::Settings(range, _) | Part::Member(range, _)) => range.end = start,
                    None => {}
                }
                let from = if parts.is_empty() { at } else { start };
                parts.push(Part::Member(from..end, child));
            } else {
                match parts.last_mut() {
                    Some(Part::Settings(range, entries)) => {
                        range.end = end;
                        entries.push(child);
                    }
                    _ => parts.push(Part::Settings(at..end, vec![child])),
                }
            }
            at = end;
        }
        let close =
            self.outline.close(self.group).and_then(|close| self.outline.entries.get(close));
        let end = close.map_or(source.len(), |close| close.statement.end.start as usize);
        match parts.last_mut() {
            Some(Part::Settings(range, _) | Part::Member(range, _)) => {
                // Blanks before the brace are of its line.
                range.end = line_start(source, end).max(range.end.min(end));
            }
            None => {}
        }
        parts
    }

    /// The text of settings, one level deeper, without some of them.
    fn without(&self, range: std::ops::Range<usize>, cut: &[usize], inner: &str) -> String {
        let deeper = format!("{0}{0}", self.unit);
        let mut out = String::new();
        let mut at = range.start;
        for entry in cut {
            let span = self.outline.span(*entry).range();
            let start = line_start(self.outline.source, span.start).max(at);
            out.push_str(&reindent(self.outline, at..start, inner, &deeper));
            at = block_end(self.outline.source, span.end);
        }
        out.push_str(&reindent(self.outline, at..range.end.max(at), inner, &deeper));
        if !out.starts_with([' ', '\t', '\n', '#']) {
            out.insert_str(0, &deeper);
        }
        out
    }

    /// A neighbor at the root, with these statements before its own.
    fn member(
        &self,
        range: std::ops::Range<usize>,
        member: usize,
        lines: &[String],
        inner: &str,
    ) -> String {
        let Some(entry) = self.outline.entries.get(member) else { return String::new() };
        let brace = entry.statement.end.end as usize;
        let mut out = reindent(self.outline, range.start..brace, inner, "");
        let end = super::edit::line_end(self.outline.source, brace);
        let rest = self.outline.source.get(brace..end).unwrap_or_default();
        let own_lines = rest.trim().is_empty() || rest.trim().starts_with('#');
        let mut at = brace;
        if own_lines {
            out.push_str(rest.trim_end());
            at = end;
            for line in lines {
                out.push_str(&format!("\n{}{line}", self.unit));
            }
        } else {
            for line in lines {
                out.push_str(&format!(" {line}"));
            }
        }
        out.push_str(&reindent(self.outline, at..range.end, inner, ""));
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out.trim_start_matches([' ', '\t']).to_owned()
    }

    /// A name for a template, of the group's.
    fn name(&mut self) -> String {
        let word = self.outline.word(self.group, 1);
        let good = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let base: String =
            if word.is_empty() { "group".into() } else { word.chars().map(good).collect() };
        let mut name = base.clone();
        let mut number = 1;
        while self.names.contains(&name) {
            number += 1;
            name = format!("{base}-{number}");
        }
        self.names.push(name.clone());
        name
    }
}

/// Lines without this indentation.
fn dedented(text: &str, indent: &str) -> String {
    text.split_inclusive('\n').map(|line| line.strip_prefix(indent).unwrap_or(line)).collect()
}
