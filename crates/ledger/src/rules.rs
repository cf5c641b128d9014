//! Why balances change: one file a rule, each with the source that it follows.
//!
//! [`book`] makes entries of a block's facts. For every transaction the rules run in the order of their
//! table: those that know most come first and take the payments and logs that they explain, so that nothing is
//! booked twice; what is left of ether and tokens are plain transfers. Then the difference to the
//! balances that the node tells is booked as unexplained: it is never income.
//!
//! Every leg of an owner is followed by its opposite, a leg of the world with the reason.
//! `docs/ledger-rules.md` has all rules and how to add one.

mod arbitrum_gas;
mod booking;
mod consensus;
mod deposit;
mod erc20;
mod ether;
mod ethereum_gas;
mod fee_vaults;
mod finalized_withdrawal;
mod op_stack_gas;
mod opening;
mod rewards;
mod share_value;
mod shares;
mod staking;
mod tips;
mod unexplained;
mod vault_withdrawal;
mod withdrawal;
mod wrapping;

pub use booking::{Owners, Running};
pub use fee_vaults::{
    BASE_FEE_VAULT, FeeVault, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT,
};
pub use unexplained::rests;

use crate::{
    explain::RuleText,
    model::{BookedBlock, EntryError, Token},
    source::BlockFacts,
};
use alloy_primitives::Address;
use booking::{Booking, InBlock};
use std::collections::BTreeSet;

/// What a rule is, for those who ask why a line exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// By which entries name it.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub says: &'static str,
    /// Its formula; the names in it are those of the entry's `why`.
    pub formula: &'static str,
    /// Where it is specified.
    pub source: &'static str,
}

/// Rules whose amounts a block's facts do not hold, or not as they should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// A rule is wrong: a mistake of ours.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// An amount of ether that there cannot be.
    #[error("block {block}: {amount} wei of {owner} is more ether than there is: the node lies")]
    TooMuch {
        /// The block's number.
        block: u64,
        /// Whose.
        owner: Address,
        /// How much.
        amount: alloy_primitives::U256,
    },
}

type InTransaction = fn(&mut Booking<'_>) -> Result<(), BookError>;
type WithBlock = fn(&mut InBlock<'_>) -> Result<(), BookError>;

/// What runs for each transaction, in this order.
const TRANSACTION: &[InTransaction] = &[
    ethereum_gas::book,
    op_stack_gas::book,
    arbitrum_gas::book,
    tips::book,
    fee_vaults::book,
    deposit::book,
    withdrawal::book,
    finalized_withdrawal::book,
    vault_withdrawal::book,
    wrapping::book,
    shares::book,
    staking::book,
    rewards::book,
    ether::book,
    erc20::book,
    unexplained::in_transaction,
];

/// What runs for each block, after its transactions.
const BLOCK: &[WithBlock] =
    &[opening::book, consensus::book, share_value::book, unexplained::in_block];

/// Every rule, by name.
pub const RULES: &[Rule] = &[
    opening::RULE,
    ethereum_gas::EXECUTION,
    ethereum_gas::BLOBS,
    op_stack_gas::EXECUTION,
    op_stack_gas::L1_FEE,
    op_stack_gas::OPERATOR_FEE,
    arbitrum_gas::RULE,
    tips::RULE,
    fee_vaults::BASE_FEES,
    fee_vaults::L1_FEES,
    fee_vaults::OPERATOR_FEES,
    vault_withdrawal::RULE,
    deposit::ON_L1,
    deposit::ON_L2,
    withdrawal::RULE,
    finalized_withdrawal::RULE,
    wrapping::RULE,
    shares::RULE,
    share_value::RULE,
    staking::RULE,
    rewards::RULE,
    ether::VALUE,
    ether::INNER,
    erc20::RULE,
    consensus::RULE,
    unexplained::RULE,
];

/// The rule of this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// What the rule of this name says of itself: for [`explain`](crate::explain).
pub fn describe(name: &str) -> Option<RuleText> {
    let rule = rule(name)?;
    Some(RuleText { says: rule.says, formula: rule.formula, source: rule.source })
}

/// The entries of a block for these owners. `running` is what the books say that each has after the
/// block before; afterwards it is what they have after this one.
///
/// # Errors
/// [`BookError`] if an amount cannot be counted. `running` is then as it was.
pub fn book(
    block: &BlockFacts,
    owners: &Owners,
    running: &mut Running,
) -> Result<BookedBlock, BookError> {
    let mut entries = Vec::new();
    for (place, transaction) in (0..).zip(&block.transactions) {
        let mut booking = Booking::new(block, transaction, place, owners);
        for rule in TRANSACTION {
            rule(&mut booking)?;
        }
        entries.append(&mut booking.entries);
    }
    let mut whole = InBlock::new(block, owners, running, entries);
    for rule in BLOCK {
        rule(&mut whole)?;
    }
    let entries = whole.entries;
    running.add(&entries);
    let seen = block.balances.iter().map(|((owner, token), balance)| (*owner, *token, *balance));
    Ok(BookedBlock {
        number: block.number,
        hash: block.hash,
        parent: block.parent,
        time: block.time,
        entries,
        seen: seen.collect(),
    })
}

/// The tokens that a block's logs say that owners got or gave: what is to be asked about after it.
pub fn touched(block: &BlockFacts, owners: &Owners) -> BTreeSet<(Address, Token)> {
    let logs = block.transactions.iter().flat_map(|transaction| &transaction.logs);
    let pairs = logs.flat_map(|log| {
        erc20::parties(log)
            .into_iter()
            .chain(wrapping::party(log))
            .map(|owner| (owner, log.address))
    });
    let ours = pairs.filter(|(owner, _)| owners.has(*owner));
    ours.map(|(owner, token)| (owner, Token::Erc20(token))).collect()
}

/// Whether a transaction names an owner: then it is worth a trace.
pub fn names_owner(block: &BlockFacts, owners: &Owners) -> bool {
    block.transactions.iter().any(|transaction| {
        let parties = [Some(transaction.from), transaction.to];
        let topics = transaction.logs.iter().flat_map(|log| &log.topics);
        parties.into_iter().flatten().any(|party| owners.has(party))
            || topics.filter_map(|word| crate::source::address_of(*word)).any(|it| owners.has(it))
    })
}
