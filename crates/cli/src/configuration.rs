//! `configuration`: what can be done with configuration files.

use anyhow::Result;
use clap::{Args, Subcommand};
use yottabgp_config::Environment;

use crate::export::{self, ExampleArgs, ExportArgs};
use crate::validate::{self, ValidateArgs};

/// What `configuration` is told.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct ConfigurationArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigurationCommand,
}

/// What can be done with configuration files.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigurationCommand {
    /// Check configuration files
    Validate(ValidateArgs),
    /// What a configuration means, as JSON; passwords are in it
    Export(ExportArgs),
    /// A configuration to begin with: every statement, explained
    Example(ExampleArgs),
}

/// Does it. Says whether all was done.
pub(crate) fn run(arguments: ConfigurationArgs, environment: &Environment) -> Result<bool> {
    match arguments.command {
        ConfigurationCommand::Validate(arguments) => validate::run(&arguments, environment),
        ConfigurationCommand::Export(arguments) => export::export(&arguments, environment),
        ConfigurationCommand::Example(arguments) => export::show_example(&arguments),
    }
}
