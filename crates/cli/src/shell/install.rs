//! Where the completion scripts of a user are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::Shell;
use super::scripts::{NAMES, of};
use crate::out;

/// Writes the script to the files that the shell looks for.
pub(super) fn install(shell: Option<Shell>) -> Result<()> {
    let shell = shell.unwrap_or_else(current);
    for path in files(shell)? {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        if path.exists() && !is_ours(&path) {
            bail!("{} is not of this program: it is left as it is", path.display());
        }
        fs::write(&path, of(shell)).with_context(|| path.display().to_string())?;
        out::line(format!("installed {}", path.display()))?;
    }
    out::line(match shell {
        Shell::Bash => "New shells complete, with the package bash-completion.",
        Shell::Zsh => {
            "New shells complete, with this in ~/.zshrc:\n  fpath=(~/.zsh/completions $fpath); autoload -U compinit; compinit"
        }
        Shell::Fish => "New shells complete.",
    })?;
    Ok(())
}

/// Removes what [`install`] wrote.
pub(super) fn uninstall(shell: Option<Shell>) -> Result<()> {
    for path in files(shell.unwrap_or_else(current))? {
        if is_ours(&path) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
            out::line(format!("removed {}", path.display()))?;
        }
    }
    Ok(())
}

fn is_ours(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.contains("_yottabgp"))
}

/// The shell of the user.
fn current() -> Shell {
    let shell = std::env::var("SHELL").unwrap_or_default();
    match shell.rsplit('/').next() {
        Some("zsh") => Shell::Zsh,
        Some("fish") => Shell::Fish,
        _ => Shell::Bash,
    }
}

/// bash and fish look for a file by the name of the command; zsh reads in the file which commands it is for.
fn files(shell: Shell) -> Result<Vec<PathBuf>> {
    let variable =
        |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME").context("HOME is not set")?;
    let (folder, suffix) = match shell {
        Shell::Bash => {
            let data = variable("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
            (data.join("bash-completion/completions"), "")
        }
        Shell::Zsh => return Ok(vec![home.join(".zsh/completions/_exabgp")]),
        Shell::Fish => {
            let config = variable("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
            (config.join("fish/completions"), ".fish")
        }
    };
    Ok(NAMES.iter().map(|name| folder.join(format!("{name}{suffix}"))).collect())
}
