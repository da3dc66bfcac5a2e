//! The command line: subcommands and their options, as ExaBGP has them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The words that are subcommands: anything else as first argument means `server`.
pub(crate) const SUBCOMMANDS: &[&str] = &[
    "server", "decode", "encode", "validate", "configuration", "env", "version", "run", "cli", "demo", "help",
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
    Demo(DemoArgs),
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
    /// Hexadecimal, with or without colons and blanks; standard input, a message a line, when absent
    #[arg(value_name = "HEX")]
    pub(crate) payload: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    /// The families of the session
    #[arg(short, long, default_value = "ipv4 unicast", value_name = "FAMILIES")]
    pub(crate) family: String,
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
    /// A route as in a `static` section: "route 10.0.0.0/24 next-hop 192.0.2.1"
    #[arg(value_name = "ROUTE")]
    pub(crate) route: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Show the neighbors
    #[arg(short, long)]
    pub(crate) neighbor: bool,
    /// Encode and decode each route, and compare
    #[arg(short, long)]
    pub(crate) route: bool,
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

#[derive(Debug, Args)]
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
pub(crate) struct DemoArgs {}

/// What the command line said.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// The subcommand.
    pub(crate) cli: Cli,
    /// `--env-file PATH`, wherever it stood.
    pub(crate) env_file: Option<PathBuf>,
}

/// Reads the command line: takes `--env-file` out of it, and puts in `server` where no subcommand is named.
pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Invocation, clap::Error> {
    let mut env_file = None;
    let mut rest = Vec::with_capacity(arguments.len() + 1);
    let mut arguments = arguments.into_iter();
    rest.extend(arguments.next());
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--env-file" | "--env") if is_env_file(&argument, &rest) => {
                env_file = arguments.next().map(PathBuf::from);
            }
            Some(text) => match text.strip_prefix("--env-file=").or(text.strip_prefix("--env=")) {
                Some(path) => env_file = Some(PathBuf::from(path)),
                None => rest.push(argument),
            },
            None => rest.push(argument),
        }
    }
    let called = rest
        .first()
        .map(PathBuf::from)
        .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let is_help = |argument: &OsString| argument == "-h" || argument == "--help";
    if called.as_deref() == Some("exabgpcli") {
        if rest.get(1).is_none_or(|word| word != "run" && word != "cli") {
            rest.insert(1.min(rest.len()), "run".into());
        }
    } else if let Some(first) = rest.get(1)
        && !SUBCOMMANDS.iter().any(|word| first == word)
        && !rest.iter().any(is_help)
    {
        rest.insert(1, "server".into());
    }
    Ok(Invocation { cli: Cli::try_parse_from(rest)?, env_file })
}

/// `yottabgp env --env` is a flag of that subcommand; everywhere else `--env FILE` is 4.x's name of `--env-file`.
fn is_env_file(argument: &OsString, before: &[OsString]) -> bool {
    argument == "--env-file" || before.get(1).is_none_or(|word| word != "env")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Invocation {
        parse(words.iter().map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn a_file_alone_means_server() {
        for words in [&["exabgp", "a.conf"][..], &["exabgp", "-d", "a.conf"], &["exabgp", "server", "a.conf"]] {
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
        ] {
            assert_eq!(parsed(words).env_file, Some(PathBuf::from("x.env")), "{words:?}");
        }
        let Command::Env(env) = parsed(&["exabgp", "env", "--env"]).cli.command else { panic!() };
        assert!(env.env);
    }

    #[test]
    fn flags_combine_and_unknown_ones_are_refused() {
        let words = ["exabgp", "configuration", "validate", "-nrv", "a.conf"];
        assert!(matches!(parsed(&words).cli.command, Command::Configuration(_)));
        assert!(parse(vec!["exabgp".into(), "--test".into(), "a.conf".into()]).is_err());
    }
}
