//! Which ExaBGP a file was written for: told by its sections and statements, before any of them is read.
//!
//! What words mean changed with ExaBGP 4, so that a file has to be known to be of 3.4 before its first rule is read.
//! Each section and statement that only one of both sides knows is evidence, a row of [`TABLE`].

mod skim;

use yottabgp_wire::io::tokens::Span;

use crate::diagnostic::Diagnostic;
use crate::lexer::{Lexer, Statement, Terminator, Words as Characters};
use crate::problems::Problems;

/// A version of the configuration language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// ExaBGP 3.4: `group`, processes inside of neighbors, no acknowledgements.
    ExaBgp34,
    /// ExaBGP 4.0 to 4.2. It differs from [`Self::ExaBgp5`] in what an OPEN has by default.
    ExaBgp4,
    /// ExaBGP 5.0 and later, and what is of this program alone.
    #[default]
    ExaBgp5,
}

impl Dialect {
    /// Every name, of the setting `exabgp.configuration.dialect`.
    pub const NAMED: &'static [(&'static str, Self)] =
        &[("3.4", Self::ExaBgp34), ("4", Self::ExaBgp4), ("5", Self::ExaBgp5)];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExaBgp34 => "3.4",
            Self::ExaBgp4 => "4",
            Self::ExaBgp5 => "5",
        }
    }
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detected {
    /// The dialect that it is read as.
    pub(crate) dialect: Dialect,
    /// Whether anything said so; otherwise it has only what all dialects have.
    pub(crate) is_certain: bool,
}

/// Which side a piece of evidence is on, and how much it weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// What 3.4 has in place of what later versions have: together with that, a file means nothing certain.
    Old,
    /// What 3.4 spells in another way, and means the same: it counts when nothing is of ExaBGP 4 or later.
    OldSpelling,
    /// ExaBGP 4 or later.
    Modern,
    /// A setting that 3.4 lacks: it counts against spellings alone.
    ModernSetting,
}

/// Where a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Root,
    Template,
    Group,
    Neighbor,
    Family,
    Capability,
    Process,
    Api,
    Receive,
    Operational,
    Routes,
    Other,
}

/// The section that a word opens.
fn inner(outer: Place, word: &str) -> Place {
    use Place as P;
    match (outer, word) {
        (P::Root, "template") => P::Template,
        (P::Root, "group") => P::Group,
        (P::Root | P::Template | P::Group, "neighbor") => P::Neighbor,
        (P::Root | P::Group | P::Neighbor, "process") => P::Process,
        (P::Group | P::Neighbor, "family") => P::Family,
        (P::Group | P::Neighbor, "capability") => P::Capability,
        (P::Group | P::Neighbor, "api") => P::Api,
        (P::Group | P::Neighbor, "operational") => P::Operational,
        (P::Group | P::Neighbor, "static" | "flow" | "l2vpn" | "announce") => P::Routes,
        (P::Process | P::Api, "receive") => P::Receive,
        _ => P::Other,
    }
}

/// One kind of evidence.
struct Row {
    places: &'static [Place],
    words: &'static [&'static str],
    /// Whether the words open a section.
    opens: bool,
    side: Side,
}

const fn section(places: &'static [Place], words: &'static [&'static str], side: Side) -> Row {
    Row { places, words, opens: true, side }
}

const fn statement(places: &'static [Place], words: &'static [&'static str], side: Side) -> Row {
    Row { places, words, opens: false, side }
}

const PEER: &[Place] = &[Place::Group, Place::Neighbor];

/// The evidence.
const TABLE: &[Row] = &[
    section(&[Place::Root], &["group"], Side::Old),
    section(&[Place::Root], &["process", "template", "bmp", "mrt"], Side::Modern),
    section(PEER, &["process"], Side::Old),
    section(PEER, &["api", "announce", "tcp-ao"], Side::Modern),
    section(PEER, &["add-path", "nexthop"], Side::ModernSetting),
    statement(PEER, &["inherit"], Side::Modern),
    statement(PEER, &["md5", "ttl-security"], Side::OldSpelling),
    statement(
        PEER,
        &["graceful-restart", "add-path", "multi-session", "aigp", "route-refresh", "asn4"],
        Side::OldSpelling,
    ),
    statement(
        PEER,
        &[
            "host-name",
            "domain-name",
            "rate-limit",
            "peer-address",
            "source-interface",
            "outgoing-ttl",
            "incoming-ttl",
            "md5-password",
            "md5-base64",
            "md5-ip",
            "adj-rib-in",
            "local-link-local",
        ],
        Side::ModernSetting,
    ),
    statement(&[Place::Family], &["inet", "inet4", "inet6", "minimal"], Side::OldSpelling),
    statement(&[Place::Family], &["bgp-ls", "family"], Side::ModernSetting),
    statement(
        &[Place::Capability],
        &[
            "extended-message",
            "software-version",
            "nexthop",
            "link-local-nexthop",
            "link-local-prefer",
            "role",
            "role-strict",
            "graceful-restart-notification",
            "long-lived-graceful-restart",
        ],
        Side::ModernSetting,
    ),
    statement(&[Place::Receive], &["updates"], Side::OldSpelling),
];

/// Sub-address families that 3.4 does not know.
const LATER_FAMILIES: [&str; 6] =
    ["mcast-vpn", "mup", "sr-policy", "labeled-unicast", "rtc", "evpn"];

/// The first evidence of each side.
#[derive(Debug, Default)]
struct Found {
    old: Option<Span>,
    old_spelling: Option<Span>,
    modern: Option<Span>,
    modern_setting: Option<Span>,
}

impl Found {
    fn add(&mut self, side: Side, span: Span) {
        let first = match side {
            Side::Old => &mut self.old,
            Side::OldSpelling => &mut self.old_spelling,
            Side::Modern => &mut self.modern,
            Side::ModernSetting => &mut self.modern_setting,
        };
        first.get_or_insert(span);
    }
}

/// Says which dialect a text is in, unless a setting says it already. A text of both is an error that shows where.
pub(crate) fn detect(text: &str, setting: Option<Dialect>, problems: &mut Problems) -> Detected {
    if let Some(dialect) = setting {
        return Detected { dialect, is_certain: true };
    }
    let found = look(text);
    if let (Some(old), Some(modern)) = (found.old, found.modern) {
        let quote = |span: Span| text.get(span.range()).unwrap_or_default();
        let message = format!(
            "'{}' is of ExaBGP 3.4, and '{}' of ExaBGP 4 or later: what the file means depends on the version",
            quote(old),
            quote(modern)
        );
        let error =
            Diagnostic::error(old, message).related(modern, "ExaBGP 4 or later").code("dialect");
        problems.push(error.help(
            "write all of it in one way; exabgp.configuration.dialect = 3.4 or 5 says how it is to be read as it is",
        ));
    }
    let is_old = found.old.is_some() && found.modern.is_none()
        || found.old_spelling.is_some() && found.modern.is_none() && found.modern_setting.is_none();
    let dialect = if is_old { Dialect::ExaBgp34 } else { Dialect::ExaBgp5 };
    let is_certain = is_old || found.modern.is_some() || found.modern_setting.is_some();
    Detected { dialect, is_certain }
}

/// Says which dialect a text is in; one of both is as good as one of neither.
pub(crate) fn of(text: &str) -> Detected {
    detect(text, None, &mut Problems::default())
}

/// Looks at every section and statement; at those of routes only when nothing else says what they are.
fn look(text: &str) -> Found {
    let mut found = Found::default();
    let mut lexer = Lexer::new(text);
    let (mut read, mut errors) = (Statement::default(), Vec::new());
    let (mut open, mut routes) = (Vec::new(), Vec::new());
    let mut place = Place::Root;
    loop {
        let characters = match place {
            Place::Process => Characters::Plain,
            Place::Operational => Characters::Routes,
            _ => Characters::Lists,
        };
        lexer.statement(characters, &mut read, &mut errors);
        // They are reported when the statements are read for good.
        errors.clear();
        let opens = read.terminator == Terminator::Open;
        let mut tokens = read.tokens();
        if let Some(word) = tokens.next() {
            let span = tokens.last_span();
            let lower = word.to_ascii_lowercase();
            let row = TABLE.iter().find(|row| {
                row.opens == opens
                    && row.places.contains(&place)
                    && row.words.contains(&lower.as_str())
            });
            if let Some(row) = row {
                found.add(row.side, span);
            }
            if place == Place::Family
                && tokens.next().is_some_and(|safi| LATER_FAMILIES.contains(&safi))
            {
                found.add(Side::ModernSetting, span);
            }
            if opens {
                open.push(place);
                place = inner(place, &lower);
                if place == Place::Routes {
                    routes.push(skim::skip(&mut lexer));
                    place = open.pop().unwrap_or(Place::Root);
                }
            }
        } else if opens {
            open.push(place);
            place = Place::Other;
        }
        match read.terminator {
            Terminator::Close => place = open.pop().unwrap_or(Place::Root),
            Terminator::End => break,
            _ => {}
        }
    }
    let is_decided = found.old.or(found.modern).or(found.modern_setting).is_some();
    if !is_decided && found.old_spelling.is_none() {
        found.old_spelling = routes.into_iter().find_map(|routes| skim::old_word(text, routes));
    }
    found
}
