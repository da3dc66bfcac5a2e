//! ExaBGP, and this program, which takes the same configuration and environment.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;

use super::{ADDRESS, OUR_AS, PEER_PORT, Setup, conf};
use crate::bench::run::Run;

pub(super) fn configure(run: &Run, setup: &Setup) -> Result<()> {
    let mut text = String::new();
    let mut inside = String::new();
    if let Some((command, events)) = &setup.helper {
        let _ = writeln!(text, "process helper {{\n\trun {command};\n\tencoder json;\n}}");
        inside.push_str("\tapi {\n\t\tprocesses [ helper ];\n");
        if *events {
            inside.push_str("\t\treceive {\n\t\t\tparsed;\n\t\t\tupdate;\n\t\t}\n");
        }
        inside.push_str("\t}\n");
    }
    let mut routes = String::new();
    if setup.routes > 0 {
        let more: &[&str] = if setup.changed { &["--changed"] } else { &[] };
        routes = run.routes("exabgp", setup.routes, more)?;
        routes = format!("\tstatic {{\n{routes}\t}}\n");
    }
    let mut common = format!(
        "\trouter-id 1.2.3.4;\n\tlocal-address {ADDRESS};\n\tlocal-as {OUR_AS};\n\tfamily {{\n"
    );
    for family in setup.families {
        let _ = writeln!(common, "\t\t{family};");
    }
    common.push_str("\t}\n");
    if setup.template {
        let _ = write!(text, "template {{\n\tneighbor all {{\n{common}{routes}\t}}\n}}\n");
        (common, routes) = ("\tinherit all;\n".into(), String::new());
    }
    for peer in &setup.peers {
        let routes = if peer.gets_routes { routes.as_str() } else { "" };
        let _ = write!(
            text,
            "neighbor {} {{\n\tpeer-as {};\n{common}{inside}{routes}}}\n",
            peer.address, peer.asn
        );
    }
    run.write("conf", &text)?;
    Ok(())
}

pub(super) fn command(run: &Run, setup: &Setup, command: &mut Command) {
    let acknowledge = if setup.acknowledge { "true" } else { "false" };
    command
        .arg(conf(run))
        .env("exabgp_tcp_port", PEER_PORT.to_string())
        .env("exabgp_tcp_bind", "")
        .env("exabgp_daemon_drop", "false")
        .env("exabgp_daemon_user", "root")
        .env("exabgp_api_cli", "false")
        .env("exabgp_api_version", "4")
        .env("exabgp_api_ack", acknowledge);
}
