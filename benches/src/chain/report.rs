//! The report, as Markdown.

use super::{Options, Outcome, Run};
use crate::stf::{
    Load,
    report::{float, number},
};
use std::{fmt::Write as _, time::Duration};

/// How many times anvil's transfers a second.
const GOAL_TRANSFERS: f64 = 5.0;
/// How many times anvil's swaps a second.
const GOAL_SWAPS: f64 = 3.0;
/// Per cent of what one core could do without a node around it.
const GOAL_CEILING: f64 = 60.0;

impl Run {
    /// While the chain was saturated.
    fn transactions_per_second(&self) -> f64 {
        let (transactions, time) = self.watched.window();
        whole(transactions) / time.as_secs_f64()
    }

    fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.watched.times_to_receipt(), percent)
    }

    fn cpu(&self) -> Duration {
        self.usage.1.since(&self.usage.0)
    }

    fn disk_each(&self, transactions: usize) -> String {
        match self.disk {
            Some((before, after)) => {
                number(whole(after.saturating_sub(before)) / float(transactions), 0)
            }
            None => "in memory".to_owned(),
        }
    }
}

impl Outcome {
    /// Of recovering, executing, rooting and sealing on one core.
    fn ceiling_per_second(&self) -> f64 {
        let time = self.ceiling.recovery + self.ceiling.building;
        float(self.transactions) / time.as_secs_f64()
    }

    fn gas_each(&self, gas: u64) -> f64 {
        whole(gas) / float(self.transactions)
    }

    fn micros_each(&self, time: Duration) -> f64 {
        time.as_secs_f64() * 1e6 / float(self.transactions)
    }
}

/// The value below which so many per cent of the sorted ones are.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss)] // counts of a benchmark: far below 2^52
pub(crate) fn whole(count: u64) -> f64 {
    count as f64
}

/// The whole report.
pub(super) fn markdown(options: &Options, outcomes: &[Outcome]) -> String {
    let mut out = format!(
        "{} accounts with wei and tokens, {} of them sending; {} transactions of each load, {} in a \
         request, on {} connections; a block of at most {} million gas every {} s (anvil: {} s), at \
         most {} transactions outside blocks (anvil: {}).\n\n",
        number(float(options.accounts), 0),
        number(float(options.senders), 0),
        number(float(options.transactions), 0),
        options.batch,
        options.connections,
        number(whole(options.gas_limit) / 1e6, 0),
        options.block_time,
        options.anvil_block_time,
        number(float(options.outstanding), 0),
        number(float(options.anvil_outstanding), 0),
    );
    table(&mut out, &SPEED, outcomes.iter().flat_map(speed));
    out.push_str("\nThe ceiling: `stf` alone, on one core, with signature recovery.\n\n");
    table(&mut out, &CEILING, outcomes.iter().map(ceiling));
    out.push_str("\nSeam's processor time by thread, in microseconds for each transaction:\n\n");
    table(&mut out, &THREADS, outcomes.iter().flat_map(threads));
    out.push('\n');
    out.push_str(&goals(outcomes));
    out
}

const SPEED: [&str; 12] = [
    "load",
    "node",
    "transactions/s",
    "Mgas/s",
    "time to receipt, p50 ms",
    "p99 ms",
    "CPU s for 1,000 transactions",
    "the generator's",
    "peak resident, MiB",
    "disk a transaction, bytes",
    "blocks",
    "largest block, transactions",
];

fn speed(outcome: &Outcome) -> Vec<Vec<String>> {
    let row = |run: &Run| {
        let speed = run.transactions_per_second();
        let milliseconds = |percent| number(run.percentile(percent).as_secs_f64() * 1e3, 0);
        let sizes = run.watched.block_sizes();
        let cpu = |time: Duration| number(outcome.micros_each(time) / 1e3, 3);
        vec![
            outcome.load.name().to_owned(),
            run.node.to_owned(),
            number(speed, 0),
            number(speed * outcome.gas_each(run.gas) / 1e6, 0),
            milliseconds(50),
            milliseconds(99),
            cpu(run.cpu()),
            cpu(run.generator),
            number(whole(run.peak_memory >> 20), 0),
            run.disk_each(outcome.transactions),
            sizes.len().to_string(),
            number(float(sizes.iter().copied().max().unwrap_or_default()), 0),
        ]
    };
    outcome.runs.iter().map(row).collect()
}

const CEILING: [&str; 6] = [
    "load",
    "signature recovery, µs",
    "execution + roots + sealing, µs",
    "transactions/s",
    "Mgas/s",
    "Seam reaches",
];

fn ceiling(outcome: &Outcome) -> Vec<String> {
    let speed = outcome.ceiling_per_second();
    vec![
        outcome.load.name().to_owned(),
        number(outcome.micros_each(outcome.ceiling.recovery), 1),
        number(outcome.micros_each(outcome.ceiling.building), 1),
        number(speed, 0),
        number(speed * outcome.gas_each(outcome.ceiling.gas) / 1e6, 0),
        share_of_ceiling(outcome).map_or_else(String::new, |share| format!("{share:.0} %")),
    ]
}

const THREADS: [&str; 4] = ["load", "thread", "how many", "µs"];

fn threads(outcome: &Outcome) -> Vec<Vec<String>> {
    let Some(run) = outcome.runs.first() else { return Vec::new() };
    let row = |name: &str, count: String, time: Duration| {
        let load = outcome.load.name().to_owned();
        vec![load, name.to_owned(), count, number(outcome.micros_each(time), 1)]
    };
    let threads = run.usage.1.threads_since(&run.usage.0);
    let known: Duration = threads.iter().map(|(_, _, time)| *time).sum();
    let mut rows: Vec<_> =
        threads.iter().map(|(name, count, time)| row(name, count.to_string(), *time)).collect();
    rows.push(row("(ended at once)", String::new(), run.cpu().saturating_sub(known)));
    rows.push(row("all", String::new(), run.cpu()));
    rows
}

fn share_of_ceiling(outcome: &Outcome) -> Option<f64> {
    let run = outcome.runs.first()?;
    Some(run.transactions_per_second() / outcome.ceiling_per_second() * 100.0)
}

/// How many times as fast as the second node.
fn times_anvil(outcome: &Outcome) -> Option<f64> {
    let [seam, anvil] = outcome.runs.as_slice() else { return None };
    Some(seam.transactions_per_second() / anvil.transactions_per_second())
}

fn goals(outcomes: &[Outcome]) -> String {
    let mut out = String::new();
    for outcome in outcomes {
        let name = outcome.load.name();
        let goal = match outcome.load {
            Load::Transfers => Some(GOAL_TRANSFERS),
            Load::Erc20 => None,
            Load::Swaps => Some(GOAL_SWAPS),
        };
        // Writing to a string cannot fail.
        if let Some(times) = times_anvil(outcome) {
            let goal = goal.map_or_else(String::new, |goal| {
                format!(" (goal: {goal:.0} times, {})", verdict(times >= goal))
            });
            let _ = writeln!(out, "- {name}: {times:.1} times anvil{goal}");
        }
        if let Some(share) = share_of_ceiling(outcome) {
            let verdict = verdict(share >= GOAL_CEILING);
            let _ = writeln!(
                out,
                "- {name}: {share:.0} % of the ceiling (goal: {GOAL_CEILING:.0} %, {verdict})"
            );
        }
    }
    out
}

const fn verdict(reached: bool) -> &'static str {
    if reached { "reached" } else { "not reached" }
}

pub(crate) fn table(out: &mut String, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|---|---{}|", "|---:".repeat(head.len() - 2));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
}
