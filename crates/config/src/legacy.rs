//! Statements of ExaBGP 3.4 that are taken with a warning showing how they are written today.

use yottabgp_wire::io::tokens::TextError;

use crate::draft::NeighborDraft;
use crate::parser::Keyword;
use crate::section::capability;
use crate::words::Words;

type Row = Keyword<NeighborDraft>;

const fn row(
    name: &'static str,
    value: &'static str,
    read: fn(&mut Words<'_, '_>, &mut NeighborDraft) -> Result<(), TextError>,
) -> Row {
    Row { name, value, default: "", help: "of ExaBGP 3.4", read }
}

/// `md5 PASSWORD;`
pub(crate) const MD5: Row = row("md5", "<password>", |words, draft| {
    let mut password = words.string();
    while let Some(word) = words.tokens.next() {
        password.push(' ');
        password.push_str(word);
    }
    words.warn("'md5' is of ExaBGP 3.4", "write md5-password \"…\";");
    draft.md5_password.set(password, words);
    Ok(())
});

/// `ttl-security [TTL];`
pub(crate) const TTL_SECURITY: Row = row("ttl-security", "[<ttl>]", |words, draft| {
    let ttl = if words.tokens.is_done() { Some(255) } else { words.ttl()? };
    words.warn(
        "'ttl-security' is of ExaBGP 3.4",
        "write outgoing-ttl 255; and incoming-ttl 255; to also check what comes in",
    );
    draft.outgoing_ttl.set(ttl, words);
    Ok(())
});

/// `graceful-restart [SECONDS];` outside of `capability`.
pub(crate) const GRACEFUL_RESTART: Row = row("graceful-restart", "[<seconds>]", |words, draft| {
    let value = capability::graceful_restart(words)?;
    moved(words);
    draft.capability.graceful_restart.set(value, words);
    Ok(())
});

/// `add-path MODE;` outside of `capability`.
pub(crate) const ADD_PATH: Row = row("add-path", "<mode>", |words, draft| {
    let value = capability::add_path(words)?;
    moved(words);
    draft.capability.add_path.set(value, words);
    Ok(())
});

/// `multi-session;` outside of `capability`.
pub(crate) const MULTI_SESSION: Row = row("multi-session", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved(words);
    draft.capability.multi_session.set(value, words);
    Ok(())
});

/// `aigp;` outside of `capability`: bare is false there.
pub(crate) const AIGP: Row = row("aigp", "<boolean>", |words, draft| {
    let value = !words.tokens.is_done() && words.boolean()?;
    moved(words);
    draft.capability.aigp.set(value, words);
    Ok(())
});

/// `route-refresh;` outside of `capability`.
pub(crate) const ROUTE_REFRESH: Row = row("route-refresh", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved(words);
    draft.capability.route_refresh.set(value, words);
    Ok(())
});

/// `asn4;` outside of `capability`.
pub(crate) const ASN4: Row = row("asn4", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved(words);
    draft.capability.asn4.set(value, words);
    Ok(())
});

fn moved(words: &mut Words<'_, '_>) {
    let message =
        format!("'{}' is a statement of the section 'capability' since ExaBGP 4", words.keyword);
    words.warn(message, "move it into capability { … }");
}

/// What to write instead of a keyword that is of no ExaBGP that is read here, or of no ExaBGP at all.
pub(crate) fn hint(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "sr-policy" => "write it in static { … }, or sr-policy in announce { ipv4 { … } }",
        "encoding" => "write encoder",
        "refresh" => "write route-refresh",
        "hostname" => "write host-name and domain-name, outside of capability",
        "include" => "there are no includes: give several files, or generate one",
        "ack" | "env" | "timeout" => "remove it: ExaBGP does not know it either",
        "neighbor-changes" => "it belongs into api { … } of a neighbor",
        "//" | "/*" => "a comment starts with '#'",
        _ => return None,
    })
}
