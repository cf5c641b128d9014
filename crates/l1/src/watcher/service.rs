//! Asks the L1 for what was planned.

use super::{
    WatchError, WatchSettings, Watched, WatchedBlock,
    state::{Fork, Plan, State, is_watched, linked, may_have_any},
};
use crate::{
    access::Fault,
    client::{L1Client, L1Error, logs_of},
    error::Severity,
};
use alloy_consensus::{Header, Sealed};
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{B256, Log, map::HashMap};
use std::time::Duration;

/// Follows an L1 for as long as [`Watcher::run`] runs.
#[derive(Debug)]
pub struct Watcher {
    client: L1Client,
    watched: Watched,
    poll: Duration,
    told: Told,
}

/// What was warned of already.
#[derive(Debug, Default)]
struct Told {
    later_fork: bool,
    full: bool,
}

/// Whether a look at the L1 brought all that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There may be more at once.
    More,
    /// There is nothing new until the L1 has another block.
    UpToDate,
}

impl Watcher {
    /// Nothing is asked yet.
    pub fn new(client: L1Client, settings: WatchSettings) -> Self {
        let poll = settings.limits.poll;
        Self { client, watched: Watched::new(State::new(settings)), poll, told: Told::default() }
    }

    /// What it has, now and later.
    pub fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// Follows the L1, for ever, until something is wrong that only a person can mend.
    pub async fn run(&mut self) -> WatchError {
        let timer = self.client.timer();
        loop {
            match self.step().await {
                Ok(Progress::More) => continue,
                Ok(Progress::UpToDate) => {}
                Err(error) if error.severity() == Severity::Halt => return error,
                Err(error) => tracing::warn!(%error, "the L1 is not followed just now"),
            }
            timer.sleep(self.poll).await;
        }
    }

    /// Looks at the L1 once.
    ///
    /// # Errors
    ///
    /// [`WatchError`]. What is known is whole and as it was, or further on.
    pub async fn step(&mut self) -> Result<Progress, WatchError> {
        let Some(head) = self.look().await? else {
            return Ok(Progress::UpToDate);
        };
        let plan = self.watched.read().plan(&head);
        let progress = match plan {
            Plan::Idle => Ok(Progress::UpToDate),
            Plan::Full => {
                self.tell_full();
                Ok(Progress::UpToDate)
            }
            Plan::Extend(first, last) => self.extend(first, last, &head).await,
            Plan::FindFork(first, last) => self.switch(first, last, &head).await,
        };
        self.watched.announce();
        progress
    }

    /// The head, after what is safe and final is noted.
    async fn look(&self) -> Result<Option<Sealed<Header>>, WatchError> {
        use BlockNumberOrTag::{Finalized, Latest, Safe};
        let head = self.client.block(Latest).await?;
        let (safe, end) = match self.client.blocks([Safe, Finalized]).await {
            Ok(mut found) => {
                let end = found.pop().flatten();
                (found.pop().flatten(), end)
            }
            // A chain that knows no finality, or has none yet.
            Err(L1Error::Refused { .. }) => (None, None),
            Err(error) => return Err(error.into()),
        };
        self.watched.write().finality(safe.as_ref(), end.as_ref());
        Ok(head)
    }

    /// Fetches blocks that go onto the tip; if they do not, the tip has left the best branch.
    async fn extend(
        &mut self,
        first: u64,
        last: u64,
        head: &Sealed<Header>,
    ) -> Result<Progress, WatchError> {
        let headers = self.headers(first, last).await?;
        let Some(lowest) = headers.first() else {
            return Err(WatchError::OtherBranch { number: first });
        };
        let tip = self.watched.head();
        if let Some(tip) = tip.filter(|tip| tip.hash != lowest.parent_hash) {
            let number = tip.header.number;
            return self.switch(number, number, head).await;
        }
        self.watched.read().check_start(lowest)?;
        self.take(headers, head).await
    }

    /// Looks for the newest block that this branch and the L1's have, and goes over to the L1's.
    async fn switch(
        &mut self,
        mut first: u64,
        mut last: u64,
        head: &Sealed<Header>,
    ) -> Result<Progress, WatchError> {
        let (number, hash) = loop {
            let headers = self.headers(first, last).await?;
            if headers.len() as u64 != last - first + 1 {
                return Err(WatchError::OtherBranch { number: first });
            }
            let fork = self.watched.read().find_fork(&headers)?;
            match fork {
                Fork::At(number, hash) => break (number, hash),
                Fork::Lower(low, high) => (first, last) = (low, high),
            }
        };
        let plan = self.watched.read().extend(number + 1, head.number);
        let Plan::Extend(first, last) = plan else {
            // An endpoint that is behind, or no room.
            return Ok(Progress::UpToDate);
        };
        let headers = self.headers(first, last).await?;
        if headers.first().is_none_or(|lowest| lowest.parent_hash != hash) {
            return Err(WatchError::OtherBranch { number: first });
        }
        let depth = self.watched.head().map_or(0, |tip| tip.header.number - number);
        tracing::info!(fork = number, depth, "L1 reorg");
        self.take(headers, head).await
    }

    /// Linked headers of the L1's branch.
    async fn headers(&mut self, first: u64, last: u64) -> Result<Vec<Sealed<Header>>, WatchError> {
        let found = self.client.blocks((first..=last).map(BlockNumberOrTag::Number)).await;
        let headers = match found {
            Ok(found) => linked(found),
            Err(error) => return Err(self.smaller(error, last - first + 1)),
        };
        let is_other = |header: &&Sealed<Header>| header.inner().hash_slow() != header.hash();
        if let Some(header) = headers.iter().find(is_other).filter(|_| !self.told.later_fork) {
            self.told.later_fork = true;
            tracing::warn!(
                number = header.number,
                "L1 headers have fields that this version of Seam does not know: they are believed \
                 by their links; look for a newer version"
            );
        }
        if headers.first().is_some_and(|header| header.number != first) {
            return Err(WatchError::OtherBranch { number: first });
        }
        Ok(headers)
    }

    /// Adds the logs, and puts the blocks onto their parent.
    async fn take(
        &mut self,
        headers: Vec<Sealed<Header>>,
        head: &Sealed<Header>,
    ) -> Result<Progress, WatchError> {
        let mut logs = self.logs(&headers).await?;
        let last = headers.last().map_or(0, |header| header.number);
        let block = |header: Sealed<Header>| {
            let (header, hash) = header.into_parts();
            WatchedBlock { hash, header, logs: logs.remove(&hash).unwrap_or_default() }
        };
        let blocks: Vec<WatchedBlock> = headers.into_iter().map(block).collect();
        let mut state = self.watched.write();
        state.replace(blocks)?;
        state.grow();
        Ok(if last < head.number { Progress::More } else { Progress::UpToDate })
    }

    /// The watched events of these blocks, by their hashes.
    async fn logs(
        &self,
        headers: &[Sealed<Header>],
    ) -> Result<HashMap<B256, Vec<(u64, Log)>>, WatchError> {
        let (events, most) = {
            let state = self.watched.read();
            (state.settings().events.clone(), state.settings().limits.max_receipts.max(1))
        };
        let may_have = |header: &&Sealed<Header>| may_have_any(&header.logs_bloom, &events);
        let wanted: Vec<&Sealed<Header>> = headers.iter().filter(may_have).collect();
        let (mut logs, mut rest, mut most) = (HashMap::default(), &wanted[..], most);
        while !rest.is_empty() {
            let (some, after) = rest.split_at(most.min(rest.len()));
            let found = match self.client.receipts_of(some).await {
                Err(L1Error::TooLarge { .. }) if some.len() > 1 => {
                    most = some.len() / 2;
                    continue;
                }
                found => found.map_err(|error| self.smaller(error, headers.len() as u64))?,
            };
            for (header, receipts) in some.iter().zip(found) {
                let ours = logs_of(receipts).filter(|(_, log)| is_watched(log, &events));
                logs.insert(header.hash(), ours.collect());
            }
            rest = after;
        }
        Ok(logs)
    }

    /// After a failed fetch of so many blocks: the next is smaller, where that may help.
    fn smaller(&self, error: L1Error, count: u64) -> WatchError {
        let may_help = match &error {
            L1Error::Refused { .. } | L1Error::TooLarge { .. } => true,
            L1Error::Unreachable { last, .. } => *last == Fault::Timeout,
            _ => false,
        };
        if may_help {
            self.watched.write().shrink(count);
        }
        error.into()
    }

    fn tell_full(&mut self) {
        if !std::mem::replace(&mut self.told.full, true) {
            tracing::warn!(
                "as many L1 blocks are kept as may be: it waits until older ones may go"
            );
        }
    }
}
