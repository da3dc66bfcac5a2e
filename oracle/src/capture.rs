//! A capture file (pcap) with one BGP session: the handshake of TCP, OPENs, then a packet for each message.

use std::io::{self, Write};

/// OPEN of AS 65533 with four-octet AS numbers, extended messages and every family that there is.
fn open(families: &[(u16, u8)], identifier: u8) -> Vec<u8> {
    let mut capabilities = Vec::new();
    for (afi, safi) in families {
        capabilities.extend([1, 4]);
        capabilities.extend(afi.to_be_bytes());
        capabilities.extend([0, *safi]);
    }
    capabilities.extend([65, 4, 0, 0, 0xFF, 0xFD, 6, 0]);
    let mut body = vec![4, 0xFF, 0xFD, 0, 180, 10, 0, 0, identifier];
    body.extend([capabilities.len() as u8 + 2, 2, capabilities.len() as u8]);
    body.extend(capabilities);
    let mut message = vec![0xFF; 16];
    message.extend((19 + body.len() as u16).to_be_bytes());
    message.push(1);
    message.extend(body);
    message
}

struct Capture<W> {
    out: W,
    /// The next sequence number of each side.
    sequence: [u32; 2],
    packets: u32,
}

impl<W: Write> Capture<W> {
    fn packet(&mut self, from: usize, flags: u8, data: &[u8]) -> io::Result<()> {
        let mut ip = vec![0x45, 0];
        ip.extend((40 + data.len() as u16).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        let ends: [[u8; 4]; 2] = [[10, 0, 0, 1], [10, 0, 0, 2]];
        ip.extend(ends[from]);
        ip.extend(ends[1 - from]);
        let ports: [u16; 2] = [40000, 179];
        ip.extend(ports[from].to_be_bytes());
        ip.extend(ports[1 - from].to_be_bytes());
        ip.extend(self.sequence[from].to_be_bytes());
        ip.extend(self.sequence[1 - from].to_be_bytes());
        ip.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        ip.extend(data);
        self.sequence[from] += data.len() as u32 + u32::from(flags & 2 != 0);
        self.packets += 1;
        let length = (ip.len() as u32).to_le_bytes();
        let time = [1_700_000_000u32.to_le_bytes(), self.packets.to_le_bytes()];
        self.out.write_all(&[time[0], time[1], length, length].concat())?;
        self.out.write_all(&ip)
    }
}

/// Writes the session; the messages go from 10.0.0.1 to 10.0.0.2. Returns how many packets come before the first of them.
pub fn write(out: impl Write, families: &[(u16, u8)], messages: &[Vec<u8>]) -> io::Result<u32> {
    let mut capture = Capture { out, sequence: [1000, 2000], packets: 0 };
    // Version 2.4, packets of raw IP.
    let header = [0xA1B2_C3D4u32, 4 << 16 | 2, 0, 0, 0x0004_0000, 101];
    capture.out.write_all(&header.map(u32::to_le_bytes).concat())?;
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    const PUSH: u8 = 24;
    capture.packet(0, SYN, &[])?;
    capture.packet(1, SYN | ACK, &[])?;
    capture.packet(0, ACK, &[])?;
    for from in [0, 1] {
        capture.packet(from, PUSH, &open(families, from as u8 + 1))?;
    }
    let before = capture.packets;
    for message in messages {
        capture.packet(0, PUSH, message)?;
    }
    Ok(before)
}
