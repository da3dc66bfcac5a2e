//! NOTIFICATION (RFC 4271 section 4.5): `code(1) subcode(1) data`, the shutdown communication of RFC 9003, and the hard
//! reset of RFC 8538, whose data is another NOTIFICATION.

use std::borrow::Cow;
use std::fmt;

use super::{HEADER_LENGTH, finish, start};
use crate::codes::{MessageType, error};
use crate::io::json::{push_name, push_string};
use crate::io::text::{push, push_decimal, push_hex_upper};
use crate::layout::Layout;

/// The longest data that we send: what a message of 4096 octets has room for.
const LONGEST_DATA: usize = 4096 - HEADER_LENGTH - 2;

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification<'a> {
    /// The error code: see [`error`].
    pub code: u8,
    /// The subcode.
    pub subcode: u8,
    /// What the code and subcode say of it; often nothing, or text for a person.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Notification<'a> {
    /// Without data.
    pub const fn new(code: u8, subcode: u8) -> Self {
        Self { code, subcode, data: Cow::Borrowed(&[]) }
    }

    /// With data.
    pub fn with_data(code: u8, subcode: u8, data: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { code, subcode, data: data.into() }
    }

    /// A Cease with a text for the other operator. For Administrative Shutdown and Administrative Reset the text becomes
    /// a shutdown communication (RFC 9003), cut at 255 octets between characters; an empty one is replaced by the name of
    /// the subcode, as ExaBGP does. For other subcodes the text is the data as it is.
    pub fn cease_with_text(subcode: u8, text: &str) -> Notification<'static> {
        let text = match error::subcode_name(error::CEASE, subcode) {
            Some(name) if text.is_empty() => name,
            _ => text,
        };
        let data = if is_shutdown(error::CEASE, subcode) {
            let text = text.get(..text.floor_char_boundary(255)).unwrap_or_default();
            let mut data = vec![u8::try_from(text.len()).unwrap_or(255)];
            data.extend_from_slice(text.as_bytes());
            data
        } else {
            text.as_bytes().to_vec()
        };
        Notification::with_data(error::CEASE, subcode, data)
    }

    /// Administrative Shutdown with this text.
    pub fn shutdown(text: &str) -> Notification<'static> {
        Self::cease_with_text(error::cease::ADMINISTRATIVE_SHUTDOWN, text)
    }

    /// A hard reset that stands for this one: Cease, Hard Reset, with the code, subcode and data of this one as data
    /// (RFC 8538 section 3). It keeps the peer from keeping the routes.
    #[must_use]
    pub fn hard_reset(self) -> Notification<'static> {
        let mut data = vec![self.code, self.subcode];
        data.extend_from_slice(&self.data);
        Notification::with_data(error::CEASE, error::cease::HARD_RESET, data)
    }

    /// What a hard reset stands for; `None` for any other, and for one that says nothing.
    pub fn encapsulated(&self) -> Option<Notification<'_>> {
        match (self.code, self.subcode, &*self.data) {
            (error::CEASE, error::cease::HARD_RESET, [code, subcode, data @ ..]) => {
                Some(Notification::with_data(*code, *subcode, data))
            }
            _ => None,
        }
    }

    /// Reads what follows the header. A missing code or subcode is 0: a NOTIFICATION is never answered, so that there is
    /// nobody to tell.
    pub fn decode(body: &'a [u8]) -> Self {
        let (code, rest) = body.split_first().unwrap_or((&0, &[]));
        let (subcode, data) = rest.split_first().unwrap_or((&0, &[]));
        Self { code: *code, subcode: *subcode, data: Cow::Borrowed(data) }
    }

    /// Writes the whole message; data that does not fit in 4096 octets is cut.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let at = start(out, MessageType::NOTIFICATION);
        out.extend_from_slice(&[self.code, self.subcode]);
        out.extend(self.data.iter().take(LONGEST_DATA));
        finish(out, at);
    }

    /// A copy that borrows nothing.
    pub fn into_owned(self) -> Notification<'static> {
        let Self { code, subcode, data } = self;
        Notification { code, subcode, data: Cow::Owned(data.into_owned()) }
    }

    /// The data as it is shown: a shutdown communication in words, the rest as it is.
    fn shown(&self) -> Cow<'_, [u8]> {
        if is_shutdown(self.code, self.subcode) && !self.data.is_empty() {
            Cow::Owned(shutdown_text(&self.data).into_bytes())
        } else {
            Cow::Borrowed(&self.data)
        }
    }

    /// Writes the JSON value: `{ "code": 6, "subcode": 2, "data": "0x…", "message": "…" }`. Of a shutdown communication
    /// both members are of its text in words, as ExaBGP has them. Of a hard reset the message is what it stands for, in
    /// words.
    pub fn json(&self, out: &mut Vec<u8>) {
        self.json_in(Layout::V6, out);
    }

    /// The same in a layout: older ones have no message.
    pub fn json_in(&self, layout: Layout, out: &mut Vec<u8>) {
        let shown = self.shown();
        let shape = layout.shape();
        if shape.old_words {
            push(
                out,
                &format!("{{ \"subcode\": {}, \"code\": {}, \"data\": \"", self.subcode, self.code),
            );
            push_hex_upper(out, &shown);
            push(out, "\" }");
            return;
        }
        push(out, "{ ");
        push_name(out, "code");
        push_decimal(out, u64::from(self.code));
        push(out, ", ");
        push_name(out, "subcode");
        push_decimal(out, u64::from(self.subcode));
        push(out, ", ");
        push_name(out, "data");
        push(out, "\"0x");
        push_hex_upper(out, &shown);
        if !shape.notification_message {
            push(out, "\" }");
            return;
        }
        push(out, "\", ");
        push_name(out, "message");
        match self.encapsulated() {
            Some(inner) => push_string(out, &inner.to_string()),
            None => push_string(out, &String::from_utf8_lossy(&shown)),
        }
        push(out, " }");
    }

    /// Writes the text: `notification code 6 subcode 4 data 0x`.
    pub fn text(&self, out: &mut Vec<u8>) {
        self.push_text("0x", out);
    }

    /// The same with something else before the hexadecimal digits.
    pub fn push_text(&self, prefix: &str, out: &mut Vec<u8>) {
        push(out, "notification code ");
        push_decimal(out, u64::from(self.code));
        push(out, " subcode ");
        push_decimal(out, u64::from(self.subcode));
        push(out, " data ");
        push(out, prefix);
        push_hex_upper(out, &self.shown());
    }
}

impl fmt::Display for Notification<'_> {
    /// `Cease / Administrative Reset / Shutdown Communication: "text"`; without data the last part is left out. Data with
    /// control characters is in hexadecimal. What a hard reset stands for follows it: `Cease / Hard Reset / Cease / …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(error::code_name(self.code).unwrap_or("unknown error"))?;
        f.write_str(" / ")?;
        f.write_str(error::subcode_name(self.code, self.subcode).unwrap_or("unknown reason"))?;
        // Not by recursion: a peer could make it as deep as its message is long.
        let inner = self.encapsulated();
        if let Some(Notification { code, subcode, .. }) = &inner {
            let code_name = error::code_name(*code).unwrap_or("unknown error");
            let subcode_name = error::subcode_name(*code, *subcode).unwrap_or("unknown reason");
            write!(f, " / {code_name} / {subcode_name}")?;
        }
        let told = inner.as_ref().unwrap_or(self);
        let shown = told.shown();
        if shown.is_empty() {
            return Ok(());
        }
        f.write_str(" / ")?;
        match std::str::from_utf8(&shown) {
            Ok(text) if !text.chars().any(char::is_control) => f.write_str(text),
            _ => {
                let mut hex = Vec::new();
                push_hex_upper(&mut hex, &shown);
                write!(f, "0x{}", String::from_utf8_lossy(&hex))
            }
        }
    }
}

/// Whether the data of this code and subcode is a shutdown communication.
const fn is_shutdown(code: u8, subcode: u8) -> bool {
    code == error::CEASE
        && matches!(
            subcode,
            error::cease::ADMINISTRATIVE_SHUTDOWN | error::cease::ADMINISTRATIVE_RESET
        )
}

/// A shutdown communication, `length(1) text`, in words.
fn shutdown_text(data: &[u8]) -> String {
    let hex = |bytes: &[u8]| {
        let mut hex = Vec::new();
        push_hex_upper(&mut hex, bytes);
        format!("0x{}", String::from_utf8_lossy(&hex))
    };
    let (length, rest) = match data.split_first() {
        None => return String::new(),
        Some((0, [])) => return "empty Shutdown Communication.".to_owned(),
        Some((length, rest)) => (usize::from(*length), rest),
    };
    let invalid = |why: &str| {
        format!("invalid Shutdown Communication ({why}) length : {length} [{}]", hex(rest))
    };
    let Some((text, trailing)) = rest.split_at_checked(length) else {
        return invalid("buffer underrun");
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return invalid("invalid UTF-8");
    };
    let text = text.replace(['\r', '\n'], " ");
    let mut shown = if length == 0 {
        "empty Shutdown Communication.".to_owned()
    } else {
        format!("Shutdown Communication: \"{text}\"")
    };
    if !trailing.is_empty() {
        shown.push_str(", trailing data: ");
        shown.push_str(&hex(trailing));
    }
    shown
}
