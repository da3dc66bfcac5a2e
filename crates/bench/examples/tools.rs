//! The tools without the rest of the program, built in seconds: `cargo build --profile quick -p yottabgp-bench --example tools`, for
//! `cargo xtask bench --tools target/quick/examples/tools`.

use std::process::ExitCode;

use clap::Parser;
use yottabgp_bench::BenchArgs;

#[derive(Debug, Parser)]
enum Arguments {
    /// As `yottabgp bench`
    Bench(BenchArgs),
}

#[allow(clippy::print_stderr, reason = "errors are for whoever started it")]
fn main() -> ExitCode {
    let Arguments::Bench(arguments) = Arguments::parse();
    match yottabgp_bench::run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
