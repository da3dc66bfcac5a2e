//! What `decode` shows: text for standard output, with warnings for standard error in their places.

use std::io;

use crate::out;

/// Text that waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// For standard output: whole lines.
    pub(crate) text: Vec<u8>,
    /// For standard error, each with the length of the text that stands before it.
    warnings: Vec<(usize, String)>,
}

impl Output {
    /// Says something on standard error, after the text so far.
    pub(crate) fn warn(&mut self, warning: String) {
        self.warn_at(self.text.len(), warning);
    }

    /// Says something on standard error, after so much of the text.
    pub(crate) fn warn_at(&mut self, at: usize, warning: String) {
        self.warnings.push((at, warning));
    }

    /// Writes everything, and is empty then.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let mut written = 0;
        for (at, warning) in self.warnings.drain(..) {
            if let Some(text) = self.text.get(written..at).filter(|text| !text.is_empty()) {
                out::text(text)?;
            }
            written = at;
            out::warn(warning);
        }
        if let Some(text) = self.text.get(written..).filter(|text| !text.is_empty()) {
            out::text(text)?;
        }
        self.text.clear();
        Ok(())
    }
}
