//! `shell`: completion for bash, zsh and fish, and the manual pages.
//!
//! The scripts are short: they ask this program, by `shell words`, what may stand at the end of a line.

mod install;
mod manual;
mod scripts;
mod words;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use yottabgp_config::Environment;

use crate::out;

/// What `shell` is told.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct ShellArgs {
    #[command(subcommand)]
    command: ShellCommand,
}

#[derive(Debug, Subcommand)]
enum ShellCommand {
    /// Show the completion script of a shell
    Completion {
        /// Which shell
        shell: Shell,
    },
    /// Install the completion script for this user
    Install {
        /// Which shell; the one of $SHELL when absent
        shell: Option<Shell>,
    },
    /// Remove the completion script of this user
    Uninstall {
        /// Which shell; the one of $SHELL when absent
        shell: Option<Shell>,
    },
    /// Show a manual page, for man(1): yottabgp.1 or yottabgp.conf.5
    Man {
        /// Which page
        #[arg(default_value = "program")]
        page: Page,
    },
    /// What may stand at the end of a command line: a word and its help on each line
    #[command(hide = true)]
    Words {
        /// The line, up to the cursor
        #[arg(allow_hyphen_values = true)]
        line: String,
    },
}

/// A shell that completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// A page of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Page {
    /// yottabgp(1)
    Program,
    /// yottabgp.conf(5)
    Conf,
}

/// Does it. Says whether all was done.
pub(crate) fn run(arguments: &ShellArgs, environment: &Environment) -> Result<bool> {
    match &arguments.command {
        ShellCommand::Completion { shell } => out::text(scripts::of(*shell))?,
        ShellCommand::Install { shell } => install::install(*shell)?,
        ShellCommand::Uninstall { shell } => install::uninstall(*shell)?,
        ShellCommand::Man { page: Page::Program } => out::text(manual::program()?)?,
        ShellCommand::Man { page: Page::Conf } => out::text(manual::conf())?,
        ShellCommand::Words { line } => out::text(words::at_end_of(line, environment))?,
    }
    Ok(true)
}
