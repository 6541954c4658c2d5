#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| reparam_fuzz::implicit::run(data));
