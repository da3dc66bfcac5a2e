//! `routes`: the same routes as a file for each of the programs that can be measured.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::load::{Load, LoadArgs, flat};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of a `static` section
    Exabgp,
    /// Lines of a `protocol static` of BIRD
    Bird,
    /// `network` lines of FRR, with route maps M0 to M99
    Frr,
    /// `network` lines of OpenBGPD
    Openbgpd,
    /// A table dump (RFC 6396)
    Mrt,
    /// The UPDATEs that announce the routes, as records of messages (RFC 6396)
    MrtUpdates,
    /// The UPDATEs that announce the routes, one behind the other
    Updates,
}

/// What `routes` is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  yottabgp bench routes --load route --count 1000000 --format bird --out routes.conf
  yottabgp bench routes --count 1000000 --format mrt-updates --out updates.mrt")]
pub(crate) struct RoutesArgs {
    #[command(flatten)]
    load: LoadArgs,
    /// What the file is for
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Format,
    /// Of `exabgp`: one percent of the routes has another MED, as `sink --changed` expects it
    #[arg(long)]
    changed: bool,
    /// The file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// When everything in an MRT file happened.
const TIME: u32 = 1_700_000_000;

/// Writes the file.
pub(crate) fn run(arguments: &RoutesArgs) -> Result<bool> {
    let RoutesArgs { load, format, out: path, .. } = arguments;
    load.check()?;
    let is_text = !matches!(format, Format::Updates | Format::MrtUpdates);
    if is_text && matches!(load.load, Load::Table | Load::Single) {
        bail!("--load table has UPDATEs only: give --load route, or --format updates");
    }
    let file = File::create(path).with_context(|| format!("--out {}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let written = match format {
        Format::Updates => out.write_all(&load.stream()?.octets),
        Format::MrtUpdates => updates(load, &mut out)?,
        Format::Mrt => dump(load, &mut out),
        _ => lines(arguments, &mut out),
    };
    written.and_then(|()| out.flush()).with_context(|| path.display().to_string())?;
    Ok(true)
}

fn lines(arguments: &RoutesArgs, out: &mut impl Write) -> std::io::Result<()> {
    let load = arguments.load.load;
    let mut route = Vec::new();
    for number in 0..arguments.load.count {
        let med = flat::med(number);
        let prefix = || flat::prefix(load, number);
        match arguments.format {
            Format::Bird => writeln!(out, "  route {} blackhole {{ bgp_med = {med}; }};", prefix()),
            Format::Frr => writeln!(out, "  network {} route-map M{med}", prefix()),
            Format::Openbgpd => writeln!(out, "network {} set {{ metric {med} }}", prefix()),
            _ => {
                let changes = arguments.changed && number.is_multiple_of(flat::CHANGED);
                route.clear();
                flat::push_route(load, number, if changes { flat::CHANGE } else { 0 }, &mut route);
                out.write_all(b"\t\t")?;
                out.write_all(&route)?;
                out.write_all(b";\n")
            }
        }?;
    }
    Ok(())
}

/// A record of an MRT file.
fn record(out: &mut impl Write, kind: u16, subtype: u16, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.write_all(&TIME.to_be_bytes())?;
    out.write_all(&kind.to_be_bytes())?;
    out.write_all(&subtype.to_be_bytes())?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(body)
}

/// TABLE_DUMP_V2 of one peer (RFC 6396 section 4.3).
fn dump(load: &LoadArgs, out: &mut impl Write) -> std::io::Result<()> {
    let mut index = vec![1, 1, 1, 1, 0, 0, 0, 1];
    // An IPv4 address and four octets of AS.
    index.extend_from_slice(&[2, 1, 1, 1, 1, 192, 0, 2, 1]);
    index.extend_from_slice(&load.asn.to_be_bytes());
    record(out, 13, 1, &index)?;
    let subtype = if load.load == Load::Ipv6 { 4 } else { 2 };
    for number in 0..load.count {
        let mut body = number.to_be_bytes().to_vec();
        flat::push_nlri(load.load, number, &mut body);
        let mut attributes = vec![0x40, 1, 1, 0, 0x40, 2, 0];
        if load.load == Load::Ipv6 {
            attributes.extend_from_slice(&[0x80, 14, 17, 16, 0x20, 1, 0x0d, 0xb8]);
            attributes.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        } else {
            attributes.extend_from_slice(&[0x40, 3, 4, 192, 0, 2, 1]);
        }
        attributes.extend_from_slice(&[0x80, 4, 4]);
        attributes.extend_from_slice(&flat::med(number).to_be_bytes());
        // One entry, of peer 0.
        body.extend_from_slice(&[0, 1, 0, 0]);
        body.extend_from_slice(&TIME.to_be_bytes());
        let length = u16::try_from(attributes.len()).unwrap_or(u16::MAX);
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(&attributes);
        record(out, 13, subtype, &body)?;
    }
    Ok(())
}

/// BGP4MP_MESSAGE_AS4 for each UPDATE (RFC 6396 section 4.4.3).
fn updates(load: &LoadArgs, out: &mut impl Write) -> Result<std::io::Result<()>> {
    let mut head = load.asn.to_be_bytes().to_vec();
    head.extend_from_slice(&65_000_u32.to_be_bytes());
    // No interface, IPv4, both addresses.
    head.extend_from_slice(&[0, 0, 0, 1, 192, 0, 2, 1, 192, 0, 2, 254]);
    let stream = load.stream()?;
    let mut rest = stream.octets.as_slice();
    while let Some((message, after)) = crate::expected::next_message(rest) {
        if let error @ Err(_) = record(out, 16, 4, &[&head, message].concat()) {
            return Ok(error);
        }
        rest = after;
    }
    Ok(Ok(()))
}
