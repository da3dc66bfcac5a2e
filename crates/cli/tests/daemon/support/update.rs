//! UPDATE messages, as far as tests need to say and read them.

/// An UPDATE, cut into its parts. Prefixes are of IPv4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) withdrawn: Vec<String>,
    /// Type and value, in the order of the message.
    pub(crate) attributes: Vec<(u8, Vec<u8>)>,
    pub(crate) announced: Vec<String>,
}

fn prefixes(mut octets: &[u8]) -> Vec<String> {
    let mut prefixes = Vec::new();
    while let Some((length, rest)) = octets.split_first() {
        let (some, rest) = rest.split_at(usize::from(length.div_ceil(8)));
        let mut address = [0; 4];
        address[..some.len()].copy_from_slice(some);
        prefixes.push(format!("{}/{length}", std::net::Ipv4Addr::from(address)));
        octets = rest;
    }
    prefixes
}

fn octets(prefixes: &[&str]) -> Vec<u8> {
    let mut octets = Vec::new();
    for prefix in prefixes {
        let (address, length) = prefix.split_once('/').unwrap();
        let (address, length): (std::net::Ipv4Addr, u8) =
            (address.parse().unwrap(), length.parse().unwrap());
        octets.push(length);
        octets.extend_from_slice(&address.octets()[..usize::from(length.div_ceil(8))]);
    }
    octets
}

impl Update {
    pub(crate) fn read(body: &[u8]) -> Self {
        let (length, rest) = body.split_at(2);
        let (withdrawn, rest) = rest.split_at(u16::from_be_bytes([length[0], length[1]]).into());
        let (length, rest) = rest.split_at(2);
        let (mut list, nlri) = rest.split_at(u16::from_be_bytes([length[0], length[1]]).into());
        let mut attributes = Vec::new();
        while !list.is_empty() {
            let extended = list[0] & 0x10 != 0;
            let kind = list[1];
            let (length, start) = if extended {
                (usize::from(u16::from_be_bytes([list[2], list[3]])), 4)
            } else {
                (usize::from(list[2]), 3)
            };
            attributes.push((kind, list[start..start + length].to_vec()));
            list = &list[start + length..];
        }
        Self { withdrawn: prefixes(withdrawn), attributes, announced: prefixes(nlri) }
    }

    /// End-of-RIB of IPv4 unicast.
    pub(crate) fn is_eor(&self) -> bool {
        self.withdrawn.is_empty() && self.attributes.is_empty() && self.announced.is_empty()
    }

    /// End-of-RIB of IPv6 unicast.
    pub(crate) fn is_ipv6_eor(&self) -> bool {
        self.attributes == [(15, vec![0, 2, 1])]
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, kind: u8) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(other, _)| *other == kind);
        found.map(|(_, value)| value.as_slice())
    }

    /// MULTI_EXIT_DISC.
    pub(crate) fn med(&self) -> Option<u32> {
        Some(u32::from_be_bytes(self.attribute(4)?.try_into().ok()?))
    }
}

/// The body of an UPDATE.
pub(crate) fn update(withdrawn: &[&str], attributes: &[u8], announced: &[&str]) -> Vec<u8> {
    let withdrawn = octets(withdrawn);
    let mut body = Vec::new();
    body.extend_from_slice(&u16::try_from(withdrawn.len()).unwrap().to_be_bytes());
    body.extend_from_slice(&withdrawn);
    body.extend_from_slice(&u16::try_from(attributes.len()).unwrap().to_be_bytes());
    body.extend_from_slice(attributes);
    body.extend_from_slice(&octets(announced));
    body
}

/// ORIGIN igp, AS_PATH 65002, NEXT_HOP 2.2.2.2.
pub(crate) fn attributes() -> Vec<u8> {
    let mut octets = vec![0x40, 1, 1, 0];
    octets.extend_from_slice(&[0x40, 2, 6, 2, 1, 0, 0, 0xFD, 0xEA]);
    octets.extend_from_slice(&[0x40, 3, 4, 2, 2, 2, 2]);
    octets
}
