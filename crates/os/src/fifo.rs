//! Named pipes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
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

/// A handle to whatever is at a path, for its owner and mode alone: nothing is opened for reading or writing, and a link is not
/// followed.
pub fn handle(path: &Path) -> std::io::Result<File> {
    File::options().read(true).custom_flags(libc::O_PATH | libc::O_NOFOLLOW).open(path)
}

fn open(options: &mut OpenOptions, path: &Path) -> Result<File, Error> {
    let tried = || format!("named pipe {}", path.display());
    let file = options
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(|source| Error::new(tried(), source))?;
    let kind = file.metadata().map_err(|source| Error::new(tried(), source))?.file_type();
    if !kind.is_fifo() {
        return Err(Error::refused(tried(), "it is no named pipe"));
    }
    Ok(file)
}
