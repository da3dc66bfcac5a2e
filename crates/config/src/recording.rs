//! What is recorded to MRT files, and how these are called: `mrt { … }`.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::DateTime;
use chrono::format::{Item, StrftimeItems};

use crate::flags::flags;

/// What is recorded: of all neighbors, or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Where messages and changes of state go.
    pub updates: Option<FileName>,
    /// After so many seconds the next file begins, at a multiple of them; 0 for never.
    pub rotate: u32,
    /// What goes there.
    pub messages: Recorded,
    /// Whether messages of the peer do.
    pub received: bool,
    /// Whether messages to the peer do.
    pub sent: bool,
    /// Where the tables go.
    pub table: Option<FileName>,
    /// After so many seconds they go there again, at a multiple of them.
    pub table_interval: u32,
}

/// How files are called: a path with the time in it as `strftime` writes it, in UTC, and `{peer}` for the address of the
/// neighbor. Its ending says how they are compressed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    text: Arc<str>,
    /// How much of the text names directories that are not made: the address of a neighbor does not become one of them.
    base: usize,
}

/// Stands for the address of the neighbor.
const PEER: &str = "{peer}";

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// `.gz`
    Gzip,
    /// `.bz2`
    Bzip2,
    /// `.zst`
    Zstandard,
}

impl Compression {
    /// By the ending of a name.
    pub fn of(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("gz") => Self::Gzip,
            Some("bz2") => Self::Bzip2,
            Some("zst" | "zstd") => Self::Zstandard,
            _ => Self::None,
        }
    }
}

/// Why a text is no name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFileName {
    /// It does not begin with `/`.
    #[error("the path is not absolute: begin it with '/'")]
    Relative,
    /// It ends with `/`.
    #[error("the path is that of a directory: name a file in it")]
    Directory,
    /// `%` and something that says nothing.
    #[error(
        "'%' is followed by something that is no part of a time: %Y %m %d %H %M %S are, and %% is '%'"
    )]
    Time,
}

impl FileName {
    /// Takes a name apart.
    pub fn new(text: &str) -> Result<Self, BadFileName> {
        if !text.starts_with('/') {
            return Err(BadFileName::Relative);
        }
        if text.ends_with('/') {
            return Err(BadFileName::Directory);
        }
        if StrftimeItems::new(text).any(|item| item == Item::Error) {
            return Err(BadFileName::Time);
        }
        let fixed = text.find(['%', '{']).unwrap_or(text.len());
        let base = text.get(..fixed).and_then(|start| start.rfind('/')).unwrap_or(0);
        Ok(Self { text: text.into(), base })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether each neighbor has a file of its own.
    pub fn is_of_each_peer(&self) -> bool {
        self.text.contains(PEER)
    }

    /// The name with the address of the neighbor in it, which has no time yet.
    #[must_use]
    pub fn of_peer(&self, peer: IpAddr) -> Self {
        if !self.is_of_each_peer() {
            return self.clone();
        }
        Self { text: self.text.replace(PEER, &peer.to_string()).into(), base: self.base }
    }

    /// The path at a time in seconds since 1970.
    pub fn at(&self, seconds: u64) -> String {
        let mut path = String::new();
        let time =
            i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let written = time.is_some_and(|time| write!(path, "{}", time.format(&self.text)).is_ok());
        if !written {
            // Of a time that no calendar has.
            path.clear();
            path.push_str(&self.text);
        }
        path
    }

    /// Whether files that begin so many seconds one after the other have names of their own.
    pub fn tells_apart(&self, every: u32) -> bool {
        self.at(0) != self.at(every.into())
    }

    /// The directories that are not made: those before the first part of the path that has a time or a neighbor in it.
    pub fn base(&self) -> &str {
        match self.text.get(..self.base) {
            Some("") | None => "/",
            Some(base) => base,
        }
    }

    /// How the files are compressed.
    pub fn compression(&self) -> Compression {
        Compression::of(&self.text)
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

flags! {
    /// What of a session is recorded.
    Recorded(u8) {
        /// OPEN messages.
        OPEN = 0, "open";
        /// UPDATE messages.
        UPDATE = 1, "update";
        /// NOTIFICATION messages.
        NOTIFICATION = 2, "notification";
        /// KEEPALIVE messages.
        KEEPALIVE = 3, "keepalive";
        /// ROUTE-REFRESH messages.
        REFRESH = 4, "refresh";
        /// OPERATIONAL messages, and those of a type without a name.
        OPERATIONAL = 5, "operational";
        /// Changes of state.
        STATE = 6, "state";
    }
}

impl Recorded {
    /// All of them.
    pub const EVERYTHING: Self = Self(0x7f);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn names_have_the_time_and_the_neighbor_in_them() {
        let name = FileName::new("/data/{peer}/%Y.%m/updates.%Y%m%d.%H%M.gz").unwrap();
        assert_eq!(name.compression(), Compression::Gzip);
        assert!(name.is_of_each_peer());
        assert_eq!(name.base(), "/data");
        let own = name.of_peer("2001:db8::1".parse().unwrap());
        assert_eq!(own.at(1_800_000_900), "/data/2001:db8::1/2027.01/updates.20270115.0815.gz");
        assert_eq!(own.at(u64::MAX), own.as_str());
        // The directory of the neighbor is made, as it was to be before its address was known.
        assert_eq!(own.base(), "/data");
        assert_eq!(
            FileName::new("/{peer}/u").unwrap().of_peer(Ipv4Addr::LOCALHOST.into()).base(),
            "/"
        );
        assert!(own.tells_apart(60) && !own.tells_apart(59));
        let plain = FileName::new("/a%%b").unwrap();
        assert_eq!((plain.at(0).as_str(), plain.base()), ("/a%b", "/"));
        assert_eq!(plain.compression(), Compression::None);
        for (ending, expected) in [
            ("bz2", Compression::Bzip2),
            ("zst", Compression::Zstandard),
            ("zstd", Compression::Zstandard),
            ("mrt", Compression::None),
        ] {
            assert_eq!(FileName::new(&format!("/x.{ending}")).unwrap().compression(), expected);
        }
    }

    #[test]
    fn what_is_no_name_of_a_file() {
        assert_eq!(FileName::new("updates"), Err(BadFileName::Relative));
        assert_eq!(FileName::new("/updates/"), Err(BadFileName::Directory));
        for text in ["/updates.%", "/updates.%Q"] {
            assert_eq!(FileName::new(text), Err(BadFileName::Time), "{text}");
        }
    }
}
