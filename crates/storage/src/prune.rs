//! Letting go of what is older than the options say.

use crate::{
    batch::Batch,
    error::StorageError,
    reader::Reader,
    store::{History, MIN_HISTORY_BLOCKS, StoreOptions},
    tables::{Table, history_key, meta, slot_key},
};

/// Most blocks whose history one commit removes: a shorter window comes into force step by step,
/// not in one long commit.
const BLOCKS_PER_COMMIT: u64 = 4;

/// Removes history and blobs that are older than `options` say, at `head`. History since the block
/// of the stored trie is kept: it is what the trie is rolled forward with.
pub(crate) fn prune(
    batch: &mut Batch<'_>,
    reader: &Reader,
    options: &StoreOptions,
    head: u64,
    trie: u64,
) -> Result<(), StorageError> {
    let oldest = reader.oldest_state()?;
    let target = match options.history {
        History::Archive => oldest,
        History::Blocks(blocks) => head.saturating_sub(blocks.max(MIN_HISTORY_BLOCKS)).min(trie),
    };
    let until = target.min(oldest + BLOCKS_PER_COMMIT);
    for number in oldest + 1..=until {
        remove_history(batch, reader, number)?;
    }
    if until > oldest {
        batch.put(Table::Meta, meta::HISTORY, until.to_be_bytes().to_vec());
    }
    remove_blobs(batch, reader, head.saturating_sub(options.blob_blocks))
}

/// After this the state before block `number` cannot be read.
fn remove_history(batch: &mut Batch<'_>, reader: &Reader, number: u64) -> Result<(), StorageError> {
    for changed in reader.changed_between(number - 1, number)? {
        if changed.account {
            let key = history_key(changed.address.as_slice(), number);
            batch.delete(Table::AccountHistory, key);
        }
        for slot in changed.slots {
            let key = history_key(&slot_key(changed.address, slot), number);
            batch.delete(Table::SlotHistory, key);
        }
    }
    batch.delete(Table::Changes, number.to_be_bytes());
    Ok(())
}

/// The rows just below `until`: each commit moves it by the blocks that it appends.
fn remove_blobs(batch: &mut Batch<'_>, reader: &Reader, until: u64) -> Result<(), StorageError> {
    for number in until.saturating_sub(BLOCKS_PER_COMMIT)..until {
        if reader.snapshot.get(Table::Blobs, &number.to_be_bytes())?.is_some() {
            batch.delete(Table::Blobs, number.to_be_bytes());
        }
    }
    Ok(())
}
