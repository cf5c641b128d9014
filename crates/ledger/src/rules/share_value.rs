//! What shares of a vault (ERC-4626) became worth more or less, in units of its asset.
//!
//! Source: EIP-4626, `convertToAssets`, asked after every block for the owner's shares. Fees that a vault takes as shares
//! for itself are in the rate already; a fee on entry or exit shows as less worth at once. Shares that came or went
//! without the vault's own events (a gift, a sale) are principal at the rate of the block.

use super::{
    BookError, Rule,
    booking::{InBlock, legs, signed, why},
    erc20::Transfer,
};
use crate::{
    model::{Position, Source, Token},
    source::ShareValue,
};
use alloy_primitives::{Address, I256, U256, U512};

pub(super) const RULE: Rule = Rule {
    name: "vault-income",
    says: "The owner's shares of the vault are worth more (less) of its asset than before, beyond what went in and came out.",
    formula: "convertToAssets(shares) - (value before + assets in - assets out)",
    source: "EIP-4626",
};

pub(super) fn book(block: &mut InBlock<'_>) -> Result<(), BookError> {
    for ((owner, vault), value) in &block.block.shares {
        let (owner, vault) = (*owner, *vault);
        let (position, token) = (Position::In(vault), Token::Erc20(value.asset));
        let Some(worth) = signed(value.assets) else { continue };
        let moved = moved_alone(block, owner, vault, value, worth);
        if !moved.is_zero() {
            let why = why! { "shares": value.shares, "worth": value.assets };
            let legs = legs(owner, position, Source::Transfer, token, moved).to_vec();
            block.push(&RULE, legs, why)?;
        }
        let before = block.booked(owner, position, token);
        let gained = worth.wrapping_sub(before);
        if gained.is_zero() {
            continue;
        }
        let opened = block.block.openings.get(&(owner, Token::Erc20(vault)));
        let source = match opened {
            Some(shares) if !shares.is_zero() => Source::Opening,
            _ => Source::VaultIncome,
        };
        let why = why! { "shares": value.shares, "worth": value.assets, "before": before };
        block.push(&RULE, legs(owner, position, source, token, gained).to_vec(), why)?;
    }
    Ok(())
}

/// The worth of shares that changed hands in the block beside the vault's own making and burning.
fn moved_alone(
    block: &InBlock<'_>,
    owner: Address,
    vault: Address,
    value: &ShareValue,
    worth: I256,
) -> I256 {
    let logs = block.block.transactions.iter().flat_map(|tx| &tx.logs);
    let transfers = logs.filter(|log| log.address == vault).filter_map(Transfer::of);
    let mut shares = I256::ZERO;
    for Transfer { from, to, value } in transfers {
        let Some(amount) = signed(value) else { continue };
        if from.is_zero() || to.is_zero() || from == to {
            continue;
        }
        if to == owner {
            shares = shares.wrapping_add(amount);
        } else if from == owner {
            shares = shares.wrapping_sub(amount);
        }
    }
    if shares.is_zero() {
        return I256::ZERO;
    }
    if value.shares.is_zero() {
        // All are gone: with them what they were worth.
        let asset = Token::Erc20(value.asset);
        let before = block.booked(owner, Position::In(vault), asset);
        return I256::ZERO.wrapping_sub(before);
    }
    let amount = part(worth.unsigned_abs(), shares.unsigned_abs(), value.shares);
    signed(amount).map_or(I256::ZERO, |amount| {
        if shares.is_negative() { I256::ZERO.wrapping_sub(amount) } else { amount }
    })
}

/// `worth * shares / all`, rounded down.
fn part(worth: U256, shares: U256, all: U256) -> U256 {
    let product: U512 = worth.widening_mul(shares);
    let all = U512::from(all);
    product.checked_div(all).map_or(U256::ZERO, |found| found.saturating_to())
}
