//! Rules on receipts that others recorded, with the amounts that their documents or the balances of their chain say.

use alloy_primitives::{Address, B256, Bytes, I256, U256, address, b256, hex, keccak256};
use seam_ledger::{
    BookedBlock, Entry, Party, Position, Source, Token,
    rules::{
        self, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT, Owners, RULES, Running,
        SEQUENCER_FEE_VAULT,
    },
    source::{BlockFacts, Layer2, LogFacts, ShareValue, TxFacts, TxTrace},
};

pub(super) const ME: Address = Address::repeat_byte(0x11);
pub(super) const YOU: Address = Address::repeat_byte(0x22);
pub(super) const TOKEN: Address = Address::repeat_byte(0x70);
pub(super) const CONTRACT: Address = Address::repeat_byte(0xc0);

pub(super) fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

pub(super) fn signed(amount: i128) -> I256 {
    I256::try_from(amount).unwrap()
}

pub(super) fn block(transactions: Vec<TxFacts>) -> BlockFacts {
    BlockFacts {
        number: 10,
        hash: B256::repeat_byte(10),
        parent: B256::repeat_byte(9),
        time: 1_767_225_600,
        transactions,
        ..BlockFacts::default()
    }
}

/// A transaction of no price.
pub(super) fn tx(from: Address, to: Address, value: u128) -> TxFacts {
    let hash = keccak256(value.to_be_bytes());
    let to = Some(to);
    TxFacts { hash, kind: 2, from, to, value: wei(value), success: true, ..TxFacts::default() }
}

pub(super) fn log(index: u32, address: Address, topics: &[B256], words: &[U256]) -> LogFacts {
    let data: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    LogFacts { index, address, topics: topics.to_vec(), data: data.into() }
}

pub(super) fn event(signature: &str) -> B256 {
    keccak256(signature)
}

pub(super) fn transfer(
    index: u32,
    token: Address,
    from: Address,
    to: Address,
    value: u128,
) -> LogFacts {
    let topics = [event("Transfer(address,address,uint256)"), from.into_word(), to.into_word()];
    log(index, token, &topics, &[wei(value)])
}

pub(super) fn booked(block: &BlockFacts, owners: &[Address]) -> BookedBlock {
    let owners: Owners = owners.iter().copied().collect();
    rules::book(block, &owners, &mut Running::default()).unwrap()
}

/// Rule, owner, source and amount of every leg of an owner, for one token at one position.
pub(super) fn lines_of(
    block: &BookedBlock,
    wanted: Token,
    at: Position,
) -> Vec<(&'static str, Address, Source, i128)> {
    let mut found = Vec::new();
    for entry in &block.entries {
        for (leg, reason) in entry.legs().iter().zip(entry.legs().iter().skip(1)) {
            let (Party::Owner(owner, position), Party::World(source)) = (leg.party, reason.party)
            else {
                continue;
            };
            if leg.token == wanted && position == at {
                found.push((entry.rule(), owner, source, i128::try_from(leg.amount).unwrap()));
            }
        }
    }
    found
}

pub(super) fn ether(block: &BookedBlock) -> Vec<(&'static str, Address, Source, i128)> {
    lines_of(block, Token::Ether, Position::Wallet)
}

pub(super) fn tokens(
    block: &BookedBlock,
    token: Address,
) -> Vec<(&'static str, Address, Source, i128)> {
    lines_of(block, Token::Erc20(token), Position::Wallet)
}

fn why<'a>(entry: &'a Entry, name: &str) -> &'a str {
    &entry.why()[name]
}

/// Transaction 0x7d6bba… of the chain of the execution-apis test suite (`testdata/execution-apis`): its receipt as geth
/// tells it.
#[test]
fn gas_and_blobs_of_a_recorded_receipt_are_separate_lines() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/execution-apis/tests/eth_getTransactionReceipt/get-blob-tx.io"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let answer = text.lines().find_map(|line| line.strip_prefix("<< ")).unwrap();
    let receipt: serde_json::Value = serde_json::from_str(answer).unwrap();
    let number =
        |name: &str| -> U256 { receipt["result"][name].as_str().unwrap().parse::<U256>().unwrap() };
    let mut tx = tx(ME, YOU, 0);
    tx.kind = 3;
    tx.gas_used = number("gasUsed").to();
    tx.gas_price = number("effectiveGasPrice");
    tx.blob_gas = number("blobGasUsed").to();
    tx.blob_gas_price = number("blobGasPrice");
    assert_eq!(tx.blob_gas, 131_072, "one blob");
    let gas = i128::from(tx.gas_used) * i128::try_from(tx.gas_price).unwrap();
    let blob = 131_072 * i128::try_from(tx.blob_gas_price).unwrap();
    let booked = booked(&block(vec![tx]), &[ME]);
    assert_eq!(
        ether(&booked),
        [
            ("ethereum-gas", ME, Source::ExecutionGas, -gas),
            ("ethereum-blob-gas", ME, Source::BlobGas, -blob),
        ]
    );
}

#[test]
fn a_failed_transaction_pays_for_gas_and_moves_nothing() {
    let mut tx = tx(ME, YOU, 5);
    (tx.success, tx.gas_used, tx.gas_price) = (false, 21_000, wei(7));
    let mut block = block(vec![tx]);
    (block.base_fee, block.beneficiary) = (wei(4), YOU);
    let booked = booked(&block, &[ME, YOU]);
    assert_eq!(
        ether(&booked),
        [("ethereum-gas", ME, Source::ExecutionGas, -147_000), ("tips", YOU, Source::Tips, 63_000),]
    );
    let gas = &booked.entries[0];
    assert_eq!(why(gas, "status"), "failed");
    assert_eq!((why(gas, "burned"), why(gas, "tip")), ("84000", "63000"));
}

/// A receipt that op-geth gave at Isthmus: transaction 0x1d851a54….
fn isthmus() -> TxFacts {
    let mut tx = tx(ME, YOU, 0);
    tx.hash = b256!("0x1d851a54e1ce81baa9444fdfb7c26daf3543ef2f561389915596c280b78466af");
    (tx.gas_used, tx.gas_price) = (0x12448, wei(0x6696_339c));
    tx.layer2 = Some(Layer2::OpStack {
        l1_fee: wei(0x235_3d65),
        operator_fee_scalar: wei(0x12c),
        operator_fee_constant: wei(0x190),
        mint: U256::ZERO,
        source_hash: None,
    });
    tx
}

#[test]
fn a_recorded_receipt_of_isthmus_pays_gas_and_l1_fee_and_operator_fee() {
    let booked = booked(&block(vec![isthmus()]), &[ME]);
    assert_eq!(
        ether(&booked),
        [
            ("op-gas", ME, Source::ExecutionGas, -(0x12448 * 0x6696_339c)),
            ("op-l1-fee", ME, Source::L1Fee, -0x235_3d65),
            // 74,824 * 300 / 1,000,000 = 22, and 400.
            ("op-operator-fee", ME, Source::OperatorFee, -422),
        ]
    );
}

#[test]
fn the_vaults_get_to_the_wei_what_the_sender_pays() {
    let mut block = block(vec![isthmus()]);
    (block.base_fee, block.beneficiary) = (wei(0x6000_0000), SEQUENCER_FEE_VAULT);
    let vaults = [SEQUENCER_FEE_VAULT, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT];
    let booked = booked(&block, &[&vaults[..], &[ME]].concat());
    let lines = ether(&booked);
    assert_eq!(lines.iter().map(|(.., amount)| amount).sum::<i128>(), 0);
    let of = |vault| lines.iter().find(|(_, owner, ..)| *owner == vault).copied().unwrap();
    assert_eq!(of(SEQUENCER_FEE_VAULT), ("tips", vaults[0], Source::Tips, 0x12448 * 0x696_339c));
    assert_eq!(of(BASE_FEE_VAULT).3, 0x12448 * 0x6000_0000);
    assert_eq!(of(L1_FEE_VAULT).3, 0x235_3d65);
    assert_eq!(of(OPERATOR_FEE_VAULT).3, 422);
}

/// Jovian: "operatorFee = gasUsed * scalar * 100 + constant"; `blobGasUsed` of a receipt is then the footprint of its data.
#[test]
fn after_jovian_the_operator_fee_has_another_formula_and_the_footprint_costs_nothing() {
    let mut tx = isthmus();
    (tx.blob_gas, tx.blob_gas_price) = (40_000, wei(1));
    let mut block = block(vec![tx]);
    block.extra_data = Bytes::from(hex!("01000000fa00000006000000000000000a").to_vec());
    let booked = booked(&block, &[ME]);
    let lines = ether(&booked);
    assert_eq!(lines[2], ("op-operator-fee", ME, Source::OperatorFee, -(74_824 * 300 * 100 + 400)));
    assert_eq!(lines.len(), 3);
    assert_eq!(why(&booked.entries[2], "fork"), "Jovian");
}

#[test]
fn a_deposit_pays_nothing_and_its_mint_stays_if_it_fails() {
    let source_hash = B256::repeat_byte(7);
    let mut tx = tx(ME, YOU, 30);
    (tx.kind, tx.gas_used, tx.success) = (0x7e, 50_000, false);
    tx.layer2 = Some(Layer2::OpStack {
        l1_fee: U256::ZERO,
        operator_fee_scalar: wei(5_000_000),
        operator_fee_constant: wei(9),
        mint: wei(30),
        source_hash: Some(source_hash),
    });
    let failed = booked(&block(vec![tx.clone()]), &[ME, YOU, OPERATOR_FEE_VAULT]);
    assert_eq!(ether(&failed), [("deposit-received", ME, Source::Deposit, 30)]);
    assert_eq!(why(&failed.entries[0], "movement"), source_hash.to_string());
    tx.success = true;
    let done = booked(&block(vec![tx]), &[ME, YOU]);
    let expected = [
        ("deposit-received", ME, Source::Deposit, 30),
        ("deposit-received", ME, Source::Deposit, -30),
        ("deposit-received", YOU, Source::Deposit, 30),
    ];
    assert_eq!(ether(&done), expected);
}

/// Transaction 0x5aeca744… of Arbitrum One, block 220,760,773, whose receipt alloy's tests record.
#[test]
fn the_l1_part_of_a_recorded_receipt_of_arbitrum_is_named_and_not_added() {
    let from = address!("0xe487d95426e55a29f2266e6788ab55608ebb829b");
    let mut tx = tx(from, YOU, 0);
    (tx.kind, tx.gas_used, tx.gas_price) = (0, 0x3ad89, wei(0x98_9680));
    tx.layer2 = Some(Layer2::Arbitrum { gas_used_for_l1: 0x2_c906 });
    let mut block = block(vec![tx]);
    block.beneficiary = address!("0xa4b000000000000000000073657175656e636572");
    let booked = booked(&block, &[from, block.beneficiary]);
    let paid = 0x3ad89 * 10_000_000;
    assert_eq!(ether(&booked), [("arbitrum-gas", from, Source::ExecutionGas, -paid)]);
    assert_eq!(why(&booked.entries[0], "for_l1"), (0x2_c906 * 10_000_000_u64).to_string());
}

#[test]
fn a_deposit_of_ether_on_arbitrum_is_made_for_its_recipient() {
    let mut tx = tx(ME, YOU, 30);
    (tx.kind, tx.layer2) = (0x64, Some(Layer2::Arbitrum { gas_used_for_l1: 0 }));
    let booked = booked(&block(vec![tx]), &[ME, YOU]);
    assert_eq!(ether(&booked), [("deposit-received", YOU, Source::Deposit, 30)]);
}

#[test]
fn ether_that_contracts_send_is_named_by_the_trace() {
    let mut tx = tx(ME, CONTRACT, 10);
    tx.trace = Some(TxTrace {
        changes: [(ME, (wei(50), wei(44)))].into(),
        payments: vec![(CONTRACT, ME, wei(4)), (CONTRACT, YOU, wei(6))],
    });
    let booked = booked(&block(vec![tx]), &[ME]);
    let expected =
        [("ether-value", ME, Source::Transfer, -10), ("ether-inner", ME, Source::Transfer, 4)];
    assert_eq!(ether(&booked), expected);
}

#[test]
fn the_difference_of_the_trace_has_the_last_word() {
    let mut tx = tx(ME, CONTRACT, 10);
    tx.trace = Some(TxTrace { changes: [(ME, (wei(50), wei(43)))].into(), payments: vec![] });
    let booked = booked(&block(vec![tx]), &[ME]);
    let expected =
        [("ether-value", ME, Source::Transfer, -10), ("unexplained", ME, Source::Unexplained, 3)];
    assert_eq!(ether(&booked), expected);
}

#[test]
fn without_traces_a_change_of_the_balance_without_a_cause_is_unexplained() {
    let mut block = block(vec![tx(ME, YOU, 10)]);
    block.openings.insert((ME, Token::Ether), wei(100));
    block.balances.insert((ME, Token::Ether), wei(97));
    let booked = booked(&block, &[ME]);
    let expected = [
        ("ether-value", ME, Source::Transfer, -10),
        ("opening", ME, Source::Opening, 100),
        ("unexplained", ME, Source::Unexplained, 7),
    ];
    assert_eq!(ether(&booked), expected);
}

#[test]
fn tokens_move_as_they_say_and_nft_are_none() {
    let mut nft = transfer(3, CONTRACT, ME, YOU, 9);
    nft.topics.push(B256::ZERO);
    nft.data = Bytes::new();
    let mut tx = tx(ME, TOKEN, 0);
    tx.logs = vec![
        transfer(0, TOKEN, ME, YOU, 5),
        transfer(1, TOKEN, Address::ZERO, ME, 2),
        transfer(2, TOKEN, ME, Address::ZERO, 1),
        nft,
    ];
    let booked = booked(&block(vec![tx]), &[ME]);
    let amounts: Vec<i128> = tokens(&booked, TOKEN).iter().map(|line| line.3).collect();
    assert_eq!(amounts, [-5, 2, -1]);
    assert_eq!(booked.entries.len(), 3);
    assert_eq!(booked.entries[0].place().log, Some(0));
}

#[test]
fn wrapping_is_one_entry_with_both_sides() {
    let topics = [event("Deposit(address,uint256)"), ME.into_word()];
    let mut wrap = tx(ME, TOKEN, 10);
    wrap.logs = vec![log(0, TOKEN, &topics, &[wei(10)])];
    let topics = [event("Withdrawal(address,uint256)"), ME.into_word()];
    let mut unwrap = tx(ME, TOKEN, 0);
    unwrap.logs = vec![log(1, TOKEN, &topics, &[wei(4)])];
    unwrap.trace = Some(TxTrace {
        changes: [(ME, (wei(0), wei(4)))].into(),
        payments: vec![(TOKEN, ME, wei(4))],
    });
    let booked = booked(&block(vec![wrap, unwrap]), &[ME]);
    assert_eq!(booked.entries.len(), 2);
    let in_ether = ether(&booked).into_iter().map(|line| (line.2, line.3));
    let wrapping = Source::Wrapping;
    assert!(in_ether.eq([(wrapping, -10), (wrapping, 4)]));
    assert!(
        tokens(&booked, TOKEN)
            .iter()
            .map(|line| (line.2, line.3))
            .eq([(wrapping, 10), (wrapping, -4)])
    );
}

#[test]
fn a_contract_that_only_says_that_it_unwraps_is_not_believed_where_there_is_a_trace() {
    let topics = [event("Withdrawal(address,uint256)"), ME.into_word()];
    let mut liar = tx(ME, TOKEN, 0);
    liar.logs = vec![log(0, TOKEN, &topics, &[wei(4)])];
    liar.trace = Some(TxTrace::default());
    assert_eq!(ether(&booked(&block(vec![liar]), &[ME])), []);
}

#[test]
fn a_vault_s_two_events_are_one_withdrawal_and_between_vaults_nothing_is_earned() {
    let words = |to: Address, network: Option<u128>| {
        let mut words = vec![wei(70), to.into_word().into(), ME.into_word().into()];
        words.extend(network.map(wei));
        words
    };
    let withdrawn = |to: Address| {
        let vault = BASE_FEE_VAULT;
        let old = event("Withdrawal(uint256,address,address)");
        let new = event("Withdrawal(uint256,address,address,uint8)");
        let mut tx = tx(ME, vault, 0);
        tx.layer2 = isthmus().layer2;
        tx.layer2 = Some(Layer2::OpStack {
            l1_fee: U256::ZERO,
            operator_fee_scalar: U256::ZERO,
            operator_fee_constant: U256::ZERO,
            mint: U256::ZERO,
            source_hash: None,
        });
        tx.logs = vec![
            log(0, vault, &[old], &words(to, None)),
            log(1, vault, &[new], &words(to, Some(1))),
        ];
        tx
    };
    let source = Source::VaultWithdrawal;
    for traced in [false, true] {
        for to in [YOU, L1_FEE_VAULT] {
            let mut tx = withdrawn(to);
            if traced {
                let payments = vec![(BASE_FEE_VAULT, to, wei(70))];
                tx.trace = Some(TxTrace { changes: Default::default(), payments });
            }
            let booked = booked(&block(vec![tx]), &[BASE_FEE_VAULT, to]);
            let expected = [
                ("vault-withdrawal", BASE_FEE_VAULT, source, -70),
                ("vault-withdrawal", to, source, 70),
            ];
            assert_eq!(ether(&booked), expected, "{traced} {to}");
        }
    }
}

#[test]
fn a_deposit_and_a_withdrawal_are_one_movement_on_both_chains() {
    let portal = CONTRACT;
    let deposited = event("TransactionDeposited(address,address,uint256,bytes)");
    let topics = [deposited, ME.into_word(), ME.into_word(), B256::ZERO];
    let words = [wei(32), wei(73), wei(30), wei(30), wei(0)];
    let mut sent = tx(ME, portal, 30);
    sent.logs = vec![log(3, portal, &topics, &words)];
    let l1 = block(vec![sent]);
    let booked_l1 = booked(&l1, &[ME]);
    assert_eq!(ether(&booked_l1), [("deposit-sent", ME, Source::Deposit, -30)]);
    // "keccak256(bytes32(uint256(0)), keccak256(l1BlockHash, bytes32(uint256(l1LogIndex))))"
    let place = keccak256([l1.hash.0, U256::from(3).to_be_bytes()].concat());
    let source_hash = keccak256([[0; 32], place.0].concat());
    assert_eq!(why(&booked_l1.entries[0], "movement"), source_hash.to_string());

    let hash = B256::repeat_byte(0x77);
    let passer = address!("0x4200000000000000000000000000000000000016");
    let passed = event("MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)");
    let topics = [passed, B256::ZERO, ME.into_word(), ME.into_word()];
    let mut away = tx(ME, passer, 20);
    away.logs = vec![log(0, passer, &topics, &[wei(20), wei(0), wei(128), hash.into(), wei(0)])];
    let booked_l2 = booked(&block(vec![away]), &[ME]);
    assert_eq!(ether(&booked_l2), [("withdrawal-sent", ME, Source::Withdrawal, -20)]);

    let finalized = [event("WithdrawalFinalized(bytes32,bool)"), hash];
    let mut paid = tx(YOU, portal, 0);
    paid.logs = vec![log(0, portal, &finalized, &[wei(1)])];
    paid.trace =
        Some(TxTrace { changes: Default::default(), payments: vec![(portal, ME, wei(20))] });
    let with_trace = booked(&block(vec![paid.clone()]), &[ME]);
    let selector =
        event("finalizeWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes))");
    let words = [wei(32), wei(0), ME.into_word().into(), ME.into_word().into(), wei(20)];
    let arguments = words.iter().flat_map(|word: &U256| word.to_be_bytes::<32>());
    paid.input = selector[..4].iter().copied().chain(arguments).collect::<Vec<_>>().into();
    paid.trace = None;
    for booked in [with_trace, booked(&block(vec![paid]), &[ME])] {
        assert_eq!(ether(&booked), [("withdrawal-received", ME, Source::Withdrawal, 20)]);
        assert_eq!(why(&booked.entries[0], "movement"), why(&booked_l2.entries[0], "movement"));
    }
}

#[test]
fn rewards_are_income_and_staked_tokens_stay_the_owner_s() {
    let user = ME.into_word();
    let mut stake = tx(ME, CONTRACT, 0);
    stake.logs = vec![
        transfer(0, TOKEN, ME, CONTRACT, 50),
        log(1, CONTRACT, &[event("Staked(address,uint256)"), user], &[wei(50)]),
    ];
    let mut claim = tx(ME, CONTRACT, 0);
    claim.logs = vec![
        transfer(2, TOKEN, CONTRACT, ME, 3),
        log(3, CONTRACT, &[event("RewardPaid(address,uint256)"), user], &[wei(3)]),
        log(4, CONTRACT, &[event("RewardAdded(uint256)")], &[wei(1_000)]),
    ];
    let mut back = tx(ME, CONTRACT, 0);
    back.logs = vec![
        transfer(5, TOKEN, CONTRACT, ME, 20),
        log(6, CONTRACT, &[event("Withdrawn(address,uint256)"), user], &[wei(20)]),
    ];
    let booked = booked(&block(vec![stake, claim, back]), &[ME]);
    let expected = [
        ("staking", ME, Source::Transfer, -50),
        ("reward", ME, Source::Reward, 3),
        ("staking", ME, Source::Transfer, 20),
    ];
    assert_eq!(tokens(&booked, TOKEN), expected);
    let staked = lines_of(&booked, Token::Erc20(TOKEN), Position::In(CONTRACT));
    assert_eq!(staked.iter().map(|line| line.3).sum::<i128>(), 30);
}

#[test]
fn shares_of_a_vault_earn_what_they_become_worth_more() {
    let (vault, asset) = (CONTRACT, TOKEN);
    let owners: Owners = [ME].into_iter().collect();
    let mut running = Running::default();
    let position = Position::In(vault);
    let value =
        |shares: u128, assets: u128| ShareValue { asset, shares: wei(shares), assets: wei(assets) };

    let mut deposit = tx(ME, vault, 0);
    let topics =
        [event("Deposit(address,address,uint256,uint256)"), ME.into_word(), ME.into_word()];
    deposit.logs = vec![
        transfer(0, asset, ME, vault, 100),
        transfer(1, vault, Address::ZERO, ME, 80),
        log(2, vault, &topics, &[wei(100), wei(80)]),
    ];
    let mut first = block(vec![deposit]);
    first.shares.insert((ME, vault), value(80, 99)); // an entry fee of one
    let booked = rules::book(&first, &owners, &mut running).unwrap();
    assert_eq!(tokens(&booked, asset), [("vault-shares", ME, Source::Transfer, -100)]);
    assert_eq!(tokens(&booked, vault), [("erc20-transfer", ME, Source::Transfer, 80)]);
    let lines = lines_of(&booked, Token::Erc20(asset), position);
    let expected = [
        ("vault-shares", ME, Source::Transfer, 100),
        ("vault-income", ME, Source::VaultIncome, -1),
    ];
    assert_eq!(lines, expected);

    let mut second = block(Vec::new());
    second.shares.insert((ME, vault), value(80, 120));
    let booked = rules::book(&second, &owners, &mut running).unwrap();
    let lines = lines_of(&booked, Token::Erc20(asset), position);
    assert_eq!(lines, [("vault-income", ME, Source::VaultIncome, 21)]);

    // Half of them is given away: no loss.
    let mut gift = tx(ME, vault, 0);
    gift.logs = vec![transfer(0, vault, ME, YOU, 40)];
    let mut third = block(vec![gift]);
    third.shares.insert((ME, vault), value(40, 60));
    let booked = rules::book(&third, &owners, &mut running).unwrap();
    let lines = lines_of(&booked, Token::Erc20(asset), position);
    assert_eq!(lines, [("vault-income", ME, Source::Transfer, -60)]);

    let mut exit = tx(ME, vault, 0);
    let signature = event("Withdraw(address,address,address,uint256,uint256)");
    let topics = [signature, ME.into_word(), ME.into_word(), ME.into_word()];
    exit.logs = vec![
        transfer(0, vault, ME, Address::ZERO, 40),
        transfer(1, asset, vault, ME, 61),
        log(2, vault, &topics, &[wei(61), wei(40)]),
    ];
    let mut last = block(vec![exit]);
    last.shares.insert((ME, vault), value(0, 0));
    let booked = rules::book(&last, &owners, &mut running).unwrap();
    let lines = lines_of(&booked, Token::Erc20(asset), position);
    assert_eq!(lines.iter().map(|line| line.3).collect::<Vec<_>>(), [-61, 1]);
    assert_eq!(running.at(ME, position, Token::Erc20(asset)), I256::ZERO);
    assert_eq!(running.wallet(ME, Token::Erc20(vault)), I256::ZERO);
}

#[test]
fn withdrawals_of_validators_are_the_consensus_layer_s() {
    let mut block = block(Vec::new());
    block.withdrawals = vec![(ME, wei(5_000_000_000)), (YOU, wei(7))];
    let expected = [("validator-withdrawal", ME, Source::Consensus, 5_000_000_000)];
    assert_eq!(ether(&booked(&block, &[ME])), expected);
}

#[test]
fn every_rule_is_in_the_documentation_with_its_name_and_formula() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ledger-rules.md");
    let text = std::fs::read_to_string(path).unwrap();
    for rule in RULES {
        assert!(text.contains(&format!("`{}`", rule.name)), "{}", rule.name);
        assert!(text.contains(rule.source), "{}: {}", rule.name, rule.source);
        assert_eq!(rules::rule(rule.name), Some(rule));
    }
}

/// The amounts of an absurd token cannot stop the books.
#[test]
fn amounts_that_cannot_be_are_left_out() {
    let mut tx = tx(ME, TOKEN, 0);
    tx.logs = vec![log(
        0,
        TOKEN,
        &[event("Transfer(address,address,uint256)"), YOU.into_word(), ME.into_word()],
        &[U256::MAX],
    )];
    assert_eq!(booked(&block(vec![tx]), &[ME]).entries, []);
    assert_eq!(signed(1), I256::ONE);
}
