//! What is printed is read back as the same.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use common::{good, loaded};
use yottabgp_config::print::{self, Secrets};

const FULL: &str = r#"
process a { run /bin/a "b c" 'd"e' "f\\g"; encoder json; respawn false; }
process ab { run /bin/b; }
mrt { updates "/d/{peer}.%Y%m%d.%H%M.gz"; rotate 60; messages [ update state ]; sent true; table /d/t.%s; }
neighbor 192.0.2.1 {
  description "a \"b\" 'c' {;} # \\ é";
  router-id 1.1.1.1; local-address 192.0.2.2; local-link-local fe80::1; local-as 1.1; peer-as auto;
  host-name h; domain-name d; hold-time 30; rate-limit 5; passive; listen 1790; connect 1791;
  source-interface eth0; outgoing-ttl 255; incoming-ttl 254; md5-password "p w"; md5-ip 192.0.2.3;
  group-updates false; auto-flush false; adj-rib-in false; adj-rib-out true; manual-eor true;
  capability {
    asn4 disable; route-refresh; graceful-restart 10; graceful-restart-notification; long-lived-graceful-restart 20; add-path send/receive;
    multi-session; operational; aigp; extended-message disable; software-version true; nexthop;
    link-local-nexthop true; role peer; role-strict;
  }
  family { ipv6 unicast; ipv4 unicast; ipv4 multicast; ipv4 mpls-vpn; }
  nexthop { ipv4 unicast ipv6; }
  add-path { ipv4 unicast limit 7; ipv6 unicast; }
  api x { processes [ a ]; neighbor-changes; negotiated; fsm; signal; receive { parsed; packets; consolidate; open; } send { update; refresh; operational; } }
  api { processes-match [ "^a[a-z]" ]; }
  mrt { updates /d/u; rotate 0; received false; table-interval 60; }
  operational {
    asm afi ipv4 safi unicast advisory "a ; \"b\" { é";
    adm afi ipv6 safi unicast advisory down;
    rpcq afi ipv4 safi unicast;
    apcq afi ipv4 safi unicast router-id 1.2.3.4 sequence 5;
    lpcp afi ipv4 safi unicast sequence 6 counter 7;
  }
  static {
    route 10.0.0.0/8 next-hop self;
    route 10.1.0.0/16 next-hop 2001:db8::1 path-information 1.2.3.4 as-path [ 1 2 ] ( 3 4 ) [ { 5 } ] ( { 6 } ) med 5
      origin incomplete local-preference 7 atomic-aggregate aggregator ( 1:1.1.1.1 ) originator-id 1.1.1.1
      cluster-list [ 1.1.1.1 2.2.2.2 ] community [ 1:1 no-export ] large-community [ 1:2:3 ]
      extended-community [ target:1:2 origin:1:2 0x0102030405060708 ] aigp 9 attribute [ 0x63 0xc0 0x0102 ];
    route 224.0.0.0/4 next-hop 1.1.1.1 watchdog "w x" withdraw name "n;m";
    route 2001:db8::/32 next-hop ::1 as-path [ ] community 1:1;
    attributes next-hop 1.1.1.1 med 5;
  }
  announce { ipv4 { multicast 10.0.0.0/8 next-hop 1.1.1.1; unicast 224.1.0.0/16 next-hop 1.1.1.1; } }
}
neighbor 10.0.0.0/8 { local-as 1; peer-as 2; router-id 1.1.1.1; passive; tcp-ao { keyid 1; algorithm hmac-sha-256; password c2VjcmV0; base64 true; } }
neighbor ::1 { local-as auto; peer-as 4294967295; router-id 1.1.1.1; md5-password c2VjcmV0; md5-base64 true; }
"#;

#[test]
fn every_option_survives() {
    let configuration = good(&FULL.replace("\n      ", " \\\n "));
    let printed = print::configuration(&configuration, Secrets::Shown);
    let (again, _) = loaded(&printed);
    assert_eq!(again, configuration, "{printed}");
    // And what is printed then is the same text.
    assert_eq!(print::configuration(&again, Secrets::Shown), printed);
    let raw = printed.matches("attribute [").count();
    assert_eq!(raw, 1, "known attributes are printed in words: {printed}");
}

#[test]
fn passwords_can_be_left_out() {
    let configuration = good(&FULL.replace("\n      ", " \\\n "));
    for neighbor in &configuration.neighbors {
        let printed = print::neighbor(neighbor, Secrets::Hidden);
        assert!(!printed.contains("p w") && !printed.contains("c2VjcmV0"), "{printed}");
        assert!(printed.starts_with("neighbor "));
    }
}

#[test]
fn a_neighbor_reads_as_people_write_it() {
    let configuration = good(
        "neighbor 192.0.2.1 { local-as 1; peer-as 2; router-id 1.1.1.1; family { ipv4 unicast; } static { route 10.0.0.0/8 next-hop self; } }",
    );
    assert_eq!(
        print::neighbor(&configuration.neighbors[0], Secrets::Shown),
        "neighbor 192.0.2.1 {
  router-id 1.1.1.1;
  local-address auto;
  local-as 1;
  peer-as 2;
  hold-time 180;
  rate-limit disable;
  passive false;
  group-updates true;
  auto-flush true;
  adj-rib-in true;
  adj-rib-out true;
  manual-eor false;
  capability {
    asn4 enable;
    route-refresh disable;
    graceful-restart disable;
    add-path disable;
    multi-session disable;
    operational disable;
    extended-message enable;
    software-version disable;
    nexthop disable;
    link-local-nexthop disable;
  }
  family {
    ipv4 unicast;
  }
  static {
    route 10.0.0.0/8 next-hop self;
  }
}
"
    );
}
