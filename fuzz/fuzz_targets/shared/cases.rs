//! Inputs for the fuzz targets made of the case files of `wire`: every type of NLRI, attribute and community is there from the
//! first execution, and the tests replay them.

use std::fs;
use std::path::Path;

/// One input.
pub(crate) struct Seed {
    /// The target that it is for.
    pub(crate) target: &'static str,
    /// The octets.
    pub(crate) data: Vec<u8>,
}

/// The inputs of every case file in `folder` and below.
pub(crate) fn seeds(folder: &Path) -> Vec<Seed> {
    let mut out = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of cases") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "case") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                text.split("\n\n").for_each(|block| of_block(block, &mut out));
            }
        }
    }
    out
}

fn of_block(block: &str, out: &mut Vec<Seed>) {
    let lines = block.lines().filter(|line| !line.starts_with('#'));
    let pairs: Vec<(&str, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(key, value)| (key.trim(), value.trim()))
        .collect();
    let Some((kind, about)) = pairs.first() else { return };
    let values =
        |key: &'static str| pairs.iter().filter(move |(of, _)| *of == key).map(|(_, value)| *value);
    // What is refused is as good a start as what is right.
    let wrong = |value: &'static str| {
        values(value).filter_map(|value| value.split_once("=>")).map(|(value, _)| value.trim())
    };
    let octets: Vec<Vec<u8>> = values("hex").chain(wrong("malformed")).filter_map(hex).collect();
    let words = values("command").chain(values("also")).chain(wrong("refused"));
    let mut push = |target, parts: &[&[u8]]| out.push(Seed { target, data: parts.concat() });
    match *kind {
        "family" => {
            let Some(family) = family(about) else { return };
            for octets in octets {
                push("nlri", &[&family, &[0], &octets]);
                push("nlri", &[&family, &[1], &[0, 0, 0, 7], &octets]);
                push("update", &[&[0], &update(&family, &octets)]);
            }
            for words in words.filter(|words| *words != "-") {
                push("route", &[&[0], words.as_bytes(), b" next-hop 192.0.2.1"]);
                push("route", &[&[1], words.as_bytes()]);
                let lines = format!("announce {words} next-hop 192.0.2.1\nwithdraw {words}");
                push("command", &[&[1], lines.as_bytes()]);
                push("configuration", &[configuration(words).as_bytes()]);
            }
        }
        kind => {
            let code = match kind {
                "attribute" => about.parse().unwrap_or(0),
                "community" => 8,
                "extended" => 16,
                "extended6" => 25,
                "large" => 32,
                other => panic!("a block can not start with {other}"),
            };
            let own = if kind == "attribute" { None } else { hex(about) };
            for value in octets.into_iter().chain(own) {
                push("attribute", &[&[code, 0], &value]);
                push("update", &[&[0], &with_attribute(code, &value)]);
            }
            for words in words.filter(|words| *words != "-") {
                push("route", &[&[0], b"route 10.0.0.0/24 next-hop 192.0.2.1 ", words.as_bytes()]);
                let line = format!("announce route 10.0.0.0/24 next-hop 192.0.2.1 {words}");
                push("command", &[&[1], line.as_bytes()]);
                let line = format!("route 10.0.0.0/24 next-hop 192.0.2.1 {words}");
                push("configuration", &[configuration(&line).as_bytes()]);
            }
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    yottabgp_wire::io::text::parse_hex(&text.replace([' ', ':'], ""))
}

/// `AFI(2) SAFI(1)` of the words of a family.
fn family(words: &str) -> Option<[u8; 3]> {
    let (afi, safi) = words.strip_prefix("family ").unwrap_or(words).split_once(' ')?;
    yottabgp_wire::codes::Family::from_code_points(afi, safi).map(|family| family.octets())
}

/// The body of an UPDATE that withdraws a route and announces it.
fn update(family: &[u8; 3], nlri: &[u8]) -> Vec<u8> {
    let [high, low, safi] = *family;
    let next_hop = match (low, safi) {
        (_, 133 | 134) => 0,
        (_, 128) => 12,
        (2, 1 | 2 | 4) => 16,
        _ => 4,
    };
    let reach = [&[high, low, safi, next_hop][..], &vec![0; next_hop.into()], &[0], nlri].concat();
    let unreach = [family, nlri].concat();
    body(&[(0x80, 15, &unreach), (0x40, 1, &[0]), (0x40, 2, &[]), (0x80, 14, &reach)], &[])
}

/// The body of an UPDATE of one IPv4 route with an attribute.
fn with_attribute(code: u8, value: &[u8]) -> Vec<u8> {
    let mut attributes: Vec<(u8, u8, &[u8])> =
        vec![(0x40, 1, &[0]), (0x40, 2, &[]), (0x40, 3, &[192, 0, 2, 1])];
    attributes.retain(|(_, of, _)| *of != code);
    let flags = yottabgp_wire::attribute::registry::row(code).map_or(0xc0, |row| row.flags);
    attributes.push((flags, code, value));
    body(&attributes, &[24, 10, 0, 0])
}

fn body(attributes: &[(u8, u8, &[u8])], nlri: &[u8]) -> Vec<u8> {
    let length = |octets: &[u8]| u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut all = Vec::new();
    for (flags, code, value) in attributes {
        all.extend([flags | 0x10, *code]);
        all.extend(length(value));
        all.extend_from_slice(value);
    }
    [&[0, 0], &length(&all)[..], &all, nlri].concat()
}

/// A configuration with a route in the section where its first words belong.
fn configuration(words: &str) -> String {
    let words = words.replace("\\n", "\n");
    let words = words.strip_prefix("withdraw ").unwrap_or(&words);
    let end = match words {
        block if block.ends_with('}') => "",
        complete if complete.contains("next-hop") => ";",
        _ => " next-hop 192.0.2.1;",
    };
    let (section, close) = match words.split_once(' ') {
        Some(("ipv4" | "ipv6" | "bgp-ls", _)) => ("announce { ", " } }"),
        Some(("l2vpn" | "vpls", _)) => ("l2vpn { ", " }"),
        Some(("flow", _)) => ("flow { ", " }"),
        _ => ("static { ", " }"),
    };
    let statement = match words.split_once(' ') {
        Some((afi @ ("ipv4" | "ipv6" | "bgp-ls"), rest)) => format!("{afi} {{ {rest}"),
        Some(("l2vpn" | "flow", rest)) => rest.to_owned(),
        _ => words.to_owned(),
    };
    format!(
        "neighbor 127.0.0.1 {{ router-id 10.0.0.1; local-address 127.0.0.1; local-as 65000; peer-as 65000; family {{ all; }} {section}{statement}{end}{close} }}"
    )
}
