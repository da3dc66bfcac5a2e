//! Private networks for tests: two network namespaces with a wire between them.
//!
//! A namespace has no name and needs no cleaning up: it ends with the last process and handle in
//! it. So tests may run at the same time, all with the same addresses and with port 179.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, setns, unshare};

/// A network namespace, kept alive by this handle.
#[derive(Debug)]
pub struct Namespace {
    handle: File,
}

/// The namespace of the calling thread (not of the process: they may differ).
fn current() -> File {
    File::open("/proc/thread-self/ns/net").expect("the network namespace of this thread")
}

/// Returns to the namespace the thread came from, also when a test panics inside.
struct Return(File);

impl Drop for Return {
    fn drop(&mut self) {
        setns(&self.0, CloneFlags::CLONE_NEWNET).expect("the way back from a network namespace");
    }
}

impl Namespace {
    /// A new namespace with nothing but a loopback interface, which is up.
    ///
    /// # Errors
    /// Says, as a reason to skip a test, why there can be none: not root, or no `ip`.
    pub fn new() -> Result<Self, String> {
        let origin = current();
        unshare(CloneFlags::CLONE_NEWNET).map_err(|error| {
            format!("no network namespace of its own (are you root?): unshare: {error}")
        })?;
        // Only now is there a way back to be taken.
        let origin = Return(origin);
        let namespace = Self { handle: current() };
        drop(origin);
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    /// Runs `action` with the calling thread inside of the namespace. What it opens and starts
    /// stays there.
    pub fn enter<T>(&self, action: impl FnOnce() -> T) -> T {
        let _origin = Return(current());
        setns(&self.handle, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
        action()
    }

    /// A path by which `ip` finds the namespace, as long as this handle lives.
    fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.handle.as_raw_fd())
    }

    /// Runs `ip ARGUMENTS` inside (the arguments are split at spaces).
    ///
    /// # Errors
    /// What `ip` complained about.
    pub fn ip(&self, arguments: &str) -> Result<(), String> {
        self.enter(|| {
            let output = Command::new("ip")
                .args(arguments.split(' '))
                .stdin(Stdio::null())
                .output()
                .map_err(|error| {
                    format!("ip is not installed (apt-get install iproute2): {error}")
                })?;
            if output.status.success() {
                return Ok(());
            }
            Err(format!("ip {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim()))
        })
    }
}

/// Two namespaces joined by a virtual Ethernet: the program under test in one, its peer in the
/// other, addressed alike by IPv4 and IPv6.
#[derive(Debug)]
pub struct Pair {
    /// Where the program under test runs, with [`Pair::LEFT_IPV4`] and [`Pair::LEFT_IPV6`].
    pub left: Namespace,
    /// Where its peer runs, with [`Pair::RIGHT_IPV4`] and [`Pair::RIGHT_IPV6`].
    pub right: Namespace,
}

impl Pair {
    /// IPv4 address of the program under test.
    pub const LEFT_IPV4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    /// IPv4 address of its peer.
    pub const RIGHT_IPV4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
    /// IPv6 address of the program under test.
    pub const LEFT_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
    /// IPv6 address of its peer.
    pub const RIGHT_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 2);

    /// Makes both namespaces and the wire.
    ///
    /// # Errors
    /// The reason to skip the test, as [`Namespace::new`].
    pub fn new() -> Result<Self, String> {
        let pair = Self { left: Namespace::new()?, right: Namespace::new()? };
        let right = pair.right.path();
        pair.left.ip(&format!("link add wire type veth peer name wire netns {right}"))?;
        for (side, ipv4, ipv6) in [
            (&pair.left, Self::LEFT_IPV4, Self::LEFT_IPV6),
            (&pair.right, Self::RIGHT_IPV4, Self::RIGHT_IPV6),
        ] {
            side.ip(&format!("address add {ipv4}/24 dev wire"))?;
            side.ip(&format!("address add {ipv6}/64 dev wire nodad"))?;
            side.ip("link set wire up")?;
        }
        Ok(pair)
    }
}

/// A TCP port nobody uses on `address`, chosen by the system.
///
/// It is free again when this returns, so another program could take it; inside of a namespace
/// of one's own there is none.
pub fn free_port(address: impl Into<IpAddr>) -> u16 {
    let listener = TcpListener::bind(SocketAddr::new(address.into(), 0)).expect("a free port");
    listener.local_addr().expect("the address of a bound socket").port()
}
