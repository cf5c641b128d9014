//! Money and messages into the rollup: making deposits, and saying where one is.
//!
//! | module | what |
//! |---|---|
//! | [`deposit`] | the transactions on L1 that a deposit takes |
//! | [`token`] | the rollup's token for a token of L1, made where there is none |
//! | [`status`] | where a deposit is, and how long the rest takes |

pub mod deposit;
pub mod status;
pub mod token;

mod abi;

use alloy_primitives::Address;
use seam_l1::{L1Client, L1Error, SendError, TxRequest};

/// The contracts on L1 that deposits go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BridgeAddresses {
    /// `OptimismPortal2`.
    pub portal: Address,
    /// `L1StandardBridge`.
    pub standard_bridge: Address,
}

/// Why a deposit was not made, or cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// A chain has no answer.
    #[error(transparent)]
    Rpc(#[from] L1Error),
    /// A transaction could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A message that could get lost.
    #[error(
        "{bytes} bytes of data need a gas limit of at least {least} on the rollup, not {given}: with \
         less the message is lost instead of failing (EIP-7623; SECURITY.md). Raise --gas-limit"
    )]
    GasLimit {
        /// Bytes that go along.
        bytes: usize,
        /// The least gas limit.
        least: u64,
        /// The one given.
        given: u64,
    },
    /// Nothing to bridge.
    #[error("the amount is 0: give what is to be deposited")]
    NoAmount,
    /// Not enough of what is to be bridged.
    #[error("{account} has {balance} of {token}, not {amount}")]
    Balance {
        /// Who pays.
        account: Address,
        /// What of: a token's address, or `wei`.
        token: String,
        /// What it has.
        balance: alloy_primitives::U256,
        /// What it takes.
        amount: alloy_primitives::U256,
    },
    /// A contract answers what no token would.
    #[error("{address} is no token that can be bridged: {reason}")]
    NoToken {
        /// The address.
        address: Address,
        /// What is wrong.
        reason: String,
    },
    /// A transaction was mined and failed.
    #[error("{what} failed on chain in transaction {transaction}: nothing was deposited")]
    Failed {
        /// What it was to do.
        what: &'static str,
        /// Its hash.
        transaction: alloy_primitives::B256,
    },
    /// No deposit in it.
    #[error(
        "transaction {0} made no deposit into this rollup: is rollup.json that of the right one?"
    )]
    NoDeposit(alloy_primitives::B256),
}

/// With gas for what it needs and more.
async fn with_gas(
    client: &L1Client,
    from: Address,
    mut request: TxRequest,
) -> Result<TxRequest, BridgeError> {
    request.gas_limit = client.gas_limit(from, request.to, request.value, &request.input).await?;
    Ok(request)
}
