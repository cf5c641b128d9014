//! How state is read, and how its changes are written down.

use crate::trie::TrieError;
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};

/// An account as the EVM sees it. Its storage is read slot by slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Transactions sent, or contracts created.
    pub nonce: u64,
    /// In wei.
    pub balance: U256,
    /// keccak256 of the code; [`KECCAK256_EMPTY`] without code.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY }
    }
}

/// Why state could not be read. Never stands for an absent account or an empty slot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// A trie node that is needed was not given. The witness is incomplete.
    #[error("trie node {0} is missing")]
    MissingNode(B256),
    /// A trie node has the right hash but is not a valid node. The state root is not of a state.
    #[error("trie node {hash} is malformed: {reason}")]
    BadNode {
        /// Its hash.
        hash: B256,
        /// What is wrong with it.
        reason: String,
    },
    /// The leaf of an account does not hold an account.
    #[error("the state trie's leaf for account {0} does not hold an account")]
    BadAccount(Address),
    /// The leaf of a storage slot does not hold a number.
    #[error(
        "the storage trie's leaf for slot {slot:#x} of account {address} does not hold a number"
    )]
    BadSlot {
        /// The account.
        address: Address,
        /// The slot.
        slot: U256,
    },
    /// Code that is needed was not given.
    #[error("code {0} is missing")]
    MissingCode(B256),
    /// The header of a recent block is needed for its hash and was not given.
    #[error("the hash of block {0} is needed and its header is missing")]
    MissingHeader(u64),
    /// The bytes given for a hash have another one.
    #[error("bytes given for hash {claimed} have hash {actual}")]
    HashMismatch {
        /// The hash they were given for.
        claimed: B256,
        /// The hash they have.
        actual: B256,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(String),
}

impl From<TrieError> for StateError {
    fn from(error: TrieError) -> Self {
        match error {
            TrieError::MissingNode { hash, .. } => Self::MissingNode(hash),
            TrieError::BadNode { hash, reason, .. } => {
                Self::BadNode { hash, reason: reason.to_string() }
            }
            TrieError::Source { error, .. } => Self::Database(error.to_string()),
            TrieError::EmptyValue { .. } => Self::Database(error.to_string()),
        }
    }
}

/// Where state is read from: a database, or a witness. `&mut`, since a reader may load and keep.
pub trait StateReader: core::fmt::Debug {
    /// The account, or `None` where there is none.
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError>;
    /// The value of a storage slot; zero where nothing was stored.
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError>;
    /// The code with this hash.
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError>;
    /// The hash of an ancestor of the block being executed.
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError>;
    /// What the parent's seal decides, for a block that was begun before its parent was sealed
    /// ([`BlockBuilder::ahead`](crate::BlockBuilder::ahead)); waits for it. Asked of no other reader.
    fn parent_seal(&mut self) -> Result<ParentSeal, StateError> {
        Err(StateError::Database("this reader does not know when its block is sealed".to_string()))
    }
}

/// What a block says of its parent that follows from the parent's own roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParentSeal {
    /// Hash of the parent.
    pub hash: B256,
    /// Root of the beacon block that the parent belongs to (EIP-4788).
    pub beacon_root: B256,
}

/// The roots that a header commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roots {
    /// Root of the state trie.
    pub state: B256,
    /// Root of the storage trie of the account that was asked about.
    pub storage: Option<B256>,
}

/// Computes the roots of the state with changes applied.
pub trait StateCommitment: StateReader {
    /// What the block in the making has changed since the last call, so that work on the roots may begin: values as of
    /// now, which later calls may give anew. [`Self::roots_after`] still is told of all changes; once this was called
    /// for a block, a last call before it gives all that is left.
    ///
    /// Code is not among the changes. Where storage was wiped, every slot written since is.
    fn prepare(&mut self, _changes: StateChanges) -> Result<(), StateError> {
        Ok(())
    }

    /// The state root after `changes`, and with it the storage root of `storage_of`.
    ///
    /// May be called again with the same changes and more: changes are counted from the parent
    /// block's state, never from the last call.
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError>;
}

impl<T: StateReader + ?Sized> StateReader for &mut T {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        (**self).account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        (**self).storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        (**self).code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        (**self).block_hash(number)
    }
    fn parent_seal(&mut self) -> Result<ParentSeal, StateError> {
        (**self).parent_seal()
    }
}

impl<T: StateCommitment + ?Sized> StateCommitment for &mut T {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        (**self).prepare(changes)
    }

    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        (**self).roots_after(changes, storage_of)
    }
}

/// What a block did to one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// The account afterwards; `None` when it is gone.
    pub account: Option<Account>,
    /// Whether all storage it had before the block is gone; `storage` holds what came after.
    pub storage_wiped: bool,
    /// Slots written, with the value afterwards. A value may be the one it had before.
    pub storage: BTreeMap<U256, U256>,
}

/// What a block did to the state: values afterwards, so applying them twice changes nothing more.
/// An account that was touched but not changed may be among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateChanges {
    /// By address.
    pub accounts: BTreeMap<Address, AccountChange>,
    /// Code that appeared, by hash.
    pub codes: BTreeMap<B256, Bytes>,
}
