//! The UPDATEs: what a full table looks like, the same in each run.

use bytes::Bytes;

/// UPDATEs of one shape, different from each other in every value.
pub struct Batch {
    /// The name of its rows.
    pub name: &'static str,
    /// Whole messages, with their headers.
    pub messages: Vec<Bytes>,
}

/// How many UPDATEs a batch has: more than a predictor of branches learns by heart, less than the caches hold.
const MESSAGES: usize = 256;

/// The batches that are measured.
pub fn batches() -> Vec<Batch> {
    [
        ("IPv4, 1 prefix", 1, false),
        ("IPv4, 3 prefixes", 3, false),
        ("IPv4, 200 prefixes", 200, false),
        ("IPv6, 1 prefix", 1, true),
        ("IPv6, 3 prefixes", 3, true),
        ("IPv6, 200 prefixes", 200, true),
    ]
    .into_iter()
    .map(|(name, prefixes, ipv6)| {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let messages = (0..MESSAGES).map(|_| update(&mut random, prefixes, ipv6)).collect();
        Batch { name, messages }
    })
    .collect()
}

/// xorshift64*: numbers that no library has a say in.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// Below `limit`.
    fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// An AS number: one in four has more than 16 bits.
    fn asn(&mut self) -> u32 {
        if self.chance(25) { 131_072 + self.below(270_000) } else { 1 + self.below(64_000) }
    }
}

/// ORIGIN, AS_PATH of four or five, NEXT_HOP, LOCAL_PREF, four communities and two large ones; MED on half and two extended
/// communities on a third.
fn update(random: &mut Random, prefixes: usize, ipv6: bool) -> Bytes {
    let mut nlri = Vec::new();
    for _ in 0..prefixes {
        prefix(random, ipv6, &mut nlri);
    }
    let mut attributes = Vec::new();
    attribute(&mut attributes, 0x40, 1, &[if random.chance(80) { 0 } else { 2 }]);
    let hops = 4 + random.below(2);
    let mut path = vec![2, hops as u8];
    (0..hops).for_each(|_| path.extend(random.asn().to_be_bytes()));
    attribute(&mut attributes, 0x40, 2, &path);
    if !ipv6 {
        attribute(&mut attributes, 0x40, 3, &[192, 0, 2, random.below(255) as u8]);
    }
    if random.chance(50) {
        attribute(&mut attributes, 0x80, 4, &random.below(1000).to_be_bytes());
    }
    attribute(&mut attributes, 0x40, 5, &(50 * random.below(10)).to_be_bytes());
    let communities: Vec<u8> = (0..4).flat_map(|_| random.next().to_be_bytes()).collect();
    attribute(&mut attributes, 0xC0, 8, &communities);
    if ipv6 {
        let mut value = vec![0, 2, 1, 16, 0x20, 0x01, 0x0D, 0xB8];
        value.extend([0; 11]);
        value.extend([random.below(255) as u8, 0]);
        value.extend(&nlri);
        attribute(&mut attributes, 0x80, 14, &value);
    }
    if random.chance(33) {
        let mut value = Vec::new();
        for _ in 0..2 {
            // Route targets of two-octet AS numbers.
            value.extend([0, 2]);
            value.extend((random.below(64_000) as u16).to_be_bytes());
            value.extend(random.below(100_000).to_be_bytes());
        }
        attribute(&mut attributes, 0xC0, 16, &value);
    }
    let large: Vec<u8> = (0..2)
        .flat_map(|_| [random.asn(), random.below(1000), random.below(100_000)])
        .flat_map(u32::to_be_bytes)
        .collect();
    attribute(&mut attributes, 0xC0, 32, &large);

    let native: &[u8] = if ipv6 { &[] } else { &nlri };
    let length = 19 + 2 + 2 + attributes.len() + native.len();
    let mut message = vec![0xFF; 16];
    message.extend((length as u16).to_be_bytes());
    message.extend([2, 0, 0]);
    message.extend((attributes.len() as u16).to_be_bytes());
    message.extend(attributes);
    message.extend(native);
    message.into()
}

/// Lengths as a full table has them: most are /24 and /48.
fn prefix(random: &mut Random, ipv6: bool, out: &mut Vec<u8>) {
    let (length, mut octets) = if ipv6 {
        let length = if random.chance(50) { 48 } else { 29 + random.below(20) };
        let high = 0x2001_0000 | random.below(0x10000);
        let low = u64::from(random.next()) << 32 | u64::from(random.next());
        (length, [high.to_be_bytes().to_vec(), low.to_be_bytes().to_vec()].concat())
    } else {
        let length = if random.chance(60) { 24 } else { 16 + random.below(9) };
        (length, (0x0100_0000 + random.below(0xDE00_0000)).to_be_bytes().to_vec())
    };
    octets.truncate(length.div_ceil(8) as usize);
    if let Some(last) = octets.last_mut()
        && length % 8 != 0
    {
        *last &= 0xFF << (8 - length % 8);
    }
    out.push(length as u8);
    out.extend(octets);
}

fn attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    match u8::try_from(value.len()) {
        Ok(length) => out.extend([flags, code, length]),
        Err(_) => {
            out.extend([flags | 0x10, code]);
            out.extend((value.len() as u16).to_be_bytes());
        }
    }
    out.extend(value);
}
