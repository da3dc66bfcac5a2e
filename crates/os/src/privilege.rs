//! Giving up root, for good.

use nix::unistd::{Uid, User, geteuid, getgroups, initgroups, setgid, setuid};
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
    let group = nix::unistd::Group::from_gid(user.gid).ok().flatten();
    Some(Account {
        user: user.uid.as_raw(),
        group: user.gid.as_raw(),
        own_group: group.is_some_and(|group| group.name == name),
    })
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
