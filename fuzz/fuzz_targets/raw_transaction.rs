#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| seam_chain::blobs::fuzz::raw_transaction(data));
