//! Why a deployment does not go on.

use alloy_primitives::{Address, B256, U256};
use seam_genesis::{ChainGenesisError, ConfigError, GenesisError};
use seam_l1::{Fault, L1Error, SendError};
use std::{io, path::PathBuf};

/// Why a deployment does not go on. Each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// `rollup.toml` cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Genesis or plan cannot be made.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis block cannot be made.
    #[error(transparent)]
    Chain(#[from] ChainGenesisError),
    /// The L1 has no answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A transaction was not sent, or is not known to be done.
    #[error(transparent)]
    Send(#[from] SendError),
    /// Nothing answers there.
    #[error("no L1 answers at --l1-rpc ({0}): start it, or correct the URL")]
    Unreachable(Fault),
    /// The endpoint is of another chain.
    #[error(
        "the L1 at --l1-rpc is chain {found}, and rollup.toml says l1.chain_id = {expected}: correct one of them"
    )]
    OtherChain {
        /// `l1.chain_id`.
        expected: u64,
        /// What the endpoint says.
        found: u64,
    },
    /// The block that the rollup is to begin after cannot be that.
    #[error("rollup.toml: `genesis.l1_number` = {number}: {problem}")]
    Origin {
        /// The block.
        number: u64,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The L1 names no final block.
    #[error(
        "the L1 at --l1-rpc names no final block: give genesis.time, genesis.l1_number and \
         genesis.l1_hash of a block that cannot be undone"
    )]
    NoFinalBlock,
    /// The L1's blocks come at other times than the configuration says.
    #[error("{0}")]
    BlockTime(String),
    /// The deployment in the folder is of another configuration.
    #[error(
        "{} was begun with another configuration ({differs}): undo the change, or deploy another \
         rollup into another folder with --out", .path.display()
    )]
    OtherConfig {
        /// The record in the folder.
        path: PathBuf,
        /// The first key that differs.
        differs: String,
    },
    /// A file cannot be used.
    #[error("{} cannot be used: {}", .path.display(), what_to_do(.error))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} is not as this program wrote it ({reason}): restore it from a copy", .path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not the owner's.
    #[error(
        "the key is that of {key}, and rollup.toml says roles.owner = {owner}: only the owner can \
         initialise the contracts; give the owner's key"
    )]
    NotOwner {
        /// Whose key it is.
        key: Address,
        /// `roles.owner`.
        owner: Address,
    },
    /// The owner cannot pay for it. Nothing was sent.
    #[error(
        "{account} has {balance} wei and up to {needed} wei are needed: send it at least {} wei more",
        .needed.saturating_sub(*.balance)
    )]
    Funds {
        /// The owner.
        account: Address,
        /// What it has, in wei.
        balance: U256,
        /// What all remaining steps may cost, in wei.
        needed: U256,
    },
    /// A proxy has an implementation that is not of this deployment.
    #[error(
        "{name}: the proxy {proxy} has the implementation {found}, and this deployment's is \
         {expected}: it was upgraded since, or deployed by another version of Seam; nothing was sent"
    )]
    Upgraded {
        /// The step.
        name: String,
        /// The proxy.
        proxy: Address,
        /// What it has.
        found: Address,
        /// What it would get.
        expected: Address,
    },
    /// A transaction was mined and failed.
    #[error("{name} failed on L1 in transaction {hash}: look at it with a tracer, then run again")]
    StepFailed {
        /// The step.
        name: String,
        /// Its transaction.
        hash: B256,
    },
    /// A transaction was mined, and what it was for is not there.
    #[error("{name} was sent and is not done on L1: if a reorg removed it, run again")]
    NotDone {
        /// The step.
        name: String,
    },
    /// The L1 does not take the transaction that makes the deployment proxy.
    #[error(
        "the L1 does not take the transaction that makes the deterministic deployment proxy \
         ({message}): many nodes refuse transactions without a chain id; have \
         0x4e59b44847b379578588920cA78FbF26c0B4956C deployed through a node that allows them, then run again"
    )]
    Presigned {
        /// The node's words.
        message: String,
    },
    /// A getter does not return what the configuration says.
    #[error("{name} returns {found}, and the configuration says {expected}")]
    WrongValue {
        /// Contract and function.
        name: String,
        /// What it returns, ABI-encoded.
        found: String,
        /// What it should.
        expected: String,
    },
}

/// A full disk is the one thing that a person can mend at once.
fn what_to_do(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => {
            "the disk is full: free some space and start again".to_owned()
        }
        _ => error.to_string(),
    }
}
