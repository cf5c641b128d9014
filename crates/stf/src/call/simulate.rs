//! Blocks of calls that nobody signed, one on the other: `eth_simulateV1`, by geth's rules (`internal/ethapi/simulate.go`)
//! and with its words.
//!
//! The blocks are those that would be if the calls were transactions with an empty signature: with system calls, requests,
//! roots and hash. Without `validation` neither nonces nor fees are looked at, and gas costs nothing where no price is
//! named. A contract may be the sender in any case, and EIP-7825 does not hold. No chain takes a fee for data on L1.
//!
//! | module | what |
//! |---|---|
//! | `plan` | the blocks that are asked for, and those in the gaps between them |
//! | `check` | why a call cannot be in its block, in geth's order |
//! | `block` | one block, from its header to its hash |
//! | `transaction` | calls as transactions without a signature |
//! | `transfers` | logs, and transfers of ether told as logs |

mod block;
mod check;
mod plan;
mod transaction;
mod transfers;

pub use check::Refusal;
pub use transaction::transactions_root;

use super::{AccountOverride, Call, CallError, CallResult};
use crate::{
    error::BlockError,
    evm::Failure,
    overlay::Overlay,
    state::{Account, Roots, StateChanges, StateCommitment, StateError, StateReader},
};
use alloc::{
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use block::Run;
use seam_primitives::{Block, ChainRules};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Simulation {
    /// Oldest first.
    pub blocks: Vec<BlockRequest>,
    /// Whether nonces and fees must be right, as in a block of the chain.
    pub validation: bool,
    /// Whether transfers of ether are told as logs, of the contract at `0xeeee…ee`.
    pub trace_transfers: bool,
}

/// A block that is asked for; what it does not say follows from the block before it.
#[derive(Debug, Clone, Default)]
pub struct BlockRequest {
    /// Higher than that of the block before it; blocks without calls fill a gap.
    pub number: Option<u64>,
    /// Seconds, later than the block before it; else 12 seconds after it.
    pub timestamp: Option<u64>,
    /// Else that of the block before it.
    pub gas_limit: Option<u64>,
    /// Who gets the tips; else as in the block before it.
    pub beneficiary: Option<Address>,
    /// `prevRandao`; else zero.
    pub mix_hash: Option<B256>,
    /// Before the merge; else that of the block before it.
    pub difficulty: Option<U256>,
    /// In wei; else zero, or with validation what EIP-1559 says.
    pub base_fee: Option<u64>,
    /// What `BLOBBASEFEE` gives and blobs cost, in wei. The header is as if it were not given.
    pub blob_base_fee: Option<u128>,
    /// Else zero.
    pub parent_beacon_block_root: Option<B256>,
    /// From the beacon chain.
    pub withdrawals: Vec<Withdrawal>,
    /// What differs from the state after the block before it.
    pub overrides: BTreeMap<Address, AccountOverride>,
    /// In order.
    pub calls: Vec<Call>,
}

/// How much a simulation may take.
#[allow(missing_debug_implementations)] // there is a function in it
pub struct Bounds<'a> {
    /// Blocks, with those that fill gaps.
    pub blocks: u64,
    /// Gas of all calls together.
    pub gas: u64,
    /// Bytes that all calls together return and log.
    pub output_bytes: usize,
    /// Asked before every block and every call whether to go on.
    pub go_on: &'a mut dyn FnMut() -> bool,
}

/// A block that was simulated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedBlock {
    /// The block; its transactions have an empty signature.
    pub block: Block,
    /// keccak256 of its header.
    pub hash: B256,
    /// One for each call.
    pub senders: Vec<Address>,
    /// What they did.
    pub calls: Vec<SimulatedCall>,
}

/// What a call of a simulated block did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedCall {
    /// Gas that the transaction pays for.
    pub gas_used: u64,
    /// Most gas that was used at a time, before refunds.
    pub max_gas_used: u64,
    /// Logs and transfers with their place in the block, which counts those too that a revert undid; none if the call did
    /// not succeed.
    pub logs: Vec<(u64, Log)>,
    /// How it ended.
    pub result: CallResult,
}

/// Why there is no simulation. The words are geth's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// Block numbers must go up.
    #[error("block numbers must be in order: {number} <= {previous}")]
    Number {
        /// Of this block.
        number: u64,
        /// Of the one before it.
        previous: u64,
    },
    /// Time must go forward.
    #[error("block timestamps must be in order: {timestamp} <= {previous}")]
    Timestamp {
        /// Of this block, in seconds.
        timestamp: u64,
        /// Of the one before it.
        previous: u64,
    },
    /// More blocks than [`Bounds::blocks`].
    #[error("too many blocks")]
    TooManyBlocks,
    /// The block has no room for the call.
    #[error("block gas limit reached: {used} >= {limit}")]
    BlockGas {
        /// Used by the calls before.
        used: u64,
        /// The block's limit.
        limit: u64,
    },
    /// A call cannot be in its block.
    #[error("err: {reason} (supplied gas {gas})")]
    Refused {
        /// Why.
        reason: Refusal,
        /// Its gas limit.
        gas: u64,
    },
    /// More output than [`Bounds::output_bytes`].
    #[error("the calls return and log more than {0} bytes")]
    Output(usize),
    /// [`Bounds::go_on`] said no.
    #[error("execution aborted (timeout)")]
    Time,
    /// An override that cannot be, or the state could not be read.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The block cannot be made.
    #[error("{0}")]
    Block(String),
}

impl From<StateError> for SimulateError {
    fn from(error: StateError) -> Self {
        Self::Call(error.into())
    }
}

impl From<BlockError> for SimulateError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::State(error) => error.into(),
            error => Self::Block(error.to_string()),
        }
    }
}

impl From<Failure> for SimulateError {
    fn from(failure: Failure) -> Self {
        Self::Call(failure.into())
    }
}

/// Simulates blocks on `base`, whose state `reader` reads. Nothing is kept.
///
/// # Errors
/// [`SimulateError`] for the first thing that cannot be. A call that ran and failed is no error: its [`CallResult`] tells.
pub fn simulate<'a, R: StateCommitment>(
    rules: &'a ChainRules,
    base: &Header,
    simulation: Simulation,
    reader: R,
    bounds: Bounds<'a>,
) -> Result<Vec<SimulatedBlock>, SimulateError> {
    let plans = plan::lay_out(base, simulation.blocks, bounds.blocks)?;
    let ancestry = Ancestry { reader, base: base.number, hashes: BTreeMap::new() };
    let mut state = Overlay::new(ancestry);
    state.take_recent(); // from here on changes are noted
    let mut run = Run {
        rules,
        validation: simulation.validation,
        trace_transfers: simulation.trace_transfers,
        parent: base.clone(),
        bounds,
    };
    let mut blocks = Vec::new();
    for plan in plans {
        let (block, after) = run.block(plan, state)?;
        state = after;
        blocks.push(block);
    }
    Ok(blocks)
}

/// The state of the base, with the hashes of blocks simulated on it.
#[derive(Debug)]
struct Ancestry<R> {
    reader: R,
    base: u64,
    hashes: BTreeMap<u64, B256>,
}

impl<R: StateReader> StateReader for Ancestry<R> {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.reader.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.reader.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.reader.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        if number <= self.base {
            return self.reader.block_hash(number);
        }
        self.hashes.get(&number).copied().ok_or(StateError::MissingHeader(number))
    }
}

impl<R: StateCommitment> StateCommitment for Ancestry<R> {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        self.reader.prepare(changes)
    }
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.reader.roots_after(changes, storage_of)
    }
}
