//! Helper processes: how they are started, their pipes, and signals to their whole group.

use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::killpg;
use nix::unistd::Pid;

use crate::Error;

/// What a helper's pipes are enlarged to, in bytes, where the system allows.
pub const PIPE_SIZE: i32 = 1024 * 1024;

/// A program to run as a helper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The program's file.
    pub path: PathBuf,
    /// Its arguments, without the program's own name.
    pub arguments: Vec<OsString>,
    /// Variables set beside those of the daemon.
    pub environment: Vec<(OsString, OsString)>,
    /// Variables of the daemon the helper must not see.
    pub hidden: Vec<OsString>,
}

impl Program {
    /// A program without arguments.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), ..Self::default() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// The command that starts it: both standard pipes ours, standard error shared, its own
    /// process group so that ^C at the terminal is not for it, `TERM=dumb` so that it does not
    /// colour its lines. All other descriptors of the daemon close by themselves.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).env("TERM", "dumb");
        for name in &self.hidden {
            command.env_remove(name);
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command.process_group(0);
        end_with_us(&mut command);
        command
    }

    /// The error for a start that failed, told with the program's name.
    pub fn start_error(&self, source: std::io::Error) -> Error {
        let hint = match source.raw_os_error() {
            Some(libc::ENOENT) => {
                "the program, or the interpreter its first line names, is missing"
            }
            Some(libc::EACCES) => "the daemon's user must be allowed to execute it",
            Some(libc::ENOEXEC) => "a script must name its interpreter in its first line",
            _ => "",
        };
        Error::new(format!("starting {}", self.path.display()), source).hint(hint)
    }
}

/// Has the system send the program SIGTERM when the thread that started it is gone: after a SIGKILL nobody else ends a helper
/// that does not read its input, and it would keep its ports and files from the helper of the next daemon.
fn end_with_us(command: &mut Command) {
    let parent = nix::unistd::getpid();
    let ask = move || {
        // SAFETY: a system call with integer arguments, about the calling process alone.
        let result = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) };
        // The parent may have gone before the call.
        if result == 0 && nix::unistd::getppid() != parent {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        // A system that refuses changes nothing for the helper.
        Ok(())
    };
    // SAFETY: what runs between fork and exec makes system calls only: it takes no lock and no memory.
    unsafe { command.pre_exec(ask) };
}

/// Enlarges a pipe to [`PIPE_SIZE`], or as far as is allowed; returns its size in bytes.
///
/// Unprivileged users have a quota, so each refusal tries half as much.
pub fn enlarge_pipe(pipe: &impl AsFd) -> usize {
    let fd = pipe.as_fd().as_raw_fd();
    let mut size = PIPE_SIZE;
    while size > 65536 {
        // SAFETY: an operation with an integer argument on a borrowed, so open, descriptor.
        let result = unsafe { libc::fcntl(fd, libc::F_SETPIPE_SZ, size) };
        if let Ok(size) = usize::try_from(result) {
            return size;
        }
        size /= 2;
    }
    // SAFETY: as above, without an argument.
    usize::try_from(unsafe { libc::fcntl(fd, libc::F_GETPIPE_SZ) }).unwrap_or(0)
}

/// Waits until a pipe takes more, or nobody reads from it, `most` at most. Returns whether it is so.
pub fn takes_more(pipe: &impl AsFd, most: Duration) -> bool {
    let mut pipe = [PollFd::new(pipe.as_fd(), PollFlags::POLLOUT)];
    let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::ZERO);
    poll(&mut pipe, most).is_ok_and(|ready| ready > 0)
}

/// Signals for a helper's group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: please end.
    Terminate,
    /// SIGKILL: end.
    Kill,
}

/// Signals the whole group that the helper `pid` leads; a group that is gone is no error.
///
/// Only for children not yet reaped or groups known to be alive: pids are used again.
pub fn signal_group(pid: u32, signal: Signal) -> Result<(), Error> {
    let tried = || format!("signalling the process group {pid}");
    let Ok(number) = i32::try_from(pid) else {
        return Err(Error::refused(tried(), "not a process id"));
    };
    if number <= 1 {
        // Group 0 is our own and 1 is everybody: never from here.
        return Err(Error::refused(tried(), "not a helper's process group"));
    }
    let signal = match signal {
        Signal::Terminate => nix::sys::signal::Signal::SIGTERM,
        Signal::Kill => nix::sys::signal::Signal::SIGKILL,
    };
    match killpg(Pid::from_raw(number), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(Error::new(tried(), errno)),
    }
}
