//! Access lists and authorizations, laid out as words so that forms fit them as they fit calldata.
//!
//! First the number of accounts of the access list; for each account a word with it, one with the
//! number of its keys, and the keys. Then, up to the end, six words for each authorization: chain
//! id, account, nonce, parity of `y`, `r`, `s`.

use super::{BatchError, columns::Reader, shape::WORD};
use alloc::vec::Vec;
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, U256};

const WHAT: &str = "lists";

/// The lists of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Lists {
    pub(super) access: AccessList,
    pub(super) authorizations: Vec<SignedAuthorization>,
}

impl Lists {
    /// Reads them from all of `bytes`. Some, or the shape would not say that there are.
    pub(super) fn read(bytes: &[u8], authorizes: bool) -> Result<Self, BatchError> {
        let mut reader = Reader::new(WHAT, bytes);
        let mut items = Vec::new();
        for _ in 0..number(&mut reader)? {
            items.push(item(&mut reader)?);
        }
        let mut authorizations = Vec::new();
        while authorizes && !reader.is_empty() {
            authorizations.push(authorization(&mut reader)?);
        }
        reader.finish()?;
        match items.is_empty() && authorizations.is_empty() {
            true => Err(reader.bad()),
            false => Ok(Self { access: AccessList(items), authorizations }),
        }
    }
}

fn item(reader: &mut Reader<'_>) -> Result<AccessListItem, BatchError> {
    let address = account(reader)?;
    let mut storage_keys = Vec::new();
    for _ in 0..number(reader)? {
        storage_keys.push(B256::new(reader.array()?));
    }
    Ok(AccessListItem { address, storage_keys })
}

fn authorization(reader: &mut Reader<'_>) -> Result<SignedAuthorization, BatchError> {
    let chain_id = word(reader)?;
    let (address, nonce) = (account(reader)?, number(reader)?);
    let y_parity = u8::try_from(number(reader)?).map_err(|_| reader.bad())?;
    let (r, s) = (word(reader)?, word(reader)?);
    let inner = Authorization { chain_id, address, nonce };
    Ok(SignedAuthorization::new_unchecked(inner, y_parity, r, s))
}

fn word(reader: &mut Reader<'_>) -> Result<U256, BatchError> {
    reader.array::<WORD>().map(U256::from_be_bytes)
}

fn number(reader: &mut Reader<'_>) -> Result<u64, BatchError> {
    word(reader)?.try_into().map_err(|_| reader.bad())
}

fn account(reader: &mut Reader<'_>) -> Result<Address, BatchError> {
    let word = B256::new(reader.array()?);
    match word.starts_with(&[0; 12]) {
        true => Ok(Address::from_word(word)),
        false => Err(reader.bad()),
    }
}
