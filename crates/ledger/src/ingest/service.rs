//! Asks the node and writes the books.

use super::{
    COMPARED_BLOCKS, IngestError, MAX_REORGS, Progress, Reached,
    state::{Watch, held, put, put_shares, running, shares, wanted},
};
use crate::{
    BookedBlock, Books,
    books::Tracked,
    rules::{Running, book, names_owner, rests},
    source::{At, BlockFacts, Source, SourceError},
};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256};
use seam_l1::Severity;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Keeps the books of one chain.
#[derive(Debug)]
pub struct Ingest {
    source: Source,
    books: Arc<Books>,
    chain: u64,
    /// Of tokens that were asked: the asset, if they are vaults.
    assets: BTreeMap<Address, Option<Address>>,
}

/// What a run is about.
struct Run<'a> {
    watch: Watch,
    running: Running,
    started: Duration,
    progress: Progress,
    tell: &'a mut (dyn FnMut(Progress) + Send + Sync),
}

impl Ingest {
    /// Keeps the books of the chain of this id, from this source. Nothing is asked yet.
    pub const fn new(source: Source, books: Arc<Books>, chain: u64) -> Self {
        Self { source, books, chain, assets: BTreeMap::new() }
    }

    /// Books all blocks from the cursor to the head, or to `until` if that comes first. Accounts that were tracked
    /// later catch up. `tell` hears of every range.
    ///
    /// # Errors
    /// [`IngestError`]; what was booked is whole, and the next call goes on from there.
    pub async fn run(
        &mut self,
        until: Option<u64>,
        tell: &mut (dyn FnMut(Progress) + Send + Sync),
    ) -> Result<Reached, IngestError> {
        let found = self.source.chain_id().await?;
        if found != self.chain {
            return Err(IngestError::OtherChain { expected: self.chain, found });
        }
        let mut reorgs = 0;
        loop {
            match self.try_run(until, tell).await {
                Err(error) if error.severity() == Severity::Reset => {
                    reorgs += 1;
                    tracing::info!(%error, "reading again");
                    if reorgs == MAX_REORGS {
                        return Err(IngestError::Restless);
                    }
                }
                done => return done,
            }
        }
    }

    /// Keeps on booking, with a look at the chain every `poll`, until something is wrong that only a person can
    /// mend.
    pub async fn follow(
        &mut self,
        poll: Duration,
        tell: &mut (dyn FnMut(Progress) + Send + Sync),
    ) -> IngestError {
        let timer = self.source.timer();
        loop {
            match self.run(None, tell).await {
                Ok(_) => {}
                Err(error) if error.severity() == Severity::Halt => return error,
                Err(error) => tracing::warn!(%error, "the chain is not booked just now"),
            }
            timer.sleep(poll).await;
        }
    }

    async fn try_run(
        &mut self,
        until: Option<u64>,
        tell: &mut (dyn FnMut(Progress) + Send + Sync),
    ) -> Result<Reached, IngestError> {
        let head = self.source.header(BlockNumberOrTag::Latest).await?;
        let head = head.ok_or(SourceError::Gone(0))?.number;
        let mut cursor = self.reconcile(head).await?;
        let tracked = self.books.tracked(self.chain).await?;
        let mut run = self.begin(&tracked, tell).await?;
        let Some(first) = run.watch.first() else { return Ok(Reached::NothingTracked) };
        let last = until.map_or(head, |until| until.min(head));
        if cursor.is_none() && first > last {
            return Ok(Reached::Waiting { from: first, head });
        }
        let mut next = cursor.map_or(first, |(number, _)| number.saturating_add(1));
        run.progress.total = last.saturating_add(1).saturating_sub(next);
        while next <= last {
            let end = self.end_of_range(next, last);
            let blocks = self.range(&mut run, cursor, next, end).await?;
            self.books.commit(self.chain, &blocks).await?;
            cursor = blocks.last().map(|block| (block.number, block.hash));
            self.tell(&mut run, next, end);
            next = end.saturating_add(1);
        }
        if let Some(finalized) = self.source.finalized().await? {
            self.books.set_final(self.chain, finalized).await?;
        }
        self.catch_up(tell).await?;
        Ok(cursor.map_or(Reached::NothingTracked, |(number, _)| Reached::Block(number)))
    }

    fn end_of_range(&self, next: u64, last: u64) -> u64 {
        let blocks = self.source.limits().blocks.max(1);
        next.saturating_add(blocks.saturating_sub(1)).min(last)
    }

    async fn begin<'a>(
        &self,
        tracked: &[Tracked],
        tell: &'a mut (dyn FnMut(Progress) + Send + Sync),
    ) -> Result<Run<'a>, IngestError> {
        let watch: Watch = tracked.iter().map(|it| (it.address, it.from_block)).collect();
        let holdings = self.books.holdings().await?.into_iter();
        let ours = holdings.filter(|holding| holding.chain == self.chain);
        let ours = ours.map(|it| (it.owner, it.position, it.token, it.balance));
        let running = running(ours, &watch.everybody());
        let started = self.source.timer().now();
        Ok(Run { watch, running, started, progress: Progress::default(), tell })
    }

    fn tell(&self, run: &mut Run<'_>, first: u64, last: u64) {
        let count = last.saturating_add(1).saturating_sub(first);
        run.progress.done = run.progress.done.saturating_add(count);
        run.progress.block = last;
        run.progress.elapsed = self.source.timer().now().saturating_sub(run.started);
        (run.tell)(run.progress);
    }

    /// Accounts that were tracked when the books were past their first block: their blocks are read again for
    /// each alone.
    async fn catch_up(
        &mut self,
        tell: &mut (dyn FnMut(Progress) + Send + Sync),
    ) -> Result<(), IngestError> {
        let Some((last, _)) = self.books.cursor(self.chain).await? else { return Ok(()) };
        for behind in self.books.behind(self.chain).await? {
            let account = behind.tracked.address;
            let mut run = self.begin(std::slice::from_ref(&behind.tracked), tell).await?;
            let mut cursor = behind.cursor;
            let mut next = cursor.map_or(behind.tracked.from_block, |(number, _)| number + 1);
            run.progress.total = last.saturating_add(1).saturating_sub(next);
            while next <= last {
                let end = self.end_of_range(next, last);
                let blocks = self.range(&mut run, cursor, next, end).await?;
                self.books.commit_behind(self.chain, account, &blocks).await?;
                cursor = blocks.last().map(|block| (block.number, block.hash));
                self.tell(&mut run, next, end);
                next = end.saturating_add(1);
            }
        }
        Ok(())
    }

    /// A range of blocks with its entries.
    async fn range(
        &mut self,
        run: &mut Run<'_>,
        cursor: Option<(u64, B256)>,
        first: u64,
        last: u64,
    ) -> Result<Vec<BookedBlock>, IngestError> {
        let everybody = run.watch.everybody();
        let mut blocks = self.source.blocks(first, last, &everybody).await?;
        let follows = |parent: B256| cursor.is_none_or(|(_, hash)| hash == parent);
        if blocks.first().is_some_and(|lowest| !follows(lowest.parent)) {
            return Err(SourceError::Gone(first.saturating_sub(1)).into());
        }
        self.balances(run, &mut blocks).await?;
        self.shares(run, &mut blocks).await?;
        let mut booked = Vec::with_capacity(blocks.len());
        for mut block in blocks {
            let owners = run.watch.at(block.number);
            if names_owner(&block, &owners) || rests(&block, &owners, &run.running)? {
                self.source.trace(&mut block).await?;
            }
            booked.push(book(&block, &owners, &mut run.running)?);
        }
        Ok(booked)
    }

    async fn balances(&self, run: &Run<'_>, blocks: &mut [BlockFacts]) -> Result<(), IngestError> {
        let wanted = wanted(blocks, &run.watch, &run.running);
        let questions: Vec<_> = wanted.iter().map(|it| (it.at, it.owner, it.token)).collect();
        let found = match self.source.balances(&questions).await {
            Err(SourceError::NoHistory { account, block, message, .. }) => {
                self.source
                    .header(BlockNumberOrTag::Number(block))
                    .await?
                    .ok_or(SourceError::Gone(block))?;
                let oldest = self.oldest_state(account, block).await?;
                return Err(SourceError::NoHistory { account, block, oldest, message }.into());
            }
            found => found?,
        };
        put(blocks, &wanted, found);
        Ok(())
    }

    /// The first block that books could begin with: the one after the oldest with a state, which is looked for between one
    /// without and the head.
    async fn oldest_state(
        &self,
        account: Address,
        without: u64,
    ) -> Result<Option<u64>, SourceError> {
        let Some(head) = self.source.header(BlockNumberOrTag::Latest).await? else {
            return Ok(None);
        };
        let (mut without, mut with) = (without, head.number);
        if !self.has_state(account, with).await? {
            return Ok(None);
        }
        while with.saturating_sub(without) > 1 {
            let middle = without.midpoint(with);
            match self.has_state(account, middle).await? {
                true => with = middle,
                false => without = middle,
            }
        }
        Ok(with.checked_add(1))
    }

    async fn has_state(&self, account: Address, number: u64) -> Result<bool, SourceError> {
        let header = self.source.header(BlockNumberOrTag::Number(number)).await?;
        let hash = header.ok_or(SourceError::Gone(number))?.hash();
        let question = (At { number, hash }, account, crate::Token::Ether);
        match self.source.balances(&[question]).await {
            Ok(_) => Ok(true),
            Err(SourceError::NoHistory { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Adds what shares of vaults are worth.
    async fn shares(
        &mut self,
        run: &Run<'_>,
        blocks: &mut [BlockFacts],
    ) -> Result<(), IngestError> {
        let Some(last) = blocks.last().map(|it| At { number: it.number, hash: it.hash }) else {
            return Ok(());
        };
        for token in held(blocks, &run.running) {
            if !self.assets.contains_key(&token) {
                let asset = self.source.asset(token, last).await?;
                self.assets.insert(token, asset);
            }
        }
        let known = self.assets.iter().filter_map(|(vault, asset)| Some((*vault, (*asset)?)));
        let wanted = shares(blocks, &run.running, &known.collect());
        let questions: Vec<_> = wanted.iter().map(|(_, question)| *question).collect();
        let found = self.source.worth(&questions).await?;
        put_shares(blocks, &wanted, found);
        Ok(())
    }

    /// The cursor, after the books went back to the last block that the node has too.
    async fn reconcile(&self, head: u64) -> Result<Option<(u64, B256)>, IngestError> {
        let Some((number, hash)) = self.books.cursor(self.chain).await? else { return Ok(None) };
        if self.hash_of(number).await? == Some(hash) {
            return Ok(Some((number, hash)));
        }
        let oldest = self.books.oldest_kept(self.chain).await?.unwrap_or(number);
        let mut high = number.min(head);
        loop {
            let low = high.saturating_sub(COMPARED_BLOCKS.saturating_sub(1)).max(oldest);
            if let Some(common) = self.newest_common(low, high).await? {
                // A node that is behind, or a chain that lost blocks: nothing contradicts the books.
                if common == head && head < number {
                    return Ok(Some((number, hash)));
                }
                tracing::info!(common, depth = number.saturating_sub(common), "reorg");
                self.books.roll_back(self.chain, common).await?;
                return Ok(self.books.cursor(self.chain).await?);
            }
            if low <= oldest {
                return Err(IngestError::NothingInCommon { chain: self.chain, oldest });
            }
            high = low.saturating_sub(1);
        }
    }

    async fn newest_common(&self, low: u64, high: u64) -> Result<Option<u64>, IngestError> {
        let numbers = (low..=high).rev();
        let headers = self.source.headers(numbers.clone()).await?;
        for (number, header) in numbers.zip(headers) {
            let booked = self.books.hash(self.chain, number).await?;
            if booked.is_some() && booked == header.map(|header| header.hash()) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    async fn hash_of(&self, number: u64) -> Result<Option<B256>, SourceError> {
        let header = self.source.header(BlockNumberOrTag::Number(number)).await?;
        Ok(header.map(|header| header.hash()))
    }
}
