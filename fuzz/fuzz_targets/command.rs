//! Fuzzes the commands of helpers.
#![no_main]

#[path = "shared/api.rs"]
mod api;

libfuzzer_sys::fuzz_target!(|data: &[u8]| api::command(data));
