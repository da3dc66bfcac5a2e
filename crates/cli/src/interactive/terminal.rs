//! The terminal between two lines, while an answer is shown.

use std::io::Stdin;

use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

/// Keeps what is typed ahead, or pasted, as the editor expects it: not echoed, its ends of lines not translated. What was before
/// comes back when this is dropped.
#[derive(Debug)]
pub(super) struct TypeAhead {
    terminal: Stdin,
    before: Termios,
}

impl TypeAhead {
    pub(super) fn keep() -> nix::Result<Self> {
        let terminal = std::io::stdin();
        let before = tcgetattr(&terminal)?;
        let mut settings = before.clone();
        settings.input_flags.remove(InputFlags::ICRNL);
        settings.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        tcsetattr(&terminal, SetArg::TCSANOW, &settings)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for TypeAhead {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.before);
    }
}
