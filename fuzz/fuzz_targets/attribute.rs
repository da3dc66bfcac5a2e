//! Fuzzes the path attributes, one by one.
#![no_main]

#[allow(dead_code)]
#[path = "shared/wire.rs"]
mod wire;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::attribute(data));
