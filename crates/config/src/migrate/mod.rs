//! Configurations of older versions of ExaBGP as those of newer ones have them.
//!
//! The text is changed where it has to be; comments and layout stay. Whether the result means the same is found out by
//! reading both.

mod edit;
mod explicit;
mod group;
mod process;
mod words;
mod wrap;

use crate::diagnostic::{Diagnostic, Source};
use crate::loader::Offline;
use crate::outline::Outline;
use crate::{Configuration, Environment, parse};

/// A version of ExaBGP whose files differ from those of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 3.4
    V3_4,
    /// 4.0 to 4.2
    V4,
    /// 5.0
    V5,
    /// What comes after 5.0, and YottaBGP.
    Main,
}

impl Version {
    /// Every version with its name.
    pub const NAMED: &'static [(&'static str, Self)] =
        &[("3.4", Self::V3_4), ("4", Self::V4), ("5", Self::V5), ("main", Self::Main)];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, version)| *version == self).map_or("", |(name, _)| name)
    }
}

/// From one version to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    From34,
    From4,
    From5,
}

/// Which of these are taken.
#[derive(Clone, Copy, Debug)]
struct Steps {
    from: Version,
    to: Version,
}

impl Steps {
    fn has(self, step: Step) -> bool {
        let (before, after) = match step {
            Step::From34 => (Version::V3_4, Version::V4),
            Step::From4 => (Version::V4, Version::V5),
            Step::From5 => (Version::V5, Version::Main),
        };
        self.from <= before && after <= self.to
    }
}

/// What was changed, for people.
#[derive(Debug, Default)]
struct Changes {
    /// The indentation of a level, as the file has it.
    unit: String,
    list: Vec<String>,
}

impl Changes {
    /// Adds a change of a statement, with its line where the text is still the one that was given.
    fn add(&mut self, outline: &Outline<'_>, entry: usize, what: impl Into<String>) {
        let before = outline.source.get(..outline.span(entry).start as usize).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        self.list.push(format!("line {line}: {}", what.into()));
    }

    /// Adds a change.
    fn say(&mut self, what: impl Into<String>) {
        self.list.push(what.into());
    }
}

/// What came of a migration.
#[derive(Debug)]
pub struct Migrated {
    /// The new text.
    pub text: String,
    /// What was changed, one line each.
    pub changes: Vec<String>,
    /// What is to be looked at: the result may mean something else, in one line each.
    pub doubts: Vec<String>,
    /// What is wrong with the result, or should be said about it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Rewrites a configuration of one version for another. `wrap` puts the translation of commands before each program.
///
/// # Errors
///
/// What can not be read: characters and braces.
pub fn configuration(
    source: &Source,
    from: Version,
    to: Version,
    wrap: bool,
    environment: &Environment,
) -> Result<Migrated, Vec<Diagnostic>> {
    let steps = Steps { from, to };
    let mut text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text).to_owned();
    let mut changes = Changes { unit: edit::unit(&Outline::read(&text)?), ..Changes::default() };
    let mut doubts = Vec::new();
    let original = read(&text, environment).ok().map(|(configuration, _)| configuration);

    text = words::rewrite(&Outline::read(&text)?, steps, &mut changes).apply(&text);
    if steps.has(Step::From34) {
        text = explicit::minimal(&outline(&text)?, original.as_ref(), steps, &mut changes)
            .apply(&text);
        text = process::encoders(&outline(&text)?, &mut changes).apply(&text);
        text = process::move_out(&outline(&text)?, &mut changes).apply(&text);
        text = group::split(&outline(&text)?, &mut changes).apply(&text);
        text = explicit::defaults(text, original.as_ref(), environment, steps, &mut changes);
    }
    match (&original, read(&text, environment)) {
        (Some(original), Ok((migrated, _))) => doubts.extend(differences(original, &migrated)),
        (Some(_), Err(_)) => {
            doubts.push("the result can not be read, while the original can".to_owned())
        }
        (None, _) => {}
    }
    if wrap {
        text = wrap::wrap(&outline(&text)?, from, to, &mut changes).apply(&text);
    }
    let result = Source { name: "the result".into(), text: text.clone() };
    let diagnostics = match parse(&result, &Offline, environment) {
        Ok((_, warnings)) => warnings,
        Err(errors) => errors,
    };
    Ok(Migrated { text, changes: changes.list, doubts, diagnostics })
}

/// Reads what a step made.
fn outline(text: &str) -> Result<Outline<'_>, Vec<Diagnostic>> {
    Outline::read(text)
}

/// Reads a text, without a machine.
fn read(
    text: &str,
    environment: &Environment,
) -> Result<(Configuration, Vec<Diagnostic>), Vec<Diagnostic>> {
    let source = Source { name: String::new(), text: text.to_owned() };
    parse(&source, &Offline, environment)
}

/// In what two configurations differ.
fn differences(original: &Configuration, migrated: &Configuration) -> Vec<String> {
    let mut found = Vec::new();
    if original.processes != migrated.processes {
        found.push("the processes are not the same as before".to_owned());
    }
    if original.neighbors.len() != migrated.neighbors.len() {
        found.push("the number of neighbors is not the same as before".to_owned());
    }
    for (before, after) in original.neighbors.iter().zip(&migrated.neighbors) {
        if before != after {
            let address = crate::resolve::peer_text(before.peer);
            let what = what_differs(before, after);
            found.push(format!("neighbor {address} is not the same as before{what}"));
        }
    }
    found
}

/// The first printed line that two neighbors do not share.
fn what_differs(before: &crate::Neighbor, after: &crate::Neighbor) -> String {
    use crate::print::{Secrets, neighbor};
    let (before, after) = (neighbor(before, Secrets::Hidden), neighbor(after, Secrets::Hidden));
    let lines = before.lines().zip(after.lines()).find(|(before, after)| before != after);
    lines.map_or_else(String::new, |(before, after)| {
        format!(": '{}' became '{}'", before.trim(), after.trim())
    })
}
