//! Leaving the terminal: fork twice, own session, standard descriptors to `/dev/null`.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::os::fd::AsFd;
use std::path::Path;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, getppid, setsid};

use crate::Error;

/// Goes to the background: returns in the daemon, while the callers before it exit with 0.
///
/// # Panics and threads
/// Call it before any thread or runtime exists: only the calling thread survives a fork.
pub fn daemonize() -> Result<(), Error> {
    leave_parent("first fork")?;
    setsid().map_err(|errno| Error::new("new session", errno))?;
    // The second fork gives up the right to acquire a terminal by opening one.
    leave_parent("second fork")?;
    null_standard_descriptors()
}

/// Whether there is a point: not when the init process started us, as under a supervisor.
pub fn is_child_of_init() -> bool {
    getppid().as_raw() == 1
}

fn leave_parent(what: &'static str) -> Result<(), Error> {
    // SAFETY: documented above to be called with one thread, so the child may do anything.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => Ok(()),
        // SAFETY: ends the parent without running destructors, which belong to the child now.
        Ok(ForkResult::Parent { .. }) => unsafe { libc::_exit(0) },
        Err(errno) => Err(Error::new(format!("going to the background ({what})"), errno)),
    }
}

fn null_standard_descriptors() -> Result<(), Error> {
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(|source| Error::new("opening /dev/null", source))?;
    let failed = |errno| Error::new("closing the standard descriptors", errno);
    dup2_stdin(null.as_fd()).map_err(failed)?;
    dup2_stdout(null.as_fd()).map_err(failed)?;
    dup2_stderr(null.as_fd()).map_err(failed)
}

/// Permission bits that new files do not get, 0-0777; returns those before.
pub fn set_umask(mask: u32) -> u32 {
    umask(Mode::from_bits_truncate(mask & 0o777)).bits()
}

/// Moves to a directory, so that we keep no file system busy.
pub fn change_directory(path: &Path) -> Result<(), Error> {
    chdir(path).map_err(|errno| Error::new(format!("changing to {}", path.display()), errno))
}

/// Whether a user of this name exists.
pub fn user_exists(name: &str) -> bool {
    CString::new(name).is_ok() && matches!(nix::unistd::User::from_name(name), Ok(Some(_)))
}
