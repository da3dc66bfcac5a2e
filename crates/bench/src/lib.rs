//! Load for BGP speakers, measured and checked: `yottabgp bench`.
//!
//! Each tool is one process: a source, a sink, many peers, the helper that announces, the helper that counts. Loads are a function
//! of their options ([`load`]), so every receiver knows what is to come and checks it route by route ([`expected`]): a
//! figure without that would be one of a program that loses routes. All times are of one clock ([`clock`]), which all processes of
//! the machine share. Results are lines of JSON ([`control`]).

mod bmp;
mod clock;
mod control;
mod count;
mod expected;
mod fleet;
mod inject;
mod limits;
mod load;
mod peers;
mod routes;
mod session;
mod sink;
mod source;
mod update;

use anyhow::Result;
use clap::{Args, Subcommand};

/// What `bench` is told.
#[derive(Debug, Args)]
pub struct BenchArgs {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Debug, Subcommand)]
enum Tool {
    /// Announce a load as a peer, as fast as it is taken
    Source(source::SourceArgs),
    /// Receive a load as one peer or many, and check that it came as a whole
    Sink(sink::SinkArgs),
    /// Announce routes as a helper process
    Inject(inject::InjectArgs),
    /// Read events as a helper process, and check that none is lost
    Count(count::CountArgs),
    /// Open many sessions, and measure how late KEEPALIVEs are
    Peers(peers::PeersArgs),
    /// Write routes to a file, for the configuration of a BGP speaker
    Routes(routes::RoutesArgs),
    /// Tell a BMP station of many peers, their tables and hours of changes, as a router
    Bmp(bmp::BmpArgs),
    /// Measure what this machine can do at all
    Limits(limits::LimitsArgs),
}

/// Runs a tool. Says whether everything was as it should be: what was not is in its results.
///
/// # Errors
/// What could not be opened, connected or written, with the option that named it.
pub fn run(arguments: &BenchArgs) -> Result<bool> {
    match &arguments.tool {
        Tool::Source(arguments) => source::run(arguments),
        Tool::Sink(arguments) => sink::run(arguments),
        Tool::Inject(arguments) => inject::run(arguments),
        Tool::Count(arguments) => count::run(arguments),
        Tool::Peers(arguments) => peers::run(arguments),
        Tool::Routes(arguments) => routes::run(arguments),
        Tool::Bmp(arguments) => bmp::run(arguments),
        Tool::Limits(arguments) => limits::run(arguments),
    }
}
