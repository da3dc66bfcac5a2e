//! Where the events of a feed go.

use super::ProcessId;

/// Who takes what processes are told.
pub trait Sink {
    /// Takes lines for a process, line ends included.
    fn lines(&mut self, process: ProcessId, lines: &[u8]);

    /// The buffer of a process, to which its event is written in place: asked for where nobody else gets the same. The next
    /// event may be for another one. Without one, lines are made and given.
    fn buffer(&mut self, process: ProcessId) -> Option<&mut Vec<u8>> {
        let _ = process;
        None
    }
}

/// A function that takes lines.
pub(super) struct Lines<F>(pub(super) F);

impl<F: FnMut(ProcessId, &[u8])> Sink for Lines<F> {
    fn lines(&mut self, process: ProcessId, lines: &[u8]) {
        self.0(process, lines);
    }
}
