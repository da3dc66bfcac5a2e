//! netgauze-bgp-pkt.

use std::collections::HashMap;

use netgauze_bgp_pkt::BgpMessage;
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_parse_utils::WritablePdu;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::{Read, UNKNOWN};

/// Reads a message, and fails for whatever it would otherwise pass over.
pub fn read(message: &[u8]) -> Result<Read, String> {
    let mut context =
        BgpParsingContext::new(true, HashMap::new(), HashMap::new(), true, true, true, true);
    let value =
        BgpMessage::parse(&mut SliceReader::new(message), &mut context).map_err(|error| {
            let text = format!("{error:?}");
            let unknown = text.contains("Unknown") || text.contains("Undefined");
            if unknown { format!("{UNKNOWN}: {text}") } else { text }
        })?;
    let mut again = Vec::new();
    value.write(&mut again).map_err(|error| format!("write: {error:?}"))?;
    let json = serde_json::to_string(&value).map_err(|error| error.to_string())?;
    if json.contains("Unknown\":{") {
        return Err(format!("{UNKNOWN}: {json}"));
    }
    Ok(Read { said: format!("{json} {value:?} {}", labels(&json)), again: Some(again) })
}

/// It shows the three octets of a label: `[0, 6, 65]` is 100, or 1601 where all of them count.
fn labels(json: &str) -> String {
    let lists = json.split('[').skip(1).filter_map(|list| list.split(']').next());
    let octets = lists.filter_map(|list| {
        let octets: Option<Vec<u32>> = list.split(',').map(|number| number.parse().ok()).collect();
        <[u32; 3]>::try_from(octets?).ok()
    });
    octets
        .map(|[a, b, c]| format!("{} {} ", a << 12 | b << 4 | c >> 4, a << 16 | b << 8 | c))
        .collect()
}
