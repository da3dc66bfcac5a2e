//! A neighbor as `show neighbors` of ExaBGP 3.4 printed it: not quite what was read.

use yottabgp_wire::codes::Afi;

use super::{Lines, peer_text};
use crate::model::{MessageFlags, Neighbor};

/// The neighbor, in lines. Passwords are not shown.
pub fn neighbor(neighbor: &Neighbor) -> String {
    let settings = &neighbor.settings;
    let mut lines = Lines::default();
    lines.open(format_args!("neighbor {}", peer_text(neighbor.peer)));
    lines.line(format_args!("description \"{}\";", neighbor.description));
    lines.line(format_args!("router-id {};", settings.router_id));
    match neighbor.local_address {
        Some(address) => lines.line(format_args!("local-address {address};")),
        None => lines.line(format_args!("local-address auto;")),
    }
    for (keyword, asn) in [("local-as", settings.local_as), ("peer-as", settings.peer_as)] {
        match asn {
            Some(asn) => lines.line(format_args!("{keyword} {asn};")),
            None => lines.line(format_args!("{keyword} auto;")),
        }
    }
    lines.line(format_args!("hold-time {};", settings.hold_time));
    lines.line(format_args!("manual-eor {};", settings.manual_eor));
    lines.out.push('\n');
    if settings.passive {
        lines.line(format_args!("passive;"));
    }
    super::optional("listen", neighbor.listen, &mut lines);
    super::optional("connect", neighbor.connect, &mut lines);
    let group_updates = if settings.group_updates { "True" } else { "False" };
    lines.line(format_args!("group-updates: {group_updates};"));
    lines.line(format_args!("auto-flush: {};", neighbor.auto_flush));
    lines.line(format_args!("adj-rib-out: {};", neighbor.adj_rib_out));
    match neighbor.outgoing_ttl {
        Some(ttl) => lines.line(format_args!("ttl-security: {ttl};")),
        None => lines.line(format_args!("ttl-security: ;")),
    }
    lines.out.push('\n');
    print_capabilities(neighbor, &mut lines);
    lines.open(format_args!("family"));
    for family in &settings.families {
        match family.afi {
            Afi::IPV4 => lines.line(format_args!("inet4 {};", family.safi)),
            Afi::IPV6 => lines.line(format_args!("inet6 {};", family.safi)),
            _ => lines.line(format_args!("{family};")),
        }
    }
    lines.close();
    print_process(neighbor, &mut lines);
    lines.close();
    lines.out
}

fn print_capabilities(neighbor: &Neighbor, lines: &mut Lines) {
    let settings = &neighbor.settings;
    let word = |on| if on { "enable" } else { "disable" };
    lines.open(format_args!("capability"));
    lines.line(format_args!("asn4 {};", word(settings.asn4)));
    lines.line(format_args!("route-refresh {};", word(settings.route_refresh)));
    match settings.graceful_restart {
        Some(time) => lines.line(format_args!("graceful-restart {time};")),
        None => lines.line(format_args!("graceful-restart disable;")),
    }
    let add_path = match (settings.add_path.send, settings.add_path.receive) {
        (true, true) => "send/receive",
        (true, false) => "send",
        (false, true) => "receive",
        (false, false) => "disable",
    };
    lines.line(format_args!("add-path {add_path};"));
    lines.line(format_args!("multi-session {};", word(settings.multisession)));
    lines.line(format_args!("operational {};", word(settings.operational)));
    lines.line(format_args!("aigp {};", word(settings.aigp == Some(true))));
    lines.close();
}

/// What the processes of the neighbor are told, together.
fn print_process(neighbor: &Neighbor, lines: &mut Lines) {
    let changes = neighbor.api.iter().any(|block| block.neighbor_changes);
    let receives = |flag| neighbor.api.iter().any(|block| block.receive.has(flag));
    let sends = neighbor.api.iter().any(|block| block.send.has(MessageFlags::PACKETS));
    let received: Vec<&str> = MessageFlags::NAMED
        .iter()
        .filter(|(_, flag)| receives(*flag))
        .map(|(keyword, _)| *keyword)
        .collect();
    if !changes && !sends && received.is_empty() {
        return;
    }
    lines.open(format_args!("process"));
    if changes || !received.is_empty() {
        lines.open(format_args!("receive"));
        for keyword in received {
            lines.line(format_args!("{keyword};"));
        }
        if changes {
            lines.line(format_args!("neighbor-changes;"));
        }
        lines.close();
    }
    if sends {
        lines.open(format_args!("send"));
        lines.line(format_args!("packets;"));
        lines.close();
    }
    lines.close();
}
