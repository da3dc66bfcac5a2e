//! Reads case files and holds the wire crate to them.

use yottabgp_wire::attribute::{self, Attribute, ValueContext, flags, render};
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::reader::Reader;
use yottabgp_wire::io::text::parse_hex;
use yottabgp_wire::io::tokens::{Span, Token, Tokens, split_command};
use yottabgp_wire::layout::Layout;
use yottabgp_wire::nlri::{self, JsonForm, Nlri, NlriContext};
use yottabgp_wire::route::{self, RouteBuffer, Verb};

/// One block: its keys and values in their order.
pub(crate) type Block = Vec<(String, String)>;

/// The blocks of a file with the number of their first line.
pub(crate) fn blocks(text: &str) -> Vec<(usize, Block)> {
    let mut out: Vec<(usize, Block)> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            assert!(line.is_empty(), "line {}: '{line}' is no 'key: value'", number + 1);
            open = false;
            continue;
        };
        if !open {
            out.push((number + 1, Block::new()));
        }
        open = true;
        let entry = (key.trim().to_owned(), value.trim().to_owned());
        out.last_mut().unwrap().1.push(entry);
    }
    out
}

fn get<'b>(block: &'b Block, key: &str) -> Option<&'b str> {
    block.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn all<'b>(block: &'b Block, key: &'static str) -> impl Iterator<Item = &'b str> {
    block.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    parse_hex(&digits).unwrap_or_else(|| panic!("'{text}' is not hexadecimal"))
}

fn string(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// What is wrong with a block.
pub(crate) fn run(block: &Block) -> Vec<String> {
    const KEYS: &[&str] = &[
        "family",
        "attribute",
        "extended",
        "extended6",
        "community",
        "large",
        "hex",
        "json",
        "json4",
        "text",
        "command",
        "also",
        "refused",
        "malformed",
        "next-hop",
        "json-3.4",
        "json-4",
        "json-5",
        "json-6",
        "text-3.4",
        "text-4",
        "text-5",
        "text-6",
    ];
    let mut errors: Vec<String> = block
        .iter()
        .filter(|(key, _)| !KEYS.contains(&key.as_str()))
        .map(|(key, _)| format!("there is no key '{key}'"))
        .collect();
    match block.first().map(|(key, value)| (key.as_str(), value.as_str())) {
        Some(("family", name)) => family(name, block, &mut errors),
        Some(("attribute", code)) => {
            let code = code.parse().unwrap_or_else(|_| panic!("'{code}' is no type code"));
            attribute(code, get(block, "hex"), block, &mut errors);
        }
        Some((kind @ ("extended" | "extended6" | "community" | "large"), octets)) => {
            let code = match kind {
                "extended" => 16,
                "extended6" => 25,
                "community" => 8,
                _ => 32,
            };
            attribute(code, Some(octets).filter(|octets| !octets.is_empty()), block, &mut errors);
        }
        first => errors.push(format!("a block can not start with {first:?}")),
    }
    errors
}

/// The rows of the registries that no block is about.
pub(crate) fn rows_without_case(blocks: &[Block]) -> Vec<String> {
    let mut missing = Vec::new();
    let has = |key: &str, wanted: &str| {
        blocks.iter().any(|block| block.first().is_some_and(|(k, v)| k == key && v == wanted))
    };
    for row in nlri::registry::TABLE {
        for family in row.families {
            if !has("family", &family_words(*family)) {
                missing.push(format!("family {}", family_words(*family)));
            }
        }
    }
    for row in attribute::registry::TABLE {
        // The multiprotocol attributes are the cases of their families; the two of RFC 6793 are merged.
        let community = match row.code {
            8 => "community",
            16 => "extended",
            25 => "extended6",
            32 => "large",
            _ => "",
        };
        let any = blocks.iter().any(|block| block.first().is_some_and(|(k, _)| k == community));
        if ![3, 14, 15, 17, 18].contains(&row.code)
            && !any
            && !has("attribute", &row.code.to_string())
        {
            missing.push(format!("attribute {} ({})", row.code, row.name));
        }
    }
    missing
}

fn family_words(family: Family) -> String {
    string(|out| family.push_command(out))
}

fn same(face: &str, expected: &str, is: &str, errors: &mut Vec<String>) {
    if expected != is {
        errors.push(format!("{face}\n  expected {expected}\n  but is   {is}"));
    }
}

fn refusals(block: &Block, errors: &mut Vec<String>, read: impl Fn(&str) -> Result<(), String>) {
    for case in all(block, "refused") {
        let Some((words, part)) = case.split_once("=>") else {
            errors.push(format!("'{case}' has no '=>'"));
            continue;
        };
        match read(words.trim()) {
            Ok(()) => errors.push(format!("'{}' is not refused", words.trim())),
            Err(error) if error.contains(part.trim()) => {}
            Err(error) => errors.push(format!("'{}' is refused with: {error}", words.trim())),
        }
    }
}

fn tokens<'t>(text: &'t str, words: &'t mut Vec<Token>) -> Tokens<'t> {
    split_command(text, words);
    Tokens::new(text, words, Span::new(text.len(), text.len()))
}

/// What an octet is changed to: everything in an optimised build, and what most often matters in others, which are slow.
fn values(is: u8) -> Vec<u8> {
    if !cfg!(debug_assertions) {
        return (0..=255).collect();
    }
    let mut values: Vec<u8> = (0..8).map(|bit| is ^ 1 << bit).collect();
    values.extend([0, 1, 0x7f, 0x80, 0xff, is.wrapping_add(1), is.wrapping_sub(1)]);
    values
}

// NLRI

fn family(name: &str, block: &Block, errors: &mut Vec<String>) {
    let (afi, safi) = name.strip_prefix("family ").unwrap_or(name).split_once(' ').unwrap();
    let Some(family) = Family::from_code_points(afi, safi) else {
        return errors.push(format!("there is no family '{name}'"));
    };
    if let Some(octets) = get(block, "hex") {
        nlri(family, &hex(octets), block, errors);
    }
    refusals(block, errors, |words| statement(words).map(drop));
    for case in all(block, "malformed") {
        let Some((octets, part)) = case.split_once("=>") else {
            errors.push(format!("'{case}' has no '=>'"));
            continue;
        };
        match whole(family, &hex(octets)) {
            Ok(()) => errors.push(format!("{octets} is not refused")),
            Err(error) if error.contains(part.trim()) => {}
            Err(error) => errors.push(format!("{octets} is refused with: {error}")),
        }
    }
}

fn nlri(family: Family, bytes: &[u8], block: &Block, errors: &mut Vec<String>) {
    if let Err(error) = whole(family, bytes) {
        errors.push(error);
    }
    let nlri = Nlri { family, path_id: None, bytes };
    let next_hop = get(block, "next-hop").map(|address| address.parse().unwrap());
    let json = |layout| {
        let form = JsonForm { layout, ..JsonForm::default() };
        string(|out| nlri.json(&NlriContext { form, next_hop }, out))
    };
    if let Some(expected) = get(block, "json") {
        same("json", expected, &json(Layout::V6), errors);
        same("json4", get(block, "json4").unwrap_or(expected), &json(Layout::Main4), errors);
    }
    for layout in Layout::ALL {
        if serde_json::from_str::<serde_json::Value>(&json(layout)).is_err() {
            errors.push(format!("not JSON: {}", json(layout)));
        }
        let Some(name) = layout.shape().name else { continue };
        if let Some(expected) = get(block, &format!("json-{name}")) {
            same(&format!("json-{name}"), expected, &json(layout), errors);
        }
    }
    if let Some(expected) = get(block, "text") {
        same("text", expected, &string(|out| nlri.text(out)), errors);
    }
    let command = string(|out| route::push_command(nlri, out));
    if let Some(expected) = get(block, "command") {
        let digits = format!("{} 0x", family_words(family));
        match expected {
            "-" if command.starts_with(&digits) => {}
            "-" => errors.push(format!("the command is not octets: {command}")),
            _ => same("command", expected, &command, errors),
        }
    }
    for words in std::iter::once(command.as_str()).chain(all(block, "also")) {
        match statement(words) {
            Ok((of, read)) if of == family && read == bytes => {}
            Ok((of, read)) => errors.push(format!("'{words}' makes {of} {read:02x?}")),
            Err(error) => errors.push(format!("'{words}': {error}")),
        }
    }
    // Every truncation and every changed octet gives a value or an error.
    for cut in 0..bytes.len() {
        survives(family, &bytes[..cut], errors);
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        for octet in values(bytes[at]) {
            changed[at] = octet;
            survives(family, &changed, errors);
        }
    }
}

/// Reads bytes as one NLRI and nothing else.
fn whole(family: Family, bytes: &[u8]) -> Result<(), String> {
    let mut reader = Reader::new(bytes);
    let nlri = Nlri::take(family, false, &mut reader).map_err(|error| error.to_string())?;
    reader.finish("the NLRI").map_err(|error| error.to_string())?;
    nlri.check().map_err(|error| error.to_string())
}

fn survives(family: Family, bytes: &[u8], errors: &mut Vec<String>) {
    let mut reader = Reader::new(bytes);
    let Ok(nlri) = Nlri::take(family, false, &mut reader) else { return };
    for layout in Layout::ALL {
        let form = JsonForm { layout, ..JsonForm::default() };
        let json = string(|out| nlri.json(&NlriContext { form, next_hop: None }, out));
        if serde_json::from_str::<serde_json::Value>(&json).is_err() {
            errors.push(format!("{bytes:02x?} gives no JSON: {json}"));
        }
    }
    let text = string(|out| nlri.text(out));
    if text.contains('\n') {
        errors.push(format!("{bytes:02x?} gives a text of two lines: {text}"));
    }
    let _ = (nlri.identity(), nlri.check(), nlri.canonical(&mut Vec::new()));
    // Reading it back costs more: a few of them show as much.
    if !nlri.bytes.is_empty() && bytes.iter().fold(0u8, |sum, octet| sum.wrapping_add(*octet)) < 8 {
        let words = string(|out| route::push_command(nlri, out));
        match statement(&words) {
            Ok((of, read)) if of == family && read == nlri.bytes => {}
            other => errors.push(format!("{bytes:02x?} gives '{words}', which gives {other:?}")),
        }
    }
}

/// The one NLRI that a withdrawal or an announcement with these words is of.
fn statement(words: &str) -> Result<(Family, Vec<u8>), String> {
    let mut list = Vec::new();
    let mut route = RouteBuffer::default();
    let withdraws = words.starts_with("withdraw ");
    let words = words.strip_prefix("withdraw ").unwrap_or(words);
    // What is only about the NLRI has no next hop: it is added, as for an announcement.
    let mut tokens = tokens(words, &mut list);
    let verb = if withdraws { Verb::Withdraw } else { Verb::Announce };
    let text = match verb {
        Verb::Announce if !words.contains("next-hop") => format!("{words} next-hop 192.0.2.1"),
        _ => words.to_owned(),
    };
    let mut again = Vec::new();
    let mut with_next_hop = self::tokens(&text, &mut again);
    let read = route::parse_statement(verb, &mut with_next_hop, &mut route);
    if read.is_err() || !with_next_hop.is_done() {
        // Some words are flags at the end; and errors are about the text as it is written.
        route::parse_statement(verb, &mut tokens, &mut route).map_err(|error| error.to_string())?;
    }
    let mut nlri = route.nlri();
    match (nlri.next(), nlri.next()) {
        (Some(one), None) => Ok((one.family, one.bytes.to_vec())),
        _ => Err("not one NLRI".to_owned()),
    }
}

// Attributes

fn attribute(code: u8, octets: Option<&str>, block: &Block, errors: &mut Vec<String>) {
    let Some(row) = attribute::registry::row(code) else {
        return errors.push(format!("there is no attribute {code}"));
    };
    if let Some(octets) = octets {
        value(row, &hex(octets), block, errors);
    }
    refusals(block, errors, |words| set_of(words).map(drop));
    for case in all(block, "malformed") {
        let Some((octets, part)) = case.split_once("=>") else {
            errors.push(format!("'{case}' has no '=>'"));
            continue;
        };
        match (row.check)(&hex(octets), &ValueContext::STORED) {
            Ok(()) => errors.push(format!("{octets} is not refused")),
            Err(fault) if fault.reason.contains(part.trim()) => {}
            Err(fault) => errors.push(format!("{octets} is refused with: {}", fault.reason)),
        }
    }
}

fn faces(row: &attribute::AttributeType, value: &[u8], layout: Layout) -> (String, String) {
    let form = JsonForm { layout, ..JsonForm::default() };
    let context = ValueContext { form, ..ValueContext::STORED };
    let json = string(|out| (row.json)(value, &context, out));
    let text = string(|out| (row.text)(value, &context, out));
    (json, text.strip_prefix(' ').map(str::to_owned).unwrap_or(text))
}

fn value(row: &attribute::AttributeType, value: &[u8], block: &Block, errors: &mut Vec<String>) {
    if let Err(fault) = (row.check)(value, &ValueContext::STORED) {
        errors.push(fault.reason);
    }
    let (json, text) = faces(row, value, Layout::V6);
    for layout in Layout::ALL {
        let Some(name) = layout.shape().name else { continue };
        let (json, text) = faces(row, value, layout);
        for (face, got) in [("json", json), ("text", text)] {
            let key = format!("{face}-{name}");
            if let Some(expected) = get(block, &key) {
                same(&key, expected, &got, errors);
            }
        }
    }
    if let Some(expected) = get(block, "json") {
        same("json", expected, &json, errors);
        let json4 = get(block, "json4").unwrap_or(expected);
        same("json4", json4, &faces(row, value, Layout::Main4).0, errors);
    }
    if let Some(expected) = get(block, "text") {
        same("text", expected, &text, errors);
    }
    let attribute = Attribute { flags: row.flags, code: row.code, value };
    let command = string(|out| render::push_readable(&attribute, out));
    let command = command.trim_start();
    if let Some(expected) = get(block, "command") {
        match expected {
            "-" if command.starts_with("attribute [ 0x") => {}
            "-" => errors.push(format!("the command is not octets: {command}")),
            _ => same("command", expected, command, errors),
        }
    }
    for words in std::iter::once(command).chain(all(block, "also")) {
        match set_of(words) {
            Ok(set) => match attribute::set::iter(&set).find(|of| of.attribute.code == row.code) {
                Some(stored) if stored.attribute.value == value => {}
                Some(stored) => {
                    errors.push(format!("'{words}' makes {:02x?}", stored.attribute.value))
                }
                // An empty optional attribute is not sent.
                None if value.is_empty() => {}
                None => errors.push(format!("'{words}' makes no {}", row.name)),
            },
            Err(error) => errors.push(format!("'{words}': {error}")),
        }
    }
    for cut in 0..value.len() {
        value_survives(row, &value[..cut], errors);
    }
    for at in 0..value.len() {
        let mut changed = value.to_vec();
        for octet in values(value[at]) {
            changed[at] = octet;
            value_survives(row, &changed, errors);
        }
    }
}

fn value_survives(row: &attribute::AttributeType, value: &[u8], errors: &mut Vec<String>) {
    let checked = (row.check)(value, &ValueContext::STORED);
    for layout in Layout::ALL {
        let (json, text) = faces(row, value, layout);
        if checked.is_ok()
            && serde_json::from_str::<serde_json::Value>(&format!("{{{json}}}")).is_err()
        {
            errors.push(format!("{value:02x?} gives no JSON: {json}"));
        }
        if text.contains('\n') {
            errors.push(format!("{value:02x?} gives a text of two lines: {text}"));
        }
    }
    if value.iter().fold(0u8, |sum, octet| sum.wrapping_add(*octet)) < 8 {
        let attribute = Attribute { flags: row.flags, code: row.code, value };
        let words = string(|out| render::push_readable(&attribute, out));
        let read = set_of(words.trim_start());
        let read = read.as_ref().map(|set| {
            attribute::set::iter(set)
                .find(|of| of.attribute.code == row.code)
                .map(|of| of.attribute.value)
        });
        match read {
            Ok(Some(read)) if read == value => {}
            Ok(None) if value.is_empty() && row.flags & flags::OPTIONAL != 0 => {}
            other => errors.push(format!("{value:02x?} gives '{words}', which gives {other:02x?}")),
        }
    }
}

/// The attributes that words after `attributes` make.
fn set_of(words: &str) -> Result<Vec<u8>, String> {
    let mut list = Vec::new();
    let mut route = RouteBuffer::default();
    let mut tokens = tokens(words, &mut list);
    route::parse_attributes(Verb::Announce, &mut tokens, &mut route)
        .map_err(|error| error.to_string())?;
    Ok(route.attributes().to_vec())
}
