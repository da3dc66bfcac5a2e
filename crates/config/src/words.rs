//! The words of one statement as values: numbers, addresses, booleans, each with its own error.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use yottabgp_wire::asn::Asn;
use yottabgp_wire::io::tokens::{Span, TextError, Tokens, did_you_mean};
use yottabgp_wire::prefix::Prefix;

use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::parser::Shared;
use crate::routes::{Form, Routes};

/// The words of a statement, and what is shared between statements.
#[derive(Debug)]
pub(crate) struct Words<'w, 'p> {
    /// The words; the keyword is taken.
    pub(crate) tokens: Tokens<'w>,
    /// The keyword.
    pub(crate) keyword: &'w str,
    /// Where the keyword is.
    pub(crate) keyword_span: Span,
    /// Problems, and what the whole run shares.
    pub(crate) shared: &'w mut Shared<'p>,
}

type Read<T> = Result<T, TextError>;

impl<'w> Words<'w, '_> {
    /// Where the statement is up to the word taken last.
    pub(crate) fn span(&self) -> Span {
        self.keyword_span.to(self.tokens.last_span())
    }

    /// Adds a warning about the word taken last.
    pub(crate) fn warn(
        &mut self,
        message: impl Into<std::borrow::Cow<'static, str>>,
        help: &'static str,
    ) {
        let span = self.tokens.last_span();
        self.shared.problems.push(Diagnostic::warning(span, message).help(help));
    }

    /// Whether the file is of ExaBGP 3.4.
    pub(crate) fn are_old(&self) -> bool {
        self.shared.dialect == Dialect::ExaBgp34
    }

    /// The statement as it was written, up to the word taken last.
    pub(crate) fn quoted(&self) -> String {
        let written = self.shared.source.get(self.span().range()).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Adds a warning about the statement, which is written in an old way: one for each construct of a file. `modern` is
    /// what is written today.
    pub(crate) fn warn_old(&mut self, construct: &'static str, message: String, modern: String) {
        let warning = Diagnostic::warning(self.span(), message).help(modern);
        self.shared.problems.push_old(construct, warning);
    }

    /// Reads a route.
    pub(crate) fn route(&mut self, form: Form, routes: &mut Routes) -> Read<()> {
        let span = self.keyword_span;
        self.shared.routes.read(form, &mut self.tokens, span, routes)?;
        self.shared.show_notes();
        let span = self.span();
        self.shared.check_route(span);
        Ok(())
    }

    /// Takes the next word; an error says what is right.
    pub(crate) fn word(&mut self, what: &'static str, format: &'static str) -> Read<&'w str> {
        self.tokens.expect(what).map_err(|error| error.help(format))
    }

    /// Takes a text: the words left, as one. Quotes make that exact.
    pub(crate) fn text(&mut self) -> String {
        let mut text = self.tokens.next().unwrap_or_default().to_owned();
        if !self.tokens.is_done() {
            while let Some(word) = self.tokens.next() {
                text.push(' ');
                text.push_str(word);
            }
            let keyword = self.keyword;
            let message =
                format!("{keyword} has several words without quotes; ExaBGP keeps only the first");
            let diagnostic = Diagnostic::warning(self.span(), message);
            self.shared.problems.push(diagnostic.help(format!("write {keyword} \"{text}\";")));
        }
        text
    }

    /// Takes one word, or nothing.
    pub(crate) fn string(&mut self) -> String {
        self.tokens.next().unwrap_or_default().to_owned()
    }

    /// Takes a boolean; nothing means true.
    pub(crate) fn boolean(&mut self) -> Read<bool> {
        match self.tokens.next() {
            None => Ok(true),
            Some(word) => boolean(word).ok_or_else(|| {
                self.tokens
                    .last_error(format!("'{word}' is not a valid boolean"))
                    .help("valid options: true, false, enable, disable, enabled, disabled, yes, no, on, off, 1, 0")
            }),
        }
    }

    /// Takes a boolean of which ExaBGP takes the bare keyword as false, although it is there to say yes.
    pub(crate) fn boolean_bare_warned(&mut self) -> Read<bool> {
        // It means yes to ExaBGP 3.4.
        if self.tokens.is_done() && !self.are_old() {
            let keyword = self.keyword;
            let message = format!(
                "'{keyword};' is taken as '{keyword} true;', while ExaBGP takes it as false"
            );
            self.warn(message, "write the value, to mean the same to both");
        }
        self.boolean()
    }

    /// Whether the next word is `disable` or `disabled`; takes it then.
    pub(crate) fn accept_disable(&mut self) -> bool {
        let found = self.tokens.peek().is_some_and(|word| {
            ["disable", "disabled", "false", "no", "off"]
                .iter()
                .any(|no| word.eq_ignore_ascii_case(no))
        });
        if found {
            self.tokens.next();
        }
        found
    }

    /// Takes an unsigned number in `least..=most`.
    pub(crate) fn number(&mut self, what: &'static str, least: u64, most: u64) -> Read<u64> {
        let word = self.tokens.expect(what).map_err(|error| error.help(range_help(least, most)))?;
        let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { word.parse::<u64>().ok() } else { None };
        match number {
            Some(number) if (least..=most).contains(&number) => Ok(number),
            _ if digits => {
                let message = format!("{what} {word} is invalid");
                Err(self.tokens.last_error(message).help(range_help(least, most)))
            }
            _ => {
                let message = format!("'{word}' is not a valid {what}");
                Err(self.tokens.last_error(message).help(range_help(least, most)))
            }
        }
    }

    /// Takes a port: 1 to 65535.
    pub(crate) fn port(&mut self) -> Read<u16> {
        self.number("port", 1, 65535).map(|port| u16::try_from(port).unwrap_or(u16::MAX))
    }

    /// Takes an address.
    pub(crate) fn ip(&mut self) -> Read<IpAddr> {
        let word = self.word("address", "an IPv4 or IPv6 address")?;
        word.parse().map_err(|_| {
            self.tokens
                .last_error(format!("'{word}' is not a valid IP address"))
                .help("an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1")
        })
    }

    /// Takes an IPv4 address, for an identifier called `what`.
    pub(crate) fn ipv4(&mut self, what: &'static str) -> Read<Ipv4Addr> {
        let word = self.word(what, "an IPv4 address, such as 192.0.2.1")?;
        word.parse().map_err(|_| {
            self.tokens
                .last_error(format!("'{word}' is not a valid {what}"))
                .help("an IPv4 address, such as 192.0.2.1")
        })
    }

    /// Takes an IPv6 link-local address.
    pub(crate) fn link_local(&mut self) -> Read<Ipv6Addr> {
        match self.ip()? {
            IpAddr::V6(address) if address.is_unicast_link_local() => Ok(address),
            address => Err(self
                .tokens
                .last_error(format!("{address} is not an IPv6 link-local address"))
                .help("an address of fe80::/10")),
        }
    }

    /// Takes an AS number, or `auto` for `None`.
    pub(crate) fn asn_or_auto(&mut self) -> Read<Option<Asn>> {
        let word = self.word("AS number", "a number, or auto")?;
        if word.eq_ignore_ascii_case("auto") {
            return Ok(None);
        }
        match word.parse() {
            Ok(Asn(0)) => {
                let message =
                    format!("{} 0 means auto, since there is no AS 0 (RFC 7607)", self.keyword);
                self.warn(message, "write auto");
                Ok(None)
            }
            Ok(asn) => Ok(Some(asn)),
            Err(_) => Err(self.tokens.last_error(format!("'{word}' is not a valid ASN")).help(
                "auto, 1 to 4294967295, or HIGH.LOW with 0 to 65535 each, such as 65001 or 1.1",
            )),
        }
    }

    /// Takes an address with an optional length.
    pub(crate) fn peer(&mut self) -> Read<Prefix> {
        const FORMAT: &str = "<ip> or <ip>/<prefix>, such as 192.0.2.1 or 192.0.2.0/24";
        let word = self.word("the address of the peer", FORMAT)?;
        Prefix::parse_with_host_bits(word).map_err(|_| {
            let message = format!("'{word}' is not a valid IP address or range");
            self.tokens.last_error(message).help(FORMAT)
        })
    }

    /// Takes a time to live, or a word that says none.
    pub(crate) fn ttl(&mut self) -> Read<Option<u8>> {
        if self.accept_disable() {
            return Ok(None);
        }
        let ttl = self.number("TTL", 0, 255).map_err(|error| error.help("1 to 255, or disable"))?;
        if ttl == 0 {
            self.warn("a TTL of 0 can not be sent, and means disable", "write disable");
        }
        Ok(u8::try_from(ttl).ok().filter(|ttl| *ttl != 0))
    }

    /// Takes one word of a table, in any case.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        what: &'static str,
        table: &[(&'static str, T)],
    ) -> Read<T> {
        let options = || {
            let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
            format!("valid options: {}", names.join(", "))
        };
        let word = self.tokens.expect(what).map_err(|error| error.help(options()))?;
        match table.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)) {
            Some((_, value)) => Ok(*value),
            None => {
                let error = self.tokens.last_error(format!("'{word}' is not a valid {what}"));
                Err(match did_you_mean(word, table.iter().map(|(name, _)| *name)) {
                    Some(near) => error.help(format!("did you mean '{near}'? {}", options())),
                    None => error.help(options()),
                })
            }
        }
    }
}

fn range_help(least: u64, most: u64) -> String {
    format!("must be {least} to {most}")
}

/// Reads a boolean in any of its spellings.
pub(crate) fn boolean(word: &str) -> Option<bool> {
    const YES: [&str; 6] = ["true", "enable", "enabled", "yes", "on", "1"];
    const NO: [&str; 6] = ["false", "disable", "disabled", "no", "off", "0"];
    let is = |list: [&str; 6]| list.iter().any(|name| name.eq_ignore_ascii_case(word));
    if is(YES) {
        Some(true)
    } else if is(NO) {
        Some(false)
    } else {
        None
    }
}
