//! The rollup's settings on L1: where they are in a rollup block, and `ConfigUpdate` events, which
//! change them (OP Stack specification, "System configuration").

use super::{bytes_of, word_as_u64};
use crate::header::holocene_eip1559;
use alloy_primitives::{Address, B256, Log, b256};
use seam_primitives::{Eip1559Rules, Header, L1Attributes};

/// `keccak256("ConfigUpdate(uint256,uint8,bytes)")`.
pub const CONFIG_UPDATE: B256 =
    b256!("0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be");

/// What L1 sets of a rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemConfig {
    /// The batcher's address, left-padded.
    pub batcher_hash: B256,
    /// Weight of L1's base fee in the data fee, in millionths.
    pub base_fee_scalar: u32,
    /// Weight of L1's blob base fee in the data fee, in millionths.
    pub blob_base_fee_scalar: u32,
    /// Gas limit of each block.
    pub gas_limit: u64,
    /// EIP-1559 parameters, in each block's `extraData` (Holocene).
    pub eip1559: Eip1559Rules,
    /// Operator fee for each gas, in millionths of a wei (Isthmus).
    pub operator_fee_scalar: u32,
    /// Operator fee for each transaction, in wei (Isthmus).
    pub operator_fee_constant: u64,
}

/// A change of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigUpdate {
    /// Who posts batches, left-padded.
    Batcher(B256),
    /// The weights of both L1 fees.
    FeeScalars {
        /// See [`SystemConfig::base_fee_scalar`].
        base_fee_scalar: u32,
        /// See [`SystemConfig::blob_base_fee_scalar`].
        blob_base_fee_scalar: u32,
    },
    /// The gas limit of each block.
    GasLimit(u64),
    /// Who signs blocks before they are on L1.
    UnsafeSigner(Address),
    /// EIP-1559 parameters.
    Eip1559(Eip1559Rules),
    /// The operator fee.
    OperatorFee {
        /// See [`SystemConfig::operator_fee_scalar`].
        scalar: u32,
        /// See [`SystemConfig::operator_fee_constant`].
        constant: u64,
    },
}

impl SystemConfig {
    /// The settings that a block was made with: all of them are in its header and its first
    /// transaction. None if its `extraData` is not Holocene's.
    pub fn of_block(header: &Header, attributes: &L1Attributes) -> Option<Self> {
        Some(Self {
            batcher_hash: attributes.batcher_hash,
            base_fee_scalar: attributes.base_fee_scalar,
            blob_base_fee_scalar: attributes.blob_base_fee_scalar,
            gas_limit: header.gas_limit,
            eip1559: holocene_eip1559(&header.extra_data)?,
            operator_fee_scalar: attributes.operator_fee_scalar,
            operator_fee_constant: attributes.operator_fee_constant,
        })
    }

    /// Makes the change. The signer of unsafe blocks is not part of any block.
    pub const fn apply(&mut self, update: &ConfigUpdate) {
        match *update {
            ConfigUpdate::Batcher(hash) => self.batcher_hash = hash,
            ConfigUpdate::FeeScalars { base_fee_scalar, blob_base_fee_scalar } => {
                self.base_fee_scalar = base_fee_scalar;
                self.blob_base_fee_scalar = blob_base_fee_scalar;
            }
            ConfigUpdate::GasLimit(limit) => self.gas_limit = limit,
            ConfigUpdate::UnsafeSigner(_) => {}
            ConfigUpdate::Eip1559(rules) => self.eip1559 = rules,
            ConfigUpdate::OperatorFee { scalar, constant } => {
                self.operator_fee_scalar = scalar;
                self.operator_fee_constant = constant;
            }
        }
    }
}

/// The change that an event of `SystemConfig` stands for. None if it is another event, another
/// version, an unknown type, or not encoded as the contract does it.
pub fn read(log: &Log) -> Option<ConfigUpdate> {
    let [signature, version, kind] = log.topics() else { return None };
    if *signature != CONFIG_UPDATE || !version.is_zero() {
        return None;
    }
    let data = bytes_of(&log.data.data)?;
    match word_as_u64(&kind.0)? {
        0 => Some(ConfigUpdate::Batcher(one_word(data)?.into())),
        1 => fee_scalars(data),
        2 => word_as_u64(&one_word(data)?).map(ConfigUpdate::GasLimit),
        3 => address(&one_word(data)?).map(ConfigUpdate::UnsafeSigner),
        4 => eip1559(word_as_u64(&one_word(data)?)?),
        5 => operator_fee(&one_word(data)?),
        _ => None,
    }
}

fn one_word(data: &[u8]) -> Option<[u8; 32]> {
    data.try_into().ok()
}

fn address(word: &[u8; 32]) -> Option<Address> {
    let (high, low) = word.split_first_chunk::<12>()?;
    (*high == [0; 12]).then(|| Address::from_slice(low))
}

/// An overhead that means nothing any more, and a word with a version: 1 has both weights (Ecotone),
/// 0 only that of the base fee. Any other version is ignored.
fn fee_scalars(data: &[u8]) -> Option<ConfigUpdate> {
    let (_overhead, scalars) = data.split_first_chunk::<32>()?;
    let (version, rest) = scalars.split_first()?;
    let (padding, rest) = rest.split_first_chunk::<23>()?;
    let (blob, base) = rest.split_first_chunk::<4>()?;
    let base = base.try_into().ok()?;
    let known = *padding == [0; 23] && (*version == 1 || (*version == 0 && *blob == [0; 4]));
    known.then(|| ConfigUpdate::FeeScalars {
        base_fee_scalar: u32::from_be_bytes(base),
        blob_base_fee_scalar: u32::from_be_bytes(*blob),
    })
}

/// Denominator and elasticity in 32 bits each (Holocene). Zeros would stop the base fee from being
/// computed, so they are no change.
fn eip1559(packed: u64) -> Option<ConfigUpdate> {
    let (denominator, elasticity) = (packed >> 32, packed & u64::from(u32::MAX));
    (denominator != 0 && elasticity != 0)
        .then_some(ConfigUpdate::Eip1559(Eip1559Rules { denominator, elasticity }))
}

/// Scalar in bytes 20 to 24, constant in the last eight (Isthmus).
fn operator_fee(word: &[u8; 32]) -> Option<ConfigUpdate> {
    let (padding, rest) = word.split_first_chunk::<20>()?;
    let (scalar, constant) = rest.split_first_chunk::<4>()?;
    let constant = constant.try_into().ok()?;
    (*padding == [0; 20]).then(|| ConfigUpdate::OperatorFee {
        scalar: u32::from_be_bytes(*scalar),
        constant: u64::from_be_bytes(constant),
    })
}
