//! An L1 in memory, and endpoints to it that misbehave as told.

mod access;
mod answers;

pub(crate) use access::{Faults, Lie, SimulatedAccess};

use alloy_consensus::{
    Eip658Value, Header, Receipt, ReceiptEnvelope, Transaction, TxEnvelope, TxType,
    proofs::calculate_receipt_root, transaction::SignerRecoverable,
};
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, keccak256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

pub(crate) const CHAIN_ID: u64 = 900;
pub(crate) const GWEI: u128 = 1_000_000_000;

/// A block with what is in it.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedBlock {
    pub(crate) hash: B256,
    pub(crate) header: Header,
    pub(crate) transactions: Vec<(Address, TxEnvelope)>,
    /// With the hash of each one's transaction: first those of `transactions`, then those with logs.
    pub(crate) receipts: Vec<(B256, ReceiptEnvelope)>,
    pub(crate) logs: Vec<Log>,
}

/// What the L1 is now.
#[derive(Debug)]
pub(crate) struct World {
    blocks: HashMap<B256, Arc<SimulatedBlock>>,
    /// Hashes by number.
    pub(crate) chain: Vec<B256>,
    /// By account and nonce.
    pub(crate) pool: BTreeMap<(Address, u64), TxEnvelope>,
    pub(crate) base_fee: u128,
    pub(crate) tip: u128,
    /// Per blob gas; 0: there are no blobs.
    pub(crate) blob_base_fee: u128,
    /// Which proofs the mempool takes with blobs.
    pub(crate) fork: Fork,
    pub(crate) balance: u128,
    /// Blocks by which the finalized one is behind the head.
    pub(crate) finality: u64,
    /// Headers have a field that this version of alloy does not know.
    pub(crate) later_fork: bool,
    salt: u64,
}

/// An Ethereum L1 without an EVM: blocks, logs, nonces, a mempool.
#[derive(Debug)]
pub(crate) struct SimulatedL1(Mutex<World>);

impl SimulatedL1 {
    pub(crate) fn new() -> Arc<Self> {
        let world = World {
            blocks: HashMap::new(),
            chain: Vec::new(),
            pool: BTreeMap::new(),
            base_fee: GWEI,
            tip: GWEI,
            blob_base_fee: 1,
            fork: Fork::Osaka,
            balance: 1_000_000 * GWEI * GWEI,
            finality: 64,
            later_fork: false,
            salt: 0,
        };
        let l1 = Arc::new(Self(Mutex::new(world)));
        l1.mine();
        l1
    }

    pub(crate) fn with<T>(&self, read: impl FnOnce(&mut World) -> T) -> T {
        read(&mut self.0.lock().unwrap())
    }

    /// A block with what the mempool has that pays enough.
    pub(crate) fn mine(&self) -> Arc<SimulatedBlock> {
        self.mine_with(Vec::new())
    }

    pub(crate) fn mine_with(&self, logs: Vec<Log>) -> Arc<SimulatedBlock> {
        self.with(|world| world.mine(logs))
    }

    /// Blocks without transactions.
    pub(crate) fn mine_empty(&self, count: u64) {
        self.with(|world| {
            let pool = std::mem::take(&mut world.pool);
            (0..count).for_each(|_| drop(world.mine(Vec::new())));
            world.pool = pool;
        });
    }

    /// The newest blocks are gone, and with `Forgotten::Yes` what was in them.
    pub(crate) fn unwind(&self, depth: usize, forgotten: Forgotten) {
        self.with(|world| {
            let keep = world.chain.len().saturating_sub(depth).max(1);
            for hash in world.chain.split_off(keep) {
                let block = world.blocks[&hash].clone();
                for (from, transaction) in &block.transactions {
                    // As geth, which has an account's blobs or its other transactions.
                    let is_other =
                        |other: &TxEnvelope| other.is_eip4844() != transaction.is_eip4844();
                    let mut others = world.pool.iter().filter(|((account, _), _)| account == from);
                    let fits = !others.any(|(_, other)| is_other(other));
                    if forgotten == Forgotten::No && fits {
                        let key = (*from, transaction.nonce());
                        world.pool.insert(key, transaction.clone());
                    }
                }
            }
        });
    }

    pub(crate) fn head(&self) -> Arc<SimulatedBlock> {
        self.with(|world| world.blocks[world.chain.last().unwrap()].clone())
    }

    /// The blocks of the chain as it is now, from genesis.
    pub(crate) fn canonical(&self) -> Vec<Arc<SimulatedBlock>> {
        self.with(|world| world.chain.iter().map(|hash| world.blocks[hash].clone()).collect())
    }
}

/// What matters of the L1's fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fork {
    /// A proof for each blob (EIP-4844).
    Prague,
    /// Proofs of cells (EIP-7594).
    Osaka,
}

/// Whether the transactions of blocks that are gone are back in the mempool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgotten {
    Yes,
    No,
}

impl World {
    pub(crate) fn block(&self, hash: &B256) -> Option<&Arc<SimulatedBlock>> {
        self.blocks.get(hash)
    }

    /// How many transactions an account has in these blocks.
    pub(crate) fn nonce(&self, chain: &[B256], account: Address) -> u64 {
        let all = chain.iter().flat_map(|hash| &self.blocks[hash].transactions);
        all.filter(|(from, _)| *from == account).count() as u64
    }

    fn mine(&mut self, logs: Vec<Log>) -> Arc<SimulatedBlock> {
        let number = self.chain.len() as u64;
        let transactions = self.take_payable();
        self.salt += 1;
        let receipts = receipts(&transactions, &logs, self.salt);
        let envelopes: Vec<ReceiptEnvelope> =
            receipts.iter().map(|(_, receipt)| receipt.clone()).collect();
        let header = Header {
            number,
            parent_hash: self.chain.last().copied().unwrap_or_default(),
            timestamp: 1_000 + 12 * number,
            gas_limit: 30_000_000,
            base_fee_per_gas: Some(1),
            logs_bloom: envelopes.iter().fold(Bloom::ZERO, |all, one| all | *one.logs_bloom()),
            receipts_root: calculate_receipt_root(&envelopes),
            extra_data: Bytes::copy_from_slice(&self.salt.to_be_bytes()),
            ..Header::default()
        };
        let mut hash = header.hash_slow();
        if self.later_fork {
            hash.0.reverse();
        }
        let block = Arc::new(SimulatedBlock { hash, header, transactions, receipts, logs });
        self.blocks.insert(hash, block.clone());
        self.chain.push(hash);
        block
    }

    /// What is next for its account and pays the base fee, out of the mempool.
    fn take_payable(&mut self) -> Vec<(Address, TxEnvelope)> {
        let mut taken = Vec::new();
        let mut nonces: HashMap<Address, u64> = HashMap::new();
        for (account, nonce) in self.pool.keys().copied().collect::<Vec<_>>() {
            let next = *nonces.entry(account).or_insert_with(|| self.nonce(&self.chain, account));
            let waiting = &self.pool[&(account, nonce)];
            let pays_blobs = waiting.max_fee_per_blob_gas().unwrap_or(u128::MAX);
            let pays =
                waiting.max_fee_per_gas() >= self.base_fee && pays_blobs >= self.blob_base_fee;
            if nonce < next {
                self.pool.remove(&(account, nonce));
            } else if nonce == next && pays {
                nonces.insert(account, next + 1);
                taken.push((account, self.pool.remove(&(account, nonce)).unwrap()));
            }
        }
        taken
    }

    /// As geth's mempool takes it.
    pub(crate) fn submit(
        &mut self,
        chain: &[B256],
        transaction: TxEnvelope,
    ) -> Result<B256, String> {
        let from = transaction.recover_signer().unwrap();
        let (hash, nonce) = (*transaction.tx_hash(), transaction.nonce());
        self.check_blobs(from, &transaction)?;
        if nonce < self.nonce(chain, from) {
            return Err("nonce too low".to_owned());
        }
        if let Some(old) = self.pool.get(&(from, nonce)) {
            if *old.tx_hash() == hash {
                return Err("already known".to_owned());
            }
            let part = if old.is_eip4844() { 1 } else { 10 };
            let least = |old: u128| old + old / part;
            let raised = transaction.max_fee_per_gas() >= least(old.max_fee_per_gas())
                && transaction.max_priority_fee_per_gas()
                    >= old.max_priority_fee_per_gas().map(least)
                && transaction.max_fee_per_blob_gas() >= old.max_fee_per_blob_gas().map(least);
            if !raised {
                return Err("replacement transaction underpriced".to_owned());
            }
        }
        self.pool.insert((from, nonce), transaction);
        Ok(hash)
    }

    /// What geth asks of blobs: those of its fork's form, and none of an account that has transactions
    /// without blobs waiting, nor the other way round. The KZG proofs themselves are not checked.
    fn check_blobs(&self, from: Address, transaction: &TxEnvelope) -> Result<(), String> {
        let mut others = self.pool.iter().filter(|((account, _), _)| *account == from);
        if others.any(|(_, other)| other.is_eip4844() != transaction.is_eip4844()) {
            return Err("address already reserved".to_owned());
        }
        let TxEnvelope::Eip4844(signed) = transaction else { return Ok(()) };
        let sidecar = signed.tx().sidecar().ok_or("missing sidecar in blob transaction")?;
        let (want, got) = (self.fork == Fork::Osaka, sidecar.is_eip7594());
        if want != got {
            let [want, got] = [want, got].map(u8::from);
            return Err(format!("unexpected sidecar version, want: {want}, got: {got}"));
        }
        let hashes = transaction.blob_versioned_hashes().unwrap_or_default();
        let fits = sidecar.versioned_hashes().eq(hashes.iter().copied());
        if fits { Ok(()) } else { Err("mismatched versioned hashes".to_owned()) }
    }
}

/// One without logs for each transaction, and others, of all types, that share the logs.
fn receipts(
    transactions: &[(Address, TxEnvelope)],
    logs: &[Log],
    salt: u64,
) -> Vec<(B256, ReceiptEnvelope)> {
    let types =
        [TxType::Legacy, TxType::Eip2930, TxType::Eip1559, TxType::Eip4844, TxType::Eip7702];
    let plain = transactions.iter().map(|(_, tx)| (*tx.tx_hash(), tx.tx_type(), &[][..]));
    let with_logs = logs.chunks(2).zip(types.into_iter().cycle()).zip(0u64..);
    let with_logs = with_logs.map(|((logs, kind), place)| {
        (keccak256([salt.to_be_bytes(), place.to_be_bytes()].concat()), kind, logs)
    });
    let mut cumulative_gas_used = 0;
    let receipt = |(hash, kind, logs): (B256, TxType, &[Log])| {
        cumulative_gas_used += 21_000;
        let status = Eip658Value::Eip658(kind != TxType::Eip2930);
        let receipt = Receipt { status, cumulative_gas_used, logs: logs.to_vec() };
        (hash, ReceiptEnvelope::from_typed(kind, receipt))
    };
    plain.chain(with_logs).map(receipt).collect()
}
