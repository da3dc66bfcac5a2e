//! The command line: subcommands and their options, as ExaBGP has them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::configuration::ConfigurationArgs;
use crate::decode::DecodeArgs;
use crate::demo::helper::DemoHelperArgs;
use crate::encode::EncodeArgs;
use crate::env::EnvArgs;
use crate::run::RunArgs;
use crate::server::ServerArgs;
use crate::validate::ValidateArgs;

/// What ExaBGP 4 had as flags, and the subcommands that they are today.
const OLD_FLAGS: &[(&[&str], &[&str])] = &[
    (&["-t", "--test", "--validate"], &["validate"]),
    (&["--fi", "--full-ini"], &["env"]),
    (&["--di", "--diff-ini"], &["env", "--diff"]),
    (&["--fe", "--full-env"], &["env", "--env"]),
    (&["--de", "--diff-env"], &["env", "--diff", "--env"]),
    (&["-x", "--decode"], &["decode"]),
];

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
    /// Show the settings of the environment
    Env(EnvArgs),
    /// Show the version
    Version,
    /// Send a command to a running daemon
    Run(RunArgs),
    /// Send a command to a running daemon
    Cli(RunArgs),
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
}

/// The name that the program was called by, without its folder.
pub(crate) fn called(arguments: &[OsString]) -> String {
    let path = arguments.first().map(PathBuf::from).unwrap_or_default();
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a word is a subcommand: anything else as first argument means `server`.
fn is_subcommand(word: &str) -> bool {
    word == "help" || Cli::command().get_subcommands().any(|command| command.get_name() == word)
}

/// Reads the command line: takes `--env-file` and `--root` out of it, turns flags of ExaBGP 4 into subcommands, and puts in
/// `server` where no subcommand is named.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Invocation, clap::Error> {
    let called = called(&arguments);
    let (mut env_file, mut root) = (None, None);
    let mut rest = Vec::with_capacity(arguments.len() + 1);
    let mut arguments = arguments.into_iter();
    rest.extend(arguments.next());
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(PathBuf::from(value))),
            None => (text, None),
        };
        match name {
            "--env-file" | "--env" | "-e" if is_env_file(name, value.is_some(), &rest) => {
                env_file = value.or_else(|| arguments.next().map(PathBuf::from));
            }
            "--root" => root = value.or_else(|| arguments.next().map(PathBuf::from)),
            _ => rest.push(argument),
        }
    }
    insert_subcommand(&called, &mut rest);
    Ok(Invocation { cli: Cli::try_parse_from(rest)?, called, env_file, root })
}

/// Puts in the subcommand that is not named.
fn insert_subcommand(called: &str, words: &mut Vec<OsString>) {
    let named = |word: &OsString| word.to_str().is_some_and(is_subcommand);
    if matches!(called, "exabgpcli" | "exabgp-cli") {
        if words.get(1).is_none_or(|word| word != "run" && word != "cli") {
            words.insert(1.min(words.len()), "run".into());
        }
        return;
    }
    let Some(first) = words.get(1).filter(|first| !named(first)) else { return };
    if words.len() == 2 && ["-v", "-V", "--version"].iter().any(|flag| first == flag) {
        words.truncate(1);
        words.push("version".into());
        return;
    }
    let is_flag =
        |word: &OsString| OLD_FLAGS.iter().find(|(flags, _)| flags.iter().any(|flag| word == flag));
    let old = words.iter().enumerate().find_map(|(at, word)| Some((at, is_flag(word)?.1)));
    match old {
        Some((at, subcommand)) => {
            words.remove(at);
            words.splice(1..1, subcommand.iter().map(OsString::from));
        }
        None if words.iter().any(|word| word == "-h" || word == "--help") => {}
        None => words.insert(1, "server".into()),
    }
}

/// `yottabgp env --env` and `env -e` are a flag of that subcommand, and what follows `run` is a command; elsewhere `--env FILE`
/// and `-e FILE` are older names of `--env-file`.
fn is_env_file(name: &str, has_value: bool, before: &[OsString]) -> bool {
    let subcommand = before.get(1).and_then(|word| word.to_str()).unwrap_or_default();
    match name {
        "--env-file" => true,
        "--env" => has_value || !matches!(subcommand, "env" | "run" | "cli"),
        _ => !has_value && !is_subcommand(subcommand) || subcommand == "server",
    }
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
        let Command::Run(run) = invocation.cli.command else { panic!() };
        assert_eq!(run.command, ["show", "neighbor", "summary"]);
    }

    #[test]
    fn flags_combine_and_unknown_ones_are_refused() {
        let words = ["exabgp", "configuration", "validate", "-nrv", "a.conf"];
        assert!(matches!(parsed(&words).cli.command, Command::Configuration(_)));
        assert!(parse(vec!["exabgp".into(), "--tset".into(), "a.conf".into()]).is_err());
    }
}
