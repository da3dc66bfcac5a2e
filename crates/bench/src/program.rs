//! A program that is measured: started with a configuration, watched, ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

/// A program by name.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    path: PathBuf,
}

/// One at work; ended when dropped.
#[derive(Debug)]
pub(crate) struct Running(Child);

/// What it used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Seconds of CPU.
    pub(crate) cpu: f64,
    /// Most resident memory, in MB.
    pub(crate) peak: f64,
    /// Resident memory now, in MB.
    pub(crate) resident: f64,
}

impl Program {
    pub(crate) const fn new(name: &'static str, path: PathBuf) -> Self {
        Self { name, path }
    }

    /// Starts it with a configuration file.
    pub(crate) fn start(&self, configuration: &Path) -> Result<Running> {
        let mut command = Command::new(&self.path);
        command.arg(configuration).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, value) in [
            ("exabgp_log_enable", "false"),
            ("exabgp_daemon_drop", "false"),
            ("exabgp_daemon_user", "root"),
            ("exabgp_api_cli", "false"),
            ("exabgp_api_ack", "false"),
            ("exabgp_tcp_bind", ""),
        ] {
            command.env(name, value);
        }
        let child = command.spawn().with_context(|| self.path.display().to_string())?;
        Ok(Running(child))
    }
}

impl Running {
    /// What it used so far.
    pub(crate) fn usage(&self) -> Usage {
        let file = |name: &str| {
            fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default()
        };
        let status = file("status");
        let megabytes = |field: &str| {
            let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
            let kilobytes: f64 =
                line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0.0);
            kilobytes / 1024.0
        };
        // User and system time are the 14th and 15th field; the 2nd is in parentheses and may have blanks.
        let stat = file("stat");
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks: f64 = after
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|word| word.parse::<f64>().ok())
            .sum();
        Usage { cpu: ticks / 100.0, peak: megabytes("VmHWM"), resident: megabytes("VmRSS") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        for _ in 0..40 {
            if self.0.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
