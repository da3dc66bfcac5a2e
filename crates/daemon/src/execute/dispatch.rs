//! One command: whom it is about, and what it does at once.

use std::time::Instant;

use tracing::warn;
use yottabgp_api::answer;
use yottabgp_api::command::{
    Acknowledge, Command, NeighborForm, Refusal, Request as Parsed, Rib, Routes,
};
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;
use yottabgp_wire::layout::Layout;
use yottabgp_wire::route::RouteBuffer;

use super::Reply;
use super::group::Block;
use crate::core::{Core, Request};
use crate::mrt;
use crate::server::as_signal;
use crate::signals::Request as Asked;
use crate::upload::Upload;

impl Core {
    /// Does what a line says, or says what is to be done for it.
    pub(super) fn execute(
        &mut self,
        id: ProcessId,
        line: &str,
        parsed: Parsed<'_>,
        route: &mut RouteBuffer,
        out: &mut Vec<u8>,
        work: &mut usize,
    ) -> Result<Reply, Refusal> {
        let Parsed { selector, command, reply: encoding, sync, id: identifier, .. } = parsed;
        let (mut sync_default, version, name) = match self.senders.get(&id) {
            // Counting one more holder is dear, and nearly all commands are routes.
            Some(sender) => {
                let named = !matches!(command, Command::Route(_));
                (sender.sync, sender.version, named.then(|| sender.name.clone()))
            }
            None => (false, self.version, None),
        };
        sync_default = sync.unwrap_or(sync_default);
        match command {
            Command::Comment => {}
            Command::Log(text) => {
                warn!(target: "yottabgp::processes", "{}: {text}", name.unwrap_or_default());
                return Ok(Reply::Silent);
            }
            Command::Route(_)
            | Command::EndOfRib(_)
            | Command::RouteRefresh(_)
            | Command::Watchdog { .. }
            | Command::Operational(_) => {
                let selected = self.select(id, &selector)?;
                *work += selected.targets.len() * route.nlri().len().max(1);
                self.change(name.as_deref().unwrap_or_default(), &selected, &command, route)?;
                if sync_default {
                    return Ok(Reply::Sync(selected));
                }
            }
            Command::Group(group) => {
                let selected = self.select(id, &selector)?;
                return Ok(Reply::Group(Block {
                    name: name.unwrap_or_default(),
                    selected: selected.peers.clone(),
                    text: line.to_owned(),
                    size: group.len,
                    version,
                    encoding,
                    sync: sync_default,
                }));
            }
            Command::GroupStart => {
                if let Some(sender) = self.senders.get_mut(&id) {
                    sender.group.start()?;
                    answer::group_started(encoding, out);
                }
            }
            Command::GroupEnd => {
                let Some(sender) = self.senders.get_mut(&id) else { return Ok(Reply::Silent) };
                let text = sender.group.end()?;
                let selected = self.select(id, &Selector::All)?.peers.clone();
                let size = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                let sync = sync_default;
                let name = name.unwrap_or_default();
                let block = Block { name, selected, text, size, version, encoding, sync };
                return Ok(Reply::Group(block));
            }
            Command::ShowNeighbor(form) => {
                let selected = self.look(&selector)?;
                let (layout, ack) = self
                    .senders
                    .get(&id)
                    .map_or((version.layout(), true), |sender| (sender.format.layout, sender.ack));
                let form = match (form, layout) {
                    (NeighborForm::Usage, Layout::V3_4) => NeighborForm::Old,
                    (form, _) => form,
                };
                if form == NeighborForm::Usage && matches!(layout, Layout::V4 | Layout::V5) {
                    answer::old_usage(out);
                    return Ok(Reply::Done);
                }
                self.show_neighbors(&selected, form, version, encoding, out);
                // The one command that 3.4 acknowledged.
                if form == NeighborForm::Status && !ack {
                    out.extend_from_slice(b"done\n");
                }
            }
            Command::ListPeers => {
                let selected = self.look(&selector)?;
                let peers = self
                    .peers
                    .iter()
                    .filter(|(id, _)| selected.contains(id))
                    .map(|(_, peer)| (&peer.key, peer.session.state()));
                answer::list(peers, encoding, out);
            }
            Command::ShowRib(show) => {
                let selected = self.look(&selector)?;
                return Ok(Reply::Table(show, selected, encoding));
            }
            Command::ShowBmp(show) => return Ok(Reply::Bmp(show, encoding)),
            Command::FlushRib => {
                for id in &self.select(id, &selector)?.peers {
                    self.flush(*id);
                }
            }
            Command::ClearRib(rib) => {
                let selected = self.select(id, &selector)?;
                match rib {
                    Rib::In => self.clear_in(&selected),
                    Rib::Out => self.clear_out(&selected),
                }
            }
            Command::Routes(Routes::List(families)) => {
                return Ok(Reply::Routes(families, self.look(&selector)?));
            }
            Command::Routes(routes) => {
                let selected = self.select(id, &selector)?;
                match routes {
                    Routes::Add => self.add_routes(&selected, route, out)?,
                    Routes::RemoveIndex(index) => self.remove_index(&selected, &index, out),
                    Routes::Remove | Routes::List(_) => self.remove_routes(&selected, route, out),
                }
                if sync_default {
                    return Ok(Reply::Sync(selected));
                }
            }
            Command::CreatePeer(new) => return Ok(Reply::Create(self.new_neighbor(&new)?)),
            Command::DeletePeers => self.delete_peers(id, &selector)?,
            Command::Teardown { subcode, text } => {
                let selected = self.select(id, &selector)?;
                let mut ended = false;
                for id in &selected.peers {
                    ended |= self
                        .with_session(*id, |session, events| {
                            session.teardown(Instant::now(), subcode, text, events)
                        })
                        .unwrap_or(false);
                }
                if !ended {
                    return Err(Refusal::NoEstablishedPeer(selector.to_string()));
                }
            }
            Command::Acknowledge(acknowledge) => {
                let Some(sender) = self.senders.get_mut(&id) else { return Ok(Reply::Silent) };
                sender.ack = acknowledge == Acknowledge::Enable;
                return Ok(match acknowledge {
                    Acknowledge::Enable | Acknowledge::Disable => Reply::DoneAnyway,
                    Acknowledge::Silence => Reply::Silent,
                });
            }
            Command::Sync(on) => {
                if let Some(sender) = self.senders.get_mut(&id) {
                    sender.sync = on;
                }
            }
            Command::Ping => answer::ping(&self.uuid, encoding, out),
            Command::Bye(_) => {}
            Command::Reset => answer::reset(encoding, out),
            Command::Version => {
                answer::version(self.environment.version.as_deref(), version, encoding, out);
            }
            Command::Help => answer::help(version, encoding, out),
            Command::Status => self.status(encoding, out),
            Command::Reload => {
                answer::in_progress("reload", encoding, out);
                self.request(Request::Signal(as_signal(Asked::Reload)));
            }
            Command::ReloadCheck { follows: None } => return Ok(Reply::Check(None, encoding)),
            Command::ReloadCheck { follows: Some(name) } => {
                if let Some(sender) = self.senders.get_mut(&id) {
                    if sender.is_shared {
                        let reason = "a configuration can only be sent through the control socket";
                        return Err(Refusal::Other(reason.to_owned()));
                    }
                    let mut upload = Upload::new(name, encoding);
                    upload.id = identifier.map(Into::into);
                    sender.upload = Some(upload);
                }
                return Ok(Reply::Silent);
            }
            Command::Restart => {
                answer::in_progress("restart", encoding, out);
                self.request(Request::Signal(as_signal(Asked::Restart)));
            }
            Command::Shutdown => {
                answer::in_progress("shutdown", encoding, out);
                self.request(Request::Signal(as_signal(Asked::Shutdown)));
            }
            Command::ApiVersion(None) => answer::api_version(version, encoding, out),
            Command::ApiVersion(Some(wanted)) => {
                if let Some(sender) = self.senders.get_mut(&id) {
                    sender.version = wanted;
                }
                answer::api_version_set(wanted, encoding, out);
            }
            Command::QueueStatus => self.queue_status(encoding, out),
            Command::Healthcheck(verb, name) => self.drain(verb, name)?,
            Command::ShowHealthchecks => answer::healthchecks(self.service_states(), encoding, out),
            Command::ShowStations => answer::stations(self.station_states(), encoding, out),
            Command::MrtDump(file) => {
                let peers = self.look(&selector)?;
                let to = mrt::To::named(file).map_err(Refusal::Other)?;
                return Ok(Reply::Dump(to, peers, encoding));
            }
            Command::Crash => return Err(Refusal::Crash),
        }
        Ok(Reply::Done)
    }
}
