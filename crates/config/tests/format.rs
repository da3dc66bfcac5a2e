//! The usual layout: what changes, what stays, and that nothing else does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::path::Path;

use proptest::prelude::*;
use yottabgp_config::format::{INDENT, format, fuzz};

/// The layout of a text.
fn laid_out(text: &str) -> String {
    format(&common::source(text), INDENT).unwrap_or_else(|errors| {
        panic!("{text}\n{}", common::lines(text, &errors).join("\n"));
    })
}

#[test]
fn statements_comments_and_continued_lines() {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/format/layout"),
    );
    let expected = "\
# first
process a {
    run /usr/bin/x 'it is' a,[b];
    encoder json;
} # behind

neighbor 192.0.2.1 { # before the brace
    local-as 1;
    peer-as 2;
    router-id 1.1.1.1;

    # two \\
\t  lines
    family { ipv4 unicast; }
    api {
        processes [ a
            # inside
            ];
    }
    static {
        route 10.0.0.0/8 next-hop 1.1.1.1 \\
            as-path [ 1 ( 2 ) ] community [ 1:1, 2:2 ];
        route 10.1.0.0/16 {
            next-hop 1.1.1.1;
            as-path [ { 3 } ];
            med 5 }
    }
}
";
    assert_eq!(laid_out(&text.unwrap()), expected);
    assert_eq!(laid_out(expected), expected);
}

#[test]
fn short_sections_stay_on_their_line_and_long_ones_do_not() {
    assert_eq!(laid_out("a{b;}c{\n}d{e{f;}}\n"), "a { b; }\nc { }\nd {\n    e { f; }\n}\n");
    let long = "x".repeat(100);
    assert_eq!(laid_out(&format!("a {{ {long}; }}")), format!("a {{\n    {long};\n}}\n"));
    assert_eq!(laid_out(""), "");
    assert_eq!(laid_out("\n\n# only\n\n\n"), "# only\n");
    assert_eq!(laid_out("a;\r\n\r\n\r\nb;\r\n"), "a;\n\nb;\n");
}

#[test]
fn what_can_not_be_read_is_refused_with_its_place() {
    let refused = |text: &str| -> Vec<String> {
        common::lines(text, &format(&common::source(text), INDENT).unwrap_err())
    };
    assert!(
        refused("a {\n  b\n}\n")[0].starts_with("t:2:4: error: the statement 'b' does not end")
    );
    assert!(refused("a;\n}\n")[0].starts_with("t:2:1: error: this '}' closes nothing"));
    assert!(refused("a \"b;\n")[0].starts_with("t:1:3: error: the text after this \" has no end"));
    // A wrong keyword or value is no reason.
    assert_eq!(laid_out("nonsense   x;"), "nonsense x;\n");
}

#[test]
fn the_configurations_of_the_suite_stay_what_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/qa/data/conf");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: there is no {}", folder.display());
        return;
    };
    let mut count = 0;
    for file in files {
        let octets = std::fs::read(file.unwrap().path()).unwrap();
        fuzz(&octets);
        count += 1;
    }
    assert!(count > 50, "{count}");
}

/// Pieces of the language, so that random texts have its structure.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "neighbor 192.0.2.1 {",
        "process p {",
        "template {",
        "group g {",
        "static {",
        "flow {",
        "api {",
        "family {",
        "announce {",
        "operational {",
        "}",
        "}",
        "}",
        ";",
        ";",
        "\n",
        "\n\n\n",
        " ",
        "\t",
        "# c\n",
        "# c \\\n d\n",
        "\\\n",
        "a",
        "word",
        "[",
        "]",
        "(",
        ")",
        "{",
        ",",
        "\"q ; \"",
        "'x'",
        "\"a \\\n b\"",
        "x\"y z\"w",
        "\\t",
        "\\;",
        "local-as 1;",
        "peer-as 2;",
        "router-id 1.1.1.1;",
        "route 10.0.0.0/8 next-hop 1.1.1.1;",
        "run /bin/a b,c;",
        "as-path [ { 1 } ];",
        "ipv4 unicast;",
        "\r\n",
        "\u{feff}",
        "é",
        "\u{b}",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces(pieces in prop::collection::vec(piece(), 0..60)) {
        fuzz(pieces.concat().as_bytes());
    }

    #[test]
    fn any_pieces_in_a_neighbor(pieces in prop::collection::vec(piece(), 0..30)) {
        fuzz(common::wrap(&pieces.concat()).as_bytes());
    }

    #[test]
    fn any_characters(text in "\\PC{0,60}") {
        fuzz(text.as_bytes());
    }
}

#[test]
fn files_of_3_4_are_laid_out_as_they_are_read() {
    let text = "group a{\nmd5 it's#a secret;\nprocess p{\nrun /p --tag #1 back\\slash;\n}\n# a comment\nneighbor 192.0.2.1 {description \"a\\nb # c\"; } # b\n}\n";
    let expected = "group a {\n    md5 it's#a secret;\n    process p {\n        run /p --tag #1 back\\slash;\n    }\n    # a comment\n    neighbor 192.0.2.1 { description \"a\\nb # c\"; } # b\n}\n";
    assert_eq!(laid_out(text), expected);
    // Inside of a line, the password is several words; on one of its own, it is one.
    let text = "neighbor 192.0.2.1 { md5 a b; peer-as 1; }\n";
    let expected = "neighbor 192.0.2.1 {\n    md5 a b;\n    peer-as 1;\n}\n";
    assert_eq!(laid_out(text), expected);
}

#[test]
fn sections_without_end_are_refused_and_cost_nothing() {
    let text = format!("neighbor 192.0.2.1 {{ {}", "a { ".repeat(1_000_000));
    let errors = format(&common::source(&text), INDENT).unwrap_err();
    assert!(errors[0].message.contains("inside of each other"), "{}", errors[0].message);
}

#[test]
fn what_a_file_is_does_not_depend_on_its_layout() {
    let text = "neighbor 192.0.2.1 { flow {]\"a \\\n b\"(as-path [ { 1 } ];}run /bin/a b,c;process p {\\\nneighbor 192.0.2.1 {x\"y z\"woperational {]\u{b}) }";
    fuzz(text.as_bytes());
}

#[test]
fn what_its_lines_make_a_file_of_one_version_is_refused() {
    let text = "group g {\\;announce {";
    fuzz(text.as_bytes());
    let errors = format(&common::source(text), INDENT).unwrap_err();
    assert!(errors[0].message.contains("another version"), "{}", errors[0].message);
}

#[test]
fn a_joined_line_that_adds_nothing_to_a_word_is_no_part_of_it() {
    fuzz(b"neighbor 192.0.2.1 { static { ( a\\\n\r\nneighbor 192.0.2.1 { } } }");
    assert_eq!(laid_out("a b\\\n  c;\n"), "a b \\\n    c;\n");
}
