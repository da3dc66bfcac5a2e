//! Command lines without a subcommand: `exabgp [FLAG]… FILE…`, with the flags of ExaBGP 3.4, 4.2 and 5 alike.
//!
//! They are turned into the words of a subcommand. Long flags may be shortened as long as it is clear which is meant.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

/// What a flag is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Help,
    Version,
    /// The version when nothing else is said (3.4, 4.2), all of the log otherwise (5).
    Verbose,
    Debug,
    /// The folder above `etc`, `bin` and `run` (4.2).
    Root,
    /// The folder of `exabgp.env` (3.4).
    Folder,
    /// Either: 3.4 and 4.2 mean different things by `-f`.
    RootOrFolder,
    EnvironmentFile,
    /// `env` with these words.
    Settings(&'static [&'static str]),
    Validate,
    /// The next word, or what follows, is hexadecimal.
    Decode,
    /// A subcommand and all of its words follow (4.2).
    Run,
    /// The value is one more configuration file.
    File,
    /// A flag of `server` that takes nothing.
    Server(&'static str),
    /// A flag of `server` with a value.
    ServerValue(&'static str),
    /// `-s SECONDS` is `--signal` (5), `-s` alone a memory report (3.4, 4.2).
    SignalOrMemory,
    Ignored,
    IgnoredValue,
}

impl Does {
    const fn takes_value(self) -> bool {
        matches!(
            self,
            Self::Root
                | Self::Folder
                | Self::RootOrFolder
                | Self::EnvironmentFile
                | Self::Decode
                | Self::Run
                | Self::File
                | Self::ServerValue(_)
                | Self::IgnoredValue
        )
    }
}

/// The short name of a flag (0 for none), its long names, and what it does.
type Row = (u8, &'static [&'static str], Does);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    (b'h', &["help"], Does::Help),
    (b'V', &["version"], Does::Version),
    (b'v', &["verbose"], Does::Verbose),
    (b'd', &["debug"], Does::Debug),
    (b'f', &[], Does::RootOrFolder),
    (0, &["root"], Does::Root),
    (0, &["folder"], Does::Folder),
    (b'e', &["env", "env-file"], Does::EnvironmentFile),
    (0, &["fi", "full-ini"], Does::Settings(&[])),
    (0, &["di", "diff-ini"], Does::Settings(&["--diff"])),
    (0, &["fe", "full-env"], Does::Settings(&["--env"])),
    (0, &["de", "diff-env"], Does::Settings(&["--diff", "--env"])),
    (b't', &["test", "validate"], Does::Validate),
    (b'x', &["decode"], Does::Decode),
    (0, &["run"], Does::Run),
    (b'c', &[], Does::File),
    (b'1', &["once"], Does::Server("--once")),
    (b'P', &["passive"], Does::Server("--passive")),
    (0, &["signal"], Does::ServerValue("--signal")),
    (b's', &[], Does::SignalOrMemory),
    (b'm', &["memory"], Does::Ignored),
    (b'p', &["pdb"], Does::Ignored),
    (0, &["profile"], Does::IgnoredValue),
];

/// What a command line means.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    /// The subcommand and its words.
    pub(crate) words: Vec<OsString>,
    /// The file of settings.
    pub(crate) env_file: Option<PathBuf>,
    /// The folder above `etc`, `bin` and `run`.
    pub(crate) root: Option<PathBuf>,
    /// The folder of `exabgp.env`.
    pub(crate) folder: Option<PathBuf>,
}

/// Reads what follows the name of the program.
///
/// # Errors
/// In words, when a flag is not clear or lacks its value.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Meaning, String> {
    let mut words = words.into_iter().peekable();
    let mut read = Reading::default();
    while let Some(word) = words.next() {
        let octets = word.as_bytes();
        if octets == b"--" {
            read.files.extend(words);
            break;
        }
        if let Some(long) = octets.strip_prefix(b"--") {
            let (name, value) = split(long);
            match find(&name)? {
                Some(does) if does.takes_value() => {
                    let value = value.or_else(|| words.next());
                    let value = value.ok_or_else(|| format!("--{name} needs a value"))?;
                    if does == Does::Run {
                        return read.helper(value, words);
                    }
                    read.flag(does, Some(value));
                }
                Some(_) if value.is_some() => return Err(format!("--{name} takes no value")),
                Some(does) => read.flag(does, None),
                // The subcommand says that there is none.
                None => read.unknown.push(word),
            }
        } else if octets.len() > 1 && octets.starts_with(b"-") {
            let mut bundle = octets.get(1..).unwrap_or_default();
            while let Some((short, rest)) = bundle.split_first() {
                bundle = rest;
                let row = TABLE.iter().find(|(name, ..)| name == short);
                let mut does = match row {
                    Some((.., does)) => *does,
                    None => {
                        read.unknown.push(OsString::from_vec(vec![b'-', *short]));
                        continue;
                    }
                };
                if does == Does::SignalOrMemory {
                    let value = if rest.is_empty() {
                        words.peek().map_or(&b""[..], |word| word.as_bytes())
                    } else {
                        rest
                    };
                    let seconds = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
                    does = if seconds { Does::ServerValue("--signal") } else { Does::Ignored };
                }
                if does.takes_value() {
                    let rest = rest.strip_prefix(b"=").unwrap_or(rest);
                    let value = match rest {
                        [] => words.next(),
                        rest => Some(OsStr::from_bytes(rest).to_owned()),
                    };
                    let name = char::from(*short);
                    let value = value.ok_or_else(|| format!("-{name} needs a value"))?;
                    read.flag(does, Some(value));
                    break;
                }
                read.flag(does, None);
            }
        } else {
            read.files.push(word);
        }
    }
    Ok(read.finish())
}

fn split(long: &[u8]) -> (String, Option<OsString>) {
    let mut parts = long.splitn(2, |octet| *octet == b'=');
    let name = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    (name, parts.next().map(|value| OsStr::from_bytes(value).to_owned()))
}

/// The flag of a long name, or of the beginning of one that is not also the beginning of another flag's.
fn find(name: &str) -> Result<Option<Does>, String> {
    let names = || TABLE.iter().flat_map(|(_, names, does)| names.iter().map(move |n| (*n, *does)));
    if let Some((_, does)) = names().find(|(whole, _)| *whole == name) {
        return Ok(Some(does));
    }
    let mut found: Option<Does> = None;
    for (_, does) in names().filter(|(whole, _)| !name.is_empty() && whole.starts_with(name)) {
        if found.is_some_and(|found| found != does) {
            let meant: Vec<String> = names()
                .filter(|(whole, _)| whole.starts_with(name))
                .map(|(whole, _)| format!("--{whole}"))
                .collect();
            return Err(format!("ambiguous option: --{name} could match {}", meant.join(", ")));
        }
        found = Some(does);
    }
    Ok(found)
}

/// What was said so far.
#[derive(Debug, Default)]
struct Reading {
    meaning: Meaning,
    help: bool,
    version: bool,
    verbose: u8,
    debug: bool,
    settings: Option<&'static [&'static str]>,
    validate: bool,
    decode: OsString,
    server: Vec<OsString>,
    others: bool,
    unknown: Vec<OsString>,
    files: Vec<OsString>,
}

impl Reading {
    fn flag(&mut self, does: Does, value: Option<OsString>) {
        let value = value.unwrap_or_default();
        if does != Does::Verbose {
            self.others = true;
        }
        match does {
            Does::Help => self.help = true,
            Does::Version => self.version = true,
            Does::Verbose => self.verbose += 1,
            Does::Debug => self.debug = true,
            Does::Root => self.meaning.root = Some(value.into()),
            Does::Folder => self.meaning.folder = Some(value.into()),
            Does::RootOrFolder => {
                let path = PathBuf::from(value);
                if path.ends_with("etc/exabgp") || path.join("exabgp.env").exists() {
                    self.meaning.folder = Some(path);
                } else {
                    self.meaning.root = Some(path);
                }
            }
            Does::EnvironmentFile => self.meaning.env_file = Some(value.into()),
            Does::Settings(words) => self.settings = Some(words),
            Does::Validate => self.validate = true,
            Does::Decode => self.decode.push(value),
            Does::File => self.files.push(value),
            Does::Server(flag) => self.server.push(flag.into()),
            Does::ServerValue(flag) => self.server.extend([flag.into(), value]),
            Does::Run | Does::SignalOrMemory | Does::Ignored | Does::IgnoredValue => {}
        }
    }

    /// `--run healthcheck …` and `--run cli …`.
    fn helper(
        mut self,
        name: OsString,
        words: impl Iterator<Item = OsString>,
    ) -> Result<Meaning, String> {
        if name != "healthcheck" && name != "cli" {
            return Err(format!(
                "--run {} is unknown: it runs healthcheck or cli",
                name.to_string_lossy()
            ));
        }
        self.meaning.words = std::iter::once(name).chain(words).collect();
        Ok(self.meaning)
    }

    fn finish(self) -> Meaning {
        let mut meaning = self.meaning;
        let mut words: Vec<OsString> = Vec::new();
        let alone = !self.others && self.files.is_empty() && self.unknown.is_empty();
        if self.version || self.verbose > 0 && alone {
            words.push("version".into());
        } else if self.help {
            words.push("--help".into());
        } else if let Some(flags) = self.settings {
            words.push("env".into());
            words.extend(flags.iter().map(OsString::from));
        } else if !self.decode.is_empty() {
            words.push("decode".into());
            words.extend(self.unknown);
            if !self.files.is_empty() {
                words.push("--configuration".into());
            }
            words.extend(self.files);
            words.push(self.decode);
        } else {
            words.push(if self.validate { "validate" } else { "server" }.into());
            if self.verbose > 0 || self.debug {
                words.push("--verbose".into());
            }
            if !self.validate {
                words.extend(self.server);
            }
            words.extend(self.unknown);
            // A file may begin with a dash.
            if self.files.iter().any(|file| file.len() > 1 && file.as_bytes().starts_with(b"-")) {
                words.push("--".into());
            }
            words.extend(self.files);
        }
        meaning.words = words;
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> String {
        let read = read(line.split_whitespace().map(OsString::from)).unwrap();
        let words: Vec<_> = read.words.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    fn refused(line: &str) -> String {
        read(line.split_whitespace().map(OsString::from)).unwrap_err()
    }

    #[test]
    fn flags_of_every_version_have_their_meaning() {
        for (line, meaning) in [
            ("a.conf", "server a.conf"),
            ("a.conf b.conf", "server a.conf b.conf"),
            ("-", "server -"),
            ("-c a.conf", "server a.conf"),
            ("a.conf -d", "server --verbose a.conf"),
            ("--debug -v a.conf", "server --verbose a.conf"),
            ("-v", "version"),
            ("-V", "version"),
            ("--version", "version"),
            ("--vers a.conf", "version"),
            ("-h", "--help"),
            ("-e x.env --fi", "env"),
            ("--full-ini", "env"),
            ("--di", "env --diff"),
            ("--full-env", "env --env"),
            ("--de", "env --diff --env"),
            ("-t a.conf", "validate a.conf"),
            ("-dt a.conf", "validate --verbose a.conf"),
            ("--test --debug -p a.conf", "validate --verbose a.conf"),
            ("a.conf --validate", "validate a.conf"),
            ("-1 a.conf", "server --once a.conf"),
            ("-P a.conf", "server --passive a.conf"),
            ("--signal 5 a.conf", "server --signal 5 a.conf"),
            ("-s 5 a.conf", "server --signal 5 a.conf"),
            ("-s5 a.conf", "server --signal 5 a.conf"),
            ("-s a.conf", "server a.conf"),
            ("-m -p --memory --profile x a.conf", "server a.conf"),
            ("-dp1 a.conf", "server --verbose --once a.conf"),
            ("-x FF:FF -x 00 a.conf", "decode --configuration a.conf FF:FF00"),
            ("--decode FF", "decode FF"),
            ("--run healthcheck --cmd -v", "healthcheck --cmd -v"),
            ("--root /x --run cli show neighbor", "cli show neighbor"),
            ("--nonsense a.conf", "server --nonsense a.conf"),
            ("-d -- -a.conf", "server --verbose -- -a.conf"),
        ] {
            assert_eq!(words(line), meaning, "{line}");
        }
    }

    #[test]
    fn folders_and_files_of_settings() {
        let read = |line: &str| read(line.split_whitespace().map(OsString::from)).unwrap();
        for line in
            ["-e x.env a", "--env x.env a", "--env=x.env a", "a --env-file x.env", "-ex.env a"]
        {
            assert_eq!(read(line).env_file, Some("x.env".into()), "{line}");
        }
        for line in ["--root /x a", "--ro=/x a", "-f /x a"] {
            assert_eq!(read(line).root, Some("/x".into()), "{line}");
        }
        for line in ["--folder /usr/etc/exabgp a", "-f /usr/etc/exabgp a"] {
            assert_eq!(read(line).folder, Some("/usr/etc/exabgp".into()), "{line}");
        }
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        assert_eq!(refused("--ver"), "ambiguous option: --ver could match --version, --verbose");
        assert_eq!(refused("--env"), "--env needs a value");
        assert_eq!(refused("-e"), "-e needs a value");
        assert_eq!(refused("--test=1"), "--test takes no value");
        assert_eq!(refused("--run x"), "--run x is unknown: it runs healthcheck or cli");
    }
}
