//! The named pipes, the older way in: `NAME.in` for commands, `NAME.out` for what they answer.
//!
//! The user makes them (`mkfifo`). Clients open and close them at will: our own hold on the first
//! one keeps it from ending, and the second one is opened again for each reader.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe::{OpenOptions, Receiver, Sender};

use yottabgp_os::Error;

use crate::outbox::Outbox;
use crate::pump::{Commands, Progress, read_commands};

/// How often a reader of the answers is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// A pair of named pipes.
#[derive(Debug)]
pub struct Pipes {
    input: Receiver,
    output: PathBuf,
}

impl Pipes {
    /// Opens the pair; both must be named pipes.
    pub fn open(input: &Path, output: &Path) -> Result<Self, Error> {
        let receiver = OpenOptions::new()
            .read_write(true)
            .open_receiver(input)
            .map_err(|source| Error::new(format!("named pipe {}", input.display()), source))?;
        Ok(Self { input: receiver, output: output.to_owned() })
    }
}

/// Serves whoever uses the pipes, for ever.
pub async fn serve_pipes(pipes: Pipes, outbox: Outbox, mut commands: impl Commands) {
    let progress = Progress::default();
    let writer = async {
        let mut buffer = Vec::new();
        while outbox.take(&mut buffer).await {
            write(&pipes.output, &buffer, &outbox).await;
        }
    };
    tokio::join!(read_commands(pipes.input, &mut commands, &progress), writer);
}

/// Writes lines to whichever reader there is, waiting for one if there is none.
async fn write(path: &Path, lines: &[u8], outbox: &Outbox) {
    let mut rest = lines;
    while !rest.is_empty() {
        let Ok(mut sender) = open(path) else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        while !rest.is_empty() {
            match sender.write(rest).await {
                Ok(count) if count > 0 => {
                    rest = rest.get(count..).unwrap_or_default();
                    outbox.written(count);
                }
                // The reader left: what it did not get is for the next one.
                _ => break,
            }
        }
    }
}

fn open(path: &Path) -> io::Result<Sender> {
    OpenOptions::new().open_sender(path)
}

#[cfg(test)]
mod tests {
    use super::*;
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
