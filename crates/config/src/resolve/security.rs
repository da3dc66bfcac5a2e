//! TCP MD5 and TCP-AO.

use super::Context;
use crate::base64;
use crate::diagnostic::Diagnostic;
use crate::draft::NeighborDraft;
use crate::model::TcpAo;

/// The longest key that kernels take, in octets.
const LONGEST_KEY: usize = 80;

/// What protects the connection.
#[derive(Debug, Default)]
pub(crate) struct Security {
    pub(crate) md5_password: Option<Vec<u8>>,
    pub(crate) md5_base64: bool,
    pub(crate) tcp_ao: Option<TcpAo>,
}

/// Reads the keys.
pub(crate) fn resolve(draft: &NeighborDraft, context: &mut Context<'_>) -> Security {
    let mut security = Security { tcp_ao: tcp_ao(draft, context), ..Security::default() };
    let Some(at) = draft.md5_password.at().filter(|at| !at.value.is_empty()) else {
        return security;
    };
    if security.tcp_ao.is_some() {
        let message = "MD5 and TCP-AO are mutually exclusive - cannot use both";
        context.problems.push(Diagnostic::error(at.span, message).help("remove one of them"));
    }
    security.md5_base64 = draft.md5_base64.or(false);
    let key = if security.md5_base64 {
        base64::decode(&at.value)
    } else {
        Some(at.value.as_bytes().to_vec())
    };
    match key {
        None => context.problems.push(
            Diagnostic::error(at.span, "Invalid MD5 password: not valid base64")
                .help("remove 'md5-base64', or write the password in base64"),
        ),
        Some(key) if key.len() > LONGEST_KEY => {
            let message = "MD5 password must be no larger than 80 characters";
            context.problems.push(Diagnostic::error(at.span, message));
        }
        Some(key) => security.md5_password = Some(key),
    }
    security
}

fn tcp_ao(draft: &NeighborDraft, context: &mut Context<'_>) -> Option<TcpAo> {
    let ao = &draft.tcp_ao;
    let first = [
        ao.key_id.at().map(|at| at.span),
        ao.algorithm.at().map(|at| at.span),
        ao.password.at().map(|at| at.span),
        ao.base64.at().map(|at| at.span),
    ];
    let first = first.into_iter().flatten().next()?;
    let (Some(key_id), Some(algorithm), Some(password)) =
        (ao.key_id.get(), ao.algorithm.get(), ao.password.get())
    else {
        let parts = [
            ("keyid", ao.key_id.is_missing()),
            ("algorithm", ao.algorithm.is_missing()),
            ("password", ao.password.is_missing()),
        ];
        let missing: Vec<_> =
            parts.iter().filter(|(_, missing)| *missing).map(|(name, _)| *name).collect();
        if missing.is_empty() {
            return None;
        }
        let message = format!("incomplete tcp-ao, missing {}", missing.join(", "));
        context.problems.push(Diagnostic::error(first, message));
        return None;
    };
    let span = ao.password.at().map_or(first, |at| at.span);
    let base64 = ao.base64.or(false);
    let key = if base64 { base64::decode(password) } else { Some(password.as_bytes().to_vec()) };
    match key {
        None => {
            context.problems.push(Diagnostic::error(span, "Invalid TCP-AO key: not valid base64"));
            None
        }
        Some(key) if key.len() > LONGEST_KEY => {
            let message = "TCP-AO key must be no larger than 80 bytes";
            context.problems.push(Diagnostic::error(span, message));
            None
        }
        Some(key) => Some(TcpAo { key_id: *key_id, algorithm: *algorithm, key, base64 }),
    }
}
