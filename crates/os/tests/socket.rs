//! Sockets on the loopback interface: listeners, options, authentication.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail")]

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::Duration;

use socket2::Socket;
use yottabgp_os::ao::{self, Algorithm};
use yottabgp_os::md5::{self, Peers};
use yottabgp_os::socket::{self, Outgoing};

const ENOUGH: Duration = Duration::from_secs(5);
const BRIEFLY: Duration = Duration::from_millis(300);

fn listener(address: &str) -> (TcpListener, SocketAddr) {
    let listener = socket::listen(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(false).unwrap();
    (listener, address)
}

fn connect(outgoing: &Outgoing<'_>, patience: Duration) -> std::io::Result<TcpStream> {
    let socket = Socket::from(outgoing.prepare().unwrap());
    socket.connect_timeout(&outgoing.peer.into(), patience)?;
    socket.set_nonblocking(false)?;
    Ok(socket.into())
}

fn missing(what: &str, error: &yottabgp_os::Error) -> bool {
    let missing = error.code() == Some(libc::ENOPROTOOPT);
    if missing {
        eprintln!("skipped: this kernel has no {what}: {error}");
    }
    missing
}

#[test]
fn both_families_share_a_port() {
    let (v4, address) = listener("0.0.0.0");
    let v6 = socket::listen(SocketAddr::new("::".parse().unwrap(), address.port())).unwrap();
    drop(v6);
    let client = connect(&Outgoing::to(([127, 0, 0, 1], address.port()).into()), ENOUGH).unwrap();
    let (server, from) = v4.accept().unwrap();
    assert_eq!(from, client.local_addr().unwrap());
    assert_eq!(server.local_addr().unwrap().ip(), IpAddr::from([127, 0, 0, 1]));
}

#[test]
fn errors_name_the_address_and_help() {
    let (_held, address) = listener("127.0.0.1");
    let error = socket::listen(address).unwrap_err().to_string();
    let expected = format!(
        "listening on {address}: Address already in use (another program listens there already)"
    );
    assert_eq!(error, expected);
    let error = socket::listen("192.0.2.1:0".parse().unwrap()).unwrap_err().to_string();
    assert!(error.contains("no interface has this address"), "{error}");

    let peer = "127.0.0.1:179".parse().unwrap();
    let outgoing = Outgoing { local: Some("192.0.2.9".parse().unwrap()), ..Outgoing::to(peer) };
    let error = outgoing.prepare().unwrap_err().to_string();
    assert!(error.starts_with("local address 192.0.2.9 for 127.0.0.1:179: "), "{error}");
    let outgoing = Outgoing { interface: Some("nosuch0"), ..Outgoing::to(peer) };
    let error = outgoing.prepare().unwrap_err().to_string();
    assert!(error.starts_with("source interface nosuch0 for 127.0.0.1:179: "), "{error}");
}

#[test]
fn connects_from_the_local_address_and_interface() {
    let (listener, address) = listener("127.0.0.1");
    let local: IpAddr = "127.0.0.9".parse().unwrap();
    let outgoing = Outgoing { local: Some(local), ..Outgoing::to(address) };
    let _client = connect(&outgoing, ENOUGH).unwrap();
    assert_eq!(listener.accept().unwrap().1.ip(), local);
    let outgoing = Outgoing { interface: Some("lo"), ..Outgoing::to(address) };
    match outgoing.prepare() {
        Ok(_) => drop(connect(&outgoing, ENOUGH).unwrap()),
        Err(error) => assert_eq!(error.code(), Some(libc::EPERM), "{error}"),
    }
}

#[test]
fn ttl_is_set_for_both_families() {
    for address in ["127.0.0.1", "::1"] {
        let (listener, peer) = listener(address);
        let outgoing = Outgoing { ttl: Some(255), minimum_ttl: Some(254), ..Outgoing::to(peer) };
        let client = outgoing.prepare().unwrap();
        assert_eq!(socket::ttl(&client, peer.ip()).unwrap(), (255, 254));
        socket::set_minimum_ttl(&client, peer.ip(), 0).unwrap();
        assert_eq!(socket::ttl(&client, peer.ip()).unwrap(), (255, 0));
        assert!(client.local_addr().is_ok() && listener.local_addr().is_ok());
    }
}

#[test]
fn packets_with_a_low_ttl_are_dropped() {
    for address in ["127.0.0.1", "::1"] {
        let (listener, peer) = listener(address);
        socket::set_minimum_ttl(&listener, peer.ip(), 255).unwrap();
        let near = Outgoing { ttl: Some(255), ..Outgoing::to(peer) };
        connect(&near, ENOUGH).unwrap();
        let far = Outgoing { ttl: Some(254), ..Outgoing::to(peer) };
        assert!(connect(&far, BRIEFLY).is_err(), "{address}");
    }
}

#[test]
fn unread_bytes_are_counted() {
    let (listener, peer) = listener("127.0.0.1");
    let mut client = connect(&Outgoing::to(peer), ENOUGH).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    assert_eq!(socket::unread(&server).unwrap(), 0);
    client.write_all(&[0; 300]).unwrap();
    let mut buffer = [0; 100];
    // A blocking peek returns once the bytes are there.
    while server.peek(&mut [0; 300]).unwrap() < 300 {}
    server.read_exact(&mut buffer).unwrap();
    assert_eq!(socket::unread(&server).unwrap(), 200);
    socket::set_buffers(&server, Some(1 << 16), Some(1 << 16)).unwrap();
}

/// A listener with the keys of `peers`, or nothing where the kernel has none.
fn signed_listener(address: &str, peers: &[(Peers, &[u8])]) -> Option<(TcpListener, SocketAddr)> {
    let (listener, address) = listener(address);
    for (peers, key) in peers {
        match md5::set(&listener, *peers, key) {
            Err(error) if missing("TCP MD5", &error) => return None,
            other => other.unwrap(),
        }
    }
    Some((listener, address))
}

#[test]
fn md5_connects_with_the_right_key_only() {
    for address in ["127.0.0.1", "::1"] {
        let one = Peers::one(address.parse().unwrap(), 0);
        let Some((listener, peer)) = signed_listener(address, &[(one, b"secret")]) else { return };
        let right = Outgoing { md5: Some(b"secret"), ..Outgoing::to(peer) };
        let mut client = connect(&right, ENOUGH).unwrap();
        client.write_all(b"signed").unwrap();
        let mut got = [0; 6];
        listener.accept().unwrap().0.read_exact(&mut got).unwrap();
        assert_eq!(&got, b"signed");

        let wrong = Outgoing { md5: Some(b"guess"), ..Outgoing::to(peer) };
        assert!(connect(&wrong, BRIEFLY).is_err(), "wrong key on {address}");
        assert!(connect(&Outgoing::to(peer), BRIEFLY).is_err(), "no key on {address}");
        md5::set(&listener, one, b"other").unwrap();
        assert!(connect(&right, BRIEFLY).is_err(), "the key was replaced on {address}");
        md5::remove(&listener, one).unwrap();
        md5::remove(&listener, one).unwrap();
        connect(&Outgoing::to(peer), ENOUGH).unwrap();
    }
}

#[test]
fn md5_takes_a_range_of_peers() {
    let range = Peers::range("127.0.1.0".parse().unwrap(), 24);
    let Some((_listener, peer)) = signed_listener("127.0.0.1", &[(range, b"secret")]) else {
        return;
    };
    let inside = Outgoing { local: Some("127.0.1.7".parse().unwrap()), ..Outgoing::to(peer) };
    connect(&Outgoing { md5: Some(b"secret"), ..inside.clone() }, ENOUGH).unwrap();
    assert!(connect(&inside, BRIEFLY).is_err());
    connect(&Outgoing::to(peer), ENOUGH).expect("outside the range no key is asked for");
}

#[test]
fn keys_have_1_to_80_bytes() {
    let (listener, _) = listener("127.0.0.1");
    let one = Peers::one("192.0.2.1".parse().unwrap(), 0);
    for length in [0, 81] {
        let error = md5::set(&listener, one, &vec![b'x'; length]).unwrap_err().to_string();
        let expected =
            format!("TCP MD5 key for 192.0.2.1: a key has 1 to 80 bytes, this one has {length}");
        assert_eq!(error, expected);
    }
    match md5::set(&listener, one, &[b'x'; 80]) {
        Err(error) if missing("TCP MD5", &error) => {}
        other => other.unwrap(),
    }
}

#[test]
fn ao_connects_with_the_right_key_only_or_says_what_is_missing() {
    let (listener, peer) = listener("127.0.0.1");
    let one = Peers::one("127.0.0.1".parse().unwrap(), 0);
    for (id, algorithm) in
        [(1, Algorithm::HmacSha1), (2, Algorithm::Aes128Cmac), (3, Algorithm::HmacSha256)]
    {
        let key = ao::Key { id, algorithm, secret: b"secret".to_vec() };
        match ao::add(&listener, one, &key) {
            Err(error) if missing("TCP-AO", &error) => {
                assert_eq!(
                    error.to_string(),
                    "TCP-AO key 1 for 127.0.0.1: Protocol not available (this kernel has no \
                     TCP-AO: it takes Linux 6.7 or later built with CONFIG_TCP_AO)"
                );
                return;
            }
            other => other.unwrap(),
        }
        connect(&Outgoing { ao: Some(&key), ..Outgoing::to(peer) }, ENOUGH).unwrap();
        let guess = ao::Key { secret: b"guess".to_vec(), ..key };
        assert!(connect(&Outgoing { ao: Some(&guess), ..Outgoing::to(peer) }, BRIEFLY).is_err());
        ao::remove(&listener, one, id).unwrap();
    }
}

#[test]
fn scoped_addresses_are_read() {
    assert_eq!(socket::parse_scoped("192.0.2.1").unwrap(), ("192.0.2.1".parse().unwrap(), 0));
    assert_eq!(socket::parse_scoped("fe80::1%7").unwrap(), ("fe80::1".parse().unwrap(), 7));
    let index = socket::interface_index("lo").unwrap();
    assert_eq!(socket::parse_scoped("fe80::1%lo").unwrap().1, index);
    for (text, reason) in [
        ("fe80::1%nosuch0", "interface nosuch0: No such device"),
        ("192.0.2.1%lo", "address 192.0.2.1%lo: only IPv6 addresses"),
        ("here", "address here: not an IP address"),
    ] {
        let error = socket::parse_scoped(text).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
    let address = socket::with_scope("fe80::1".parse().unwrap(), 179, index);
    assert_eq!(address.to_string(), format!("[fe80::1%{index}]:179"));
}

#[test]
fn sockets_close_on_exec_and_do_not_block() {
    let (listener, peer) = listener("127.0.0.1");
    let client = Outgoing::to(peer).prepare().unwrap();
    for fd in [listener.as_fd(), client.as_fd()] {
        let flags = nix::fcntl::fcntl(fd, nix::fcntl::FcntlArg::F_GETFD).unwrap();
        assert_ne!(flags & libc::FD_CLOEXEC, 0);
    }
    let flags = nix::fcntl::fcntl(client.as_fd(), nix::fcntl::FcntlArg::F_GETFL).unwrap();
    assert_ne!(flags & libc::O_NONBLOCK, 0);
}
