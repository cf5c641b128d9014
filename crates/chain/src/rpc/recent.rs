//! Blocks that were read lately, decoded: whoever asks for one receipt of a large block asks for the
//! next, and decoding all of the block for each would take longer than executing it did.

use super::error::Failure;
use crate::chain::Head;
use alloy_primitives::{B256, TxHash};
use seam_primitives::Receipt;
use seam_storage::{StorageError, StoredBlock};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Blocks that are kept. A block is 8 MiB at most (EIP-7934), with its receipts some times that.
const KEPT: usize = 4;

/// A block of the chain with its receipts.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) stored: StoredBlock,
    pub(crate) receipts: Vec<Receipt>,
}

/// A block by its hash; empty until whoever asked first has read it. Others wait for that.
#[derive(Debug)]
struct Slot {
    hash: B256,
    block: Mutex<Option<Arc<Decoded>>>,
}

/// The blocks that were asked for last, the newest first.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Slot>>>);

impl Recent {
    /// The block that a transaction is in, and its index there.
    pub(crate) fn of_transaction(
        &self,
        head: &Head,
        hash: TxHash,
    ) -> Result<Option<(Arc<Decoded>, usize)>, Failure> {
        let Some(place) = head.reader.transaction(hash)? else { return Ok(None) };
        let block = self.block(head, place.number)?;
        Ok(block.map(|block| (block, usize::try_from(place.index).unwrap_or(usize::MAX))))
    }

    /// A block by its number. What is kept goes by hash, so that a reorg changes nothing.
    fn block(&self, head: &Head, number: u64) -> Result<Option<Arc<Decoded>>, StorageError> {
        let Some(hash) = head.reader.hash(number)? else { return Ok(None) };
        let slot = self.slot(hash);
        let mut block = lock(&slot.block);
        if block.is_none() {
            let receipts = head.reader.receipts(number)?.unwrap_or_default();
            let stored = head.reader.block(number)?;
            *block = stored.map(|stored| Arc::new(Decoded { stored, receipts }));
        }
        Ok(block.clone())
    }

    fn slot(&self, hash: B256) -> Arc<Slot> {
        let mut slots = lock(&self.0);
        let at = slots.iter().position(|slot| slot.hash == hash);
        let slot = at.and_then(|at| slots.remove(at));
        let slot = slot.unwrap_or_else(|| Arc::new(Slot { hash, block: Mutex::default() }));
        slots.push_front(slot.clone());
        slots.truncate(KEPT);
        slot
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_that_were_asked_for_last_are_kept() {
        let recent = Recent::default();
        let kept = |number: u8| {
            let slots = lock(&recent.0);
            slots.iter().any(|slot| slot.hash == B256::repeat_byte(number))
        };
        let first = recent.slot(B256::repeat_byte(0));
        for number in 1..4 {
            recent.slot(B256::repeat_byte(number));
        }
        assert!(Arc::ptr_eq(&first, &recent.slot(B256::repeat_byte(0))));
        recent.slot(B256::repeat_byte(9));
        assert!(kept(0) && !kept(1) && kept(2) && kept(9));
        assert_eq!(lock(&recent.0).len(), KEPT);
    }
}
