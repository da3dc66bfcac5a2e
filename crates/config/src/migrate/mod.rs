//! Configurations of older versions of ExaBGP as those of newer ones have them.
//!
//! The text is changed where it has to be; comments and layout stay. Whether the result means the same is found out by
//! reading both.

mod characters;
mod edit;
mod explicit;
mod group;
mod process;
mod words;
mod wrap;

use crate::diagnostic::{Diagnostic, Source};
use crate::loader::Offline;
use crate::outline::{Entry, Outline};
use crate::{Configuration, Dialect, Environment, dialect, parse};

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
    /// Whether the file was read as ExaBGP 3.4 reads it.
    is_old: bool,
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
        let line = outline.line(outline.entries.get(entry).map_or(0, Entry::start));
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
    let mut text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text).to_owned();
    let detected = dialect::of(&text);
    let mut written = environment.dialect.unwrap_or(detected.dialect);
    if from == Version::V3_4 {
        // What is of today without a doubt was rewritten before.
        written = if detected.is_certain { detected.dialect } else { Dialect::ExaBgp34 };
    }
    let steps = Steps { from, to, is_old: written == Dialect::ExaBgp34 };
    let outlined = Outline::read_as(&text, written)?;
    let mut changes = Changes { unit: edit::unit(&outlined), ..Changes::default() };
    let mut doubts = Vec::new();
    let original =
        read(&text, &of(written, environment)).ok().map(|(configuration, _)| configuration);

    // The settings that the result is read with: it tells by itself what it is.
    let mut environment = environment.clone();
    if steps.has(Step::From34) {
        environment.dialect = None;
        if written == Dialect::ExaBgp34 {
            text = characters::rewrite(&outlined, &mut changes).apply(&text);
            written = Dialect::ExaBgp5;
        }
    }
    let environment = &environment;
    text = words::rewrite(&Outline::read_as(&text, written)?, steps, &mut changes).apply(&text);
    if steps.has(Step::From34) {
        text = explicit::lists(
            &Outline::read_as(&text, written)?,
            original.as_ref(),
            steps,
            &mut changes,
        )
        .apply(&text);
        text = process::encoders(&Outline::read_as(&text, written)?, &mut changes).apply(&text);
        text = process::move_out(&Outline::read_as(&text, written)?, &mut changes).apply(&text);
        text = group::split(&Outline::read_as(&text, written)?, &mut changes).apply(&text);
        let today = of(written, environment);
        text = explicit::defaults(text, original.as_ref(), &today, steps, &mut changes);
    }
    match (&original, read(&text, environment)) {
        (Some(original), Ok((migrated, _))) => doubts.extend(differences(original, &migrated)),
        (Some(_), Err(_)) => {
            doubts.push("the result can not be read, while the original can".to_owned())
        }
        (None, _) => {}
    }
    if wrap {
        text = wrap::wrap(&Outline::read_as(&text, written)?, from, to, &mut changes).apply(&text);
    }
    let result = Source { name: "the result".into(), text: text.clone() };
    let diagnostics = match parse(&result, &Offline, environment) {
        Ok((_, warnings)) => warnings,
        Err(errors) => errors,
    };
    Ok(Migrated { text, changes: changes.list, doubts, diagnostics })
}

/// The settings, for a text of this dialect.
fn of(dialect: Dialect, environment: &Environment) -> Environment {
    Environment { dialect: Some(dialect), ..environment.clone() }
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
