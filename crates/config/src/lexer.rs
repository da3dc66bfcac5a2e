//! Characters to statements: words, each with its place in the source, and what ends them.
//!
//! The words are those of ExaBGP, without its traps: a quote of the other kind inside of quotes is a character like any
//! other, an escaped character never ends anything, a byte order mark is skipped, a trailing `\` joins lines whatever the
//! text comes from, and a list may go over several lines.

use yottabgp_wire::io::tokens::{Span, TextError, Token, Tokens};

/// What ends a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Terminator {
    /// `;`
    Semicolon,
    /// `{`: the statement opens a section.
    Open,
    /// `}`: the section is closed. Words before it are a statement that lacks its `;`.
    Close,
    /// The end of the text.
    #[default]
    End,
}

/// Which characters stand for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// None: only blanks separate, as in `run`.
    Plain,
    /// `[`, `]` and `,`.
    Lists,
    /// These and `(`, `)`, and braces directly inside of a bracket: the confederation segments of an AS path.
    Routes,
}

/// The words up to a `;`, `{` or `}`. Meant to be reused.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// The text of the words, without quotes and escapes.
    pub text: String,
    /// The words.
    pub tokens: Vec<Token>,
    /// What ended it.
    pub terminator: Terminator,
    /// Where that is.
    pub end: Span,
}

impl Statement {
    /// A cursor over the words.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(&self.text, &self.tokens, self.end)
    }

    /// Where the words are; the terminator when there are none.
    pub fn span(&self) -> Span {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => first.source.to(last.source),
            _ => self.end,
        }
    }
}

/// A cursor over a source text.
#[derive(Clone, Debug)]
pub struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// Whether the characters mean what they mean to ExaBGP 3.4: no escapes, and comments only between statements.
    old: bool,
}

/// A word that is being read.
struct Word {
    text: usize,
    source: usize,
    quoted: bool,
    /// The ends of lines that were joined last, as octets of the source: part of the word only when it goes on behind.
    joined: Option<(usize, usize)>,
}

impl<'s> Lexer<'s> {
    /// At the start of a text; a byte order mark is skipped.
    pub fn new(source: &'s str) -> Self {
        let at = if source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { source, at, old: false }
    }

    /// The same for a text of ExaBGP 3.4, which has comments only between statements and no escapes but in `run`.
    #[must_use]
    pub const fn of_exabgp_3_4(mut self) -> Self {
        self.old = true;
        self
    }

    /// Where the next statement begins, in octets.
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Goes on at another place, the start of a character.
    pub const fn move_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The text.
    pub const fn source(&self) -> &'s str {
        self.source
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    /// Reads the next statement. What is wrong with its characters is added to `errors`; the statement is then as good
    /// as it can be.
    pub fn statement(&mut self, words: Words, out: &mut Statement, errors: &mut Vec<TextError>) {
        out.text.clear();
        out.tokens.clear();
        let mut word: Option<Word> = None;
        let mut brackets = 0u32;
        let mut brace_open = false;
        loop {
            let start = self.at;
            let Some(byte) = self.byte(start) else {
                end_word(out, &mut word, start);
                out.end = Span::new(start, start);
                if !out.tokens.is_empty() {
                    errors.push(missing_semicolon(out));
                    out.terminator = Terminator::Semicolon;
                } else {
                    out.terminator = Terminator::End;
                }
                return;
            };
            let lists = words != Words::Plain;
            let routes = words == Words::Routes;
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => {
                    end_word(out, &mut word, start);
                    if self.old && self.rest_of_line(out, errors) {
                        return;
                    }
                }
                b'\n' => {
                    end_word(out, &mut word, start);
                    let ended = !out.tokens.is_empty() && brackets == 0;
                    if ended && !self.goes_on() {
                        let last = out.tokens.last().map_or(start, |last| last.source.end as usize);
                        out.end = Span::new(last, last);
                        errors.push(missing_semicolon(out));
                        out.terminator = Terminator::Semicolon;
                        return;
                    }
                }
                b'#' if !self.old || out.tokens.is_empty() && word.is_none() => {
                    end_word(out, &mut word, start);
                    self.skip_comment();
                }
                b'\\' if self.continuation() => {
                    if let Some(word) = &mut word {
                        let from = word.joined.filter(|(_, to)| *to == start);
                        word.joined = Some((from.map_or(start, |(from, _)| from), self.at));
                    }
                }
                b'\\' if self.old && words != Words::Plain => {
                    begin_word(out, &mut word, start, false);
                    out.text.push('\\');
                }
                b'\\' => self.escape(start, false, words, out, &mut word, errors),
                b'"' | b'\'' => {
                    self.quoted(start, byte, words, out, &mut word, errors);
                    end_word(out, &mut word, self.at);
                }
                b'{' if routes && opens_segment(out, word.as_ref()) => {
                    brace_open = true;
                    push_mark(out, start, self.source);
                }
                b'}' if brace_open => {
                    end_word(out, &mut word, start);
                    brace_open = false;
                    push_mark(out, start, self.source);
                }
                b';' | b'{' | b'}' => {
                    end_word(out, &mut word, start);
                    out.end = Span::new(start, self.at);
                    out.terminator = match byte {
                        b';' => Terminator::Semicolon,
                        b'{' => Terminator::Open,
                        _ => Terminator::Close,
                    };
                    return;
                }
                b'[' | b']' | b',' if lists => {
                    end_word(out, &mut word, start);
                    match byte {
                        b'[' => brackets += 1,
                        b']' => brackets = brackets.saturating_sub(1),
                        _ => {}
                    }
                    push_mark(out, start, self.source);
                }
                b'(' | b')' if routes => {
                    end_word(out, &mut word, start);
                    match byte {
                        b'(' => brackets += 1,
                        _ => brackets = brackets.saturating_sub(1),
                    }
                    push_mark(out, start, self.source);
                }
                _ => {
                    while self.byte(self.at).is_some_and(is_plain) {
                        self.at += 1;
                    }
                    begin_word(out, &mut word, start, false);
                    out.text.push_str(self.source.get(start..self.at).unwrap_or_default());
                }
            }
        }
    }

    /// Whether a statement goes on although its line ended: the next character that is not blank opens a section.
    fn goes_on(&self) -> bool {
        let rest = self.source.get(self.at..).unwrap_or_default();
        rest.trim_start().starts_with('{')
    }

    /// ExaBGP 3.4 takes the rest of a line that starts with `md5` for the password, whatever is in it but the last `;`.
    fn rest_of_line(&mut self, out: &mut Statement, errors: &mut Vec<TextError>) -> bool {
        let [keyword] = &*out.tokens else { return false };
        let keyword = *keyword;
        let start = keyword.source.start as usize;
        let before = self.source.get(..start).unwrap_or_default();
        let is_first = before.rsplit('\n').next().is_none_or(|line| line.trim().is_empty());
        let name = self.source.get(keyword.source.range()).unwrap_or_default();
        if !is_first || !name.eq_ignore_ascii_case("md5") {
            return false;
        }
        let rest = self.source.get(self.at..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let Some(value) = line.trim_end().strip_suffix(';') else { return false };
        let offset = value.len() - value.trim_start().len();
        let value = value.trim_start();
        let (from, to) = (self.at + offset, self.at + offset + value.len());
        let unquoted =
            ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        if unquoted.is_none() && value.contains(';') {
            let error = "ExaBGP 3.4 takes the whole line for the password, with the ';' in it";
            errors.push(
                TextError::new(Span::new(from, to), error)
                    .help("write md5-password \"…\";, and what follows on a line of its own"),
            );
        }
        let text = out.text.len();
        out.text.push_str(unquoted.unwrap_or(value));
        let text = Span::new(text, out.text.len());
        out.tokens.push(Token { text, source: Span::new(from, to), quoted: true });
        out.text.push(' ');
        out.end = Span::new(to, to + 1);
        out.terminator = Terminator::Semicolon;
        self.at = to + 1;
        true
    }

    /// Skips to the end of a comment; a trailing `\` takes the next line in.
    fn skip_comment(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b'\n' => return,
                b'\\' => {
                    self.at += 1;
                    self.continuation();
                }
                _ => self.at += 1,
            }
        }
    }

    /// After a `\`: skips the rest of the line when only blanks are left of it.
    fn continuation(&mut self) -> bool {
        let mut at = self.at;
        loop {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\r') => at += 1,
                Some(b'\n') => {
                    self.at = at + 1;
                    return true;
                }
                None => {
                    self.at = at;
                    return true;
                }
                Some(_) => return false,
            }
        }
    }

    /// Reads what follows a `\`, which is at `start`.
    fn escape(
        &mut self,
        start: usize,
        quoted: bool,
        words: Words,
        out: &mut Statement,
        word: &mut Option<Word>,
        errors: &mut Vec<TextError>,
    ) {
        let rest = self.source.get(self.at..).unwrap_or_default();
        let Some(character) = rest.chars().next() else { return };
        self.at += character.len_utf8();
        let character = match character {
            other if self.old && words == Words::Plain => other,
            'n' | 'r' | 't' if !quoted => return end_word(out, word, start),
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits = rest.get(1..5).filter(|d| d.bytes().all(|d| d.is_ascii_hexdigit()));
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                match code.and_then(char::from_u32) {
                    Some(character) => {
                        self.at += 4;
                        character
                    }
                    None => {
                        let span = Span::new(start, self.at);
                        let error = "the escape \\u needs the 4 hexadecimal digits of a character";
                        errors.push(TextError::new(span, error));
                        char::REPLACEMENT_CHARACTER
                    }
                }
            }
            other => other,
        };
        begin_word(out, word, start, false);
        out.text.push(character);
    }

    /// Reads up to the closing quote.
    fn quoted(
        &mut self,
        start: usize,
        quote: u8,
        words: Words,
        out: &mut Statement,
        word: &mut Option<Word>,
        errors: &mut Vec<TextError>,
    ) {
        begin_word(out, word, start, true);
        loop {
            let from = self.at;
            while self.byte(self.at).is_some_and(|b| b != quote && b != b'\\' && b != b'\n') {
                self.at += 1;
            }
            out.text.push_str(self.source.get(from..self.at).unwrap_or_default());
            match self.byte(self.at) {
                Some(b'\\') => {
                    let backslash = self.at;
                    self.at += 1;
                    if self.old {
                        // As a shell has it: in double quotes, it stands before a quote and itself.
                        let next = self.byte(self.at).filter(|_| words == Words::Plain);
                        match next {
                            Some(next @ (b'"' | b'\\')) if quote == b'"' => {
                                out.text.push(char::from(next));
                                self.at += 1;
                            }
                            _ => out.text.push('\\'),
                        }
                    } else if !self.continuation() {
                        self.escape(backslash, true, words, out, word, errors);
                    }
                }
                Some(byte) if byte == quote => {
                    self.at += 1;
                    return;
                }
                _ => {
                    let quote = char::from(quote);
                    let error = TextError::new(
                        Span::new(start, start + 1),
                        format!("the text after this {quote} has no end"),
                    );
                    errors.push(error.help(format!("add {quote} on the same line")));
                    // Probably meant: the quote closes where the statement does.
                    if out.text.ends_with('\r') {
                        out.text.pop();
                    }
                    if out.text.ends_with(';') {
                        out.text.pop();
                        self.at = self
                            .source
                            .get(..self.at)
                            .and_then(|t| t.rfind(';'))
                            .unwrap_or(self.at);
                    }
                    return;
                }
            }
        }
    }
}

/// Whether a byte is part of a word and nothing else, whatever the words are.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b':' | b'/' | b'-' | b'_' | 0x80..)
}

/// Whether a brace is directly inside of a bracket.
fn opens_segment(out: &Statement, word: Option<&Word>) -> bool {
    let last = out.tokens.last().filter(|last| !last.quoted);
    let text = last.and_then(|last| out.text.get(last.text.range()));
    word.is_none() && matches!(text, Some("[" | "("))
}

fn begin_word(out: &Statement, word: &mut Option<Word>, source: usize, quoted: bool) {
    word.get_or_insert(Word { text: out.text.len(), source, quoted, joined: None });
}

fn end_word(out: &mut Statement, word: &mut Option<Word>, source_end: usize) {
    if let Some(Word { text, source, quoted, joined }) = word.take() {
        let source_end = match joined {
            Some((from, to)) if to == source_end => from,
            _ => source_end,
        };
        let text = Span::new(text, out.text.len());
        out.tokens.push(Token { text, source: Span::new(source, source_end), quoted });
        out.text.push(' ');
    }
}

/// Adds the character at `start` as a word.
fn push_mark(out: &mut Statement, start: usize, source: &str) {
    let text = out.text.len();
    out.text.push_str(source.get(start..=start).unwrap_or_default());
    let text = Span::new(text, out.text.len());
    out.tokens.push(Token { text, source: Span::new(start, start + 1), quoted: false });
    out.text.push(' ');
}

fn missing_semicolon(statement: &Statement) -> TextError {
    let first = statement.tokens.first().and_then(|token| statement.text.get(token.text.range()));
    let first = first.unwrap_or_default();
    let last = statement.tokens.last().map_or(statement.end, |last| last.source);
    TextError::new(
        Span { start: last.end, end: last.end },
        format!("the statement '{first}' does not end with ';'"),
    )
    .help("add ';' here: a statement ends on the line on which it starts, unless that line ends with '\\'")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every statement as `word word ;`, quoted words in quotes; and the errors.
    fn read(source: &str, words: Words) -> (String, Vec<String>) {
        let mut lexer = Lexer::new(source);
        let (mut statement, mut errors, mut shown) =
            (Statement::default(), Vec::new(), String::new());
        loop {
            lexer.statement(words, &mut statement, &mut errors);
            for token in &statement.tokens {
                let text = &statement.text[token.text.range()];
                shown += &if token.quoted { format!("{text:?} ") } else { format!("{text} ") };
            }
            shown += match statement.terminator {
                Terminator::Semicolon => ";",
                Terminator::Open => "{",
                Terminator::Close => "}",
                Terminator::End => break,
            };
        }
        let errors =
            errors.into_iter().map(|e| format!("{}..{} {}", e.span.start, e.span.end, e.message));
        (shown, errors.collect())
    }

    fn good(source: &str, words: Words) -> String {
        let (shown, errors) = read(source, words);
        assert_eq!(errors, [""; 0], "{source}");
        shown
    }

    #[test]
    fn statements_and_comments() {
        let read = |source| good(source, Words::Lists);
        assert_eq!(
            read("neighbor 127.0.0.1{ a b ;family { ipv4 unicast; } }"),
            "neighbor 127.0.0.1 {a b ;family {ipv4 unicast ;}}"
        );
        assert_eq!(read("\u{feff}# a ; }\r\n a b; # c\r\n"), "a b ;");
        assert_eq!(read("# a \\\n b;\nc;"), "c ;");
        assert_eq!(read("a \\\n  b\\  \r\nc;"), "a bc ;");
        assert_eq!(read("a\n {}\n"), "a {}");
        assert_eq!(read("p [ a,b\n # not c\n d ];"), "p [ a , b d ] ;");
        assert_eq!(read(";"), ";");
    }

    #[test]
    fn quotes_and_escapes() {
        let read = |source| good(source, Words::Lists);
        assert_eq!(read(r#"a "it's; {b}" '[#"' "";"#), r#"a "it's; {b}" "[#\"" "" ;"#);
        assert_eq!(read(r#"x"y z"w 'a'b;"#), r#"xy z w "a" b ;"#);
        assert_eq!(read(r#"a "b\"c" d\;e \u0041\\;"#), "a \"b\\\"c\" d;e A\\ ;");
        assert_eq!(read(r"a\tb\nc;"), "a b c ;");
        assert_eq!(read("a \"b \\\n c\";"), "a \"b  c\" ;");
    }

    #[test]
    fn which_characters_stand_for_themselves() {
        assert_eq!(good("run a[1],(b);", Words::Plain), "run a[1],(b) ;");
        assert_eq!(good("run a[1],(b);", Words::Lists), "run a [ 1 ] , (b) ;");
        assert_eq!(
            good("as-path [1 (2)] [ {3} ] ( {\n4 } );", Words::Routes),
            "as-path [ 1 ( 2 ) ] [ { 3 } ] ( { 4 } ) ;"
        );
        assert_eq!(good("x [ a {b} ];", Words::Lists), "x [ a {b }] ;");
    }

    #[test]
    fn a_missing_semicolon_is_reported_on_its_line_and_the_next_statement_is_read() {
        let (shown, errors) = read("a {\n b c # d\n e;\n}\nf", Words::Lists);
        assert_eq!(shown, "a {b c ;e ;}f ;");
        assert_eq!(
            errors,
            [
                "8..8 the statement 'b' does not end with ';'",
                "20..20 the statement 'f' does not end with ';'"
            ]
        );
    }

    #[test]
    fn an_open_quote_ends_with_its_line() {
        let (shown, errors) = read("a \"b;\nc;", Words::Lists);
        assert_eq!(shown, "a \"b\" ;c ;");
        assert_eq!(errors, ["2..3 the text after this \" has no end"]);
        let (shown, errors) = read("a \\u12 b;", Words::Lists);
        assert_eq!(shown, "a \u{fffd}12 b ;");
        assert_eq!(errors.len(), 1);
    }
}
