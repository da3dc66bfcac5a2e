//! Commands of checks and hooks: run by the shell, in a process group of their own, for so long and no longer.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};
use yottabgp_os::process::{Signal, signal_group};

/// How much of the output is kept, in octets.
const KEPT: usize = 4096;

/// How a command ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// The start of what it wrote to both of its outputs.
    pub(super) output: String,
}

/// Kills the group of a child that is not waited for any more.
struct Group {
    leader: Option<u32>,
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // Not yet reaped, so that the number still is its own.
            let _ = signal_group(leader, Signal::Kill);
        }
    }
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).process_group(0);
    shell
}

/// Runs a command to its end. When the future is dropped before, its whole group is killed.
pub(super) async fn run(command: &str) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    let mut shell = shell(command);
    shell.stdout(writer.try_clone()?).stderr(writer);
    let mut child = shell.spawn()?;
    // Its ends of the pipe go with it: only the child's are left.
    drop(shell);
    let mut group = Group { leader: child.id() };
    let output = Receiver::from_owned_fd(reader.into())?;
    let mut kept = Vec::new();
    let status = tokio::select! {
        biased;
        status = child.wait() => status,
        // Ends only when all that hold the pipe closed it; the command may do so and go on.
        () = read(&output, &mut kept) => child.wait().await,
    };
    group.leader = None;
    // What it wrote last; those that it left behind may go on writing, and are not waited for.
    take(&output, &mut kept);
    let output = String::from_utf8_lossy(kept.trim_ascii()).into_owned();
    Ok(Ended { status: status?, output })
}

/// Reads what comes, and keeps the start of it.
async fn read(output: &Receiver, kept: &mut Vec<u8>) {
    while output.readable().await.is_ok() && take(output, kept) {}
}

/// Takes what is there. Returns whether there may be more later.
fn take(output: &Receiver, kept: &mut Vec<u8>) -> bool {
    let mut buffer = [0; KEPT];
    loop {
        match output.try_read(&mut buffer) {
            Ok(0) => return false,
            Ok(count) => {
                let room = KEPT.saturating_sub(kept.len()).min(count);
                kept.extend_from_slice(buffer.get(..room).unwrap_or_default());
                if kept.len() == KEPT && count == KEPT {
                    // One that never stops writing must let others have their turn.
                    return true;
                }
            }
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// Runs a command whose output and result are nobody's business, for so long at most; then its group is killed. One that is
/// under way when the future is dropped goes on.
pub(super) async fn hook(command: &str, state: &str, limit: Duration) -> io::Result<()> {
    let mut shell = shell(command);
    shell.env("STATE", state).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = shell.spawn()?;
    match tokio::time::timeout(limit, child.wait()).await {
        Ok(status) => status.map(drop),
        Err(_) => {
            if let Some(leader) = child.id() {
                let _ = signal_group(leader, Signal::Kill);
            }
            child.wait().await?;
            Err(io::Error::from(io::ErrorKind::TimedOut))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn status_and_output_are_told() {
        block_on(async {
            let ended = run("echo one; echo two >&2; exit 3").await.unwrap();
            assert_eq!((ended.status.code(), &*ended.output), (Some(3), "one\ntwo"));
            let ended = run("head -c 1000000 /dev/zero | tr '\\0' a").await.unwrap();
            assert_eq!((ended.status.code(), ended.output.len()), (Some(0), KEPT));
        });
    }

    #[test]
    fn one_that_leaves_a_child_behind_has_ended() {
        let started = Instant::now();
        let ended = block_on(run("sleep 30 & echo $!")).unwrap();
        assert!(ended.status.success() && started.elapsed() < Duration::from_secs(20));
        let child: u32 = ended.output.parse().unwrap();
        // Left alone, as any daemon that a check starts.
        assert!(std::path::Path::new(&format!("/proc/{child}")).exists());
        std::process::Command::new("kill").arg(child.to_string()).status().unwrap();
    }

    #[test]
    fn its_whole_group_is_killed_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let command =
            format!("sh -c 'echo $$ > {0}.new; mv {0}.new {0}; sleep 300'; true", file.display());
        block_on(async {
            let task = tokio::spawn(async move { run(&command).await });
            let pid = loop {
                match std::fs::read_to_string(&file) {
                    Ok(text) => break text.trim().to_owned(),
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            };
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            let gone = || {
                // Whoever inherited it may not have reaped it yet.
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                stat.is_empty() || stat.contains(") Z ") || stat.contains(") X ")
            };
            while !gone() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }

    #[test]
    fn a_hook_has_its_time() {
        let started = Instant::now();
        let error = block_on(hook("sleep 300", "UP", Duration::from_millis(100))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
