//! Sections, templates, recovery: what belongs where, and how many mistakes are found in one run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use common::{BASE, bad, good, loaded, neighbor, warned, wrap};
use yottabgp_wire::codes::Family;

#[test]
fn one_run_reports_every_mistake_at_its_place() {
    let text = "neighbor 192.0.2.1 {
\tlocal-as 1;
\tpeer-as x;
\thold-tiem 10;
\trouter-id 1.1.1.1
\tfamily {
\t\tipv4 foo;
\t\tipv4 unicast;
\t}
\tgroup {
\t\ta { b; }
\t}
\tstatic {
\t\troute 10.0.0.0/8 next-hop 1.1.1.1 med x;
\t\troute 10.0.0.0/9 { next-hop 1.1.1.1; comunity 1:1; }
\t\troute 10.0.0.0/10;
\t}
}
}
process p {
}
";
    let errors = bad(text);
    let expected = [
        "t:3:10: error: 'x' is not a valid ASN (auto, 1 to 4294967295, or HIGH.LOW with 0 to 65535 each, such as 65001 or 1.1)",
        "t:4:2: error: invalid keyword \"hold-tiem\" in neighbor (did you mean 'hold-time'?)",
        "t:5:19: error: the statement 'router-id' does not end with ';' (add ';' here: a statement ends on the line on which it starts, unless that line ends with '\\')",
        "t:7:8: error: 'foo' is not valid for ipv4 (valid options: flow, flow-vpn, mcast-vpn, mpls-vpn, multicast, mup, nlri-mpls, rtc, sr-policy, unicast)",
        "t:10:2: error: section group is invalid in neighbor (is the '}' of the section before it missing?)",
        "t:14:41: error: 'x' is not a valid med",
        "t:15:40: error: unknown attribute 'comunity' (did you mean 'community'?)",
        "t:16:20: error: announce requires nexthop: 10.0.0.0/10 (add 'next-hop ADDRESS' or 'next-hop self')",
        "t:19:1: error: this '}' closes nothing (remove it, or look for a '}' too many before it; ExaBGP ignores the rest of the file)",
        "t:20:1: error: the process \"p\" has no 'run' (add 'run /path/to/program argument…;')",
    ];
    // The words about attributes are those of the wire crate: only their beginning is compared.
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    assert_eq!(errors.len(), expected.len());
}

#[test]
fn a_missing_brace_at_the_end_is_a_warning_about_the_section() {
    let text = format!("neighbor 192.0.2.1 {{\n {BASE}\n family {{\n  ipv4 unicast;\n }}\n");
    let (configuration, warnings) = loaded(&text);
    assert_eq!(configuration.neighbors[0].settings.families, [Family::IPV4_UNICAST]);
    assert_eq!(warnings, ["t:6:1: warning: the file ends before the '}' of a section (add '}')"]);
    // Only the innermost of several is said.
    assert_eq!(loaded(text.trim_end_matches(" }\n")).1.len(), 1);
    assert_eq!(
        bad("neighbor 192.0.2.1 {\nlocal-as 1;\nneighbor 192.0.2.2 {\n}\n")[0],
        "t:1:1: error: incomplete neighbor, missing peer-as, router-id (add 'peer-as AS NUMBER;', 'router-id ADDRESS;')"
    );
}

#[test]
fn words_before_a_brace_are_a_statement() {
    let (late, warning) = warned("family { ipv4 unicast }");
    assert_eq!(late.settings.families, [Family::IPV4_UNICAST]);
    assert_eq!(
        warning,
        "this statement does not end with ';' (add ';' before the '}'; ExaBGP ignores the statement)"
    );
    // ExaBGP never looked at it: what is wrong with it is no error.
    assert_eq!(loaded(&wrap("family { ipv4 foo }")).1.len(), 2);
}

#[test]
fn statements_and_sections_are_told_apart() {
    let error = |body: &str| common::error(body);
    assert_eq!(
        error("family ipv4 unicast;"),
        "'family' is a section of neighbor, not a statement (write 'family { … }')"
    );
    assert_eq!(
        error("hold-time { }"),
        "'hold-time' is a statement, not a section (write 'hold-time …;')"
    );
    assert_eq!(error("; "), "this ';' ends no statement (remove it)");
    assert_eq!(
        bad("foo { }")[0],
        "t:1:1: error: section foo is invalid in root (valid sections here: bmp, group, healthcheck, mrt, neighbor, process, template)"
    );
    assert_eq!(
        bad("nieghbor 1.1.1.1 { }")[0],
        "t:1:1: error: section nieghbor is invalid in root (did you mean 'neighbor'?)"
    );
    assert_eq!(
        bad("")[0],
        "t:1:1: error: there is neither a neighbor nor a process in it (write 'neighbor ADDRESS { … }')"
    );
    assert_eq!(bad("# nothing\n").len(), 1);
    assert_eq!(
        warned("family foo { ipv4 unicast; }").1,
        "these words mean nothing here and are ignored (remove them)"
    );
    assert_eq!(warned("hold-time 10; hold-time 20;").0.settings.hold_time, 20);
}

#[test]
fn the_words_of_people_who_generate_files() {
    // As sonic-mgmt does: capitalised booleans, a brace without a blank, several api sections.
    let text = "
process http-api {
   run /usr/bin/python /usr/share/exabgp/http_api.py 5000;
   encoder json;
}
process dump { run /usr/bin/python /usr/share/exabgp/dump.py; encoder json; }
neighbor 10.10.246.1 {
   router-id 10.10.246.254;
   local-address 10.10.246.254;
   peer-as 65200;
   local-as 65200;
   auto-flush True;
   group-updates True;
   passive;
   listen 179;
   api http_api{
       processes [ http-api ];
   }
   api dumper {
       processes [ dump ];
       receive {
           parsed;
           update;
       }
   }
}
";
    let neighbor = good(text).neighbors.remove(0);
    assert!(neighbor.settings.passive && neighbor.auto_flush && neighbor.settings.group_updates);
    assert_eq!(neighbor.listen, Some(179));
    assert_eq!(neighbor.api.len(), 2);
    // As FRR's topotests do.
    let text = "process a {run /bin/a 1 10; encoder text;}
neighbor 2001:db8:1::1{
  router-id 10.0.0.1; local-address 2001:db8:1::2; local-as 1; peer-as 1;
  capability {graceful-restart;}
  api {processes [a];}
  static { route 2001:db8:100::/64 { next-hop 0.0.0.0; next-hop fc00::2; } }
}";
    good(text);
}

#[test]
fn lists_may_go_over_several_lines_and_lines_may_be_continued() {
    let text = format!(
        "process a {{ run /a; }} process b {{ run /b; }}\nneighbor 192.0.2.1 {{\n{BASE}\napi {{ processes [ a, # one\n b\n ]; }}\nhold-time \\\n 30;\n}}"
    );
    let configuration = good(&text);
    assert_eq!(configuration.neighbors[0].api[0].processes.len(), 2);
    assert_eq!(configuration.neighbors[0].settings.hold_time, 30);
    good(&format!("\u{feff}{}", wrap("")));
    good(&wrap("hold-time 30;").replace("; ", ";\r\n"));
}

#[test]
fn templates_give_what_the_neighbor_does_not_say() {
    let text = "
neighbor 192.0.2.1 { inherit [ late other ]; local-as 1; family { ipv6 unicast; } static { route 2001:db8::/32 next-hop ::1; } }
template { neighbor late { inherit base; peer-as 2; router-id 1.1.1.1; family { ipv4 unicast; }
  static { route 10.0.0.0/8 next-hop 192.0.2.7; } api { processes [ p ]; } } }
template { neighbor other { hold-time 30; capability { route-refresh; } } }
template { neighbor base { hold-time 60; description x; } }
process p { run /p; }
neighbor 192.0.2.2 { inherit late; local-as 1; }
";
    let configuration = good(text);
    let [first, second] = &*configuration.neighbors else { panic!() };
    assert_eq!(first.settings.hold_time, 30, "a later template counts more");
    assert_eq!(first.settings.families, [Family::IPV6_UNICAST, Family::IPV4_UNICAST]);
    assert_eq!(
        first.routes.iter().map(|route| route.family).collect::<Vec<_>>(),
        [Family::IPV6_UNICAST, Family::IPV4_UNICAST]
    );
    assert_eq!(first.description, "x");
    assert!(first.settings.route_refresh);
    assert_eq!(first.api.len(), 1);
    // What the first neighbor inherits beside does not become a part of the template.
    assert_eq!(second.settings.families, [Family::IPV4_UNICAST]);
    assert_eq!(second.settings.hold_time, 60);
    assert!(!second.settings.route_refresh);
    assert_eq!(second.routes.len(), 1);
}

#[test]
fn the_neighbor_counts_more_than_its_template() {
    let text = format!(
        "template {{ neighbor t {{ hold-time 30; passive true; }} }}\nneighbor 192.0.2.1 {{ {BASE} inherit t; hold-time 90; passive true; }}"
    );
    let (configuration, warnings) = loaded(&text);
    assert_eq!(configuration.neighbors[0].settings.hold_time, 90);
    assert_eq!(
        warnings,
        [
            "t:2:85: warning: 'hold-time 90' is used and not the 'hold-time 30' of the template 't', which ExaBGP would use (leave out the one that is not meant)"
        ]
    );
}

#[test]
fn templates_that_can_not_be() {
    let template = "template { neighbor abc { } }";
    assert_eq!(
        bad(&format!("{template} {}", wrap("inherit abd;")))[0].split(": ").last().unwrap(),
        "there is no template 'abd' (did you mean 'abc'?)"
    );
    assert!(
        bad(&wrap("inherit x;"))[0]
            .contains("there is no template 'x' (write template { neighbor x { … } })")
    );
    assert!(bad(&wrap("inherit [ ];"))[0].contains("invalid inherit list"));
    assert!(
        bad(&format!("{template} {template}"))[0]
            .contains("the name \"abc\" already exists in template-neighbor")
    );
    assert!(bad("template { neighbor { } }")[0].contains("the template has no name"));
    let circle = "template { neighbor a { inherit b; } neighbor b { inherit a; } neighbor c { } }";
    let errors = bad(&format!("{circle} {}", wrap("inherit a;")));
    assert_eq!(errors.len(), 2);
    assert!(errors[0].contains("the template 'a' inherits from itself"));
}

#[test]
fn neighbors_are_told_apart_by_their_names() {
    let two = |a: &str, b: &str| {
        format!(
            "neighbor 192.0.2.1 {{ local-as 1; peer-as 2; {a} }}\nneighbor 192.0.2.1 {{ local-as 1; peer-as 2; {b} }}"
        )
    };
    let errors = bad(&two("router-id 1.1.1.1;", "router-id 1.1.1.1;"));
    assert_eq!(
        errors,
        [
            "t:2:1: error: duplicate peer definition 192.0.2.1 (neighbors may have the same address when their AS, router-id or local-address differ)"
        ]
    );
    assert_eq!(good(&two("router-id 1.1.1.1;", "router-id 1.1.1.2;")).neighbors.len(), 2);
    let listening = |port| format!("local-address 192.0.2.9; listen {port};");
    assert_eq!(good(&two(&listening(1), &listening(2))).neighbors.len(), 2);
    assert_eq!(bad(&two(&listening(1), &listening(1))).len(), 1);
}

#[test]
fn routes_of_families_that_the_neighbor_does_not_have() {
    let (none, warning) = warned(
        "family { ipv6 unicast; } static { route 10.0.0.0/8 next-hop 1.1.1.1; route 11.0.0.0/8 next-hop 1.1.1.1; }",
    );
    assert!(none.routes.is_empty());
    assert!(warning.starts_with("IPv4 unicast routes are not sent to this neighbor"));
    assert_eq!(
        common::error("family { ipv4 unicast; } static { route ::/0 next-hop ::1; }"),
        "Trying to announce a route of type ipv6,unicast when we are not announcing the family to our peer (add 'ipv6 unicast;' to family { … })"
    );
    assert!(
        common::error("static { route ::/0 next-hop self; }")
            .starts_with("use of \"next-hop self\": the route (ipv6)")
    );
    assert_eq!(neighbor("static { route 10.0.0.0/8 next-hop self; }").routes.len(), 1);
}

#[test]
fn routes_in_all_their_forms() {
    let one = |body: &str| neighbor(body).routes;
    let line = one("static { route 10.0.0.0/8 next-hop 192.0.2.1 med 5 community [ 1:2 3:4 ]; }");
    let block =
        one("static { route 10.0.0.0/8 { next-hop 192.0.2.1; med 5; community [ 1:2 3:4 ]; } }");
    let shared = one(
        "static { attributes next-hop 192.0.2.1 med 5 community [ 1:2 3:4 ] nlri 10.0.0.0/8; }",
    );
    let alias =
        one("static { attribute next-hop 192.0.2.1 med 5 community [ 1:2 3:4 ] nlri 10.0.0.0/8; }");
    let family = one(
        "announce { ipv4 { unicast 10.0.0.0/8 next-hop 192.0.2.1 med 5 community [ 1:2 3:4 ]; } }",
    );
    for other in [block, shared, alias, family] {
        assert_eq!(other, line);
    }
    let split =
        one("static { route 10.0.0.0/8 next-hop 192.0.2.1 split /10 watchdog w withdraw name n; }");
    assert_eq!(split.len(), 4);
    for route in split.iter() {
        assert_eq!(
            (route.watchdog.as_deref(), route.withdraw, route.name.as_deref()),
            (Some("w"), true, Some("n"))
        );
        assert!(std::sync::Arc::ptr_eq(&route.attributes, &split.get(0).unwrap().attributes));
    }
    assert_eq!(one("static { attributes next-hop 192.0.2.1 med 5; }").get(0).unwrap().nlri(), None);
    assert_eq!(
        one("static { route 10.0.0.0/8 next-hop 192.0.2.1 as-path [ 1 ] [ { 2 } ] ( 3\n4 ); }")
            .len(),
        1
    );
    assert!(
        warned("static { route 10.0.0.0/8 next-hop 192.0.2.1 withdraw; }")
            .1
            .starts_with("'withdraw' means nothing without 'watchdog'")
    );
    assert_eq!(
        one(
            "family { family 16397 133; } announce { family 16397 133 0x0102 next-hop 192.0.2.1; }"
        )
        .len(),
        1
    );
    assert!(one("static { } announce { } announce { ipv4 { } ipv6 { } l2vpn { } } flow { } l2vpn { } operational { }").is_empty());
    assert!(
        common::error("announce { ipv4 { unicats 10.0.0.0/8 next-hop 1.1.1.1; } }")
            .contains("there is no family 'ipv4 unicats'")
    );
}
