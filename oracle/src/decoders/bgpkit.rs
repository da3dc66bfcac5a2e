//! bgpkit-parser.

use bgpkit_parser::models::{AsnLength, BgpMessage};
use bgpkit_parser::parser::bgp::messages::parse_bgp_message;
use bytes::Bytes;

use super::Read;

/// Reads a message.
pub fn read(message: &[u8]) -> Result<Read, String> {
    let mut octets = Bytes::copy_from_slice(message);
    let value = parse_bgp_message(&mut octets, false, &AsnLength::Bits32)
        .map_err(|error| error.to_string())?;
    if let BgpMessage::Update(update) = &value
        && !update.attributes.validation_warnings().is_empty()
    {
        return Err(format!("{:?}", update.attributes.validation_warnings()));
    }
    let json = serde_json::to_string(&value).map_err(|error| error.to_string())?;
    let again = value.encode(AsnLength::Bits32).map_err(|error| format!("encode: {error:?}"))?;
    Ok(Read { said: format!("{json} {value:?}"), again: Some(again.to_vec()) })
}
