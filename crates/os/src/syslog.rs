//! A writer to syslog (RFC 3164): `/dev/log` or a host, facility daemon.
//!
//! It never blocks and never fails: what the receiver cannot take now is lost and counted, and
//! a receiver that was restarted is found again at the next line.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::Error;
use crate::hostname::hostname;
use crate::local_time::LocalTime;

/// Where local syslog listens.
pub const DEVICE: &str = "/dev/log";
/// The port of remote syslog.
pub const PORT: u16 = 514;

/// The facilities (RFC 3164 section 4.1.1), by name.
const FACILITIES: [(&str, u8); 20] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];
const FACILITY_DAEMON: u8 = 3;
/// Receivers should take this much (RFC 5424 §6.1); longer lines are cut.
const LINE_LIMIT: usize = 2048;

/// How bad it is (RFC 3164 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// 2: cannot go on.
    Critical,
    /// 3: something failed.
    Error,
    /// 4: something is odd.
    Warning,
    /// 6: what happens.
    Informational,
    /// 7: how it happens.
    Debug,
}

impl Severity {
    fn code(self) -> u8 {
        match self {
            Self::Critical => 2,
            Self::Error => 3,
            Self::Warning => 4,
            Self::Informational => 6,
            Self::Debug => 7,
        }
    }
}

#[derive(Debug)]
enum Receiver {
    Local { path: PathBuf, socket: Option<UnixDatagram> },
    Remote { address: SocketAddr, host: String, socket: Option<UdpSocket> },
}

/// A writer to one receiver.
#[derive(Debug)]
pub struct Syslog {
    receiver: Receiver,
    tag: String,
    facility: u8,
    lost: u64,
    line: String,
}

impl Syslog {
    /// A writer to a local datagram socket, normally [`DEVICE`]. The socket may appear later.
    pub fn local(path: &Path, tag: &str) -> Self {
        Self::new(Receiver::Local { path: path.to_owned(), socket: None }, tag)
    }

    /// A writer to `host` or `host:port` (514 if not given), by UDP.
    ///
    /// The name is looked up here, which may take a moment, and never again.
    pub fn remote(host: &str, tag: &str) -> Result<Self, Error> {
        let address =
            resolve(host).map_err(|source| Error::new(format!("syslog host {host}"), source))?;
        Ok(Self::new(Receiver::Remote { address, host: hostname(), socket: None }, tag))
    }

    fn new(receiver: Receiver, tag: &str) -> Self {
        Self {
            receiver,
            tag: tag.to_owned(),
            facility: FACILITY_DAEMON,
            lost: 0,
            line: String::new(),
        }
    }

    /// The same with another facility, by its name; an unknown one changes nothing.
    #[must_use]
    pub fn facility(mut self, name: &str) -> Self {
        if let Some((_, code)) = FACILITIES.iter().find(|(known, _)| *known == name) {
            self.facility = *code;
        }
        self
    }

    /// Sends one line, or counts it as lost.
    pub fn send(&mut self, severity: Severity, message: &str, now: SystemTime) {
        self.compose(severity, message, now);
        // Once with the socket at hand, once with a new one: the receiver may have restarted.
        for _ in 0..2 {
            match self.receiver.send(self.line.as_bytes()) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.receiver.close(),
            }
        }
        self.lost = self.lost.saturating_add(1);
    }

    /// Lines that no receiver took.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn compose(&mut self, severity: Severity, message: &str, now: SystemTime) {
        use std::fmt::Write;
        let time = LocalTime::at(now);
        self.line.clear();
        // Writing to a string cannot fail.
        let _ = write!(
            self.line,
            "<{}>{} {:2} {:02}:{:02}:{:02} ",
            self.facility * 8 + severity.code(),
            time.month_name(),
            time.day,
            time.hour,
            time.minute,
            time.second,
        );
        if let Receiver::Remote { host, .. } = &self.receiver {
            let _ = write!(self.line, "{host} ");
        }
        let _ = write!(self.line, "{}[{}]: ", self.tag, std::process::id());
        for character in message.chars() {
            if self.line.len() + character.len_utf8() > LINE_LIMIT {
                break;
            }
            self.line.push(if character.is_control() { ' ' } else { character });
        }
    }
}

impl Receiver {
    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Local { path, socket } => {
                let open = match socket.take() {
                    Some(open) => open,
                    None => {
                        let open = UnixDatagram::unbound()?;
                        open.set_nonblocking(true)?;
                        open.connect(path)?;
                        open
                    }
                };
                socket.insert(open).send(line).map(drop)
            }
            Self::Remote { address, socket, .. } => {
                let open = match socket.take() {
                    Some(open) => open,
                    None => {
                        let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                        let open = UdpSocket::bind(any)?;
                        open.set_nonblocking(true)?;
                        open
                    }
                };
                socket.insert(open).send_to(line, *address).map(drop)
            }
        }
    }

    fn close(&mut self) {
        match self {
            Self::Local { socket, .. } => *socket = None,
            Self::Remote { socket, .. } => *socket = None,
        }
    }
}

fn resolve(host: &str) -> io::Result<SocketAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Ok(SocketAddr::new(address, PORT));
    }
    let mut found = match host.rsplit_once(':') {
        Some(_) => host.to_socket_addrs()?,
        None => (host, PORT).to_socket_addrs()?,
    };
    found.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn writes_lines_and_finds_a_restarted_receiver() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let now = SystemTime::now();
        let mut syslog = Syslog::local(&path, "yottabgp");
        syslog.send(Severity::Error, "nobody listens", now);
        assert_eq!(syslog.lost(), 1);

        let receiver = UnixDatagram::bind(&path).unwrap();
        syslog.send(Severity::Informational, "peer\nup", now);
        let line = receive(&receiver);
        assert!(line.starts_with("<30>"), "{line}");
        assert!(line.ends_with(&format!(" yottabgp[{}]: peer up", std::process::id())), "{line}");

        drop(receiver);
        std::fs::remove_file(&path).unwrap();
        let receiver = UnixDatagram::bind(&path).unwrap();
        syslog.send(Severity::Critical, &"x".repeat(5000), now);
        let line = receive(&receiver);
        assert!(line.starts_with("<26>"), "{line}");
        assert_eq!(line.len(), LINE_LIMIT);
        assert_eq!(syslog.lost(), 1);
    }

    #[test]
    fn a_receiver_that_does_not_read_never_blocks_us() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let _receiver = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::local(&path, "yottabgp");
        for _ in 0..10_000 {
            syslog.send(Severity::Debug, "again", SystemTime::UNIX_EPOCH);
        }
        assert!(syslog.lost() > 0);
    }

    #[test]
    fn writes_to_a_host() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let host = receiver.local_addr().unwrap().to_string();
        let mut syslog = Syslog::remote(&host, "yottabgp").unwrap();
        syslog.send(Severity::Warning, "hello", SystemTime::now());
        let mut buffer = [0; 4096];
        let (length, _) = receiver.recv_from(&mut buffer).unwrap();
        let line = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(line.starts_with("<28>") && line.contains(&hostname()), "{line}");
        assert_eq!(resolve("192.0.2.1").unwrap().port(), PORT);
        assert_eq!(resolve("::1").unwrap().port(), PORT);
        assert_eq!(resolve("[::1]:99").unwrap().port(), 99);
    }
}
