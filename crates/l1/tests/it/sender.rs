//! Nothing is sent twice, whatever happens.

use crate::{
    client::{block_on, client},
    simulated::{CHAIN_ID, Faults, Forgotten, Fork, GWEI, SimulatedAccess, SimulatedL1},
};
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256, U256};
use alloy_signer_local::PrivateKeySigner;
use proptest::prelude::*;
use seam_l1::{SendError, SendLimits, Sender, Severity, TxRequest, timer::SimulatedTimer};
use std::{path::PathBuf, sync::Arc, time::Duration};

fn signer() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap()
}

/// Its value tells it from others.
fn request(number: u64) -> TxRequest {
    TxRequest {
        to: Some(Address::repeat_byte(9)),
        value: U256::from(number),
        gas_limit: 21_000,
        ..TxRequest::default()
    }
}

/// One with so many blobs, which are no others' either.
fn with_blobs(number: u64, blobs: u8) -> TxRequest {
    let blob = |place: u8| {
        let mut blob = Blob::ZERO;
        blob[1] = place;
        blob[24..32].copy_from_slice(&number.to_be_bytes());
        blob
    };
    TxRequest { blobs: (0..blobs).map(blob).collect(), ..request(number) }
}

/// Blobs of each transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blobs {
    None,
    One,
}

/// An L1, an endpoint to it and a journal.
struct Stage {
    l1: Arc<SimulatedL1>,
    endpoint: Arc<SimulatedAccess>,
    timer: Arc<SimulatedTimer>,
    client: seam_l1::L1Client,
    journal: PathBuf,
    limits: SendLimits,
    /// What the transactions of a random history have.
    blobs: Blobs,
    _base: tempfile::TempDir,
}

impl Stage {
    fn new(limits: SendLimits) -> Self {
        let l1 = SimulatedL1::new();
        l1.mine_empty(10);
        let endpoint = SimulatedAccess::new("a", &l1);
        let (client, timer) = client(&[&endpoint], Some(CHAIN_ID));
        let base = tempfile::tempdir().unwrap();
        let journal = base.path().join("journal");
        Self { l1, endpoint, timer, client, journal, limits, blobs: Blobs::None, _base: base }
    }

    fn try_open(&self) -> Result<Sender, SendError> {
        let (client, limits) = (self.client.clone(), self.limits.clone());
        block_on(Sender::open(&self.journal, client, signer(), CHAIN_ID, limits))
    }

    fn open(&self) -> Sender {
        self.try_open().unwrap()
    }

    /// What of ours is in the chain, in order.
    fn mined(&self) -> Vec<TxEnvelope> {
        let blocks = self.l1.canonical();
        let all = blocks.iter().flat_map(|block| block.transactions.clone());
        all.map(|(from, transaction)| {
            assert_eq!(from, signer().address());
            transaction
        })
        .collect()
    }

    /// Files with blobs.
    fn files(&self) -> usize {
        let folder = self.journal.with_file_name("journal.blobs");
        folder.read_dir().map_or(0, |files| files.count())
    }

    fn mined_values(&self) -> Vec<u64> {
        self.mined().iter().map(|transaction| transaction.value().to()).collect()
    }

    /// Time passes, blocks come, and the sender looks, until nothing is in flight.
    fn settle(&self, sender: &Sender) -> Result<(), SendError> {
        for _ in 0..200 {
            self.timer.pass(Duration::from_secs(12));
            self.l1.mine();
            match block_on(sender.step()) {
                Ok(0) => return Ok(()),
                Err(error) if error.severity() == Severity::Halt => return Err(error),
                _ => {}
            }
        }
        panic!("it never ends: {sender:?}, {:?}", self.l1)
    }
}

#[test]
fn many_in_flight_are_mined_in_order_and_an_id_is_sent_once() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    for number in 1..=5 {
        let handle = block_on(sender.submit(&number.to_string(), &request(number))).unwrap();
        assert_eq!(handle.nonce, number - 1);
        let again = block_on(sender.submit(&number.to_string(), &request(number))).unwrap();
        assert_eq!(again, handle);
    }
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [1, 2, 3, 4, 5]);
    let receipt = block_on(sender.wait("3")).unwrap();
    assert_eq!((receipt.transaction, receipt.success), (*stage.mined()[2].tx_hash(), true));
    // Nor after a restart.
    drop(sender);
    let sender = stage.open();
    let handle = block_on(sender.submit("3", &request(3))).unwrap();
    assert_eq!((handle.nonce, handle.hash), (2, receipt.transaction));
    assert_eq!(block_on(sender.send("3", &request(3))).unwrap(), receipt);
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [1, 2, 3, 4, 5]);
}

#[test]
fn another_content_under_a_known_id_and_an_unknown_id_are_errors() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    block_on(sender.submit("a", &request(1))).unwrap();
    let error = block_on(sender.submit("a", &request(2))).unwrap_err();
    assert!(matches!(error, SendError::OtherContent { .. }), "{error}");
    stage.settle(&sender).unwrap();
    let error = block_on(sender.submit("a", &request(2))).unwrap_err();
    assert!(matches!(error, SendError::OtherContent { .. }), "{error}");
    assert!(matches!(block_on(sender.wait("b")), Err(SendError::Unknown(_))));
}

#[test]
fn what_cannot_be_paid_is_not_signed() {
    let stage =
        Stage::new(SendLimits { max_fee: 5 * GWEI, max_in_flight: 1, ..SendLimits::default() });
    let sender = stage.open();
    let submit = |number| block_on(sender.submit("a", &request(number)));
    stage.l1.with(|world| world.balance = 62_999 * GWEI);
    let error = submit(0).unwrap_err().to_string();
    // Twice the base fee and the tip, one gwei each.
    assert!(error.contains("needs 63000000000000: send it at least 1000000000 more"), "{error}");
    stage.l1.with(|world| (world.balance, world.base_fee) = (u128::MAX, 4 * GWEI + 1));
    let error = submit(0).unwrap_err();
    assert!(matches!(error, SendError::FeesTooHigh { .. }), "{error}");
    assert!(error.to_string().contains("--max-fee-gwei"));
    stage.l1.with(|world| world.base_fee = GWEI);
    submit(0).unwrap();
    let error = block_on(sender.submit("b", &request(1))).unwrap_err();
    assert!(matches!(error, SendError::Full(1)), "{error}");
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [0]);
}

#[test]
fn one_that_is_stuck_pays_more_until_it_is_mined() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    block_on(sender.submit("a", &request(1))).unwrap();
    block_on(sender.submit("b", &request(2))).unwrap();
    stage.l1.with(|world| world.base_fee = 40 * GWEI);
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [1, 2]);
    assert!(stage.mined().iter().all(|transaction| transaction.max_fee_per_gas() >= 40 * GWEI));
    let receipt = block_on(sender.wait("a")).unwrap();
    assert_eq!(receipt.transaction, *stage.mined()[0].tx_hash());
}

#[test]
fn the_limit_holds_and_what_waits_for_lower_fees_is_mined_when_they_come() {
    let stage = Stage::new(SendLimits { max_fee: 10 * GWEI, ..SendLimits::default() });
    let sender = stage.open();
    block_on(sender.submit("a", &request(1))).unwrap();
    stage.l1.with(|world| world.base_fee = 40 * GWEI);
    for _ in 0..100 {
        stage.timer.pass(Duration::from_secs(12));
        stage.l1.mine();
        assert_eq!(block_on(sender.step()).unwrap(), 1);
    }
    stage.l1.with(|world| world.base_fee = 9 * GWEI);
    stage.settle(&sender).unwrap();
    assert!(stage.mined()[0].max_fee_per_gas() <= 10 * GWEI);
}

#[test]
fn what_a_reorg_removes_is_sent_again_with_the_same_bytes() {
    let stage = Stage::new(SendLimits { confirmations: 3, ..SendLimits::default() });
    let sender = stage.open();
    let handle = block_on(sender.submit("a", &request(1))).unwrap();
    stage.l1.mine();
    assert_eq!(block_on(sender.step()).unwrap(), 1);
    stage.l1.unwind(1, Forgotten::Yes);
    stage.l1.mine_empty(2);
    assert_eq!(stage.mined_values(), Vec::<u64>::new());
    stage.settle(&sender).unwrap();
    assert_eq!(*stage.mined()[0].tx_hash(), handle.hash);
    let receipt = block_on(sender.wait("a")).unwrap();
    assert!(stage.l1.canonical().iter().any(|block| block.hash == receipt.block_hash));
}

#[test]
fn a_nonce_that_another_program_took_is_an_error_that_says_so() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    stage.endpoint.set(Faults { dies_at: Some(5), ..Faults::default() });
    block_on(sender.submit("a", &request(1))).unwrap();
    stage.endpoint.set(Faults::default());
    let other = Stage::new(SendLimits::default());
    let elsewhere = other.open();
    block_on(elsewhere.submit("x", &request(7))).unwrap();
    stage.l1.with(|world| world.pool = other.l1.with(|other| std::mem::take(&mut other.pool)));
    stage.l1.mine();
    let error = stage.settle(&sender).unwrap_err();
    assert!(matches!(error, SendError::OutsideNonce { nonce: 0, .. }), "{error}");
    assert_eq!(error.severity(), Severity::Halt);
    assert!(error.to_string().contains("another journal"));
    let error = block_on(sender.wait("a")).unwrap_err();
    assert!(matches!(error, SendError::OutsideNonce { .. }), "{error}");
}

#[test]
fn another_l1_of_the_same_id_is_noticed() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    block_on(sender.submit("a", &request(1))).unwrap();
    stage.settle(&sender).unwrap();
    stage.l1.unwind(1_000, Forgotten::Yes);
    stage.l1.mine_empty(20);
    let error = block_on(async {
        drop(sender);
        let client = stage.client.clone();
        let limits = stage.limits.clone();
        let sender =
            Sender::open(&stage.journal, client, signer(), CHAIN_ID, limits).await.unwrap();
        sender.submit("b", &request(2)).await.unwrap();
        sender.wait("b").await.unwrap_err()
    });
    assert!(matches!(error, SendError::NonceGap { expected: 0, nonce: 1, .. }), "{error}");
    let error = block_on(stage.open().wait("a")).unwrap_err();
    assert!(matches!(error, SendError::Lost { .. }), "{error}");
}

#[test]
fn another_chain_id_is_refused_at_the_start() {
    let stage = Stage::new(SendLimits::default());
    let open =
        Sender::open(&stage.journal, stage.client.clone(), signer(), 1, SendLimits::default());
    let error = block_on(open).unwrap_err();
    assert!(error.to_string().contains("chain 900, but chain 1 is wanted"), "{error}");
    assert!(!stage.journal.exists());
}

/// A process that dies at every single request, before or after the node did what it asked, and is
/// started again: each time the same transactions are in the chain, once.
#[test]
fn killed_at_every_request_and_started_again_nothing_is_sent_twice() {
    for dies_after_doing in [false, true] {
        for dies_at in 1..60 {
            let stage = Stage::new(SendLimits::default());
            stage.endpoint.set(Faults {
                dies_at: Some(dies_at),
                dies_after_doing,
                ..Faults::default()
            });
            let killed =
                stage.try_open().is_ok_and(|sender| submit_three(&stage, &sender).is_err());
            stage.endpoint.set(Faults::default());
            let sender = stage.open();
            submit_three(&stage, &sender).unwrap();
            stage.settle(&sender).unwrap();
            assert_eq!(stage.mined_values(), [1, 2, 3], "killed: {killed}, at {dies_at}");
        }
    }
}

fn submit_three(stage: &Stage, sender: &Sender) -> Result<(), SendError> {
    for number in 1..=3 {
        block_on(sender.submit(&number.to_string(), &request(number)))?;
        stage.l1.mine();
        block_on(sender.step())?;
    }
    Ok(())
}

#[test]
fn blobs_go_along_with_the_proofs_that_the_l1_takes_and_are_gone_when_they_are_done() {
    for fork in [Fork::Osaka, Fork::Prague] {
        let stage = Stage::new(SendLimits::default());
        stage.l1.with(|world| world.fork = fork);
        let sender = stage.open();
        for number in 1..=2 {
            block_on(sender.submit(&number.to_string(), &with_blobs(number, 2))).unwrap();
        }
        assert_eq!(stage.l1.with(|world| world.pool.len()), 2, "{fork:?}");
        assert_eq!(stage.files(), 2);
        let shown = block_on(sender.in_flight());
        assert_eq!(shown.iter().map(|one| one.versioned_hashes.len()).collect::<Vec<_>>(), [2, 2]);
        assert!(shown.iter().all(|one| one.mined.is_none() && one.refusal.is_none()));
        stage.settle(&sender).unwrap();
        assert_eq!(stage.mined_values(), [1, 2]);
        assert!(stage.mined().iter().all(TxEnvelope::is_eip4844));
        assert_eq!((stage.files(), block_on(sender.in_flight()).len()), (0, 0));
        assert!(block_on(sender.receipt("2")).unwrap().success);
        // The blobs are not in the journal: each is 262,144 hexadecimal digits long.
        assert!(stage.journal.metadata().unwrap().len() < 5_000);
    }
}

#[test]
fn the_same_transaction_with_other_blobs_is_another() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    let submit = |request: &TxRequest| block_on(sender.submit("a", request));
    submit(&with_blobs(1, 1)).unwrap();
    submit(&with_blobs(1, 1)).unwrap();
    for other in [with_blobs(1, 2), request(1)] {
        let error = submit(&other).unwrap_err();
        assert!(matches!(error, SendError::OtherContent { .. }), "{error}");
    }
}

#[test]
fn what_cannot_be_sent_with_blobs_is_not_signed() {
    let stage = Stage::new(SendLimits { max_blob_fee: 10, ..SendLimits::default() });
    let sender = stage.open();
    let submit = |request: &TxRequest| block_on(sender.submit("a", request)).unwrap_err();
    stage.l1.with(|world| world.blob_base_fee = 11);
    let error = submit(&with_blobs(0, 1));
    assert!(matches!(error, SendError::BlobFeesTooHigh { wanted: 11, limit: 10 }), "{error}");
    stage.l1.with(|world| world.blob_base_fee = 0);
    assert!(matches!(submit(&with_blobs(0, 1)), SendError::NoBlobs));
    // 21,000 gas at 3 gwei, and two blobs at 10 wei.
    stage.l1.with(|world| (world.blob_base_fee, world.balance) = (9, 63_000 * GWEI + 2_621_439));
    let error = submit(&with_blobs(0, 2)).to_string();
    assert!(error.contains("needs 63000002621440: send it at least 1 more"), "{error}");
    let create = TxRequest { to: None, ..with_blobs(0, 1) };
    stage.l1.with(|world| world.balance = u128::MAX);
    assert!(submit(&create).to_string().contains("makes no contract"));
    let wild = TxRequest { blobs: vec![Blob::repeat_byte(0xff)], ..request(0) };
    let error = submit(&wild);
    assert!(matches!(error, SendError::Blobs(_)) && error.severity() == Severity::Halt, "{error}");
    assert_eq!((stage.files(), stage.l1.with(|world| world.pool.len())), (0, 0));
}

#[test]
fn blobs_that_are_stuck_pay_twice_as_much_until_they_are_mined() {
    let stage = Stage::new(SendLimits { bump: Duration::from_secs(24), ..SendLimits::default() });
    let sender = stage.open();
    block_on(sender.submit("a", &with_blobs(1, 1))).unwrap();
    stage.l1.with(|world| world.blob_base_fee = 40);
    // A restart on the way has all that it takes to go on.
    for _ in 0..3 {
        stage.timer.pass(Duration::from_secs(12));
        stage.l1.mine();
        block_on(sender.step()).unwrap();
    }
    drop(sender);
    let sender = stage.open();
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [1]);
    let fee = stage.mined()[0].max_fee_per_blob_gas().unwrap();
    assert!((40..=80).contains(&fee), "{fee}");
}

#[test]
fn a_transaction_of_the_other_kind_waits_until_the_mempool_takes_it() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    block_on(sender.submit("blobs", &with_blobs(1, 1))).unwrap();
    block_on(sender.submit("plain", &request(2))).unwrap();
    let refusal = block_on(sender.in_flight())[1].refusal.clone();
    assert_eq!(refusal.as_deref(), Some("address already reserved"));
    stage.settle(&sender).unwrap();
    assert_eq!(stage.mined_values(), [1, 2]);
}

#[test]
fn blobs_that_were_damaged_are_not_sent() {
    let stage = Stage::new(SendLimits::default());
    let sender = stage.open();
    block_on(sender.submit("a", &with_blobs(1, 1))).unwrap();
    drop(sender);
    let folder = stage.journal.with_file_name("journal.blobs");
    let file = folder.read_dir().unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[31] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = block_on(stage.open().step()).unwrap_err();
    assert!(error.to_string().contains("gone or damaged"), "{error}");
    std::fs::remove_file(file).unwrap();
    assert!(block_on(stage.open().step()).is_err());
}

#[derive(Debug, Clone)]
enum Event {
    Submit,
    Look { times: u8 },
    Mine { empty: bool },
    Reorg { depth: usize, forgotten: bool },
    Fees { gwei: u128 },
    Kill { at: u64, after_doing: bool },
    Fail { count: u32 },
    Pass { seconds: u64 },
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Submit),
        3 => (1u8..4).prop_map(|times| Event::Look { times }),
        3 => any::<bool>().prop_map(|empty| Event::Mine { empty }),
        2 => (1usize..9, any::<bool>())
            .prop_map(|(depth, forgotten)| Event::Reorg { depth, forgotten }),
        1 => (1u128..100).prop_map(|gwei| Event::Fees { gwei }),
        2 => (1u64..12, any::<bool>()).prop_map(|(at, after_doing)| Event::Kill { at, after_doing }),
        1 => (1u32..8).prop_map(|count| Event::Fail { count }),
        2 => (1u64..100).prop_map(|seconds| Event::Pass { seconds }),
    ]
}

/// Does one event; gives the sender that is there afterwards.
fn happen(stage: &Stage, sender: Sender, event: &Event, submitted: &mut u64) -> Sender {
    let submit = |submitted: &mut u64| {
        let next = *submitted + 1;
        let id = next.to_string();
        let blobs = u8::from(stage.blobs == Blobs::One);
        let result = block_on(sender.submit(&id, &with_blobs(next, blobs)));
        match result {
            Ok(_) => *submitted = next,
            Err(error) => assert_eq!(error.severity(), Severity::Retry, "{error}"),
        }
    };
    match *event {
        Event::Submit => submit(submitted),
        Event::Look { times } => {
            for _ in 0..times {
                if let Err(error) = block_on(sender.step()) {
                    assert_eq!(error.severity(), Severity::Retry, "{error}");
                }
            }
        }
        Event::Mine { empty: true } => stage.l1.mine_empty(1),
        Event::Mine { empty: false } => drop(stage.l1.mine()),
        Event::Reorg { depth, forgotten } => {
            let forgotten = if forgotten { Forgotten::Yes } else { Forgotten::No };
            stage.l1.unwind(depth, forgotten);
            stage.l1.mine_empty(depth as u64 + 1);
        }
        Event::Fees { gwei } => stage.l1.with(|world| world.base_fee = gwei * GWEI),
        Event::Kill { at, after_doing } => {
            let faults =
                Faults { dies_at: Some(at), dies_after_doing: after_doing, ..Faults::default() };
            stage.endpoint.set(faults);
            submit(submitted);
            let _ = block_on(sender.step());
            stage.endpoint.set(Faults::default());
            drop(sender);
            return stage.open();
        }
        Event::Fail { count } => stage.endpoint.set(Faults { fail: count, ..Faults::default() }),
        Event::Pass { seconds } => stage.timer.pass(Duration::from_secs(seconds)),
    }
    sender
}

/// Whatever happens, in the end the chain has every submitted transaction once, in order, and
/// nothing else of the account. What was confirmed deeper than reorgs go stays confirmed.
fn each_is_mined_once(blobs: Blobs, events: &[Event]) -> Result<(), TestCaseError> {
    let mut stage = Stage::new(SendLimits {
        confirmations: 9,
        max_fee: 200 * GWEI,
        max_in_flight: 6,
        ..SendLimits::default()
    });
    stage.blobs = blobs;
    let mut sender = stage.open();
    let mut submitted = 0;
    for event in events {
        sender = happen(&stage, sender, event, &mut submitted);
    }
    stage.endpoint.set(Faults::default());
    stage.settle(&sender).unwrap();
    let all: Vec<u64> = (1..=submitted).collect();
    let mined = stage.mined_values();
    // A kill may have come between the journal and the answer: then there is one more.
    prop_assert!(
        mined == all || mined == [&all[..], &[submitted + 1]].concat(),
        "{mined:?} of {all:?}"
    );
    prop_assert_eq!(stage.files(), 0);
    for number in 1..=submitted {
        let receipt = block_on(sender.wait(&number.to_string())).unwrap();
        prop_assert!(stage.mined().iter().any(|tx| *tx.tx_hash() == receipt.transaction));
    }
    Ok(())
}

proptest! {
    #![proptest_config(crate::cases(200))]

    #[test]
    fn each_is_mined_once_in_order(events in proptest::collection::vec(event(), 1..60)) {
        each_is_mined_once(Blobs::None, &events)?;
    }
}

proptest! {
    // Proofs of a blob take a while, and are made anew after every restart.
    #![proptest_config(crate::cases(4))]

    #[test]
    fn with_blobs_too(events in proptest::collection::vec(event(), 1..40)) {
        each_is_mined_once(Blobs::One, &events)?;
    }
}
