//! Blocks begun before their parent is sealed: the parent's seal is asked for only when something
//! reads what follows from it, and the block is the same as one begun later.

use crate::support::{CHAIN_ID, account, address, attributes, ethereum, key, sign, store};
use alloy_consensus::TxEip1559;
use alloy_eips::{eip2935::HISTORY_STORAGE_ADDRESS, eip4788::BEACON_ROOTS_ADDRESS};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address as at, hex};
use seam_primitives::{BlockAttributes, ChainRules, Fork, Header, Recovered, Transaction};
use seam_stf::{
    Account, BlockBuilder, ExecutedBlock, ParentSeal, StateChanges, StateCommitment, StateError,
    StateReader, build_block, state::Roots,
};
use seam_storage::MemoryStore;

/// Stores what the contract in the first word of its calldata answers to the second, and what
/// BLOCKHASH of the second is.
const ASKER: Address = at!("0x00000000000000000000000000000000000c0de1");
/// CALLDATALOAD(32) to memory 0; STATICCALL(gas, CALLDATALOAD(0), 0, 32, 0, 32); SSTORE(0, MLOAD(0));
/// SSTORE(1, BLOCKHASH(CALLDATALOAD(32))).
const ASKS: [u8; 27] = hex!("6020355f5260205f60205f5f355afa505f515f5560203540600155");

/// Knows when its block is asked about its parent.
#[derive(Debug)]
struct Watched<'a> {
    store: &'a mut MemoryStore,
    seal: ParentSeal,
    asked: u32,
}

impl StateReader for Watched<'_> {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.store.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.store.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.store.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.store.block_hash(number)
    }
    fn parent_seal(&mut self) -> Result<ParentSeal, StateError> {
        self.asked += 1;
        Ok(self.seal)
    }
}

impl StateCommitment for Watched<'_> {
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.store.roots_after(changes, storage_of)
    }
}

/// A call of [`ASKER`] about `contract` with `word`, or a transfer.
fn transaction(nonce: u64, asks: Option<(Address, u64)>) -> Recovered<Transaction> {
    let input = asks.map(|(contract, word)| {
        [contract.into_word(), B256::from(U256::from(word))].concat().into()
    });
    let to = if asks.is_some() { ASKER } else { Address::repeat_byte(0x70) };
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 200_000,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(to),
        value: U256::ZERO,
        input: input.unwrap_or_default(),
        access_list: Default::default(),
    };
    let tx = Transaction::Eip1559(sign(tx, &key(0)));
    seam_primitives::transaction::recover(tx).unwrap()
}

fn chain(rules: &ChainRules) -> MemoryStore {
    let contracts = crate::support::system_contracts();
    let accounts =
        [(address(&key(0)), account(1 << 80, &[], &[])), (ASKER, account(0, &ASKS, &[]))];
    store(rules, contracts.chain(accounts))
}

/// The block with these transactions begun before and after its parent is sealed; how often the
/// parent's seal was asked for before the end.
fn both(
    rules: &ChainRules,
    store: &mut MemoryStore,
    txs: &[Recovered<Transaction>],
) -> (ExecutedBlock, u32) {
    let parent = store.head().clone();
    let cancun = rules.is_active(Fork::Cancun, 1, parent.timestamp);
    let beacon_root = if cancun { B256::repeat_byte(0xbe) } else { B256::ZERO };
    let late = BlockAttributes { parent_beacon_block_root: beacon_root, ..attributes(&parent) };
    let expected = build_block(rules, &parent, &late, txs.to_vec(), &mut *store).unwrap();
    let seal = ParentSeal { hash: parent.hash_slow(), beacon_root };
    let mut reader = Watched { store, seal, asked: 0 };
    let unsealed = Header { state_root: B256::ZERO, ..parent.clone() };
    let attributes = attributes(&parent);
    let mut builder = BlockBuilder::ahead(rules, &unsealed, attributes, &mut reader).unwrap();
    for tx in txs {
        builder.push(tx.clone()).unwrap();
    }
    let (block, reader) = builder.close().unwrap();
    let asked = reader.asked - 1; // once at the end
    let roots = reader.roots_after(block.changes(), block.storage_of()).unwrap();
    let sealed = block.seal(roots).unwrap();
    assert_eq!(
        (sealed.block, sealed.receipts),
        (expected.block.clone(), expected.receipts.clone())
    );
    (expected, asked)
}

fn answers(block: &ExecutedBlock) -> [B256; 2] {
    let storage = &block.changes.accounts[&ASKER].storage;
    [0, 1].map(|slot| storage.get(&U256::from(slot)).copied().unwrap_or_default().into())
}

#[test]
fn nothing_waits_for_the_seal_unless_it_reads_what_follows_from_it() {
    for fork in [Fork::Shanghai, Fork::Cancun, Fork::Prague, Fork::Osaka] {
        let rules = ethereum(fork);
        let (_, asked) = both(&rules, &mut chain(&rules), &[transaction(0, None)]);
        assert_eq!(asked, 0, "{fork:?}");
    }
}

#[test]
fn who_reads_the_parents_hash_or_beacon_root_gets_it() {
    let rules = ethereum(Fork::Osaka);
    let mut store = chain(&rules);
    let (first, _) = both(&rules, &mut store, &[transaction(0, None)]);
    store.commit(&first).unwrap();
    let (parent, time) = (first.hash, store.head().timestamp + 12);
    let ask = |nonce, contract, word| transaction(nonce, Some((contract, word)));

    let (block, asked) = both(&rules, &mut store, &[ask(1, HISTORY_STORAGE_ADDRESS, 1)]);
    assert_eq!((answers(&block), asked), ([parent, parent], 1));
    let (block, asked) = both(&rules, &mut store, &[ask(1, BEACON_ROOTS_ADDRESS, time)]);
    assert_eq!((answers(&block)[0], asked), (B256::repeat_byte(0xbe), 1));
    // The block before the parent is no secret.
    let genesis = store.block_hash(0).unwrap();
    let (block, asked) = both(&rules, &mut store, &[ask(1, HISTORY_STORAGE_ADDRESS, 0)]);
    assert_eq!((answers(&block), asked), ([genesis, genesis], 0));
    // Once it is known nobody asks again.
    let twice = [ask(1, HISTORY_STORAGE_ADDRESS, 1), ask(2, BEACON_ROOTS_ADDRESS, time)];
    assert_eq!(both(&rules, &mut store, &twice).1, 1);
}

#[test]
fn a_system_contract_of_another_kind_is_called_once_the_parent_is_sealed() {
    let rules = ethereum(Fork::Osaka);
    // Stores what it is given at slot 0, one more at slot 1.
    let code = hex!("5f355f555f3560010160015500");
    let mut accounts: Vec<_> = crate::support::system_contracts().collect();
    for (address, other) in &mut accounts {
        if [HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS].contains(address) {
            *other = account(0, &code, &[]);
        }
    }
    accounts.push((address(&key(0)), account(1 << 80, &[], &[])));
    let (block, asked) = both(&rules, &mut store(&rules, accounts), &[transaction(0, None)]);
    assert_eq!(asked, 2);
    let written = &block.changes.accounts[&BEACON_ROOTS_ADDRESS].storage;
    assert_eq!(written[&U256::ZERO], U256::from_be_bytes([0xbe; 32]));
}

#[test]
fn a_chain_without_system_contracts_needs_no_seal_before_the_end() {
    let rules = ethereum(Fork::Cancun);
    let rich = [(address(&key(0)), account(1 << 80, &[], &[]))];
    let (_, asked) = both(&rules, &mut store(&rules, rich), &[transaction(0, None)]);
    assert_eq!(asked, 0);
}
