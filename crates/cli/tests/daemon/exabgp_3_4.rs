//! What a configuration of ExaBGP 3.4 means to peers and helpers.

use std::fs;
use std::io::Write as _;
use std::os::unix::net::UnixStream;

use yottabgp_testkit::bgp::{Message, kind};

use crate::support::{Helper, Lab, Site, attributes, open, script, update};

const FAMILIES: &str = "family { ipv4 unicast; }";

/// The capabilities of an OPEN: code and value.
fn capabilities(open: &Message) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    let mut parameters = &open.body[10..];
    while let [2, length, rest @ ..] = parameters {
        let (mut inside, rest) = rest.split_at(usize::from(*length));
        while let [code, length, value @ ..] = inside {
            let (value, left) = value.split_at(usize::from(*length));
            found.push((*code, value.to_vec()));
            inside = left;
        }
        parameters = rest;
    }
    found
}

/// A process inside of a neighbor.
fn inside(helper: &Helper, more: &str) -> String {
    helper.section("helper", "text").trim_end().trim_end_matches('}').to_owned() + more + " }"
}

#[test]
fn helpers_are_not_acknowledged_unless_a_setting_says_so() {
    for set in [false, true] {
        let lab = if set { Lab::new().with("api_ack", true) } else { Lab::new() };
        let site = Site::new(2);
        let mut helper = Helper::new(&lab, "helper");
        let text = site.neighbor(&format!("{FAMILIES} {}", inside(&helper, "")));
        let daemon = lab.start(&text);
        let mut session = site.session();
        session.until_eor();
        helper.say(
            b"announce route 10.0.0.0/8 next-hop 1.1.1.1\nannounce nonsense\nversion\nannounce route 10.1.0.0/16 next-hop 1.1.1.1\n",
        );
        session.updates(|update| update.announced.contains(&"10.1.0.0/16".to_owned()));
        helper.line(0, "exabgp");
        let answers: Vec<String> = helper
            .lines(0)
            .into_iter()
            .filter(|line| line == "done" || line.starts_with("error"))
            .collect();
        if set {
            assert!(answers.contains(&"done".to_owned()), "{answers:?}");
        } else {
            assert_eq!(answers, [""; 0]);
        }
        daemon.stop();
    }
}

#[test]
fn a_helper_that_never_reads_announces_100_000_routes() {
    const ROUTES: u32 = 100_000;
    let lab = Lab::new();
    let site = Site::new(2);
    let commands: String = (0..ROUTES)
        .map(|number| {
            let [_, a, b, c] = number.to_be_bytes();
            format!("announce route 10.{a}.{b}.{c}/32 next-hop 1.1.1.1\n")
        })
        .collect();
    fs::write(lab.path("commands"), commands).unwrap();
    let run =
        script(&lab, "deaf", &format!("cat {}\nexec sleep 60", lab.path("commands").display()));
    let process = format!("process deaf {{ run {run}; receive {{ parsed; updates; }} }}");
    let daemon = lab.start(&site.neighbor(&format!("{FAMILIES} group-updates; {process}")));
    let mut session = site.session();
    let mut routes = 0;
    while routes < ROUTES as usize {
        routes += session.update().announced.len();
    }
    // It is the one that was started, and its session is up.
    assert!(daemon.ask("show neighbor summary").contains("established"));
    daemon.stop();
}

#[test]
fn a_process_of_one_neighbor_commands_the_other_and_is_told_of_its_own() {
    let lab = Lab::new();
    let (first, second) = (Site::new(2), Site::new(3));
    let mut helper = Helper::new(&lab, "helper");
    let text = first.neighbor(&format!("{FAMILIES} {}", inside(&helper, "neighbor-changes;")))
        + &second.neighbor(FAMILIES);
    let daemon = lab.start(&text);
    let mut other = second.session();
    other.until_eor();
    helper.say(b"neighbor 127.0.0.3 announce route 10.0.0.0/8 next-hop 1.1.1.1\n");
    other.updates(|update| update.announced.contains(&"10.0.0.0/8".to_owned()));
    let mut own = first.session();
    own.until_eor();
    helper.line(0, "neighbor 127.0.0.2 up");
    assert!(helper.lines(0).iter().all(|line| !line.contains("127.0.0.3")));
    daemon.stop();
}

#[test]
fn the_open_is_that_of_3_4() {
    let lab = Lab::new();
    let site = Site::new(2);
    let daemon = lab.start(&site.neighbor(
        "md5-base64 false; graceful-restart 120; group-updates false;
         capability { operational; route-refresh; }
         operational { asm afi ipv4 safi unicast advisory \"Hello\"; } process p { run /bin/cat; }",
    ));
    let mut able = open();
    able.capabilities.push((71, Vec::new()));
    let mut session = site.accept();
    let theirs = session.establish(&able);
    let capabilities = capabilities(&theirs);
    let families = capabilities.iter().filter(|(code, _)| *code == 1).count();
    assert_eq!(families, 12);
    let has = |code: u8| capabilities.iter().any(|(other, _)| *other == code);
    // Extended messages, the host name, and OPERATIONAL by its later code are not there.
    assert_eq!([71, 64, 2, 65, 6, 73, 185].map(has), [true, true, true, true, false, false, false]);
    let message = std::iter::from_fn(|| session.next()).find(|message| message.kind == 6).unwrap();
    assert!(message.body.ends_with(b"Hello"));
    daemon.stop();
}

#[test]
fn the_octets_of_flow_rules_are_those_of_3_4() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let rule = |matching: &str| format!("route {{ match {{ {matching}; }} then {{ discard; }} }}");
    let flow: String = ["fragment [ last-fragment ]", "tcp-flags [ urgent rst ]", "port =80 =8080"]
        .map(rule)
        .concat();
    let text = site
        .neighbor(&format!("family {{ ipv4 flow; }} flow {{ {flow} }} {}", inside(&helper, "")));
    let daemon = lab.start(&text);
    let mut able = open();
    able.families = vec![(1, 133)];
    let mut session = site.session_with(&able);
    let mut next = || {
        loop {
            let message = session.next().expect("an UPDATE was awaited");
            let reach = [0, 1, 133, 0, 0];
            let at = message.body.windows(5).position(|window| window == reach);
            if let (2, Some(at)) = (message.kind, at) {
                // The length of the NLRI is its first octet.
                let nlri = &message.body[at + 5..];
                return nlri[..=usize::from(nlri[0])].to_vec();
            }
        }
    };
    let mut rules = vec![next(), next(), next()];
    rules.sort();
    assert_eq!(
        rules,
        [
            vec![0x03, 0x0C, 0x81, 0x08],
            vec![0x05, 0x09, 0x01, 0x20, 0x81, 0x04],
            vec![0x06, 0x04, 0x01, 0x50, 0x91, 0x1F, 0x90],
        ]
    );
    // Commands of the helpers of such a file are read in the same way.
    helper.say(b"announce flow route { match { fragment is-fragment; } then { discard; } }\n");
    assert_eq!(next(), [0x03, 0x0C, 0x81, 0x02]);
    daemon.stop();
}

#[test]
fn commands_are_read_as_the_file_while_another_one_waits() {
    let lab = Lab::new();
    let (site, other) = (Site::new(2), Site::new(3));
    let helper = Helper::new(&lab, "helper");
    // More than the sockets take while the peer does not read.
    socket2::SockRef::from(site.listener()).set_recv_buffer_size(4096).unwrap();
    let filler = "ab".repeat(3000);
    let routes: String = (0..3000_u32)
        .map(|number| {
            let [_, _, high, low] = number.to_be_bytes();
            format!("route 11.0.{high}.{low}/32 next-hop 1.1.1.1 attribute [ 0x99 0xc0 0x{filler}{number:08x} ];\n")
        })
        .collect();
    let text = site.neighbor(&format!("{FAMILIES} static {{ {routes} }}"))
        + &other.neighbor(&format!("{FAMILIES} {}", inside(&helper, "")));
    let daemon = lab.start(&text);
    let stuck = site.session();
    let mut session = other.session();
    session.until_eor();
    let mut client = UnixStream::connect(daemon.lab.path("control")).unwrap();
    client.write_all(b"announce route 10.9.0.0/24 next-hop 1.1.1.1 sync\n").unwrap();
    assert_eq!(session.update().announced, ["10.9.0.0/24"]);
    // Its answer waits for the other peer.
    daemon.ask("announce route 10.1.0.1/24 next-hop 1.1.1.1");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    drop(stuck);
    daemon.stop();
}

#[test]
fn helpers_are_told_as_3_4_tells_them_unless_a_setting_says_otherwise() {
    for set in [false, true] {
        let lab = if set { Lab::new().with("api_json", 4) } else { Lab::new() };
        let site = Site::new(2);
        let (json, text) = (Helper::new(&lab, "json"), Helper::new(&lab, "text"));
        let process = |helper: &Helper, name: &str| {
            let section = helper.section(name, name);
            let open = section.trim_end().trim_end_matches('}');
            format!("{open} receive {{ parsed; updates; neighbor-changes; }} }}")
        };
        let processes = process(&json, "json") + &process(&text, "text");
        let daemon = lab.start(&site.neighbor(&format!("{FAMILIES} {processes}")));
        let mut session = site.session();
        session.until_eor();
        session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
        let told = json.line(0, "10.9.0.0/24");
        let said = text.line(0, "10.9.0.0/24");
        if set {
            assert!(told.starts_with("{ \"exabgp\": \"4.0.1\""), "{told}");
            assert!(told.contains("[ { \"nlri\": \"10.9.0.0/24\" } ]"), "{told}");
            assert!(said.starts_with("neighbor 127.0.0.2 receive update announced"), "{said}");
        } else {
            assert!(told.starts_with("{ \"exabgp\": \"3.4.8\""), "{told}");
            assert!(told.contains("\"2.2.2.2\": { \"10.9.0.0/24\": {  } }"), "{told}");
            assert_eq!(
                said,
                "neighbor 127.0.0.2 announced route 10.9.0.0/24 next-hop 2.2.2.2 origin igp as-path [ 65002 ]"
            );
        }
        daemon.stop();
    }
}

#[test]
fn a_process_inside_of_a_neighbor_may_choose_its_layout() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    let section = helper.section("helper", "json");
    let section = section.trim_end().trim_end_matches('}');
    let process = format!("{section} layout 5; receive {{ parsed; update; }} }}");
    let daemon = lab.start(&site.neighbor(&format!("{FAMILIES} {process}")));
    let mut session = site.session();
    session.until_eor();
    session.send(kind::UPDATE, &update(&[], &attributes(), &["10.9.0.0/24"]));
    let told = helper.line(0, "10.9.0.0/24");
    assert!(told.starts_with("{ \"exabgp\": \"5.0.0\""), "{told}");
    daemon.stop();
}

#[test]
fn commands_are_read_as_3_4_reads_them() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let families = "family { ipv4 unicast; ipv4 flow; }";
    let daemon = lab.start(&site.neighbor(&format!("{families} {}", inside(&helper, ""))));
    let mut able = open();
    able.families.push((1, 133));
    let mut session = site.session_with(&able);
    session.until_eor();
    let mut announced = |command: &str, prefix: &str| {
        helper.say(format!("{command}\n").as_bytes());
        session.updates(|update| update.announced.iter().any(|p| p == prefix)).pop().unwrap()
    };
    // Our AS is first, as the session is external.
    let path = |numbers: &[u32]| -> Vec<u8> {
        let mut octets = vec![2, u8::try_from(numbers.len()).unwrap()];
        octets.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        octets
    };
    let update = announced(
        "announce route 10.0.0.0/8 next-hop 1.1.1.1 as-sequence [ 65001 7 ]",
        "10.0.0.0/8",
    );
    assert!(update.attribute(2).unwrap().ends_with(&path(&[65001, 7])), "{update:?}");
    let update = announced(
        "announce route 10.1.0.0/16 next-hop 1.1.1.1 as-path [ 1 2 ( 3 4 ) ]",
        "10.1.0.0/16",
    );
    let mut expected = path(&[1, 2]);
    expected.extend([1, 2, 0, 0, 0, 3, 0, 0, 0, 4]);
    assert!(update.attribute(2).unwrap().ends_with(&expected), "{update:?}");
    // Kept back until its watchdog is announced.
    helper.say(
        b"announce route 10.2.0.0/16 next-hop 1.1.1.1 watchdog dog withdrawn\nannounce route 10.3.0.0/16 next-hop 1.1.1.1\n",
    );
    let before = session.updates(|update| update.announced.contains(&"10.3.0.0/16".to_owned()));
    assert!(
        before.iter().all(|update| !update.announced.contains(&"10.2.0.0/16".to_owned())),
        "{before:?}"
    );
    helper.say(b"announce watchdog dog\n");
    session.updates(|update| update.announced.contains(&"10.2.0.0/16".to_owned()));
    helper.say(b"announce flow route { match { port =80 =8080; } then { discard; } }\n");
    let flow = std::iter::from_fn(|| session.next())
        .find(|message| message.kind == 2 && message.body.windows(3).any(|w| w == [0, 1, 133]))
        .unwrap();
    let rule = [0x06, 0x04, 0x01, 0x50, 0x91, 0x1F, 0x90];
    assert!(flow.body.windows(7).any(|octets| octets == rule), "{flow:?}");
    daemon.stop();
}
