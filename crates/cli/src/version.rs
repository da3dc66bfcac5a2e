//! `version`: who this is, in the shape that scripts which look for ExaBGP know.

use std::path::Path;

use anyhow::Result;

use crate::out;

/// The release of ExaBGP whose behaviour is followed: tools compare it with the least one that they need.
pub(crate) const EXABGP: &str = "5.0.15";

/// The four lines. `called` is the name that the program was called by, `version` what `exabgp_version` says: whoever
/// calls `exabgp` reads of ExaBGP first.
pub(crate) fn run(called: &str, version: Option<&str>) -> Result<bool> {
    let ours = format!("YottaBGP : {}", env!("CARGO_PKG_VERSION"));
    let theirs = format!("ExaBGP : {}", version.unwrap_or(EXABGP));
    let [first, second] =
        if called.starts_with("exabgp") { [theirs, ours] } else { [ours, theirs] };
    let uname = yottabgp_os::hostname::uname();
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new("")).display();
    out::line(format!(
        "{first}\n{second}\nUname  : {} {} {} {} {}\nFrom   : {folder}",
        uname.system, uname.host, uname.release, uname.version, uname.machine
    ))?;
    Ok(true)
}
