//! Where the program is installed: its files and its run-time folders are below, as with ExaBGP.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// What `--root` said.
static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Chooses the folder, once: `--root`.
pub(crate) fn choose(root: PathBuf) {
    // Said twice, the first counts.
    let _ = CHOSEN.set(root);
}

/// What was chosen, or `$EXABGP_ROOT`; or the folder above the `bin` or `sbin` that the program is in; or else the folder that it is in.
pub(crate) fn folder() -> PathBuf {
    if let Some(root) = CHOSEN.get() {
        return root.clone();
    }
    match std::env::var_os("EXABGP_ROOT").filter(|root| !root.is_empty()) {
        Some(root) => PathBuf::from(root),
        None => above(&std::env::current_exe().unwrap_or_default()),
    }
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
