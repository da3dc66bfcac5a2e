//! The memory of a [`Log`](super::log::Log): small as long as little waits, and got in large pieces in a burst.

use memmap2::{MmapMut, MmapOptions};

/// Octets of one block. One that is taken in is used again for what comes, or given back.
pub(super) const BLOCK: usize = 2 * 1024 * 1024;

/// Octets of a block while less than [`BLOCK`] waits: with many peers each has little, and a block is memory whatever is in it.
const SMALL: usize = 256 * 1024;

/// Entries, one behind the other, in memory of one piece.
#[derive(Debug)]
pub(super) enum Block {
    /// As long as what it has, up to [`SMALL`] or its only entry.
    Grown(Vec<u8>),
    /// Those of a burst: all their pages are got from the system in one call, not each when it is touched.
    Mapped { memory: MmapMut, used: usize },
}

impl Block {
    /// One that grows.
    pub(super) const fn small() -> Self {
        Self::Grown(Vec::new())
    }

    /// One with room for so many octets.
    pub(super) fn mapped(octets: usize) -> Self {
        match MmapOptions::new().len(octets).populate().map_anon() {
            Ok(memory) => Self::Mapped { memory, used: 0 },
            Err(_) => Self::small(),
        }
    }

    /// The entries.
    pub(super) fn octets(&self) -> &[u8] {
        match self {
            Self::Grown(octets) => octets,
            Self::Mapped { memory, used } => memory.get(..*used).unwrap_or_default(),
        }
    }

    /// How many more octets there is room for.
    pub(super) fn room(&self) -> usize {
        match self {
            // An entry is one piece, and may be a long one.
            Self::Grown(octets) if octets.is_empty() => usize::MAX,
            Self::Grown(octets) => SMALL.saturating_sub(octets.len()),
            Self::Mapped { memory, used } => memory.len() - used,
        }
    }

    /// Pushes an entry, unless it has no room for it.
    #[inline]
    pub(super) fn push(&mut self, entry: &[u8]) -> bool {
        if self.room() < entry.len() {
            return false;
        }
        match self {
            Self::Grown(octets) => octets.extend_from_slice(entry),
            Self::Mapped { memory, used } => {
                let end = *used + entry.len();
                if let Some(place) = memory.get_mut(*used..end) {
                    place.copy_from_slice(entry);
                }
                *used = end;
            }
        }
        true
    }

    /// Forgets the entries.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Grown(octets) => octets.clear(),
            Self::Mapped { used, .. } => *used = 0,
        }
    }
}
