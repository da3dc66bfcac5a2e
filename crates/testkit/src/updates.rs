//! UPDATEs as a full table has them, and MRT files of them: the same in each run, and no library has a say in it.

/// Numbers from a seed: xorshift64*.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Any seed but 0.
    pub const fn new(seed: u64) -> Self {
        Self(if seed == 0 { 1 } else { seed })
    }

    /// The next number.
    pub const fn number(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
    }

    /// A number below `limit`.
    pub const fn below(&mut self, limit: u32) -> u32 {
        self.number() % limit
    }

    /// True so many times in a hundred.
    pub const fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// An AS number: one in four has more than 16 bits.
    const fn asn(&mut self) -> u32 {
        if self.chance(25) { 131_072 + self.below(270_000) } else { 1 + self.below(64_000) }
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::new(0x9E37_79B9_7F4A_7C15)
    }
}

/// The body of an UPDATE with attributes of its own and so many prefixes.
pub fn update(random: &mut Random, prefixes: usize, ipv6: bool) -> Vec<u8> {
    let mut nlri = Vec::new();
    for _ in 0..prefixes {
        prefix(random, ipv6, &mut nlri);
    }
    let mut reach = Vec::new();
    if ipv6 {
        reach.extend([0, 2, 1]);
        reach.extend(next_hop(random, true));
        reach.push(0);
        reach.append(&mut nlri);
    }
    let attributes = attributes(random, ipv6, &reach);
    let mut body = vec![0, 0];
    body.extend((attributes.len() as u16).to_be_bytes());
    body.extend(attributes);
    body.extend(nlri);
    body
}

/// The body of an UPDATE of an Internet table: some 6 prefixes, of IPv6 in one of seven.
pub fn of_a_table(random: &mut Random) -> Vec<u8> {
    let ipv6 = random.chance(15);
    let prefixes = match random.below(100) {
        0..40 => 1,
        40..70 => 2 + random.below(3),
        70..95 => 5 + random.below(10),
        _ => 15 + random.below(60),
    };
    update(random, prefixes as usize, ipv6)
}

/// ORIGIN, AS_PATH of four or five, NEXT_HOP, MED on half, LOCAL_PREF, four communities, MP_REACH_NLRI of this value unless it
/// is empty, two extended communities on a third, two large ones.
fn attributes(random: &mut Random, ipv6: bool, reach: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    attribute(&mut out, 0x40, 1, &[if random.chance(80) { 0 } else { 2 }]);
    let hops = 4 + random.below(2);
    let mut path = vec![2, hops as u8];
    (0..hops).for_each(|_| path.extend(random.asn().to_be_bytes()));
    attribute(&mut out, 0x40, 2, &path);
    if !ipv6 {
        attribute(&mut out, 0x40, 3, &next_hop(random, false)[1..]);
    }
    if random.chance(50) {
        attribute(&mut out, 0x80, 4, &random.below(1000).to_be_bytes());
    }
    attribute(&mut out, 0x40, 5, &(50 * random.below(10)).to_be_bytes());
    let communities: Vec<u8> = (0..4).flat_map(|_| random.number().to_be_bytes()).collect();
    attribute(&mut out, 0xC0, 8, &communities);
    if !reach.is_empty() {
        attribute(&mut out, 0x80, 14, reach);
    }
    if random.chance(33) {
        let mut value = Vec::new();
        for _ in 0..2 {
            // Route targets of two-octet AS numbers.
            value.extend([0, 2]);
            value.extend((random.below(64_000) as u16).to_be_bytes());
            value.extend(random.below(100_000).to_be_bytes());
        }
        attribute(&mut out, 0xC0, 16, &value);
    }
    let large: Vec<u8> = (0..2)
        .flat_map(|_| [random.asn(), random.below(1000), random.below(100_000)])
        .flat_map(u32::to_be_bytes)
        .collect();
    attribute(&mut out, 0xC0, 32, &large);
    out
}

/// A next hop with its length before it.
fn next_hop(random: &mut Random, ipv6: bool) -> Vec<u8> {
    let last = random.below(255) as u8;
    if ipv6 {
        let mut value = vec![16, 0x20, 0x01, 0x0D, 0xB8];
        value.extend([0; 11]);
        value.push(last);
        return value;
    }
    vec![4, 192, 0, 2, last]
}

/// Lengths as a full table has them: most are /24 and /48.
fn prefix(random: &mut Random, ipv6: bool, out: &mut Vec<u8>) {
    let (length, octets) = if ipv6 {
        let length = if random.chance(50) { 48 } else { 29 + random.below(20) };
        let high = u64::from(0x2001_0000 | random.below(0x10000)) << 32;
        (length, (high | u64::from(random.number())).to_be_bytes())
    } else {
        let length = if random.chance(60) { 24 } else { 16 + random.below(9) };
        let address = 0x0100_0000 + random.below(0xDE00_0000);
        (length, (u64::from(address) << 32).to_be_bytes())
    };
    let bits = u64::from_be_bytes(octets) & (u64::MAX << (64 - length));
    out.push(length as u8);
    out.extend(&bits.to_be_bytes()[..length.div_ceil(8) as usize]);
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

/// A record of an MRT file (RFC 6396 section 2).
pub fn record(out: &mut Vec<u8>, seconds: u32, kind: u16, subtype: u16, body: &[u8]) {
    out.extend(seconds.to_be_bytes());
    out.extend(kind.to_be_bytes());
    out.extend(subtype.to_be_bytes());
    out.extend((body.len() as u32).to_be_bytes());
    out.extend(body);
}

/// What a collector wrote of a session (BGP4MP_MESSAGE_AS4): the record of one UPDATE.
pub fn heard(random: &mut Random, seconds: u32, update: &[u8], out: &mut Vec<u8>) {
    let mut body = Vec::new();
    let peer = random.below(16) as u8;
    body.extend((65_000 + u32::from(peer)).to_be_bytes());
    body.extend(65_100u32.to_be_bytes());
    body.extend([0, 0, 0, 1]);
    body.extend([192, 0, 2, peer, 192, 0, 2, 200]);
    body.extend([0xFF; 16]);
    body.extend((19 + update.len() as u16).to_be_bytes());
    body.push(2);
    body.extend(update);
    record(out, seconds, 16, 4, &body);
}

/// How many peers the collector of [`index`] has.
const PEERS: u8 = 20;

/// The index of peers that a table dump begins with (PEER_INDEX_TABLE).
pub fn index(out: &mut Vec<u8>) {
    let mut body = vec![192, 0, 2, 200, 0, 0, 0, PEERS];
    for peer in 0..PEERS {
        body.extend([2, 10, 0, 0, peer, 192, 0, 2, peer]);
        body.extend((65_000 + u32::from(peer)).to_be_bytes());
    }
    record(out, 1_700_000_000, 13, 1, &body);
}

/// The routes to one prefix in a table dump (RIB_IPV4_UNICAST, RIB_IPV6_UNICAST).
pub fn routes(random: &mut Random, sequence: u32, entries: u16, out: &mut Vec<u8>) {
    let ipv6 = random.chance(15);
    let mut body = sequence.to_be_bytes().to_vec();
    prefix(random, ipv6, &mut body);
    body.extend(entries.to_be_bytes());
    for _ in 0..entries {
        body.extend((random.below(PEERS.into()) as u16).to_be_bytes());
        body.extend((1_690_000_000 + random.below(10_000_000)).to_be_bytes());
        // A table dump leaves out what the record says (RFC 6396 section 4.3.4).
        let reach = if ipv6 { next_hop(random, true) } else { Vec::new() };
        let attributes = attributes(random, ipv6, &reach);
        body.extend((attributes.len() as u16).to_be_bytes());
        body.extend(attributes);
    }
    record(out, 1_700_000_000, 13, if ipv6 { 4 } else { 2 }, &body);
}
