//! `#ID` at the end of a command: its acknowledgement says the same.
//!
//! A last word that begins with `#`, has 1 to [`LONGEST`] more characters, stands behind a blank and outside of quotes is an
//! identifier, whatever the command; it follows `sync`, `json` and the like. Whoever wants such a word as a value puts it in
//! quotes. A line that begins with `#` is a comment and has none.

use yottabgp_wire::io::tokens::split_command;

/// The most characters of an identifier, the `#` not included.
pub(super) const LONGEST: usize = 64;

/// The identifier of a line, with its `#`, and where it begins. Any octets may be given: a line that is refused may have
/// one, too.
pub fn identifier(line: &[u8]) -> Option<(usize, &str)> {
    // Most lines have none at all.
    memchr::memchr(b'#', line)?;
    let line = line.trim_ascii_end();
    let of_word = |octet: &u8| {
        octet.is_ascii_graphic()
            && !matches!(
                octet,
                b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' | b'"' | b'\''
            )
    };
    let length = line.iter().rev().take(LONGEST + 2).take_while(|octet| of_word(octet)).count();
    let start = line.len() - length;
    let (before, word) = line.split_at_checked(start)?;
    if word.first() != Some(&b'#') || !(2..=LONGEST + 1).contains(&length) {
        return None;
    }
    let command = before.trim_ascii();
    if command.len() == before.len() || matches!(command.first(), None | Some(b'#')) {
        return None;
    }
    if !before.last()?.is_ascii_whitespace() || is_quoted(line, start) {
        return None;
    }
    Some((start, std::str::from_utf8(word).ok()?))
}

/// Whether the word that begins here is part of a quoted one.
fn is_quoted(line: &[u8], start: usize) -> bool {
    if !line.iter().any(|octet| matches!(octet, b'"' | b'\'')) {
        return false;
    }
    let text = String::from_utf8_lossy(line);
    let after = line.len() - start;
    let mut tokens = Vec::new();
    split_command(&text, &mut tokens);
    tokens.last().is_none_or(|last| last.quoted || text.len() - last.source.start as usize != after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(line: &str) -> Option<&str> {
        identifier(line.as_bytes()).map(|(_, id)| id)
    }

    #[test]
    fn the_last_word_is_one_if_it_begins_with_a_hash() {
        let longest = format!("version #{}", "x".repeat(LONGEST));
        for (line, found) in [
            ("version #7", Some("#7")),
            ("version\t#7 \r", Some("#7")),
            ("version json #a-b:c/d.e_f", Some("#a-b:c/d.e_f")),
            ("bogus #7", Some("#7")),
            ("teardown 2 \"see #1\" #7", Some("#7")),
            ("announce watchdog it's #7", Some("#7")),
            (&longest, Some(&longest["version ".len()..])),
            ("version #", None),
            ("version", None),
            ("version#7", None),
            ("#7", None),
            ("# a comment #7", None),
            ("  # a comment #7", None),
            ("announce watchdog \"#7\"", None),
            ("teardown 2 \"see #7\"", None),
            ("teardown 2 \"see #7", None),
            ("teardown 2 'see #7", None),
            ("announce attributes med 5 nlri [10.0.0.0/8]#7", None),
            ("version #a,b", None),
            ("", None),
        ] {
            assert_eq!(id(line), found, "{line}");
        }
        assert_eq!(id(&format!("{longest}x")), None);
        assert_eq!(identifier(b"version \xff \"\xff\" #7"), Some((14, "#7")));
        assert_eq!(identifier(b"version #\xff7"), None);
    }
}
