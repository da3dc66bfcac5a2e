//! What is offered in the OPEN, after defaults.

use yottabgp_session::settings::{AddPathMode, Settings};
use yottabgp_wire::codes::{Afi, Family};

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::draft::{NeighborDraft, OperationalCapability};

/// The settings that are about capabilities; the rest has its default.
pub(crate) fn resolve(
    draft: &NeighborDraft,
    families: &[Family],
    context: &mut Context<'_>,
) -> Settings {
    let capability = &draft.capability;
    let restarts = capability.graceful_restart.get().copied().flatten().is_some();
    if let Some(at) = capability.graceful_restart_notification.at()
        && at.value
        && !restarts
    {
        let message = "graceful-restart-notification does nothing without graceful-restart";
        let warning = Diagnostic::warning(at.span, message);
        context.problems.push(warning.help("add 'graceful-restart 120;' to capability { … }"));
    }
    let old = context.dialect == Dialect::ExaBgp34;
    let operational = capability.operational.or(OperationalCapability::Off);
    if operational == OperationalCapability::ExaBgp34
        && let Some(at) = capability.long_lived_graceful_restart.at()
        && at.value.is_some()
    {
        let message = "ExaBGP 3.4 has for OPERATIONAL messages the capability that long-lived graceful restart has today";
        let error = Diagnostic::error(at.span, message);
        context.problems.push(error.help("remove it, or write 'operational disable;'"));
    }
    let (add_path, add_path_families) = add_path(draft, families, context);
    Settings {
        asn4: capability.asn4.or(true),
        route_refresh: capability.route_refresh.or(false),
        graceful_restart: capability.graceful_restart.get().copied().flatten(),
        graceful_restart_notification: capability.graceful_restart_notification.or(false),
        long_lived_graceful_restart: capability
            .long_lived_graceful_restart
            .get()
            .copied()
            .flatten(),
        add_path,
        add_path_families,
        next_hop: next_hop(draft, families, context),
        operational: operational != OperationalCapability::Off,
        operational_of_exabgp_3_4: operational == OperationalCapability::ExaBgp34,
        aigp: capability.aigp.get().copied(),
        extended_message: capability.extended_message.or(!old),
        software_version: capability
            .software_version
            .or(false)
            .then(|| context.environment.software()),
        link_local_next_hop: capability.link_local_next_hop.or(false),
        role: capability.role.get().copied(),
        role_strict: capability.role_strict.or(false),
        ..Settings::default()
    }
}

fn add_path(
    draft: &NeighborDraft,
    families: &[Family],
    context: &mut Context<'_>,
) -> (AddPathMode, Vec<(Family, Option<u16>)>) {
    let mode = draft.capability.add_path.or(AddPathMode::default());
    let list = &draft.add_path.list;
    if mode == AddPathMode::default() {
        if let Some(at) = list.first() {
            let message =
                "the section add-path does nothing while the capability add-path is disabled";
            let warning = Diagnostic::warning(at.span, message);
            context.problems.push(warning.help("add 'add-path send/receive;' to capability { … }"));
        }
        return (mode, Vec::new());
    }
    let mut kept = Vec::new();
    for at in list {
        if families.contains(&at.value.0) {
            kept.push(at.value);
        } else {
            let message = format!(
                "add-path for {} does nothing: the neighbor does not have the family",
                at.value.0
            );
            let warning = Diagnostic::warning(at.span, message);
            context.problems.push(warning.help(format!("add '{};' to family {{ … }}", at.value.0)));
        }
    }
    if draft.add_path.all.get().is_some() {
        // The families with a limit stay; the others have none.
        let listed = kept.clone();
        let others = families.iter().filter(|family| !listed.iter().any(|(of, _)| of == *family));
        if !listed.is_empty() {
            kept.extend(others.map(|family| (*family, None)));
        }
        return (mode, kept);
    }
    // An empty list means every family, which is not what a list of other families said.
    let mode = if kept.is_empty() && !list.is_empty() { AddPathMode::default() } else { mode };
    (mode, kept)
}

/// RFC 8950 is about IPv4 prefixes with IPv6 next hops; ExaBGP offers them when the neighbor has the same SAFI of both.
fn next_hop(
    draft: &NeighborDraft,
    families: &[Family],
    context: &mut Context<'_>,
) -> Vec<(Family, Afi)> {
    if draft.capability.next_hop.get() == Some(&false) {
        return Vec::new();
    }
    let mut kept = Vec::new();
    for at in &draft.next_hop {
        let (family, afi) = at.value;
        let other = Family::new(afi, family.safi);
        match [family, other].into_iter().find(|needed| !families.contains(needed)) {
            Some(missing) if family.afi == Afi::IPV4 => {
                let message =
                    format!("this does nothing: the neighbor does not have the family {missing}");
                let warning = Diagnostic::warning(at.span, message);
                context.problems.push(warning.help(format!("add '{missing};' to family {{ … }}")));
            }
            // IPv4 next hops of IPv6 prefixes are no part of the capability, but of what is sent with it.
            _ => kept.push(at.value),
        }
    }
    kept
}
