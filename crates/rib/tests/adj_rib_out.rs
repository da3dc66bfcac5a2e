//! What the peer gets, in which order, after which commands: seen through the bytes of the messages.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail this way")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use yottabgp_rib::adj_rib_out::{AdjRibOut, Announced, Member, Origin, Sending};
use yottabgp_rib::store::AttributeStore;
use yottabgp_wire::attribute::set::{self, SetBuilder};
use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::message::update::Update;
use yottabgp_wire::message::update::encode::UpdateEncoder;
use yottabgp_wire::negotiated::{Direction, Negotiated, Refresh};
use yottabgp_wire::next_hop::NextHop;
use yottabgp_wire::nlri::Nlri;
use yottabgp_wire::prefix::Prefix;

/// A table, its session, and what the peer made of what it got.
struct Bench {
    rib: AdjRibOut,
    member: Member,
    store: AttributeStore,
    encoder: UpdateEncoder,
    negotiated: Negotiated,
    group: bool,
    holding: bool,
    peer: BTreeMap<String, u32>,
    /// What somebody else knows of it, who was told of some of the table, and of all that is sent since.
    watcher: Option<BTreeMap<String, u32>>,
    /// The place of the table to go on from.
    told: u32,
}

impl Bench {
    fn new(cache: bool) -> Self {
        let mut negotiated = Negotiated::permissive();
        negotiated.refresh = Refresh::Absent;
        let mut rib = AdjRibOut::new(cache);
        let member = rib.join();
        let mut bench = Self {
            rib,
            member,
            store: AttributeStore::default(),
            encoder: UpdateEncoder::default(),
            negotiated,
            group: false,
            holding: false,
            peer: BTreeMap::new(),
            watcher: None,
            told: 0,
        };
        bench.rib.session_up(&mut bench.store, bench.member);
        bench
    }

    fn announce_as(
        &mut self,
        prefix: &str,
        med: u32,
        origin: Origin,
        watchdog: Option<&str>,
        parked: bool,
    ) -> Announced {
        let mut builder = SetBuilder::default();
        builder.add_verbatim(0x80, 4, &med.to_be_bytes()).unwrap();
        let mut set = Vec::new();
        builder.write(&mut set);
        let next_hop = if prefix.contains(':') {
            NextHop::V6("2001:db8::1".parse().unwrap())
        } else {
            NextHop::V4([192, 0, 2, 1].into())
        };
        let attributes = self.store.intern(&set, next_hop);
        with_nlri(prefix, |nlri| {
            self.rib.announce(&mut self.store, nlri, attributes, origin, watchdog, parked)
        })
    }

    fn announce(&mut self, prefix: &str, med: u32) -> Announced {
        self.announce_as(prefix, med, Origin::Command, None, false)
    }

    fn withdraw(&mut self, prefix: &str) -> bool {
        with_nlri(prefix, |nlri| self.rib.withdraw(&mut self.store, nlri, None))
    }

    /// Everything pending, as words: `+10.0.0.0/24=5`, `-10.0.0.0/24`, several routes of one message joined by commas.
    fn flush(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        while self.fill(&mut words) {}
        words
    }

    /// Some of what is pending. Returns whether there is more.
    fn fill(&mut self, words: &mut Vec<String>) -> bool {
        let mut out = Vec::new();
        let mut sending = Sending {
            encoder: &mut self.encoder,
            negotiated: &self.negotiated,
            group: self.group,
            holding: self.holding,
        };
        let more = self.rib.fill(&mut self.store, self.member, &mut sending, &mut out, 1);
        let mut rest = out.as_slice();
        while let Some(length) = rest.get(16..18) {
            let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
            let (message, after) = rest.split_at(length);
            rest = after;
            if message[18] == 5 {
                words.push(format!("refresh {}", message[21]));
                continue;
            }
            let update = Update::decode(&message[19..], &self.negotiated, Direction::Send).unwrap();
            let mut message_words = Vec::new();
            for nlri in update.withdrawn().flatten() {
                let text = text(nlri.unwrap());
                self.peer.remove(&text);
                self.watcher.as_mut().map(|watcher| watcher.remove(&text));
                message_words.push(format!("-{text}"));
            }
            let med = update.attribute(4).map(|a| u32::from_be_bytes(a.value.try_into().unwrap()));
            for (_, nlri) in update.announced() {
                for nlri in nlri {
                    let text = text(nlri.unwrap());
                    self.peer.insert(text.clone(), med.unwrap());
                    self.watcher.as_mut().map(|all| all.insert(text.clone(), med.unwrap()));
                    message_words.push(format!("+{text}={}", med.unwrap()));
                }
            }
            words.push(message_words.join(","));
        }
        more
    }

    /// Tells the watcher of some routes of the table. Returns whether there may be more.
    fn tell(&mut self) -> bool {
        // From the first step on, also if that finds nothing that was sent: what is sent later is heard of.
        let watcher = self.watcher.get_or_insert_default();
        for _ in 0..3 {
            let Some((id, told)) = self.rib.next_told(self.member, self.told) else {
                return false;
            };
            self.told = id + 1;
            let Some((nlri, attributes)) = told else { continue };
            let stored = set::iter(self.store.set(attributes)).next().unwrap();
            let med = u32::from_be_bytes(stored.attribute.value.try_into().unwrap());
            watcher.insert(text(nlri), med);
        }
        true
    }
}

fn with_nlri<T>(prefix: &str, act: impl FnOnce(&Nlri<'_>) -> T) -> T {
    let family = if prefix.contains(':') { Family::IPV6_UNICAST } else { Family::IPV4_UNICAST };
    let mut bytes = Vec::new();
    Prefix::parse(prefix).unwrap().encode(&mut bytes);
    act(&Nlri { family, path_id: None, bytes: &bytes })
}

fn text(nlri: Nlri<'_>) -> String {
    let mut out = Vec::new();
    nlri.text(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn what_the_peer_has_is_not_said_again() {
    let mut bench = Bench::new(true);
    assert_eq!(bench.announce("10.0.0.0/24", 1), Announced::Queued);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    assert_eq!(bench.announce("10.0.0.0/24", 1), Announced::Unchanged);
    assert!(bench.flush().is_empty());
    bench.announce("10.0.0.0/24", 2);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=2"]);
    assert_eq!(bench.store.len(), 1);
}

#[test]
fn another_label_is_said() {
    let mut bench = Bench::new(true);
    let mut announce = |label: u8| {
        // Labeled unicast: 48 bits, the label and 10.0.0.0/24.
        let bytes = [48, 0, 0, label << 4 | 1, 10, 0, 0];
        let family = Family::new(Afi::IPV4, Safi::NLRI_MPLS);
        let nlri = Nlri { family, path_id: None, bytes: &bytes };
        let mut set = SetBuilder::default();
        set.add_verbatim(0x80, 4, &[0, 0, 0, 1]).unwrap();
        let mut octets = Vec::new();
        set.write(&mut octets);
        let attributes = bench.store.intern(&octets, NextHop::V4([192, 0, 2, 1].into()));
        let origin = Origin::Command;
        let announced =
            bench.rib.announce(&mut bench.store, &nlri, attributes, origin, None, false);
        (announced, bench.flush())
    };
    let said = |text: &str| (Announced::Queued, vec![format!("+10.0.0.0/24 label {text}=1")]);
    assert_eq!(announce(5), said("5 (81)"));
    assert_eq!(announce(6), said("6 (97)"));
    assert_eq!(announce(6), (Announced::Unchanged, vec![]));
    assert_eq!((bench.rib.len(), bench.store.len()), (1, 1));
}

#[test]
fn without_a_cache_it_is() {
    let mut bench = Bench::new(false);
    bench.announce("10.0.0.0/24", 1);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    bench.announce("10.0.0.0/24", 1);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    assert!(bench.store.is_empty());
    bench.announce_as("10.0.1.0/24", 1, Origin::Configuration, None, false);
    bench.flush();
    bench.rib.session_up(&mut bench.store, bench.member);
    assert_eq!(
        bench.flush(),
        ["+10.0.1.0/24=1"],
        "routes of the configuration come back all the same"
    );
}

#[test]
fn only_the_last_state_of_a_route_is_sent() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.announce("10.0.1.0/24", 1);
    bench.announce("10.0.0.0/24", 2);
    assert_eq!(bench.flush(), ["+10.0.1.0/24=1", "+10.0.0.0/24=2"]);
}

#[test]
fn withdrawals_come_first_and_even_for_what_was_never_sent() {
    let mut bench = Bench::new(true);
    bench.announce("1.1.0.0/24", 1);
    bench.withdraw("1.1.0.0/24");
    assert!(bench.flush().is_empty(), "nothing was sent yet, so there is nothing to withdraw");
    bench.announce("1.1.0.0/25", 1);
    bench.flush();
    bench.announce("2.2.0.0/25", 1);
    bench.announce("2.2.0.0/24", 1);
    assert!(bench.withdraw("2.2.0.0/25"));
    assert!(!bench.withdraw("9.9.9.0/24"));
    assert_eq!(
        bench.flush(),
        ["-9.9.9.0/24", "-2.2.0.0/25", "+2.2.0.0/24=1"],
        "sorted by their bytes"
    );
    bench.withdraw("2.2.0.0/24");
    bench.announce("2.2.0.0/24", 3);
    assert_eq!(bench.flush(), ["-2.2.0.0/24", "+2.2.0.0/24=3"]);
    assert_eq!(bench.store.len(), 2);
}

#[test]
fn a_session_starts_with_everything_and_without_withdrawals() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.announce("10.0.1.0/24", 1);
    bench.flush();
    bench.rib.session_down(&mut bench.store, bench.member);
    bench.withdraw("10.0.0.0/24");
    bench.withdraw("10.9.9.0/24");
    bench.announce("10.0.2.0/24", 1);
    assert!(bench.flush().is_empty(), "nothing is sent while there is no session");
    bench.rib.session_up(&mut bench.store, bench.member);
    bench.peer.clear();
    bench.flush();
    assert_eq!(bench.peer.keys().collect::<Vec<_>>(), ["10.0.1.0/24", "10.0.2.0/24"]);
}

#[test]
fn clearing_withdraws_what_was_sent_and_forgets_what_was_not() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.flush();
    bench.announce("10.0.1.0/24", 1);
    bench.rib.clear(&mut bench.store);
    assert_eq!(bench.flush(), ["-10.0.0.0/24"]);
    assert!(bench.store.is_empty() && bench.rib.is_empty());
}

#[test]
fn watchdogs_park_and_announce() {
    let mut bench = Bench::new(true);
    let configured = Origin::Configuration;
    assert_eq!(
        bench.announce_as("10.0.0.0/24", 1, configured, Some("dog"), true),
        Announced::Parked
    );
    bench.announce_as("10.0.1.0/24", 1, configured, Some("dog"), false);
    assert_eq!(bench.flush(), ["+10.0.1.0/24=1"]);
    assert_eq!(bench.rib.watchdog(&mut bench.store, "dog", true), 2);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    bench.rib.watchdog(&mut bench.store, "dog", false);
    assert_eq!(bench.flush(), ["-10.0.0.0/24", "-10.0.1.0/24"]);
    assert_eq!(bench.rib.watchdog(&mut bench.store, "cat", true), 0);
    bench.rib.session_up(&mut bench.store, bench.member);
    assert!(bench.flush().is_empty(), "parked routes stay parked");
}

#[test]
fn a_refresh_is_framed_where_that_was_negotiated() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.announce("10.0.1.0/24", 1);
    bench.group = true;
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1,+10.0.1.0/24=1"]);
    bench.rib.refresh(bench.member, &[Family::IPV4_UNICAST]);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1", "+10.0.1.0/24=1"]);
    bench.negotiated.refresh = Refresh::Enhanced;
    bench.rib.refresh(bench.member, &[Family::IPV4_UNICAST]);
    assert_eq!(bench.flush(), ["refresh 1", "+10.0.0.0/24=1", "+10.0.1.0/24=1", "refresh 2"]);
    bench.rib.refresh(bench.member, &[Family::IPV6_MULTICAST]);
    assert_eq!(bench.flush(), ["refresh 1", "refresh 2"]);
}

#[derive(Clone, Debug)]
enum Step {
    Announce(u8, u8),
    Withdraw(u8),
    Flush,
    Fill,
    Tell,
    Refresh,
    Clear,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..12u8, 0..3u8).prop_map(|(prefix, med)| Step::Announce(prefix, med)),
        4 => (0..12u8).prop_map(Step::Withdraw),
        3 => Just(Step::Flush),
        3 => Just(Step::Fill),
        2 => Just(Step::Tell),
        1 => Just(Step::Refresh),
        1 => Just(Step::Clear),
        1 => Just(Step::Restart),
    ]
}

#[test]
fn who_is_told_first_of_routes_that_wait_hears_of_them_when_they_are_sent() {
    let mut bench = Bench::new(true);
    // The places are given out again in the opposite order: those of the three that wait come first.
    for prefix in ["10.0.0.0/24", "10.0.1.0/24", "10.0.3.0/24", "10.0.2.0/24"] {
        bench.announce(prefix, 0);
    }
    bench.rib.clear(&mut bench.store);
    bench.announce("10.0.0.0/24", 0);
    bench.flush();
    for prefix in ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"] {
        bench.announce(prefix, 0);
    }
    assert!(bench.tell());
    assert!(bench.watcher.as_ref().is_none_or(BTreeMap::is_empty), "nothing was sent of these");
    bench.flush();
    while bench.tell() {}
    assert_eq!(bench.watcher.as_ref(), Some(&bench.peer));
    assert_eq!(bench.peer.len(), 4);
}

proptest! {
    #[test]
    fn after_any_commands_the_peer_has_what_it_should(steps in prop::collection::vec(step(), 0..80), group: bool) {
        let mut bench = Bench::new(true);
        bench.group = group;
        let mut wanted = BTreeMap::new();
        for step in steps {
            match step {
                Step::Announce(prefix, med) => {
                    let prefix = format!("10.0.{prefix}.0/24");
                    bench.announce(&prefix, med.into());
                    wanted.insert(prefix, u32::from(med));
                }
                Step::Withdraw(prefix) => {
                    let prefix = format!("10.0.{prefix}.0/24");
                    bench.withdraw(&prefix);
                    wanted.remove(&prefix);
                }
                Step::Flush => { bench.flush(); }
                Step::Fill => { bench.fill(&mut Vec::new()); }
                Step::Tell => { bench.tell(); }
                Step::Refresh => bench.rib.refresh(bench.member, &[Family::IPV4_UNICAST]),
                Step::Clear => { bench.rib.clear(&mut bench.store); wanted.clear(); }
                Step::Restart => {
                    bench.rib.session_down(&mut bench.store, bench.member);
                    bench.peer.clear();
                    (bench.watcher, bench.told) = (None, 0);
                    bench.rib.session_up(&mut bench.store, bench.member);
                }
            }
        }
        bench.flush();
        prop_assert_eq!(&bench.peer, &wanted);
        while bench.tell() {}
        prop_assert_eq!(bench.watcher.as_ref(), Some(&wanted), "who is told of the table as well");
        prop_assert_eq!(bench.rib.len(), wanted.len());
        bench.rib.drop_all(&mut bench.store);
        prop_assert!(bench.store.is_empty(), "every reference is given back");
    }
}

#[test]
fn attributes_of_the_configuration_go_out_with_every_session() {
    let mut bench = Bench::new(true);
    let alone = |bench: &mut Bench, origin| {
        let attributes = bench.store.intern(&[4, 0x80, 0, 0, 4, 0, 0, 0, 9], NextHop::Absent);
        bench.rib.announce_attributes(&mut bench.store, attributes, origin)
    };
    assert!(alone(&mut bench, Origin::Command));
    assert_eq!(bench.flush(), [""]);
    assert!(alone(&mut bench, Origin::Configuration));
    assert_eq!(bench.flush(), [""]);
    bench.rib.session_up(&mut bench.store, bench.member);
    assert_eq!(bench.flush(), [""], "that of the command is gone");
    bench.rib.session_down(&mut bench.store, bench.member);
    assert!(!alone(&mut bench, Origin::Command));
    bench.rib.drop_all(&mut bench.store);
    assert!(bench.store.is_empty());
}

#[test]
fn held_back_changes_do_not_hold_back_a_refresh() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.flush();
    bench.holding = true;
    bench.announce("10.0.1.0/24", 1);
    bench.withdraw("10.0.2.0/24");
    assert!(bench.flush().is_empty());
    bench.rib.refresh(bench.member, &[Family::IPV4_UNICAST]);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    bench.holding = false;
    assert_eq!(bench.flush(), ["-10.0.2.0/24", "+10.0.1.0/24=1"]);
}

#[test]
fn what_does_not_fit_leaves_the_peer_without_an_older_route_and_the_others_in_peace() {
    let mut bench = Bench::new(true);
    bench.announce("10.0.0.0/24", 1);
    bench.flush();
    // No RFC 8950 for this next hop: IPv4 over IPv6 was not agreed.
    bench.negotiated.next_hop.clear();
    let foreign = NextHop::V6("2001:db8::1".parse().unwrap());
    let attributes = bench.store.intern(&[4, 0x80, 0, 0, 4, 0, 0, 0, 9], foreign);
    with_nlri("10.0.0.0/24", |nlri| {
        bench.rib.announce(&mut bench.store, nlri, attributes, Origin::Command, None, false)
    });
    bench.announce("10.0.3.0/24", 9);
    assert_eq!(bench.flush(), ["+10.0.3.0/24=9", "-10.0.0.0/24"]);
    assert_eq!(bench.rib.take_refused(bench.member).len(), 1);
    assert_eq!(bench.peer.keys().collect::<Vec<_>>(), ["10.0.3.0/24"]);
}

#[test]
fn without_a_cache_a_refresh_keeps_nothing_either() {
    let mut bench = Bench::new(false);
    bench.announce("10.0.0.0/24", 1);
    bench.rib.refresh(bench.member, &[Family::IPV4_UNICAST]);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=1"]);
    assert!(bench.rib.is_empty() && bench.store.is_empty());
}

#[test]
fn a_route_that_the_configuration_has_twice_is_sent_twice_at_the_start_of_each_session() {
    let mut bench = Bench::new(true);
    bench.rib.session_down(&mut bench.store, bench.member);
    let configure = |bench: &mut Bench, meds: &[u32]| {
        let before = bench.rib.begin_configuration();
        for med in meds {
            bench.announce_as("10.0.0.0/24", *med, Origin::Configuration, None, false);
        }
        let end = bench.rib.end();
        bench.rib.end_configuration(&mut bench.store, 0..end, |_| {});
        before.forget(&mut bench.store);
    };
    configure(&mut bench, &[1, 2, 2]);
    for _ in 0..2 {
        bench.rib.session_up(&mut bench.store, bench.member);
        assert_eq!(bench.flush(), ["+10.0.0.0/24=1", "+10.0.0.0/24=2"]);
    }
    // Another configuration is no second statement of the same one.
    configure(&mut bench, &[3]);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=3"]);
    bench.rib.session_up(&mut bench.store, bench.member);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=3"]);
    bench.rib.drop_all(&mut bench.store);
    assert!(bench.store.is_empty());
}

/// The attributes and the routes of the messages that carry a rule which matches everything: `+5`, `-7`, `5` without a route.
fn carried(bench: &mut Bench) -> Vec<String> {
    let mut out = Vec::new();
    let Bench { rib, member, store, encoder, negotiated, group, holding, .. } = bench;
    let mut sending = Sending { encoder, negotiated, group: *group, holding: *holding };
    rib.fill(store, *member, &mut sending, &mut out, usize::MAX);
    let mut words = Vec::new();
    let mut rest = out.as_slice();
    while let Some(length) = rest.get(16..18) {
        let (message, after) =
            rest.split_at(usize::from(u16::from_be_bytes([length[0], length[1]])));
        rest = after;
        let update = Update::decode(&message[19..], negotiated, Direction::Send).unwrap();
        let sign = match (update.announced().count(), update.withdrawn().count()) {
            (0, 0) => "",
            (0, _) => "-",
            _ => "+",
        };
        let med = update.attribute(4).unwrap().value;
        words.push(format!("{sign}{}", med[3]));
    }
    words
}

#[test]
fn withdrawals_of_flows_carry_the_attributes_of_their_command() {
    let mut bench = Bench::new(true);
    let rule = Nlri { family: Family::new(Afi::IPV4, Safi::FLOW), path_id: None, bytes: &[0] };
    let set = |bench: &mut Bench, med: u32| {
        let (mut builder, mut set) = (SetBuilder::default(), Vec::new());
        builder.add_verbatim(0x80, 4, &med.to_be_bytes()).unwrap();
        builder.write(&mut set);
        bench.store.intern(&set, NextHop::Absent)
    };
    let announce = |bench: &mut Bench, med| {
        let attributes = set(bench, med);
        bench.rib.announce(&mut bench.store, &rule, attributes, Origin::Command, None, false);
    };
    let withdraw = |bench: &mut Bench, med| {
        let attributes = set(bench, med);
        bench.rib.withdraw(&mut bench.store, &rule, Some(attributes))
    };
    // There is nothing to withdraw before the first route, but ExaBGP sends the attributes.
    assert!(!withdraw(&mut bench, 9));
    assert!(!withdraw(&mut bench, 9));
    assert_eq!(carried(&mut bench), ["9"]);
    announce(&mut bench, 1);
    assert_eq!(carried(&mut bench), ["+1"]);
    // What is announced before a withdrawal is sent does not change it; the last of two counts.
    assert!(withdraw(&mut bench, 7));
    withdraw(&mut bench, 8);
    announce(&mut bench, 2);
    assert_eq!(carried(&mut bench), ["-8", "+2"]);
    withdraw(&mut bench, 3);
    bench.rib.session_down(&mut bench.store, bench.member);
    assert_eq!(bench.store.len(), 0);
}

#[test]
fn what_was_announced_last_goes_out_last() {
    let mut bench = Bench::new(true);
    bench.group = true;
    for (prefix, med) in
        [("10.0.0.0/24", 1), ("10.0.1.0/24", 1), ("10.0.2.0/24", 2), ("10.0.3.0/24", 1)]
    {
        bench.announce(prefix, med);
    }
    // The first ones wait for the last one, which has their attributes.
    let words = ["+10.0.2.0/24=2", "+10.0.0.0/24=1,+10.0.1.0/24=1,+10.0.3.0/24=1"];
    assert_eq!(bench.flush(), words);
    // So does one that changes and was first before.
    bench.announce("10.0.0.0/24", 7);
    bench.announce("10.0.4.0/24", 8);
    bench.announce("10.0.0.0/24", 9);
    bench.announce("10.0.5.0/24", 8);
    assert_eq!(bench.flush(), ["+10.0.0.0/24=9", "+10.0.4.0/24=8,+10.0.5.0/24=8"]);
}

#[test]
fn a_session_starts_with_one_group_for_each_set_whatever_the_order_of_the_commands() {
    let mut bench = Bench::new(true);
    bench.group = true;
    bench.rib.session_down(&mut bench.store, bench.member);
    for number in 0..1000 {
        bench.announce(&format!("10.0.{}.{}/32", number / 250, number % 250), number % 10);
    }
    bench.rib.session_up(&mut bench.store, bench.member);
    // What comes now is behind all that, although there is a group of the same attributes.
    bench.announce("10.9.9.9/32", 3);
    let sent = bench.flush();
    assert_eq!(sent.len(), 11, "{} messages", sent.len());
    assert_eq!(sent[10], "+10.9.9.9/32=3");
    assert_eq!(bench.peer.len(), 1001);
}

#[test]
fn routes_of_the_configuration_go_out_before_those_of_commands() {
    let mut bench = Bench::new(true);
    bench.announce_as("10.0.1.0/24", 1, Origin::Configuration, None, false);
    bench.announce_as("10.0.2.0/24", 2, Origin::Configuration, None, false);
    bench.announce("10.0.5.0/24", 3);
    bench.announce("10.0.4.0/24", 2);
    bench.announce("10.0.3.0/24", 2);
    let sent =
        ["+10.0.1.0/24=1", "+10.0.2.0/24=2", "+10.0.5.0/24=3", "+10.0.4.0/24=2", "+10.0.3.0/24=2"];
    assert_eq!(bench.flush(), sent);
}

#[test]
fn a_withdrawal_goes_without_attributes_that_do_not_fit() {
    let mut bench = Bench::new(true);
    bench.negotiated.message_size = 4096;
    let family = Family::new(Afi::IPV4, Safi::MPLS_VPN);
    let bytes = [0x70, 0, 6, 0x41, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 10, 0, 1];
    let nlri = Nlri { family, path_id: None, bytes: &bytes };
    let set = |bench: &mut Bench, size: usize| {
        let (mut builder, mut set) = (SetBuilder::default(), Vec::new());
        builder.add_verbatim(0x80, 4, &[0, 0, 0, 1]).unwrap();
        builder.add_verbatim(0xc0, 8, &vec![1; size]).unwrap();
        builder.write(&mut set);
        bench.store.intern(&set, NextHop::V4([192, 0, 2, 1].into()))
    };
    let fits = set(&mut bench, 4);
    bench.rib.announce(&mut bench.store, &nlri, fits, Origin::Command, None, false);
    assert_eq!(bench.flush().len(), 1);
    // The peer has what is not true any more.
    let too_long = set(&mut bench, 4080);
    bench.rib.announce(&mut bench.store, &nlri, too_long, Origin::Command, None, false);
    let words = bench.flush();
    assert!(words.len() == 1 && words[0].starts_with('-'), "{words:?}");
    let fits = set(&mut bench, 4);
    bench.rib.announce(&mut bench.store, &nlri, fits, Origin::Command, None, false);
    bench.flush();
    let too_long = set(&mut bench, 4080);
    bench.rib.withdraw(&mut bench.store, &nlri, Some(too_long));
    let words = bench.flush();
    assert!(words.len() == 1 && words[0].starts_with('-'), "{words:?}");
}
