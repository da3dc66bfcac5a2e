//! `env`: the settings of the process.

use std::path::Path;

use anyhow::Result;
use yottabgp_config::Environment;

use crate::args::EnvArgs;

pub(crate) fn load(_file: Option<&Path>) -> Result<Environment> {
    let mut environment = Environment::default();
    if std::env::var("exabgp_api_version").as_deref() == Ok("6") {
        environment.api.version = 6;
    }
    Ok(environment)
}

pub(crate) fn list() -> Result<()> {
    Ok(())
}

pub(crate) fn run(_: &EnvArgs, _: &Environment) -> Result<bool> {
    Ok(true)
}
