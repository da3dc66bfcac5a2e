//! Groups: what is announced and withdrawn together, all of it or nothing.
//!
//! One line, `group announce … ; withdraw … ; …`, or the lines between `group start` and `group end`. ExaBGP skips wrong
//! members and applies the others; here a wrong member refuses the group, since its sender asked for one change.

use yottabgp_wire::io::tokens::{Span, Token, Tokens};
use yottabgp_wire::route::{RouteBuffer, Verb};

use super::{Arguments, Command, Refusal, registry};
use crate::select::Selector;

/// The members of `group A ; B ; C`; each was found right when the line was parsed.
#[derive(Debug)]
pub struct Group<'a> {
    line: &'a str,
    tokens: &'a [Token],
    /// How many members there are.
    pub len: usize,
}

impl<'a> Group<'a> {
    /// Reads the members again, one after the other: the route of each is in `route` while `each` runs.
    pub fn for_each(
        &self,
        route: &mut RouteBuffer,
        mut each: impl FnMut(Command<'_>, &RouteBuffer),
    ) -> Result<(), Refusal> {
        let (line, shared, members) = self.shared();
        let mut joined: Vec<Token> = Vec::new();
        for (index, member) in members.enumerate() {
            join(line, member, shared, &mut joined);
            let command = parse_member(line, &joined, route).map_err(|refusal| Refusal::Group {
                number: index + 1,
                refusal: Box::new(refusal),
            })?;
            each(command, route);
        }
        Ok(())
    }

    /// The line, the tokens of the attributes that all members share, and the members.
    fn shared(&self) -> (&'a str, &'a [Token], impl Iterator<Item = &'a [Token]> + use<'a>) {
        let line = self.line;
        let mut members = Members { line, rest: self.tokens };
        let mut shared: &[Token] = &[];
        let mut first = members.clone();
        if let Some([head, tail @ ..]) = first.next()
            && matches!(word(line, *head), "attributes" | "attribute")
        {
            shared = tail;
            members = first;
        }
        (line, shared, members)
    }
}

fn word(line: &str, token: Token) -> &str {
    line.get(token.text.range()).unwrap_or_default()
}

/// Splits at the semicolons that are in no braces.
#[derive(Clone)]
struct Members<'a> {
    line: &'a str,
    rest: &'a [Token],
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [Token];

    fn next(&mut self) -> Option<&'a [Token]> {
        while !self.rest.is_empty() {
            let mut depth = 0i64;
            let end = self.rest.iter().position(|token| {
                match word(self.line, *token) {
                    _ if token.quoted => {}
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    ";" => return depth <= 0,
                    _ => {}
                }
                false
            });
            let (member, rest) = match end.and_then(|end| self.rest.split_at_checked(end)) {
                Some((member, rest)) => (member, rest.get(1..).unwrap_or_default()),
                None => (self.rest, &[][..]),
            };
            self.rest = rest;
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    }
}

/// The keywords of which the last one counts, each with one value; of attributes the first one does.
const LAST_COUNTS: &[&str] = &["next-hop", "path-information", "name", "split", "watchdog"];

/// Writes the tokens of a member and, where it announces, the attributes that all share. What the member says itself
/// counts more.
fn join(line: &str, member: &[Token], shared: &[Token], joined: &mut Vec<Token>) {
    joined.clear();
    let has =
        |wanted: &str| member.iter().any(|token| !token.quoted && word(line, *token) == wanted);
    let announces = member.first().is_some_and(|token| word(line, *token) == "announce");
    let nlri = member.iter().position(|token| !token.quoted && word(line, *token) == "nlri");
    let (before, after) = member.split_at(nlri.unwrap_or(member.len()));
    joined.extend_from_slice(before);
    if announces {
        let mut tokens = shared.iter();
        while let Some(token) = tokens.next() {
            let keyword = word(line, *token);
            if !token.quoted && LAST_COUNTS.contains(&keyword) && has(keyword) {
                tokens.next();
            } else {
                joined.push(*token);
            }
        }
    }
    joined.extend_from_slice(after);
}

/// Reads one member: what may be announced or withdrawn, without a selection of its own.
fn parse_member<'a>(
    line: &'a str,
    tokens: &'a [Token],
    route: &mut RouteBuffer,
) -> Result<Command<'a>, Refusal> {
    let mut cursor = Tokens::new(line, tokens, Span::new(line.len(), line.len()));
    match cursor.peek() {
        Some("announce" | "withdraw") => {}
        Some(word) => {
            return Err(Refusal::NotInGroup { word: word.to_owned(), at: cursor.span() });
        }
        None => return Err(Refusal::NoRoute("group")),
    }
    let mut selector = Selector::All;
    let (row, _) = registry::find(&mut cursor, &mut selector)?;
    let mut arguments =
        Arguments { tokens: cursor, line, all: tokens, route, selector: &mut selector };
    let command = (row.parse)(&mut arguments)?;
    match arguments.tokens.peek() {
        Some(word) => Err(Refusal::Unexpected {
            command: row.v4,
            word: word.to_owned(),
            at: arguments.tokens.span(),
        }),
        None => Ok(command),
    }
}

/// `group announce … ; withdraw … ; …`.
pub(super) fn line<'a>(arguments: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    let from = arguments.tokens.position();
    let tokens = arguments.all.get(from..).unwrap_or_default();
    while arguments.tokens.next().is_some() {}
    let mut group = Group { line: arguments.line, tokens, len: 0 };
    let mut len = 0;
    group.for_each(arguments.route, |_, _| len += 1)?;
    if len == 0 {
        return Err(Refusal::NoRoute("group"));
    }
    group.len = len;
    Ok(Command::Group(group))
}

pub(super) fn start<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::GroupStart)
}

pub(super) fn end<'a>(_: &mut Arguments<'a, '_>) -> Result<Command<'a>, Refusal> {
    Ok(Command::GroupEnd)
}

/// The most members of a group.
const MOST_LINES: usize = 100_000;

/// The most octets of a group.
const MOST_OCTETS: usize = 100 * 1024 * 1024;

/// What one process gave between `group start` and `group end`: lines, each parsed once and found right.
#[derive(Debug, Default)]
pub struct GroupBuffer {
    open: bool,
    text: String,
    lines: usize,
    refused: Option<Refusal>,
}

impl GroupBuffer {
    /// Whether a group is open: what announces or withdraws is to be [pushed](Self::push), not executed.
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// Opens a group.
    pub fn start(&mut self) -> Result<(), Refusal> {
        if self.open {
            return Err(Refusal::NestedGroup);
        }
        *self = Self { open: true, ..Self::default() };
        Ok(())
    }

    /// Whether a command is held back by an open group.
    pub const fn holds(command: &Command<'_>) -> bool {
        matches!(
            command,
            Command::Route(_)
                | Command::EndOfRib(_)
                | Command::RouteRefresh(_)
                | Command::Watchdog { .. }
                | Command::Operational(_)
                | Command::Group(_)
        )
    }

    /// Holds a line back, which says `command`. A group that it does not fit into stays open, so that nothing of it is
    /// taken for a command on its own, and is refused at its end.
    pub fn push(&mut self, line: &str, command: &Command<'_>) -> Result<(), Refusal> {
        let refusal = if matches!(command, Command::Group(_)) {
            Refusal::NestedGroup
        } else if self.lines >= MOST_LINES || self.text.len() + line.len() >= MOST_OCTETS {
            Refusal::GroupTooLarge
        } else {
            self.lines += 1;
            if self.refused.is_none() {
                self.text.push_str(line);
                self.text.push('\n');
            }
            return Ok(());
        };
        self.refuse(&refusal);
        Err(refusal)
    }

    /// Remembers that a line was refused: the group will be, if one is open.
    pub fn refuse(&mut self, refusal: &Refusal) {
        if !self.open || self.refused.is_some() {
            return;
        }
        self.refused = Some(match refusal {
            Refusal::GroupTooLarge => Refusal::GroupTooLarge,
            _ => Refusal::Group { number: self.lines + 1, refusal: Box::new(refusal.clone()) },
        });
        self.text = String::new();
    }

    /// Closes the group and gives its lines, to be parsed and executed without anything between.
    pub fn end(&mut self) -> Result<String, Refusal> {
        if !self.open {
            return Err(Refusal::NoGroup);
        }
        match std::mem::take(self) {
            Self { refused: Some(refusal), .. } => Err(refusal),
            Self { text, .. } => Ok(text),
        }
    }
}

/// What a group did: for its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupSummary {
    /// Commands that announced.
    pub announced: usize,
    /// Commands that withdrew.
    pub withdrawn: usize,
}

impl GroupSummary {
    /// Counts a member.
    pub const fn count(&mut self, command: &Command<'_>) {
        match command {
            Command::Route(Verb::Withdraw) | Command::Watchdog { verb: Verb::Withdraw, .. } => {
                self.withdrawn += 1;
            }
            _ => self.announced += 1,
        }
    }
}
