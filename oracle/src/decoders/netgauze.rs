//! netgauze-bgp-pkt.

use std::collections::HashMap;

use netgauze_bgp_pkt::BgpMessage;
use netgauze_bgp_pkt::wire::deserializer::BgpParsingContext;
use netgauze_parse_utils::WritablePdu;
use netgauze_parse_utils::reader::SliceReader;
use netgauze_parse_utils::traits::ParseFromWithOneInput;

use super::Read;

/// Reads a message, and fails for whatever it would otherwise pass over.
pub fn read(message: &[u8]) -> Result<Read, String> {
    let mut context =
        BgpParsingContext::new(true, HashMap::new(), HashMap::new(), true, true, true, true);
    let value = BgpMessage::parse(&mut SliceReader::new(message), &mut context)
        .map_err(|error| format!("{error:?}"))?;
    let mut again = Vec::new();
    value.write(&mut again).map_err(|error| format!("write: {error:?}"))?;
    let json = serde_json::to_string(&value).map_err(|error| error.to_string())?;
    Ok(Read { said: format!("{json} {value:?}"), again: Some(again) })
}
