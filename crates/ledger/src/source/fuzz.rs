//! What the fuzzer runs against the readers of this module. A body takes any bytes and panics only if an
//! invariant is broken.

use super::wire::{read_block, read_changes, read_payments, read_receipts, with_receipts};
use crate::rules::{self, Owners, Running};
use alloy_primitives::Address;
use serde_json::value::RawValue;

/// A block, its receipts, and the traces of its transactions, one JSON text a line, as a node answers them.
///
/// - Whatever is read without an error can be booked without a panic, and what is booked balances.
/// - Receipts are only taken for a block that they are of.
/// - Payments are of ether that moved: never nothing.
pub fn ledger_facts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines().map(|line| serde_json::from_str::<&RawValue>(line).ok());
    let mut next = || lines.next().flatten();
    let (block, receipts, changes, calls) = (next(), next(), next(), next());
    let payments = calls.and_then(|answer| read_payments(answer).ok());
    let moved = payments.iter().flatten().flatten().all(|(_, _, value)| !value.is_zero());
    assert!(moved, "a payment of nothing");
    let changes = changes.and_then(|answer| read_changes(answer).ok());
    let differ = changes.iter().flatten().flatten().all(|(_, (before, after))| before != after);
    assert!(differ, "a change of nothing");
    let Some(Ok(Some(block))) = block.map(|answer| read_block(answer, &|_: Address| true)) else {
        return;
    };
    let Some(Ok(Some(receipts))) = receipts.map(read_receipts) else { return };
    let Ok(facts) = with_receipts(&block, &receipts) else { return };
    assert_eq!(facts.transactions.len(), receipts.len(), "receipts of another block");
    let parties = facts.transactions.iter().flat_map(|tx| [Some(tx.from), tx.to]);
    let owners: Owners = parties.flatten().chain([facts.beneficiary]).collect();
    // An amount may be more than there is: that is an error, and no panic.
    let _ = rules::book(&facts, &owners, &mut Running::default());
}
