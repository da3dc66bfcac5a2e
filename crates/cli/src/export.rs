//! `configuration export`, `configuration example` and `schema`: the configuration for programs, and for beginners.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use yottabgp_config::example::{Extent, example};
use yottabgp_config::{Environment, export, schema};

use crate::{out, validate};

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Write it there
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The blanks for each level; 0 for everything on one line
    #[arg(short, long, value_name = "BLANKS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(0..=16))]
    indent: u8,
    /// The configuration; `-` reads standard input
    #[arg(value_name = "FILE")]
    configuration: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ExampleArgs {
    /// How much is shown
    #[arg(value_enum, default_value = "neighbor")]
    extent: Shown,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    /// A neighbor and its statements
    Neighbor,
    /// Everything
    Full,
}

#[derive(Debug, Args)]
#[command(after_help = "\
`configuration export` writes what this describes. Without a section, the whole document is described.")]
pub(crate) struct SchemaArgs {
    /// Everything on one line
    #[arg(long)]
    compact: bool,
    /// `export` may stand before the section, and means nothing
    #[arg(value_name = "SECTION", num_args = 0..=2)]
    words: Vec<String>,
}

/// Writes a configuration as JSON.
pub(crate) fn export(arguments: &ExportArgs, environment: &Environment) -> Result<bool> {
    let configuration = validate::load_or_say(&arguments.configuration, environment)?;
    let document = export::configuration(&configuration);
    let text = match arguments.indent {
        0 => document.to_string(),
        blanks => pretty(&document, usize::from(blanks))?,
    };
    match &arguments.output {
        Some(path) => std::fs::write(path, text + "\n")
            .with_context(|| format!("{} can not be written", path.display()))?,
        None => out::line(text)?,
    }
    Ok(true)
}

/// A document with `blanks` for each level.
fn pretty(document: &serde_json::Value, blanks: usize) -> Result<String> {
    let text = serde_json::to_string_pretty(document)?;
    // Two for each level; there are no ends of lines inside of JSON's strings.
    let lines = text.lines().map(|line| {
        let words = line.trim_start_matches(' ');
        " ".repeat((line.len() - words.len()) / 2 * blanks) + words
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Shows an example.
pub(crate) fn show_example(arguments: &ExampleArgs) -> Result<bool> {
    out::text(example(match arguments.extent {
        Shown::Neighbor => Extent::Neighbor,
        Shown::Full => Extent::Full,
    }))?;
    Ok(true)
}

/// Shows the schema of the export.
pub(crate) fn show_schema(arguments: &SchemaArgs) -> Result<bool> {
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    let section = match words.as_slice() {
        [] | ["export"] => None,
        ["export", section] | [section] => Some(*section),
        [first, ..] => anyhow::bail!("'{first}' is not 'export': give one section"),
    };
    let Some(document) = schema::schema(section) else {
        let known: Vec<String> = schema::sections().into_iter().map(|(name, _)| name).collect();
        let name = section.unwrap_or_default();
        anyhow::bail!("'{name}' is not a section: {}", known.join(", "));
    };
    out::line(if arguments.compact { document.to_string() } else { pretty(&document, 2)? })?;
    Ok(true)
}
