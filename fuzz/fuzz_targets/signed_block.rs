#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| seam_chain::stream::fuzz::signed_block(data));
