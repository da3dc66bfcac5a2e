//! The words of an AS path.

use super::{CONFED_SEQUENCE, CONFED_SET, SEQUENCE, SET};
use crate::asn::Asn;
use crate::io::tokens::{TextError, Tokens};

/// The most numbers that a segment can have.
const MOST: usize = 255;

/// The words of a path cut at brackets, however they are glued: files keep `(65001` as one word, commands do not.
struct Pieces<'t, 'a> {
    tokens: &'t mut Tokens<'a>,
    rest: &'a str,
}

const BRACKETS: [char; 7] = ['[', ']', '(', ')', '{', '}', ','];

impl<'a> Pieces<'_, 'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            self.rest = self.tokens.next()?;
        }
        let end = match self.rest.find(BRACKETS) {
            Some(0) => 1,
            Some(end) => end,
            None => self.rest.len(),
        };
        let (piece, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(piece)
    }

    /// Whether the next piece opens a segment.
    fn opens(&self) -> bool {
        let next = if self.rest.is_empty() { self.tokens.peek() } else { Some(self.rest) };
        next.is_some_and(|next| next.starts_with(['[', '(']))
    }
}

/// Reads `65001`, or segments: `[ 1 2 ]` a sequence, `( 3 4 )` a set, `[ { 5 } ]` and `( { 6 } )` those of a
/// confederation. Commas are optional.
pub(super) fn parse(tokens: &mut Tokens<'_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let mut pieces = Pieces { tokens, rest: "" };
    if !pieces.opens() {
        let word = pieces.tokens.expect("as-path")?;
        let number = number(word, pieces.tokens)?;
        out.extend([SEQUENCE, 1]);
        out.extend(number.to_be_bytes());
        return Ok(());
    }
    while pieces.opens() {
        parse_segment(&mut pieces, out)?;
    }
    match pieces.rest {
        "" => Ok(()),
        rest => Err(pieces
            .tokens
            .last_error(format!("'{rest}' follows the as-path without a blank between them"))),
    }
}

fn parse_segment(pieces: &mut Pieces<'_, '_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let (close, plain, confederation) = match pieces.next() {
        Some("(") => (")", SET, CONFED_SET),
        _ => ("]", SEQUENCE, CONFED_SEQUENCE),
    };
    let open = pieces.tokens.last_span();
    let mut kind = plain;
    let (mut header, mut count, mut braced) = (out.len(), 0, false);
    out.extend([kind, 0]);
    loop {
        match pieces.next() {
            Some(",") => {}
            Some("{") if count == 0 && kind == plain => {
                (kind, braced) = (confederation, true);
                if let Some(octet) = out.get_mut(header) {
                    *octet = kind;
                }
            }
            Some("}") if braced => braced = false,
            // ExaBGP 3.4 and 4 have the set inside of the sequence: `[ 1 2 ( 3 4 ) ]`, which nothing may follow.
            Some("(" | "[") if plain == SEQUENCE && kind == plain => {
                if count == 0 {
                    out.truncate(header);
                }
                parse_nested_set(pieces, out)?;
                return match pieces.next() {
                    Some(piece) if piece == close => Ok(()),
                    found => Err(pieces
                        .tokens
                        .last_error(match found {
                            Some(found) => format!("'{found}' follows the set of the as-path"),
                            None => "the as-path is not closed".to_owned(),
                        })
                        .help(
                            "segments are written one after the other, as [ 1 2 ] ( 3 4 ) [ 5 ]",
                        )),
                };
            }
            Some(piece) if piece == close && !braced => break,
            Some(piece) if !piece.starts_with(BRACKETS) && (braced || kind == plain) => {
                let number = number(piece, pieces.tokens)?;
                if count == MOST {
                    (header, count) = (out.len(), 0);
                    out.extend([kind, 0]);
                }
                count += 1;
                out.extend(number.to_be_bytes());
                if let Some(octet) = out.get_mut(header + 1) {
                    *octet = u8::try_from(count).unwrap_or(u8::MAX);
                }
            }
            Some(piece) => {
                let expected = if braced { "}" } else { close };
                return Err(pieces
                    .tokens
                    .last_error(format!("'{piece}' is out of place in an as-path"))
                    .help(format!("AS numbers, then '{expected}'")));
            }
            None => {
                return Err(TextError::new(open, "the as-path is not closed")
                    .help(format!("add '{close}' at its end")));
            }
        }
    }
    if count == 0 {
        out.truncate(header);
    }
    Ok(())
}

/// Reads the numbers of a set inside of a sequence, after its opening bracket, up to the closing one of either kind.
fn parse_nested_set(pieces: &mut Pieces<'_, '_>, out: &mut Vec<u8>) -> Result<(), TextError> {
    let header = out.len();
    let open = pieces.tokens.last_span();
    out.extend([SET, 0]);
    let mut count = 0;
    loop {
        match pieces.next() {
            Some(",") => {}
            Some(")" | "]") => break,
            Some(piece) if count < MOST => {
                out.extend(number(piece, pieces.tokens)?.to_be_bytes());
                count += 1;
            }
            Some(_) => return Err(pieces.tokens.last_error("a set has at most 255 AS numbers")),
            None => {
                return Err(TextError::new(open, "the set of the as-path is not closed")
                    .help("add ')' at its end"));
            }
        }
    }
    match out.get_mut(header + 1) {
        Some(octet) if count > 0 => *octet = u8::try_from(count).unwrap_or(u8::MAX),
        _ => out.truncate(header),
    }
    Ok(())
}

fn number(word: &str, tokens: &Tokens<'_>) -> Result<u32, TextError> {
    match word.parse() {
        Ok(Asn(number)) => Ok(number),
        Err(error) => Err(tokens
            .last_error(format!("'{word}' is not a valid AS number"))
            .help(error.to_string())),
    }
}
