//! `teardown SUBCODE [TEXT]`: a Cease, and the session is made again.

use super::{Arguments, Command, Refusal};

/// The longest shutdown communication, in octets (RFC 9003 section 2).
const LONGEST_COMMUNICATION: usize = 255;

pub(super) fn parse<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let tokens = &mut arguments.tokens;
    let subcode =
        tokens.parse("Cease subcode", "a number from 0 to 255; 2 is Administrative Shutdown")?;
    let mut text = None;
    if !tokens.is_done() {
        text = Some(match tokens.left() {
            1 => tokens.next().unwrap_or_default(),
            _ => tokens.rest_of_text().trim_end(),
        });
        while tokens.next().is_some() {}
    }
    if text.is_some_and(|text| text.len() > LONGEST_COMMUNICATION) {
        return Err(Refusal::CommunicationTooLong);
    }
    Ok(Command::Teardown { subcode, text })
}
