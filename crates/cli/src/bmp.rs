//! `bmp`: a station to which routers tell of their sessions and tables (RFC 7854).

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use yottabgp_api::event::{Encoder, Format};
use yottabgp_api::{Encoding, Version};
use yottabgp_config::{BMP_PORT, Environment, bmp_endpoint};
use yottabgp_daemon::bmp::{Options, run as serve};

use crate::out;

/// What `bmp` is told.
#[derive(Debug, Args)]
#[command(
    after_help = "Each message becomes one line of JSON in the shape of the events of our own sessions, with the member \"bmp\": \
    which router told it, of which peer, table and policy stage, and when. It goes on until SIGINT or SIGTERM."
)]
pub(crate) struct BmpArgs {
    /// Wait for routers there; every address, port 11019, when nothing is said
    #[arg(short, long, value_name = "ADDRESS[:PORT]")]
    pub(crate) listen: Vec<String>,
    /// Connect to a router that waits there, and again whenever that ends
    #[arg(short, long, value_name = "ADDRESS[:PORT]")]
    pub(crate) connect: Vec<String>,
    /// Show messages as octets, too
    #[arg(short, long)]
    pub(crate) packets: bool,
}

/// Runs until told to end. Says whether it went well.
pub(crate) fn run(arguments: &BmpArgs, environment: &Environment) -> Result<bool> {
    let mut listen = addresses(&arguments.listen)?;
    let connect = addresses(&arguments.connect)?;
    if listen.is_empty() && connect.is_empty() {
        listen.push((Ipv4Addr::UNSPECIFIED, BMP_PORT).into());
        // Not every system has IPv6.
        if std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok() {
            listen.push((Ipv6Addr::UNSPECIFIED, BMP_PORT).into());
        }
    }
    let version = Version::from_number(environment.api.version.into()).unwrap_or_default();
    let format = Format::new(Encoding::Json, environment.api.json, version);
    let host = yottabgp_os::hostname::hostname();
    let (pid, ppid) = (std::process::id(), std::os::unix::process::parent_id());
    let encoder = Encoder::new(format, environment.api.compact, &host, pid, ppid);
    let options = Options { listen, connect, encoder, packets: arguments.packets };
    let told = |addresses: &[SocketAddr]| {
        for address in addresses {
            out::warn(format!("listening on {address}"));
        }
    };
    serve(options, std::io::stdout(), told).map_err(|error| anyhow!("{error}"))?;
    Ok(true)
}

fn addresses(texts: &[String]) -> Result<Vec<SocketAddr>> {
    texts.iter().map(|text| address(text)).collect()
}

/// Reads an address, with its port or without.
fn address(text: &str) -> Result<SocketAddr> {
    match bmp_endpoint(text) {
        Some(address) => Ok(address),
        None => bail!(
            "'{text}' is no address: 192.0.2.1, 192.0.2.1:{BMP_PORT}, 2001:db8::1 or [2001:db8::1]:{BMP_PORT}"
        ),
    }
}
