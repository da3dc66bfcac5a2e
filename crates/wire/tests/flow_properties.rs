//! Flow specifications: any rule goes from bytes to words and back, any words to bytes, and no bytes do harm.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "test code"
)]

use proptest::collection::vec;
use proptest::prelude::*;
use yottabgp_wire::attribute::set;
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, split_command};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::nlri::{JsonForm, Nlri, NlriContext};
use yottabgp_wire::route::{self, RouteBuffer, Verb};

const IPV4: Family = Family::new(Afi::IPV4, Safi::FLOW);
const IPV6: Family = Family::new(Afi::IPV6, Safi::FLOW);

fn read(words: &str) -> Result<RouteBuffer, TextError> {
    let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
    split_command(words, &mut list);
    let end = Span::new(words.len(), words.len());
    let mut tokens = Tokens::new(words, &list, end);
    route::parse_statement(Verb::Announce, &mut tokens, &mut route)?;
    assert!(tokens.is_done(), "{words}");
    Ok(route)
}

fn one(route: &RouteBuffer) -> (Family, Vec<u8>) {
    let mut nlri = route.nlri();
    let found = nlri.next().map(|nlri| (nlri.family, nlri.bytes.to_vec())).unwrap();
    assert!(nlri.next().is_none());
    found
}

fn string(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

fn json(nlri: Nlri<'_>, layout: Layout) -> serde_json::Value {
    let form = JsonForm { layout, ..JsonForm::default() };
    let next_hop = Some([192, 0, 2, 1].into());
    serde_json::from_str(&string(|out| nlri.json(&NlriContext { form, next_hop }, out))).unwrap()
}

/// Operators and values of a list: `meaning` is the bits of an operator that may be set.
fn list(meaning: u8, most: u64, wide: bool) -> impl Strategy<Value = Vec<u8>> {
    vec((any::<u8>(), 0..=most, 0..4_usize), 1..6).prop_map(move |terms| {
        let mut out = Vec::new();
        let last = terms.len() - 1;
        for (index, (operator, value, longer)) in terms.into_iter().enumerate() {
            let shortest = match value {
                0..=0xff => 0,
                0x100..=0xffff => 1,
                _ => 2,
            };
            // A flow label has four octets.
            let shortest = if most == 0xf_ffff { 2 } else { shortest };
            let size = if wide { longer.max(shortest) } else { shortest };
            let operator = if index == 0 { operator & meaning & !0x40 } else { operator & meaning };
            let end = if index == last { 0x80 } else { 0 };
            out.push(operator | end | u8::try_from(size).unwrap() << 4);
            out.extend(&value.to_be_bytes()[8 - (1 << size)..]);
        }
        out
    })
}

fn prefix(afi: Afi) -> BoxedStrategy<Vec<u8>> {
    if afi == Afi::IPV4 {
        let masked = |(address, length): (u32, u8)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            let octets = (address & mask).to_be_bytes();
            [&[length], &octets[..usize::from(length).div_ceil(8)]].concat()
        };
        return (any::<u32>(), 0..=32_u8).prop_map(masked).boxed();
    }
    (any::<u128>(), 0..=128_u8, any::<u8>())
        .prop_map(|(pattern, length, offset)| {
            let offset = if length == 0 { 0 } else { offset % length };
            let bits = length - offset;
            let mask = !u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            let octets = (pattern & mask).to_be_bytes();
            [&[length, offset], &octets[..usize::from(bits).div_ceil(8)]].concat()
        })
        .boxed()
}

/// A rule with some of its components; `wide` values may have more octets than they need.
fn rule(afi: Afi, wide: bool) -> impl Strategy<Value = Vec<u8>> {
    let some = |list| proptest::option::weighted(0.3, list);
    let (dscp, fragment) = if afi == Afi::IPV4 { (63, 15) } else { (255, 7) };
    let first = (
        some(prefix(afi)),
        some(prefix(afi)),
        some(list(0x47, 0xff, wide).boxed()),
        some(list(0x47, 0xffff, wide).boxed()),
        some(list(0x47, 0xffff, wide).boxed()),
        some(list(0x47, 0xffff, wide).boxed()),
    );
    let second = (
        some(list(0x47, 0xff, wide).boxed()),
        some(list(0x47, 0xff, wide).boxed()),
        some(list(0x43, 0xffff, false).boxed()),
        some(list(0x47, 0xffff, wide).boxed()),
        some(list(0x47, dscp, false).boxed()),
        some(list(0x43, fragment, false).boxed()),
        some(list(0x47, 0xf_ffff, wide).boxed()),
    );
    (first, second).prop_map(move |((a, b, c, d, e, f), (g, h, i, j, k, l, m))| {
        let double = |bits: &mut Vec<u8>| {
            // The lowest bit of the fragment bits is not of IPv6.
            if afi == Afi::IPV6 {
                bits.chunks_mut(2).for_each(|term| term[1] <<= 1);
            }
        };
        let l = l.map(|mut bits| {
            double(&mut bits);
            bits
        });
        let m = m.filter(|_| afi == Afi::IPV6);
        let components = [a, b, c, d, e, f, g, h, i, j, k, l, m];
        let mut body = Vec::new();
        for (kind, component) in (1_u8..).zip(components) {
            if let Some(component) = component {
                body.push(kind);
                body.extend(component);
            }
        }
        with_length(&body)
    })
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap();
    match u8::try_from(length) {
        Ok(length) if length < 240 => [&[length], body].concat(),
        _ => [&(0xf000 | length).to_be_bytes(), body].concat(),
    }
}

/// What holds for every rule without a fault.
fn holds(family: Family, bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let nlri = Nlri::take(family, false, &mut reader).unwrap();
    assert!(reader.is_empty());
    nlri.check().unwrap();
    for layout in [Layout::Main4, Layout::V6] {
        let json = json(nlri, layout);
        let text = json["string"].as_str().unwrap();
        assert_eq!(text, string(|out| nlri.text(out)));
        assert_eq!(json.get("next-hop").is_some(), layout == Layout::Main4);
    }
    let command = string(|out| route::push_command(nlri, out));
    assert_eq!(one(&read(&command).unwrap()), (family, bytes.to_vec()), "{command}");
}

proptest! {
    #[test]
    fn rules_are_read_back_from_their_words(v4 in rule(Afi::IPV4, false), v6 in rule(Afi::IPV6, false), distinguisher: [u8; 8]) {
        for (family, bytes) in [(IPV4, v4), (IPV6, v6)] {
            holds(family, &bytes);
            let nlri = Nlri { family, path_id: None, bytes: &bytes };
            // In words, not in digits.
            prop_assert!(!string(|out| route::push_command(nlri, out)).contains(" 0x"));
            let mut buffer = Vec::new();
            prop_assert_eq!(nlri.canonical(&mut buffer), nlri);
            // The same words in another form.
            let words = string(|out| nlri.text(out));
            let block = format!("{} flow{}", family.afi, words.strip_prefix("flow").unwrap());
            if !words.contains("true") && !words.contains("false") {
                prop_assert_eq!(one(&read(&block).unwrap()).1, bytes.clone());
            }
            let skip = if bytes[0] < 240 { 1 } else { 2 };
            let vpn = with_length(&[&distinguisher, &bytes[skip..]].concat());
            holds(Family::new(family.afi, Safi::FLOW_VPN), &vpn);
        }
    }

    #[test]
    fn rules_in_unusual_lengths_are_kept_as_they_are(v4 in rule(Afi::IPV4, true), v6 in rule(Afi::IPV6, true)) {
        holds(IPV4, &v4);
        holds(IPV6, &v6);
    }

    #[test]
    fn the_order_of_words_does_not_matter(bytes in rule(Afi::IPV4, false), seed: u64) {
        let nlri = Nlri { family: IPV4, path_id: None, bytes: &bytes };
        let command = string(|out| route::push_command(nlri, out));
        let mut parts: Vec<String> = Vec::new();
        for word in command.split(' ').skip(2) {
            let is_name = word.len() > 3 && word.contains(|c: char| c.is_ascii_lowercase()) && !word.starts_with(['=', '!', '>', '<'])
                && matches!(word.split('-').next(), Some("destination" | "source" | "protocol" | "port" | "icmp" | "tcp" | "packet" | "dscp" | "fragment"));
            if is_name || parts.is_empty() {
                parts.push(String::new());
            }
            let part = parts.last_mut().unwrap();
            part.push_str(word);
            part.push(' ');
        }
        let mut seed = seed;
        for at in (1..parts.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            parts.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
        }
        let words = parts.concat();
        prop_assert_eq!(one(&read(&format!("flow route {words} discard")).unwrap()), (IPV4, bytes.clone()));
        let statements: String = parts.iter().map(|part| format!("{part}; ")).collect();
        let block = format!("flow route {{ match {{ {statements}}} then {{ discard; }} }}");
        prop_assert_eq!(one(&read(&block).unwrap()), (IPV4, bytes));
    }

    #[test]
    fn any_bytes_are_shown_or_refused(afi in 0..3_usize, vpn: bool, body in vec(any::<u8>(), 0..60), start in rule(Afi::IPV6, false), at: u16) {
        let afi = [Afi::IPV4, Afi::IPV6, Afi::L2VPN][afi];
        let family = Family::new(afi, if vpn { Safi::FLOW_VPN } else { Safi::FLOW });
        let mut broken = start.clone();
        let at = usize::from(at) % broken.len();
        broken[at] = broken[at].wrapping_add(body.first().copied().unwrap_or(1));
        broken.truncate(body.len() * 4);
        for bytes in [with_length(&body), body, broken] {
            let Ok(nlri) = Nlri::take(family, false, &mut Reader::new(&bytes)) else { continue };
            let shown = json(nlri, Layout::V6);
            prop_assert_eq!(nlri.check().is_err(), shown.get("parsed").is_some());
            let command = string(|out| route::push_command(nlri, out));
            prop_assert_eq!(one(&read(&command).unwrap()), (family, nlri.bytes.to_vec()), "{}", command);
            let (mut once, mut twice) = (Vec::new(), Vec::new());
            let canonical = nlri.canonical(&mut once);
            prop_assert_eq!(canonical.check().is_ok(), nlri.check().is_ok());
            prop_assert_eq!(canonical.canonical(&mut twice), canonical);
        }
    }

    #[test]
    fn any_words_are_read_or_refused(words in "((flow route|ipv4 flow|ipv6 flow) )?([{};]|\\[|\\]|match|then|source|port|tcp-flags|icmp-type|rd|redirect|interface-set|rate-limit|[&=!<>]{0,3}[0-9a-z.:/]{0,6}| ){0,30}") {
        let (mut list, mut route) = (Vec::new(), RouteBuffer::default());
        split_command(&words, &mut list);
        let mut tokens = Tokens::new(&words, &list, Span::default());
        let _ = route::parse_statement(Verb::Announce, &mut tokens, &mut route);
    }
}

/// The extended communities that actions make, in hexadecimal, and the next hop.
fn actions(words: &str) -> (String, String) {
    let route = read(&format!("flow route destination 10.0.0.0/8 {words}")).unwrap();
    let octets = set::iter(route.attributes())
        .map(|stored| format!("{}:{}", stored.attribute.code, hex(stored.attribute.value)))
        .collect::<Vec<_>>()
        .join(" ");
    (octets, format!("{:?}", route.next_hop))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn actions_are_communities() {
    for (words, octets) in [
        ("accept", ""),
        ("discard", "16:8006000000000000"),
        ("rate-limit 9600", "16:8006000046160000"),
        ("rate-limit 9600 bytes", "16:8006000046160000"),
        ("rate-limit 1000 packets", "16:800c0000447a0000"),
        ("rate-limit 99999999999999999", "16:800600005368d4a5"),
        ("redirect 65500:12345", "16:8008ffdc00003039"),
        ("redirect 70000:5", "16:8208000111700005"),
        ("redirect 1.2.3.4:5", "16:8108010203040005"),
        ("redirect [2001:db8::1]:100", "25:000d20010db80000000000000000000000010064"),
        ("redirect 1.2.3.4", "16:0800000000000000"),
        ("redirect 2001:db8::1", "16:0800000000000000"),
        ("copy 1.2.3.4", "16:0800000000000001"),
        ("redirect-to-nexthop", "16:0800000000000000"),
        ("copy-to-nexthop", "16:0800000000000001"),
        ("redirect-to-nexthop-ietf 1.2.3.4", "16:010c010203040000"),
        ("copy-to-nexthop-ietf 1.2.3.4", "16:010c010203040001"),
        ("redirect-to-nexthop-ietf 2001:db8::1", "25:000c20010db80000000000000000000000010000"),
        ("mark 10", "16:800900000000000a"),
        ("action sample-terminal", "16:8007000000000003"),
        ("action sample", "16:8007000000000002"),
        ("action terminal", "16:8007000000000001"),
        ("interface-set non-transitive:input:3405770241:1", "16:4702caffee014001"),
        (
            "interface-set [ transitive:output:254:254 input-output:1234:10 ]",
            "16:0702000000fe80fe0702000004d2c00a",
        ),
        (
            "discard community 1:2 interface-set input:1:1",
            "8:00010002 16:07020000000140018006000000000000",
        ),
    ] {
        assert_eq!(actions(words).0, octets, "{words}");
    }
    assert!(actions("redirect 1.2.3.4").1.contains("1.2.3.4"));
    assert!(actions("copy 2001:db8::1").1.contains("2001:db8::1"));
    assert!(actions("discard").1.contains("Absent"));
}

#[test]
fn rules_may_have_4095_octets() {
    // Each port takes three octets, the type one.
    let rule = |ports: u32| {
        let ports: Vec<String> = (0..ports).map(|port| format!("={}", 1000 + port)).collect();
        read(&format!("ipv4 flow port [ {} ]", ports.join(" ")))
    };
    for (ports, header) in [(79, "ee"), (80, "f0f1"), (85, "f100"), (1364, "fffd")] {
        let (family, bytes) = one(&rule(ports).unwrap());
        assert!(hex(&bytes).starts_with(header), "{ports}: {}", &hex(&bytes)[..4]);
        holds(family, &bytes);
    }
    let error = rule(1365).unwrap_err().to_string();
    assert!(error.contains("4095"), "{error}");
}

#[test]
fn errors_point_at_the_value() {
    for (words, at) in [
        ("flow route { match { source 10.0.0.0; } then { discard; } }", "10.0.0.0"),
        ("flow route { match { port [ =80 =90000 ]; } then { discard; } }", "=90000"),
        (
            "flow route {\\n match {\\n source 10.0.0.0/8;\\n dscp 64;\\n }\\n then {\\n discard;\\n }\\n }",
            "64",
        ),
        ("ipv6 flow source 10.0.0.0/8", "10.0.0.0/8"),
        ("flow route { match { port 80; } than { discard; } }", "than"),
        ("flow route { match { port 80; ", "{"),
    ] {
        let error = read(words).unwrap_err();
        assert_eq!(&words[error.span.range()], at, "{words}: {error}");
    }
}
