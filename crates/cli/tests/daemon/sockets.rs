//! Sockets: listening, dialing, keys, TTLs, ranges, collisions, timers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use yottabgp_os::md5::{self, Peers};
use yottabgp_os::socket;
use yottabgp_testkit::bgp::{Connection, Open, kind};
use yottabgp_testkit::network::free_port;

use crate::support::{Helper, Lab, PATIENCE, Session, Site, open};

const LOCALHOST: [u8; 4] = [127, 0, 0, 1];
const DAEMON: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn peer(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 0, last))
}

/// A neighbor that calls.
fn caller(name: &str, more: &str) -> String {
    format!(
        "neighbor {name} {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; passive; family {{ ipv4 unicast; }} {more} }}\n"
    )
}

/// A socket of 127.0.0.LAST that is not connected yet.
fn socket_of(last: u8) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(peer(last), 0).into()).unwrap();
    socket
}

fn connect(socket: Socket, port: u16) -> Session {
    socket.connect_timeout(&SocketAddr::from((LOCALHOST, port)).into(), PATIENCE).unwrap();
    Session(Connection::new(socket.into()))
}

#[test]
fn one_address_for_all_who_call() {
    let port = free_port(LOCALHOST);
    let lab = Lab::new().with("tcp_bind", "127.0.0.1").with("tcp_port", port);
    let daemon = lab.start(&(caller("127.0.0.2", "") + &caller("127.0.0.3", "")));
    let mut sessions: Vec<Session> = [2, 3].map(|last| Session::call(last, port)).into();
    for session in &mut sessions {
        session.establish(&open());
        session.until_eor();
    }
    daemon.ask("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    for session in &mut sessions {
        assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    }
    // Who is not configured is told so.
    let mut stranger = Session::call(9, port);
    let (code, subcode, data) = stranger.notification();
    assert_eq!((code, subcode, data), (6, 5, b"no session configured for the peer".to_vec()));
    stranger.closed();
    // A second connection of one whose session is up does not harm the session.
    let mut second = Session::call(2, port);
    assert_eq!(second.notification().0, 6);
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(sessions[0].update().announced, ["10.2.0.0/24"]);
    daemon.stop();
}

#[test]
fn every_address_of_a_range_is_a_peer() {
    let port = free_port(LOCALHOST);
    let lab = Lab::new();
    let helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &caller(
            "127.0.0.0/24",
            &format!(
                "listen {port}; static {{ route 10.1.0.0/24 next-hop self; }} api {{ processes [ helper ]; neighbor-changes; }}"
            ),
        );
    let daemon = lab.start(&text);
    let mut sessions: Vec<Session> = [5, 6, 77].map(|last| Session::call(last, port)).into();
    for session in &mut sessions {
        session.establish(&open());
        assert_eq!(session.until_eor(), ["10.1.0.0/24"]);
    }
    let summary = daemon.ask("show neighbor summary");
    for last in [5, 6, 77] {
        assert!(summary.contains(&format!("127.0.0.{last} ")), "{summary}");
    }
    daemon.ask("neighbor 127.0.0.6 announce route 10.6.0.0/24 next-hop 1.2.3.4");
    assert_eq!(sessions[1].update().announced, ["10.6.0.0/24"]);
    // One that leaves is gone, and may come back.
    sessions.remove(0);
    helper.event(0, |event| {
        event["neighbor"]["state"] == "down" && event["neighbor"]["address"]["peer"] == "127.0.0.5"
    });
    daemon.until("show neighbor summary", |text| !text.contains("127.0.0.5 "));
    let mut again = Session::call(5, port);
    again.establish(&open());
    assert_eq!(again.until_eor(), ["10.1.0.0/24"]);
    let mut stranger = Session::call(5, port);
    assert_eq!(stranger.notification().0, 6);
    daemon.stop();
}

#[test]
fn md5_in_both_directions() {
    let probe = TcpListener::bind((DAEMON, 0)).unwrap();
    if let Err(error) = md5::set(&probe, Peers::one(peer(2), 0), b"secret") {
        println!("SKIPPED: {error}");
        return;
    }
    // It is called: each end signs for the other.
    let site = Site::new(2);
    md5::set(site.listener(), Peers::one(DAEMON, 0), b"secret").unwrap();
    let port = free_port(LOCALHOST);
    let lab = Lab::new();
    let text = site.neighbor("md5-password secret; family { ipv4 unicast; }")
        + &caller("127.0.0.3", &format!("listen {port}; md5-password \"other secret\";"));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    // It calls.
    let socket = socket_of(3);
    md5::set(&socket, Peers::one(DAEMON, 0), b"other secret").unwrap();
    let mut session = connect(socket, port);
    session.establish(&open());
    session.until_eor();
    // With another key, or none, there is no connection.
    drop(session);
    for key in [&b"wrong"[..], b""] {
        let socket = socket_of(3);
        if !key.is_empty() {
            md5::set(&socket, Peers::one(DAEMON, 0), key).unwrap();
        }
        let to = SocketAddr::from((LOCALHOST, port)).into();
        assert!(socket.connect_timeout(&to, Duration::from_millis(300)).is_err());
    }
    daemon.stop();
}

/// Whether somebody at this address gets a connection with this key, or with none.
fn is_let_in(from: Ipv4Addr, port: u16, key: &[u8]) -> bool {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(from.into(), 0).into()).unwrap();
    if !key.is_empty() {
        md5::set(&socket, Peers::one(DAEMON, 0), key).unwrap();
    }
    let to = SocketAddr::from((LOCALHOST, port)).into();
    socket.connect_timeout(&to, Duration::from_millis(500)).is_ok()
}

#[test]
fn md5_keys_come_and_go_with_a_reload() {
    let probe = TcpListener::bind((DAEMON, 0)).unwrap();
    if let Err(error) = md5::set(&probe, Peers::range(peer(0), 24), b"secret") {
        println!("SKIPPED: {error}");
        return;
    }
    let port = free_port(LOCALHOST);
    let lab = Lab::new().with("tcp_bind", "127.0.0.1").with("tcp_port", port);
    let second = free_port(LOCALHOST);
    let text = |one: &str, range: &str| {
        caller("127.0.0.3", one)
            + &caller("127.0.1.0/24", &format!("listen {second}; md5-ip 127.0.0.1; {range}"))
    };
    let daemon = lab.start(&text("", ""));
    let lets_in = |one: &[u8], range: &[u8]| {
        for key in [&b""[..], b"first", b"second"] {
            assert_eq!(is_let_in(Ipv4Addr::new(127, 0, 0, 3), port, key), key == one, "{key:?}");
            let of_range = Ipv4Addr::new(127, 0, 1, 7);
            assert_eq!(is_let_in(of_range, second, key), key == range, "range: {key:?}");
        }
    };
    lets_in(b"", b"");
    for (one, range) in
        [("first", ""), ("second", "first"), ("second", "second"), ("", "second"), ("", "")]
    {
        let words = |key: &str| match key {
            "" => String::new(),
            key => format!("md5-password {key};"),
        };
        crate::reload::reload(&daemon, &text(&words(one), &words(range)));
        lets_in(one.as_bytes(), range.as_bytes());
    }
    daemon.stop();
}

#[test]
fn a_key_that_the_system_refused_is_tried_again() {
    let probe = TcpListener::bind((DAEMON, 0)).unwrap();
    if let Err(error) = md5::set(&probe, Peers::one(peer(2), 0), b"secret") {
        println!("SKIPPED: {error}");
        return;
    }
    let port = free_port(LOCALHOST);
    let lab = Lab::new().with("tcp_bind", "127.0.0.1").with("tcp_port", port);
    let address = |number: u16| {
        let [high, low] = number.to_be_bytes();
        Ipv4Addr::new(127, 1, high, low)
    };
    let text = |numbers: std::ops::Range<u16>| -> String {
        numbers.map(|number| caller(&address(number).to_string(), "md5-password secret;")).collect()
    };
    let daemon = lab.start(&text(0..1));
    // A socket has room for so many keys and no more.
    crate::reload::reload(&daemon, &text(0..1500));
    if !daemon.log().contains("TCP MD5 key for") {
        println!("SKIPPED: this system takes any number of keys");
        daemon.stop();
        return;
    }
    crate::reload::reload(&daemon, &text(700..720));
    for number in 700..720 {
        assert!(is_let_in(address(number), port, b"secret"), "{number}");
    }
    daemon.stop();
}

#[test]
fn far_away_is_not_heard() {
    // Packets with another TTL than 255 do not arrive at this peer, SYN included.
    let site = Site::new(2);
    socket::set_minimum_ttl(site.listener(), DAEMON, 255).unwrap();
    let port = free_port(LOCALHOST);
    let lab = Lab::new();
    let text = site.neighbor("outgoing-ttl 255; family { ipv4 unicast; }")
        + &caller("127.0.0.3", &format!("listen {port}; incoming-ttl 255; outgoing-ttl 255;"));
    let daemon = lab.start(&text);
    site.session().until_eor();
    let near = socket_of(3);
    socket::set_ttl(&near, DAEMON, 255).unwrap();
    let mut near = connect(near, port);
    near.establish(&open());
    near.until_eor();
    daemon.stop();
}

#[test]
fn far_away_is_not_heard_of_a_range_either() {
    let port = free_port(LOCALHOST);
    let lab = Lab::new().with("bgp_openwait", 2);
    let daemon = lab.start(&caller(
        "127.0.0.0/24",
        &format!("listen {port}; incoming-ttl 255; outgoing-ttl 255;"),
    ));
    let near = socket_of(3);
    socket::set_ttl(&near, DAEMON, 255).unwrap();
    let mut near = connect(near, port);
    near.establish(&open());
    near.until_eor();
    // What this one says does not arrive.
    let mut far = Session::call(4, port);
    far.0.expect(kind::OPEN, PATIENCE).unwrap();
    far.send(kind::OPEN, &open().body());
    daemon.await_log("127.0.0.4 is down");
    assert!(!daemon.log().contains("127.0.0.4 is up"));
    daemon.stop();
}

#[test]
fn a_range_is_waited_for_whatever_the_attempts() {
    let port = free_port(LOCALHOST);
    let lab = Lab::new().with("tcp_attempts", 1);
    let daemon = lab.start(&caller("127.0.0.0/24", &format!("listen {port};")));
    for last in [3, 4] {
        let mut session = connect(socket_of(last), port);
        session.establish(&open());
        session.until_eor();
        drop(session);
        daemon.await_log(&format!("127.0.0.{last} is down"));
        daemon.until("show neighbor summary", |text| peers(text) == 0);
    }
    daemon.stop();
}

/// One end of a connection from any address of 127.0.0.0/8.
fn call_from(from: [u8; 4], port: u16) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect_timeout(&SocketAddr::from((LOCALHOST, port)).into(), PATIENCE).unwrap();
    socket
}

/// How many peers there are.
fn peers(summary: &str) -> usize {
    summary.lines().filter(|line| line.starts_with("127.")).count()
}

#[test]
fn who_only_connects_to_a_range_costs_little() {
    const ROUTES: u32 = 20_000;
    let port = free_port(LOCALHOST);
    let routes: String = (0..ROUTES)
        .map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            format!("route 10.{a}.{b}.{c}/32 next-hop self;\n")
        })
        .collect();
    let daemon =
        Lab::new().start(&caller("127.0.0.0/8", &format!("listen {port}; static {{ {routes} }}")));
    // Tables, once, and what stays allocated after them.
    let mut session = Session::call(5, port);
    session.establish(&open());
    assert_eq!(session.until_eor().len(), ROUTES as usize);
    let before = daemon.memory();
    let silent: Vec<Socket> = (1..=100).map(|last| call_from([127, 10, 0, last], port)).collect();
    daemon.until("show neighbor summary", |text| peers(text) == 101);
    let grown = daemon.memory().saturating_sub(before);
    assert!(grown < 20 << 20, "{grown} octets for {} connections", silent.len());
    // One that speaks gets them all.
    let mut last = Session(Connection::new(call_from([127, 11, 0, 1], port).into()));
    last.establish(&open());
    assert_eq!(last.until_eor().len(), ROUTES as usize);
    daemon.stop();
}

#[test]
fn so_many_may_be_on_their_way_in_a_range() {
    yottabgp_os::limits::raise_files().unwrap();
    let port = free_port(LOCALHOST);
    let daemon = Lab::new().start(&caller("127.0.0.0/8", &format!("listen {port};")));
    let mut session = Session::call(5, port);
    session.establish(&open());
    session.until_eor();
    let mut silent: Vec<Socket> = (0..1000_u16)
        .map(|number| {
            let [high, low] = number.to_be_bytes();
            call_from([127, 10, high, low], port)
        })
        .collect();
    let mut refused = Session(Connection::new(call_from([127, 11, 0, 1], port).into()));
    let (code, subcode, _) = refused.notification();
    assert_eq!((code, subcode), (6, 8));
    refused.closed();
    daemon.await_log("1000 peers of ranges are connected");
    // Those whose session is up are not counted, and the place of one who leaves is free.
    daemon.ask("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    silent.pop();
    daemon.until("show neighbor summary", |text| peers(text) == 1000);
    let mut next = Session(Connection::new(call_from([127, 11, 0, 2], port).into()));
    next.establish(&open());
    next.until_eor();
    daemon.stop();
}

#[test]
fn who_is_gone_before_it_is_looked_at_leaves_nothing() {
    let port = free_port(LOCALHOST);
    let daemon = Lab::new().start(&caller("127.0.0.0/8", &format!("listen {port};")));
    daemon.until("show neighbor summary", |text| peers(text) == 0);
    // The end comes between the moment when the connection is taken and that when its peer begins: sometimes.
    for number in 0..3000_u16 {
        let [high, low] = number.to_be_bytes();
        let socket = call_from([127, 10, high, low], port);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
        for _ in 0..number % 600 {
            std::hint::spin_loop();
        }
    }
    daemon.until("show neighbor summary", |text| peers(text) == 0);
    daemon.stop();
}

#[test]
fn both_call_at_once() {
    // The connection of the one with the higher identifier stays (RFC 4271 section 6.8).
    for (identifier, theirs_stays) in
        [(Ipv4Addr::new(2, 2, 2, 2), true), (Ipv4Addr::new(0, 0, 0, 1), false)]
    {
        let site = Site::new(2);
        let port = free_port(LOCALHOST);
        let lab = Lab::new();
        let mut helper = Helper::new(&lab, "helper");
        let text = helper.section("helper", "json")
            + &site.neighbor(&format!("listen {port}; family {{ ipv4 unicast; }} api {{ processes [ helper ]; neighbor-changes; }}"));
        let daemon = lab.start(&text);
        let mut ours = site.accept();
        ours.0.expect(kind::OPEN, PATIENCE).unwrap();
        let mut theirs = Session::call(2, port);
        theirs.0.expect(kind::OPEN, PATIENCE).unwrap();
        let open = Open::new(65002, identifier);
        theirs.send(kind::OPEN, &open.body());
        ours.send(kind::OPEN, &open.body());
        let (stays, goes) =
            if theirs_stays { (&mut theirs, &mut ours) } else { (&mut ours, &mut theirs) };
        // A KEEPALIVE is not answered here: that would establish this one.
        let told = loop {
            let message = goes.0.receive(PATIENCE).unwrap().unwrap();
            if message.kind == kind::NOTIFICATION {
                break message.body;
            }
        };
        assert_eq!(told, [6, 7], "{identifier}");
        goes.closed();
        stays.0.expect(kind::KEEPALIVE, PATIENCE).unwrap();
        stays.send(kind::KEEPALIVE, &[]);
        stays.until_eor();
        helper.state(0, "up");
        helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
        assert_eq!(stays.update().announced, ["10.1.0.0/24"]);
        daemon.stop();
    }
}

#[test]
fn a_silent_peer_is_given_up() {
    let (silent, mute) = (Site::new(2), Site::new(3));
    let lab = Lab::new().with("bgp_openwait", 2);
    let daemon = lab.start(&(silent.neighbor("hold-time 3;") + &mute.neighbor("")));
    let start = Instant::now();
    let mut session = silent.session();
    // This one does not even say OPEN.
    let mut nothing = mute.accept();
    nothing.0.expect(kind::OPEN, PATIENCE).unwrap();
    let told = nothing.notification();
    assert!((told.0, told.1) == (4, 0) || (told.0, told.1) == (5, 1), "{told:?}");
    let told = loop {
        match session.0.receive(PATIENCE).unwrap().unwrap() {
            message if message.kind == kind::NOTIFICATION => break message.body,
            _ => {}
        }
    };
    assert_eq!(told, [4, 0]);
    assert!(start.elapsed() > Duration::from_secs(2), "{:?}", start.elapsed());
    // And tried again.
    drop(session);
    silent.session().settled();
    daemon.stop();
}

#[test]
fn a_peer_that_is_not_there_yet() {
    let lab = Lab::new();
    let port = free_port([127, 0, 0, 2]);
    let text = format!(
        "neighbor 127.0.0.2 {{ router-id 1.1.1.1; local-address 127.0.0.1; local-as 65001; peer-as 65002; connect {port}; }}"
    );
    let daemon = lab.with("log_all", true).with("log_level", "DEBUG").start(&text);
    daemon.await_log("refused");
    let listener = TcpListener::bind((peer(2), port)).unwrap();
    let mut session = Session(Connection::accept(&listener, PATIENCE).unwrap());
    session.establish(&open());
    session.settled();
    daemon.stop();
}

#[test]
fn so_many_attempts_and_no_more() {
    // Refused, and refused by the peer in BGP: the daemon ends when nobody is left to call.
    for answers in [false, true] {
        let lab = Lab::new().with("tcp_attempts", 1);
        let site = Site::new(2);
        let text = site.neighbor("");
        let mut daemon = if answers {
            let daemon = lab.start(&text);
            let mut session = site.session();
            session.settled();
            session.send(kind::NOTIFICATION, &[6, 2]);
            session.closed();
            daemon
        } else {
            drop(site);
            let running = lab.program(&text).start_here().unwrap();
            crate::support::Daemon::unready(lab, running)
        };
        let status = daemon.running().wait(PATIENCE).expect("an end");
        assert!(status.success(), "{status}");
    }
}

#[test]
fn sessions_over_ipv6() {
    let lab = Lab::new();
    let Ok(listener) = TcpListener::bind(("::1", 0)) else {
        println!("SKIPPED: this machine has no IPv6");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "neighbor ::1 {{ router-id 1.1.1.1; local-address ::1; local-as 65001; peer-as 65002; connect {port}; family {{ ipv4 unicast; ipv6 unicast; }}
         static {{ route 2001:db8:1::/48 next-hop self; route 10.1.0.0/24 next-hop self; }} }}"
    );
    let daemon = lab.start(&text);
    let mut session = Session(Connection::accept(&listener, PATIENCE).unwrap());
    session.establish(&open());
    let updates = session.settled();
    // MP_REACH_NLRI of IPv6 unicast, with the address of the session as next hop.
    let reach: Vec<&[u8]> = updates.iter().filter_map(|update| update.attribute(14)).collect();
    let mut next_hop = [0; 16];
    next_hop[15] = 1;
    let expected = [&[0, 2, 1, 16][..], &next_hop, &[0, 48, 0x20, 0x01, 0x0d, 0xb8, 0, 1]].concat();
    assert_eq!(reach, [expected]);
    // There is no address of IPv4 but the identifier.
    let ipv4 = updates.iter().find(|update| !update.announced.is_empty()).unwrap();
    assert_eq!(ipv4.attribute(3), Some(&[1, 1, 1, 1][..]));
    assert!(daemon.ask("show neighbor summary").contains("::1"));
    daemon.stop();
}
