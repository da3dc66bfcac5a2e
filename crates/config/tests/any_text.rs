//! Any text is read without a panic, and what loads is printed and read back as the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use proptest::prelude::*;
use yottabgp_config::print::{self, Secrets};
use yottabgp_config::{diagnostic, fuzz};

/// Words of the language, so that random texts get far.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(
            "neighbor process template 192.0.2.1 10.0.0.0/8 ::1 static announce family capability api route attributes \
             nlri next-hop self ipv4 ipv6 unicast all local-as peer-as router-id 1 65001 inherit a run /a encoder text \
             med as-path [ ] ( ) { } { } ; ; ; , \" ' \\ # \n \n hold-time 30 add-path limit nexthop tcp-ao receive send \
             parsed update processes processes-match group md5 watchdog split /9 withdraw community 1:1 attribute 0x63 \
             passive true disable auto \\u00e9 \u{feff} é"
                .split(' ')
                .collect::<Vec<_>>()
        )
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_characters(text in "\\PC{0,60}") {
        fuzz(text.as_bytes());
    }

    #[test]
    fn any_words(words in prop::collection::vec(word(), 0..80)) {
        fuzz(words.join(" ").as_bytes());
    }

    #[test]
    fn any_body(words in prop::collection::vec(word(), 0..40)) {
        fuzz(common::wrap(&words.join(" ")).as_bytes());
    }

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        fuzz(&octets);
    }

    #[test]
    fn any_text_survives_printing(description in "\\PC{1,20}", password in "[!-~]{1,20}") {
        let mut configuration = common::good(&common::wrap("description x; md5-password y;"));
        configuration.neighbors[0].description = description;
        configuration.neighbors[0].md5_password = Some(password.into_bytes());
        let printed = print::configuration(&configuration, Secrets::Shown);
        prop_assert_eq!(common::good(&printed), configuration);
    }
}

#[test]
fn every_cut_of_a_configuration_is_read() {
    let text = "process a { run /a; }\nneighbor 192.0.2.1 { local-as 1; api { processes [ a ]; } static { route 10.0.0.0/8 next-hop \"1.1.1.1\" as-path [ {\n 1 } ]; } }\n";
    for end in 0..=text.len() {
        fuzz(&text.as_bytes()[..end]);
        if let Err(errors) = common::run(&text[..end]) {
            assert!(
                !diagnostic::render_all(&errors, &common::source(&text[..end]), false).is_empty()
            );
        }
    }
}

#[test]
fn a_group_without_neighbors_has_nothing_to_print() {
    fuzz(b"group { }");
}
