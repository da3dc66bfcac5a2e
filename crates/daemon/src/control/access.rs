//! Who may use the control socket and the pipes: root, and the user that the daemon becomes.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt};
use std::path::Path;

use yottabgp_os::privilege::{Account, account};

/// The owner and the mode of what is made for clients.
///
/// Whoever reaches the socket commands the daemon. So it is for its owner alone (0600), which is the user that privileges are
/// dropped to; and for the group of that user (0660) where the group is the user's own, so that its members were chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Access(Option<Account>);

impl Access {
    /// What suits a daemon that becomes this user.
    pub fn of_user(name: &str) -> Self {
        Self(account(name))
    }

    /// The permission bits of a socket or a pipe.
    pub fn mode(self) -> u32 {
        if self.0.is_some_and(|account| account.own_group) { 0o660 } else { 0o600 }
    }

    /// Gives a file that only we may use to those who may.
    pub(super) fn give(self, path: &Path) -> io::Result<()> {
        self.give_with(path, self.mode())
    }

    fn give_with(self, path: &Path, mode: u32) -> io::Result<()> {
        if let Some(account) = self.0 {
            // The owner first: before, the group may be one of ours.
            std::os::unix::fs::lchown(path, Some(account.user), Some(account.group))?;
        }
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode))
    }

    /// Makes a folder that those who may can enter.
    pub(super) fn make_folder(self, path: &Path) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        // Whoever may read may enter.
        let mode = self.mode();
        self.give_with(path, mode | (mode & 0o444) >> 2)
    }
}
