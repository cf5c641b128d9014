//! What leaves a fee vault. `withdraw` emits two events for one payment: one line is booked.
//!
//! Source: contracts-bedrock, `FeeVault`: `Withdrawal(uint256 value, address to, address from)` and the same with `uint8
//! withdrawalNetwork` (0: L1, 1: the rollup). What one vault pays to another is on both sides of the books, and earned by
//! neither.

use super::{
    BookError, Rule,
    booking::{Booking, By, Payment, why},
    deposit::both,
    fee_vaults::FeeVault,
    withdrawal,
};
use crate::{
    model::Source,
    source::{Layer2, LogFacts, address_of},
};
use alloy_primitives::{Address, B256, U256, b256};

/// `keccak256("Withdrawal(uint256,address,address)")`.
pub(super) const WITHDRAWAL: B256 =
    b256!("0xc8a211cc64b6ed1b50595a9fcb1932b6d1e5a6e8ef15b60e5b1f988ea9086bba");
/// `keccak256("Withdrawal(uint256,address,address,uint8)")`.
pub(super) const WITHDRAWAL_TO_NETWORK: B256 =
    b256!("0x38e04cbeb8c10f8f568618aa75be0f10b6729b8b4237743b4de20cbcde2839ee");

pub(super) const RULE: Rule = Rule {
    name: "vault-withdrawal",
    says: "A fee vault paid out what it had collected; its two events are one payment.",
    formula: "value",
    source: "contracts-bedrock, FeeVault.withdraw",
};

/// A vault's word that it paid.
#[derive(Debug, Clone, Copy)]
struct Paid {
    vault: Address,
    to: Address,
    value: U256,
    with_network: bool,
}

fn read(log: &LogFacts) -> Option<Paid> {
    let vault = FeeVault::at(log.address)?.address;
    let with_network = match log.topics.as_slice() {
        [WITHDRAWAL_TO_NETWORK] => true,
        [WITHDRAWAL] => false,
        _ => return None,
    };
    Some(Paid { vault, to: address_of(log.word(1)?)?, value: log.number(0)?, with_network })
}

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    if !matches!(booking.transaction.layer2, Some(Layer2::OpStack { .. })) {
        return Ok(());
    }
    for with_network in [true, false] {
        for log in booking.logs() {
            let found = read(log).filter(|paid| paid.with_network == with_network);
            let Some(paid) = found.filter(|_| !booking.is_explained(log)) else { continue };
            booking.explain(log);
            if let Some(twin) = twin(booking, &paid) {
                booking.explain(twin);
            }
            one(booking, &paid)?;
        }
    }
    Ok(())
}

/// The other event of the same payment.
fn twin<'a>(booking: &Booking<'a>, paid: &Paid) -> Option<&'a LogFacts> {
    booking.find_log(|log| {
        read(log).is_some_and(|other| {
            (other.vault, other.to, other.value) == (paid.vault, paid.to, paid.value)
                && other.with_network != paid.with_network
        })
    })
}

fn one(booking: &mut Booking<'_>, paid: &Paid) -> Result<(), BookError> {
    let Paid { vault, to, value, .. } = *paid;
    let moved = booking.take(|it| it.from == vault && it.value == value);
    if moved.is_none() && booking.is_traced() {
        return Ok(());
    }
    let messages = booking.transaction.logs.iter();
    let mut messages = messages.filter_map(|log| Some((log.address, withdrawal::read(log)?)));
    let message = messages.find(|(_, (_, passed))| *passed == value);
    let mut why = why! { "value": value, "to": to, "from": vault };
    if let Some((_, (movement, _))) = message {
        why.insert("movement", movement.to_string());
    }
    // Towards L1 the contract that passes messages on has it.
    let told = Payment {
        from: vault,
        to: message.map_or(to, |(passer, _)| passer),
        value,
        by: By::Contract,
    };
    both(booking, &RULE, moved.unwrap_or(told), Source::VaultWithdrawal, &why)
}

/// Whether a message to L1 is what a vault pays out, which is booked already.
pub(super) fn is_from_vault(booking: &Booking<'_>, message: &LogFacts) -> bool {
    let Some((_, value)) = withdrawal::read(message) else { return false };
    let mut logs = booking.transaction.logs.iter().filter_map(read);
    logs.any(|paid| paid.value == value)
}
