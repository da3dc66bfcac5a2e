//! Commands: from a line of a helper or a client to what it does and what is answered.

mod answer;
mod change;
mod check;
mod dispatch;
mod group;
mod peers;
mod repeat;
mod routes;
mod select;
mod sync;
mod turn;

use std::rc::Rc;
use std::time::Duration;

use tracing::debug;
use yottabgp_api::Encoding;
use yottabgp_api::command::{self, FamilyFilter, GroupBuffer, Refusal, Repeated, ShowBmp, ShowRib};
use yottabgp_api::event::ProcessId;
use yottabgp_api::select::Selector;
use yottabgp_config::{Dialect, Neighbor};
use yottabgp_wire::io::tokens::Token;
use yottabgp_wire::route::{Reading, RouteBuffer};

use self::answer::{Identifier, finish, told};
use self::group::{Block, group};
use self::repeat::Stop;
pub(crate) use self::select::{Selection, Selections};
pub(crate) use self::sync::written;
use self::turn::Turn;
use crate::bmp;
use crate::core::{Core, PeerId, Shared};
use crate::files::Text;
use crate::lines::{Line, Lines};
use crate::mrt;
use crate::outbox::Ack;
use crate::reload;
use crate::table;
use crate::upload::Upload;

/// How long a helper may leave a long answer unread before it is cut short, so that its commands are read again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Octets of the buffer of answers that are kept from one batch to the next.
const MOST_KEPT: usize = 4096;

/// How many routes of peers are changed before others have their turn.
const SLICE: usize = 50_000;

/// What is to be answered to a line.
enum Reply {
    /// `done`, if acknowledgements are wanted.
    Done,
    /// Nothing.
    Silent,
    /// `done`, whether wanted or not.
    DoneAnyway,
    /// `done`, once these peers were written everything that waits.
    Sync(Rc<Selection>),
    /// A table, written bit by bit; then `done`.
    Table(ShowRib, Vec<PeerId>, Encoding),
    /// What routers told, written bit by bit; then `done`.
    Bmp(ShowBmp, Encoding),
    /// `done`, once the group is executed.
    Group(Block),
    /// The list of the routes of these peers; then `done`.
    Routes(FamilyFilter, Vec<PeerId>),
    /// `done`, once the peer is there.
    Create(Box<Neighbor>),
    /// The routes of these peers are written to this file; then `done`.
    Dump(mrt::To, Vec<PeerId>, Encoding),
    /// What a reload would do, with this text in the place of the file; then `done`.
    Check(Option<Text>, Encoding),
}

/// Buffers that are used again for every line.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) tokens: Vec<Token>,
    pub(crate) route: RouteBuffer,
    repeated: Repeated,
    answer: Vec<u8>,
    /// How many routes of peers were changed since others had their turn.
    work: usize,
    /// The identifier of the present line.
    id: Option<Identifier>,
}

/// Acts on a batch of lines.
pub(crate) async fn batch(shared: &Shared, sender: ProcessId, mut lines: Lines<'_>) {
    let Some(outbox) = shared.borrow().senders.get(&sender).map(|sender| sender.outbox.clone())
    else {
        return;
    };
    let mut scratch = shared.borrow_mut().take_scratch();
    // Acknowledgements of a run of good commands are counted, and told together.
    let mut done = 0;
    let mut turn = Turn::begin();
    loop {
        let next = {
            let mut core = shared.borrow_mut();
            let ack = core.senders.get(&sender).is_some_and(|sender| sender.ack);
            let (count, stop) = core.repeats(sender, &mut lines, &mut turn, &mut scratch);
            done += if ack { count } else { 0 };
            match stop {
                Stop::End => break,
                Stop::Over => None,
                Stop::Refused(refusal) => Some((Err(refusal), ack)),
                Stop::Other(line) => {
                    let reply = core.line(sender, line, &mut scratch);
                    // It may have been about acknowledgements.
                    let ack = core.senders.get(&sender).is_some_and(|sender| sender.ack);
                    Some((reply, ack))
                }
            }
        };
        let Some((reply, ack)) = next else {
            scratch.work = 0;
            tokio::task::yield_now().await;
            turn = Turn::begin();
            continue;
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
            Ok(Reply::Sync(selected)) => written(shared, &selected.peers).await,
            Ok(Reply::Table(show, peers, encoding)) => {
                table::write(shared, sender, show, &peers, encoding, &outbox).await
            }
            Ok(Reply::Bmp(show, encoding)) => {
                bmp::show::write(shared, sender, show, encoding, &outbox).await
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
            Ok(Reply::Dump(to, peers, encoding)) => {
                let dumped = mrt::dump(shared, &peers, to).await;
                dumped.map_err(Refusal::Other).and_then(|dump| {
                    let mut answer = Vec::new();
                    yottabgp_api::answer::mrt_dump(&dump, encoding, &mut answer);
                    told(&outbox, &answer)
                })
            }
            Ok(Reply::Group(block)) => {
                let waited_for = if block.sync { block.selected.clone() } else { Vec::new() };
                let mut result = group(shared, block, &mut scratch).await;
                if result.is_ok() {
                    result = told(&outbox, &scratch.answer);
                }
                scratch.answer.clear();
                if result.is_ok() {
                    result = written(shared, &waited_for).await;
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
    shared.borrow_mut().scratch = Some(scratch);
}

impl Core {
    /// Buffers for commands, which read routes as the configuration was read: those that are kept, unless they are in use.
    pub(crate) fn take_scratch(&mut self) -> Box<Scratch> {
        let reading = match self.dialect {
            Dialect::ExaBgp34 => Reading::ExaBgp34,
            Dialect::ExaBgp4 | Dialect::ExaBgp5 => Reading::Modern,
        };
        let mut scratch = self.scratch.take().unwrap_or_default();
        // What it remembers was read as before.
        if scratch.route.reading() != reading {
            scratch.route.set_reading(reading);
        }
        // A long answer does not stay as memory.
        scratch.answer.clear();
        scratch.answer.shrink_to(MOST_KEPT);
        scratch.work = 0;
        scratch.id = None;
        scratch
    }
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
        let version = match self.senders.get(&id) {
            Some(sender) if sender.upload.is_some() => return self.uploaded(id, line, scratch),
            Some(sender) => sender.version,
            None => self.version,
        };
        let Scratch { tokens, route, repeated, answer, work, id: identifier } = scratch;
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
        repeated.keep(text, version, &parsed, route);
        self.execute(id, text, parsed, route, answer, work)
    }

    /// Takes a line of a configuration that is being sent.
    fn uploaded(
        &mut self,
        id: ProcessId,
        line: Line<'_>,
        scratch: &mut Scratch,
    ) -> Result<Reply, Refusal> {
        let others = self.senders.iter().filter(|(other, _)| **other != id);
        let others = others.filter_map(|(_, other)| other.upload.as_ref()).map(Upload::len).sum();
        let Some(sender) = self.senders.get_mut(&id) else { return Ok(Reply::Silent) };
        let Some(upload) = &mut sender.upload else { return Ok(Reply::Silent) };
        let Some(result) = upload.take(line, others) else { return Ok(Reply::Silent) };
        scratch.id = upload.id.take().map(Identifier);
        sender.upload = None;
        result.map(|(text, encoding)| Reply::Check(Some(text), encoding))
    }
}
