//! Which decoder knows what, and what it is known to read otherwise.

use yottabgp_testkit::cases::{Case, Subject};

/// A decoder and what it knows.
#[derive(Debug)]
pub struct Decoder {
    /// Its name.
    pub name: &'static str,
    /// Families, by their numbers.
    pub families: &'static [(u16, u8)],
    /// Attributes, by their codes.
    pub attributes: &'static [u8],
}

/// The decoders.
pub const DECODERS: &[Decoder] = &[
    Decoder {
        name: "tshark",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (1, 4),
            (2, 4),
            (1, 5),
            (2, 5),
            (25, 65),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 73),
            (2, 73),
            (1, 85),
            (2, 85),
            (1, 128),
            (2, 128),
            (1, 132),
            (1, 133),
            (2, 133),
            (1, 134),
            (2, 134),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 23, 25, 26, 29, 32, 35, 36, 40, 128],
    },
    Decoder {
        name: "netgauze",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (1, 4),
            (2, 4),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 128),
            (2, 128),
            (1, 132),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 25, 26, 29, 32, 35, 40],
    },
    Decoder {
        name: "rustbgpd",
        families: &[
            (1, 1),
            (2, 1),
            (1, 4),
            (2, 4),
            (25, 70),
            (16388, 71),
            (16388, 72),
            (1, 128),
            (2, 128),
            (1, 132),
            (1, 133),
            (2, 133),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 25, 32, 35],
    },
    Decoder {
        name: "zettabgp",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (1, 4),
            (2, 4),
            (1, 5),
            (25, 65),
            (25, 70),
            (1, 128),
            (2, 128),
            (1, 133),
            (2, 133),
            (1, 134),
            (2, 134),
        ],
        attributes: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 32, 35, 128],
    },
    Decoder {
        name: "bgpkit",
        families: &[
            (1, 1),
            (1, 2),
            (2, 1),
            (2, 2),
            (1, 4),
            (2, 4),
            (1, 128),
            (2, 128),
            (1, 133),
            (2, 133),
            (16388, 71),
        ],
        attributes: &[
            1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 22, 23, 25, 26, 29, 32, 35, 36, 38, 40, 128,
        ],
    },
];

impl Decoder {
    /// Whether it knows what a case is about.
    pub fn knows(&self, case: &Case) -> bool {
        match case.subject {
            Subject::Nlri { afi, safi } => self.families.contains(&(afi, safi)),
            Subject::Attribute(code) => self.attributes.contains(&code),
        }
    }
}

/// Something that a decoder is known to read otherwise.
#[derive(Debug)]
pub struct Exception {
    /// The decoder.
    pub decoder: &'static str,
    /// A prefix of the name of cases (`l2vpn evpn`), or of the place.
    pub about: &'static str,
    /// What is not held against it.
    pub what: What,
    /// Why.
    pub reason: &'static str,
}

/// What is not compared.
#[derive(Debug)]
pub enum What {
    /// Anything: it refuses these octets.
    All,
    /// Cases with this in their octets (hexadecimal digits).
    Octets(&'static str),
    /// Members of our JSON with these names, and what is below.
    Members(&'static [&'static str]),
    /// What it writes again.
    Again,
}

/// The exceptions.
pub const EXCEPTIONS: &[Exception] = &[];
