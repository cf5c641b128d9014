//! How values stand in the database. A number that is given here never changes its meaning.

use super::{BooksError, BooksResult, ChainKind, Role};
use crate::model::{Position, Source, Token};
use alloy_primitives::{Address, B256, I256, U256};

/// Ether, and the wallet, where an address would be.
const NONE: &[u8] = &[];

/// Every source, in the order of reports.
pub(super) const SOURCES: [Source; 18] = [
    Source::Opening,
    Source::ExecutionGas,
    Source::BlobGas,
    Source::L1Fee,
    Source::OperatorFee,
    Source::Tips,
    Source::BaseFees,
    Source::L1Fees,
    Source::OperatorFees,
    Source::VaultWithdrawal,
    Source::Transfer,
    Source::Wrapping,
    Source::Deposit,
    Source::Withdrawal,
    Source::Reward,
    Source::VaultIncome,
    Source::Consensus,
    Source::Unexplained,
];

/// The number of a source in the tables `lines` and `totals`.
pub(super) const fn source_code(source: Source) -> i64 {
    match source {
        Source::Unexplained => 0,
        Source::Opening => 1,
        Source::ExecutionGas => 2,
        Source::BlobGas => 3,
        Source::L1Fee => 4,
        Source::OperatorFee => 5,
        Source::Tips => 6,
        Source::BaseFees => 7,
        Source::L1Fees => 8,
        Source::OperatorFees => 9,
        Source::VaultWithdrawal => 10,
        Source::Transfer => 11,
        Source::Wrapping => 12,
        Source::Deposit => 13,
        Source::Withdrawal => 14,
        Source::Reward => 15,
        Source::VaultIncome => 16,
        Source::Consensus => 17,
    }
}

pub(super) fn source(code: i64) -> BooksResult<Source> {
    let found = SOURCES.into_iter().find(|source| source_code(*source) == code);
    found.ok_or_else(|| BooksError::Damaged(format!("no source has number {code}")))
}

/// The number of a kind of chain in the table `chains`.
pub(super) const fn kind_code(kind: ChainKind) -> i64 {
    match kind {
        ChainKind::Ethereum => 0,
        ChainKind::OpStack => 1,
        ChainKind::Arbitrum => 2,
    }
}

pub(super) fn kind(code: i64) -> BooksResult<ChainKind> {
    let found = ChainKind::ALL.into_iter().find(|kind| kind_code(*kind) == code);
    found.ok_or_else(|| BooksError::Damaged(format!("no kind of chain has number {code}")))
}

/// The number of a role in the table `tracked`.
pub(super) const fn role_code(role: Role) -> i64 {
    match role {
        Role::Other => 0,
        Role::User => 1,
        Role::Sequencer => 2,
        Role::Batcher => 3,
        Role::Proposer => 4,
        Role::Challenger => 5,
        Role::Prover => 6,
        Role::Attester => 7,
        Role::LiquidityProvider => 8,
        Role::Vault => 9,
    }
}

pub(super) fn role(code: i64) -> BooksResult<Role> {
    let found = Role::ALL.into_iter().find(|role| role_code(*role) == code);
    found.ok_or_else(|| BooksError::Damaged(format!("no role has number {code}")))
}

pub(super) fn token_bytes(token: &Token) -> &[u8] {
    match token {
        Token::Ether => NONE,
        Token::Erc20(address) => address.as_slice(),
    }
}

pub(super) fn token(bytes: &[u8]) -> BooksResult<Token> {
    Ok(if bytes.is_empty() { Token::Ether } else { Token::Erc20(address(bytes)?) })
}

pub(super) fn position_bytes(position: &Position) -> &[u8] {
    match position {
        Position::Wallet => NONE,
        Position::In(address) => address.as_slice(),
    }
}

pub(super) fn position(bytes: &[u8]) -> BooksResult<Position> {
    Ok(if bytes.is_empty() { Position::Wallet } else { Position::In(address(bytes)?) })
}

pub(super) fn address(bytes: &[u8]) -> BooksResult<Address> {
    Address::try_from(bytes).map_err(|_| BooksError::Damaged("an address of another length".into()))
}

pub(super) fn hash(bytes: &[u8]) -> BooksResult<B256> {
    B256::try_from(bytes).map_err(|_| BooksError::Damaged("a hash of another length".into()))
}

pub(super) fn amount(text: &str) -> BooksResult<I256> {
    I256::from_dec_str(text).map_err(|_| BooksError::Damaged(format!("{text} is no amount")))
}

pub(super) fn unsigned(text: &str) -> BooksResult<U256> {
    U256::from_str_radix(text, 10).map_err(|_| BooksError::Damaged(format!("{text} is no balance")))
}

/// As the database keeps numbers.
pub(super) fn int(number: u64) -> BooksResult<i64> {
    i64::try_from(number).map_err(|_| BooksError::Number(number))
}

/// As we use them.
pub(super) fn uint(number: i64) -> BooksResult<u64> {
    u64::try_from(number).map_err(|_| BooksError::Damaged(format!("{number} is less than nothing")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_value_comes_back_from_its_number() {
        for value in SOURCES {
            assert_eq!(source(source_code(value)).unwrap(), value);
        }
        for value in Role::ALL {
            assert_eq!(role(role_code(value)).unwrap(), value);
        }
        for value in ChainKind::ALL {
            assert_eq!(kind(kind_code(value)).unwrap(), value);
        }
        let codes: BTreeSet<i64> = SOURCES.into_iter().map(source_code).collect();
        assert_eq!(codes, (0..18).collect());
    }

    #[test]
    fn what_seam_never_wrote_is_named() {
        assert!(source(99).unwrap_err().to_string().contains("no source has number 99"));
        assert!(amount("1.5").is_err());
        assert!(address(&[1, 2]).is_err());
        assert!(uint(-1).is_err());
        assert!(int(u64::MAX).is_err());
    }
}
