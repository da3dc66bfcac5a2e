//! The values of the options, and the checks between them.

use std::net::IpAddr;
use std::time::Duration;

use yottabgp_wire::prefix::Prefix;

use crate::announcement::Grammar;
use crate::check::{Body, Check, Statuses};

/// The most addresses that are set up or announced one by one.
pub const MOST_ADDRESSES: u64 = 65536;

/// What the check is told; the fields are the options of [`crate::table`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Options {
    /// Log nothing to standard error.
    pub silent: bool,
    /// The facility of syslog.
    pub syslog_facility: Option<String>,
    /// Log nothing to syslog.
    pub no_syslog: bool,
    /// Log everything, and not to syslog.
    pub debug: bool,
    /// Acknowledgements are not read.
    pub no_ack: bool,
    /// Addresses are set up by `sudo ip`.
    pub sudo: bool,
    /// The name in logs, events and commands.
    pub name: Option<String>,
    /// The file with more options.
    pub config: Option<String>,
    /// Where the process id is written.
    pub pid: Option<String>,
    /// The user to become.
    pub user: Option<String>,
    /// The group to become.
    pub group: Option<String>,
    /// The grammar of the commands.
    pub grammar: Grammar,

    /// From check to check; zero ends after the first announcement.
    pub interval: Duration,
    /// The same while the state is about to change.
    pub fast_interval: Duration,
    /// Each is longer by a random time of up to this.
    pub jitter: Duration,
    /// How long a check may take; zero for ever.
    pub timeout: Duration,
    /// How many checks in a row have to succeed.
    pub rise: u32,
    /// How many checks in a row have to fail.
    pub fall: u32,
    /// While this file exists, the service is disabled.
    pub disable: Option<String>,
    /// While this file exists, the service is drained.
    pub drain: Option<String>,
    /// How long drained routes are announced before they are withdrawn.
    pub drain_time: Duration,
    /// A shell command that succeeds when the service is healthy.
    pub command: Option<String>,
    /// Built-in checks.
    pub checks: Vec<Check>,
    /// The statuses that checks of HTTP take for good.
    pub http_status: Statuses,
    /// What pages have to match.
    pub http_body: Option<Body>,
    /// So many falls within [`Self::flap_window`] keep it down; 0 for no limit.
    pub flap_limit: u32,
    /// See [`Self::flap_limit`].
    pub flap_window: Duration,

    /// The next hop, one for each family; `self` when there is none.
    pub next_hops: Vec<IpAddr>,
    /// What is announced; empty for the addresses of the loopback interface.
    pub ips: Vec<Prefix>,
    /// Interfaces of addresses that are not on the loopback interface.
    pub interfaces: Vec<(Prefix, String)>,
    /// LOCAL_PREF.
    pub local_preference: Option<u32>,
    /// Networks are announced as host routes.
    pub deaggregate: bool,
    /// Addresses are not set up.
    pub no_ip_setup: bool,
    /// Addresses are there only while the service is up.
    pub dynamic_ip_setup: bool,
    /// The label of the addresses, without the name of the interface.
    pub label: Option<String>,
    /// The label is all of it, and not its start.
    pub label_exact_match: bool,
    /// The index of the address that comes first.
    pub start_ip: i64,
    /// The metric of the first address in each state.
    pub up_metric: u32,
    /// See [`Self::up_metric`].
    pub down_metric: u32,
    /// See [`Self::up_metric`].
    pub disabled_metric: u32,
    /// See [`Self::up_metric`].
    pub drained_metric: u32,
    /// What the metric grows by from address to address.
    pub increase: i64,
    /// Standard communities.
    pub community: Option<String>,
    /// The same while down or disabled.
    pub disabled_community: Option<String>,
    /// Extended communities.
    pub extended_community: Option<String>,
    /// Large communities.
    pub large_community: Option<String>,
    /// AS_PATH.
    pub as_path: Option<String>,
    /// The same while up.
    pub up_as_path: Option<String>,
    /// The same while down.
    pub down_as_path: Option<String>,
    /// The same while disabled.
    pub disabled_as_path: Option<String>,
    /// Routes are withdrawn while down or disabled, and not announced with a worse metric.
    pub withdraw_on_down: bool,
    /// The path identifier (RFC 7911); 0 for none.
    pub path_id: u32,
    /// The neighbors; empty for all.
    pub neighbors: Vec<IpAddr>,
    /// Routes are announced only when the state changes.
    pub debounce: bool,

    /// Commands for every change of state.
    pub execute: Vec<String>,
    /// Commands when the service gets up.
    pub up_execute: Vec<String>,
    /// Commands when it gets down.
    pub down_execute: Vec<String>,
    /// Commands when it gets disabled.
    pub disabled_execute: Vec<String>,
    /// How long such a command may take.
    pub execute_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            silent: false,
            syslog_facility: None,
            no_syslog: false,
            debug: false,
            no_ack: false,
            sudo: false,
            name: None,
            config: None,
            pid: None,
            user: None,
            group: None,
            grammar: Grammar::default(),
            interval: Duration::from_secs(5),
            fast_interval: Duration::from_secs(1),
            jitter: Duration::ZERO,
            timeout: Duration::from_secs(5),
            rise: 3,
            fall: 3,
            disable: None,
            drain: None,
            drain_time: Duration::from_secs(30),
            command: None,
            checks: Vec::new(),
            http_status: Statuses::default(),
            http_body: None,
            flap_limit: 0,
            flap_window: Duration::from_secs(300),
            next_hops: Vec::new(),
            ips: Vec::new(),
            interfaces: Vec::new(),
            local_preference: None,
            deaggregate: false,
            no_ip_setup: false,
            dynamic_ip_setup: false,
            label: None,
            label_exact_match: false,
            start_ip: 0,
            up_metric: 100,
            down_metric: 1000,
            disabled_metric: 500,
            drained_metric: 500,
            increase: 1,
            community: None,
            disabled_community: None,
            extended_community: None,
            large_community: None,
            as_path: None,
            up_as_path: None,
            down_as_path: None,
            disabled_as_path: None,
            withdraw_on_down: false,
            path_id: 0,
            neighbors: Vec::new(),
            debounce: false,
            execute: Vec::new(),
            up_execute: Vec::new(),
            down_execute: Vec::new(),
            disabled_execute: Vec::new(),
            execute_timeout: Duration::from_secs(60),
        }
    }
}

/// What is wrong with an option, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}{message}")]
pub struct OptionsError {
    place: String,
    message: String,
}

impl OptionsError {
    /// An error of the command line.
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: String::new(), message: message.into() }
    }

    /// The same, at a place: `FILE:LINE`.
    #[must_use]
    pub fn at(mut self, place: String) -> Self {
        self.place = format!("{place}: ");
        self
    }
}

impl Options {
    /// Checks what options say of each other. To be called once all are read.
    pub fn check(&self) -> Result<(), OptionsError> {
        let logs = [
            (self.silent, "--silent"),
            (self.syslog_facility.is_some(), "--syslog-facility"),
            (self.no_syslog, "--no-syslog"),
        ];
        let said: Vec<&str> =
            logs.iter().filter(|(said, _)| *said).map(|(_, name)| *name).collect();
        if let [first, second, ..] = said.as_slice() {
            let message = format!("{second} is not allowed with {first}: log there, or here");
            return Err(OptionsError::new(message));
        }
        for (ip, interface) in &self.interfaces {
            if !self.ips.contains(ip) {
                let message = format!("--ip-ifname {ip}%{interface}: there is no --ip {ip}");
                return Err(OptionsError::new(message));
            }
        }
        if self.sets_up_addresses() {
            addresses(&self.ips)?;
        } else if self.deaggregate {
            addresses(&self.ips).map_err(|error| {
                let message =
                    error.message.replace("use --no-ip-setup", "it can not be deaggregated");
                OptionsError::new(message)
            })?;
        }
        Ok(())
    }

    /// Whether addresses are added and removed at all.
    pub const fn sets_up_addresses(&self) -> bool {
        !self.no_ip_setup || self.dynamic_ip_setup
    }

    /// Whether the addresses may be removed when the check ends: those that it was told to set up, and not those that it
    /// found, unless it was told to handle them.
    pub fn removes_addresses(&self) -> bool {
        self.dynamic_ip_setup || !self.no_ip_setup && !self.ips.is_empty()
    }

    /// What is announced, in its order, if `found` is what the options name, or else what the loopback interface has.
    pub fn prefixes(&self, found: &[Prefix]) -> Result<Vec<Prefix>, OptionsError> {
        let mut prefixes = if self.deaggregate {
            addresses(found)?.into_iter().map(host_route).collect()
        } else {
            found.to_vec()
        };
        let count = i64::try_from(prefixes.len()).unwrap_or(i64::MAX).max(1);
        let first = usize::try_from(self.start_ip.rem_euclid(count)).unwrap_or_default();
        if first < prefixes.len() {
            prefixes.rotate_left(first);
        }
        Ok(prefixes)
    }
}

/// The single addresses of networks, each once.
pub fn addresses(networks: &[Prefix]) -> Result<Vec<IpAddr>, OptionsError> {
    let mut all = Vec::new();
    for network in networks {
        let left = MOST_ADDRESSES.saturating_sub(all.len() as u64);
        let longest = host_route(network.address).length;
        let Some(parts) = network.split(longest, left) else {
            let message = format!(
                "{network} has more than {left} addresses, too many to be set up one by one: use --no-ip-setup"
            );
            return Err(OptionsError::new(message));
        };
        all.extend(parts.map(|part| part.address));
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|address| seen.insert(*address));
    Ok(all)
}

/// An address as a prefix of its full length.
pub const fn host_route(address: IpAddr) -> Prefix {
    let length = if address.is_ipv4() { 32 } else { 128 };
    Prefix { address, length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(options: &Options) -> Vec<String> {
        options.prefixes(&options.ips).unwrap().iter().map(Prefix::to_string).collect()
    }

    #[test]
    fn the_first_address_is_any_of_them() {
        let ips = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(|ip| Prefix::parse(ip).unwrap());
        for (start_ip, first) in
            [(0, "192.0.2.1/32"), (1, "192.0.2.2/32"), (4, "192.0.2.2/32"), (-1, "192.0.2.3/32")]
        {
            let options = Options { ips: ips.to_vec(), start_ip, ..Options::default() };
            assert_eq!(prefixes(&options)[0], first);
        }
    }

    #[test]
    fn networks_are_taken_apart_as_far_as_it_makes_sense() {
        let ips =
            vec![Prefix::parse("192.0.2.0/30").unwrap(), Prefix::parse("2001:db8::/127").unwrap()];
        let options = Options { ips, deaggregate: true, ..Options::default() };
        assert_eq!(prefixes(&options).len(), 6);
        assert_eq!(prefixes(&options)[5], "2001:db8::1/128");
        let wide =
            Options { ips: vec![Prefix::parse("2001:db8::/64").unwrap()], ..Options::default() };
        let error = wide.check().unwrap_err().to_string();
        assert_eq!(
            error,
            "2001:db8::/64 has more than 65536 addresses, too many to be set up one by one: use --no-ip-setup"
        );
        assert_eq!(Options { no_ip_setup: true, ..wide }.check(), Ok(()));
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        let options = Options { silent: true, no_syslog: true, ..Options::default() };
        let error = options.check().unwrap_err().to_string();
        assert_eq!(error, "--no-syslog is not allowed with --silent: log there, or here");
        let ip = Prefix::parse("192.0.2.1").unwrap();
        let options = Options { interfaces: vec![(ip, "eth0".into())], ..Options::default() };
        let error = options.check().unwrap_err().to_string();
        assert_eq!(error, "--ip-ifname 192.0.2.1/32%eth0: there is no --ip 192.0.2.1/32");
    }
}
