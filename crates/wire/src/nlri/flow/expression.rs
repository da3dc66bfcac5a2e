//! What a list component matches, as people write it: `=80`, `[ >8080&<8088 =3128 ]`, `syn+ack&!fin`.

use std::borrow::Cow;

use super::component::{ComponentType, Form, Values};
use super::names::Names;
use super::rule::{AND, Term, push_term};
use crate::attribute::decimal;
use crate::io::tokens::{TextError, Tokens, did_you_mean};
use crate::route::Reading;

/// Reads one expression or a list of them in brackets and appends the terms; the last is not marked as such yet.
pub(super) fn read(
    row: &ComponentType,
    reading: Reading,
    tokens: &mut Tokens<'_>,
    out: &mut Vec<u8>,
) -> Result<(), TextError> {
    let start = out.len();
    let span = tokens.span();
    let is_list = tokens.peek() == Some("[");
    let mut continues = false;
    let mut each = |tokens: &mut Tokens<'_>| {
        let word = tokens.expect(row.name)?;
        if matches!(word, ";" | "{" | "}") {
            return Err(tokens.last_error(format!("{} is missing", row.name)));
        }
        let wrong =
            |help| tokens.last_error(format!("'{word}' is not a valid {}", row.name)).help(help);
        if word == "&" {
            continues = out.len() > start;
            return if continues {
                Ok(())
            } else {
                Err(wrong("'&' stands between two values".into()))
            };
        }
        let joined = word.strip_prefix('&').filter(|_| out.len() > start);
        let and = joined.is_some() || std::mem::take(&mut continues);
        expression(row, reading, joined.unwrap_or(word), and, out).map_err(wrong)
    };
    tokens.list(row.name, &mut each)?;
    while !is_list
        && reading == Reading::ExaBgp34
        && let Some(word) = tokens.peek()
        && goes_on(row, word)
    {
        each(tokens)?;
    }
    if out.len() == start {
        return Err(TextError::new(span, format!("{} has an empty list", row.name)));
    }
    if continues {
        return Err(tokens.last_error("'&' stands between two values"));
    }
    match tokens.peek() {
        Some(word) if !is_list && goes_on(row, word) => Err(tokens
            .error(format!("{} has two values, and '{word}' is not in brackets", row.name))
            .help(format!("{} [ … {word} ] matches any of them", row.name))),
        _ => Ok(()),
    }
}

/// Whether a word after a value without brackets was meant as one more value: ExaBGP forgets it.
fn goes_on(row: &ComponentType, word: &str) -> bool {
    // What ends nearly all of them. That it is no value need not be found out, nor which one it is nearest to.
    if matches!(word, ";" | "{" | "}") {
        return false;
    }
    let is_sign = word.starts_with(['=', '<', '>', '!', '&']);
    let is_number = word.starts_with(|first: char| first.is_ascii_digit());
    is_sign
        || is_number
        || !super::is_word(word)
            && expression(row, Reading::Modern, word, false, &mut Vec::new()).is_ok()
}

/// Reads terms joined by `&`; the error says what is right.
fn expression(
    row: &ComponentType,
    reading: Reading,
    word: &str,
    mut and: bool,
    out: &mut Vec<u8>,
) -> Result<(), Cow<'static, str>> {
    for part in word.split('&') {
        let (operator, values, value) = match &row.form {
            Form::Numeric(values) => numeric(values, part)?,
            Form::Bitmask(values) => bitmask(values, reading, part)?,
            Form::Prefix | Form::HardwareAddress => return Err("it has no operators".into()),
        };
        let and_bit = if and { AND } else { 0 };
        let octets = match value {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        let octets = octets.max(values.sent_octets);
        push_term(out, Term { operator: operator | and_bit, value, octets });
        and = true;
    }
    Ok(())
}

/// `=80`, `80`, `!=80`, `>80`, `>=80`, `<80`, `<=80`; `true` and `false`, whose value means nothing and may be missing.
fn numeric<'a>(values: &'a Values, text: &str) -> Result<(u8, &'a Values, u64), Cow<'static, str>> {
    const SIGNS: &[(&str, u8)] =
        &[("!=", 6), (">=", 3), ("<=", 5), ("=", 1), (">", 2), ("<", 4), ("true", 7), ("false", 0)];
    let sign = SIGNS.iter().find_map(|(sign, bits)| Some((text.strip_prefix(sign)?, *bits)));
    match sign.unwrap_or((text, 1)) {
        ("", operator @ (0 | 7)) => Ok((operator, values, 0)),
        (text, operator) => Ok((operator, values, value(values, text)?)),
    }
}

/// `syn+ack` (any of them), `=syn+ack` (all of them and no other of the value), `!syn`, `!=syn`.
fn bitmask<'a>(
    values: &'a Values,
    reading: Reading,
    text: &str,
) -> Result<(u8, &'a Values, u64), Cow<'static, str>> {
    let old = reading == Reading::ExaBgp34;
    // Once a name of ExaBGP for what is no fragment at all; in 3.4 for none of the bits.
    if old && text.trim_start_matches('=') == NO_FRAGMENT && values.shown == super::names::FRAGMENT
    {
        return Ok((1, values, 0));
    }
    if text == NO_FRAGMENT && values.shown == super::names::FRAGMENT {
        return Ok((2, values, 2));
    }
    const SIGNS: &[(&str, u8)] = &[("!=", 3), ("=", 1), ("!", 2)];
    let sign = SIGNS.iter().find_map(|(sign, bits)| Some((text.strip_prefix(sign)?, *bits)));
    let (text, operator) = sign.unwrap_or((text, u8::from(old)));
    let bits = text
        .split('+')
        .try_fold(0, |bits, name| Ok::<_, Cow<'_, str>>(bits | value(values, name)?))?;
    Ok((operator, values, bits))
}

/// A name for what is no fragment.
const NO_FRAGMENT: &str = "not-a-fragment";

/// What there is to say about the words of a component that were read: how ExaBGP 3.4 meant them, and how that is written
/// today. `words` are those from the first to the last.
pub(super) fn old_meaning(
    row: &ComponentType,
    reading: Reading,
    words: &[&str],
) -> Option<(&'static str, String, String)> {
    let bare = |word: &str| !word.starts_with(['=', '!', '&']);
    let items = || words.iter().filter(|word| !matches!(**word, "[" | "]" | ","));
    let exact = matches!(row.form, Form::Bitmask(_)) && items().any(|word| bare(word));
    let several = words.first() != Some(&"[") && words.len() > 1;
    // What ExaBGP 3.4 can not read is of a later one.
    let is_later = || items().any(|word| word.contains(['&', '!', '+']));
    match reading {
        Reading::Modern => return None,
        Reading::Unsure if !exact || is_later() => return None,
        Reading::ExaBgp34 if !exact && !several => return None,
        Reading::Unsure | Reading::ExaBgp34 => {}
    }
    let modern: Vec<String> = items()
        .map(|word| match *word {
            word if !exact || !bare(word) => word.to_owned(),
            NO_FRAGMENT => "=0".to_owned(),
            word => format!("={word}"),
        })
        .collect();
    let modern = format!("{} [ {} ];", row.name, modern.join(" "));
    let name = row.name;
    Some(match (exact, reading) {
        (true, Reading::Unsure) => (
            name,
            format!(
                "'{name}' matches packets that have these bits among others; ExaBGP 3.4 meant these bits alone"
            ),
            format!("if that is meant, write {modern}, or set exabgp.configuration.dialect to 3.4"),
        ),
        (true, _) => (
            name,
            format!("'{name}' is sent with the match bit, as ExaBGP 3.4 does"),
            format!("write {modern}"),
        ),
        (false, _) => (
            "several values",
            "several values without brackets are of ExaBGP 3.4".to_owned(),
            format!("write {modern}"),
        ),
    })
}

/// A number or a name; the error says what is right.
fn value(values: &Values, text: &str) -> Result<u64, Cow<'static, str>> {
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if !digits.starts_with('+') => u64::from_str_radix(digits, 16).ok(),
        Some(_) => None,
        None => decimal(text),
    };
    match number.or_else(|| named(values.shown, text)).or_else(|| named(values.read, text)) {
        Some(number) if number <= values.most => Ok(number),
        Some(_) => Err(format!("0 to {}", values.most).into()),
        None => {
            let names = || values.shown.iter().chain(values.read).map(|(name, _)| *name);
            let near = did_you_mean(&text.to_ascii_lowercase(), names());
            Err(match near {
                Some(near) => format!("did you mean '{near}'?").into(),
                None if values.shown.is_empty() && values.read.is_empty() => {
                    format!("0 to {}", values.most).into()
                }
                None => {
                    let some: Vec<_> = names().take(9).collect();
                    format!("0 to {}, or a name as {}", values.most, some.join(", ")).into()
                }
            })
        }
    }
}

fn named(names: Names, text: &str) -> Option<u64> {
    let found = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
    found.map(|(_, value)| (*value).into())
}
