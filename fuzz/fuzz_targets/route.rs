//! Fuzzes the grammar of routes.
#![no_main]

#[allow(dead_code)]
#[path = "shared/wire.rs"]
mod wire;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::route(data));
