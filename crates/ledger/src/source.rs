//! Facts of a chain's blocks, from any node of it by JSON-RPC, checked against what headers commit to.
//!
//! | module | what |
//! |---|---|
//! | [`facts`] | a block as values |
//! | [`wire`] | answers of nodes, read and checked |
//! | [`fuzz`] | what the fuzzer runs against the readers |
//! | [`local`] | a chain of the same process: the same questions, without a connection |
//!
//! What is checked: a header is that of its hash (where it has only fields that are known here; else it is believed by
//! its links), the transactions and receipts of a block are those that its header commits to, and what a
//! receipt says beyond that follows from its transaction. What nothing commits to (a rollup's L1 fee, the price of
//! blobs, balances, traces) is checked by the books themselves: a lie leaves a change that nothing explains.

pub mod facts;
pub mod fuzz;
pub mod local;
mod service;
pub mod wire;

pub use facts::{
    ARBITRUM_DEPOSIT, At, BlockFacts, Changes, Layer2, LogFacts, OP_DEPOSIT, Payments, ShareValue,
    SharesAt, TxFacts, TxTrace, address_of,
};
pub use local::LocalAccess;
pub use service::Source;

use alloy_primitives::Address;
use seam_l1::{Fault, L1Error};

/// What is asked of a node at a time.
///
/// | limit | default |
/// |---|---|
/// | `batch` | 100 questions |
/// | `blocks` | 16 blocks |
///
/// How long an answer may take and how large it may be are those of the client: 10 s and 64 MiB
/// ([`seam_l1::L1Limits`]). At most two requests run at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceLimits {
    /// Questions in one request. Halved where a node finds them too many, and doubled again as it answers.
    pub batch: usize,
    /// Blocks whose transactions, receipts and balances are in memory at a time.
    pub blocks: u64,
}

impl Default for SourceLimits {
    fn default() -> Self {
        Self { batch: 100, blocks: 16 }
    }
}

/// Whether a node is asked for traces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tracing {
    /// Where it offers `debug_traceBlockByHash` with both tracers that are needed; it is tried once.
    #[default]
    WhereOffered,
    /// Never: what contracts pay to owners is then unexplained.
    Never,
}

/// Why there are no facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The node has no answer.
    #[error(transparent)]
    Rpc(L1Error),
    /// The answer contradicts what the chain commits to.
    #[error("the node's answer is proven wrong: {0}. Use another node")]
    Lie(String),
    /// The node does not have a state that is needed.
    #[error(
        "the node has no balance of {account} at block {block} ({message}). {}",
        advice(*.oldest)
    )]
    NoHistory {
        /// Whose balance.
        account: Address,
        /// After which block.
        block: u64,
        /// The first block from which on the books could be kept with this node, if it was looked for.
        oldest: Option<u64>,
        /// The node's words.
        message: String,
    },
    /// A block that was there is not any more: the chain was reorganised meanwhile. Look again.
    #[error("block {0} is gone: the chain was reorganised while it was read")]
    Gone(u64),
}

fn advice(oldest: Option<u64>) -> String {
    match oldest {
        Some(block) => format!("It would work with --from-block {block}, or with an archive node"),
        None => "Use an archive node, or begin at a later block with --from-block".to_owned(),
    }
}

impl From<L1Error> for SourceError {
    fn from(error: L1Error) -> Self {
        match error {
            L1Error::Unreachable { last: Fault::Wrong(reason), .. } => Self::Lie(reason),
            error => Self::Rpc(error),
        }
    }
}
