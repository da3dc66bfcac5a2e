//! Who this machine is.

use std::ffi::{CStr, c_char};

/// What `uname` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uname {
    /// `Linux`.
    pub system: String,
    /// The host's name.
    pub host: String,
    /// The kernel's release: `6.1.0`.
    pub release: String,
    /// The kernel's build.
    pub version: String,
    /// `x86_64`.
    pub machine: String,
}

/// The system and the host's name; empty strings where the system does not say.
pub fn uname() -> Uname {
    let mut parts = std::mem::MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the pointer is valid; a zeroed `utsname` is five empty strings if the call fails.
    let parts = unsafe {
        libc::uname(parts.as_mut_ptr());
        parts.assume_init()
    };
    Uname {
        system: text(&parts.sysname),
        host: text(&parts.nodename),
        release: text(&parts.release),
        version: text(&parts.version),
        machine: text(&parts.machine),
    }
}

/// The host's name, as events and syslog carry it.
pub fn hostname() -> String {
    uname().host
}

fn text(field: &[c_char]) -> String {
    let bytes: Vec<u8> = field.iter().map(|unit| unit.to_ne_bytes()[0]).collect();
    match CStr::from_bytes_until_nul(&bytes) {
        Ok(text) => text.to_string_lossy().into_owned(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_command() {
        let Ok(output) = std::process::Command::new("uname").arg("-nrm").output() else { return };
        let uname = uname();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            format!("{} {} {}", uname.host, uname.release, uname.machine)
        );
    }
}
