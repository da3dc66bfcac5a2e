//! The command line: subcommands and their options, as ExaBGP has them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::healthcheck::HealthcheckArgs;

/// The words that are subcommands: anything else as first argument means `server`.
const SUBCOMMANDS: &[&str] = &[
    "server",
    "decode",
    "encode",
    "validate",
    "configuration",
    "fmt",
    "migrate",
    "env",
    "version",
    "run",
    "cli",
    "healthcheck",
    "diff",
    "demo",
    "demo-helper",
    "help",
];

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
    /// Lay out configuration files: indentation, one statement a line
    Fmt(crate::fmt::FmtArgs),
    /// Rewrite configurations and helpers of older versions of ExaBGP
    Migrate(crate::migrate::MigrateArgs),
    /// Show the settings of the environment
    Env(EnvArgs),
    /// Show the version
    Version,
    /// Send a command to a running daemon
    Run(RunArgs),
    /// Send a command to a running daemon
    Cli(RunArgs),
    /// Check a service, and announce its addresses while it is well
    Healthcheck(HealthcheckArgs),
    /// Compare a running daemon with a configuration file: what a reload would do
    Diff(crate::diff::DiffArgs),
    /// See it work: a speaker, a peer and a helper on this machine, for a few seconds
    Demo,
    /// The helper process of the demonstration
    #[command(hide = true)]
    DemoHelper(DemoHelperArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// Log everything, in the long form
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// The same
    #[arg(short, long)]
    pub(crate) debug: bool,
    /// Send SIGUSR1 (reload) to itself after so many seconds
    #[arg(short, long, value_name = "SECONDS")]
    pub(crate) signal: Option<u64>,
    /// Only one connection for each peer
    #[arg(short = '1', long)]
    pub(crate) once: bool,
    /// Accepted and ignored: the Python debugger
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Never dial: wait for the peers
    #[arg(short = 'P', long)]
    pub(crate) passive: bool,
    /// Accepted and ignored: Python's memory report
    #[arg(short, long, hide = true)]
    pub(crate) memory: bool,
    /// Accepted and ignored: Python's profiler
    #[arg(long, hide = true, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Configuration files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) configurations: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The payload is an NLRI alone
    #[arg(short, long)]
    pub(crate) nlri: bool,
    /// The payload is an UPDATE (found out by itself)
    #[arg(short, long)]
    pub(crate) update: bool,
    /// The payload is an OPEN (found out by itself)
    #[arg(short, long)]
    pub(crate) open: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) debug: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// Decode as the neighbors of this file would: one line for each
    #[arg(short, long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// The families of the session: "ipv4 unicast" …
    #[arg(short, long, value_name = "FAMILIES")]
    pub(crate) family: Option<String>,
    /// NLRI have path identifiers (ADD-PATH)
    #[arg(short = 'i', long)]
    pub(crate) path_information: bool,
    /// Unknown attributes in hexadecimal
    #[arg(short, long)]
    pub(crate) generic: bool,
    /// JSON (it always is)
    #[arg(short, long)]
    pub(crate) json: bool,
    /// Show the command that announces it
    #[arg(short = 'm', long)]
    pub(crate) command: bool,
    /// Read the messages of a packet capture (pcap, pcapng) or of an MRT file; `-` is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "payload")]
    pub(crate) read: Option<PathBuf>,
    /// Hexadecimal, with or without colons and blanks; standard input, a message a line, when absent
    #[arg(value_name = "HEX")]
    pub(crate) payload: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    /// The families of the session, "ipv4 unicast" …; all when absent
    #[arg(short, long, value_name = "FAMILIES")]
    pub(crate) family: Option<String>,
    /// Our AS
    #[arg(short = 'a', long, default_value = "65533", value_name = "ASN")]
    pub(crate) local_as: String,
    /// The peer's AS
    #[arg(short = 'z', long, default_value = "65533", value_name = "ASN")]
    pub(crate) peer_as: String,
    /// NLRI have path identifiers (ADD-PATH)
    #[arg(short = 'i', long)]
    pub(crate) path_information: bool,
    /// The NLRI alone
    #[arg(short, long)]
    pub(crate) nlri: bool,
    /// Without the 19 octets of the header
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Encode the routes of this file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) configuration: Option<PathBuf>,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) debug: bool,
    /// Accepted for ExaBGP's sake
    #[arg(short, long, hide = true)]
    pub(crate) pdb: bool,
    /// A route as in a `static` section, or a command: "route 10.0.0.0/24 next-hop 192.0.2.1"
    #[arg(value_name = "ROUTE")]
    pub(crate) route: Vec<String>,
}

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

#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct ConfigurationArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigurationCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigurationCommand {
    /// Check configuration files
    Validate(ValidateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct EnvArgs {
    /// Only what differs from the defaults
    #[arg(short, long)]
    pub(crate) diff: bool,
    /// As `exabgp.section.key=value`
    #[arg(short, long)]
    pub(crate) env: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct RunArgs {
    /// The name of the socket, and of the pipes
    #[arg(long, value_name = "NAME")]
    pub(crate) pipename: Option<String>,
    /// Use the named pipes
    #[arg(long, conflicts_with = "socket")]
    pub(crate) pipe: bool,
    /// Use the Unix socket
    #[arg(long)]
    pub(crate) socket: bool,
    /// Send the commands of a file, `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) batch: Option<PathBuf>,
    /// Accepted for ExaBGP's sake
    #[arg(long, hide = true)]
    pub(crate) no_color: bool,
    /// The command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoHelperArgs {
    /// Which of the two
    pub(crate) name: String,
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
        if rest.get(1).is_some_and(|word| word == "migrate") && matches!(text, "-e" | "--exec") {
            // What follows is the command line of a helper.
            rest.push(argument);
            rest.extend(arguments);
            break;
        }
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
    let named = |word: &OsString| SUBCOMMANDS.iter().any(|subcommand| word == subcommand);
    if matches!(called, "exabgpcli" | "exabgp-cli") {
        if words.get(1).is_none_or(|word| word != "run" && word != "cli") {
            words.insert(1.min(words.len()), "run".into());
        }
        return;
    }
    if matches!(called, "exabgp-healthcheck" | "yottabgp-healthcheck")
        && words.get(1).is_none_or(|word| word != "healthcheck")
    {
        words.insert(1.min(words.len()), "healthcheck".into());
    }
    if words.get(1).is_some_and(|word| word == "healthcheck") {
        crate::healthcheck::spell_out(words);
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
        _ => !has_value && !SUBCOMMANDS.contains(&subcommand) || subcommand == "server",
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
