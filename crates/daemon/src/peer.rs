//! A peer at work: its session, its tables and its feed in the core, and the task that owns its sockets.

mod advisories;
mod drive;
mod listeners;
mod lull;
mod pace;
pub(crate) mod tables;

use std::collections::VecDeque;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};
use yottabgp_api::event::{
    Encoders, Feed, Format, Label, MessageFlags, ProcessId, Subscriber, Subscription,
};
use yottabgp_api::select::PeerKey;
use yottabgp_config::{ConfiguredRoutes, Neighbor};
use yottabgp_rib::adj_rib_in::AdjRibIn;
use yottabgp_rib::adj_rib_out::Member;
use yottabgp_rib::store::AttributeStore;
use yottabgp_session::event::{Decoded, Event};
use yottabgp_session::{Peer, StopReason};
use yottabgp_wire::codes::{Afi, Family, MessageType};
use yottabgp_wire::io::text::push_hex_upper;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::Direction;
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::{JsonForm, Nlri};

use crate::core::{Core, PeerId, Shared};
use crate::observers::{Keeping, Observed, Observers};
use crate::outbox::Outbox;
use crate::reload;
use crate::server::since_epoch;
use crate::signals::Received;
use crate::turns;
use advisories::Advisories;
use listeners::Listeners;
use tables::TableId;

/// Connections that may wait to be taken by the task of their peer.
const WAITING: usize = 8;

/// How long routes wait for what the peer says first, where both are told.
const HEARD_FIRST: Duration = Duration::from_millis(10);

/// Octets that a message has beside the attributes of a set, and those that a peer gets by default.
const LARGE_MARGIN: usize = 1024;

/// Octets that a message of any session may have.
const SMALLEST_LIMIT: usize = 4096;

/// What the core knows of a peer.
#[derive(Debug)]
pub(crate) struct PeerState {
    pub(crate) key: PeerKey,
    /// Its section of the configuration; for a peer of a range, with its own address.
    pub(crate) neighbor: Neighbor,
    pub(crate) session: Peer,
    /// Its Adj-RIB-Out, and its name there.
    pub(crate) table: TableId,
    pub(crate) member: Member,
    pub(crate) rib_in: AdjRibIn,
    pub(crate) feed: Feed,
    /// Who may command it: the processes of its `api` sections.
    pub(crate) commanders: Vec<ProcessId>,
    /// Who is fed by it, with the outboxes that may ask it to pause.
    pub(crate) listeners: Vec<(ProcessId, Outbox)>,
    /// Wakes its task.
    pub(crate) wake: Rc<Notify>,
    /// Told when everything that was pending is written, or the session ended.
    pub(crate) idle: Rc<Notify>,
    /// Whether nothing waits to be written.
    pub(crate) is_idle: bool,
    /// With `auto-flush false`: changes wait for the command `flush`.
    pub(crate) holding: bool,
    /// Its table is being filled: nothing of it is sent before all of it is there.
    pub(crate) configuring: bool,
    /// Until then, or until it said something, it is heard before anything of its table is sent.
    pub(crate) heard_first: Option<Instant>,
    /// So many groups are being put into its table: nothing is sent either before they are there.
    pub(crate) groups: u32,
    /// One of a range: gone when its connection is.
    pub(crate) ephemeral: bool,
    /// Routes of the configuration that wait for the session of one of a range: anybody may connect, and have no more.
    pub(crate) later: Option<ConfiguredRoutes>,
    /// It ends: its task says the last words, and nobody finds it any more. Another one may have its name already.
    pub(crate) stopped: bool,
    pub(crate) counts: Counts,
    pub(crate) advisories: Advisories,
    pub(crate) created: Instant,
    /// Connections that wait to be taken by its task.
    incoming: VecDeque<Incoming>,
    task: Option<JoinHandle<()>>,
}

/// A connection that the peer has made. Its ends are known from when it was taken: the system forgets them with the peer.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) stream: TcpStream,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// What is counted beside messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) announced: u64,
    pub(crate) withdrawn: u64,
    /// UPDATEs of which something was treated as withdrawn (RFC 7606).
    pub(crate) treated_as_withdraw: u64,
}

/// What a session told that has to wait until the session is no longer at work.
#[derive(Clone, Copy, Debug)]
enum Afterwards {
    Up,
    Down,
    Refresh(Family),
    /// An UPDATE came along with the last KEEPALIVE.
    Heard,
}

/// Everything but the session: what events act upon.
struct Surroundings<'a> {
    id: PeerId,
    key: &'a PeerKey,
    neighbor: &'a Neighbor,
    rib_in: &'a mut AdjRibIn,
    feed: &'a mut Feed,
    listeners: Listeners<'a>,
    counts: &'a mut Counts,
    /// Not while messages are sent: they are not kept.
    store: Option<&'a mut AttributeStore>,
    encoders: &'a Encoders,
    /// Who watches, if anybody does.
    observers: Option<&'a mut Observers>,
    /// When what happens does: the clock is read once for all that is read at once.
    time: Duration,
    afterwards: Vec<Afterwards>,
}

impl Surroundings<'_> {
    /// What the topics of messages want to know; costs nothing when they are off.
    fn log_message(&self, event: &Event<'_>) {
        let Event::Message { direction, kind, header, body, decoded, .. } = event else { return };
        let peer = self.key.peer;
        let way = match direction {
            Direction::Receive => "received",
            Direction::Send => "sent",
        };
        let name = kind.name().unwrap_or("unknown message");
        debug!(target: "yottabgp::message", "{peer} {way} {name}, {} octets", header.len() + body.len());
        debug!(target: "yottabgp::wire", "{peer} {way} {}", Hexadecimal(&[header, body]));
        if let (Direction::Receive, Decoded::Update(update)) = (direction, decoded) {
            debug!(target: "yottabgp::routes", "{peer} {way} {}", Routes(update));
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        self.log_message(event);
        match event {
            Event::Up(up) => {
                info!(
                    target: "yottabgp::network",
                    "{} is up (hold time {} s)", self.key.peer, up.negotiated.hold_time
                );
                self.afterwards.push(Afterwards::Up);
            }
            Event::Down { reason, .. } => {
                info!(target: "yottabgp::network", "{} is down: {reason}", self.key.peer);
                self.afterwards.push(Afterwards::Down);
            }
            Event::Negotiated(negotiated) => {
                // What was `auto` is known now.
                self.feed.set_label(Label::new(
                    Some(negotiated.local_address),
                    self.key.peer,
                    Some(negotiated.local_as),
                    Some(negotiated.peer_as),
                    self.key.router_id,
                ));
            }
            Event::RefreshRequested(family) => {
                self.afterwards.push(Afterwards::Refresh(*family));
            }
            Event::Message { direction: Direction::Receive, decoded, .. } => match decoded {
                Decoded::Update(update) => {
                    for fault in update.faults() {
                        warn!(target: "yottabgp::message", "{}: {fault}", self.key.peer);
                    }
                    self.counts.treated_as_withdraw += u64::from(update.is_treated_as_withdraw());
                    if matches!(self.afterwards.last(), Some(Afterwards::Up)) {
                        self.afterwards.push(Afterwards::Heard);
                    }
                    let watched = self.kept_for_observers();
                    if let Some(store) = self.store.as_deref_mut() {
                        for family in update.disabled_families() {
                            self.rib_in.clear_family(store, family);
                        }
                        if self.neighbor.adj_rib_in || watched != Keeping::Nothing {
                            // Who is told of it is not kept waiting for the table.
                            let wants = self.feed.wants(Direction::Receive, MessageType::UPDATE);
                            // Nor does anybody wait while all that was put off for a helper that is gone is taken in.
                            let is_told = wants.parsed || wants.raw || self.rib_in.has_put_off();
                            let waits = is_told && watched != Keeping::AtOnce;
                            let (announced, withdrawn) = if waits {
                                self.rib_in.put_off(store, update)
                            } else {
                                self.rib_in.apply(store, update)
                            };
                            self.counts.announced += announced;
                            self.counts.withdrawn += withdrawn;
                        }
                    }
                }
                Decoded::Notification(notification) => {
                    warn!(
                        target: "yottabgp::network",
                        "{} sent NOTIFICATION {notification}", self.key.peer
                    );
                }
                _ => {}
            },
            Event::Message {
                direction: Direction::Send,
                decoded: Decoded::Notification(n),
                ..
            } => {
                warn!(target: "yottabgp::network", "{} is sent NOTIFICATION {n}", self.key.peer);
            }
            Event::Fsm(state) => {
                debug!(target: "yottabgp::network", "{}: {}", self.key.peer, state.name());
            }
            Event::Message { .. } | Event::Connected => {}
        }
        if let Some(observers) = self.observers.as_deref_mut() {
            let Self { id, key, neighbor, time, .. } = *self;
            observers.event(&Observed { id, key, neighbor, time }, event);
        }
        let sends = matches!(event, Event::Message { direction: Direction::Send, .. });
        self.feed.event_to(self.encoders, self.time, event, self.listeners.of_event(sends));
    }

    fn kept_for_observers(&self) -> Keeping {
        match self.observers.as_deref() {
            Some(observers) => observers.keep_table(self.id, self.neighbor),
            None => Keeping::Nothing,
        }
    }

    /// Lets the listeners know of their events.
    fn finish(self) -> Vec<Afterwards> {
        self.listeners.finish();
        self.afterwards
    }
}

/// Octets as the log shows them.
struct Hexadecimal<'a>(&'a [&'a [u8]]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.0 {
            let mut text = Vec::new();
            push_hex_upper(&mut text, part);
            f.write_str(&String::from_utf8_lossy(&text))?;
        }
        Ok(())
    }
}

/// The routes of an UPDATE as the log shows them: one line.
struct Routes<'a>(&'a Update<'a>);

impl fmt::Display for Routes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.0.json(JsonForm::default(), &mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

fn tell(listeners: &[(ProcessId, Outbox)], process: ProcessId, lines: &[u8]) {
    if let Some((_, outbox)) = listeners.iter().find(|(id, _)| *id == process) {
        outbox.events(lines);
    }
}

impl Core {
    /// Lets a session do something: `act` is given the session and where its events go. Then the tables are told what the
    /// session told, and its task is woken.
    pub(crate) fn with_session<T>(
        &mut self,
        id: PeerId,
        act: impl FnOnce(&mut Peer, &mut dyn FnMut(Event<'_>)) -> T,
    ) -> Option<T> {
        let peer = self.peers.get_mut(&id)?;
        let mut surroundings = Surroundings {
            id,
            key: &peer.key,
            neighbor: &peer.neighbor,
            rib_in: &mut peer.rib_in,
            feed: &mut peer.feed,
            listeners: Listeners::new(peer.key.peer, &peer.listeners),
            counts: &mut peer.counts,
            store: Some(&mut self.store),
            encoders: &self.encoders,
            observers: self.observers.watching(),
            time: since_epoch(),
            afterwards: Vec::new(),
        };
        let result = act(&mut peer.session, &mut |event| surroundings.event(&event));
        let afterwards = surroundings.finish();
        let mut is_new = false;
        for what in afterwards {
            match what {
                Afterwards::Up => {
                    is_new = true;
                    peer.hear_first();
                    let Some(table) = self.tables.get_mut(peer.table) else { continue };
                    if let Some(routes) = peer.later.take() {
                        reload::configure(&mut table.rib, &peer.neighbor, &mut self.store, routes);
                    }
                    // What the session starts with is not held back by `auto-flush false`.
                    table.rib.session_up(&mut self.store, peer.member);
                    peer.holding &= !table.rib.is_pending(peer.member);
                }
                Afterwards::Down => {
                    let counts = peer.session.statistics();
                    info!(
                        target: "yottabgp::statistics",
                        "{}: {} messages sent, {} received, {} routes announced by it, {} withdrawn",
                        peer.key.peer,
                        counts.sent.total(),
                        counts.received.total(),
                        peer.counts.announced,
                        peer.counts.withdrawn
                    );
                    if let Some(table) = self.tables.get_mut(peer.table) {
                        table.rib.session_down(&mut self.store, peer.member);
                    }
                    self.remainder.add(peer.rib_in.forget());
                    peer.is_idle = true;
                    peer.idle.notify_waiters();
                }
                Afterwards::Heard => peer.heard_first = None,
                Afterwards::Refresh(family) => {
                    if let Some(table) = self.tables.get_mut(peer.table) {
                        table.rib.refresh(peer.member, &[family]);
                    }
                }
            }
        }
        peer.wake.notify_one();
        if is_new {
            self.greet(id);
        }
        Some(result)
    }
}

impl PeerState {
    /// The session is up. Who is told of UPDATEs both ways is told first of those that the peer sent along with its last
    /// KEEPALIVE, however little later they come: as with a speaker that is slow to begin.
    fn hear_first(&mut self) {
        let wants = |direction| {
            let wants = self.feed.wants(direction, MessageType::UPDATE);
            wants.parsed || wants.raw
        };
        if wants(Direction::Receive) && wants(Direction::Send) {
            self.heard_first = Some(Instant::now() + HEARD_FIRST);
        }
    }

    /// Lets its task look at what changed.
    pub(crate) fn wake(&mut self) {
        self.is_idle = false;
        self.wake.notify_one();
    }

    /// Hands a connection to the task of the peer; gives it back when too many wait.
    pub(crate) fn accept(&mut self, incoming: Incoming) -> Result<(), Incoming> {
        if self.incoming.len() >= WAITING {
            return Err(incoming);
        }
        self.incoming.push_back(incoming);
        self.wake.notify_one();
        Ok(())
    }

    /// The next hop of a route to this peer: what `self` means here. Where the system chooses our address, it stays `self`,
    /// which is the address of each session (see [`UpdateEncoder::announce`]).
    pub(crate) fn resolve(&self, next_hop: NextHop, family: Family) -> Result<NextHop, String> {
        resolve(&self.neighbor, next_hop, family)
    }

    /// The address that a next hop stands for in the present session. Without one, `self` is none yet.
    pub(crate) fn address_of(&self, next_hop: NextHop, family: Family) -> Option<IpAddr> {
        let resolved = self.session.negotiated().and_then(|negotiated| {
            next_hop.resolve(family.afi, negotiated.local_address, negotiated.local_router_id)
        });
        resolved.unwrap_or(next_hop).address()
    }

    /// Whether the present session can take a route with these attributes; without a session, there is nothing to say
    /// yet. Only what may fail is tried: a next hop of another family, or attributes that nearly fill a message.
    pub(crate) fn can_send(
        &self,
        encoder: &mut UpdateEncoder,
        attributes: &[u8],
        next_hop: NextHop,
        nlri: Nlri<'_>,
    ) -> Result<(), String> {
        let Some(negotiated) = self.session.negotiated() else { return Ok(()) };
        if !may_not_fit(attributes, next_hop, nlri) {
            return Ok(());
        }
        let mut message = Vec::new();
        encoder
            .announce(
                negotiated,
                false,
                attributes,
                next_hop,
                nlri.family,
                std::iter::once(nlri),
                &mut message,
            )
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// Those who are fed by this peer and ask it to pause, and whoever records it if that asks for it, too.
    fn paused(&self, recorder: Option<watch::Receiver<bool>>) -> Vec<watch::Receiver<bool>> {
        let paused = self.listeners.iter().filter(|(_, outbox)| outbox.is_paused());
        paused.map(|(_, outbox)| outbox.paused()).chain(recorder).collect()
    }

    /// Changes who is told what: from the `api` sections and the processes there are.
    pub(crate) fn subscribe(
        &mut self,
        core_senders: &[(ProcessId, Arc<str>, Outbox, Format)],
        observers: &Observers,
    ) {
        self.commanders.clear();
        self.listeners.clear();
        let mut subscribers: Vec<Subscriber> = Vec::new();
        for block in &self.neighbor.api {
            let subscription = Subscription {
                neighbor_changes: block.neighbor_changes,
                negotiated: block.negotiated,
                fsm: block.fsm,
                signal: block.signal,
                receive: message_flags(block.receive),
                send: message_flags(block.send),
            };
            for name in &block.processes {
                let Some((id, _, outbox, format)) =
                    core_senders.iter().find(|(_, sender, ..)| sender == name)
                else {
                    continue;
                };
                if !self.commanders.contains(id) {
                    self.commanders.push(*id);
                    self.listeners.push((*id, outbox.clone()));
                }
                match subscribers.iter_mut().find(|subscriber| subscriber.process == *id) {
                    Some(subscriber) => subscriber.subscription.merge(&subscription),
                    None => {
                        subscribers.push(Subscriber { process: *id, format: *format, subscription })
                    }
                }
            }
        }
        let sends = subscribers.iter().any(|subscriber| {
            let wants = subscriber.subscription.wants(Direction::Send, MessageType::UPDATE);
            wants.parsed || wants.raw
        });
        let sends = sends || observers.want_sent_updates(&self.neighbor);
        self.session.report_sent_updates(sends);
        self.feed.set_subscribers(subscribers);
    }
}

/// Whether there are sessions that can not take such a route: see [`PeerState::can_send`].
pub(crate) fn may_not_fit(attributes: &[u8], next_hop: NextHop, nlri: Nlri<'_>) -> bool {
    let foreign = matches!(
        (nlri.family.afi, next_hop),
        (Afi::IPV4, NextHop::V6(_)) | (Afi::IPV6, NextHop::V4(_))
    );
    foreign || attributes.len() + LARGE_MARGIN > SMALLEST_LIMIT
}

/// The next hop of a route to a neighbor: see [`PeerState::resolve`].
pub(crate) fn resolve(
    neighbor: &Neighbor,
    next_hop: NextHop,
    family: Family,
) -> Result<NextHop, String> {
    let peer = neighbor.peer.address;
    let resolved = match neighbor.local_address {
        Some(local) => next_hop.resolve(family.afi, local, neighbor.settings.router_id),
        None if family.afi == Afi::IPV6 && peer.is_ipv4() => {
            Some(next_hop).filter(|next_hop| *next_hop != NextHop::SelfAddress)
        }
        None => Some(next_hop),
    };
    resolved.ok_or_else(|| {
        format!(
            "next-hop self of {family} needs an IPv6 session, and that of {peer} is not one: name the next hop"
        )
    })
}

fn message_flags(flags: yottabgp_config::MessageFlags) -> MessageFlags {
    use yottabgp_config::MessageFlags as Flags;
    MessageFlags {
        parsed: flags.has(Flags::PARSED),
        packets: flags.has(Flags::PACKETS),
        consolidate: flags.has(Flags::CONSOLIDATE),
        open: flags.has(Flags::OPEN),
        update: flags.has(Flags::UPDATE),
        notification: flags.has(Flags::NOTIFICATION),
        keepalive: flags.has(Flags::KEEPALIVE),
        refresh: flags.has(Flags::REFRESH),
        operational: flags.has(Flags::OPERATIONAL),
    }
}

/// The key of a neighbor, as selectors compare it.
pub(crate) fn key_of(neighbor: &Neighbor) -> PeerKey {
    let settings = &neighbor.settings;
    PeerKey {
        peer: neighbor.peer.address,
        local_address: neighbor.local_address,
        local_as: settings.local_as,
        peer_as: settings.peer_as,
        router_id: settings.router_id,
        families: settings.multisession.then(|| settings.families.clone()),
    }
}

/// The label of events of a neighbor that is not connected.
fn label_of(neighbor: &Neighbor) -> Label {
    let settings = &neighbor.settings;
    Label::new(
        neighbor.local_address,
        neighbor.peer.address,
        settings.local_as,
        settings.peer_as,
        settings.router_id,
    )
}

/// How a peer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// Its table is filled before its session starts.
    Configuring,
    /// It is one of a range, and has connected.
    OfRange,
    /// A command made it: there is nothing to fill its table with.
    Created,
}

/// Makes a peer and its task.
pub(crate) fn start(shared: &Shared, neighbor: Neighbor, beginning: Beginning) -> PeerId {
    let mut core = shared.borrow_mut();
    let id = PeerId(core.next_id());
    let name = neighbor.peer.address;
    let wake = Rc::new(Notify::new());
    let (table, member) = core.tables.join(id, &neighbor, beginning);
    let mut peer = PeerState {
        key: key_of(&neighbor),
        session: Peer::new(Arc::new(neighbor.settings.clone()), seed(id)),
        table,
        member,
        rib_in: AdjRibIn::default(),
        feed: Feed::new(label_of(&neighbor), Vec::new()),
        commanders: Vec::new(),
        listeners: Vec::new(),
        wake: wake.clone(),
        idle: Rc::new(Notify::new()),
        is_idle: true,
        holding: !neighbor.auto_flush,
        configuring: beginning == Beginning::Configuring,
        heard_first: None,
        groups: 0,
        ephemeral: beginning == Beginning::OfRange,
        later: None,
        stopped: false,
        counts: Counts::default(),
        advisories: Advisories::default(),
        created: Instant::now(),
        incoming: VecDeque::new(),
        task: None,
        neighbor,
    };
    peer.subscribe(&core.feeds(), &core.observers);
    core.peers.insert(id, peer);
    core.selections.clear();
    core.announce_services(id);
    if beginning != Beginning::Configuring && !core.waiting {
        core.with_session(id, |session, events| session.start(Instant::now(), events));
    }
    drop(core);
    let task = turns::spawn(name, drive::drive(shared.clone(), id, wake));
    if let Some(peer) = shared.borrow_mut().peers.get_mut(&id) {
        peer.task = Some(task);
    }
    id
}

/// Starts the sessions of all peers: the wait before is over.
pub(crate) fn start_all(shared: &Shared) {
    let mut core = shared.borrow_mut();
    core.waiting = false;
    // Whoever is still being configured starts when that is done.
    let peers = core.peers.iter().filter(|(_, peer)| !peer.stopped && !peer.configuring);
    let ids: Vec<_> = peers.map(|(id, _)| *id).collect();
    for id in ids {
        core.with_session(id, |session, events| session.start(Instant::now(), events));
    }
}

/// Peers that connect at the same time should not do so again.
fn seed(id: PeerId) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u64(id.0);
    hasher.finish()
}

impl Core {
    /// Helpers or observers have changed: who is told what by each peer is settled anew.
    pub(crate) fn subscribe_all(&mut self) {
        let feeds = self.feeds();
        for peer in self.peers.values_mut() {
            peer.subscribe(&feeds, &self.observers);
        }
        self.selections.clear();
    }

    /// Every helper, as peers need to know them.
    pub(crate) fn feeds(&self) -> Vec<(ProcessId, Arc<str>, Outbox, Format)> {
        self.senders
            .iter()
            .filter(|(_, sender)| !sender.is_client)
            .map(|(id, sender)| (*id, sender.name.clone(), sender.outbox.clone(), sender.format))
            .collect()
    }
}

/// A range of the configuration.
#[derive(Debug)]
pub(crate) struct Range {
    /// Its section, without the routes.
    pub(crate) section: Neighbor,
    /// The routes, which all peers share until their sessions are up.
    pub(crate) routes: ConfiguredRoutes,
    /// Which of them a later one is to the same as, where that is known.
    pub(crate) superseded: Arc<[u32]>,
}

/// What the section of a range says for the peer that connected from one address to another.
pub(crate) fn member(range: &Range, local: IpAddr, remote: IpAddr) -> Neighbor {
    let mut neighbor = range.section.clone();
    neighbor.peer.address = remote;
    neighbor.peer.length = yottabgp_wire::prefix::longest(neighbor.peer.afi());
    neighbor.local_address = Some(local);
    if neighbor.settings.router_id.is_unspecified()
        && let IpAddr::V4(address) = local
    {
        neighbor.settings.router_id = address;
    }
    neighbor.settings.passive = true;
    neighbor.name = key_of(&neighbor).to_string();
    neighbor
}

/// Makes the peer of a range that has connected.
pub(crate) fn start_ephemeral(
    shared: &Shared,
    index: usize,
    incoming: Incoming,
) -> Result<(), &'static str> {
    let (local, remote) = (incoming.local.ip(), incoming.remote.ip());
    let (neighbor, routes) = {
        let core = shared.borrow();
        let range = core.ranges.get(index).ok_or("the configuration has changed")?;
        (member(range, local, remote), range.routes.clone())
    };
    let id = start(shared, neighbor, Beginning::OfRange);
    let mut core = shared.borrow_mut();
    core.unknown.push(id);
    let accepted = core.peers.get_mut(&id).map(|peer| {
        peer.later = Some(routes);
        peer.accept(incoming)
    });
    match accepted {
        Some(Ok(())) => Ok(()),
        _ => Err("it could not be handed over"),
    }
}

/// Forgets a peer whose task has ended.
pub(crate) fn remove(shared: &Shared, id: PeerId) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    if let Some(mut peer) = core.peers.remove(id) {
        core.observers.recorder.removed(id, &core.peers);
        core.tables.leave(&mut core.store, &peer);
        core.selections.clear();
        core.remainder.add(peer.rib_in.forget());
        peer.idle.notify_waiters();
    }
}

/// Stops a peer: its task ends once the peer was told.
pub(crate) fn stop(core: &mut Core, id: PeerId, reason: StopReason) {
    if let Some(peer) = core.peers.get_mut(&id) {
        peer.stopped = true;
    }
    core.selections.clear();
    core.with_session(id, |session, events| session.stop(Instant::now(), reason, events));
}

/// Stops every peer, and waits a little for the last words.
pub(crate) async fn stop_all(shared: &Shared, patience: Duration) {
    let tasks: Vec<_> = {
        let mut core = shared.borrow_mut();
        let ids: Vec<_> = core.peers.keys().copied().collect();
        for id in &ids {
            stop(&mut core, *id, StopReason::Shutdown);
        }
        core.peers.values_mut().filter_map(|peer| peer.task.take()).collect()
    };
    let _ = tokio::time::timeout(patience, async {
        for task in tasks {
            let _ = task.await;
        }
    })
    .await;
}

/// Tells of a signal to those who asked for it.
pub(crate) fn tell_signal(shared: &Shared, received: Received) {
    let mut core = shared.borrow_mut();
    let core = &mut *core;
    for peer in core.peers.values_mut() {
        let listeners = &peer.listeners;
        peer.feed.signal(
            &core.encoders,
            since_epoch(),
            received.number,
            received.name,
            |process, lines| tell(listeners, process, lines),
        );
    }
}
