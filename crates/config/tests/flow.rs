//! The section `flow`: rules in blocks and on one line, and mistakes at their place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

mod common;

use common::{bad, error, neighbor, wrap};

/// The rules of a section, as `family octets`.
fn rules(body: &str) -> Vec<String> {
    let routes = neighbor(&format!("flow {{ {body} }}")).routes;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    routes
        .iter()
        .map(|route| format!("{} {}", route.family, hex(route.nlri().unwrap().bytes)))
        .collect()
}

#[test]
fn rules_in_blocks_and_on_one_line() {
    assert_eq!(
        rules(
            "route a { match { source 10.0.0.0/24; port [ =80 =8080 ]; } then { discard; community [30740:0 30740:30740]; } }
             route { then { redirect [2001:db8::1]:5; } scope { interface-set [ input:1:1 ]; } match { icmp-type echo-request; destination 2001:db8::/32; } }
             route b { rd 65535:65536; next-hop 5.6.7.8; match { source 10.0.0.3/32; } then { redirect-to-nexthop; } }
             route destination 10.0.0.0/8 tcp-flags [SYN RST&FIN&!=push] discard;
             route flow-label 5 rd 1:2 accept;"
        ),
        [
            "ipv4 flow 0b02180a0000040150911f90".to_owned(),
            "ipv6 flow 0a01200020010db8078180".to_owned(),
            "ipv4 flow-vpn 0e0000ffff0001000002200a000003".to_owned(),
            "ipv4 flow 0c01080a09000200044001c308".to_owned(),
            "ipv6 flow-vpn 0e00000001000000020da100000005".to_owned(),
        ]
    );
    let (neighbor, warning) = common::warned("flow { route { } }");
    assert_eq!(neighbor.routes.get(0).unwrap().nlri().unwrap().bytes, [0]);
    assert!(warning.starts_with("this rule has no match: it is for every packet"), "{warning}");
}

#[test]
fn mistakes_name_value_and_place() {
    let flow = |body: &str| error(&format!("flow {{ {body} }}"));
    for (body, message) in [
        (
            "route { match { source 10.0.0.0; } then { discard; } }",
            "'10.0.0.0' is not a valid source-ipv4 (the length is missing: 10.0.0.0/32 is this address alone)",
        ),
        (
            "route { match { port =80 =8080; } }",
            "port has two values, and '=8080' is not in brackets (port [ … =8080 ] matches any of them)",
        ),
        ("route { match { discard; } }", "'discard' does not stand in match (it is of then { })"),
        ("route { match { prot tcp; } }", "'prot' does not stand in match (did you mean 'port'?)"),
        (
            "route { source 10.0.0.0/8; }",
            "'source' does not stand outside of match, scope and then (it is of match { })",
        ),
        (
            "route { then { rate-limitt 5; } }",
            "unknown attribute 'rate-limitt' (did you mean 'rate-limit'?)",
        ),
        ("route { then { mark 64; } }", "'64' is not a valid mark (a DSCP, 0 to 63)"),
        (
            "route { match { source 10.0.0.0/8; destination ::/0; } }",
            "'::/0' is of ipv6 rules ('10.0.0.0/8' makes this rule one of ipv4)",
        ),
        (
            "route source 10.0.0.0/33 discard;",
            "'10.0.0.0/33' is not a valid source-ipv4 (the length is 0 to 32)",
        ),
    ] {
        assert_eq!(flow(body), message, "{body}");
    }
    let lines =
        bad(&wrap("\nflow {\n route one {\n  match {\n   dscp 64;\n   port 99999;\n  }\n }\n}\n"));
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("t:5:9: error: '64' is not a valid dscp"), "{lines:?}");
    assert!(lines[1].starts_with("t:6:9: error: '99999' is not a valid port"), "{lines:?}");
}
