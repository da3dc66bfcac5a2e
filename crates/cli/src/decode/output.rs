//! What `decode` shows: text for standard output, with warnings for standard error in their places.

use std::io;
use std::sync::mpsc::SyncSender;

use super::parallel::Part;
use crate::out;

/// So many octets of text do not wait for the rest of their block.
const MOST: usize = 4 << 20;

/// Text that waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// For standard output: whole lines.
    pub(crate) text: Vec<u8>,
    /// For standard error, each with the length of the text that stands before it.
    warnings: Vec<(usize, String)>,
    /// Where parts of it go that do not wait, if another thread writes.
    pub(super) parts: Option<SyncSender<Part>>,
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

    /// Hands over what there is, where that is much: a few octets of a file may make a lot of text.
    pub(super) fn relieve(&mut self) -> io::Result<()> {
        if self.text.len() < MOST {
            return Ok(());
        }
        let Some(parts) = &self.parts else { return self.write() };
        let (text, warnings) = (std::mem::take(&mut self.text), std::mem::take(&mut self.warnings));
        // Nobody takes it when writing failed: the writer knows why.
        parts
            .send(Part::Some(Self { text, warnings, parts: None }))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
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
        // It is filled again, and seldom with as much.
        self.text.shrink_to(MOST);
        Ok(())
    }
}
