//! What follows a keyword, as its row says it for people, understood: the schema, the export and the example go by it.

use crate::section::KeywordHelp;

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing follows.
    Flag,
    /// `<boolean>`
    Boolean,
    /// `<0-255>`, `<port>`, `180`
    Integer(u64, u64),
    /// `<asn>`
    Asn,
    /// `<ipv4>`
    Ipv4,
    /// `<ipv6>`
    Ipv6,
    /// A word of the language: `auto`
    Word(&'static str),
    /// Any other word or text, and what it is.
    Text(&'static str),
    /// `[ <process>… ]`: words.
    List(&'static str),
    /// One of these.
    OneOf(Vec<Self>),
}

impl Kind {
    /// Reads the value of a row.
    pub(crate) fn of(row: &KeywordHelp) -> Self {
        let value = row.value;
        if value.is_empty() {
            return Self::Flag;
        }
        if let Some(list) = value.strip_suffix("… ]").and_then(|value| value.rsplit("[ ").next())
        {
            return Self::List(list);
        }
        if value.starts_with("<program>") {
            return Self::List("<argument>");
        }
        if let Some(inner) = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')) {
            // The keyword alone means yes.
            let mut kinds = match Self::alternatives(inner) {
                Self::Boolean => return Self::Boolean,
                Self::OneOf(kinds) => kinds,
                _ => return Self::Text(value),
            };
            kinds.push(Self::Boolean);
            return Self::OneOf(kinds);
        }
        Self::alternatives(value)
    }

    fn alternatives(value: &'static str) -> Self {
        let mut kinds: Vec<Self> = value.split(" | ").map(Self::one).collect();
        match (kinds.pop(), kinds.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                kinds.push(last);
                Self::OneOf(kinds)
            }
            (None, _) => Self::Flag,
        }
    }

    fn one(value: &'static str) -> Self {
        match value {
            "<boolean>" => return Self::Boolean,
            "<asn>" => return Self::Asn,
            "<port>" => return Self::Integer(1, 65535),
            "<ipv4>" => return Self::Ipv4,
            "<ipv6>" => return Self::Ipv6,
            _ => {}
        }
        if let Ok(number) = value.parse() {
            return Self::Integer(number, number);
        }
        let Some(inner) = value.strip_prefix('<').and_then(|value| value.strip_suffix('>')) else {
            let is_word = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-/.".contains(&b));
            return if is_word { Self::Word(value) } else { Self::Text(value) };
        };
        let range = inner
            .split_once('-')
            .and_then(|(least, most)| Some(Self::Integer(least.parse().ok()?, most.parse().ok()?)));
        range.unwrap_or(Self::Text(value))
    }

    /// Whether a whole number may stand here.
    pub(crate) fn has_integer(&self) -> bool {
        match self {
            Self::Integer(..) | Self::Asn => true,
            Self::OneOf(kinds) => kinds.iter().any(Self::has_integer),
            _ => false,
        }
    }

    /// Whether this is one of its words.
    pub(crate) fn has_word(&self, text: &str) -> bool {
        match self {
            Self::Word(word) => *word == text,
            Self::OneOf(kinds) => kinds.iter().any(|kind| kind.has_word(text)),
            _ => false,
        }
    }

    /// Whether a boolean may stand here.
    pub(crate) fn has_boolean(&self) -> bool {
        match self {
            Self::Boolean | Self::Flag => true,
            Self::OneOf(kinds) => kinds.iter().any(Self::has_boolean),
            _ => false,
        }
    }
}

/// Whether a row is only there for files of ExaBGP 3.4.
pub(crate) fn is_old(row: &KeywordHelp) -> bool {
    row.help.contains("ExaBGP 3.4") || row.value.contains("ExaBGP 3.4")
}

/// Whether a section has statements that are repeated, each with a value of its own.
pub(crate) fn is_list(place: &str) -> bool {
    matches!(
        place,
        "neighbor/family"
            | "neighbor/nexthop"
            | "neighbor/add-path"
            | "neighbor/static"
            | "neighbor/announce"
            | "neighbor/flow"
            | "neighbor/l2vpn"
            | "neighbor/operational"
    )
}

/// The place of a section inside of another.
pub(crate) fn inner(place: &str, section: &str) -> String {
    match place {
        "root" | "template" => section.to_owned(),
        _ => format!("{place}/{section}"),
    }
}

/// The rows of a section that are not old, keywords first; a name that is both a keyword and a section only once.
pub(crate) fn rows(place: &str) -> Vec<KeywordHelp> {
    let mut rows: Vec<KeywordHelp> = Vec::new();
    for row in crate::keywords() {
        if row.place == place && !is_old(&row) && rows.iter().all(|other| other.name != row.name) {
            rows.push(row);
        }
    }
    rows
}
