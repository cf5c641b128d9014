//! [`L1Attributes`]: what the first transaction of every rollup block tells the rollup of L1.

use crate::transaction::Transaction;
use alloc::vec::Vec;
use alloy_consensus::Sealable;
use alloy_primitives::{Address, B256, Bytes, TxKind, address, keccak256};
use op_alloy_consensus::TxDeposit;

/// Selector of `setL1BlockValuesIsthmus()`.
pub const ISTHMUS_SELECTOR: [u8; 4] = [0x09, 0x89, 0x99, 0xbe];
/// Selector of `setL1BlockValuesEcotone()`.
pub const ECOTONE_SELECTOR: [u8; 4] = [0x44, 0x0a, 0x5e, 0x20];
/// Bytes of the calldata from Isthmus on.
pub const ISTHMUS_LENGTH: usize = 176;
/// Bytes of the calldata from Ecotone to Isthmus.
pub const ECOTONE_LENGTH: usize = 164;

/// Who sends the transaction: no one has a key for it.
pub const DEPOSITOR: Address = address!("0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001");
/// The predeploy that keeps the attributes.
pub const L1_BLOCK: Address = address!("0x4200000000000000000000000000000000000015");
/// Gas limit of the transaction from Regolith on.
pub const GAS_LIMIT: u64 = 1_000_000;

/// Domain of the source hash of an L1 attributes transaction
/// (OP Stack specification, "Source hash computation").
const SOURCE_DOMAIN: u8 = 1;

/// Why calldata is not that of an L1 attributes transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum L1AttributesError {
    /// Neither Ecotone's nor Isthmus' selector.
    #[error("the calldata begins with neither setL1BlockValuesEcotone nor setL1BlockValuesIsthmus")]
    Selector,
    /// Not as long as its selector says.
    #[error("the calldata has {found} bytes, not {expected}")]
    Length {
        /// Bytes that it has.
        found: usize,
        /// Bytes that it must have.
        expected: usize,
    },
    /// A fee that no L1 block can have.
    #[error("a fee of the L1 block is out of range")]
    Fee,
}

/// An L1 block as the rollup sees it, with the fee parameters of the rollup
/// (OP Stack specification, "L1 attributes deposited transaction" and Isthmus, "L1 attributes").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct L1Attributes {
    /// Number of the L1 block.
    pub number: u64,
    /// Its timestamp, in seconds.
    pub timestamp: u64,
    /// Its base fee, in wei per gas.
    pub base_fee: u64,
    /// Its hash.
    pub hash: B256,
    /// How many rollup blocks came before with the same L1 block.
    pub sequence_number: u64,
    /// The batcher's address, left-padded.
    pub batcher_hash: B256,
    /// Weight of the base fee in the data fee, in millionths.
    pub base_fee_scalar: u32,
    /// Weight of the blob base fee in the data fee, in millionths.
    pub blob_base_fee_scalar: u32,
    /// The L1 block's price of blob gas, in wei per gas.
    pub blob_base_fee: u128,
    /// Operator fee per gas, in millionths of a wei. Zero before Isthmus.
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction, in wei. Zero before Isthmus.
    pub operator_fee_constant: u64,
}

impl L1Attributes {
    /// Calldata of `setL1BlockValuesIsthmus()`: the selector and the packed fields, 176 bytes.
    pub fn calldata(&self) -> Bytes {
        let mut bytes = self.ecotone_calldata(ISTHMUS_SELECTOR);
        bytes.extend_from_slice(&self.operator_fee_scalar.to_be_bytes());
        bytes.extend_from_slice(&self.operator_fee_constant.to_be_bytes());
        bytes.into()
    }

    fn ecotone_calldata(&self, selector: [u8; 4]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(ISTHMUS_LENGTH);
        bytes.extend_from_slice(&selector);
        bytes.extend_from_slice(&self.base_fee_scalar.to_be_bytes());
        bytes.extend_from_slice(&self.blob_base_fee_scalar.to_be_bytes());
        bytes.extend_from_slice(&self.sequence_number.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&[0; 24]);
        bytes.extend_from_slice(&self.base_fee.to_be_bytes());
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(&self.blob_base_fee.to_be_bytes());
        bytes.extend_from_slice(self.hash.as_slice());
        bytes.extend_from_slice(self.batcher_hash.as_slice());
        bytes
    }

    /// What the first transaction of a rollup block says; `None` if it says nothing of L1.
    pub fn of_transaction(first: &Transaction) -> Option<Self> {
        Self::decode(&first.as_deposit()?.input).ok()
    }

    /// Reads calldata of Isthmus or of Ecotone.
    ///
    /// # Errors
    /// [`L1AttributesError`] if it is neither.
    pub fn decode(calldata: &[u8]) -> Result<Self, L1AttributesError> {
        let (selector, expected) = match calldata.first_chunk::<4>() {
            Some(&ISTHMUS_SELECTOR) => (ISTHMUS_SELECTOR, ISTHMUS_LENGTH),
            Some(&ECOTONE_SELECTOR) => (ECOTONE_SELECTOR, ECOTONE_LENGTH),
            _ => return Err(L1AttributesError::Selector),
        };
        let found = calldata.len();
        let mut fields =
            Fields { rest: calldata, length: L1AttributesError::Length { found, expected } };
        if found != expected {
            return Err(fields.length);
        }
        fields.take::<4>()?;
        let mut attributes = Self {
            base_fee_scalar: u32::from_be_bytes(fields.take()?),
            blob_base_fee_scalar: u32::from_be_bytes(fields.take()?),
            sequence_number: u64::from_be_bytes(fields.take()?),
            timestamp: u64::from_be_bytes(fields.take()?),
            number: u64::from_be_bytes(fields.take()?),
            base_fee: u64::try_from(fields.fee()?).map_err(|_| L1AttributesError::Fee)?,
            blob_base_fee: fields.fee()?,
            hash: fields.take::<32>()?.into(),
            batcher_hash: fields.take::<32>()?.into(),
            ..Self::default()
        };
        if selector == ISTHMUS_SELECTOR {
            attributes.operator_fee_scalar = u32::from_be_bytes(fields.take()?);
            attributes.operator_fee_constant = u64::from_be_bytes(fields.take()?);
        }
        Ok(attributes)
    }

    /// What makes the transaction's hash its own:
    /// `keccak256(uint256(1) ‖ keccak256(hash ‖ uint256(sequence number)))`.
    pub fn source_hash(&self) -> B256 {
        let mut source = self.hash.to_vec();
        source.extend_from_slice(&[0; 24]);
        source.extend_from_slice(&self.sequence_number.to_be_bytes());
        let domain = B256::with_last_byte(SOURCE_DOMAIN);
        keccak256([domain, keccak256(source)].concat())
    }

    /// The first transaction of a block from Isthmus on.
    pub fn deposit(&self) -> Transaction {
        let deposit = TxDeposit {
            source_hash: self.source_hash(),
            from: DEPOSITOR,
            to: TxKind::Call(L1_BLOCK),
            gas_limit: GAS_LIMIT,
            input: self.calldata(),
            ..TxDeposit::default()
        };
        Transaction::Deposit(deposit.seal_slow())
    }
}

/// Packed fields, one after the other.
struct Fields<'a> {
    rest: &'a [u8],
    /// What to say if they end too early.
    length: L1AttributesError,
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], L1AttributesError> {
        let (field, rest) = self.rest.split_first_chunk().ok_or(self.length)?;
        self.rest = rest;
        Ok(*field)
    }

    /// A `uint256` of which no more than 128 bits are in use.
    fn fee(&mut self) -> Result<u128, L1AttributesError> {
        match self.take::<16>()? {
            high if high == [0; 16] => Ok(u128::from_be_bytes(self.take()?)),
            _ => Err(L1AttributesError::Fee),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes() -> L1Attributes {
        L1Attributes {
            number: 0x1234_5678,
            timestamp: 1_700_000_001,
            base_fee: 31_000_000_000,
            hash: B256::repeat_byte(0xaa),
            sequence_number: 3,
            batcher_hash: B256::repeat_byte(0xbb),
            base_fee_scalar: 0x0102_0304,
            blob_base_fee_scalar: 0x0506_0708,
            blob_base_fee: 7_000_000_007,
            operator_fee_scalar: 0x1122_3344,
            operator_fee_constant: 0x5566_7788_99aa_bbcc,
        }
    }

    #[test]
    fn selectors_are_those_of_the_functions() {
        assert_eq!(keccak256("setL1BlockValuesIsthmus()")[..4], ISTHMUS_SELECTOR);
        assert_eq!(keccak256("setL1BlockValuesEcotone()")[..4], ECOTONE_SELECTOR);
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let bytes = attributes().calldata();
        assert_eq!(bytes.len(), ISTHMUS_LENGTH);
        assert_eq!(L1Attributes::decode(&bytes), Ok(attributes()));
    }

    #[test]
    fn ecotone_has_no_operator_fee() {
        let bytes = attributes().ecotone_calldata(ECOTONE_SELECTOR);
        assert_eq!(bytes.len(), ECOTONE_LENGTH);
        let read = L1Attributes::decode(&bytes).unwrap();
        let expected =
            L1Attributes { operator_fee_scalar: 0, operator_fee_constant: 0, ..attributes() };
        assert_eq!(read, expected);
    }

    #[test]
    fn other_lengths_selectors_and_fees_are_refused() {
        let bytes = attributes().calldata().to_vec();
        let length = |found| L1AttributesError::Length { found, expected: ISTHMUS_LENGTH };
        assert_eq!(L1Attributes::decode(&bytes[..175]), Err(length(175)));
        assert_eq!(L1Attributes::decode(&[&bytes[..], &[0]].concat()), Err(length(177)));
        assert_eq!(L1Attributes::decode(&bytes[1..]), Err(L1AttributesError::Selector));
        assert_eq!(L1Attributes::decode(&[]), Err(L1AttributesError::Selector));
        // The base fee begins at byte 36 and has 64 bits at most; the blob base fee 128.
        for at in [36, 59, 68, 83] {
            let mut wrong = bytes.clone();
            wrong[at] = 1;
            assert_eq!(L1Attributes::decode(&wrong), Err(L1AttributesError::Fee), "{at}");
        }
    }

    #[test]
    fn the_source_hash_is_that_of_op_alloy() {
        let theirs = op_alloy_consensus::L1InfoDepositSource::new(B256::repeat_byte(0xaa), 3);
        assert_eq!(attributes().source_hash(), theirs.source_hash());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_and_what_is_read_encodes_to_the_same(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            selector in any::<bool>(),
            fit in any::<bool>(),
        ) {
            if selector && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(&ISTHMUS_SELECTOR);
            }
            if fit {
                bytes.resize(ISTHMUS_LENGTH, 7);
                bytes[36..60].fill(0);
                bytes[68..84].fill(0);
            }
            if let Ok(attributes) = L1Attributes::decode(&bytes)
                && bytes.len() == ISTHMUS_LENGTH
            {
                prop_assert_eq!(attributes.calldata(), bytes);
            }
        }
    }
}
