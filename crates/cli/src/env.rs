//! The settings of the process: where they are read, and `env`, which shows them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use yottabgp_config::environment::{self, Form};
use yottabgp_config::{Environment, Severity, Source};

use crate::{out, root};

/// What `env` is told.
#[derive(Debug, Args)]
pub(crate) struct EnvArgs {
    /// Only what differs from the defaults
    #[arg(short, long)]
    pub(crate) diff: bool,
    /// As `exabgp.section.key=value`
    #[arg(short, long)]
    pub(crate) env: bool,
}

/// The settings and what is doubtful about them.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The settings.
    pub(crate) environment: Environment,
    /// Warnings, a line each.
    pub(crate) warnings: Vec<String>,
    /// The ini file that was read.
    pub(crate) file: Option<PathBuf>,
}

/// Reads the variables and the ini file: `file`, or `$EXABGP_ENVFILE`, or `exabgp.env` in the folder of configurations. A value
/// that can not be is an error.
pub(crate) fn load(file: Option<&Path>) -> Result<Settings> {
    let mut warnings = Vec::new();
    let (file, ini) = ini(file, &mut warnings)?.unzip();
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let (environment, notices) = environment::load(variables, ini.as_ref());
    let mut errors = Vec::new();
    for notice in &notices {
        match notice.severity {
            Severity::Error => errors.push(notice.bare_line(ini.as_ref())),
            Severity::Warning => warnings.push(notice.line(ini.as_ref())),
        }
    }
    if errors.is_empty() {
        Ok(Settings { environment, warnings, file })
    } else {
        // Who shows it puts "error: " before the first.
        bail!(errors.join("\nerror: "))
    }
}

/// The ini file. Only one that was asked for has to be there.
fn ini(file: Option<&Path>, warnings: &mut Vec<String>) -> Result<Option<(PathBuf, Source)>> {
    let variable = std::env::var_os("EXABGP_ENVFILE").filter(|path| !path.is_empty());
    let asked = file.map(Path::to_owned).or_else(|| variable.map(PathBuf::from));
    let path = match &asked {
        None => root::in_configuration_folder(Path::new("exabgp.env")),
        // As ExaBGP 3 and 4 looked for it.
        Some(path) if path.is_relative() && !path.exists() => {
            Some(root::in_configuration_folder(path))
                .filter(|path| path.exists())
                .unwrap_or(path.clone())
        }
        Some(path) => path.clone(),
    };
    let name = path.display().to_string();
    match std::fs::read(&path) {
        Ok(octets) => {
            let (source, doubt) = Source::from_bytes(name, octets);
            warnings.extend(doubt.map(|doubt| doubt.line(&source)));
            Ok(Some((std::path::absolute(path)?, source)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if asked.is_some() {
                warnings.push(format!(
                    "environment file {name} is missing: generate it using \"yottabgp env > {name}\""
                ));
            }
            Ok(None)
        }
        // Nobody asked for the usual one: it may well be for others to read.
        Err(_) if asked.is_none() => Ok(None),
        Err(error) => bail!("environment file {name}: {error}"),
    }
}

/// Prints the settings.
pub(crate) fn run(arguments: &EnvArgs, settings: &Settings) -> Result<bool> {
    for warning in &settings.warnings {
        out::warn(warning);
    }
    let form = if arguments.env { Form::Variables } else { Form::Ini };
    out::text(settings.environment.render(form, arguments.diff))?;
    Ok(true)
}
