//! The case files of `crates/wire/tests/cases`, for those who do not test with the codec alone: other decoders, and sessions
//! with other speakers.

use std::fs;
use std::path::{Path, PathBuf};

/// What the octets of a case are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// One NLRI, without a path identifier.
    Nlri {
        /// Address family identifier.
        afi: u16,
        /// Subsequent address family identifier.
        safi: u8,
    },
    /// The value of the attribute with this type code.
    Attribute(u8),
}

/// One block of a case file that has octets.
#[derive(Debug, Clone)]
pub struct Case {
    /// `FILE:LINE` of its first line.
    pub place: String,
    /// The words of its first key: `l2vpn evpn`, `attribute 40`.
    pub name: String,
    /// What it is about.
    pub subject: Subject,
    /// Its octets.
    pub octets: Vec<u8>,
    /// The words after `announce ` or `attributes ` that make it, if there are any.
    pub command: Option<String>,
}

/// The folder of the case files: `YOTTABGP_CASES`, or that of the repository.
pub fn folder() -> PathBuf {
    let given = std::env::var_os("YOTTABGP_CASES").map(PathBuf::from);
    given.unwrap_or_else(|| crate::speaker::workspace().join("crates/wire/tests/cases"))
}

/// Every case of every file below `folder`, by file name.
///
/// # Panics
/// When a case can not be read: the codec's own tests refuse it too.
pub fn read(folder: &Path) -> Vec<Case> {
    let mut files = Vec::new();
    gather(folder, &mut files);
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a case file");
        let name = file.strip_prefix(folder).expect("below it").display().to_string();
        let (mut start, mut block) = (0, Vec::new());
        for (number, line) in text.lines().chain([""]).enumerate() {
            let line = line.trim();
            if let Some(pair) = line.split_once(':').filter(|_| !line.starts_with('#')) {
                if block.is_empty() {
                    start = number + 1;
                }
                block.push((pair.0.trim(), pair.1.trim()));
            } else if line.is_empty() {
                cases.extend(case(&format!("{name}:{start}"), &block));
                block.clear();
            }
        }
    }
    cases
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "case") {
            files.push(path);
        }
    }
}

fn case(place: &str, block: &[(&str, &str)]) -> Option<Case> {
    let get = |key| block.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let (first, value) = *block.first()?;
    let community = |code| (Subject::Attribute(code), Some(value));
    let (subject, hex) = match first {
        "family" => {
            let (afi, safi) = family(value).unwrap_or_else(|| panic!("{place}: family {value}?"));
            (Subject::Nlri { afi, safi }, get("hex"))
        }
        "attribute" => {
            let code = value.parse().unwrap_or_else(|_| panic!("{place}: attribute {value}?"));
            (Subject::Attribute(code), get("hex"))
        }
        "community" => community(8),
        "extended" => community(16),
        "extended6" => community(25),
        "large" => community(32),
        _ => panic!("{place}: '{first}' is no beginning"),
    };
    let octets = octets(hex?).unwrap_or_else(|| panic!("{place}: not hexadecimal"));
    if octets.is_empty() && first != "attribute" {
        return None;
    }
    let name = match first {
        "family" => value.to_owned(),
        "attribute" => format!("attribute {value}"),
        _ => first.to_owned(),
    };
    let command = get("command").filter(|text| *text != "-").map(str::to_owned);
    Some(Case { place: place.to_owned(), name, subject, octets, command })
}

/// Octets from hexadecimal digits with spaces or colons between.
fn octets(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b':').collect();
    let octet = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    };
    digits.chunks(2).map(octet).collect()
}

/// The numbers of a family: of its names, or as they are after `family`.
pub fn family(name: &str) -> Option<(u16, u8)> {
    let (afi, safi) = name.strip_prefix("family ").unwrap_or(name).split_once(' ')?;
    let afi = match afi {
        "ipv4" => 1,
        "ipv6" => 2,
        "l2vpn" => 25,
        "bgp-ls" => 16388,
        _ => afi.parse().ok()?,
    };
    let safi = match safi {
        "unicast" => 1,
        "multicast" => 2,
        "nlri-mpls" => 4,
        "mcast-vpn" => 5,
        "vpls" => 65,
        "evpn" => 70,
        "bgp-ls" => 71,
        "bgp-ls-vpn" => 72,
        "sr-policy" | "sr-te" => 73,
        "mup" => 85,
        "mpls-vpn" => 128,
        "rtc" => 132,
        "flow" => 133,
        "flow-vpn" => 134,
        _ => safi.parse().ok()?,
    };
    Some((afi, safi))
}
