//! Fuzzes the framing of a stream, and every message in it.
#![no_main]

#[allow(dead_code)]
#[path = "shared/wire.rs"]
mod wire;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::message(data));
