//! `cli`, as a person uses it: a real terminal, TAB, `?`, the history, pages, a daemon that goes and comes back.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::{Lab, Site, Terminal};

/// The last line of a screen that is not empty.
fn last(screen: &str) -> &str {
    screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim_end()
}

#[test]
fn words_are_completed_and_explained() {
    let site = Site::new(2);
    let daemon = Lab::new().start(&site.neighbor(""));
    let Some(terminal) = Terminal::start(&daemon, &["cli"]) else { return };
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    // Commands by their table.
    terminal.write("sho");
    terminal.press("Tab");
    terminal.until("show", |screen| last(screen) == "yottabgp> show");
    terminal.write("neighbor ");
    // Peers by the daemon: there is one.
    terminal.write("127");
    terminal.press("Tab");
    terminal.until("the peer", |screen| last(screen) == "yottabgp> show neighbor 127.0.0.2");
    terminal.write("summary");
    terminal.press("Enter");
    let screen = terminal.shows("Peer            AS        up/down state");
    assert!(screen.contains("\n127.0.0.2 "), "{screen}");

    // More than one word: all of them.
    terminal.write("announce route-refresh ip");
    terminal.press("Tab");
    terminal.until("both", |screen| screen.contains("ipv4") && screen.contains("ipv6"));
    terminal.press("C-c");
    terminal.until("an empty line", |screen| last(screen) == "yottabgp>");

    // `?` explains, and leaves what was written.
    terminal.write("session sync ?");
    let screen = terminal.shows("disable  Acknowledges routes once they are in the Adj-RIB-Out");
    assert!(screen.contains("enable   Acknowledges routes once they are written to the peers"));
    terminal.until("the line again", |screen| last(screen) == "yottabgp> session sync");
    terminal.write("enable");
    terminal.press("Enter");
    terminal.write("announce route 10.0.0.0/24 next-hop 192.0.2.1 loc?");
    terminal
        .until("the attribute", |screen| screen.lines().any(|l| l.trim() == "local-preference"));
    let screen = terminal.screen();
    assert!(screen.contains("announce route PREFIX next-hop IP|self"), "{screen}");
    terminal.press("C-c");
    terminal.until("an empty line", |screen| last(screen) == "yottabgp>");
    // Key by key, as people write: what the terminal shows already is not written again, what TAB left there is gone.
    terminal.write("teardown x");
    terminal.press("Tab");
    terminal.until("TAB's excuse", |screen| last(screen) == "NO RECORDS FOUND");
    terminal.write("?");
    let screen = terminal.shows("\nyottabgp> teardown x?\n");
    assert!(!screen.contains("O RECORDS FOUND"), "{screen}");
    terminal.until("the line again", |screen| last(screen) == "yottabgp> teardown x");
    terminal.press("C-c");
    terminal.until("an empty line", |screen| last(screen) == "yottabgp>");
    terminal.line("exit");
    terminal.shows("gone with 0");
    daemon.stop();
}

#[test]
fn answers_are_shown_as_asked_for() {
    let site = Site::new(2);
    let daemon = Lab::new().start(&site.neighbor(""));
    let Some(terminal) = Terminal::start(&daemon, &["cli"]) else { return };
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    // Typed ahead, as when many lines are pasted.
    for number in 1..=40 {
        terminal.line(&format!("announce route 10.{number}.0.0/16 next-hop 192.0.2.1"));
    }
    terminal.line("show adj-rib out | grep 10.[23].0 | count");
    terminal.until("two", |screen| screen.lines().any(|line| line.trim() == "2"));
    terminal.line("show adj-rib out | count");
    terminal.until("all of them", |screen| screen.lines().any(|line| line.trim() == "40"));
    terminal.line("show adj-rib out | exclude 10.[23].0 | head 1");
    terminal.until("the first", |screen| screen.matches("10.1.0.0/16 next-hop").count() == 2);

    terminal.line("set display json");
    terminal.line("show neighbor summary");
    terminal.until("JSON", |screen| screen.contains("[{\"") || screen.contains("{ \""));
    terminal.line("text show neighbor summary");
    terminal.shows("up/down state");
    terminal.line("set display none");
    terminal.shows("'set display none' is not a setting");
    terminal.line("set sync on");
    terminal.line("show adj-rib out | sort");
    terminal.shows("error: 'sort' is no filter");
    terminal.line("nonsense");
    terminal.shows("the daemon refused the command");

    // Page by page: the answer is long, and the rest of it is not printed.
    terminal.line("help | less");
    terminal
        .until("a page", |screen| last(screen).ends_with(':') && !screen.contains("silence-ack"));
    terminal.press("q");
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    terminal.line("s n s");
    terminal.shows("command: show neighbor summary");
    terminal.press("C-d");
    terminal.shows("gone with 0");
    daemon.stop();
}

#[test]
fn lines_are_remembered() {
    let site = Site::new(2);
    let daemon = Lab::new().start(&site.neighbor(""));
    let Some(terminal) = Terminal::start(&daemon, &["cli"]) else { return };
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    terminal.line("version");
    terminal.shows("exabgp ");
    terminal.press("Up");
    terminal.until("the line before", |screen| last(screen) == "yottabgp> version");
    terminal.press("C-c");
    terminal.until("an empty line", |screen| last(screen) == "yottabgp>");
    terminal.line("history");
    terminal.shows("    1  version");
    terminal.line("exit");
    terminal.shows("gone with 0");
    assert_eq!(
        fs::read_to_string(daemon.lab.path(".exabgp_history")).unwrap(),
        "version\nhistory\nexit\n"
    );
    drop(terminal);
    // By the next one too.
    let Some(terminal) = Terminal::start(&daemon, &["cli"]) else { return };
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    terminal.press("Up");
    terminal.until("the last line", |screen| last(screen) == "yottabgp> exit");
    daemon.stop();
}

#[test]
fn a_daemon_that_comes_back_is_found_again() {
    let site = Site::new(2);
    let text = site.neighbor("");
    let mut daemon = Lab::new().start(&text);
    let Some(terminal) = Terminal::start(&daemon, &["cli"]) else { return };
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    terminal.line("version");
    terminal.shows("exabgp ");
    assert!(daemon.terminate().1.success());
    terminal.line("show neighbor summary");
    // It is looked for more than once, and the conversation goes on without it.
    terminal.shows("error: ");
    terminal.until("the prompt", |screen| last(screen) == "yottabgp>");
    *daemon.running() = daemon.lab.program(&text).start_here().unwrap();
    daemon.ready();
    terminal.line("show neighbor summary");
    terminal.shows("connected again");
    terminal.shows("up/down state");
    daemon.stop();
}

#[test]
fn what_is_not_a_terminal_is_a_list_of_commands() {
    let site = Site::new(2);
    let daemon = Lab::new().start(&site.neighbor(""));
    let start = || {
        let mut cli = Command::new(env!("CARGO_BIN_EXE_yottabgp"));
        cli.arg("cli")
            .env("exabgp_api_socketpath", daemon.lab.path("control"))
            .env("EXABGP_ROOT", daemon.lab.path("root"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        cli.spawn().unwrap()
    };
    let say = |input: &str| {
        let mut cli = start();
        cli.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = cli.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, out) = say(
        "# what is announced\nannounce route 10.1.0.0/16 next-hop 192.0.2.1\n\nshow adj-rib out | count\n",
    );
    assert_eq!((status, out.as_str()), (Some(0), "1\n"));
    let (status, out) = say("nonsense\nshow adj-rib out\n");
    assert_eq!(status, Some(1));
    assert!(out.contains("10.1.0.0/16"), "{out}");
    // `… | head`: nobody reads on, which is no news.
    let mut cli = start();
    drop(cli.stdout.take());
    cli.stdin.take().unwrap().write_all(b"version\nversion\n").unwrap();
    let output = cli.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
    // One command, as in ExaBGP 5.
    let output = daemon.command("version").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    daemon.stop();
}
