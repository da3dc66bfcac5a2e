//! `tcp-ao { … }`: the TCP authentication option (RFC 5925).

use crate::draft::TcpAoDraft;
use crate::model::TcpAoAlgorithm;
use crate::parser::{Keyword, Section};

/// The section.
pub(crate) static TABLE: Section<TcpAoDraft> = Section {
    keywords: &[
        Keyword {
            name: "keyid",
            value: "<0-255>",
            default: "needed",
            help: "the identifier of the key, both ways",
            read: |words, draft| {
                draft.key_id.read(words, |words| {
                    words.number("keyid", 0, 255).map(|id| u8::try_from(id).unwrap_or(u8::MAX))
                })
            },
        },
        Keyword {
            name: "algorithm",
            value: "hmac-sha-1-96 | aes-128-cmac-96 | hmac-sha-256",
            default: "needed",
            help: "how messages are authenticated",
            read: |words, draft| {
                draft
                    .algorithm
                    .read(words, |words| words.choice("algorithm", TcpAoAlgorithm::NAMED))
            },
        },
        Keyword {
            name: "password",
            value: "<text>",
            default: "needed",
            help: "the key, at most 80 octets",
            read: |words, draft| draft.password.read(words, |words| Ok(words.string())),
        },
        Keyword {
            name: "base64",
            value: "<boolean>",
            default: "false",
            help: "whether the password is written in base64",
            read: |words, draft| draft.base64.read(words, |words| words.boolean()),
        },
    ],
    ..Section::new("neighbor/tcp-ao")
};
