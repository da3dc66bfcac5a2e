//! `run`: commands for a running daemon, here a socket or pipes that a test holds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::JoinHandle;

/// Answers each line that arrives on a socket below `root` with the next of `answers`; returns the lines.
fn daemon(root: &Path, answers: &'static [&'static str]) -> JoinHandle<Vec<String>> {
    let folder = root.join("run");
    std::fs::create_dir_all(&folder).unwrap();
    let listener = UnixListener::bind(folder.join("test.sock")).unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut writer = stream.try_clone().unwrap();
        let mut lines = BufReader::new(stream).lines();
        let mut told = Vec::new();
        for answer in answers {
            let Some(Ok(line)) = lines.next() else { break };
            told.push(line);
            writer.write_all(answer.as_bytes()).unwrap();
        }
        told
    })
}

fn run(root: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yottabgp"));
    command.env("EXABGP_ROOT", root).env_remove("exabgp_api_socketpath").arg("run");
    command.args(["--pipename", "test"]).args(words).output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

#[test]
fn an_answer_is_printed_and_done_is_0() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["one\ntwo\ndone\n"]);
    let output = run(root.path(), &["version"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "one\ntwo\n".to_owned()));
    assert_eq!(daemon.join().unwrap(), ["version"]);
}

#[test]
fn shortcuts_are_written_out() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["done\n"]);
    let output = run(root.path(), &["s", "n", "s"]);
    assert_eq!(text(&output.stdout), "command: show neighbor summary\n");
    assert_eq!(daemon.join().unwrap(), ["show neighbor summary"]);
}

#[test]
fn an_error_is_1() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["error: no such thing\nerror\n"]);
    let output = run(root.path(), &["announce", "nonsense"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "error: no such thing\n");
    assert!(text(&output.stderr).contains("refused the command"), "{output:?}");
    daemon.join().unwrap();
}

#[test]
fn a_daemon_that_leaves_without_an_answer_is_1() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["half an answer"]);
    let output = run(root.path(), &["version"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("closed the connection before it answered 'version'"));
    daemon.join().unwrap();
}

#[test]
fn a_batch_counts_what_was_refused() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["done\n", "error\n", "done\n"]);
    let file = root.path().join("commands");
    std::fs::write(&file, "# first\nversion\n\nnonsense\nhelp\n").unwrap();
    let output = run(root.path(), &["--batch", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let out = text(&output.stdout);
    assert!(out.contains("[4] nonsense\n"), "{out}");
    assert!(out.ends_with("Batch execution complete: 3 commands, 1 errors\n"), "{out}");
    assert_eq!(daemon.join().unwrap(), ["version", "nonsense", "help"]);
}

#[test]
fn named_pipes_do_as_well() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    std::fs::create_dir_all(&folder).unwrap();
    let [input, output] = ["test.in", "test.out"].map(|name| folder.join(name));
    for path in [&input, &output] {
        nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let nobody = run(root.path(), &["version"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(text(&nobody.stderr).contains("no daemon reads the named pipe"), "{nobody:?}");

    // As the daemon holds them: the input for reading and writing, the output opened for each answer. What an earlier client
    // left unread is not taken for an answer.
    let commands = std::fs::OpenOptions::new().read(true).write(true).open(&input).unwrap();
    let kept = std::fs::OpenOptions::new().read(true).write(true).open(&output).unwrap();
    (&kept).write_all(b"stale\nerror\n").unwrap();
    let daemon = std::thread::spawn(move || {
        let line = BufReader::new(commands).lines().next().unwrap().unwrap();
        let mut answers = std::fs::OpenOptions::new().write(true).open(&output).unwrap();
        answers.write_all(b"one\ndone\n").unwrap();
        line
    });
    let answered = run(root.path(), &["--pipe", "version"]);
    assert_eq!((answered.status.code(), text(&answered.stdout)), (Some(0), "one\n".to_owned()));
    assert_eq!(daemon.join().unwrap(), "version");
    drop(kept);
}

#[test]
fn silence_is_not_waited_out() {
    let root = tempfile::tempdir().unwrap();
    let daemon = daemon(root.path(), &["something\n", "never asked for"]);
    let started = std::time::Instant::now();
    let output = run(root.path(), &["version"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), "something\n".to_owned()));
    assert!(text(&output.stderr).contains("no end of command message received"), "{output:?}");
    assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
    daemon.join().unwrap();
}

#[test]
fn without_a_daemon_every_place_is_named() {
    let root = tempfile::tempdir().unwrap();
    let output = run(root.path(), &["version"]);
    assert_eq!(output.status.code(), Some(1));
    let err = text(&output.stderr);
    assert!(err.contains("Unix socket test.sock, or named pipes test.in and test.out"), "{err}");
    assert_eq!(err.lines().filter(|line| line.starts_with("  /")).count(), 12, "{err}");
}
