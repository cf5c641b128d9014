//! Booking chains, and the closing check.

use super::{
    args::{Check, Sync},
    watch,
};
use crate::service::Signals;
use anyhow::{Result, bail};
use seam_l1::{L1Client, L1Limits};
use seam_ledger::{
    Books,
    check::{Checked, check as closing},
    ingest::{Ingest, Progress, Reached},
    source::{Source, SourceLimits, Tracing},
};
use serde_json::json;
use std::{io::Write, process::ExitCode, sync::Arc, time::Duration};

/// How often a chain is looked at while it is followed.
const POLL: Duration = Duration::from_secs(1);
/// How often progress is told while blocks are booked.
const TOLD_EVERY: Duration = Duration::from_secs(2);

/// A chain that is to be booked.
pub(super) struct Place {
    pub(super) client: L1Client,
    pub(super) chain: u64,
    pub(super) trace: bool,
}

impl Place {
    fn source(&self) -> Source {
        let tracing = if self.trace { Tracing::WhereOffered } else { Tracing::Never };
        Source::new(self.client.clone(), tracing, SourceLimits::default())
    }
}

pub(super) async fn sync(command: Sync, out: &mut impl Write) -> Result<()> {
    let books = command.database.existing().await?;
    books.lock().await?;
    let places = places(&books, command.chain, command.rpc.as_deref(), !command.no_trace).await?;
    if command.follow {
        return follow(books, places).await;
    }
    book(books, places, command.until, command.database.json, out).await
}

/// The chains that are meant, each where it was, or at the URL that was given.
async fn places(
    books: &Books,
    chain: Option<u64>,
    rpc: Option<&str>,
    trace: bool,
) -> Result<Vec<Place>> {
    let mut chains = books.chains().await?;
    if chain.is_some() || rpc.is_some() {
        let only = watch::only(books, chain).await?;
        chains.retain(|chain| chain.id == only);
    }
    if chains.is_empty() {
        bail!("the books have no chain: begin with `seam earn track`");
    }
    let place = |chain: seam_ledger::books::FollowedChain| {
        let url = rpc.unwrap_or(&chain.url);
        let client = L1Client::connect(&[url], Some(chain.id), L1Limits::default())?;
        Ok(Place { client, chain: chain.id, trace })
    };
    chains.into_iter().map(place).collect()
}

/// Books the chains one after the other, up to their heads.
pub(super) async fn book(
    books: Books,
    places: Vec<Place>,
    until: Option<u64>,
    as_json: bool,
    out: &mut impl Write,
) -> Result<()> {
    let books = Arc::new(books);
    for place in places {
        let mut telling = Telling::of(place.chain);
        let mut ingest = Ingest::new(place.source(), Arc::clone(&books), place.chain);
        let reached = ingest.run(until, &mut |progress| telling.hear(progress)).await?;
        let cursor = books.cursor(place.chain).await?;
        if as_json {
            let block = cursor.map(|(number, _)| number);
            let line = json!({ "chain": place.chain, "block": block, "blocks": telling.done });
            writeln!(out, "{line}")?;
        }
        say(place.chain, reached, telling.done);
    }
    Ok(())
}

fn say(chain: u64, reached: Reached, done: u64) {
    match reached {
        Reached::Block(number) => {
            eprintln!("chain {chain}: booked to block {number} ({done} blocks)")
        }
        Reached::NothingTracked => eprintln!("chain {chain}: no account of it is tracked"),
        Reached::Waiting { from, head } => {
            eprintln!("chain {chain}: is at block {head}, and is booked from block {from} on");
        }
    }
}

async fn follow(books: Books, places: Vec<Place>) -> Result<()> {
    let books = Arc::new(books);
    let mut signals = Signals::new()?;
    let mut chains = tokio::task::JoinSet::new();
    for place in places {
        let books = Arc::clone(&books);
        chains.spawn(async move {
            let mut telling = Telling::of(place.chain);
            let mut ingest = Ingest::new(place.source(), books, place.chain);
            ingest.follow(POLL, &mut |progress| telling.hear(progress)).await
        });
    }
    tokio::select! {
        () = signals.next() => Ok(()),
        Some(ended) = chains.join_next() => bail!(ended?),
    }
}

/// Progress on stderr, not too often.
struct Telling {
    chain: u64,
    done: u64,
    last: Duration,
}

impl Telling {
    const fn of(chain: u64) -> Self {
        Self { chain, done: 0, last: Duration::ZERO }
    }

    fn hear(&mut self, progress: Progress) {
        self.done = progress.done;
        let is_due = progress.elapsed >= self.last + TOLD_EVERY;
        if !is_due {
            return;
        }
        self.last = progress.elapsed;
        let Progress { done, total, block, .. } = progress;
        let rate = progress.per_minute();
        eprintln!("chain {}: block {block}, {done} of {total} blocks, {rate} a minute", self.chain);
    }
}

pub(super) async fn check(command: Check, out: &mut impl Write) -> Result<ExitCode> {
    let books = command.database.existing().await?;
    let places = places(&books, command.chain, command.rpc.as_deref(), false).await?;
    let mut results = Vec::new();
    for place in &places {
        results.push(closing(&books, &place.source(), place.chain).await?);
    }
    let adds_up = results.iter().all(Checked::adds_up);
    if command.database.json {
        writeln!(out, "{}", json!({ "adds_up": adds_up, "chains": results }))?;
    } else {
        results.iter().try_for_each(|result| show(result, out))?;
    }
    Ok(if adds_up { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(found: &Checked, out: &mut impl Write) -> Result<()> {
    let Checked { chain, block, balances, .. } = found;
    if found.adds_up() {
        writeln!(
            out,
            "chain {chain} at block {block}: {balances} balances, all explained to the wei"
        )?;
        return Ok(());
    }
    writeln!(out, "chain {chain} at block {block}: does not add up")?;
    for failure in &found.failures {
        writeln!(out, "  {failure}")?;
    }
    for vault in found.vaults.iter().filter(|vault| vault.fees != vault.growth) {
        let (vault, fees, growth) = (vault.vault, vault.fees, vault.growth);
        writeln!(
            out,
            "  vault {vault}: transactions paid {fees} wei into it, and it grew by {growth}"
        )?;
    }
    Ok(())
}
