//! What a header must be, from its parent and its attributes alone.

use crate::error::HeaderError;
use alloy_consensus::Header;
use alloy_eips::{eip1559::INITIAL_BASE_FEE, eip4844::DATA_GAS_PER_BLOB};
use alloy_primitives::Bytes;
use core::cmp::Ordering;
use seam_primitives::{Activation, BlockAttributes, ChainRules, Eip1559Rules, Fork, OpFork};

/// Smallest gas limit of an Ethereum block (Yellow Paper, section 4.4.4).
pub const MIN_GAS_LIMIT: u64 = 5_000;
/// A gas limit moves by less than its parent's divided by this (Yellow Paper, section 4.4.4).
pub const GAS_LIMIT_BOUND_DIVISOR: u64 = 1_024;
/// Most bytes of `extraData` (Yellow Paper, section 4.4.4).
pub const MAX_EXTRA_DATA_BYTES: usize = 32;
/// Most RLP bytes of a block since Osaka: 10 MiB less 2 MiB of room for the beacon block (EIP-7934).
pub const MAX_BLOCK_RLP_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of `extraData` since Holocene: version, denominator, elasticity.
pub const HOLOCENE_EXTRA_DATA_BYTES: usize = 9;
/// The DAO fork's blocks say so, ten in a row (EIP-779).
const DAO_EXTRA_DATA: &[u8] = b"dao-hard-fork";
const DAO_EXTRA_DATA_BLOCKS: u64 = 10;

/// Checks what `attributes` choose against the parent and the rules.
pub fn check_attributes(
    rules: &ChainRules,
    parent: &Header,
    attributes: &BlockAttributes,
) -> Result<(), HeaderError> {
    let (number, timestamp) = (parent.number.saturating_add(1), attributes.timestamp);
    if timestamp <= parent.timestamp {
        return Err(HeaderError::Timestamp { timestamp, parent: parent.timestamp });
    }
    if rules.is_op_stack() && !rules.is_op_active(OpFork::Holocene, number, timestamp) {
        return Err(HeaderError::NotAllowed("a block before Holocene"));
    }
    check_gas_limit(rules, parent, attributes)?;
    check_extra_data(rules, number, attributes)?;
    if rules.is_active(Fork::Paris, number, timestamp) {
        check_merged(attributes)?;
    }
    check_forkless_fields(rules, number, attributes)
}

fn check_gas_limit(
    rules: &ChainRules,
    parent: &Header,
    attributes: &BlockAttributes,
) -> Result<(), HeaderError> {
    if rules.is_op_stack() {
        return Ok(()); // the L1 system configuration sets it
    }
    let (number, timestamp) = (parent.number.saturating_add(1), attributes.timestamp);
    let london = rules.is_active(Fork::London, number, timestamp);
    let starts = london && parent.base_fee_per_gas.is_none();
    let factor = if starts { rules.eip1559.elasticity } else { 1 };
    let limit = parent.gas_limit.saturating_mul(factor);
    let bound = limit.checked_div(GAS_LIMIT_BOUND_DIVISOR).unwrap_or_default();
    let within = attributes.gas_limit.abs_diff(limit) < bound.max(1);
    if within && attributes.gas_limit >= MIN_GAS_LIMIT {
        return Ok(());
    }
    Err(HeaderError::GasLimit { gas_limit: attributes.gas_limit, parent: limit })
}

fn check_extra_data(
    rules: &ChainRules,
    number: u64,
    attributes: &BlockAttributes,
) -> Result<(), HeaderError> {
    let extra_data = &attributes.extra_data;
    if rules.is_op_active(OpFork::Holocene, number, attributes.timestamp) {
        return match holocene_eip1559(extra_data) {
            Some(eip1559) if eip1559.denominator != 0 && eip1559.elasticity != 0 => Ok(()),
            Some(_) => Err(HeaderError::ExtraData("an EIP-1559 parameter is zero")),
            None => Err(HeaderError::ExtraData("not version 0 and 8 bytes of EIP-1559 parameters")),
        };
    }
    if extra_data.len() > MAX_EXTRA_DATA_BYTES {
        return Err(HeaderError::ExtraData("more than 32 bytes"));
    }
    if let Activation::Block(dao) = rules.activation(Fork::Dao) {
        let marked = dao..dao.saturating_add(DAO_EXTRA_DATA_BLOCKS);
        if marked.contains(&number) && extra_data.as_ref() != DAO_EXTRA_DATA {
            return Err(HeaderError::ExtraData("the DAO fork's mark is missing"));
        }
    }
    Ok(())
}

fn check_merged(attributes: &BlockAttributes) -> Result<(), HeaderError> {
    if !attributes.difficulty.is_zero() {
        return Err(HeaderError::NotZero("difficulty"));
    }
    if !attributes.nonce.is_zero() {
        return Err(HeaderError::NotZero("nonce"));
    }
    if !attributes.ommers.is_empty() {
        return Err(HeaderError::NotZero("the number of ommers"));
    }
    Ok(())
}

fn check_forkless_fields(
    rules: &ChainRules,
    number: u64,
    attributes: &BlockAttributes,
) -> Result<(), HeaderError> {
    let timestamp = attributes.timestamp;
    let withdrawals = !rules.is_op_stack() && rules.is_active(Fork::Shanghai, number, timestamp);
    if !withdrawals && !attributes.withdrawals.is_empty() {
        return Err(HeaderError::NotAllowed("withdrawals"));
    }
    let beacon = rules.is_active(Fork::Cancun, number, timestamp);
    if !beacon && !attributes.parent_beacon_block_root.is_zero() {
        return Err(HeaderError::NotAllowed("parentBeaconBlockRoot"));
    }
    Ok(())
}

/// The EIP-1559 parameters in `extraData` of Holocene; `None` if it is not of that form.
/// Source: OP Stack specification, Holocene, "EIP-1559 parameters in block header".
pub fn holocene_eip1559(extra_data: &[u8]) -> Option<Eip1559Rules> {
    let bytes: &[u8; HOLOCENE_EXTRA_DATA_BYTES] = extra_data.try_into().ok()?;
    let [0, d0, d1, d2, d3, e0, e1, e2, e3] = *bytes else { return None };
    Some(Eip1559Rules {
        denominator: u64::from(u32::from_be_bytes([d0, d1, d2, d3])),
        elasticity: u64::from(u32::from_be_bytes([e0, e1, e2, e3])),
    })
}

/// Version 0, denominator and elasticity, 9 bytes: the inverse of [`holocene_eip1559`]. A parameter
/// beyond 32 bits, which no rollup has, becomes the largest there is.
pub fn holocene_extra_data(eip1559: Eip1559Rules) -> Bytes {
    let parameter = |value| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    let parts =
        [&[0][..], &parameter(eip1559.denominator), &parameter(eip1559.elasticity)].concat();
    parts.into()
}

/// The base fee, in wei per gas, of the child of `parent`; `None` before London.
pub fn base_fee(rules: &ChainRules, parent: &Header, timestamp: u64) -> Option<u64> {
    if !rules.is_active(Fork::London, parent.number.saturating_add(1), timestamp) {
        return None;
    }
    let Some(parent_fee) = parent.base_fee_per_gas else { return Some(INITIAL_BASE_FEE) };
    let eip1559 = eip1559_of_parent(rules, parent);
    Some(next_base_fee(parent, parent_fee, eip1559))
}

/// The formula of EIP-1559, which saturates where alloy's wraps: a rollup's parameters may be absurd.
fn next_base_fee(parent: &Header, fee: u64, eip1559: Eip1559Rules) -> u64 {
    let target = parent.gas_limit.checked_div(eip1559.elasticity).unwrap_or_default();
    let divisor = u128::from(target).saturating_mul(u128::from(eip1559.denominator));
    let distance = u128::from(parent.gas_used.abs_diff(target));
    let change = u128::from(fee).saturating_mul(distance).checked_div(divisor);
    let Some(change) = change else { return fee }; // no target, so nothing to follow
    let change = u64::try_from(change).unwrap_or(u64::MAX);
    match parent.gas_used.cmp(&target) {
        Ordering::Equal => fee,
        Ordering::Greater => fee.saturating_add(change.max(1)),
        Ordering::Less => fee.saturating_sub(change),
    }
}

/// Since Holocene the parent's own header says how the base fee moves on from it.
fn eip1559_of_parent(rules: &ChainRules, parent: &Header) -> Eip1559Rules {
    if !rules.is_op_active(OpFork::Holocene, parent.number, parent.timestamp) {
        return rules.eip1559;
    }
    holocene_eip1559(&parent.extra_data)
        .filter(|eip1559| eip1559.denominator != 0 && eip1559.elasticity != 0)
        .unwrap_or(rules.eip1559)
}

/// The excess blob gas of the child of `parent`; `None` before Cancun, zero on a chain without
/// blobs. Saturates, which no real chain can reach.
pub fn excess_blob_gas(rules: &ChainRules, parent: &Header, timestamp: u64) -> Option<u64> {
    let number = parent.number.saturating_add(1);
    if !rules.is_active(Fork::Cancun, number, timestamp) {
        return None;
    }
    let Some(blobs) = rules.blobs_at(timestamp).filter(|_| !rules.is_op_stack()) else {
        return Some(0);
    };
    let excess = parent.excess_blob_gas.unwrap_or_default();
    let used = parent.blob_gas_used.unwrap_or_default();
    let base_fee = parent.base_fee_per_gas.unwrap_or_default();
    let in_range = excess.checked_add(used).is_some()
        && used.checked_mul(blobs.max).is_some()
        && DATA_GAS_PER_BLOB.checked_mul(blobs.target).is_some();
    if !in_range || blobs.max == 0 || blobs.update_fraction == 0 || blobs.target > blobs.max {
        return Some(u64::MAX);
    }
    Some(blobs.params().next_block_excess_blob_gas_osaka(excess, used, base_fee))
}

/// The price of blob gas, in wei, in a block with this excess (EIP-4844); the least there is on a
/// chain without blobs. Saturates, where revm's own formula wraps and then hardly ever ends.
pub fn blob_base_fee(rules: &ChainRules, timestamp: u64, excess_blob_gas: u64) -> u128 {
    let blobs = rules.blobs_at(timestamp).filter(|blobs| blobs.update_fraction != 0);
    blobs.map_or(1, |blobs| blobs.params().calc_blob_fee(excess_blob_gas))
}
