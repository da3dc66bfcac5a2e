//! `validate`, `configuration` and `schema` as their users see them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

mod program;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use program::{Run, command, file, finish, run};
use proptest::prelude::*;
use serde_json::Value;

/// Runs it with this input and these variables.
fn with(words: &[&str], input: &[u8], variables: &[(&str, &str)]) -> Run {
    let mut command = command(words);
    command.envs(variables.iter().copied());
    finish(command, input)
}

/// A neighbor with these statements.
fn neighbor(body: &str) -> String {
    format!(
        "neighbor 192.0.2.1 {{\n  local-as 65001; peer-as 65002; router-id 192.0.2.9;\n  {body}\n}}\n"
    )
}

/// What is wrong with a text, as JSON: severity, code, line, column and message.
fn found(text: &str) -> Vec<(String, String, u64, u64, String)> {
    let run = with(&["validate", "--json", "-"], text.as_bytes(), &[]);
    assert_eq!(run.err, "");
    let document: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.status == 0, document["valid"].as_bool().unwrap());
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let list = document["diagnostics"].as_array().unwrap().iter();
    list.map(|found| {
        let start = &found["span"]["start"];
        (
            word(&found["severity"]),
            word(&found["code"]),
            start["line"].as_u64().unwrap(),
            start["column"].as_u64().unwrap(),
            word(&found["message"]),
        )
    })
    .collect()
}

/// The one thing that is wrong with the statements of a neighbor: severity and code, and what its message has.
fn one(body: &str, severity: &str, code: &str, says: &str) {
    let found = found(&neighbor(body));
    assert_eq!(found.len(), 1, "{found:?}");
    let (of, is, line, _, message) = &found[0];
    let shown = body.get(..200).unwrap_or(body);
    assert_eq!((of.as_str(), is.as_str()), (severity, code), "{shown}: {message}");
    assert!(*line >= 1 && message.contains(says), "{message}");
}

#[test]
fn what_is_wrong_has_a_code_and_a_place() {
    assert_eq!(found(&neighbor("")), []);
    one("med 5;", "error", "keyword", "med");
    one("nonsense { }", "error", "section", "nonsense");
    one("hold-time 2;", "error", "value", "hold-time 2");
    one("hold-time 30 40;", "warning", "ignored", "ignored");
    one("hold-time \"30;", "error", "syntax", "has no end");
    one("inherit nobody;", "error", "template", "nobody");
    one("api { processes [ nobody ]; }", "error", "process", "nobody");
    one("api { processes-match [ \"no.*\" ]; }", "warning", "process", "no.*");
    one(
        "family { ipv4 unicast; } static { route 2001:db8::/32 next-hop ::1; }",
        "error",
        "route",
        "ipv6",
    );
    one("static { route 10.0.0.0/8 next-hop 2001:db8::1; }", "error", "next-hop", "RFC 8950");
    one("static { route 2001:db8::/32 next-hop self; }", "error", "route", "next-hop self");
    one("static { route 10.0.0.0/8 next-hop 192.0.2.1; }", "warning", "next-hop", "own address");
    one("static { route 10.0.0.0/8 next-hop 0.0.0.0; }", "warning", "next-hop", "0.0.0.0");
    let [(_, code, line, column, _)] = &found("neighbor 192.0.2.1 {\n}\n")[..] else { panic!() };
    assert_eq!((code.as_str(), *line, *column), ("neighbor", 1, 1));
    let braces = found(&(neighbor("") + "}\n"));
    assert_eq!((braces[0].1.as_str(), braces[0].2), ("braces", 5));
}

#[test]
fn an_update_has_to_fit() {
    let communities = |count: usize| {
        let list: Vec<String> = (0..count).map(|number| format!("65001:{number}")).collect();
        format!(
            "static {{ route 10.0.0.0/8 next-hop 192.0.2.9 community [ {} ]; }}",
            list.join(" ")
        )
    };
    assert_eq!(found(&neighbor(&communities(900))), []);
    one(&communities(1100), "warning", "size", "extended messages (RFC 8654)");
    let short = format!("capability {{ extended-message disable; }} {}", communities(1100));
    one(&short, "error", "size", "do not fit in an UPDATE");
    one(&communities(16_380), "error", "size", "do not fit in an UPDATE");
}

#[test]
fn programs_are_looked_at_as_the_user_that_runs_them() {
    let (folder, _) = file("");
    let script = folder.path().join("helper");
    let text = format!("process a {{ run {}; }}\n", script.display());
    let mode = |mode: u32| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&script, permissions).unwrap();
    };
    let message = |user: &str| {
        let variables = [("exabgp_daemon_user", user)];
        let run = with(&["validate", "--json", "-"], text.as_bytes(), &variables);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        document["diagnostics"][0]["message"].as_str().unwrap_or_default().to_owned()
    };
    let us = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    assert!(message(us.trim()).contains("can not locate the program"), "{}", message(us.trim()));
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    mode(0o644);
    assert!(message(us.trim()).contains("will not be able to run"), "{}", message(us.trim()));
    mode(0o755);
    assert_eq!(message(us.trim()), "");
    std::fs::write(&script, "#!/no/such/python\n").unwrap();
    assert!(message(us.trim()).contains("\"/no/such/python\", which is not there"));
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    if us.trim() != "root" {
        println!("SKIPPED: only root becomes another user");
        return;
    }
    assert!(message("no-such-user").contains("no such user"));
    // The folder is for us alone.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(
        message("nobody").contains("the user nobody will not be able to run"),
        "{}",
        message("nobody")
    );
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(message("nobody"), "");
    mode(0o750);
    assert!(message("nobody").contains("the user nobody will not be able to run"));
}

#[test]
fn warnings_count_when_they_are_to() {
    let (_folder, doubtful) = file(&neighbor("hold-time 30 40;"));
    let lenient = run(&["validate", &doubtful]);
    assert_eq!(lenient.status, 0);
    assert!(lenient.err.starts_with("warning: "), "{}", lenient.err);
    let strict = run(&["configuration", "validate", "--strict", &doubtful]);
    assert_eq!(strict.status, 1);
    assert!(
        strict.err.contains(&format!("error: {doubtful} is not a valid config file: what follows")),
        "{}",
        strict.err
    );
    let json = run(&["validate", "--strict", "--json", &doubtful]);
    assert_eq!(json.status, 1);
    assert!(json.out.contains("\"valid\":false"));
}

#[test]
fn every_file_is_checked_and_reported() {
    let (_one, good) = file(&neighbor(""));
    let (_two, wrong) = file(&neighbor("med 5;\n  dem 6;"));
    let run = run(&["validate", &wrong, "/no/such/file", &good]);
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    for part in [
        "\"med\"",
        "\"dem\"",
        "and 1 more",
        "/no/such/file is not an exabgp config file (file not found)",
    ] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    let json = self::run(&["validate", "-nr", "--json", &wrong, "/no/such/file", &good]);
    let document: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.status, json.err.as_str()), (1, ""));
    let valid: Vec<bool> = document["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["valid"].as_bool().unwrap())
        .collect();
    assert_eq!(valid, [false, false, true]);
    let first = &document["diagnostics"][0];
    assert_eq!((&first["file"], &first["help"]), (&Value::from(wrong), &first["help"]));
    assert_eq!(first["span"]["start"], serde_json::json!({ "line": 3, "column": 3, "offset": 77 }));
    assert_eq!(first["span"]["end"]["offset"], 80);
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 3);
    // The second place of a diagnostic.
    let twice = with(
        &["validate", "--json", "-"],
        neighbor("hold-time 30;\n hold-time 40;").as_bytes(),
        &[],
    );
    let document: Value = serde_json::from_str(&twice.out).unwrap();
    assert_eq!(document["diagnostics"][0]["related"][0]["span"]["start"]["line"], 3);
}

#[test]
fn the_document_is_there_for_octets_of_any_kind() {
    for input in [
        &b""[..],
        b"\xff\xfe",
        b"\0",
        b"neighbor \"\xe2\x80\xa8\x1b[0m\" {",
        b"}",
        b"\xef\xbb\xbf;",
    ] {
        let run = with(&["validate", "-nr", "--json", "-"], input, &[]);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.status, &document["valid"]), (1, &Value::Bool(false)), "{input:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_document_is_there_for_any_text(text in "[ -~\\n\"'{};é]{0,80}") {
        let run = with(&["validate", "--json", "-"], text.as_bytes(), &[]);
        let document: Value = serde_json::from_str(&run.out).unwrap();
        prop_assert_eq!(document["valid"].as_bool().unwrap(), run.status == 0);
    }
}

#[test]
fn a_configuration_is_exported() {
    let (folder, name) = file(&neighbor("static { route 10.0.0.0/8 next-hop self; }"));
    let shown = run(&["configuration", "export", &name]);
    assert_eq!((shown.status, shown.err.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&shown.out).unwrap();
    let neighbors = document["neighbors"].as_object().unwrap();
    assert_eq!(
        neighbors.values().next().unwrap()["static"]["route"][0],
        "10.0.0.0/8 next-hop self"
    );
    assert!(shown.out.contains("\n  \"neighbors\": {\n"), "{}", shown.out);
    let compact = run(&["configuration", "export", "-i", "0", &name]);
    assert_eq!(
        (compact.out.lines().count(), serde_json::from_str::<Value>(&compact.out).unwrap()),
        (1, document)
    );
    let output = folder.path().join("out.json");
    let written =
        run(&["configuration", "export", "-i", "4", "-o", output.to_str().unwrap(), &name]);
    assert_eq!((written.status, written.out.as_str()), (0, ""));
    assert!(std::fs::read_to_string(&output).unwrap().contains("\n    \"neighbors\": {\n"));
    assert_eq!(run(&["configuration", "export", "/no/such"]).status, 1);
    assert_eq!(with(&["configuration", "export", "-"], b"neighbor {}", &[]).status, 1);
}

#[test]
fn the_example_is_good_and_the_schema_is_shown() {
    for words in [&["configuration", "example"][..], &["configuration", "example", "full"]] {
        let example = run(words);
        assert_eq!(example.status, 0);
        // The helper of the example is nowhere.
        let text = example.out.replace("/usr/local/bin/watcher", "/bin/cat");
        let checked = with(&["validate", "-nr", "--strict", "-"], text.as_bytes(), &[]);
        assert_eq!((checked.status, checked.err.as_str()), (0, ""));
    }
    let whole = run(&["schema"]);
    assert_eq!(run(&["schema", "export"]).out, whole.out);
    let one = run(&["schema", "export", "capability", "--compact"]);
    assert_eq!((one.status, one.out.lines().count()), (0, 1));
    assert_eq!(one.out, run(&["schema", "capability", "--compact"]).out);
    let wrong = run(&["schema", "nonsense"]);
    assert_eq!((wrong.status, wrong.out.as_str()), (1, ""));
    assert!(
        wrong.err.contains("'nonsense' is not a section: process, healthcheck, neighbor"),
        "{}",
        wrong.err
    );
    assert_eq!(run(&["schema", "a", "b"]).status, 1);
    assert_eq!(run(&["configuration", "example", "half"]).status, 2);
    assert_eq!(run(&["configuration"]).status, 1);
}

#[test]
fn what_is_said_has_an_end_whatever_the_file_has() {
    let text = "x".repeat(3_000_000);
    let (_folder, path) = file(&text);
    let json = run(&["validate", "--json", &path]);
    assert_eq!(json.status, 1);
    serde_json::from_str::<Value>(&json.out).unwrap();
    assert!(json.out.len() < 100_000, "{}", json.out.len());
    let plain = run(&["validate", &path]);
    assert!(plain.status == 1 && plain.err.len() < 100_000, "{}", plain.err.len());
}

#[test]
fn passwords_are_not_shown() {
    for text in [
        "template { neighbor t { md5-password hidden1; } } neighbor 192.0.2.1 { inherit t; md5-password hidden2; local-as 1; peer-as 2; router-id 1.1.1.1; }\n",
        "neighbor 192.0.2.1 { local-as 1; peer-as 2; router-id 1.1.1.1; md5-password hidden1 hidden2; hold-time 1; }\n",
        "neighbor 192.0.2.1 {\n local-as 1; peer-as 2; router-id 1.1.1.1;\n md5 hidden1;\n md5-pasword hidden2;\n}\n",
        "neighbor 192.0.2.1 { local-as 1; peer-as 2; router-id 1.1.1.1; tcp-ao { key-id 300; algorithm x; password hidden1; } }\n",
    ] {
        let (_folder, path) = file(text);
        let commands: [&[&str]; 3] = [
            &["validate", "-nr", &path],
            &["validate", "--json", &path],
            &["migrate", "conf", "-n", "-f", "3.4", "-t", "main", &path],
        ];
        for words in commands {
            let said = run(words);
            assert!(!said.err.is_empty() || !said.out.is_empty());
            assert!(!said.err.contains("hidden") && !said.out.contains("hidden"), "{said:?}");
        }
    }
}
