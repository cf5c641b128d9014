//! What the tests of a running node have in common.

pub(crate) mod attack;
pub(crate) mod client;
pub(crate) mod honest;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod node;
pub(crate) mod random;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output},
    time::Duration,
};

/// What takes longer hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// How often, in CI and in the soak.
pub(crate) fn times(ci: usize, soak: usize) -> usize {
    if std::env::var_os("SEAM_SOAK").is_some() { soak } else { ci }
}

/// The node's program, free of the settings of whoever runs the tests.
pub(crate) fn seam() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("SEAM_")) {
        command.env_remove(key);
    }
    command
}

/// A folder that is gone when it is dropped, on the disk that the build is on.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Reads everything in a data directory and computes every hash anew.
pub(crate) fn check_data(data: &Path) {
    let Output { status, stdout, stderr } =
        seam().args(["data", "check", "--data-dir"]).arg(data).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "the data is not whole: {stderr}");
    assert!(["l1", "l2"].iter().all(|name| stdout.contains(name)), "{stdout}");
}

/// Names this test as left out in the summary of `cargo xtask test`. It goes past what the test
/// harness holds back of tests that pass.
pub(crate) fn skipped(test: &str, reason: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\nSKIPPED: {test} ({reason})").unwrap();
    out.flush().unwrap();
}
