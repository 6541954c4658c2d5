#![no_main]

#[path = "../src/horizon_csv.rs"]
mod horizon_csv;

libfuzzer_sys::fuzz_target!(|data: &[u8]| horizon_csv::run(data));
