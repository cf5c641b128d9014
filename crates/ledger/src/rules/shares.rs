//! Money into a vault of ERC-4626 and out of it: from the wallet into the position, in units of the vault's asset.
//!
//! Source: EIP-4626: `Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)`,
//! `Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)`.
//! The shares themselves are a token in the wallet, by its `Transfer`s.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, legs, signed, why},
    erc20::Transfer,
    staking::other_side,
};
use crate::{
    model::{Position, Source, Token},
    source::LogFacts,
};
use alloy_primitives::{Address, B256, I256, U256, b256};

/// `keccak256("Deposit(address,address,uint256,uint256)")`.
pub(super) const DEPOSIT: B256 =
    b256!("0xdcbc1c05240f31ff3ad067ef1ee35ce4997762752e3a095284754544f4c709d7");
/// `keccak256("Withdraw(address,address,address,uint256,uint256)")`.
pub(super) const WITHDRAW: B256 =
    b256!("0xfbde797d201c681b91056529119e0b02407c7bb96a4a2c75c01fc9667232c8db");

pub(super) const RULE: Rule = Rule {
    name: "vault-shares",
    says: "Assets went into a vault for shares of it, or came back: principal, neither earned nor paid.",
    formula: "assets, for shares",
    source: "EIP-4626",
};

/// What a vault says that it took or gave.
struct Moved {
    sign: Sign,
    owner: Address,
    assets: U256,
    shares: U256,
}

fn read(log: &LogFacts) -> Option<Moved> {
    let (sign, owner) = match (log.topics.first()?, log.topics.len()) {
        (&DEPOSIT, 3) => (Sign::More, log.party(2)?),
        (&WITHDRAW, 4) => (Sign::Less, log.party(3)?),
        _ => return None,
    };
    Some(Moved { sign, owner, assets: log.number(0)?, shares: log.number(1)? })
}

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let Some(Moved { sign, owner, assets, shares }) = read(log) else { continue };
        let Some(value) = booking.block.shares.get(&(owner, log.address)) else { continue };
        let (vault, asset) = (log.address, value.asset);
        let Some(amount) = signed(assets).filter(|_| !assets.is_zero()) else { continue };
        if !booking.owners.has(owner) {
            continue;
        }
        booking.explain(log);
        let token = Token::Erc20(asset);
        let position = Position::In(vault);
        let mut all = legs(owner, position, Source::Transfer, token, sign.of(amount)).to_vec();
        let wallet = in_wallet(booking, (vault, asset), sign, assets);
        if let Some((transfer, payer)) = wallet.filter(|(_, payer)| booking.owners.has(*payer)) {
            booking.explain(transfer);
            let opposite = I256::ZERO.wrapping_sub(sign.of(amount));
            all.extend(legs(payer, Position::Wallet, Source::Transfer, token, opposite));
            let inside = sign.of(amount);
            all.extend(other_side(booking, vault, Source::Transfer, token, inside));
        }
        booking.push(&RULE, Some(log), all, why! { "assets": assets, "shares": shares })?;
    }
    Ok(())
}

/// The transfer of the asset with the vault, and the other side of it.
fn in_wallet<'a>(
    booking: &Booking<'a>,
    (vault, asset): (Address, Address),
    sign: Sign,
    assets: U256,
) -> Option<(&'a LogFacts, Address)> {
    let other = |log: &LogFacts| {
        let Transfer { from, to, value } = Transfer::of(log).filter(|_| log.address == asset)?;
        let (inside, outside) = match sign {
            Sign::More => (to, from),
            Sign::Less => (from, to),
        };
        (inside == vault && value == assets).then_some(outside)
    };
    let log = booking.find_log(|log| other(log).is_some())?;
    other(log).map(|party| (log, party))
}
