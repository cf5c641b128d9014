//! What the transactions of a block paid beyond its base fee: wallets ask for the same blocks again
//! and again, and to decode a block for each would take most of a node's time.

use crate::chain::Head;
use alloy_consensus::Transaction as _;
use alloy_primitives::B256;
use seam_primitives::Header;
use seam_storage::StorageError;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Entries that are kept, of all blocks together: 32 MiB.
const KEPT: usize = 1 << 20;

/// Tips of a block in wei per gas, from the cheapest, each with the gas that it was paid for.
pub(crate) type Tips = Arc<[(u128, u64)]>;

/// Tips of the blocks that were asked for last.
#[derive(Debug, Default)]
pub(crate) struct RecentTips(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_block: HashMap<B256, Tips>,
    /// The oldest first.
    order: VecDeque<B256>,
    entries: usize,
}

impl RecentTips {
    /// The tips of the block with this hash and header.
    pub(crate) fn of(
        &self,
        head: &Head,
        hash: B256,
        header: &Header,
    ) -> Result<Tips, StorageError> {
        let found = self.lock(|kept| kept.by_block.get(&hash).cloned());
        if let Some(tips) = found {
            return Ok(tips);
        }
        let tips = read(head, header)?;
        self.lock(|kept| kept.add(hash, tips.clone(), KEPT));
        Ok(tips)
    }

    fn lock<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn add(&mut self, hash: B256, tips: Tips, limit: usize) {
        // An empty block has a place too.
        let size = |tips: &Tips| tips.len() + 1;
        self.entries += size(&tips);
        if let Some(same) = self.by_block.insert(hash, tips) {
            self.entries -= size(&same);
        } else {
            self.order.push_back(hash);
        }
        while self.entries > limit {
            let Some(oldest) = self.order.pop_front() else { return };
            if let Some(tips) = self.by_block.remove(&oldest) {
                self.entries -= size(&tips);
            }
        }
    }
}

fn read(head: &Head, header: &Header) -> Result<Tips, StorageError> {
    let block = head.reader.block(header.number)?.map(|stored| stored.block);
    let transactions = block.map(|block| block.transactions).unwrap_or_default();
    let receipts = head.reader.receipts(header.number)?.unwrap_or_default();
    let base_fee = header.base_fee_per_gas.unwrap_or_default();
    let mut gas_before = 0;
    let mut tips: Vec<(u128, u64)> = Vec::with_capacity(transactions.len());
    for (transaction, receipt) in transactions.iter().zip(&receipts) {
        let gas = receipt.cumulative_gas_used.saturating_sub(gas_before);
        gas_before = receipt.cumulative_gas_used;
        let deposit = transaction.as_deposit().is_some();
        let tip = transaction.effective_tip_per_gas(base_fee).filter(|_| !deposit);
        tips.push((tip.unwrap_or_default(), gas));
    }
    tips.sort_unstable();
    Ok(together(tips).into())
}

/// One entry for all that paid the same.
fn together(sorted: Vec<(u128, u64)>) -> Vec<(u128, u64)> {
    let mut tips: Vec<(u128, u64)> = Vec::new();
    for (tip, gas) in sorted {
        match tips.last_mut() {
            Some((last, sum)) if *last == tip => *sum += gas,
            _ => tips.push((tip, gas)),
        }
    }
    tips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_paid_the_same_shares_an_entry() {
        assert_eq!(
            together(vec![(1, 5), (1, 6), (2, 1), (3, 1), (3, 1)]),
            [(1, 11), (2, 1), (3, 2)]
        );
        assert!(together(Vec::new()).is_empty());
    }

    #[test]
    fn the_oldest_blocks_are_forgotten_so_that_a_limit_holds() {
        let mut kept = Kept::default();
        let tips: Tips = vec![(1, 1), (2, 2)].into();
        for number in 0..5 {
            kept.add(B256::repeat_byte(number), tips.clone(), 9);
        }
        kept.add(B256::repeat_byte(4), tips.clone(), 9);
        assert_eq!(kept.entries, 9);
        let mut left: Vec<_> = kept.by_block.keys().map(|hash| hash[0]).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3, 4]);
        // One that is larger than all there is room for is not kept.
        kept.add(B256::repeat_byte(9), (0..10).map(|tip| (tip, 1)).collect(), 9);
        assert_eq!((kept.entries, kept.by_block.len()), (0, 0));
    }
}
