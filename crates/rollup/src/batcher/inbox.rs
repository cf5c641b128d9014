//! The inbox on L1: its calls, and where it stands.

use super::state::L1Head;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, TxKind};
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_sol_types::SolCall;
use seam_l1::{Fault, L1Client, L1Error, Severity};
use seam_primitives::batch::BatchHeader;

mod abi {
    use alloy_sol_types::sol;

    sol! {
        /// As `IBatchInbox` has them.
        struct Header {
            uint16 version;
            uint64 firstBlock;
            uint64 lastBlock;
            uint64 l1Number;
            bytes32 l1Hash;
            bytes32 prevAccumulator;
        }

        struct State {
            uint64 count;
            uint64 lastBlock;
            uint64 l1Number;
            uint64 lastPostBlock;
        }

        interface BatchInbox {
            function post(Header header) external;
            function postCalldata(Header header, bytes data) external;
            function accumulator(uint64 index) external view returns (bytes32);
            function state() external view returns (State);
            function batcher() external view returns (address);
        }
    }
}

use abi::BatchInbox::{accumulatorCall, batcherCall, postCall, postCalldataCall, stateCall};

/// Where an inbox stands after some L1 block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inbox {
    /// Batches so far.
    pub count: u64,
    /// The newest batch's last block.
    pub last_block: u64,
    /// The newest batch's anchor.
    pub l1_number: u64,
    /// The L1 block of the newest batch, or of the deployment.
    pub last_post_block: u64,
    /// The newest accumulator.
    pub accumulator: B256,
    /// Who may post at any time.
    pub batcher: Address,
}

/// Why the inbox could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// The L1 has no answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// What is there does not answer as an inbox.
    #[error(
        "there is no batch inbox at {0} on this L1: is it the right L1, and was the rollup deployed?"
    )]
    Missing(Address),
}

impl InboxError {
    /// What may be done after it: an L1 that a reorg took back may get its inbox again.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::L1(error) => error.severity(),
            Self::Missing(_) => Severity::Retry,
        }
    }
}

impl Inbox {
    /// After the L1 block of this hash.
    ///
    /// # Errors
    /// [`InboxError`]
    pub async fn read(client: &L1Client, inbox: Address, at: B256) -> Result<Self, InboxError> {
        let state = view(client, inbox, at, stateCall {}).await?;
        let index = state.count;
        let accumulator = view(client, inbox, at, accumulatorCall { index }).await?;
        let batcher = view(client, inbox, at, batcherCall {}).await?;
        Ok(Self {
            count: state.count,
            last_block: state.lastBlock,
            l1_number: state.l1Number,
            last_post_block: state.lastPostBlock,
            accumulator,
            batcher,
        })
    }
}

/// The L1's newest block.
///
/// # Errors
/// [`L1Error`]; [`L1Error::Unreachable`] also if it has none.
pub async fn newest(client: &L1Client) -> Result<L1Head, L1Error> {
    let found = client.block(BlockNumberOrTag::Latest).await?;
    let block = found.ok_or_else(|| L1Error::Unreachable {
        method: "eth_getBlockByNumber",
        tried: "it has no block".to_owned(),
        last: Fault::Behind,
    })?;
    Ok(L1Head { number: block.number, hash: block.seal(), time: block.timestamp })
}

async fn view<C: SolCall>(
    client: &L1Client,
    inbox: Address,
    at: B256,
    call: C,
) -> Result<C::Return, InboxError> {
    let request = TransactionRequest {
        to: Some(TxKind::Call(inbox)),
        input: TransactionInput::both(call.abi_encode().into()),
        ..TransactionRequest::default()
    };
    let output = client.call(&request, BlockId::hash(at)).await?;
    C::abi_decode_returns(&output).map_err(|_| InboxError::Missing(inbox))
}

/// The call that posts a batch whose data are the transaction's blobs.
pub fn post(header: &BatchHeader) -> Bytes {
    postCall { header: to_abi(header) }.abi_encode().into()
}

/// The call that posts a batch with its data.
pub fn post_calldata(header: &BatchHeader, data: Bytes) -> Bytes {
    postCalldataCall { header: to_abi(header), data }.abi_encode().into()
}

/// What a call posts: the header, and the data if they are in the call.
pub fn posted(input: &[u8]) -> Option<(BatchHeader, Option<Bytes>)> {
    if let Ok(call) = postCall::abi_decode(input) {
        return Some((from_abi(call.header), None));
    }
    let call = postCalldataCall::abi_decode(input).ok()?;
    Some((from_abi(call.header), Some(call.data)))
}

const fn to_abi(header: &BatchHeader) -> abi::Header {
    abi::Header {
        version: header.version,
        firstBlock: header.first_block,
        lastBlock: header.last_block,
        l1Number: header.l1_number,
        l1Hash: header.l1_hash,
        prevAccumulator: header.prev_accumulator,
    }
}

const fn from_abi(header: abi::Header) -> BatchHeader {
    BatchHeader {
        version: header.version,
        first_block: header.firstBlock,
        last_block: header.lastBlock,
        l1_number: header.l1Number,
        l1_hash: header.l1Hash,
        prev_accumulator: header.prevAccumulator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_says_what_it_posts() {
        let header = BatchHeader {
            version: 1,
            first_block: 2,
            last_block: 3,
            l1_number: 4,
            l1_hash: B256::repeat_byte(5),
            prev_accumulator: B256::repeat_byte(6),
        };
        let data = Bytes::from_static(&[7, 8]);
        assert_eq!(posted(&post(&header)), Some((header, None)));
        assert_eq!(posted(&post_calldata(&header, data.clone())), Some((header, Some(data))));
        assert_eq!(posted(&[1, 2, 3, 4]), None);
        // Selector and header: what the gas is computed with.
        assert_eq!(post(&header).len(), 4 + 6 * 32);
    }
}
