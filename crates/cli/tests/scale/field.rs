//! A daemon with many peers.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Instant;

use yottabgp_testkit::bgp::Open;
use yottabgp_testkit::crowd::{self, Crowd, Way};
use yottabgp_testkit::network::free_port;
use yottabgp_testkit::wait::until;

use crate::support::{Daemon, Lab};

/// How the peers of a daemon are configured, and who calls whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A neighbor each, which the daemon calls.
    Called,
    /// A neighbor each, which calls the daemon.
    Calling,
    /// One range, from which all of them call the daemon.
    Range,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Called, Self::Calling, Self::Range];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Called => "neighbors that are called",
            Self::Calling => "passive neighbors",
            Self::Range => "peers of a range",
        }
    }
}

/// What all peers say.
pub(crate) fn open(hold_time: u16) -> Open {
    Open { hold_time, ..Open::new(65002, Ipv4Addr::UNSPECIFIED) }
}

/// The sections of peers that are called on this port, or of those that call.
pub(crate) fn neighbors(kind: Kind, numbers: Range<usize>, port: u16, more: &str) -> String {
    let section = |peer: &str, way: &str| {
        format!(
            "neighbor {peer} {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; {way} {more} }}\n"
        )
    };
    match kind {
        Kind::Range => section("127.0.0.0/8", "passive;"),
        Kind::Called | Kind::Calling => {
            let way = match kind {
                Kind::Called => format!("connect {port};"),
                _ => "passive;".to_owned(),
            };
            numbers.fold(String::new(), |mut text, index| {
                write!(text, "{}", section(&crowd::address(index).to_string(), &way)).unwrap();
                text
            })
        }
    }
}

/// A daemon and its peers.
pub(crate) struct Field {
    pub(crate) daemon: Daemon,
    pub(crate) crowd: Crowd,
    /// When the daemon was started.
    pub(crate) start: Instant,
}

impl Field {
    /// Starts so many peers, and then a daemon; `more` is in each section, `text` before all of them.
    pub(crate) fn start(kind: Kind, count: usize, hold_time: u16, more: &str, text: &str) -> Self {
        let lab = Lab::new();
        let open = open(hold_time);
        let more = format!("hold-time {hold_time}; {more}");
        let (crowd, lab, port) = match kind {
            Kind::Called => {
                let crowd = Crowd::start(0..count, &open, Way::Wait);
                let port = crowd.port();
                (crowd, lab, port)
            }
            Kind::Calling | Kind::Range => {
                let port = free_port([127, 0, 0, 1]);
                let to = SocketAddr::from(([127, 0, 0, 1], port));
                let lab = lab.with("tcp_bind", "127.0.0.1").with("tcp_port", port);
                (Crowd::start(0..count, &open, Way::Call(to)), lab, port)
            }
        };
        let text = text.to_owned() + &neighbors(kind, 0..count, port, &more);
        let program = lab.program(&text);
        let start = Instant::now();
        let running = program.start_here().unwrap();
        Self { daemon: Daemon::unready(lab, running), crowd, start }
    }

    /// Waits until all sessions are up, and the daemon knows it.
    #[track_caller]
    pub(crate) fn established(&self) {
        let count = self.crowd.addresses().len();
        until("all sessions", || self.crowd.established() == count);
    }

    /// Waits until each peer has the End-of-RIB of IPv4 unicast.
    #[track_caller]
    pub(crate) fn settled(&self) {
        until("all End-of-RIB markers", || {
            self.crowd.stories().iter().all(|story| story.ends_of_rib > 0)
        });
    }
}
