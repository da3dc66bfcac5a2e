//! `validate`: configuration files are read, and what they mean is checked by printing and encoding it again.

mod report;
mod routes;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use clap::Args;
use yottabgp_config::loader::Offline;
use yottabgp_config::print::{self, Secrets};
use yottabgp_config::{
    Configuration, Diagnostic, Dialect, Environment, Places, Severity, Source, diagnostic,
};
use yottabgp_os::privilege::Identity;

use crate::{load, out};

/// What `validate` is told.
#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Print each neighbor, read it again, and compare
    #[arg(short, long)]
    pub(crate) neighbor: bool,
    /// Encode and decode each route, and compare
    #[arg(short, long)]
    pub(crate) route: bool,
    /// Warnings count as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// One JSON document with everything that is wrong, for editors
    #[arg(long)]
    pub(crate) json: bool,
    /// Say what is done
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Configuration files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) configurations: Vec<PathBuf>,
}

/// What came of a file.
#[derive(Debug)]
struct Checked {
    /// Its name.
    name: String,
    /// The text; empty when it could not be read.
    source: Source,
    /// Everything that is to be said about it.
    diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether the file can be used; with `strict`, without a doubt.
    fn is_good(&self, strict: bool) -> bool {
        self.diagnostics.iter().all(|found| !found.is_error() && !strict)
    }
}

/// Checks each file. Says whether all of them can be used.
pub(crate) fn run(arguments: &ValidateArgs, environment: &Environment) -> Result<bool> {
    // The user that helpers run as, where it is not the one that we are.
    let user = match environment.daemon.drop {
        true => Identity::after_drop(&environment.daemon.user),
        false => Ok(None),
    };
    let (user, unknown) = match user {
        Ok(user) => (user, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let mut good = true;
    let mut all = Vec::new();
    for path in &arguments.configurations {
        let mut checked = check(path, arguments, environment, user.clone());
        if let Some(error) = &unknown {
            // Said once: it is not about a file.
            let error =
                Diagnostic::error(yottabgp_wire::io::tokens::Span::default(), error.clone());
            if all.is_empty() {
                checked.diagnostics.push(error.code("file"));
            }
        }
        good &= checked.is_good(arguments.strict);
        if !arguments.json {
            tell(&checked, arguments);
        }
        all.push(checked);
    }
    if arguments.json {
        out::line(report::json(&all, arguments.strict))?;
    }
    Ok(good)
}

/// Loads a file for another subcommand: errors go to standard error; warnings are for `validate` and the daemon.
pub(crate) fn load_or_say(path: &Path, environment: &Environment) -> Result<Configuration> {
    let loaded = load::file(path, environment)
        .map_err(|error| anyhow!("{} is not a valid config file: {error:#}", path.display()))?;
    let mut diagnostics = loaded.diagnostics;
    diagnostics.retain(|diagnostic| diagnostic.severity >= Severity::Error);
    show(&diagnostics, &loaded.source);
    loaded.configuration.ok_or_else(|| {
        let first = first(&diagnostics, &loaded.source, Severity::Error);
        anyhow!("{} is not a valid config file: {first}", path.display())
    })
}

/// Shows diagnostics on standard error.
fn show(diagnostics: &[Diagnostic], source: &Source) {
    let shown = diagnostic::render_all(diagnostics, source, out::is_coloured());
    if !shown.is_empty() {
        out::warn(shown.trim_end());
    }
}

/// The first that is at least so bad, in one line, and how many more there are.
fn first(diagnostics: &[Diagnostic], source: &Source, least: Severity) -> String {
    let mut bad = diagnostics.iter().filter(|diagnostic| diagnostic.severity >= least);
    let first = bad.next().map_or_else(String::new, |error| {
        let place = source.position(error.span);
        format!("{} (line {}, column {})", error.message, place.line, place.column)
    });
    match bad.count() {
        0 => first,
        more => format!("{first}, and {more} more"),
    }
}

/// Says for people what is wrong with a file.
fn tell(checked: &Checked, arguments: &ValidateArgs) {
    let Checked { name, source, diagnostics } = checked;
    if source.text.is_empty()
        && let [only] = diagnostics.as_slice()
        && only.code == "file"
    {
        return out::warn(format!("error: {name} is not a valid config file: {}", only.message));
    }
    show(diagnostics, source);
    if !checked.is_good(arguments.strict) {
        let least = match diagnostics.iter().any(Diagnostic::is_error) {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let first = first(diagnostics, source, least);
        out::warn(format!("error: {name} is not a valid config file: {first}"));
    }
}

/// Reads a file and checks what it means.
fn check(
    path: &Path,
    arguments: &ValidateArgs,
    environment: &Environment,
    user: Option<Identity>,
) -> Checked {
    let say = |text: &dyn Fn() -> String| {
        if arguments.verbose && !arguments.json {
            out::warn(format!("configuration   {}", text()));
        }
    };
    say(&|| format!("loading {}", path.display()));
    let (source, result, replaced) = match load::prove(path, environment, user) {
        Ok(proved) => proved,
        Err(error) => {
            let error = Diagnostic::error(Default::default(), format!("{error:#}")).code("file");
            let name = path.display().to_string();
            let source = Source { name: name.clone(), text: String::new() };
            return Checked { name, source, diagnostics: vec![error] };
        }
    };
    let name = path.display().to_string();
    let mut diagnostics: Vec<Diagnostic> = replaced.into_iter().collect();
    let (configuration, places) = match result {
        Ok((configuration, places, warnings)) => {
            diagnostics.extend(warnings);
            (configuration, places)
        }
        Err(errors) => {
            diagnostics.extend(errors);
            return Checked { name, source, diagnostics };
        }
    };
    say(&|| "✓ loading".to_owned());
    if arguments.neighbor {
        say(&|| "checking neighbors".to_owned());
        let wrong = check_neighbors(&configuration, &places, environment);
        for neighbor in configuration.neighbors.iter().filter(|_| wrong.is_empty()) {
            say(&|| format!("✓ neighbor  {}", neighbor.peer.address));
        }
        diagnostics.extend(wrong);
    }
    if arguments.route {
        say(&|| "checking routes".to_owned());
    }
    let mut good = true;
    for (neighbor, places) in configuration.neighbors.iter().zip(&places.neighbors) {
        let found = routes::check(neighbor, places, arguments.route);
        good &= !found.iter().any(Diagnostic::is_error);
        diagnostics.extend(found);
    }
    if arguments.route && good {
        say(&|| "✓ routes".to_owned());
    }
    Checked { name, source, diagnostics }
}

/// Prints the configuration and reads it back: each neighbor has to be the same.
fn check_neighbors(
    configuration: &Configuration,
    places: &Places,
    environment: &Environment,
) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    // Whatever it was read from, it is printed as it is written today.
    let environment = Environment { dialect: Some(Dialect::ExaBgp5), ..environment.clone() };
    for (neighbor, places) in configuration.neighbors.iter().zip(&places.neighbors) {
        let mut one = Configuration::default();
        one.processes.clone_from(&configuration.processes);
        one.neighbors.push(neighbor.clone());
        let text = print::configuration(&one, Secrets::Shown);
        let source = Source { name: "what was printed".to_owned(), text };
        let message = match yottabgp_config::parse(&source, &Offline, &environment) {
            Ok((again, _)) if again.neighbors == one.neighbors => continue,
            Ok(_) => "this neighbor is not the same when it is printed and read again".to_owned(),
            Err(errors) => {
                let lines = errors.iter().filter(|error| error.is_error());
                let lines: Vec<String> = lines.map(|error| error.line(&source)).collect();
                format!("this neighbor can not be printed and read again: {}", lines.join("; "))
            }
        };
        wrong.push(Diagnostic::error(places.header, message).code("print"));
    }
    wrong
}
