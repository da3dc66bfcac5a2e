//! The lines of a helper, in each form.

/// A form of a line.
pub(crate) struct Form {
    /// Its name.
    pub(crate) name: &'static str,
    /// The family of the routes, as the configuration spells it.
    pub(crate) family: &'static str,
    /// How many routes a line has.
    pub(crate) routes: u32,
    /// The line of a number.
    pub(crate) line: fn(u32) -> String,
}

/// Every form that is measured. The MED goes around: attributes are not those of the line before.
pub(crate) const FORMS: &[Form] = &[
    Form { name: "plain", family: "ipv4 unicast", routes: 1, line: plain },
    Form {
        name: "of the grammar of ExaBGP 6",
        family: "ipv4 unicast",
        routes: 1,
        line: |number| format!("peer * {}", plain(number)),
    },
    Form {
        name: "attributes … nlri, 10 prefixes",
        family: "ipv4 unicast",
        routes: 10,
        line: |number| {
            let prefixes: Vec<_> = (0..10).map(|one| prefix(10 * number + one)).collect();
            format!(
                "announce attributes next-hop 192.0.2.1 med {} nlri {}",
                number % 100,
                prefixes.join(" ")
            )
        },
    },
    Form {
        name: "IPv6",
        family: "ipv6 unicast",
        routes: 1,
        line: |number| {
            let med = number % 100;
            format!("announce route 2001:db8:{number:x}::/48 next-hop 2001:db8::1 med {med}")
        },
    },
    Form {
        name: "VPN",
        family: "ipv4 mpls-vpn",
        routes: 1,
        line: |number| {
            let (prefix, med) = (prefix(number), number % 100);
            format!("announce route {prefix} rd 65000:1 label 100 next-hop 192.0.2.1 med {med}")
        },
    },
    Form {
        name: "FlowSpec",
        family: "ipv4 flow",
        routes: 1,
        line: |number| {
            let prefix = prefix(number);
            format!(
                "announce flow route {{ match {{ destination {prefix}; protocol tcp; destination-port =80; }} then {{ discard; }} }}"
            )
        },
    },
];

/// The plain form.
pub(crate) fn plain(number: u32) -> String {
    format!("announce route {} next-hop 192.0.2.1 med {}", prefix(number), number % 100)
}

/// A /24 of a number.
pub(crate) fn prefix(number: u32) -> String {
    let [_, high, middle, low] = number.to_be_bytes();
    format!("{}.{middle}.{low}.0/24", 20 + high)
}
