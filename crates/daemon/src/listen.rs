//! Listening sockets: those of `exabgp.tcp.bind`, and those that neighbors ask for; their keys.

mod incoming;

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::info;
use yottabgp_config::{Environment, Neighbor, TcpAo, TcpAoAlgorithm};
use yottabgp_os::md5::Peers;
use yottabgp_os::{Error, ao, md5, socket};

use crate::core::{Core, Shared};
use crate::turns;

/// The sockets by address.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    sockets: BTreeMap<SocketAddr, Listener>,
}

#[derive(Debug)]
struct Listener {
    socket: std::net::TcpListener,
    task: JoinHandle<()>,
    /// Peers with a key on this socket.
    keys: HashMap<Peers, Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Md5(Vec<u8>),
    Ao(TcpAo),
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Which neighbors use which socket: what is to be open.
fn wanted<'a>(
    environment: &Environment,
    neighbors: &'a [Neighbor],
) -> BTreeMap<SocketAddr, Vec<&'a Neighbor>> {
    let tcp = &environment.tcp;
    let mut wanted: BTreeMap<SocketAddr, Vec<&Neighbor>> = BTreeMap::new();
    for address in &tcp.bind {
        let users = neighbors.iter().filter(|neighbor| {
            let ours = |local: IpAddr| address.is_unspecified() || local == *address;
            neighbor.peer.address.is_ipv4() == address.is_ipv4()
                && (neighbor.local_address.is_none_or(ours) || neighbor.md5_ip.is_some_and(ours))
        });
        wanted.insert(SocketAddr::new(*address, tcp.port), users.collect());
    }
    for neighbor in neighbors {
        let Some(port) = neighbor.listen else { continue };
        let any: IpAddr = if neighbor.peer.address.is_ipv4() {
            IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)
        } else {
            IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED)
        };
        let address = SocketAddr::new(neighbor.listen_address().unwrap_or(any), port);
        let users = wanted.entry(address).or_default();
        if !users.iter().any(|user| std::ptr::eq(*user, neighbor)) {
            users.push(neighbor);
        }
    }
    wanted
}

/// What these neighbors would make of each socket: `kept`, `opened`, `closed`, or `other keys`.
pub(crate) fn fates(core: &Core, neighbors: &[Neighbor]) -> Vec<(SocketAddr, &'static str)> {
    let wanted = wanted(&core.environment, neighbors);
    let open = &core.listeners.sockets;
    let fate = |(address, users): (&SocketAddr, &Vec<&Neighbor>)| {
        let fate = match open.get(address) {
            None => "opened",
            Some(listener) if listener.keys == keys(users) => KEPT,
            Some(_) => "other keys",
        };
        (*address, fate)
    };
    let mut fates: Vec<_> = wanted.iter().map(fate).collect();
    let closed = open.keys().filter(|address| !wanted.contains_key(address));
    fates.extend(closed.map(|address| (*address, "closed")));
    fates
}

const KEPT: &str = "kept";

/// How many sockets would change.
pub(crate) fn changes(core: &Core, neighbors: &[Neighbor]) -> u64 {
    fates(core, neighbors).iter().filter(|(_, fate)| *fate != KEPT).count() as u64
}

/// Opens what is new, closes what nobody wants any more, and gives each socket the keys of its neighbors: keys must be there
/// before a peer's SYN is. What could not be done is an error, and is tried again the next time; the rest is done.
pub(crate) fn apply(shared: &Shared, neighbors: &[Neighbor]) -> Vec<Error> {
    let (wanted, mut listeners) = {
        let mut core = shared.borrow_mut();
        (wanted(&core.environment, neighbors), std::mem::take(&mut core.listeners))
    };
    let errors = listeners.apply(shared, wanted);
    shared.borrow_mut().listeners = listeners;
    errors
}

impl Listeners {
    fn apply(&mut self, core: &Shared, wanted: BTreeMap<SocketAddr, Vec<&Neighbor>>) -> Vec<Error> {
        let mut errors = Vec::new();
        self.sockets.retain(|address, _| {
            let stays = wanted.contains_key(address);
            if !stays {
                info!(target: "yottabgp::network", "no longer listening on {address}");
            }
            stays
        });
        for (address, users) in wanted {
            if let std::collections::btree_map::Entry::Vacant(place) = self.sockets.entry(address) {
                match open(address, core) {
                    Ok(listener) => {
                        place.insert(listener);
                    }
                    Err(error) => {
                        errors.push(error);
                        continue;
                    }
                }
            }
            if let Some(listener) = self.sockets.get_mut(&address) {
                errors.extend(listener.set_keys(keys(&users)));
                if users.iter().any(|neighbor| neighbor.incoming_ttl == Some(255))
                    && let Err(error) = socket::set_ttl(&listener.socket, address.ip(), 255)
                {
                    // The SYN-ACK must pass the peer's own check (RFC 5082).
                    errors.push(error);
                }
            }
        }
        errors
    }
}

/// The keys of the neighbors of a socket: the first one for the same peers counts.
fn keys(users: &[&Neighbor]) -> HashMap<Peers, Key> {
    let mut keys = HashMap::new();
    for neighbor in users {
        let peers = if neighbor.is_range() {
            Peers::range(neighbor.peer.address, neighbor.peer.length)
        } else {
            Peers::one(neighbor.peer.address, 0)
        };
        let key = match (&neighbor.md5_password, &neighbor.tcp_ao) {
            (Some(password), _) if !password.is_empty() => Key::Md5(password.clone()),
            // How it is spelled does not count.
            (_, Some(ao)) => Key::Ao(TcpAo { base64: false, ..ao.clone() }),
            _ => continue,
        };
        keys.entry(peers).or_insert(key);
    }
    keys
}

fn open(address: SocketAddr, core: &Shared) -> Result<Listener, Error> {
    let socket = socket::listen(address)?;
    let failed = |source| Error::new(format!("listening on {address}"), source);
    let listener = TcpListener::from_std(socket.try_clone().map_err(failed)?).map_err(failed)?;
    info!(target: "yottabgp::network", "listening on {address}");
    let name = format!("listener {address}");
    let task = turns::spawn(name, incoming::accept(listener, core.clone()));
    Ok(Listener { socket, task, keys: HashMap::new() })
}

impl Listener {
    /// Brings the socket to these keys. Those that the system refused are not noted, so that they are tried again.
    fn set_keys(&mut self, wanted: HashMap<Peers, Key>) -> Vec<Error> {
        let mut errors = Vec::new();
        for (peers, key) in std::mem::take(&mut self.keys) {
            let removed = match (&key, wanted.get(&peers)) {
                (key, Some(same)) if key == same => None,
                // The new password takes its place, without a moment in between that has none.
                (Key::Md5(_), Some(Key::Md5(_))) => None,
                (Key::Md5(_), _) => Some(md5::remove(&self.socket, peers)),
                (Key::Ao(key), _) => Some(ao::remove(&self.socket, peers, key.key_id)),
            };
            match removed {
                Some(Ok(())) => continue,
                Some(Err(error)) => errors.push(error),
                None => {}
            }
            self.keys.insert(peers, key);
        }
        for (peers, key) in wanted {
            match (self.keys.get(&peers), &key) {
                (Some(there), key) if there == key => continue,
                (None, _) | (Some(Key::Md5(_)), Key::Md5(_)) => {}
                // Its removal failed, which is told.
                (Some(_), _) => continue,
            }
            match set_key(&self.socket, peers, &key) {
                Ok(()) => {
                    self.keys.insert(peers, key);
                }
                Err(error) => errors.push(error),
            }
        }
        errors
    }
}

fn set_key(socket: &impl AsFd, peers: Peers, key: &Key) -> Result<(), Error> {
    match key {
        Key::Md5(password) => md5::set(socket, peers, password),
        Key::Ao(key) => ao::add(socket, peers, &ao_key(key)),
    }
}

/// The key as the system takes it.
pub(crate) fn ao_key(key: &TcpAo) -> ao::Key {
    let algorithm = match key.algorithm {
        TcpAoAlgorithm::HmacSha1 => ao::Algorithm::HmacSha1,
        TcpAoAlgorithm::Aes128Cmac => ao::Algorithm::Aes128Cmac,
        TcpAoAlgorithm::HmacSha256 => ao::Algorithm::HmacSha256,
    };
    ao::Key { id: key.key_id, algorithm, secret: key.key.clone() }
}
