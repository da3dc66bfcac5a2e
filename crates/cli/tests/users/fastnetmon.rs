//! FastNetMon: its own process opens a named pipe for each ban and writes a line; `socat` carries what is in the pipe.

use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use yottabgp_testkit::bgp::Open;
use yottabgp_testkit::wait::until;

use crate::house::{Background, House, accept, pid_in};

const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 3, 0, 2);

#[test]
fn bans_through_socat() {
    let programs = ["socat"];
    let Some(house) = House::new(&["10.3.0.1/24", "10.3.0.2/24"], &programs) else { return };
    let socat = yottabgp_testkit::process::find("socat").unwrap();
    let file = house.file(
        "etc/exabgp_blackhole.conf",
        &format!(
            "group Core_v4 {{
    hold-time 180;
    local-as 65001;
    peer-as 65002;
    router-id 10.3.0.1;
    graceful-restart 1200;

    static {{
        route 10.10.10.1/32 next-hop 10.10.10.10 community 65001:666;
    }}

    neighbor {ROUTER} {{
        local-address 10.3.0.1;
        description \"Quagga\";
    }}

    process service-dynamic {{
        run {} stdout pipe:/var/run/exabgp.cmd;
    }}
}}
",
            socat.display()
        ),
    );
    let log = format!("exabgp.log.destination={}", house.name("log/exabgp.log"));
    let listener = house.listen(ROUTER);
    house.tell(&[
        "env",
        "exabgp.daemon.user=root",
        "exabgp.daemon.daemonize=true",
        "exabgp.daemon.pid=/var/run/exabgp.pid",
        &log,
        "exabgp",
        &file.display().to_string(),
    ]);
    let daemon = Background(pid_in(&house.path("run/exabgp.pid")));
    let mut open = Open::new(65002, ROUTER);
    open.families.extend([(1, 133), (2, 133)]);
    let mut router = accept(&listener, &open);
    while router.update().announced != ["10.10.10.1/32"] {}
    // The pipe is made by socat.
    let pipe = house.path("run/exabgp.cmd");
    until("the pipe", || pipe.exists());
    // Each ban opens it, writes its line, and closes it.
    let ban = |line: &str| {
        let mut pipe = fs::File::options().write(true).open(&pipe).unwrap();
        pipe.write_all(format!("{line}\n").as_bytes()).unwrap();
    };
    let mut next = |words: &str| {
        ban(words);
        loop {
            let update = router.update();
            // The End-of-RIBs of the start may come between.
            let is_end = |(code, value): &(u8, Vec<u8>)| *code == 15 && value.len() == 3;
            if !update.is_eor() && !update.attributes.iter().any(is_end) {
                return update;
            }
        }
    };
    let update = next("announce route 203.0.113.7/32 next-hop 10.3.0.114 community 65001:666");
    assert_eq!(update.announced, ["203.0.113.7/32"]);
    assert_eq!(update.attribute(8), Some(&[0xFD, 0xE9, 0x02, 0x9A][..]));
    let update =
        next("announce route 203.0.113.8/32 next-hop 10.3.0.114 community [65001:666 65001:777]");
    assert_eq!(update.announced, ["203.0.113.8/32"]);
    assert_eq!(update.attribute(8).unwrap().len(), 8);
    for last in [7, 8] {
        let update = next(&format!("withdraw route 203.0.113.{last}/32 next-hop 10.3.0.114"));
        assert_eq!(update.withdrawn, [format!("203.0.113.{last}/32")]);
        assert!(update.attributes.is_empty());
    }
    // Rules in one line; the block form with the two characters `\n` of old web front ends.
    let update = next(
        "announce flow route source 4.0.0.0/24 destination 127.0.0.0/24 protocol [ udp ] source-port [ =53 ] destination-port [ =80 ] packet-length [ =777 =1122 ] fragment [ is-fragment dont-fragment ] rate-limit 1024",
    );
    let reach = update.attribute(14).unwrap();
    assert_eq!(reach[..4], [0, 1, 133, 0]);
    assert_eq!(update.attribute(16).unwrap()[..2], [0x80, 0x06]);
    let update = next(
        r"announce flow route {\n match {\n destination 203.0.113.9/32;\n protocol udp;\n source-port =53;\n }\n then {\n discard;\n }\n }",
    );
    assert_eq!(update.attribute(16), Some(&[0x80, 0x06, 0, 0, 0, 0, 0, 0][..]));
    let update = next(
        r"withdraw flow route {\n match {\n destination 203.0.113.9/32;\n protocol udp;\n source-port =53;\n }\n then {\n discard;\n }\n }",
    );
    assert_eq!(update.attribute(15).unwrap()[..3], [0, 1, 133]);
    // A hundred in a burst, each by its own opening of the pipe.
    for last in 0..100 {
        ban(&format!("announce route 203.0.113.{last}/32 next-hop 10.3.0.114 community 65001:666"));
    }
    let mut found = Vec::new();
    while found.len() < 100 {
        found.extend(router.update().announced);
    }
    assert_eq!(found.last().unwrap(), "203.0.113.99/32");
    let time = daemon.end();
    assert!(time < Duration::from_secs(3), "{time:?}");
}
