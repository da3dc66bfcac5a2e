//! `source`: a peer that announces a load as fast as it is taken.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::json;
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::frame::{Frame, frame};
use yottabgp_wire::message::notification::Notification;
use yottabgp_wire::message::update::encode::end_of_rib;

use crate::clock::{now, seconds};
use crate::control::{Control, ControlArgs, Order};
use crate::load::LoadArgs;
use crate::session::{SessionArgs, keepalive};

/// What `source` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  yottabgp bench source --connect 127.0.0.1:179 --count 1000000
  yottabgp bench source --listen 1790 --load single --count 100000 --linger 60")]
pub(crate) struct SourceArgs {
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    session: SessionArgs,
    /// Keep the session up for so long when everything is sent
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    linger: u64,
    #[command(flatten)]
    control: ControlArgs,
}

/// Sends it all. Says whether all was taken.
pub(crate) fn run(arguments: &SourceArgs) -> Result<bool> {
    let SourceArgs { load, session, .. } = arguments;
    let mut control = Control::open(&arguments.control)?;
    let mut stream = load.stream()?;
    let families = load.families();
    families.iter().for_each(|family| end_of_rib(*family, &mut stream.octets));
    let listener = session.listen(0)?;
    control.tell("ready", json!({ "octets": stream.octets.len(), "messages": stream.messages }))?;
    let end = session.end();
    let open = session.open(0, load.asn, &families);
    let (mut socket, heard) = loop {
        let mut socket = session.stream(listener.as_ref(), end)?;
        socket.write_all(&open)?;
        match listen_to(&socket, end) {
            Ok(heard) => break (socket, heard),
            Err(error) if Instant::now() >= end => return Err(error),
            // Speakers refuse a peer that they are not ready for.
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let established = now();
    control.tell("established", json!({ "t_established": established }))?;
    if !wait_for_go(arguments, &control, &mut socket)? {
        return Ok(false);
    }
    let first = now();
    // Not forever, if the speaker stops reading.
    socket.set_write_timeout(Some(Duration::from_secs(session.timeout)))?;
    let sent = socket.write_all(&stream.octets);
    let written = now();
    let failed = match sent {
        Ok(()) => None,
        Err(error) => Some(match heard.try_recv() {
            Ok(why) => anyhow!(why),
            Err(_) => anyhow::Error::from(error).context("sending"),
        }),
    };
    control.tell(
        "done",
        json!({
            "ok": failed.is_none(),
            "t_established": established, "t_first": first, "t_written": written,
            "seconds": seconds(first, written),
            "routes": stream.routes, "messages": stream.messages, "octets": stream.octets.len(),
        }),
    )?;
    if let Some(error) = failed {
        return Err(error);
    }
    stay(arguments, &control, &mut socket, &heard)
}

/// How often to look at the time while there is nothing to send.
const STEP: Duration = Duration::from_millis(200);

/// Waits for `go`, however long, with the session up. Says whether to go.
fn wait_for_go(arguments: &SourceArgs, control: &Control, socket: &mut TcpStream) -> Result<bool> {
    let mut alive = Alive::new(arguments);
    loop {
        if control.is_alone() {
            return Ok(true);
        }
        match control.wait(Some(STEP)) {
            Some(Order::Go) => return Ok(true),
            Some(Order::Stop) => return Ok(false),
            _ => alive.keep(socket)?,
        }
    }
}

/// When the next KEEPALIVE is due.
struct Alive {
    every: Duration,
    next: Instant,
}

impl Alive {
    fn new(arguments: &SourceArgs) -> Self {
        let every = Duration::from_secs(u64::from(arguments.session.hold.max(3)) / 3);
        Self { every, next: Instant::now() + every }
    }

    fn keep(&mut self, socket: &mut TcpStream) -> Result<()> {
        if Instant::now() >= self.next {
            self.next += self.every;
            socket.write_all(&keepalive()).context("sending a KEEPALIVE")?;
        }
        Ok(())
    }
}

/// Keeps the session up until told to stop, or for the time that was asked for.
fn stay(
    arguments: &SourceArgs,
    control: &Control,
    socket: &mut TcpStream,
    heard: &Receiver<String>,
) -> Result<bool> {
    let until = Instant::now() + Duration::from_secs(arguments.linger);
    let mut alive = Alive::new(arguments);
    loop {
        match control.wait(Some(STEP)) {
            Some(Order::Stop) => break,
            None if control.is_alone() && Instant::now() >= until => break,
            _ => {}
        }
        if let Ok(why) = heard.try_recv() {
            bail!(why);
        }
        alive.keep(socket)?;
    }
    let mut cease = Vec::new();
    Notification::shutdown("").encode(&mut cease);
    // The speaker may be gone already.
    let _ = socket.write_all(&cease);
    Ok(true)
}

/// Reads until the session is established, and further on a thread, which tells why the session ended.
fn listen_to(socket: &TcpStream, end: Instant) -> Result<Receiver<String>> {
    let mut reader = Reader { socket: socket.try_clone()?, octets: Vec::new() };
    let mut is_open = false;
    loop {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        reader.socket.set_read_timeout(Some(left))?;
        match reader.next()? {
            MessageType::OPEN => {
                is_open = true;
                (&mut &*socket).write_all(&keepalive())?;
            }
            MessageType::KEEPALIVE if is_open => break,
            _ => {}
        }
    }
    reader.socket.set_read_timeout(None)?;
    let (sender, heard) = channel();
    std::thread::spawn(move || {
        loop {
            if let Err(error) = reader.next() {
                // Whoever listened may be gone.
                let _ = sender.send(format!("{error:#}"));
                return;
            }
        }
    });
    Ok(heard)
}

/// Messages of a socket, one by one.
struct Reader {
    socket: TcpStream,
    octets: Vec<u8>,
}

impl Reader {
    fn next(&mut self) -> Result<MessageType> {
        loop {
            match frame(&self.octets, usize::from(u16::MAX)) {
                Frame::Message { kind: MessageType::NOTIFICATION, body, .. } => {
                    bail!("the speaker ended the session: {}", notification(body));
                }
                Frame::Message { kind, length, .. } => {
                    self.octets.drain(..length);
                    return Ok(kind);
                }
                Frame::Error(_) => bail!("what the speaker sends is not BGP"),
                Frame::NeedMore(_) => {}
            }
            let mut buffer = [0; 65_536];
            let read = self.socket.read(&mut buffer).context("reading")?;
            if read == 0 {
                bail!("the speaker closed the connection");
            }
            self.octets.extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
    }
}

/// A NOTIFICATION in words.
pub(crate) fn notification(body: &[u8]) -> String {
    let mut text = Vec::new();
    Notification::decode(body).text(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    format!("NOTIFICATION {:?} {text}", body.get(..2).unwrap_or_default())
}
