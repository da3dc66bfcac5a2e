//! `announce { ipv4 { … } ipv6 { … } l2vpn { … } bgp-ls { … } }`: routes by family.

use yottabgp_wire::codes::Afi;
use yottabgp_wire::io::tokens::TextError;

use crate::lexer::{Statement, Words as Characters};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::routes::{Form, Routes};
use crate::words::Words;

/// The section.
pub(crate) static TABLE: Section<Routes> = Section {
    characters: Characters::Routes,
    keywords: &[Keyword {
        name: "family",
        value: "<afi> <safi> <nlri> <attribute>…",
        default: "",
        help: "a route of any family: names or numbers",
        read: |words, routes| {
            words.tokens.rewind(0);
            words.route(Form::Statement, routes)
        },
    }],
    sections: &[
        Inner {
            name: "ipv4",
            value: "",
            help: "routes of IPv4 families: <safi> <nlri> <attribute>…",
            read: |parser, header, routes| family(parser, header, &IPV4, routes),
        },
        Inner {
            name: "ipv6",
            value: "",
            help: "routes of IPv6 families: <safi> <nlri> <attribute>…",
            read: |parser, header, routes| family(parser, header, &IPV6, routes),
        },
        Inner {
            name: "l2vpn",
            value: "",
            help: "routes of layer 2 families: <safi> <nlri> <attribute>…",
            read: |parser, header, routes| family(parser, header, &L2VPN, routes),
        },
        Inner {
            name: "bgp-ls",
            value: "",
            help: "routes of BGP-LS families: <safi> <nlri> <attribute>…",
            read: |parser, header, routes| family(parser, header, &BGP_LS, routes),
        },
    ],
    ..Section::new("neighbor/announce")
};

static IPV4: Section<Routes> = Section {
    characters: Characters::Routes,
    other: Some(|words, routes| read(words, Afi::IPV4, routes)),
    routes: Some(|routes| routes),
    ..Section::new("neighbor/announce/ipv4")
};

static IPV6: Section<Routes> = Section {
    characters: Characters::Routes,
    other: Some(|words, routes| read(words, Afi::IPV6, routes)),
    routes: Some(|routes| routes),
    ..Section::new("neighbor/announce/ipv6")
};

static L2VPN: Section<Routes> = Section {
    characters: Characters::Routes,
    other: Some(|words, routes| read(words, Afi::L2VPN, routes)),
    ..Section::new("neighbor/announce/l2vpn")
};

static BGP_LS: Section<Routes> = Section {
    characters: Characters::Routes,
    other: Some(|words, routes| read(words, Afi::BGP_LS, routes)),
    ..Section::new("neighbor/announce/bgp-ls")
};

fn family(
    parser: &mut Parser<'_>,
    header: &Statement,
    table: &Section<Routes>,
    routes: &mut Routes,
) -> Result<(), TextError> {
    parser.ignore_header_words(header, 1);
    parser.section(table, Some(header), routes);
    Ok(())
}

fn read(words: &mut Words<'_, '_>, afi: Afi, routes: &mut Routes) -> Result<(), TextError> {
    // The SAFI is part of the grammar of routes.
    words.tokens.rewind(0);
    words.route(Form::Family(afi), routes)
}
