//! Who gets new wei at the end of a block: proof-of-work rewards (Yellow Paper, section 11.3),
//! withdrawals (EIP-4895) and the DAO's irregular change (EIP-779).

use crate::{
    error::BlockError,
    overlay::Overlay,
    state::{StateError, StateReader},
};
use alloy_consensus::Header;
use alloy_evm::eth::dao_fork::{DAO_HARDFORK_ACCOUNTS, DAO_HARDFORK_BENEFICIARY};
use alloy_primitives::{B256, U256};
use seam_primitives::{Activation, BlockAttributes, ChainRules, Fork};

const WEI_PER_ETHER: u64 = 1_000_000_000_000_000_000;
/// An ommer is at most this many generations older than the block that names it.
const MAX_OMMER_DEPTH: u64 = 6;
/// Ommers that a block may name.
const MAX_OMMERS: usize = 2;

/// Wei for a block without ommers; `None` since the merge. EIP-649, EIP-1234.
fn base_reward(rules: &ChainRules, number: u64, timestamp: u64) -> Option<U256> {
    let active = |fork| rules.is_active(fork, number, timestamp);
    if active(Fork::Paris) {
        return None;
    }
    let ether: u64 = match () {
        () if active(Fork::Constantinople) => 2,
        () if active(Fork::Byzantium) => 3,
        () => 5,
    };
    Some(U256::from(ether).wrapping_mul(U256::from(WEI_PER_ETHER)))
}

/// The miner's wei: a 32nd more for each ommer named.
fn miner_reward(reward: U256, ommers: usize) -> U256 {
    let share = reward.wrapping_shr(5);
    reward.wrapping_add(share.wrapping_mul(U256::from(ommers)))
}

/// An ommer's wei: an eighth less for each generation.
fn ommer_reward(reward: U256, number: u64, ommer: &Header) -> U256 {
    let eighths = ommer.number.saturating_add(8).saturating_sub(number);
    reward.wrapping_mul(U256::from(eighths)).wrapping_shr(3)
}

/// Wei that a block made.
#[cfg(feature = "trace")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Issuance {
    /// For its miner.
    pub miner: U256,
    /// For those of its ommers, together.
    pub ommers: U256,
}

/// Wei that a block made for miners; nothing since the merge.
#[cfg(feature = "trace")]
pub fn issuance(rules: &ChainRules, block: &seam_primitives::Block) -> Issuance {
    let (number, ommers) = (block.header.number, &block.ommers);
    let reward = base_reward(rules, number, block.header.timestamp).filter(|_| number > 0);
    let Some(reward) = reward else { return Issuance::default() };
    let of_ommers = ommers.iter().map(|ommer| ommer_reward(reward, number, ommer));
    Issuance {
        miner: miner_reward(reward, ommers.len()),
        ommers: of_ommers.fold(U256::ZERO, U256::saturating_add),
    }
}

/// Pays the miner of block `number` and of each ommer, and the withdrawals. The ommers have been
/// checked by [`check_ommers`].
pub(crate) fn pay<R: StateReader>(
    rules: &ChainRules,
    number: u64,
    attributes: &BlockAttributes,
    state: &mut Overlay<R>,
) -> Result<(), StateError> {
    if let Some(reward) = base_reward(rules, number, attributes.timestamp) {
        let ommers = attributes.ommers.len();
        state.add_balance(attributes.beneficiary, miner_reward(reward, ommers))?;
        for ommer in &attributes.ommers {
            state.add_balance(ommer.beneficiary, ommer_reward(reward, number, ommer))?;
        }
    }
    for withdrawal in &attributes.withdrawals {
        state.add_balance(withdrawal.address, withdrawal.amount_wei())?;
    }
    Ok(())
}

/// Moves the DAO's ether to its withdrawal contract in the fork's first block, before anything else.
pub(crate) fn apply_dao_fork<R: StateReader>(
    rules: &ChainRules,
    number: u64,
    state: &mut Overlay<R>,
) -> Result<(), StateError> {
    if rules.activation(Fork::Dao) != Activation::Block(number) {
        return Ok(());
    }
    for account in DAO_HARDFORK_ACCOUNTS {
        let wei = state.take_balance(account)?;
        state.add_balance(DAO_HARDFORK_BENEFICIARY, wei)?;
    }
    Ok(())
}

/// Checks the ommers of block `number` as far as the ancestors' hashes tell: at most two, not
/// twice, at most six generations old, a child of an ancestor but no ancestor itself. That no
/// earlier block names the same ommer is for whoever holds those blocks.
pub(crate) fn check_ommers<R: StateReader>(
    number: u64,
    ommers: &[Header],
    state: &mut R,
) -> Result<(), BlockError> {
    let mut seen: Option<B256> = None;
    for (index, ommer) in ommers.iter().enumerate() {
        let hash = ommer.hash_slow();
        let refuse = |reason| Err(BlockError::Ommer { hash, reason });
        if index >= MAX_OMMERS {
            return refuse("more than two ommers");
        }
        if seen.replace(hash) == Some(hash) {
            return refuse("named twice");
        }
        let depth = number.saturating_sub(ommer.number);
        if depth == 0 || depth > MAX_OMMER_DEPTH || ommer.number == 0 {
            return refuse("not one to six generations older than the block");
        }
        if state.block_hash(ommer.number)? == hash {
            return refuse("is an ancestor");
        }
        if state.block_hash(ommer.number.saturating_sub(1))? != ommer.parent_hash {
            return refuse("its parent is not an ancestor");
        }
    }
    Ok(())
}
