//! The report, as Markdown.

use super::{
    Options, Outcome, Phase, TRANSFER_GAS,
    viewer::{EVENTS, Looked, PAGES},
};
use crate::{
    chain::{
        report::{percentile, table, whole},
        watch::Seen,
    },
    stf::report::{Spread, float, number},
};
use std::{collections::HashMap, fmt::Write as _, time::Duration};

/// The whole report.
pub(super) fn markdown(options: &Options, outcome: &Outcome) -> String {
    let mut out = format!(
        "A `seam up` with books and dashboard, filled with plain transfers of {} senders; {} viewers, \
         each with a stream of events and its page anew every {} s; three phases of {} s. The first \
         page after the start, without load: {} ms.\n\n",
        number(float(options.senders), 0),
        options.viewers,
        options.refresh,
        options.seconds,
        ms(outcome.first_page),
    );
    table(&mut out, &BLOCKS, outcome.phases.iter().map(|phase| blocks(outcome, phase)));
    out.push_str("\nWhat viewers waited for:\n\n");
    table(&mut out, &WAITS, waits(outcome).into_iter());
    out.push('\n');
    streams(&mut out, &outcome.looked);
    out
}

const BLOCKS: [&str; 11] = [
    "viewers",
    "blocks",
    "transactions/s",
    "of the gas limit",
    "interval p50 ms",
    "p99 ms",
    "most ms",
    "Seam's cores",
    "the benchmark's",
    "resident, MiB",
    "books behind, blocks",
];

/// How blocks came in a phase.
fn blocks(outcome: &Outcome, phase: &Phase) -> Vec<String> {
    let within = |seen: &&Seen| (phase.began..phase.ended).contains(&seen.at);
    let seen: Vec<_> = outcome.watched.blocks.iter().filter(within).collect();
    let intervals = seen.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at));
    let intervals = sorted(intervals);
    // From the first block to the last: what the first holds came before that.
    let time: Duration = intervals.iter().sum();
    let transfers: u64 = seen.iter().skip(1).map(|block| block.transactions).sum();
    let room = float(intervals.len() * outcome.gas_limit / TRANSFER_GAS).max(1.0);
    let cores = |cpu: Duration| {
        let took = phase.ended.duration_since(phase.began);
        number(cpu.as_secs_f64() / took.as_secs_f64(), 2)
    };
    vec![
        phase.viewers.to_string(),
        seen.len().to_string(),
        number(whole(transfers) / time.as_secs_f64().max(f64::EPSILON), 0),
        format!("{:.0} %", 100.0 * whole(transfers) / room),
        ms(percentile(&intervals, 50)),
        ms(percentile(&intervals, 99)),
        ms(percentile(&intervals, 100)),
        cores(phase.seam),
        cores(phase.own),
        number(whole(phase.resident >> 20), 0),
        phase.books_behind.map_or_else(|| "-".to_owned(), |blocks| number(whole(blocks), 0)),
    ]
}

const WAITS: [&str; 5] = ["", "how many", "p50 ms", "p99 ms", "most ms"];

fn waits(outcome: &Outcome) -> Vec<Vec<String>> {
    let looked = &outcome.looked;
    let row = |name: String, times: Vec<Duration>| {
        let mut cells = vec![name, number(float(times.len()), 0)];
        cells.extend([50, 99, 100].map(|percent| ms(percentile(&times, percent))));
        cells
    };
    let first = sorted(looked.iter().filter_map(|looked| looked.first));
    let mut rows = vec![row("a viewer's first page, `/`, with connecting".to_owned(), first)];
    for (page, path) in PAGES.iter().enumerate() {
        let times = sorted(looked.iter().flat_map(|looked| looked.pages[page].iter().copied()));
        rows.push(row(format!("`{path}` anew"), times));
    }
    let name = "a block, from its announcement to the event that names it";
    rows.push(row(name.to_owned(), delays(looked, &outcome.watched.blocks)));
    rows
}

/// From a block's announcement until a viewer was told of it, for all viewers; sorted.
fn delays(looked: &[Looked], blocks: &[Seen]) -> Vec<Duration> {
    let seen: HashMap<_, _> = blocks.iter().map(|block| (block.number, block.at)).collect();
    let told = looked.iter().flat_map(|looked| &looked.heads);
    sorted(told.filter_map(|(number, at)| Some(at.duration_since(*seen.get(number)?))))
}

/// What came over the streams.
fn streams(out: &mut String, looked: &[Looked]) {
    if looked.is_empty() {
        return;
    }
    let spread = |of: &dyn Fn(&Looked) -> f64| Spread::of(looked.iter().map(of).collect()).cell(0);
    // Writing to a string cannot fail.
    for (kind, name) in EVENTS.iter().enumerate() {
        let events = spread(&|looked| float(looked.events[kind]));
        let _ = writeln!(out, "- `{name}` events a viewer: {events}");
    }
    let kib = spread(&|looked| float(looked.bytes) / 1_024.0);
    let _ = writeln!(out, "- KiB of events a viewer: {kib}");
    let busy: usize = looked.iter().map(|looked| looked.busy).sum();
    let _ = writeln!(out, "- pages that were refused (503): {busy}");
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times
}

fn ms(time: Duration) -> String {
    number(time.as_secs_f64() * 1e3, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn delays_are_of_blocks_that_were_seen() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let blocks = [(7, 1_000), (8, 2_000)].map(|(number, millis)| Seen {
            number,
            at: at(millis),
            transactions: 1,
        });
        let looked = |heads| Looked { heads, ..Looked::default() };
        let looked = [looked(vec![(7, at(1_300)), (9, at(3_000))]), looked(vec![(7, at(1_100))])];
        let expected = [100, 300].map(Duration::from_millis);
        assert_eq!(delays(&looked, &blocks), expected);
    }
}
