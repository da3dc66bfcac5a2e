//! Where the program is installed: its files and its run-time folders are below, as with ExaBGP.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What the command line said.
#[derive(Debug, Default)]
struct Chosen {
    /// `--root`
    root: Option<PathBuf>,
    /// `--folder`
    folder: Option<PathBuf>,
}

static CHOSEN: OnceLock<Chosen> = OnceLock::new();

/// Keeps what the command line said, once: `--root` and `--folder`.
pub(crate) fn choose(root: Option<PathBuf>, folder: Option<PathBuf>) {
    // Said twice, the first counts.
    let _ = CHOSEN.set(Chosen { root, folder });
}

/// What was chosen, if anything was: `--root`, the folder above a `--folder` that ends in `etc/exabgp`, or `$EXABGP_ROOT`.
pub(crate) fn chosen() -> Option<PathBuf> {
    let said = CHOSEN.get();
    let above = |folder: &PathBuf| {
        folder.ends_with("etc/exabgp").then(|| folder.ancestors().nth(2).map(Path::to_owned))?
    };
    said.and_then(|said| said.root.clone().or_else(|| said.folder.as_ref().and_then(above)))
        .or_else(|| {
            std::env::var_os("EXABGP_ROOT").filter(|root| !root.is_empty()).map(PathBuf::from)
        })
}

/// The root: what was chosen; or the folder above the `bin` or `sbin` that the program is in; or else the folder that it is in.
pub(crate) fn folder() -> PathBuf {
    chosen().unwrap_or_else(|| above(&called()))
}

/// Where `exabgp.env` is looked for, and files that are called `etc/exabgp/FILE`; the first that there is counts: `--folder`, or
/// `etc/exabgp` below the root; and `/etc/exabgp` where no root was chosen.
pub(crate) fn configuration_folders() -> Vec<PathBuf> {
    if let Some(folder) = CHOSEN.get().and_then(|said| said.folder.clone()) {
        return vec![folder];
    }
    let mut folders = vec![folder().join("etc/exabgp")];
    if chosen().is_none() {
        folders.push(PathBuf::from("/etc/exabgp"));
    }
    folders
}

/// `etc/exabgp/FILE` is in the folder of configurations unless it is here.
pub(crate) fn place(path: &Path) -> PathBuf {
    match path.strip_prefix("etc/exabgp") {
        Ok(file) if !path.exists() => in_configuration_folder(file),
        _ => path.to_owned(),
    }
}

/// A file in the first folder of configurations that has it, or else in the first.
pub(crate) fn in_configuration_folder(file: &Path) -> PathBuf {
    let paths: Vec<PathBuf> =
        configuration_folders().iter().map(|folder| folder.join(file)).collect();
    let found = paths.iter().find(|path| path.exists());
    found.or(paths.first()).cloned().unwrap_or_else(|| file.to_owned())
}

/// The program by the path that it was called by. Links are not followed: a link is what people put where ExaBGP was, and what
/// belongs to it is beside the link.
fn called() -> PathBuf {
    let name = PathBuf::from(std::env::args_os().next().unwrap_or_default());
    // Without a folder it was found in `PATH`.
    let path = std::env::var_os("PATH").filter(|_| name.components().count() == 1);
    let places: Vec<PathBuf> = match path {
        Some(path) => std::env::split_paths(&path).map(|folder| folder.join(&name)).collect(),
        None => vec![name],
    };
    let found = places.into_iter().find(|place| place.is_file());
    let absolute = found.and_then(|place| std::path::absolute(place).ok());
    absolute.or_else(|| std::env::current_exe().ok()).unwrap_or_default()
}

fn above(program: &Path) -> PathBuf {
    let folder = program.parent().unwrap_or(Path::new("/"));
    match folder.parent() {
        Some(above) if folder.ends_with("bin") || folder.ends_with("sbin") => above.to_owned(),
        _ => folder.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bin_is_not_the_root() {
        assert_eq!(above(Path::new("/usr/bin/exabgp")), Path::new("/usr"));
        assert_eq!(above(Path::new("/opt/bgp/exabgp")), Path::new("/opt/bgp"));
        assert_eq!(above(Path::new("/exabgp")), Path::new("/"));
    }
}
