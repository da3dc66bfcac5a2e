//! Where the socket and the named pipes are looked for, by the daemon and by its clients.

use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use yottabgp_os::Error;

use super::access::Access;

/// The folders, in order; `root` is where the program is installed.
pub fn folders(root: &Path, uid: u32) -> Vec<PathBuf> {
    let mut folders = Vec::with_capacity(12);
    for prefix in [Path::new("/"), root] {
        for run in ["run", "var/run"] {
            let run = prefix.join(run);
            folders.push(run.join("exabgp"));
            folders.push(run.join(uid.to_string()));
            folders.push(run);
        }
    }
    folders
}

/// For a client: every socket `NAME.sock` there is.
pub fn sockets<'a>(folders: &'a [PathBuf], name: &str) -> impl Iterator<Item = PathBuf> + 'a {
    let file = format!("{name}.sock");
    let paths = folders.iter().map(move |folder| folder.join(&file));
    paths.filter(|path| is(path, |kind| kind.is_socket()))
}

/// Every pair of named pipes `NAME.in` and `NAME.out` there is.
pub fn pipes<'a>(
    folders: &'a [PathBuf],
    name: &str,
) -> impl Iterator<Item = (PathBuf, PathBuf)> + 'a {
    let names = [format!("{name}.in"), format!("{name}.out")];
    let pairs = folders.iter().map(move |folder| {
        let [input, output] = &names;
        (folder.join(input), folder.join(output))
    });
    pairs.filter(|(input, output)| {
        is(input, |kind| kind.is_fifo()) && is(output, |kind| kind.is_fifo())
    })
}

/// For a daemon: makes something in the first of `folders` that exists and is ours to write; if none is, in the last one, which
/// is then created.
pub(super) fn in_first_usable<T>(
    folders: &[PathBuf],
    access: Access,
    mut make: impl FnMut(&Path) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut last = None;
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        match make(folder) {
            Err(error) if is_place(error.kind()) => last = Some(error),
            other => return other,
        }
    }
    let Some(folder) = folders.last().filter(|folder| !folder.is_dir()) else {
        return Err(last.unwrap_or_else(|| Error::refused("a place for clients", "no folder")));
    };
    access.make_folder(folder).map_err(|source| {
        Error::new(format!("folder {} for the control socket", folder.display()), source)
            .hint("create /run/exabgp and let the daemon's user write there")
    })?;
    make(folder)
}

/// Failures that another folder may not have.
fn is_place(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotFound
    )
}

fn is(path: &Path, kind: impl Fn(std::fs::FileType) -> bool) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| kind(metadata.file_type()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_folders_in_order() {
        let folders = folders(Path::new("/opt/bgp"), 7);
        assert_eq!(folders.len(), 12);
        assert_eq!(folders[0], Path::new("/run/exabgp"));
        assert_eq!(folders[1], Path::new("/run/7"));
        assert_eq!(folders[5], Path::new("/var/run"));
        assert_eq!(folders[6], Path::new("/opt/bgp/run/exabgp"));
    }

    #[test]
    fn other_files_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let folders: Vec<_> = ["a", "b"].map(|name| folder.path().join(name)).into();
        for folder in &folders {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(folders[0].join("exabgp.sock"), "").unwrap();
        assert_eq!(sockets(&folders, "exabgp").next(), None);
        let path = folders[1].join("exabgp.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(sockets(&folders, "exabgp").collect::<Vec<_>>(), [path]);
        assert_eq!(pipes(&folders, "exabgp").next(), None);
    }
}
