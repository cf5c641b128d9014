//! [`Block`] and [`BlockAttributes`].

use crate::Transaction;
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B64, B256, Bytes, U256};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};

/// A block as it travels: RLP of header, transactions, ommers and, since Shanghai, withdrawals.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable)]
#[rlp(trailing)]
pub struct Block {
    /// The header; its hash is the block's.
    pub header: Header,
    /// In order of execution.
    pub transactions: Vec<Transaction>,
    /// Headers of stale siblings of ancestors; none since the merge.
    pub ommers: Vec<Header>,
    /// From the beacon chain (EIP-4895); absent before Shanghai.
    pub withdrawals: Option<Vec<Withdrawal>>,
}

/// What a block is decoded into before it is known to be the one encoding.
#[derive(RlpDecodable)]
#[rlp(trailing(canonical))]
struct Decoded {
    header: Header,
    transactions: Vec<Transaction>,
    ommers: Vec<Header>,
    withdrawals: Option<Vec<Withdrawal>>,
}

/// Takes only the bytes that [`Encodable`](alloy_rlp::Encodable) gives: alloy also takes a typed
/// transaction without the RLP string around it, which other clients refuse in a block.
impl Decodable for Block {
    fn decode(buf: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let given = *buf;
        let Decoded { header, transactions, ommers, withdrawals } = Decoded::decode(buf)?;
        let block = Self { header, transactions, ommers, withdrawals };
        let (taken, _) = given.split_at(given.len().saturating_sub(buf.len()));
        if alloy_rlp::encode(&block) != taken {
            return Err(alloy_rlp::Error::Custom("not the canonical encoding of a block"));
        }
        Ok(block)
    }
}

/// What whoever makes a block chooses; all else follows from the parent and the transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct BlockAttributes {
    /// Seconds since the Unix epoch; later than the parent's.
    pub timestamp: u64,
    /// Who gets the tips.
    pub beneficiary: Address,
    /// `prevRandao` since the merge, the seal's mix hash before it.
    pub mix_hash: B256,
    /// Gas that the block's transactions may use.
    pub gas_limit: u64,
    /// Free bytes; on an OP Stack chain since Holocene the encoded EIP-1559 parameters.
    pub extra_data: Bytes,
    /// Proof-of-work difficulty, taken as given; zero since the merge.
    pub difficulty: U256,
    /// The seal's nonce; zero since the merge.
    pub nonce: B64,
    /// The beacon chain's parent root (EIP-4788); unused before Cancun.
    pub parent_beacon_block_root: B256,
    /// Unused before Shanghai; empty on an OP Stack chain.
    pub withdrawals: Vec<Withdrawal>,
    /// Headers of stale siblings of ancestors; none since the merge.
    pub ommers: Vec<Header>,
}

impl From<&Block> for BlockAttributes {
    fn from(block: &Block) -> Self {
        let header = &block.header;
        Self {
            timestamp: header.timestamp,
            beneficiary: header.beneficiary,
            mix_hash: header.mix_hash,
            gas_limit: header.gas_limit,
            extra_data: header.extra_data.clone(),
            difficulty: header.difficulty,
            nonce: header.nonce,
            parent_beacon_block_root: header.parent_beacon_block_root.unwrap_or_default(),
            withdrawals: block.withdrawals.clone().unwrap_or_default(),
            ommers: block.ommers.clone(),
        }
    }
}
