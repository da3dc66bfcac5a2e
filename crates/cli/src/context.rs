//! The session that `decode`, `encode` and `validate` speak for: one made up, or that of a configured neighbor.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::{Result, anyhow, bail};
use yottabgp_config::Neighbor;
use yottabgp_session::negotiate::{Ends, announce, negotiate};
use yottabgp_session::settings::AddPathMode;
use yottabgp_wire::asn::Asn;
use yottabgp_wire::codes::Family;
use yottabgp_wire::io::tokens::did_you_mean;
use yottabgp_wire::negotiated::Negotiated;

/// The AS number that is made up, as ExaBGP's `decode` and `encode` have it.
const AS: Asn = Asn(65533);

/// What a neighbor and a peer that mirrors it would agree upon: the peer has every capability that the neighbor has.
pub(crate) fn of_neighbor(neighbor: &Neighbor) -> Result<Negotiated> {
    let mut ours = neighbor.settings.clone();
    let peer_as = ours.peer_as.or(ours.local_as).unwrap_or(AS);
    let local_as = ours.local_as.unwrap_or(peer_as);
    ours.local_as = Some(local_as);
    ours.peer_as = Some(peer_as);
    let mut theirs = ours.clone();
    // Any other identifier will do.
    theirs.router_id = Ipv4Addr::from_bits(ours.router_id.to_bits() ^ 1);
    if theirs.router_id.is_unspecified() {
        theirs.router_id = Ipv4Addr::new(0, 0, 0, 2);
    }
    let AddPathMode { receive, send } = ours.add_path;
    theirs.add_path = AddPathMode { receive: send, send: receive };
    theirs.role = ours.role.map(counterpart);
    let ends = Ends { local: local_address(neighbor), peer: neighbor.peer.address };
    let (our_open, their_open) =
        (announce(&ours, local_as, false), announce(&theirs, peer_as, false));
    negotiate(&ours, &our_open, &their_open, ends).map_err(|refusal| anyhow!("{refusal}"))
}

/// The role of the other side (RFC 9234 section 4.2).
const fn counterpart(role: u8) -> u8 {
    match role {
        0 => 3,
        1 => 2,
        2 => 1,
        3 => 0,
        other => other,
    }
}

/// Our address; one of the peer's family where the system would choose it.
pub(crate) fn local_address(neighbor: &Neighbor) -> IpAddr {
    neighbor.local_address.unwrap_or(match neighbor.peer.address {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    })
}

/// The families of `--family`: pairs of words, or `all`.
pub(crate) fn families(text: &str) -> Result<Vec<Family>> {
    let words: Vec<&str> = text.split([' ', ',', '/']).filter(|word| !word.is_empty()).collect();
    if words == ["all"] {
        return Ok(Family::ALL.to_vec());
    }
    let mut families = Vec::new();
    for pair in words.chunks(2) {
        let written = pair.join(" ");
        let found = match pair {
            [afi, safi] => Family::from_words(afi, safi).or_else(|| {
                // Numbers are for the families that have no names.
                safi.parse::<u8>().ok().and_then(|_| Family::from_code_points(afi, safi))
            }),
            _ => None,
        };
        let Some(family) = found else {
            let known: Vec<String> = Family::ALL.iter().map(Family::to_string).collect();
            match did_you_mean(&written, known.iter().map(String::as_str)) {
                Some(meant) => bail!("'{written}' is not a family (did you mean '{meant}'?)"),
                None => bail!("'{written}' is not a family: one looks like 'ipv4 unicast'"),
            }
        };
        families.push(family);
    }
    if families.is_empty() {
        bail!("no family is named: one looks like 'ipv4 unicast'");
    }
    Ok(families)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_read_in_pairs() {
        let both = [Family::IPV4_UNICAST, Family::IPV6_MULTICAST];
        assert_eq!(families("ipv4 unicast ipv6 multicast").unwrap(), both);
        assert_eq!(families("all").unwrap(), Family::ALL);
        for (text, error) in [
            ("ipv4", "'ipv4' is not a family: one looks like 'ipv4 unicast'"),
            ("ipv4 uncast", "'ipv4 uncast' is not a family (did you mean 'ipv4 unicast'?)"),
            ("", "no family is named: one looks like 'ipv4 unicast'"),
        ] {
            assert_eq!(families(text).unwrap_err().to_string(), error);
        }
    }
}
