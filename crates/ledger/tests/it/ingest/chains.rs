//! Whole chains in this process: whatever happens on them, every wei is explained.

use super::chain::{
    DESTROYER, FORWARDER, LIAR, Ledger, MESSAGE_PASSER, REFUNDER, REVERTER, Site, WETH, block_on,
    who,
};
use crate::cases;
use alloy_primitives::{Address, B256, TxKind, U256, hex};
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use seam_ledger::{
    Source as Reason, Token,
    books::ChainKind,
    check::Wrong,
    ingest::Reached,
    rules::{BASE_FEE_VAULT, FeeVault, OPERATOR_FEE_VAULT},
    source::Tracing,
};

/// Blocks of the long chain, in CI and in the soak.
const BLOCKS: (u64, u64) = (400, 10_000);

/// What somebody does.
#[derive(Debug, Clone)]
enum Act {
    Pay {
        to: u8,
        wei: u64,
    },
    Forward {
        to: u8,
        wei: u64,
    },
    Refund {
        wei: u64,
    },
    Revert {
        to: u8,
        wei: u64,
    },
    Destroy {
        to: u8,
        wei: u64,
    },
    /// Init code that destroys itself, that leaves code and keeps the ether, that fails.
    Create {
        code: u8,
        wei: u64,
    },
    OutOfGas {
        wei: u64,
    },
    Delegate {
        to: u8,
        wei: u64,
    },
    Wrap {
        wei: u64,
    },
    Unwrap {
        wei: u64,
    },
    SendWrapped {
        to: u8,
        wei: u64,
    },
    /// Has a fee vault pay out.
    Collect {
        vault: u8,
    },
    /// Towards L1.
    Leave {
        wei: u64,
    },
    /// From L1: whom, to whom, mint, value.
    Deposit {
        to: u8,
        mint: u64,
        value: u64,
    },
}

/// Type of the transaction, who, what.
type Done = (u8, u8, Act);

fn act() -> impl Strategy<Value = Act> {
    let (to, wei) = (0..12_u8, prop_oneof![Just(0_u64), 1..1_000_u64, 1..u64::from(u32::MAX)]);
    let both = (to.clone(), wei.clone());
    prop_oneof![
        both.clone().prop_map(|(to, wei)| Act::Pay { to, wei }),
        both.clone().prop_map(|(to, wei)| Act::Forward { to, wei }),
        wei.clone().prop_map(|wei| Act::Refund { wei }),
        both.clone().prop_map(|(to, wei)| Act::Revert { to, wei }),
        both.clone().prop_map(|(to, wei)| Act::Destroy { to, wei }),
        (0..3_u8, wei.clone()).prop_map(|(code, wei)| Act::Create { code, wei }),
        wei.clone().prop_map(|wei| Act::OutOfGas { wei }),
        both.clone().prop_map(|(to, wei)| Act::Delegate { to, wei }),
        wei.clone().prop_map(|wei| Act::Wrap { wei }),
        (1..500_u64).prop_map(|wei| Act::Unwrap { wei }),
        (to.clone(), 1..500_u64).prop_map(|(to, wei)| Act::SendWrapped { to, wei }),
        (0..4_u8).prop_map(|vault| Act::Collect { vault }),
        wei.clone().prop_map(|wei| Act::Leave { wei }),
        (to, wei.clone(), wei).prop_map(|(to, mint, value)| Act::Deposit { to, mint, value }),
    ]
}

fn done() -> impl Strategy<Value = Done> {
    (0..3_u8, 0..8_u8, act())
}

fn blocks() -> impl Strategy<Value = Vec<Vec<Done>>> {
    vec(vec(done(), 0..6), 1..8)
}

fn word(amount: u64) -> [u8; 32] {
    U256::from(amount).to_be_bytes()
}

/// Everybody does what they do, block after block.
fn play(site: &mut Site, blocks: &[Vec<Done>]) {
    for block in blocks {
        let mut deposits = Vec::new();
        for (kind, from, act) in block {
            if let Act::Deposit { to, mint, value } = *act {
                // A deposit takes a nonce of its sender's: those who send on the rollup do not deposit.
                deposits.push((who(8 + from % 4), who(to), mint, value));
            } else {
                perform(site, *kind, *from, act);
            }
        }
        site.mine(&deposits);
    }
}

fn perform(site: &mut Site, kind: u8, from: u8, act: &Act) {
    let call = TxKind::Call;
    let to_word = |to: u8| who(to).into_word().to_vec();
    let is_rollup = site.kind() == ChainKind::OpStack;
    match *act {
        Act::Pay { to, wei } => site.send(kind, from, call(who(to)), wei, Vec::new()),
        Act::Forward { to, wei } => site.send(kind, from, call(FORWARDER), wei, to_word(to)),
        Act::Refund { wei } => site.send(kind, from, call(REFUNDER), wei, Vec::new()),
        Act::Revert { to, wei } => site.send(kind, from, call(REVERTER), wei, to_word(to)),
        Act::Destroy { to, wei } => site.send(kind, from, call(DESTROYER), wei, to_word(to)),
        Act::Create { code, wei } => {
            let codes: [&[u8]; 3] = [&hex!("33ff"), &hex!("60015f5360015ff3"), &hex!("fe")];
            site.send(kind, from, TxKind::Create, wei, codes[usize::from(code)].to_vec());
        }
        Act::OutOfGas { wei } => {
            let to = call(FORWARDER);
            site.send_with(kind, from, to, (wei, 25_000), vec![1; 32]);
        }
        // Those who never send anything themselves.
        Act::Delegate { to, wei } => site.delegate(from, 8 + to % 2, who(to), wei),
        Act::Wrap { wei } if is_rollup => {
            site.send(kind, from, call(WETH), wei, hex!("d0e30db0").to_vec());
        }
        Act::Unwrap { wei } if is_rollup => {
            let input = [hex!("2e1a7d4d").as_slice(), &word(wei)].concat();
            site.send(kind, from, call(WETH), 0, input);
        }
        Act::SendWrapped { to, wei } if is_rollup => {
            let input = [hex!("a9059cbb").as_slice(), &to_word(to), &word(wei)].concat();
            site.send(kind, from, call(WETH), 0, input);
        }
        Act::Collect { vault } if is_rollup => {
            let vault = FeeVault::ALL[usize::from(vault)].address;
            site.send(kind, from, call(vault), 0, hex!("3ccfd60b").to_vec());
        }
        Act::Leave { wei } if is_rollup => {
            site.send(kind, from, call(MESSAGE_PASSER), wei, Vec::new());
        }
        Act::Wrap { .. } | Act::Unwrap { .. } | Act::SendWrapped { .. } => {}
        Act::Collect { .. } | Act::Leave { .. } | Act::Deposit { .. } => {}
    }
}

fn site_of(kind: ChainKind) -> Site {
    if kind == ChainKind::OpStack { Site::rollup() } else { Site::ethereum() }
}

/// Everybody is followed from these blocks on, and all adds up.
fn explained(kind: ChainKind, blocks: &[Vec<Done>], starts: &[u64]) {
    let mut site = site_of(kind);
    play(&mut site, blocks);
    block_on(async {
        let head = site.head();
        let starts = starts.iter().map(|start| start % (head + 1)).cycle();
        let owners = site.everybody().into_iter().zip(starts);
        let ledger = Ledger::new(site.source(Tracing::WhereOffered), kind, owners).await;
        assert_eq!(ledger.ingest().await.unwrap(), Reached::Block(head));
        let checked = ledger.check().await;
        assert_eq!(checked.failures, []);
        assert!(checked.adds_up(), "{checked:?}");
        assert_eq!(checked.vaults.len(), if kind == ChainKind::OpStack { 4 } else { 0 });
        assert!(checked.balances >= 16);
        assert_eq!(ledger.books.mismatches(ledger.chain).await.unwrap(), []);
    });
}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn every_wei_on_ethereum_is_explained(blocks in blocks(), starts in vec(0..8_u64, 1..6)) {
        explained(ChainKind::Ethereum, &blocks, &starts);
    }

    #[test]
    fn every_wei_on_a_rollup_is_explained_and_its_vaults_agree_from_both_ends(
        blocks in blocks(), starts in vec(0..8_u64, 1..6),
    ) {
        explained(ChainKind::OpStack, &blocks, &starts);
    }

    #[test]
    fn after_reorgs_the_books_are_those_of_a_fresh_ingestion(
        parts in vec((blocks(), 0..12_u64), 1..4), late in 0..12_u8,
    ) {
        let mut site = Site::ethereum();
        block_on(async {
            let owners: Vec<_> = site.everybody().into_iter().map(|owner| (owner, 0)).collect();
            let source = site.source(Tracing::WhereOffered);
            // One joins when the others are further on.
            let others = owners.iter().copied().filter(|(owner, _)| *owner != who(late));
            let ledger = Ledger::new(source, ChainKind::Ethereum, others).await;
            for (blocks, depth) in &parts {
                tokio::task::block_in_place(|| play(&mut site, blocks));
                ledger.ingest().await.unwrap();
                if ledger.books.account(ledger.chain, who(late)).await.unwrap().is_none() {
                    ledger.track(who(late), 0).await;
                }
                let depth = (*depth).min(site.head());
                tokio::task::block_in_place(|| {
                    if depth > 0 {
                        site.reorg(depth);
                    }
                    site.mine(&[]);
                });
            }
            ledger.ingest().await.unwrap();
            let fresh = Ledger::new(site.source(Tracing::WhereOffered), ChainKind::Ethereum, owners).await;
            fresh.ingest().await.unwrap();
            assert_eq!(ledger.lines().await, fresh.lines().await);
            assert!(ledger.check().await.adds_up());
        });
    }
}

/// Every type of transaction that a rollup has, day and night, with an operator who takes a fee: what the receipts
/// say that each vault got is what its balance grew by, and everybody else's wei are explained too.
#[test]
fn over_many_blocks_the_vaults_grow_by_what_the_receipts_say() {
    let soak = std::env::var_os("SEAM_SOAK").is_some();
    let wanted = if soak { BLOCKS.1 } else { BLOCKS.0 };
    let mut site = Site::rollup();
    let (mut runner, block) = (TestRunner::deterministic(), vec(done(), 0..6));
    while site.head() < wanted {
        let block = block.new_tree(&mut runner).unwrap().current();
        play(&mut site, &[block]);
    }
    block_on(async {
        let owners = site.everybody().into_iter().map(|owner| (owner, 0));
        let source = site.source(Tracing::WhereOffered);
        let ledger = Ledger::new(source, ChainKind::OpStack, owners).await;
        assert_eq!(ledger.ingest().await.unwrap(), Reached::Block(site.head()));
        let checked = ledger.check().await;
        assert!(checked.adds_up(), "{checked:?}");
        assert_eq!(checked.vaults.len(), 4);
        for vault in checked.vaults {
            assert!(vault.fees.is_positive() && vault.fees == vault.growth, "{vault:?}");
            eprintln!("{} got {} wei in {} blocks", vault.vault, vault.fees, site.head());
        }
    });
}

#[test]
fn without_traces_every_wei_is_counted_and_what_contracts_paid_is_named_unexplained() {
    let mut site = Site::ethereum();
    site.send(2, 0, TxKind::Call(who(1)), 5, Vec::new());
    site.mine(&[]);
    site.send(2, 0, TxKind::Call(FORWARDER), 70, who(1).into_word().to_vec());
    site.mine(&[]);
    block_on(async {
        let owners = [(who(0), 0), (who(1), 0)];
        let ledger = Ledger::new(site.source(Tracing::Never), ChainKind::Ethereum, owners).await;
        ledger.ingest().await.unwrap();
        let checked = ledger.check().await;
        assert!(!checked.adds_up());
        let [failure] = checked.failures.as_slice() else { panic!("{checked:?}") };
        assert_eq!((failure.owner, failure.token, failure.block), (who(1), Token::Ether, Some(2)));
        let amount = "70".parse().unwrap();
        assert_eq!(failure.wrong, Wrong::Unexplained { lines: 1, amount });
        let text = failure.to_string();
        assert!(
            text.contains("since block 2: 1 lines, 70 together, have no named cause"),
            "{text}"
        );
        let traced =
            Ledger::new(site.source(Tracing::default()), ChainKind::Ethereum, owners).await;
        traced.ingest().await.unwrap();
        assert!(traced.check().await.adds_up());
    });
}

#[test]
fn a_token_that_lies_comes_up_in_the_check_with_its_block() {
    let mut site = Site::ethereum();
    site.mine(&[]);
    let to = who(1).into_word();
    let input = [hex!("a9059cbb").as_slice(), to.as_slice(), &word(100)].concat();
    site.send(2, 0, TxKind::Call(LIAR), 0, input);
    site.mine(&[]);
    site.mine(&[]);
    block_on(async {
        let owners = [(who(1), 0)];
        let ledger =
            Ledger::new(site.source(Tracing::default()), ChainKind::Ethereum, owners).await;
        ledger.ingest().await.unwrap();
        let checked = ledger.check().await;
        let [failure] = checked.failures.as_slice() else { panic!("{checked:?}") };
        let token = Token::Erc20(LIAR);
        assert_eq!((failure.owner, failure.token, failure.block), (who(1), token, Some(2)));
    });
}

#[test]
fn who_begins_late_begins_with_what_it_had() {
    let mut site = Site::ethereum();
    for _ in 0..4 {
        site.send(0, 0, TxKind::Call(who(1)), 1_000, Vec::new());
        site.mine(&[]);
    }
    block_on(async {
        let source = site.source(Tracing::default());
        let ledger = Ledger::new(source, ChainKind::Ethereum, [(who(1), 3)]).await;
        ledger.ingest().await.unwrap();
        let lines = ledger.lines().await;
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("3 ") && line.contains("opening")));
        assert!(ledger.check().await.adds_up());
        let waiting =
            Ledger::new(site.source(Tracing::default()), ChainKind::Ethereum, [(who(1), 9)]).await;
        assert_eq!(waiting.ingest().await.unwrap(), Reached::Waiting { from: 9, head: 4 });
        let nobody = Ledger::new(site.source(Tracing::default()), ChainKind::Ethereum, []).await;
        assert_eq!(nobody.ingest().await.unwrap(), Reached::NothingTracked);
    });
}

/// A deposit has the same movement in the books of the rollup as its source hash on L1.
#[test]
fn a_deposit_on_a_rollup_is_booked_with_its_movement() {
    let site = Site::rollup();
    site.mine(&[(who(11), who(11), 700, 0)]);
    block_on(async {
        let source = site.source(Tracing::default());
        let ledger = Ledger::new(source, ChainKind::OpStack, [(who(11), 0)]).await;
        ledger.ingest().await.unwrap();
        let lines = ledger.lines().await;
        let deposit = lines.iter().find(|line| line.contains("deposit-received")).unwrap();
        assert!(deposit.contains(&format!("{:?}", Reason::Deposit)), "{deposit}");
        assert!(deposit.contains("movement") && !deposit.contains(&B256::ZERO.to_string()));
        assert_eq!(site.balance(who(11)), U256::from(700));
        assert_ne!(who(11), Address::ZERO);
    });
}

/// The contracts of a rollup themselves: the operator's vault pays into another, and somebody leaves.
#[test]
fn what_vaults_pay_out_is_one_line_each_and_still_agrees_from_both_ends() {
    let mut site = Site::rollup();
    site.send(2, 0, TxKind::Call(who(1)), 5, Vec::new());
    site.mine(&[]);
    site.send(2, 0, TxKind::Call(OPERATOR_FEE_VAULT), 0, hex!("3ccfd60b").to_vec());
    site.send(2, 5, TxKind::Call(MESSAGE_PASSER), 77, Vec::new());
    site.mine(&[]);
    block_on(async {
        for tracing in [Tracing::WhereOffered, Tracing::Never] {
            let owners = site.everybody().into_iter().map(|owner| (owner, 0));
            let ledger = Ledger::new(site.source(tracing), ChainKind::OpStack, owners).await;
            ledger.ingest().await.unwrap();
            let checked = ledger.check().await;
            assert!(checked.adds_up(), "{checked:?}");
            let lines = ledger.lines().await;
            let of = |rule: &str| lines.iter().filter(|line| line.contains(rule)).count();
            // The operator's vault pays into that of base fees: one payment, one line on each side.
            assert_eq!(of("vault-withdrawal"), 2, "{lines:#?}");
            let paid = |vault: Address, sign: &str| {
                let line =
                    format!("vault-withdrawal VaultWithdrawal {vault:?} Ether Wallet {sign}");
                lines.iter().filter(|text| text.contains(&line)).count()
            };
            assert_eq!((paid(OPERATOR_FEE_VAULT, "-"), paid(BASE_FEE_VAULT, "")), (1, 1));
            assert_eq!(of("withdrawal-sent"), 2, "who leaves, and the contract that passes it on");
            assert!(checked.vaults.iter().all(|vault| vault.fees.is_positive()));
        }
    });
}
