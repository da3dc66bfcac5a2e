//! Named pipes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::sys::stat::Mode;

use crate::Error;

/// Makes a named pipe that only its owner may use.
pub fn make(path: &Path) -> Result<(), Error> {
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    nix::unistd::mkfifo(path, mode)
        .map_err(|errno| Error::new(format!("named pipe {}", path.display()), errno))
}

/// Opens it for both ways, so that it neither waits for another end nor ends with it. Reads and writes do not wait.
pub fn open_both(path: &Path) -> Result<File, Error> {
    open(File::options().read(true).write(true), path)
}

/// Opens it for writing; fails while nobody reads. Writes do not wait.
pub fn open_writer(path: &Path) -> Result<File, Error> {
    open(File::options().write(true), path)
}

fn open(options: &mut OpenOptions, path: &Path) -> Result<File, Error> {
    options
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|source| Error::new(format!("named pipe {}", path.display()), source))
}
