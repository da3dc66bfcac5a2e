//! The families of a neighbor.

use yottabgp_wire::codes::{Afi, Family, Safi};

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::draft::NeighborDraft;

/// The families: those listed, those of the routes (`minimal`), or all.
pub(crate) fn resolve(draft: &NeighborDraft, context: &mut Context<'_>) -> Vec<Family> {
    let mut families: Vec<Family> = draft.family.list.iter().map(|at| at.value).collect();
    let minimal = draft.family.minimal.at();
    // Without a section, several sessions of ExaBGP 3.4 are for the families of the routes.
    let by_routes = context.dialect == Dialect::ExaBgp34
        && families.is_empty()
        && draft.family.all.get().is_none()
        && draft.capability.multi_session.or(false);
    if minimal.is_some() || by_routes {
        for terms in draft.routes.terms() {
            if !families.contains(&terms.family) {
                families.push(terms.family);
            }
        }
    }
    if let Some(minimal) = minimal {
        let message = "'minimal' is the ExaBGP 3.4 way to say the families of the routes";
        let warning = Diagnostic::warning(minimal.span, message);
        let list: String = families.iter().map(|family| format!("{family}; ")).collect();
        let help = match families.is_empty() {
            true => "without routes it means every family: write family { all; }".to_owned(),
            false => format!("write family {{ {list}}}"),
        };
        context.problems.push_old("minimal", warning.help(help));
    }
    if families.is_empty() || draft.family.all.get().is_some() {
        return all(context.dialect);
    }
    families
}

/// Every family that an ExaBGP of this dialect has.
fn all(dialect: Dialect) -> Vec<Family> {
    let has = |family: &Family| match dialect {
        Dialect::ExaBgp34 => match family.afi {
            Afi::IPV4 => [
                Safi::UNICAST,
                Safi::MULTICAST,
                Safi::NLRI_MPLS,
                Safi::MPLS_VPN,
                Safi::FLOW,
                Safi::FLOW_VPN,
            ]
            .contains(&family.safi),
            Afi::IPV6 => {
                [Safi::UNICAST, Safi::NLRI_MPLS, Safi::MPLS_VPN, Safi::FLOW, Safi::FLOW_VPN]
                    .contains(&family.safi)
            }
            afi => afi == Afi::L2VPN && family.safi == Safi::VPLS,
        },
        Dialect::ExaBgp4 => !matches!(family.safi, Safi::MCAST_VPN | Safi::MUP | Safi::SR_POLICY),
        Dialect::ExaBgp5 => true,
    };
    Family::ALL.iter().copied().filter(has).collect()
}
