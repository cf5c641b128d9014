use super::*;
use crate::sender::journal::Owner;
use alloy_primitives::U128;
use proptest::prelude::*;

const GWEI: u128 = 1_000_000_000;
const FEES: Fees = Fees { base_fee: 10 * GWEI, priority_fee: GWEI, blob_base_fee: 1 };
const ACCOUNT: Address = Address::repeat_byte(7);

fn state(limits: SendLimits) -> State {
    State::restore(ACCOUNT, limits, Vec::new()).unwrap()
}

fn signed(id: u64, nonce: u64, price: Price) -> Signed {
    Signed {
        id: id.to_string(),
        content: B256::with_last_byte(1),
        nonce,
        hash: hash(nonce, price.max_fee),
        max_fee: U128::from(price.max_fee),
        priority_fee: U128::from(price.priority_fee),
        max_blob_fee: price.blob_fee.map(U128::from),
        raw: Bytes::new(),
    }
}

fn hash(nonce: u64, max_fee: u128) -> B256 {
    alloy_primitives::keccak256(format!("{nonce} {max_fee}"))
}

fn seen(now: u64, head: u64, nonce: u64) -> Observed {
    Observed {
        now: Duration::from_secs(now),
        head,
        nonce,
        sure_nonce: nonce,
        fees: FEES,
        receipts: HashMap::default(),
    }
}

fn receipt(transaction: B256, block_number: u64) -> Receipt {
    Receipt {
        transaction,
        kind: 2,
        success: true,
        block_number,
        block_hash: B256::ZERO,
        index: 0,
        contract: None,
        gas_used: 0,
        gas_price: 0,
        blob_gas_used: 0,
        blob_gas_price: 0,
        logs: Vec::new(),
    }
}

/// With one in flight at nonce 0 that was sent at second 0.
fn one(limits: SendLimits) -> (State, Price) {
    let mut state = state(limits);
    let (nonce, price) = state.plan(0, &FEES, Carries::Nothing).unwrap();
    state.signed(&signed(0, nonce, price)).unwrap();
    assert_eq!(state.decide(&seen(0, 5, 0)).unwrap(), [Action::Send { nonce: 0 }]);
    state.sent(0, Duration::ZERO);
    (state, price)
}

#[test]
fn the_first_price_leaves_room_for_the_base_fee_and_never_exceeds_the_limit() {
    let limit = |max_fee| {
        let limits = SendLimits { max_fee, ..SendLimits::default() };
        Price::first(&FEES, &limits, Carries::Nothing)
    };
    let price = limit(100 * GWEI).unwrap();
    assert_eq!(price, Price { max_fee: 21 * GWEI, priority_fee: GWEI, blob_fee: None });
    assert_eq!(limit(15 * GWEI).unwrap().max_fee, 15 * GWEI);
    let error = limit(11 * GWEI - 1).unwrap_err();
    assert!(matches!(error, SendError::FeesTooHigh { wanted, .. } if wanted == 11 * GWEI));
}

#[test]
fn it_is_sent_again_after_a_while_and_replaced_after_a_longer_one() {
    let (mut state, price) = one(SendLimits::default());
    assert_eq!(state.decide(&seen(11, 5, 0)).unwrap(), []);
    assert_eq!(state.decide(&seen(12, 6, 0)).unwrap(), [Action::Send { nonce: 0 }]);
    state.sent(0, Duration::from_secs(55));
    assert_eq!(state.decide(&seen(59, 6, 0)).unwrap(), []);
    let raised = Price {
        max_fee: price.max_fee + price.max_fee.div_ceil(8),
        priority_fee: price.priority_fee + price.priority_fee.div_ceil(8),
        blob_fee: None,
    };
    let replace = Action::Replace { nonce: 0, price: raised };
    assert_eq!(state.decide(&seen(60, 6, 0)).unwrap(), [replace]);
    state.signed(&signed(0, 0, raised)).unwrap();
    assert_eq!(state.decide(&seen(61, 6, 0)).unwrap(), [Action::Send { nonce: 0 }]);
    state.sent(0, Duration::from_secs(61));
    // Either may be mined.
    for (max_fee, head) in [(price.max_fee, 7), (raised.max_fee, 7)] {
        let mut seen = seen(62, head, 1);
        let hash = hash(0, max_fee);
        seen.receipts.insert(hash, receipt(hash, 7));
        let finish = Action::Finish { nonce: 0, hash, block: 7 };
        assert_eq!(state.decide(&seen).unwrap(), [finish]);
    }
}

#[test]
fn at_the_limit_it_is_not_replaced_but_sent_again() {
    let limits = SendLimits { max_fee: 21 * GWEI, ..SendLimits::default() };
    let (mut state, _) = one(limits);
    assert_eq!(state.decide(&seen(100, 5, 0)).unwrap(), [Action::Send { nonce: 0 }]);
}

#[test]
fn only_the_next_one_is_replaced_and_its_time_begins_when_it_is_next() {
    let (mut state, price) = one(SendLimits::default());
    state.signed(&signed(1, 1, price)).unwrap();
    assert_eq!(state.decide(&seen(1, 5, 0)).unwrap(), [Action::Send { nonce: 1 }]);
    state.sent(1, Duration::from_secs(55));
    state.sent(0, Duration::from_secs(55));
    let actions = state.decide(&seen(60, 5, 0)).unwrap();
    assert!(matches!(actions[..], [Action::Replace { nonce: 0, .. }]), "{actions:?}");
    let mut mined = seen(62, 6, 1);
    mined.receipts.insert(hash(0, price.max_fee), receipt(hash(0, price.max_fee), 6));
    assert!(matches!(state.decide(&mined).unwrap()[..], [Action::Finish { .. }]));
    state.sent(1, Duration::from_secs(121));
    mined.now = Duration::from_secs(121);
    assert!(matches!(state.decide(&mined).unwrap()[..], [Action::Finish { .. }]));
    mined.now = Duration::from_secs(122);
    let actions = state.decide(&mined).unwrap();
    assert!(matches!(actions[..], [_, Action::Replace { nonce: 1, .. }]), "{actions:?}");
}

#[test]
fn a_pool_that_wants_more_gets_more_at_once_and_other_refusals_stand_in_the_way() {
    let (mut state, _) = one(SendLimits::default());
    state.refused(0, Duration::from_secs(1), "replacement transaction underpriced");
    assert!(state.obstacle(0).is_none());
    assert!(matches!(state.decide(&seen(2, 5, 0)).unwrap()[..], [Action::Replace { .. }]));
    for harmless in ["already known", "Known transaction: 0x12", "nonce too low"] {
        state.refused(0, Duration::from_secs(1), harmless);
        assert!(state.obstacle(0).is_none());
    }
    state.refused(0, Duration::from_secs(1), "insufficient funds for gas");
    let obstacle = state.obstacle(5).unwrap();
    assert!(matches!(&obstacle, SendError::Refused { id, .. } if id == "0"), "{obstacle}");
    assert_eq!(state.decide(&seen(5, 5, 0)).unwrap(), []);
    assert_eq!(state.decide(&seen(13, 5, 0)).unwrap(), [Action::Send { nonce: 0 }]);
    // Not the fee is what it lacks.
    assert_eq!(state.decide(&seen(90, 5, 0)).unwrap(), [Action::Send { nonce: 0 }]);
    state.sent(0, Duration::from_secs(90));
    assert!(state.obstacle(0).is_none());
}

#[test]
fn it_is_done_with_its_confirmations_and_not_before() {
    let limits = SendLimits { confirmations: 3, ..SendLimits::default() };
    let (mut state, price) = one(limits);
    let hash = hash(0, price.max_fee);
    for (head, done) in [(7, false), (8, false), (9, true)] {
        let mut seen = seen(1, head, 1);
        seen.receipts.insert(hash, receipt(hash, 7));
        assert_eq!(!state.decide(&seen).unwrap().is_empty(), done, "{head}");
    }
}

#[test]
fn a_nonce_that_went_elsewhere_stops_everything_once_that_is_sure() {
    let (mut state, _) = one(SendLimits::default());
    // Its nonce is used in the newest block, but not yet for sure.
    let mut unsure = seen(3, 7, 1);
    unsure.sure_nonce = 0;
    for _ in 0..10 {
        assert_eq!(state.decide(&unsure).unwrap(), []);
    }
    assert_eq!(state.decide(&seen(4, 8, 1)).unwrap(), []);
    assert_eq!(state.decide(&seen(6, 8, 1)).unwrap(), []);
    let error = state.decide(&seen(8, 8, 1)).unwrap_err();
    assert!(matches!(error, SendError::OutsideNonce { nonce: 0, .. }), "{error}");
}

#[test]
fn a_receipt_that_shows_late_ends_the_suspicion() {
    let (mut state, price) = one(SendLimits::default());
    let hash = hash(0, price.max_fee);
    for _ in 0..5 {
        state.decide(&seen(4, 8, 1)).unwrap();
        state.decide(&seen(4, 8, 1)).unwrap();
        let mut seen = seen(5, 8, 1);
        seen.receipts.insert(hash, receipt(hash, 8));
        state.decide(&seen).unwrap();
    }
}

#[test]
fn an_l1_that_forgot_what_was_confirmed_is_said_to_be_another() {
    let mut state = state(SendLimits::default());
    state.signed(&signed(0, 5, Price { max_fee: GWEI, priority_fee: 1, blob_fee: None })).unwrap();
    state.decide(&seen(0, 5, 3)).unwrap();
    state.decide(&seen(59, 5, 3)).unwrap();
    let error = state.decide(&seen(60, 5, 3)).unwrap_err();
    assert!(matches!(error, SendError::NonceGap { expected: 3, nonce: 5, .. }), "{error}");
}

#[test]
fn records_that_contradict_one_another_are_refused() {
    let price = Price { max_fee: 2, priority_fee: 1, blob_fee: None };
    let first = Record::Signed(signed(0, 0, price));
    let mined = Record::Mined(Mined { id: "0".to_owned(), hash: B256::ZERO, block: 1 });
    let owner = Record::Journal(Owner { format: 1, chain_id: 1, account: ACCOUNT });
    let restore = |records: &[&Record]| {
        let records = records.iter().map(|record| (*record).clone()).collect();
        State::restore(ACCOUNT, SendLimits::default(), records)
    };
    assert!(restore(&[&first, &mined]).is_some());
    assert!(restore(&[&first, &first]).is_some());
    assert!(restore(&[&first, &Record::Signed(signed(1, 0, price))]).is_none());
    assert!(restore(&[&first, &Record::Signed(signed(0, 1, price))]).is_none());
    assert!(restore(&[&first, &mined, &first]).is_none());
    assert!(restore(&[&mined]).is_none());
    assert!(restore(&[&first, &mined, &mined]).is_none());
    assert!(restore(&[&owner]).is_none());
}

#[test]
fn blobs_have_a_price_and_a_limit_of_their_own() {
    let first = |blob_base_fee, max_blob_fee| {
        let limits = SendLimits { max_blob_fee, ..SendLimits::default() };
        Price::first(&Fees { blob_base_fee, ..FEES }, &limits, Carries::Blobs)
    };
    assert_eq!(first(7, 100).unwrap().blob_fee, Some(14));
    assert_eq!(first(7, 10).unwrap().blob_fee, Some(10));
    assert_eq!(first(1, 1).unwrap().blob_fee, Some(1));
    let error = first(7, 6).unwrap_err();
    assert!(error.to_string().contains("raise --max-blob-fee-gwei"), "{error}");
    assert!(matches!(first(0, 6), Err(SendError::NoBlobs)));
}

#[test]
fn one_with_blobs_is_replaced_by_one_that_offers_twice_as_much_of_all() {
    let mut state = state(SendLimits::default());
    let (nonce, price) = state.plan(0, &FEES, Carries::Blobs).unwrap();
    assert_eq!(price, Price { max_fee: 21 * GWEI, priority_fee: GWEI, blob_fee: Some(2) });
    state.signed(&signed(0, nonce, price)).unwrap();
    state.sent(0, Duration::ZERO);
    state.decide(&seen(0, 5, 0)).unwrap();
    let actions = state.decide(&seen(60, 5, 0)).unwrap();
    let twice = Price { max_fee: 42 * GWEI, priority_fee: 2 * GWEI, blob_fee: Some(4) };
    assert_eq!(actions, [Action::Replace { nonce: 0, price: twice }]);
    // As its record says after a restart.
    let records = vec![Record::Signed(signed(0, nonce, twice))];
    let state = State::restore(ACCOUNT, SendLimits::default(), records).unwrap();
    assert_eq!(state.flights[&0].last().unwrap().price, twice);
}

#[test]
fn what_is_in_a_block_is_known_until_a_reorg_removes_it() {
    let (mut state, price) = one(SendLimits { confirmations: 9, ..SendLimits::default() });
    let mut mined = seen(1, 6, 1);
    let hash = hash(0, price.max_fee);
    mined.receipts.insert(hash, receipt(hash, 6));
    assert!(state.receipt("0").is_none());
    state.decide(&mined).unwrap();
    assert_eq!(state.receipt("0").unwrap().block_number, 6);
    state.decide(&seen(2, 6, 0)).unwrap();
    assert!(state.receipt("0").is_none());
    state.finish(0, hash, 6, mined.receipts.remove(&hash)).unwrap();
    assert_eq!(state.receipt("0").unwrap().block_number, 6);
    assert!(state.receipt("1").is_none());
}

proptest! {
    /// Whatever the fees do, a replacement pays enough more of all, as mempools ask: an eighth, with
    /// blobs twice as much; and never more than the limits.
    #[test]
    fn a_replacement_pays_enough_more_and_not_too_much(
        old_max in 0u128..1_000 * GWEI, old_tip in 0u128..1_000 * GWEI,
        old_blob in proptest::option::of(0u128..1_000 * GWEI),
        base_fee in 0u128..1_000 * GWEI, priority_fee in 0u128..1_000 * GWEI,
        blob_base_fee in 0u128..1_000 * GWEI,
        max_fee in 0u128..3_000 * GWEI, max_blob_fee in 0u128..3_000 * GWEI,
    ) {
        let old = Price { max_fee: old_max.max(old_tip), priority_fee: old_tip, blob_fee: old_blob };
        let fees = Fees { base_fee, priority_fee, blob_base_fee };
        let limits = SendLimits { max_fee, max_blob_fee, ..SendLimits::default() };
        let part = if old_blob.is_some() { 1 } else { 8 };
        let least = |old: u128| old + (old / part).max(1);
        match old.raised(&fees, &limits) {
            Some(new) => {
                prop_assert!(new.max_fee >= least(old.max_fee) && new.priority_fee >= least(old.priority_fee));
                prop_assert!(new.priority_fee <= new.max_fee && new.max_fee <= max_fee);
                prop_assert_eq!(new.blob_fee.is_some(), old_blob.is_some());
                if let (Some(new), Some(old)) = (new.blob_fee, old_blob) {
                    prop_assert!(new >= least(old) && new <= max_blob_fee);
                }
            }
            None => prop_assert!(
                max_fee < least(old.max_fee) + 1 || old_blob.is_some_and(|old| max_blob_fee < least(old))
            ),
        }
    }
}
