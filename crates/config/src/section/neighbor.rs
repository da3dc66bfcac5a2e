//! `neighbor ADDRESS { … }`, and what a template may say.

use std::num::NonZeroU32;

use yottabgp_wire::io::tokens::TextError;

use crate::draft::{ApiDraft, NeighborDraft};
use crate::legacy;
use crate::lexer::Statement;
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::section::{
    add_path, announce, api, capability, family, flow, group, l2vpn, mrt, next_hop, operational,
    static_routes, tcp_ao,
};
use crate::slot::At;
use crate::words::Words;

type Row = Keyword<NeighborDraft>;

/// The section.
pub(crate) static TABLE: Section<NeighborDraft> = Section {
    keywords: &[
        Row {
            name: "inherit",
            value: "<template> | [ <template>… ]",
            default: "none",
            help: "take over what templates say, where nothing else is said here",
            read: inherit,
        },
        Row {
            name: "description",
            value: "<text>",
            default: "\"\"",
            help: "for people",
            read: |words, draft| draft.description.read(words, |words| Ok(words.text())),
        },
        Row {
            name: "router-id",
            value: "<ipv4>",
            default: "the local address, if IPv4",
            help: "our BGP identifier",
            read: |words, draft| draft.router_id.read(words, |words| words.ipv4("router-id")),
        },
        Row {
            name: "local-address",
            value: "<ip> | auto",
            default: "auto",
            help: "the address to connect from, and to be connected to",
            read: |words, draft| {
                draft.local_address.read(words, |words| {
                    if words.tokens.accept("auto") { Ok(None) } else { words.ip().map(Some) }
                })
            },
        },
        Row {
            name: "peer-address",
            value: "<ip>[/<prefix>]",
            default: "the address of the section",
            help: "the address of the peer, instead of the one of the section",
            read: |words, draft| draft.peer.read(words, |words| words.peer()),
        },
        Row {
            name: "local-link-local",
            value: "<ipv6>",
            default: "none",
            help: "the link-local address that is sent beside a global next hop",
            read: |words, draft| draft.local_link_local.read(words, |words| words.link_local()),
        },
        Row {
            name: "local-as",
            value: "<asn> | auto",
            default: "needed",
            help: "our AS; auto takes the peer's",
            read: |words, draft| draft.local_as.read(words, |words| words.asn_or_auto()),
        },
        Row {
            name: "peer-as",
            value: "<asn> | auto",
            default: "needed",
            help: "the peer's AS; auto accepts any",
            read: |words, draft| draft.peer_as.read(words, |words| words.asn_or_auto()),
        },
        Row {
            name: "host-name",
            value: "<text>",
            default: "\"\"",
            help: "our host name, told to the peer",
            read: |words, draft| draft.host_name.read(words, |words| host("host-name", words)),
        },
        Row {
            name: "domain-name",
            value: "<text>",
            default: "\"\"",
            help: "our domain name, told to the peer beside the host name",
            read: |words, draft| draft.domain_name.read(words, |words| host("domain-name", words)),
        },
        Row {
            name: "hold-time",
            value: "0 | <3-65535>",
            default: "180",
            help: "seconds without a message after which the session ends; 0 for never",
            read: |words, draft| draft.hold_time.read(words, hold_time),
        },
        Row {
            name: "rate-limit",
            value: "<1-4294967295> | disable",
            default: "disable",
            help: "how many messages of the peer are handled in a second",
            read: |words, draft| draft.rate_limit.read(words, rate_limit),
        },
        Row {
            name: "passive",
            value: "<boolean>",
            default: "false",
            help: "wait for the peer to connect",
            read: |words, draft| draft.passive.read(words, |words| words.boolean()),
        },
        Row {
            name: "listen",
            value: "<port>",
            default: "none",
            help: "listen for this peer on that port of the local address",
            read: |words, draft| draft.listen.read(words, |words| words.port()),
        },
        Row {
            name: "connect",
            value: "<port>",
            default: "179",
            help: "the port of the peer",
            read: |words, draft| draft.connect.read(words, |words| words.port()),
        },
        Row {
            name: "source-interface",
            value: "<interface>",
            default: "\"\"",
            help: "the network interface of the connection",
            read: |words, draft| draft.source_interface.read(words, |words| Ok(words.string())),
        },
        Row {
            name: "outgoing-ttl",
            value: "<1-255> | disable",
            default: "disable",
            help: "the TTL of what is sent; 255 with a peer that uses RFC 5082",
            read: |words, draft| draft.outgoing_ttl.read(words, |words| words.ttl()),
        },
        Row {
            name: "incoming-ttl",
            value: "<1-255> | disable",
            default: "disable",
            help: "the least TTL of what is accepted (RFC 5082)",
            read: |words, draft| draft.incoming_ttl.read(words, |words| words.ttl()),
        },
        Row {
            name: "md5-password",
            value: "<text>",
            default: "none",
            help: "the password of TCP MD5 (RFC 2385), at most 80 octets",
            read: |words, draft| draft.md5_password.read(words, |words| Ok(words.string())),
        },
        Row {
            name: "md5-base64",
            value: "<boolean> | auto",
            default: "false",
            help: "whether the password is written in base64",
            read: |words, draft| {
                draft.md5_base64.read(words, |words| {
                    if !words.tokens.accept("auto") {
                        return words.boolean();
                    }
                    // No released ExaBGP ever looked at the password.
                    words.warn("'auto' means false", "write true or false");
                    Ok(false)
                })
            },
        },
        Row {
            name: "md5-ip",
            value: "<ip>",
            default: "the local address",
            help: "the local address of sockets that listen for this peer",
            read: |words, draft| draft.md5_ip.read(words, |words| words.ip()),
        },
        Row {
            name: "group-updates",
            value: "<boolean>",
            default: "true",
            help: "several routes with the same attributes in one UPDATE",
            read: |words, draft| draft.group_updates.read(words, |words| words.boolean()),
        },
        Row {
            name: "auto-flush",
            value: "<boolean>",
            default: "true",
            help: "send routes at once, and not at the command 'flush'",
            read: |words, draft| draft.auto_flush.read(words, |words| words.boolean()),
        },
        Row {
            name: "adj-rib-in",
            value: "<boolean>",
            default: "true",
            help: "keep the routes received, to show them",
            read: |words, draft| draft.adj_rib_in.read(words, |words| words.boolean_bare_warned()),
        },
        Row {
            name: "adj-rib-out",
            value: "<boolean>",
            default: "true",
            help: "keep the routes sent, to send them again to a new session",
            read: |words, draft| draft.adj_rib_out.read(words, |words| words.boolean_bare_warned()),
        },
        Row {
            name: "manual-eor",
            value: "<boolean>",
            default: "false",
            help: "send no End-of-RIB but those that a command asks for",
            read: |words, draft| draft.manual_eor.read(words, |words| words.boolean_bare_warned()),
        },
        legacy::MD5,
        legacy::TTL_SECURITY,
        legacy::GRACEFUL_RESTART,
        legacy::ADD_PATH,
        legacy::MULTI_SESSION,
        legacy::AIGP,
        legacy::ROUTE_REFRESH,
        legacy::ASN4,
    ],
    sections: &[
        Inner {
            name: "family",
            value: "",
            help: "which routes are exchanged",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&family::TABLE, Some(header), &mut draft.family);
                Ok(())
            },
        },
        Inner {
            name: "capability",
            value: "",
            help: "what is offered in the OPEN",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&capability::TABLE, Some(header), &mut draft.capability);
                Ok(())
            },
        },
        Inner {
            name: "add-path",
            value: "",
            help: "for which families several paths are offered",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&add_path::TABLE, Some(header), &mut draft.add_path);
                Ok(())
            },
        },
        Inner {
            name: "nexthop",
            value: "",
            help: "families whose next hop may be of another address family",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&next_hop::TABLE, Some(header), draft);
                Ok(())
            },
        },
        Inner {
            name: "tcp-ao",
            value: "",
            help: "the TCP authentication option (RFC 5925)",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&tcp_ao::TABLE, Some(header), &mut draft.tcp_ao);
                Ok(())
            },
        },
        Inner {
            name: "api",
            value: "[<name>]",
            help: "which processes are told what, and may command this neighbor",
            read: read_api,
        },
        Inner {
            name: "mrt",
            value: "",
            help: "what is recorded of this neighbor, to MRT files besides those of all",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                draft.mrt.header = Some(header.span());
                parser.section(&mrt::OF_NEIGHBOR, Some(header), &mut draft.mrt);
                Ok(())
            },
        },
        Inner {
            name: "process",
            value: "<name>",
            help: "ExaBGP 3.4: a helper program and what it is told",
            read: group::read_process,
        },
        Inner {
            name: "static",
            value: "",
            help: "routes to announce",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&static_routes::TABLE, Some(header), &mut draft.routes);
                Ok(())
            },
        },
        Inner {
            name: "announce",
            value: "",
            help: "routes to announce, by family",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&announce::TABLE, Some(header), &mut draft.routes);
                Ok(())
            },
        },
        Inner {
            name: "flow",
            value: "",
            help: "flow specifications (RFC 8955)",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&flow::TABLE, Some(header), &mut draft.routes);
                Ok(())
            },
        },
        Inner {
            name: "l2vpn",
            value: "",
            help: "layer 2 VPN routes: VPLS (RFC 4761) and EVPN (RFC 7432)",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&l2vpn::TABLE, Some(header), &mut draft.routes);
                Ok(())
            },
        },
        Inner {
            name: "operational",
            value: "",
            help: "OPERATIONAL messages that each session starts with",
            read: |parser, header, draft| {
                parser.ignore_header_words(header, 1);
                parser.section(&operational::TABLE, Some(header), &mut draft.operational);
                Ok(())
            },
        },
    ],
    ..Section::new("neighbor")
};

/// Reads a neighbor. What is wrong with its address is reported, and the rest is read nevertheless.
pub(crate) fn read(parser: &mut Parser<'_>, header: &Statement) -> NeighborDraft {
    let mut draft = NeighborDraft { header: header.span(), ..NeighborDraft::default() };
    let mut tokens = header.tokens();
    tokens.next();
    let keyword_span = tokens.last_span();
    let mut words = Words { tokens, keyword: "neighbor", keyword_span, shared: &mut parser.shared };
    if let Err(error) = draft.peer.read(&mut words, |words| words.peer()) {
        words.shared.problems.push(error);
    }
    parser.ignore_header_words(header, 2);
    parser.section(&TABLE, Some(header), &mut draft);
    draft
}

fn inherit(words: &mut Words<'_, '_>, draft: &mut NeighborDraft) -> Result<(), TextError> {
    let mut names = Vec::new();
    let mut last = words.tokens.position();
    words.tokens.list("template", |tokens| {
        let span = tokens.span();
        names.push(At { value: tokens.expect("template")?.to_owned(), span });
        last = tokens.position();
        Ok(())
    })?;
    if names.is_empty() {
        return Err(words.tokens.last_error("invalid inherit list").help("name a template"));
    }
    draft.templates.append(&mut names);
    Ok(())
}

fn read_api(
    parser: &mut Parser<'_>,
    header: &Statement,
    draft: &mut NeighborDraft,
) -> Result<(), TextError> {
    let name = crate::section::root::name(header, "api")?;
    parser.ignore_header_words(header, 2);
    if let Some(name) = &name
        && let Some(other) = draft.api.iter().find(|other| other.name == name.value)
    {
        let message = format!("the name \"{}\" already exists in api", name.value);
        let error =
            crate::Diagnostic::error(name.span, message).related(other.span, "the other one");
        parser.shared.problems.push(error.help("give it another name"));
    }
    let name = name.map(|name| name.value).unwrap_or_default();
    let mut block = ApiDraft { name, span: header.span(), ..ApiDraft::default() };
    parser.section(&api::TABLE, Some(header), &mut block);
    draft.api.push(block);
    Ok(())
}

fn host(what: &'static str, words: &mut Words<'_, '_>) -> Result<String, TextError> {
    let text = words.string();
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if text.len() > 255 {
        return Err(words
            .tokens
            .last_error(format!("the {what} has {} octets", text.len()))
            .help("at most 255"));
    }
    if !text.chars().all(good) || text.contains("..") {
        words.warn(
            format!("'{text}' does not look like a {what}"),
            "ExaBGP 5.0 refuses anything but letters, digits, '.' and '-'",
        );
    } else if text.len() > 64 {
        words.warn(format!("only the first 64 octets of this {what} are sent"), "make it shorter");
    }
    Ok(text)
}

fn hold_time(words: &mut Words<'_, '_>) -> Result<u16, TextError> {
    const HELP: &str = "must be 0 (disabled) or 3-65535 seconds";
    let word = words.word("hold-time", HELP)?;
    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    match word.parse::<u16>() {
        Ok(1 | 2) if digits => Err(words
            .tokens
            .last_error(format!("hold-time {word} is invalid"))
            .help("must be 0 (disabled) or at least 3 seconds (RFC 4271)")),
        Ok(seconds) if digits => Ok(seconds),
        _ if digits => Err(words
            .tokens
            .last_error(format!("hold-time {word} is invalid"))
            .help("maximum is 65535 seconds")),
        _ => Err(words.tokens.last_error(format!("'{word}' is not a valid hold-time")).help(HELP)),
    }
}

fn rate_limit(words: &mut Words<'_, '_>) -> Result<Option<NonZeroU32>, TextError> {
    if words.accept_disable() {
        return Ok(None);
    }
    let rate = words
        .number("rate-limit", 0, u64::from(u32::MAX))
        .map_err(|error| error.help("a number of messages per second, or disable"))?;
    Ok(u32::try_from(rate).ok().and_then(NonZeroU32::new))
}
