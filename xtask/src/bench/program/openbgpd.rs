//! OpenBGPD.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use anyhow::Result;

use super::{ADDRESS, OUR_AS, PORT, Setup, conf};
use crate::bench::run::Run;

pub(super) fn configure(run: &Run, setup: &Setup) -> Result<()> {
    let socket = run.path("control");
    let mut text = format!(
        "AS {OUR_AS}\nrouter-id 1.2.3.4\nlisten on {ADDRESS} port {PORT}\nsocket \"{}\"\nfib-update no\n",
        socket.display()
    );
    if setup.routes > 0 {
        text += &run.routes("openbgpd", setup.routes, &[])?;
    }
    for peer in &setup.peers {
        let _ = writeln!(
            text,
            "neighbor {} {{\n remote-as {}\n local-address {ADDRESS}\n passive\n multihop 4\n enforce neighbor-as no\n \
             announce IPv4 unicast\n announce IPv6 unicast\n}}",
            peer.address, peer.asn
        );
    }
    text += "allow from any\nallow to any\n";
    let path = run.write("conf", &text)?;
    // It reads no file that others might read.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

pub(super) fn command(run: &Run, command: &mut Command) -> Result<()> {
    fs::create_dir_all("/run/openbgpd")?;
    command.arg("-d").arg("-f").arg(conf(run));
    Ok(())
}
