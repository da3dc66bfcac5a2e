//! The named pipes, the older way in: `NAME.in` for commands, `NAME.out` for what they answer.
//!
//! They are made where a pair is not there already. Clients open and close them at will: our own hold on the first one keeps it
//! from ending, and the second one is opened again for each reader.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::{OpenOptions, Receiver, Sender};
use yottabgp_os::{Error, fifo};

use super::access::{Access, Made};
use super::place;
use crate::outbox::Outbox;
use crate::pump::{Commands, Progress, read_commands};

/// How often a reader of the answers is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// A pair of named pipes.
#[derive(Debug)]
pub struct Pipes {
    /// Removed when dropped.
    made: Vec<Made>,
    /// Read for commands. It is locked: another daemon would take every other command.
    input: File,
    answers: Answers,
}

/// Where answers go.
#[derive(Debug)]
struct Answers {
    path: PathBuf,
    /// An end for writing that was opened with the privileges of the start, for a pipe that is not ours to open later.
    kept: Option<File>,
}

impl fmt::Display for Pipes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = if self.made.is_empty() { "found" } else { "made" };
        write!(f, "{} and .in, {origin}", self.answers.path.display())
    }
}

impl Pipes {
    /// Makes the pair `NAME.in` and `NAME.out` in the first of `folders` that is ours to write.
    pub fn make(folders: &[PathBuf], name: &str, access: Access) -> Result<Self, Error> {
        place::in_first_usable(folders, access, |folder| {
            let [input, output] = ["in", "out"].map(|way| folder.join(format!("{name}.{way}")));
            let mut made = Vec::new();
            for path in [&input, &output] {
                fifo::make(path)?;
                made.push(Made::new(path));
                access.give(path).map_err(|source| {
                    Error::new(format!("named pipe {}", path.display()), source)
                })?;
            }
            Ok(Self { made, ..Self::open(&input, &output)? })
        })
    }

    /// Opens the pair; both must be named pipes. A pair that another daemon uses is an error.
    pub fn open(input: &Path, output: &Path) -> Result<Self, Error> {
        let tried = |path: &Path| format!("named pipe {}", path.display());
        let reader = fifo::open_both(input)?;
        reader.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => {
                Error::refused(tried(input), "another daemon reads it")
                    .hint("give this one a name of its own with exabgp.api.pipename")
            }
            std::fs::TryLockError::Error(source) => Error::new(tried(input), source),
        })?;
        // With a reader for as long as this takes, a writer can be opened; later it may not be ours to open.
        let held = fifo::open_both(output)?;
        let kept = fifo::open_writer(output).ok();
        drop(held);
        let answers = Answers { path: output.to_owned(), kept };
        Ok(Self { input: reader, answers, made: Vec::new() })
    }
}

/// Serves whoever uses the pipes, for ever.
pub async fn serve_pipes(pipes: Pipes, outbox: Outbox, mut commands: impl Commands) {
    let Pipes { made: _made, input, answers } = pipes;
    let Ok(input) = Receiver::from_file_unchecked(input) else { return };
    let progress = Progress::default();
    let writer = async {
        let mut buffer = Vec::new();
        while outbox.take(&mut buffer).await {
            answers.write(&buffer, &outbox).await;
        }
    };
    tokio::join!(read_commands(input, &mut commands, &progress), writer);
}

impl Answers {
    /// Writes lines to whichever reader there is, waiting for one if there is none.
    async fn write(&self, lines: &[u8], outbox: &Outbox) {
        let mut rest = lines;
        while !rest.is_empty() {
            let Ok(mut sender) = self.open() else {
                tokio::time::sleep(LOOK).await;
                continue;
            };
            let before = rest.len();
            while !rest.is_empty() {
                match sender.write(rest).await {
                    Ok(count) if count > 0 => {
                        rest = rest.get(count..).unwrap_or_default();
                        outbox.written(outbox.life(), count);
                    }
                    // The reader left: what it did not get is for the next one.
                    _ => break,
                }
            }
            if rest.len() == before {
                // The end that was kept may have no reader at all.
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    /// A writer, if there is a reader; whether there is one, the end that was kept tells only when it is written to.
    fn open(&self) -> io::Result<Sender> {
        match OpenOptions::new().open_sender(&self.path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let kept = self.kept.as_ref().ok_or(error)?;
                Sender::from_file_unchecked(kept.try_clone()?)
            }
            opened => opened,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    use crate::lines::{Line, Lines};
    use crate::outbox::Ack;
    use tokio::io::AsyncReadExt;

    struct Echo(Outbox);

    impl Commands for Echo {
        async fn commands(&mut self, lines: Lines<'_>) {
            for line in lines {
                let Line::Text(text) = line else { continue };
                self.0.answer(&[text, b"\n"].concat()).unwrap();
                self.0.ack(Ack::Done);
            }
        }
    }

    #[test]
    fn what_is_made_is_removed_and_what_is_found_is_kept() {
        let top = tempfile::tempdir().unwrap();
        let folders = [top.path().join("none"), top.path().join("run")];
        let [input, output] = ["x.in", "x.out"].map(|name| folders[1].join(name));
        let make = |name| Pipes::make(&folders, name, Access::default()).unwrap();
        let pipes = make("x");
        let mode = std::fs::metadata(&input).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(output.exists() && pipes.to_string().ends_with("made"), "{pipes}");
        // A second daemon would take every other command.
        let error = Pipes::open(&input, &output).unwrap_err().to_string();
        assert!(error.contains("another daemon reads it (give this one a name"), "{error}");
        drop((make("y"), pipes));
        assert!(!input.exists() && !output.exists());

        fifo::make(&input).unwrap();
        fifo::make(&output).unwrap();
        let pipes = Pipes::open(&input, &output).unwrap();
        assert!(pipes.to_string().ends_with("found"), "{pipes}");
        drop(pipes);
        assert!(input.exists() && output.exists());
    }

    #[test]
    fn what_is_another_s_by_now_is_not_removed() {
        let top = tempfile::tempdir().unwrap();
        let folders = [top.path().to_owned()];
        let [input, output] = ["x.in", "x.out"].map(|name| top.path().join(name));
        let first = Pipes::make(&folders, "x", Access::default()).unwrap();
        for path in [&input, &output] {
            std::fs::remove_file(path).unwrap();
        }
        let second = Pipes::make(&folders, "x", Access::default()).unwrap();
        drop(first);
        assert!(input.exists() && output.exists());
        drop(second);
        assert!(!input.exists() && !output.exists());
    }

    #[test]
    fn what_is_no_pipe_is_not_read() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("x.in");
        std::fs::write(&path, "shutdown\n").unwrap();
        let error = Pipes::open(&path, &path).unwrap_err().to_string();
        assert!(error.contains("it is no named pipe"), "{error}");
    }

    #[tokio::test]
    async fn clients_come_and_go() {
        let top = tempfile::tempdir().unwrap();
        let [input, output] = ["exabgp.in", "exabgp.out"].map(|name| top.path().join(name));
        let made = std::process::Command::new("mkfifo").args([&input, &output]).status().unwrap();
        assert!(made.success());
        let pipes = Pipes::open(&input, &output).unwrap();
        let outbox = Outbox::new();
        let clients = async {
            for word in ["one", "two"] {
                let mut sender = OpenOptions::new().open_sender(&input).unwrap();
                sender.write_all(format!("{word}\n").as_bytes()).await.unwrap();
                drop(sender);
                let mut receiver = OpenOptions::new().open_receiver(&output).unwrap();
                let expected = format!("{word}\ndone\n");
                let mut told = vec![0; expected.len()];
                receiver.read_exact(&mut told).await.unwrap();
                assert_eq!(told, expected.as_bytes());
            }
        };
        tokio::select! {
            () = serve_pipes(pipes, outbox.clone(), Echo(outbox)) => panic!("it ended"),
            () = clients => {}
        }
    }
}
