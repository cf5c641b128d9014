#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| seam_fixtures::fuzz::derivation(data));
