//! The three loads.

use super::{
    Options,
    contracts::{self, Contracts},
    people::People,
    world::{self, World},
};
use alloy_consensus::{Signed, TxEip1559, transaction::Recovered};
use alloy_primitives::{B256, U256, keccak256, utils::Unit};
use anyhow::Result;
use seam_primitives::{BlockAttributes, Header, Transaction};

/// A kind of transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Load {
    /// Wei to one of all accounts.
    Transfers,
    /// Tokens to another holder.
    Erc20,
    /// Ether for tokens and tokens for ether by turns, through the router.
    Swaps,
}

impl Load {
    /// In the order of the report.
    pub(crate) const ALL: [Self; 3] = [Self::Transfers, Self::Erc20, Self::Swaps];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Transfers => "plain transfers",
            Self::Erc20 => "ERC-20 transfers",
            Self::Swaps => "Uniswap-v2 swaps",
        }
    }

    /// Transaction `index` of the load. The senders take turns.
    pub(crate) fn transaction(
        self,
        cast: &Cast<'_>,
        index: usize,
    ) -> Result<Recovered<Signed<TxEip1559>>> {
        let Cast { people, contracts, holders } = *cast;
        let addresses = people.addresses();
        let sender = 1 + index % people.senders();
        let amount = U256::from(1 + draw(index, "amount", 1_000_000)?) * Unit::GWEI.wei();
        let unsigned = match self {
            Self::Transfers => {
                contracts::send(addresses[draw(index, "anyone", addresses.len())?], amount)
            }
            Self::Erc20 => {
                let receiver = addresses[1 + draw(index, "holder", holders)?];
                contracts.transfer(receiver, amount)
            }
            Self::Swaps if index.is_multiple_of(2) => contracts.buy(addresses[sender], amount),
            Self::Swaps => contracts.sell(addresses[sender], amount),
        };
        // The set-up took nonce 0.
        let nonce = 1 + u64::try_from(index / people.senders())?;
        let signed = people.sign(sender, TxEip1559 { nonce, ..unsigned });
        Ok(Recovered::new_unchecked(signed, addresses[sender]))
    }
}

/// Who and what a load is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cast<'a> {
    pub(crate) people: &'a People,
    pub(crate) contracts: &'a Contracts,
    /// Accounts that hold tokens: 1, 2, … to this one.
    pub(crate) holders: usize,
}

/// A number below `below` that looks random and is the same on every run.
pub(crate) fn draw(index: usize, of: &str, below: usize) -> Result<usize> {
    let hash = keccak256(format!("{of} {index}"));
    Ok((U256::from_be_bytes(hash.0) % U256::from(below)).try_into()?)
}

/// A block ready to be executed: its transactions, and what must come out.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) attributes: BlockAttributes,
    pub(crate) transactions: Vec<Recovered<Signed<TxEip1559>>>,
    /// As the block's first execution sealed it.
    pub(crate) header: Header,
    pub(crate) hash: B256,
}

impl Prepared {
    /// The transactions as `seam-stf` takes them, senders unknown.
    pub(crate) fn unrecovered(&self) -> Vec<Transaction> {
        let signed = self.transactions.iter().map(|tx| tx.inner().clone());
        signed.map(Transaction::Eip1559).collect()
    }
}

/// Signs a load's transactions and executes its blocks once, off the clock: each transaction must
/// succeed.
pub(crate) fn prepare(world: &World, load: Load, options: &Options) -> Result<Vec<Prepared>> {
    let mut store = world.store();
    let (people, contracts) = (&world.people, &world.contracts);
    let cast = Cast { people, contracts, holders: people.senders() };
    let mut blocks = Vec::new();
    for block in 0..options.blocks {
        let indices = block * options.per_block..(block + 1) * options.per_block;
        let transactions =
            indices.map(|index| load.transaction(&cast, index)).collect::<Result<Vec<_>>>()?;
        let attributes = world::attributes(store.head());
        let signed: Vec<_> = transactions.iter().map(|tx| tx.inner().clone()).collect();
        let executed = world::extend(&world.rules, &mut store, &signed)?;
        let (header, hash) = (executed.block.header, executed.hash);
        blocks.push(Prepared { attributes, transactions, header, hash });
    }
    Ok(blocks)
}
