//! Ether from L1 into a rollup: one movement over two chains, by the deposit's source hash.
//!
//! Source: OP Stack specification, "Deposits": the portal's `TransactionDeposited(address indexed from, address indexed to,
//! uint256 indexed version, bytes opaqueData)`, whose data begin with mint and value; "Source hash computation", domain 0.
//! On the rollup the mint is the sender's whether or not the rest of the deposit succeeds.

use super::{
    BookError, Rule,
    booking::{Booking, By, Payment, Sign, Why, why},
};
use crate::{
    model::Source,
    source::{BlockFacts, Layer2, LogFacts},
};
use alloy_primitives::{Address, B256, U256, b256};
use op_alloy_consensus::UserDepositSource;

/// `keccak256("TransactionDeposited(address,address,uint256,bytes)")`.
pub(super) const DEPOSITED: B256 =
    b256!("0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32");

pub(super) const ON_L1: Rule = Rule {
    name: "deposit-sent",
    says: "Ether was locked in the portal on L1 and is made on the rollup; the movement is the same on both chains.",
    formula: "mint; movement = keccak256(0 . keccak256(block . log))",
    source: "OP Stack specification, Deposits",
};

pub(super) const ON_L2: Rule = Rule {
    name: "deposit-received",
    says: "Ether that was locked in the portal on L1 was made here; the movement is the same on both chains.",
    formula: "mint; movement = source_hash",
    source: "OP Stack specification, Deposits",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    received(booking)?;
    for log in booking.logs() {
        let Some((movement, mint)) = read(booking.block, log) else { continue };
        booking.explain(log);
        let why = why! { "mint": mint, "movement": movement, "portal": log.address };
        pass(booking, &ON_L1, (log.address, mint), Source::Deposit, &why)?;
    }
    Ok(())
}

/// The movement that an event of a portal begins, and the ether in it.
fn read(block: &BlockFacts, log: &LogFacts) -> Option<(B256, U256)> {
    if log.topics.len() != 4 || log.topics.first() != Some(&DEPOSITED) {
        return None;
    }
    // Place and length of the opaque data come first.
    let mint = log.number(2).filter(|_| log.number(1) >= Some(U256::from(73)))?;
    let source = UserDepositSource::new(block.hash, u64::from(log.index));
    Some((source.source_hash(), mint))
}

/// Books the payment that ends at this contract: of an owner's straight, or through contracts of a bridge that pass the same
/// amount on; those in between have plain transfers.
pub(super) fn pass(
    booking: &mut Booking<'_>,
    rule: &Rule,
    (to, value): (Address, U256),
    source: Source,
    why: &Why,
) -> Result<(), BookError> {
    let owners = booking.owners;
    let direct = booking.take(|it| it.to == to && it.value == value);
    if let Some(direct) = direct {
        both(booking, rule, direct, source, why)?;
    }
    if direct.is_some_and(|it| owners.has(it.from)) {
        return Ok(());
    }
    let fits = |it: &Payment| it.by == By::Transaction && it.value == value && owners.has(it.from);
    match booking.take(fits) {
        Some(outer) => both(booking, rule, outer, source, why),
        None => Ok(()),
    }
}

/// Books both sides of a payment, of those who are owners.
pub(super) fn both(
    booking: &mut Booking<'_>,
    rule: &Rule,
    Payment { from, to, value, .. }: Payment,
    source: Source,
    why: &Why,
) -> Result<(), BookError> {
    if from == to {
        return Ok(());
    }
    booking.ether(rule, from, source, (Sign::Less, value), why.clone())?;
    booking.ether(rule, to, source, (Sign::More, value), why.clone())
}

/// On the rollup: the mint, and where it goes in the same transaction.
fn received(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let tx = booking.transaction;
    let Some(Layer2::OpStack { mint, source_hash, .. }) = tx.layer2 else { return Ok(()) };
    if mint.is_zero() || !tx.is_deposit() {
        return Ok(());
    }
    let movement = source_hash.unwrap_or_default();
    let why = why! { "mint": mint, "movement": movement };
    booking.ether(&ON_L2, tx.from, Source::Deposit, (Sign::More, mint), why)?;
    while let Some(payment) = booking.take(|it| it.value == mint) {
        let why = why! { "mint": mint, "movement": movement };
        both(booking, &ON_L2, payment, Source::Deposit, &why)?;
    }
    Ok(())
}
