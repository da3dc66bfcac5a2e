//! Files of older versions, rewritten: the result loads without a warning and means the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use yottabgp_config::migrate::{Migrated, Version, configuration};
use yottabgp_config::{Dialect, Environment};

fn migrated(text: &str, from: Version, to: Version) -> Migrated {
    let environment = Environment::default();
    configuration(&common::source(text), from, to, false, &environment).unwrap()
}

/// The result, which means the same as the text and is as it should be.
fn same(text: &str, from: Version) -> String {
    let result = migrated(text, from, Version::Main);
    println!("{}", result.text);
    assert_eq!(result.doubts, [""; 0], "{}", result.text);
    let lines: Vec<String> =
        result.diagnostics.iter().map(|d| d.line(&common::source(&result.text))).collect();
    assert_eq!(lines, [""; 0], "{}", result.text);
    assert!(common::loaded(text).0.neighbors == common::loaded(&result.text).0.neighbors);
    let again = migrated(&result.text, from, Version::Main);
    assert_eq!((again.text, again.changes), (result.text.clone(), vec![]), "not stable");
    result.text
}

/// What ExaBGP 3.4 has by default and later versions have not, as it is written down.
const DEFAULTS: [&str; 3] = [
    "group-updates false; ",
    "family { ipv4 unicast; ipv4 multicast; ipv4 labeled-unicast; ipv4 mpls-vpn; ipv4 flow; ipv4 flow-vpn; ipv6 unicast; ipv6 labeled-unicast; ipv6 mpls-vpn; ipv6 flow; ipv6 flow-vpn; l2vpn vpls; } ",
    "capability { extended-message disable; } ",
];

/// A neighbor's body of ExaBGP 3.4, and what becomes of it, without the defaults.
fn body(body: &str) -> String {
    let text = same(&format!("neighbor 192.0.2.1 {{ {} {body} }}\n", common::BASE), Version::V3_4);
    let text = DEFAULTS.iter().fold(text, |text, line| text.replacen(line, "", 1));
    let text =
        text.strip_prefix(&format!("neighbor 192.0.2.1 {{ {} ", common::BASE)).unwrap_or(&text);
    text.strip_suffix(" }\n").unwrap_or(text).to_owned()
}

#[test]
fn statements_of_neighbors() {
    for (old, new) in [
        ("md5 secret;", "md5-password \"secret\";"),
        ("md5 \"a b\";", "md5-password \"a b\";"),
        ("md5 a b;", "md5-password \"a b\";"),
        ("ttl-security;", "outgoing-ttl 255;"),
        ("ttl-security 250; # hops", ""),
        ("graceful-restart 60;", "capability { graceful-restart 60; }"),
        ("multi-session;", "capability { multi-session enable; }"),
        ("add-path receive/send;", "capability { add-path send/receive; }"),
        ("aigp;", "capability { aigp disable; }"),
        (
            "family { inet unicast; inet4 multicast; inet6 flow; }",
            "family { ipv4 unicast; ipv4 multicast; ipv6 flow; }",
        ),
        (
            "family { minimal; } static { route 10.0.0.0/8 next-hop 1.1.1.1; }",
            "family { ipv4 unicast; } static { route 10.0.0.0/8 next-hop 1.1.1.1; }",
        ),
    ] {
        if old.contains('#') {
            let text = same(
                &format!("neighbor 192.0.2.1 {{ {}\n  {old}\n}}\n", common::BASE),
                Version::V3_4,
            );
            assert!(text.contains("\n  outgoing-ttl 250; # hops\n"), "{text}");
        } else {
            assert_eq!(body(old), new);
        }
    }
}

#[test]
fn processes_of_neighbors_and_groups() {
    let text = "\
# The router.
neighbor 192.0.2.1 {
  local-as 1; peer-as 2; router-id 1.1.1.1;
  # Hears everything.
  process service {
    run /bin/true a; # runs
    # flags
    receive {
      parsed;
      updates; # all of them
      neighbor-changes;
    }
    send { packets; }
    peer-updates;
  }
}
";
    insta::assert_snapshot!(same(text, Version::V3_4));
}

const GROUP: &str = "\
group rs {
\t# all of it
\tprocess announce { run /a; }
\tlocal-as 1; router-id 1.1.1.1; # ours
\thold-time 30;
\tfamily { ipv4 unicast; }
\tcapability {
\t\troute-refresh;
\t}

\t# the first
\tneighbor 192.0.2.1 { # with its own families
\t\tpeer-as 2;
\t\tfamily { ipv6 unicast; ipv4 unicast; }
\t\tstatic { route 11.0.0.0/8 next-hop 1.1.1.1; }
\t}
\tpassive;
\tneighbor 192.0.2.2 { peer-as 3; group-updates true; }
}
# outside
neighbor 192.0.2.3 {
\tlocal-as 1; peer-as 4; router-id 1.1.1.1;
}
";

#[test]
fn groups_are_templates() {
    let result = migrated(GROUP, Version::V3_4, Version::Main);
    insta::assert_snapshot!(result.text);
    assert_eq!(result.doubts, [""; 0]);
    same(GROUP, Version::V3_4);
}

/// The text that a neighbor's section becomes.
fn section(text: &str, from: Version, to: Version) -> String {
    let text = format!("neighbor 192.0.2.1 {{ {text} }}");
    let result = migrated(&text, from, to).text;
    result["neighbor 192.0.2.1 { ".len()..result.len() - " }".len()].to_owned()
}

#[test]
fn words_of_routes() {
    let from34 = |text: &str| section(text, Version::V3_4, Version::Main);
    for (old, new) in [
        ("as-path [ 1 2 ( 3 4 ) 5 ]", "as-path [ 1 2 ] ( 3 4 ) [ 5 ]"),
        ("as-sequence [ 1 [ 3 4 ] ] med 5", "as-path [ 1 ] ( 3 4 ) med 5"),
        ("as-sequence [ 1 ]", "as-path [ 1 ]"),
        ("watchdog withdrawn withdrawn", "watchdog withdrawn withdraw"),
        ("as-path [ ] name as-sequence", "as-path [ ] name as-sequence"),
    ] {
        let route =
            |words: &str| format!("static {{ route 10.0.0.0/8 next-hop 1.1.1.1 {words}; }}");
        assert_eq!(from34(&route(old)), route(new));
    }
    assert_eq!(
        from34(
            "static { route 10.1.2.3/8 { next-hop 1.1.1.1; as-sequence [ 1 ]; } route 2001:db8::1/64 next-hop ::1; }"
        ),
        "static { route 10.0.0.0/8 { next-hop 1.1.1.1; as-path [ 1 ]; } route 2001:db8::/64 next-hop ::1; }"
    );
    // A set inside of a sequence is right in 4.
    let set = "static { route 10.0.0.0/8 next-hop 1.1.1.1 as-path [ 1 ( 2 ) ]; }";
    assert_eq!(section(set, Version::V3_4, Version::V4), set);
}

#[test]
fn words_of_flows() {
    let rule =
        |words: &str| format!("flow {{ route a {{ match {{ {words} }} then {{ discard; }} }} }}");
    for (old, new) in [
        ("port =80 =8080;", "port [ =80 =8080 ];"),
        (
            "destination-port >8080&<8088 =3128; protocol tcp;",
            "destination-port [ >8080&<8088 =3128 ]; protocol tcp;",
        ),
        ("fragment last-fragment;", "fragment =last-fragment;"),
        ("tcp-flags [ urgent rst ];", "tcp-flags [ =urgent =rst ];"),
        ("fragment [ not-a-fragment ];", "fragment [ !is-fragment ];"),
        ("source 10.0.0.0/8; protocol [ udp tcp ];", "source 10.0.0.0/8; protocol [ udp tcp ];"),
    ] {
        assert_eq!(section(&rule(old), Version::V3_4, Version::Main), rule(new));
    }
    // Bare flags are other flags since 4.
    let four = rule("tcp-flags [ urgent rst ]; port =80 =8080;");
    assert_eq!(section(&four, Version::V4, Version::Main), four);
    assert_eq!(
        section(&rule("fragment not-a-fragment;"), Version::V4, Version::V5),
        rule("fragment !is-fragment;")
    );
}

#[test]
fn each_step_has_its_words() {
    let families = "family { ipv4 nlri-mpls; } capability { route refresh; route-refresh; }";
    assert_eq!(
        section(families, Version::V4, Version::V5),
        "family { ipv4 nlri-mpls; } capability { route-refresh; route-refresh; }"
    );
    assert_eq!(
        section(families, Version::V5, Version::Main),
        "family { ipv4 labeled-unicast; } capability { route refresh; route-refresh; }"
    );
    let nothing = migrated(families, Version::V5, Version::V5);
    assert_eq!((nothing.text.as_str(), nothing.changes.len()), (families, 0));
}

#[test]
fn what_stands_behind_the_neighbors_of_a_group_is_a_comment() {
    let text = "group g {\n  local-as 1; router-id 1.1.1.1;\n  neighbor 192.0.2.1 {\n    peer-as 2;\n  }\n  hold-time 60; # late\n}\n";
    assert_eq!(
        same(text, Version::V3_4),
        "\
template {
  neighbor g {
    group-updates false;
    family { ipv4 unicast; ipv4 multicast; ipv4 labeled-unicast; ipv4 mpls-vpn; ipv4 flow; ipv4 flow-vpn; ipv6 unicast; ipv6 labeled-unicast; ipv6 mpls-vpn; ipv6 flow; ipv6 flow-vpn; l2vpn vpls; }
    capability { extended-message disable; }
    local-as 1; router-id 1.1.1.1;
  }
}

neighbor 192.0.2.1 {
  inherit g;
  peer-as 2;
}
# What follows has no effect: it stands behind the neighbors of its group.
# hold-time 60; # late
"
    );
}

#[test]
fn programs_are_wrapped_once() {
    let text = "process a {\n  run \"/bin/a b\"; # why\n}\nprocess b { run /bin/b 'c d'; encoder json; }\n";
    let wrap = |text: &str| {
        let environment = Environment::default();
        configuration(&common::source(text), Version::V3_4, Version::Main, true, &environment)
            .unwrap()
    };
    let result = wrap(text).text;
    assert_eq!(
        result,
        "process a {\n  run exabgp migrate api -f 4 -t main --exec /bin/a b; # why\n  encoder text;\n}\nprocess b { run exabgp migrate api -f 4 -t main --exec /bin/b 'c d'; encoder json; }\n"
    );
    assert_eq!(wrap(&result).text, result);
}

#[test]
fn what_can_not_be_read_is_named_with_its_place() {
    let environment = Environment::default();
    let text = "neighbor 192.0.2.1 {\n  local-as 1\n}\n";
    let errors =
        configuration(&common::source(text), Version::V4, Version::Main, false, &environment)
            .unwrap_err();
    assert!(common::lines(text, &errors)[0].starts_with("t:2:13: error: the statement 'local-as'"));
}

/// What a file of ExaBGP 3.4 means, today's words for it mean, and nothing is to be said about them.
#[test]
fn every_file_of_3_4_means_the_same_when_it_is_rewritten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exabgp-3.4");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut count = 0;
    for path in files {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "conf") || name.starts_with("refused") {
            continue;
        }
        let old = std::fs::read_to_string(&path).unwrap();
        let result = migrated(&old, Version::V3_4, Version::Main);
        println!("# {name}\n{}", result.text);
        // The old word says that nothing of a field without bits is asked for; today's that there is no such bit.
        let expected = match name.as_str() {
            "flow" => 1,
            _ => 0,
        };
        assert_eq!(result.doubts.len(), expected, "{name}: {:#?}", result.doubts);
        let said: Vec<String> = result
            .diagnostics
            .iter()
            .map(|d| d.line(&common::source(&result.text)))
            .filter(|line| !line.contains("'withdraw' means nothing without 'watchdog'"))
            .collect();
        assert_eq!(said, [""; 0], "{name}");
        let (before, after) = (common::loaded(&old).0, common::loaded(&result.text).0);
        assert_eq!(after.dialect, Dialect::ExaBgp5, "{name}");
        assert!(expected > 0 || before.is_same(&after), "{name}");
        let again = migrated(&result.text, Version::V3_4, Version::Main);
        assert_eq!((again.text, again.changes), (result.text, vec![]), "{name}: not stable");
        count += 1;
    }
    assert!(count >= 16, "{count} files");
}
