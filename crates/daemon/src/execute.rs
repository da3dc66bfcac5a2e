//! Commands: from a line of a helper or a client to what it does and what is answered.

mod check;
mod peers;
mod routes;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::{debug, warn};
use yottabgp_api::answer;
use yottabgp_api::command::{
    self, Acknowledge, Command, FamilyFilter, GroupBuffer, GroupSummary, NeighborForm, Refusal,
    Request as Parsed, Rib, Routes, ShowRib,
};
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;
use yottabgp_api::{Encoding, Version};
use yottabgp_config::Neighbor;
use yottabgp_rib::adj_rib_out::Origin;
use yottabgp_session::State;
use yottabgp_wire::io::tokens::Token;
use yottabgp_wire::layout::Layout;
use yottabgp_wire::nlri::{Nlri, registry};
use yottabgp_wire::route::{RouteBuffer, Verb};

use crate::core::{Core, PeerId, Request, Shared};
use crate::files::Text;
use crate::lines::{Line, Lines};
use crate::outbox::{Ack, Outbox};
use crate::reload;
use crate::server::as_signal;
use crate::signals::Request as Asked;
use crate::table;
use crate::upload::Upload;

/// How long a helper may leave a long answer unread before it is cut short, so that its commands are read again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long an acknowledgement of a `sync` command waits for the peers.
const SYNC_PATIENCE: Duration = Duration::from_secs(60);

/// How many routes of peers are changed before others have their turn.
const SLICE: usize = 50_000;

/// How long the lines of one helper are dealt with before others have their turn.
const TURN: Duration = Duration::from_millis(10);

/// How many octets of lines are dealt with before the clock is looked at.
const GLANCE: usize = 2048;

/// An NLRI as the log shows it.
struct Words<'a>(Nlri<'a>);

impl std::fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        self.0.text(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// A group that is to be executed: a line `group …`, or the lines of a block.
struct Block {
    name: Arc<str>,
    selected: Vec<PeerId>,
    text: String,
    /// How many commands it has, about.
    size: usize,
    version: Version,
    encoding: Encoding,
    sync: bool,
}

/// What is to be answered to a line.
enum Reply {
    /// `done`, if acknowledgements are wanted.
    Done,
    /// Nothing.
    Silent,
    /// `done`, whether wanted or not.
    DoneAnyway,
    /// `done`, once these peers were written everything that waits.
    Sync(Vec<PeerId>),
    /// A table, written bit by bit; then `done`.
    Table(ShowRib, Vec<PeerId>, Encoding),
    /// `done`, once the group is executed.
    Group(Block),
    /// The list of the routes of these peers; then `done`.
    Routes(FamilyFilter, Vec<PeerId>),
    /// `done`, once the peer is there.
    Create(Box<Neighbor>),
    /// What a reload would do, with this text in the place of the file; then `done`.
    Check(Option<Text>, Encoding),
}

/// Buffers that are used again for every line.
#[derive(Debug, Default)]
struct Scratch {
    tokens: Vec<Token>,
    route: RouteBuffer,
    answer: Vec<u8>,
    /// How many routes of peers were changed since others had their turn.
    work: usize,
    /// The identifier of the present line.
    id: Option<Identifier>,
}

/// The turn of one helper. A batch may be a few long lines or very many short ones, each of them nothing or a route for every
/// one of a thousand peers: only the clock tells how long it takes.
struct Turn {
    began: Instant,
    octets: usize,
}

impl Turn {
    fn begin() -> Self {
        Self { began: Instant::now(), octets: 0 }
    }

    /// Whether it lasted long enough, before this line.
    fn is_over(&mut self, line: Line<'_>) -> bool {
        if self.octets >= GLANCE {
            self.octets = 0;
            if self.began.elapsed() > TURN {
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

/// Acts on a batch of lines.
pub(crate) async fn batch(shared: &Shared, sender: ProcessId, lines: Lines<'_>) {
    let Some(outbox) = shared.borrow().senders.get(&sender).map(|sender| sender.outbox.clone())
    else {
        return;
    };
    let mut scratch = take_scratch(shared);
    // Acknowledgements of a run of good commands are counted, and told together.
    let mut done = 0;
    let mut turn = Turn::begin();
    for line in lines {
        if turn.is_over(line) || scratch.work >= SLICE {
            scratch.work = 0;
            tokio::task::yield_now().await;
            turn = Turn::begin();
        }
        let (reply, ack) = {
            let mut core = shared.borrow_mut();
            let reply = core.line(sender, line, &mut scratch);
            (reply, core.senders.get(&sender).is_some_and(|sender| sender.ack))
        };
        match reply {
            Ok(Reply::Done) if scratch.answer.is_empty() && scratch.id.is_none() => {
                done += u64::from(ack);
                continue;
            }
            Ok(Reply::Silent) if scratch.answer.is_empty() => continue,
            _ => {}
        }
        outbox.acks(Ack::Done, std::mem::take(&mut done));
        let answer = std::mem::take(&mut scratch.answer);
        let taken = outbox.answer(&answer);
        scratch.answer = answer;
        scratch.answer.clear();
        let reply = match taken {
            Ok(()) => reply,
            Err(refused) => Err(Refusal::Other(refused.to_string())),
        };
        let mut wanted = ack;
        let result = match reply {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::DoneAnyway) => {
                wanted = true;
                Ok(())
            }
            Ok(Reply::Silent) => continue,
            Ok(Reply::Sync(peers)) => written(shared, &peers).await,
            Ok(Reply::Table(show, peers, encoding)) => {
                table::write(shared, sender, show, &peers, encoding, &outbox).await
            }
            Ok(Reply::Routes(families, peers)) => {
                let mut list = Vec::new();
                let listed = routes::list(shared, &peers, families, &mut list).await;
                listed.and_then(|()| told(&outbox, &list))
            }
            Ok(Reply::Create(neighbor)) => {
                peers::create(shared, *neighbor);
                Ok(())
            }
            Ok(Reply::Check(text, encoding)) => {
                reload::check::check(shared, text, encoding, &outbox).await
            }
            Ok(Reply::Group(block)) => {
                let mut result = group(shared, &block, &mut scratch).await;
                scratch.work += block.size.saturating_mul(block.selected.len());
                if result.is_ok() {
                    result = told(&outbox, &scratch.answer);
                }
                scratch.answer.clear();
                if result.is_ok() && block.sync {
                    result = written(shared, &block.selected).await;
                }
                result
            }
            Err(refusal) => {
                debug!(target: "yottabgp::api", "refused: {refusal}");
                Err(refusal)
            }
        };
        if wanted {
            if scratch.id.is_some() {
                outbox.has_room_for_identifiers().await;
            }
            finish(&outbox, scratch.id.take(), result);
        }
    }
    outbox.acks(Ack::Done, done);
    give_scratch(shared, scratch);
}

fn take_scratch(shared: &Shared) -> Scratch {
    let mut core = shared.borrow_mut();
    Scratch {
        tokens: std::mem::take(&mut core.tokens),
        route: std::mem::take(&mut core.route),
        answer: Vec::new(),
        work: 0,
        id: None,
    }
}

fn give_scratch(shared: &Shared, scratch: Scratch) {
    let mut core = shared.borrow_mut();
    core.tokens = scratch.tokens;
    core.route = scratch.route;
}

/// Writes an answer that is not part of a table.
fn told(outbox: &Outbox, answer: &[u8]) -> Result<(), Refusal> {
    outbox.answer(answer).map_err(|refused| Refusal::Other(refused.to_string()))
}

/// The `#ID` that a command ends with.
#[derive(Debug)]
struct Identifier(Box<str>);

impl Identifier {
    fn of(line: Line<'_>) -> Option<Self> {
        let Line::Text(octets) = line else { return None };
        command::identifier(octets).map(|(_, id)| Self(id.into()))
    }
}

/// Acknowledges a command; what has an identifier says it, and is never only counted.
fn finish(outbox: &Outbox, id: Option<Identifier>, result: Result<(), Refusal>) {
    let (ack, reason) = match result {
        Ok(()) => (Ack::Done, String::new()),
        // One line, whatever the message quotes.
        Err(refusal) => {
            let text = refusal.to_string().replace(char::is_control, " ");
            (Ack::Error, format!("error: {text}\n"))
        }
    };
    match id {
        None => {
            let _ = outbox.answer(reason.as_bytes());
            outbox.ack(ack);
        }
        Some(Identifier(id)) => {
            let mut lines = reason.into_bytes();
            lines.extend_from_slice(ack.line().trim_ascii_end());
            lines.push(b' ');
            lines.extend_from_slice(id.as_bytes());
            lines.push(b'\n');
            outbox.identified(&lines);
        }
    }
}

/// Executes a group: each peer gets it as a whole, and between peers others have their turn.
async fn group(shared: &Shared, block: &Block, scratch: &mut Scratch) -> Result<(), Refusal> {
    check::group(shared, block, scratch).await?;
    let at_once = (SLICE / block.size.max(1)).max(1);
    let mut summary = GroupSummary::default();
    // What no peer took, by the number of the command.
    let mut failed: Option<BTreeMap<usize, Refusal>> = None;
    for peers in block.selected.chunks(at_once) {
        if failed.is_some() {
            tokio::task::yield_now().await;
        }
        let refused;
        (summary, refused) = shared.borrow_mut().group(block, peers, scratch)?;
        match &mut failed {
            Some(failed) => failed.retain(|number, _| refused.contains_key(number)),
            None => failed = Some(refused),
        }
    }
    if let Some(refusal) = failed.unwrap_or_default().into_values().next() {
        return Err(refusal);
    }
    answer::group_processed(summary, block.encoding, &mut scratch.answer);
    Ok(())
}

/// Waits until everything that waits for these peers is written, or their sessions are over.
pub(crate) async fn written(shared: &Shared, peers: &[PeerId]) -> Result<(), Refusal> {
    let all = async {
        for id in peers {
            loop {
                let idle = {
                    let core = shared.borrow();
                    match core.peers.get(id) {
                        Some(peer)
                            if !peer.is_idle && peer.session.state() == State::Established =>
                        {
                            peer.idle.clone()
                        }
                        _ => break,
                    }
                };
                let notified = idle.notified();
                tokio::pin!(notified);
                notified.as_mut().enable();
                let still = shared.borrow().peers.get(id).is_some_and(|peer| !peer.is_idle);
                if still {
                    notified.await;
                }
            }
        }
    };
    tokio::time::timeout(SYNC_PATIENCE, all)
        .await
        .map_err(|_| Refusal::Other("a peer did not take its routes in time".to_owned()))
}

/// The text of a line, if it is one.
fn text(line: Line<'_>) -> Result<&str, Refusal> {
    match line {
        Line::Text(bytes) => std::str::from_utf8(bytes).map_err(|error| {
            Refusal::Other(format!(
                "the command is not UTF-8 text: octet {} is 0x{:02x}",
                error.valid_up_to(),
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ))
        }),
        Line::TooLong(length) => Err(Refusal::Other(format!(
            "a command of {length} octets is too long, {} is the most",
            crate::lines::LINE_LIMIT
        ))),
    }
}

impl Core {
    /// Acts on one line.
    fn line(
        &mut self,
        id: ProcessId,
        line: Line<'_>,
        scratch: &mut Scratch,
    ) -> Result<Reply, Refusal> {
        scratch.id = None;
        if let Some(sender) = self.senders.get_mut(&id)
            && let Some(upload) = &mut sender.upload
        {
            return match upload.take(line) {
                None => Ok(Reply::Silent),
                Some(result) => {
                    scratch.id = upload.id.take().map(Identifier);
                    sender.upload = None;
                    result.map(|(text, encoding)| Reply::Check(Some(text), encoding))
                }
            };
        }
        let version = self.senders.get(&id).map_or(self.version, |sender| sender.version);
        let Scratch { tokens, route, answer, work, id: identifier } = scratch;
        let parsed = text(line).and_then(|line| {
            if let Some(sender) = self.senders.get(&id) {
                debug!(target: "yottabgp::parser", "{}: {line}", sender.name);
            }
            Ok((line, command::parse(line, version, tokens, route)?))
        });
        let (text, parsed) = match parsed {
            Ok((text, parsed)) => {
                *identifier = parsed.id.map(|id| Identifier(id.into()));
                (text, parsed)
            }
            Err(refusal) => {
                *identifier = Identifier::of(line);
                if let Some(sender) = self.senders.get_mut(&id) {
                    sender.group.refuse(&refusal);
                }
                return Err(refusal);
            }
        };
        if let Some(sender) = self.senders.get_mut(&id)
            && sender.group.is_open()
            && GroupBuffer::holds(&parsed.command)
            && parsed.selector == Selector::All
        {
            sender.group.push(text, &parsed.command)?;
            return Ok(Reply::Done);
        }
        let mut route_buffer = std::mem::take(route);
        let reply = self.execute(id, text, parsed, &mut route_buffer, answer, work);
        scratch.route = route_buffer;
        reply
    }

    /// The peers that a sender may command and that are selected.
    fn select(&self, id: ProcessId, selector: &Selector) -> Result<Vec<PeerId>, Refusal> {
        let everything = self.senders.get(&id).is_some_and(|sender| sender.is_client);
        let selected: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.stopped && (everything || peer.commanders.contains(&id)))
            .filter(|(_, peer)| selector.matches(&peer.key))
            .map(|(id, _)| *id)
            .collect();
        if selected.is_empty() { Err(Refusal::NoPeer(selector.to_string())) } else { Ok(selected) }
    }

    /// The same of those that a sender may only look at: all of them.
    fn look(&self, selector: &Selector) -> Result<Vec<PeerId>, Refusal> {
        let selected: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, peer)| !peer.stopped && selector.matches(&peer.key))
            .map(|(id, _)| *id)
            .collect();
        if selected.is_empty() && *selector != Selector::All {
            return Err(Refusal::NoPeer(selector.to_string()));
        }
        Ok(selected)
    }

    fn execute(
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
            Some(sender) => (sender.sync, sender.version, sender.name.clone()),
            None => (false, self.version, "".into()),
        };
        sync_default = sync.unwrap_or(sync_default);
        match command {
            Command::Comment => {}
            Command::Log(text) => {
                warn!(target: "yottabgp::processes", "{name}: {text}");
                return Ok(Reply::Silent);
            }
            Command::Route(_)
            | Command::EndOfRib(_)
            | Command::RouteRefresh(_)
            | Command::Watchdog { .. }
            | Command::Operational(_) => {
                let selected = self.select(id, &selector)?;
                *work += selected.len() * route.nlri().len().max(1);
                self.change(&name, &selected, &command, route)?;
                if sync_default {
                    return Ok(Reply::Sync(selected));
                }
            }
            Command::Group(group) => {
                let selected = self.select(id, &selector)?;
                return Ok(Reply::Group(Block {
                    name,
                    selected,
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
                let selected = self.select(id, &Selector::All)?;
                let size = memchr::memchr_iter(b'\n', text.as_bytes()).count();
                let sync = sync_default;
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
            Command::FlushRib => {
                for id in self.select(id, &selector)? {
                    self.flush(id);
                }
            }
            Command::ClearRib(rib) => {
                for id in self.select(id, &selector)? {
                    let Some(peer) = self.peers.get_mut(&id) else { continue };
                    match rib {
                        Rib::In => peer.rib_in.clear(&mut self.store),
                        Rib::Out => peer.rib_out.clear(&mut self.store),
                    };
                    peer.wake.notify_one();
                }
            }
            Command::Routes(Routes::List(families)) => {
                return Ok(Reply::Routes(families, self.look(&selector)?));
            }
            Command::Routes(routes) => {
                let selected = self.select(id, &selector)?;
                match routes {
                    Routes::Add => self.add_routes(&name, &selected, route, out)?,
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
                for id in selected {
                    ended |= self
                        .with_session(id, |session, events| {
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
            Command::Crash => return Err(Refusal::Crash),
        }
        Ok(Reply::Done)
    }

    /// Executes a group for some of its peers, with nothing between. Returns what it did, and what none of them took.
    fn group(
        &mut self,
        block: &Block,
        peers: &[PeerId],
        scratch: &mut Scratch,
    ) -> Result<(GroupSummary, BTreeMap<usize, Refusal>), Refusal> {
        let mut summary = GroupSummary::default();
        let mut number = 0;
        let mut refused = BTreeMap::new();
        let mut change = |command: &Command<'_>, route: &RouteBuffer| {
            number += 1;
            summary.count(command);
            if let Err(refusal) = self.change(&block.name, peers, command, route) {
                refused.insert(number, refusal);
            }
        };
        let Scratch { tokens, route, .. } = scratch;
        for line in block.text.lines() {
            match command::parse(line, block.version, tokens, route)?.command {
                Command::Group(group) => {
                    group.for_each(route, |command, route| change(&command, route))?;
                }
                command => change(&command, route),
            }
        }
        Ok((summary, refused))
    }

    /// Does what changes what peers are sent. It succeeded if one peer took it; what others said against it is logged.
    pub(crate) fn change(
        &mut self,
        name: &str,
        selected: &[PeerId],
        command: &Command<'_>,
        route: &RouteBuffer,
    ) -> Result<(), Refusal> {
        let mut taken = false;
        let mut reason = None;
        for id in selected {
            let result = match command {
                Command::Route(verb) => self.route(*id, *verb, route),
                Command::EndOfRib(family) => self.with_result(*id, |session, _| {
                    session.end_of_rib(*family).map_err(|error| error.to_string())
                }),
                Command::RouteRefresh(family) => self.with_result(*id, |session, events| {
                    session
                        .refresh(Instant::now(), *family, events)
                        .map_err(|error| error.to_string())
                }),
                Command::Operational(message) => {
                    let sent = self.with_result(*id, |session, events| {
                        session
                            .operational(Instant::now(), message.clone(), events)
                            .map_err(|error| error.to_string())
                    });
                    if sent.is_ok()
                        && let Some(peer) = self.peers.get_mut(id)
                    {
                        peer.advisories.sent(message);
                    }
                    sent
                }
                Command::Watchdog { verb, name: dog } => {
                    let announce = *verb == Verb::Announce;
                    if let Some(peer) = self.peers.get_mut(id) {
                        peer.rib_out.watchdog(dog.unwrap_or(name), announce);
                        peer.wake();
                    }
                    Ok(())
                }
                _ => Err("it is not a change".to_owned()),
            };
            match result {
                Ok(()) => taken = true,
                Err(why) => {
                    let peer = self.peers.get(id).map(|peer| peer.key.peer);
                    if let Some(peer) = peer {
                        debug!(target: "yottabgp::routes", "{peer}: {why}");
                        reason.get_or_insert_with(|| format!("{peer}: {why}"));
                    }
                }
            }
        }
        match reason {
            Some(reason) if !taken => Err(Refusal::Other(reason)),
            _ => Ok(()),
        }
    }

    /// Lets a session send a message.
    fn with_result(
        &mut self,
        id: PeerId,
        act: impl FnOnce(
            &mut yottabgp_session::Peer,
            &mut dyn FnMut(yottabgp_session::Event<'_>),
        ) -> Result<(), String>,
    ) -> Result<(), String> {
        let result =
            self.with_session(id, act).unwrap_or_else(|| Err("the neighbor is gone".to_owned()));
        if let Some(peer) = self.peers.get_mut(&id) {
            // The message is still to be written: `sync` waits for it.
            peer.wake();
        }
        result
    }

    /// Announces or withdraws routes for one peer.
    fn route(&mut self, id: PeerId, verb: Verb, route: &RouteBuffer) -> Result<(), String> {
        let Some(peer) = self.peers.get_mut(&id) else {
            return Err("the neighbor is gone".to_owned());
        };
        let watchdog = Some(route.watchdog.as_str()).filter(|name| !name.is_empty());
        let parked = route.withdraw && watchdog.is_some();
        let mut taken = false;
        let mut reason = None;
        let mut last = None;
        for nlri in route.nlri() {
            debug!(target: "yottabgp::rib", "{}: {verb:?} {}", peer.key.peer, Words(nlri));
            if let Err(why) = peer.has_family(nlri.family) {
                reason.get_or_insert(why);
                continue;
            }
            if verb == Verb::Withdraw {
                let carries = registry::row(nlri.family).withdraws_with_attributes;
                let attributes = carries.then(|| {
                    let next_hop = peer.resolve(route.next_hop, nlri.family);
                    self.store.intern(route.attributes(), next_hop.unwrap_or_default())
                });
                peer.rib_out.withdraw(&mut self.store, &nlri, attributes);
                taken = true;
                continue;
            }
            // One set for all NLRI, unless `self` is another address for another family.
            let attributes = match last {
                Some((family, attributes)) if family == nlri.family => attributes,
                _ => match peer.resolve(route.next_hop, nlri.family) {
                    Ok(next_hop) => {
                        if let Err(why) = peer.can_send(route.attributes(), next_hop, nlri) {
                            reason.get_or_insert(why);
                            continue;
                        }
                        let attributes = self.store.intern(route.attributes(), next_hop);
                        if let Some((_, before)) = last.replace((nlri.family, attributes)) {
                            self.store.release(before);
                        }
                        attributes
                    }
                    Err(why) => {
                        reason.get_or_insert(why);
                        continue;
                    }
                },
            };
            self.store.retain(attributes);
            peer.rib_out.announce(
                &mut self.store,
                &nlri,
                attributes,
                Origin::Command,
                watchdog,
                parked,
            );
            taken = true;
        }
        if let Some((_, attributes)) = last {
            self.store.release(attributes);
        }
        if route.nlri().len() == 0 && verb == Verb::Announce {
            let attributes = self.store.intern(route.attributes(), route.next_hop);
            if peer.rib_out.announce_attributes(&mut self.store, attributes, Origin::Command) {
                taken = true;
            } else {
                reason.get_or_insert_with(|| "the session is not established".to_owned());
            }
        }
        peer.wake();
        match reason {
            Some(reason) if !taken => Err(reason),
            _ => Ok(()),
        }
    }

    /// Sends what waits, and everything else once more.
    fn flush(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let families = peer.session.negotiated().map(|negotiated| negotiated.families.clone());
        peer.rib_out.refresh(&families.unwrap_or_default());
        peer.holding = false;
        peer.wake();
    }
}
