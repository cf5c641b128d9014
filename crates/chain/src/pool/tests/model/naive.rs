//! The naive pool: a list, and rules that walk it.

use super::super::super::*;
use std::cmp::Reverse;

#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) tx: PoolTransaction,
    pub(super) arrival: u64,
    pub(super) block: Option<u64>,
}

/// A plain list of transactions, and the state that the real pool is told of.
#[derive(Debug, Clone)]
pub(super) struct Naive {
    pub(super) limits: PoolLimits,
    pub(super) list: Vec<Waiting>,
    pub(super) state: BTreeMap<Address, (u64, U256)>,
    pub(super) arrivals: u64,
}

/// One sender's nonces from the state's on: how many are in flight, how many executable.
struct Run {
    nonce: u64,
    flying: u64,
    next: u64,
    spent: U256,
}

impl Naive {
    fn at(&self, sender: Address, nonce: u64) -> Option<&Waiting> {
        self.list.iter().find(|w| w.tx.sender() == sender && w.tx.nonce() == nonce)
    }

    fn run(&self, sender: Address) -> Run {
        let (nonce, balance) = self.state[&sender];
        let mut run = Run { nonce, flying: nonce, next: nonce, spent: U256::ZERO };
        while let Some(entry) = self.at(sender, run.flying).filter(|w| w.block.is_some()) {
            run.spent += entry.tx.cost();
            run.flying += 1;
        }
        run.next = run.flying;
        while let Some(entry) = self.at(sender, run.next) {
            if run.spent + entry.tx.cost() > balance {
                break;
            }
            run.spent += entry.tx.cost();
            run.next += 1;
        }
        run
    }

    fn of(&self, sender: Address) -> impl Iterator<Item = &Waiting> {
        self.list.iter().filter(move |w| w.tx.sender() == sender)
    }

    fn waits(&self, sender: Address) -> impl Iterator<Item = &Waiting> {
        self.of(sender).filter(|w| w.block.is_none())
    }

    pub(super) fn flying(&self, sender: Address) -> u64 {
        self.run(sender).flying
    }

    pub(super) fn next(&self, sender: Address) -> u64 {
        self.run(sender).next
    }

    fn is_executable(&self, w: &Waiting) -> bool {
        let run = self.run(w.tx.sender());
        (run.flying..run.next).contains(&w.tx.nonce())
    }

    /// Pending and queued hashes of a sender by nonce, those in flight among the pending.
    pub(super) fn content(&self, sender: Address) -> (Vec<TxHash>, Vec<TxHash>) {
        let mut list: Vec<_> = self.of(sender).collect();
        list.sort_by_key(|w| w.tx.nonce());
        let next = self.next(sender);
        let (pending, queued): (Vec<_>, Vec<_>) =
            list.into_iter().partition(|w| w.tx.nonce() < next);
        let hashes = |list: Vec<&Waiting>| list.iter().map(|w| w.tx.hash()).collect();
        (hashes(pending), hashes(queued))
    }

    pub(super) fn status(&self) -> PoolStatus {
        let mut status = PoolStatus::default();
        for w in &self.list {
            if w.block.is_some() {
                status.in_flight += 1;
                continue;
            }
            status.bytes += w.tx.bytes();
            status.blob_bytes += w.tx.blob_bytes();
            let count =
                if self.is_executable(w) { &mut status.pending } else { &mut status.queued };
            *count += 1;
        }
        status
    }

    pub(super) fn insert(
        &mut self,
        tx: &PoolTransaction,
        base_fee: u64,
    ) -> Result<Inserted, PoolError> {
        let before = self.clone();
        let result = self.try_insert(tx, base_fee);
        if result.is_err() {
            *self = before;
        }
        result
    }

    fn try_insert(&mut self, tx: &PoolTransaction, base_fee: u64) -> Result<Inserted, PoolError> {
        let (sender, nonce) = (tx.sender(), tx.nonce());
        if self.list.iter().any(|w| w.tx.hash() == tx.hash()) {
            return Err(PoolError::AlreadyKnown);
        }
        let run = self.run(sender);
        if nonce < run.flying {
            return Err(PoolError::NonceTooLow { next: run.flying, nonce });
        }
        if tx.is_blob() && nonce > run.next {
            return Err(PoolError::NonceGap { nonce, gap: run.next });
        }
        let old = self.at(sender, nonce).cloned();
        self.check_funds(tx, old.as_ref(), &run)?;
        old.as_ref().map_or(Ok(()), |old| self.check_bump(tx, &old.tx))?;
        let displaced = self.check_count(tx, old.as_ref(), &run)?;
        let executable = nonce <= run.next;
        let offered = self.offered(tx, executable, base_fee);
        let mut evicted = Vec::new();
        if let Some(hash) = displaced {
            self.list.retain(|w| w.tx.hash() != hash);
            evicted.push(hash);
        }
        while self.over(Some(tx)) {
            let victim = self.victim(tx, executable, offered, base_fee)?;
            self.list.retain(|w| w.tx.hash() != victim);
            evicted.push(victim);
        }
        let replaced = self.at(sender, nonce).map(|w| w.tx.hash());
        self.list.retain(|w| Some(w.tx.hash()) != replaced);
        self.arrivals += 1;
        self.list.push(Waiting { tx: tx.clone(), arrival: self.arrivals, block: None });
        Ok(Inserted { hash: tx.hash(), replaced, ready: executable, evicted })
    }

    fn check_funds(
        &self,
        tx: &PoolTransaction,
        old: Option<&Waiting>,
        run: &Run,
    ) -> Result<(), PoolError> {
        let (balance, cost) = (self.state[&tx.sender()].1, tx.cost());
        if cost > balance {
            return Err(PoolError::InsufficientFunds { balance, cost });
        }
        let old = old.filter(|old| old.tx.nonce() < run.next);
        let queued = run.spent - old.map_or(U256::ZERO, |old| old.tx.cost());
        if queued + cost > balance {
            return Err(PoolError::InsufficientFundsForAll { balance, queued, cost });
        }
        Ok(())
    }

    fn check_bump(&self, tx: &PoolTransaction, old: &PoolTransaction) -> Result<(), PoolError> {
        let blobs = tx.is_blob() || old.is_blob();
        let percent = if blobs { self.limits.blob_price_bump } else { self.limits.price_bump };
        let fees = [
            ("gas fee cap", tx.max_fee(), old.max_fee()),
            ("gas tip cap", tx.max_tip(), old.max_tip()),
            match (tx.max_blob_fee(), old.max_blob_fee()) {
                (Some(given), Some(before)) => ("blob fee cap", given, before),
                _ => ("", u128::MAX, 0),
            },
        ];
        for (what, given, before) in fees {
            let needed = (before * (100 + u128::from(percent)) / 100).max(before + 1);
            if given < needed {
                return Err(PoolError::ReplacementUnderpriced { what, given, needed });
            }
        }
        Ok(())
    }

    fn check_count(
        &self,
        tx: &PoolTransaction,
        old: Option<&Waiting>,
        run: &Run,
    ) -> Result<Option<TxHash>, PoolError> {
        let blobs = self
            .waits(tx.sender())
            .filter(|w| w.tx.is_blob() && w.tx.nonce() != tx.nonce())
            .count();
        if tx.is_blob() && blobs >= self.limits.max_blobs_per_account {
            return Err(PoolError::AccountLimit(blobs));
        }
        let count = self.waits(tx.sender()).count();
        if old.is_some() || count < self.limits.max_per_account {
            return Ok(None);
        }
        let furthest = self.waits(tx.sender()).max_by_key(|w| w.tx.nonce()).unwrap();
        assert!(furthest.tx.nonce() < tx.nonce() || furthest.tx.nonce() >= run.next);
        if furthest.tx.nonce() > tx.nonce() {
            Ok(Some(furthest.tx.hash()))
        } else {
            Err(PoolError::AccountLimit(count))
        }
    }

    fn offered(&self, tx: &PoolTransaction, executable: bool, base_fee: u64) -> u128 {
        let beside = self.waits(tx.sender()).filter(|w| self.is_executable(w) == executable);
        let prices = beside.map(|w| w.tx.gas_price_at(base_fee));
        prices.chain([tx.gas_price_at(base_fee)]).min().unwrap()
    }

    /// Waiting transactions as they would be with the newcomer.
    fn with<'a>(&'a self, tx: Option<&'a PoolTransaction>) -> Vec<&'a PoolTransaction> {
        let same = |w: &PoolTransaction| {
            tx.is_some_and(|tx| tx.sender() == w.sender() && tx.nonce() == w.nonce())
        };
        let waiting = self.list.iter().filter(|w| w.block.is_none()).map(|w| &w.tx);
        waiting.filter(|w| !same(w)).chain(tx).collect()
    }

    fn over_blobs(&self, tx: Option<&PoolTransaction>) -> bool {
        let blobs: usize = self.with(tx).iter().map(|tx| tx.blob_bytes()).sum();
        blobs > self.limits.max_blob_bytes
    }

    fn over(&self, tx: Option<&PoolTransaction>) -> bool {
        let all = self.with(tx);
        let bytes: usize = all.iter().map(|tx| tx.bytes()).sum();
        self.over_blobs(tx)
            || all.len() > self.limits.max_transactions
            || bytes > self.limits.max_bytes
    }

    /// The cheapest of the senders that `counts` holds for: price, hash of its furthest.
    fn lowest(&self, base_fee: u64, counts: impl Fn(&Waiting) -> bool) -> Option<(u128, TxHash)> {
        let waiting = self.list.iter().filter(|w| w.block.is_none() && counts(w));
        let (price, _, sender) = waiting
            .map(|w| {
                let sender = w.tx.sender();
                (w.tx.gas_price_at(base_fee), Reverse(self.waits(sender).count()), sender)
            })
            .min()?;
        let furthest = self.waits(sender).max_by_key(|w| w.tx.nonce())?;
        Some((price, furthest.tx.hash()))
    }

    fn lowest_with_blobs(&self, base_fee: u64) -> Option<(u128, TxHash)> {
        self.lowest(base_fee, |w| self.waits(w.tx.sender()).any(|w| w.tx.is_blob()))
    }

    fn victim(
        &self,
        tx: &PoolTransaction,
        executable: bool,
        offered: u128,
        base_fee: u64,
    ) -> Result<TxHash, PoolError> {
        let limits = &self.limits;
        if tx.bytes() > limits.max_bytes || tx.blob_bytes() > limits.max_blob_bytes {
            return Err(PoolError::Full);
        }
        let worst = if self.over_blobs(Some(tx)) {
            self.lowest_with_blobs(base_fee)
        } else if let Some((price, hash)) = self.lowest(base_fee, |w| !self.is_executable(w)) {
            let better = executable || price < offered;
            return if better { Ok(hash) } else { Err(PoolError::Full) };
        } else {
            self.lowest(base_fee, |_| true)
        };
        match worst {
            _ if !executable => Err(PoolError::Full),
            None => Err(PoolError::Full),
            Some((needed, _)) if needed >= offered => {
                Err(PoolError::FullUnderpriced { offered, needed })
            }
            Some((_, hash)) => Ok(hash),
        }
    }

    /// Drops the worst until the limits hold; their hashes.
    pub(super) fn shrink(&mut self, base_fee: u64) -> Vec<TxHash> {
        let mut gone = Vec::new();
        while self.over(None) {
            let worst = if self.over_blobs(None) {
                self.lowest_with_blobs(base_fee)
            } else {
                self.lowest(base_fee, |w| !self.is_executable(w))
                    .or_else(|| self.lowest(base_fee, |_| true))
            };
            let hash = worst.unwrap().1;
            self.list.retain(|w| w.tx.hash() != hash);
            gone.push(hash);
        }
        gone
    }

    /// The best of those that come first of their sender, but for these senders' first nonces.
    pub(super) fn best(
        &self,
        market: &Market,
        from: &BTreeMap<Address, u64>,
        refused: &BTreeSet<Address>,
    ) -> Option<PoolTransaction> {
        let first = |sender: &Address| {
            let run = self.run(*sender);
            let nonce = run.flying.max(from.get(sender).copied().unwrap_or(0));
            self.at(*sender, nonce).filter(|_| nonce < run.next)
        };
        let senders = self.state.keys().filter(|sender| !refused.contains(*sender));
        let fits = |w: &&Waiting| {
            w.tx.tip_at(market.base_fee).is_some()
                && w.tx.max_blob_fee().is_none_or(|fee| fee >= market.blob_base_fee)
        };
        let best = senders
            .filter_map(first)
            .filter(fits)
            .max_by_key(|w| (w.tx.tip_at(market.base_fee), Reverse(w.arrival)));
        best.map(|w| w.tx.clone())
    }

    pub(super) fn mark_in_flight(&mut self, number: u64, block: &[PoolTransaction]) -> Vec<TxHash> {
        let mut gone = Vec::new();
        for tx in block {
            let known = self.of(tx.sender()).next().is_some();
            if !known || self.flying(tx.sender()) != tx.nonce() {
                continue;
            }
            self.arrivals += 1;
            let old = self.at(tx.sender(), tx.nonce()).cloned();
            let hash = old.as_ref().map(|w| w.tx.hash());
            self.list.retain(|w| Some(w.tx.hash()) != hash);
            let same = hash == Some(tx.hash());
            let arrival = old.map_or(self.arrivals, |w| w.arrival);
            self.list.push(Waiting { tx: tx.clone(), arrival, block: Some(number) });
            gone.extend(hash.filter(|_| !same));
        }
        gone
    }

    pub(super) fn abandon(&mut self, number: u64) {
        for w in &mut self.list {
            w.block = w.block.filter(|block| *block < number);
        }
    }

    /// Takes over the state of an account; what its nonce leaves behind goes.
    pub(super) fn reset(&mut self, sender: Address, nonce: u64, balance: U256) -> Vec<TxHash> {
        let back = nonce < self.run(sender).nonce;
        self.state.insert(sender, (nonce, balance));
        let gone = |w: &Waiting| w.tx.sender() == sender && w.tx.nonce() < nonce;
        let hashes = self.list.iter().filter(|w| gone(w)).map(|w| w.tx.hash()).collect();
        self.list.retain(|w| !gone(w));
        for w in self.list.iter_mut().filter(|w| back && w.tx.sender() == sender) {
            w.block = None;
        }
        hashes
    }

    /// Whatever is in flight until `number` waits again, with all after it of the same sender.
    pub(super) fn land(&mut self, number: u64) {
        let late: BTreeSet<_> = self
            .list
            .iter()
            .filter(|w| w.block.is_some_and(|block| block <= number))
            .map(|w| w.tx.sender())
            .collect();
        for w in self.list.iter_mut().filter(|w| late.contains(&w.tx.sender())) {
            w.block = None;
        }
    }
}
