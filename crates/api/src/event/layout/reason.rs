//! Why a session ended, as ExaBGP 3.4 and 4 said it: what a NOTIFICATION means stands behind it in words.

use std::borrow::Cow;

use yottabgp_wire::codes::error;

/// `peer reset, message [notification received (6,4)] error[Cease / Administrative Reset]`; what is no NOTIFICATION stays as it
/// is.
pub(super) fn old(reason: &str) -> Cow<'_, str> {
    match numbers(reason) {
        Some((code, subcode)) => {
            let code_name = error::code_name(code).unwrap_or("unknown error");
            let subcode_name = error::subcode_name(code, subcode).unwrap_or("unknown reason");
            format!("peer reset, message [{reason}] error[{code_name} / {subcode_name}]").into()
        }
        None => reason.into(),
    }
}

/// Code and subcode of `notification received (6,4)` and `notification sent (6,4)`.
fn numbers(reason: &str) -> Option<(u8, u8)> {
    let rest = reason.strip_prefix("notification ")?;
    let rest = rest.strip_prefix("received ").or_else(|| rest.strip_prefix("sent "))?;
    let (code, subcode) = rest.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((code.parse().ok()?, subcode.parse().ok()?))
}
