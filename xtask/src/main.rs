//! `cargo xtask TASK`: what is done in this repository that is more than one command.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to developers")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON, where nothing is null")]

mod bench;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Tasks of this repository", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure this program and others side by side, and print one table
    Bench(bench::BenchArgs),
    /// Count the instructions of the hot paths, and compare them with the baseline: `--update` writes it anew
    Instructions(Words),
    /// Turn MRT files into JSON beside bgpkit-parser
    Offline(Words),
}

/// What another program of this repository is told.
#[derive(Debug, Args)]
struct Words {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

fn run() -> Result<bool> {
    match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&arguments),
        // The tool is built with the program that it measures, so that both are of one build.
        Task::Instructions(Words { words }) => {
            let built = cargo(&["build", "--release", "--locked"], &[])?;
            Ok(built && tool("target/release/yottabgp-instructions", &words)?)
        }
        Task::Offline(Words { words }) => {
            let built = cargo(&["build", "--release", "--locked"], &[])?;
            let manifest = "bench/offline/Cargo.toml";
            let run = ["run", "--release", "--locked", "--manifest-path", manifest, "--"];
            Ok(built && cargo(&run, &words)?)
        }
    }
}

/// Runs what was built. Says whether it went well.
fn tool(path: &str, words: &[String]) -> Result<bool> {
    Ok(Command::new(root().join(path)).args(words).status()?.success())
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs cargo in the root of the repository. Says whether it went well.
fn cargo(arguments: &[&str], words: &[String]) -> Result<bool> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Ok(Command::new(cargo).current_dir(root()).args(arguments).args(words).status()?.success())
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
