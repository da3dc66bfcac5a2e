//! `show`, `flush` and `clear adj-rib`.

use yottabgp_wire::codes::{Afi, Family};
use yottabgp_wire::io::tokens::Tokens;

use super::{Arguments, Command, FamilyFilter, Refusal, Rib, ShowRib, late_selector};
use crate::select;

/// `in|out [AFI [SAFI]|inet|flow|l2vpn] [IP] [extensive]`, in any order after the direction.
pub(super) fn show<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let rib = rib(&mut arguments.tokens, "show adj-rib")?;
    let mut show = ShowRib { rib, families: FamilyFilter::Any, extensive: false, old: false };
    while let Some(word) = arguments.tokens.peek() {
        match word {
            "extensive" => show.extensive = true,
            "inet" => show.families = FamilyFilter::Inet,
            "flow" => show.families = FamilyFilter::Flow,
            "neighbor" | "peer" => {
                arguments.tokens.next();
                late_selector(arguments)?;
                continue;
            }
            word if select::is_selector(word) => {
                late_selector(arguments)?;
                continue;
            }
            word => match Afi::named(word) {
                Some(afi) => {
                    arguments.tokens.next();
                    let safi = arguments.tokens.peek().unwrap_or_default();
                    show.families = match Family::from_words(word, safi) {
                        Some(family) => {
                            arguments.tokens.next();
                            FamilyFilter::Family(family)
                        }
                        None => FamilyFilter::Afi(afi),
                    };
                    continue;
                }
                None => break,
            },
        }
        arguments.tokens.next();
    }
    Ok(Command::ShowRib(show))
}

/// `show routes [extensive] [IP]`: what was announced.
pub(super) fn show_routes<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let families = FamilyFilter::Any;
    let mut show = ShowRib { rib: Rib::Out, families, extensive: false, old: true };
    while let Some(word) = arguments.tokens.peek() {
        match word {
            "extensive" => {
                show.extensive = true;
                arguments.tokens.next();
            }
            word if select::is_selector(word) => late_selector(arguments)?,
            _ => break,
        }
    }
    Ok(Command::ShowRib(show))
}

pub(super) fn flush<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    if arguments.tokens.is_done() {
        return Ok(Command::FlushRib);
    }
    match rib(&mut arguments.tokens, "flush adj-rib")? {
        Rib::Out => Ok(Command::FlushRib),
        Rib::In => Err(Refusal::Unexpected {
            command: "flush adj-rib",
            word: "in".to_owned(),
            at: arguments.tokens.last_span(),
        }),
    }
}

/// Without a direction, what was announced is meant, as in ExaBGP 5.
pub(super) fn clear<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    if arguments.tokens.is_done() {
        return Ok(Command::ClearRib(Rib::Out));
    }
    Ok(Command::ClearRib(rib(&mut arguments.tokens, "clear adj-rib")?))
}

fn rib(tokens: &mut Tokens<'_>, given: &'static str) -> Result<Rib, Refusal> {
    match tokens.next() {
        Some("in") => Ok(Rib::In),
        Some("out") => Ok(Rib::Out),
        Some(word) => Err(Refusal::Unexpected {
            command: given,
            word: word.to_owned(),
            at: tokens.last_span(),
        }),
        None => Err(Refusal::Incomplete {
            given: given.to_owned(),
            choices: if given.starts_with("flush") { "out" } else { "in, out" }.to_owned(),
        }),
    }
}
