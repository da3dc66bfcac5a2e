//! The pid file: one running daemon per file.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::Error;

/// A pid file we hold; it is removed when dropped.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    pid: u32,
}

impl PidFile {
    /// Writes our pid to `path`, mode 0644 less the umask.
    ///
    /// A file with the pid of a live process is an error, one of a dead process is overwritten,
    /// and one that holds anything else is left alone: it is not a pid file.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let tried = || format!("pid file {}", path.display());
        let failed = |source: std::io::Error| {
            let hint = match source.kind() {
                ErrorKind::PermissionDenied => {
                    "it is written after privileges are dropped: the daemon's user must be allowed to"
                }
                ErrorKind::NotFound => "its directory does not exist",
                _ => "",
            };
            Error::new(tried(), source).hint(hint)
        };
        let mut options = OpenOptions::new();
        options.write(true).mode(0o644).custom_flags(libc::O_NOFOLLOW);
        let created = options.clone().create_new(true).open(path);
        let mut file = match created {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let file = options.read(true).open(path).map_err(failed)?;
                refuse_if_in_use(&file, &tried)?;
                file.set_len(0).map_err(failed)?;
                file
            }
            Err(error) => return Err(failed(error)),
        };
        let pid = std::process::id();
        rewind(&mut file)
            .and_then(|()| file.write_all(format!("{pid}\n").as_bytes()))
            .map_err(failed)?;
        Ok(Self { path: path.to_owned(), pid })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // A forked child that inherits this value must not remove its parent's file.
        if std::process::id() == self.pid {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn rewind(file: &mut File) -> std::io::Result<()> {
    std::io::Seek::rewind(file)
}

fn refuse_if_in_use(file: &File, tried: &dyn Fn() -> String) -> Result<(), Error> {
    let mut text = String::new();
    let read = file.take(64).read_to_string(&mut text);
    let text = text.trim();
    if read.is_ok() && text.is_empty() {
        return Ok(());
    }
    let Ok(pid) = text.parse::<u32>() else {
        return Err(Error::refused(
            tried(),
            "the file exists and holds something other than a pid",
        )
        .hint("choose another path or remove it"));
    };
    if pid == std::process::id() || !is_alive(pid) {
        return Ok(());
    }
    Err(Error::refused(tried(), format!("process {pid} is running"))
        .hint("stop it first or choose another pid file"))
}

fn is_alive(pid: u32) -> bool {
    match i32::try_from(pid) {
        // 0 and negative numbers would address groups.
        Ok(pid) if pid > 0 => kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn holds_our_pid_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        let held = PidFile::create(&path).unwrap();
        assert_eq!(read(&path), format!("{}\n", std::process::id()));
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn a_live_process_keeps_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        std::fs::write(&path, "1\n").unwrap();
        let error = PidFile::create(&path).unwrap_err().to_string();
        assert!(error.contains("process 1 is running"), "{error}");
        assert_eq!(read(&path), "1\n");
    }

    #[test]
    fn a_dead_process_loses_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("daemon.pid");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        std::fs::write(&path, format!("{}\nlonger than before\n", child.id())).unwrap();
        assert!(PidFile::create(&path).is_err(), "not a pid file");
        std::fs::write(&path, format!("000000{}\n", child.id())).unwrap();
        let _held = PidFile::create(&path).unwrap();
        assert_eq!(read(&path), format!("{}\n", std::process::id()));
    }

    #[test]
    fn other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("precious");
        std::fs::write(&path, "root:x:0:0\n").unwrap();
        let error = PidFile::create(&path).unwrap_err().to_string();
        assert!(error.contains("something other than a pid"), "{error}");
        assert_eq!(read(&path), "root:x:0:0\n");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(PidFile::create(&link).is_err());
        let error = PidFile::create(&folder.path().join("none/x.pid")).unwrap_err().to_string();
        assert!(error.contains("its directory does not exist"), "{error}");
    }
}
