//! What is announced in which state, as a command of the API.

use std::fmt::Write as _;
use std::net::IpAddr;

use yottabgp_wire::prefix::Prefix;

use crate::options::Options;
use crate::state::State;

/// GRACEFUL_SHUTDOWN (RFC 8326 section 5).
const GRACEFUL_SHUTDOWN: &str = "65535:0";

/// The grammar of the commands: what the daemon understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grammar {
    /// `neighbor A, neighbor B announce …`: ExaBGP up to 5, and this daemon.
    #[default]
    V4,
    /// `peer A announce …`: ExaBGP 6, which takes one peer or all of them; and this daemon.
    V6,
    /// Without a selection, for the daemon's own checks: it selects by itself.
    Own,
}

impl Grammar {
    /// Reads the version of the API.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "4" => Ok(Self::V4),
            "6" => Ok(Self::V6),
            _ => Err(format!("'{text}' is not a version of the API: 4 or 6")),
        }
    }

    /// The selections in front of the commands: one command for each.
    pub fn selections(self, neighbors: &[IpAddr]) -> Vec<String> {
        let each =
            |word: &str| neighbors.iter().map(|one| format!("{word} {one}")).collect::<Vec<_>>();
        match self {
            Self::Own => vec![String::new()],
            Self::V4 if neighbors.is_empty() => vec!["neighbor * ".to_owned()],
            Self::V6 if neighbors.is_empty() => vec!["peer * ".to_owned()],
            Self::V4 => vec![each("neighbor").join(", ") + " "],
            Self::V6 => each("peer").into_iter().map(|peer| peer + " ").collect(),
        }
    }
}

/// Whether routes are announced in this state; they are withdrawn otherwise.
pub const fn announces(options: &Options, state: State) -> bool {
    match state {
        State::Up | State::Draining => true,
        State::Down | State::Disabled => !options.withdraw_on_down,
        _ => false,
    }
}

/// The command, without a selection, for the `index`th of the prefixes.
pub fn command(options: &Options, state: State, index: usize, prefix: Prefix) -> String {
    let mut text = String::new();
    let announces = announces(options, state);
    let verb = if announces { "announce" } else { "withdraw" };
    // Writing to a string can not fail.
    let _ = write!(text, "{verb} route {prefix} next-hop ");
    match next_hop(options, prefix) {
        Some(next_hop) => _ = write!(text, "{next_hop}"),
        None => text.push_str("self"),
    }
    if announces {
        attributes(options, state, index, &mut text);
    }
    if options.path_id != 0 {
        let _ = write!(text, " path-information {}", options.path_id);
    }
    text
}

fn attributes(options: &Options, state: State, index: usize, text: &mut String) {
    let _ = write!(text, " med {}", metric(options, state, index));
    if let Some(preference) = options.local_preference {
        let _ = write!(text, " local-preference {preference}");
    }
    let mut list = |word: &str, values: &[Option<&str>]| {
        let values: Vec<&str> =
            values.iter().flatten().copied().filter(|value| !value.is_empty()).collect();
        if !values.is_empty() {
            let _ = write!(text, " {word} [ {} ]", values.join(" "));
        }
    };
    let community = match state {
        State::Down | State::Disabled => {
            let own = options.disabled_community.as_deref().filter(|own| !own.is_empty());
            own.or(options.community.as_deref())
        }
        _ => options.community.as_deref(),
    };
    let shutdown = (state == State::Draining).then_some(GRACEFUL_SHUTDOWN);
    list("community", &[community, shutdown]);
    list("extended-community", &[options.extended_community.as_deref()]);
    list("large-community", &[options.large_community.as_deref()]);
    let as_path = match state {
        State::Up => options.up_as_path.as_deref(),
        State::Down => options.down_as_path.as_deref(),
        State::Disabled => options.disabled_as_path.as_deref(),
        _ => None,
    };
    list("as-path", &[as_path.or(options.as_path.as_deref())]);
}

/// The metric of the `index`th prefix. What can not be said on the wire is the nearest that can.
fn metric(options: &Options, state: State, index: usize) -> u32 {
    let first = match state {
        State::Up => options.up_metric,
        State::Down => options.down_metric,
        State::Disabled => options.disabled_metric,
        _ => options.drained_metric,
    };
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    let metric = i64::from(first).saturating_add(options.increase.saturating_mul(index));
    u32::try_from(metric.max(0)).unwrap_or(u32::MAX)
}

/// The next hop of the prefix' family, or else the only one; `None` for `self`.
fn next_hop(options: &Options, prefix: Prefix) -> Option<IpAddr> {
    let of_family = options.next_hops.iter().find(|hop| hop.is_ipv4() == prefix.address.is_ipv4());
    of_family.or(options.next_hops.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::find;

    fn options(words: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        for (name, value) in words {
            let value = Some(*value).filter(|value| !value.is_empty());
            find(name).unwrap().set(&mut options, value).unwrap();
        }
        options
    }

    fn said(options: &Options, state: State, index: usize) -> String {
        command(options, state, index, Prefix::parse("192.0.2.1").unwrap())
    }

    #[test]
    fn attributes_are_those_of_the_state() {
        let options = options(&[
            ("local-preference", "50"),
            ("community", "65000:1"),
            ("disabled-community", "65000:9"),
            ("extended-community", "target:1:1"),
            ("large-community", "1:2:3"),
            ("as-path", "65000"),
            ("up-as-path", "65000 65000"),
            ("path-id", "7"),
        ]);
        let tail = "extended-community [ target:1:1 ] large-community [ 1:2:3 ] as-path";
        for (state, expected) in [
            (
                State::Up,
                format!("med 101 local-preference 50 community [ 65000:1 ] {tail} [ 65000 65000 ]"),
            ),
            (
                State::Down,
                format!("med 1001 local-preference 50 community [ 65000:9 ] {tail} [ 65000 ]"),
            ),
            (
                State::Disabled,
                format!("med 501 local-preference 50 community [ 65000:9 ] {tail} [ 65000 ]"),
            ),
            (
                State::Draining,
                format!(
                    "med 501 local-preference 50 community [ 65000:1 65535:0 ] {tail} [ 65000 ]"
                ),
            ),
        ] {
            let command =
                format!("announce route 192.0.2.1/32 next-hop self {expected} path-information 7");
            assert_eq!(said(&options, state, 1), command);
        }
        for state in [State::Drained, State::Exit] {
            let command = "withdraw route 192.0.2.1/32 next-hop self path-information 7";
            assert_eq!(said(&options, state, 1), command);
        }
    }

    #[test]
    fn down_is_a_worse_metric_or_nothing() {
        let worse = options(&[]);
        assert_eq!(
            said(&worse, State::Down, 0),
            "announce route 192.0.2.1/32 next-hop self med 1000"
        );
        let nothing = options(&[("withdraw-on-down", "")]);
        assert_eq!(said(&nothing, State::Down, 0), "withdraw route 192.0.2.1/32 next-hop self");
        assert_eq!(said(&nothing, State::Disabled, 0), "withdraw route 192.0.2.1/32 next-hop self");
    }

    #[test]
    fn each_family_has_its_next_hop() {
        let options = options(&[("next-hop", "192.0.2.9"), ("next-hop", "2001:db8::9")]);
        let six = Prefix::parse("2001:db8::1").unwrap();
        assert_eq!(
            command(&options, State::Exit, 0, six),
            "withdraw route 2001:db8::1/128 next-hop 2001:db8::9"
        );
        assert_eq!(
            said(&options, State::Exit, 0),
            "withdraw route 192.0.2.1/32 next-hop 192.0.2.9"
        );
    }

    #[test]
    fn metrics_stay_in_range() {
        let options = options(&[("increase", "-60")]);
        assert!(said(&options, State::Up, 1).ends_with(" med 40"));
        assert!(said(&options, State::Up, 2).ends_with(" med 0"));
    }

    #[test]
    fn neighbors_are_selected_in_both_grammars() {
        let two: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        assert_eq!(Grammar::V4.selections(&[]), ["neighbor * "]);
        assert_eq!(Grammar::V6.selections(&[]), ["peer * "]);
        assert_eq!(Grammar::V4.selections(&two), ["neighbor 192.0.2.1, neighbor 2001:db8::1 "]);
        assert_eq!(Grammar::V6.selections(&two), ["peer 192.0.2.1 ", "peer 2001:db8::1 "]);
    }
}
