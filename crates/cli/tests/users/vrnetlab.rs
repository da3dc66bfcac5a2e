//! vrnetlab's `vr-bgp`: a configuration of ExaBGP 3.4, a helper that takes the wanted state by HTTP and commands what changes,
//! and one that keeps what is received.

use std::fs;
use std::net::Ipv4Addr;

use yottabgp_testkit::bgp::{Open, kind};
use yottabgp_testkit::wait::until;

use crate::house::House;
use crate::support::{attributes, update};

const US: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// Withdraws what is not wanted any more, without its attributes, and announces what is new.
const API: &str = r#"#!/usr/bin/env python3
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

current = {}

def line(route):
    text = "announce route %s next-hop self" % route["prefix"]
    if route.get("med"):
        text += " med %d" % route["med"]
    if route.get("community"):
        text += " community [%s]" % " ".join(route["community"])
    if route.get("as-path"):
        text += " as-path [%s]" % " ".join(str(asn) for asn in route["as-path"])
    return text

class Api(BaseHTTPRequestHandler):
    def do_POST(self):
        global current
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        wanted = {route["prefix"]: route for route in json.loads(parse_qs(body)["routes"][0])}
        for prefix in current:
            if prefix not in wanted:
                print("withdraw route " + prefix)
        for route in wanted.values():
            print(line(route))
        sys.stdout.flush()
        current = wanted
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass

HTTPServer(("127.0.0.1", 5001), Api).serve_forever()
"#;

/// Keeps prefixes as they come and go. `neighbor.ip` is what JSON had in 3.4, `neighbor.address.peer` since.
const RECORD: &str = r#"#!/usr/bin/env python3
import json, sys
received = {}
for line in sys.stdin:
    msg = json.loads(line)
    if msg["type"] != "update":
        continue
    neighbor = msg["neighbor"].get("ip") or msg["neighbor"]["address"]["peer"]
    update = msg["neighbor"]["message"].get("update", {})
    for afi, hops in update.get("announce", {}).items():
        for hop, prefixes in hops.items():
            if hop == "null" or hop.startswith("fe80:"):
                continue
            for prefix in prefixes:
                prefix = prefix["nlri"] if isinstance(prefix, dict) else prefix
                received[prefix] = [neighbor, hop]
    for afi, prefixes in update.get("withdraw", {}).items():
        for prefix in prefixes:
            received.pop(prefix["nlri"] if isinstance(prefix, dict) else prefix, None)
    with open(sys.argv[1], "w") as out:
        json.dump(received, out)
"#;

#[test]
fn the_wanted_state_is_what_the_router_has() {
    let Some(house) = House::new(&["10.0.0.1/24", "10.0.0.2/24"], &["python3"]) else { return };
    let (api, record) = (house.script("bgpapi.py", API), house.script("bgprec.py", RECORD));
    let state = house.path("log/received");
    let file = house.file(
        "exabgp.conf",
        &format!(
            "group test {{
    process bgpapi {{
        run {api};
    }}
    process bgprec {{
        encoder json;
        receive {{
            neighbor-changes;
            parsed;
            update;
        }}
        run {record} {};
    }}

    router-id {US};
    local-as 65001;

    neighbor {ROUTER} {{
        peer-as 65002;
        local-address {US};
        family {{
            ipv4 unicast;
        }}
        listen 179;
        passive;
    }}
}}
",
            state.display()
        ),
    );
    let _daemon = house.supervise(house.command(&["exabgp", &file.display().to_string()]));
    house.await_port(5001);
    let mut router = house.call(ROUTER, US, &Open::new(65002, ROUTER));
    router.until_eor();
    let post = |json: &str| house.post(5001, &[("routes", json)]);
    post(
        r#"[{"prefix": "10.1.0.0/24", "med": 5, "community": ["65001:1", "65001:2"], "as-path": [65001, 65010]},
            {"prefix": "10.2.0.0/24"}]"#,
    );
    let update_1 = router.update();
    assert_eq!(update_1.announced, ["10.1.0.0/24"]);
    assert_eq!(update_1.med(), Some(5));
    assert_eq!(update_1.attribute(8).unwrap().len(), 8);
    assert_eq!(router.update().announced, ["10.2.0.0/24"]);
    // One goes, one stays and is not sent again, one is new.
    post(r#"[{"prefix": "10.2.0.0/24"}, {"prefix": "10.3.0.0/24"}]"#);
    let (mut withdrawn, mut announced) = (Vec::new(), Vec::new());
    while withdrawn.len() + announced.len() < 2 {
        let update = router.update();
        withdrawn.extend(update.withdrawn);
        announced.extend(update.announced);
    }
    assert_eq!(
        (withdrawn, announced),
        (vec!["10.1.0.0/24".into()], vec!["10.3.0.0/24".to_owned()])
    );

    router.send(kind::UPDATE, &update(&[], &attributes(), &["10.8.0.0/24", "10.9.0.0/24"]));
    router.send(kind::UPDATE, &update(&["10.8.0.0/24"], &[], &[]));
    let expected = r#"{"10.9.0.0/24": ["10.0.0.2", "2.2.2.2"]}"#;
    until("what was received", || fs::read_to_string(&state).is_ok_and(|text| text == expected));
}
