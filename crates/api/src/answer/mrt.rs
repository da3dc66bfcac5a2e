//! `mrt dump`.

use std::fmt;

use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::{push, push_decimal};

use crate::Encoding;

/// A table that was written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MrtDump {
    /// The file, as it is called in the end.
    pub file: String,
    /// How many peers it names.
    pub peers: u64,
    /// How many NLRI it has routes to; those with path identifiers count apart.
    pub nlri: u64,
    /// How many routes it has.
    pub routes: u64,
    /// The octets of its records, before compression.
    pub octets: u64,
}

impl fmt::Display for MrtDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, peers, nlri, routes, octets } = self;
        write!(
            f,
            "{file} is written: {routes} routes to {nlri} NLRI of {peers} peers, {octets} octets before compression"
        )
    }
}

/// What was written.
pub fn mrt_dump(dump: &MrtDump, encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Text {
        push(out, &format!("{dump}\n"));
        return;
    }
    push(out, "{\"file\": ");
    push_string(out, &dump.file);
    for (name, number) in [
        ("peers", dump.peers),
        ("nlri", dump.nlri),
        ("routes", dump.routes),
        ("octets", dump.octets),
    ] {
        push(out, &format!(", \"{name}\": "));
        push_decimal(out, number);
    }
    push(out, "}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let dump = MrtDump { file: "/d/r\"".to_owned(), peers: 2, nlri: 3, routes: 4, octets: 500 };
        for (encoding, expected) in [
            (
                Encoding::Text,
                "/d/r\" is written: 4 routes to 3 NLRI of 2 peers, 500 octets before compression\n",
            ),
            (
                Encoding::Json,
                "{\"file\": \"/d/r\\\"\", \"peers\": 2, \"nlri\": 3, \"routes\": 4, \"octets\": 500}\n",
            ),
        ] {
            let mut out = Vec::new();
            mrt_dump(&dump, encoding, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
