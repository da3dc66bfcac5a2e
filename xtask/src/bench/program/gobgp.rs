//! GoBGP.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;

use super::{ADDRESS, OUR_AS, PORT, Setup, conf};
use crate::bench::run::Run;

/// Where its own command line finds it.
const API: [&str; 4] = ["-u", "127.0.0.1", "-p", "50051"];

pub(super) fn configure(run: &Run, setup: &Setup) -> Result<()> {
    let mut text = format!(
        "[global.config]\nas = {OUR_AS}\nrouter-id = \"1.2.3.4\"\nport = {PORT}\nlocal-address-list = [\"{ADDRESS}\"]\n\
         [global.apply-policy.config]\ndefault-import-policy = \"accept-route\"\ndefault-export-policy = \"accept-route\"\n"
    );
    for peer in &setup.peers {
        let _ = write!(
            text,
            "[[neighbors]]\n[neighbors.config]\nneighbor-address = \"{}\"\npeer-as = {}\n\
             [neighbors.transport.config]\npassive-mode = true\nlocal-address = \"{ADDRESS}\"\n",
            peer.address, peer.asn
        );
        for family in setup.families {
            let family = family.replace(' ', "-");
            let _ = write!(
                text,
                "[[neighbors.afi-safis]]\n[neighbors.afi-safis.config]\nafi-safi-name = \"{family}\"\n"
            );
        }
    }
    run.write("conf", &text)?;
    Ok(())
}

pub(super) fn command(run: &Run, command: &mut Command) {
    command.arg("-f").arg(conf(run));
    command.args(["--api-hosts", "127.0.0.1:50051", "--pprof-disable", "-l", "warn"]);
}

/// Its own command line.
pub(crate) fn client(arguments: &[&str]) -> Command {
    let mut command = Command::new("gobgp");
    command.args(API).args(arguments);
    command
}
