//! The BGP peers: one that counts the prefixes it gets, one that sends all it has.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use yottabgp_testkit::bgp::{Connection, HEADER, Open, frame, kind};

use crate::helper::prefix;

/// The largest message without capabilities, in octets (RFC 4271 §4.1).
const MESSAGE: usize = 4096;

/// Takes the call of the program and brings the session up.
pub(crate) fn session(listener: &TcpListener, limit: Duration) -> io::Result<Connection> {
    let mut connection = Connection::accept(listener, limit)?;
    let mut open = Open::new(65002, Ipv4Addr::new(10, 0, 0, 2));
    // Route refresh, and messages of up to 65,535 octets (RFC 8654).
    open.capabilities = vec![(2, Vec::new()), (6, Vec::new())];
    connection.establish(&open, limit)?;
    Ok(connection)
}

/// Counts the prefixes of [`prefix`] that are announced, each once, until there are `routes`.
/// Gives how many there were, and when the last came.
pub(crate) fn sink(
    connection: &mut Connection,
    routes: u32,
    end: Instant,
) -> io::Result<(u32, Instant)> {
    let mut seen = vec![false; routes as usize];
    let mut found = 0;
    let mut last = Instant::now();
    while found < routes {
        let mut answers = 0;
        while let Some((kind, body)) = connection.next_frame()? {
            match kind {
                kind::UPDATE => {
                    found += announced(body, &mut seen).ok_or(ErrorKind::InvalidData)?
                }
                kind::KEEPALIVE => answers += 1,
                kind::NOTIFICATION => {
                    return Err(io::Error::other(format!("a NOTIFICATION came: {body:02X?}")));
                }
                _ => {}
            }
        }
        last = Instant::now();
        for _ in 0..answers {
            connection.send(kind::KEEPALIVE, &[])?;
        }
        let Some(left) = end.checked_duration_since(last).filter(|_| found < routes) else { break };
        match connection.fill(left) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
    Ok((found, last))
}

/// Marks the IPv4 prefixes an UPDATE announces, and gives how many are new.
fn announced(body: &[u8], seen: &mut [bool]) -> Option<u32> {
    let field = |at: usize| -> Option<usize> {
        let octets = body.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_be_bytes(octets)))
    };
    let withdrawn = field(0)?;
    let mut at = 4 + withdrawn + field(2 + withdrawn)?;
    let first = u32::from(prefix(0)) >> 8;
    let mut new = 0;
    while at < body.len() {
        let octets = usize::from(body[at].div_ceil(8));
        let bits = body.get(at + 1..at + 1 + octets)?;
        if let [a, b, c] = *bits {
            let number = u32::from_be_bytes([0, a, b, c]).wrapping_sub(first);
            if let Some(seen) = seen.get_mut(number as usize)
                && !std::mem::replace(seen, true)
            {
                new += 1;
            }
        }
        at += 1 + octets;
    }
    Some(new)
}

/// UPDATEs announcing `routes` prefixes as a full table does: few to a message, attributes
/// that differ from each message to the next.
pub(crate) fn table(routes: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut next = 0;
    let mut message = 0;
    while next < routes {
        // One to twelve prefixes, 6.5 on average.
        let count = (1 + message * 7 % 12).min(routes - next);
        let mut attributes = vec![0x40, 1, 1, 0];
        let hops = 2 + message % 4;
        attributes.extend_from_slice(&[0x40, 2, 2 + 4 * hops as u8, 2, hops as u8]);
        attributes.extend_from_slice(&65002_u32.to_be_bytes());
        for hop in 1..hops {
            attributes
                .extend_from_slice(&(1000 + (message * 31 + hop * 977) % 60_000).to_be_bytes());
        }
        attributes.extend_from_slice(&[0x40, 3, 4, 10, 0, 0, 2]);
        if message % 5 == 0 {
            attributes.extend_from_slice(&[0x80, 4, 4]);
            attributes.extend_from_slice(&(message % 1000).to_be_bytes());
        }
        let communities = message % 5;
        if communities > 0 {
            attributes.extend_from_slice(&[0xC0, 8, 4 * communities as u8]);
            for item in 0..communities {
                attributes.extend_from_slice(&((65002 << 16) + message % 500 + item).to_be_bytes());
            }
        }
        let mut body = vec![0, 0];
        body.extend_from_slice(&(attributes.len() as u16).to_be_bytes());
        body.extend_from_slice(&attributes);
        for number in next..next + count {
            body.push(24);
            body.extend_from_slice(&prefix(number).octets()[..3]);
        }
        assert!(HEADER + body.len() <= MESSAGE, "a message that may be sent");
        stream.extend_from_slice(&frame(kind::UPDATE, &body));
        next += count;
        message += 1;
    }
    stream
}

/// Reads and answers KEEPALIVEs until `end` or until the other side closes.
pub(crate) fn keep_alive(connection: &mut Connection, end: Instant) {
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        match connection.receive_other(left) {
            Ok(Some(message)) if message.kind != kind::NOTIFICATION => {}
            _ => return,
        }
    }
}
