//! Reading: a variable with dots, a variable with underscores, the ini file, the default; the first that is there counts.

use std::borrow::Cow;
use std::collections::HashMap;

use yottabgp_wire::io::tokens::{Span, did_you_mean};

use super::Environment;
use super::ini;
use super::table::{Setting, TABLE, TOLERATED, Wrong};
use crate::diagnostic::{Severity, Source};

/// Something to say about a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub severity: Severity,
    /// Where it was set.
    pub place: Place,
    /// What is wrong: names the value.
    pub message: String,
    /// How to mend it.
    pub help: Option<Cow<'static, str>>,
}

/// Where a setting was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An environment variable.
    Variable(String),
    /// A place of the ini file.
    File(Span),
}

impl Notice {
    pub(super) fn warning(place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, place, message: message.into(), help: None }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// One line: `exabgp.env:3:8: error: … (…)`, or `variable exabgp_tcp_port: error: …`.
    pub fn line(&self, ini: Option<&Source>) -> String {
        let Self { message, severity, .. } = self;
        format!("{}: {}: {message}{}", self.place_text(ini), severity.name(), self.help_text())
    }

    /// The same without how bad it is, for where that stands before it: `variable exabgp_tcp_port: …`.
    pub fn bare_line(&self, ini: Option<&Source>) -> String {
        format!("{}: {}{}", self.place_text(ini), self.message, self.help_text())
    }

    fn help_text(&self) -> String {
        self.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"))
    }

    fn place_text(&self, ini: Option<&Source>) -> String {
        match (&self.place, ini) {
            (Place::Variable(name), _) => format!("variable {name}"),
            (Place::File(span), Some(source)) => {
                let position = source.position(*span);
                format!("{}:{}:{}", source.name, position.line, position.column)
            }
            (Place::File(_), None) => "environment file".to_owned(),
        }
    }
}

/// Variables that are no settings.
const OTHER_VARIABLES: [&str; 7] = [
    "version",
    "cli_pipe",
    "cli_socket",
    "api_socketpath",
    "cli_transport",
    "api_cli_mode",
    "envfile",
];

/// Reads every setting. An error is among the notices when a value can not be; the setting then has its default.
pub fn load(
    variables: impl IntoIterator<Item = (String, String)>,
    ini: Option<&Source>,
) -> (Environment, Vec<Notice>) {
    let mut environment = Environment::default();
    let mut notices = Vec::new();
    let variables: HashMap<String, String> =
        variables.into_iter().filter(|(name, _)| name.starts_with("exabgp")).collect();
    let file = ini.map(|source| ini::read(&source.text, &mut notices)).unwrap_or_default();
    unknown(&variables, &file, &mut notices);

    let mut attempts_are_set = false;
    // `once` comes before `attempts` in the table; a number said beside it counts more.
    for setting in TABLE {
        let Some((place, value)) = find(setting, &variables, &file) else { continue };
        if setting.key == "port" && matches!(place, Place::Variable(_)) {
            environment.tcp.connect = value.trim().parse().ok().filter(|port| *port != 0);
        }
        attempts_are_set |= setting.key == "attempts";
        set(&mut environment, setting, place, &value, &mut notices);
    }
    // Another name of attempts.
    let attempts =
        TABLE.iter().find(|setting| setting.section == "tcp" && setting.key == "attempts");
    if let (false, Some(attempts)) = (attempts_are_set, attempts) {
        let connections = Setting { key: "connections", ..copy(attempts) };
        if let Some((place, value)) = find(&connections, &variables, &file) {
            set(&mut environment, &connections, place, &value, &mut notices);
        }
    }
    let other = |name: &str| {
        let dotted = variables.get(&format!("exabgp.{}", name.replacen('_', ".", 1)));
        dotted.or_else(|| variables.get(&format!("exabgp_{name}"))).cloned()
    };
    environment.version = other("version").filter(|version| !version.is_empty());
    environment.api.cli_pipe = other("cli_pipe");
    environment.api.cli_socket = other("cli_socket");
    (environment, notices)
}

fn copy(setting: &Setting) -> Setting {
    let Setting { section, key, help, quoted, hidden, set, show } = *setting;
    Setting { section, key, help, quoted, hidden, set, show }
}

/// The value that counts, and where it is from.
fn find(
    setting: &Setting,
    variables: &HashMap<String, String>,
    file: &[ini::Entry],
) -> Option<(Place, String)> {
    let Setting { section, key, .. } = setting;
    // `exabgp.bgp.paths-limit-audit` is the same as `…paths_limit_audit`; a shell can only set the latter.
    let keys = [(*key).to_owned(), key.replace('_', "-"), key.replace('-', "_")];
    let dotted = keys.iter().map(|key| format!("exabgp.{section}.{key}"));
    let underscored = keys.iter().map(|key| format!("exabgp_{section}_{key}"));
    for name in dotted.chain(underscored) {
        if let Some(value) = variables.get(&name) {
            let value = ini::strip_quotes(value).to_owned();
            return Some((Place::Variable(name), value));
        }
    }
    let entry =
        file.iter().rev().find(|entry| entry.section == *section && same(&entry.key, key))?;
    Some((Place::File(entry.span), entry.value.clone()))
}

fn same(written: &str, key: &str) -> bool {
    written.len() == key.len() && written.replace('-', "_") == key.replace('-', "_")
}

fn set(
    environment: &mut Environment,
    setting: &Setting,
    place: Place,
    value: &str,
    notices: &mut Vec<Notice>,
) {
    let name = setting.name();
    match (setting.set)(environment, value) {
        Ok(()) => {}
        Err(Wrong::Boolean) => {
            let message = format!("'{value}' is no boolean: {name} is taken as false");
            let help = "yes: 1, yes, on, enable, true; no: 0, no, off, disable, false";
            notices.push(Notice::warning(place, message).help(help));
        }
        Err(Wrong::Value(format)) => {
            let message = format!("invalid value for {name} : {value}");
            let error = Notice { severity: Severity::Error, ..Notice::warning(place, message) };
            notices.push(error.help(format));
        }
    }
}

/// Notices what sets nothing.
fn unknown(variables: &HashMap<String, String>, file: &[ini::Entry], notices: &mut Vec<Notice>) {
    let known = |section: &str, key: &str| {
        TABLE.iter().any(|row| row.section == section && same(key, row.key))
            || (section, key) == ("tcp", "connections")
    };
    let near = |name: &str| {
        let names: Vec<String> = TABLE.iter().map(Setting::name).collect();
        let near = did_you_mean(name, names.iter().map(String::as_str))?;
        Some(format!("did you mean exabgp.{near}?"))
    };
    let is_removed = |section: &str, key: &str| TOLERATED.contains(&(section, key));
    let mut removed: Vec<(Place, String)> = Vec::new();
    let mut names: Vec<&String> = variables.keys().collect();
    names.sort_unstable();
    for name in names {
        let Some(rest) = name.strip_prefix("exabgp.").or_else(|| name.strip_prefix("exabgp_"))
        else {
            continue;
        };
        let rest = rest.replacen('_', ".", usize::from(name.starts_with("exabgp_")));
        let (section, key) = rest.split_once('.').unwrap_or((&rest, ""));
        if known(section, key) || OTHER_VARIABLES.contains(&rest.replacen('.', "_", 1).as_str()) {
            continue;
        }
        let place = Place::Variable(name.clone());
        if is_removed(section, key) {
            removed.push((place, rest));
            continue;
        }
        let notice = Notice::warning(place, format!("there is no setting {rest}"));
        notices.push(match near(&rest) {
            Some(near) => notice.help(near),
            None => notice,
        });
    }
    for entry in file {
        if known(&entry.section, &entry.key) {
            continue;
        }
        let name = format!("{}.{}", entry.section, entry.key);
        if is_removed(&entry.section, &entry.key) {
            removed.push((Place::File(entry.key_span), name));
            continue;
        }
        let notice =
            Notice::warning(Place::File(entry.key_span), format!("there is no setting {name}"));
        notices.push(match near(&name) {
            Some(near) => notice.help(near),
            None => notice,
        });
    }
    // One warning for all of them: such files and variables are old, and work.
    if let Some((place, _)) = removed.first() {
        let names: Vec<&str> = removed.iter().map(|(_, name)| name.as_str()).collect();
        let message = format!("{}: of older versions, without effect", names.join(", "));
        let help = if names.len() == 1 { "remove it" } else { "remove them" };
        notices.push(Notice::warning(place.clone(), message).help(help));
    }
}
