//! What [`crate::export`] may say, as JSON Schema (draft 7), made of the rows of the keywords.

use serde_json::{Map, Value, json};
use yottabgp_health::table::Takes;

use crate::kind::{Kind, inner, is_list, rows};
use crate::section::{self, KeywordHelp};

/// Where the schema is named after.
const ID: &str = "https://github.com/yottabgp/yottabgp/schema";

/// The sections that have a schema of their own: the last part of their place, and the place.
pub fn sections() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for row in crate::keywords() {
        let name = row.place.rsplit('/').next().unwrap_or_default();
        let known = found.iter().any(|(other, _)| other == name);
        let skipped = matches!(row.place, "root" | "template" | "group" | "neighbor/process");
        if !known && !skipped {
            found.push((name.to_owned(), row.place.to_owned()));
        }
    }
    found
}

/// The schema of a whole export, or of a section of it. `None` when there is no such section.
pub fn schema(section: Option<&str>) -> Option<Value> {
    let mut document = match section {
        None => json!({
            "type": "object",
            "properties": {
                "processes": {
                    "description": "the helper programs, by their names",
                    "type": "object",
                    "additionalProperties": object("process"),
                },
                "healthchecks": {
                    "description": "the services that the daemon checks, by their names",
                    "type": "object",
                    "additionalProperties": healthcheck(),
                },
                "bmp": object("bmp"),
                "mrt": object("mrt"),
                "neighbors": {
                    "description": "the peers, by what identifies them",
                    "type": "object",
                    "additionalProperties": object("neighbor"),
                },
            },
            "required": ["neighbors", "processes", "healthchecks"],
            "additionalProperties": false,
        }),
        Some(name) => {
            let sections = sections();
            let (_, place) = sections.iter().find(|(other, _)| other == name)?;
            if place == section::healthcheck::TABLE.place { healthcheck() } else { object(place) }
        }
    };
    if let Value::Object(members) = &mut document {
        let name = section.map(|name| format!("{name} ")).unwrap_or_default();
        members.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        members.insert("$id".into(), format!("{ID}/{}.json", section.unwrap_or("config")).into());
        members.insert("title".into(), format!("ExaBGP {name}configuration").into());
    }
    Some(document)
}

/// The schema of a section `healthcheck`, whose rows are the options of the command.
fn healthcheck() -> Value {
    let mut properties = Map::new();
    for row in section::healthcheck::rows() {
        let kind = if section::healthcheck::is_number(row) { "number" } else { "string" };
        let mut schema = match row.takes {
            Takes::Nothing => json!({ "type": "boolean" }),
            Takes::One(_) => json!({ "type": kind }),
            Takes::Many(_) => json!({ "type": "array", "items": { "type": kind } }),
            Takes::Maybe(..) => json!({ "type": [kind, "boolean"] }),
        };
        if let Value::Object(members) = &mut schema {
            members.insert("description".into(), row.help.into());
        }
        properties.insert(row.name.to_owned(), schema);
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// The schema of a section.
fn object(place: &str) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for row in rows(place) {
        if place == "neighbor" && row.name == "inherit" {
            // The templates are in the neighbors already.
            continue;
        }
        if row.default == "needed" {
            required.push(Value::from(row.name));
        }
        properties.insert(row.name.to_owned(), property(place, &row));
    }
    if place == "neighbor" {
        required.push("peer-address".into());
    }
    if place == "neighbor/api" {
        properties.insert(
            "name".into(),
            json!({ "description": "the name of the section", "type": "string" }),
        );
    }
    if place == "bmp/station" {
        let described = json!({ "description": "where it is", "type": "string" });
        properties.insert("address".into(), described);
        required.push("address".into());
    }
    let mut object = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let (Value::Object(members), false) = (&mut object, required.is_empty()) {
        members.insert("required".into(), Value::Array(required));
    }
    object
}

fn property(place: &str, row: &KeywordHelp) -> Value {
    let mut schema = match (row.section, is_list(place)) {
        (true, true) => json!({ "type": "array", "items": { "type": "string" } }),
        (true, false) if matches!(row.name, "api" | "station") => {
            json!({ "type": "array", "items": object(&inner(place, row.name)) })
        }
        (true, false) => object(&inner(place, row.name)),
        (false, true) => match Kind::of(row) {
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::OneOf(kinds) if kinds.iter().all(|kind| matches!(kind, Kind::Word(_))) => {
                json!({ "type": "array", "items": any(&kinds) })
            }
            Kind::Text(_) | Kind::OneOf(_) | Kind::List(_) | Kind::Word(_) => {
                json!({ "type": "array", "items": { "type": "string" } })
            }
            kind => value(&kind),
        },
        (false, false) => value(&Kind::of(row)),
    };
    if let Value::Object(members) = &mut schema {
        members.insert("description".into(), row.help.into());
        if let Some(default) = default(row) {
            members.insert("default".into(), default);
        }
    }
    schema
}

/// The default of a row, where it is a value and not a sentence.
fn default(row: &KeywordHelp) -> Option<Value> {
    let kind = Kind::of(row);
    match row.default {
        "true" | "false" if kind.has_boolean() => Some(Value::Bool(row.default == "true")),
        "\"\"" => Some("".into()),
        text if kind.has_integer() && text.parse::<u64>().is_ok() => {
            text.parse::<u64>().ok().map(Value::from)
        }
        text if kind.has_word(text) => Some(text.into()),
        _ => None,
    }
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Flag | Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Integer(least, most) if least == most => json!({ "const": least }),
        Kind::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Asn => json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        Kind::Ipv4 => json!({ "type": "string", "format": "ipv4" }),
        Kind::Ipv6 => json!({ "type": "string", "format": "ipv6" }),
        Kind::Word(word) => json!({ "const": word }),
        Kind::Text(_) => json!({ "type": "string" }),
        Kind::List(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::OneOf(kinds) => any(kinds),
    }
}

fn any(kinds: &[Kind]) -> Value {
    let words = kinds.iter().filter_map(|kind| match kind {
        Kind::Word(word) => Some(*word),
        _ => None,
    });
    let words: Vec<&str> = words.collect();
    let mut schemas: Vec<Value> =
        kinds.iter().filter(|kind| !matches!(kind, Kind::Word(_))).map(value).collect();
    if !words.is_empty() {
        schemas.push(json!({ "enum": words }));
    }
    match schemas.as_mut_slice() {
        [only] => only.take(),
        _ => json!({ "anyOf": schemas }),
    }
}
