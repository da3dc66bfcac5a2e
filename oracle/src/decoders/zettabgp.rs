//! zettabgp.

use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use zettabgp::prelude::*;

use super::{Read, UNKNOWN};
use crate::update::HEADER;

/// Reads a message. What it can not read makes it panic at times.
pub fn read(message: &[u8]) -> Result<Read, String> {
    let message = message.to_vec();
    catch_unwind(move || attempt(&message)).unwrap_or_else(|_| Err(format!("{UNKNOWN}: it panics")))
}

fn attempt(message: &[u8]) -> Result<Read, String> {
    let mut session = BgpSessionParams::new(
        65533,
        180,
        BgpTransportMode::IPv4,
        Ipv4Addr::LOCALHOST,
        vec![BgpCapability::CapASN32(65533)],
    );
    session.fuzzy_pathid = false;
    let mut value = BgpUpdateMessage::new();
    value.decode_from(&session, &message[HEADER..]).map_err(|error| {
        let text = format!("{error:?}");
        let unknown =
            ["Unsupported", "Unknown", "Invalid BgpMVPN route type", "Invalid FEC length"];
        match unknown.iter().any(|words| text.contains(words)) {
            true => format!("{UNKNOWN}: {text}"),
            false => text,
        }
    })?;
    // It has no way to write some of what it reads.
    let said = format!("{value:?}");
    let again = catch_unwind(AssertUnwindSafe(|| {
        let mut body = vec![0; 65536];
        let length = value.encode_to(&session, &mut body).ok()?;
        Some([&message[..HEADER], &body[..length]].concat())
    }));
    Ok(Read { said, again: again.ok().flatten() })
}
