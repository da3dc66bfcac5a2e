//! `help`: what [`crate::command::registry::TABLE`] has.

use yottabgp_wire::io::json::{push_separator, push_string};
use yottabgp_wire::io::text::push;

use crate::command::registry::{Row, TABLE};
use crate::select;
use crate::{Encoding, Version};

/// Writes the list of commands, in the words of the version.
pub fn help(version: Version, encoding: Encoding, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Text => text(version, out),
        Encoding::Json => json(version, out),
    }
}

/// The command as it is to be written, with the place of its selection.
fn words(row: &Row, version: Version) -> String {
    match (version, row.v6.strip_prefix("peer ")) {
        (Version::V4, _) if row.peers && !row.v4.starts_with("peer ") => {
            format!("[neighbor <ip> [filters]] {}", row.v4)
        }
        (Version::V4, _) => row.v4.to_owned(),
        (Version::V6, Some(action)) if row.peers => format!("peer <selector> {action}"),
        (Version::V6, _) => row.v6.to_owned(),
    }
}

fn text(version: Version, out: &mut Vec<u8>) {
    push(out, "\navailable API commands are listed here:\n");
    push(out, "=======================================\n\n");
    push(out, "filter can be: ");
    for key in select::KEYS {
        let value = match *key {
            "local-ip" => "ip",
            "local-as" | "peer-as" => "asn",
            other => other,
        };
        push(out, &format!("[{key} <{value}>]"));
    }
    push(out, "\n\ncommand are:\n------------\n\n");
    let mut lines: Vec<String> = TABLE
        .iter()
        .map(|row| match row.grammar {
            "" => words(row, version),
            grammar => format!("{} {grammar}", words(row, version)),
        })
        .collect();
    lines.sort();
    for line in lines {
        push(out, &line);
        out.push(b'\n');
    }
    out.push(b'\n');
}

fn json(version: Version, out: &mut Vec<u8>) {
    push(out, "{\"description\": ");
    push_string(out, &format!("Available API commands (v{} format)", version.number()));
    push(out, ", \"peer_filters\": [");
    let mut first = true;
    for key in select::KEYS {
        push_separator(out, &mut first);
        push_string(out, key);
    }
    push(out, "], \"commands\": [");
    let mut rows: Vec<(&str, &Row)> = TABLE
        .iter()
        .map(|row| match version {
            Version::V4 => (row.v4, row),
            Version::V6 => (row.v6, row),
        })
        .collect();
    rows.sort_by_key(|(words, _)| *words);
    let mut first = true;
    for (words, row) in rows {
        push_separator(out, &mut first);
        push(out, "{\"command\": ");
        push_string(out, words);
        push(out, ", \"neighbor_support\": ");
        push(out, if row.peers { "true" } else { "false" });
        push(out, ", \"json_support\": ");
        push(out, if row.json { "true" } else { "false" });
        if !row.grammar.is_empty() {
            push(out, ", \"options\": [");
            push_string(out, row.grammar);
            out.push(b']');
        }
        push(out, ", \"description\": ");
        push_string(out, row.help);
        out.push(b'}');
    }
    push(out, "]}\n");
}
