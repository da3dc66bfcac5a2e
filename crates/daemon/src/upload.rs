//! A configuration that a client sends line by line, to be compared with what there is: the daemon may not be allowed to read
//! what the client may, and need not be told where it is.
//!
//! Up to a line that is one dot; a line that begins with a dot has one more, as mail has it (RFC 5321 section 4.5.2).

use yottabgp_api::Encoding;
use yottabgp_api::command::Refusal;

use crate::files::Text;
use crate::lines::Line;

/// The most octets of all configurations that are being sent at one time.
const LIMIT: usize = 256 * 1024 * 1024;

/// What came so far.
#[derive(Debug)]
pub(crate) struct Upload {
    name: String,
    text: Vec<u8>,
    encoding: Encoding,
    /// Why it is of no use any more.
    refused: Option<String>,
    /// The identifier that the acknowledgement is to say.
    pub(crate) id: Option<Box<str>>,
}

impl Upload {
    pub(crate) fn new(name: &str, encoding: Encoding) -> Self {
        Self { name: name.to_owned(), text: Vec::new(), encoding, refused: None, id: None }
    }

    /// How many octets are kept of it.
    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    /// Takes a line, while others have sent this many octets. The last one gives the whole, or why there is none.
    pub(crate) fn take(
        &mut self,
        line: Line<'_>,
        others: usize,
    ) -> Option<Result<(Text, Encoding), Refusal>> {
        match line {
            Line::Text(b".") => {
                return Some(match self.refused.take() {
                    Some(reason) => Err(Refusal::Other(reason)),
                    None => {
                        let text = std::mem::take(&mut self.text);
                        Ok(((std::mem::take(&mut self.name), text), self.encoding))
                    }
                });
            }
            Line::Text(line) if self.refused.is_none() => {
                self.text.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                self.text.push(b'\n');
            }
            Line::Text(_) => {}
            Line::TooLong(length) => {
                let most = crate::lines::LINE_LIMIT;
                self.refuse(format!("a line has {length} octets, and {most} is the most here"));
            }
        }
        if self.text.len().saturating_add(others) > LIMIT && self.refused.is_none() {
            self.refuse(if others == 0 {
                format!("a configuration of more than {LIMIT} octets is too long")
            } else {
                format!("others send configurations, too, and {LIMIT} octets is the most together")
            });
        }
        None
    }

    fn refuse(&mut self, reason: String) {
        self.text = Vec::new();
        self.refused.get_or_insert(reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_one_ends_it() {
        let mut upload = Upload::new("x", Encoding::Text);
        for line in [&b"a {"[..], b"", b"..", b"... b", b"}"] {
            assert!(upload.take(Line::Text(line), 0).is_none());
        }
        let ((name, text), _) = upload.take(Line::Text(b"."), 0).unwrap().unwrap();
        assert_eq!((name.as_str(), text.as_slice()), ("x", &b"a {\n\n.\n.. b\n}\n"[..]));
    }

    #[test]
    fn what_is_too_long_is_refused_at_the_end() {
        let mut upload = Upload::new("x", Encoding::Text);
        assert!(upload.take(Line::TooLong(5_000_000), 0).is_none());
        assert!(upload.take(Line::Text(b"more"), 0).is_none());
        let refusal = upload.take(Line::Text(b"."), 0).unwrap().unwrap_err();
        assert!(refusal.to_string().contains("5000000 octets"), "{refusal}");
    }

    #[test]
    fn all_of_them_together_have_a_bound() {
        let mut upload = Upload::new("x", Encoding::Text);
        assert!(upload.take(Line::Text(b"a"), LIMIT - 2).is_none());
        assert!(upload.take(Line::Text(b"b"), LIMIT - 2).is_none());
        assert_eq!(upload.len(), 0);
        let refusal = upload.take(Line::Text(b"."), 0).unwrap().unwrap_err();
        assert!(refusal.to_string().contains("most together"), "{refusal}");
    }
}
