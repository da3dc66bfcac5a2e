//! Those who are told what a peer says, while it says it.

use std::net::IpAddr;

use tracing::warn;
use yottabgp_api::event::{ProcessId, Sink};

use crate::outbox::{Lent, Offered, Outbox};

/// The listeners of a peer while its session is at work: nobody is woken for an event before all are there that come at once.
#[derive(Debug)]
pub(super) struct Listeners<'a> {
    peer: IpAddr,
    all: &'a [(ProcessId, Outbox)],
    /// The buffer of the last who was told something that nobody else was.
    lent: Option<(ProcessId, Lent)>,
    /// Whether there are events that nobody was told of yet.
    told: bool,
    /// The event is of what we send: nothing stops that while nobody reads of it.
    sends: bool,
}

impl<'a> Listeners<'a> {
    /// Those of a peer.
    pub(super) const fn new(peer: IpAddr, all: &'a [(ProcessId, Outbox)]) -> Self {
        Self { peer, all, lent: None, told: false, sends: false }
    }

    /// Whether the next event is of what we send.
    pub(super) const fn of_event(&mut self, sends: bool) -> &mut Self {
        self.sends = sends;
        self
    }

    /// Lets them know of their events.
    pub(super) fn finish(self) {
        drop(self.lent);
        if self.told {
            self.all.iter().for_each(|(_, outbox)| outbox.added_some());
        }
    }

    fn outbox(&self, process: ProcessId) -> Option<&'a Outbox> {
        self.all.iter().find(|(id, _)| *id == process).map(|(_, outbox)| outbox)
    }
}

impl Sink for Listeners<'_> {
    fn lines(&mut self, process: ProcessId, lines: &[u8]) {
        let Some(outbox) = self.outbox(process) else { return };
        // What comes next stands behind what came before.
        self.lent = None;
        if !self.sends {
            outbox.add(lines);
            self.told = true;
            return;
        }
        let peer = self.peer;
        match outbox.offer(lines) {
            Offered::Taken(0) | Offered::LeftOut => {}
            Offered::Taken(count) => warn!(
                target: "yottabgp::processes",
                "{peer}: a helper reads again, which missed {count} events of messages sent"
            ),
            Offered::LeftOutFirst => warn!(
                target: "yottabgp::processes",
                "{peer}: a helper does not read what it asked for: events of messages sent are left out"
            ),
        }
    }

    fn buffer(&mut self, process: ProcessId) -> Option<&mut Vec<u8>> {
        if self.sends {
            return None;
        }
        if self.lent.as_ref().is_none_or(|(id, _)| *id != process) {
            // The one before gets its own back first: it may be the same queue.
            self.lent = None;
            let outbox = self.outbox(process).filter(|outbox| !outbox.is_closed())?;
            self.lent = Some((process, outbox.lend()));
            self.told = true;
        }
        self.lent.as_mut().map(|(_, lent)| lent.buffer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ProcessId = ProcessId(1);
    const TWO: ProcessId = ProcessId(2);

    fn told(outbox: &Outbox) -> String {
        String::from_utf8(std::mem::take(outbox.lend().buffer())).unwrap()
    }

    #[test]
    fn everybody_is_told_in_order_whichever_way() {
        let all = [(ONE, Outbox::new()), (TWO, Outbox::new())];
        let mut listeners = Listeners::new(IpAddr::from([192, 0, 2, 1]), &all);
        let write = |listeners: &mut Listeners<'_>, process, line: &str| {
            listeners.buffer(process).unwrap().extend_from_slice(line.as_bytes());
        };
        all[0].1.events(b"0\n");
        write(&mut listeners, ONE, "1\n");
        write(&mut listeners, ONE, "2\n");
        listeners.lines(ONE, b"3\n");
        listeners.lines(TWO, b"3\n");
        write(&mut listeners, TWO, "4\n");
        write(&mut listeners, ONE, "5\n");
        let sends = listeners.of_event(true);
        assert!(sends.buffer(ONE).is_none());
        sends.lines(ONE, b"6\n");
        write(listeners.of_event(false), ONE, "7\n");
        assert!(listeners.buffer(ProcessId(3)).is_none());
        write(&mut listeners, ONE, "8\n");
        listeners.finish();
        assert_eq!(told(&all[0].1), "0\n1\n2\n3\n5\n6\n7\n8\n");
        assert_eq!(told(&all[1].1), "3\n4\n");
    }
}
