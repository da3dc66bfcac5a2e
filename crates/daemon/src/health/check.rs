//! The checks of a service, all at once: it is healthy when all of them succeed.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use yottabgp_health::service::Level;
use yottabgp_health::{Check, Options};

use super::{command, dns, http};

/// What the checks said.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) healthy: bool,
    /// For the log.
    pub(super) lines: Vec<(Level, String)>,
}

/// Runs the checks of a service. Dropping the future ends them all.
pub(super) async fn run(options: Arc<Options>) -> Verdict {
    let mut verdict = Verdict { healthy: true, lines: Vec::new() };
    let mut checks = JoinSet::new();
    for check in options.checks.clone() {
        let options = options.clone();
        checks.spawn(async move { built_in(&check, &options).await });
    }
    if options.command.is_some() {
        let options = options.clone();
        checks.spawn(async move {
            let mut verdict = Verdict { healthy: true, lines: Vec::new() };
            verdict.healthy = by_command(&options, &mut verdict.lines).await;
            verdict
        });
    }
    while let Some(one) = checks.join_next().await {
        let lost =
            |error| Verdict { healthy: false, lines: vec![(Level::Error, format!("{error}"))] };
        let one = one.unwrap_or_else(lost);
        verdict.healthy &= one.healthy;
        verdict.lines.extend(one.lines);
        if !verdict.healthy {
            // One is enough.
            break;
        }
    }
    verdict
}

async fn by_command(options: &Options, lines: &mut Vec<(Level, String)>) -> bool {
    let Some(command) = &options.command else { return true };
    let ended = match command::run(command).await {
        Ok(ended) => ended,
        Err(error) => {
            lines.push((Level::Error, format!("the check command can not be run: {error}")));
            return false;
        }
    };
    if ended.status.success() {
        lines.push((Level::Debug, format!("check command was successful: {}", ended.output)));
        return true;
    }
    let status = match ended.status.code() {
        Some(code) => code.to_string(),
        None => ended.status.to_string(),
    };
    lines.push((Level::Warning, format!("Check command was unsuccessful: {status}")));
    if !ended.output.is_empty() {
        lines.push((Level::Info, format!("Output of check command: {}", ended.output)));
    }
    false
}

async fn built_in(check: &Check, options: &Options) -> Verdict {
    let result = match check {
        Check::Tcp { host, port } => match TcpStream::connect((host.as_str(), *port)).await {
            Ok(_) => Ok("connected".to_owned()),
            Err(error) => Err(error.to_string()),
        },
        Check::Http { tls, host, port, path } => {
            let request = http::Request { tls: *tls, host, port: *port, path };
            http::check(&request, &options.http_status, options.http_body.as_ref()).await
        }
        Check::Dns { server, port, name, kind } => dns::check(server, *port, name, *kind).await,
        Check::File(path) => match std::fs::metadata(path) {
            Ok(_) => Ok("it is there".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    };
    match result {
        Ok(text) => {
            Verdict { healthy: true, lines: vec![(Level::Debug, format!("{check}: {text}"))] }
        }
        Err(text) => {
            Verdict { healthy: false, lines: vec![(Level::Warning, format!("{check}: {text}"))] }
        }
    }
}
