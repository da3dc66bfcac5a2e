//! Commands as helpers write them, in both grammars, and what is said of those that are wrong.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use proptest::prelude::*;
use yottabgp_api::command::{
    Acknowledge, Command, FamilyFilter, GroupBuffer, GroupSummary, NeighborForm, Permission,
    Refusal, Request, Rib, ShowRib, parse, registry,
};
use yottabgp_api::select::Selector;
use yottabgp_api::{Encoding, Version};
use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::route::{RouteBuffer, Verb};

/// Parses a line and gives its request, printed, to `check`.
fn with<T>(line: &str, version: Version, check: impl FnOnce(Request<'_>, &RouteBuffer) -> T) -> T {
    let mut tokens = Vec::new();
    let mut route = RouteBuffer::default();
    // The route is borrowed only while parsing.
    match parse(line, version, &mut tokens, &mut route) {
        Ok(request) => check(request, &route),
        Err(refusal) => panic!("{line}: {refusal}"),
    }
}

fn refusal(line: &str) -> String {
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    match parse(line, Version::V4, &mut tokens, &mut route) {
        Ok(request) => panic!("{line} was understood as {:?}", request.command),
        Err(refusal) => refusal.to_string(),
    }
}

/// The command, printed.
fn command(line: &str) -> String {
    with(line, Version::V4, |request, _| format!("{:?}", request.command))
}

fn routes(line: &str) -> (Verb, Vec<String>, String) {
    with(line, Version::V4, |request, route| {
        let Command::Route(verb) = request.command else { panic!("{line}") };
        let nlri = route
            .nlri()
            .map(|nlri| {
                let mut text = format!("{} ", nlri.family).into_bytes();
                nlri.text(&mut text);
                String::from_utf8(text).unwrap()
            })
            .collect();
        (verb, nlri, request.selector.to_string())
    })
}

#[test]
fn routes_are_announced_and_withdrawn_in_both_grammars() {
    let one = vec!["ipv4 unicast 10.0.0.0/24".to_owned()];
    for (line, verb, selector) in [
        ("announce route 10.0.0.0/24 next-hop 1.1.1.1", Verb::Announce, "*"),
        ("peer * announce route 10.0.0.0/24 next-hop self med 5", Verb::Announce, "*"),
        (
            "neighbor 127.0.0.2 announce route 10.0.0.0/24 next-hop 1.1.1.1",
            Verb::Announce,
            "127.0.0.2",
        ),
        ("peer 127.0.0.2 announce route 10.0.0.0/24 next-hop 1.1.1.1", Verb::Announce, "127.0.0.2"),
        ("withdraw route 10.0.0.0/24", Verb::Withdraw, "*"),
        ("peer ::1 withdraw route 10.0.0.0/24 next-hop 0.0.0.0", Verb::Withdraw, "::1"),
        (
            "announce ipv4 unicast 10.0.0.0/24 next-hop 1.1.1.1 local-preference 200",
            Verb::Announce,
            "*",
        ),
        ("peer * withdraw ipv4 unicast 10.0.0.0/24", Verb::Withdraw, "*"),
        ("announce attribute med 1 next-hop 1.1.1.1 nlri 10.0.0.0/24", Verb::Announce, "*"),
        ("  announce\troute  10.0.0.0/24 next-hop 1.1.1.1  \r", Verb::Announce, "*"),
    ] {
        assert_eq!(routes(line), (verb, one.clone(), selector.to_owned()), "{line}");
    }
    assert_eq!(
        routes(
            "peer * announce attributes med 100 next-hop 101.1.101.1 nlri 1.0.0.1/32 2001:db8::/32"
        )
        .1,
        ["ipv4 unicast 1.0.0.1/32", "ipv6 unicast 2001:db8::/32"]
    );
    assert_eq!(routes("withdraw ipv6 multicast 2001:db8::/32").1, ["ipv6 multicast 2001:db8::/32"]);
}

#[test]
fn a_buffer_used_again_has_nothing_of_the_last_line() {
    let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
    let first = "announce route 10.0.0.0/24 next-hop 1.1.1.1 med 5 watchdog dog";
    parse(first, Version::V4, &mut tokens, &mut route).unwrap();
    assert!(!route.attributes().is_empty());
    parse("withdraw route 10.1.0.0/24", Version::V4, &mut tokens, &mut route).unwrap();
    assert!(route.attributes().is_empty());
    assert_eq!((route.watchdog.as_str(), route.nlri().len()), ("", 1));
}

#[test]
fn every_command_has_the_same_meaning_in_both_grammars() {
    for (v4, v6, meaning) in [
        ("announce eor", "peer * announce eor", "EndOfRib(ipv4 unicast)"),
        ("announce eor ipv6 unicast", "peer * announce eor ipv6 unicast", "EndOfRib(ipv6 unicast)"),
        ("announce eor 1 66", "peer * announce eor 1 66", "EndOfRib(ipv4 unknown safi 66)"),
        (
            "announce route-refresh ipv4 unicast",
            "peer * announce route-refresh ipv4 unicast",
            "RouteRefresh(ipv4 unicast)",
        ),
        (
            "announce watchdog dnsr",
            "peer * announce watchdog dnsr",
            "Watchdog { verb: Announce, name: Some(\"dnsr\") }",
        ),
        (
            "withdraw watchdog",
            "peer * withdraw watchdog",
            "Watchdog { verb: Withdraw, name: None }",
        ),
        ("group start", "group start", "GroupStart"),
        ("group end", "group end", "GroupEnd"),
        ("show neighbor summary", "peer show summary", "ShowNeighbor(Summary)"),
        ("show neighbor extensive", "peer * show extensive", "ShowNeighbor(Extensive)"),
        ("show neighbor configuration", "peer show configuration", "ShowNeighbor(Configuration)"),
        ("show neighbor", "peer show", "ShowNeighbor(Usage)"),
        ("peer list", "peer list", "ListPeers"),
        ("flush adj-rib out", "rib flush out", "FlushRib"),
        ("clear adj-rib out", "rib clear out", "ClearRib(Out)"),
        ("clear adj-rib", "rib clear", "ClearRib(Out)"),
        ("flush adj-rib", "rib flush", "FlushRib"),
        ("clear adj-rib in", "rib clear in", "ClearRib(In)"),
        ("teardown 4", "peer * teardown 4", "Teardown { subcode: 4, text: None }"),
        (
            "teardown 2 back at noon",
            "peer * teardown 2 \"back at noon\"",
            "Teardown { subcode: 2, text: Some(\"back at noon\") }",
        ),
        ("enable-ack", "session ack enable", "Acknowledge(Enable)"),
        ("disable-ack", "session ack disable", "Acknowledge(Disable)"),
        ("silence-ack", "session ack silence", "Acknowledge(Silence)"),
        ("enable-sync", "session sync enable", "Sync(true)"),
        ("disable-sync", "session sync disable", "Sync(false)"),
        ("ping", "session ping 3f2a 1795398101.5", "Ping"),
        ("bye", "session bye", "Bye(None)"),
        ("bye 3f2a", "session bye 3f2a", "Bye(Some(\"3f2a\"))"),
        ("reset", "session reset", "Reset"),
        ("version", "system version", "Version"),
        ("help", "system help", "Help"),
        ("status", "daemon status", "Status"),
        ("reload", "daemon reload", "Reload"),
        ("restart", "daemon restart", "Restart"),
        ("shutdown", "daemon shutdown", "Shutdown"),
        ("api version", "system api version", "ApiVersion(None)"),
        ("api version 6", "system api version 6", "ApiVersion(Some(V6))"),
        ("queue-status", "system queue-status", "QueueStatus"),
        ("crash", "system crash", "Crash"),
        ("", "# a comment", "Comment"),
    ] {
        assert_eq!((command(v4), command(v6)), (meaning.to_owned(), meaning.to_owned()), "{v4}");
    }
}

#[test]
fn operational_messages_have_their_own_grammar() {
    let text = command("peer * announce operational adm afi ipv4 safi unicast advisory \"a b\"");
    assert!(text.starts_with("Operational(Advisory {"), "{text}");
    assert!(refusal("announce operational adn afi ipv4 safi unicast").contains("'adm'"));
}

#[test]
fn tables_are_filtered_by_family_and_peer_in_any_order() {
    let show = |line: &str| {
        with(line, Version::V4, |request, _| {
            let Command::ShowRib(show) = request.command else { panic!("{line}") };
            (show, request.selector.to_string(), request.reply)
        })
    };
    let out = ShowRib { rib: Rib::Out, families: FamilyFilter::Any, extensive: false, old: false };
    for (line, expected, selector, reply) in [
        ("show adj-rib out", out, "*", Encoding::Text),
        ("rib show in json", ShowRib { rib: Rib::In, ..out }, "*", Encoding::Json),
        ("show routes", ShowRib { old: true, ..out }, "*", Encoding::Text),
        (
            "show routes extensive 10.0.0.1",
            ShowRib { extensive: true, old: true, ..out },
            "10.0.0.1",
            Encoding::Text,
        ),
        (
            "show adj-rib out extensive 10.0.0.1 inet",
            ShowRib { extensive: true, families: FamilyFilter::Inet, ..out },
            "10.0.0.1",
            Encoding::Text,
        ),
        (
            "show adj-rib out neighbor 10.0.0.1 local-as 1 ipv6",
            ShowRib { families: FamilyFilter::Afi(Afi::IPV6), ..out },
            "10.0.0.1 local-as 1",
            Encoding::Text,
        ),
        (
            "neighbor 10.0.0.1 show adj-rib out ipv6 unicast extensive json",
            ShowRib {
                extensive: true,
                families: FamilyFilter::Family(Family::IPV6_UNICAST),
                ..out
            },
            "10.0.0.1",
            Encoding::Json,
        ),
    ] {
        assert_eq!(show(line), (expected, selector.to_owned(), reply), "{line}");
    }
    assert!(FamilyFilter::Inet.shows(Family::IPV6_MULTICAST));
    assert!(!FamilyFilter::Flow.shows(Family::IPV4_UNICAST));
}

#[test]
fn the_last_words_choose_how_to_answer() {
    let replies =
        |line: &str, version| with(line, version, |request, _| (request.reply, request.sync));
    use Encoding::{Json, Text};
    for (line, v4, v6) in [
        ("version", (Text, None), (Json, None)),
        ("version json", (Json, None), (Json, None)),
        ("version text", (Text, None), (Text, None)),
        ("ping", (Json, None), (Json, None)),
        ("ping 1 2 text", (Text, None), (Text, None)),
        ("withdraw route 10.0.0.0/24 sync", (Text, Some(true)), (Json, Some(true))),
        ("withdraw route 10.0.0.0/24 async json", (Json, Some(false)), (Json, Some(false))),
        ("show neighbor 10.0.0.1 json", (Json, None), (Json, None)),
    ] {
        assert_eq!((replies(line, Version::V4), replies(line, Version::V6)), (v4, v6), "{line}");
    }
}

#[test]
fn some_lines_are_no_commands() {
    assert_eq!(command("debug hello  there"), "Log(\"hello  there\")");
    assert_eq!(command("   "), "Comment");
    assert_eq!(command("#announce"), "Comment");
}

#[test]
fn commands_say_who_may_give_them() {
    let permission = |line: &str| with(line, Version::V4, |request, _| request.permission);
    assert_eq!(permission("show neighbor summary"), Permission::Read);
    assert_eq!(permission("withdraw route 10.0.0.0/24"), Permission::Route);
    assert_eq!(permission("shutdown"), Permission::Control);
}

#[test]
fn refusals_name_the_word_and_suggest_another() {
    for (line, message) in [
        (
            "anounce route 10.0.0.0/24",
            "unknown command 'anounce' (did you mean 'announce'?), at column 1",
        ),
        ("invalid_command_xyz_12345", "unknown command 'invalid_command_xyz_12345', at column 1"),
        (
            "daemon reloda",
            "unknown command 'daemon reloda' (did you mean 'daemon reload'?), at column 1",
        ),
        (
            "peer * announce rout 10.0.0.0/24",
            "unknown announce type: rout (did you mean 'route'?), at column 17",
        ),
        ("announce foo", "unknown announce type: foo, at column 10"),
        ("withdraw eor", "unknown withdraw type: eor, at column 10"),
        (
            "announce family 16397 133 10.0.0.0/24",
            "'10.0.0.0/24' is not an NLRI of unknown-afi-0x400d flow (families without a grammar of their own take 0x and an even number of digits), at column 27",
        ),
        (
            "peer * announce route 10.77.0.0/24",
            "announce requires nexthop: 10.77.0.0/24 (add 'next-hop ADDRESS' or 'next-hop self'), at the end of the command",
        ),
        ("withdraw attributes med 5 next-hop self", "attributes names no route"),
        ("session ack", "'session ack' needs more: enable, disable, silence"),
        ("show", "'show' needs more: adj-rib, neighbor, neighbors, routes, bmp"),
        ("clear adj-rib both", "'clear adj-rib' does not take 'both', at column 15"),
        ("flush adj-rib in", "'flush adj-rib' does not take 'in', at column 15"),
        ("shutdown now", "'shutdown' does not take 'now', at column 10"),
        ("peer 10.0.0.1 daemon shutdown", "'shutdown' does not take a selection of peers"),
        (
            "teardown soon",
            "'soon' is not a valid Cease subcode (a number from 0 to 255; 2 is Administrative Shutdown), at column 10",
        ),
        ("api version 5", "API version must be 4 or 6, not '5', at column 13"),
        (
            "announce eor ipv4 unicorn",
            "'ipv4 unicorn' is not a family (write an AFI and a SAFI, as in 'ipv4 unicast'), at column 14",
        ),
        (
            "neighbor announce route 10.0.0.0/24",
            "'announce' is not the IP address of a peer (write an IPv4 or IPv6 address, or * for every peer), at column 10",
        ),
    ] {
        assert_eq!(refusal(line), message, "{line}");
    }
    assert!(refusal("neighbor 10.0.0.1").starts_with("'neighbor' needs more: announce, withdraw"));
}

#[test]
fn a_group_in_one_line_is_read_whole() {
    let line = "peer 10.0.0.1 group attributes med 7 next-hop 9.9.9.9 community [ 1:1 ] ; \
                announce route 10.0.0.0/24 ; announce route 10.0.1.0/24 next-hop 8.8.8.8 med 9 ; \
                announce attributes nlri 10.0.2.0/24 10.0.3.0/24 ; withdraw route 10.0.4.0/24 ;";
    with(line, Version::V6, |request, _| {
        assert_eq!(request.selector.to_string(), "10.0.0.1");
        let Command::Group(group) = request.command else { panic!("no group") };
        assert_eq!(group.len, 4);
        let mut summary = GroupSummary::default();
        let mut lines = Vec::new();
        group
            .for_each(&mut RouteBuffer::default(), |command, route| {
                summary.count(&command);
                let mut text = Vec::new();
                for nlri in route.nlri() {
                    nlri.text(&mut text);
                    text.push(b' ');
                }
                route.next_hop.push_text(&mut text);
                yottabgp_wire::attribute::render::push_set_text(route.attributes(), &mut text);
                lines.push(String::from_utf8(text).unwrap());
            })
            .unwrap();
        assert_eq!(summary, GroupSummary { announced: 3, withdrawn: 1 });
        assert_eq!(
            lines,
            [
                "10.0.0.0/24 9.9.9.9 med 7 community 1:1",
                "10.0.1.0/24 8.8.8.8 med 9 community 1:1",
                "10.0.2.0/24 10.0.3.0/24 9.9.9.9 med 7 community 1:1",
                "10.0.4.0/24 no-nexthop",
            ]
        );
    });
}

#[test]
fn a_group_with_a_wrong_member_is_refused_whole() {
    let start = "group announce route 10.0.0.0/24 next-hop 1.1.1.1 ; ";
    assert_eq!(
        refusal(&format!("{start}bogus")),
        "group discarded, command 2 was refused: unknown action in group: bogus, at column 53"
    );
    assert_eq!(
        refusal(&format!("{start}withdraw route 10.0.0.0/33")),
        "group discarded, command 2 was refused: '10.0.0.0/33' is not a valid network (the length must be 0 to 32), at column 68"
    );
    assert_eq!(refusal("group ; ;"), "group names no route");
    assert_eq!(refusal("group"), "group names no route");
}

#[test]
fn lines_between_start_and_end_are_held_back() {
    let mut buffer = GroupBuffer::default();
    assert_eq!(buffer.end(), Err(Refusal::NoGroup));
    buffer.start().unwrap();
    assert_eq!(buffer.start(), Err(Refusal::NestedGroup));
    let announce = Command::Route(Verb::Announce);
    buffer.push("announce route 10.0.0.0/24 next-hop 1.1.1.1", &announce).unwrap();
    buffer.push("withdraw route 10.0.1.0/24", &Command::Route(Verb::Withdraw)).unwrap();
    assert_eq!(buffer.end().unwrap().lines().count(), 2);
    assert!(!buffer.is_open());

    buffer.start().unwrap();
    buffer.push("withdraw route 10.0.1.0/24", &Command::Route(Verb::Withdraw)).unwrap();
    buffer.refuse(&Refusal::NoRoute("attributes"));
    let message = "group discarded, command 2 was refused: attributes names no route";
    assert_eq!(buffer.end().unwrap_err().to_string(), message);
    assert!(!buffer.is_open());

    // What was refused outside of a group is not remembered against the next one.
    buffer.refuse(&Refusal::NoRoute("attributes"));
    buffer.start().unwrap();
    assert_eq!(buffer.end().unwrap(), "");
    assert!(GroupBuffer::holds(&announce));
    assert!(!GroupBuffer::holds(&Command::Acknowledge(Acknowledge::Enable)));
}

#[test]
fn a_group_that_is_too_large_stays_open_and_is_refused() {
    let announce = Command::Route(Verb::Announce);
    let mut buffer = GroupBuffer::default();
    buffer.start().unwrap();
    for _ in 0..100_000 {
        buffer.push("announce route 10.0.0.0/24 next-hop 1.1.1.1", &announce).unwrap();
    }
    for _ in 0..2 {
        let one_more = buffer.push("announce route 10.0.0.0/24 next-hop 1.1.1.1", &announce);
        assert_eq!(one_more, Err(Refusal::GroupTooLarge));
        assert!(buffer.is_open(), "what follows would be executed at once");
    }
    assert_eq!(buffer.end(), Err(Refusal::GroupTooLarge));
    assert!(!buffer.is_open());
}

#[test]
fn a_group_in_a_group_is_refused_with_it() {
    let mut tokens = Vec::new();
    let mut route = RouteBuffer::default();
    let line = "group announce route 10.0.0.0/24 next-hop 1.1.1.1";
    let request = parse(line, Version::V4, &mut tokens, &mut route).unwrap();
    assert!(GroupBuffer::holds(&request.command));
    let mut buffer = GroupBuffer::default();
    buffer.start().unwrap();
    assert_eq!(buffer.push(line, &request.command), Err(Refusal::NestedGroup));
    assert!(matches!(buffer.end(), Err(Refusal::Group { number: 1, .. })));
}

#[test]
fn every_spelling_leads_to_its_own_row() {
    for (spelling, row) in registry::completions() {
        let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
        // Words without what must follow may be refused, but never as unknown.
        let found = parse(spelling, Version::V4, &mut tokens, &mut route);
        let unknown =
            matches!(found, Err(Refusal::UnknownCommand { .. } | Refusal::UnknownType { .. }));
        assert!(!unknown, "'{spelling}' does not lead to '{}'", row.v4);
        assert!(!row.help.is_empty() && !row.help.ends_with('.'), "{spelling}");
    }
}

#[test]
fn show_neighbor_takes_its_words_in_any_order() {
    for line in [
        "show neighbor 10.0.0.1 summary",
        "show neighbor summary 10.0.0.1",
        "peer 10.0.0.1 show summary",
    ] {
        with(line, Version::V4, |request, _| {
            assert!(matches!(request.command, Command::ShowNeighbor(NeighborForm::Summary)));
            assert_ne!(request.selector, Selector::All);
        });
    }
}

/// A word of some command, a bracket, or anything.
fn word() -> impl Strategy<Value = String> {
    let known: Vec<&'static str> = registry::completions()
        .flat_map(|(spelling, _)| spelling.split(' '))
        .chain([
            "neighbor",
            "10.0.0.0/24",
            "::1",
            "*",
            "[",
            "]",
            ",",
            ";",
            "{",
            "}",
            "\"",
            "next-hop",
            "self",
        ])
        .chain([
            "nlri", "med", "1", "ipv4", "unicast", "json", "sync", "afi", "safi", "local-as", "in",
            "out",
        ])
        .chain([
            "routes", "add", "remove", "index", "30313031", "api", "peer-as", "local-ip", "#7", "#",
        ])
        .collect();
    prop_oneof![4 => prop::sample::select(known).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

proptest! {
    #[test]
    fn no_line_makes_a_panic(line: String) {
        let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
        let _ = parse(&line, Version::V4, &mut tokens, &mut route);
    }

    #[test]
    fn no_words_make_a_panic(words in prop::collection::vec(word(), 0..12)) {
        let (mut tokens, mut route) = (Vec::new(), RouteBuffer::default());
        let line = words.join(" ");
        let _ = parse(&line, Version::V6, &mut tokens, &mut route);
        let _ = yottabgp_api::command::expand_shortcuts(&line);
    }
}
