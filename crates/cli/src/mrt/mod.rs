//! `mrt`: files that collectors write (RFC 6396), shown and replayed.

mod bgpdump;
mod filter;
mod progress;
mod replay;
mod show;
mod text;
mod time;

use anyhow::Result;
use clap::{Args, Subcommand};
use yottabgp_config::Environment;

/// What `mrt` is told.
#[derive(Debug, Args)]
pub(crate) struct MrtArgs {
    #[command(subcommand)]
    command: MrtCommand,
}

#[derive(Debug, Subcommand)]
enum MrtCommand {
    /// Show what files have: as JSON, as text, as commands
    Show(Box<show::ShowArgs>),
    /// Send what files have as a BGP speaker
    Replay(Box<replay::ReplayArgs>),
}

/// Runs what was asked for. Says whether all went well.
pub(crate) fn run(arguments: &MrtArgs, environment: &Environment) -> Result<bool> {
    match &arguments.command {
        MrtCommand::Show(arguments) => show::run(arguments, environment),
        MrtCommand::Replay(arguments) => replay::run(arguments),
    }
}
