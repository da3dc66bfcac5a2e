//! The command line of `healthcheck`, made of the table of its options.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use yottabgp_health::table::{Row, TABLE, Takes};
use yottabgp_health::{Grammar, Options, OptionsError, file};

/// The words, as they were given.
#[derive(Clone, Debug)]
pub(crate) struct HealthcheckArgs {
    /// Options with their values.
    given: Vec<(&'static Row, Option<String>)>,
    /// `drain NAME` and its like.
    pub(crate) words: Vec<String>,
}

impl HealthcheckArgs {
    /// The options: those of the configuration file, and over them those of the command line.
    pub(crate) fn options(&self, grammar: Grammar) -> Result<Options, OptionsError> {
        let mut options = Options { grammar, ..Options::default() };
        let file = self.given.iter().rev().find(|(row, _)| row.name == "config");
        if let Some(path) = file.and_then(|(_, value)| value.as_deref()) {
            let text = std::fs::read(path)
                .map_err(|error| OptionsError::new(format!("--config {path}: {error}")))?;
            let text = String::from_utf8(text)
                .map_err(|_| OptionsError::new(format!("--config {path}: it is not UTF-8 text")))?;
            file::read(&text, path, &mut options)?;
        }
        for (row, value) in &self.given {
            row.set(&mut options, value.as_deref())?;
        }
        options.check()?;
        Ok(options)
    }
}

/// Spells out short options of two letters, which are a matter of `healthcheck` alone.
pub(crate) fn spell_out(words: &mut [OsString]) {
    for word in words {
        let long = TABLE.iter().find(|row| {
            row.short.is_some_and(|short| {
                short.len() > 1
                    && word.to_str().and_then(|word| word.strip_prefix('-')) == Some(short)
            })
        });
        if let Some(row) = long {
            *word = format!("--{}", row.name).into();
        }
    }
}

fn argument(row: &'static Row) -> Arg {
    let mut arg = Arg::new(row.name).long(row.name).help_heading(row.part.heading());
    let default = match row.default {
        "" => String::new(),
        default => format!(" [{default}]"),
    };
    arg = arg.help(format!("{}{default}", row.help));
    if let Some(also) = row.also {
        arg = arg.visible_alias(also);
    }
    let short = row.short.and_then(|short| {
        let mut letters = short.chars();
        letters.next().filter(|_| letters.next().is_none())
    });
    if let Some(short) = short {
        arg = arg.short(short);
    }
    match row.takes {
        Takes::Nothing => arg.action(ArgAction::SetTrue).overrides_with(row.name),
        Takes::One(value) | Takes::Many(value) => {
            arg.value_name(value).action(ArgAction::Append).allow_negative_numbers(true)
        }
        Takes::Maybe(value, default) => arg
            .value_name(value)
            .action(ArgAction::Append)
            .num_args(0..=1)
            .default_missing_value(default),
    }
}

impl Args for HealthcheckArgs {
    fn augment_args(command: Command) -> Command {
        let words = Arg::new("words")
            .value_name("COMMAND")
            .num_args(0..=2)
            .help("drain NAME, undrain NAME or show: about the checks of a running daemon");
        command.args(TABLE.iter().map(argument)).arg(words)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for HealthcheckArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = Vec::new();
        for row in TABLE {
            if row.takes == Takes::Nothing {
                if matches.get_flag(row.name) {
                    given.push((row, None));
                }
                continue;
            }
            let values = matches.get_many::<String>(row.name).into_iter().flatten();
            given.extend(values.map(|value| (row, Some(value.clone()))));
        }
        let words: Vec<String> =
            matches.get_many::<String>("words").into_iter().flatten().cloned().collect();
        let good = match words.first().map(String::as_str) {
            None => true,
            Some("drain" | "undrain") => words.len() == 2 && given.is_empty(),
            Some("show") => words.len() == 1 && given.is_empty(),
            Some(_) => false,
        };
        if !good {
            let text = format!(
                "'{}' has no place here: options, or drain NAME, undrain NAME or show\n",
                words.join(" ")
            );
            return Err(clap::Error::raw(clap::error::ErrorKind::UnknownArgument, text));
        }
        Ok(Self { given, words })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::args::{self, Command};

    fn read(words: &[&str]) -> Result<Options, String> {
        let words = ["exabgp", "healthcheck"].iter().chain(words).map(OsString::from).collect();
        let invocation = args::parse(words).map_err(|error| error.to_string())?;
        let Command::Healthcheck(arguments) = invocation.cli.command else { panic!() };
        arguments.options(Grammar::V4).map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_written_as_with_exabgp() {
        let options = read(&[
            "-s",
            "--name",
            "web",
            "--cmd",
            "curl -sf http://localhost",
            "--inter",
            "10",
            "-f",
            "0.5",
            "--local-preference",
            "-1",
            "--ip",
            "192.0.2.1",
            "--ip=2001:db8::1/128",
            "--no-ack",
            "--neighbor",
            "*",
            "--start-ip",
            "0",
            "-a",
        ])
        .unwrap();
        assert!(options.silent && options.no_ack);
        assert_eq!(options.command.as_deref(), Some("curl -sf http://localhost"));
        assert_eq!(options.interval, Duration::from_secs(10));
        assert_eq!(options.fast_interval, Duration::from_millis(500));
        assert_eq!((options.ips.len(), options.local_preference), (2, None));
        for facility in [&["-sF"][..], &["--syslog-facility"], &["-sF", "daemon"]] {
            assert_eq!(read(facility).unwrap().syslog_facility.as_deref(), Some("daemon"));
        }
    }

    #[test]
    fn the_command_line_counts_more_than_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.conf");
        std::fs::write(&path, "rise = 7\nfall = 8\nip = 192.0.2.1\n").unwrap();
        let path = path.to_str().unwrap();
        let options = read(&["--rise", "2", "--config", path, "--ip", "192.0.2.2"]).unwrap();
        assert_eq!((options.rise, options.fall, options.ips.len()), (2, 8, 2));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (words, part) in [
            (&["--intervall", "5"][..], "unexpected argument '--intervall'"),
            (&["--rise", "x"], "--rise: 'x' is not a whole number"),
            (&["-s", "--no-syslog"], "--no-syslog is not allowed with --silent"),
            (&["--config", "/no/such/file"], "--config /no/such/file: No such file"),
            (&["drain"], "'drain' has no place here"),
            (&["nonsense"], "'nonsense' has no place here"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
