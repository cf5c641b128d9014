//! The accounts, words and selectors that a batch names more than once.

use super::{
    BatchError, MAX_ENTRIES,
    columns::{Columns, Reader},
    well_known,
};
use alloc::vec::Vec;
use alloy_primitives::Address;

/// Each entry's number is its place.
#[derive(Debug)]
pub(super) struct Dictionaries {
    pub(super) accounts: Vec<Address>,
    pub(super) words: Vec<[u8; 32]>,
    pub(super) selectors: Vec<[u8; 4]>,
}

impl Dictionaries {
    pub(super) fn read(columns: &mut Columns<'_>) -> Result<Self, BatchError> {
        let plan = &mut columns.dictionaries;
        let accounts = entries(plan, &mut columns.accounts, &well_known::ACCOUNTS)?;
        let words = entries(plan, &mut columns.words, &[])?;
        let selectors = entries(plan, &mut columns.selectors, &well_known::SELECTORS)?;
        let accounts = accounts.into_iter().map(Address::new).collect();
        Ok(Self { accounts, words, selectors })
    }
}

/// How many; for each 0, or the number from 1 of a well-known one. Where none are well known there
/// is no plan but the number.
fn entries<const N: usize>(
    plan: &mut Reader<'_>,
    new: &mut Reader<'_>,
    known: &[[u8; N]],
) -> Result<Vec<[u8; N]>, BatchError> {
    let count = BatchError::at_most("entries of a dictionary", plan.varint()?, MAX_ENTRIES)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let code = if known.is_empty() { 0 } else { plan.byte()? };
        let entry = match usize::from(code).checked_sub(1) {
            None => new.array()?,
            Some(place) => *known.get(place).ok_or(plan.bad())?,
        };
        entries.push(entry);
    }
    Ok(entries)
}
