//! A chain around both pools: it seals and announces blocks, reorganises, and asks both the same.

use super::{
    super::{super::*, build::*},
    naive::Naive,
};
use alloy_primitives::keccak256;

#[derive(Debug, Clone)]
pub(super) enum Op {
    /// A transaction of account `seed`, `ahead` of one below the state's nonce.
    Insert { seed: u64, ahead: u64, fee: u128, tip: u128, kind: u8, value: u8 },
    /// A builder starts a block.
    Open,
    /// It takes the next transaction.
    Take,
    /// It takes the next and cannot have it.
    Refuse,
    /// The block is sealed.
    Seal,
    /// The oldest sealed block is announced; its senders spent some of the most they could.
    Announce { spend: u8 },
    /// Sealed blocks from the `ahead`-th on are given up.
    Abandon { ahead: u64 },
    /// A block of someone else, with transactions of account `seed` that the pool has not seen.
    Foreign { seed: u64, nonces: u64 },
    /// The newest announced blocks are undone; the new branch is empty and as long.
    Reorg { depth: usize },
    /// Someone asks for a transaction to go.
    Remove { which: u8 },
    /// Something changes a balance.
    Balance { seed: u64, size: u64 },
    /// The next block's base fee.
    BaseFee { base_fee: u64 },
}

/// A block that is being built.
struct Open {
    selection: Selection,
    from: BTreeMap<Address, u64>,
    refused: BTreeSet<Address>,
    taken: Vec<PoolTransaction>,
}

type State = BTreeMap<Address, (u64, U256)>;

pub(super) struct World {
    pool: Pool,
    naive: Naive,
    market: Market,
    head: u64,
    state: State,
    open: Option<Open>,
    sealed: Vec<Vec<PoolTransaction>>,
    /// Announced blocks with the state before them.
    announced: Vec<(State, Vec<PoolTransaction>)>,
    /// Hashes in the pool before the step, and those that left it with a reason.
    before: BTreeSet<TxHash>,
    named: BTreeSet<TxHash>,
}

const SENDERS: u64 = 6;

fn balance(size: u64) -> U256 {
    U256::from(21_000 * 100 * size)
}

impl World {
    pub(super) fn new(max_transactions: usize, room: usize) -> Self {
        let blob = tx(0, 0, 1).blobs(1, 1).blob_bytes();
        let limits = PoolLimits {
            max_transactions,
            max_bytes: 2 * blob + 300 * room,
            max_blob_bytes: 2 * blob,
            max_per_account: 5,
            max_blobs_per_account: 2,
            ..PoolLimits::default()
        };
        let state: State = (0..SENDERS).map(|seed| (sender(seed), (3, balance(4)))).collect();
        let naive = Naive { limits, list: Vec::new(), state: state.clone(), arrivals: 0 };
        Self {
            pool: Pool::new(limits),
            naive,
            market: market(),
            head: 10,
            state,
            open: None,
            sealed: Vec::new(),
            announced: Vec::new(),
            before: BTreeSet::new(),
            named: BTreeSet::new(),
        }
    }

    pub(super) fn step(&mut self, op: Op) {
        self.before = self.pool.by_hash.keys().copied().collect();
        self.named.clear();
        match op {
            Op::Insert { seed, ahead, fee, tip, kind, value } => {
                let nonce = (self.state[&sender(seed)].0 + ahead).saturating_sub(1);
                let build = tx(seed, nonce, 0).fees(fee, tip.min(fee)).value(u64::from(value));
                let tx = match kind {
                    0 | 1 => build.blobs(1, 1 + tip),
                    2 => build.legacy(Some(CHAIN_ID)),
                    3 => build.gas(30_000).data(vec![0; 150]).done(),
                    _ => build.done(),
                };
                self.insert(tx);
            }
            Op::Open => self.start(),
            Op::Take => self.take(false),
            Op::Refuse => self.take(true),
            Op::Seal => self.seal(),
            Op::Announce { spend } => self.announce(spend),
            Op::Abandon { ahead } => self.abandon(self.head + 1 + ahead),
            Op::Foreign { seed, nonces } => self.foreign(seed, nonces),
            Op::Reorg { depth } => self.reorg(depth),
            Op::Remove { which } => self.remove(which),
            Op::Balance { seed, size } => self.set_balance(seed, size),
            Op::BaseFee { base_fee } => {
                self.open = None;
                self.market.base_fee = base_fee;
            }
        }
    }

    fn account(&self, of: Address) -> Sender {
        let (nonce, balance) = self.state[&of];
        Sender { nonce, balance, has_code: false }
    }

    fn insert(&mut self, tx: PoolTransaction) {
        let expected = self.naive.insert(&tx, self.market.base_fee);
        let result = self.pool.insert(tx.clone(), self.account(tx.sender()), &self.market);
        assert_eq!(result, expected);
        if let Ok(Inserted { evicted, replaced, .. }) = result {
            self.named.extend(evicted.into_iter().chain(replaced));
        }
    }

    fn start(&mut self) {
        self.open = Some(Open {
            selection: Selection::new(self.market),
            from: BTreeMap::new(),
            refused: BTreeSet::new(),
            taken: Vec::new(),
        });
    }

    /// As a builder does: the best, unless the state of the blocks so far has another nonce.
    fn take(&mut self, refuse: bool) {
        if self.open.is_none() {
            self.start();
        }
        let Some(open) = &mut self.open else { return };
        let best = self.pool.next_best(&mut open.selection);
        let expected = self.naive.best(&self.market, &open.from, &open.refused);
        let hash = |tx: &Option<PoolTransaction>| tx.as_ref().map(PoolTransaction::hash);
        assert_eq!(hash(&best), hash(&expected));
        let Some(tx) = best else { return };
        let (sender, nonce) = (tx.sender(), tx.nonce());
        let blocks = self.sealed.iter().flatten().chain(&open.taken);
        let used = blocks.filter(|tx| tx.sender() == sender).map(|tx| tx.nonce() + 1).max();
        open.from.insert(sender, nonce + 1);
        if refuse || nonce != used.unwrap_or(self.state[&sender].0) {
            open.selection.refuse(sender);
            open.refused.insert(sender);
        } else {
            open.taken.push(tx);
        }
    }

    fn seal(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.sealed.push(open.taken);
        let number = self.head + self.sealed.len() as u64;
        let block = &self.sealed[self.sealed.len() - 1];
        let expected = self.naive.mark_in_flight(number, block);
        let dropped = self.pool.mark_in_flight(number, block);
        self.same(&dropped, expected);
    }

    fn announce(&mut self, spend: u8) {
        if self.sealed.is_empty() {
            return;
        }
        let block = self.sealed.remove(0);
        self.announced.push((self.state.clone(), block.clone()));
        self.head += 1;
        let mut changed = BTreeSet::new();
        for tx in &block {
            let (nonce, balance) = self.state.get_mut(&tx.sender()).unwrap();
            *nonce = tx.nonce() + 1;
            *balance = balance.saturating_sub(tx.cost() / U256::from(1 + u64::from(spend)));
            changed.insert(tx.sender());
        }
        let mined: Vec<_> = block.iter().map(|tx| (tx.sender(), tx.nonce(), tx.hash())).collect();
        self.on_block(mined, changed);
    }

    fn on_block(&mut self, mined: Vec<(Address, u64, TxHash)>, changed: BTreeSet<Address>) {
        let hashes: BTreeSet<_> = mined.iter().map(|(_, _, hash)| *hash).collect();
        let accounts: Vec<_> = changed
            .iter()
            .map(|sender| (*sender, self.state[sender].0, self.state[sender].1))
            .collect();
        let mut expected = Vec::new();
        for (sender, nonce, balance) in &accounts {
            expected.extend(self.naive.reset(*sender, *nonce, *balance));
        }
        self.naive.land(self.head);
        expected.extend(self.naive.shrink(self.market.base_fee));
        let dropped = self.pool.on_block(self.head, mined, accounts, &self.market);
        for Dropped { transaction, reason } in &dropped {
            assert_eq!(*reason == Reason::Mined, hashes.contains(&transaction.hash()));
        }
        self.same(&dropped, expected);
    }

    fn abandon(&mut self, number: u64) {
        self.open = None;
        self.sealed.truncate(usize::try_from(number - self.head - 1).unwrap());
        self.naive.abandon(number);
        let expected = self.naive.shrink(self.market.base_fee);
        let dropped = self.pool.abandon(number, &self.market);
        self.same(&dropped, expected);
    }

    fn foreign(&mut self, seed: u64, nonces: u64) {
        self.abandon(self.head + 1);
        self.announced.push((self.state.clone(), Vec::new()));
        self.head += 1;
        let first = self.state[&sender(seed)].0;
        let mined: Vec<_> = (first..first + nonces)
            .map(|nonce| (sender(seed), nonce, keccak256(nonce.to_be_bytes())))
            .collect();
        self.state.get_mut(&sender(seed)).unwrap().0 += nonces;
        self.on_block(mined, [sender(seed)].into());
    }

    fn reorg(&mut self, depth: usize) {
        self.abandon(self.head + 1);
        let from = self.announced.len().saturating_sub(depth);
        let undone = self.announced.split_off(from);
        let Some((state, _)) = undone.first() else { return };
        self.state = state.clone();
        for (sender, (nonce, balance)) in self.state.clone() {
            let expected = self.naive.reset(sender, nonce, balance);
            let dropped = self.pool.reset_account(sender, nonce, balance);
            self.same(&dropped, expected);
        }
        let mut lost: Vec<_> = undone.into_iter().flat_map(|(_, block)| block).collect();
        let (state, base_fee) = (self.state.clone(), self.market.base_fee);
        let account = |of: Address| {
            let (nonce, balance) = state[&of];
            Sender { nonce, balance, has_code: false }
        };
        let results = self.pool.reinsert(lost.clone(), account, &self.market);
        lost.sort_by_key(PoolTransaction::nonce);
        for (tx, (hash, result)) in lost.iter().zip(results) {
            assert_eq!((tx.hash(), &result), (hash, &self.naive.insert(tx, base_fee)));
            if let Ok(Inserted { evicted, replaced, .. }) = result {
                self.named.extend(evicted.into_iter().chain(replaced));
            }
        }
    }

    fn remove(&mut self, which: u8) {
        let Some(w) = self.naive.list.get(usize::from(which) % self.naive.list.len().max(1)) else {
            return;
        };
        let (hash, waits) = (w.tx.hash(), w.block.is_none());
        let dropped = self.pool.remove(&hash, Reason::Requested);
        let expected: Vec<_> = waits.then_some(hash).into_iter().collect();
        self.naive.list.retain(|w| !expected.contains(&w.tx.hash()));
        self.same(dropped.as_slice(), expected);
    }

    fn set_balance(&mut self, seed: u64, size: u64) {
        let sender = sender(seed);
        let (nonce, balance) = (self.state[&sender].0, balance(size));
        // What is sealed must stay payable, else the blocks of this chain could not be.
        if self.sealed.iter().flatten().chain(self.taken()).any(|tx| tx.sender() == sender) {
            return;
        }
        self.state.insert(sender, (nonce, balance));
        let expected = self.naive.reset(sender, nonce, balance);
        let dropped = self.pool.reset_account(sender, nonce, balance);
        self.same(&dropped, expected);
    }

    fn taken(&self) -> impl Iterator<Item = &PoolTransaction> {
        self.open.iter().flat_map(|open| &open.taken)
    }

    /// Both dropped the same; each had a reason.
    fn same(&mut self, dropped: &[Dropped], expected: Vec<TxHash>) {
        let hashes: BTreeSet<_> = dropped.iter().map(|gone| gone.transaction.hash()).collect();
        assert_eq!(hashes, expected.into_iter().collect());
        assert_eq!(hashes.len(), dropped.len());
        self.named.extend(hashes);
    }

    /// Both have the same content, the indexes hold, and nothing has gone without a word.
    pub(super) fn compare(&self) {
        super::super::check(&self.pool);
        assert_eq!(self.pool.status(), self.naive.status());
        for seed in 0..SENDERS {
            let sender = sender(seed);
            assert_eq!(hashes_of(&self.pool, seed), self.naive.content(sender));
            let state = self.state[&sender].0;
            assert_eq!(self.pool.pending_nonce(sender, state), self.naive.next(sender));
        }
        let now: BTreeSet<_> = self.pool.by_hash.keys().copied().collect();
        assert!(self.before.difference(&now).all(|hash| self.named.contains(hash)));
        self.check_order();
    }

    /// A block from here on: no tip above an earlier one but after a cheaper one of its sender,
    /// nothing in flight, no nonce left out.
    fn check_order(&self) {
        let mut selection = Selection::new(self.market);
        let mut taken: Vec<PoolTransaction> = Vec::new();
        while let Some(tx) = self.pool.next_best(&mut selection) {
            let sender = tx.sender();
            let before = taken.iter().rev().find(|other| other.sender() == sender);
            let nonce = before.map_or(self.naive.flying(sender), |other| other.nonce() + 1);
            assert_eq!(tx.nonce(), nonce);
            let tip = |tx: &PoolTransaction| tx.tip_at(self.market.base_fee).unwrap();
            let waited = taken.iter().rev().take_while(|other| other.sender() != sender);
            assert!(waited.map(tip).all(|other| other >= tip(&tx)));
            taken.push(tx);
        }
    }
}
