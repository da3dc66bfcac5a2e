//! This program as the BGP peer of the measured one: as little BGP as it takes.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use yottabgp_wire::codes::MessageType;
use yottabgp_wire::message::{HEADER_LENGTH, finish, keepalive, start};

use crate::helper::now;

/// A session that is established as far as we care.
#[derive(Debug)]
pub(crate) struct Session {
    stream: TcpStream,
    spoke: Instant,
}

impl Session {
    /// Waits for the program to connect, and answers its OPEN with the same one under another identifier.
    pub(crate) fn accept(listener: &TcpListener, limit: Duration) -> Result<Self> {
        listener.set_nonblocking(true)?;
        let begin = Instant::now();
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if begin.elapsed() > limit {
                        bail!("the program did not connect");
                    }
                    std::thread::sleep(Duration::from_micros(200));
                }
                Err(error) => return Err(error.into()),
            }
        };
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(limit))?;
        let mut session = Self { stream, spoke: Instant::now() };
        let mut open = session.message()?;
        if let Some(last) = open.get_mut(27) {
            *last ^= 1;
        }
        session.stream.write_all(&open)?;
        session.keepalive()?;
        // The answer to our OPEN.
        session.message()?;
        Ok(session)
    }

    fn message(&mut self) -> Result<Vec<u8>> {
        let mut message = vec![0; HEADER_LENGTH];
        self.stream.read_exact(&mut message)?;
        let length = message
            .get(16..18)
            .map_or(0, |field| field.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)));
        message.resize(length.max(HEADER_LENGTH), 0);
        self.stream.read_exact(message.get_mut(HEADER_LENGTH..).unwrap_or_default())?;
        Ok(message)
    }

    fn keepalive(&mut self) -> Result<()> {
        let mut message = Vec::new();
        keepalive::encode(&mut message);
        self.stream.write_all(&message)?;
        self.spoke = Instant::now();
        Ok(())
    }

    /// Reads until every one of `count` routes from 20.0.0.0/24 on came, or the time is over. Returns how many came, and
    /// when the last of them did.
    pub(crate) fn count(&mut self, count: u32, limit: Duration) -> Result<(u32, u128)> {
        let begin = Instant::now();
        let mut seen = vec![false; count as usize];
        let mut found = 0;
        let mut last = now();
        let mut buffer: Vec<u8> = vec![0; 1 << 20];
        let mut filled = 0;
        self.stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        while found < count && begin.elapsed() < limit {
            if self.spoke.elapsed() > Duration::from_secs(10) {
                self.keepalive()?;
            }
            let read = match self.stream.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => bail!("the program closed the session"),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            };
            filled += read;
            let mut at = 0;
            while let Some(message) = next_message(buffer.get(at..filled).unwrap_or_default()) {
                at += message.len();
                if message.get(18) == Some(&MessageType::UPDATE.0) {
                    let before = found;
                    for index in prefixes(message) {
                        if let Some(seen) = seen.get_mut(index as usize)
                            && !std::mem::replace(seen, true)
                        {
                            found += 1;
                        }
                    }
                    if found > before {
                        last = now();
                    }
                }
            }
            buffer.copy_within(at..filled, 0);
            filled -= at;
        }
        Ok((found, last))
    }

    /// Sends all of `octets`. Whatever the program says meanwhile is thrown away. Returns when the first octet went.
    pub(crate) fn blast(&mut self, octets: &[u8]) -> Result<u128> {
        let mut reader = self.stream.try_clone()?;
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while reader.read(&mut buffer).is_ok_and(|count| count > 0) {}
        });
        let begin = now();
        self.stream.write_all(octets)?;
        Ok(begin)
    }
}

/// The first whole message.
fn next_message(octets: &[u8]) -> Option<&[u8]> {
    let length = octets.get(16..18)?;
    let length = length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    octets.get(..length.max(HEADER_LENGTH))
}

/// The numbers of the /24 announced in the classic field of an UPDATE, 20.0.0.0 being 0.
fn prefixes(message: &[u8]) -> impl Iterator<Item = u32> {
    let field = |at: usize| {
        message.get(at..at + 2).map_or(0, |f| f.iter().fold(0, |s, o| s << 8 | usize::from(*o)))
    };
    let attributes = 21 + field(19);
    let nlri = attributes + 2 + field(attributes);
    message.get(nlri..).unwrap_or_default().chunks_exact(4).filter_map(|prefix| match prefix {
        [24, a, b, c] => Some(u32::from_be_bytes([0, a.wrapping_sub(20), *b, *c])),
        _ => None,
    })
}

/// UPDATEs that announce `count` /24 from 20.0.0.0 on, as a table does: six or seven at a time, each with an AS path,
/// communities and a MED of its own.
pub(crate) fn table(count: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut index = 0;
    let mut number: u32 = 0;
    while index < count {
        let at = start(&mut out, MessageType::UPDATE);
        out.extend_from_slice(&[0, 0, 0, 0]);
        let attributes = out.len();
        out.extend_from_slice(&[0x40, 1, 1, 0]);
        let hops = 2 + number % 6;
        let hop_count = u8::try_from(hops).unwrap_or(2);
        out.extend_from_slice(&[0x40, 2, 2 + 4 * hop_count, 2, hop_count]);
        for hop in 0..hops {
            let asn = if hop == 0 { 65002 } else { 1000 + (number * 7 + hop * 131) % 60000 };
            out.extend_from_slice(&asn.to_be_bytes());
        }
        out.extend_from_slice(&[0x40, 3, 4, 127, 0, 0, 1, 0x80, 4, 4]);
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&[0xc0, 8, 8, 0xfd, 0xe8]);
        out.extend_from_slice(&number.to_be_bytes()[2..]);
        out.extend_from_slice(&[0xfd, 0xe9, 0, 1]);
        let length = u16::try_from(out.len() - attributes).unwrap_or(0).to_be_bytes();
        if let Some(field) = out.get_mut(attributes - 2..attributes) {
            field.copy_from_slice(&length);
        }
        for _ in 0..(6 + number % 2).min(count - index) {
            let [_, a, b, c] = index.to_be_bytes();
            out.extend_from_slice(&[24, 20 + a, b, c]);
            index += 1;
        }
        finish(&mut out, at);
        number += 1;
    }
    out
}
