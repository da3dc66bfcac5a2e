//! `healthcheck show`.

use yottabgp_wire::io::json::push_string;
use yottabgp_wire::io::text::push;

use crate::Encoding;

/// The services with their states: a line each, or a list.
pub fn healthchecks<'a>(
    services: impl IntoIterator<Item = (&'a str, &'a str)>,
    encoding: Encoding,
    out: &mut Vec<u8>,
) {
    if encoding == Encoding::Text {
        for (name, state) in services {
            push(out, &format!("{name} {state}\n"));
        }
        return;
    }
    out.push(b'[');
    for (index, (name, state)) in services.into_iter().enumerate() {
        push(out, if index == 0 { "{\"name\": " } else { ", {\"name\": " });
        push_string(out, name);
        push(out, ", \"state\": ");
        push_string(out, state);
        out.push(b'}');
    }
    push(out, "]\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        for (encoding, expected) in [
            (Encoding::Text, "dns UP\nweb DOWN\n"),
            (
                Encoding::Json,
                "[{\"name\": \"dns\", \"state\": \"UP\"}, {\"name\": \"web\", \"state\": \"DOWN\"}]\n",
            ),
        ] {
            let mut out = Vec::new();
            healthchecks([("dns", "UP"), ("web", "DOWN")], encoding, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
