//! The fields of transactions beside calldata and lists.

use super::{
    BatchError,
    columns::{Columns, Reader},
    dictionaries::Dictionaries,
    recent::{NEW, Price, Recent, SAME, Sender},
    shape::Kind,
};
use alloy_primitives::{Address, U256};

/// The fields of one transaction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fields {
    pub(super) chain_id: Option<u64>,
    pub(super) to: Option<Address>,
    pub(super) nonce: u64,
    pub(super) gas: u64,
    pub(super) price: Price,
    pub(super) value: U256,
}

/// What the fields of earlier transactions were.
#[derive(Debug, Default)]
pub(super) struct FieldReader {
    chain_id: u64,
    senders: Recent<Sender>,
    gas: Recent<u64>,
    prices: Recent<Price>,
    bases: Recent<u128>,
    tips: Recent<u128>,
    values: Recent<U256>,
}

impl FieldReader {
    pub(super) fn new(columns: &mut Columns<'_>) -> Result<Self, BatchError> {
        Ok(Self { chain_id: columns.chain_ids.varint()?, ..Self::default() })
    }

    /// The fields of the next transaction.
    pub(super) fn read(
        &mut self,
        kind: Kind,
        columns: &mut Columns<'_>,
        dictionaries: &Dictionaries,
    ) -> Result<Fields, BatchError> {
        let chain_id = self.chain_id(kind, columns)?;
        let to = match kind.has(Kind::CREATES) {
            true => None,
            false => Some(recipient(columns, dictionaries)?),
        };
        let (nonce, sender) = self.nonce(columns)?;
        let gas = self.gas(sender, columns)?;
        let price = self.price(sender, columns)?;
        if price.tip != 0 && !kind.has_tip() {
            return Err(columns.price_codes.bad());
        }
        self.senders.push(Sender { nonce, gas, price });
        let value = match kind.has(Kind::NO_VALUE) {
            true => U256::ZERO,
            false => self.value(columns)?,
        };
        Ok(Fields { chain_id, to, nonce, gas, price, value })
    }

    fn chain_id(&self, kind: Kind, columns: &mut Columns<'_>) -> Result<Option<u64>, BatchError> {
        if kind.has(Kind::OTHER_CHAIN) {
            return columns.chain_ids.varint().map(Some);
        }
        Ok(kind.has_chain_id().then_some(self.chain_id))
    }

    /// The nonce, and what the sender had before if that is known.
    fn nonce(&mut self, columns: &mut Columns<'_>) -> Result<(u64, Option<Sender>), BatchError> {
        let codes = &mut columns.senders;
        let code = codes.byte()?;
        if code == NEW {
            return Ok((columns.nonces.varint()?, None));
        }
        let sender = self.senders.take(code).ok_or(codes.bad())?;
        let nonce = sender.nonce.checked_add(1).ok_or(codes.bad())?;
        Ok((nonce, Some(sender)))
    }

    fn gas(
        &mut self,
        sender: Option<Sender>,
        columns: &mut Columns<'_>,
    ) -> Result<u64, BatchError> {
        let codes = &mut columns.gas_codes;
        let code = codes.byte()?;
        if code == SAME {
            return sender.map(|sender| sender.gas).ok_or(codes.bad());
        }
        let new = (&mut columns.gas_sizes, &mut columns.gas_bytes);
        recent(&mut self.gas, code, codes, new)
    }

    fn price(
        &mut self,
        sender: Option<Sender>,
        columns: &mut Columns<'_>,
    ) -> Result<Price, BatchError> {
        let codes = &mut columns.price_codes;
        let price = match codes.byte()? {
            SAME => return sender.map(|sender| sender.price).ok_or(codes.bad()),
            NEW => self.new_price(columns)?,
            code => self.prices.take(code).ok_or(codes.bad())?,
        };
        self.prices.push(price);
        Ok(price)
    }

    fn new_price(&mut self, columns: &mut Columns<'_>) -> Result<Price, BatchError> {
        let new = (&mut columns.base_sizes, &mut columns.base_bytes);
        let code = columns.base_codes.byte()?;
        let base = recent(&mut self.bases, code, &columns.base_codes, new)?;
        let new = (&mut columns.tip_sizes, &mut columns.tip_bytes);
        let code = columns.tip_codes.byte()?;
        let tip = recent(&mut self.tips, code, &columns.tip_codes, new)?;
        Ok(Price { base, tip })
    }

    fn value(&mut self, columns: &mut Columns<'_>) -> Result<U256, BatchError> {
        let code = columns.value_codes.byte()?;
        let new = (&mut columns.value_sizes, &mut columns.value_bytes);
        let value = recent(&mut self.values, code, &columns.value_codes, new)?;
        if value.is_zero() { Err(columns.value_codes.bad()) } else { Ok(value) }
    }
}

/// A recipient: 0 and 20 bytes, or a number from 1 in the dictionary.
fn recipient(
    columns: &mut Columns<'_>,
    dictionaries: &Dictionaries,
) -> Result<Address, BatchError> {
    match columns.recipients.index()?.checked_sub(1) {
        None => columns.accounts.array().map(Address::new),
        Some(place) => {
            let account = dictionaries.accounts.get(place);
            account.copied().ok_or(columns.recipients.bad())
        }
    }
}

/// Unsigned integers that a column can hold.
trait Number: Copy {
    const BYTES: usize;
    /// From at most that many bytes, the highest first.
    fn read(bytes: &[u8]) -> Self;
}

impl Number for u64 {
    const BYTES: usize = 8;
    fn read(bytes: &[u8]) -> Self {
        super::shape::big_endian(bytes)
    }
}

impl Number for u128 {
    const BYTES: usize = 16;
    fn read(bytes: &[u8]) -> Self {
        bytes.iter().fold(0, |number, byte| (number << 8) | Self::from(*byte))
    }
}

impl Number for U256 {
    const BYTES: usize = 32;
    fn read(bytes: &[u8]) -> Self {
        Self::try_from_be_slice(bytes).unwrap_or_default()
    }
}

/// A number with a code: one of the recent ones, or a new one as a size and so many bytes.
fn recent<T: Number>(
    recent: &mut Recent<T>,
    code: u8,
    codes: &Reader<'_>,
    (sizes, bytes): (&mut Reader<'_>, &mut Reader<'_>),
) -> Result<T, BatchError> {
    let number = match code {
        NEW => {
            let size = usize::from(sizes.byte()?);
            if size > T::BYTES {
                return Err(sizes.bad());
            }
            T::read(bytes.significant(size)?)
        }
        code => recent.take(code).ok_or(codes.bad())?,
    };
    recent.push(number);
    Ok(number)
}
