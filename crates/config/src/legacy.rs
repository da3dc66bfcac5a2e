//! Statements of ExaBGP 3.4 that are taken with a warning showing how they are written today.

use yottabgp_wire::io::tokens::TextError;

use crate::draft::NeighborDraft;
use crate::lexer::Statement;
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
    // Warnings are logged, and the password is not for logs.
    spelling("md5", "md5-password \"…\";", words);
    draft.md5_password.set(password, words);
    Ok(())
});

/// `ttl-security [TTL];`: 3.4 sets the TTL of what it sends, and looks at nothing that comes in.
pub(crate) const TTL_SECURITY: Row = row("ttl-security", "[<ttl>]", |words, draft| {
    let ttl = if words.tokens.is_done() { Some(255) } else { words.ttl()? };
    let modern = match ttl {
        Some(ttl) => {
            format!("outgoing-ttl {ttl}; and incoming-ttl 255; to also check what comes in")
        }
        None => "outgoing-ttl disable;".to_owned(),
    };
    spelling("ttl-security", &modern, words);
    draft.outgoing_ttl.set(ttl, words);
    Ok(())
});

/// `graceful-restart [SECONDS];` outside of `capability`.
pub(crate) const GRACEFUL_RESTART: Row = row("graceful-restart", "[<seconds>]", |words, draft| {
    let value = capability::graceful_restart(words)?;
    moved("graceful-restart", words);
    draft.capability.graceful_restart.set(value, words);
    Ok(())
});

/// `add-path MODE;` outside of `capability`.
pub(crate) const ADD_PATH: Row = row("add-path", "<mode>", |words, draft| {
    let value = capability::add_path(words)?;
    let modern = format!("add-path {};", capability::add_path_name(value));
    moved_to("add-path", &modern, words);
    draft.capability.add_path.set(value, words);
    Ok(())
});

/// `multi-session;` outside of `capability`.
pub(crate) const MULTI_SESSION: Row = row("multi-session", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved("multi-session", words);
    draft.capability.multi_session.set(value, words);
    Ok(())
});

/// `aigp;` outside of `capability`: bare is false there.
pub(crate) const AIGP: Row = row("aigp", "<boolean>", |words, draft| {
    let value = if words.tokens.is_done() {
        bare_aigp(words);
        false
    } else {
        let value = words.boolean()?;
        moved("aigp", words);
        value
    };
    draft.capability.aigp.set(value, words);
    Ok(())
});

/// `route-refresh;` outside of `capability`.
pub(crate) const ROUTE_REFRESH: Row = row("route-refresh", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved("route-refresh", words);
    draft.capability.route_refresh.set(value, words);
    Ok(())
});

/// `asn4;` outside of `capability`.
pub(crate) const ASN4: Row = row("asn4", "<boolean>", |words, draft| {
    let value = words.boolean()?;
    moved("asn4", words);
    draft.capability.asn4.set(value, words);
    Ok(())
});

/// Says how a statement is spelled today.
pub(crate) fn spelling(construct: &'static str, modern: &str, words: &mut Words<'_, '_>) {
    let message = format!("'{construct}' is the ExaBGP 3.4 spelling");
    words.warn_old(construct, message, format!("write {modern}"));
}

/// `aigp;` means no to ExaBGP 3.4.
pub(crate) fn bare_aigp(words: &mut Words<'_, '_>) {
    let message = "'aigp;' without a value means no, as in ExaBGP 3.4".to_owned();
    words.warn_old("aigp", message, "write capability { aigp disable; }, or enable".to_owned());
}

fn moved(construct: &'static str, words: &mut Words<'_, '_>) {
    let written = format!("{};", words.quoted());
    moved_to(construct, &written, words);
}

fn moved_to(construct: &'static str, modern: &str, words: &mut Words<'_, '_>) {
    let message =
        format!("'{construct}' is a statement of the section 'capability' since ExaBGP 4");
    words.warn_old(construct, message, format!("write capability {{ {modern} }}"));
}

/// The statements whose words are a person's.
const TEXTS: [&str; 10] = [
    "run",
    "md5",
    "description",
    "asm",
    "adm",
    "md5-password",
    "password",
    "host-name",
    "domain-name",
    "source-interface",
];

/// Whether the value of an old statement is a secret.
pub(crate) fn is_secret(keyword: &str) -> bool {
    keyword == MD5.name
}

/// Puts a statement into lower case, as ExaBGP 3.4 does; only where that is not seen by people.
pub(crate) fn lower_case(statement: &mut Statement) {
    let Statement { text, tokens, .. } = statement;
    let mut tokens = tokens.iter().map(|token| token.text.range());
    let Some(keyword) = tokens.next().and_then(|range| text.get_mut(range)) else { return };
    keyword.make_ascii_lowercase();
    if TEXTS.contains(&&*keyword) {
        return;
    }
    for range in tokens {
        // `target:70000L:1` is read with its capital.
        if let Some(word) = text.get_mut(range)
            && !word.contains(':')
        {
            word.make_ascii_lowercase();
        }
    }
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
