//! What may stand at the end of a command line: subcommands, their flags and values, and commands for the daemon.

use clap::{Arg, CommandFactory as _};
use yottabgp_config::Environment;

use crate::args::{Cli, subcommand_of};
use crate::client::{Reach, connect};
use crate::words::{Choice, keep, next, split};

/// What stands for the names of files: the shell knows them.
const FILES: &str = ":files";

/// A line for each word: the word, a tabulator, what it is for.
pub(super) fn at_end_of(line: &str, environment: &Environment) -> String {
    let (words, partial) = split(line);
    let called =
        words.first().map(|path| path.rsplit('/').next().unwrap_or_default()).unwrap_or_default();
    let mut words: Vec<&str> = words.iter().skip(1).copied().collect();
    if let Some(subcommand) = subcommand_of(called) {
        words.insert(0, subcommand);
    }
    let mut choices = choices(&words, partial, environment);
    let has_files = choices.iter().any(|choice| choice.word == FILES);
    choices.retain(|choice| choice.word != FILES);
    keep(&mut choices, partial);
    let mut out = String::new();
    for Choice { word, help } in choices {
        out.push_str(&format!("{word}\t{help}\n"));
    }
    if has_files {
        out.push_str(&format!("{FILES}\n"));
    }
    out
}

fn choices(words: &[&str], partial: &str, environment: &Environment) -> Vec<Choice> {
    let mut root = Cli::command();
    // Gives every subcommand its `help` and its `--help`.
    root.build();
    let mut command = &root;
    let mut words = words.iter();
    let mut reach = Reach::default();
    let mut value_of: Option<&Arg> = None;
    while let Some(word) = words.next() {
        value_of = None;
        if let Some(flag) = word.strip_prefix('-') {
            let long = flag.strip_prefix('-');
            let argument = command.get_arguments().find(|argument| match long {
                Some(long) => argument.get_long() == Some(long),
                None => flag
                    .chars()
                    .next_back()
                    .is_some_and(|short| argument.get_short() == Some(short)),
            });
            match argument.filter(|argument| argument.get_action().takes_values()) {
                Some(argument) => match words.next() {
                    Some(value) if argument.get_long() == Some("pipename") => {
                        reach.pipename = Some((*value).to_owned());
                    }
                    Some(_) => {}
                    None => value_of = Some(argument),
                },
                None if matches!(long, Some("env-file" | "root" | "env"))
                    && words.next().is_none() =>
                {
                    return vec![Choice::new(FILES, "")];
                }
                None => {}
            }
        } else if let Some(subcommand) = command.find_subcommand(word) {
            command = subcommand;
        } else if is_of_daemon(command) {
            let mut line = (*word).to_owned();
            for word in words {
                line.push(' ');
                line.push_str(word);
            }
            return of_daemon(&format!("{line} {partial}"), &reach, environment);
        }
    }
    if let Some(argument) = value_of {
        return values(argument);
    }
    let mut choices = Vec::new();
    if partial.starts_with('-') {
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            choices.extend(long.or(short).map(|flag| Choice::new(flag, help)));
        }
        choices.push(Choice::new("--env-file", "The file of settings"));
        choices.push(Choice::new("--root", "The folder above etc and run"));
        return choices;
    }
    if is_of_daemon(command) {
        return of_daemon(partial, &reach, environment);
    }
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let help = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        choices.push(Choice::new(subcommand.get_name(), help));
    }
    choices.extend(command.get_positionals().flat_map(values));
    if std::ptr::eq(command, &raw const root) {
        // A file alone is one to speak by.
        choices.push(Choice::new(FILES, ""));
    }
    choices
}

/// Whether the words of this subcommand are a command for the daemon.
fn is_of_daemon(command: &clap::Command) -> bool {
    command.get_positionals().any(|argument| {
        argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "COMMAND"))
            && argument.is_trailing_var_arg_set()
    })
}

/// The words of a command for the daemon, which is asked for its peers if it is there.
fn of_daemon(line: &str, reach: &Reach, environment: &Environment) -> Vec<Choice> {
    let mut peers =
        || connect(reach, environment, None).map(|mut daemon| daemon.peers()).unwrap_or_default();
    next(line, &mut peers).choices
}

/// The values of an argument: its own, or files where it is one.
fn values(argument: &Arg) -> Vec<Choice> {
    let mut choices: Vec<Choice> = argument
        .get_possible_values()
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| {
            Choice::new(
                value.get_name(),
                value.get_help().map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    let is_file =
        argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "FILE"));
    if is_file {
        choices.push(Choice::new(FILES, ""));
    }
    choices
}
