use super::*;
use std::{fs, path::Path};

/// The fuzzer's committed corpus, replayed; and every file again with each of its bytes changed. The
/// files that `counts` says yes to.
fn replay(target: &str, body: impl Fn(&[u8]), counts: impl Fn(&[u8]) -> bool) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut counted = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        body(&bytes);
        counted += usize::from(counts(&bytes));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            body(&changed);
        }
    }
    counted
}

#[test]
fn the_corpus_of_parameters_holds() {
    let reads = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        Args::parse(&Params::new(Some(text)), 4, 1_000).is_ok()
    };
    // A corpus of nothing but rubbish would hold as well.
    assert_eq!(replay("rpc_params", params, reads), READ);
}

/// Files of the corpus that are parameters.
const READ: usize = 14;
