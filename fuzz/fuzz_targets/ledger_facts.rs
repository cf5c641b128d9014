#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| seam_ledger::source::fuzz::ledger_facts(data));
