//! Every keyword of a neighbor: its value, its default, what is refused and how.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::borrow::Cow;

use common::{bad, error, good, loaded, neighbor, warned, wrap};
use yottabgp_config::{MessageFlags, TcpAoAlgorithm};
use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::{Afi, Family, OperationalType, Safi};
use yottabgp_wire::message::operational::Operational;

#[test]
fn defaults() {
    let neighbor = neighbor("");
    let settings = &neighbor.settings;
    assert_eq!(
        neighbor.name,
        "neighbor 192.0.2.1 local-ip auto local-as 65001 peer-as 65002 router-id 192.0.2.9 family-allowed in-open"
    );
    assert_eq!(settings.hold_time, 180);
    assert_eq!(settings.families, Family::ALL);
    assert!(settings.asn4 && settings.extended_message && settings.group_updates);
    assert!(!settings.route_refresh && !settings.operational && !settings.multisession);
    assert!(!settings.passive && !settings.manual_eor && !settings.link_local_next_hop);
    assert_eq!(settings.graceful_restart, None);
    assert_eq!(settings.add_path, AddPathMode::default());
    assert_eq!((settings.aigp, settings.role, &settings.software_version), (None, None, &None));
    assert_eq!((settings.open_wait, settings.attempts), (60, 0));
    assert!(neighbor.auto_flush && neighbor.adj_rib_in && neighbor.adj_rib_out);
    assert_eq!((neighbor.listen, neighbor.connect, neighbor.rate_limit), (None, None, None));
    assert_eq!((neighbor.outgoing_ttl, neighbor.incoming_ttl), (None, None));
    assert_eq!((&neighbor.md5_password, &neighbor.tcp_ao, neighbor.md5_ip), (&None, &None, None));
    assert!(neighbor.api.is_empty() && neighbor.routes.is_empty() && !neighbor.is_range());
}

#[test]
fn addresses() {
    let local = neighbor("local-address 192.0.2.2;");
    assert_eq!(local.local_address, Some("192.0.2.2".parse().unwrap()));
    assert_eq!(neighbor("local-address auto;").local_address, None);
    assert_eq!(
        error("local-address foo;"),
        "'foo' is not a valid IP address (an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1)"
    );
    assert_eq!(error("local-address;"), "address is missing (an IPv4 or IPv6 address)");
    assert_eq!(
        error("local-address 2001:db8::1;"),
        "local-address and peer-address must be of the same family"
    );
    assert_eq!(
        neighbor("local-link-local fe80::1;").settings.local_link_local,
        Some("fe80::1".parse().unwrap())
    );
    assert_eq!(
        error("local-link-local ::1;"),
        "::1 is not an IPv6 link-local address (an address of fe80::/10)"
    );
    let (other, warning) = warned("peer-address 192.0.2.7;");
    assert_eq!(other.peer.to_string(), "192.0.2.7/32");
    assert_eq!(warning, "peer-address is set twice; the last one counts");
    assert_eq!(
        neighbor("md5-ip 192.0.2.3; local-address 192.0.2.2;").md5_ip,
        Some("192.0.2.3".parse().unwrap())
    );
    assert_eq!(neighbor("md5-ip 192.0.2.3;").md5_ip, None);
}

#[test]
fn identifiers() {
    let text = "neighbor 192.0.2.1 { local-address 192.0.2.2; local-as 1.1; peer-as auto; }";
    let neighbor = good(text).neighbors.remove(0);
    assert_eq!(neighbor.settings.router_id.to_string(), "192.0.2.2");
    assert_eq!((neighbor.settings.local_as, neighbor.settings.peer_as), (Some(Asn(65537)), None));
    assert_eq!(
        neighbor.name,
        "neighbor 192.0.2.1 local-ip 192.0.2.2 local-as 65537 peer-as auto router-id 192.0.2.2 family-allowed in-open"
    );
    let (_, warnings) = loaded("neighbor 192.0.2.1 { router-id 1.1.1.1; local-as 0; peer-as 1; }");
    assert_eq!(
        warnings,
        ["t:1:50: warning: local-as 0 means auto, since there is no AS 0 (RFC 7607) (write auto)"]
    );
    let asn = |value: &str| {
        bad(&format!("neighbor 192.0.2.1 {{ router-id 1.1.1.1; local-as {value}; peer-as 1; }}"))
    };
    for wrong in ["x", "4294967296", "-1", "1.65536"] {
        assert!(
            asn(wrong)[0]
                .starts_with(&format!("t:1:50: error: '{wrong}' is not a valid ASN (auto, 1 to"))
        );
    }
    assert_eq!(
        bad("neighbor 192.0.2.1 { router-id x; local-as 1; peer-as 1; }")[0],
        "t:1:32: error: 'x' is not a valid router-id (an IPv4 address, such as 192.0.2.1)"
    );
    let (_, warnings) = loaded("neighbor 192.0.2.1 { router-id 0.0.0.0; local-as 1; peer-as 1; }");
    assert!(warnings[0].contains("router-id 0.0.0.0"));
}

#[test]
fn what_is_missing_is_said_at_once() {
    assert_eq!(
        bad("neighbor 192.0.2.1 { listen 179; }"),
        ["t:1:1: error: incomplete neighbor, missing local-address, local-as, peer-as, router-id \
         (add 'local-address ADDRESS;', 'local-as AS NUMBER;', 'peer-as AS NUMBER;', 'router-id ADDRESS;')"]
    );
    assert_eq!(
        bad("neighbor ::1 { local-as 1; peer-as 1; local-address ::1; }"),
        ["t:1:1: error: incomplete neighbor, missing router-id (add 'router-id ADDRESS;')"]
    );
}

#[test]
fn names() {
    assert_eq!(neighbor("description \"a; b\";").description, "a; b");
    let (words, warning) = warned("description a b;");
    assert_eq!(words.description, "a b");
    assert_eq!(
        warning,
        "description has several words without quotes; ExaBGP keeps only the first (write description \"a b\";)"
    );
    let named = neighbor("host-name r1; domain-name example.com;");
    assert_eq!((&*named.settings.host_name, &*named.settings.domain_name), ("r1", "example.com"));
    assert_eq!(
        warned("domain-name x;").1,
        "without host-name, domain-name is not sent (add 'host-name NAME;')"
    );
    assert!(warned("host-name \"a b\";").1.starts_with("'a b' does not look like a host-name"));
    assert_eq!(neighbor("source-interface eth0;").source_interface.as_deref(), Some("eth0"));
    assert_eq!(neighbor("source-interface;").source_interface, None);
}

#[test]
fn times_and_numbers() {
    assert_eq!(neighbor("hold-time 0;").settings.hold_time, 0);
    assert_eq!(neighbor("hold-time 65535;").settings.hold_time, 65535);
    assert_eq!(
        error("hold-time 2;"),
        "hold-time 2 is invalid (must be 0 (disabled) or at least 3 seconds (RFC 4271))"
    );
    assert_eq!(error("hold-time 65536;"), "hold-time 65536 is invalid (maximum is 65535 seconds)");
    assert_eq!(
        error("hold-time x;"),
        "'x' is not a valid hold-time (must be 0 (disabled) or 3-65535 seconds)"
    );
    assert_eq!(
        error("hold-time;"),
        "hold-time is missing (must be 0 (disabled) or 3-65535 seconds)"
    );
    assert_eq!(
        warned("hold-time 90 80;").1,
        "what follows the value of 'hold-time' is ignored (remove it, or quote the value)"
    );
    assert_eq!(neighbor("rate-limit 10;").rate_limit.unwrap().get(), 10);
    assert_eq!(neighbor("rate-limit disable;").rate_limit, None);
    assert_eq!(neighbor("rate-limit 0;").rate_limit, None);
    assert_eq!(
        error("rate-limit -1;"),
        "'-1' is not a valid rate-limit (a number of messages per second, or disable)"
    );
    assert_eq!(neighbor("listen 1790; local-address 192.0.2.2;").listen, Some(1790));
    assert_eq!(neighbor("connect 1790;").connect, Some(1790));
    assert_eq!(error("connect 0;"), "port 0 is invalid (must be 1 to 65535)");
    assert_eq!(error("connect;"), "port is missing (must be 1 to 65535)");
    assert_eq!(neighbor("outgoing-ttl 255;").outgoing_ttl, Some(255));
    assert_eq!(neighbor("incoming-ttl disable;").incoming_ttl, None);
    assert_eq!(error("incoming-ttl 256;"), "TTL 256 is invalid (1 to 255, or disable)");
    assert_eq!(warned("incoming-ttl 0;").0.incoming_ttl, None);
}

#[test]
fn booleans() {
    for yes in ["", " true", " True", " enable", " ENABLED", " yes", " 1", " on"] {
        assert!(neighbor(&format!("passive{yes};")).settings.passive, "{yes}");
    }
    for no in ["false", "False", "disable", "disabled", "no", "0", "off"] {
        assert!(!neighbor(&format!("group-updates {no};")).settings.group_updates, "{no}");
    }
    assert_eq!(
        error("passive maybe;"),
        "'maybe' is not a valid boolean (valid options: true, false, enable, disable, enabled, disabled, yes, no, on, off, 1, 0)"
    );
    assert!(!neighbor("auto-flush false;").auto_flush);
    assert!(!neighbor("adj-rib-in false;").adj_rib_in);
    assert!(!neighbor("adj-rib-out false;").adj_rib_out);
    assert!(neighbor("manual-eor true;").settings.manual_eor);
    for keyword in ["adj-rib-in", "adj-rib-out", "manual-eor"] {
        let (neighbor, warning) = warned(&format!("{keyword};"));
        assert!(neighbor.adj_rib_in && neighbor.adj_rib_out);
        assert_eq!(neighbor.settings.manual_eor, keyword == "manual-eor");
        assert_eq!(
            warning,
            format!(
                "'{keyword};' is taken as '{keyword} true;', while ExaBGP takes it as false (write the value, to mean the same to both)"
            )
        );
    }
}

#[test]
fn passwords() {
    assert_eq!(neighbor("md5-password \"a b\";").md5_password.as_deref(), Some(&b"a b"[..]));
    let encoded = neighbor("md5-password c2VjcmV0; md5-base64 true;");
    assert_eq!(encoded.md5_password.as_deref(), Some(&b"secret"[..]));
    assert_eq!(
        warned("md5-password abc; md5-base64 auto;").0.md5_password.as_deref(),
        Some(&b"abc"[..])
    );
    assert_eq!(neighbor("md5-password;").md5_password, None);
    assert_eq!(
        error("md5-password !; md5-base64 true;"),
        "Invalid MD5 password: not valid base64 (remove 'md5-base64', or write the password in base64)"
    );
    let long = "x".repeat(81);
    assert_eq!(
        error(&format!("md5-password {long};")),
        "MD5 password must be no larger than 80 characters"
    );
    let ao =
        neighbor("tcp-ao { keyid 1; algorithm hmac-sha-256; password c2VjcmV0; base64 true; }")
            .tcp_ao
            .unwrap();
    assert_eq!(
        (ao.key_id, ao.algorithm, &*ao.key),
        (1, TcpAoAlgorithm::HmacSha256, &b"secret"[..])
    );
    assert!(!format!("{ao:?}").contains("115"));
    assert_eq!(neighbor("tcp-ao { }").tcp_ao, None);
    assert_eq!(error("tcp-ao { keyid 1; }"), "incomplete tcp-ao, missing algorithm, password");
    assert_eq!(
        error("tcp-ao { keyid 256; algorithm hmac-sha-256; password x; }").lines().count(),
        1
    );
    assert_eq!(
        bad(&wrap("tcp-ao { keyid 1; algorithm hmac-sha-25; password x; }"))[0]
            .splitn(5, ':')
            .last()
            .unwrap(),
        " 'hmac-sha-25' is not a valid algorithm (did you mean 'hmac-sha-256'? valid options: hmac-sha-1-96, aes-128-cmac-96, hmac-sha-256)"
    );
    assert_eq!(
        error("md5-password x; tcp-ao { keyid 1; algorithm hmac-sha-256; password y; }"),
        "MD5 and TCP-AO are mutually exclusive - cannot use both (remove one of them)"
    );
}

#[test]
fn ranges() {
    let text = "neighbor 10.0.0.0/8 { local-as 1; peer-as 2; router-id 1.1.1.1; passive; }";
    let neighbor = good(text).neighbors.remove(0);
    assert!(neighbor.is_range());
    assert!(neighbor.name.starts_with("neighbor 10.0.0.0/8 local-ip auto"));
    assert_eq!(
        bad("neighbor 10.0.0.0/8 { local-as 1; peer-as 2; router-id 1.1.1.1; }"),
        [
            "t:1:1: error: can only use ip ranges for the peer address with passive neighbors (add 'passive true;')"
        ]
    );
    assert_eq!(
        bad("neighbor 10.0.0.0/33 { local-as 1; peer-as 2; router-id 1.1.1.1; }"),
        [
            "t:1:10: error: '10.0.0.0/33' is not a valid IP address or range (<ip> or <ip>/<prefix>, such as 192.0.2.1 or 192.0.2.0/24)"
        ]
    );
}

#[test]
fn families() {
    let two = neighbor("family { ipv6 unicast; ipv4 Labeled-Unicast; } family { ipv4 unicast; }");
    let labelled = Family::new(Afi::IPV4, Safi::NLRI_MPLS);
    assert_eq!(two.settings.families, [Family::IPV6_UNICAST, labelled, Family::IPV4_UNICAST]);
    assert_eq!(neighbor("family { all; }").settings.families, Family::ALL);
    assert_eq!(neighbor("family { }").settings.families, Family::ALL);
    let (all, warning) = warned("family { ipv4 unicast; all; }");
    assert_eq!(all.settings.families, Family::ALL);
    assert!(warning.starts_with("'all' stands beside single families"));
    assert_eq!(
        warned("family { ipv4 unicast; ipv4 unicast; }").1,
        "duplicate entry: ipv4 unicast (remove one)"
    );
    assert_eq!(
        error("family { l2vpn foo; }"),
        "'foo' is not valid for l2vpn (valid options: evpn, vpls)"
    );
    assert!(
        error("family { ipv4 unicats; }")
            .starts_with("'unicats' is not valid for ipv4 (did you mean 'unicast'?")
    );
    let numbers = neighbor("family { family 16397 133; family 25 70; }").settings.families;
    let of_numbers = [(16397, 133), (25, 70)].map(|(afi, safi)| Family::new(Afi(afi), Safi(safi)));
    assert_eq!(numbers, of_numbers);
    assert!(error("family { family 1 256; }").starts_with("'1 256' is not a family"));
    assert_eq!(warned("family { inet6 unicast; }").0.settings.families, [Family::IPV6_UNICAST]);
    let (minimal, _) =
        warned("family { minimal; } static { route 10.0.0.0/8 next-hop 192.0.2.1; }");
    assert_eq!(minimal.settings.families, [Family::IPV4_UNICAST]);
}

#[test]
fn capabilities() {
    let settings = |body: &str| neighbor(&format!("capability {{ {body} }}")).settings;
    assert!(!settings("asn4 disable;").asn4);
    assert!(settings("route-refresh;").route_refresh);
    assert_eq!(settings("graceful-restart;").graceful_restart, Some(0));
    assert_eq!(settings("graceful-restart 1;").graceful_restart, Some(1));
    assert_eq!(settings("graceful-restart 4095;").graceful_restart, Some(4095));
    assert_eq!(settings("graceful-restart disable;").graceful_restart, None);
    assert_eq!(
        error("capability { graceful-restart 4096; }"),
        "graceful-restart 4096 is invalid (must be 0 to 4095)"
    );
    assert!(
        settings("graceful-restart; graceful-restart-notification;").graceful_restart_notification
    );
    assert!(!settings("graceful-restart;").graceful_restart_notification);
    assert_eq!(
        warned("capability { graceful-restart-notification; }").1,
        "graceful-restart-notification does nothing without graceful-restart (add 'graceful-restart 120;' to capability { … })"
    );
    assert_eq!(settings("long-lived-graceful-restart 60;").long_lived_graceful_restart, Some(60));
    let (receive, send) = (true, true);
    assert_eq!(settings("add-path Send/Receive;").add_path, AddPathMode { receive, send });
    assert_eq!(settings("add-path send;").add_path, AddPathMode { receive: false, send });
    assert_eq!(settings("add-path disable;").add_path, AddPathMode::default());
    assert_eq!(
        warned("capability { add-path receive/send; }").0.settings.add_path,
        AddPathMode { receive, send }
    );
    assert_eq!(
        error("capability { add-path; }"),
        "add-path is missing (valid options: disable, receive, send, send/receive)"
    );
    assert!(settings("multi-session;").multisession && settings("operational;").operational);
    assert_eq!(settings("aigp disable;").aigp, Some(false));
    assert!(!settings("extended-message no;").extended_message);
    assert_eq!(
        settings("software-version enable;").software_version.unwrap(),
        format!("YottaBGP/{}", env!("CARGO_PKG_VERSION"))
    );
    assert!(warned("capability { software-version; }").0.settings.software_version.is_some());
    assert!(settings("link-local-nexthop enable;").link_local_next_hop);
    assert_eq!(settings("role customer; role-strict;").role, Some(3));
    assert_eq!(
        error("capability { refresh; }"),
        "invalid keyword \"refresh\" in neighbor/capability (write route-refresh)"
    );
    let multi = neighbor("capability { multi-session; } family { ipv4 unicast; ipv6 unicast; }");
    assert!(multi.name.ends_with("family-allowed ipv4-unicast/ipv6-unicast"));
}

#[test]
fn route_refresh_keeps_routes() {
    let (neighbor, warning) = warned("adj-rib-out false; capability { route-refresh; }");
    assert!(neighbor.adj_rib_out);
    assert!(warning.starts_with("route-refresh needs adj-rib-out, which is taken as true"));
}

#[test]
fn add_path_families() {
    let body = |list: &str| {
        format!(
            "capability {{ add-path receive; }} family {{ ipv4 unicast; ipv6 unicast; }} add-path {{ {list} }}"
        )
    };
    let families = |list: &str| neighbor(&body(list)).settings.add_path_families;
    assert_eq!(families(""), []);
    assert_eq!(families("ipv4 unicast limit 10;"), [(Family::IPV4_UNICAST, Some(10))]);
    assert_eq!(families("all;"), []);
    assert_eq!(
        families("ipv4 unicast limit 3; all;"),
        [(Family::IPV4_UNICAST, Some(3)), (Family::IPV6_UNICAST, None)]
    );
    assert_eq!(
        error(&body("ipv4 unicast limit 0;")),
        "paths-limit 0 is invalid (must be 1 to 65535)"
    );
    assert_eq!(
        error(&body("ipv4 unicast 10;")),
        "unexpected '10' after ipv4 unicast (did you mean 'ipv4 unicast limit 10'?)"
    );
    assert_eq!(
        error(&body("ipv4 unicast; ipv4 unicast;")),
        "duplicate add-path entry for ipv4 unicast (remove one)"
    );
    let (other, warning) = warned(&body("ipv4 multicast;"));
    assert_eq!(other.settings.add_path, AddPathMode::default());
    assert!(warning.contains("the neighbor does not have the family"));
    assert!(warned("add-path { ipv4 unicast; }").1.contains("add-path is disabled"));
}

#[test]
fn next_hops_of_the_other_family() {
    let body =
        |list: &str| format!("family {{ ipv4 unicast; ipv6 unicast; }} nexthop {{ {list} }}");
    let pairs = neighbor(&body("ipv4 unicast ipv6; ipv6 unicast ipv4;")).settings.next_hop;
    assert_eq!(pairs, [(Family::IPV4_UNICAST, Afi::IPV6), (Family::IPV6_UNICAST, Afi::IPV4)]);
    let off = body("ipv4 unicast ipv6;") + "capability { nexthop disable; }";
    assert_eq!(neighbor(&off).settings.next_hop, []);
    assert_eq!(
        error(&body("ipv4 unicast ipv4;")),
        "'ipv4' is not a valid next-hop AFI (valid options: ipv6)"
    );
    assert!(
        error(&body("ipv4 flow ipv6;"))
            .starts_with("'flow' is not a valid SAFI for ipv4 (valid options: unicast")
    );
    assert!(warned(&body("ipv4 multicast ipv6;")).1.contains("does not have the family"));
}

#[test]
fn api_sections() {
    let text = format!(
        "process a {{ run /bin/a; }} process ab {{ run /bin/b; }} {}",
        wrap(
            "api x { processes [ a, ab ]; neighbor-changes; fsm false; receive { parsed; update enable; open disable; } send { packets; } } api { processes-match [ \"^a.\" ]; signal; negotiated; }"
        )
    );
    let neighbor = good(&text).neighbors.remove(0);
    let [first, second] = &*neighbor.api else { panic!() };
    assert_eq!(first.name, "x");
    assert_eq!(first.processes.iter().map(|name| &**name).collect::<Vec<_>>(), ["a", "ab"]);
    assert!(first.neighbor_changes && !first.fsm && !first.signal);
    let mut flags = MessageFlags::PARSED;
    flags.set(MessageFlags::UPDATE, true);
    assert_eq!((first.receive, first.send), (flags, MessageFlags::PACKETS));
    assert_eq!(second.processes.iter().map(|name| &**name).collect::<Vec<_>>(), ["ab"]);
    assert!(second.signal && second.negotiated);
    assert_eq!(
        error("api { processes [ zz ]; }"),
        "the process 'zz' is used by neighbor 192.0.2.1 but not defined (add 'process zz { run …; }' outside of neighbors)"
    );
    let near =
        bad(&format!("process abc {{ run /bin/a; }} {}", wrap("api { processes [ abd ]; }")));
    assert!(near[0].ends_with("(did you mean 'abc'?)"));
    assert!(
        error("api { processes-match [ \"(\" ]; }")
            .starts_with("'(' is not a valid regular expression")
    );
    assert!(warned("api { processes-match [ q ]; }").1.starts_with("no process matches 'q'"));
    assert!(warned("api { neighbor-changes; }").1.starts_with("this api section names no process"));
    assert_eq!(
        error("api a { } api a { }"),
        "the name \"a\" already exists in api (give it another name)"
    );
    assert_eq!(
        error("api a/b { }"),
        "invalid character in the api name \"a/b\" (use letters, digits, '.', '-' and '_')"
    );
    // ExaBGP wants such names to be unique in the whole file.
    good(&format!("{} {}", wrap("api a { }"), wrap("api a { }").replace("2.1 ", "2.2 ")));
}

#[test]
fn processes() {
    let configuration =
        good("process p { run /bin/x -a \"b c\" [1],2 'd'; encoder JSON; respawn false; }");
    let process = &configuration.processes[0];
    assert_eq!(&*process.name, "p");
    assert_eq!(process.run, ["/bin/x", "-a", "b c", "[1],2", "d"]);
    assert_eq!(process.encoder.name(), "json");
    assert!(!process.respawn);
    assert!(bad("process p { encoder json; }")[0].contains("the process \"p\" has no 'run'"));
    assert!(
        bad("process p { run /x; encoder xml; }")[0]
            .contains("'xml' is not a valid choice (valid options: text, json)")
    );
    assert!(bad("process { run /x; }")[0].contains("the process has no name"));
    assert!(
        bad("process p { run /x; } process p { run /y; }")[0]
            .starts_with("t:1:31: error: a process section called \"p\" already exists")
    );
    assert!(
        bad("process p { run /x; ack true; }")[0].contains("invalid keyword \"ack\" in process")
    );
    assert_eq!(
        loaded("process p { run \"/bin/x a\"; }").0.processes[0].run,
        ["/bin/x a"],
        "a program may have a blank in its name"
    );
}

#[test]
fn old_statements_are_taken_with_a_warning() {
    assert_eq!(warned("md5 \"a b\";").0.md5_password.as_deref(), Some(&b"a b"[..]));
    assert_eq!(warned("ttl-security;").0.outgoing_ttl, Some(255));
    assert_eq!(warned("graceful-restart 1200;").0.settings.graceful_restart, Some(1200));
    assert!(warned("add-path send;").0.settings.add_path.send);
    assert!(warned("route-refresh;").0.settings.route_refresh);
    assert_eq!(
        warned("multi-session;").1,
        "'multi-session' is a statement of the section 'capability' since ExaBGP 4 (write capability { multi-session; })"
    );
}

#[test]
fn every_keyword_is_documented() {
    let keywords = yottabgp_config::keywords();
    for row in &keywords {
        assert!(!row.help.is_empty(), "{row:?}");
    }
    let has = |place, name| keywords.iter().any(|row| row.place == place && row.name == name);
    assert!(
        has("neighbor", "hold-time")
            && has("root", "process")
            && has("neighbor/api/send", "parsed")
    );
}

#[test]
fn operational_messages() {
    let message = |body: &str| {
        let capability = "capability { operational; }";
        neighbor(&format!("{capability} operational {{ {body} }}")).operational
    };
    let text = |text: &'static str| Cow::Borrowed(text.as_bytes());
    let family = Family::IPV4_UNICAST;
    assert_eq!(
        message("asm afi ipv4 safi unicast advisory \"back; at {noon}\";"),
        [Operational::Advisory {
            kind: OperationalType::ASM,
            family,
            text: text("back; at {noon}")
        }]
    );
    let (sequence, router_id) = (Some(1), Some(std::net::Ipv4Addr::new(1, 2, 3, 4)));
    assert_eq!(
        message(
            "rpcq afi ipv4 safi unicast sequence 1; lpcp afi ipv4 safi unicast router-id 1.2.3.4 sequence 1 counter 9;"
        ),
        [
            Operational::Query { kind: OperationalType::RPCQ, family, router_id: None, sequence },
            Operational::Counter {
                kind: OperationalType::LPCP,
                family,
                router_id,
                sequence,
                counter: 9
            },
        ]
    );
    assert_eq!(error("operational { asm afi ipv4 safi unicast; }"), "'advisory' is missing");
    assert_eq!(
        warned("operational { adm afi ipv4 safi unicast advisory x; }").1,
        "OPERATIONAL messages are not sent without the capability operational (add 'operational;' to capability { … })"
    );
}
