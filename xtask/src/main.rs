//! `cargo xtask TASK`: what is done in this repository that is more than one command.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to developers")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON, where nothing is null")]

mod bench;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
}

fn run() -> Result<bool> {
    match Arguments::parse().task {
        Task::Bench(arguments) => bench::run(&arguments),
    }
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
