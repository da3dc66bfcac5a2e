//! The export of a configuration is what its schema says, and says what the configuration does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may"
)]

mod common;

use std::path::Path;

use serde_json::{Value, json};
use yottabgp_config::example::{Extent, example};
use yottabgp_config::{export, schema};

/// Reads schemas as a program of somebody else's does.
struct Checker {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Checker {
    fn new(document: Value) -> Self {
        let id = document["$id"].as_str().unwrap().to_owned();
        let mut compiler = boon::Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(&id, document).unwrap();
        let mut schemas = boon::Schemas::new();
        let index = compiler.compile(&id, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|error| format!("{error:#}"))
    }
}

const EVERYTHING: &str = "
process watcher { run /bin/watcher 'a b' c; encoder json; respawn false; }
healthcheck web { interval 2.5; rise 2; ip [ 198.51.100.1/32 198.51.100.2/32 ]; withdraw-on-down; community 65000:1; check tcp:192.0.2.1:80; }
mrt { updates /d/u.%s.gz; messages [ open ]; table /d/t.%s; }
neighbor 192.0.2.0/24 {
  description \"it's\"; local-as auto; peer-as 4200000000; router-id 192.0.2.9; passive; hold-time 0; rate-limit 5;
  host-name a; source-interface eth0; outgoing-ttl 255; listen 1790; local-address 192.0.2.9; md5-password \"a b\";
  family { ipv4 unicast; ipv6 unicast; ipv4 flow; l2vpn vpls; bgp-ls bgp-ls; family 1 99; }
  nexthop { ipv4 unicast ipv6; }
  add-path { ipv4 unicast limit 5; ipv6 unicast; }
  capability { add-path send/receive; graceful-restart 120; long-lived-graceful-restart 5; role customer; aigp; software-version true; operational; }
  api one { processes [ watcher ]; neighbor-changes; receive { parsed; update; } send { packets; } }
  api { processes-match [ \"w.*\" ]; fsm; }
  mrt { updates /d/own; rotate 0; sent true; }
  operational { asm afi ipv4 safi unicast advisory \"x\"; }
  static { route 10.0.0.0/8 next-hop 192.0.2.9 med 5 watchdog w withdraw; route 2001:db8::/32 next-hop 2001:db8::1; }
  announce { ipv4 { flow destination 10.0.0.0/8 discard; } }
  l2vpn { vpls rd 1:1 endpoint 5 base 10702 offset 1 size 8 next-hop 192.0.2.9; }
}
neighbor 2001:db8::1 {
  local-as 1; peer-as 2; router-id 192.0.2.9;
  tcp-ao { keyid 3; algorithm hmac-sha-256; password \"x\"; }
}
";

#[test]
fn every_option_is_exported_with_its_type() {
    let configuration = common::good(EVERYTHING);
    let document = export::configuration(&configuration);
    Checker::new(schema::schema(None).unwrap()).check(&document).unwrap();
    assert_eq!(
        document["processes"]["watcher"],
        json!({ "run": ["/bin/watcher", "a b", "c"], "encoder": "json", "respawn": false })
    );
    assert_eq!(
        document["healthchecks"]["web"],
        json!({ "interval": 2.5, "rise": 2, "ip": ["198.51.100.1/32", "198.51.100.2/32"],
                "withdraw-on-down": true, "community": "65000:1", "check": ["tcp:192.0.2.1:80"] })
    );
    let neighbors = document["neighbors"].as_object().unwrap();
    assert_eq!(neighbors.len(), 2);
    let neighbor = &neighbors[&configuration.neighbors[0].name];
    for (keyword, value) in [
        ("peer-address", json!("192.0.2.0/24")),
        ("description", json!("it's")),
        ("local-as", json!("auto")),
        ("peer-as", json!(4_200_000_000_u32)),
        ("hold-time", json!(0)),
        ("rate-limit", json!(5)),
        ("passive", json!(true)),
        (
            "family",
            json!({ "ipv4": ["unicast", "flow"], "ipv6": ["unicast"], "l2vpn": ["vpls"], "bgp-ls": ["bgp-ls"], "family": ["1 99"] }),
        ),
        ("add-path", json!({ "ipv4": ["unicast limit 5"], "ipv6": ["unicast"] })),
        ("operational", json!({ "asm": ["afi ipv4 safi unicast advisory x"] })),
        (
            "l2vpn",
            json!({ "vpls": ["rd 1:1 endpoint 5 base 10702 offset 1 size 8 next-hop 192.0.2.9"] }),
        ),
    ] {
        assert_eq!(neighbor[keyword], value, "{keyword}");
    }
    assert_eq!(neighbor["capability"]["graceful-restart"], 120);
    assert_eq!(neighbor["capability"]["add-path"], "send/receive");
    assert_eq!(neighbor["static"]["route"].as_array().unwrap().len(), 2);
    assert_eq!(neighbor["announce"]["ipv4"].as_array().unwrap().len(), 1);
    let api = neighbor["api"].as_array().unwrap();
    assert_eq!(
        api[0],
        json!({ "name": "one", "processes": ["watcher"], "neighbor-changes": true, "receive": { "parsed": true, "update": true }, "send": { "packets": true } })
    );
    assert_eq!(api[1], json!({ "processes-match": ["w.*"], "fsm": true }));
    assert_eq!(neighbors[&configuration.neighbors[1].name]["tcp-ao"]["keyid"], 3);
}

#[test]
fn what_is_no_export_is_refused_by_the_schema() {
    let checker = Checker::new(schema::schema(None).unwrap());
    let name = common::good(EVERYTHING).neighbors[0].name.clone();
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut document = export::configuration(&common::good(EVERYTHING));
        change(&mut document["neighbors"][&name]);
        checker.check(&document).unwrap_err()
    };
    wrong(&|neighbor| neighbor["hold-time"] = json!(2));
    wrong(&|neighbor| neighbor["hold-time"] = json!("30"));
    wrong(&|neighbor| neighbor["passive"] = json!("yes"));
    wrong(&|neighbor| neighbor["nonsense"] = json!(1));
    wrong(&|neighbor| neighbor["router-id"] = json!("1.2.3"));
    wrong(&|neighbor| neighbor["family"]["ipv4"] = json!(["unicats"]));
    wrong(&|neighbor| neighbor["capability"]["role"] = json!("king"));
    wrong(&|neighbor| {
        neighbor.as_object_mut().unwrap().remove("peer-as");
    });
}

#[test]
fn every_section_has_a_schema() {
    let sections = schema::sections();
    assert!(sections.len() >= 15, "{sections:?}");
    for (name, _) in sections {
        let document = schema::schema(Some(&name)).unwrap();
        assert_eq!(document["title"], format!("ExaBGP {name} configuration"));
        assert!(!document["properties"].as_object().unwrap().is_empty(), "{name}");
        Checker::new(document);
    }
    assert_eq!(schema::schema(Some("nonsense")), None);
    assert_eq!(schema::schema(None).unwrap()["$schema"], "http://json-schema.org/draft-07/schema#");
}

#[test]
fn the_example_and_the_configurations_of_the_suite_are_exported() {
    let checker = Checker::new(schema::schema(None).unwrap());
    for extent in [Extent::Neighbor, Extent::Full] {
        checker.check(&export::configuration(&common::good(&example(extent)))).unwrap();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/qa/data/conf");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: there is no {}", folder.display());
        return;
    };
    let mut count = 0;
    for file in files {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (configuration, _) = common::loaded(&text);
        let document = export::configuration(&configuration);
        assert_eq!(document["neighbors"].as_object().unwrap().len(), configuration.neighbors.len());
        checker.check(&document).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        count += 1;
    }
    assert!(count > 50, "{count}");
}
