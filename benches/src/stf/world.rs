//! The chain on which everything is measured: Ethereum's rules at Osaka from a `genesis.json`, and
//! set-up blocks in which the contracts are deployed and tokens handed out.

use super::{
    Options,
    contracts::{CHAIN_ID, Contracts},
    people::{DEPLOYER, People},
};
use alloy_consensus::{EMPTY_ROOT_HASH, Signed, TxEip1559};
use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip6110::MAINNET_DEPOSIT_CONTRACT_ADDRESS,
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE},
};
use alloy_primitives::{Address, B256, Bytes, U256, address, utils::Unit};
use anyhow::{Context, Result, ensure};
use revm::{
    database::{CacheDB, EmptyDB},
    state::{AccountInfo, Bytecode},
};
use seam_genesis::chain::ChainGenesis;
use seam_primitives::{BlockAttributes, ChainRules, Header, Transaction};
use seam_stf::{
    ExecutedBlock, SealedGenesis, StateChanges, block::recover_senders, build_block,
    state_trie::StateTrie,
};
use seam_storage::MemoryStore;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Ether of every account in the genesis.
pub(crate) const FUNDS: u64 = 10_000_000;

/// Ether, and tokens, in the pool.
pub(crate) const POOL: u64 = 1_000_000;

/// Who gets the tips.
const BENEFICIARY: Address = address!("0x00000000000000000000000000000000c0ffee00");

/// The chain after its set-up.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) rules: ChainRules,
    pub(crate) people: People,
    pub(crate) contracts: Contracts,
    /// The newest block, and every node of its state.
    head: SealedGenesis,
    /// Its state, as changes to the empty one.
    pub(crate) state: StateChanges,
}

impl World {
    /// Makes the genesis and runs the set-up blocks.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let people = People::new(options.accounts, options.senders.min(options.accounts))?;
        ensure!(people.senders() > 1, "two senders at least");
        let contracts = Contracts::of(people.addresses()[DEPLOYER]);
        let genesis = genesis_json(people.addresses(), options.per_block);
        let genesis = ChainGenesis::from_json(&genesis, None)?;
        let mut store = MemoryStore::new(genesis.sealed, &genesis.state);
        let (rules, mut state) = (genesis.rules, genesis.state);
        for transactions in set_up(&people, &contracts)?.chunks(options.per_block.max(1)) {
            let executed = extend(&rules, &mut store, transactions)?;
            merge(&mut state, &executed.changes);
        }
        let mut trie = StateTrie::from_root(EMPTY_ROOT_HASH);
        let root = trie.apply(&BTreeMap::<B256, Bytes>::new(), &state, None)?.state;
        ensure!(root == store.head().state_root, "the set-up's changes do not add up to its state");
        let head = SealedGenesis { header: store.head().clone(), nodes: trie.take_new_nodes() };
        Ok(Self { rules, people, contracts, head, state })
    }

    /// A new store, at the state after the set-up.
    pub(crate) fn store(&self) -> MemoryStore {
        MemoryStore::new(self.head.clone(), &self.state)
    }

    /// The same state for revm.
    pub(crate) fn cache_db(&self) -> CacheDB<EmptyDB> {
        let mut db = CacheDB::new(EmptyDB::default());
        for (hash, code) in &self.state.codes {
            db.cache.contracts.insert(*hash, Bytecode::new_raw(code.clone()));
        }
        for (address, change) in &self.state.accounts {
            let Some(account) = change.account else { continue };
            let (balance, nonce, code_hash) = (account.balance, account.nonce, account.code_hash);
            let info =
                AccountInfo { balance, nonce, code_hash, code: None, ..AccountInfo::default() };
            db.insert_account_info(*address, info);
            let entry = db.cache.accounts.entry(*address).or_default();
            entry.storage.extend(&change.storage);
        }
        db
    }
}

/// Executes a block of `transactions` on the store's head, each of which must succeed, and keeps it.
pub(crate) fn extend(
    rules: &ChainRules,
    store: &mut MemoryStore,
    transactions: &[Signed<TxEip1559>],
) -> Result<ExecutedBlock> {
    let parent = store.head().clone();
    let transactions = transactions.iter().cloned().map(Transaction::Eip1559).collect();
    let recovered = recover_senders(transactions)?;
    let executed = build_block(rules, &parent, &attributes(&parent), recovered, &mut *store)?;
    ensure_success(&executed)?;
    store.commit(&executed)?;
    Ok(executed)
}

/// A failed transaction costs less than one that does its work.
pub(crate) fn ensure_success(executed: &ExecutedBlock) -> Result<()> {
    let number = executed.block.header.number;
    for (index, receipt) in executed.receipts.iter().enumerate() {
        let success = receipt.status.as_eip658().context("a receipt without status")?;
        ensure!(success, "transaction {index} of block {number} failed");
    }
    Ok(())
}

/// What the maker of the block after `parent` chooses.
pub(crate) fn attributes(parent: &Header) -> BlockAttributes {
    BlockAttributes {
        timestamp: parent.timestamp + 12,
        beneficiary: BENEFICIARY,
        mix_hash: B256::with_last_byte(1),
        gas_limit: parent.gas_limit,
        parent_beacon_block_root: B256::with_last_byte(2),
        ..BlockAttributes::default()
    }
}

/// Deploys, hands tokens to every sender, and lets the router take them: then every sender has
/// nonce 1.
fn set_up(people: &People, contracts: &Contracts) -> Result<Vec<Signed<TxEip1559>>> {
    let addresses = people.addresses();
    let mut transactions = Vec::new();
    for transaction in contracts.deployments(addresses[DEPLOYER], POOL)? {
        transactions.push(people.sign(DEPLOYER, transaction));
    }
    let nonces = u64::try_from(transactions.len())?..;
    for (sender, nonce) in (1..=people.senders()).zip(nonces) {
        let handed = contracts.transfer(addresses[sender], Unit::ETHER.wei() * U256::from(POOL));
        transactions.push(people.sign(DEPLOYER, TxEip1559 { nonce, ..handed }));
        transactions.push(people.sign(sender, contracts.approve_router()));
    }
    Ok(transactions)
}

/// Adds a block's changes to those before it.
fn merge(state: &mut StateChanges, changes: &StateChanges) {
    for (address, change) in &changes.accounts {
        if change.account.is_none() {
            state.accounts.remove(address);
            continue;
        }
        let merged = state.accounts.entry(*address).or_default();
        merged.account = change.account;
        if change.storage_wiped {
            merged.storage.clear();
        }
        merged.storage.extend(&change.storage);
        merged.storage.retain(|_, value| !value.is_zero());
    }
    state.codes.extend(changes.codes.clone());
}

/// All forks up to Osaka from block 0 on, their system contracts, and everybody's wei. The gas limit
/// leaves a block of the dearest transactions half empty, so that the base fee does not climb.
fn genesis_json(addresses: &[Address], per_block: usize) -> String {
    let wei = Unit::ETHER.wei() * U256::from(FUNDS);
    let mut alloc: BTreeMap<Address, Value> =
        addresses.iter().map(|address| (*address, json!({ "balance": wei.to_string() }))).collect();
    for (address, code) in [
        (HISTORY_STORAGE_ADDRESS, &HISTORY_STORAGE_CODE),
        (BEACON_ROOTS_ADDRESS, &BEACON_ROOTS_CODE),
        (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, &WITHDRAWAL_REQUEST_PREDEPLOY_CODE),
        (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, &CONSOLIDATION_REQUEST_PREDEPLOY_CODE),
    ] {
        let code = code.to_string();
        alloc.insert(address, json!({ "balance": "0x0", "nonce": "0x1", "code": code }));
    }
    let alloc: serde_json::Map<_, _> =
        alloc.into_iter().map(|(address, account)| (address.to_string(), account)).collect();
    let gas_limit = (per_block * 400_000).max(60_000_000);
    json!({
        "config": config(),
        "nonce": "0x0", "timestamp": "0x0", "extraData": "0x", "difficulty": "0x0",
        "gasLimit": format!("{gas_limit:#x}"),
        "alloc": alloc,
    })
    .to_string()
}

pub(crate) fn config() -> Value {
    let blocks = [
        "homestead",
        "eip150",
        "eip155",
        "eip158",
        "byzantium",
        "constantinople",
        "petersburg",
        "istanbul",
        "berlin",
        "london",
        "mergeNetsplit",
    ];
    let times = ["shanghai", "cancun", "prague", "osaka"];
    let forks = blocks.map(|fork| format!("{fork}Block")).into_iter();
    let forks = forks.chain(times.map(|fork| format!("{fork}Time")));
    let mut config: serde_json::Map<_, _> = forks.map(|fork| (fork, json!(0))).collect();
    config.insert("chainId".into(), json!(CHAIN_ID));
    config.insert("terminalTotalDifficulty".into(), json!(0));
    config.insert(
        "depositContractAddress".into(),
        json!(MAINNET_DEPOSIT_CONTRACT_ADDRESS.to_string()),
    );
    Value::Object(config)
}
