//! FRR's bgpd, without the other daemons.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::Result;

use super::{ADDRESS, OUR_AS, PORT, Setup, conf};
use crate::bench::run::Run;

pub(super) fn configure(run: &Run, setup: &Setup) -> Result<()> {
    let mut text = String::from("frr defaults traditional\n");
    let mut networks = String::new();
    if setup.routes > 0 {
        for med in 0..100 {
            let _ = writeln!(text, "route-map M{med} permit 10\n set metric {med}\nexit");
        }
        networks = run.routes("frr", setup.routes, &[])?;
    }
    let _ = writeln!(
        text,
        "router bgp {OUR_AS}\n bgp router-id 1.2.3.4\n no bgp ebgp-requires-policy\n no bgp network import-check\n \
         no bgp default ipv4-unicast\n bgp disable-ebgp-connected-route-check"
    );
    for peer in &setup.peers {
        let address = &peer.address;
        let _ = writeln!(
            text,
            " neighbor {address} remote-as {}\n neighbor {address} passive\n neighbor {address} disable-connected-check\n \
             neighbor {address} advertisement-interval 0",
            peer.asn
        );
    }
    for (family, networks) in [("ipv4", networks.as_str()), ("ipv6", "")] {
        let _ = writeln!(text, " address-family {family} unicast");
        for peer in &setup.peers {
            let _ = writeln!(text, "  neighbor {} activate", peer.address);
        }
        text += networks;
        text += " exit-address-family\n";
    }
    run.write("conf", &text)?;
    Ok(())
}

pub(super) fn command(run: &Run, command: &mut Command) -> Result<()> {
    let vty = run.path("vty");
    fs::create_dir_all(&vty)?;
    command.arg("-f").arg(conf(run)).args([
        "-p",
        &PORT.to_string(),
        "-l",
        ADDRESS,
        "-n",
        "-Z",
        "-S",
    ]);
    command.arg("-i").arg(run.path("pid")).arg("--vty_socket").arg(vty).args(["-P", "0"]);
    command.arg("--log").arg(format!("file:{}", run.path("frr.log").display()));
    Ok(())
}
