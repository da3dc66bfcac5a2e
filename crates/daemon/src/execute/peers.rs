//! Neighbors made and forgotten by commands: they are as those of a file are, until the file is read again.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use tracing::{info, warn};
use yottabgp_api::command::{NewPeer, Refusal, Statement};
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;
use yottabgp_config::print::quote;
use yottabgp_config::{ApiBlock, Diagnostic, Neighbor, Severity, Source};
use yottabgp_session::StopReason;
use yottabgp_wire::io::tokens::{TextError, did_you_mean};

use crate::core::{Core, Request, Shared};
use crate::loader::Machine;
use crate::peer;

impl Core {
    /// What a file would say of a peer: its defaults and checks are those of a file.
    pub(super) fn new_neighbor(&self, new: &NewPeer) -> Result<Box<Neighbor>, Refusal> {
        let mut processes = Vec::new();
        for name in &new.processes {
            processes.push(self.process_name(name)?);
        }
        let source = Source { name: "create neighbor".to_owned(), text: section(new) };
        let machine = Machine::for_file(Path::new("/"));
        let parsed = yottabgp_config::parse(&source, &machine, &self.environment);
        let (configuration, warnings) =
            parsed.map_err(|diagnostics| refusal(new, &source, diagnostics))?;
        for warning in warnings {
            warn!(target: "yottabgp::configuration", "{}: {}", new.peer, warning.message);
        }
        let Some(mut neighbor) = configuration.neighbors.into_iter().next() else {
            return Err(Refusal::Other("no neighbor was made".to_owned()));
        };
        if self.peers.values().any(|peer| !peer.stopped && peer.neighbor.name == neighbor.name) {
            return Err(Refusal::PeerExists(neighbor.name));
        }
        if !processes.is_empty() {
            neighbor.api = vec![ApiBlock { processes, ..ApiBlock::default() }];
        }
        Ok(Box::new(neighbor))
    }

    /// The process with this name.
    fn process_name(&self, name: &str) -> Result<Arc<str>, Refusal> {
        let known = || self.senders.values().filter(|sender| !sender.is_client);
        if let Some(sender) = known().find(|sender| &*sender.name == name) {
            return Ok(sender.name.clone());
        }
        let near = did_you_mean(name, known().map(|sender| &*sender.name));
        let hint = near.map(|near| format!(" (did you mean '{near}'?)")).unwrap_or_default();
        Err(Refusal::Other(format!("there is no process '{name}'{hint}")))
    }

    /// Forgets the selected peers that a sender may command; their sessions end.
    pub(super) fn delete_peers(
        &mut self,
        id: ProcessId,
        selector: &Selector,
    ) -> Result<(), Refusal> {
        let selected =
            self.select(id, selector).map_err(|_| Refusal::NoPeerToDelete(selector.to_string()))?;
        for &id in &selected.peers {
            if let Some(peer) = self.peers.get(&id) {
                info!(target: "yottabgp::reactor", "{} is deleted by a command", peer.neighbor.name);
            }
            peer::stop(self, id, StopReason::Removed);
        }
        self.request(Request::Listen);
        Ok(())
    }

    /// The sections of all peers, and of the ranges: for the listening sockets and their keys.
    pub(crate) fn neighbors(&self) -> Vec<Neighbor> {
        let peers = self.peers.values().filter(|peer| !peer.stopped && !peer.ephemeral);
        let ranges = self.ranges.iter().map(|range| &range.section);
        peers.map(|peer| &peer.neighbor).chain(ranges).cloned().collect()
    }
}

/// The section of a file that describes the same peer, without who may command it. A statement is a line.
fn section(new: &NewPeer) -> String {
    let auto = |value: Option<String>| value.unwrap_or_else(|| "auto".to_owned());
    let mut text = format!(
        "neighbor {} {{\nrouter-id {};\nlocal-address {};\nlocal-as {};\npeer-as {};\n",
        new.peer,
        new.router_id,
        auto(new.local_address.map(|address| address.to_string())),
        auto(new.local_as.map(|asn| asn.to_string())),
        auto(new.peer_as.map(|asn| asn.to_string())),
    );
    text.push_str("family {\n");
    for family in &new.families {
        let _ = writeln!(text, "{family};");
    }
    text.push_str("}\n");
    if let Some(seconds) = new.graceful_restart {
        let _ = writeln!(text, "capability {{\ngraceful-restart {seconds};\n}}");
    }
    for Statement { keyword, value, .. } in &new.statements {
        let _ = writeln!(text, "{keyword} {};", quote(value));
    }
    text.push_str("}\n");
    text
}

/// Makes the peer of a section, unless another one came first.
pub(super) fn create(shared: &Shared, neighbor: Neighbor) {
    info!(
        target: "yottabgp::reactor",
        "{} is created by a command, until the configuration is read again", neighbor.name
    );
    peer::start(shared, neighbor, peer::Beginning::Created);
    shared.borrow_mut().request(Request::Listen);
}

/// The first thing wrong with a section, at its place in the command.
fn refusal(new: &NewPeer, source: &Source, diagnostics: Vec<Diagnostic>) -> Refusal {
    let first = diagnostics.into_iter().find(|one| one.severity == Severity::Error);
    let Some(Diagnostic { span, message, help, .. }) = first else {
        return Refusal::Other("the neighbor can not be made".to_owned());
    };
    // One statement stands on one line of the section.
    let line = source.position(span).line.saturating_sub(1);
    let keyword = source.text.lines().nth(line).and_then(|line| line.split(' ').next());
    let statement = new.statements.iter().find(|one| Some(one.keyword) == keyword);
    match (statement, help) {
        (Some(statement), help) => Refusal::Text(TextError { span: statement.span, message, help }),
        (None, Some(help)) => Refusal::Other(format!("{message} ({help})")),
        (None, None) => Refusal::Other(message.into_owned()),
    }
}
