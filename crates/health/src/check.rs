//! What is checked: the built-in checks, as they are written.

use regex::Regex;

/// One built-in check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// `tcp:HOST:PORT`: a connection is accepted.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// `http://…`, `https://…`: a page is answered.
    Http {
        /// Whether it is encrypted.
        tls: bool,
        /// A name or an address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// Path and query; begins with `/`.
        path: String,
    },
    /// `dns:SERVER/NAME/TYPE`: a name is answered.
    Dns {
        /// An address or name of the server.
        server: String,
        /// Its port.
        port: u16,
        /// The name that is asked for.
        name: String,
        /// The type of record.
        kind: RecordType,
    },
    /// `file:PATH`: a file exists.
    File(String),
}

/// A type of DNS record (IANA, "Resource Record (RR) TYPEs").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordType(pub u16);

impl RecordType {
    const NAMED: &'static [(&'static str, u16)] = &[
        ("A", 1),
        ("NS", 2),
        ("CNAME", 5),
        ("SOA", 6),
        ("PTR", 12),
        ("MX", 15),
        ("TXT", 16),
        ("AAAA", 28),
        ("SRV", 33),
        ("DNSKEY", 48),
        ("SVCB", 64),
        ("HTTPS", 65),
        ("CAA", 257),
    ];

    fn parse(text: &str) -> Option<Self> {
        let named = Self::NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map(|(_, code)| *code).or_else(|| text.parse().ok()).map(Self)
    }
}

/// The forms, for messages.
const FORMS: &str = "write tcp:HOST:PORT, http://HOST[:PORT][/PATH], https://…, dns:SERVER[:PORT]/NAME/TYPE or file:PATH";

impl Check {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("'{text}' is not a check: {why}");
        if let Some(rest) = text.strip_prefix("tcp:") {
            let (host, port) = host_and_port(rest).ok_or_else(|| wrong("write tcp:HOST:PORT"))?;
            let port = port.ok_or_else(|| wrong("it has no port: write tcp:HOST:PORT"))?;
            return Ok(Self::Tcp { host, port });
        }
        for (scheme, tls, default) in [("http://", false, 80), ("https://", true, 443)] {
            let Some(rest) = text.strip_prefix(scheme) else { continue };
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let path = path.split('#').next().unwrap_or_default();
            if authority.contains('@') || text.chars().any(|c| c.is_control() || c == ' ') {
                return Err(wrong("users and blanks have no place in it"));
            }
            let (host, port) =
                host_and_port(authority).ok_or_else(|| wrong("write http://HOST[:PORT][/PATH]"))?;
            let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
            return Ok(Self::Http { tls, host, port: port.unwrap_or(default), path });
        }
        if let Some(rest) = text.strip_prefix("dns:") {
            let parts: Vec<&str> = rest.split('/').collect();
            let [server, name, kind] = parts.as_slice() else {
                return Err(wrong("write dns:SERVER[:PORT]/NAME/TYPE"));
            };
            let (server, port) =
                host_and_port(server).ok_or_else(|| wrong("write dns:SERVER[:PORT]/NAME/TYPE"))?;
            let kind = RecordType::parse(kind)
                .ok_or_else(|| wrong("the type is a name such as A or AAAA, or a number"))?;
            let name = name.trim_end_matches('.').to_owned();
            return Ok(Self::Dns { server, port: port.unwrap_or(53), name, kind });
        }
        if let Some(path) = text.strip_prefix("file:").filter(|path| !path.is_empty()) {
            return Ok(Self::File(path.to_owned()));
        }
        Err(wrong(FORMS))
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bracketed =
            |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        match self {
            Self::Tcp { host, port } => write!(f, "tcp:{}:{port}", bracketed(host)),
            Self::Http { tls, host, port, path } => {
                let scheme = if *tls { "https" } else { "http" };
                write!(f, "{scheme}://{}:{port}{path}", bracketed(host))
            }
            Self::Dns { server, port, name, kind } => {
                write!(f, "dns:{}:{port}/{name}/", bracketed(server))?;
                match RecordType::NAMED.iter().find(|(_, code)| *code == kind.0) {
                    Some((kind, _)) => f.write_str(kind),
                    None => write!(f, "{}", kind.0),
                }
            }
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

/// `HOST`, `HOST:PORT`, `[ADDRESS]:PORT`, or an IPv6 address alone.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
        (text, None)
    } else {
        match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let port = match port {
        Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port != 0)?),
        None => None,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// The statuses of HTTP that are good: `200`, `200-299`, several with commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses(Vec<(u16, u16)>);

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![(200, 299)])
    }
}

impl Statuses {
    /// Reads them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            let number = text.trim().parse::<u16>().ok();
            number.filter(|number| (100..=999).contains(number))
        };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges
            .map(Self)
            .ok_or_else(|| format!("'{text}' is not a list of statuses, such as 200-299,401"))
    }

    /// Whether a status is good.
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

/// A regular expression that a page has to match; equal when they are written equally.
#[derive(Clone, Debug)]
pub struct Body(pub Regex);

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for Body {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_read_and_shown() {
        for (text, shown) in [
            ("tcp:localhost:80", "tcp:localhost:80"),
            ("tcp:[::1]:80", "tcp:[::1]:80"),
            ("http://ip6-localhost", "http://ip6-localhost:80/"),
            ("https://[2001:db8::1]:8443/a?b#c", "https://[2001:db8::1]:8443/a?b"),
            ("http://a?q", "http://a:80/?q"),
            ("dns:192.0.2.53/example.com./AAAA", "dns:192.0.2.53:53/example.com/AAAA"),
            ("dns:::1/example.com/a", "dns:[::1]:53/example.com/A"),
            ("dns:[::1]:5353/example.com/99", "dns:[::1]:5353/example.com/99"),
            ("file:/run/ready", "file:/run/ready"),
        ] {
            assert_eq!(Check::parse(text).map(|check| check.to_string()), Ok(shown.to_owned()));
        }
        for text in [
            "tcp:localhost",
            "tcp::80",
            "tcp:a:0",
            "tcp:a:b",
            "http://",
            "http://a:b/",
            "http://u@h/",
            "http://a/b c",
            "dns:a/b",
            "dns:a/b/c/A",
            "dns:a/b/NONE",
            "file:",
            "ping:a",
            "",
        ] {
            assert!(Check::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn statuses_are_ranges() {
        let statuses = Statuses::parse("200-204,401").unwrap();
        assert!(statuses.has(200) && statuses.has(204) && statuses.has(401));
        assert!(!statuses.has(205) && !statuses.has(400));
        for text in ["", "2xx", "300-200", "99", "1000"] {
            assert!(Statuses::parse(text).is_err(), "{text}");
        }
    }
}
