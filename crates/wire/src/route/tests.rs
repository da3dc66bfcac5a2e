//! Statements as users write them, and what is read of them.

use super::*;
use crate::attribute::render::push_set_text;
use crate::io::tokens::{Token, split_command};
use proptest::prelude::*;

type Parse = fn(Verb, &mut Tokens<'_>, &mut RouteBuffer) -> Result<(), TextError>;

/// What a statement gave, in words: family, NLRI, next hop, attributes.
fn shown(route: &RouteBuffer) -> String {
    let mut out = Vec::new();
    for nlri in route.nlri() {
        out.extend(format!("{} ", nlri.family).bytes());
        nlri.text(&mut out);
        out.push(b' ');
    }
    out.extend(b"via ");
    route.next_hop.push_text(&mut out);
    push_set_text(route.attributes(), &mut out);
    String::from_utf8(out).unwrap()
}

fn read_into(
    route: &mut RouteBuffer,
    parse: Parse,
    verb: Verb,
    line: &str,
) -> Result<String, String> {
    let mut words = Vec::new();
    split_command(line, &mut words);
    let end = Span::new(line.len(), line.len());
    let mut tokens = Tokens::new(line, &words, end);
    parse(verb, &mut tokens, route).map_err(|error| {
        let at = line.get(error.span.range()).unwrap_or("?");
        format!("{at}: {error}")
    })?;
    assert!(tokens.is_done(), "{line}");
    Ok(shown(route))
}

fn read(parse: Parse, line: &str) -> Result<String, String> {
    read_into(&mut RouteBuffer::default(), parse, Verb::Announce, line)
}

#[track_caller]
fn refused(parse: Parse, line: &str, error: &str) {
    let found = read(parse, line).unwrap_err();
    assert!(found.contains(error), "{line}: {found}");
}

fn ipv4(verb: Verb, tokens: &mut Tokens<'_>, route: &mut RouteBuffer) -> Result<(), TextError> {
    parse_family(verb, Afi::IPV4, tokens, route)
}

#[test]
fn a_prefix_and_keywords_in_any_order() {
    for line in [
        "10.0.0.0/24 next-hop 1.1.1.1 med 5 community [ 65000:2 65000:1 ] origin egp",
        "10.0.0.0/24 community [65000:2, 65000:1] origin EGP med 5 next-hop 1.1.1.1 med 7",
    ] {
        assert_eq!(
            read(parse_route, line).unwrap(),
            "ipv4 unicast 10.0.0.0/24 via 1.1.1.1 origin egp med 5 community [ 65000:1 65000:2 ]"
        );
    }
    assert_eq!(
        read(parse_route, "10.0.0.1 next-hop SELF").unwrap(),
        "ipv4 unicast 10.0.0.1/32 via self"
    );
    assert_eq!(
        read(parse_route, "2001:db8::/32 next-hop ::1 path-information 1.0.0.1").unwrap(),
        "ipv6 unicast 2001:db8::/32 path-information 1.0.0.1 via ::1"
    );
    assert_eq!(
        read(parse_route, "10.0.0.0/8 next-hop 1.1.1.1 next-hop 2.2.2.2").unwrap(),
        "ipv4 unicast 10.0.0.0/8 via 2.2.2.2"
    );
}

#[test]
fn commands_may_end_with_a_semicolon() {
    let line = "10.0.0.0/8 next-hop self;";
    assert_eq!(read(parse_route, line).unwrap(), "ipv4 unicast 10.0.0.0/8 via self");
    assert!(read(parse_attributes, "next-hop self nlri 10.0.0.0/8 ;").is_ok());
    assert!(read(parse_attributes, "med 5 ;").is_ok());
    refused(parse_route, "10.0.0.0/8 ; next-hop self", "unknown attribute ';'");
}

#[test]
fn multicast_prefixes_have_their_family() {
    assert_eq!(
        read(parse_route, "224.1.0.0/16 next-hop self").unwrap(),
        "ipv4 multicast 224.1.0.0/16 via self"
    );
    assert_eq!(
        read(parse_route, "239.0.0.0/8 next-hop self").unwrap(),
        "ipv4 multicast 239.0.0.0/8 via self"
    );
    assert_eq!(
        read(parse_route, "0.0.0.0/0 next-hop self").unwrap(),
        "ipv4 unicast 0.0.0.0/0 via self"
    );
    assert_eq!(
        read(parse_route, "224.0.0.0/3 next-hop self").unwrap(),
        "ipv4 unicast 224.0.0.0/3 via self"
    );
    assert_eq!(
        read(ipv4, "multicast 10.0.0.0/8 next-hop self").unwrap(),
        "ipv4 multicast 10.0.0.0/8 via self"
    );
    assert_eq!(
        read(ipv4, "unicast 224.0.0.0/8 next-hop self").unwrap(),
        "ipv4 unicast 224.0.0.0/8 via self"
    );
}

#[test]
fn shared_attributes_and_mixed_families() {
    assert_eq!(
        read(
            parse_attributes,
            "med 5 next-hop 1.1.1.1 nlri 10.0.0.0/24 2001:db8::/32 [ 224.0.0.0/4 ]"
        )
        .unwrap(),
        "ipv4 unicast 10.0.0.0/24 ipv6 unicast 2001:db8::/32 ipv4 multicast 224.0.0.0/4 via 1.1.1.1 med 5"
    );
    assert_eq!(read(parse_attributes, "med 5").unwrap(), "via no-nexthop med 5");
    refused(parse_attributes, "nlri 10.0.0.0/24", "announce requires nexthop: 10.0.0.0/24");
    refused(parse_attributes, "next-hop self nlri 10.0.0.0/24 med 5", "before 'nlri'");
}

#[test]
fn raw_attributes_are_kept_octet_by_octet() {
    assert_eq!(
        read(parse_route, "10.0.0.0/8 next-hop self attribute [ 0x63 0xe0 0x0102 ] attribute [0x01 0x40 0x00] origin egp").unwrap(),
        "ipv4 unicast 10.0.0.0/8 via self attribute [ 0x01 0x40 0x00 ] origin egp attribute [ 0x63 0xE0 0x0102 ]"
    );
    // All of one code are sent, in the order given, and the length field may be any.
    assert_eq!(
        read(parse_route, "10.0.0.0/8 next-hop self attribute [ 0x04 0x80 length 200 0x01 ] attribute [ 0x0e 0x80 0x ] attribute [ 0x04 0x80 0x ]").unwrap(),
        "ipv4 unicast 10.0.0.0/8 via self attribute [ 0x04 0x80 length 200 0x01 ] attribute [ 0x04 0x80 0x ] attribute [ 0x0E 0x80 0x ]"
    );
    // The next hop may be given so.
    assert!(read(parse_route, "10.0.0.0/8 attribute [ 0x03 0x40 0x01010101 ]").is_ok());
    for wrong in [
        "[ 0x163 0xe0 0x00 ]",
        "[ 63 0xe0 0x00 ]",
        "[ 0x63 0xe0 length 256 0x00 ]",
        "[ 0x63 0xf0 length 65536 0x00 ]",
        "[ 0x63 0xe0 0x000 ]",
        "[ 0x63 0xe0 0x00",
        "0x63",
    ] {
        assert!(read(parse_route, &format!("10.0.0.0/8 next-hop self attribute {wrong}")).is_err());
    }
}

#[test]
fn extended_communities_are_joined_and_others_are_not() {
    assert_eq!(
        read(parse_route, "10.0.0.0/8 next-hop self extended-community [ 2:2 ] extended-community 1:1 community 1:1 community 2:2").unwrap(),
        "ipv4 unicast 10.0.0.0/8 via self community 1:1 extended-community [ target:1:1 target:2:2 ]"
    );
}

#[test]
fn splits_share_everything() {
    let mut route = RouteBuffer::default();
    let line = "10.0.0.0/23 next-hop self med 5 split /24 watchdog dog withdraw name bob path-information 3";
    assert_eq!(
        read_into(&mut route, parse_route, Verb::Announce, line).unwrap(),
        "ipv4 unicast 10.0.0.0/24 path-information 0.0.0.3 ipv4 unicast 10.0.1.0/24 path-information 0.0.0.3 via self med 5"
    );
    assert_eq!(
        (route.watchdog.as_str(), route.name.as_str(), route.withdraw),
        ("dog", "bob", true)
    );
    assert_eq!(
        read(parse_route, "10.0.0.0/24 next-hop self split /23").unwrap(),
        "ipv4 unicast 10.0.0.0/24 via self"
    );
    refused(
        parse_route,
        "10.0.0.0/8 next-hop self split /32",
        "10.0.0.0/8 split into /32 makes too many routes (one statement may make 1048576)",
    );
    refused(parse_route, "10.0.0.0/8 next-hop self split /33", "'/33' is too long");
    refused(
        parse_route,
        "10.0.0.0/8 next-hop self split 24",
        "24: '24' is not a valid split (a slash",
    );
}

#[test]
fn errors_point_at_the_word_and_mend_it() {
    for (line, error) in [
        ("10.0.0.0/24", "announce requires nexthop: 10.0.0.0/24 (add 'next-hop ADDRESS'"),
        (
            "10.0.0.1/24 next-hop self",
            "10.0.0.1/24: '10.0.0.1/24' is not a valid network (the host bits must be zero",
        ),
        (
            "10.0.0.0/24 nxt-hop self",
            "nxt-hop: unknown attribute 'nxt-hop' (did you mean 'next-hop'?)",
        ),
        ("10.0.0.0/24 zebra", "unknown attribute 'zebra' ("),
        ("10.0.0.0/24 next-hop foo", "foo: 'foo' is not a valid next-hop"),
        ("10.0.0.0/24 next-hop", "next-hop is missing"),
        (
            "10.0.0.0/24 next-hop self community [ 1:70000 ]",
            "1:70000: '1:70000' is not a valid community",
        ),
        (
            "10.0.0.0/24 next-hop self watchdog withdraw",
            "withdraw: a watchdog can not be named 'withdraw'",
        ),
        ("10.0.0.0/24 next-hop self path-information 1.2.3", "path-information"),
        ("", "prefix is missing"),
    ] {
        refused(parse_route, line, error);
    }
    refused(
        ipv4,
        "uncast 10.0.0.0/24",
        "uncast: there is no family 'ipv4 uncast' (did you mean 'unicast'?)",
    );
    refused(ipv4, "unicast 2001:db8::/32", "ipv6 prefix in a route of ipv4 unicast");
}

#[test]
fn withdrawals_need_no_next_hop() {
    let mut route = RouteBuffer::default();
    assert_eq!(
        read_into(&mut route, parse_route, Verb::Withdraw, "10.0.0.0/24 med 5").unwrap(),
        "ipv4 unicast 10.0.0.0/24 via no-nexthop med 5"
    );
    // The same words do not become right by having been read once.
    assert!(read_into(&mut route, parse_route, Verb::Announce, "10.0.0.0/24 med 5").is_err());
}

#[test]
fn blocks_are_read_statement_by_statement() {
    let mut route = RouteBuffer::default();
    let one = |route: &mut RouteBuffer,
               parse: fn(&mut Tokens<'_>, &mut RouteBuffer) -> Result<(), TextError>,
               line: &str| {
        let mut words = Vec::new();
        split_command(line, &mut words);
        parse(&mut Tokens::new(line, &words, Span::default()), route)
    };
    one(&mut route, parse_prefix, "10.0.0.0/23").unwrap();
    one(&mut route, parse_keyword, "next-hop 1.1.1.1").unwrap();
    one(&mut route, parse_keyword, "split /24").unwrap();
    assert!(one(&mut route, parse_keyword, "med 5 6").is_err());
    finish(Verb::Announce, Span::default(), &mut route).unwrap();
    assert_eq!(
        shown(&route),
        "ipv4 unicast 10.0.0.0/24 ipv4 unicast 10.0.1.0/24 via 1.1.1.1 med 5"
    );
}

#[test]
fn a_reused_buffer_forgets() {
    let mut route = RouteBuffer::default();
    for line in [
        "10.0.0.0/24 next-hop 1.1.1.1 med 5 split /25 path-information 7",
        "10.0.0.0/24 next-hop 1.1.1.1 med 5",
        "10.0.1.0/24 next-hop 1.1.1.1 med 5",
        "10.0.1.0/24 next-hop 1.1.1.1 med 56",
        "10.0.1.0/24 next-hop 1.1.1.1",
        "10.0.1.0/24 next-hop 1.1.1.1 watchdog a",
        "10.0.1.0/24 next-hop 1.1.1.1 watchdog a",
        "10.0.1.0/24 next-hop 1.1.1.1",
        "10.0.1.0/24 next-hop 1.1.1.1 med x",
        "10.0.1.0/24 next-hop 1.1.1.1",
        "10.0.1.0/24 next-hop 1.1.1.1 attribute [ 0x63 0xc0 0x01 ]",
        "10.0.1.0/24 next-hop 1.1.1.1 attribute [ 0x63 0xc0 0x01 ]",
        "10.0.1.0/24 attribute [ 0x03 0x40 0x01010101 ]",
        "10.0.1.0/24 attribute [ 0x03 0x40 0x01010101 ]",
        "10.0.1.0/24",
    ] {
        let mut fresh = RouteBuffer::default();
        let expected = read_into(&mut fresh, parse_route, Verb::Announce, line);
        assert_eq!(read_into(&mut route, parse_route, Verb::Announce, line), expected, "{line}");
        assert_eq!(route.watchdog, fresh.watchdog);
        route.clear();
        assert_eq!(shown(&route), "via no-nexthop");
    }
}

#[test]
fn words_and_not_their_letters_are_remembered() {
    // Tokens of a file need not have blanks between them in their text.
    let text = "10.0.0.0/8next-hopselfmed5";
    let token = |start: usize, end: usize| {
        let span = Span::new(start, end);
        Token { text: span, source: span, quoted: false }
    };
    let right = [token(0, 10), token(10, 18), token(18, 22), token(22, 25), token(25, 26)];
    let wrong = [token(0, 10), token(10, 18), token(18, 22), token(22, 24), token(24, 26)];
    let mut route = RouteBuffer::default();
    let mut read = |tokens: &[Token]| {
        parse_route(Verb::Announce, &mut Tokens::new(text, tokens, Span::default()), &mut route)
    };
    assert!(read(&right).is_ok());
    assert!(read(&wrong).is_err());
    assert!(read(&right).is_ok());
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(line in "([a-z0-9:./x\\[\\](){}, -]|next-hop |self |split /|as-path |community |10.0.0.0/8 |attribute \\[ )*") {
        let mut route = RouteBuffer::default();
        for parse in [parse_route as Parse, parse_attributes, ipv4] {
            let _ = read_into(&mut route, parse, Verb::Announce, &line);
        }
    }

    #[test]
    fn text_of_a_set_is_read_back(med: u32, preference: u32, communities in prop::collection::vec(any::<[u16; 2]>(), 1..5), larges in prop::collection::vec(any::<[u32; 3]>(), 1..5)) {
        let mut line = format!("10.0.0.0/8 next-hop 1.1.1.1 med {med} local-preference {preference} community [");
        for [a, b] in communities {
            line += &format!(" {a}:{b}");
        }
        line += " ] large-community [";
        for [a, b, c] in larges {
            line += &format!(" {a}:{b}:{c}");
        }
        line += " ]";
        let first = read(parse_route, &line).unwrap();
        let again = first.replace("ipv4 unicast ", "").replace("via", "next-hop");
        prop_assert_eq!(read(parse_route, &again).unwrap(), first);
    }
}

/// Prints what a line costs: `cargo test --release -p yottabgp-wire -- --ignored --nocapture line_costs`.
#[test]
#[ignore = "a measurement"]
fn what_a_line_costs() {
    for (name, lines) in [
        ("next hop alone", (0..1000).map(|i| format!("announce route 20.{}.{}.0/24 next-hop 10.0.0.1", i / 256, i % 256)).collect::<Vec<_>>()),
        ("the same attributes", (0..1000).map(|i| format!("announce route 20.{}.{}.0/24 next-hop 10.0.0.1 med 5 community [65000:1 65000:2]", i / 256, i % 256)).collect()),
        ("other attributes", (0..1000).map(|i| format!("announce route 20.{}.{}.0/24 next-hop 10.0.0.1 med {i} community [65000:1 65000:2] as-path [ 65001 65002 ]", i / 256, i % 256)).collect()),
    ] {
        let mut route = RouteBuffer::default();
        let mut words = Vec::new();
        let mut total = 0;
        let rounds = 200;
        let started = std::time::Instant::now();
        for _ in 0..rounds {
            for line in &lines {
                split_command(line, &mut words);
                let mut tokens = Tokens::new(line, &words, Span::default());
                tokens.next();
                tokens.next();
                parse_route(Verb::Announce, &mut tokens, &mut route).unwrap();
                total += route.attributes().len() + route.nlri().len();
            }
        }
        let each = started.elapsed().as_nanos() / (rounds * lines.len() as u128);
        println!("{name}: {each} ns a line ({total})");
    }
}
