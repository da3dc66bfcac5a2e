//! How many descriptors this process may hold: one per peer and two per helper.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Error;

/// The soft limits before and after [`raise_files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Files {
    /// What we were started with; helpers get it back (see [`crate::process`]).
    pub before: u64,
    /// What is in force now.
    pub after: u64,
}

/// Raises the soft limit on open files to the hard one.
pub fn raise_files() -> Result<Files, Error> {
    let failed = |errno| Error::new("raising the limit on open files", errno);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(failed)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(failed)?;
    }
    Ok(Files { before: soft, after: soft.max(hard) })
}

/// Sets a child's soft limit on open files back to what this process had at first.
///
/// Some old interpreters close every possible descriptor before they start a program; with a
/// limit of a million that takes seconds. Done from outside, right after the start, because a
/// hook between fork and exec would cost the fast way of starting a process.
pub fn restore_files(pid: i32, soft: u64) -> Result<(), Error> {
    let failed = |source| Error::new(format!("limit on open files of process {pid}"), source);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|errno| failed(errno.into()))?;
    let limit = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
    // SAFETY: the new limit is a valid pointer for the call; no old limit is asked for.
    let result =
        unsafe { libc::prlimit(pid, libc::RLIMIT_NOFILE, &raw const limit, std::ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(failed(std::io::Error::last_os_error())) }
}
