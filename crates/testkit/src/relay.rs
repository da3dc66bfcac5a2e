//! A helper process (`process { run …; }`) whose two ends a test holds.
//!
//! The program under test starts it as [`relay`] with the path of a socket; it copies each line
//! of its standard input there and each line from there to its standard output. On the other end
//! of the socket a [`Relay`] keeps what came in order, and wakes whoever waits for it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::wait::PATIENCE;

/// The helper process itself: copies between its standard streams and the socket at `path`
/// until either side closes.
///
/// # Errors
/// When nobody listens at `path`, or a stream broke.
pub fn relay(path: &Path) -> io::Result<()> {
    let mut socket = UnixStream::connect(path)?;
    let mut commands = socket.try_clone()?;
    thread::spawn(move || {
        let _ = copy(&mut commands, &mut io::stdout());
        // The test closed its end: nothing is left to be said.
        std::process::exit(0);
    });
    copy(&mut io::stdin(), &mut socket)
}

/// Not [`io::copy`]: that splices, which on Linux holds the lock of a pipe while it waits for the
/// socket, so that the program's reading of that pipe waits too.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut chunk = vec![0; 65536];
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(&chunk[..count])?;
        to.flush()?;
    }
}

/// What the test shares with the threads reading the socket.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    /// The helper that is connected now; every start of the program brings a new one.
    helper: Option<UnixStream>,
    generation: usize,
    /// The test is over.
    closed: bool,
}

/// The test's end of a helper process: what it heard, and what it is to say.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    path: PathBuf,
}

impl Relay {
    /// Listens at `path` for the helper to come (and to come again when restarted).
    ///
    /// # Panics
    /// When there can be no socket at `path`.
    pub fn listen(path: PathBuf) -> Self {
        let listener = UnixListener::bind(&path).expect("a socket for the helper");
        let shared = Arc::new(Shared::default());
        let accepted = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let Ok(reader) = stream.try_clone() else { return };
                {
                    let mut state = accepted.state.lock().expect("no reader panics");
                    if state.closed {
                        return;
                    }
                    state.helper = Some(stream);
                    state.generation += 1;
                }
                accepted.changed.notify_all();
                let shared = Arc::clone(&accepted);
                thread::spawn(move || read(&shared, reader));
            }
        });
        Self { shared, path }
    }

    /// The path to give to the helper process.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("no reader panics")
    }

    /// How many helper processes came so far.
    pub fn generation(&self) -> usize {
        self.lock().generation
    }

    /// Waits until more than `before` helper processes have come.
    pub fn started(&self, before: usize) -> bool {
        self.wait(PATIENCE, |state| (state.generation > before).then_some(())).is_some()
    }

    /// How many lines have come; a place from where to look.
    pub fn mark(&self) -> usize {
        self.lock().lines.len()
    }

    /// A copy of the lines from `mark` on.
    pub fn lines(&self, mark: usize) -> Vec<String> {
        self.lock().lines[mark..].to_vec()
    }

    fn wait<T>(&self, limit: Duration, mut probe: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let end = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(answer) = probe(&state) {
                return Some(answer);
            }
            let left = end.checked_duration_since(Instant::now())?;
            state = self.shared.changed.wait_timeout(state, left).expect("no reader panics").0;
        }
    }

    /// Waits for a line, from `mark` on, for which `pick` has an answer. Each line is asked once.
    pub fn find<T>(
        &self,
        mark: usize,
        limit: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let mut next = mark;
        self.wait(limit, |state| {
            while let Some(line) = state.lines.get(next) {
                next += 1;
                if let Some(answer) = pick(line) {
                    return Some(answer);
                }
            }
            None
        })
    }

    /// Sends lines, then waits for an answer (`done` or `error`) to each.
    ///
    /// # Errors
    /// When one was refused, was not answered in time, or there is no helper.
    pub fn commands(&self, lines: &[String]) -> Result<(), String> {
        let mark = self.mark();
        self.send(lines).map_err(|error| format!("the helper does not take lines: {error}"))?;
        let mut answers = 0;
        let mut refused = None;
        let done = self.find(mark, PATIENCE, |line| {
            if line == "done" || line == "error" {
                if line == "error" && refused.is_none() {
                    refused = lines.get(answers);
                }
                answers += 1;
            }
            (answers == lines.len()).then_some(())
        });
        match (done, refused) {
            (Some(()), None) => Ok(()),
            (Some(()), Some(line)) => Err(format!("refused: {line}")),
            (None, _) => Err(format!(
                "{answers} of {} commands answered, the next is: {}",
                lines.len(),
                lines.get(answers).map_or("", |line| line)
            )),
        }
    }

    /// Sends lines, not waiting for anything.
    ///
    /// # Errors
    /// When the helper is gone.
    pub fn send(&self, lines: &[String]) -> io::Result<()> {
        let mut helper = {
            let state = self.lock();
            let gone = || io::Error::new(io::ErrorKind::NotConnected, "no helper");
            state.helper.as_ref().ok_or_else(gone)?.try_clone()?
        };
        let mut text = lines.join("\n");
        text.push('\n');
        helper.write_all(text.as_bytes())
    }

    /// The lines answering one command, up to its `done`; events among them are left out.
    ///
    /// # Errors
    /// As [`Relay::commands`].
    pub fn ask(&self, command: &str) -> Result<Vec<String>, String> {
        let mark = self.mark();
        self.send(&[command.to_owned()]).map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        let end = self.find(mark, PATIENCE, |line| match line {
            "done" => Some(Ok(())),
            "error" => Some(Err(format!("refused: {command}"))),
            event if event.starts_with("{ \"exabgp\"") => None,
            line => {
                answer.push(line.to_owned());
                None
            }
        });
        end.unwrap_or_else(|| Err(format!("not answered: {command}")))?;
        Ok(answer)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let helper = {
            let mut state = self.lock();
            state.closed = true;
            state.helper.take()
        };
        if let Some(helper) = helper {
            let _ = helper.shutdown(std::net::Shutdown::Both);
        }
        // Wakes the listening thread, which then ends.
        let _ = UnixStream::connect(&self.path);
    }
}

fn read(shared: &Shared, stream: UnixStream) {
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        shared.state.lock().expect("no reader panics").lines.push(line);
        shared.changed.notify_all();
    }
}
