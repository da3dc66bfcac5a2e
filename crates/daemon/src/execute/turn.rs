//! How long one helper is dealt with before others have their turn.

use std::time::{Duration, Instant};

use crate::lines::Line;

/// How long the lines of one helper are dealt with before others have their turn.
const TURN: Duration = Duration::from_millis(10);

/// How many octets of lines are dealt with before the clock is looked at.
const GLANCE: usize = 2048;

/// The turn of one helper. A batch may be a few long lines or very many short ones, each of them nothing or a route for every
/// one of a thousand peers: only the clock tells how long it takes.
pub(super) struct Turn {
    began: Instant,
    octets: usize,
}

impl Turn {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now(), octets: 0 }
    }

    /// Whether it lasted long enough, by the clock.
    pub(super) fn is_long(&self) -> bool {
        self.began.elapsed() > TURN
    }

    /// The same, before this line: the clock is looked at now and then.
    pub(super) fn is_over(&mut self, line: Line<'_>) -> bool {
        if self.octets >= GLANCE {
            self.octets = 0;
            if self.is_long() {
                return true;
            }
        }
        // An empty line costs something too.
        self.octets += 32;
        if let Line::Text(text) = line {
            self.octets += text.len();
        }
        false
    }
}
