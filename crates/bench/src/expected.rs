//! Whether what came is what was sent: each route once, none that was not announced, each with its attributes.

use anyhow::{Result, bail};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde_json::{Value, json};
use yottabgp_wire::codes::Family;

use crate::load::{Load, LoadArgs, flat};
use crate::update::{Attributes, Update};

/// Every route of a load.
#[derive(Debug)]
pub(crate) struct Expected {
    load: Load,
    count: u32,
    /// Of flat loads: routes that came in one line have the MED of the first.
    group: u32,
    /// Of flat loads: only each so-many-th route is expected, with a MED that is different.
    changed: bool,
    /// Whether attributes may be any.
    prefixes_only: bool,
    /// Of flat loads: whether routes beyond the last may come.
    more: bool,
    /// Of tables: the number of each prefix, and the attributes of each number.
    table: HashMap<u64, u32, FixedState>,
    attributes: Vec<Attributes>,
}

/// Which of them were seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    bits: Vec<u64>,
    /// Different expected routes.
    pub(crate) distinct: u32,
    /// Expected routes that had come before.
    pub(crate) repeated: u64,
    /// Routes that nobody announced.
    pub(crate) unexpected: u64,
    /// Expected routes with other attributes.
    pub(crate) wrong: u64,
    /// Routes withdrawn.
    pub(crate) withdrawn: u64,
    /// The first surprise, in words.
    example: Option<String>,
}

/// A prefix in one number: its length, its address's first 48 bits, its family.
fn key(family: Family, nlri: &[u8]) -> Option<u64> {
    let (length, address) = nlri.split_first()?;
    let mut octets = [0; 8];
    let is_ipv6 = family == Family::IPV6_UNICAST;
    if (!is_ipv6 && family != Family::IPV4_UNICAST) || address.len() > 6 {
        return None;
    }
    octets.iter_mut().zip(address).for_each(|(place, octet)| *place = *octet);
    let [.., kind, last] = &mut octets;
    (*kind, *last) = (u8::from(is_ipv6), *length);
    Some(u64::from_be_bytes(octets))
}

/// The text of such a number.
fn name(key: u64) -> String {
    let [address @ .., kind, length] = key.to_be_bytes();
    if kind == 0 {
        let [a, b, c, d, ..] = address;
        return format!("{a}.{b}.{c}.{d}/{length}");
    }
    let mut octets = [0; 16];
    octets.iter_mut().zip(address).for_each(|(place, octet)| *place = octet);
    format!("{}/{length}", std::net::Ipv6Addr::from(octets))
}

impl Expected {
    /// All routes of a load.
    pub(crate) fn new(arguments: &LoadArgs) -> Result<Self> {
        arguments.check()?;
        let mut expected = Self {
            load: arguments.load,
            count: arguments.count,
            group: 1,
            changed: false,
            prefixes_only: false,
            more: false,
            table: HashMap::default(),
            attributes: Vec::new(),
        };
        if matches!(arguments.load, Load::Table | Load::Single) {
            let stream = arguments.stream()?;
            expected.table.reserve(arguments.count as usize);
            let mut rest = stream.octets.as_slice();
            while let Some((message, after)) = next_message(rest) {
                expected.add(message);
                rest = after;
            }
            let found = expected.table.len();
            if found != arguments.count as usize {
                bail!("the load has {found} different prefixes, not {}", arguments.count);
            }
        }
        Ok(expected)
    }

    fn add(&mut self, message: &[u8]) {
        let Some(update) = message.get(19..).and_then(Update::read) else { return };
        let attributes = update.attributes();
        update.announced(|family, nlri| {
            if let Some(key) = key(family, nlri) {
                let number = u32::try_from(self.attributes.len()).unwrap_or(u32::MAX);
                self.table.insert(key, number);
                self.attributes.push(attributes);
            }
        });
    }

    /// The same where `group` routes came in each line.
    pub(crate) const fn grouped(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// The same where attributes may be any, and more routes may come.
    pub(crate) const fn lenient(mut self, prefixes_only: bool, more: bool) -> Self {
        (self.prefixes_only, self.more) = (prefixes_only, more);
        self
    }

    /// The routes of the same load that change where one percent does, as they are then.
    pub(crate) fn changed(&self) -> Self {
        Self {
            load: self.load,
            count: self.count,
            group: self.group,
            changed: true,
            prefixes_only: self.prefixes_only,
            more: self.more,
            table: HashMap::default(),
            attributes: Vec::new(),
        }
    }

    /// How many routes there are.
    pub(crate) const fn count(&self) -> u32 {
        if self.changed { self.count.div_ceil(flat::CHANGED) } else { self.count }
    }

    /// The MED of a route, where it has one.
    pub(crate) fn med(&self, number: u32) -> Option<u32> {
        if matches!(self.load, Load::Table | Load::Single) {
            return self.attributes.get(number as usize)?.med;
        }
        let more = if self.changed { flat::CHANGE } else { 0 };
        Some(flat::med(number - number % self.group.max(1)) + more)
    }

    /// The number of a route.
    pub(crate) fn number(&self, family: Family, nlri: &[u8]) -> Option<u32> {
        if matches!(self.load, Load::Table | Load::Single) {
            return self.table.get(&key(family, nlri)?).copied();
        }
        let number = flat::number(self.load, nlri).filter(|number| *number < self.count)?;
        (!self.changed || number.is_multiple_of(flat::CHANGED)).then_some(number)
    }

    /// Whether these are the attributes of a route.
    fn is_right(&self, number: u32, attributes: &Attributes) -> bool {
        if self.prefixes_only {
            return true;
        }
        match self.load {
            Load::Table | Load::Single => {
                let right = self.attributes.get(number as usize);
                right.is_some_and(|right| right.digest == attributes.digest)
            }
            Load::Flow => attributes.rate == Some(flat::rate(number)),
            _ => attributes.med == self.med(number),
        }
    }

    /// None seen yet.
    pub(crate) fn none_seen(&self) -> Seen {
        Seen { bits: vec![0; self.count.div_ceil(64) as usize], ..Seen::default() }
    }

    /// Counts what an UPDATE announces and withdraws. Gives how many routes it announced.
    pub(crate) fn update(&self, seen: &mut Seen, update: &Update<'_>) -> u32 {
        let (attributes, mut routes) = (update.attributes(), 0);
        update.announced(|family, nlri| {
            routes += 1;
            match self.number(family, nlri) {
                Some(number) => seen.mark(number, self.is_right(number, &attributes), || {
                    format!("{}: {attributes:?}", self.name(number))
                }),
                None if self.more && flat::number(self.load, nlri).is_some() => {}
                None => seen.surprise(|| format!("{nlri:02X?} of {family}")),
            }
        });
        update.withdrawn(|_, _| seen.withdrawn += 1);
        routes
    }

    /// Up to `most` routes that did not come.
    fn missing(&self, seen: &Seen, most: usize) -> Vec<String> {
        let step = if self.changed { flat::CHANGED } else { 1 };
        let numbers = (0..self.count).step_by(step as usize);
        numbers.filter(|number| !seen.has(*number)).take(most).map(|n| self.name(n)).collect()
    }

    /// The text of a route.
    fn name(&self, number: u32) -> String {
        if matches!(self.load, Load::Table | Load::Single) {
            let found = self.table.iter().find(|(_, other)| **other == number);
            return found.map(|(key, _)| name(*key)).unwrap_or_default();
        }
        flat::prefix(self.load, number)
    }

    /// Whether what came is what was sent.
    pub(crate) fn is_complete(&self, seen: &Seen) -> bool {
        seen.distinct == self.count() && seen.unexpected == 0 && seen.wrong == 0
    }

    /// What came, and what is not as it should be.
    pub(crate) fn report(&self, seen: &Seen) -> Value {
        let mut report = json!({
            "exact": self.is_complete(seen),
            "routes": seen.distinct,
            "missing": self.count().saturating_sub(seen.distinct),
            "repeated": seen.repeated,
            "unexpected": seen.unexpected,
            "wrong": seen.wrong,
            "withdrawn": seen.withdrawn,
        });
        if let Some(report) = report.as_object_mut() {
            let missing = self.missing(seen, 3);
            if !missing.is_empty() {
                report.insert("for_example_missing".into(), json!(missing));
            }
            if let Some(example) = &seen.example {
                report.insert("for_example_wrong".into(), json!(example));
            }
        }
        report
    }
}

impl Seen {
    /// A route came.
    pub(crate) fn mark(&mut self, number: u32, right: bool, words: impl FnOnce() -> String) {
        if !right {
            self.wrong += 1;
            self.example.get_or_insert_with(words);
        }
        let Some(bits) = self.bits.get_mut((number / 64) as usize) else { return };
        let bit = 1 << (number % 64);
        if *bits & bit == 0 {
            *bits |= bit;
            self.distinct += 1;
        } else {
            self.repeated += 1;
        }
    }

    /// A route came that nobody announced.
    pub(crate) fn surprise(&mut self, words: impl FnOnce() -> String) {
        self.unexpected += 1;
        self.example.get_or_insert_with(words);
    }

    fn has(&self, number: u32) -> bool {
        let bits = self.bits.get((number / 64) as usize).copied().unwrap_or(0);
        bits & 1 << (number % 64) != 0
    }
}

/// The first message of many, and what follows.
pub(crate) fn next_message(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = *octets.get(16..18)?.first_chunk()?;
    octets.split_at_checked(usize::from(u16::from_be_bytes(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(load: Load, count: u32) -> LoadArgs {
        LoadArgs { load, count, ipv6: 15, seed: 7, asn: 65_001 }
    }

    fn received(expected: &Expected, octets: &[u8]) -> Seen {
        let (mut seen, mut rest) = (expected.none_seen(), octets);
        while let Some((message, after)) = next_message(rest) {
            expected.update(&mut seen, &Update::read(&message[19..]).unwrap());
            rest = after;
        }
        seen
    }

    #[test]
    fn a_whole_load_is_exact_and_a_gap_is_named() {
        for load in [Load::Table, Load::Single, Load::Route, Load::Ipv6, Load::Vpn, Load::Flow] {
            let arguments = arguments(load, 1_000);
            let (expected, stream) =
                (Expected::new(&arguments).unwrap(), arguments.stream().unwrap());
            let seen = received(&expected, &stream.octets);
            assert!(expected.is_complete(&seen), "{load:?} {}", expected.report(&seen));
            let (first, rest) = next_message(&stream.octets).unwrap();
            let seen = received(&expected, rest);
            assert!(!expected.is_complete(&seen));
            let report = expected.report(&seen);
            assert!(report["for_example_missing"][0].is_string(), "{report}");
            // Twice is once, and told.
            let seen = received(&expected, &[&stream.octets, first].concat());
            assert!(expected.is_complete(&seen) && seen.repeated > 0);
        }
    }

    #[test]
    fn other_attributes_and_other_routes_are_noticed() {
        let expected = Expected::new(&arguments(Load::Route, 100)).unwrap();
        let mut octets = Vec::new();
        (0..100).for_each(|number| flat::push_update(Load::Route, number, 1, &mut octets));
        let mut altered = octets.clone();
        // The last octet of the last route's MED: attributes end 4 octets before the end.
        let at = altered.len() - 5;
        altered[at] ^= 1;
        let seen = received(&expected, &altered);
        assert_eq!((seen.wrong, expected.is_complete(&seen)), (1, false));
        flat::push_update(Load::Route, 100, 1, &mut octets);
        let seen = received(&expected, &octets);
        assert_eq!((seen.unexpected, expected.is_complete(&seen)), (1, false));
    }

    #[test]
    fn numbers_of_prefixes_can_be_read_again() {
        let four = key(Family::IPV4_UNICAST, &[22, 20, 1, 4]).unwrap();
        assert_eq!(name(four), "20.1.4.0/22");
        let six = key(Family::IPV6_UNICAST, &[48, 0x24, 0, 0, 1, 0, 2]).unwrap();
        assert_eq!(name(six), "2400:1:2::/48");
    }
}
