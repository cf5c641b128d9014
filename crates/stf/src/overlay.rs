//! The state as the block has left it so far, over a [`StateReader`].

use crate::state::{Account, AccountChange, ParentSeal, StateChanges, StateError, StateReader};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use alloy_primitives::{
    Address, B256, KECCAK256_EMPTY, U256,
    map::{AddressMap, B256Map, HashMap},
};
use revm::{
    Database, DatabaseCommit,
    database_interface::DBErrorMarker,
    state::{Account as EvmAccount, AccountInfo, Bytecode},
};

impl DBErrorMarker for StateError {}

/// One slot: its value now, and whether the block wrote it.
#[derive(Debug, Clone, Copy)]
struct Slot {
    value: U256,
    written: bool,
}

/// A slot whose value follows from the parent's seal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LateSlot {
    pub(crate) address: Address,
    pub(crate) slot: U256,
    pub(crate) value: fn(&ParentSeal) -> B256,
}

/// One account: what it is now, and what of it the block changed.
#[derive(Debug, Default)]
struct Entry {
    account: Option<Account>,
    slots: HashMap<U256, Slot>,
    changed: bool,
    storage_wiped: bool,
}

/// Reads through to `reader` once, then remembers; holds what the block wrote.
#[derive(Debug)]
pub(crate) struct Overlay<R> {
    pub(crate) reader: R,
    entries: AddressMap<Entry>,
    codes: B256Map<Bytecode>,
    new_codes: BTreeMap<B256, Bytecode>,
    /// Written by the block, with values that are asked for when something reads one of them.
    late: Vec<LateSlot>,
    /// What changed since the last call of [`Self::take_recent`]; not noted before the first, as most never call.
    recent: Option<BTreeMap<Address, BTreeSet<U256>>>,
}

impl<R: StateReader> Overlay<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            entries: AddressMap::default(),
            codes: B256Map::default(),
            new_codes: BTreeMap::new(),
            late: Vec::new(),
            recent: None,
        }
    }

    fn entry(&mut self, address: Address) -> Result<&mut Entry, StateError> {
        use alloy_primitives::map::Entry as MapEntry;
        match self.entries.entry(address) {
            MapEntry::Occupied(occupied) => Ok(occupied.into_mut()),
            MapEntry::Vacant(vacant) => {
                let account = self.reader.account(address)?;
                Ok(vacant.insert(Entry { account, ..Entry::default() }))
            }
        }
    }

    /// The account as it is now.
    pub(crate) fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        Ok(self.entry(address)?.account)
    }

    /// Adds wei to an account, creating it where there is none. Adding nothing changes nothing.
    /// Wraps only if more wei exist than a word can count, which no chain can reach.
    pub(crate) fn add_balance(&mut self, address: Address, wei: U256) -> Result<(), StateError> {
        if wei.is_zero() {
            return Ok(());
        }
        let entry = self.entry(address)?;
        let mut account = entry.account.unwrap_or_default();
        account.balance = account.balance.wrapping_add(wei);
        entry.account = Some(account);
        entry.changed = true;
        self.note(address);
        Ok(())
    }

    /// Takes all wei of an account.
    pub(crate) fn take_balance(&mut self, address: Address) -> Result<U256, StateError> {
        let entry = self.entry(address)?;
        let Some(account) = entry.account.as_mut() else { return Ok(U256::ZERO) };
        entry.changed = true;
        let taken = core::mem::take(&mut account.balance);
        self.note(address);
        Ok(taken)
    }

    /// Writes a slot.
    pub(crate) fn write(
        &mut self,
        address: Address,
        slot: U256,
        value: U256,
    ) -> Result<(), StateError> {
        let entry = self.entry(address)?;
        entry.slots.insert(slot, Slot { value, written: true });
        entry.changed = true;
        if let Some(slots) = self.note(address) {
            slots.insert(slot);
        }
        Ok(())
    }

    /// Writes a slot with a value that is asked for when it is needed.
    pub(crate) fn write_late(&mut self, slot: LateSlot) {
        self.late.push(slot);
    }

    /// Gives the late slots their values.
    pub(crate) fn settle(&mut self, seal: &ParentSeal) -> Result<(), StateError> {
        for LateSlot { address, slot, value } in core::mem::take(&mut self.late) {
            self.write(address, slot, value(seal).into())?;
        }
        Ok(())
    }

    fn is_late(&self, address: Address, slot: U256) -> bool {
        self.late.iter().any(|late| late.address == address && late.slot == slot)
    }

    fn note(&mut self, address: Address) -> Option<&mut BTreeSet<U256>> {
        Some(self.recent.as_mut()?.entry(address).or_default())
    }

    /// What changed since the last call, without code; at the first call, all that the block changed so far.
    pub(crate) fn take_recent(&mut self) -> StateChanges {
        let Some(recent) = self.recent.replace(BTreeMap::new()) else {
            return StateChanges { codes: BTreeMap::new(), ..self.changes() };
        };
        let change = |(address, slots): (Address, BTreeSet<U256>)| {
            let entry = self.entries.get(&address)?;
            let change = match entry.storage_wiped {
                true => entry.change(),
                false => entry.change_of(&slots),
            };
            Some((address, change))
        };
        let accounts = recent.into_iter().filter_map(change).collect();
        StateChanges { accounts, codes: BTreeMap::new() }
    }

    /// Makes code known.
    #[cfg(feature = "call")]
    pub(crate) fn put_code(&mut self, hash: B256, code: Bytecode) {
        self.codes.insert(hash, code);
    }

    /// Empties an account's storage.
    #[cfg(feature = "call")]
    pub(crate) fn wipe(&mut self, address: Address) {
        self.entries.entry(address).or_default().destroy();
    }

    /// Puts an account with these values in some of its slots.
    #[cfg(feature = "call")]
    pub(crate) fn put<'a>(
        &mut self,
        address: Address,
        account: Account,
        slots: impl Iterator<Item = (&'a U256, &'a U256)>,
    ) {
        let entry = self.entries.entry(address).or_default();
        entry.account = Some(account);
        entry.slots.extend(slots.map(|(key, value)| (*key, Slot { value: *value, written: true })));
    }

    /// Counts an account, and these of its slots, among what the block changed.
    #[cfg(feature = "call")]
    pub(crate) fn mark(&mut self, address: Address, slots: impl Iterator<Item = U256>) {
        if let Some(noted) = self.note(address) {
            noted.extend(slots);
        }
        self.entries.entry(address).or_default().changed = true;
    }

    /// Makes what was put in an account's place part of what the block changed.
    #[cfg(feature = "call")]
    pub(crate) fn keep(&mut self, address: Address) {
        let entry = self.entries.entry(address).or_default();
        entry.changed = true;
        let stored = entry.slots.values().any(|slot| slot.written && !slot.value.is_zero());
        if entry.account == Some(Account::default()) && !stored {
            entry.destroy();
        }
        let written = entry.slots.iter().filter(|(_, slot)| slot.written);
        let written: BTreeSet<U256> = written.map(|(key, _)| *key).collect();
        let code_hash = entry.account.map_or(KECCAK256_EMPTY, |account| account.code_hash);
        if let Some(slots) = self.note(address) {
            slots.extend(written);
        }
        if code_hash != KECCAK256_EMPTY
            && let Some(code) = self.codes.get(&code_hash)
        {
            self.new_codes.insert(code_hash, code.clone());
        }
    }

    /// All that the block changed so far.
    pub(crate) fn changes(&self) -> StateChanges {
        let accounts = self.entries.iter().filter(|(_, entry)| entry.changed);
        let codes = self.new_codes.iter().map(|(hash, code)| (*hash, code.original_bytes()));
        StateChanges {
            accounts: accounts.map(|(address, entry)| (*address, entry.change())).collect(),
            codes: codes.collect(),
        }
    }

    fn learn_code(&mut self, info: &AccountInfo) {
        let Some(code) = info.code.as_ref().filter(|code| !code.is_empty()) else { return };
        if self.codes.insert(info.code_hash, code.clone()).is_none() {
            self.new_codes.insert(info.code_hash, code.clone());
        }
    }

    /// Takes over what a transaction left of an account. The cases are those of revm's own
    /// `CacheState::apply_account_state`.
    fn commit_account(&mut self, address: Address, evm: EvmAccount) {
        if !evm.is_touched() {
            return;
        }
        if !evm.is_selfdestructed() {
            self.learn_code(&evm.info);
        }
        if let Some(slots) = self.note(address) {
            let written = evm.storage.iter().filter(|(_, slot)| slot.is_changed());
            slots.extend(written.map(|(key, _)| *key));
        }
        let entry = self.entries.entry(address).or_default();
        entry.changed = true;
        if evm.is_selfdestructed() {
            entry.destroy();
            return;
        }
        if evm.is_created() {
            entry.destroy();
        } else if evm.is_empty() {
            // EIP-161: an empty account that was touched is gone. Before it, the journal marks
            // such an account as created.
            entry.destroy();
            return;
        }
        entry.account = Some(Account {
            nonce: evm.info.nonce,
            balance: evm.info.balance,
            code_hash: evm.info.code_hash,
        });
        let written = evm.storage.into_iter().filter(|(_, slot)| slot.is_changed());
        entry.slots.extend(
            written.map(|(key, slot)| (key, Slot { value: slot.present_value, written: true })),
        );
    }
}

impl Entry {
    fn destroy(&mut self) {
        self.account = None;
        self.slots.clear();
        self.storage_wiped = true;
    }

    /// The account, and of its slots these where written.
    fn change_of(&self, slots: &BTreeSet<U256>) -> AccountChange {
        let value =
            |key: &U256| Some((*key, self.slots.get(key).filter(|slot| slot.written)?.value));
        AccountChange {
            account: self.account,
            storage_wiped: self.storage_wiped,
            storage: slots.iter().filter_map(value).collect(),
        }
    }

    fn change(&self) -> AccountChange {
        let written = self.slots.iter().filter(|(_, slot)| slot.written);
        AccountChange {
            account: self.account,
            storage_wiped: self.storage_wiped,
            storage: written.map(|(key, slot)| (*key, slot.value)).collect(),
        }
    }
}

impl<R: StateReader> Database for Overlay<R> {
    type Error = StateError;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, StateError> {
        Ok(self.account(address)?.map(|account| AccountInfo {
            nonce: account.nonce,
            balance: account.balance,
            code_hash: account.code_hash,
            code: None, // so that the EVM asks for it
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, StateError> {
        if code_hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&code_hash) {
            return Ok(code.clone());
        }
        let code = Bytecode::new_raw(self.reader.code(code_hash)?);
        self.codes.insert(code_hash, code.clone());
        Ok(code)
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, StateError> {
        if self.is_late(address, key) {
            let seal = self.reader.parent_seal()?;
            self.settle(&seal)?;
        }
        let entry = self.entry(address)?;
        if let Some(slot) = entry.slots.get(&key) {
            return Ok(slot.value);
        }
        let value = match (entry.storage_wiped, entry.account) {
            (true, _) | (_, None) => U256::ZERO,
            (false, Some(_)) => self.reader.storage(address, key)?,
        };
        self.entry(address)?.slots.insert(key, Slot { value, written: false });
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.reader.block_hash(number)
    }
}

impl<R: StateReader> DatabaseCommit for Overlay<R> {
    /// The order of the map does not matter: accounts are independent.
    fn commit(&mut self, changes: AddressMap<EvmAccount>) {
        for (address, account) in changes {
            self.commit_account(address, account);
        }
    }
}
