//! `l2vpn { vpls [NAME] { … } vpls …; }`: VPLS (RFC 4761).

use yottabgp_wire::codes::{Afi, Family, Safi};
use yottabgp_wire::io::tokens::TextError;

use super::flow::begin;
use super::static_routes::{end_block, keyword};
use crate::lexer::{Statement, Words as Characters};
use crate::parser::{Inner, Keyword, Parser, Section};
use crate::routes::{Form, Routes};

const VPLS: Family = Family::new(Afi::L2VPN, Safi::VPLS);

/// The section.
pub(crate) static TABLE: Section<Routes> = Section {
    characters: Characters::Routes,
    keywords: &[
        Keyword {
            name: "vpls",
            value: "rd <rd> endpoint <number> base <label> offset <number> size <number> next-hop <ip> …",
            default: "",
            help: "a VPLS route in one line",
            read: |words, routes| words.route(Form::Of(VPLS), routes),
        },
        Keyword {
            name: "evpn",
            value: "<type> …",
            default: "",
            help: "an EVPN route (RFC 7432) in one line",
            read: |words, routes| {
                words.route(Form::Of(Family::new(Afi::L2VPN, Safi::EVPN)), routes)
            },
        },
    ],
    sections: &[Inner {
        name: "vpls",
        value: "[<name>]",
        help: "a VPLS route, with a statement for each of its words",
        read: read_block,
    }],
    ..Section::new("neighbor/l2vpn")
};

fn read_block(
    parser: &mut Parser<'_>,
    header: &Statement,
    routes: &mut Routes,
) -> Result<(), TextError> {
    begin(parser, header, VPLS)?;
    end_block(parser, header, &BLOCK, routes);
    Ok(())
}

static BLOCK: Section<()> = Section {
    characters: Characters::Routes,
    other: Some(keyword),
    ..Section::new("neighbor/l2vpn/vpls")
};
