//! The helper processes: one that announces as fast as it can, one that counts what it is told.
//!
//! Both talk with the comparison through a socket, a line at a time, so that all times are taken
//! by one clock: it says `go`, and is told when something is done.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use memchr::memmem;

/// The argument that makes this program a helper.
pub(crate) const WORD: &str = "--helper";

/// What a helper does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    /// Writes a command for each route, when told to go.
    Announce,
    /// Counts the prefixes in the JSON it gets, and says when it has them all.
    Count,
}

/// The `number`th prefix of all scenarios.
pub(crate) fn prefix(number: u32) -> Ipv4Addr {
    Ipv4Addr::from((20 << 24) + (number << 8))
}

/// The words of a route in commands and configurations.
pub(crate) fn route(number: u32) -> String {
    format!("route {}/24 next-hop 10.0.0.1 med 100 community [ 65001:1 65001:2 ]", prefix(number))
}

/// The comparison's end of the socket.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Listens at `path`.
    pub(crate) fn listen(path: PathBuf) -> io::Result<Self> {
        Ok(Self { listener: UnixListener::bind(&path)?, path })
    }

    /// The command of the helper, in a configuration.
    pub(crate) fn command(&self, work: Work, routes: u32) -> Vec<OsString> {
        let work = match work {
            Work::Announce => "announce",
            Work::Count => "count",
        };
        let program = std::env::current_exe().expect("a path to this program");
        vec![
            program.into(),
            WORD.into(),
            work.into(),
            routes.to_string().into(),
            self.path.clone().into(),
        ]
    }

    /// The connection of the helper.
    pub(crate) fn accept(&self, limit: Duration) -> io::Result<UnixStream> {
        self.listener.set_nonblocking(true)?;
        let end = Instant::now() + limit;
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(stream);
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                Err(_) if Instant::now() > end => return Err(io::ErrorKind::TimedOut.into()),
                Err(_) => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

/// Listens to a counting helper until it has `routes` or `end` has come. Gives how many it had
/// when it last said so, and when that was.
pub(crate) fn counted(stream: &UnixStream, routes: u32, end: Instant) -> (u32, Instant) {
    let mut reader = BufReader::new(stream);
    let mut found = 0;
    while found < routes {
        let left = end.saturating_duration_since(Instant::now());
        let _ = stream.set_read_timeout(Some(left.max(Duration::from_millis(1))));
        let mut text = String::new();
        match reader.read_line(&mut text).map(|_| text.trim().parse()) {
            Ok(Ok(number)) => found = number,
            _ => break,
        }
    }
    (found, Instant::now())
}

/// The helper process.
pub(crate) fn main(mut words: impl Iterator<Item = String>) {
    let work = words.next().expect("what to do");
    let routes: u32 = words.next().and_then(|word| word.parse().ok()).expect("a number");
    let path = words.next().expect("the path of a socket");
    let socket = UnixStream::connect(Path::new(&path)).expect("the comparison listens");
    let done = if work == "announce" { announce(routes, &socket) } else { count(routes, &socket) };
    // The program under test, or the comparison, may end first.
    let _ = done;
}

fn announce(routes: u32, socket: &UnixStream) -> io::Result<()> {
    // Nothing is made while the clock runs.
    let mut text = String::new();
    for number in 0..routes {
        text += &format!("announce {}\n", route(number));
    }
    // The answers have to be read, or the program may wait for that.
    thread::spawn(|| io::copy(&mut io::stdin().lock(), &mut io::sink()));
    let mut go = String::new();
    BufReader::new(socket).read_line(&mut go)?;
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    output.write_all(text.as_bytes())?;
    output.flush()?;
    (&mut &*socket).write_all(b"written\n")?;
    // Not to be missed as a helper that died.
    (&mut &*socket).read_to_end(&mut Vec::new()).map(drop)
}

fn count(routes: u32, socket: &UnixStream) -> io::Result<()> {
    const TOKEN: &[u8] = b"\"nlri\"";
    let finder = memmem::Finder::new(TOKEN);
    let mut chunk = vec![0; 1 << 20];
    let mut kept = 0;
    let routes = routes as usize;
    // Often enough to know how far it came, and too seldom to matter.
    let step = routes / 100 + 1;
    let (mut found, mut told) = (0, 0);
    let mut input = io::stdin().lock();
    loop {
        let read = input.read(&mut chunk[kept..])?;
        if read == 0 {
            return Ok(());
        }
        let length = kept + read;
        found += finder.find_iter(&chunk[..length]).count();
        // A token may be cut in two by the end of what was read.
        kept = length.min(TOKEN.len() - 1);
        chunk.copy_within(length - kept..length, 0);
        if found >= told + step || (found >= routes && told < routes) {
            writeln!(&mut &*socket, "{found}")?;
            told = found;
        }
    }
}
