//! One direction of a TCP connection, put together from segments.

use std::collections::BTreeMap;

use yottabgp_wire::message::{Frame, HEADER_LENGTH, frame};

/// The most octets that wait for a missing segment. A capture that lost one goes on after it.
const MOST_WAITING: usize = 1 << 20;

/// Added to the first sequence number, so that what comes before it has one, too.
const START: u64 = 1 << 32;

/// Octets in their order, and those that came too early.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The sequence number of the octet after `octets`, counted on beyond 32 bits.
    next: Option<u64>,
    octets: Vec<u8>,
    /// Segments that wait for others before them, by sequence number.
    early: BTreeMap<u64, Vec<u8>>,
    waiting: usize,
}

/// What a stream gives.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A message with its header.
    Message(Vec<u8>),
    /// Octets that are no message: how many, up to the next marker.
    Skipped(usize),
}

impl Stream {
    /// The connection begins: the first octet has this number.
    pub(super) fn begin(&mut self, first: u32) {
        *self = Self { next: Some(START + u64::from(first)), ..Self::default() };
    }

    /// Takes a segment. Returns how many octets were missing, when it is not worth to wait for them any more.
    pub(super) fn segment(&mut self, sequence: u32, octets: &[u8]) -> Option<u64> {
        if octets.is_empty() {
            return None;
        }
        let next = *self.next.get_or_insert(START + u64::from(sequence));
        // Half of the numbers are before the expected one, half after it (RFC 9293 section 3.4).
        let [.., a, b, c, d] = next.to_be_bytes();
        let ahead = sequence.wrapping_sub(u32::from_be_bytes([a, b, c, d]));
        let sequence = match i32::from_ne_bytes(ahead.to_ne_bytes()) {
            behind @ ..0 => next - u64::from(behind.unsigned_abs()),
            _ => next + u64::from(ahead),
        };
        if sequence <= next {
            self.append(sequence, octets);
        } else {
            self.waiting += octets.len();
            if let Some(twice) = self.early.insert(sequence, octets.to_vec()) {
                self.waiting -= twice.len();
            }
        }
        let mut missing = None;
        if self.waiting > MOST_WAITING
            && let Some((&first, _)) = self.early.first_key_value()
        {
            missing = Some(first - next);
            self.next = Some(first);
        }
        self.join();
        missing
    }

    /// Appends what is new of a segment that starts at or before the expected number.
    fn append(&mut self, sequence: u64, octets: &[u8]) {
        let Some(next) = self.next else { return };
        let old = usize::try_from(next - sequence).unwrap_or(usize::MAX);
        if let Some(new) = octets.get(old..) {
            self.octets.extend_from_slice(new);
            self.next = Some(next + new.len() as u64);
        }
    }

    /// Appends the segments that wait no more.
    fn join(&mut self) {
        while let Some(next) = self.next
            && let Some(first) = self.early.first_entry().filter(|first| *first.key() <= next)
        {
            let (sequence, octets) = first.remove_entry();
            self.waiting -= octets.len();
            self.append(sequence, &octets);
        }
    }

    /// Takes the first message that is there, or says what is skipped before the next marker.
    pub(super) fn take(&mut self) -> Option<Piece> {
        let marker = [0xff; 16];
        let have = self.octets.len().min(marker.len());
        if !self.octets.is_empty() && !self.octets.starts_with(marker.get(..have)?) {
            let at = (1..self.octets.len())
                .find(|at| self.octets.get(*at..).is_some_and(|rest| rest.starts_with(&marker)));
            // The start of a marker may be at the end.
            let skip = at.unwrap_or_else(|| self.octets.len().saturating_sub(marker.len() - 1));
            if skip == 0 {
                return None;
            }
            self.octets.drain(..skip);
            return Some(Piece::Skipped(skip));
        }
        match frame(&self.octets, usize::from(u16::MAX)) {
            Frame::Message { length, .. } => {
                Some(Piece::Message(self.octets.drain(..length).collect()))
            }
            Frame::NeedMore(_) => None,
            Frame::Error(_) => {
                let skip = HEADER_LENGTH.min(self.octets.len());
                self.octets.drain(..skip);
                Some(Piece::Skipped(skip))
            }
        }
    }

    /// How many octets are left at the end.
    pub(super) fn left(&self) -> usize {
        self.octets.len() + self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn messages(count: u8) -> Vec<u8> {
        (0..count)
            .flat_map(|octet| [&[0xff; 16][..], &[0, 23, 2, 0, 0, 0, octet]].concat())
            .collect()
    }

    fn take(stream: &mut Stream) -> Vec<Piece> {
        std::iter::from_fn(|| stream.take()).collect()
    }

    #[test]
    fn a_capture_that_begins_in_a_message_goes_on_with_the_next() {
        let octets = messages(2);
        let mut stream = Stream::default();
        stream.segment(7, &octets[5..]);
        assert_eq!(take(&mut stream), [Piece::Skipped(18), Piece::Message(octets[23..].to_vec())]);
        assert_eq!(stream.left(), 0);
    }

    #[test]
    fn what_is_lost_for_good_is_said() {
        let mut stream = Stream::default();
        stream.begin(0);
        let mut missing = None;
        for number in 0..3000u32 {
            missing = missing.or(stream.segment(1000 + number * 500, &[0; 500]));
        }
        assert_eq!(missing, Some(1000));
    }

    #[test]
    fn what_comes_early_and_often_is_joined_once() {
        let mut stream = Stream::default();
        stream.begin(0);
        for number in (1..100_000u32).rev().chain(1..100) {
            stream.segment(number, &[7]);
        }
        stream.segment(0, &[7]);
        assert_eq!((stream.octets.len(), stream.waiting), (100_000, 0));
    }

    proptest! {
        #[test]
        fn segments_in_any_order_and_twice_make_the_same_stream(
            first: u32, cuts in prop::collection::vec(1usize..40, 1..20), order: u64
        ) {
            let octets = messages(10);
            let mut stream = Stream::default();
            stream.begin(first);
            let mut segments = Vec::new();
            let mut at = 0;
            for cut in cuts.iter().cycle() {
                if at >= octets.len() { break; }
                let end = (at + cut).min(octets.len());
                // Each overlaps the one before.
                let from = at.saturating_sub(3);
                segments.push((from, end));
                at = end;
            }
            let length = segments.len();
            for step in 0..length * 2 {
                let pick = (order as usize).wrapping_mul(step + 1).wrapping_add(step) % length;
                let (from, end) = if step < length { segments[pick] } else { segments[step - length] };
                stream.segment(first.wrapping_add(from as u32), &octets[from..end]);
            }
            let whole: Vec<u8> = take(&mut stream).into_iter().flat_map(|piece| match piece {
                Piece::Message(message) => message,
                Piece::Skipped(_) => vec![],
            }).collect();
            prop_assert_eq!(whole, octets);
        }
    }
}
