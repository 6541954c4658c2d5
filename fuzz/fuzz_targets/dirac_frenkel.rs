#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| reparam_fuzz::dirac_frenkel::run(data));
