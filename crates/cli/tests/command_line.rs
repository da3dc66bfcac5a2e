//! The command line as its users see it: what the built program prints, and its exit status.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test may fail"
)]

mod program;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use program::{command, file, finish, run};

/// Runs something that goes well.
fn good(words: &[&str]) -> String {
    let run = run(words);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{words:?}: {run:?}");
    run.out
}

/// Runs something that does not, and says so on standard error.
fn bad(words: &[&str], status: i32, says: &str) {
    let run = run(words);
    assert_eq!(run.status, status, "{words:?}: {run:?}");
    assert!(run.err.contains(says), "{words:?}: {}", run.err);
}

const MARKER: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
const ROUTE: &str = "route 10.0.0.0/24 next-hop 192.168.1.1";
const UPDATE: &str = "003002000000\
    1540010100400200400304C0A8010140050400000064180A0000";

fn update() -> String {
    format!("{MARKER}{UPDATE}")
}

#[test]
fn nothing_said_is_answered_with_help_and_the_settings() {
    let run = run(&[]);
    assert_eq!(run.status, 1);
    for part in ["Usage: yottabgp", "decode", "Environment values are:", "exabgp.tcp.port=179"] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
}

#[test]
fn help_goes_well_and_a_wrong_command_line_does_not() {
    assert!(good(&["--help"]).contains("Usage:"));
    assert!(good(&["decode", "--help"]).contains("HEX"));
    bad(&["decode", "--no-such-flag"], 2, "--no-such-flag");
    bad(&["server"], 2, "FILE");
    bad(&["configuration"], 1, "validate");
}

#[test]
fn the_version_is_found_by_what_looks_for_exabgp() {
    for words in [&["version"][..], &["--version"], &["-v"]] {
        let text = good(words);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[0], format!("YottaBGP : {}", env!("CARGO_PKG_VERSION")));
        assert_eq!(lines[1], "ExaBGP : 5.0.15");
        assert!(lines[2].starts_with("Uname  : "), "{text}");
        assert!(lines[3].starts_with("From   : /"), "{text}");
    }
    let mut told = command(&["version"]);
    told.env("exabgp_version", "4.2.25");
    assert!(finish(told, "").out.contains("ExaBGP : 4.2.25\n"));
}

#[test]
fn who_checks_files_is_told_about_the_environment_file() {
    let (_folder, environment) = file("[exabgp.api]\nhighres = true\nfoo = bar\n");
    let (_other, configuration) = file(
        "neighbor 127.0.0.1 { router-id 1.1.1.1; local-as 1; peer-as 2; local-address 127.0.0.2; }",
    );
    for words in [
        &["--env", &environment, "--test", &configuration][..],
        &["validate", "--env-file", &environment, &configuration],
        &["--env-file", &environment, "configuration", "validate", &configuration],
    ] {
        let run = run(words);
        assert_eq!(run.status, 0, "{words:?}: {run:?}");
        assert!(run.err.contains(":3:1: warning: there is no setting api.foo"), "{}", run.err);
        assert!(run.err.contains(":2:1: warning: api.highres: of older versions"), "{}", run.err);
    }
    let (_folder, environment) = file("[exabgp.log]\nlevel = NOPE\n");
    bad(&["env", "--env-file", &environment], 1, ":2:9: invalid value for log.level : NOPE");
}

#[test]
fn it_answers_as_exabgp() {
    let folder = tempfile::tempdir().unwrap();
    let called = folder.path().join("exabgp");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_yottabgp"), &called).unwrap();
    let output = Command::new(&called).arg("version").output().unwrap();
    assert!(output.stdout.starts_with(b"ExaBGP : 5.0.15\nYottaBGP : "), "{output:?}");

    let called = folder.path().join("exabgpcli");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_yottabgp"), &called).unwrap();
    let root = folder.path().to_str().unwrap();
    let words = ["--root", root, "--pipename", "no-such-daemon", "show", "neighbor", "summary"];
    let output = Command::new(&called).args(words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("could not find the Unix socket no-such-daemon.sock"), "{err}");
    assert!(err.contains(&format!("{root}/run/exabgp")), "{err}");
}

#[test]
fn settings_are_shown_and_wrong_ones_are_named() {
    let text = good(&["env"]);
    assert!(text.contains("\n[exabgp.tcp]\n") && text.contains("\nport = 179\n"), "{text}");
    assert_eq!(good(&["env", "--diff"]), "");

    let (_folder, file) = file("[exabgp.api]\nack = false\n");
    assert_eq!(good(&["env", "--diff", "--env", "--env-file", &file]), "exabgp.api.ack=false\n");

    let mut wrong = command(&["env"]);
    wrong.env("exabgp_tcp_port", "many");
    let run = finish(wrong, "");
    assert_eq!(run.status, 1);
    assert_eq!(
        run.err,
        "error: variable exabgp_tcp_port: invalid value for tcp.port : many (a port, 1 to 65535)\n"
    );
    let mut wrong = command(&["env"]);
    wrong.env("exabgp_tcp_port", "many").env("exabgp_api_version", "5");
    let run = finish(wrong, "");
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!((run.status, lines.len()), (1, 2), "{run:?}");
    assert!(lines.iter().all(|line| line.matches("error: ").count() == 1), "{run:?}");
}

#[test]
fn a_message_is_decoded_to_one_line_of_json() {
    let text = good(&["decode", &update()]);
    let event: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(text.starts_with("{ \"exabgp\": \"4.0.1\", \"time\": "), "{text}");
    assert_eq!(event["counter"], 1);
    assert_eq!(event["neighbor"]["direction"], "in");
    assert_eq!(event["neighbor"]["asn"], serde_json::json!({ "local": 65533, "peer": 65533 }));
    let update = &event["neighbor"]["message"]["update"];
    assert_eq!(update["announce"]["ipv4 unicast"]["192.168.1.1"][0]["nlri"], "10.0.0.0/24");

    let mut six = command(&["decode", &self::update()]);
    six.env("exabgp_api_version", "6");
    assert!(finish(six, "").out.starts_with("{ \"exabgp\": \"6.0.0\", "));
}

#[test]
fn hexadecimal_may_be_written_in_many_ways() {
    let pairs: Vec<String> = update()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
        .collect();
    let member = |text: &str| {
        let event: serde_json::Value = serde_json::from_str(text).unwrap();
        event["neighbor"]["message"].clone()
    };
    let expected = member(&good(&["decode", &update()]));
    for payload in
        [pairs.join(":"), pairs.join(" "), update().to_lowercase(), format!("0x{}", update())]
    {
        assert_eq!(member(&good(&["decode", &payload])), expected, "{payload}");
    }
    // Not quoted: each pair is a word of its own.
    let mut words = vec!["decode"];
    words.extend(pairs.iter().map(String::as_str));
    assert_eq!(member(&good(&words)), expected);
    // Without the header.
    assert_eq!(member(&good(&["decode", &update()[38..]])), expected);
}

#[test]
fn every_type_of_message_is_decoded() {
    for (message, kind, holds) in [
        ("001304", "keepalive", "\"direction\": \"in\""),
        ("0015030602", "notification", "\"code\": 6, \"subcode\": 2"),
        ("0017050001 00 01", "refresh", "\"subtype\": \"query\""),
        ("001D0104FDE900B40A00000200", "open", "\"asn\": 65001"),
        ("001E06 0001 0007 0001 01 74657374", "operational", "\"advisory\": \"test\""),
        ("00170200000000", "update", "\"eor\": { \"afi\" : \"ipv4\", \"safi\" : \"unicast\" }"),
    ] {
        let text = good(&["decode", &format!("{MARKER}{message}")]);
        assert!(text.contains(&format!("\"type\": \"{kind}\"")), "{text}");
        assert!(text.contains(holds), "{text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}

#[test]
fn several_messages_are_several_lines() {
    let both = format!("{}{MARKER}001304", update());
    assert_eq!(good(&["decode", &both]).lines().count(), 2);

    let input = format!("{both}\n\n# a comment\n{}\n", update());
    let run = finish(command(&["decode"]), &input);
    assert_eq!((run.status, run.out.lines().count()), (0, 3), "{run:?}");
}

#[test]
fn one_bad_line_does_not_hide_the_others() {
    let run = finish(command(&["decode"]), format!("zz\n{}\n", update()));
    assert_eq!((run.status, run.out.lines().count()), (1, 1), "{run:?}");
    assert!(
        run.err.starts_with("invalid hexadecimal: ") && run.err.contains("(line 1)"),
        "{}",
        run.err
    );
}

#[test]
fn a_bad_payload_is_named_with_its_octet() {
    for (payload, says) in [
        ("0g".to_owned(), "invalid hexadecimal: 'g' at character 2"),
        ("000".to_owned(), "invalid hexadecimal: 3 digits"),
        (
            format!("{MARKER}002202"),
            "invalid payload: octet 19: the message needs 34 octets, 19 are there",
        ),
        (format!("{MARKER}001307"), "invalid payload: octet 18: unknown type 7"),
        (
            format!("{MARKER}00140400"),
            "invalid payload: octet 16: the length of KEEPALIVE can not be 20",
        ),
        (
            format!("{MARKER}00170200050000"),
            "invalid payload: UPDATE at octet 0 (octets count from its body): session reset",
        ),
        (
            format!("{MARKER}001304FF"),
            "invalid payload: octet 20: the header of a message needs 19 octets",
        ),
    ] {
        bad(&["decode", &payload], 1, says);
    }
    bad(&["decode", "-n", "210A000000"], 1, "invalid payload: NLRI of ipv4 unicast: prefix length");
    bad(&["decode", "-f", "ipv4 uncast", "00000000"], 1, "did you mean 'ipv4 unicast'?");
}

#[test]
fn what_a_session_would_survive_is_a_warning() {
    // MED of three octets: treated as withdrawn (RFC 7606 section 7.4).
    let message = format!("{MARKER}002F0200000014400101004002004003040A000001800403000001180A0000");
    let run = run(&["decode", &message]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(
        run.err.contains(
            "warning: UPDATE at octet 0 (octets count from its body): treat-as-withdraw due to med"
        ),
        "{}",
        run.err
    );
    assert!(run.out.contains("\"withdraw\""), "{}", run.out);
}

#[test]
fn nlri_alone_and_with_identifiers() {
    assert_eq!(
        good(&["decode", "-n", "180A0000080A"]),
        "{ \"nlri\": \"10.0.0.0/24\" }\n{ \"nlri\": \"10.0.0.0/8\" }\n"
    );
    assert_eq!(
        good(&["decode", "-n", "-f", "ipv6 unicast", "2020010DB8"]),
        "{ \"nlri\": \"2001:db8::/32\" }\n"
    );
    assert_eq!(
        good(&["decode", "-n", "-i", "00000001180A0000"]),
        "{ \"nlri\": \"10.0.0.0/24\", \"path-information\": \"0.0.0.1\" }\n"
    );
}

#[test]
fn a_message_is_shown_as_the_command_that_sends_it() {
    assert_eq!(
        good(&["decode", "-m", &update()]),
        "announce route 10.0.0.0/24 next-hop 192.168.1.1 origin igp local-preference 100\n"
    );
    bad(&["decode", "-m", &format!("{MARKER}001304")], 1, "no command sends such a message");
}

#[test]
fn commands_come_from_standard_input_as_well() {
    let lines = "route 10.0.0.0/24 next-hop 192.0.2.1\n\n# no route\nwithdraw route 10.0.1.0/24\n";
    let run = finish(command(&["encode"]), lines);
    assert_eq!((run.status, run.out.lines().count()), (0, 2), "{run:?}");
    let again = finish(command(&["decode", "-m"]), &run.out);
    assert_eq!(finish(command(&["encode"]), &again.out).out, run.out);
    let alone = good(&["encode", "attributes next-hop 192.0.2.1 med 5"]);
    let words = good(&["decode", "-m", alone.trim()]);
    assert_eq!(good(&["encode", words.trim()]), alone);
}

#[test]
fn an_nlri_alone_is_shown_as_words() {
    assert_eq!(good(&["decode", "-n", "-m", "180A0000"]), "route 10.0.0.0/24\n");
    let words = good(&["decode", "-n", "-m", "-f", "l2vpn flow", "03118142"]);
    assert!(good(&["encode", "-n", words.trim()]).contains("03118142"), "{words}");
}

#[test]
fn path_identifiers_are_of_every_family() {
    for command in [
        "announce ipv4 mup mup-isd 10.0.0.0/24 rd 1:1 path-information 1.2.3.4 next-hop 192.0.2.1",
        "announce family 25 133 llc-dsap =66 path-information 1.2.3.4 next-hop 192.0.2.1",
        "announce family 16397 133 0x0102FF path-information 1.2.3.4 next-hop 192.0.2.1",
    ] {
        let message = good(&["encode", "-i", command]);
        assert!(message.contains("01020304"), "{command}: {message}");
        let again = good(&["decode", "-m", "-i", message.trim()]);
        assert!(again.contains("path-information 1.2.3.4"), "{again}");
        let json = good(&["decode", "-i", message.trim()]);
        assert!(json.contains("\"path-information\": \"1.2.3.4\""), "{json}");
        assert_eq!(good(&["encode", "-i", again.trim()]), message);
    }
}

#[test]
fn a_link_local_next_hop_is_not_lost_without_a_word() {
    let next_hop = "20010DB800000000000000000000FFFFFE800000000000000000000000000001";
    let update = format!("00000030 40010100 400200 800E26 000201 20{next_hop}00 00");
    let run = run(&["decode", "-m", &update.replace(' ', "")]);
    assert!(run.err.contains("the link-local next hop is left out"), "{run:?}");
}

#[test]
fn commands_and_messages_are_the_same_thing() {
    for command in [
        ROUTE,
        "announce attributes next-hop 192.0.2.1 med 7 nlri 10.1.0.0/16 10.2.0.0/16",
        "route 10.0.0.0/24 next-hop 192.0.2.1 origin egp as-path [ 65001 65002 ] ( 65003 65004 ) med 5",
        "route 10.0.0.0/24 next-hop 192.0.2.1 community [ 65000:1 no-export ] large-community 1:2:3",
        "route 10.0.0.0/24 next-hop 192.0.2.1 extended-community [ target:65000:1 origin:1.2.3.4:5 ]",
        "route 10.0.0.0/24 next-hop 192.0.2.1 originator-id 10.0.0.1 cluster-list [ 1.1.1.1 2.2.2.2 ]",
        "route 10.0.0.0/24 next-hop 192.0.2.1 aggregator ( 65000:10.0.0.1 ) atomic-aggregate",
        "route 10.0.0.0/24 next-hop 192.0.2.1 attribute [ 0x63 0xE0 0x0102 ]",
        "route 224.1.0.0/16 next-hop 192.0.2.1",
        "ipv4 multicast 10.0.0.0/24 next-hop 192.0.2.1",
        "route 2001:db8::/32 next-hop 2001:db8::1",
        "withdraw route 10.0.0.0/24",
        "withdraw ipv6 multicast 2001:db8::/32",
        "announce eor ipv6 unicast",
        "announce route-refresh ipv4 unicast",
        "group announce route 10.0.0.0/24 next-hop 192.0.2.1 ; withdraw route 10.0.1.0/24",
        "announce operational adm afi ipv4 safi unicast advisory \"two words\"",
        "announce operational rpcq afi ipv6 safi unicast router-id 1.2.3.4 sequence 7",
        "route 10.0.0.0/24 label [ 100 200 ] next-hop 192.0.2.1",
        "route 2001:db8::/32 rd 65000:1 label 100 next-hop 2001:db8::1",
        "withdraw route 10.0.0.0/24 rd 1.2.3.4:5 label 100",
        "ipv4 rtc default next-hop 192.0.2.1",
        "flow route destination 10.0.0.0/24 protocol [ tcp udp ] destination-port [ >1024&<2048 80 ] rate-limit 9600",
        "ipv6 flow-vpn rd 65000:1 destination 2001:db8::/32/0 next-header tcp discard",
        "withdraw flow route destination 10.0.0.0/24",
        "vpls rd 65000:1 endpoint 5 base 10702 offset 1 size 8 next-hop 192.0.2.1",
        "l2vpn evpn mac-ip rd 65000:1 mac 02:00:00:00:00:01 ip 10.0.0.1 label 100 next-hop 192.0.2.1",
        "ipv4 mcast-vpn source-ad source 10.0.0.1 group 239.0.0.1 rd 65000:1 next-hop 192.0.2.1",
        "ipv6 mup mup-isd 2001:db8::/64 rd 65000:1 next-hop 2001:db8::1",
        "family 16397 133 0x0102 next-hop 192.0.2.1",
    ] {
        let hexadecimal = good(&["encode", command]);
        let messages: Vec<&str> = hexadecimal.lines().collect();
        let again: Vec<String> = messages
            .iter()
            .flat_map(|message| {
                let commands = good(&["decode", "-m", message]);
                commands.lines().map(str::to_owned).collect::<Vec<_>>()
            })
            .map(|command| good(&["encode", &command]).trim().to_owned())
            .collect();
        assert_eq!(again, messages, "{command}");
    }
}

#[test]
fn a_route_is_encoded_as_exabgp_does() {
    assert_eq!(good(&["encode", ROUTE]), format!("{}\n", update()));
    assert_eq!(good(&["encode", "--no-header", ROUTE]), format!("{}\n", &update()[38..]));
    assert_eq!(good(&["encode", "-n", ROUTE]), "180A0000\n");
    assert_eq!(
        good(&["encode", "-n", "-i", &format!("{ROUTE} path-information 1")]),
        "00000001180A0000\n"
    );
    // Not quoted; with the verb of the API.
    let words: Vec<&str> = ["encode", "announce"].into_iter().chain(ROUTE.split(' ')).collect();
    assert_eq!(good(&words), format!("{}\n", update()));
    // Between two AS: our number in the path, no LOCAL_PREF.
    let text = good(&["encode", "-a", "65001", "-z", "65002", ROUTE]);
    assert_eq!(
        text,
        format!("{MARKER}002F020000001440010100400206020100 00FDE9400304C0A80101180A0000\n")
            .replace(' ', "")
    );
}

#[test]
fn a_route_that_can_not_be_encoded_is_named() {
    let failed = "configuration error: Failed to parse route: ";
    for (words, says) in [
        (vec!["encode", "route 10.0.0.0/33 next-hop 1.1.1.1"], "10.0.0.0/33"),
        (vec!["encode", "route 10.0.0.0/24"], "announce requires nexthop: 10.0.0.0/24"),
        (
            vec!["encode", "route 10.0.0.0/24 next-hop 1.1.1.1 madness 5"],
            "unknown attribute 'madness'",
        ),
        (vec!["encode", "rout 10.0.0.0/24"], "did you mean 'route'?"),
    ] {
        bad(&words, 1, failed);
        bad(&words, 1, says);
    }
    bad(&["encode"], 1, "no route");
    bad(&["encode", "-a", "many", ROUTE], 1, "'many' is not an AS number");
    bad(&["encode", "-f", "ipv6 unicast", ROUTE], 1, "add --family \"ipv4 unicast\"");
    bad(&["encode", "route 2001:db8::/32 next-hop self"], 1, "next-hop self");
    bad(&["encode", "show neighbor"], 1, "unknown announce type: show");
}

const CONFIGURATION: &str = "\
neighbor 127.0.0.1 {
    router-id 10.0.0.2;
    local-address 127.0.0.1;
    local-as 65001;
    peer-as 65002;
    capability { add-path send/receive; }
    family { ipv4 unicast; }
    static {
        route 10.0.0.0/24 next-hop self med 5 path-information 0.0.0.7;
        route 10.0.1.0/24 next-hop self med 5;
        route 10.0.2.0/24 next-hop self watchdog dog withdraw;
    }
}
";

#[test]
fn a_configuration_says_what_is_sent_and_how_it_is_read() {
    let (_folder, file) = file(CONFIGURATION);
    let sent = good(&["encode", "-c", &file]);
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let text = good(&["decode", "-c", &file, sent.trim()]);
    let event: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["neighbor"]["asn"], serde_json::json!({ "local": 65001, "peer": 65002 }));
    assert_eq!(event["neighbor"]["router-id"], "10.0.0.2");
    assert_eq!(
        event["neighbor"]["message"]["update"]["announce"]["ipv4 unicast"]["127.0.0.1"],
        serde_json::json!([
            { "nlri": "10.0.0.0/24", "path-information": "0.0.0.7" },
            { "nlri": "10.0.1.0/24", "path-information": "0.0.0.0" }
        ])
    );
}

#[test]
fn configurations_are_validated() {
    let (_folder, file) = file(CONFIGURATION);
    assert_eq!(good(&["validate", &file]), "");
    assert_eq!(good(&["validate", "-nr", &file]), "");
    assert_eq!(good(&["--test", &file]), "");
    let run = run(&["configuration", "validate", "-nrv", &file]);
    assert_eq!(run.status, 0, "{run:?}");
    for part in ["✓ loading", "✓ neighbor  127.0.0.1", "✓ routes"] {
        assert!(run.err.contains(part), "{}", run.err);
    }
    let run = finish(command(&["validate", "-"]), CONFIGURATION);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn what_is_wrong_in_a_configuration_is_pointed_at() {
    let (_folder, file) = file(&CONFIGURATION.replace("med 5;", "mde 5;"));
    let run = run(&["validate", &file]);
    assert_eq!(run.status, 1);
    for part in [
        format!("{file}:10:"),
        "unknown attribute 'mde'".to_owned(),
        "^^^".to_owned(),
        format!("error: {file} is not a valid config file: "),
        "(line 10, column 41)".to_owned(),
    ] {
        assert!(run.err.contains(&part), "{part}: {}", run.err);
    }
    bad(&["decode", "-c", &file, "00000000"], 1, "is not a valid config file");
    bad(&["encode", "-c", &file], 1, "is not a valid config file");
    bad(
        &["/no/such/file.conf"],
        1,
        "error: /no/such/file.conf is not an exabgp config file (file not found)",
    );
    bad(&["validate", "/no/such/file.conf"], 1, "file not found");
}

#[test]
fn a_reader_that_left_ends_the_program_with_1() {
    let mut command = command(&["env"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer);
    let run = finish(command, "");
    assert_eq!((run.status, run.err.as_str()), (1, ""));
}

#[test]
fn what_needs_no_daemon_starts_at_once() {
    good(&["decode", &update()]);
    let started = std::time::Instant::now();
    for _ in 0..20 {
        good(&["decode", &update()]);
    }
    // A release build takes 2 ms each; what is excluded is that a runtime or a file of the system is waited for.
    assert!(started.elapsed().as_millis() < 20 * 100, "{:?}", started.elapsed());
}

#[test]
fn the_demonstration_works_and_ends_by_itself() {
    let started = std::time::Instant::now();
    let run = run(&["demo"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""), "{run:?}");
    for part in [
        "announces 198.51.100.0/24",
        "announces 2001:db8:1::/48",
        "the speaker's helper is told: { \"exabgp\": \"4.0.1\"",
        "the speaker's helper says: announce route 203.0.113.0/24",
        "withdraws 203.0.113.0/24",
        "Cease / Administrative Shutdown",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

/// The commands of a document, as words: lines of its blocks, without comments, cut at `&&`.
fn commands_of(document: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(document).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
    lines
        .map(|line| line.split(" #").next().unwrap_or(line))
        .flat_map(|line| line.split("&&"))
        .map(|command| {
            // Every second part is in quotes.
            let parts = command.split('"').enumerate();
            parts
                .flat_map(|(at, part)| match at % 2 {
                    1 => vec![part.to_owned()],
                    _ => part.split_whitespace().map(str::to_owned).collect(),
                })
                .collect()
        })
        .collect()
}

#[test]
fn the_commands_of_the_readme_are_what_it_says() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut tried = Vec::new();
    // A capture of no packet.
    let mut capture = tempfile::NamedTempFile::new().unwrap();
    let header =
        [[0xd4, 0xc3, 0xb2, 0xa1], [2, 0, 4, 0], [0; 4], [0; 4], [0, 0, 1, 0], [1, 0, 0, 0]];
    capture.write_all(&header.concat()).unwrap();
    for line in commands_of(&root.join("README.md")) {
        let Some((program, words)) = line.split_first() else { continue };
        if program.starts_with('.') {
            assert!(root.join(program).exists(), "{program}");
        }
        if !program.ends_with("yottabgp") {
            continue;
        }
        let example = root.join("examples/first/first.conf").to_str().unwrap().to_owned();
        let words: Vec<String> = words
            .iter()
            .map(|word| match word.as_str() {
                "FILE" => example.clone(),
                "HEX" => update(),
                // A file without a record.
                "DUMP" => "/dev/null".to_owned(),
                "CAPTURE" => capture.path().to_str().unwrap().to_owned(),
                file if file.starts_with("examples/") => {
                    root.join(file).to_str().unwrap().to_owned()
                }
                _ => word.clone(),
            })
            .collect();
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.first().copied().unwrap_or_default() {
            // They have tests of their own.
            "demo" | "bmp" => {}
            // It writes to the folder of whoever runs the tests.
            "shell" => {}
            "run" | "cli" => {
                words.splice(1..1, ["--pipename", "no-such-daemon"]);
                bad(&words, 1, "could not find");
            }
            "diff" => {
                let mut diff = command(&words);
                // Whatever daemons this machine has.
                for name in ["exabgp_api_socketname", "exabgp_api_pipename"] {
                    diff.env(name, "no-such-daemon");
                }
                let run = finish(diff, "");
                assert_eq!(run.status, 2, "{run:?}");
                assert!(run.err.contains("could not find"), "{}", run.err);
            }
            // The daemon does not end by itself: the file has to be one that it takes.
            file if file.ends_with(".conf") => {
                words.insert(0, "validate");
                good(&words);
            }
            _ => {
                good(&words);
            }
        }
        tried.push(line);
    }
    assert!(tried.len() >= 9, "{tried:?}");
}

/// ExaBGP's own messages, shown as commands and encoded again, say the same as before: the same octets, but for the order of
/// attributes of other speakers, and what sessions add by themselves.
#[test]
fn commands_of_messages_say_the_same_as_the_messages() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/vectors.jsonl");
    let Ok(vectors) = std::fs::read_to_string(path) else {
        println!("SKIPPED: the vectors are kept beside the repository");
        return;
    };
    // Sessions that are not those of `encode`: external, with link-local next hops, of two-octet AS numbers; and a prefix
    // that ExaBGP writes against the RFC.
    let others = ["conf-ebgp", "conf-llnh", "conf-no-asn4", "conf-flow.ci:37"];
    let mut seen = std::collections::HashSet::new();
    let (mut same, mut wrong) = (0, Vec::new());
    for line in vectors.lines() {
        let Ok(vector) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let text = |name: &str| vector[name].as_str().unwrap_or_default().to_owned();
        let (source, raw) = (text("source"), text("raw").replace(':', "").to_uppercase());
        let is_other = others.iter().any(|other| source.contains(other));
        if text("kind") != "update"
            || is_other
            || !raw.starts_with(MARKER)
            || !seen.insert(raw.clone())
        {
            continue;
        }
        let path_id: &[&str] = if vector["addpath"] == true { &["-i"] } else { &[] };
        let with = |words: &[&'static str], last: &str| {
            let words: Vec<&str> = words.iter().chain(path_id).copied().chain([last]).collect();
            good(&words)
        };
        let commands = with(&["decode", "-m"], &raw);
        let again: String = commands.lines().map(|line| with(&["encode"], line)).collect();
        let again: Vec<&str> = again.lines().collect();
        if again == [raw.as_str()] {
            same += 1;
            continue;
        }
        let said = |message: &str| {
            let event: serde_json::Value =
                serde_json::from_str(&with(&["decode"], message)).unwrap();
            let mut update = event["neighbor"]["message"]["update"].clone();
            if let Some(attributes) = update["attribute"].as_object_mut() {
                attributes.remove("local-preference");
            }
            update
        };
        match again.as_slice() {
            [one] if said(one) == said(&raw) => same += 1,
            _ => wrong.push(format!("{source}\n  {raw}\n  {commands}  {}", again.join("\n  "))),
        }
    }
    assert!(same > 150 && wrong.is_empty(), "{same} the same\n{}", wrong.join("\n"));
}

/// The program under another name, as a link to it is called.
fn called(name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_yottabgp"), &path).unwrap();
    (folder, path)
}

#[test]
fn command_lines_of_older_versions_mean_what_they_meant() {
    let (folder, conf) =
        file("neighbor 127.0.0.2 { local-address 127.0.0.1; local-as 1; peer-as 2; }\n");
    let settings = folder.path().join("etc/exabgp/exabgp.env");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, "[exabgp.tcp]\nport = 1790\n").unwrap();
    std::fs::copy(&conf, folder.path().join("etc/exabgp/test.conf")).unwrap();
    let root = folder.path().to_str().unwrap();
    let env = settings.to_str().unwrap();
    // What was checked, by the flags of 3.4 and 4.2.
    for words in [
        &["--test", &conf][..],
        &["-t", &conf],
        &["-d", "-t", &conf],
        &["--validate", &conf],
        &["--valid", &conf],
        &[&conf, "--test"],
        &["-e", env, "-p", "-m", "-s", "--test", &conf],
        // Names below the folder that was chosen.
        &["-f", root, "-t", "etc/exabgp/test.conf"],
        &["--root", root, "--test", "etc/exabgp/test.conf"],
    ] {
        let run = run(words);
        assert_eq!(run.status, 0, "{words:?}: {run:?}");
    }
    bad(&["--test", "/nowhere/test.conf"], 1, "/nowhere/test.conf");

    // Settings, and where they come from.
    let port = "exabgp.tcp.port=1790\n";
    let etc = format!("{root}/etc/exabgp");
    for words in [
        &["--env", env, "--de"][..],
        &["-e", env, "--diff-env"],
        &["--root", root, "--de"],
        &["--root", root, "-e", "exabgp.env", "--de"],
        &["--folder", &etc, "--de"],
        &["-f", &etc, "--de"],
        &["env", "--env", "--diff", "--env-file", env],
    ] {
        assert_eq!(good(words), port, "{words:?}");
    }
    assert!(good(&["--root", root, "--fi"]).contains("\nport = 1790\n"));
    assert!(good(&["--full-env"]).contains("exabgp.tcp.port=179\n"));
    assert!(good(&["--root", root, "--di"]).contains("[exabgp.tcp]\nport = 1790\n"));

    // A message, with the sessions of a file.
    let message = update();
    let event: serde_json::Value = serde_json::from_str(&good(&["-x", &message, &conf])).unwrap();
    assert_eq!(event["neighbor"]["asn"]["peer"], 2);
    assert!(good(&["--decode", &message]).contains("10.0.0.0/24"));

    bad(&["--nonsense", &conf], 2, "--nonsense");
    bad(&["--ver"], 2, "ambiguous option: --ver could match --version, --verbose");
    bad(&["--env"], 2, "--env needs a value");
    bad(&["--run", "flow"], 2, "it runs healthcheck or cli");
    bad(&["--run", "cli", "--pipename", "no-such-daemon", "version"], 1, "no-such-daemon.sock");
}

#[test]
fn the_version_is_new_enough_for_frr() {
    let (_folder, exabgp) = called("exabgp");
    for flag in ["--version", "-v", "version"] {
        let output = Command::new(&exabgp).arg(flag).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        // `ExaBGP\s*:\s*((\d+)\.(\d+)(?:\.(\d+))?)`, and at least 4.2.11.
        let version = text.split_once("ExaBGP").unwrap().1.trim_start().strip_prefix(':').unwrap();
        let version = version.lines().next().unwrap().trim();
        let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
        assert!(output.status.success() && numbers >= vec![4, 2, 11], "{flag}: {text}");
    }
}

#[test]
fn every_name_has_its_subcommand() {
    for (name, words, says) in [
        ("exabgpcli", &["--help"][..], "Talk with a running daemon"),
        ("exabgp-cli", &["-h"], "Talk with a running daemon"),
        ("exabgpcli", &["run", "--help"], "Send a command"),
        ("exabgp", &["cli", "--help"], "Talk with a running daemon"),
        ("exabgp", &["--help"], "Usage:"),
    ] {
        let (_folder, path) = called(name);
        let output = Command::new(&path).args(words).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(says), "{name} {words:?}: {output:?}");
    }
    // Without words it talks; what is not a terminal has commands, here none.
    let (_folder, path) = called("exabgpcli");
    let output = Command::new(&path)
        .args(["--pipename", "no-such-daemon"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-daemon.sock"));
}
