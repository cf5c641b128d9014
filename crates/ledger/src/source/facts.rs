//! What a node says of a block, as values that rules read. Amounts are in base units: wei for ether.

use crate::model::Token;
use alloy_primitives::{Address, B256, Bytes, U256};
use std::collections::{BTreeMap, BTreeSet};

/// A block, all that is in it, and what owners had after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BlockFacts {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Hash of the block before it.
    pub parent: B256,
    /// Seconds since 1970, UTC.
    pub time: u64,
    /// Who gets the tips.
    pub beneficiary: Address,
    /// Wei for each gas that nobody gets on Ethereum and a vault on the OP Stack; 0 before London.
    pub base_fee: U256,
    /// The header's `extraData`: on the OP Stack its version says whether Jovian is active.
    pub extra_data: Bytes,
    /// In the block's order.
    pub transactions: Vec<TxFacts>,
    /// Withdrawals of validators (EIP-4895): to whom, wei.
    pub withdrawals: Vec<(Address, U256)>,
    /// What owners had after the block, of those pairs that were asked about.
    pub balances: BTreeMap<(Address, Token), U256>,
    /// What owners had before the block in which they are followed first.
    pub openings: BTreeMap<(Address, Token), U256>,
    /// Contracts that emit a token's events and have no balances that could be counted.
    pub no_tokens: BTreeSet<Address>,
    /// What shares of vaults (ERC-4626) were worth after the block, by owner and vault.
    pub shares: BTreeMap<(Address, Address), ShareValue>,
}

/// What an owner's shares of a vault are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareValue {
    /// The token that the vault is denominated in.
    pub asset: Address,
    /// Shares of the owner.
    pub shares: U256,
    /// `convertToAssets(shares)`.
    pub assets: U256,
}

/// A transaction with its receipt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxFacts {
    /// Its hash.
    pub hash: B256,
    /// Its type byte.
    pub kind: u8,
    /// Who sent it.
    pub from: Address,
    /// Whom it calls; the contract that it makes, if it is a creation.
    pub to: Option<Address>,
    /// Wei that go along.
    pub value: U256,
    /// What it calls with.
    pub input: Bytes,
    /// Whether it succeeded; if not, it paid for gas and changed nothing else.
    pub success: bool,
    /// Gas that it used.
    pub gas_used: u64,
    /// Wei for each.
    pub gas_price: U256,
    /// Gas of its blobs; 0 if it has none. On the OP Stack after Jovian: its footprint on data, no cost.
    pub blob_gas: u64,
    /// Wei for each.
    pub blob_gas_price: U256,
    /// What a rollup's receipt says beyond that.
    pub layer2: Option<Layer2>,
    /// Its logs.
    pub logs: Vec<LogFacts>,
    /// What it did inside, where the node tells.
    pub trace: Option<TxTrace>,
}

/// What receipts of rollups have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer2 {
    /// Of the OP Stack.
    OpStack {
        /// Wei for the transaction's data on L1.
        l1_fee: U256,
        /// `operatorFeeScalar`; 0 before Isthmus.
        operator_fee_scalar: U256,
        /// `operatorFeeConstant` in wei; 0 before Isthmus.
        operator_fee_constant: U256,
        /// Wei that a deposit makes.
        mint: U256,
        /// What a deposit is known by on both chains.
        source_hash: Option<B256>,
    },
    /// Of Arbitrum.
    Arbitrum {
        /// The part of `gas_used` that pays for data on L1.
        gas_used_for_l1: u64,
    },
}

/// A log, with what was fetched of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFacts {
    /// Its place in the block.
    pub index: u32,
    /// Who emitted it.
    pub address: Address,
    /// Its topics, four at most.
    pub topics: Vec<B256>,
    /// Its data.
    pub data: Bytes,
}

/// What a node that traces tells of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TxTrace {
    /// Ether before and after it, of accounts whose ether it changed; fees are in it as far as the node
    /// tells those.
    pub changes: Changes,
    /// Ether that contracts sent and that arrived, in order; not the transaction's own value.
    pub payments: Payments,
}

/// Ether before and after, by account.
pub type Changes = BTreeMap<Address, (U256, U256)>;
/// Ether from one to another.
pub type Payments = Vec<(Address, Address, U256)>;

/// Shares of a vault (ERC-4626) at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharesAt {
    /// After which block.
    pub at: At,
    /// Whose shares they are.
    pub owner: Address,
    /// The vault.
    pub vault: Address,
    /// The token that it is denominated in.
    pub asset: Address,
    /// How many.
    pub shares: U256,
}

/// After which block something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Its number.
    pub number: u64,
    /// Its hash, by which it is asked for: after a reorganisation there is no answer instead of a wrong one.
    pub hash: B256,
}

/// Type byte of deposits on the OP Stack.
pub const OP_DEPOSIT: u8 = 0x7e;
/// Type byte of deposits of ether on Arbitrum.
pub const ARBITRUM_DEPOSIT: u8 = 0x64;

impl TxFacts {
    /// Whether L1 put it into the block: then it pays nothing here.
    pub const fn is_deposit(&self) -> bool {
        self.kind == OP_DEPOSIT
    }

    /// Whether it is of a type whose sender pays `gas_used * gas_price`, and nothing else for gas: those
    /// that people sign. What Arbitrum makes of messages from L1 has 0x64 to 0x6a.
    pub const fn pays_for_gas(&self) -> bool {
        !matches!(self.kind, OP_DEPOSIT | 0x64..=0x6a)
    }
}

impl LogFacts {
    /// A word of its data.
    pub fn word(&self, index: usize) -> Option<B256> {
        let start = index.checked_mul(32)?;
        self.data.get(start..start.checked_add(32)?).map(B256::from_slice)
    }

    /// A word of its data as a number.
    pub fn number(&self, index: usize) -> Option<U256> {
        self.word(index).map(|word| U256::from_be_bytes(word.0))
    }

    /// The address in a topic; none if it is more than an address.
    pub fn party(&self, topic: usize) -> Option<Address> {
        let word = self.topics.get(topic)?;
        address_of(*word)
    }
}

/// The address in a word; none if it is more than an address.
pub fn address_of(word: B256) -> Option<Address> {
    let (zeros, _) = word.split_first_chunk::<12>()?;
    (*zeros == [0; 12]).then(|| Address::from_word(word))
}
