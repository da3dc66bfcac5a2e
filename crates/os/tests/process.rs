//! What changes a whole process: tried in processes of their own.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use yottabgp_os::process::{Program, Signal, enlarge_pipe, signal_group};
use yottabgp_os::{daemonize, limits, privilege};

/// Runs one ignored test of this file in a new process and returns what it printed.
fn apart(test: &str, folder: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env("APART", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn helpers_have_their_own_group_and_a_quiet_terminal() {
    let program = Program {
        environment: vec![("extra".into(), "here".into())],
        hidden: vec!["HOME".into()],
        ..Program::new("/bin/sh")
    }
    .argument("-c")
    .argument("echo $TERM $extra ${HOME+seen}; read line; echo $line");
    let mut child = program.command().spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "dumb here\n");
    let group = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    let fields: Vec<&str> = group.rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!(fields[2], child.id().to_string(), "it leads its own group");
    assert!(enlarge_pipe(&stdin) >= 65536);
    stdin.write_all(b"hello\n").unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("hello\n"), "{rest}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn signals_reach_the_grandchildren() {
    let program =
        Program::new("/bin/sh").argument("-c").argument("sleep 100 & echo ready; wait; wait");
    let mut child = program.command().spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    signal_group(child.id(), Signal::Terminate).unwrap();
    // End of file comes when the last holder of the pipe is gone, the grandchild too.
    assert_eq!(stdout.read_line(&mut String::new()).unwrap(), 0);
    child.wait().unwrap();
    signal_group(child.id(), Signal::Kill).unwrap();
    for group in [0, 1, u32::MAX] {
        assert!(signal_group(group, Signal::Kill).is_err());
    }
}

#[test]
fn a_program_that_does_not_start_is_named() {
    let program = Program::new("/no/such/program");
    let source = program.command().spawn().unwrap_err();
    let error = program.start_error(source).to_string();
    assert!(error.starts_with("starting /no/such/program: No such file or directory ("), "{error}");
}

#[test]
fn privileges_are_dropped_for_good() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can drop privileges");
        return;
    }
    let text = apart("drops", Path::new("/"));
    assert!(text.contains("dropped true uid 65534"), "{text}");
    assert!(text.contains("root again: EPERM"), "{text}");
    assert!(
        text.contains("no such user: dropping privileges to user nosuch: no such user"),
        "{text}"
    );
}

#[test]
#[ignore = "run by privileges_are_dropped_for_good"]
fn drops() {
    if std::env::var_os("APART").is_none() {
        return;
    }
    println!("no such user: {}", privilege::drop_to("nosuch").unwrap_err());
    let dropped = privilege::drop_to("nobody").unwrap();
    println!("dropped {dropped} {}", privilege::describe());
    println!("root again: {:?}", nix::unistd::setuid(0.into()).unwrap_err());
}

#[test]
fn the_daemon_leaves_its_session() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("told");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    // The test harness has threads of its own, so a helper program is asked instead of a fork
    // inside it: see `leaves` below, which only the process made for it runs.
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || std::fs::read_to_string(fifo).unwrap()
    });
    let _ = apart("leaves", folder.path());
    let told = reader.join().unwrap();
    assert!(told.contains("stdin /dev/null stdout /dev/null stderr /dev/null"), "{told}");
    assert!(told.contains("umask 0 95 cwd /"), "{told}");
}

#[test]
#[ignore = "run by the_daemon_leaves_its_session"]
fn leaves() {
    let Some(folder) = std::env::var_os("APART") else { return };
    daemonize::daemonize().unwrap();
    daemonize::change_directory(Path::new("/")).unwrap();
    daemonize::set_umask(0o137);
    let link = |number| std::fs::read_link(format!("/proc/self/fd/{number}")).unwrap();
    let told = format!(
        "stdin {} stdout {} stderr {}\numask 0 {} cwd {}\n",
        link(0).display(),
        link(1).display(),
        link(2).display(),
        daemonize::set_umask(0),
        std::env::current_dir().unwrap().display(),
    );
    std::fs::write(Path::new(&folder).join("told"), told).unwrap();
    // The harness of the parent is not ours to finish.
    std::process::exit(0);
}

#[test]
fn the_limit_on_files_rises_but_not_for_helpers() {
    let text = apart("rises", Path::new("/"));
    assert!(text.contains("helper has 256"), "{text}");
}

#[test]
#[ignore = "run by the_limit_on_files_rises_but_not_for_helpers"]
fn rises() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if std::env::var_os("APART").is_none() {
        return;
    }
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 256, hard).unwrap();
    let files = limits::raise_files().unwrap();
    assert_eq!((files.before, files.after), (256, hard));
    let program = Program::new("/bin/sh").argument("-c").argument("read go; ulimit -n");
    let mut child = program.command().spawn().unwrap();
    limits::restore_files(i32::try_from(child.id()).unwrap(), files.before).unwrap();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let output = child.wait_with_output().unwrap();
    println!("helper has {}", String::from_utf8_lossy(&output.stdout));
}
