//! Leaving the terminal: fork twice, own session, standard descriptors to `/dev/null`.

use std::ffi::CString;
use std::fs::OpenOptions;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fork, getppid, setsid};

use crate::Error;

/// What the process at the terminal waits for: it ends with 0 once the daemon works, and with 1 and the reason if it does not.
#[derive(Debug)]
pub struct Starter(PipeWriter);

/// The first octet of what the daemon tells: it works.
const WORKS: u8 = 0;

impl Starter {
    /// The daemon works.
    pub fn works(mut self) {
        // Whoever waited may be gone: it is told for its own sake only.
        let _ = self.0.write_all(&[WORKS]);
    }

    /// The daemon ends; why, for the terminal.
    pub fn failed(mut self, reason: &str) {
        let _ = self.0.write_all(reason.as_bytes());
    }
}

/// Goes to the background: returns in the daemon. The process that calls it stays until the daemon says that it works, and ends
/// with 0 then; with 1 when the daemon ends before that, and with its reason on standard error.
///
/// # Panics and threads
/// Call it before any thread or runtime exists: only the calling thread survives a fork.
pub fn daemonize() -> Result<Starter, Error> {
    let (reader, writer) =
        std::io::pipe().map_err(|source| Error::new("going to the background (pipe)", source))?;
    match fork_once("first fork")? {
        // Its copy of the other end would keep the end of the daemon from being seen.
        ForkResult::Parent { .. } => {
            drop(writer);
            wait_for_daemon(reader)
        }
        ForkResult::Child => drop(reader),
    }
    setsid().map_err(|errno| Error::new("new session", errno))?;
    // The second fork gives up the right to acquire a terminal by opening one.
    if let ForkResult::Parent { .. } = fork_once("second fork")? {
        // SAFETY: ends the process without running destructors, which belong to the child now.
        unsafe { libc::_exit(0) }
    }
    null_standard_descriptors()?;
    Ok(Starter(writer))
}

/// Ends as the daemon says.
fn wait_for_daemon(mut reader: PipeReader) -> ! {
    // ^C ends the waiting.
    let _ = crate::signals::release();
    let mut told = Vec::new();
    let read = reader.read_to_end(&mut told);
    let status = match told.split_first() {
        Some((&WORKS, _)) => 0,
        Some(_) => {
            let _ = std::io::stderr().write_all(&told);
            1
        }
        None => {
            let reason = read.err().map_or(String::new(), |error| format!(": {error}"));
            let _ = writeln!(
                std::io::stderr(),
                "error: the daemon ended while it was starting{reason}"
            );
            1
        }
    };
    // SAFETY: ends the process without running destructors, which belong to the daemon now.
    unsafe { libc::_exit(status) }
}

/// Whether there is a point: not when the init process started us, as under a supervisor.
pub fn is_child_of_init() -> bool {
    getppid().as_raw() == 1
}

fn fork_once(what: &'static str) -> Result<ForkResult, Error> {
    // SAFETY: documented above to be called with one thread, so the child may do anything.
    unsafe { fork() }
        .map_err(|errno| Error::new(format!("going to the background ({what})"), errno))
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
