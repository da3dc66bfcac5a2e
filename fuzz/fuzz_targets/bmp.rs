//! Fuzzes what a router writes to a BMP station.
#![no_main]

#[path = "shared/bmp.rs"]
mod bmp;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bmp::bmp(data));
