//! The settings as text: what `env` prints.

use std::fmt::Write as _;

use super::Environment;
use super::table::{Setting, TABLE};

/// How settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As an ini file.
    Ini,
    /// As assignments, `exabgp.tcp.port=179`.
    Variables,
}

impl Environment {
    /// Every setting but those of `debug`; with `only_different`, those that do not have their default.
    pub fn render(&self, form: Form, only_different: bool) -> String {
        let default = Self::default();
        let mut out = String::new();
        let mut section = "";
        for setting in TABLE.iter().filter(|setting| !setting.hidden) {
            let value = setting.show(self);
            if only_different && value == setting.show(&default) {
                continue;
            }
            let value = quote(setting, value);
            match form {
                Form::Ini => {
                    if setting.section != section {
                        section = setting.section;
                        let _ = writeln!(out, "\n[exabgp.{section}]");
                    }
                    let _ = writeln!(out, "{} = {value}", setting.key);
                }
                Form::Variables => {
                    let _ = writeln!(out, "exabgp.{}={value}", setting.name());
                }
            }
        }
        out
    }
}

fn quote(setting: &Setting, value: String) -> String {
    if setting.quoted { format!("'{value}'") } else { value }
}

/// A line for each setting, for `--help`.
pub fn help() -> String {
    let default = Environment::default();
    let mut out = String::new();
    for setting in TABLE.iter().filter(|setting| !setting.hidden) {
        let value = quote(setting, setting.show(&default));
        let name = format!("exabgp.{}", setting.name());
        let _ = writeln!(out, " - {name:<30}: {}. default ({value})", setting.help);
    }
    out
}
