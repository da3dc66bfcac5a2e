//! Our OPEN, and what is made of the peer's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::net::Ipv4Addr;

use common::*;
use yottabgp_session::Settings;
use yottabgp_session::negotiate::{Ends, Refusal, announce, negotiate};
use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::capability::graceful_restart::GracefulRestartCapability;
use yottabgp_wire::codes::{Afi, CapabilityCode, Family, Safi};
use yottabgp_wire::message::open::Open;
use yottabgp_wire::negotiated::{Negotiated, Refresh};

const IPV4: Family = Family::IPV4_UNICAST;
const IPV6: Family = Family::IPV6_UNICAST;

fn judge(settings: &Settings, theirs: &Open) -> Result<Negotiated, Refusal> {
    let ours = announce(settings, settings.local_as.unwrap(), false);
    negotiate(settings, &ours, theirs, Ends { local: address(1), peer: address(2) })
}

fn refusal(settings: &Settings, theirs: &Open) -> (u8, u8, Vec<u8>) {
    let notification = judge(settings, theirs).unwrap_err().notification;
    (notification.code, notification.subcode, notification.data.into_owned())
}

/// The codes of the capabilities, in the order of the wire.
fn codes(open: &Open) -> Vec<u8> {
    open.capabilities.iter().map(|capability| capability.code.0).collect()
}

fn everything() -> Settings {
    Settings {
        families: vec![IPV4, IPV6, Family::IPV4_MULTICAST],
        route_refresh: true,
        graceful_restart: Some(120),
        long_lived_graceful_restart: Some(3600),
        add_path: AddPathMode { receive: true, send: true },
        add_path_families: vec![(IPV6, None), (IPV4, Some(7))],
        next_hop: vec![(IPV4, Afi::IPV6), (IPV6, Afi::IPV4)],
        multisession: true,
        operational: true,
        software_version: Some("YottaBGP".to_owned()),
        host_name: "host".to_owned(),
        domain_name: "example".to_owned(),
        link_local_next_hop: true,
        role: Some(4),
        ..settings()
    }
}

#[test]
fn a_plain_open_has_three_capabilities() {
    let open = announce(&settings(), Asn(65001), true);
    let mut expected = vec![4, 0xfd, 0xe9, 0, 90, 10, 0, 0, 1, 20];
    expected.extend_from_slice(&[2, 6, 1, 4, 0, 1, 0, 1]);
    expected.extend_from_slice(&[2, 6, 65, 4, 0, 0, 0xfd, 0xe9]);
    expected.extend_from_slice(&[2, 2, 6, 0]);
    assert_eq!(octets(&open), raw(1, &expected));
}

#[test]
fn capabilities_come_in_exabgps_order() {
    let open = announce(&everything(), Asn(4_200_000_000), true);
    assert_eq!(open.asn, 23456);
    assert_eq!(
        codes(&open),
        [1, 1, 1, 65, 5, 69, 76, 64, 71, 2, 70, 185, 6, 73, 75, 77, 9, 68, 68]
    );
    let said = &open.capabilities;
    assert_eq!(said.next_hop(), [(IPV4, Afi::IPV6)]);
    assert_eq!(said.add_path(), [(IPV4, 3), (IPV6, 3)]);
    assert_eq!(said.paths_limit(), [(IPV4, 7)]);
    let restart = said.graceful_restart().unwrap();
    let families = everything().families.into_iter().map(|family| (family, true)).collect();
    assert_eq!(
        restart,
        GracefulRestartCapability { restarted: true, notification: false, time: 120, families }
    );
}

#[test]
fn paths_are_offered_for_the_families_where_exabgp_does() {
    let mpls = Family::new(Afi::IPV4, Safi::NLRI_MPLS);
    let offered = |families: &[Family], chosen: &[(Family, Option<u16>)]| {
        let settings = Settings {
            families: families.to_vec(),
            add_path: AddPathMode { receive: true, send: false },
            add_path_families: chosen.to_vec(),
            ..settings()
        };
        announce(&settings, Asn(1), false).capabilities.add_path()
    };
    assert_eq!(offered(&[mpls, Family::IPV4_MULTICAST, IPV6], &[]), [(IPV6, 1), (mpls, 1)]);
    // Who names a family wants it.
    let multicast = Family::IPV4_MULTICAST;
    assert_eq!(
        offered(&[multicast, IPV4], &[(multicast, None), (IPV4, None)]),
        [(IPV4, 1), (multicast, 1)]
    );
    assert_eq!(offered(&[multicast], &[]), []);
}

#[test]
fn both_sides_have_to_announce() {
    let everything = everything();
    let theirs = Settings {
        local_as: Some(Asn(65002)),
        router_id: Ipv4Addr::new(10, 0, 0, 2),
        hold_time: 30,
        families: vec![IPV6, Family::IPV4_MULTICAST, IPV4],
        ..everything.clone()
    };
    let agreed = judge(&everything, &open_of(&theirs)).unwrap();
    assert_eq!(agreed.hold_time, 30);
    assert_eq!(agreed.families, [IPV6, Family::IPV4_MULTICAST, IPV4], "the peer's order");
    assert_eq!(agreed.message_size, 65535);
    assert_eq!(agreed.refresh, Refresh::Enhanced);
    // The second can not be announced, and holds where it is configured.
    assert_eq!(agreed.next_hop, [(IPV4, Afi::IPV6), (IPV6, Afi::IPV4)]);
    assert_eq!(
        (agreed.add_path.send, agreed.add_path.receive),
        (vec![IPV4, IPV6], vec![IPV4, IPV6])
    );
    assert!(agreed.asn4 && agreed.operational && agreed.multisession && agreed.link_local_next_hop);
    assert!(agreed.graceful_restart.negotiated && !agreed.graceful_restart.notification);
    assert_eq!((agreed.local_as, agreed.peer_as), (Asn(65001), Asn(65002)));
    assert_eq!((agreed.local_address, agreed.peer_address), (address(1), address(2)));
    assert!(!agreed.aigp);
    let none =
        judge(&Settings { multisession: false, ..everything }, &open_with(65002, |_| ())).unwrap();
    assert_eq!((none.message_size, none.refresh, none.asn4), (4096, Refresh::Absent, false));
    assert!(none.add_path.send.is_empty() && none.next_hop.is_empty());
    assert!(!none.graceful_restart.negotiated && !none.operational);
}

#[test]
fn paths_need_a_sender_and_a_receiver() {
    let with =
        |settings, receive, send| Settings { add_path: AddPathMode { receive, send }, ..settings };
    let ours = with(settings(), true, false);
    let agreed = judge(&ours, &open_of(&with(mirrored(), true, true))).unwrap().add_path;
    assert_eq!((agreed.send, agreed.receive), (vec![], vec![IPV4]));
    let agreed = judge(&ours, &open_of(&with(mirrored(), true, false))).unwrap().add_path;
    assert_eq!((agreed.send, agreed.receive), (vec![], vec![]));
}

#[test]
fn who_announces_no_family_speaks_of_ipv4_unicast() {
    let both = Settings { families: vec![IPV6, IPV4], ..settings() };
    assert_eq!(judge(&both, &open_with(65002, |_| ())).unwrap().families, [IPV4]);
    let ipv6 = Settings { families: vec![IPV6], ..settings() };
    assert_eq!(judge(&ipv6, &open_with(65002, |_| ())).unwrap().families, []);
}

#[test]
fn route_refresh_may_be_ciscos() {
    let ours = Settings { route_refresh: true, ..settings() };
    let theirs = open_with(65002, |said| said.announce_flag(CapabilityCode::ROUTE_REFRESH_CISCO));
    assert_eq!(judge(&ours, &theirs).unwrap().refresh, Refresh::Normal);
}

#[test]
fn the_as_has_to_be_the_expected_one() {
    assert_eq!(refusal(&settings(), &open_with(65003, |_| ())), (2, 2, vec![0xfd, 0xeb]));
    let theirs = open_with(23456, |said| said.announce_asn4(Asn(70_000)));
    assert_eq!(refusal(&settings(), &theirs), (2, 2, vec![0, 1, 0x11, 0x70]));
    assert_eq!(
        judge(&settings(), &theirs).unwrap_err().explanation,
        "the peer's AS is 70000, and 65002 was expected"
    );
    let expected = Settings { peer_as: Some(Asn(70_000)), ..settings() };
    assert_eq!(judge(&expected, &theirs).unwrap().peer_as, Asn(70_000));
    // Without four-octet numbers of our own, the peer's is known all the same.
    let old = Settings { asn4: false, ..expected };
    assert!(!judge(&old, &theirs).unwrap().asn4);
}

#[test]
fn any_as_will_do_but_0_and_a_contradiction() {
    let any = Settings { peer_as: None, ..settings() };
    assert_eq!(judge(&any, &open_with(7, |_| ())).unwrap().peer_as, Asn(7));
    assert_eq!(refusal(&any, &open_with(0, |_| ())).1, 2);
    let contradiction = open_with(65002, |said| said.announce_asn4(Asn(65003)));
    assert_eq!(refusal(&any, &contradiction).1, 2);
    let zero = open_with(23456, |said| said.announce_asn4(Asn(0)));
    assert_eq!(refusal(&any, &zero).1, 2);
}

#[test]
fn identifiers_are_not_0_and_not_shared_within_an_as() {
    let zero = Open { router_id: Ipv4Addr::UNSPECIFIED, ..open() };
    assert_eq!(refusal(&settings(), &zero), (2, 3, vec![0; 4]));
    let shared = Open { router_id: settings().router_id, ..open() };
    assert!(judge(&settings(), &shared).is_ok(), "RFC 6286 allows it between two ASes");
    let internal = Settings { local_as: Some(Asn(65002)), ..settings() };
    assert_eq!(refusal(&internal, &shared), (2, 3, vec![10, 0, 0, 1]));
    // The AS numbers of both are compared, not AS_TRANS.
    let internal = Settings { local_as: Some(Asn(70_000)), peer_as: None, ..settings() };
    let other = Open {
        router_id: settings().router_id,
        ..open_with(23456, |said| said.announce_asn4(Asn(70_001)))
    };
    assert!(judge(&internal, &other).is_ok());
}

#[test]
fn hold_times_of_one_and_two_seconds_are_refused() {
    for hold_time in [1, 2] {
        let theirs = Open { hold_time, ..open() };
        assert_eq!(refusal(&settings(), &theirs), (2, 6, vec![0, hold_time.to_be_bytes()[1]]));
    }
    for hold_time in [0, 3] {
        let theirs = Open { hold_time, ..open() };
        assert_eq!(judge(&settings(), &theirs).unwrap().hold_time, hold_time);
    }
}

#[test]
fn a_session_among_several_has_to_be_the_same() {
    let ours = Settings { multisession: true, ..settings() };
    assert_eq!(refusal(&ours, &open()).1, 9);
    let theirs = Settings { multisession: true, families: vec![IPV6], ..mirrored() };
    assert_eq!(refusal(&ours, &open_of(&theirs)).1, 8);
    let theirs = Settings { multisession: true, ..mirrored() };
    assert!(judge(&ours, &open_of(&theirs)).unwrap().multisession);
}

#[test]
fn roles_have_to_be_counterparts() {
    let judge_roles = |ours: u8, theirs: Option<u8>, strict: bool| {
        let ours = Settings { role: Some(ours), role_strict: strict, ..settings() };
        judge(&ours, &open_of(&Settings { role: theirs, ..mirrored() }))
            .map_err(|refusal| refusal.notification.subcode)
            .map(drop)
    };
    for ours in 0..5 {
        for theirs in 0..6 {
            let pairs = [(0, 3), (3, 0), (1, 2), (2, 1), (4, 4)];
            let expected = if pairs.contains(&(ours, theirs)) { Ok(()) } else { Err(11) };
            assert_eq!(judge_roles(ours, Some(theirs), false), expected, "{ours} {theirs}");
        }
    }
    assert_eq!(judge_roles(0, None, false), Ok(()));
    assert_eq!(judge_roles(0, None, true), Err(11));
    // Roles are for two ASes.
    let internal =
        Settings { local_as: Some(Asn(65002)), role: Some(0), role_strict: true, ..settings() };
    assert!(judge(&internal, &open()).is_ok());
}

#[test]
fn aigp_is_for_the_own_as_unless_configured() {
    let internal = Settings { local_as: Some(Asn(65002)), ..settings() };
    assert!(judge(&internal, &open()).unwrap().aigp);
    assert!(!judge(&Settings { aigp: Some(false), ..internal }, &open()).unwrap().aigp);
    assert!(judge(&Settings { aigp: Some(true), ..settings() }, &open()).unwrap().aigp);
}

#[test]
fn graceful_restart_says_what_the_peer_said() {
    let theirs = open_with(65002, |said| {
        said.announce_graceful_restart(&GracefulRestartCapability {
            restarted: true,
            notification: true,
            time: 77,
            families: vec![(IPV4, false), (IPV6, true)],
        });
    });
    let ours = Settings { graceful_restart: Some(120), ..settings() };
    let agreed = judge(&ours, &theirs).unwrap().graceful_restart;
    assert!(agreed.negotiated && agreed.peer_restarted && !agreed.notification);
    assert_eq!((agreed.peer_time, agreed.peer_families), (77, vec![(IPV4, false), (IPV6, true)]));
    let agreed = judge(&settings(), &theirs).unwrap().graceful_restart;
    assert!(!agreed.negotiated && agreed.peer_restarted);
    let notifying = Settings { graceful_restart_notification: true, ..ours };
    assert!(judge(&notifying, &theirs).unwrap().graceful_restart.notification);
    // The N bit beside the time (RFC 8538 section 2); none without the capability.
    let value = |settings: &Settings| {
        let capabilities = announce(settings, Asn(65001), false).capabilities;
        capabilities.value(CapabilityCode::GRACEFUL_RESTART).map(|value| value.to_vec())
    };
    assert_eq!(value(&notifying).unwrap()[..2], [0x40, 120]);
    assert_eq!(value(&Settings { graceful_restart: None, ..notifying }), None);
}
