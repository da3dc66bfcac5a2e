//! What a configuration needs to know of the machine, asked of the caller.

/// Answers questions about the machine. Tests and tools answer without one.
pub trait Loader {
    /// The directory of the configuration file; empty for the current one.
    fn directory(&self) -> &str;

    /// An environment variable: `PATH`, `EXABGP_ETC`, `PWD`.
    fn variable(&self, name: &str) -> Option<String>;

    /// What stands at `path`.
    fn program(&self, path: &str) -> Program;

    /// Whether this interpreter of Python has the package `exabgp`.
    fn has_exabgp(&self, _interpreter: &str) -> bool {
        true
    }

    /// The file of this program, which has its own health check; `None` where nothing is to be started.
    fn own_program(&self) -> Option<String> {
        None
    }
}

/// What stands where a program is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A regular file that this process, or the user it becomes, can execute.
    Executable,
    /// Nothing.
    Missing,
    /// A directory.
    Directory,
    /// Something else that is not a regular file.
    NotAFile,
    /// A regular file that can not be executed.
    NotExecutable,
    /// A regular file that this process could execute, and the user that it becomes can not.
    NotExecutableBy(String),
    /// A script whose interpreter is not there.
    NoInterpreter(String),
    /// A regular file with the set-user-ID bit.
    SetUserId,
    /// A regular file with the set-group-ID bit.
    SetGroupId,
    /// It can not be looked at, and why.
    Unreadable(String),
}

/// Takes every program as it is written and believes that it exists: for tools which start nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offline;

impl Loader for Offline {
    fn directory(&self) -> &'static str {
        ""
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn program(&self, _: &str) -> Program {
        Program::Executable
    }
}
