//! What the configuration asks of the machine.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use yottabgp_config::{Loader, Program};
use yottabgp_os::privilege::{self, Identity};

/// This machine.
#[derive(Clone, Debug)]
pub struct Machine {
    directory: String,
    /// Who runs the programs, when it is not this process.
    user: Option<Identity>,
    /// Whether the interpreters of scripts are looked for.
    scripts: bool,
}

impl Machine {
    /// For the configuration in this file.
    pub fn for_file(path: &Path) -> Self {
        let directory = path.parent().map(|parent| parent.display().to_string());
        Self { directory: directory.unwrap_or_default(), user: None, scripts: false }
    }

    /// The same, with everything looked at that lets a program start: whether the user that will run it may, `None` for
    /// this one, and whether the interpreter of a script is there.
    #[must_use]
    pub fn proving(mut self, user: Option<Identity>) -> Self {
        self.user = user;
        self.scripts = true;
        self
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
            if executable { self.for_user(path) } else { Program::NotExecutable }
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

impl Machine {
    /// What another user will find of a program that this one can execute.
    fn for_user(&self, path: &str) -> Program {
        if self.scripts
            && let Some(interpreter) = interpreter(Path::new(path))
            && !Path::new(&interpreter).exists()
        {
            return Program::NoInterpreter(interpreter);
        }
        let Some(user) = &self.user else { return Program::Executable };
        let Ok(real) = fs::canonicalize(path) else { return Program::Executable };
        let may = real.ancestors().all(|path| {
            fs::metadata(path).is_ok_and(|found| {
                user.may_execute(found.permissions().mode(), found.uid(), found.gid())
            })
        });
        if !may {
            return Program::NotExecutableBy(user.name.clone());
        }
        Program::Executable
    }
}

/// The interpreter that the first line of a script names.
fn interpreter(path: &Path) -> Option<String> {
    /// What the kernel reads of it, in octets.
    const LONGEST: u64 = 256;
    let mut start = Vec::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_end(&mut start).ok()?;
    let line = start.strip_prefix(b"#!")?.split(|octet| *octet == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    line.split_whitespace().next().map(str::to_owned)
}
