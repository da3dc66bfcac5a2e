//! `cli`: a conversation with a running daemon; with words, one command.
//!
//! On a terminal lines are edited, completed (TAB), explained (`?`) and remembered; from anywhere else commands are read a line
//! each, and the exit status says whether all of them were done.

mod editor;
mod filter;
mod session;
mod terminal;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use clap::Args;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use reedline::{EditCommand, Signal as Line};
use yottabgp_config::Environment;

use crate::client::{Reach, connect};
use crate::words::{Choice, Next, keep, split};
use crate::{out, run, words};
use filter::Output;
use session::{Display, Session};

/// What the editor calls it when `?` is typed.
const HELP_KEY: &str = "?";

/// What `cli` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a command: on a terminal a conversation with completion (TAB), explanations (?) and history; \
    otherwise the commands of standard input, one a line. Exit status as of 'run'."
)]
pub(crate) struct CliArgs {
    #[command(flatten)]
    pub(crate) reach: Reach,
    /// Accepted for ExaBGP's sake
    #[arg(long, hide = true)]
    no_color: bool,
    /// The command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// What is answered here and not by the daemon.
const BUILT_IN: &[(&str, &str)] = &[
    ("exit", "Ends this conversation, as quit and q"),
    ("quit", "Ends this conversation"),
    ("clear", "Clears the screen"),
    ("history", "Shows the lines that were written"),
    ("set", "Says how answers are shown: set display json|text, set sync on|off"),
    ("json", "The answer of one command as JSON: json show neighbor summary"),
    ("text", "The answer of one command as text"),
];

/// Talks, or sends the one command. Says whether all was done.
pub(crate) fn run(arguments: &CliArgs, called: &str, environment: &Environment) -> Result<bool> {
    if !arguments.command.is_empty() {
        let mut daemon = connect(&arguments.reach, environment, None)?;
        let command = arguments.command.join(" ");
        if called == "exabgpcli" && environment.api.json.is_none() {
            return run::one_of_exabgpcli(command.trim(), &mut daemon);
        }
        return run::one(command.trim(), &mut daemon);
    }
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !is_terminal {
        let session = Session::new(arguments.reach.clone(), environment.clone(), None)?;
        return of_lines(session, None);
    }
    // ^C ends an answer, not the conversation; while a line is written it is a key.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGINT);
    signals.thread_block()?;
    let interrupt = SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let session =
        Session::new(arguments.reach.clone(), environment.clone(), Some(Arc::new(interrupt)))?;
    if std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty()) {
        return of_lines(session, Some(called));
    }
    talk(session, called)
}

/// A line at a time, until the end of the input.
fn of_lines(mut session: Session, prompt: Option<&str>) -> Result<bool> {
    let mut good = true;
    let mut lines = std::io::stdin().lock().lines();
    loop {
        if let Some(name) = prompt {
            out::text(format!("{name}> "))?;
        }
        let Some(line) = lines.next() else { return Ok(good) };
        match act(line?.trim(), &mut session) {
            Ok(Done::Yes) => {}
            Ok(Done::No) => good = false,
            Ok(Done::Exit) => return Ok(good),
            // Nobody reads what it would say.
            Err(error) if out::is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                out::warn(format!("error: {error:#}"));
                good = false;
            }
        }
    }
}

/// With an editor for the lines.
fn talk(session: Session, called: &str) -> Result<bool> {
    out::line("TAB completes, ? explains, exit ends.")?;
    let _terminal = terminal::TypeAhead::keep()?;
    let session = Arc::new(Mutex::new(session));
    let mut editor = editor::new(session.clone());
    let prompt = editor::Name(called.to_owned());
    let lock = || session.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        match editor.read_line(&prompt)? {
            Line::HostCommand(key) if key == HELP_KEY => {
                let before = editor.current_buffer_contents().to_owned();
                // In a pattern or a text it is a letter as any other.
                if before.contains(['|', '"']) {
                    editor.run_edit_commands(&[EditCommand::InsertChar('?')]);
                } else {
                    explain(&before, &mut lock())?;
                }
            }
            Line::Success(line) => {
                // Now, so that other conversations and `history` know the line.
                if let Err(error) = editor.sync_history() {
                    out::warn(format!("history: {error}"));
                }
                match act(line.trim(), &mut lock()) {
                    Ok(Done::Exit) => return Ok(true),
                    Ok(_) => {}
                    Err(error) => out::warn(format!("error: {error:#}")),
                }
            }
            Line::CtrlD => return Ok(true),
            _ => {}
        }
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    Yes,
    No,
    Exit,
}

/// Does what a line says.
fn act(line: &str, session: &mut Session) -> Result<Done> {
    let (command, filters) = filter::split(line)?;
    let words: Vec<&str> = command.split_whitespace().collect();
    let mut output = Output::new(filters);
    let done = match *words.as_slice() {
        [] => true,
        [first, ..] if first.starts_with('#') => true,
        ["exit" | "quit" | "q"] => return Ok(Done::Exit),
        ["clear"] => {
            out::text("\x1b[H\x1b[2J")?;
            true
        }
        ["history"] => {
            let path = editor::history_file();
            let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
            for (number, line) in text.lines().enumerate() {
                output.line(format!("{:5}  {line}", number + 1).as_bytes())?;
            }
            true
        }
        ["set", ..] => set(&words, session)?,
        ["json", ref rest @ ..] if !rest.is_empty() => {
            session.ask(&rest.join(" "), Display::Json, &mut output)?
        }
        ["text", ref rest @ ..] if !rest.is_empty() => {
            session.ask(&rest.join(" "), Display::Text, &mut output)?
        }
        _ => session.ask(command, session.display, &mut output)?,
    };
    if command == "help" {
        for (word, help) in BUILT_IN {
            output.line(format!("{word:8} {help}").as_bytes())?;
        }
    }
    output.finish()?;
    Ok(if done { Done::Yes } else { Done::No })
}

/// `set WHAT VALUE`.
fn set(words: &[&str], session: &mut Session) -> Result<bool> {
    match words {
        ["set", "display", "json"] => session.display = Display::Json,
        ["set", "display", "text"] => session.display = Display::Text,
        ["set", "sync", "on"] => return session.set_sync(true),
        ["set", "sync", "off"] => return session.set_sync(false),
        _ => {
            return Err(anyhow!(
                "'{}' is not a setting: set display json|text, set sync on|off",
                words.join(" ")
            ));
        }
    }
    Ok(true)
}

/// What may be written next, the words of this conversation among it.
fn next(before: &str, session: &mut Session) -> Next {
    let (words, partial) = split(before);
    if let Some(bar) = words.iter().rposition(|word| *word == "|") {
        let mut next = Next::default();
        if bar + 1 == words.len() {
            next.choices.extend(filter::choices());
        }
        keep(&mut next.choices, partial);
        return next;
    }
    let own: &[&str] = match *words.as_slice() {
        ["set"] => &["display", "sync"],
        ["set", "display"] => &["json", "text"],
        ["set", "sync"] => &["on", "off"],
        _ => &[],
    };
    if !own.is_empty() {
        let mut choices: Vec<Choice> = own.iter().map(|word| Choice::new(*word, "")).collect();
        keep(&mut choices, partial);
        return Next { choices, usage: None };
    }
    // `json` and `text` stand before any command.
    let command = ["json ", "text "].iter().find_map(|word| before.trim_start().strip_prefix(word));
    let mut next = words::next(command.unwrap_or(before), &mut || session.peers());
    if words.is_empty() {
        next.choices.extend(BUILT_IN.iter().map(|(word, help)| Choice::new(*word, *help)));
        keep(&mut next.choices, partial);
    }
    next
}

/// `?`: the words that may stand here, and what they are for.
fn explain(before: &str, session: &mut Session) -> Result<()> {
    let Next { choices, usage } = next(before, session);
    let mut text = Vec::new();
    // The cursor stands behind what was shown of the line: all of it, or nothing where it was pasted. What TAB showed goes.
    writeln!(text, "?\x1b[J")?;
    if let Some(usage) = usage {
        writeln!(text, "  {usage}")?;
    }
    let width = choices.iter().map(|choice| choice.word.len()).max().unwrap_or_default();
    for choice in &choices {
        writeln!(text, "  {:width$}  {}", choice.word, choice.help)?;
    }
    if choices.is_empty() {
        writeln!(text, "  no word is known for this place")?;
    }
    out::text(text)?;
    Ok(())
}
