//! The state of the daemon: its peers, who may command them, and the attribute sets that they share.
//!
//! There is one, on one thread. Tasks borrow it for as long as they handle one thing to its end, and never across an
//! `await`: nobody waits for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use yottabgp_api::Version;
use yottabgp_api::event::{Encoders, ProcessId};
use yottabgp_config::{Dialect, Environment};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::message::update::encode::UpdateEncoder;

use crate::bmp;
use crate::execute::{Scratch, Selections};
use crate::files::Files;
use crate::health::services::Running;
use crate::listen::Listeners;
use crate::observers::Observers;
use crate::peer::Range;
use crate::peer::tables::Tables;
use crate::peers::Peers;
use crate::reload::Reloads;
use crate::remains::Remainder;
use crate::sender::Sender;
use crate::turns::Load;

/// Names a peer for as long as it exists; ascending in the order of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerId(pub(crate) u64);

/// What is asked of the server loop, which alone starts and stops things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A signal, or a command that stands for one.
    Signal(crate::signals::Received),
    /// A peer gave up or was removed: is there anything left to do?
    PeerEnded(PeerId),
    /// A command made or deleted a peer: listening sockets and their keys are to follow.
    Listen,
    /// A helper ended for good.
    HelperEnded(ProcessId),
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) environment: Environment,
    /// What the configuration was read as: helpers are answered, and their rules read, as that ExaBGP did it.
    pub(crate) dialect: Dialect,
    /// The ranges of the configuration, whose peers are still to come.
    pub(crate) ranges: Vec<Range>,
    /// The configuration files.
    pub(crate) files: Files,
    /// Which reload is the present one.
    pub(crate) reloads: Reloads,
    /// The sockets that peers connect to.
    pub(crate) listeners: Listeners,
    /// Peers of ranges that had no session when they were last looked at.
    pub(crate) unknown: Vec<PeerId>,
    /// Whether there are so many of them that others are refused.
    pub(crate) crowded: bool,
    /// How answers and events look.
    pub(crate) version: Version,
    /// How events are written.
    pub(crate) encoders: Encoders,
    pub(crate) store: AttributeStore,
    /// What is left of tables that are gone.
    pub(crate) remainder: Remainder,
    pub(crate) peers: Peers,
    /// What they are to be sent.
    pub(crate) tables: Tables,
    /// Who watches sessions.
    pub(crate) observers: Observers,
    /// Whom commands were about.
    pub(crate) selections: Selections,
    /// Writes the UPDATEs of all.
    pub(crate) encoder: UpdateEncoder,
    /// Helper processes and control clients.
    pub(crate) senders: BTreeMap<ProcessId, Sender>,
    /// The services that the daemon checks itself.
    pub(crate) services: BTreeMap<Arc<str>, Running>,
    /// What routers tell.
    pub(crate) bmp: bmp::Service,
    requests: mpsc::UnboundedSender<Request>,
    /// What commands asked of the server loop and it has not taken: asked once more, it is the same.
    asked: Vec<Request>,
    /// Buffers that are used again for every command, unless they are in use: see [`Core::take_scratch`].
    pub(crate) scratch: Option<Box<Scratch>>,
    /// How many peers have more to do than a turn lets them.
    pub(crate) load: Load,
    /// The buffer of every read from a peer.
    pub(crate) read_buffer: Vec<u8>,
    pub(crate) started: Instant,
    /// Names this run in `ping` and `status`.
    pub(crate) uuid: String,
    pub(crate) stopping: bool,
    /// While `exabgp.tcp.delay` lasts: peers take routes, and their sessions do not start.
    pub(crate) waiting: bool,
    next_id: u64,
}

/// The core, as tasks hold it.
pub(crate) type Shared = Rc<RefCell<Core>>;

impl Core {
    /// An empty one.
    pub(crate) fn new(
        environment: Environment,
        encoders: Encoders,
        uuid: String,
        requests: mpsc::UnboundedSender<Request>,
    ) -> Self {
        let version = Version::from_number(environment.api.version.into()).unwrap_or_default();
        Self {
            environment,
            dialect: Dialect::default(),
            ranges: Vec::new(),
            files: Files::default(),
            reloads: Reloads::default(),
            listeners: Listeners::default(),
            unknown: Vec::new(),
            crowded: false,
            version,
            encoders,
            store: AttributeStore::default(),
            remainder: Remainder::default(),
            peers: Peers::default(),
            tables: Tables::default(),
            observers: Observers::default(),
            selections: Selections::default(),
            encoder: UpdateEncoder::default(),
            senders: BTreeMap::new(),
            services: BTreeMap::new(),
            bmp: bmp::Service::default(),
            requests,
            asked: Vec::new(),
            scratch: None,
            load: Load::default(),
            read_buffer: Vec::new(),
            started: Instant::now(),
            uuid,
            stopping: false,
            waiting: false,
            next_id: 0,
        }
    }

    /// Whether helpers that start now are answered.
    pub(crate) fn acknowledges(&self) -> bool {
        self.environment.acknowledges(self.dialect)
    }

    /// What the configuration that is about to be applied was read as.
    pub(crate) fn set_dialect(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }

    /// A name that was not used before.
    pub(crate) const fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Asks something of the server loop.
    pub(crate) fn request(&mut self, request: Request) {
        // A helper may ask without end, and faster than it can be done.
        if matches!(request, Request::Signal(_) | Request::Listen) {
            if self.asked.contains(&request) {
                return;
            }
            self.asked.push(request);
        }
        // The loop is gone only when everything ends anyway.
        let _ = self.requests.send(request);
    }

    /// The server loop has taken this: who asks from now on asks anew.
    pub(crate) fn taken(&mut self, request: Request) {
        self.asked.retain(|asked| *asked != request);
    }
}
