//! Who gives commands and is told of events: a helper process, or a client of the control socket or pipes.

use std::sync::Arc;

use yottabgp_api::Version;
use yottabgp_api::command::GroupBuffer;
use yottabgp_api::event::Format;
use yottabgp_config::Process;

use crate::helper::Handle;
use crate::outbox::Outbox;
use crate::upload::Upload;

/// What is known of one.
#[derive(Debug)]
pub(crate) struct Sender {
    /// The name of its process in the configuration; of a client, what the log calls it.
    pub(crate) name: Arc<str>,
    /// What waits to be written to it.
    pub(crate) outbox: Outbox,
    /// How its events are written.
    pub(crate) format: Format,
    /// Which version of the API it speaks.
    pub(crate) version: Version,
    /// Whether its commands are answered `done` and `error`.
    pub(crate) ack: bool,
    /// Whether answers wait for the UPDATEs to be written.
    pub(crate) sync: bool,
    /// Its open group.
    pub(crate) group: GroupBuffer,
    /// The configuration that it is sending line by line.
    pub(crate) upload: Option<Upload>,
    /// A control client: it may command every peer, and is told nothing.
    pub(crate) is_client: bool,
    /// Whether the next client has the same stream, as with named pipes.
    pub(crate) is_shared: bool,
    /// The end of its supervisor, if it is a helper.
    pub(crate) handle: Option<Handle>,
    /// Its supervisor.
    pub(crate) task: Option<tokio::task::JoinHandle<()>>,
    /// The process that was started last, if it is a helper.
    pub(crate) pid: Option<u32>,
    /// Its section, if it is a helper.
    pub(crate) process: Option<Process>,
}

impl Sender {
    /// Whether it is a helper that ended and is not started again by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.task.as_ref().is_some_and(tokio::task::JoinHandle::is_finished)
    }
}
