//! Where the program of `run` is looked for, and what is refused.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod common;

use yottabgp_config::loader::Program;
use yottabgp_config::{Environment, Loader, parse};

/// A machine with these files and variables.
struct Machine {
    files: Vec<(&'static str, Program)>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Loader for Machine {
    fn directory(&self) -> &str {
        "/conf"
    }

    fn variable(&self, name: &str) -> Option<String> {
        let found = self.variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| value.to_string())
    }

    fn program(&self, path: &str) -> Program {
        let found = self.files.iter().find(|(file, _)| *file == path);
        found.map_or(Program::Missing, |(_, program)| program.clone())
    }
}

fn run(machine: &Machine, command: &str) -> Result<Vec<String>, String> {
    let text = format!("process p {{ run {command}; }}");
    match parse(&common::source(&text), machine, &Environment::default()) {
        Ok((mut configuration, _)) => Ok(configuration.processes.remove(0).run),
        Err(errors) => Err(common::lines(&text, &errors).join("\n")),
    }
}

#[test]
fn the_first_place_that_has_it_counts() {
    let mut machine = Machine {
        files: ["/conf/a", "/etc/exabgp/a", "/bin/a", "/usr/bin/a"]
            .map(|path| (path, Program::Executable))
            .into(),
        variables: vec![("PATH", "/usr/bin::/bin")],
    };
    for expected in ["/conf/a", "/etc/exabgp/a", "/usr/bin/a", "/bin/a"] {
        assert_eq!(run(&machine, "a -x"), Ok(vec![expected.to_owned(), "-x".to_owned()]));
        machine.files.retain(|(path, _)| *path != expected);
    }
    assert_eq!(
        run(&machine, "a"),
        Err("t:1:17: error: can not locate the program \"a\" (looked for /conf/a, /etc/exabgp/a, /usr/bin/a, /bin/a)".into())
    );
    assert_eq!(
        run(&machine, "/x/a"),
        Err("t:1:17: error: can not locate the program \"/x/a\"".into())
    );
}

#[test]
fn relative_paths_are_beside_the_file_and_old_ones_in_the_folder_of_exabgp() {
    let executable = |path| vec![(path, Program::Executable)];
    let machine = Machine { files: executable("/conf/../x/./run.py"), variables: vec![] };
    assert_eq!(run(&machine, "../x/./run.py"), Ok(vec!["/conf/../x/./run.py".to_owned()]));
    let machine =
        Machine { files: executable("/opt/etc/y"), variables: vec![("EXABGP_ETC", "/opt/etc/")] };
    assert_eq!(run(&machine, "etc/exabgp/y"), Ok(vec!["/opt/etc/y".to_owned()]));
    let machine =
        Machine { files: executable("/home/etc/exabgp/y"), variables: vec![("PWD", "/home")] };
    assert_eq!(run(&machine, "etc/exabgp/y"), Ok(vec!["/home/etc/exabgp/y".to_owned()]));
}

#[test]
fn a_whole_command_in_quotes_is_taken_apart() {
    let machine = Machine { files: vec![("/a", Program::Executable)], variables: vec![] };
    assert_eq!(run(&machine, "\"/a b c\""), Ok(["/a", "b", "c"].map(str::to_owned).into()));
    assert_eq!(
        run(&machine, "\"/b b c\""),
        Err("t:1:17: error: can not locate the program \"/b b c\"".into())
    );
}

#[test]
fn what_can_not_be_run_is_refused_with_the_reason() {
    for (program, reason) in [
        (Program::Directory, "can not execute directories \"/a\""),
        (Program::NotAFile, "the program must be a regular file: \"/a\""),
        (Program::SetUserId, "refusing to run setuid programs \"/a\""),
        (Program::SetGroupId, "refusing to run setgid programs \"/a\""),
        (
            Program::NotExecutable,
            "this user will not be able to run the program \"/a\" (chmod a+rx makes it executable)",
        ),
        (Program::Unreadable("no".into()), "can not access program \"/a\": no"),
    ] {
        let machine = Machine { files: vec![("/a", program)], variables: vec![] };
        assert_eq!(run(&machine, "/a"), Err(format!("t:1:17: error: {reason}")));
    }
}

/// A machine whose Python has, or has not, the package of ExaBGP.
struct Pythonic {
    machine: Machine,
    has_exabgp: bool,
}

impl Loader for Pythonic {
    fn directory(&self) -> &str {
        self.machine.directory()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.machine.variable(name)
    }

    fn program(&self, path: &str) -> Program {
        self.machine.program(path)
    }

    fn has_exabgp(&self, interpreter: &str) -> bool {
        assert_eq!(interpreter, "/usr/bin/python3");
        self.has_exabgp
    }

    fn own_program(&self) -> Option<String> {
        Some("/opt/own".to_owned())
    }
}

#[test]
fn our_own_health_check_stands_in_for_one_that_is_not_there() {
    let run = |files: &[&'static str], has_exabgp, command: &str| {
        let files = files.iter().map(|path| (*path, Program::Executable)).collect();
        let machine = Machine { files, variables: vec![("PATH", "/usr/bin")] };
        let text = format!("process p {{ run {command}; }}");
        let machine = Pythonic { machine, has_exabgp };
        let parsed = parse(&common::source(&text), &machine, &Environment::default());
        parsed.map(|(mut configuration, _)| configuration.processes.remove(0).run.join(" "))
    };
    let python = ["/usr/bin/python3", "/usr/bin/env"];
    let own = "/opt/own healthcheck --cmd a b -s";
    for words in [
        "python3 -m exabgp healthcheck --cmd \"a b\" -s",
        "/usr/bin/python3 -m exabgp healthcheck --cmd \"a b\" -s",
        "/usr/bin/env python3 -m exabgp healthcheck --cmd \"a b\" -s",
        "exabgp healthcheck --cmd \"a b\" -s",
        "/usr/sbin/exabgp healthcheck --cmd \"a b\" -s",
        "exabgp-healthcheck --cmd \"a b\" -s",
        "\"exabgp healthcheck --cmd a b -s\"",
    ] {
        assert_eq!(run(&python, false, words).unwrap(), own, "{words}");
    }
    // No Python at all.
    assert_eq!(run(&[], false, "python -m exabgp healthcheck --cmd \"a b\" -s").unwrap(), own);
    // What is there is run.
    let there = "/usr/bin/python3 -m exabgp healthcheck -s";
    assert_eq!(run(&python, true, "python3 -m exabgp healthcheck -s").unwrap(), there);
    let there = "/usr/bin/exabgp healthcheck -s";
    assert_eq!(run(&["/usr/bin/exabgp"], false, "exabgp healthcheck -s").unwrap(), there);
    // Nothing else is replaced.
    assert!(run(&[], false, "python3 -m exabgp decode").is_err());
    assert!(run(&[], false, "exabgp decode").is_err());
}
