//! What the configuration asks of the machine.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use yottabgp_config::{Loader, Program};
use yottabgp_os::privilege;

/// This machine.
#[derive(Clone, Debug)]
pub struct Machine {
    directory: String,
}

impl Machine {
    /// For the configuration in this file.
    pub fn for_file(path: &Path) -> Self {
        let directory = path.parent().map(|parent| parent.display().to_string());
        Self { directory: directory.unwrap_or_default() }
    }
}

impl Loader for Machine {
    fn directory(&self) -> &str {
        &self.directory
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn program(&self, path: &str) -> Program {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Program::Missing;
            }
            Err(error) => return Program::Unreadable(error.to_string()),
        };
        let mode = metadata.permissions().mode();
        if metadata.is_dir() {
            Program::Directory
        } else if !metadata.is_file() {
            Program::NotAFile
        } else if mode & 0o4000 != 0 {
            Program::SetUserId
        } else if mode & 0o2000 != 0 {
            Program::SetGroupId
        } else {
            let executable = mode & 0o001 != 0
                || mode & 0o100 != 0 && metadata.uid() == privilege::user_id()
                || mode & 0o010 != 0 && metadata.gid() == privilege::group_id();
            if executable { Program::Executable } else { Program::NotExecutable }
        }
    }

    fn has_exabgp(&self, interpreter: &str) -> bool {
        let question = "import importlib.util as u, sys; sys.exit(u.find_spec('exabgp') is None)";
        let mut python = Command::new(interpreter);
        python.args(["-c", question]).stdin(Stdio::null()).stdout(Stdio::null());
        python.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    fn own_program(&self) -> Option<String> {
        std::env::current_exe().ok()?.into_os_string().into_string().ok()
    }
}
