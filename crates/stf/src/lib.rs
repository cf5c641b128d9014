//! The state transition of every chain that Seam runs: Ethereum from Homestead to Osaka and the OP
//! Stack from Holocene to Isthmus.
//!
//! Given a [`StateReader`], a parent header, [attributes] and transactions it gives the
//! sealed header, the receipts and the state changes, or a typed error. Pure and total: no clock,
//! no I/O, no panic on any input; the node and the zkVM guest run the same code.
//!
//! [attributes]: seam_primitives::BlockAttributes
//!
//! | module | what |
//! |---|---|
//! | [`block`] | building a block from attributes, checking a block that somebody else built |
//! | [`header`] | what a header must be, from its parent alone |
//! | [`state`] | how state is read and how its changes are written down |
//! | [`trie`], [`state_trie`] | Merkle-Patricia tries, loaded as far as they are used |
//! | [`witness`], [`stateless`] | execution from trie nodes and code alone |
//! | [`genesis`] | the first block |
//! | [`mod@derive`] | what a rollup takes from L1, and how its blocks begin |
//! | [`mod@batch`] | the data of a batch: the transactions of many blocks, out of the bytes on L1 |
//! | [`crypto`] | cryptography that a machine brings itself |
//! | [`call`] | calls that no block has: `eth_call`, `eth_estimateGas` (with the feature `call`) |
//! | [`trace`] | what a transaction or a call does, step by step (with the feature `trace`) |
//! | [`construct`] | running constructors, for a genesis |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod batch;
pub mod block;
#[cfg(feature = "call")]
pub mod call;
pub mod construct;
pub mod crypto;
pub mod derive;
pub mod error;
pub mod genesis;
pub mod header;
pub mod state;
pub mod state_trie;
pub mod stateless;
#[cfg(feature = "trace")]
pub mod trace;
pub mod trie;
pub mod witness;

mod eip1283;
mod evm;
mod overlay;
mod rewards;
mod system;

pub use block::{BlockBuilder, ExecutedBlock, UnsealedBlock, build_block, execute_block};
pub use error::{BlockError, TransactionError};
pub use genesis::{SealedGenesis, seal_genesis};
pub use state::{
    Account, AccountChange, ParentSeal, StateChanges, StateCommitment, StateError, StateReader,
};
pub use witness::{PreimageSource, Witness, WitnessRecorder, WitnessState};
