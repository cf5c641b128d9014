//! Accounts and slots before a transaction, or before and after, as geth's `prestateTracer` tells them.
//!
//! They are taken from the state that the transaction leaves, not from what the interpreter did: whatever it moved is
//! there, the fees of the sender, what the block's maker gets, and on a rollup what the vaults get for L1 and for the
//! operator.

use super::{
    AccountState, DiffMode, PreStateFrame, PreStateMode, PrestateMode, PrestateOptions, TraceError,
    watcher::Budget,
};
use crate::{
    overlay::Overlay,
    state::{Account, StateReader},
};
use alloc::collections::BTreeMap;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use revm::{
    Database,
    state::{Account as EvmAccount, EvmState},
};

/// JSON of an account without code and storage.
const ACCOUNT_BYTES: usize = 200;
/// JSON of a slot.
const SLOT_BYTES: usize = 140;

pub(super) fn frame<R: StateReader>(
    options: PrestateOptions,
    after: &EvmState,
    before: &mut Overlay<R>,
    budget: &mut Budget<'_>,
) -> Result<PreStateFrame, TraceError> {
    let mut teller = Teller { options, before, budget };
    match options.mode {
        PrestateMode::Before => Ok(PreStateFrame::Default(teller.before(after)?)),
        PrestateMode::Difference => Ok(PreStateFrame::Diff(teller.difference(after)?)),
    }
}

struct Teller<'a, 'b, R: StateReader> {
    options: PrestateOptions,
    before: &'a mut Overlay<R>,
    budget: &'a mut Budget<'b>,
}

impl<R: StateReader> Teller<'_, '_, R> {
    fn before(&mut self, after: &EvmState) -> Result<PreStateMode, TraceError> {
        let mut told = BTreeMap::new();
        for (address, evm) in after {
            let Some((_, mut state)) = self.account_before(*address)? else { continue };
            if !self.options.disable_storage {
                let slots = evm.storage.iter();
                state.storage = slots.map(|(key, slot)| pair(*key, slot.original_value)).collect();
            }
            self.keep(&state)?;
            told.insert(*address, state);
        }
        Ok(PreStateMode(told))
    }

    fn difference(&mut self, after: &EvmState) -> Result<DiffMode, TraceError> {
        let mut told = DiffMode::default();
        for (address, evm) in after.iter().filter(|(_, evm)| evm.is_touched()) {
            let existed = self.account_before(*address)?;
            let (account, mut pre) =
                existed.clone().unwrap_or_else(|| empty(AccountState::default()));
            let gone = evm.is_selfdestructed();
            let mut post = self.changes(&account, evm)?;
            if !self.options.disable_storage {
                (pre.storage, post.storage) = slots(evm);
            }
            if !gone && post == AccountState::default() && pre.storage.is_empty() {
                continue;
            }
            if existed.is_some() || self.options.include_empty {
                self.keep(&pre)?;
                told.pre.insert(*address, pre);
            }
            if !gone {
                self.keep(&post)?;
                told.post.insert(*address, post);
            }
        }
        Ok(told)
    }

    /// An account as it was; `None` if there was none and nobody asks for those.
    fn account_before(
        &mut self,
        address: Address,
    ) -> Result<Option<(Account, AccountState)>, TraceError> {
        let account = self.before.account(address)?;
        let account = account.filter(|account| *account != Account::default());
        let Some(account) = account else {
            let told = AccountState { balance: Some(U256::ZERO), ..AccountState::default() };
            return Ok(self.options.include_empty.then(|| empty(told)));
        };
        let told = AccountState {
            balance: Some(account.balance),
            nonce: Some(account.nonce).filter(|nonce| *nonce != 0),
            code: self.code(account.code_hash)?,
            storage: BTreeMap::new(),
        };
        Ok(Some((account, told)))
    }

    fn code(&mut self, hash: B256) -> Result<Option<Bytes>, TraceError> {
        if self.options.disable_code || hash == KECCAK256_EMPTY {
            return Ok(None);
        }
        Ok(Some(self.before.code_by_hash(hash)?.original_bytes()))
    }

    /// What of an account is other than it was, but for its storage.
    fn changes(&mut self, was: &Account, evm: &EvmAccount) -> Result<AccountState, TraceError> {
        let code = match &evm.info.code {
            _ if self.options.disable_code || evm.info.code_hash == was.code_hash => None,
            Some(code) => Some(code.original_bytes()),
            None => self.code(evm.info.code_hash)?,
        };
        Ok(AccountState {
            balance: Some(evm.info.balance).filter(|balance| *balance != was.balance),
            nonce: Some(evm.info.nonce).filter(|nonce| *nonce != was.nonce),
            code,
            storage: BTreeMap::new(),
        })
    }

    fn keep(&mut self, state: &AccountState) -> Result<(), TraceError> {
        let code = state.code.as_ref().map_or(0, |code| code.len().saturating_mul(2));
        let slots = state.storage.len().saturating_mul(SLOT_BYTES);
        self.budget.spend(ACCOUNT_BYTES.saturating_add(code).saturating_add(slots));
        self.budget.check()
    }
}

fn empty(told: AccountState) -> (Account, AccountState) {
    (Account::default(), told)
}

fn pair(key: U256, value: U256) -> (B256, B256) {
    (key.into(), value.into())
}

/// The slots that changed, before and after; a slot is left out where it is zero.
fn slots(evm: &EvmAccount) -> (BTreeMap<B256, B256>, BTreeMap<B256, B256>) {
    let changed = || evm.storage.iter().filter(|(_, slot)| slot.is_changed());
    let set = |(_, value): &(B256, B256)| !value.is_zero();
    let pre = changed().map(|(key, slot)| pair(*key, slot.original_value)).filter(set);
    let post = changed().map(|(key, slot)| pair(*key, slot.present_value)).filter(set);
    (pre.collect(), post.collect())
}
