//! What this project says of a case.

use serde_json::Value;
use yottabgp_testkit::cases::{Case, Subject};
use yottabgp_testkit::likeness::essence;
use yottabgp_wire::message::update::Update;
use yottabgp_wire::negotiated::{Direction, Negotiated};
use yottabgp_wire::nlri::JsonForm;

use crate::update::HEADER;

/// The JSON of what the case is about: the NLRI with its next hop, or the attribute.
pub fn json(case: &Case, message: &[u8]) -> Result<Value, String> {
    let mut negotiated = Negotiated::permissive();
    if let Subject::Nlri { afi, safi } = case.subject {
        let family =
            yottabgp_wire::codes::Family::from_code_points(&afi.to_string(), &safi.to_string());
        negotiated.families.extend(family);
    }
    let update = Update::decode(&message[HEADER..], &negotiated, Direction::Receive)
        .map_err(|error| format!("refused: {error:?}"))?;
    if !update.faults().is_empty() {
        return Err(format!("faults: {:?}", update.faults()));
    }
    let mut out = Vec::new();
    update.json(
        JsonForm { layout: yottabgp_wire::layout::Layout::V6, ..JsonForm::default() },
        &mut out,
    );
    let text = String::from_utf8(out).map_err(|error| error.to_string())?;
    let mut json: Value =
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
    essence(&mut json);
    Ok(match case.subject {
        Subject::Nlri { .. } => json["update"]["announce"].take(),
        Subject::Attribute(_) => {
            let mut attributes = json["update"]["attribute"].take();
            let members = attributes.as_object_mut().ok_or("no attributes")?;
            // Those that every message of a case has; a case about one of them has other values.
            if case.subject != Subject::Attribute(2) {
                members.remove("as-path");
            }
            if case.subject != Subject::Attribute(5) {
                members.remove("local-preference");
            }
            attributes
        }
    })
}
