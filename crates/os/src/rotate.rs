//! A log file that starts anew when it is full: `name`, `name.1`, `name.2`, `name.3`.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// Bytes after which a file is full.
pub const SIZE_LIMIT: u64 = 1024 * 1024;
/// Full files kept beside the current one.
pub const KEPT: u32 = 3;

/// A file that is appended to, at most [`SIZE_LIMIT`] bytes, with [`KEPT`] older ones.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl RotatingFile {
    /// Opens or creates `path`; what is there stays.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::with_limit(path, SIZE_LIMIT)
    }

    /// As [`open`](Self::open), with another size limit in bytes.
    pub fn with_limit(path: &Path, limit: u64) -> Result<Self, Error> {
        let failed = |source| Error::new(format!("log file {}", path.display()), source);
        let file = append(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        Ok(Self { path: path.to_owned(), file, size, limit })
    }

    /// Opens the path again: after a change of user, or when another program moved the file.
    pub fn reopen(&mut self) -> Result<(), Error> {
        *self = Self::with_limit(&self.path, self.limit)?;
        Ok(())
    }

    /// Writes whole lines, in a new file if they would not fit in this one.
    ///
    /// If older files cannot be moved (the directory is not ours), the current one keeps growing:
    /// no line is lost for it.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        if self.size > 0 && self.size.saturating_add(length) > self.limit {
            // A file that cannot be moved is asked again when it has grown by as much.
            self.size = 0;
            if self.shift().is_ok()
                && let Ok(file) = append(&self.path)
            {
                self.file = file;
            }
        }
        self.file.write_all(lines)?;
        self.size = self.size.saturating_add(length);
        Ok(())
    }

    fn shift(&self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            match std::fs::rename(self.numbered(number), self.numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_three_full_files_and_the_current_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bgp.log");
        let mut file = RotatingFile::with_limit(&path, 20).unwrap();
        for number in 0..12 {
            file.write(format!("line {number:04}\n").as_bytes()).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("bgp.log"), "line 0010\nline 0011\n");
        assert_eq!(read("bgp.log.1"), "line 0008\nline 0009\n");
        assert_eq!(read("bgp.log.3"), "line 0004\nline 0005\n");
        assert!(!folder.path().join("bgp.log.4").exists());
    }

    #[test]
    fn appends_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bgp.log");
        RotatingFile::open(&path).unwrap().write(b"one\n").unwrap();
        let mut file = RotatingFile::open(&path).unwrap();
        file.write(b"two\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        file.reopen().unwrap();
        file.write(b"three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "three\n");
        let error = RotatingFile::open(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with("log file ") && error.ends_with(": Is a directory"), "{error}");
    }
}
