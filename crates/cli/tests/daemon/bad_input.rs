//! Nothing that a helper does stops the daemon, a session or another helper.

use std::fs;
use std::time::Duration;

use nix::sys::signal::Signal;
use yottabgp_testkit::bgp::{frame, kind};
use yottabgp_testkit::wait::until;

use crate::support::{Helper, Lab, PATIENCE, Site, attributes, open, script, update};

const FAMILIES: &str = "family { ipv4 unicast; }";
const EVERYTHING: &str = "neighbor-changes; fsm; negotiated;
    receive { parsed; packets; open; update; keepalive; notification; refresh; }
    send { parsed; packets; open; update; keepalive; notification; refresh; }";

/// An `api` section.
fn api(name: &str, more: &str) -> String {
    format!("api {name} {{ processes [ {name} ]; {more} }}")
}

#[test]
fn a_helper_that_never_reads() {
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
    let mut other = Helper::new(&lab, "other");
    let text = format!("process deaf {{ run {run}; encoder json; }}\n")
        + &other.section("other", "json")
        + &site.neighbor(&format!(
            "{FAMILIES} {} {}",
            api("deaf", EVERYTHING),
            api("other", "neighbor-changes;")
        ));
    let daemon = lab.start(&text);
    let mut hurried = open();
    hurried.hold_time = 3;
    let mut session = site.session_with(&hurried);
    other.state(0, "up");

    // Far more events than the helper's pipe and the daemon's queue take. The thread ends with the connection.
    let mut writer = session.0.stream().try_clone().unwrap();
    std::thread::spawn(move || {
        use std::io::Write as _;
        let message: Vec<u8> = (0..20_000_u32)
            .flat_map(|number| {
                let [_, _, a, b] = number.to_be_bytes();
                frame(kind::UPDATE, &update(&[], &attributes(), &[&format!("20.{a}.{b}.0/24")]))
            })
            .collect();
        while writer.write_all(&message).is_ok() {}
    });

    let mut routes = 0;
    while routes < ROUTES as usize {
        routes += session.update().announced.len();
    }
    // Longer than the hold time, by the KEEPALIVEs that come once a second.
    for _ in 0..4 {
        let message = session.0.receive(PATIENCE).unwrap().unwrap();
        if message.kind != kind::KEEPALIVE {
            assert_eq!(message.kind, kind::UPDATE);
        }
    }
    assert!(other.lines(0).iter().all(|line| !line.contains("\"down\"")));
    assert_eq!(other.tell("version").len(), 1);
    assert!(daemon.ask("show neighbor summary").contains("established"));
    assert!(daemon.memory() < 150 << 20, "{} octets", daemon.memory());
    daemon.stop();
}

#[test]
fn events_of_commands_that_nobody_reads_have_a_bound() {
    const ROUTES: u32 = 18_000;
    let lab = Lab::new();
    let site = Site::new(2);
    let (first, second) = (lab.path("first"), lab.path("second"));
    // A kilobyte for each route, which is told twice, in hexadecimal.
    let filler = "ab".repeat(1000);
    let lines = |prefix: u8, from: u32, to: u32| -> String {
        (from..to)
            .map(|number| {
                let [_, _, a, b] = number.to_be_bytes();
                format!("announce route {prefix}.0.{a}.{b}/32 next-hop 1.1.1.1 attribute [ 0x99 0xc0 0x{filler} ]\n")
            })
            .collect()
    };
    fs::write(&first, lines(10, 0, ROUTES)).unwrap();
    fs::write(&second, "announce route 10.9.9.9/32 next-hop 1.1.1.1\n").unwrap();
    let go_on = lab.path("go_on");
    nix::unistd::mkfifo(&go_on, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let heard = lab.path("heard");
    let run = script(
        &lab,
        "deaf",
        &format!(
            "cat {}\nread line < {}\ncat {}\nexec cat > {}",
            first.display(),
            go_on.display(),
            second.display(),
            heard.display()
        ),
    );
    let text = format!("process deaf {{ run {run}; encoder json; }}\n")
        + &site.neighbor(&format!(
            "{FAMILIES} group-updates false; manual-eor true; {}",
            api("deaf", EVERYTHING)
        ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    let mut routes = 0;
    while routes < ROUTES as usize {
        routes += session.update().announced.len();
    }
    daemon.await_log("events of messages sent are left out");
    assert!(daemon.memory() < 250 << 20, "{} octets", daemon.memory());
    fs::write(&go_on, "\n").unwrap();
    assert_eq!(session.update().announced, ["10.9.9.9/32"]);
    // Once it reads, it is told of what comes then.
    until("the rest is read", || {
        daemon.ask("queue-status").contains("deaf: 0 items")
            || daemon.ask("queue-status").contains("no queued")
    });
    daemon.ask("announce route 10.8.8.8/32 next-hop 1.1.1.1");
    until("the last event", || {
        fs::read_to_string(&heard).is_ok_and(|text| text.contains("10.8.8.8/32"))
    });
    daemon.await_log("a helper reads again, which missed");
    daemon.stop();
}

#[test]
fn rubbish_is_named() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} {}", api("helper", "neighbor-changes;")));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    for (line, wanted) in [
        (&b"frobnicate everything"[..], "frobnicate"),
        (b"announce rout 10.0.0.0/24 next-hop 1.2.3.4", "rout"),
        (b"announce route 10.0.0.0/33 next-hop 1.2.3.4", "10.0.0.0/33"),
        (b"announce route 10.0.0.0/24", "next-hop"),
        (b"announce route 10.0.0.0/24 next-hop 1.2.3.4 med twelve", "twelve"),
        (b"announce route 10.0.0.0/24 next-hop 1.2.3.4 \xFF\xFE", "0xff"),
        (b"\x00\x01\x02\x03", ""),
        (b"neighbor 127.0.0.9 announce route 10.0.0.0/24 next-hop 1.2.3.4", "127.0.0.9"),
        (b"\xC0\xAF\xE0\x80\x80", "0xc0"),
        (b"[[[[[[[((((((,,,,,,", ""),
    ] {
        let mark = helper.mark();
        helper.say(line);
        helper.say(b"\n");
        let error = helper.line(mark, "error: ");
        assert!(error.starts_with("error: ") && error.contains(wanted), "{error}");
        helper.find(mark, PATIENCE, |line| (line == "error").then_some(())).unwrap();
    }
    // All the octets there are, in lines of all lengths, and then sense.
    let mark = helper.mark();
    let mut noise: Vec<u8> = Vec::new();
    let mut state = 1_u32;
    for _ in 0..100_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push(state.to_be_bytes()[0]);
    }
    helper.say(&noise);
    helper.say(b"\nannounce route 10.7.0.0/24 next-hop 1.2.3.4\nversion\n");
    helper.line(mark, "exabgp ");
    assert_eq!(session.update().announced, ["10.7.0.0/24"]);
    assert_eq!(helper.lines(0).iter().filter(|line| line.starts_with("started")).count(), 1);
    daemon.stop();
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let lab = Lab::new();
    let mut helper = Helper::new(&lab, "helper");
    let site = Site::new(2);
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} {}", api("helper", "neighbor-changes;")));
    let daemon = lab.start(&text);
    helper.tell("version");
    let before = daemon.memory();
    let mark = helper.mark();
    let part = vec![b'x'; 1 << 20];
    let mut most = before;
    for _ in 0..100 {
        helper.say(&part);
        most = most.max(daemon.memory());
    }
    helper.say(b"\n");
    let error = helper.line(mark, "error: ");
    assert!(error.contains("104857600 octets is too long"), "{error}");
    helper.find(mark, PATIENCE, |line| (line == "error").then_some(())).unwrap();
    assert_eq!(helper.tell("version").len(), 1);
    assert!(most - before < 30 << 20, "{} octets more", most - before);
    daemon.stop();
}

#[test]
fn one_that_closes_its_output_still_listens() {
    let lab = Lab::new();
    let site = Site::new(2);
    let heard = lab.path("heard");
    let run = script(
        &lab,
        "mute",
        &format!("exec >&-\necho started >> {0}\nexec cat >> {0}", heard.display()),
    );
    let text = format!("process mute {{ run {run}; encoder text; }}\n")
        + &site.neighbor(&format!("{FAMILIES} {}", api("mute", "neighbor-changes;")));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    let path = heard.clone();
    until("the event", move || {
        fs::read_to_string(&path).is_ok_and(|text| text.contains("127.0.0.2 up"))
    });
    assert_eq!(fs::read_to_string(&heard).unwrap().matches("started").count(), 1);
    daemon.stop();
}

#[test]
fn one_that_closes_its_input_still_commands() {
    let lab = Lab::new();
    let site = Site::new(2);
    let helper = Helper::new(&lab, "helper");
    // The other end of its commands is that of the helper whose script this one replaces.
    let mut said = helper;
    let run = script(
        &lab,
        "helper",
        &format!("exec <&-\nexec cat {}", lab.path("helper.said").display()),
    );
    let text = format!("process helper {{ run {run}; encoder json; }}\n")
        + &site.neighbor(&format!("{FAMILIES} {}", api("helper", EVERYTHING)));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    for number in 0..100 {
        said.say(format!("announce route 10.0.{number}.0/24 next-hop 1.2.3.4\n").as_bytes());
        assert_eq!(session.update().announced, [format!("10.0.{number}.0/24")]);
    }
    daemon.stop();
}

#[test]
fn one_that_dies_again_and_again_is_left_alone() {
    let lab = Lab::new();
    let site = Site::new(2);
    let starts = lab.path("starts");
    let run = script(&lab, "mortal", &format!("echo start >> {}\nexit 1", starts.display()));
    let mut other = Helper::new(&lab, "other");
    let text = format!("process mortal {{ run {run}; encoder text; }}\n")
        + "process absent { run /bin/false; }\n"
        + &other.section("other", "json")
        + &site.neighbor(&format!(
            "{FAMILIES} {} {}",
            api("mortal", EVERYTHING),
            api("other", "neighbor-changes;")
        ));
    let daemon = lab.start(&text);
    let mut session = site.session();
    session.until_eor();
    daemon.await_log("helper mortal was started 5 times within 64 seconds");
    let count = |starts: &std::path::Path| fs::read_to_string(starts).unwrap().lines().count();
    assert_eq!(count(&starts), 5);
    other.state(0, "up");
    other.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    // A reload is how somebody says that it was mended.
    daemon.signal(Signal::SIGUSR1);
    until("it is started again", || count(&starts) > 5);
    other.tell("announce route 10.2.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.2.0.0/24"]);
    daemon.stop();
}

#[test]
fn a_child_that_holds_the_pipe_does_not_hold_the_helper() {
    let lab = Lab::new();
    let site = Site::new(2);
    let mut helper = Helper::new(&lab, "helper");
    let rest = fs::read_to_string(lab.path("helper.sh")).unwrap();
    let text = format!(
        "if [ ! -e {0} ]; then touch {0}; sleep 20 & exit 0; fi\n{rest}",
        lab.path("second").display()
    );
    script(&lab, "helper", &text);
    let text = helper.section("helper", "json")
        + &site.neighbor(&format!("{FAMILIES} {}", api("helper", "neighbor-changes;")));
    let daemon = lab.start(&text);
    helper.line(0, "started");
    let mut session = site.session();
    session.until_eor();
    helper.tell("announce route 10.1.0.0/24 next-hop 1.2.3.4");
    assert_eq!(session.update().announced, ["10.1.0.0/24"]);
    daemon.stop();
}

#[test]
fn one_that_ignores_sigterm_does_not_delay_the_end() {
    let lab = Lab::new();
    let site = Site::new(2);
    let ready = lab.path("ready");
    let text = format!("trap '' TERM\ntouch {}\nwhile :; do sleep 1; done", ready.display());
    let run = script(&lab, "stubborn", &text);
    let text = format!("process stubborn {{ run {run}; encoder json; }}\n")
        + &site.neighbor(&format!("{FAMILIES} {}", api("stubborn", EVERYTHING)));
    let daemon = lab.start(&text);
    let _session = site.session();
    until("the helper", || ready.exists());
    let started = std::time::Instant::now();
    daemon.stop();
    assert!(started.elapsed() < Duration::from_secs(3));
}
