//! A helper process whose two ends a test holds: a shell that copies between its streams and two named pipes.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Lab, PATIENCE};

#[derive(Debug, Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    changed: Condvar,
}

/// The test's ends of a helper.
#[derive(Debug)]
pub(crate) struct Helper {
    script: PathBuf,
    said: File,
    heard: Arc<Heard>,
}

/// A named pipe, opened so that nobody ever finds it without its other end.
fn pipe(path: &Path) -> File {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::from_bits_truncate(0o666)).unwrap();
    File::options().read(true).write(true).open(path).unwrap()
}

/// Writes a script for `/bin/sh`; returns what the statement `run` needs.
pub(crate) fn script(lab: &Lab, name: &str, text: &str) -> String {
    let path = lab.path(&format!("{name}.sh"));
    fs::write(&path, text).unwrap();
    format!("/bin/sh {}", path.display())
}

impl Helper {
    pub(crate) fn new(lab: &Lab, name: &str) -> Self {
        let (said, heard) = (lab.path(&format!("{name}.said")), lab.path(&format!("{name}.heard")));
        let script = lab.path(&format!("{name}.sh"));
        let text = format!(
            "exec 3<&0\necho started $$ > {heard}\ncat <&3 > {heard} 3<&- &\nexec 3<&-\nexec cat {said}\n",
            heard = heard.display(),
            said = said.display()
        );
        fs::write(&script, text).unwrap();
        let said = pipe(&said);
        let stream = pipe(&heard);
        let heard = Arc::new(Heard::default());
        let shared = heard.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                shared.lines.lock().unwrap().push(line);
                shared.changed.notify_all();
            }
        });
        Self { script, said, heard }
    }

    /// The section of the configuration.
    pub(crate) fn section(&self, name: &str, encoder: &str) -> String {
        format!("process {name} {{ run /bin/sh {}; encoder {encoder}; }}\n", self.script.display())
    }

    /// How many lines came so far: a place from where to look.
    pub(crate) fn mark(&self) -> usize {
        self.heard.lines.lock().unwrap().len()
    }

    pub(crate) fn lines(&self, mark: usize) -> Vec<String> {
        self.heard.lines.lock().unwrap()[mark..].to_vec()
    }

    /// Writes octets as they are.
    pub(crate) fn say(&mut self, octets: &[u8]) {
        self.said.write_all(octets).unwrap();
    }

    /// Looks at each line from `mark` on until `pick` has an answer.
    pub(crate) fn find<T>(
        &self,
        mark: usize,
        limit: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Option<T> {
        let end = Instant::now() + limit;
        let mut next = mark;
        let mut lines = self.heard.lines.lock().unwrap();
        loop {
            while let Some(line) = lines.get(next) {
                next += 1;
                if let Some(answer) = pick(line) {
                    return Some(answer);
                }
            }
            let left = end.checked_duration_since(Instant::now())?;
            lines = self.heard.changed.wait_timeout(lines, left).unwrap().0;
        }
    }

    /// Waits for a line with these words.
    #[track_caller]
    pub(crate) fn line(&self, mark: usize, words: &str) -> String {
        let found = self.find(mark, PATIENCE, |line| line.contains(words).then(|| line.to_owned()));
        found.unwrap_or_else(|| panic!("no line with {words:?}: {:#?}", self.lines(mark)))
    }

    /// Waits for an event.
    #[track_caller]
    pub(crate) fn event(&self, mark: usize, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = self.find(mark, PATIENCE, |line| {
            if !line.starts_with('{') {
                return None;
            }
            let event: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            wanted(&event).then_some(event)
        });
        found.unwrap_or_else(|| panic!("the event never came: {:#?}", self.lines(mark)))
    }

    /// Waits for a session to be `up` or `down`.
    #[track_caller]
    pub(crate) fn state(&self, mark: usize, state: &str) -> Value {
        self.event(mark, |event| event["neighbor"]["state"] == state)
    }

    /// Gives a command and waits for its answer: the lines before `done`, or `Err` with those before `error`.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: &str) -> Result<Vec<String>, Vec<String>> {
        let mark = self.mark();
        self.say(format!("{command}\n").as_bytes());
        let mut answer = Vec::new();
        let end = self.find(mark, PATIENCE, |line| match line {
            "done" => Some(true),
            "error" => Some(false),
            line if line.starts_with("{ \"exabgp\"") => None,
            line => {
                answer.push(line.to_owned());
                None
            }
        });
        match end {
            Some(true) => Ok(answer),
            Some(false) => Err(answer),
            None => panic!("{command}: not answered: {:#?}", self.lines(mark)),
        }
    }

    /// Gives a command that must be done.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &str) -> Vec<String> {
        self.ask(command).unwrap_or_else(|answer| panic!("{command}: refused: {answer:#?}"))
    }
}
