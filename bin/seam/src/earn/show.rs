//! Amounts for people.

use super::args::Unit;
use alloy_primitives::I256;
use seam_ledger::{
    Token,
    prices::{Dollars, in_ether},
};

/// An amount in its unit: ether as wei or ETH, tokens in base units.
pub(super) fn amount(token: Token, amount: I256, unit: Unit) -> String {
    match (token, unit) {
        (Token::Ether, Unit::Eth | Unit::Usd) => in_ether(amount),
        _ => amount.to_string(),
    }
}

/// Dollars, or the amount with a note that there is no price.
pub(super) fn value(token: Token, units: I256, dollars: Option<Dollars>, unit: Unit) -> String {
    match (unit, dollars) {
        (Unit::Usd, Some(dollars)) => dollars.to_string(),
        (Unit::Usd, None) if units.is_zero() => "0.00".to_owned(),
        (Unit::Usd, None) => format!("{} (no price)", amount(token, units, unit)),
        _ => amount(token, units, unit),
    }
}

/// The name of a token, with the unit it is shown in.
pub(super) fn token(token: Token, unit: Unit) -> String {
    match (token, unit) {
        (_, Unit::Usd) => format!("{token}, USD"),
        (Token::Ether, Unit::Eth) => "ETH".to_owned(),
        (Token::Ether, Unit::Wei) => "wei".to_owned(),
        (Token::Erc20(address), _) => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    #[test]
    fn without_a_price_units_are_shown_and_it_is_said() {
        let ether = I256::try_from(1_500_000_000_000_000_000_i64).unwrap();
        assert_eq!(value(Token::Ether, ether, None, Unit::Usd), "1.5 (no price)");
        assert_eq!(value(Token::Ether, ether, None, Unit::Eth), "1.5");
        assert_eq!(value(Token::Ether, ether, None, Unit::Wei), "1500000000000000000");
        let other = Token::Erc20(Address::ZERO);
        assert_eq!(value(other, I256::ONE, None, Unit::Eth), "1");
        assert_eq!(value(other, I256::ONE, Some(Dollars::ZERO), Unit::Usd), "0.00");
    }
}
