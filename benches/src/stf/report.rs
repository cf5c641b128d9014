//! Medians over the repeats, as Markdown.

use super::{Load, Prepared, Times};
use std::{fmt::Write as _, time::Duration};

/// All repeats of one load.
#[derive(Debug)]
pub(super) struct Runs {
    load: Load,
    transactions: usize,
    gas: u64,
    pub(super) times: Vec<Times>,
}

impl Runs {
    pub(super) const fn new(load: Load) -> Self {
        Self { load, transactions: 0, gas: 0, times: Vec::new() }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.load.name()
    }

    /// With the sizes of the blocks that were measured.
    pub(super) fn over(mut self, blocks: &[Prepared]) -> Self {
        self.transactions = blocks.iter().map(|block| block.transactions.len()).sum();
        self.gas = blocks.iter().map(|block| block.header.gas_used).sum();
        self
    }

    /// A value for each repeat, of `amount` and the time of that repeat.
    fn each(&self, of: impl Fn(&Times) -> Duration, value: impl Fn(f64) -> f64) -> Spread {
        Spread::of(self.times.iter().map(|times| value(of(times).as_secs_f64())).collect())
    }

    fn micros_each(&self, of: impl Fn(&Times) -> Duration) -> Spread {
        self.each(of, |seconds| seconds * 1e6 / float(self.transactions))
    }

    fn transactions_per_second(&self, of: impl Fn(&Times) -> Duration) -> Spread {
        self.each(of, |seconds| float(self.transactions) / seconds)
    }

    fn mgas_per_second(&self, of: impl Fn(&Times) -> Duration) -> Spread {
        self.each(of, |seconds| self.gas() / 1e6 / seconds)
    }

    #[allow(clippy::cast_precision_loss)] // gas of a benchmark: far below 2^52
    fn gas(&self) -> f64 {
        self.gas as f64
    }
}

#[allow(clippy::cast_precision_loss)] // transactions of a benchmark: far below 2^52
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}

/// Median, least and most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    median: f64,
    min: f64,
    max: f64,
}

impl Spread {
    /// Of one value at least.
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => f64::midpoint(values[middle - 1], values[middle]),
            _ => values[middle],
        };
        Self { median, min: values[0], max: values[values.len() - 1] }
    }

    /// `12.3 (11.9..12.8)`
    pub(crate) fn cell(self, decimals: usize) -> String {
        let Self { median, min, max } = self;
        format!(
            "{} ({}..{})",
            number(median, decimals),
            number(min, decimals),
            number(max, decimals)
        )
    }
}

/// With commas between thousands.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// Execution, roots and sealing: what `build_block` does.
fn total(times: &Times) -> Duration {
    times.execution + times.state_root + times.sealing
}

/// The whole report.
pub(super) fn markdown(runs: &[Runs]) -> String {
    let repeats = runs.first().map_or(0, |runs| runs.times.len());
    let mut out =
        format!("Every figure is the median of {repeats} interleaved repeats (least..most).\n\n");
    table(&mut out, &SPEED, runs, speed);
    out.push_str("\nThe same per transaction, in microseconds:\n\n");
    table(&mut out, &PARTS, runs, parts);
    out.push_str("\nExecution only, beside peers on the same transactions, in Mgas/s:\n\n");
    table(&mut out, &PEERS, runs, peers);
    out
}

const SPEED: [&str; 6] = [
    "load",
    "transactions × gas",
    "signature recovery, tx/s",
    "execution, Mgas/s",
    "execution + roots + sealing, Mgas/s",
    "execution + roots + sealing, tx/s",
];

fn speed(runs: &Runs) -> Vec<String> {
    let gas_each = number(runs.gas() / float(runs.transactions), 0);
    vec![
        runs.name().to_owned(),
        format!("{} × {gas_each}", number(float(runs.transactions), 0)),
        runs.transactions_per_second(|times| times.recovery).cell(0),
        runs.mgas_per_second(|times| times.execution).cell(0),
        runs.mgas_per_second(total).cell(0),
        runs.transactions_per_second(total).cell(0),
    ]
}

const PARTS: [&str; 7] = [
    "load",
    "signature recovery",
    "execution",
    "state root",
    "receipts, other roots, sealing",
    "execution + roots + sealing",
    "(taking over into the store)",
];

fn parts(runs: &Runs) -> Vec<String> {
    vec![
        runs.name().to_owned(),
        runs.micros_each(|times| times.recovery).cell(1),
        runs.micros_each(|times| times.execution).cell(1),
        runs.micros_each(|times| times.state_root).cell(1),
        runs.micros_each(|times| times.sealing).cell(1),
        runs.micros_each(total).cell(1),
        runs.micros_each(|times| times.keeping).cell(1),
    ]
}

const PEERS: [&str; 5] = [
    "load",
    "Seam",
    "alloy-evm `EthBlockExecutor`, revm `State`",
    "revm alone, `CacheDB`",
    "Seam's share of revm alone",
];

fn peers(runs: &Runs) -> Vec<String> {
    let seam = runs.mgas_per_second(|times| times.execution);
    let revm = runs.mgas_per_second(|times| times.revm);
    vec![
        runs.name().to_owned(),
        seam.cell(0),
        runs.mgas_per_second(|times| times.alloy).cell(0),
        revm.cell(0),
        format!("{:.0} %", seam.median / revm.median * 100.0),
    ]
}

fn table(out: &mut String, head: &[&str], runs: &[Runs], row: fn(&Runs) -> Vec<String>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|---{}|", "|---:".repeat(head.len() - 1));
    for runs in runs {
        let _ = writeln!(out, "| {} |", row(runs).join(" | "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_middle() {
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of(vec![4.0, 1.0]).median, 2.5);
    }

    #[test]
    fn a_report_has_a_rate_for_the_time_it_was_given() {
        let times = Times {
            recovery: Duration::from_secs(2),
            execution: Duration::from_secs(1),
            state_root: Duration::from_secs(2),
            sealing: Duration::from_secs(1),
            keeping: Duration::from_secs(1),
            alloy: Duration::from_secs(1),
            revm: Duration::from_millis(500),
        };
        let times = vec![times];
        let runs = Runs { load: Load::Transfers, transactions: 4_000, gas: 84_000_000, times };
        let report = markdown(&[runs]);
        let rows: Vec<_> = report.lines().filter(|line| line.starts_with("| plain")).collect();
        assert_eq!(
            rows,
            [
                "| plain transfers | 4,000 × 21,000 | 2,000 (2,000..2,000) | 84 (84..84) \
                 | 21 (21..21) | 1,000 (1,000..1,000) |",
                "| plain transfers | 500.0 (500.0..500.0) | 250.0 (250.0..250.0) \
                 | 500.0 (500.0..500.0) | 250.0 (250.0..250.0) | 1,000.0 (1,000.0..1,000.0) \
                 | 250.0 (250.0..250.0) |",
                "| plain transfers | 84 (84..84) | 84 (84..84) | 168 (168..168) | 50 % |",
            ]
        );
    }
}
