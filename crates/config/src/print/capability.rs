//! What is offered in the OPEN.

use yottabgp_session::settings::Settings;
use yottabgp_wire::codes::Family;

use super::Lines;
use crate::section::ROLES;
use crate::section::capability::add_path_name;

/// Prints `capability`, `family`, `nexthop` and `add-path`.
pub(super) fn print(settings: &Settings, lines: &mut Lines) {
    let word = |on: bool| if on { "enable" } else { "disable" };
    lines.open(format_args!("capability"));
    lines.line(format_args!("asn4 {};", word(settings.asn4)));
    lines.line(format_args!("route-refresh {};", word(settings.route_refresh)));
    match settings.graceful_restart {
        Some(seconds) => lines.line(format_args!("graceful-restart {seconds};")),
        None => lines.line(format_args!("graceful-restart disable;")),
    }
    if settings.graceful_restart_notification {
        lines.line(format_args!("graceful-restart-notification enable;"));
    }
    if let Some(seconds) = settings.long_lived_graceful_restart {
        lines.line(format_args!("long-lived-graceful-restart {seconds};"));
    }
    let add_path = add_path_name(settings.add_path);
    lines.line(format_args!("add-path {add_path};"));
    lines.line(format_args!("multi-session {};", word(settings.multisession)));
    let operational =
        if settings.operational_of_exabgp_3_4 { "71" } else { word(settings.operational) };
    lines.line(format_args!("operational {operational};"));
    if let Some(aigp) = settings.aigp {
        lines.line(format_args!("aigp {};", word(aigp)));
    }
    lines.line(format_args!("extended-message {};", word(settings.extended_message)));
    lines.line(format_args!("software-version {};", word(settings.software_version.is_some())));
    lines.line(format_args!("nexthop {};", word(!settings.next_hop.is_empty())));
    lines.line(format_args!("link-local-nexthop {};", word(settings.link_local_next_hop)));
    if let Some((role, _)) = ROLES.iter().find(|(_, role)| settings.role == Some(*role)) {
        lines.line(format_args!("role {role};"));
    }
    if settings.role_strict {
        lines.line(format_args!("role-strict true;"));
    }
    lines.close();

    lines.open(format_args!("family"));
    if settings.families == Family::ALL {
        lines.line(format_args!("all;"));
    } else {
        for family in &settings.families {
            let mut words = Vec::new();
            family.push_command(&mut words);
            lines.line(format_args!("{};", String::from_utf8_lossy(&words)));
        }
    }
    lines.close();
    if !settings.next_hop.is_empty() {
        lines.open(format_args!("nexthop"));
        for (family, afi) in &settings.next_hop {
            lines.line(format_args!("{family} {afi};"));
        }
        lines.close();
    }
    if !settings.add_path_families.is_empty() {
        lines.open(format_args!("add-path"));
        for (family, limit) in &settings.add_path_families {
            match limit {
                Some(limit) => lines.line(format_args!("{family} limit {limit};")),
                None => lines.line(format_args!("{family};")),
            }
        }
        lines.close();
    }
}

/// The value of `operational`.
pub(crate) const fn operational(settings: &Settings) -> &'static str {
    match (settings.operational, settings.operational_of_exabgp_3_4) {
        (false, _) => "disable",
        (true, false) => "enable",
        (true, true) => "71",
    }
}
