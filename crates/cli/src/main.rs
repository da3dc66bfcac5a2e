//! `yottabgp`, which also answers as `exabgp`, as `exabgpcli` and as `exabgp-healthcheck`: finds the subcommand and runs it.
//!
//! Exit status: 0 when all was done, 1 when something was not (standard error says what), 2 when the command line is wrong; of
//! `diff` and `run reload --check` that of diff(1).

mod args;
mod as_command;
mod bmp;
mod capture;
mod client;
mod configuration;
mod context;
mod decode;
mod demo;
mod diff;
mod encode;
mod env;
mod export;
mod flags;
mod fmt;
mod healthcheck;
mod hex;
mod interactive;
mod load;
mod messages;
mod migrate;
mod mrt;
mod out;
mod root;
mod run;
mod server;
mod shell;
mod validate;
mod version;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;

use args::{Command, Invocation};
use yottabgp_config::environment::Form;

fn main() -> ExitCode {
    // Before anything else, so that a signal that comes early finds the daemon ready, and not the signal's default effect.
    let held = yottabgp_os::signals::hold();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let done = match arguments.len() {
        0 | 1 if args::subcommand_of(&args::called(&arguments)).is_none() => {
            no_arguments().map(status)
        }
        _ => match args::parse(arguments) {
            Ok(invocation) => held.map_err(Into::into).and_then(|()| dispatch(invocation)),
            Err(error) => return usage(&error),
        },
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            if !out::is_broken_pipe(&error) {
                out::warn(format!("error: {error:#}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// The exit status of what was done, or not.
fn status(done: bool) -> u8 {
    u8::from(!done)
}

/// Runs the subcommand. Gives the exit status.
fn dispatch(invocation: Invocation) -> Result<u8> {
    let Invocation { cli, called, env_file, root, folder } = invocation;
    root::choose(root, folder);
    // Everything but the daemon ends by signals as any program does.
    if !matches!(cli.command, Command::Server(_)) {
        yottabgp_os::signals::release()?;
    }
    let settings = env::load(env_file.as_deref())?;
    // Whoever checks files wants to know about this one, too.
    if matches!(cli.command, Command::Validate(_) | Command::Configuration(_)) {
        settings.warnings.iter().for_each(out::warn);
    }
    let environment = &settings.environment;
    let done = match cli.command {
        Command::Server(arguments) => server::run(arguments, settings),
        Command::Version => version::run(&called, environment.version.as_deref()),
        Command::Env(arguments) => env::run(&arguments, &settings),
        Command::Decode(arguments) => decode::run(&arguments, environment),
        Command::Bmp(arguments) => bmp::run(&arguments, environment),
        Command::Mrt(arguments) => mrt::run(&arguments, environment),
        Command::Encode(arguments) => encode::run(&arguments, environment),
        Command::Validate(arguments) => validate::run(&arguments, environment),
        Command::Configuration(arguments) => configuration::run(arguments, environment),
        Command::Diff(arguments) => return Ok(diff::run(&arguments, environment)),
        Command::Run(arguments) if diff::is_check(&arguments.command) => {
            return Ok(diff::check(&arguments.reach, &arguments.command, environment));
        }
        Command::Cli(arguments) if diff::is_check(&arguments.command) => {
            return Ok(diff::check(&arguments.reach, &arguments.command, environment));
        }
        Command::Run(arguments) => run::run(&arguments, environment),
        Command::Cli(arguments) => interactive::run(&arguments, &called, environment),
        Command::Migrate(arguments) => migrate::run(&arguments, environment),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Healthcheck(arguments) => healthcheck::run(&arguments, environment),
        Command::Schema(arguments) => export::show_schema(&arguments),
        Command::Shell(arguments) => shell::run(&arguments, environment),
        Command::Bench(arguments) => yottabgp_bench::run(&arguments),
        Command::Demo => demo::run(),
        Command::DemoHelper(arguments) => demo::helper::run(&arguments.name),
    };
    done.map(status)
}

/// Help, and the settings of the environment, for whoever says nothing.
fn no_arguments() -> Result<bool> {
    out::line(args::Cli::command().render_long_help().to_string().trim_end())?;
    out::line("\nEnvironment values are:")?;
    out::text(env::load(None)?.environment.render(Form::Variables, false))?;
    Ok(false)
}

/// What clap has to say: help that was asked for, help that was not, or what is wrong.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion if printed.is_ok() => ExitCode::SUCCESS,
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}
