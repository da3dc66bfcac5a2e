//! What the words of a statement said of its NLRI, until the statement ends and the NLRI is written.

use crate::io::tokens::Span;

/// The tag of a route distinguisher: eight octets.
pub const RD: u8 = 0xf0;
/// The tag of a label stack: three octets each, as they are sent.
pub const LABELS: u8 = 0xf1;

/// Octets by tag, in the order in which the words came. A tag is a number that the family chose: [`RD`] and [`LABELS`] are
/// those of several families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    octets: Vec<u8>,
    entries: Vec<(u8, Span)>,
    withdrawn: bool,
}

impl Fields {
    /// Forgets everything but keeps its memory.
    pub fn clear(&mut self) {
        self.octets.clear();
        self.entries.clear();
        self.withdrawn = false;
    }

    /// Whether the statement withdraws: a label may be missing then (RFC 8277 section 2.4).
    pub const fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    /// Says whether the statement withdraws.
    pub(crate) const fn set_withdrawn(&mut self, withdrawn: bool) {
        self.withdrawn = withdrawn;
    }

    /// Whether no word said anything.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds the octets that `write` appends under a tag, behind what is there.
    pub fn add<E>(
        &mut self,
        tag: u8,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.octets.len();
        match write(&mut self.octets) {
            Ok(()) => {
                self.entries.push((tag, Span::new(start, self.octets.len())));
                Ok(())
            }
            Err(error) => {
                self.octets.truncate(start);
                Err(error)
            }
        }
    }

    /// Adds octets under a tag.
    pub fn push(&mut self, tag: u8, octets: &[u8]) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        self.entries.push((tag, Span::new(start, self.octets.len())));
    }

    /// Forgets what has this tag.
    pub fn remove(&mut self, tag: u8) {
        self.entries.retain(|(of, _)| *of != tag);
    }

    /// Whether a word of this tag was there.
    pub fn has(&self, tag: u8) -> bool {
        self.entries.iter().any(|(of, _)| *of == tag)
    }

    /// The octets that came first under a tag.
    pub fn get(&self, tag: u8) -> Option<&[u8]> {
        self.all(tag).next()
    }

    /// All octets under a tag, in the order of the words.
    pub fn all(&self, tag: u8) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().filter(move |(of, _)| *of == tag).map(|(_, span)| self.of(*span))
    }

    /// Every tag with its octets, in the order of the words.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.entries.iter().map(|(tag, span)| (*tag, self.of(*span)))
    }

    fn of(&self, span: Span) -> &[u8] {
        self.octets.get(span.range()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_leaves_nothing() {
        let mut fields = Fields::default();
        fields.push(RD, &[1; 8]);
        let failed: Result<(), ()> = fields.add(LABELS, |out| {
            out.push(9);
            Err(())
        });
        assert!(failed.is_err() && !fields.has(LABELS));
        fields.push(7, &[2]);
        fields.push(7, &[3]);
        assert_eq!(fields.get(RD), Some(&[1; 8][..]));
        assert_eq!(fields.all(7).collect::<Vec<_>>(), [[2], [3]]);
        fields.remove(RD);
        assert_eq!(fields.iter().count(), 2);
    }
}
