//! Helper processes, with real ones: shells and Python programs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::timeout;

use yottabgp_daemon::helper::{self, Handle, Handler, Outcome, Settings};
use yottabgp_daemon::lines::{Line, Lines};
use yottabgp_daemon::outbox::{Ack, HIGH};
use yottabgp_daemon::pump::Commands;
use yottabgp_os::process::Program;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a helper said and what became of it.
#[derive(Default)]
struct Story {
    told: RefCell<Vec<String>>,
    lines: RefCell<usize>,
    changed: Notify,
}

impl Story {
    fn tell(&self, what: String) {
        self.told.borrow_mut().push(what);
        self.changed.notify_waiters();
    }

    fn has(&self, what: &str) -> bool {
        self.told.borrow().iter().any(|told| told == what)
    }

    fn count(&self, what: &str) -> usize {
        self.told.borrow().iter().filter(|told| *told == what).count()
    }

    async fn wait(&self, condition: impl Fn(&Self) -> bool) {
        let waiting = async {
            while !condition(self) {
                self.changed.notified().await;
            }
        };
        if timeout(PATIENCE, waiting).await.is_err() {
            panic!("it was told {:?}", self.told.borrow());
        }
    }
}

/// Notes every line; acknowledges it if it has an outbox.
struct Noting {
    story: Rc<Story>,
    answering: Rc<RefCell<Option<Handle>>>,
}

impl Commands for Noting {
    async fn commands(&mut self, lines: Lines<'_>) {
        for line in lines {
            *self.story.lines.borrow_mut() += 1;
            if *self.story.lines.borrow() < 1000 {
                self.story.tell(match line {
                    Line::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    Line::TooLong(length) => format!("too long: {length}"),
                });
            }
            if let Some(handle) = &*self.answering.borrow() {
                handle.outbox.ack(Ack::Done);
            }
        }
        self.story.changed.notify_waiters();
    }
}

impl Handler for Noting {
    fn started(&mut self, _: u32) {
        self.story.tell("<started>".into());
    }

    fn ended(&mut self, _: u32) {
        self.story.tell("<ended>".into());
    }
}

struct Run {
    story: Rc<Story>,
    handle: Handle,
    outcome: JoinHandle<Outcome>,
}

impl Run {
    async fn stop(self, last: &[u8]) -> (Outcome, Duration) {
        let begin = Instant::now();
        self.handle.stop(last);
        let outcome = timeout(PATIENCE, self.outcome).await.unwrap().unwrap();
        (outcome, begin.elapsed())
    }
}

fn run(program: Program, respawn: bool, acks: bool) -> Run {
    let settings = Settings { name: "helper".into(), program, respawn, open_files: None };
    let story = Rc::new(Story::default());
    let answering = Rc::new(RefCell::new(None));
    let noting = Noting { story: story.clone(), answering: answering.clone() };
    let (handle, supervisor) = helper::supervise(settings, noting);
    if acks {
        *answering.borrow_mut() = Some(handle.clone());
    }
    Run { story, handle, outcome: tokio::task::spawn_local(supervisor) }
}

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").argument("-c").argument(script)
}

fn python(script: &str) -> Program {
    Program::new("/usr/bin/env").argument("python3").argument("-c").argument(script)
}

fn local(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, test);
}

#[test]
fn commands_in_events_out_and_a_last_word() {
    local(async {
        let run = run(
            shell("echo hello; while read line; do echo got $line; done; echo no more"),
            true,
            false,
        );
        run.story.wait(|story| story.has("hello")).await;
        run.handle.outbox.events(b"up\ndown\n");
        run.story.wait(|story| story.has("got down")).await;
        let story = run.story.clone();
        let (outcome, took) = run.stop(b"shutdown\n").await;
        assert_eq!(outcome, Outcome::Stopped);
        assert!(took < Duration::from_millis(900), "{took:?}");
        assert!(story.has("got shutdown"), "{:?}", story.told.borrow());
        assert!(story.has("<ended>"));
    });
}

#[test]
fn what_is_said_while_ending_is_heard_and_answered() {
    local(async {
        let script = "
import signal, sys
def end(*_):
    print('withdraw', flush=True)
    print('answer was', sys.stdin.readline().strip(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('ready', flush=True)
signal.pause()";
        let run = run(python(script), true, true);
        run.story.wait(|story| story.has("ready")).await;
        // The acknowledgement of `ready` is what it reads first.
        let story = run.story.clone();
        assert_eq!(run.stop(b"").await.0, Outcome::Stopped);
        assert!(story.has("withdraw") && story.has("answer was done"), "{:?}", story.told.borrow());
    });
}

#[test]
fn one_that_does_not_want_to_end_is_ended() {
    local(async {
        let run = run(shell("trap '' TERM; echo ready; while :; do sleep 1; done"), true, false);
        run.story.wait(|story| story.has("ready")).await;
        let (outcome, took) = run.stop(b"shutdown\n").await;
        assert_eq!(outcome, Outcome::Stopped);
        assert!(took < Duration::from_secs(1), "{took:?}");
    });
}

#[test]
fn a_dying_helper_is_started_five_times_and_all_it_said_is_heard() {
    local(async {
        let run = run(shell("echo one; echo two; exit 3"), true, false);
        let outcome = timeout(PATIENCE, run.outcome).await.unwrap().unwrap();
        assert_eq!(outcome, Outcome::GaveUp);
        for what in ["<started>", "one", "two", "<ended>"] {
            assert_eq!(run.story.count(what), 5, "{what}");
        }
    });
}

#[test]
fn one_that_is_not_to_be_started_again_is_not() {
    local(async {
        let run = run(shell("echo once"), false, false);
        assert_eq!(run.outcome.await.unwrap(), Outcome::Finished);
        assert_eq!(run.story.count("once"), 1);
    });
}

#[test]
fn one_that_does_not_exist_is_given_up() {
    local(async {
        let run = run(Program::new("/no/such/program"), true, false);
        assert_eq!(timeout(PATIENCE, run.outcome).await.unwrap().unwrap(), Outcome::GaveUp);
        assert_eq!(run.story.count("<started>"), 0);
    });
}

#[test]
fn one_that_closes_its_output_still_listens() {
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heard");
        let script = format!(
            "echo ready; exec >&-; read line; echo $line > {0}.part; mv {0}.part {0}; exec sleep 100",
            path.display()
        );
        let run = run(shell(&script), true, false);
        run.story.wait(|story| story.has("ready")).await;
        run.handle.outbox.events(b"still there\n");
        let heard = async {
            while !path.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, heard).await.unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "still there\n");
        assert_eq!(run.story.count("<started>"), 1);
        run.stop(b"").await;
    });
}

#[test]
fn one_that_closes_its_input_pauses_nobody_and_is_heard() {
    local(async {
        let run = run(shell("exec <&-; echo deaf; sleep 0.2; echo more; sleep 100"), true, false);
        run.story.wait(|story| story.has("deaf")).await;
        run.handle.outbox.events(&vec![b'\n'; 2 * HIGH]);
        run.story.wait(|story| story.has("more")).await;
        assert!(!run.handle.outbox.is_paused());
        run.stop(b"").await;
    });
}

#[test]
fn events_pause_at_the_mark_and_go_on_when_read() {
    local(async {
        let script = "
import sys
print('ready', flush=True)
sys.stdin.readline()
print('reading', flush=True)
size = len(sys.stdin.buffer.read(12 * 1024 * 1024))
print('read', size, flush=True)
sys.stdin.readline()";
        let run = run(python(script), true, false);
        run.story.wait(|story| story.has("ready")).await;
        let outbox = &run.handle.outbox;
        let mut paused = outbox.paused();
        let batch = [vec![b'x'; 1023], vec![b'\n']].concat().repeat(64);
        let mut sent = 0;
        while !outbox.is_paused() {
            outbox.events(&batch);
            sent += batch.len();
            tokio::task::yield_now().await;
        }
        assert!(sent >= HIGH);
        outbox.events(b"go\n");
        // It waits for its first line only; then it reads all.
        timeout(PATIENCE, paused.wait_for(|paused| !paused)).await.unwrap().unwrap();
        while !run.story.has(&format!("read {}", 12 * 1024 * 1024)) {
            paused.wait_for(|paused| !paused).await.unwrap();
            outbox.events(&batch);
            tokio::task::yield_now().await;
        }
        run.stop(b"").await;
    });
}

#[test]
fn backlogs_and_single_events_are_read_in_order() {
    local(async {
        let script = "
import sys
number = 0
for line in sys.stdin.buffer:
    if int(line) != number:
        print('not', number, 'but', line, flush=True)
        break
    number += 1
    if number % 250_000 == 0:
        print('read', number, flush=True)";
        let run = run(python(script), false, false);
        let outbox = &run.handle.outbox;
        let mut paused = outbox.paused();
        run.story.wait(|story| story.has("<started>")).await;
        let mut numbers = 0..1_000_000_u32;
        let mut lines = Vec::new();
        // As much as a pipe and a half, then one by one: what is written by a thread, and what is not.
        for size in [200_000, 1, 1, 300_000, 7, 1].into_iter().cycle() {
            lines.clear();
            for number in numbers.by_ref().take(size) {
                lines.extend_from_slice(format!("{number}\n").as_bytes());
            }
            if lines.is_empty() {
                break;
            }
            outbox.events(&lines);
            tokio::task::yield_now().await;
            timeout(PATIENCE, paused.wait_for(|paused| !paused)).await.unwrap().unwrap();
        }
        run.story.wait(|story| story.has("read 1000000") || story.count("<ended>") > 0).await;
        assert!(run.story.has("read 1000000"), "{:?}", run.story.told.borrow());
        timeout(PATIENCE, outbox.flushed()).await.unwrap();
        run.stop(b"").await;
    });
}

#[test]
fn one_that_dies_over_a_backlog_leaves_nothing_of_it_to_the_next() {
    local(async {
        let script = "
import sys
print('first', sys.stdin.readline().strip(), flush=True)";
        let run = run(python(script), true, false);
        let outbox = &run.handle.outbox;
        for life in 1..4 {
            run.story.wait(|story| story.count("<started>") == life).await;
            let line = format!("{life}\n");
            outbox.events(line.repeat(3 * HIGH / line.len()).as_bytes());
            run.story.wait(|story| story.count("<ended>") == life).await;
            assert!(run.story.has(&format!("first {life}")), "{:?}", run.story.told.borrow());
            assert!(!outbox.is_paused() && outbox.unread() == 0);
        }
        run.stop(b"").await;
    });
}

#[test]
fn a_million_commands_whose_answers_nobody_reads() {
    local(async {
        let script = "
import sys
line = 'announce route 10.0.0.0/24 next-hop 192.0.2.1\\n'
for _ in range(1000):
    sys.stdout.write(line * 1000)
sys.stdout.write('x' * (100 * 1024 * 1024) + '\\n')
sys.stdout.write('end\\n')
sys.stdout.flush()
count = 0
while count < 1000002:
    assert sys.stdin.readline() == 'done\\n'
    count += 1
sys.stdout.write('read all\\n')
sys.stdout.flush()
sys.stdin.readline()
sys.stdin.readline()";
        let run = run(python(script), false, true);
        run.story.wait(|story| *story.lines.borrow() >= 1_000_002).await;
        assert!(run.handle.outbox.unread() < HIGH);
        run.story.wait(|story| *story.lines.borrow() == 1_000_003).await;
        run.stop(b"").await;
    });
}

#[test]
fn a_line_without_end_takes_no_memory_and_costs_only_itself() {
    local(async {
        let script = "
import sys
sys.stdout.write('before\\n' + 'x' * (100 * 1024 * 1024) + '\\nafter\\n')
sys.stdout.flush()
sys.stdin.readline()";
        let run = run(python(script), true, false);
        run.story.wait(|story| story.has("after")).await;
        assert!(run.story.has("before") && run.story.has("too long: 104857600"));
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        let peak: usize = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(peak < 100 * 1024, "{peak} KiB");
        run.stop(b"").await;
    });
}

#[test]
fn the_whole_group_ends() {
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! > {}; echo ready; wait", path.display());
        let run = run(shell(&script), true, false);
        run.story.wait(|story| story.has("ready")).await;
        let pid: u32 = std::fs::read_to_string(&path).unwrap().trim().parse().unwrap();
        run.stop(b"").await;
        // Its pipe is closed a moment before it is gone.
        let gone = async {
            let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            while !state().is_empty() && !state().contains(") Z ") {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, gone).await.unwrap();
    });
}

#[test]
fn a_child_that_goes_on_talking_is_not_the_helper() {
    const SCRIPT: &str = "(while :; do echo noise; sleep 0.01; done) & echo said; exit 1";
    local(async {
        let run = run(shell(SCRIPT), true, false);
        let story = run.story.clone();
        story.wait(|story| story.count("<started>") == 2).await;
        assert_eq!(story.count("said"), 1, "all it said was heard before the next one was started");
        story.wait(|story| story.count("said") == 2).await;
        // While the child of the second one talks.
        let (_, took) = run.stop(b"shutdown\n").await;
        assert!(took < Duration::from_secs(1), "{took:?}");
        let told = story.told.borrow().len();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(story.told.borrow().len(), told);
    });
}

#[test]
fn a_noisy_helper_leaves_time_for_others() {
    local(async {
        let noisy = run(shell("yes 'announce route 10.0.0.0/8 next-hop self'"), true, false);
        noisy.story.wait(|story| *story.lines.borrow() > 100_000).await;
        let quiet = run(shell("while read line; do echo $line; done"), true, false);
        quiet.story.wait(|story| story.has("<started>")).await;
        let begin = Instant::now();
        for number in 0..10 {
            quiet.handle.outbox.events(format!("{number}\n").as_bytes());
            quiet.story.wait(|story| story.has(&number.to_string())).await;
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        quiet.stop(b"").await;
        noisy.stop(b"").await;
    });
}
