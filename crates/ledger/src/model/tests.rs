//! An entry is balanced, or it is not there.

use super::*;
use proptest::prelude::*;

const OWNER: Address = Address::repeat_byte(0xaa);

fn leg(party: Party, token: Token, amount: I256) -> Leg {
    Leg { party, token, amount }
}

fn small(amount: i64) -> I256 {
    I256::try_from(amount).unwrap()
}

fn entry(legs: Vec<Leg>) -> Result<Entry, EntryError> {
    Entry::new("test", Place::default(), legs, BTreeMap::new())
}

#[test]
fn the_largest_amount_is_booked_and_one_more_is_refused() {
    let of = |amount| {
        let what = (Token::Ether, amount);
        Entry::of("test", Place::default(), OWNER, Source::Transfer, what, BTreeMap::new())
    };
    assert!(of(MAX_AMOUNT).is_ok());
    assert!(of(-MAX_AMOUNT).is_ok());
    assert_eq!(MAX_AMOUNT, (I256::ONE << 191usize) - I256::ONE);
    for amount in [MAX_AMOUNT + I256::ONE, -MAX_AMOUNT - I256::ONE, I256::MIN, I256::MAX] {
        let refused = EntryError::TooLarge { rule: "test", token: Token::Ether, amount };
        assert_eq!(of(amount), Err(refused));
    }
}

#[test]
fn the_least_amount_has_no_opposite_and_is_refused() {
    // Twice the least is nothing where sums wrap: two legs of it must not pass for balanced.
    let world = Party::World(Source::Transfer);
    let legs = vec![leg(world, Token::Ether, I256::MIN), leg(world, Token::Ether, I256::MIN)];
    assert!(matches!(entry(legs), Err(EntryError::TooLarge { .. })));
}

#[test]
fn tokens_do_not_make_up_for_each_other() {
    let [one, other] = [1, 2].map(|byte| Token::Erc20(Address::repeat_byte(byte)));
    let owner = Party::Owner(OWNER, Position::Wallet);
    let legs = vec![leg(owner, one, small(5)), leg(owner, other, small(-5))];
    let refused = EntryError::Unbalanced { rule: "test", token: one, sum: small(5) };
    assert_eq!(entry(legs), Err(refused));
}

#[test]
fn every_source_has_one_kind_and_what_is_not_known_is_no_income() {
    assert_eq!(Source::Unexplained.kind(), Kind::Unexplained);
    assert_eq!(Source::Opening.kind(), Kind::Flow);
    assert_eq!(Source::Tips.kind(), Kind::Income);
    assert_eq!(Source::BlobGas.kind(), Kind::Cost);
    let json = serde_json::to_string(&Source::L1Fee).unwrap();
    assert_eq!(json, format!("\"{}\"", Source::L1Fee.name()));
}

fn legs() -> impl Strategy<Value = Vec<Leg>> {
    let token = prop_oneof![Just(Token::Ether), Just(Token::Erc20(Address::repeat_byte(7)))];
    let party = prop_oneof![
        Just(Party::Owner(OWNER, Position::Wallet)),
        Just(Party::Owner(OWNER, Position::In(Address::repeat_byte(9)))),
        Just(Party::World(Source::Transfer)),
    ];
    let leg = (party, token, any::<i64>());
    let leg = leg.prop_map(|(party, token, amount)| leg_of(party, token, amount));
    prop::collection::vec(leg, 0..6)
}

fn leg_of(party: Party, token: Token, amount: i64) -> Leg {
    leg(party, token, small(amount))
}

proptest! {
    #![proptest_config(crate::cases(24))]

    #[test]
    fn what_is_built_adds_up_and_what_does_not_add_up_is_not_built(legs in legs()) {
        let mut sums = BTreeMap::<Token, i128>::new();
        for leg in &legs {
            let amount: i128 = leg.amount.to_string().parse().unwrap();
            *sums.entry(leg.token).or_default() += amount;
        }
        let balanced = sums.values().all(|sum| *sum == 0);
        prop_assert_eq!(entry(legs.clone()).is_ok(), balanced);
        // With one more leg a token it always balances.
        let rest = sums.iter().map(|(token, sum)| {
            let amount = I256::try_from(-*sum).unwrap();
            leg(Party::World(Source::Unexplained), *token, amount)
        });
        let all: Vec<Leg> = legs.iter().cloned().chain(rest).collect();
        let built = entry(all.clone()).unwrap();
        prop_assert_eq!(built.legs(), &all[..]);
    }
}
