//! The known traps of `accounting.md`, section 3, as far as there is something here that could fall into them.

use super::rules::{
    CONTRACT, ME, TOKEN, YOU, block, booked, ether, event, log, tokens, transfer, tx, wei,
};
use alloy_primitives::{Address, U256};
use seam_ledger::{
    Kind, Position, Source, Token,
    rules::{self, Owners, Running},
    source::Layer2,
};

/// 1: published trackers leave out the operator fee, or the L1 fee.
#[test]
fn neither_the_operator_fee_nor_the_l1_fee_is_left_out() {
    let mut tx = tx(ME, YOU, 0);
    (tx.gas_used, tx.gas_price) = (1_000_000, wei(1));
    tx.layer2 = Some(Layer2::OpStack {
        l1_fee: wei(7),
        operator_fee_scalar: wei(2_000_000),
        operator_fee_constant: wei(3),
        mint: U256::ZERO,
        source_hash: None,
    });
    let lines = ether(&booked(&block(vec![tx]), &[ME]));
    let costs = lines.iter().filter(|line| line.2.kind() == Kind::Cost);
    assert_eq!(costs.map(|line| line.3).sum::<i128>(), -(1_000_000 + 7 + 2_000_000 + 3));
}

/// 2: withdrawals from vault to vault, counted twice, are in `rules.rs`; here: they are no income.
#[test]
fn what_leaves_a_vault_is_no_income_of_anybody() {
    assert_eq!(Source::VaultWithdrawal.kind(), Kind::Flow);
}

/// 5: rebasing income is invisible in `Transfer` events. It comes up as soon as the token is looked at, and never as
/// income.
#[test]
fn what_a_rebasing_token_adds_is_unexplained_and_no_income() {
    let owners: Owners = [ME].into_iter().collect();
    let mut running = Running::default();
    let token = Token::Erc20(TOKEN);
    let mut got = tx(YOU, TOKEN, 0);
    got.logs = vec![transfer(0, TOKEN, YOU, ME, 100)];
    let mut first = block(vec![got.clone()]);
    first.balances.insert((ME, token), wei(100));
    assert_eq!(rules::book(&first, &owners, &mut running).unwrap().entries.len(), 1);
    let mut second = block(vec![got]);
    second.balances.insert((ME, token), wei(205));
    let lines = tokens(&rules::book(&second, &owners, &mut running).unwrap(), TOKEN);
    assert_eq!(lines[1], ("unexplained", ME, Source::Unexplained, 5));
    assert_eq!(Source::Unexplained.kind(), Kind::Unexplained);
}

/// 6: staked or wrapped tokens look like a loss when they leave the wallet.
#[test]
fn staked_tokens_are_no_loss() {
    let mut stake = tx(ME, CONTRACT, 0);
    stake.logs = vec![
        transfer(0, TOKEN, ME, CONTRACT, 50),
        log(1, CONTRACT, &[event("Staked(address,uint256)"), ME.into_word()], &[wei(50)]),
    ];
    let owners: Owners = [ME].into_iter().collect();
    let mut running = Running::default();
    rules::book(&block(vec![stake]), &owners, &mut running).unwrap();
    let token = Token::Erc20(TOKEN);
    let (wallet, staked) =
        (running.wallet(ME, token), running.at(ME, Position::In(CONTRACT), token));
    assert_eq!(wallet + staked, alloy_primitives::I256::ZERO);
    assert!(staked.is_positive());
}

/// 7: integers only: an amount that no floating point number has goes through unchanged.
#[test]
fn an_amount_that_no_floating_point_number_has_is_kept_to_the_last_wei() {
    let amount = (1_u128 << 100) + 1;
    let lines = ether(&booked(&block(vec![tx(ME, YOU, amount)]), &[ME]));
    assert_eq!(lines[0].3, -i128::try_from(amount).unwrap());
}

/// Tokens that lie about a transfer, and those that take a fee on the way.
#[test]
fn a_transfer_without_its_change_of_the_balance_comes_up() {
    let mut lie = tx(YOU, TOKEN, 0);
    lie.logs = vec![transfer(0, TOKEN, YOU, ME, 100)];
    for (found, missing) in [(0, -100), (99, -1)] {
        let mut block = block(vec![lie.clone()]);
        block.balances.insert((ME, Token::Erc20(TOKEN)), wei(found));
        let lines = tokens(&booked(&block, &[ME]), TOKEN);
        assert_eq!(lines[1], ("unexplained", ME, Source::Unexplained, missing));
    }
    let mut block = block(vec![lie]);
    block.no_tokens.insert(TOKEN);
    assert_eq!(booked(&block, &[ME]).entries, [], "a contract without balances is no token");
    assert_ne!(TOKEN, Address::ZERO);
}
