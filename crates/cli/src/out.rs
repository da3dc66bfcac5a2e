//! Writing to standard output and standard error without a panic when nobody reads any more.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

/// The bar that is drawn on standard error, if one is.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// From now on, what is said on standard error goes above this bar.
pub(crate) fn above(bar: &ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = (!bar.is_hidden()).then(|| bar.clone());
}

/// Writes a line to standard output. Fails when it is closed: a command then ends with status 1, as a program in a pipe
/// should.
pub(crate) fn line(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a line to standard error, if anybody reads it.
pub(crate) fn warn(text: impl AsRef<str>) {
    let write = || {
        let _ = writeln!(io::stderr().lock(), "{}", text.as_ref());
    };
    match &*BAR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Writes text that has its line ends.
pub(crate) fn text(text: impl AsRef<[u8]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_ref())?;
    out.flush()
}

/// Whether what goes to standard error may have colours.
pub(crate) fn is_coloured() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Whether nobody reads what is written any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let errors = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    errors.into_iter().any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
