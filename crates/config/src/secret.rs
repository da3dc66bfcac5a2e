//! Passwords in what is shown: excerpts and quoted statements go to logs and to the reports of CI.

use std::borrow::Cow;

/// A text of a configuration with a star for each character of its passwords.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut out = String::new();
    let mut at = 0;
    let mut copied = 0;
    while let Some(rest) = lower.get(at..) {
        let Some(start) = rest.find(is_word) else { break };
        let word = rest.get(start..).unwrap_or_default();
        let length = word.find(|c| !is_word(c)).unwrap_or(word.len());
        at += start + length;
        // A misspelled keyword has a password all the same.
        let name = word.get(..length).unwrap_or_default();
        if name != "md5" && !name.contains("passw") && !name.contains("pasw") {
            continue;
        }
        let value = text.get(at..).unwrap_or_default();
        let blanks = value.len() - value.trim_start_matches([' ', '\t']).len();
        if blanks == 0 {
            continue;
        }
        let value = value.get(blanks..).unwrap_or_default();
        let quoted = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let closing = quoted.and_then(|quote| value.get(1..)?.find(quote));
        let end = match closing {
            Some(closing) => closing + 2,
            None => value.find([';', '\n']).unwrap_or(value.len()),
        };
        out.push_str(text.get(copied..at + blanks).unwrap_or_default());
        // As many octets: places stay what they are.
        out.extend(std::iter::repeat_n('*', end));
        at += blanks + end;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stars_and_nothing_else_is() {
        for (text, shown) in [
            ("md5-password abc; hold-time 3;", "md5-password ***; hold-time 3;"),
            ("  md5 \"a;b\"; x", "  md5 *****; x"),
            ("md5-pasword a b", "md5-pasword ***"),
            ("tcp-ao { password 'x' }", "tcp-ao { password *** }"),
            ("md5-base64 true; md5-ip 1.1.1.1;", "md5-base64 true; md5-ip 1.1.1.1;"),
            ("MD5 é;", "MD5 **;"),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(masked(text).len(), text.len());
        }
    }
}
