//! Processes inside of neighbors and groups: each becomes a process of the file, and an `api` section.

use super::edit::{Edits, block_end, block_start, indent_of, line_end, line_start};
use super::{Changes, explicit};
use crate::lexer::Terminator;
use crate::outline::{Gap, Outline};

/// The headers of processes.
fn sections<'a>(outline: &'a Outline<'_>) -> impl Iterator<Item = usize> + 'a {
    (0..outline.entries.len()).filter(|entry| {
        outline.word(*entry, 0) == "process"
            && outline
                .entries
                .get(*entry)
                .is_some_and(|e| e.statement.terminator == Terminator::Open)
            && matches!(outline.path(*entry).last(), None | Some(&("neighbor" | "group")))
    })
}

/// Writes down the encoder, which is text where none is named: ExaBGP 4 wants it.
pub(super) fn encoders(outline: &Outline<'_>, changes: &mut Changes) -> Edits {
    let mut edits = Edits::default();
    for section in sections(outline) {
        let child =
            |name: &str| outline.children(Some(section)).find(|c| outline.word(*c, 0) == name);
        let (Some(run), None) = (child("run"), child("encoder")) else { continue };
        let span = outline.span(run);
        let end = span.end as usize;
        let line = line_end(outline.source, end);
        let rest = outline.source.get(end..line).unwrap_or_default().trim();
        if rest.is_empty() || rest.starts_with('#') {
            let indent = indent_of(outline.source, span.start as usize);
            edits.insert(line, format!("\n{indent}encoder text;"));
        } else {
            edits.insert(end, " encoder text;");
        }
        changes
            .say(format!("process {}: 'encoder text;' is written down", outline.word(section, 1)));
    }
    edits
}

/// Moves processes out of neighbors and groups.
pub(super) fn move_out(outline: &Outline<'_>, changes: &mut Changes) -> Edits {
    let mut edits = Edits::default();
    let mut known: Vec<String> = Vec::new();
    // The sections that every neighbor of the file gets: those of the processes of groups.
    let mut everywhere: Vec<Parts> = Vec::new();
    let inside: Vec<usize> =
        sections(outline).filter(|section| !outline.path(*section).is_empty()).collect();
    // Those of a group come before those of its neighbors.
    let mut ordered: Vec<(usize, bool, usize)> = inside
        .iter()
        .map(|section| (root_of(outline, *section), outline.path(*section).len() > 1, *section))
        .collect();
    ordered.sort_unstable();
    let mut roots: Vec<(usize, String)> = Vec::new();
    for (root, _, section) in ordered {
        let span = outline.span(section).range();
        let name = outline.word(section, 1);
        if name.is_empty() {
            if let Some((name, members)) = heard_by(outline, section) {
                let text = Parts::of(outline, section, name, &changes.unit).api;
                let what = format!(
                    "a process without a name: the process {name} of the group is told that"
                );
                changes.add(outline, section, what);
                match members {
                    None => {
                        let indent = indent_of(outline.source, span.start);
                        edits.replace(span, indented(&text, indent).trim_start().to_owned());
                    }
                    Some(members) => {
                        edits.replace(span, "");
                        for member in members {
                            append(
                                outline,
                                member,
                                std::slice::from_ref(&text),
                                changes,
                                &mut edits,
                            );
                        }
                    }
                }
                continue;
            }
            comment_out(outline, section, &mut edits);
            changes.add(
                outline,
                section,
                "a process without a name is told nothing: now a comment",
            );
            continue;
        }
        let parts = Parts::of(outline, section, name, &changes.unit);
        if !known.iter().any(|known| known == name) {
            known.push(name.to_owned());
            roots.push((root, parts.process.clone()));
        }
        let in_group = outline.path(section).last() == Some(&"group");
        if in_group {
            changes.add(outline, section, format!("process {name}: moved out of the group; every neighbor has an api section for it"));
            let start = line_start(outline.source, span.start);
            let own_line =
                outline.source.get(start..span.start).is_some_and(|t| t.trim().is_empty());
            let end = block_end(outline.source, span.end);
            edits.replace(if own_line { start } else { span.start }..end, "");
            everywhere.push(parts);
        } else {
            changes.add(outline, section, format!("process {name}: moved out of the neighbor, which has an api section in its place"));
            let indent = indent_of(outline.source, span.start);
            edits.replace(span, indented(&parts.api, indent).trim_start().to_owned());
        }
    }
    for (root, text) in roots {
        let floor = floor(outline, root);
        let at = outline.entries.get(root).map_or(0, |e| block_start(outline.source, e, floor));
        edits.insert(at, format!("{text}\n\n"));
    }
    if !everywhere.is_empty() {
        let sections: Vec<String> = everywhere.into_iter().map(|parts| parts.api).collect();
        for header in explicit::neighbors(outline) {
            append(outline, header, &sections, changes, &mut edits);
        }
    }
    edits
}

/// Adds sections at the end of a section.
pub(super) fn append(
    outline: &Outline<'_>,
    header: usize,
    sections: &[String],
    changes: &Changes,
    edits: &mut Edits,
) {
    let Some(close) = outline.close(header).and_then(|close| outline.entries.get(close)) else {
        return;
    };
    let brace = close.statement.end.start as usize;
    let start = line_start(outline.source, brace);
    let own_line = outline.source.get(start..brace).is_some_and(|t| t.trim().is_empty());
    let indent = indent_of(outline.source, brace);
    let deeper = format!("{indent}{}", changes.unit);
    let texts: Vec<String> = sections.iter().map(|text| indented(text, &deeper)).collect();
    let text = texts.join("\n");
    if own_line {
        edits.insert(start, format!("{text}\n"));
    } else {
        let before = outline.source.get(..brace).unwrap_or_default();
        let words = before.trim_end_matches([' ', '\t']).len();
        edits.replace(words..brace, format!("\n{text}\n{indent}"));
    }
}

/// Whether a process asks for any event.
fn asks(outline: &Outline<'_>, section: usize) -> bool {
    outline.children(Some(section)).any(|child| {
        let is_section =
            outline.entries.get(child).is_some_and(|e| e.statement.terminator == Terminator::Open);
        match outline.word(child, 0) {
            "run" | "encoder" | "layout" | "respawn" => false,
            _ => !is_section || outline.children(Some(child)).next().is_some(),
        }
    })
}

/// The process of the group that is told what a process without a name asks for: the first, if it asks for nothing
/// itself. With the neighbors whose it is, where they are not the one that it stands in.
fn heard_by<'a>(outline: &'a Outline<'_>, section: usize) -> Option<(&'a str, Option<Vec<usize>>)> {
    if !asks(outline, section) {
        return None;
    }
    let mut group = outline.entries.get(section)?.parent?;
    let of_group = outline.word(group, 0) == "group";
    if !of_group {
        group = outline.entries.get(group)?.parent?;
    }
    let mut processes = outline.children(Some(group)).filter(|child| {
        outline.word(*child, 0) == "process" && !outline.word(*child, 1).is_empty()
    });
    let silent = processes.find(|process| !asks(outline, *process))?;
    let members = of_group.then(|| {
        outline.children(Some(group)).filter(|c| outline.word(*c, 0) == "neighbor").collect()
    });
    Some((outline.word(silent, 1), members))
}

/// The section of the root that a statement is in.
fn root_of(outline: &Outline<'_>, entry: usize) -> usize {
    let mut at = entry;
    while let Some(parent) = outline.entries.get(at).and_then(|entry| entry.parent) {
        at = parent;
    }
    at
}

/// Where what is before a section of the root ends.
pub(super) fn floor(outline: &Outline<'_>, root: usize) -> usize {
    let before = root.checked_sub(1).and_then(|before| outline.entries.get(before));
    before.map_or(0, |before| block_end(outline.source, before.statement.end.end as usize))
}

/// Lines with an indentation before each.
fn indented(text: &str, indent: &str) -> String {
    let lines = text
        .lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// Turns a section into a comment.
fn comment_out(outline: &Outline<'_>, section: usize, edits: &mut Edits) {
    let span = outline.span(section).range();
    edits.insert(span.start, "# ");
    let text = outline.source.get(span.clone()).unwrap_or_default();
    for (offset, _) in text.match_indices('\n') {
        edits.insert(span.start + offset + 1, "# ");
    }
    if block_end(outline.source, span.end) == span.end {
        edits.insert(span.end, "\n");
    }
}

/// What a process becomes.
#[derive(Debug)]
struct Parts {
    /// The process, without indentation.
    process: String,
    /// The section of the neighbors, without indentation.
    api: String,
}

impl Parts {
    fn of(outline: &Outline<'_>, section: usize, name: &str, unit: &str) -> Self {
        let mut process = vec![format!("process {} {{", crate::print::quote(name))];
        let mut api =
            vec!["api {".to_owned(), format!("{unit}processes [ {} ];", crate::print::quote(name))];
        let mut changes_told = false;
        let Some(header) = outline.entries.get(section) else {
            return Self { process: String::new(), api: String::new() };
        };
        let mut at = header.statement.end.end as usize;
        let mut last_is_process = true;
        for child in outline.children(Some(section)) {
            let span = outline.span(child).range();
            let of_process =
                matches!(outline.word(child, 0), "run" | "encoder" | "layout" | "respawn");
            let gap = Gap::read(outline.source.get(at..span.start).unwrap_or_default());
            for comment in &gap.comments {
                // A comment on the line of what is before it belongs to that.
                let behind = comment.newlines == 0;
                let to_process = if behind { last_is_process } else { of_process };
                let lines = if to_process { &mut process } else { &mut api };
                match lines.last_mut().filter(|_| behind) {
                    Some(line) => *line += &format!(" {}", comment.text),
                    None => lines.push(format!("{unit}{}", comment.text)),
                }
            }
            if of_process {
                let text = outline.source.get(span.clone()).unwrap_or_default();
                process.push(format!("{unit}{text}"));
            } else {
                flags(outline, child, unit, &mut changes_told, &mut api);
            }
            last_is_process = of_process;
            at = span.end;
        }
        let close = outline.close(section).and_then(|close| outline.entries.get(close));
        let end = close.map_or(at, |close| close.statement.end.start as usize);
        for comment in Gap::read(outline.source.get(at..end).unwrap_or_default()).comments {
            let lines = if last_is_process { &mut process } else { &mut api };
            match lines.last_mut().filter(|_| comment.newlines == 0) {
                Some(line) => *line += &format!(" {}", comment.text),
                None => lines.push(format!("{unit}{}", comment.text)),
            }
        }
        process.push("}".to_owned());
        api.push("}".to_owned());
        Self { process: process.join("\n"), api: api.join("\n") }
    }
}

/// Adds a flag, or a section of flags, as an `api` section has it.
fn flags(outline: &Outline<'_>, child: usize, unit: &str, told: &mut bool, api: &mut Vec<String>) {
    let mut changes = |api: &mut Vec<String>| {
        if !std::mem::replace(told, true) {
            api.push(format!("{unit}neighbor-changes;"));
        }
    };
    let is_section =
        outline.entries.get(child).is_some_and(|e| e.statement.terminator == Terminator::Open);
    let keyword = outline.word(child, 0);
    if !is_section {
        let (receive, send): (&[&str], &[&str]) = match keyword {
            "neighbor-changes" => return changes(api),
            "parse-routes" | "peer-updates" => {
                changes(api);
                (&["parsed", "update"], &[])
            }
            "receive-routes" => (&["parsed", "update", "refresh"], &[]),
            "receive-parsed" => (&["parsed"], &[]),
            "receive-packets" => (&["packets"], &[]),
            "receive-operational" => (&["parsed", "operational"], &[]),
            "send-packets" => (&[], &["packets"]),
            "updates" => (&["update"], &[]),
            // Wrong words stay, to be told of.
            other => return api.push(format!("{unit}receive {{ {other}; }}")),
        };
        for (section, flags) in [("receive", receive), ("send", send)] {
            if !flags.is_empty() {
                api.push(format!("{unit}{section} {{ {}; }}", flags.join("; ")));
            }
        }
        return;
    }
    let mut lines = Vec::new();
    let mut at = outline.entries.get(child).map_or(0, |entry| entry.statement.end.end as usize);
    for flag in outline.children(Some(child)) {
        let span = outline.span(flag).range();
        for comment in Gap::read(outline.source.get(at..span.start).unwrap_or_default()).comments {
            match lines.last_mut().filter(|_| comment.newlines == 0) {
                Some(line) => *line = format!("{line} {}", comment.text),
                None => lines.push(comment.text.to_owned()),
            }
        }
        if outline.word(flag, 0) == "neighbor-changes" {
            changes(api);
        } else {
            lines.push(format!("{};", outline.words(flag).join(" ")));
        }
        at = span.end;
    }
    let close = outline.close(child).and_then(|close| outline.entries.get(close));
    let end = close.map_or(at, |close| close.statement.end.start as usize);
    for comment in Gap::read(outline.source.get(at..end).unwrap_or_default()).comments {
        match lines.last_mut().filter(|_| comment.newlines == 0) {
            Some(line) => *line = format!("{line} {}", comment.text),
            None => lines.push(comment.text.to_owned()),
        }
    }
    if lines.is_empty() {
        return;
    }
    api.push(format!("{unit}{keyword} {{"));
    api.extend(lines.iter().map(|line| format!("{unit}{unit}{line}")));
    api.push(format!("{unit}}}"));
}
