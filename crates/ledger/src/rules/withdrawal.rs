//! Ether from a rollup towards L1: the first half of one movement over two chains, by the withdrawal's hash.
//!
//! Source: OP Stack specification, "Withdrawals": `MessagePassed(uint256 indexed nonce, address indexed sender, address
//! indexed target, uint256 value, uint256 gasLimit, bytes data, bytes32 withdrawalHash)`.

use super::{
    BookError, Rule,
    booking::{Booking, why},
    deposit::pass,
};
use crate::{model::Source, source::LogFacts};
use alloy_primitives::{B256, U256, b256};

/// `keccak256("MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")`.
pub(super) const MESSAGE_PASSED: B256 =
    b256!("0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054");

pub(super) const RULE: Rule = Rule {
    name: "withdrawal-sent",
    says: "Ether left the rollup and waits to be paid out on L1; the movement is the same on both chains.",
    formula: "value; movement = withdrawal_hash",
    source: "OP Stack specification, Withdrawals",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let Some((movement, value)) = read(log) else { continue };
        booking.explain(log);
        let vault = super::vault_withdrawal::is_from_vault(booking, log);
        if value.is_zero() || vault {
            continue;
        }
        let why = why! { "value": value, "movement": movement };
        pass(booking, &RULE, (log.address, value), Source::Withdrawal, &why)?;
    }
    Ok(())
}

/// The movement that a log begins, and the ether in it.
pub(super) fn read(log: &LogFacts) -> Option<(B256, U256)> {
    if log.topics.len() != 4 || log.topics.first() != Some(&MESSAGE_PASSED) {
        return None;
    }
    Some((log.word(3)?, log.number(0)?))
}
