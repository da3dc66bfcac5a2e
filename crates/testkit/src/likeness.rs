//! Whether what one program says of a thing is found in what another one says of it, however each writes it.
//!
//! The values of this project's JSON are its leaves: numbers, and strings that hold an address, a prefix, a route
//! distinguisher, a MAC address or other octets. What another program printed is cut into everything that could be such a
//! value; a leaf is found when it, or each of its parts, is there.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// The values that stand in some text.
#[derive(Debug, Default)]
pub struct Said {
    words: BTreeSet<String>,
    /// Octets in hexadecimal, without what stands between.
    octets: BTreeSet<String>,
}

impl Said {
    /// Reads any text: JSON, what Rust prints for debugging, a table.
    pub fn new(text: &str) -> Self {
        let mut said = Self::default();
        for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || ".:/_-".contains(c))) {
            said.word(word.trim_matches([':', '-', '/', '.']));
            // `::` and `fd00::` end with what was cut off.
            said.word(word);
        }
        said.lists(text);
        said
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() || !self.words.insert(canonical(word)) {
            return;
        }
        let digits: String = word.chars().filter(|c| !".:-".contains(*c)).collect();
        let digits = digits.strip_prefix("0x").unwrap_or(&digits).to_ascii_lowercase();
        if digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            self.octets.insert(digits);
        }
        if let Some(digits) = word.strip_prefix("0x")
            && let Ok(number) = u64::from_str_radix(digits, 16)
        {
            self.words.insert(number.to_string());
        }
        for separator in ['/', ':', '-', '_', '.'] {
            // What is cut once is cut again, unless it is an address.
            if word.contains(separator) && word.parse::<Ipv4Addr>().is_err() {
                word.split(separator).for_each(|part| self.word(part));
                let (head, tail) = (word.rsplit_once(separator), word.split_once(separator));
                head.into_iter().chain(tail).for_each(|(one, other)| {
                    self.word(one);
                    self.word(other);
                });
            }
        }
    }

    /// Octets that are printed as a list of numbers: `[0, 17, 34]`.
    fn lists(&mut self, text: &str) {
        for list in text.split('[').skip(1) {
            let list = list.split(']').next().unwrap_or_default();
            let numbers: Option<Vec<u8>> = list
                .split(',')
                .map(str::trim)
                .filter(|n| !n.is_empty())
                .map(|n| n.parse().ok())
                .collect();
            if let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) {
                self.octets.insert(hex(&numbers));
                if let Ok(address) = <[u8; 16]>::try_from(numbers.as_slice()) {
                    self.words.insert(Ipv6Addr::from(address).to_string());
                }
                if let Ok(address) = <[u8; 4]>::try_from(numbers.as_slice()) {
                    self.words.insert(Ipv4Addr::from(address).to_string());
                }
            }
        }
    }

    /// Whether a value is there, as such or in parts.
    pub fn has(&self, value: &str) -> bool {
        if self.words.contains(&canonical(value)) {
            return true;
        }
        let digits: String =
            value.chars().filter(|c| !".:-".contains(*c)).collect::<String>().to_ascii_lowercase();
        let digits = digits.strip_prefix("0x").unwrap_or(&digits);
        if digits.len() >= 8
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            && self.octets.iter().any(|said| said.contains(digits))
        {
            return true;
        }
        if digits.len() <= 16
            && value.starts_with("0x")
            && u64::from_str_radix(digits, 16).is_ok_and(|n| self.words.contains(&n.to_string()))
        {
            return true;
        }
        if let Ok(address) = value.parse::<Ipv4Addr>() {
            // An area, an identifier: a number to some.
            let number = u32::from(address);
            return self.words.contains(&number.to_string())
                || self.octets.iter().any(|said| said.contains(&format!("{number:08x}")));
        }
        if let Ok(address) = value.parse::<Ipv6Addr>() {
            let digits = hex(&address.octets());
            return self.octets.iter().any(|said| said.contains(&digits));
        }
        if value.contains('.')
            && let Ok(number) = value.parse::<f64>()
        {
            let near = |word: &String| {
                word.parse::<f64>().is_ok_and(|said| (said - number).abs() <= number.abs() * 1e-6)
            };
            return self.words.iter().any(near);
        }
        let said = |pair: &String| {
            let number = u32::from_str_radix(pair, 16);
            number.is_ok_and(|number| self.words.contains(&number.to_string()))
                || self.octets.iter().any(|said| said.contains(pair))
        };
        if pairs(value).iter().any(said) {
            return true;
        }
        for separator in ['/', ':', '-', '_', '.'] {
            if let Some((one, other)) = value.rsplit_once(separator)
                && value.parse::<Ipv4Addr>().is_err()
                && value.parse::<Ipv6Addr>().is_err()
                && !one.is_empty()
                && !other.is_empty()
            {
                return self.has(one) && self.has(other);
            }
        }
        false
    }

    /// The leaves of `json` that are not there, each with the names that lead to it. `skip` says which names are not looked
    /// at, and below.
    pub fn missing(&self, json: &Value, skip: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut missing = Vec::new();
        leaves(json, "", &mut |path, leaf| {
            if !path.split('.').any(skip) && !self.has(leaf) {
                missing.push(format!("{path} = {leaf}"));
            }
        });
        missing
    }
}

/// Leaves out what is said twice: the octets beside what they mean.
pub fn essence(json: &mut Value) {
    match json {
        Value::Array(items) => items.iter_mut().for_each(essence),
        Value::Object(members) => {
            for name in ["raw", "code", "parsed"] {
                members.remove(name);
            }
            let named = members.contains_key("string");
            // What nobody gave a name, others may have understood.
            if members.get("string").and_then(Value::as_str).is_some_and(|s| s.starts_with("0x")) {
                members.remove("string");
            }
            // `[ [ 65001, 1 ] ]`: one value of two numbers.
            for list in members.iter_mut().filter(|(name, _)| *name == "community").map(|(_, v)| v)
            {
                for item in list.as_array_mut().into_iter().flatten() {
                    if let Some([high, low]) = item.as_array().map(Vec::as_slice) {
                        *item = Value::String(format!("{high}:{low}"));
                    }
                }
            }
            // `{ "value": 842122827661412, "string": "target:65000:100" }`
            if named {
                members.remove("value");
            }
            // TLVs that have a name by now, and the one that ExaBGP gives them.
            members.retain(|name, _| !name.starts_with("generic-lsid"));
            // `[ [ 100, 1601 ] ]`: the label, and its three octets.
            for stack in
                members.iter_mut().filter(|(name, _)| name.starts_with("label")).map(|(_, v)| v)
            {
                for label in stack.as_array_mut().into_iter().flatten() {
                    label.as_array_mut().into_iter().for_each(|pair| pair.truncate(1));
                }
            }
            members.values_mut().for_each(essence);
        }
        _ => {}
    }
}

/// Addresses as RFC 5952 writes them; letters in lower case; numbers without leading zeros.
fn canonical(word: &str) -> String {
    if let Ok(address) = word.parse::<Ipv6Addr>() {
        return address.to_string();
    }
    if let Some((address, length)) = word.split_once('/')
        && let Ok(address) = address.parse::<Ipv6Addr>()
    {
        return format!("{address}/{length}");
    }
    match word.parse::<u128>() {
        Ok(number) => number.to_string(),
        Err(_) => word.to_ascii_lowercase(),
    }
}

/// The octets that `administrator:number` may be in a route distinguisher or target (two and four octets, an address or four
/// octets and two) or in a community (two and two).
fn pairs(value: &str) -> Vec<String> {
    let Some((one, other)) = value.split_once(':') else { return Vec::new() };
    let administrator = one.parse::<u32>().ok().or(one.parse::<Ipv4Addr>().ok().map(u32::from));
    let (Some(administrator), Ok(number)) = (administrator, other.parse::<u32>()) else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    if administrator <= 0xFFFF && number <= 0xFFFF {
        pairs.push(format!("{administrator:04x}{number:04x}"));
    }
    if administrator <= 0xFFFF && !one.contains('.') {
        pairs.push(format!("{administrator:04x}{number:08x}"));
    }
    if number <= 0xFFFF {
        pairs.push(format!("{administrator:08x}{number:04x}"));
    }
    pairs
}

/// Octets in hexadecimal.
pub fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Calls `each` with the path and the text of every number, and of every value inside a string that has a digit. Words that
/// name something (`"as-sequence"`) are not the same in two programs.
fn leaves(json: &Value, path: &str, each: &mut dyn FnMut(&str, &str)) {
    match json {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => each(path, &number.to_string()),
        Value::String(text) => {
            // `631 (10101)`: a label, and its three octets.
            let text =
                text.split('(').map(|part| part.split_once(')').map_or(part, |(_, end)| end));
            for word in text.flat_map(|text| {
                text.split(|c: char| !(c.is_ascii_alphanumeric() || ".:/_-".contains(c)))
            }) {
                let named = !word.bytes().any(|byte| byte.is_ascii_digit())
                    || word
                        .bytes()
                        .any(|byte| byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit());
                // `[2001:db8::1]:100`
                let word = if word.starts_with("::") { word } else { word.trim_start_matches(':') };
                if !word.is_empty() && (!named || word.starts_with("0x")) {
                    each(path, word);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, path, each)),
        Value::Object(members) => {
            for (name, item) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(item, &path, each);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn missing(json: &Value, text: &str) -> Vec<String> {
        Said::new(text).missing(json, &|name| name == "raw")
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        let json = json!({
            "nlri": "10.1.0.0/24", "rd": "65000:7", "mac": "00:11:22:33:44:55", "ip": "2001:db8::1",
            "label": [ [ 100, 1601 ] ], "esi": "00:11:22:33:44:55:66:77:88:99", "raw": "FFFF",
        });
        let text = r#"{"prefix":"10.1.0.0","len":24,"As2":{"asn":65000,"number":7},"mac":[0,17,34,51,68,85],
            "address":"2001:0db8:0:0:0:0:0:1","labels":["100 (0x641)"],"esi":"0x00112233445566778899"}"#;
        assert_eq!(missing(&json, text), Vec::<String>::new());
    }

    #[test]
    fn a_value_that_differs_is_not_found() {
        let json = json!({ "nlri": "10.1.0.0/24", "rd": "65000:7", "label": 100, "mac": "00:11:22:33:44:55" });
        let text = "10.1.0.0/25 65000:8 1000 00:11:22:33:44:56";
        let wrong =
            ["label = 100", "mac = 00:11:22:33:44:55", "nlri = 10.1.0.0/24", "rd = 65000:7"];
        let mut found = missing(&json, text);
        found.sort();
        assert_eq!(found, wrong);
    }
}
