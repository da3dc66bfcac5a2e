//! Two peers, the network between them, and a clock: everything that can happen next happens in an order that a seed
//! chooses.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use yottabgp_session::settings::Settings;
use yottabgp_session::{Action, ConnectionId, Decoded, Event, Peer, State};
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::{Frame, frame};
use yottabgp_wire::negotiated::Direction;

use super::{Messages, describe, socket, tell};

/// A peer and what its driver has.
pub struct Node {
    pub peer: Peer,
    pub told: Vec<String>,
    pub source: Messages,
    /// The bodies of the UPDATEs that came.
    pub updates: Vec<Vec<u8>>,
}

/// A TCP connection; the side of what is said of both is that of the node.
#[derive(Debug)]
struct Wire {
    dialer: usize,
    ids: [Option<ConnectionId>; 2],
    /// Whether the node has yet to hear that the connection is there.
    unheard: [bool; 2],
    /// On the way to the node.
    coming: [Vec<u8>; 2],
    /// Whether the node has closed its end.
    closed: [bool; 2],
    /// What the node said so far.
    said: [Said; 2],
}

/// What a side has sent, to check that nothing comes out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Said {
    #[default]
    Nothing,
    Open,
    Keepalive,
    Notification,
}

/// Something that may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The node hears of the connection.
    Up(usize, usize),
    /// The node gets this many of the octets that are on their way.
    Deliver(usize, usize, usize),
    /// The node hears that the other end was closed.
    Closed(usize, usize),
}

pub struct Lab {
    pub now: Instant,
    pub start: Instant,
    pub nodes: [Node; 2],
    wires: BTreeMap<usize, Wire>,
    wires_made: usize,
    random: u64,
    /// Whether a connection can be made at all, by the node that dials.
    pub reachable: [bool; 2],
}

impl Lab {
    pub fn new(settings: [Settings; 2], seed: u64) -> Self {
        let now = Instant::now();
        let mut side = seed;
        let nodes = settings.map(|settings| {
            side = side.wrapping_add(0x1234_5678);
            Node {
                peer: Peer::new(settings.into(), side),
                told: Vec::new(),
                source: Messages::default(),
                updates: Vec::new(),
            }
        });
        Self {
            now,
            start: now,
            nodes,
            wires: BTreeMap::new(),
            wires_made: 0,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            reachable: [true, true],
        }
    }

    fn choose(&mut self, among: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % u64::try_from(among).unwrap()).unwrap()
    }

    pub fn start_both(&mut self) {
        for node in 0..2 {
            self.act(node, |peer, now, events| peer.start(now, events));
        }
    }

    /// Does something to a peer, and then what a driver does.
    pub fn act<R>(
        &mut self,
        node: usize,
        act: impl FnOnce(&mut Peer, Instant, &mut dyn FnMut(Event<'_>)) -> R,
    ) -> R {
        let Node { peer, told, updates, .. } = &mut self.nodes[node];
        let result = act(peer, self.now, &mut |event| {
            if let Event::Message {
                direction: Direction::Receive,
                kind: MessageType::UPDATE,
                body,
                decoded: Decoded::Update(_),
                ..
            } = &event
            {
                updates.push(body.to_vec());
            }
            told.push(tell(&event));
        });
        self.drive(node);
        result
    }

    fn drive(&mut self, node: usize) {
        while let Some(action) = self.nodes[node].peer.poll_action() {
            match action {
                Action::Connect(id) => {
                    if self.reachable[node] {
                        let mut ids = [None, None];
                        ids[node] = Some(id);
                        self.wires_made += 1;
                        let wire = Wire {
                            dialer: node,
                            ids,
                            unheard: [true, true],
                            coming: [Vec::new(), Vec::new()],
                            closed: [false, false],
                            said: [Said::Nothing, Said::Nothing],
                        };
                        self.wires.insert(self.wires_made, wire);
                    } else {
                        self.nodes[node].peer.connect_failed(self.now, id, "unreachable");
                    }
                }
                Action::Close(id) => {
                    self.transmit(node, id);
                    if let Some(wire) = self.wire(node, id) {
                        let wire = self.wires.get_mut(&wire).unwrap();
                        wire.closed[node] = true;
                        wire.unheard[node] = false;
                        wire.coming[node].clear();
                    }
                }
                Action::Finished => self.nodes[node].told.push("finished".to_owned()),
            }
        }
        let ids: Vec<_> = self.wires.values().filter_map(|wire| wire.ids[node]).collect();
        for id in ids {
            self.transmit(node, id);
        }
    }

    fn wire(&self, node: usize, id: ConnectionId) -> Option<usize> {
        self.wires.iter().find(|(_, wire)| wire.ids[node] == Some(id)).map(|(name, _)| *name)
    }

    fn transmit(&mut self, node: usize, id: ConnectionId) {
        let mut out = Vec::new();
        let Node { peer, told, source, .. } = &mut self.nodes[node];
        while peer.poll_transmit(self.now, id, &mut out, source, &mut |event| {
            told.push(tell(&event));
        }) {}
        self.nodes[node].peer.written(self.now, id, out.len());
        let Some(wire) = self.wire(node, id) else {
            assert!(out.is_empty());
            return;
        };
        let wire = self.wires.get_mut(&wire).unwrap();
        if out.is_empty() {
            return;
        }
        assert!(!wire.closed[node], "octets after a close");
        for message in super::cut(&out) {
            let said = &mut wire.said[node];
            let legal = match (*said, message[18]) {
                (Said::Nothing, 1) => Some(Said::Open),
                (Said::Open | Said::Keepalive, 4) => Some(Said::Keepalive),
                (Said::Keepalive, 2 | 5 | 6) => Some(Said::Keepalive),
                (Said::Nothing | Said::Open | Said::Keepalive, 3) => Some(Said::Notification),
                _ => None,
            };
            *said = legal.unwrap_or_else(|| panic!("{} after {said:?}", describe(&message)));
        }
        if !wire.closed[1 - node] {
            wire.coming[1 - node].extend(out);
        }
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (name, wire) in &self.wires {
            for node in 0..2 {
                if wire.closed[node] {
                    continue;
                }
                if wire.unheard[node] {
                    // Even when the other end is closed by then.
                    steps.push(Step::Up(*name, node));
                } else if !wire.coming[node].is_empty() {
                    steps.push(Step::Deliver(*name, node, wire.coming[node].len()));
                    if wire.coming[node].len() > 19 {
                        steps.push(Step::Deliver(*name, node, 19));
                    }
                } else if wire.closed[1 - node] {
                    steps.push(Step::Closed(*name, node));
                }
            }
        }
        steps
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Up(name, node) => {
                let wire = self.wires.get_mut(&name).unwrap();
                wire.unheard[node] = false;
                let (local, remote) =
                    if node == 0 { (socket(1), socket(2)) } else { (socket(2), socket(1)) };
                if wire.dialer == node {
                    let id = wire.ids[node].unwrap();
                    self.act(node, |peer, now, events| {
                        peer.connected(now, id, local, remote, events);
                    });
                } else {
                    // The name is needed before what the peer asks of it.
                    let Node { peer, told, .. } = &mut self.nodes[node];
                    let id = peer.incoming(self.now, local, remote, &mut |event| {
                        told.push(tell(&event));
                    });
                    self.wires.get_mut(&name).unwrap().ids[node] = Some(id);
                    self.drive(node);
                }
            }
            Step::Deliver(name, node, count) => {
                let wire = self.wires.get_mut(&name).unwrap();
                let id = wire.ids[node].unwrap();
                let count = match frame(&wire.coming[node], 65535) {
                    Frame::Message { length, .. } => count.max(length),
                    _ => count,
                };
                let octets = wire.coming[node].drain(..count.min(wire.coming[node].len()));
                let octets: Vec<_> = octets.collect();
                let consumed =
                    self.act(node, |peer, now, events| peer.receive(now, id, &octets, events));
                if let Some(wire) = self.wires.get_mut(&name).filter(|wire| !wire.closed[node]) {
                    wire.coming[node].splice(0..0, octets[consumed..].iter().copied());
                }
            }
            Step::Closed(name, node) => {
                let wire = self.wires.get_mut(&name).unwrap();
                wire.closed[node] = true;
                let id = wire.ids[node].unwrap();
                self.act(node, |peer, now, events| peer.closed(now, id, "closed", events));
            }
        }
        self.wires.retain(|_, wire| wire.closed != [true, true]);
    }

    /// Lets everything happen that can happen without time passing.
    pub fn settle(&mut self) {
        loop {
            let steps = self.steps();
            if steps.is_empty() {
                return;
            }
            let step = steps[self.choose(steps.len())];
            self.step(step);
        }
    }

    /// Lets time pass. Now and then a timer is handled while something is still under way.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.settle();
            let due = self.nodes.iter().filter_map(|node| node.peer.poll_timeout()).min();
            match due.filter(|due| *due <= end) {
                Some(due) => self.now = self.now.max(due),
                None => break,
            }
            for node in 0..2 {
                self.act(node, |peer, now, events| peer.handle_timeout(now, events));
            }
        }
        self.now = end;
    }

    /// Whether both are established, on the same connection, and no other connection is left.
    pub fn is_one_session(&self) -> bool {
        let [a, b] = &self.nodes;
        self.wires.len() == 1
            && self.wires.values().all(|wire| {
                wire.ids == [a.peer.connection(), b.peer.connection()]
                    && wire.ids.iter().all(Option::is_some)
            })
    }

    pub fn states(&self) -> [State; 2] {
        [self.nodes[0].peer.state(), self.nodes[1].peer.state()]
    }

    /// What was told to a node since the last time.
    pub fn events(&mut self, node: usize) -> Vec<String> {
        std::mem::take(&mut self.nodes[node].told)
    }
}
