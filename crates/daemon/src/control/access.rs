//! Who may use the control socket and the pipes: root, and the user that the daemon becomes.

use std::fs::Metadata;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt};
use std::path::{Path, PathBuf};

use yottabgp_os::privilege::{self, Account, account};

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
        // Whoever may write to the folder may put something else in its place at any time: what is given is what was opened.
        let opened = yottabgp_os::fifo::handle(path)?;
        let made = opened.metadata()?;
        if made.uid() != privilege::user_id() || made.is_file() || made.is_symlink() {
            return Err(io::Error::other("it is not the one that was made"));
        }
        let handle = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
        // There may be no /proc.
        let path = if handle.exists() { &handle } else { path };
        if let Some(account) = self.0 {
            // The owner first: before, the group may be one of ours.
            std::os::unix::fs::chown(path, Some(account.user), Some(account.group))?;
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

/// A file that we made; it is removed when dropped, unless another one stands in its place.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) path: PathBuf,
    /// Its device and number.
    file: Option<(u64, u64)>,
}

impl Made {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: file_at(path) }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.file.is_some() && file_at(&self.path) == self.file {
            // The folder may no longer be ours to write; the next daemon uses or replaces what is left.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// What tells the file at a path from all others.
fn file_at(path: &Path) -> Option<(u64, u64)> {
    let number = |metadata: Metadata| (metadata.dev(), metadata.ino());
    std::fs::symlink_metadata(path).ok().map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let top = tempfile::tempdir().unwrap();
        let [precious, link] = ["precious", "link"].map(|name| top.path().join(name));
        std::fs::write(&precious, "").unwrap();
        std::fs::set_permissions(&precious, PermissionsExt::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&precious, &link).unwrap();
        for path in [&link, &precious] {
            Access::default().give(path).unwrap_err();
        }
        assert_eq!(std::fs::metadata(&precious).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
