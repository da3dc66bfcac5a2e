//! What one peer tells its processes.

use std::ops::Range;
use std::time::Duration;

use yottabgp_session::event::Event;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::negotiated::{Direction, Negotiated};

use super::sink::Lines;
use super::{
    Agreed, Encoder, Encoders, Form, Format, Label, Moment, Raw, Sink, Subscription, Wants,
};

/// A process, named by the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProcessId(pub u32);

/// A process that listens to a peer.
#[derive(Clone, Copy, Debug)]
pub struct Subscriber {
    /// Which.
    pub process: ProcessId,
    /// The form of its events.
    pub format: Format,
    /// What it wants to hear.
    pub subscription: Subscription,
}

/// What one peer tells its processes: numbers its events, and renders each once for every form that somebody wants.
///
/// The numbers start at 1 and are shared by all processes of the peer, so that each sees gaps, as with ExaBGP.
#[derive(Clone, Debug)]
pub struct Feed {
    label: Label,
    subscribers: Vec<Subscriber>,
    counter: u64,
    /// The JSON of what the present session agreed upon; empty when not yet written.
    negotiated: Agreed,
    scratch: Vec<u8>,
    rendered: Vec<(Key, Range<usize>)>,
}

/// What makes two renderings of one event the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    format: Format,
    raw: bool,
    negotiated: bool,
}

impl Feed {
    /// A peer and its processes.
    pub const fn new(label: Label, subscribers: Vec<Subscriber>) -> Self {
        Self {
            label,
            subscribers,
            counter: 0,
            negotiated: Agreed::NONE,
            scratch: Vec::new(),
            rendered: Vec::new(),
        }
    }

    /// The processes.
    pub fn subscribers(&self) -> &[Subscriber] {
        &self.subscribers
    }

    /// Changes the processes, at a reload: the numbers go on.
    pub fn set_subscribers(&mut self, subscribers: Vec<Subscriber>) {
        self.subscribers = subscribers;
    }

    /// Changes what events say of the peer: an AS or address that was `auto` is known.
    pub fn set_label(&mut self, label: Label) {
        self.label = label;
    }

    /// What anybody wants of a message.
    pub fn wants(&self, direction: Direction, kind: MessageType) -> Wants {
        self.subscribers.iter().fold(Wants::default(), |all, subscriber| {
            let one = subscriber.subscription.wants(direction, kind);
            Wants { parsed: all.parsed || one.parsed, raw: all.raw || one.raw }
        })
    }

    /// Gives an event to those who want it: `sink` gets the process and the lines, line ends included.
    pub fn event(
        &mut self,
        encoders: &Encoders,
        time: Duration,
        event: &Event<'_>,
        sink: impl FnMut(ProcessId, &[u8]),
    ) {
        self.event_to(encoders, time, event, &mut Lines(sink));
    }

    /// The same, to buffers where there are some.
    pub fn event_to(
        &mut self,
        encoders: &Encoders,
        time: Duration,
        event: &Event<'_>,
        sink: &mut impl Sink,
    ) {
        match event {
            Event::Connected => self.tell(
                encoders,
                time,
                sink,
                |subscription| subscription.neighbor_changes,
                |encoder, at, out| encoder.state(at, "connected", None, out),
            ),
            Event::Up(up) => {
                self.remember(up.negotiated);
                self.tell(
                    encoders,
                    time,
                    sink,
                    |subscription| subscription.neighbor_changes,
                    |encoder, at, out| encoder.state(at, "up", None, out),
                );
            }
            Event::Down { reason, .. } => {
                self.negotiated.clear();
                self.tell(
                    encoders,
                    time,
                    sink,
                    |subscription| subscription.neighbor_changes,
                    |encoder, at, out| encoder.state(at, "down", Some(reason), out),
                );
            }
            Event::Fsm(state) => self.tell(
                encoders,
                time,
                sink,
                |subscription| subscription.fsm,
                |encoder, at, out| encoder.fsm(at, *state, out),
            ),
            Event::Negotiated(negotiated) => {
                self.remember(negotiated);
                let json = std::mem::take(&mut self.negotiated);
                self.tell(
                    encoders,
                    time,
                    sink,
                    |subscription| subscription.negotiated,
                    |encoder, at, out| encoder.negotiated(at, &json, out),
                );
                self.negotiated = json;
            }
            Event::Message { direction, kind, header, body, negotiated, decoded } => {
                let raw = Raw { header, body };
                if self.negotiated.is_empty()
                    && let Some(negotiated) = negotiated
                    && self.subscribers.iter().any(|one| one.subscription.negotiated)
                {
                    self.remember(negotiated);
                }
                let json = std::mem::take(&mut self.negotiated);
                let agreed = negotiated.is_some().then_some(&json);
                self.deliver(
                    encoders,
                    time,
                    sink,
                    |subscriber| match subscriber.subscription.forms(*direction, *kind) {
                        [Some(Form::Packet), _] => Some(Key {
                            format: subscriber.format,
                            raw: true,
                            negotiated: subscriber.subscription.negotiated,
                        }),
                        _ => None,
                    },
                    |encoder, at, key, out| {
                        let agreed = agreed.filter(|_| key.negotiated);
                        encoder.packet(at, (*direction).into(), *kind, raw, agreed, out)
                    },
                );
                self.deliver(
                    encoders,
                    time,
                    sink,
                    |subscriber| match subscriber.subscription.forms(*direction, *kind) {
                        [_, Some(Form::Parsed { raw })] => Some(Key {
                            format: subscriber.format,
                            raw,
                            negotiated: subscriber.subscription.negotiated,
                        }),
                        _ => None,
                    },
                    |encoder, at, key, out| {
                        let agreed = agreed.filter(|_| key.negotiated);
                        let raw = key.raw.then_some(raw);
                        encoder.message(at, (*direction).into(), decoded, raw, agreed, out)
                    },
                );
                self.negotiated = json;
            }
            Event::RefreshRequested(_) => {}
        }
    }

    /// Tells of a signal that the daemon got.
    pub fn signal(
        &mut self,
        encoders: &Encoders,
        time: Duration,
        code: i32,
        name: &str,
        sink: impl FnMut(ProcessId, &[u8]),
    ) {
        self.tell(
            encoders,
            time,
            &mut Lines(sink),
            |subscription| subscription.signal,
            |encoder, at, out| encoder.signal(at, code, name, out),
        );
    }

    fn remember(&mut self, negotiated: &Negotiated) {
        self.negotiated.set(negotiated);
    }

    fn tell(
        &mut self,
        encoders: &Encoders,
        time: Duration,
        sink: &mut impl Sink,
        wanted: impl Fn(&Subscription) -> bool,
        mut render: impl FnMut(&Encoder, Moment<'_>, &mut Vec<u8>),
    ) {
        self.deliver(
            encoders,
            time,
            sink,
            |subscriber| {
                wanted(&subscriber.subscription).then_some(Key {
                    format: subscriber.format,
                    raw: false,
                    negotiated: false,
                })
            },
            |encoder, at, _, out| render(encoder, at, out),
        );
    }

    /// Renders what is wanted once for each key, and gives it to those who want it. What writes nothing is not counted.
    fn deliver(
        &mut self,
        encoders: &Encoders,
        time: Duration,
        sink: &mut impl Sink,
        wanted: impl Fn(&Subscriber) -> Option<Key>,
        mut render: impl FnMut(&Encoder, Moment<'_>, Key, &mut Vec<u8>),
    ) {
        let mut wanting =
            self.subscribers.iter().filter_map(|one| Some((one.process, wanted(one)?)));
        let Some((process, key)) = wanting.next() else { return };
        let is_alone = wanting.next().is_none();
        let at = Moment { time, counter: self.counter + 1, label: &self.label, told: None };
        if is_alone && let Some(out) = sink.buffer(process) {
            let before = out.len();
            render(encoders.of(key.format), at, key, out);
            self.counter += u64::from(out.len() > before);
            return;
        }
        self.scratch.clear();
        self.rendered.clear();
        let mut said = false;
        for subscriber in &self.subscribers {
            let Some(key) = wanted(subscriber) else { continue };
            let known = self.rendered.iter().find(|(rendered, _)| *rendered == key);
            let range = match known {
                Some((_, range)) => range.clone(),
                None => {
                    let start = self.scratch.len();
                    render(encoders.of(key.format), at, key, &mut self.scratch);
                    let range = start..self.scratch.len();
                    self.rendered.push((key, range.clone()));
                    range
                }
            };
            if let Some(lines) = self.scratch.get(range).filter(|lines| !lines.is_empty()) {
                said = true;
                sink.lines(subscriber.process, lines);
            }
        }
        self.counter += u64::from(said);
    }
}
