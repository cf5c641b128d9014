//! What a chain acknowledged: from then on it must stay.

use super::client::{Client, NoResult, hash, quantity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Calls that are made together.
const BATCH: usize = 100;

/// A transaction with the number and the hash of its block.
type Mined = (String, (u64, String));

/// The blocks and receipts that one chain gave out.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    blocks: BTreeMap<u64, String>,
    receipts: BTreeMap<String, (u64, String)>,
    /// Receipts that were not asked for again since they came.
    unverified: Vec<String>,
    /// How many blocks and receipts were found to be there still.
    pub(crate) verified: (usize, usize),
}

impl Ledger {
    /// The newest block.
    pub(crate) fn head(&self) -> u64 {
        self.blocks.last_key_value().map_or(0, |(number, _)| *number)
    }

    /// How many blocks, how many receipts.
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.blocks.len(), self.receipts.len())
    }

    /// Takes in a block that was shown. It must follow those before.
    pub(crate) fn saw_block(&mut self, block: &Value) {
        let (number, hash, parent) =
            (quantity(&block["number"]), hash(&block["hash"]), hash(&block["parentHash"]));
        if let Some(before) = number.checked_sub(1).and_then(|before| self.blocks.get(&before)) {
            assert_eq!(*before, parent, "block {number} does not follow the one before it");
        }
        let known = self.blocks.entry(number).or_insert_with(|| hash.clone());
        assert_eq!(*known, hash, "block {number} is another one now");
    }

    /// Takes in a receipt that was given out.
    pub(crate) fn saw_receipt(&mut self, receipt: &Value) {
        let (transaction, place) = mined(receipt);
        if let Some(block) = self.blocks.get(&place.0) {
            assert_eq!(*block, place.1, "{transaction} is in a block that is not in the chain");
        }
        if self.receipts.insert(transaction.clone(), place).is_none() {
            self.unverified.push(transaction);
        }
    }

    /// All blocks are there, and the receipts that came since this was asked last; the chain is
    /// longer than it was.
    pub(crate) fn verify(&mut self, client: &mut Client) {
        let newest = quantity(&client.latest().unwrap()["number"]);
        assert!(newest > self.head(), "head {newest}, but {} was acknowledged", self.head());
        let numbers: Vec<u64> = self.blocks.keys().copied().collect();
        for chunk in numbers.chunks(BATCH) {
            let params = chunk.iter().map(|number| json!([format!("{number:#x}"), false]));
            for (number, block) in chunk.iter().zip(all(client, "eth_getBlockByNumber", params)) {
                assert!(!block.is_null(), "block {number} is lost");
                self.saw_block(&block);
            }
        }
        self.verified.0 += numbers.len();
        let receipts = std::mem::take(&mut self.unverified);
        self.verify_receipts(client, &receipts);
    }

    /// As [`Ledger::verify`], and every receipt there ever was.
    pub(crate) fn verify_all(&mut self, client: &mut Client) {
        self.verify(client);
        let receipts: Vec<String> = self.receipts.keys().cloned().collect();
        self.verify_receipts(client, &receipts);
    }

    fn verify_receipts(&mut self, client: &mut Client, transactions: &[String]) {
        for chunk in transactions.chunks(BATCH) {
            let params = chunk.iter().map(|transaction| json!([transaction]));
            let receipts = all(client, "eth_getTransactionReceipt", params);
            for (transaction, receipt) in chunk.iter().zip(receipts) {
                assert!(!receipt.is_null(), "the receipt of {transaction} is lost");
                let (_, place) = mined(&receipt);
                assert_eq!(place, self.receipts[transaction], "{transaction} has moved");
            }
        }
        self.verified.1 += transactions.len();
    }
}

fn mined(receipt: &Value) -> Mined {
    let place = (quantity(&receipt["blockNumber"]), hash(&receipt["blockHash"]));
    (hash(&receipt["transactionHash"]), place)
}

fn all(client: &mut Client, method: &str, params: impl Iterator<Item = Value>) -> Vec<Value> {
    match client.batch(method, params) {
        Ok(answers) => answers,
        Err(NoResult::Gone(error)) => panic!("{method}: {error}"),
        Err(NoResult::Refused(error)) => panic!("{method}: {error}"),
    }
}
