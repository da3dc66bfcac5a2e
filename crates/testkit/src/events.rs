//! The JSON events of a helper, read into values that tests compare.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use crate::route::{Attributes, Origin, Route, read_community, read_large_community, read_prefix};

/// The routes received from one neighbor, kept by reading its events in order.
#[derive(Debug, Default)]
pub struct Table {
    routes: BTreeMap<(IpAddr, u8), Route>,
}

impl Table {
    /// Takes one line of the helper's input. What is not about routes received changes nothing.
    ///
    /// # Errors
    /// Says what is not as the JSON of an UPDATE has to be.
    pub fn read(&mut self, line: &str) -> Result<(), String> {
        if !line.starts_with('{') {
            return Ok(());
        }
        let event: Value =
            serde_json::from_str(line).map_err(|error| format!("not JSON: {error}: {line}"))?;
        // What a BMP station tells has the same members: here, of what a router received, before its policy.
        let is_told = event["type"] == "bmp"
            && event["bmp"]["rib"] == "adj-rib-in"
            && event["bmp"]["policy"] == "pre";
        if event["neighbor"]["state"] == "down" {
            self.routes.clear();
        }
        let is_update = event["type"] == "update" || is_told;
        if !is_update || event["neighbor"]["direction"] != "receive" {
            return Ok(());
        }
        let update = &event["neighbor"]["message"]["update"];
        self.update(update).ok_or_else(|| format!("not an UPDATE as expected: {line}"))
    }

    fn update(&mut self, update: &Value) -> Option<()> {
        for family in members(&update["withdraw"]) {
            for prefix in family.1.as_array()? {
                self.routes.remove(&read_nlri(prefix)?);
            }
        }
        let announce = members(&update["announce"]);
        if announce.is_empty() {
            return Some(());
        }
        let attributes = attributes(&update["attribute"])?;
        for (_, hops) in announce {
            for (hop, prefixes) in members(hops) {
                for prefix in prefixes.as_array()? {
                    let (network, length) = read_nlri(prefix)?;
                    let attributes = attributes.clone();
                    let route = Route { network, length, next_hop: hop.parse().ok()?, attributes };
                    self.routes.insert((network, length), route);
                }
            }
        }
        Some(())
    }

    /// The routes now.
    pub fn routes(&self) -> BTreeSet<Route> {
        self.routes.values().cloned().collect()
    }
}

/// The prefixes announced by events of one direction (`send` or `receive`) among `lines`.
pub fn announced(lines: &[String], direction: &str) -> BTreeSet<(IpAddr, u8)> {
    let mut prefixes = BTreeSet::new();
    for line in lines {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        if event["neighbor"]["direction"] != direction {
            continue;
        }
        for (_, hops) in members(&event["neighbor"]["message"]["update"]["announce"]) {
            for (_, list) in members(hops) {
                prefixes.extend(list.as_array().into_iter().flatten().filter_map(read_nlri));
            }
        }
    }
    prefixes
}

/// A member of an event by its path, as text; numbers too.
pub fn member(line: &str, path: &[&str]) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    let mut value = &event;
    for name in path {
        value = value.get(name)?;
    }
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn members(value: &Value) -> Vec<(&String, &Value)> {
    value.as_object().into_iter().flatten().collect()
}

/// `{ "nlri": "10.0.0.0/24" }`, or the text alone as `exabgp_api_compact` has it.
fn read_nlri(value: &Value) -> Option<(IpAddr, u8)> {
    read_prefix(value.as_str().or_else(|| value["nlri"].as_str())?)
}

fn attributes(value: &Value) -> Option<Attributes> {
    let mut as_path = Vec::new();
    for (_, segment) in members(&value["as-path"]) {
        if segment["element"] != "as-sequence" {
            return None;
        }
        for number in segment["value"].as_array()? {
            as_path.push(u32::try_from(number.as_u64()?).ok()?);
        }
    }
    let mut communities = BTreeSet::new();
    for pair in value["community"].as_array().into_iter().flatten() {
        communities.insert(read_community(&colons(pair)?)?);
    }
    let mut large_communities = BTreeSet::new();
    for triple in value["large-community"].as_array().into_iter().flatten() {
        large_communities.insert(read_large_community(&colons(triple)?)?);
    }
    let med = match value.get("med") {
        Some(med) => Some(u32::try_from(med.as_u64()?).ok()?),
        None => None,
    };
    let origin = Origin::read(value["origin"].as_str()?)?;
    Some(Attributes { origin, as_path, med, communities, large_communities })
}

/// `[ 65001, 1 ]` as `65001:1`.
fn colons(list: &Value) -> Option<String> {
    let numbers: Vec<_> = list.as_array()?.iter().map(Value::to_string).collect();
    Some(numbers.join(":"))
}
