//! Programs under callgrind.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

/// How long anything may take: nothing takes a tenth of it on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Valgrind, and what is measured with it.
#[derive(Debug)]
pub(crate) struct Callgrind {
    /// The daemon.
    pub(crate) program: PathBuf,
    version: String,
    /// Addresses can be the same in each run: hash tables are seeded by them.
    fixed_addresses: bool,
    keep: Option<PathBuf>,
    number: AtomicU32,
}

/// A program that runs, and where its figures come.
#[derive(Debug)]
pub(crate) struct Counted {
    child: Child,
    folder: TempDir,
    keep: Option<PathBuf>,
}

impl Callgrind {
    /// Looks for valgrind; `None` where it is not installed.
    pub(crate) fn find(program: Option<&Path>, keep: Option<&Path>) -> Result<Option<Self>> {
        let Ok(version) = Command::new("valgrind").arg("--version").output() else {
            return Ok(None);
        };
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        let program = match program {
            Some(program) => program.to_owned(),
            None => yottabgp_testkit::speaker::program().map_err(|error| anyhow!(error))?,
        };
        let program = program.canonicalize().with_context(|| program.display().to_string())?;
        let setarch = Command::new("setarch").args(["-R", "true"]).stderr(Stdio::null()).status();
        let fixed_addresses = setarch.is_ok_and(|status| status.success());
        if let Some(keep) = keep {
            std::fs::create_dir_all(keep)?;
        }
        let keep = keep.map(Path::to_owned);
        Ok(Some(Self { program, version, fixed_addresses, keep, number: AtomicU32::new(0) }))
    }

    /// What figures depend on beside the program: the compiler, the C library and valgrind.
    pub(crate) fn environment(&self) -> String {
        let first_line = |program: &str, argument: &str| {
            let output = Command::new(program).arg(argument).output();
            let text = output.map(|output| output.stdout).unwrap_or_default();
            String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
        };
        let compiler = first_line("rustc", "--version");
        let library = first_line("ldd", "--version");
        format!("{compiler}, {library}, {}", self.version)
    }

    /// Starts a program, with nothing in its environment but what is given.
    pub(crate) fn start(
        &self,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Counted> {
        let folder = tempfile::tempdir()?;
        let mut command = if self.fixed_addresses {
            let mut command = Command::new("setarch");
            command.args(["-R", "valgrind"]);
            command
        } else {
            Command::new("valgrind")
        };
        let out = folder.path().join("callgrind.out");
        let errors = File::create(folder.path().join("stderr"))?;
        command
            .args(["--tool=callgrind", &format!("--callgrind-out-file={}", out.display())])
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("GLIBC_TUNABLES", ONE_PROCESSOR)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors);
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let keep = self.keep.as_ref().map(|keep| keep.join(format!("callgrind.out.{number}")));
        Ok(Counted { child: command.spawn().context("valgrind")?, folder, keep })
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Result<u64> {
        self.start(program, arguments, &[])?.end()
    }
}

impl Counted {
    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end: how many instructions it took.
    pub(crate) fn end(mut self) -> Result<u64> {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > end {
                bail!("it does not end: {}", self.errors());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let out = self.folder.path().join("callgrind.out");
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        if let Some(keep) = &self.keep {
            std::fs::copy(&out, keep)?;
        }
        let totals = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
        match totals.and_then(|totals| totals.trim().parse().ok()) {
            Some(totals) if status.success() => Ok(totals),
            _ => bail!("{status}: {}", self.errors()),
        }
    }

    fn errors(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The C library copies and compares octets in other ways on other processors: here in the way that all of them can, with sizes that
/// are theirs nowhere.
const ONE_PROCESSOR: &str = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-BMI2,\
-Fast_Copy_Backward,-Fast_Unaligned_Copy,-Slow_SSE4_2,-Slow_BSF,-Prefer_No_VZEROUPPER\
:glibc.cpu.x86_data_cache_size=0x8000:glibc.cpu.x86_shared_cache_size=0x100000:glibc.cpu.x86_non_temporal_threshold=0xc0000";

/// The maker and model of the processor.
pub(crate) fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |wanted: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(name, _)| name.trim() == wanted).map_or("?", |(_, value)| value.trim())
    };
    format!("{} {}/{}/{}", of("vendor_id"), of("cpu family"), of("model"), of("stepping"))
}
