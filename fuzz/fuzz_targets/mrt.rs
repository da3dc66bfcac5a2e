//! Fuzzes an MRT file.
#![no_main]

#[path = "shared/mrt.rs"]
mod mrt;

libfuzzer_sys::fuzz_target!(|data: &[u8]| mrt::mrt(data));
