//! A bar on standard error that says how much of a file was read.

use std::io::{IsTerminal as _, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::out;

/// A bar for a file, where somebody looks at a terminal and nothing else is written there. It is to be finished.
pub(super) fn bar(quiet: bool, other_output: bool) -> ProgressBar {
    if quiet || other_output || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {elapsed} left {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    out::above(&bar);
    bar
}
