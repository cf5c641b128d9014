//! Reads what `cargo test` prints: how many tests ran, which were left out, and why one failed.

use anyhow::{Error, anyhow};

/// What a test runner says at its end about the tests that failed. The summary repeats it: whoever sees only the
/// end of a long log has it there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    lines: Vec<String>,
    inside: bool,
}

impl Failures {
    /// Lines that are kept.
    const LINES: usize = 100;

    /// Takes in one line of output: kept from one that begins with `first`, up to one that begins with `last`, or
    /// to the end.
    pub(crate) fn see(&mut self, line: &str, first: &str, last: Option<&str>) {
        let ends = last.is_some_and(|last| line.starts_with(last));
        self.inside = (self.inside || line.starts_with(first)) && !ends;
        if self.inside && !line.trim().is_empty() && self.lines.len() < Self::LINES {
            self.lines.push(line.to_owned());
        }
    }

    /// The error that the runner ended with, and what it said.
    pub(crate) fn explain(&self, error: Error) -> Error {
        if self.lines.is_empty() {
            return error;
        }
        anyhow!("{error:#}\n{}", self.lines.join("\n"))
    }
}

/// The counts of all test programs of one `cargo test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestLog {
    /// Tests that held.
    pub(crate) passed: usize,
    /// Tests that did not.
    pub(crate) failed: usize,
    /// `name (reason)` of each test marked `#[ignore]`.
    pub(crate) ignored: Vec<String>,
    /// `name (reason)` of each test that found, once it ran, that it cannot run on this machine. It
    /// says so in a line that begins with `SKIPPED: `, and counts as one that held.
    pub(crate) skipped: Vec<String>,
    /// What is said of those that did not hold.
    pub(crate) failures: Failures,
}

impl TestLog {
    /// Takes in one line of output.
    pub(crate) fn see(&mut self, line: &str) {
        self.failures.see(line, "failures:", Some("test result: "));
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count_before(counts, " passed");
            self.failed += count_before(counts, " failed");
        } else if let Some(test) = line.strip_prefix("SKIPPED: ") {
            self.skipped.push(test.to_owned());
        } else if let Some((name, end)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ignored"))
        {
            let reason = end.strip_prefix(", ").unwrap_or("no reason given");
            self.ignored.push(format!("{name} ({reason})"));
        }
    }

    /// What the summary says about the run: the count, and each ignored test by name.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "{} tests held, {} failed, {} ignored, {} skipped",
            self.passed.saturating_sub(self.skipped.len()),
            self.failed,
            self.ignored.len(),
            self.skipped.len()
        )];
        notes.extend(self.ignored.iter().map(|test| format!("ignored: {test}")));
        notes.extend(self.skipped.iter().map(|test| format!("SKIPPED: {test}")));
        notes
    }
}

/// The number right before `word`; 0 where there is none.
pub(crate) fn count_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().unwrap_or_default();
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_over_programs_and_ignored_tests_are_named() {
        let mut log = TestLog::default();
        for line in [
            "running 3 tests",
            "test trie::holds ... ok",
            "test trie::slow ... ignored, takes an hour",
            "test src/lib.rs - example (line 3) ... ignored",
            "test trie::breaks ... FAILED",
            "test result: FAILED. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; \
             finished in 0.01s",
            "test result: ok. 30 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            log.see(line);
        }
        assert_eq!((log.passed, log.failed), (42, 1));
        assert_eq!(
            log.ignored,
            ["trie::slow (takes an hour)", "src/lib.rs - example (line 3) (no reason given)"]
        );
        assert_eq!(log.notes().len(), 3);
    }

    #[test]
    fn a_test_that_cannot_run_here_is_named_and_not_counted_as_held() {
        let mut log = TestLog::default();
        log.see("SKIPPED: disk::full (needs root)");
        log.see("test disk::full ... ok");
        log.see("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        let expected =
            ["2 tests held, 0 failed, 0 ignored, 1 skipped", "SKIPPED: disk::full (needs root)"];
        assert_eq!(log.notes(), expected);
    }

    #[test]
    fn the_end_of_a_program_that_fails_is_kept_and_no_more_than_is_read() {
        let mut log = TestLog::default();
        for line in [
            "test breaks ... FAILED",
            "",
            "failures:",
            "---- breaks stdout ----",
            "left: 1",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored",
            "running 1 test",
        ] {
            log.see(line);
        }
        let error = log.failures.explain(anyhow!("it ended with 101"));
        let expected = "it ended with 101\nfailures:\n---- breaks stdout ----\nleft: 1";
        assert_eq!(error.to_string(), expected);
        for _ in 0..1000 {
            log.see("failures:");
        }
        assert_eq!(log.failures.lines.len(), Failures::LINES);
        assert_eq!(
            TestLog::default().failures.explain(anyhow!("as it was")).to_string(),
            "as it was"
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        let mut log = TestLog::default();
        log.see("error: could not compile; 4 passed");
        log.see("test result of nothing");
        assert_eq!(log, TestLog::default());
    }
}
