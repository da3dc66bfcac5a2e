//! The configuration file of `healthcheck`: one long option a line, `name = value` or `name`.

use crate::options::{Options, OptionsError};
use crate::table;

/// Reads a file into the options. Blank lines and those that start with `#` are skipped; the first `=` ends the name; there
/// are no quotes.
///
/// `name` is what errors call the file.
pub fn read(text: &str, name: &str, options: &mut Options) -> Result<(), OptionsError> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, value) = match line.split_once('=') {
            Some((word, value)) => (word.trim(), Some(value.trim())),
            None => (line, None),
        };
        let at = |error: OptionsError| error.at(format!("{name}:{}", index + 1));
        let row = table::find(word).map_err(at)?;
        row.set(options, value).map_err(at)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_are_options() {
        let mut options = Options::default();
        let text = "debug\n\n  # a comment\n name=nginx \ncommand = test a = b\ninterval = 10\nip=192.0.2.1\nip = 2001:db8::/64\n";
        read(text, "a.conf", &mut options).unwrap();
        assert!(options.debug);
        assert_eq!(options.name.as_deref(), Some("nginx"));
        assert_eq!(options.command.as_deref(), Some("test a = b"));
        assert_eq!(options.interval, Duration::from_secs(10));
        assert_eq!(options.ips.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, error) in [
            (
                "\nintervall = 5",
                "a.conf:2: there is no option --intervall (did you mean --interval?)",
            ),
            ("rise = many", "a.conf:1: --rise: 'many' is not a whole number"),
            ("debug = 1", "a.conf:1: --debug takes no value"),
            ("ip", "a.conf:1: --ip needs a value: NET"),
            (
                "ip = 192.0.2.1/24",
                "a.conf:1: --ip: '192.0.2.1/24' is not a network: the host bits must be zero for the given prefix length",
            ),
        ] {
            let found = read(text, "a.conf", &mut Options::default()).unwrap_err();
            assert_eq!(found.to_string(), error);
        }
    }
}
