//! Recording to MRT files, and tables: what stands in the files is what went over the wire.

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use yottabgp_mrt::{Content, Message, PeerIndexTable, Record};
use yottabgp_testkit::bgp::{frame, kind};
use yottabgp_testkit::wait::until;

use crate::support::{Daemon, Lab, PATIENCE, Session, Site, attributes, open, update};

/// The most octets of the body of an End-of-RIB.
const END_OF_RIB: usize = 11;

/// A record with its octets owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Read {
    /// Whether we sent it, whether AS numbers have four octets, whether there are path identifiers, and the message.
    Message {
        local: bool,
        asn4: bool,
        path_id: bool,
        octets: Vec<u8>,
    },
    State(u16, u16),
    Peers(PeerIndexTable),
    /// Family, NLRI, and of each route the peer, path identifier and attributes.
    Routes(String, Vec<u8>, Vec<(u16, Option<u32>, Vec<u8>)>),
}

/// Every record of a file, with the second of each.
#[track_caller]
fn records(octets: &[u8]) -> Vec<(u32, Read)> {
    let mut rest = octets;
    let mut all = Vec::new();
    while let Some((record, length)) = Record::take(rest).unwrap() {
        let read = match record.read().unwrap() {
            Content::Message(Message { is_local, asn4, path_id, octets, .. }) => {
                Read::Message { local: is_local, asn4, path_id, octets: octets.to_vec() }
            }
            Content::StateChange(change) => Read::State(change.old, change.new),
            Content::PeerIndexTable(table) => Read::Peers(table),
            Content::Rib(rib) => {
                let routes = rib.entries.iter().map(|entry| {
                    (entry.peer.unwrap_err(), entry.path_id, entry.attributes.to_vec())
                });
                Read::Routes(rib.family.to_string(), rib.nlri.to_vec(), routes.collect())
            }
            Content::Other => panic!("a record of type {} {}", record.kind, record.subtype),
        };
        all.push((record.seconds, read));
        rest = &rest[length..];
    }
    assert_eq!(rest, [0; 0], "the file ends in a record");
    all
}

#[track_caller]
fn of_file(path: &Path) -> Vec<Read> {
    let octets = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    records(&octets).into_iter().map(|(_, read)| read).collect()
}

/// The messages of one direction.
fn messages(all: &[Read], of_us: bool) -> Vec<Vec<u8>> {
    let octets = |read: &Read| match read {
        Read::Message { local, octets, .. } if *local == of_us => Some(octets.clone()),
        _ => None,
    };
    all.iter().filter_map(octets).collect()
}

/// The states, each from the one before.
#[track_caller]
fn states(all: &[Read]) -> Vec<u16> {
    let mut states = vec![1];
    for read in all {
        if let Read::State(old, new) = read {
            assert_eq!(states.last(), Some(old), "{all:?}");
            states.push(*new);
        }
    }
    states
}

/// The lines of `bgpdump -m` without their times: somebody else's reading. `None` where it is not installed.
fn bgpdump(path: &Path) -> Option<Vec<String>> {
    let Ok(output) = Command::new("bgpdump").arg("-m").arg(path).output() else {
        println!("SKIPPED: bgpdump is not installed (apt-get install bgpdump)");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let line = |line: &str| {
        let mut fields: Vec<&str> = line.split('|').collect();
        fields.remove(1);
        fields.join("|")
    };
    Some(text.lines().map(line).collect())
}

/// What `bgpdump` says of a file with changes of state and the UPDATEs of one route each way, and a withdrawal.
fn lines(all: &[Read]) -> Vec<String> {
    let mut lines = Vec::new();
    for read in all {
        match read {
            Read::State(old, new) => {
                lines.push(format!("BGP4MP_ET|STATE|127.0.0.2|65002|{old}|{new}"));
            }
            Read::Message { local, path_id, octets, .. } if octets[18] == kind::UPDATE => {
                if octets.len() <= 19 + END_OF_RIB {
                    continue;
                }
                // It takes our end for the sender where there are path identifiers, and the peer's where there are none.
                let (name, end) = match (local, path_id) {
                    (false, false) => ("BGP4MP_ET", "127.0.0.2|65002"),
                    (false, true) => ("BGP4MP_ET_AP", "127.0.0.2|65002"),
                    (true, false) => ("BGP4MP_ET_LOCAL", "127.0.0.2|65002"),
                    (true, true) => ("BGP4MP_ET_AP", "127.0.0.1|65001"),
                };
                if !local && !path_id {
                    lines.push(format!("{name}|W|{end}|10.8.0.0/16"));
                }
                let (prefix, rest) = match local {
                    false => ("10.9.0.0/24", "65002|IGP|2.2.2.2|0|0||NAG||"),
                    true => ("10.0.0.0/24", "65001|IGP|1.1.1.1|0|5||NAG||"),
                };
                let id = match (local, path_id) {
                    (_, false) => "",
                    (false, true) => "7|",
                    (true, true) => "0|",
                };
                lines.push(format!("{name}|A|{end}|{prefix}|{id}{rest}"));
            }
            _ => {}
        }
    }
    lines
}

/// The files of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn part(path: &Path) -> PathBuf {
    format!("{}.part", path.display()).into()
}

/// A folder for files, and the section of all neighbors.
fn folder(lab: &Lab) -> PathBuf {
    let folder = lab.path("mrt");
    fs::create_dir(&folder).unwrap();
    folder
}

#[test]
fn a_session_is_in_the_file_as_it_was_on_the_wire() {
    // With four-octet AS numbers, with two-octet ones, and with path identifiers.
    for (capability, more, asn4, path_id) in [
        ("", vec![], true, false),
        ("asn4 disable;", vec![], false, false),
        ("add-path send/receive;", vec![(69, vec![0, 1, 1, 3])], true, true),
    ] {
        let lab = Lab::new();
        let folder = folder(&lab);
        let file = folder.join("all.mrt");
        let site = Site::new(2);
        let text = format!(
            "mrt {{ updates {}; rotate 0; sent true; }}\n{}",
            file.display(),
            site.neighbor(&format!(
                "capability {{ route-refresh; {capability} }} add-path {{ ipv4 unicast; }} family {{ ipv4 unicast; ipv6 unicast; }}
                 static {{ route 10.0.0.0/24 next-hop 1.1.1.1 med 5; }}"
            ))
            .replace("add-path { ipv4 unicast; }", if path_id { "add-path { ipv4 unicast; }" } else { "" })
        );
        let mut daemon = lab.start(&text);
        let mut open = open();
        open.capabilities.push((2, Vec::new()));
        open.capabilities.extend(more);
        let mut session = site.accept();
        let theirs = session.0.receive(PATIENCE).unwrap().unwrap();
        let mut sent = vec![frame(theirs.kind, &theirs.body)];
        let mut said = Vec::new();
        let mut say = |session: &mut Session, kind, body: &[u8]| {
            session.send(kind, body);
            said.push(frame(kind, body));
        };
        say(&mut session, kind::OPEN, &open.body());
        say(&mut session, kind::KEEPALIVE, &[]);
        let short = [0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0xFD, 0xEA, 0x40, 3, 4, 2, 2, 2, 2];
        let route = match path_id {
            true => [
                &[0, 0][..],
                &[0, u8::try_from(attributes().len()).unwrap()],
                &attributes(),
                &[0, 0, 0, 7, 24, 10, 9, 0],
            ]
            .concat(),
            false if !asn4 => update(&["10.8.0.0/16"], &short, &["10.9.0.0/24"]),
            false => update(&["10.8.0.0/16"], &attributes(), &["10.9.0.0/24"]),
        };
        say(&mut session, kind::UPDATE, &route);
        // Until UPDATEs of these kinds came, End-of-RIB or not.
        let mut hear = |session: &mut Session, is_end: bool, mut count: u32| {
            while count > 0 {
                let message = session.0.receive(PATIENCE).unwrap().unwrap();
                let ends = message.body.len() <= END_OF_RIB;
                count -= u32::from(message.kind == kind::UPDATE && ends == is_end);
                sent.push(frame(message.kind, &message.body));
            }
        };
        hear(&mut session, true, 2);
        say(&mut session, kind::ROUTE_REFRESH, &[0, 1, 0, 1]);
        // The table comes again: all was heard before.
        hear(&mut session, false, 1);
        let (_, status) = daemon.terminate();
        assert!(status.success());
        while let Ok(Some(message)) = session.0.receive(PATIENCE) {
            sent.push(frame(message.kind, &message.body));
        }
        assert_eq!(files(&folder), std::slice::from_ref(&file), "it has its name");
        let all = of_file(&file);
        assert_eq!(messages(&all, false), said, "{capability}");
        assert_eq!(messages(&all, true), sent, "{capability}");
        let states = states(&all);
        assert!(states.ends_with(&[4, 5, 6, 1]), "{states:?}");
        if let Some(said) = bgpdump(&file) {
            assert_eq!(said, lines(&all), "{capability}");
        }
        for read in &all {
            let Read::Message { asn4: four, path_id: paths, octets, .. } = read else { continue };
            // Before the OPENs nothing is agreed upon.
            let is_open = octets[18] == kind::OPEN;
            assert!(is_open || *four == asn4, "{capability}: {read:?}");
            let has_routes = octets[18] == kind::UPDATE && octets.len() > 19 + END_OF_RIB;
            assert_eq!(*paths, path_id && has_routes, "{capability}: {read:?}");
        }
    }
}

#[test]
fn what_is_recorded_can_be_chosen() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let (one, two) = (Site::new(2), Site::new(3));
    let text = format!(
        "mrt {{ updates \"{0}/{{peer}}.states\"; rotate 0; received false; messages [ state ]; }}\n{1}{2}",
        folder.display(),
        one.neighbor(&format!(
            "mrt {{ updates {}/updates; rotate 0; messages [ update ]; }}",
            folder.display()
        )),
        two.neighbor("")
    );
    let mut daemon = lab.start(&text);
    let mut sessions = [one.session(), two.session()];
    let route = update(&[], &attributes(), &["10.9.0.0/24"]);
    for session in &mut sessions {
        session.settled();
        session.send(kind::UPDATE, &route);
    }
    daemon.until("show adj-rib in", |text| text.matches("10.9.0.0/24").count() == 2);
    daemon.terminate();
    let names: Vec<_> = files(&folder);
    assert_eq!(
        names,
        ["127.0.0.2.states", "127.0.0.3.states", "updates"].map(|name| folder.join(name))
    );
    for name in &names[..2] {
        let all = of_file(name);
        assert!(all.iter().all(|read| matches!(read, Read::State(..))), "{all:?}");
        assert!(states(&all).ends_with(&[4, 5, 6, 1]));
    }
    assert_eq!(messages(&of_file(&names[2]), false), [frame(kind::UPDATE, &route)]);
    assert_eq!(of_file(&names[2]).len(), 1);
}

#[test]
fn the_next_file_begins_at_a_multiple_of_the_interval() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let text =
        format!("mrt {{ updates {}/%s.gz; rotate 1; }}\n{}", folder.display(), site.neighbor(""));
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    let mut said = Vec::new();
    let is_whole = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "gz");
    let mut number = 0u8;
    until("three whole files", || {
        let route = update(&[], &attributes(), &[&format!("10.{number}.0.0/16")]);
        number = number.wrapping_add(1);
        session.send(kind::UPDATE, &route);
        said.push(frame(kind::UPDATE, &route));
        files(&folder).iter().filter(|path| is_whole(path)).count() >= 3
    });
    let last = update(&[], &attributes(), &["192.0.2.0/24"]);
    session.send(kind::UPDATE, &last);
    said.push(frame(kind::UPDATE, &last));
    daemon.until("show adj-rib in", |text| text.contains("192.0.2.0/24"));
    daemon.terminate();
    let mut heard = Vec::new();
    for path in files(&folder) {
        let begins: u32 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let output = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", path.display());
        for (seconds, read) in records(&output.stdout) {
            assert_eq!(seconds, begins, "{}", path.display());
            heard.extend(messages(&[read], false));
        }
    }
    let updates: Vec<_> = heard.into_iter().filter(|octets| octets[18] == kind::UPDATE).collect();
    assert_eq!(updates, said);
}

#[test]
fn what_can_not_be_written_is_told_and_goes_on_when_it_can() {
    let lab = Lab::new();
    let missing = lab.path("missing");
    let site = Site::new(2);
    let file = missing.join("all.mrt");
    let text = format!(
        "mrt {{ updates {}; rotate 0; messages [ update ]; }}\n{}",
        file.display(),
        site.neighbor("")
    );
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.1.0.0/16"]));
    daemon.await_log(&format!(
        "MRT file {}: the directory {} is not there: make it: what is to be recorded is lost; it is tried again every 5 seconds",
        file.display(),
        missing.display()
    ));
    // Nobody else notices.
    daemon.until("show adj-rib in", |text| text.contains("10.1.0.0/16"));
    fs::create_dir(&missing).unwrap();
    let mut number = 0u8;
    until("it goes on", || {
        session.send(kind::UPDATE, &update(&[], &attributes(), &[&format!("10.2.{number}.0/24")]));
        number = number.wrapping_add(1);
        daemon.log().contains("recording goes on; up to ")
    });
    daemon.terminate();
    let log = daemon.log();
    let lost =
        log.split("up to ").nth(1).unwrap().split(' ').next().unwrap().parse::<usize>().unwrap();
    let recorded = of_file(&file).len();
    // Each is in the file or counted.
    assert_eq!(recorded + lost, usize::from(number) + 1, "{log}");
    assert!(lost >= 1 && recorded >= 1, "{lost} lost, {recorded} recorded");
}

/// A file system of 128 KiB, if this may be made here.
struct Small(PathBuf);

impl Small {
    fn new(folder: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=128k", "none"])
            .arg(folder)
            .output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_costs_records_and_no_session() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let Some(_small) = Small::new(&folder) else {
        println!("SKIPPED: a full disk: tmpfs can not be mounted");
        return;
    };
    let ballast = folder.join("ballast");
    let file = folder.join("all.mrt");
    let site = Site::new(2);
    let text = format!(
        "mrt {{ updates {}; rotate 0; messages [ update ]; }}\n{}",
        file.display(),
        site.neighbor("")
    );
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    let mut number = 0u32;
    let mut send = |session: &mut Session| {
        let [_, a, b, c] = number.to_be_bytes();
        session.send(
            kind::UPDATE,
            &update(&[], &attributes(), &[&format!("{}.{b}.{c}.0/24", 20 + a)]),
        );
        number += 1;
    };
    send(&mut session);
    until("the first record", || fs::metadata(part(&file)).is_ok_and(|file| file.len() > 0));
    // All that is left.
    let _ = fs::write(&ballast, vec![0; 256 * 1024]);
    until("the disk is full", || {
        send(&mut session);
        daemon.log().contains("No space left on device: what is to be recorded is lost")
    });
    fs::remove_file(&ballast).unwrap();
    until("it goes on", || {
        send(&mut session);
        daemon.log().contains("recording goes on; up to ")
    });
    daemon.terminate();
    let log = daemon.log();
    let lost =
        log.split("up to ").nth(1).unwrap().split(' ').next().unwrap().parse::<u32>().unwrap();
    // Every file has whole records alone, the one that was given up as well.
    let files: Vec<_> = files(&folder);
    let recorded: usize = files.iter().map(|path| of_file(path).len()).sum();
    assert!(
        recorded as u32 + lost >= number && lost >= 1,
        "{recorded} recorded, {lost} of {number} lost: {files:?}"
    );
    assert!(files.contains(&part(&file)) && files.contains(&folder.join("all.mrt-1")), "{files:?}");
}

#[test]
fn a_reload_changes_what_is_recorded() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let neighbor = site.neighbor("");
    let section = |name: &str| {
        format!(
            "mrt {{ updates {}/{name}; rotate 0; messages [ update ]; }}\n{neighbor}",
            folder.display()
        )
    };
    let mut daemon = lab.start(&neighbor);
    let mut session = site.session();
    session.settled();
    let mut said = Vec::new();
    for (name, count) in ["one", "two", ""].into_iter().zip(1..) {
        match name {
            "" => reload(&daemon, &neighbor, count),
            name => reload(&daemon, &section(name), count),
        }
        let route = update(&[], &attributes(), &[&format!("10.{}.0.0/16", said.len())]);
        session.send(kind::UPDATE, &route);
        let prefix = format!("10.{}.0.0/16", said.len());
        daemon.until("show adj-rib in", |text| text.contains(&prefix));
        said.push(frame(kind::UPDATE, &route));
    }
    // Both were closed, and the session went on.
    until("the last one is closed", || folder.join("two").exists());
    assert_eq!(files(&folder), [folder.join("one"), folder.join("two")]);
    for (name, route) in ["one", "two"].iter().zip(&said) {
        assert_eq!(messages(&of_file(&folder.join(name)), false), std::slice::from_ref(route));
    }
    daemon.terminate();
}

/// Reloads, and waits until that is over: so often so far.
#[track_caller]
fn reload(daemon: &Daemon, text: &str, count: usize) {
    daemon.lab.configure(text);
    daemon.signal(Signal::SIGUSR1);
    until("the reload", || daemon.log().matches("the configuration was reloaded").count() == count);
}

#[test]
fn a_neighbor_has_a_directory_of_its_own() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let text = format!(
        "mrt {{ updates \"{0}/{{peer}}/updates\"; rotate 0; table \"{0}/{{peer}}/table.%s\"; table-interval 1; }}\n{1}",
        folder.display(),
        site.neighbor("")
    );
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    daemon.await_log("is written: 0 routes to 0 NLRI of 1 peers");
    daemon.terminate();
    let own = folder.join("127.0.0.2");
    assert_eq!(files(&folder), std::slice::from_ref(&own));
    assert!(states(&of_file(&own.join("updates"))).ends_with(&[4, 5, 6, 1]));
}

#[test]
fn a_file_that_two_sections_name_has_everything_once() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let section = |messages: &str| {
        format!(
            "mrt {{ updates {0}/updates; rotate 0; messages [ {messages} ]; table {0}/table.%s; table-interval 1; }}",
            folder.display()
        )
    };
    let text = format!("{}\n{}", section("update state"), site.neighbor(&section("update open")));
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    let route = update(&[], &attributes(), &["10.9.0.0/24"]);
    session.send(kind::UPDATE, &route);
    daemon.await_log(": 1 routes to 1 NLRI of 1 peers");
    daemon.terminate();
    let all = of_file(&folder.join("updates"));
    let said = messages(&all, false);
    let of = |kind| said.iter().filter(move |octets| octets[18] == kind);
    assert_eq!(of(kind::UPDATE).collect::<Vec<_>>(), [&frame(kind::UPDATE, &route)]);
    assert_eq!(of(kind::OPEN).count(), 1);
    assert!(states(&all).ends_with(&[4, 5, 6, 1]));
}

#[test]
fn files_rotate_otherwise_after_a_reload_says_so() {
    const WEEK: u64 = 7 * 24 * 3600;
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let section = |rotate: u64| {
        format!(
            "mrt {{ updates {}/%s; rotate {rotate}; messages [ update ]; }}\n{}",
            folder.display(),
            site.neighbor("")
        )
    };
    let mut daemon = lab.start(&section(0));
    let mut session = site.session();
    session.settled();
    let mut said = Vec::new();
    let mut say = |session: &mut Session, daemon: &Daemon, prefix: &str| {
        let route = update(&[], &attributes(), &[prefix]);
        session.send(kind::UPDATE, &route);
        daemon.until("show adj-rib in", |text| text.contains(prefix));
        said.push(frame(kind::UPDATE, &route));
    };
    say(&mut session, &daemon, "10.1.0.0/16");
    reload(&daemon, &section(WEEK), 1);
    until("the first file is whole", || {
        files(&folder).iter().any(|path| path.extension().is_none())
    });
    say(&mut session, &daemon, "10.2.0.0/16");
    daemon.terminate();
    let mut files = files(&folder);
    files.sort_by_key(|path| of_file(path) != [message_of(&said[0])]);
    let begins: Vec<u64> = files
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for (path, route) in files.iter().zip(&said) {
        assert_eq!(of_file(path), [message_of(route)]);
    }
    assert!(begins[1].is_multiple_of(WEEK) && begins[0] > begins[1], "{begins:?}");
}

/// What is read of a message that a peer with four-octet AS numbers sent.
fn message_of(octets: &[u8]) -> Read {
    Read::Message { local: false, asn4: true, path_id: false, octets: octets.to_vec() }
}

#[test]
fn a_session_that_was_up_before_it_was_recorded_is_known() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let neighbor = site.neighbor("");
    let file = |name: &str| {
        let folder = folder.display();
        format!("mrt {{ updates {folder}/{name}; rotate 0; messages [ state ]; }}\n{neighbor}")
    };
    // One that never comes up goes with the reload that begins to record.
    let mut daemon = lab.start(&(neighbor.clone() + &Site::new(3).neighbor("")));
    let mut session = site.session();
    session.settled();
    reload(&daemon, &file("first"), 1);
    drop(session);
    let mut session = site.session();
    session.settled();
    // What it does while it is not recorded is seen by nobody.
    reload(&daemon, &neighbor, 2);
    drop(session);
    daemon.until("show neighbor summary", |text| !text.contains("established"));
    reload(&daemon, &file("second"), 3);
    let mut session = site.session();
    session.settled();
    daemon.terminate();
    let changes = |name: &str| -> Vec<(u16, u16)> {
        let change = |read| match read {
            Read::State(old, new) => (old, new),
            other => panic!("{other:?}"),
        };
        of_file(&folder.join(name)).into_iter().map(change).collect()
    };
    let first = changes("first");
    assert_eq!(first.first(), Some(&(6, 1)), "{first:?}");
    assert!(first.last().is_some_and(|(_, new)| *new == 6), "{first:?}");
    let second = changes("second");
    assert!(second.first().is_some_and(|(old, _)| *old != 6), "{second:?}");
    assert_eq!(second.last(), Some(&(6, 1)), "{second:?}");
}

#[test]
fn last_words_of_a_neighbor_that_goes_are_in_its_file() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let (one, two) = (Site::new(2), Site::new(3));
    let own = folder.join("own");
    let first = one.neighbor(&format!("mrt {{ updates {}; rotate 0; sent true; }}", own.display()));
    let second = two.neighbor(&format!("mrt {{ updates {}/other; rotate 0; }}", folder.display()));
    let mut daemon = lab.start(&format!("{first}{second}"));
    let mut sessions = [one.session(), two.session()];
    for session in &mut sessions {
        session.settled();
    }
    reload(&daemon, &second, 1);
    while let Ok(Some(_)) = sessions[0].0.receive(PATIENCE) {}
    until("its file is whole", || own.exists());
    // Also where nothing else is recorded any more.
    reload(&daemon, &Site::new(4).neighbor(""), 2);
    while let Ok(Some(_)) = sessions[1].0.receive(PATIENCE) {}
    until("the other one is whole", || folder.join("other").exists());
    daemon.terminate();
    assert_eq!(files(&folder), [folder.join("other"), own.clone()]);
    let all = of_file(&own);
    assert_eq!(messages(&all, true).last().map(|octets| octets[18]), Some(kind::NOTIFICATION));
    assert!(states(&all).ends_with(&[4, 5, 6, 1]));
    assert!(states(&of_file(&folder.join("other"))).ends_with(&[4, 5, 6, 1]));
}

#[test]
fn files_belong_to_the_user_that_the_daemon_becomes() {
    let lab = Lab::new().with("daemon_user", "nobody").with("daemon_drop", true);
    fs::set_permissions(lab.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = folder(&lab);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let site = Site::new(2);
    let text =
        format!("mrt {{ updates {}/all; rotate 0; }}\n{}", folder.display(), site.neighbor(""));
    let mut daemon = lab.start(&text);
    let _session = site.session();
    daemon.terminate();
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    assert_eq!(fs::metadata(folder.join("all")).unwrap().uid(), nobody.uid.as_raw());
}

/// An UPDATE with attributes and one field of MP_REACH_NLRI.
fn reach(family: [u8; 3], next_hop: &[u8], nlri: &[u8]) -> Vec<u8> {
    let value =
        [&family[..], &[u8::try_from(next_hop.len()).unwrap()], next_hop, &[0], nlri].concat();
    let attributes = [
        &[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA][..],
        &[0x80, 14, u8::try_from(value.len()).unwrap()],
        &value,
    ]
    .concat();
    [&[0, 0, 0, u8::try_from(attributes.len()).unwrap()][..], &attributes].concat()
}

#[test]
fn a_table_has_every_route_of_every_peer() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let (one, two) = (Site::new(2), Site::new(3));
    let families = "family { ipv4 unicast; ipv6 unicast; ipv4 mpls-vpn; ipv4 flow; }";
    let text = format!(
        "{}{}",
        one.neighbor(families),
        two.neighbor(&format!(
            "{families} capability {{ add-path receive; }} add-path {{ ipv4 unicast; }}"
        ))
    );
    let daemon = lab.start(&text);
    let vpn = [112, 0, 0, 0x11, 0, 0, 0xFD, 0xE9, 0, 0, 0, 1, 10, 0, 0];
    let flow = [5, 1, 24, 10, 0, 0];
    let mut wanted = open();
    wanted.families.extend([(1, 128), (1, 133)]);
    let mut first = one.session_with(&wanted);
    for body in [
        update(&[], &attributes(), &["10.9.0.0/24", "10.8.0.0/16"]),
        update(&["10.8.0.0/16"], &[], &[]),
        reach(
            [0, 2, 1],
            &[0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            &[32, 0x20, 1, 0x0D, 0xB8],
        ),
        reach([0, 1, 128], &[0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1], &vpn),
        reach([0, 1, 133], &[], &flow),
    ] {
        first.send(kind::UPDATE, &body);
    }
    wanted.capabilities.push((69, vec![0, 1, 1, 2]));
    wanted.identifier = Ipv4Addr::new(3, 3, 3, 3);
    let mut second = two.session_with(&wanted);
    let paths = |id: u8, prefix: &[u8]| {
        [
            &[0, 0, 0, u8::try_from(attributes().len()).unwrap()][..],
            &attributes(),
            &[0, 0, 0, id],
            prefix,
        ]
        .concat()
    };
    second.send(kind::UPDATE, &paths(1, &[24, 10, 9, 0]));
    second.send(kind::UPDATE, &paths(2, &[24, 10, 9, 0]));
    second.send(kind::UPDATE, &paths(1, &[24, 10, 7, 0]));
    daemon
        .until("show adj-rib in", |text| text.lines().count() >= 7 && text.contains("10.7.0.0/24"));

    let file = folder.join("table");
    let answer = daemon.ask(&format!("mrt dump {}", file.display()));
    let octets = fs::metadata(&file).unwrap().len();
    assert_eq!(
        answer,
        format!(
            "{} is written: 7 routes to 6 NLRI of 2 peers, {octets} octets before compression\n",
            file.display()
        )
    );
    let all = of_file(&file);
    let Read::Peers(index) = &all[0] else { panic!("{:?}", all[0]) };
    assert_eq!(index.collector, Ipv4Addr::new(1, 1, 1, 1));
    let named: Vec<_> = index
        .peers
        .iter()
        .map(|peer| (peer.address.to_string(), peer.router_id.to_string(), peer.asn.0))
        .collect();
    assert_eq!(
        named,
        [
            ("127.0.0.2".to_owned(), "2.2.2.2".to_owned(), 65002),
            ("127.0.0.3".to_owned(), "3.3.3.3".to_owned(), 65002)
        ]
    );
    // The next hop is where it stands in an UPDATE, or alone in MP_REACH_NLRI.
    let v4 = attributes();
    let mp = |next_hop: &[u8]| {
        let length = u8::try_from(next_hop.len()).unwrap();
        let value = [&[length][..], next_hop].concat();
        [&[0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA, 0x80, 14, length + 1][..], &value]
            .concat()
    };
    let v6_hop = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let vpn_hop = [0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1];
    let routes = |family: &str, nlri: &[u8], routes: &[(u16, Option<u32>, &[u8])]| {
        let routes = routes.iter().map(|(peer, id, attributes)| (*peer, *id, attributes.to_vec()));
        Read::Routes(family.to_owned(), nlri.to_vec(), routes.collect())
    };
    let expected = [
        routes("ipv4 unicast", &[24, 10, 7, 0], &[(1, Some(1), &v4)]),
        routes("ipv4 unicast", &[24, 10, 9, 0], &[(0, None, &v4)]),
        routes("ipv4 unicast", &[24, 10, 9, 0], &[(1, Some(1), &v4), (1, Some(2), &v4)]),
        routes("ipv6 unicast", &[32, 0x20, 1, 0x0D, 0xB8], &[(0, None, &mp(&v6_hop))]),
        routes("ipv4 mpls-vpn", &vpn, &[(0, None, &mp(&vpn_hop))]),
        routes("ipv4 flow", &flow, &[(0, None, &mp(&[]))]),
    ];
    let (found, expected): (BTreeSet<String>, BTreeSet<String>) = (
        all[1..].iter().map(|read| format!("{read:?}")).collect(),
        expected.iter().map(|read| format!("{read:?}")).collect(),
    );
    assert_eq!(found, expected);

    // Somebody else reads the same, but for RIB_GENERIC, which it passes over.
    if let Some(mut said) = bgpdump(&file) {
        said.sort();
        let route = |name: &str, peer: u8, prefix: &str, id: &str, next_hop: &str| {
            format!("{name}|B|127.0.0.{peer}|65002|{prefix}|{id}65002|IGP|{next_hop}|0|0||NAG||")
        };
        let mut expected = [
            route("TABLE_DUMP2", 2, "10.9.0.0/24", "", "2.2.2.2"),
            route("TABLE_DUMP2", 2, "2001:db8::/32", "", "2001:db8::1"),
            route("TABLE_DUMP2_AP", 3, "10.7.0.0/24", "1|", "2.2.2.2"),
            route("TABLE_DUMP2_AP", 3, "10.9.0.0/24", "1|", "2.2.2.2"),
            route("TABLE_DUMP2_AP", 3, "10.9.0.0/24", "2|", "2.2.2.2"),
        ];
        expected.sort();
        assert_eq!(said, expected);
    }

    // One peer alone, in JSON; and a file is never overwritten.
    let answer = daemon.ask(&format!("neighbor 127.0.0.3 mrt dump {} json", file.display()));
    let octets = fs::metadata(folder.join("table-1")).unwrap().len();
    assert_eq!(
        answer,
        format!(
            "{{\"file\": \"{}-1\", \"peers\": 1, \"nlri\": 2, \"routes\": 3, \"octets\": {octets}}}\n",
            file.display()
        )
    );
    for (words, reason) in [
        ("mrt dump", "the file is missing: mrt dump /DIRECTORY/rib.%Y%m%d.%H%M.gz".to_owned()),
        ("mrt dump table", "'table': the path is not absolute: begin it with '/'".to_owned()),
        (
            "mrt dump /nowhere/at/all",
            "MRT file /nowhere/at/all: the directory /nowhere/at is not there: make it".to_owned(),
        ),
    ] {
        let refused = daemon.refused(words);
        assert!(refused.contains(&reason), "{words}: {refused}");
    }
    assert_eq!(files(&folder), [file.clone(), folder.join("table-1")]);
    daemon.stop();
}

#[test]
fn tables_are_written_by_interval() {
    let lab = Lab::new();
    let folder = folder(&lab);
    let site = Site::new(2);
    let text = format!(
        "mrt {{ table {}/table.%s.bz2; table-interval 1; }}\n{}",
        folder.display(),
        site.neighbor("")
    );
    let mut daemon = lab.start(&text);
    let mut session = site.session();
    session.settled();
    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
    daemon.await_log(": 1 routes to 1 NLRI of 1 peers");
    until("another one", || daemon.log().matches(": 1 routes to 1 NLRI of 1 peers").count() >= 2);
    daemon.terminate();
    for path in files(&folder) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with("table.") && name.ends_with(".bz2"), "{name}");
    }
}
