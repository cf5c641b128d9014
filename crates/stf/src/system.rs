//! Calls that the rules themselves make: before the transactions the parent's hash (EIP-2935) and
//! the beacon root (EIP-4788), after them the requests to the beacon chain (EIP-7685).

use crate::{
    error::BlockError,
    evm::{Machine, Watch},
    overlay::LateSlot,
    state::StateReader,
};
use alloc::{string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_eips::{
    eip2935::{HISTORY_SERVE_WINDOW, HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE, SYSTEM_ADDRESS},
    eip6110::DEPOSIT_REQUEST_TYPE,
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_TYPE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_TYPE},
    eip7685::Requests,
};
use alloy_evm::eth::eip6110::accumulate_deposits_from_logs;
use alloy_primitives::{Address, Bytes, KECCAK256_EMPTY, U256, keccak256};
use revm::DatabaseCommit;
use seam_primitives::{ChainRules, Fork, Receipt};

/// The calls before the first transaction.
pub(crate) fn begin<R: StateReader, I: Watch<R>>(
    rules: &ChainRules,
    header: &Header,
    machine: &mut Machine<R, I>,
) -> Result<(), BlockError> {
    let active = |fork| rules.is_active(fork, header.number, header.timestamp);
    if active(Fork::Prague) {
        call(machine, HISTORY_STORAGE_ADDRESS, header.parent_hash.0.into())?;
    }
    if let Some(root) = header.parent_beacon_block_root.filter(|_| active(Fork::Cancun)) {
        call(machine, BEACON_ROOTS_ADDRESS, root.0.into())?;
    }
    Ok(())
}

/// The same for a block that was begun before its parent was sealed: what the calls write is
/// written without them, and what follows from the seal is asked for when something reads it.
/// A contract with other code than the EIPs give is called, once the parent is sealed.
pub(crate) fn begin_ahead<R: StateReader>(
    rules: &ChainRules,
    header: &Header,
    machine: &mut Machine<R>,
) -> Result<(), BlockError> {
    let active = |fork| rules.is_active(fork, header.number, header.timestamp);
    if active(Fork::Prague) {
        let slot = ring_slot(header.number.wrapping_sub(1), HISTORY_SERVE_WINDOW as u64);
        let hash = LateSlot { address: HISTORY_STORAGE_ADDRESS, slot, value: |seal| seal.hash };
        write_late(machine, &HISTORY_STORAGE_CODE, hash)?;
    }
    if active(Fork::Cancun) {
        let slot = ring_slot(header.timestamp, BEACON_ROOTS_WINDOW);
        let address = BEACON_ROOTS_ADDRESS;
        let next = slot.wrapping_add(U256::from(BEACON_ROOTS_WINDOW));
        let root = LateSlot { address, slot: next, value: |seal| seal.beacon_root };
        if write_late(machine, &BEACON_ROOTS_CODE, root)? {
            machine.state().write(address, slot, U256::from(header.timestamp))?;
        }
    }
    Ok(())
}

/// Length of the two rings of EIP-4788.
const BEACON_ROOTS_WINDOW: u64 = 8191;

fn ring_slot(at: u64, window: u64) -> U256 {
    U256::from(at.checked_rem(window).unwrap_or_default())
}

/// Writes the slot, if the contract has the code that is known to write just that. Another contract
/// is called; nothing happens where there is none.
fn write_late<R: StateReader>(
    machine: &mut Machine<R>,
    code: &[u8],
    slot: LateSlot,
) -> Result<bool, BlockError> {
    let account = machine.state().account(slot.address)?;
    let found = account.map_or(KECCAK256_EMPTY, |account| account.code_hash);
    let known = found == keccak256(code);
    if known {
        machine.state().write_late(slot);
    } else if found != KECCAK256_EMPTY {
        let seal = machine.state().reader.parent_seal()?;
        call(machine, slot.address, (slot.value)(&seal).0.into())?;
    }
    Ok(known)
}

/// A call that may fail, or find no contract: then it changes nothing (EIP-2935, EIP-4788).
fn call<R: StateReader, I: Watch<R>>(
    machine: &mut Machine<R, I>,
    contract: Address,
    data: Bytes,
) -> Result<(), BlockError> {
    let outcome = machine.system_call(SYSTEM_ADDRESS, contract, data)?;
    machine.state().commit(outcome.state);
    Ok(())
}

/// The requests of a block since Prague: deposits from the logs, withdrawals and consolidations
/// from the contracts that collect them.
pub(crate) fn requests<R: StateReader, I: Watch<R>>(
    rules: &ChainRules,
    receipts: &[Receipt],
    machine: &mut Machine<R, I>,
) -> Result<Requests, BlockError> {
    let mut requests = Requests::default();
    let mut push = |ty, data: Bytes| {
        if !data.is_empty() {
            requests.push_request_with_type(ty, data);
        }
    };
    push(DEPOSIT_REQUEST_TYPE, deposits(rules, receipts)?);
    push(
        WITHDRAWAL_REQUEST_TYPE,
        dequeue(machine, "EIP-7002 withdrawal requests", WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS)?,
    );
    push(
        CONSOLIDATION_REQUEST_TYPE,
        dequeue(machine, "EIP-7251 consolidations", CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS)?,
    );
    Ok(requests)
}

fn deposits(rules: &ChainRules, receipts: &[Receipt]) -> Result<Bytes, BlockError> {
    let mut deposits = Vec::new();
    let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
    accumulate_deposits_from_logs(rules.deposit_contract, logs, &mut deposits).map_err(
        |error| BlockError::SystemContract {
            contract: "EIP-6110 deposits",
            reason: error.to_string(),
        },
    )?;
    Ok(deposits.into())
}

/// A call that must find a contract and succeed, else the block is not valid.
fn dequeue<R: StateReader, I: Watch<R>>(
    machine: &mut Machine<R, I>,
    name: &'static str,
    contract: Address,
) -> Result<Bytes, BlockError> {
    let fail = |reason: &str| BlockError::SystemContract { contract: name, reason: reason.into() };
    let account = machine.state().account(contract)?;
    if account.is_none_or(|account| account.code_hash == KECCAK256_EMPTY) {
        return Err(fail("no code at its address"));
    }
    let outcome = machine.system_call(SYSTEM_ADDRESS, contract, Bytes::new())?;
    if !outcome.success {
        return Err(fail("the call failed"));
    }
    machine.state().commit(outcome.state);
    Ok(outcome.output)
}
