//! A list of named steps, run in order, each timed, none silent.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::Result;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was run and held.
    Passed,
    /// It did not run at all; the reason is for people.
    Skipped(String),
    /// It ran and something did not hold.
    Failed(String),
}

/// What a step hands back when nothing went wrong.
pub(crate) enum Done {
    /// Everything was run and held; the notes name any part that was left out.
    Passed(Vec<String>),
    /// Nothing was run, for this reason.
    Skipped(String),
}

impl Done {
    /// Passed with nothing to add.
    pub(crate) const PASSED: Self = Self::Passed(Vec::new());

    /// Not run, for this reason.
    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped(reason.into())
    }
}

/// One finished step.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    name: String,
    outcome: Outcome,
    notes: Vec<String>,
    took: Duration,
}

/// The steps of one job and how they ended.
#[derive(Debug, Default)]
pub(crate) struct Reports(Vec<Report>);

impl Reports {
    /// Runs a step and keeps its result. An error is a failed step; the next one still runs, so
    /// that one round shows all there is to mend.
    pub(crate) fn run(&mut self, name: &str, what: &str, step: impl FnOnce() -> Result<Done>) {
        println!("\n== {name}: {what}");
        let start = Instant::now();
        let (outcome, notes) = match step() {
            Ok(Done::Passed(notes)) => (Outcome::Passed, notes),
            Ok(Done::Skipped(reason)) => (Outcome::Skipped(reason), Vec::new()),
            Err(error) => (Outcome::Failed(format!("{error:#}")), Vec::new()),
        };
        let took = start.elapsed();
        println!("== {name}: {} in {:.1} s", in_words(&outcome), took.as_secs_f64());
        self.0.push(Report { name: name.to_owned(), outcome, notes, took });
    }

    /// Keeps a step that was not asked for, with the reason.
    pub(crate) fn skip(&mut self, name: &str, reason: String) {
        println!("\n== {name}: SKIPPED: {reason}");
        let outcome = Outcome::Skipped(reason);
        let (name, notes) = (name.to_owned(), Vec::new());
        self.0.push(Report { name, outcome, notes, took: Duration::ZERO });
    }

    /// Whether any step failed.
    pub(crate) fn any_failed(&self) -> bool {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_))) > 0
    }

    /// The table of all steps, the notes, and the closing line `N passed, N failed, N skipped`.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::from("\n== summary\n");
        for report in &self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "   {:<15} {:>8.1} s  {}",
                report.name,
                report.took.as_secs_f64(),
                in_words(&report.outcome)
            );
            for note in &report.notes {
                let _ = writeln!(text, "   {:<15} {:>10}  {note}", "", "");
            }
        }
        let passed = self.count(|outcome| *outcome == Outcome::Passed);
        let failed = self.count(|outcome| matches!(outcome, Outcome::Failed(_)));
        let skipped = self.count(|outcome| matches!(outcome, Outcome::Skipped(_)));
        let _ = write!(text, "{passed} passed, {failed} failed, {skipped} skipped");
        text
    }

    fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.0.iter().filter(|report| which(&report.outcome)).count()
    }

    /// A Markdown table of all steps: name, result, seconds, notes.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "| step | result | seconds | |
|---|---|---:|---|
",
        );
        for Report { name, outcome, notes, took } in &self.0 {
            let result = in_words(outcome).replace('|', "/").replace('\n', "<br>");
            let notes = notes.join("; ");
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {name} | {result} | {:.0} | {notes} |", took.as_secs_f64());
        }
        text
    }
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Skipped(reason) => format!("SKIPPED: {reason}"),
        Outcome::Failed(why) => format!("FAILED: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_failure_does_not_hide_the_steps_after_it_and_is_counted() {
        let mut reports = Reports::default();
        reports.run("one", "fails", || bail!("out of luck"));
        reports.run("two", "holds", || Ok(Done::PASSED));
        reports.run("three", "cannot", || Ok(Done::skipped("no tool")));
        reports.skip("four", "not asked for".to_owned());
        let summary = reports.summary();
        assert!(reports.any_failed());
        assert!(summary.contains("FAILED: out of luck"), "{summary}");
        assert!(summary.contains("SKIPPED: no tool"), "{summary}");
        assert!(summary.contains("SKIPPED: not asked for"), "{summary}");
        assert_eq!(summary.lines().last(), Some("1 passed, 1 failed, 2 skipped"));
    }

    #[test]
    fn notes_of_a_passed_step_are_in_the_summary() {
        let mut reports = Reports::default();
        reports.run("test", "", || Ok(Done::Passed(vec!["ignored: a::b (slow)".to_owned()])));
        assert!(!reports.any_failed());
        assert!(reports.summary().contains("ignored: a::b (slow)"));
    }
}
