//! Writes a snapshot of a store.

use super::{
    BLOCKS, SnapshotError, Summary,
    file::{FileWriter, Kind},
};
use crate::{
    codec,
    error::StorageError,
    kv::Row,
    reader::Reader,
    tables::{Table, meta},
};
use alloy_primitives::{Address, B256, U256};
use seam_primitives::Header;
use std::io::Write;

/// Writes the chain of `reader` at block `number`, whose state must be kept. Memory is bounded whatever
/// the size of the state.
///
/// # Errors
/// [`SnapshotError`]; what was written until then is of no use.
pub fn create(reader: &Reader, number: u64, out: impl Write) -> Result<Summary, SnapshotError> {
    reader.check_state(number)?;
    let (hash, genesis) = genesis(reader)?;
    let mut file = FileWriter::begin(out)?;
    file.record(Kind::Genesis, &[&alloy_rlp::encode(&genesis)])?;
    let mut summary = Summary { number, genesis: hash, ..Summary::default() };
    let first = number.saturating_sub(BLOCKS - 1).max(genesis.number);
    for number in first..=number {
        summary.hash = put_block(reader, number, &mut file)?;
        summary.blocks += 1;
    }
    for row in reader.snapshot.range(Table::Codes, &[], None) {
        file.record(Kind::Code, &[&row?.1])?;
        summary.codes += 1;
    }
    put_state(reader, number, &mut file, &mut summary)?;
    file.finish()?.flush()?;
    Ok(summary)
}

fn genesis(reader: &Reader) -> Result<(B256, Header), SnapshotError> {
    let missing = || StorageError::corrupt("no genesis block");
    let hash = reader.snapshot.get(Table::Meta, meta::GENESIS)?.ok_or_else(missing)?;
    let hash = B256::try_from(hash.as_slice()).map_err(|_| missing())?;
    let number = reader.number(hash)?.ok_or_else(missing)?;
    Ok(reader.header(number)?.ok_or_else(missing)?)
}

fn put_block(
    reader: &Reader,
    number: u64,
    file: &mut FileWriter<impl Write>,
) -> Result<B256, SnapshotError> {
    let stored = reader.block(number)?.ok_or(SnapshotError::NoBlock(number))?;
    let receipts = reader.receipts(number)?.ok_or(SnapshotError::NoBlock(number))?;
    file.record(Kind::Block, &[&alloy_rlp::encode(&stored.block)])?;
    file.record(Kind::Receipts, &[&codec::encode_receipts(&receipts)])?;
    Ok(stored.hash)
}

/// Accounts in the order of their addresses, each with its slots in their order.
fn put_state(
    reader: &Reader,
    number: u64,
    file: &mut FileWriter<impl Write>,
    summary: &mut Summary,
) -> Result<(), SnapshotError> {
    let now = keys::<20>(reader.snapshot.range(Table::Accounts, &[], None), 0);
    let past = reader.snapshot.range(Table::AccountHistory, &[], None);
    for address in union(now, keys(after(past, number), 0)) {
        let address = Address::new(address?);
        let Some(account) = reader.account_at(address, number)? else { continue };
        let account = codec::encode_account(&account);
        file.record(Kind::Account, &[address.as_slice(), &account])?;
        summary.accounts += 1;
        put_slots(reader, number, address, file, summary)?;
    }
    Ok(())
}

fn put_slots(
    reader: &Reader,
    number: u64,
    address: Address,
    file: &mut FileWriter<impl Write>,
    summary: &mut Summary,
) -> Result<(), SnapshotError> {
    let now = keys::<32>(reader.snapshot.prefix(Table::Slots, address.as_slice()), 20);
    let past = reader.snapshot.prefix(Table::SlotHistory, address.as_slice());
    for slot in union(now, keys(after(past, number), 20)) {
        let slot = slot?;
        let value = reader.slot_at(address, U256::from_be_bytes(slot), number)?;
        if !value.is_zero() {
            file.record(Kind::Slot, &[&slot, &codec::encode_value(value)])?;
            summary.slots += 1;
        }
    }
    Ok(())
}

type Read<T> = Result<T, StorageError>;

/// Of rows of a history, those of what blocks above `number` changed: their keys end in the number.
fn after(rows: impl Iterator<Item = Read<Row>>, number: u64) -> impl Iterator<Item = Read<Row>> {
    let later = move |row: &Read<Row>| match row {
        Ok((key, _)) => key.last_chunk().is_some_and(|at| u64::from_be_bytes(*at) > number),
        Err(_) => true,
    };
    rows.filter(later)
}

/// The part of `N` bytes of each row's key that begins at `from`.
fn keys<const N: usize>(
    rows: impl Iterator<Item = Read<Row>>,
    from: usize,
) -> impl Iterator<Item = Read<[u8; N]>> {
    rows.map(move |row| {
        let (key, _) = row?;
        let part = key.get(from..).and_then(|key| key.first_chunk::<N>());
        part.copied().ok_or_else(|| StorageError::corrupt("key of the state"))
    })
}

/// Of two ascending sequences each member once, ascending.
fn union<const N: usize>(
    a: impl Iterator<Item = Read<[u8; N]>>,
    b: impl Iterator<Item = Read<[u8; N]>>,
) -> impl Iterator<Item = Read<[u8; N]>> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    let mut last = None;
    std::iter::from_fn(move || {
        loop {
            let next = match (a.peek(), b.peek()) {
                (Some(Err(_)), _) => a.next(),
                (_, Some(Err(_))) => b.next(),
                (Some(Ok(x)), Some(Ok(y))) if y < x => b.next(),
                (Some(_), _) => a.next(),
                (None, _) => b.next(),
            };
            match next? {
                Ok(key) if last == Some(key) => {}
                Ok(key) => {
                    last = Some(key);
                    return Some(Ok(key));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_union_has_each_key_once_and_in_order(mut a in vec(any::<u8>(), 0..20), mut b in vec(any::<u8>(), 0..20)) {
            a.sort_unstable();
            b.sort_unstable();
            let rows = |of: &[u8]| of.iter().map(|key| Ok([*key])).collect::<Vec<_>>().into_iter();
            let found: Vec<u8> = union(rows(&a), rows(&b)).map(|key| key.unwrap()[0]).collect();
            let expected: BTreeSet<u8> = a.iter().chain(&b).copied().collect();
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
