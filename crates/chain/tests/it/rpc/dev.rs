//! What test suites ask of a development chain: `evm_*`, `anvil_*`, `hardhat_*`.

use super::{
    client::{call, fail},
    node::{Node, settings},
};
use crate::support::{
    COUNTER, GENESIS_TIME, balance, call_counter, check_beacon_roots, hash, person, transfer,
};
use alloy_primitives::{Address, B256, U256};
use proptest::prelude::*;
use seam_chain::{
    Chain, blobs::Pooled, rpc::RpcSettings, wallet::DEFAULT_MNEMONIC, wallet::DevAccounts,
};
use seam_stf::StateReader;
use serde_json::{Value, json};
use std::sync::Arc;

fn development() -> RpcSettings {
    let accounts = DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, 1).unwrap();
    RpcSettings { development: true, accounts: Some(Arc::new(accounts)), ..settings() }
}

fn node() -> Node {
    Node::with(development())
}

impl Node {
    fn ask(&self, method: &str, params: Value) -> Value {
        call(self.address, method, params)
    }

    fn mine(&self) {
        assert_eq!(self.ask("evm_mine", json!([])), "0x0");
    }

    fn send(&self, transaction: &Pooled) {
        self.chain().submit(transaction.clone()).unwrap();
    }

    /// A field of a block, as a number.
    fn of_block(&self, block: &str, field: &str) -> u64 {
        number(&self.ask("eth_getBlockByNumber", json!([block, false]))[field])
    }

    fn timestamp(&self) -> u64 {
        self.of_block("latest", "timestamp")
    }

    fn head(&self) -> u64 {
        self.chain().head().number()
    }

    fn counted(&self) -> U256 {
        self.chain().head().view.clone().storage(COUNTER, U256::ZERO).unwrap()
    }
}

fn number(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

fn word(number: u64) -> Value {
    json!(B256::from(U256::from(number)))
}

#[test]
fn without_the_setting_there_are_no_such_methods() {
    let node = Node::start();
    for method in ["evm_mine", "evm_snapshot", "anvil_setBalance", "hardhat_impersonateAccount"] {
        assert_eq!(fail(node.address, method, json!([])).0, -32_601, "{method}");
    }
}

#[test]
fn blocks_are_made_at_once_with_what_waits() {
    let node = node();
    let sent = transfer(1, 0, Address::repeat_byte(9), 5);
    node.send(&sent);
    node.mine();
    assert_eq!(node.head(), 1);
    let receipt = node.ask("eth_getTransactionReceipt", json!([hash(&sent)]));
    assert_eq!((&receipt["blockNumber"], &receipt["status"]), (&json!("0x1"), &json!("0x1")));
    assert_eq!(node.chain().pool().status().waiting(), 0);
    assert_eq!(node.timestamp(), GENESIS_TIME + 2);

    node.ask("anvil_mine", json!(["0x64", "0xc"]));
    assert_eq!((node.head(), node.timestamp()), (101, GENESIS_TIME + 4 + 99 * 12));
    node.ask("hardhat_mine", json!([]));
    assert_eq!(node.head(), 102);
    node.ask("evm_mine", json!([{ "blocks": 3, "timestamp": GENESIS_TIME + 9_000 }]));
    assert_eq!((node.head(), node.timestamp()), (105, GENESIS_TIME + 9_004));
    node.ask("anvil_mine", json!([0]));
    assert_eq!(node.head(), 105);
    // Time has not passed for the clock below, and the chain goes on at its own times.
    node.make_block();
    assert_eq!((node.head(), node.timestamp()), (106, GENESIS_TIME + 9_006));
}

#[test]
fn more_transactions_than_a_block_takes_are_in_the_blocks_after_it() {
    let node = node();
    // Of each sender one after the other, and a gap that nothing fills.
    let nonces = [0, 1, 2, 4];
    let sent: Vec<Pooled> =
        (0..4).flat_map(|from| nonces.map(|nonce| call_counter(from, nonce))).collect();
    sent.iter().for_each(|transaction| node.send(transaction));
    node.ask("anvil_mine", json!([3]));
    assert_eq!((node.head(), node.counted()), (3, U256::from(12)));
    assert_eq!(node.chain().pool().status().queued, 4);
}

#[test]
fn too_many_blocks_and_wrong_times_are_refused() {
    let node = node();
    let (code, message) = fail(node.address, "anvil_mine", json!([10_001]));
    assert_eq!((code, message.as_str()), (-32_602, "10001 blocks are over the limit of 10000"));
    for params in [json!([GENESIS_TIME]), json!([{ "timestamp": GENESIS_TIME - 1 }])] {
        let (code, message) = fail(node.address, "evm_mine", params);
        assert!(
            code == -32_602 && message.contains("is not after that of the newest block"),
            "{message}"
        );
    }
    for params in [
        json!(["0xffffffffffffffff"]),
        json!([{ "blocks": u64::MAX }]),
        json!(["later"]),
        json!([1, 2]),
    ] {
        assert_eq!(fail(node.address, "evm_mine", params.clone()).0, -32_602, "{params}");
    }
    assert_eq!(fail(node.address, "anvil_mine", json!([2, u64::MAX])).0, -32_602);
    assert_eq!(node.head(), 0);
}

#[test]
fn the_time_of_the_next_block_is_set_and_time_goes_on_from_there() {
    let node = node();
    node.ask("evm_setNextBlockTimestamp", json!([GENESIS_TIME + 1_001]));
    assert_eq!(node.of_block("pending", "timestamp"), GENESIS_TIME + 1_001);
    node.make_block();
    assert_eq!(node.timestamp(), GENESIS_TIME + 1_001);
    node.make_block();
    assert_eq!(node.timestamp(), GENESIS_TIME + 1_003);

    assert_eq!(node.ask("evm_increaseTime", json!(["0xe10"])), 3_600);
    node.mine();
    assert!(node.timestamp() >= GENESIS_TIME + 1_003 + 3_600);
    assert_eq!(node.ask("evm_setTime", json!([GENESIS_TIME + 90_000])), GENESIS_TIME + 90_000);
    node.mine();
    assert_eq!(node.timestamp(), GENESIS_TIME + 90_000 + 1);
    check_beacon_roots(node.chain());

    for method in ["evm_setNextBlockTimestamp", "evm_setTime"] {
        let (_, message) = fail(node.address, method, json!([GENESIS_TIME]));
        assert!(message.contains("is not after that of the newest block"), "{message}");
        let (_, message) = fail(node.address, method, json!([u64::MAX]));
        assert!(message.contains("too far ahead"), "{message}");
    }
    let (_, message) = fail(node.address, "evm_increaseTime", json!([u64::MAX]));
    assert!(message.contains("too far ahead"), "{message}");
}

#[test]
fn going_back_restores_state_indexes_receipts_and_the_mempool() {
    let node = node();
    node.send(&call_counter(1, 0));
    node.mine();
    let id = node.ask("evm_snapshot", json!([]));
    let before = node.ask("eth_getBlockByNumber", json!(["latest", true]));
    let filter = node.ask("eth_newFilter", json!([{ "address": COUNTER }]));

    let undone = call_counter(1, 1);
    node.send(&undone);
    node.mine();
    node.ask("anvil_mine", json!([20]));
    node.send(&call_counter(1, 2));
    node.send(&call_counter(2, 0));
    let found = node.ask("eth_getFilterChanges", json!([filter]));
    assert_eq!(found.as_array().unwrap().len(), 1);

    assert_eq!(node.ask("evm_revert", json!([id])), true);
    assert_eq!(node.ask("eth_getBlockByNumber", json!(["latest", true])), before);
    assert_eq!((node.head(), node.counted()), (1, U256::from(1)));
    for method in ["eth_getTransactionReceipt", "eth_getTransactionByHash"] {
        assert_eq!(node.ask(method, json!([hash(&undone)])), Value::Null);
    }
    assert_eq!(node.ask("eth_getBlockByNumber", json!(["0x2", false])), Value::Null);
    let logs = node.ask("eth_getLogs", json!([{ "fromBlock": "0x0", "address": COUNTER }]));
    assert_eq!(logs.as_array().unwrap().len(), 1);
    let gone = node.ask("eth_getFilterChanges", json!([filter]));
    assert_eq!((&gone[0]["removed"], gone.as_array().unwrap().len()), (&json!(true), 1));
    assert_eq!(
        node.ask("eth_getProof", json!([COUNTER, ["0x0"], "latest"]))["storageProof"][0]["value"],
        "0x1"
    );
    // What the blocks had does not come back; what waited still does, behind a gap or not.
    let status = node.chain().pool().status();
    assert_eq!((status.pending, status.queued), (1, 1));

    node.send(&call_counter(1, 1));
    node.mine();
    assert_eq!(node.counted(), U256::from(4));
}

#[test]
fn a_snapshot_is_used_once_and_takes_later_ones_with_it() {
    let node = node();
    let ids: Vec<Value> = (0..3)
        .map(|_| {
            node.mine();
            node.ask("evm_snapshot", json!([]))
        })
        .collect();
    assert_eq!(ids, [json!("0x1"), json!("0x2"), json!("0x3")]);
    let revert = |id: &Value| node.ask("evm_revert", json!([id]));
    assert_eq!(revert(&ids[1]), true);
    assert_eq!((node.head(), revert(&ids[1]), revert(&ids[2])), (2, json!(false), json!(false)));
    assert_eq!(revert(&ids[0]), true);
    assert_eq!((node.head(), revert(&json!("0x77"))), (1, json!(false)));
}

#[test]
fn going_back_takes_time_and_finality_back() {
    let node = node();
    node.mine();
    let id = node.ask("evm_snapshot", json!([]));
    let finality = node.chain().head().finality;
    node.ask("evm_increaseTime", json!([1_000_000]));
    node.ask("anvil_mine", json!([30]));
    assert!(node.chain().head().finality.safe >= finality.safe);
    node.ask("evm_revert", json!([id]));
    assert_eq!(node.chain().head().finality, finality);
    node.mine();
    assert_eq!((node.head(), node.timestamp()), (2, GENESIS_TIME + 4));
}

#[test]
fn accounts_are_changed_by_hand_and_the_roots_are_right() {
    let node = node();
    let to = Address::repeat_byte(0x77);
    let set = |what: &str, params: Value| assert_eq!(node.ask(what, params), true, "{what}");
    set("anvil_setBalance", json!([to, "0x8ac7230489e80000"]));
    set("hardhat_setNonce", json!([to, "0x5"]));
    set("anvil_setCode", json!([to, "0x5f545f5260205ff3"]));
    set("hardhat_setStorageAt", json!([to, "0x0", word(99)]));
    assert_eq!(node.head(), 4);
    assert_eq!(node.ask("eth_getBalance", json!([to, "latest"])), "0x8ac7230489e80000");
    assert_eq!(node.ask("eth_getTransactionCount", json!([to, "latest"])), "0x5");
    assert_eq!(node.ask("eth_getCode", json!([to, "latest"])), "0x5f545f5260205ff3");
    assert_eq!(node.ask("eth_call", json!([{ "to": to }, "latest"])), word(99));
    // History has what was before, and an estimate on the state now sees what is.
    assert_eq!(node.ask("eth_getBalance", json!([to, "0x0"])), "0x0");
    assert_eq!(node.ask("eth_getCode", json!([to, "0x2"])), "0x");

    // A later block's root is computed from the same trie, and from the disk after going back.
    let proof = node.ask("eth_getProof", json!([to, ["0x0"], "latest"]));
    assert_eq!(
        (&proof["storageProof"][0]["value"], &proof["nonce"]),
        (&json!("0x63"), &json!("0x5"))
    );
    let id = node.ask("evm_snapshot", json!([]));
    set("anvil_setStorageAt", json!([to, "0x0", word(0)]));
    set("anvil_setBalance", json!([person(1).address(), "0x0"]));
    node.ask("evm_revert", json!([id]));
    assert_eq!(
        node.ask("eth_getProof", json!([to, ["0x0"], "latest"]))["storageHash"],
        proof["storageHash"]
    );
    node.ask("anvil_mine", json!([20]));
}

#[test]
fn edits_that_no_account_can_have_are_refused() {
    let node = node();
    let to = Address::repeat_byte(0x77);
    node.ask("anvil_setNonce", json!([to, 5]));
    let (code, message) = fail(node.address, "anvil_setNonce", json!([to, 4]));
    assert_eq!((code, message.as_str()), (-32_602, "the nonce is 5 already: it cannot become 4"));
    // Begins as a delegation does, and is none (EIP-7702).
    let (code, message) = fail(node.address, "anvil_setCode", json!([to, "0xef010011"]));
    assert!(code == -32_602 && message.contains("not a valid delegation"), "{message}");
    for params in [json!([to]), json!([]), json!(["0x12", 1]), json!([to, -1])] {
        assert_eq!(fail(node.address, "anvil_setBalance", params.clone()).0, -32_602, "{params}");
    }
    assert_eq!(node.head(), 1);
    node.mine();
    assert_eq!(node.head(), 2);
}

#[test]
fn an_account_that_is_emptied_is_gone() {
    let node = node();
    let someone = Address::repeat_byte(0x78);
    node.ask("anvil_setBalance", json!([someone, "0x1"]));
    node.ask("anvil_setBalance", json!([someone, "0x0"]));
    let account = node.chain().head().view.clone().account(someone).unwrap();
    assert_eq!(account, None);
}

#[test]
fn whoever_is_impersonated_sends_without_a_key() {
    let node = node();
    let to = Address::repeat_byte(0x55);
    // A contract may send too, which EIP-3607 forbids those who sign.
    for from in [Address::repeat_byte(0x44), COUNTER] {
        node.ask("anvil_setBalance", json!([from, "0xde0b6b3a7640000"]));
        let request = json!([{ "from": from, "to": to, "value": "0x7", "gas": "0x5208" }]);
        assert_eq!(fail(node.address, "eth_sendTransaction", request.clone()).1, "unknown account");
        node.ask("hardhat_impersonateAccount", json!([from]));
        let hashes = [0, 1].map(|_| node.ask("eth_sendTransaction", request.clone()));
        assert_ne!(hashes[0], hashes[1]);
        node.mine();
        for hash in &hashes {
            let receipt = node.ask("eth_getTransactionReceipt", json!([hash]));
            assert_eq!((&receipt["status"], &receipt["from"]), (&json!("0x1"), &json!(from)));
            let sent = node.ask("eth_getTransactionByHash", json!([hash]));
            assert_eq!((&sent["from"], &sent["s"]), (&json!(from), &json!("0x0")));
            // Nobody can send it as if it were signed.
            let raw = node.ask("eth_getRawTransactionByHash", json!([hash]));
            assert_eq!(fail(node.address, "eth_sendRawTransaction", json!([raw])).0, -32_000);
        }
        assert_eq!(node.ask("anvil_stopImpersonatingAccount", json!([from])), true);
        assert_eq!(fail(node.address, "eth_sendTransaction", request).1, "unknown account");
    }
    assert_eq!(balance(node.chain(), to), U256::from(28));

    let anyone = Address::repeat_byte(0x66);
    node.ask("anvil_setBalance", json!([anyone, "0xde0b6b3a7640000"]));
    node.ask("anvil_autoImpersonateAccount", json!([true]));
    let request = json!([{ "from": anyone, "to": COUNTER }]);
    let hash = node.ask("eth_sendTransaction", request.clone());
    // Blocks of the chain's own times take it as well.
    node.make_block();
    assert_eq!(node.ask("eth_getTransactionReceipt", json!([hash]))["status"], "0x1");
    node.ask("anvil_autoImpersonateAccount", json!([false]));
    assert_eq!(fail(node.address, "eth_sendTransaction", request).1, "unknown account");
}

#[test]
fn transactions_of_different_senders_that_are_alike_differ() {
    let node = node();
    node.ask("anvil_autoImpersonateAccount", json!([true]));
    let mut hashes = std::collections::BTreeSet::new();
    for byte in 1..5 {
        let from = Address::repeat_byte(byte);
        node.ask("anvil_setBalance", json!([from, "0xde0b6b3a7640000"]));
        let fees = json!({ "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x1" });
        let mut request = json!({ "from": from, "to": COUNTER, "gas": "0xea60" });
        request.as_object_mut().unwrap().extend(fees.as_object().unwrap().clone());
        hashes.insert(node.ask("eth_sendTransaction", json!([request])).to_string());
    }
    assert_eq!(hashes.len(), 4);
    node.mine();
    assert_eq!(node.counted(), U256::from(4));
}

#[test]
fn blocks_come_with_transactions_or_when_asked_for() {
    let node = node();
    node.ask("evm_setAutomine", json!([true]));
    assert_eq!(node.ask("anvil_getAutomine", json!([])), true);
    for nonce in 0..3 {
        node.send(&call_counter(1, nonce));
        crate::support::wait_for(node.chain(), nonce + 1);
        assert_eq!(node.counted(), U256::from(nonce + 1));
    }
    node.ask("evm_setAutomine", json!([false]));
    node.send(&call_counter(1, 3));
    node.mine();
    assert_eq!((node.head(), node.counted()), (4, U256::from(4)));
    let (_, message) = fail(node.address, "evm_setIntervalMining", json!([7]));
    assert_eq!(message, "a block is made every 2 seconds, or with 0 none");
    node.ask("evm_setIntervalMining", json!([2_000]));
    node.ask("evm_setIntervalMining", json!([2]));
    node.make_block();
    assert_eq!((node.head(), node.ask("hardhat_getAutomine", json!([]))), (5, json!(false)));
}

#[test]
fn transactions_are_dropped() {
    let node = node();
    let sent = [call_counter(1, 0), call_counter(1, 1), call_counter(2, 0)];
    sent.iter().for_each(|transaction| node.send(transaction));
    let first = hash(&sent[0]);
    assert_eq!(node.ask("anvil_dropTransaction", json!([first])), json!(first));
    assert_eq!(node.ask("hardhat_dropTransaction", json!([first])), Value::Null);
    node.mine();
    assert_eq!(node.counted(), U256::from(1));
    node.ask("anvil_dropAllTransactions", json!([]));
    assert_eq!(node.chain().pool().status().waiting(), 0);
}

#[test]
fn deployment_tools_are_told_which_chain_it_is() {
    let node = node();
    let metadata = node.ask("hardhat_metadata", json!([]));
    let genesis = node.ask("eth_getBlockByNumber", json!(["0x0", false]));
    assert_eq!((&metadata["chainId"], &metadata["instanceId"]), (&json!(900), &genesis["hash"]));
    assert!(metadata["clientVersion"].as_str().unwrap().starts_with("seam/"));
}

/// One thing that somebody does by hand.
#[derive(Debug, Clone)]
enum Act {
    Send(u8),
    Mine(u64),
    Later(u64),
    Edit(u8, u64),
}

impl Act {
    fn perform(&self, node: &Node) {
        match self {
            Self::Send(from) => {
                let address = person(*from).address();
                let state = node.chain().head().view.clone().account(address).unwrap();
                let state = state.unwrap_or_default().nonce;
                let nonce = node.chain().pool().pending_nonce(address, state);
                node.send(&call_counter(*from, nonce));
            }
            Self::Mine(blocks) => drop(node.ask("anvil_mine", json!([blocks]))),
            Self::Later(seconds) => drop(node.ask("evm_increaseTime", json!([seconds]))),
            Self::Edit(byte, value) => {
                let to = Address::repeat_byte(*byte);
                node.ask("anvil_setBalance", json!([to, value]));
                node.ask("anvil_setStorageAt", json!([COUNTER, u64::from(*byte), value]));
            }
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0u8..4).prop_map(Act::Send),
        3 => (1u64..6).prop_map(Act::Mine),
        1 => (1u64..5_000).prop_map(Act::Later),
        1 => (0x70u8..0x74, 0u64..3).prop_map(|(byte, value)| Act::Edit(byte, value)),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 0..12)
}

/// Everything that the chain says of itself.
fn all(chain: &Chain) -> Vec<(B256, String)> {
    let head = chain.head();
    let block = |number| {
        let block = head.reader.block(number).unwrap().unwrap();
        let receipts = head.reader.receipts(number).unwrap().unwrap();
        for transaction in &block.block.transactions {
            let place = head.reader.transaction(transaction.hash()).unwrap();
            assert_eq!(place.map(|place| place.number), Some(number));
        }
        (block.hash, format!("{:?} {receipts:?}", block.senders))
    };
    (0..=head.number()).map(block).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// Hashes commit to state, transactions and receipts, so the same hashes are the same chain.
    #[test]
    fn a_branch_that_was_taken_back_leaves_nothing(first in acts(), undone in acts(), then in acts()) {
        let run = |undo: bool| {
            let node = node();
            node.ask("evm_setIntervalMining", json!([0]));
            first.iter().for_each(|act| act.perform(&node));
            // All that waits is in a block, so that going back loses nothing else.
            node.ask("anvil_mine", json!([1]));
            let id = node.ask("evm_snapshot", json!([]));
            if undo {
                undone.iter().for_each(|act| act.perform(&node));
                node.ask("anvil_mine", json!([1]));
            }
            assert_eq!(node.ask("evm_revert", json!([id])), true);
            then.iter().for_each(|act| act.perform(&node));
            node.ask("anvil_mine", json!([1]));
            all(node.chain())
        };
        prop_assert_eq!(run(true), run(false));
    }
}
