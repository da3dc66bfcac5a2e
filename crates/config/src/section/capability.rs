//! `capability { … }`: what is offered in the OPEN.

use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::io::tokens::TextError;

use crate::draft::{CapabilityDraft, OperationalCapability};
use crate::legacy;
use crate::parser::{Keyword, Section};
use crate::words::{Words, boolean};

/// The section.
pub(crate) static TABLE: Section<CapabilityDraft> = Section {
    keywords: &[
        Keyword {
            name: "asn4",
            value: "<boolean>",
            default: "true",
            help: "AS numbers of four octets (RFC 6793)",
            read: |words, draft| draft.asn4.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "route-refresh",
            value: "<boolean>",
            default: "false",
            help: "the peer may ask for its routes again (RFC 2918, RFC 7313)",
            read: |words, draft| draft.route_refresh.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "graceful-restart",
            value: "[<0-4095> | disable]",
            default: "disable",
            help: "seconds for which the peer keeps routes while we restart (RFC 4724); bare or 0: the hold time",
            read: |words, draft| draft.graceful_restart.read(words, graceful_restart),
        },
        Keyword {
            name: "graceful-restart-notification",
            value: "<boolean>",
            default: "false",
            help: "the peer keeps routes after a NOTIFICATION, too (RFC 8538)",
            read: |words, draft| {
                draft.graceful_restart_notification.read(words, |words| words.boolean())
            },
        },
        Keyword {
            name: "long-lived-graceful-restart",
            value: "<0-16777215> | disable",
            default: "disable",
            help: "seconds for which the peer keeps stale routes after that (RFC 9494)",
            read: |words, draft| draft.long_lived_graceful_restart.read(words, long_lived),
        },
        Keyword {
            name: "add-path",
            value: "disable | receive | send | send/receive",
            default: "disable",
            help: "several paths of one prefix (RFC 7911)",
            read: |words, draft| draft.add_path.read(words, add_path),
        },
        Keyword {
            name: "multi-session",
            value: "<boolean>",
            default: "false",
            help: "a session for each family (draft-ietf-idr-bgp-multisession)",
            read: |words, draft| draft.multi_session.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "operational",
            value: "<boolean> | 71",
            default: "false",
            help: "OPERATIONAL messages (draft-ietf-idr-operational-message)",
            read: |words, draft| draft.operational.read(words, operational),
        },
        Keyword {
            name: "aigp",
            value: "<boolean>",
            default: "inside of an AS",
            help: "whether the AIGP attribute is sent and accepted (RFC 7311)",
            read: |words, draft| draft.aigp.read(words, aigp),
        },
        Keyword {
            name: "extended-message",
            value: "<boolean>",
            default: "true",
            help: "messages of up to 65535 octets (RFC 8654)",
            read: |words, draft| draft.extended_message.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "software-version",
            value: "<boolean>",
            default: "false",
            help: "tell our version (draft-abraitis-bgp-version-capability)",
            read: |words, draft| {
                draft.software_version.read(words, |words| words.boolean_bare_warned())
            },
        },
        Keyword {
            name: "nexthop",
            value: "<boolean>",
            default: "when there is a section nexthop",
            help: "next hops of another address family (RFC 8950)",
            read: |words, draft| draft.next_hop.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "link-local-nexthop",
            value: "<boolean>",
            default: "false",
            help: "link-local next hops (draft-ietf-idr-linklocal-capability)",
            read: |words, draft| draft.link_local_next_hop.read(words, |words| words.boolean()),
        },
        Keyword {
            name: "link-local-prefer",
            value: "<boolean>",
            default: "false",
            help: "accepted; a received pair of next hops is always shown with the global one first",
            read: |words, _| {
                if words.boolean()? {
                    words.warn("link-local-prefer has no effect here", "remove it");
                }
                Ok(())
            },
        },
        Keyword {
            name: "role",
            value: "provider | route-server | route-server-client | customer | peer",
            default: "none",
            help: "our role towards the peer (RFC 9234)",
            read: |words, draft| draft.role.read(words, |words| words.choice("role", ROLES)),
        },
        Keyword {
            name: "role-strict",
            value: "<boolean>",
            default: "false",
            help: "whether a peer that tells no role is refused (RFC 9234)",
            read: |words, draft| draft.role_strict.read(words, |words| words.boolean()),
        },
    ],
    ..Section::new("neighbor/capability")
};

/// The roles of RFC 9234 section 4.1.
pub(crate) const ROLES: &[(&str, u8)] = &[
    ("provider", 0),
    ("route-server", 1),
    ("route-server-client", 2),
    ("customer", 3),
    ("peer", 4),
];

/// Reads a boolean, or the code that ExaBGP 3.4 has for the capability.
fn operational(words: &mut Words<'_, '_>) -> Result<OperationalCapability, TextError> {
    if words.tokens.accept("71") {
        return Ok(OperationalCapability::ExaBgp34);
    }
    let old = words.are_old();
    Ok(match words.boolean()? {
        false => OperationalCapability::Off,
        true if old => OperationalCapability::ExaBgp34,
        true => OperationalCapability::On,
    })
}

fn aigp(words: &mut Words<'_, '_>) -> Result<bool, TextError> {
    if words.are_old() && words.tokens.is_done() {
        legacy::bare_aigp(words);
        return Ok(false);
    }
    words.boolean()
}

/// Reads the value of `graceful-restart`: seconds, 0 for the hold time, `None` for disable.
pub(crate) fn graceful_restart(words: &mut Words<'_, '_>) -> Result<Option<u16>, TextError> {
    match words.tokens.peek() {
        None => Ok(Some(0)),
        Some("0" | "1") => seconds(words),
        Some(word) => match boolean(word) {
            Some(on) => {
                words.tokens.next();
                Ok(on.then_some(0))
            }
            None => seconds(words),
        },
    }
}

fn seconds(words: &mut Words<'_, '_>) -> Result<Option<u16>, TextError> {
    let seconds = words.number("graceful-restart", 0, 4095)?;
    Ok(u16::try_from(seconds).ok())
}

fn long_lived(words: &mut Words<'_, '_>) -> Result<Option<u32>, TextError> {
    if words.accept_disable() {
        return Ok(None);
    }
    let seconds = words.number("long-lived-graceful-restart", 0, 0xff_ffff)?;
    Ok(u32::try_from(seconds).ok())
}

/// Reads the value of `add-path`.
pub(crate) fn add_path(words: &mut Words<'_, '_>) -> Result<AddPathMode, TextError> {
    const OPTIONS: &str = "valid options: disable, receive, send, send/receive";
    if words.accept_disable() {
        return Ok(AddPathMode::default());
    }
    let word = words.word("add-path", OPTIONS)?;
    match word.to_ascii_lowercase().as_str() {
        "receive" => Ok(AddPathMode { receive: true, send: false }),
        "send" => Ok(AddPathMode { receive: false, send: true }),
        "send/receive" => Ok(AddPathMode { receive: true, send: true }),
        "receive/send" => {
            if !words.are_old() {
                words.warn(
                    "'receive/send' is taken as 'send/receive'; ExaBGP refuses it",
                    "write send/receive",
                );
            }
            Ok(AddPathMode { receive: true, send: true })
        }
        _ => {
            Err(words.tokens.last_error(format!("'{word}' is not a valid add-path")).help(OPTIONS))
        }
    }
}

/// The value of `add-path`.
pub(crate) const fn add_path_name(mode: AddPathMode) -> &'static str {
    match mode {
        AddPathMode { receive: true, send: true } => "send/receive",
        AddPathMode { receive: true, send: false } => "receive",
        AddPathMode { receive: false, send: true } => "send",
        AddPathMode { receive: false, send: false } => "disable",
    }
}
