//! `operational { … }`: messages that each session starts with (draft-ietf-idr-operational-message).

use yottabgp_wire::io::tokens::TextError;
use yottabgp_wire::message::operational::Operational;

use crate::lexer::Words as Characters;
use crate::parser::{Keyword, Section};
use crate::slot::At;
use crate::words::Words;

/// The messages with their places.
pub(crate) type Messages = Vec<At<Operational<'static>>>;

const ADVISORY: &str = "afi <afi> safi <safi> advisory <text>";
const QUERY: &str = "afi <afi> safi <safi> [router-id <ipv4>] [sequence <0-4294967295>]";
const COUNTER: &str =
    "afi <afi> safi <safi> [router-id <ipv4>] [sequence <0-4294967295>] counter <0-4294967295>";

/// The section.
pub(crate) static TABLE: Section<Messages> = Section {
    // The text of an advisory may have any character.
    characters: Characters::Routes,
    keywords: &[
        row("asm", ADVISORY, "a text for the other operator: how things are"),
        row("adm", ADVISORY, "a text for the other operator: what is asked of them"),
        row("rpcq", QUERY, "asks how many prefixes of ours are reachable there"),
        row("rpcp", COUNTER, "says how many prefixes of the peer are reachable here"),
        row("apcq", QUERY, "asks how many prefixes are in the Adj-RIB-Out towards us"),
        row("apcp", COUNTER, "says how many prefixes are in the Adj-RIB-Out"),
        row("lpcq", QUERY, "asks how many prefixes are in the peer's Loc-RIB"),
        row("lpcp", COUNTER, "says how many prefixes are in the Loc-RIB"),
    ],
    ..Section::new("neighbor/operational")
};

const fn row(name: &'static str, value: &'static str, help: &'static str) -> Keyword<Messages> {
    Keyword { name, value, default: "", help, read }
}

fn read(words: &mut Words<'_, '_>, messages: &mut Messages) -> Result<(), TextError> {
    words.tokens.rewind(0);
    let value = Operational::parse(&mut words.tokens)?;
    messages.push(At { value, span: words.span() });
    Ok(())
}
