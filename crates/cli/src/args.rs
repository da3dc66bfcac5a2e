//! The command line: subcommands and their options, as ExaBGP has them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::configuration::ConfigurationArgs;
use crate::decode::DecodeArgs;
use crate::demo::helper::DemoHelperArgs;
use crate::encode::EncodeArgs;
use crate::env::EnvArgs;
use crate::flags::{self, Meaning};
use crate::healthcheck::HealthcheckArgs;
use crate::interactive::CliArgs;
use crate::run::RunArgs;
use crate::server::ServerArgs;
use crate::shell::ShellArgs;
use crate::validate::ValidateArgs;

#[derive(Debug, Parser)]
#[command(
    name = "yottabgp",
    about = "A programmable BGP speaker: ExaBGP without changing a line",
    disable_version_flag = true,
    infer_long_args = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Speak BGP as the configuration says (also without the word: `yottabgp FILE…`)
    Server(ServerArgs),
    /// Show a BGP message, in hexadecimal, as JSON
    Decode(DecodeArgs),
    /// Show a route as the BGP message that announces it, in hexadecimal
    Encode(EncodeArgs),
    /// Check configuration files
    Validate(ValidateArgs),
    /// Work with configuration files
    Configuration(ConfigurationArgs),
    /// Lay out configuration files: indentation, one statement a line
    Fmt(crate::fmt::FmtArgs),
    /// What `configuration export` writes, as JSON Schema
    Schema(crate::export::SchemaArgs),
    /// Rewrite configurations and helpers of older versions of ExaBGP
    Migrate(crate::migrate::MigrateArgs),
    /// Show the settings of the environment
    Env(EnvArgs),
    /// Show the version
    Version,
    /// Send a command to a running daemon
    Run(RunArgs),
    /// Talk with a running daemon
    Cli(CliArgs),
    /// Compare a running daemon with a configuration file: what a reload would do
    Diff(crate::diff::DiffArgs),
    /// Check a service, and announce its addresses while it is well
    Healthcheck(HealthcheckArgs),
    /// Take what routers tell by BMP, as JSON
    Bmp(crate::bmp::BmpArgs),
    /// Work with MRT files: what collectors recorded
    Mrt(crate::mrt::MrtArgs),
    /// Completion for shells, and manual pages
    Shell(ShellArgs),
    /// Put load on a BGP speaker, measure it and check what comes out
    Bench(yottabgp_bench::BenchArgs),
    /// See it work: a speaker, a peer and a helper on this machine, for a few seconds
    Demo,
    /// The helper process of the demonstration
    #[command(hide = true)]
    DemoHelper(DemoHelperArgs),
}

/// What the command line said.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The subcommand.
    pub(crate) cli: Cli,
    /// The name that the program was called by, without its folder.
    pub(crate) called: String,
    /// `--env-file PATH`, wherever it stood.
    pub(crate) env_file: Option<PathBuf>,
    /// `--root PATH`, wherever it stood.
    pub(crate) root: Option<PathBuf>,
    /// `--folder PATH`.
    pub(crate) folder: Option<PathBuf>,
}

/// The name that the program was called by, without its folder.
pub(crate) fn called(arguments: &[OsString]) -> String {
    let path = arguments.first().map(PathBuf::from).unwrap_or_default();
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The subcommand that a name of the program stands for.
pub(crate) fn subcommand_of(called: &str) -> Option<&'static str> {
    match called {
        "exabgpcli" | "exabgp-cli" => Some("cli"),
        "exabgp-healthcheck" => Some("healthcheck"),
        _ => None,
    }
}

/// Whether a word is a subcommand: anything else as first argument means `server`.
fn is_subcommand(word: &str) -> bool {
    word == "help" || Cli::command().get_subcommands().any(|command| command.get_name() == word)
}

/// Reads the command line: a subcommand and its words, or flags and files alone.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Invocation, clap::Error> {
    let called = called(&arguments);
    let mut words: Vec<OsString> = arguments.into_iter().skip(1).collect();
    let mut places = Meaning::default();
    if subcommand_of(&called).is_none() {
        let behind = words.split_off(before_subcommand(&words));
        places = of_flags(std::mem::replace(&mut words, behind))?;
    }
    let first = words.first().and_then(|word| word.to_str()).unwrap_or_default();
    let named = match subcommand_of(&called) {
        Some("cli") if matches!(first, "run" | "cli") => Some(first),
        Some(subcommand) => {
            words.insert(0, subcommand.into());
            Some(subcommand)
        }
        None => Some(first).filter(|first| is_subcommand(first)),
    };
    let named = named.map(str::to_owned);
    if named.as_deref() == Some("healthcheck") {
        crate::healthcheck::spell_out(&mut words);
    }
    let meaning = match named {
        Some(subcommand) => of_subcommand(&subcommand, words),
        None => of_flags(words)?,
    };
    let words = std::iter::once(called.clone().into()).chain(meaning.words);
    let mut command = Cli::command();
    if let Some(subcommand) = subcommand_of(&called) {
        let usage = format!("{called} [OPTIONS] [COMMAND]...");
        command = command.mut_subcommand(subcommand, |command| command.override_usage(usage));
    }
    let matches = command.try_get_matches_from_mut(words)?;
    Ok(Invocation {
        cli: Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?,
        called,
        env_file: meaning.env_file.or(places.env_file),
        root: meaning.root.or(places.root),
        folder: meaning.folder.or(places.folder),
    })
}

fn of_flags(words: Vec<OsString>) -> Result<Meaning, clap::Error> {
    flags::read(words)
        .map_err(|error| Cli::command().error(clap::error::ErrorKind::UnknownArgument, error))
}

/// How many words there are before a subcommand that only say where files are: `--env-file FILE env`.
fn before_subcommand(words: &[OsString]) -> usize {
    let mut count = 0;
    loop {
        let word = words.get(count).and_then(|word| word.to_str()).unwrap_or_default();
        count += match word.split_once('=') {
            Some(("--env-file" | "--env" | "--root" | "--folder", _)) => 1,
            None if matches!(word, "--env-file" | "--env" | "-e" | "--root" | "--folder") => 2,
            _ if is_subcommand(word) => return count,
            _ => return 0,
        };
    }
}

/// Takes `--env-file` and `--root` out of the words of a subcommand, wherever they stand; `--env FILE` too, an older name of
/// the first, where it is not a flag of the subcommand itself.
fn of_subcommand(subcommand: &str, words: Vec<OsString>) -> Meaning {
    let mut meaning = Meaning::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(PathBuf::from(value))),
            None => (text, None),
        };
        let is_env_file = match name {
            "--env-file" => true,
            "--env" => subcommand != "env" || value.is_some(),
            "-e" => subcommand == "server",
            _ => false,
        };
        if is_env_file {
            meaning.env_file = value.or_else(|| words.next().map(PathBuf::from));
        } else if name == "--root" {
            meaning.root = value.or_else(|| words.next().map(PathBuf::from));
        } else {
            // What follows `migrate … --exec` is the command line of a helper.
            let helper = subcommand == "migrate" && matches!(name, "-e" | "--exec");
            let last = helper || name == "--" && value.is_none();
            meaning.words.push(word);
            if last {
                meaning.words.extend(words);
                break;
            }
        }
    }
    meaning
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Invocation {
        parse(words.iter().map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn a_file_alone_means_server() {
        for words in [
            &["exabgp", "a.conf"][..],
            &["exabgp", "-d", "a.conf"],
            &["exabgp", "server", "a.conf"],
        ] {
            let Command::Server(server) = parsed(words).cli.command else { panic!("{words:?}") };
            assert_eq!(server.configurations, [PathBuf::from("a.conf")]);
        }
    }

    #[test]
    fn the_environment_file_may_stand_anywhere() {
        for words in [
            &["exabgp", "--debug", "--env", "x.env", "a.conf"][..],
            &["exabgp", "--env-file=x.env", "a.conf"],
            &["exabgp", "server", "a.conf", "--env-file", "x.env"],
            &["exabgp", "-e", "x.env", "a.conf"],
        ] {
            assert_eq!(parsed(words).env_file, Some(PathBuf::from("x.env")), "{words:?}");
        }
        for words in [
            &["exabgp", "--env-file", "x.env", "env", "-d"][..],
            &["exabgp", "--env-file=x.env", "--root", "/x", "env", "-d"],
            &["exabgp", "-e", "x.env", "env", "-d"],
        ] {
            let Invocation { cli: Cli { command: Command::Env(env) }, env_file, .. } =
                parsed(words)
            else {
                panic!("{words:?}")
            };
            assert!(env.diff);
            assert_eq!(env_file, Some(PathBuf::from("x.env")), "{words:?}");
        }
        let Command::Env(env) = parsed(&["exabgp", "env", "--env"]).cli.command else { panic!() };
        assert!(env.env);
        let Command::Env(env) = parsed(&["exabgp", "env", "-e"]).cli.command else { panic!() };
        assert!(env.env);
    }

    #[test]
    fn flags_of_older_versions_are_subcommands() {
        for flag in ["--test", "-t", "--validate"] {
            let Command::Validate(_) = parsed(&["exabgp", flag, "a.conf"]).cli.command else {
                panic!("{flag}")
            };
        }
        for flag in ["-v", "--version"] {
            assert!(matches!(parsed(&["exabgp", flag]).cli.command, Command::Version), "{flag}");
        }
        assert!(matches!(parsed(&["exabgp", "-v", "a.conf"]).cli.command, Command::Server(_)));
        assert!(matches!(parsed(&["exabgp", "--fi"]).cli.command, Command::Env(_)));
    }

    #[test]
    fn the_control_program_takes_a_command() {
        let invocation =
            parsed(&["/usr/bin/exabgpcli", "--root", "/opt/x", "show", "neighbor", "summary"]);
        assert_eq!(invocation.root, Some(PathBuf::from("/opt/x")));
        let Command::Cli(run) = invocation.cli.command else { panic!() };
        assert_eq!(run.command, ["show", "neighbor", "summary"]);
        // Their help is about themselves.
        for (name, usage) in [
            ("exabgpcli", "Usage: exabgpcli [OPTIONS] [COMMAND]...\n"),
            ("exabgp-healthcheck", "Usage: exabgp-healthcheck [OPTIONS] [COMMAND]...\n"),
        ] {
            let help = parse(vec![name.into(), "--help".into()]).unwrap_err().to_string();
            assert!(help.contains(usage), "{help}");
        }
    }

    #[test]
    fn flags_combine_and_unknown_ones_are_refused() {
        let words = ["exabgp", "configuration", "validate", "-nrv", "a.conf"];
        assert!(matches!(parsed(&words).cli.command, Command::Configuration(_)));
        assert!(parse(vec!["exabgp".into(), "--tset".into(), "a.conf".into()]).is_err());
    }
}
