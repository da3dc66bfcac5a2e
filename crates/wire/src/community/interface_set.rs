//! Interface set of a flow specification (draft-ietf-idr-flowspec-interfaceset):
//! `AS(4) direction(2 bits) group(14 bits)`.

use super::extended::{ExtendedCommunityType, NON_TRANSITIVE};
use crate::io::text::{push, push_decimal};

/// The row of the registry.
pub const ROW: ExtendedCommunityType = ExtendedCommunityType {
    types: &[(0x07, 0x02)],
    keywords: &[],
    text,
    members: Some(members),
    parse: None,
};

fn text([_, _, a, b, c, d, e, f]: [u8; 8], out: &mut Vec<u8>) {
    let group = u16::from_be_bytes([e, f]);
    push(
        out,
        match group >> 14 {
            0 => "interface-set:0:",
            1 => "interface-set:input:",
            2 => "interface-set:output:",
            _ => "interface-set:input-output:",
        },
    );
    push_decimal(out, u32::from_be_bytes([a, b, c, d]).into());
    out.push(b':');
    push_decimal(out, (group & 0x3fff).into());
}

fn members([kind, ..]: [u8; 8], out: &mut Vec<u8>) {
    push(out, ", \"transitive\": ");
    push(out, if kind & NON_TRANSITIVE == 0 { "true" } else { "false" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_whether_it_is_transitive() {
        let mut out = Vec::new();
        members([0x47, 2, 0, 0, 0, 0, 0, 0], &mut out);
        members([0x07, 2, 0, 0, 0, 0, 0, 0], &mut out);
        assert_eq!(out, br#", "transitive": false, "transitive": true"#);
    }
}
