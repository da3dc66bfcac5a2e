//! `migrate`: configurations and helpers of older versions of ExaBGP.

mod api;
mod bridge;
mod conf;

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::{Args, Subcommand};
use yottabgp_config::Environment;

#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct MigrateArgs {
    #[command(subcommand)]
    command: MigrateCommand,
}

#[derive(Debug, Subcommand)]
enum MigrateCommand {
    /// Rewrite a configuration of an older version: comments and layout stay
    Conf(ConfArgs),
    /// Translate the lines of a helper, or stand between a helper and the daemon
    Api(ApiArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The result goes to standard output, or where -o or -i say. What it means is compared with what the file meant; what \
differs or does not load is told on standard error. Exit status: 0 when the result loads, 1 otherwise.

  yottabgp migrate conf -f 3.4 -t main old.conf > new.conf
  yottabgp migrate conf -f 4 -t main -i -w exabgp.conf")]
struct ConfArgs {
    /// The version that the file was written for
    #[arg(short, long, value_name = "VERSION", value_enum)]
    from: ConfVersion,
    /// The version that it is to be for
    #[arg(short, long, value_name = "VERSION", value_enum)]
    to: ConfVersion,
    /// Write the result there
    #[arg(short, long, value_name = "FILE", conflicts_with = "inplace")]
    output: Option<PathBuf>,
    /// Write the file back; the old one is kept as FILE.DATE-TIME.bak
    #[arg(short, long = "inplace", alias = "in-place")]
    inplace: bool,
    /// Only say what would change
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Say what is changed, on standard error
    #[arg(short, long)]
    verbose: bool,
    /// Start every helper by way of `migrate api`, which translates its commands
    #[arg(short, long)]
    wrap_api: bool,
    /// The configuration; `-` reads standard input
    #[arg(value_name = "FILE")]
    configuration: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without --exec, lines are read from INPUT or standard input, and their translation is written to standard output. With \
--exec, the program is started as the daemon would start it: what it says is translated to the newer version, what it is \
told to the older one. Exit status: that of the program; 128 and its signal when one ended it; 130 after ^C.

  run yottabgp migrate api -f 4 -t main --exec ./helper.py argument;")]
struct ApiArgs {
    /// The version that the helper was written for
    #[arg(short, long, value_name = "VERSION", value_enum)]
    from: ApiVersion,
    /// The version of the daemon
    #[arg(short, long, value_name = "VERSION", value_enum)]
    to: ApiVersion,
    /// Say what is changed, on standard error
    #[arg(short, long)]
    verbose: bool,
    /// Start this helper, with its arguments, and translate both ways
    #[arg(short, long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true)]
    exec: Vec<String>,
    /// The lines; standard input when absent
    #[arg(value_name = "INPUT", conflicts_with = "exec")]
    input: Option<PathBuf>,
}

/// A version on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ConfVersion(yottabgp_config::migrate::Version);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ApiVersion(yottabgp_api::migrate::Version);

impl clap::ValueEnum for ConfVersion {
    fn value_variants<'a>() -> &'a [Self] {
        use yottabgp_config::migrate::Version;
        &[Self(Version::V3_4), Self(Version::V4), Self(Version::V5), Self(Version::Main)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

impl clap::ValueEnum for ApiVersion {
    fn value_variants<'a>() -> &'a [Self] {
        use yottabgp_api::migrate::Version;
        &[Self(Version::V4), Self(Version::V5), Self(Version::Main)]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// Runs the subcommand. Says whether all was done.
pub(crate) fn run(arguments: &MigrateArgs, environment: &Environment) -> Result<bool> {
    match &arguments.command {
        MigrateCommand::Conf(arguments) => conf::run(arguments, environment),
        MigrateCommand::Api(arguments) => api::run(arguments),
    }
}

/// What is said about versions that go the wrong way.
fn backwards(from: &impl clap::ValueEnum, to: &impl clap::ValueEnum) -> anyhow::Error {
    let name = |version: Option<PossibleValue>| {
        version.map(|v| v.get_name().to_owned()).unwrap_or_default()
    };
    let (from, to) = (name(from.to_possible_value()), name(to.to_possible_value()));
    anyhow::anyhow!("Cannot migrate backwards from {from} to {to}")
}
