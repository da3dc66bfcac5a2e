//! Cutting a stream of bytes into lines, in place, within a bound.
//!
//! One buffer per stream: bytes are read into it, whole lines are handed out where they lie, and
//! only the beginning of an unfinished line is ever moved. A line longer than the limit is not
//! kept: its bytes are counted and thrown away until its newline comes.

/// The longest line taken, in bytes, without its newline.
pub const LINE_LIMIT: usize = 1024 * 1024;

/// Bytes offered to one read.
const READ_SIZE: usize = 256 * 1024;

/// The buffer of one stream of lines.
#[derive(Debug)]
pub struct LineBuffer {
    /// Unfinished line, then what the last read brought, then room.
    buffer: Vec<u8>,
    /// Bytes in use.
    filled: usize,
    /// Bytes thrown away of a line that is too long, while in the middle of one.
    discarded: Option<usize>,
    /// Where the unfinished line begins; set by `lines`, used by `consume`.
    tail: usize,
    limit: usize,
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self::new(LINE_LIMIT)
    }
}

impl LineBuffer {
    /// An empty buffer that takes lines of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { buffer: Vec::new(), filled: 0, discarded: None, tail: 0, limit }
    }

    /// Room to read into.
    pub fn space(&mut self) -> &mut [u8] {
        let wanted = self.filled.saturating_add(READ_SIZE);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    /// The whole lines there are after `count` bytes were read into [`space`](Self::space).
    ///
    /// Call [`consume`](Self::consume) when done with them.
    pub fn lines(&mut self, count: usize) -> Lines<'_> {
        let old = self.filled;
        self.filled = old.saturating_add(count).min(self.buffer.len());
        let fresh = self.buffer.get(old..self.filled).unwrap_or_default();
        let Some(last) = memchr::memrchr(b'\n', fresh) else {
            self.tail = 0;
            return Lines { too_long: None, bytes: &[], limit: self.limit };
        };
        self.tail = old + last + 1;
        let mut start = 0;
        let mut too_long = None;
        if let Some(discarded) = self.discarded.take() {
            // `old` is 0 here: nothing of such a line is kept.
            let end = memchr::memchr(b'\n', fresh).unwrap_or(last);
            too_long = Some(discarded + end);
            start = end + 1;
        }
        let bytes = self.buffer.get(start..self.tail).unwrap_or_default();
        Lines { too_long, bytes, limit: self.limit }
    }

    /// Forgets the lines handed out; what remains is the beginning of the next one.
    pub fn consume(&mut self) {
        if self.tail > 0 {
            self.buffer.copy_within(self.tail..self.filled, 0);
            self.filled -= self.tail;
            self.tail = 0;
        }
        match &mut self.discarded {
            Some(discarded) => *discarded = discarded.saturating_add(self.filled),
            None if self.filled > self.limit => self.discarded = Some(self.filled),
            None => return,
        }
        self.filled = 0;
        self.buffer.truncate(READ_SIZE);
        self.buffer.shrink_to(READ_SIZE);
    }

    /// What is left when the stream ends: a last line that has no newline, if any.
    pub fn remainder(&self) -> &[u8] {
        trim(self.buffer.get(..self.filled).unwrap_or_default())
    }
}

/// One line of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its newline and without white space at its end.
    Text(&'a [u8]),
    /// A line that was longer than the limit and is gone: its length in bytes.
    TooLong(usize),
}

/// Whole lines, in the order they came.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    too_long: Option<usize>,
    bytes: &'a [u8],
    limit: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if let Some(length) = self.too_long.take() {
            return Some(Line::TooLong(length));
        }
        let end = memchr::memchr(b'\n', self.bytes)?;
        let (line, rest) = self.bytes.split_at_checked(end)?;
        self.bytes = rest.get(1..).unwrap_or_default();
        if line.len() > self.limit {
            return Some(Line::TooLong(line.len()));
        }
        Some(Line::Text(trim(line)))
    }
}

impl Lines<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.too_long.is_none() && self.bytes.is_empty()
    }
}

fn trim(line: &[u8]) -> &[u8] {
    line.trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything a stream yields when it comes in pieces of `size` bytes; and the most it held.
    fn feed(stream: &[u8], size: usize, limit: usize) -> (Vec<String>, usize) {
        let mut buffer = LineBuffer::new(limit);
        let mut told = Vec::new();
        let mut most = 0;
        for piece in stream.chunks(size) {
            buffer.space()[..piece.len()].copy_from_slice(piece);
            for line in buffer.lines(piece.len()) {
                told.push(match line {
                    Line::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    Line::TooLong(length) => format!("<{length}>"),
                });
            }
            buffer.consume();
            most = most.max(buffer.buffer.capacity());
        }
        told.push(format!("rest {}", String::from_utf8_lossy(buffer.remainder())));
        (told, most)
    }

    #[test]
    fn pieces_make_no_difference() {
        let stream = b"one\n\ntwo \r\nabcdefghijk\nabcdefghij\nthree\nend";
        let expected = ["one", "", "two", "<11>", "abcdefghij", "three", "rest end"];
        for size in 1..=stream.len() {
            assert_eq!(feed(stream, size, 10).0, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_huge_line_takes_no_memory() {
        let mut stream = vec![b'x'; 100 * 1024 * 1024];
        stream.extend_from_slice(b"\nversion\n");
        let (told, most) = feed(&stream, 65536, LINE_LIMIT);
        assert_eq!(told, [format!("<{}>", 100 * 1024 * 1024), "version".into(), "rest ".into()]);
        assert!(most <= 2 * LINE_LIMIT + 2 * READ_SIZE, "{most}");
    }

    #[test]
    fn the_longest_line_is_taken() {
        let mut stream = vec![b'x'; LINE_LIMIT];
        stream.push(b'\n');
        let (told, _) = feed(&stream, READ_SIZE, LINE_LIMIT);
        assert_eq!(told[0].len(), LINE_LIMIT);
    }
}
