//! `fmt` and `migrate` as their users see them: what they print and write, and their exit status.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

mod program;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Child, Command};

use program::{Run, command, file, finish, run};

fn start(words: &[&str]) -> Child {
    command(words).spawn().unwrap()
}

fn with_input(words: &[&str], input: &str) -> Run {
    finish(command(words), input)
}

const UGLY: &str = "neighbor 192.0.2.1{local-as 1; peer-as 2; # theirs\nrouter-id 1.1.1.1;}\n";
const LAID_OUT: &str =
    "neighbor 192.0.2.1 {\n    local-as 1;\n    peer-as 2; # theirs\n    router-id 1.1.1.1;\n}\n";

#[test]
fn fmt_prints_checks_and_writes() {
    let (_folder, ugly) = file(UGLY);
    let run_fmt = |words: &[&str]| run(&[&["fmt"], words].concat());
    let printed = run_fmt(&[&ugly]);
    assert_eq!((printed.status, printed.out.as_str(), printed.err.as_str()), (0, LAID_OUT, ""));
    let checked = run_fmt(&["--check", &ugly]);
    assert_eq!((checked.status, checked.out.trim(), checked.err.as_str()), (1, ugly.as_str(), ""));
    assert_eq!(fs::read_to_string(&ugly).unwrap(), UGLY);

    // The file is replaced, with its mode, also behind a link.
    fs::set_permissions(&ugly, fs::Permissions::from_mode(0o640)).unwrap();
    let link = PathBuf::from(&ugly).with_file_name("link.conf");
    std::os::unix::fs::symlink(&ugly, &link).unwrap();
    let written = run_fmt(&["--write", link.to_str().unwrap()]);
    assert_eq!((written.status, written.out.as_str(), written.err.as_str()), (0, "", ""));
    assert_eq!(fs::read_to_string(&ugly).unwrap(), LAID_OUT);
    assert_eq!(fs::metadata(&ugly).unwrap().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_dir(link.parent().unwrap()).unwrap().count(), 2, "a file was left over");
    let checked = run_fmt(&["--check", &ugly]);
    assert_eq!((checked.status, checked.out.as_str()), (0, ""));

    let two = run_fmt(&["--indent", "2", &ugly]);
    assert!(two.out.contains("\n  peer-as 2; # theirs\n"), "{two:?}");
    assert_eq!(run_fmt(&["--indent", "x", &ugly]).status, 2);
    assert_eq!(run_fmt(&[]).status, 2);
    assert_eq!(run_fmt(&["--check", "--write", &ugly]).status, 2);
}

#[test]
fn fmt_leaves_what_it_can_not_read() {
    let (_folder, wrong) = file("neighbor 192.0.2.1 {\n  local-as 1\n}\n");
    let (_other, ugly) = file(UGLY);
    let run = run(&["fmt", "--write", &wrong, "/no/such/file", &ugly]);
    assert_eq!(run.status, 1);
    assert!(run.err.contains("test.conf:2:13"), "{}", run.err);
    assert!(run.err.contains("add ';' here"), "{}", run.err);
    assert!(
        run.err.contains("/no/such/file is not an exabgp config file (file not found)"),
        "{}",
        run.err
    );
    assert!(fs::read_to_string(&wrong).unwrap().contains("local-as 1\n}"));
    // The others are still done.
    assert_eq!(fs::read_to_string(&ugly).unwrap(), LAID_OUT);
    let stdin = with_input(&["fmt", "-"], UGLY);
    assert_eq!((stdin.status, stdin.out.as_str()), (0, LAID_OUT));
    assert_eq!(with_input(&["fmt", "--write", "-"], UGLY).status, 1);

    let (_third, latin) = file("");
    fs::write(&latin, b"# caf\xe9\n").unwrap();
    let run = self::run(&["fmt", "--write", &latin]);
    assert!(run.status == 1 && run.err.contains("octet 5 is not UTF-8"), "{run:?}");
    assert_eq!(fs::read(&latin).unwrap(), b"# caf\xe9\n");
}

const OLD: &str = "neighbor 192.0.2.1 {\n\tlocal-as 1; peer-as 2; router-id 1.1.1.1;\n\tmd5 secret; # for both\n\tprocess a {\n\t\trun /bin/cat;\n\t}\n}\n";
const NEW: &str = "process a {\n\trun /bin/cat;\n\tencoder text;\n}\n\nneighbor 192.0.2.1 {\n\tgroup-updates false;\n\tfamily { ipv4 unicast; ipv4 multicast; ipv4 labeled-unicast; ipv4 mpls-vpn; ipv4 flow; ipv4 flow-vpn; ipv6 unicast; ipv6 labeled-unicast; ipv6 mpls-vpn; ipv6 flow; ipv6 flow-vpn; l2vpn vpls; }\n\tcapability { extended-message disable; }\n\tlocal-as 1; peer-as 2; router-id 1.1.1.1;\n\tmd5-password \"secret\"; # for both\n\tapi {\n\t\tprocesses [ a ];\n\t}\n}\n";

#[test]
fn configurations_are_migrated_to_standard_output_to_a_file_and_in_place() {
    let (folder, old) = file(OLD);
    let migrate =
        |words: &[&str]| run(&[&["migrate", "conf", "-f", "3.4", "-t", "main"], words].concat());
    let printed = migrate(&[&old]);
    assert_eq!((printed.status, printed.out.as_str(), printed.err.as_str()), (0, NEW, ""));

    let output = folder.path().join("new.conf");
    let written = migrate(&["-o", output.to_str().unwrap(), "-v", &old]);
    assert_eq!((written.status, written.out.as_str()), (0, ""));
    assert!(written.err.starts_with("Migration: 3.4 -> main\nChanges ("), "{}", written.err);
    assert!(!written.err.contains("secret"), "{}", written.err);
    assert_eq!(fs::read_to_string(&output).unwrap(), NEW);

    let dry = migrate(&["-n", "-i", &old]);
    assert!(dry.out.contains("  - line 3: 'md5' -> 'md5-password'\n"), "{}", dry.out);
    assert_eq!(fs::read_to_string(&old).unwrap(), OLD);

    let replaced = migrate(&["-i", &old]);
    assert_eq!((replaced.status, replaced.out.as_str()), (0, ""), "{replaced:?}");
    assert_eq!(fs::read_to_string(&old).unwrap(), NEW);
    let names = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let backup: Vec<String> = names.filter(|name| name.ends_with(".bak")).collect();
    let [backup] = backup.as_slice() else { panic!("{backup:?}") };
    assert_eq!(fs::read_to_string(folder.path().join(backup)).unwrap(), OLD);
    let digits = backup.strip_prefix("test.conf.").unwrap().strip_suffix(".bak").unwrap();
    assert!(digits.len() == 15 && digits.as_bytes()[8] == b'-', "{backup}");

    // Nothing is left to be done.
    let again = migrate(&["-n", &old]);
    assert_eq!(
        (again.status, again.out.as_str()),
        (0, "Migration: 3.4 -> main\nNo changes needed.\n")
    );
    assert_eq!(with_input(&["migrate", "conf", "-f", "3.4", "-t", "main", "-"], OLD).out, NEW);
    let validated = run(&["validate", "-nr", "--strict", &old]);
    assert_eq!((validated.status, validated.err.as_str()), (0, ""));
}

#[test]
fn what_can_not_be_migrated_is_said() {
    let (_folder, old) = file(OLD);
    for kind in [&["conf", "-f", "main", "-t", "4", &old][..], &["api", "-f", "5", "-t", "4"]] {
        let run = run(&[&["migrate"], kind].concat());
        assert_eq!(run.status, 1, "{run:?}");
    }
    let backwards = run(&["migrate", "conf", "-f", "main", "-t", "4", &old]);
    assert_eq!(backwards.err, "error: Cannot migrate backwards from main to 4\n");
    for (words, status) in [
        (&["migrate"][..], 1),
        (&["migrate", "conf"], 2),
        (&["migrate", "conf", "-f", "2", "-t", "4", &old], 2),
        (&["migrate", "conf", "-f", "4", "-t", "5", "/no/such"], 1),
        (&["migrate", "--help"], 0),
        (&["migrate", "conf", "--help"], 0),
        (&["migrate", "api", "--help"], 0),
    ] {
        assert_eq!(run(words).status, status, "{words:?}");
    }
    // What does not load is written, with status 1; but never in place.
    let (_other, broken) = file("neighbor 192.0.2.1 {\n  md5 x;\n}\n");
    let run = run(&["migrate", "conf", "-f", "3.4", "-t", "5", &broken]);
    assert_eq!(run.status, 1);
    assert!(run.out.contains("md5-password \"x\";"), "{run:?}");
    assert!(run.err.contains("incomplete neighbor, missing local-as"), "{run:?}");
    let run = self::run(&["migrate", "conf", "-f", "3.4", "-t", "5", "-i", &broken]);
    assert!(run.status == 1 && run.err.contains("is left as it is"), "{run:?}");
    assert!(fs::read_to_string(&broken).unwrap().contains("md5 x;"));
}

#[test]
fn lines_of_helpers_are_translated() {
    let lines = "announce route 10.0.0.0/8 next-hop self\n\nneighbor 192.0.2.1 teardown 2\nversion";
    let expected = "peer * announce route 10.0.0.0/8 next-hop self\n\npeer 192.0.2.1 teardown 2\nsystem version";
    let words = ["migrate", "api", "-f", "4", "-t", "main"];
    assert_eq!(with_input(&words, lines).out, expected);
    let (_folder, input) = file(lines);
    let from_file = run(&[&words[..], &["-v", &input]].concat());
    assert_eq!((from_file.status, from_file.out.as_str()), (0, expected));
    assert!(from_file.err.contains("version -> system version\n"), "{}", from_file.err);
    assert_eq!(with_input(&["migrate", "api", "-f", "4", "-t", "5"], lines).out, lines);
}

/// A helper, written in shell, below the translation.
fn below(script: &str) -> Child {
    start(&["migrate", "api", "-f", "4", "-t", "main", "--exec", "/bin/sh", "-c", script])
}

/// Runs a helper to its end.
fn bridged(script: &str, input: &str) -> Run {
    with_input(&["migrate", "api", "-f", "4", "-t", "main", "-e", "/bin/sh", "-c", script], input)
}

#[test]
fn a_helper_is_translated_both_ways_and_its_exit_status_is_ours() {
    let script = "echo shutdown; read line; echo \"$line\"; read line || echo version; exit 7";
    let told = "{\"ip-reachability-tlv\":{\"prefix\":\"10.0.0.0/8\"}}\n";
    let run = bridged(script, told);
    assert_eq!(run.status, 7, "{run:?}");
    // What it was told in the old words is JSON that it says again, in the new ones.
    assert_eq!(run.out, format!("daemon shutdown\n{told}system version\n"));
    let run = bridged("read line; case $line in *'\"ip\":'*) exit 3;; esac", told);
    assert_eq!(run.status, 3, "{run:?}");
    assert_eq!(bridged("kill -KILL $$", "").status, 137);
    assert_eq!(
        self::run(&["migrate", "api", "-f", "4", "-t", "main", "--exec", "/no/such"]).status,
        127
    );
    // Options of the helper are not ours.
    let words = [
        "migrate",
        "api",
        "-f",
        "4",
        "-t",
        "main",
        "-e",
        "/bin/echo",
        "--root",
        "x",
        "--env",
        "-v",
    ];
    assert_eq!(self::run(&words).out, "--root x --env -v\n");
}

#[test]
fn a_helper_that_never_reads_still_speaks_and_one_that_floods_is_still_told() {
    // Far more than pipes hold, in both directions.
    let mut child = below(
        "i=0; while [ $i -lt 20000 ]; do echo announce route 10.0.0.0/8 next-hop self; i=$((i+1)); done; exit 4",
    );
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let line = format!("{{\"x\":\"{}\"}}\n", "y".repeat(1000));
        for _ in 0..10_000 {
            // Nobody reads once it has ended.
            if stdin.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
    });
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(
        lines.map_while(Result::ok).filter(|line| line.starts_with("peer * ")).count(),
        20_000
    );
    assert_eq!(child.wait().unwrap().code(), Some(4));
    writer.join().unwrap();

    // Nobody reads what it says, and it is told all the same.
    let mut child = below(
        "trap '' PIPE; (while :; do echo version || exit 0; done) & n=0; while read l; do n=$((n+1)); done; kill $!; [ $n = 3000 ] && exit 5",
    );
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..3000 {
        stdin.write_all(b"{\"a\":1}\n").unwrap();
    }
    drop(stdin);
    // Its output is closed, so that what it left in the pipe holds up nothing.
    let stdout = child.stdout.take().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5));
    drop(stdout);
}

#[test]
fn signals_end_the_helper_as_well() {
    for (signal, status) in [("INT", 130), ("TERM", 9)] {
        let mut child = below("trap 'exit 9' TERM INT; echo ready; while :; do sleep 0.1; done");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(status), "{signal}");
        // The helper had the pipe: it is gone.
        line.clear();
        assert_eq!(out.read_to_string(&mut line).unwrap(), 0);
    }
}

#[test]
fn a_reader_that_left_is_no_error_worth_words() {
    let (_folder, ugly) = file(&UGLY.repeat(20_000));
    for words in [&["fmt", &ugly][..], &["migrate", "conf", "-f", "4", "-t", "4", &ugly]] {
        let mut child = start(words);
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!err.contains("pipe") && !err.contains("panic"), "{err}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn every_file_that_is_written_over_is_kept() {
    let first = "neighbor 192.0.2.1 { local-as 1; peer-as 2; router-id 1.1.1.1; family { ipv4 nlri-mpls; } capability { route refresh; } }\n";
    let (folder, path) = file(first);
    assert_eq!(run(&["migrate", "conf", "-f", "4", "-t", "5", "-i", &path]).status, 0);
    let second = fs::read_to_string(&path).unwrap();
    assert_eq!(run(&["migrate", "conf", "-f", "5", "-t", "main", "-i", &path]).status, 0);
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let copies = entries.filter(|path| path.extension().is_some_and(|e| e == "bak"));
    let mut copies: Vec<String> = copies.map(|path| fs::read_to_string(path).unwrap()).collect();
    copies.sort();
    let mut expected = [first.to_owned(), second];
    expected.sort();
    assert_eq!(copies, expected);
}
