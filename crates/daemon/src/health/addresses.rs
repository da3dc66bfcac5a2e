//! The addresses of a service on the interfaces of this machine.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use yottabgp_health::Options;
use yottabgp_health::options::{OptionsError, addresses, host_route};
use yottabgp_os::address::{self, InterfaceAddress};
use yottabgp_wire::prefix::Prefix;

/// Where addresses are that have no other interface.
const LOOPBACK: &str = "lo";

/// The addresses that a service is told to set up.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Each with its interface.
    list: Vec<(IpAddr, String)>,
    label: Option<String>,
    exact: bool,
    sudo: bool,
    /// Those that were not there before.
    added: BTreeSet<IpAddr>,
}

impl Addresses {
    /// The networks that the options name or, if they name none, that the loopback interface has, but for those of the
    /// machine itself.
    pub fn find(options: &Options) -> Result<Vec<Prefix>, String> {
        if !options.ips.is_empty() {
            return Ok(options.ips.clone());
        }
        let found = address::list(LOOPBACK).map_err(|error| error.to_string())?;
        let label = options.label.as_deref();
        let good = |one: &InterfaceAddress| {
            let prefix = Prefix { address: one.address, length: one.length };
            let named = label
                .is_none_or(|label| has_label(one, LOOPBACK, label, options.label_exact_match));
            (named && !one.address.is_loopback() && !prefix.has_host_bits()).then_some(prefix)
        };
        Ok(found.iter().filter_map(good).collect())
    }

    /// Those of `networks`, one by one.
    pub fn new(options: &Options, networks: &[Prefix]) -> Result<Self, OptionsError> {
        let mut list = Vec::new();
        if options.sets_up_addresses() {
            for network in networks {
                let interface = options
                    .interfaces
                    .iter()
                    .find(|(of, _)| of == network)
                    .map(|(_, name)| name.as_str());
                let interface = interface.unwrap_or(LOOPBACK);
                let all = addresses(std::slice::from_ref(network))?;
                list.extend(all.into_iter().map(|address| (address, interface.to_owned())));
            }
        }
        Ok(Self {
            list,
            label: options.label.clone(),
            exact: options.label_exact_match,
            sudo: options.sudo,
            added: BTreeSet::new(),
        })
    }

    /// Adds those that are missing. Goes on after a failure, and tells of the first.
    pub fn add(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        for (address, interface) in &self.list {
            let label = self.label.as_ref().map(|label| format!("{interface}:{label}"));
            match add(*address, interface, label.as_deref(), self.sudo) {
                Ok(true) => _ = self.added.insert(*address),
                Ok(false) => {}
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }

    /// Removes those that are there: with a label, only those that have it or that we added.
    pub fn remove(&mut self) -> Result<(), String> {
        let mut result = Ok(());
        let mut interfaces: Vec<&str> = self.list.iter().map(|(_, name)| name.as_str()).collect();
        interfaces.sort_unstable();
        interfaces.dedup();
        for interface in interfaces {
            let there = match address::list(interface) {
                Ok(there) => there,
                Err(error) => {
                    result = result.and(Err(error.to_string()));
                    continue;
                }
            };
            for (address, _) in self.list.iter().filter(|(_, on)| on == interface) {
                let ours = |one: &&InterfaceAddress| {
                    one.address == *address
                        && one.length == host_route(*address).length
                        && (self.added.contains(address)
                            || self
                                .label
                                .as_ref()
                                .is_none_or(|label| has_label(one, interface, label, self.exact)))
                };
                if there.iter().any(|one| ours(&one)) {
                    result = result.and(remove(*address, interface, self.sudo));
                }
            }
        }
        self.added.clear();
        result
    }

    /// Takes the place of `other`: what is in both stays, what is in `other` only is removed, the rest is added.
    pub fn take_over(&mut self, mut other: Self) -> Result<(), String> {
        let (kept, gone) = other.list.into_iter().partition(|one| self.list.contains(one));
        let kept: Vec<(IpAddr, String)> = kept;
        self.added = other
            .added
            .iter()
            .copied()
            .filter(|one| kept.iter().any(|(of, _)| of == one))
            .collect();
        other.list = gone;
        other.remove().and(self.add())
    }
}

/// Whether an address has a label, which an interface's name and a colon come before.
fn has_label(one: &InterfaceAddress, interface: &str, label: &str, exact: bool) -> bool {
    let own = one.label.as_deref().and_then(|own| own.strip_prefix(interface)?.strip_prefix(':'));
    own.is_some_and(|own| if exact { own == label } else { own.starts_with(label) })
}

fn add(address: IpAddr, interface: &str, label: Option<&str>, sudo: bool) -> Result<bool, String> {
    let length = host_route(address).length;
    if sudo {
        // There already is no error, and `ip` says so by its status only.
        let present = address::list(interface).map_err(|error| error.to_string())?;
        if present.iter().any(|one| one.address == address && one.length == length) {
            return Ok(false);
        }
        return by_sudo("add", address, interface, label).map(|()| true);
    }
    address::add(interface, address, length, label).map_err(|error| error.to_string())
}

fn remove(address: IpAddr, interface: &str, sudo: bool) -> Result<(), String> {
    if sudo {
        return by_sudo("delete", address, interface, None);
    }
    let removed = address::remove(interface, address, host_route(address).length);
    removed.map(drop).map_err(|error| error.to_string())
}

/// `sudo ip address …`, which may not ask for a password: there is nobody to answer.
fn by_sudo(
    verb: &str,
    address: IpAddr,
    interface: &str,
    label: Option<&str>,
) -> Result<(), String> {
    let mut command = Command::new("sudo");
    command.args(["-n", "ip", "address", verb]).arg(host_route(address).to_string());
    command.args(["dev", interface]);
    if let Some(label) = label.filter(|_| address.is_ipv4()) {
        command.args(["label", label]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let failed = |why: String| format!("sudo ip address {verb} {address} dev {interface}: {why}");
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(output.stderr.trim_ascii()).into_owned()))
}
