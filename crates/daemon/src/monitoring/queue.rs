//! What waits to be written to a station: bounded, in pieces that are given back as they are written.

use std::collections::VecDeque;

/// Octets of a piece, more or less: messages are not cut.
const PIECE: usize = 64 * 1024;

/// Messages, one behind the other.
#[derive(Debug)]
pub(super) struct Queue {
    pieces: VecDeque<Vec<u8>>,
    /// Octets of the first piece that are written.
    written: usize,
    octets: usize,
    /// Octets that may wait.
    limit: usize,
}

impl Queue {
    /// An empty one, which may have so many octets.
    pub(super) const fn new(limit: usize) -> Self {
        Self { pieces: VecDeque::new(), written: 0, octets: 0, limit }
    }

    /// Octets that wait.
    pub(super) const fn octets(&self) -> usize {
        self.octets
    }

    /// Whether so many octets more may wait.
    pub(super) const fn has_room(&self, more: usize) -> bool {
        self.octets + more <= self.limit
    }

    /// Appends what `write` appends. Whether there is room, is for the caller to know.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.pieces.back().is_none_or(|piece| piece.len() >= PIECE) {
            self.pieces.push_back(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.back_mut() {
            let before = piece.len();
            write(piece);
            self.octets += piece.len() - before;
        }
    }

    /// What is to be written next; empty when nothing waits.
    pub(super) fn first(&self) -> &[u8] {
        self.pieces.front().and_then(|piece| piece.get(self.written..)).unwrap_or_default()
    }

    /// So many octets of [`Self::first`] are written.
    pub(super) fn written(&mut self, octets: usize) {
        self.octets = self.octets.saturating_sub(octets);
        self.written += octets;
        if self.pieces.front().is_some_and(|piece| piece.len() <= self.written) {
            self.pieces.pop_front();
            self.written = 0;
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pushed_is_written_in_order_and_given_back() {
        let mut queue = Queue::new(200_000);
        let mut expected = Vec::new();
        for number in 0..10_000_u32 {
            assert!(queue.has_room(16));
            let message = [number.to_be_bytes(); 4];
            queue.push(|out| out.extend_from_slice(message.as_flattened()));
            expected.extend_from_slice(message.as_flattened());
        }
        assert_eq!(queue.octets(), expected.len());
        assert!(queue.has_room(40_000) && !queue.has_room(40_001));
        let mut written = Vec::new();
        while !queue.first().is_empty() {
            let some = queue.first().len().min(1000);
            written.extend_from_slice(&queue.first()[..some]);
            queue.written(some);
        }
        assert_eq!(written, expected);
        assert_eq!((queue.octets(), queue.pieces.len()), (0, 0));
    }
}
