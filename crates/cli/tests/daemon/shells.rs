//! Completion in the shells themselves, and the pages of the manual.

use std::fs;
use std::process::{Command, Output};

use yottabgp_testkit::process::find;

use crate::support::{Lab, Site, Terminal};

/// What this line of a screen ends with, if the prompt is on it.
fn completes(terminal: &Terminal, typed: &str, wanted: &str) {
    terminal.press("C-u");
    terminal.write(typed);
    terminal.press("Tab");
    let what = format!("{typed:?} becomes {wanted:?}");
    terminal.until(&what, |screen| {
        let last = screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        last.trim_end().ends_with(wanted)
            || screen.lines().any(|line| line.trim_end() == format!("% {wanted}"))
    });
}

#[test]
fn the_shells_complete() {
    let site = Site::new(2);
    let daemon = Lab::new().start(&site.neighbor(""));
    for (shell, words, prepare) in [
        ("bash", "--norc --noprofile -i", "PS1='% '; source <(yottabgp shell completion bash)"),
        (
            "zsh",
            "-f -i",
            "PS1='% '; autoload -U compinit; compinit -D -u; source <(yottabgp shell completion zsh)",
        ),
        (
            "fish",
            "--private --init-command 'function fish_prompt; echo \"% \"; end; set -g fish_greeting'",
            "yottabgp shell completion fish | source",
        ),
    ] {
        let Some(terminal) = Terminal::shell(&daemon, shell, words) else { continue };
        terminal.line(&format!("{prepare}; echo rea''dy"));
        terminal.until("the shell", |screen| screen.lines().any(|line| line.trim() == "ready"));
        // Subcommands, flags, commands of the API, and the peer that the daemon has.
        completes(&terminal, "yottabgp valid", "yottabgp validate");
        completes(&terminal, "yottabgp decode --conf", "yottabgp decode --configuration");
        completes(&terminal, "yottabgp run with", "yottabgp run withdraw");
        completes(
            &terminal,
            "yottabgp run show neighbor 127",
            "yottabgp run show neighbor 127.0.0.2",
        );
        completes(
            &terminal,
            "yottabgp run announce ipv4 mpls-",
            "yottabgp run announce ipv4 mpls-vpn",
        );
        // Files, where there is a file.
        let folder = daemon.lab.folder().display();
        completes(
            &terminal,
            &format!("yottabgp validate {folder}/test.c"),
            &format!("yottabgp validate {folder}/test.conf"),
        );
    }
    daemon.stop();
}

fn shell(words: &[&str], home: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yottabgp"))
        .arg("shell")
        .args(words)
        .env("HOME", home)
        .env("SHELL", "/usr/bin/fish")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap()
}

#[test]
fn scripts_are_installed_and_removed() {
    let home = tempfile::tempdir().unwrap();
    for (words, file) in [
        (&["bash"][..], ".local/share/bash-completion/completions/exabgp"),
        (&["zsh"], ".zsh/completions/_exabgp"),
        // The shell of the user, when none is named.
        (&[], ".config/fish/completions/exabgp.fish"),
    ] {
        let path = home.path().join(file);
        let output = shell(&[&["install"], words].concat(), home.path());
        assert!(output.status.success(), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains(path.to_str().unwrap()));
        assert!(fs::read_to_string(&path).unwrap().contains("shell words"), "{file}");
        // Once more is no harm.
        assert!(shell(&[&["install"], words].concat(), home.path()).status.success());
        assert!(shell(&[&["uninstall"], words].concat(), home.path()).status.success());
        assert!(!path.exists(), "{file}");
    }
    // What is somebody else's stays.
    let path = home.path().join(".zsh/completions/_exabgp");
    fs::write(&path, "of the package").unwrap();
    let output = shell(&["install", "zsh"], home.path());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(shell(&["uninstall", "zsh"], home.path()).status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "of the package");
    assert_eq!(shell(&["completion", "tcsh"], home.path()).status.code(), Some(2));
}

#[test]
fn the_manual_is_well_formed_and_complete() {
    let folder = tempfile::tempdir().unwrap();
    for (page, file, words) in [
        ("program", "yottabgp.1", &["validate", "exabgp_tcp_port", "SIGUSR1", "batch"][..]),
        ("conf", "yottabgp.conf.5", &["NEIGHBOR/CAPABILITY", "hold", "md5"]),
    ] {
        let output = shell(&["man", page], folder.path());
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        for word in words {
            assert!(text.replace('\\', "").contains(word), "{page}: {word}");
        }
        let path = folder.path().join(file);
        fs::write(&path, text).unwrap();
        for (program, flags) in [
            ("mandoc", &["-T", "lint", "-W", "error"][..]),
            ("man", &["--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l"]),
        ] {
            if find(program).is_none() {
                println!("SKIPPED: no {program}");
                continue;
            }
            let output = Command::new(program).args(flags).arg(&path).output().unwrap();
            let told = format!(
                "{}{}",
                if program == "mandoc" {
                    String::from_utf8_lossy(&output.stdout)
                } else {
                    "".into()
                },
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(output.status.success() && told.is_empty(), "{program} {file}: {told}");
        }
    }
}
