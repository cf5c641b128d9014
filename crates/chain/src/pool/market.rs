//! What the pool is told from outside: the next block's rules and prices, the senders' accounts.

use alloy_eips::eip7825::MAX_TX_GAS_LIMIT_OSAKA;
use alloy_primitives::U256;
use seam_primitives::{ChainRules, Fork};

/// Rules for transactions at one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionRules {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The newest fork.
    pub fork: Fork,
    /// Blobs per transaction at most; `None` where there are no blob transactions.
    pub max_blobs: Option<u64>,
    /// Gas limit per transaction at most (EIP-7825).
    pub max_tx_gas: Option<u64>,
}

impl TransactionRules {
    /// What the chain's rules say for a block with this number and timestamp (seconds).
    pub fn at(rules: &ChainRules, number: u64, timestamp: u64) -> Self {
        let fork = rules.fork_at(number, timestamp);
        let blobs = rules.blobs_at(timestamp).filter(|_| fork >= Fork::Cancun);
        Self {
            chain_id: rules.chain_id,
            fork,
            max_blobs: blobs
                .filter(|_| !rules.is_op_stack())
                .map(|blobs| blobs.max_per_transaction.min(blobs.max)),
            max_tx_gas: (fork >= Fork::Osaka).then_some(MAX_TX_GAS_LIMIT_OSAKA),
        }
    }
}

/// Rules and prices of the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// Its rules.
    pub rules: TransactionRules,
    /// Its base fee, in wei per gas (EIP-1559); 0 before London.
    pub base_fee: u64,
    /// Its blob base fee, in wei per blob gas (EIP-4844); 0 where there are no blobs.
    pub blob_base_fee: u128,
    /// Its gas limit.
    pub gas_limit: u64,
}

/// A sender's account in the state of the newest announced block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sender {
    /// The account's next nonce.
    pub nonce: u64,
    /// Its balance, in wei.
    pub balance: U256,
    /// Whether it has code other than a delegation (EIP-7702), so that it cannot send (EIP-3607).
    pub has_code: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_primitives::{Activation, BlobRules, Eip1559Rules, OpFork, OpRules};

    fn ethereum() -> ChainRules {
        let mut rules = ChainRules::ethereum(900, |fork| match fork {
            Fork::Osaka => Activation::Timestamp(100),
            Fork::Cancun | Fork::Prague => Activation::Timestamp(50),
            _ => Activation::GENESIS,
        });
        rules.blobs = vec![BlobRules {
            from_timestamp: 0,
            target: 3,
            max: 6,
            max_per_transaction: 9,
            update_fraction: 1,
            reserve_price: false,
        }];
        rules
    }

    #[test]
    fn rules_follow_the_forks() {
        let at = |timestamp| TransactionRules::at(&ethereum(), 1, timestamp);
        assert_eq!(
            (at(49).fork, at(49).max_blobs, at(49).max_tx_gas),
            (Fork::Shanghai, None, None)
        );
        assert_eq!(
            (at(50).fork, at(50).max_blobs, at(50).max_tx_gas),
            (Fork::Prague, Some(6), None)
        );
        assert_eq!((at(100).fork, at(100).max_tx_gas), (Fork::Osaka, Some(16_777_216)));
    }

    #[test]
    fn an_op_stack_chain_takes_no_blobs() {
        let op = OpRules::new(Eip1559Rules::ETHEREUM, |_: OpFork| Activation::GENESIS);
        let mut rules = ChainRules::op_stack(901, op);
        rules.blobs = ethereum().blobs;
        assert_eq!(TransactionRules::at(&rules, 1, 1).max_blobs, None);
    }
}
