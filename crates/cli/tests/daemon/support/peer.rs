//! Scripted peers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use yottabgp_testkit::bgp::{Connection, Message, Open, kind};

use super::{PATIENCE, Update};

/// Where a peer waits to be called.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) address: Ipv4Addr,
    listener: TcpListener,
}

/// What the peers of these tests say of themselves.
pub(crate) fn open() -> Open {
    Open::new(65002, Ipv4Addr::new(2, 2, 2, 2))
}

impl Site {
    /// On 127.0.0.LAST.
    pub(crate) fn new(last: u8) -> Self {
        let address = Ipv4Addr::new(127, 0, 0, last);
        Self { address, listener: TcpListener::bind((address, 0)).unwrap() }
    }

    pub(crate) fn listener(&self) -> &TcpListener {
        &self.listener
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    /// A neighbor that is called here.
    pub(crate) fn neighbor(&self, more: &str) -> String {
        format!(
            "neighbor {} {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; connect {}; {more} }}\n",
            self.address,
            self.port()
        )
    }

    /// Takes the next call.
    #[track_caller]
    pub(crate) fn accept(&self) -> Session {
        let connection = Connection::accept(&self.listener, PATIENCE);
        Session(connection.unwrap_or_else(|error| panic!("nobody called: {error}")))
    }

    /// Takes the next call and brings up the session.
    #[track_caller]
    pub(crate) fn session(&self) -> Session {
        self.session_with(&open())
    }

    #[track_caller]
    pub(crate) fn session_with(&self, open: &Open) -> Session {
        let mut session = self.accept();
        session.establish(open);
        session
    }
}

/// A connection to the daemon.
#[derive(Debug)]
pub(crate) struct Session(pub(crate) Connection);

impl Session {
    /// Calls the daemon from 127.0.0.LAST.
    #[track_caller]
    pub(crate) fn call(last: u8, port: u16) -> Self {
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        let to = SocketAddr::from(([127, 0, 0, 1], port));
        Self(Connection::connect(from, to, PATIENCE).unwrap())
    }

    #[track_caller]
    pub(crate) fn establish(&mut self, open: &Open) -> Message {
        self.0.establish(open, PATIENCE).unwrap()
    }

    #[track_caller]
    pub(crate) fn send(&mut self, kind: u8, body: &[u8]) {
        self.0.send(kind, body).unwrap();
    }

    #[track_caller]
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.send_bytes(bytes).unwrap();
    }

    /// The next message that is not a KEEPALIVE (which is answered with one); `None` at the end.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Option<Message> {
        self.0.receive_other(PATIENCE).unwrap()
    }

    /// The next UPDATE.
    #[track_caller]
    pub(crate) fn update(&mut self) -> Update {
        match self.next() {
            Some(message) if message.kind == kind::UPDATE => Update::read(&message.body),
            other => panic!("an UPDATE was awaited: {other:02X?}"),
        }
    }

    /// UPDATEs until one of them satisfies.
    #[track_caller]
    pub(crate) fn updates(&mut self, mut last: impl FnMut(&Update) -> bool) -> Vec<Update> {
        let mut updates = Vec::new();
        loop {
            let update = self.update();
            let end = last(&update);
            updates.push(update);
            if end {
                return updates;
            }
        }
    }

    /// UPDATEs until the End-of-RIB of IPv4 unicast: all the prefixes announced before, with those of IPv6 left out.
    #[track_caller]
    pub(crate) fn until_eor(&mut self) -> Vec<String> {
        let updates = self.updates(Update::is_eor);
        updates.into_iter().flat_map(|update| update.announced).collect()
    }

    /// UPDATEs until the End-of-RIB of both families, IPv4 and IPv6 unicast.
    #[track_caller]
    pub(crate) fn settled(&mut self) -> Vec<Update> {
        let mut ends = 0;
        self.updates(|update| {
            ends += u8::from(update.is_eor() || update.is_ipv6_eor());
            ends == 2
        })
    }

    /// The code, subcode and data of the NOTIFICATION that is next.
    #[track_caller]
    pub(crate) fn notification(&mut self) -> (u8, u8, Vec<u8>) {
        loop {
            match self.next() {
                Some(message) if message.kind == kind::NOTIFICATION => {
                    return (message.body[0], message.body[1], message.body[2..].to_vec());
                }
                Some(message) if message.kind == kind::UPDATE => {}
                other => panic!("a NOTIFICATION was awaited: {other:02X?}"),
            }
        }
    }

    /// Checks that the connection is closed after the last message.
    #[track_caller]
    pub(crate) fn closed(&mut self) {
        match self.0.receive_other(PATIENCE) {
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            other => panic!("the end was awaited: {other:02X?}"),
        }
    }
}
