//! Giving up root, for good.

use nix::unistd::{Group, Uid, User, geteuid, getgroups, initgroups, setgid, setgroups, setuid};
use std::ffi::CString;

use crate::Error;

/// Becomes `name` with that user's groups only, if running as root; else does nothing.
///
/// Returns whether anything changed. Call it once all privileged sockets are open and before
/// helpers start. The change is verified: it is an error if root can be regained.
pub fn drop_to(name: &str) -> Result<bool, Error> {
    if !geteuid().is_root() {
        return Ok(false);
    }
    let tried = || format!("dropping privileges to user {name}");
    let user =
        User::from_name(name).map_err(|errno| Error::new(tried(), errno))?.ok_or_else(|| {
            Error::refused(tried(), "no such user").hint("create it or set exabgp.daemon.user")
        })?;
    if user.uid.is_root() {
        // Asked to stay root: there is nothing to drop and nothing to verify.
        return Ok(false);
    }
    let text =
        CString::new(name).map_err(|_| Error::refused(tried(), "the name has a NUL byte"))?;
    let step = |what: &'static str| {
        move |errno: nix::Error| {
            Error::new(format!("{} ({what})", tried()), errno)
                .hint("the container or service may lack CAP_SETUID and CAP_SETGID")
        }
    };
    // Groups first: afterwards we no longer may.
    initgroups(&text, user.gid).map_err(step("setgroups"))?;
    setgid(user.gid).map_err(step("setgid"))?;
    setuid(user.uid).map_err(step("setuid"))?;
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(Error::refused(tried(), "root can be regained"));
    }
    Ok(true)
}

/// The same, but addresses of interfaces may still be changed by this thread: `CAP_NET_ADMIN` stays, and nothing else. What
/// this process starts does not have it.
pub fn drop_to_network_administrator(name: &str) -> Result<bool, Error> {
    keep_capabilities(true)?;
    let dropped = drop_to(name);
    keep_capabilities(false)?;
    if dropped? {
        keep_only_network_administration()?;
        return Ok(true);
    }
    Ok(false)
}

/// Becomes a group by its name: of the groups of this process only this one stays.
pub fn become_group(name: &str) -> Result<(), Error> {
    let tried = || format!("becoming group {name}");
    let failed = |errno| Error::new(tried(), errno);
    let group = Group::from_name(name).map_err(failed)?;
    let group = group.ok_or_else(|| Error::refused(tried(), "no such group"))?;
    if geteuid().is_root() {
        setgroups(&[group.gid]).map_err(failed)?;
    }
    setgid(group.gid).map_err(failed)
}

/// Becomes a user by its name, and keeps the groups as they are. One that was root may still change the addresses of
/// interfaces, on this thread.
pub fn become_user(name: &str) -> Result<(), Error> {
    let tried = || format!("becoming user {name}");
    let failed = |errno| Error::new(tried(), errno);
    let user = User::from_name(name).map_err(failed)?;
    let user = user.ok_or_else(|| Error::refused(tried(), "no such user"))?;
    let keeps = geteuid().is_root() && !user.uid.is_root();
    if keeps {
        keep_capabilities(true)?;
    }
    setuid(user.uid).map_err(failed)?;
    if keeps {
        keep_capabilities(false)?;
        keep_only_network_administration()?;
    }
    Ok(())
}

/// Whether capabilities outlive the next change of user (prctl(2), `PR_SET_KEEPCAPS`).
fn keep_capabilities(keep: bool) -> Result<(), Error> {
    // SAFETY: an operation with an integer argument.
    match unsafe { libc::prctl(libc::PR_SET_KEEPCAPS, libc::c_ulong::from(keep), 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(Error::new("keeping capabilities", std::io::Error::last_os_error())),
    }
}

/// Gives up every capability of this thread but `CAP_NET_ADMIN` (capset(2)), if it has that one.
fn keep_only_network_administration() -> Result<(), Error> {
    const VERSION_3: u32 = 0x2008_0522;
    const NET_ADMIN: u32 = 1 << 12;
    let tried = "keeping CAP_NET_ADMIN";
    // `struct __user_cap_header_struct`: version, pid 0 for this thread. Then two times effective, permitted, inheritable.
    let header = [VERSION_3, 0];
    let mut data = [0_u32; 6];
    // SAFETY: the arrays are as long as the call of this version reads and writes, and live until it returns.
    let got = unsafe { libc::syscall(libc::SYS_capget, header.as_ptr(), data.as_mut_ptr()) };
    if got != 0 {
        return Err(Error::new(tried, std::io::Error::last_os_error()));
    }
    let kept = data.get(1).copied().unwrap_or_default() & NET_ADMIN;
    let data = [kept, kept, 0, 0, 0, 0];
    // SAFETY: as above.
    match unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), data.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Error::new(tried, std::io::Error::last_os_error())),
    }
}

/// A user, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: u32,
    /// Its group.
    pub group: u32,
    /// Whether the group is the user's own: one of the same name.
    pub own_group: bool,
}

/// Who [`drop_to`] would make of us; `None` when it would change nothing.
pub fn account(name: &str) -> Option<Account> {
    let user = User::from_name(name).ok().flatten()?;
    if !geteuid().is_root() || user.uid.is_root() {
        return None;
    }
    let group = Group::from_gid(user.gid).ok().flatten();
    Some(Account {
        user: user.uid.as_raw(),
        group: user.gid.as_raw(),
        own_group: group.is_some_and(|group| group.name == name),
    })
}

/// A user, as far as it decides what may be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name.
    pub name: String,
    user: u32,
    groups: Vec<u32>,
}

impl Identity {
    /// Who this process becomes when it drops its privileges to `name`; `None` when it stays who it is.
    pub fn after_drop(name: &str) -> Result<Option<Self>, Error> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let tried = || format!("looking for user {name}");
        let user = User::from_name(name).map_err(|errno| Error::new(tried(), errno))?.ok_or_else(
            || Error::refused(tried(), "no such user").hint("create it or set exabgp.daemon.user"),
        )?;
        if user.uid.is_root() {
            return Ok(None);
        }
        let text =
            CString::new(name).map_err(|_| Error::refused(tried(), "the name has a NUL byte"))?;
        let groups = nix::unistd::getgrouplist(&text, user.gid)
            .map_err(|errno| Error::new(tried(), errno))?;
        let groups = groups.into_iter().map(nix::unistd::Gid::as_raw).collect();
        Ok(Some(Self { name: name.to_owned(), user: user.uid.as_raw(), groups }))
    }

    /// Whether it may execute a file, or enter a folder, with this mode and owner. Access lists are not looked at.
    pub fn may_execute(&self, mode: u32, user: u32, group: u32) -> bool {
        let bit = if user == self.user {
            0o100
        } else if self.groups.contains(&group) {
            0o010
        } else {
            0o001
        };
        mode & bit != 0
    }
}

/// The user that this process acts as.
pub fn user_id() -> u32 {
    geteuid().as_raw()
}

/// The group that this process acts as.
pub fn group_id() -> u32 {
    nix::unistd::getegid().as_raw()
}

/// User, group and supplementary groups of this process, for the log: `uid 65534 gid 65534`.
pub fn describe() -> String {
    let groups = getgroups().map_or(0, |groups| groups.len());
    format!("uid {} gid {} groups {groups}", nix::unistd::getuid(), nix::unistd::getgid())
}
