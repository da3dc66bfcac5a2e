//! `announce eor [AFI SAFI]`.

use yottabgp_wire::codes::Family;
use yottabgp_wire::io::tokens::{TextError, Tokens};

use super::{Arguments, Command, Refusal};

pub(super) fn parse<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    if arguments.tokens.is_done() {
        return Ok(Command::EndOfRib(Family::IPV4_UNICAST));
    }
    Ok(Command::EndOfRib(family(&mut arguments.tokens)?))
}

/// Reads the two words of a family, or one as `ipv4/unicast`.
pub(super) fn family(tokens: &mut Tokens<'_>) -> Result<Family, TextError> {
    let start = tokens.span();
    let word = tokens.expect("the family (AFI SAFI)")?;
    let (afi, safi) = match word.split_once('/') {
        Some(words) => words,
        None => (word, tokens.expect("the SAFI")?),
    };
    // Numbers are for the families that have no names.
    let found = Family::from_words(afi, safi)
        .or_else(|| safi.parse::<u8>().ok().and_then(|_| Family::from_code_points(afi, safi)));
    found.ok_or_else(|| {
        TextError::new(start.to(tokens.last_span()), format!("'{afi} {safi}' is not a family"))
            .help("write an AFI and a SAFI, as in 'ipv4 unicast'")
    })
}
