//! BIRD 2.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;

use super::{ADDRESS, OUR_AS, PORT, Setup, conf};
use crate::bench::run::Run;

pub(super) fn configure(run: &Run, setup: &Setup) -> Result<()> {
    let mut text = String::from("router id 1.2.3.4;\nprotocol device {}\n");
    // Static routes have no next hop that could be kept.
    let mut next_hop = "keep";
    if setup.routes > 0 {
        let routes = run.routes("bird", setup.routes, &[])?;
        let _ = writeln!(text, "protocol static configured {{ ipv4;\n{routes}}}");
        next_hop = "self";
    }
    for (number, peer) in setup.peers.iter().enumerate() {
        let export = if peer.gets_routes { "all" } else { "none" };
        let channel = format!("import all; export {export}; next hop {next_hop};");
        let _ = writeln!(
            text,
            "protocol bgp peer{number} {{ local {ADDRESS} port {PORT} as {OUR_AS}; neighbor {} as {}; multihop; passive on; \
             strict bind on; ipv4 {{ {channel} }}; ipv6 {{ {channel} }}; }}",
            peer.address, peer.asn
        );
    }
    run.write("conf", &text)?;
    Ok(())
}

pub(super) fn command(run: &Run, command: &mut Command) {
    command.arg("-f").arg("-c").arg(conf(run));
    command.arg("-s").arg(run.path("control")).arg("-P").arg(run.path("pid"));
}

/// How many routes its tables have.
pub(super) fn count(run: &Run) -> Option<u64> {
    let output = Command::new("birdc")
        .arg("-s")
        .arg(run.path("control"))
        .args(["show", "route", "count"])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter(|line| line.contains(" of ") && !line.contains("Total"));
    lines.map(|line| line.split_whitespace().next()?.parse::<u64>().ok()).sum()
}
