//! rustbgpd-wire.

use bytes::Bytes;
use rustbgpd_wire::UpdateMessage;
use rustbgpd_wire::attribute::{PathAttribute, encode_path_attributes};

use super::{Read, UNKNOWN};
use crate::update::HEADER;

/// Reads a message; what it finds malformed is an error.
pub fn read(message: &[u8]) -> Result<Read, String> {
    let mut octets = Bytes::copy_from_slice(&message[HEADER..]);
    let length = octets.len();
    let raw = UpdateMessage::decode(&mut octets, length).map_err(|error| error.to_string())?;
    let (read, discarded) =
        raw.parse_revised_observed(true, true, false, &[]).map_err(|error| error.to_string())?;
    if !discarded.is_empty() {
        return Err(format!("{UNKNOWN}: {discarded:?}"));
    }
    if !read.malformed.is_empty() {
        return Err(format!("{:?}", read.malformed));
    }
    let update = read.update;
    if let Some(unknown) = update.attributes.iter().find(|a| matches!(a, PathAttribute::Unknown(_)))
    {
        return Err(format!("{UNKNOWN}: {unknown:?}"));
    }
    let mut attributes = Vec::new();
    encode_path_attributes(&update.attributes, &mut attributes, true, false)
        .map_err(|error| format!("encode: {error}"))?;
    let mut again = vec![0xFF; 16];
    again.extend(((HEADER + 4 + attributes.len() + raw.nlri.len()) as u16).to_be_bytes());
    again.extend([2, 0, 0]);
    again.extend((attributes.len() as u16).to_be_bytes());
    again.extend(attributes);
    again.extend(&raw.nlri);
    Ok(Read { said: format!("{update:?}"), again: Some(again) })
}
