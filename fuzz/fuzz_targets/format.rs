//! Fuzzes the layout of configurations.
#![no_main]

#[path = "shared/config.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::format(data));
