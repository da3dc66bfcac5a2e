//! Files of ExaBGP 3.4, and which dialect a file is in.
//!
//! `exabgp-3.4/NAME.conf` is read, and `NAME.said` has every warning and error of it; `refused-…` do not load. With the
//! variable `YOTTABGP_BLESS` set, the latter are written instead of compared.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use common::{BASE, bad, lines, loaded, run};
use yottabgp_config::loader::Offline;
use yottabgp_config::print::{self, Secrets};
use yottabgp_config::{Configuration, Dialect, Encoder, Environment, MessageFlags, Source, parse};
use yottabgp_wire::codes::{Family, Safi};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exabgp-3.4");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
        .collect();
    files.sort();
    files
}

fn file(name: &str) -> Configuration {
    let path = files().into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == name));
    loaded(&std::fs::read_to_string(path.unwrap()).unwrap()).0
}

#[test]
fn every_file_loads_or_is_refused_and_says_what_it_says() {
    let mut wrong = String::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let result = run(&text);
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(result.is_err(), name.starts_with("refused"), "{name}: {result:?}");
        let diagnostics = match &result {
            Ok((configuration, warnings)) => {
                assert_eq!(configuration.dialect, Dialect::ExaBgp34, "{name}");
                warnings
            }
            Err(errors) => errors,
        };
        let said = lines(&text, diagnostics).join("\n") + "\n";
        let expected = path.with_extension("said");
        if std::env::var_os("YOTTABGP_BLESS").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        if said != expected {
            let _ = writeln!(wrong, "{name}:\n--- expected\n{expected}--- said\n{said}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_a_file_means_can_be_written_in_the_words_of_today() {
    for path in files() {
        let Ok((old, _)) = run(&std::fs::read_to_string(&path).unwrap()) else { continue };
        let text = print::configuration(&old, Secrets::Shown);
        let environment = Environment { dialect: Some(Dialect::ExaBgp5), ..Environment::default() };
        let source = Source { name: "t".into(), text: text.clone() };
        match parse(&source, &Offline, &environment) {
            Ok((today, warnings)) => {
                assert!(today.is_same(&old), "{path:?}\n{text}");
                let warnings = lines(&text, &warnings);
                // A route that waits for no watchdog is announced by both, and an empty name is a name.
                assert!(
                    warnings.iter().all(|line| !line.contains("3.4")),
                    "{path:?}: {warnings:?}"
                );
            }
            Err(errors) => panic!("{path:?}\n{text}\n{}", lines(&text, &errors).join("\n")),
        }
    }
}

fn dialect(text: &str) -> Dialect {
    match run(text) {
        Ok((configuration, _)) => configuration.dialect,
        Err(errors) => panic!("{text}\n{}", lines(text, &errors).join("\n")),
    }
}

#[test]
fn the_dialect_is_told_by_what_only_one_side_knows() {
    let neighbor = |body: &str| format!("neighbor 192.0.2.1 {{ {BASE} {body} }}");
    let group = |body: &str| format!("group g {{ {BASE} {body} neighbor 192.0.2.1 {{ }} }}");
    for old in [
        group(""),
        group("md5-password x; outgoing-ttl 3;"),
        neighbor("process p { run /p; }"),
        neighbor("process { neighbor-changes; }"),
        neighbor("md5 x;"),
        neighbor("MD5 x;"),
        neighbor("ttl-security;"),
        neighbor("family { inet unicast; }"),
        neighbor("family { minimal; }"),
        neighbor("graceful-restart;"),
        neighbor("add-path send;"),
        neighbor("multi-session;"),
        neighbor("aigp;"),
        neighbor("static { route 10.0.0.0/8 next-hop 1.1.1.1 as-sequence [ 1 ]; }"),
        neighbor("static { route 10.0.0.0/8 { next-hop 1.1.1.1; withdrawn; watchdog w; } }"),
    ] {
        assert_eq!(dialect(&old), Dialect::ExaBgp34, "{old}");
    }
    for modern in [
        neighbor(""),
        neighbor("passive; static { route 10.0.0.0/8 next-hop 1.1.1.1; }"),
        // Spellings give way to what 3.4 did not have.
        neighbor("md5 x; api { neighbor-changes; }"),
        neighbor("family { inet unicast; } announce { }"),
        neighbor("graceful-restart; host-name r1;"),
        neighbor("graceful-restart; capability { extended-message disable; }"),
        neighbor("graceful-restart; family { ipv4 mup; }"),
        format!("process p {{ run /p; }} {}", neighbor("md5 x;")),
        format!("template {{ neighbor t {{ ttl-security; }} }} {}", neighbor("inherit t;")),
        // Words that are no words of the language.
        neighbor("description \"group { md5 x; }\";"),
        neighbor("static { # withdrawn\n route 10.0.0.0/8 next-hop 1.1.1.1 name withdrawn-1; }"),
        neighbor("static { route 10.0.0.0/8 next-hop 1.1.1.1 name \"md5 } md5\"; }"),
        neighbor("static { route 10.0.0.0/8 next-hop 1.1.1.1 as-path [ { 1 } ]; } host-name a;"),
    ] {
        assert_eq!(dialect(&modern), Dialect::ExaBgp5, "{modern}");
    }
}

#[test]
fn a_file_of_both_is_refused_and_shows_both() {
    let neighbor = format!("neighbor 192.0.2.1 {{ {BASE} }}");
    for (old, modern) in [
        (format!("group g {{ {neighbor} }}"), "template { neighbor t { } }".to_owned()),
        (format!("group g {{ {neighbor} }}"), "process p { run /p; }".to_owned()),
        (
            neighbor.replace('}', "process p { run /p; } }"),
            neighbor.replace("2.1", "2.2").replace('}', "api { } }"),
        ),
    ] {
        for (first, second) in [(&old, &modern), (&modern, &old)] {
            let text = format!("# both\n{first}\n{second}\n");
            let Err(errors) = run(&text) else { panic!("this loads: {text}") };
            let [error] = &*errors else { panic!("{:?}", lines(&text, &errors)) };
            let line =
                |span: yottabgp_wire::io::tokens::Span| common::source(&text).position(span).line;
            let (other, _) = error.related.clone().unwrap();
            let mut places = [line(error.span), line(other)];
            places.sort_unstable();
            assert_eq!(places, [2, 3], "{text}");
            for dialect in [Dialect::ExaBgp34, Dialect::ExaBgp5] {
                let environment = Environment { dialect: Some(dialect), ..Environment::default() };
                let (configuration, _) =
                    parse(&common::source(&text), &Offline, &environment).unwrap();
                assert_eq!(configuration.dialect, dialect);
            }
        }
    }
}

fn as_dialect(dialect: Dialect, text: &str) -> Configuration {
    let environment = Environment { dialect: Some(dialect), ..Environment::default() };
    parse(&common::source(text), &Offline, &environment).unwrap().0
}

#[test]
fn each_dialect_has_its_defaults() {
    let text = common::wrap("host-name r1; capability { operational; }");
    let [old, four, five] = [Dialect::ExaBgp34, Dialect::ExaBgp4, Dialect::ExaBgp5]
        .map(|dialect| as_dialect(dialect, &text).neighbors.remove(0).settings);
    assert_eq!(
        (old.group_updates, old.extended_message, old.operational_of_exabgp_3_4),
        (false, false, true)
    );
    assert_eq!(
        (four.group_updates, four.extended_message, four.operational_of_exabgp_3_4),
        (true, true, false)
    );
    assert_eq!((&*four.host_name, &*five.host_name), ("", "r1"));
    assert_eq!(old.families.len(), 12);
    assert!(!old.families.contains(&Family::new(yottabgp_wire::codes::Afi::IPV6, Safi::MULTICAST)));
    assert!(four.families.iter().all(|family| family.safi != Safi::MUP));
    assert!(five.families.iter().any(|family| family.safi == Safi::MUP));
    let environment = Environment::default();
    assert!(!environment.acknowledges(Dialect::ExaBgp34));
    assert!(environment.acknowledges(Dialect::ExaBgp4));
}

#[test]
fn the_encoder_of_a_process_is_that_of_the_environment() {
    let text = common::wrap("process p { run /p; }");
    let mut environment = Environment::default();
    let encoder = |environment: &Environment| {
        parse(&common::source(&text), &Offline, environment).unwrap().0.processes[0].encoder
    };
    assert_eq!(encoder(&environment), Encoder::Text);
    environment.api.encoder = Some(Encoder::Json);
    assert_eq!(encoder(&environment), Encoder::Json);
}

#[test]
fn passwords_are_the_rest_of_their_line() {
    let passwords: Vec<_> = file("passwords")
        .neighbors
        .into_iter()
        .map(|neighbor| String::from_utf8(neighbor.md5_password.unwrap()).unwrap())
        .collect();
    assert_eq!(passwords, ["it's#a secret", "a b;c", "\"a b\" "]);
}

#[test]
fn programs_keep_their_characters() {
    let characters = file("characters");
    assert_eq!(
        characters.processes[0].run,
        ["/usr/bin/p", "--tag", "#1", "two words", "backslash"]
    );
    assert_eq!(characters.neighbors[0].description, "DOMAIN\\nobody # 1");
    let group = file("process-of-a-group");
    assert_eq!(group.processes[1].run, ["/usr/bin/watch", "a b", "c d"]);
}

#[test]
fn words_of_the_language_may_be_in_upper_case_and_texts_stay_as_they_are() {
    let configuration = file("upper-case");
    let process = &configuration.processes[0];
    assert_eq!((&*process.name, &*process.run.join(" ")), ("dog", "/usr/bin/Dog --Name X"));
    let neighbor = &configuration.neighbors[0];
    assert_eq!(neighbor.description, "A Friend");
    assert_eq!(neighbor.routes.get(0).unwrap().watchdog.as_deref(), Some("dog"));
}

#[test]
fn what_processes_ask_for_without_a_name_goes_to_the_process_of_the_group() {
    let configuration = file("process-without-a-name");
    let told = &configuration.neighbors[0].api;
    let block = told.iter().find(|block| block.receive.has(MessageFlags::UPDATE)).unwrap();
    assert_eq!(block.processes, ["service".into()]);
}

#[test]
fn every_process_commands_every_neighbor() {
    let configuration = file("process-of-a-group");
    for neighbor in &configuration.neighbors {
        for process in &configuration.processes {
            let commands = neighbor.api.iter().any(|block| block.processes.contains(&process.name));
            assert!(commands, "{} {}", neighbor.name, process.name);
        }
    }
    // The process of the group is told of all of them, that of the neighbor of its own.
    let told = |index: usize| {
        let blocks = configuration.neighbors[index].api.iter();
        let changes = blocks.filter(|block| block.neighbor_changes);
        changes.flat_map(|block| &block.processes).map(|name| &**name).collect::<Vec<_>>()
    };
    assert_eq!(told(0), ["service"]);
    assert_eq!(told(1), ["watcher", "service"]);
    assert_eq!(told(2), ["service"]);
}

#[test]
fn flags_of_a_modern_file_stay_as_they_are_and_an_unknown_one_says_what_3_4_would_do() {
    let flow = |more: &str, value: &str| {
        let text = common::wrap(&format!(
            "{more} flow {{ route {{ match {{ {value}; }} then {{ discard; }} }} }}"
        ));
        let (configuration, warnings) = loaded(&text);
        let nlri = configuration.neighbors[0].routes.get(0).unwrap().nlri().unwrap().bytes;
        (nlri.iter().map(|octet| format!("{octet:02X}")).collect::<String>(), warnings)
    };
    let (octets, warnings) = flow("host-name a;", "fragment [ last-fragment ]");
    assert_eq!((&*octets, warnings.len()), ("030C8008", 0));
    let (octets, warnings) = flow("", "fragment [ last-fragment ]");
    assert_eq!((&*octets, warnings.len()), ("030C8008", 1));
    assert!(warnings[0].contains("write fragment [ =last-fragment ];"), "{warnings:?}");
    let (octets, warnings) = flow("", "tcp-flags [ syn+ack ]");
    assert_eq!((&*octets, warnings.len()), ("03098012", 0));
    let (octets, _) = flow("md5 x;", "fragment [ last-fragment ]");
    assert_eq!(octets, "030C8108");
    // ExaBGP keeps the first value of these in a modern file: half of a rule is dangerous.
    let two = "flow { route { match { port =80 =8080; } then { discard; } } }";
    assert!(bad(&common::wrap(two))[0].contains("is not in brackets"));
}

#[test]
fn a_warning_is_given_once_for_each_construct() {
    let two = format!(
        "{}\n{}",
        common::wrap("md5 a; ttl-security;"),
        common::wrap("md5 b;\nttl-security 3;").replace("2.1 ", "2.2 ")
    );
    let (_, warnings) = loaded(&two);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn a_neighbor_replaces_the_families_and_messages_of_its_group() {
    let text = "group g { local-as 1; peer-as 1; router-id 1.1.1.1; family { all; }
        capability { operational; }
        operational { asm afi ipv4 safi unicast advisory \"group\"; }
        neighbor 192.0.2.1 { family { ipv4 unicast; } operational { asm afi ipv4 safi unicast advisory \"own\"; } }
        neighbor 192.0.2.2 { }
    }";
    let (configuration, _) = loaded(text);
    let [first, second] = &*configuration.neighbors else { panic!() };
    assert_eq!(first.settings.families, [Family::IPV4_UNICAST]);
    assert_eq!(second.settings.families.len(), 12);
    assert_eq!((first.operational.len(), second.operational.len()), (1, 1));
    assert_ne!(first.operational, second.operational);
    // One without neighbors is loaded by 3.4, too.
    assert_eq!(loaded("group g { }").0.neighbors, []);
}
