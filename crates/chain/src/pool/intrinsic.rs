//! The gas a transaction takes before its first instruction.

use alloy_consensus::Transaction as _;
use alloy_eips::eip7623::transaction_floor_cost;
use seam_primitives::{Fork, Transaction};

/// Gas of any transaction (yellow paper, `G_transaction`).
const BASE: u64 = 21_000;
/// Gas of a creation on top of that (EIP-2).
const CREATE: u64 = 32_000;
/// Gas of a zero byte of data.
const ZERO_BYTE: u64 = 4;
/// Gas of any other byte since Istanbul (EIP-2028).
const BYTE: u64 = 16;
/// The same before.
const BYTE_BEFORE_ISTANBUL: u64 = 68;
/// Gas of an address of the access list (EIP-2930).
const ACCESS_ADDRESS: u64 = 2_400;
/// Gas of a slot of the access list (EIP-2930).
const ACCESS_SLOT: u64 = 1_900;
/// Gas of 32 bytes of init code (EIP-3860).
const INIT_CODE_WORD: u64 = 2;
/// Gas of an authorization (EIP-7702, `PER_EMPTY_ACCOUNT_COST`).
const AUTHORIZATION: u64 = 25_000;

/// Gas of the transaction by itself at this fork (EIP-2, 2028, 2930, 3860, 7702).
pub(super) fn intrinsic_gas(tx: &Transaction, fork: Fork) -> u64 {
    let (zeros, others) = count_bytes(tx.input());
    let byte = if fork >= Fork::Istanbul { BYTE } else { BYTE_BEFORE_ISTANBUL };
    let data = zeros.saturating_mul(ZERO_BYTE).saturating_add(others.saturating_mul(byte));
    let (addresses, slots) = tx.access_list().map_or((0, 0), |list| {
        (as_u64(list.len()), as_u64(list.iter().map(|item| item.storage_keys.len()).sum()))
    });
    let access =
        addresses.saturating_mul(ACCESS_ADDRESS).saturating_add(slots.saturating_mul(ACCESS_SLOT));
    let authorizations =
        as_u64(tx.authorization_list().map_or(0, <[_]>::len)).saturating_mul(AUTHORIZATION);
    BASE.saturating_add(create_gas(tx, fork))
        .saturating_add(data)
        .saturating_add(access)
        .saturating_add(authorizations)
}

fn create_gas(tx: &Transaction, fork: Fork) -> u64 {
    if !tx.is_create() || fork < Fork::Homestead {
        return 0;
    }
    let words = if fork >= Fork::Shanghai { as_u64(tx.input().len().div_ceil(32)) } else { 0 };
    CREATE.saturating_add(words.saturating_mul(INIT_CODE_WORD))
}

/// The least that a transaction with this data uses (EIP-7623), or 0 before Prague.
pub(super) fn floor_gas(tx: &Transaction, fork: Fork) -> u64 {
    if fork < Fork::Prague {
        return 0;
    }
    let (zeros, others) = count_bytes(tx.input());
    transaction_floor_cost(zeros.saturating_add(others.saturating_mul(BYTE / ZERO_BYTE)))
}

fn count_bytes(data: &[u8]) -> (u64, u64) {
    let zeros = data.iter().filter(|byte| **byte == 0).count();
    (as_u64(zeros), as_u64(data.len().saturating_sub(zeros)))
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
