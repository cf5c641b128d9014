//! Prices are exact, and gaps are told.

use super::*;
use alloy_primitives::Address;
use proptest::prelude::*;

const DAY: u64 = 86_400;
const NEW_YEAR: u64 = 1_767_225_600;

fn read(lines: &str) -> Result<Prices, PriceError> {
    Prices::from_csv(&format!("{HEADING}\n{lines}"), "prices.csv", DAY)
}

fn said(lines: &str) -> String {
    read(lines).unwrap_err().to_string()
}

#[test]
fn the_newest_price_that_is_not_after_the_time_holds() {
    let prices = read(
        "2026-01-02T00:00:00Z,ether,3000.5,18\n2026-01-01,ether,2000,18\n\n2026-01-01,0x0000000000000000000000000000000000000007,1,6",
    );
    let prices = prices.unwrap();
    let at = |time| prices.at(Token::Ether, NEW_YEAR + time).unwrap();
    assert_eq!(at(DAY - 1).dollars, U256::from(2000) * U256::from(10).pow(U256::from(18)));
    assert_eq!((at(DAY - 1).time, at(DAY).time), (NEW_YEAR, NEW_YEAR + DAY));
    assert_eq!(at(0).origin, "prices.csv");
    assert_eq!(prices.at(Token::Erc20(Address::with_last_byte(7)), NEW_YEAR).unwrap().unit, 6);
}

#[test]
fn a_gap_is_told_and_never_filled() {
    let prices = read("2026-01-01,ether,2000,18\n2026-01-09,ether,2100,18").unwrap();
    assert!(prices.at(Token::Ether, NEW_YEAR + DAY).is_ok());
    let gap = prices.at(Token::Ether, NEW_YEAR + DAY + 1).unwrap_err();
    assert_eq!(
        gap.to_string(),
        "no price of ether at 2026-01-02T00:00:01Z: the newest before is of 2026-01-01T00:00:00Z"
    );
    let before = prices.at(Token::Ether, NEW_YEAR - 1).unwrap_err();
    assert_eq!(before.newest, None);
    assert!(prices.at(Token::Erc20(Address::ZERO), NEW_YEAR).is_err());
}

#[test]
fn a_line_that_is_wrong_is_named() {
    assert!(Prices::from_csv("", "p", DAY).unwrap_err().to_string().starts_with("p, line 1:"));
    assert!(said("2026-01-01,ether,1.2e3,18").starts_with("prices.csv, line 2: 1.2e3 is no price"));
    assert!(said("2026-01-01,ether,-1,18").contains("is no price"));
    assert!(said("2026-01-01,ether,1,37").contains("0 to 36"));
    assert!(said("2026-01-01,ether,1,usd").contains("power of ten"));
    assert!(said("2026-01-01,gold,1,18").contains("neither `ether` nor an address"));
    assert!(said("01.01.2026,ether,1,18").contains("is no UTC time"));
    assert!(said("2026-01-01,ether,1").contains("3 fields"));
    assert!(said("2026-01-01,ether,1000000000000000001,18").contains("more than"));
    assert!(said("2026-01-01,ether,0.0000000000000000001,18").contains("more than 18 places"));
    let twice = said("2026-01-01,ether,1,18\n2026-01-01T00:00:00Z,eth,2,18");
    assert!(twice.starts_with("prices.csv, line 3: a second price of ether"), "{twice}");
}

/// Trap 7 of the accounting rules: binary fractions lose money. A tenth of a dollar ten times is one.
#[test]
fn values_are_exact_and_rounded_once_when_they_are_shown() {
    let prices = read("2026-01-01,ether,0.1,18").unwrap();
    let price = prices.at(Token::Ether, NEW_YEAR).unwrap();
    let ether = I256::try_from(1_000_000_000_000_000_000_i64).unwrap();
    let mut sum = Dollars::ZERO;
    for _ in 0..10 {
        sum = sum.plus(price.value(ether)).unwrap();
    }
    assert_eq!(sum.to_string(), "1.00");
    // A third of a cent three times is a cent, not nothing.
    let third = price.value(ether / I256::try_from(30).unwrap());
    assert_eq!(third.to_string(), "0.00");
    let three = third.plus(third).unwrap().plus(third).unwrap();
    assert_eq!(three.to_string(), "0.01");
    assert_eq!(price.value(-ether * I256::try_from(25).unwrap()).to_string(), "-2.50");
}

#[test]
fn the_largest_amount_at_the_largest_price_has_a_value() {
    let prices = read(&format!("2026-01-01,ether,{MAX_PRICE},0")).unwrap();
    let price = prices.at(Token::Ether, NEW_YEAR).unwrap();
    let value = price.value(crate::MAX_AMOUNT);
    assert_eq!(value.to_string(), format!("{}{}.00", crate::MAX_AMOUNT, "0".repeat(18)));
    let less = price.value(-crate::MAX_AMOUNT);
    assert_eq!(value.plus(less), Some(Dollars::ZERO));
}

#[test]
fn wei_are_shown_as_ether_without_loss() {
    let shown = |wei: i64| in_ether(I256::try_from(wei).unwrap());
    assert_eq!(shown(0), "0");
    assert_eq!(shown(1), "0.000000000000000001");
    assert_eq!(shown(-1_500_000_000_000_000_000), "-1.5");
    assert_eq!(shown(2_000_000_000_000_000_000), "2");
}

proptest! {
    #![proptest_config(crate::cases(24))]

    #[test]
    fn the_value_of_a_sum_is_the_sum_of_the_values(a in any::<i64>(), b in any::<i64>(), cents in 0_u64..1_000_000) {
        let prices = read(&format!("2026-01-01,ether,{}.{:02},18", cents / 100, cents % 100)).unwrap();
        let price = prices.at(Token::Ether, NEW_YEAR).unwrap();
        let [a, b] = [a, b].map(|amount| I256::try_from(amount).unwrap());
        prop_assert_eq!(price.value(a).plus(price.value(b)), Some(price.value(a + b)));
    }
}

#[test]
fn a_value_is_so_many_of_another_to_the_nearest_half_away_from_zero() {
    let text = "2026-01-01,ether,2000,18\n2026-01-01,0x0000000000000000000000000000000000000007,3,6\n\
                2026-01-01,0x0000000000000000000000000000000000000008,1000,18";
    let prices = read(text).unwrap();
    let price = |token| prices.at(token, NEW_YEAR).unwrap();
    let wei = price(Token::Ether).value(I256::ONE);
    let of = |byte, units: i64| {
        let token = price(Token::Erc20(Address::with_last_byte(byte)));
        token.value(I256::try_from(units).unwrap()).in_units_of(wei)
    };
    let number = |number: i64| Some(I256::try_from(number).unwrap());
    // A whole one of six places is 3 of 2,000 dollars.
    assert_eq!(of(7, 1_000_000), number(1_500_000_000_000_000));
    assert_eq!(of(7, -1), number(-1_500_000_000));
    // One is half a wei, three are one and a half.
    assert_eq!([of(8, 1), of(8, -1), of(8, 3), of(8, 0)], [1, -1, 2, 0].map(number));
    assert_eq!(wei.in_units_of(Dollars::ZERO), None);
}
