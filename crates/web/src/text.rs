//! Amounts, times and foreign words for people.

use crate::site::TokenName;
use alloy_primitives::{Address, B256, I256, U256};
use maud::{Markup, html};
use seam_ledger::{Token, prices::in_ether, utc::Utc};

/// Characters that are shown of a foreign name.
const NAME: usize = 40;
/// Digits after the point where an amount is shown rounded; its title has all of them.
const PLACES: usize = 9;

/// Ether, rounded towards nothing for the eye; the title says it to the wei, and programs read `value`.
pub fn ether(wei: I256) -> Markup {
    let full = in_ether(wei);
    let shown = rounded(&full);
    html! { data .amount .negative[wei.is_negative()] value=(wei) title={ (wei) " wei" } { (shown) " ETH" } }
}

/// Ether as plain text, all of it.
pub fn plain(wei: I256) -> String {
    format!("{} ETH", in_ether(wei))
}

/// Ether without a sign, as [`ether`] shows it.
pub fn ether_of(wei: U256) -> Markup {
    ether(signed(wei))
}

/// An amount of a token, in the units that it is called by; the title has its base units.
pub fn amount(token: Token, amount: I256, name: &TokenName) -> Markup {
    match token {
        Token::Ether => ether(amount),
        Token::Erc20(address) => html! {
            data .amount .negative[amount.is_negative()] value=(amount) title={ (amount) " base units of " (address) } {
                (rounded(&scaled(amount, name.decimals))) " " (name.symbol)
            }
        },
    }
}

/// A price of gas, in billionths of an ether.
pub fn gwei(wei: U256) -> Markup {
    let billion = I256::try_from(1_000_000_000_u64).unwrap_or(I256::ONE);
    let shown = rounded(&in_ether(signed(wei).saturating_mul(billion)));
    html! { data .amount value=(wei) title={ (wei) " wei" } { (shown) " gwei" } }
}

/// As a signed number; what does not fit is the largest.
pub fn signed(wei: U256) -> I256 {
    I256::try_from(wei).unwrap_or(I256::MAX)
}

/// A number of any size with its thousands apart.
pub fn count(number: I256) -> String {
    grouped(&number.to_string())
}

/// Base units with so many digits after the point, exactly, thousands apart.
fn scaled(amount: I256, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let sign = if amount.is_negative() { "-" } else { "" };
    let digits = format!("{:0>width$}", amount.unsigned_abs().to_string(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", grouped(whole))
}

/// A number with its thousands apart.
pub fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// A mean, without what comes after the point.
pub fn whole(number: f64) -> String {
    grouped(&format!("{number:.0}"))
}

/// The digits of a number, three by three.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cuts after some digits; what would become nothing stays as it is.
fn rounded(full: &str) -> String {
    let Some((whole, fraction)) = full.split_once('.') else { return full.to_owned() };
    let zeros = fraction.len() - fraction.trim_start_matches('0').len();
    let places = PLACES.max(zeros + 3).min(fraction.len());
    let cut = fraction[..places].trim_end_matches('0');
    if cut.is_empty() { whole.to_owned() } else { format!("{whole}.{cut}") }
}

/// A time with its machine-readable form.
pub fn time(seconds: u64) -> Markup {
    let utc = Utc(seconds).to_string();
    html! { time datetime=(utc) { (utc.replace('T', " ").replace('Z', " UTC")) } }
}

/// The time of day of a moment; its title has the day too.
pub fn clock(seconds: u64) -> Markup {
    let utc = Utc(seconds).to_string();
    html! { time datetime=(utc) title=(utc) { (utc.get(11..19).unwrap_or_default()) } }
}

/// The ends of a hash or address: enough to tell two apart.
pub fn short(hex: &str) -> String {
    match (hex.get(..8), hex.get(hex.len().saturating_sub(6)..)) {
        (Some(start), Some(end)) if hex.len() > 20 => format!("{start}…{end}"),
        _ => hex.to_owned(),
    }
}

/// A hash whose page is at `path`.
pub fn hash(path: &str, hash: B256) -> Markup {
    let full = hash.to_string();
    html! { a.hash href=(path) title=(full) { (short(&full)) } }
}

/// An account with its page, and its name if it has one.
pub fn account(address: Address, name: &str) -> Markup {
    let full = address.to_string();
    let shown = if name.is_empty() { short(&full) } else { foreign(name) };
    html! { a.hash href={ "/account/" (full) } title=(full) { (shown) } }
}

/// What somebody else wrote, as one line of harmless characters: no controls, nothing that turns the direction of
/// text, not longer than a name is. Escaping is left to the page.
pub fn foreign(text: &str) -> String {
    let is_tricky = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut chars = text.chars().map(|c| if is_tricky(c) { '\u{fffd}' } else { c });
    let mut shown: String = chars.by_ref().take(NAME).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_wei_in_their_title() {
        let wei = I256::try_from(-1_234_567_890_123_456_789_i64).unwrap();
        let shown = ether(wei).into_string();
        assert!(shown.contains("value=\"-1234567890123456789\""), "{shown}");
        assert!(shown.contains(">-1.23456789 ETH<"), "{shown}");
        assert!(shown.contains("negative"), "{shown}");
    }

    #[test]
    fn rounding_never_turns_something_into_nothing() {
        assert_eq!(rounded("0.000000000000000007"), "0.000000000000000007");
        assert_eq!(rounded("0.000000000012345678"), "0.0000000000123");
        assert_eq!(rounded("12.100000000000000001"), "12.1");
        assert_eq!(rounded("12.000000000000000001"), "12.000000000000000001");
        assert_eq!(rounded("7"), "7");
    }

    #[test]
    fn tokens_are_in_the_units_that_they_are_called_by() {
        let units = |text: &str| text.parse::<I256>().unwrap();
        for (amount, decimals, shown) in [
            ("238239322473089274269752", 18, "238,239.322473089274269752"),
            ("-1500000", 6, "-1.5"),
            ("7", 6, "0.000007"),
            ("1000", 0, "1,000"),
            ("0", 18, "0"),
        ] {
            assert_eq!(scaled(units(amount), decimals), shown);
        }
        let name = TokenName { symbol: "USD".into(), decimals: 6 };
        let shown = super::amount(Token::Erc20(Address::ZERO), units("-1500000"), &name);
        let shown = shown.into_string();
        assert!(shown.contains("value=\"-1500000\"") && shown.contains(">-1.5 USD<"), "{shown}");
    }

    #[test]
    fn thousands_are_apart() {
        for (number, shown) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567", "-1,234,567")]
        {
            assert_eq!(grouped(number), shown);
        }
    }

    #[test]
    fn foreign_words_are_one_line_that_reads_forwards() {
        assert_eq!(foreign("USD\u{202e}\nx"), "USD\u{fffd}\u{fffd}x");
        assert_eq!(foreign(&"a".repeat(50)), format!("{}…", "a".repeat(40)));
        assert_eq!(foreign("<script>"), "<script>", "escaping is the page's");
        assert!(account(Address::ZERO, "<b>").into_string().contains("&lt;b&gt;"));
    }

    #[test]
    fn hashes_keep_their_ends() {
        let hash = format!("0x{}", "ab".repeat(32));
        assert_eq!(short(&hash), "0xababab…ababab");
        assert_eq!(short("0x12"), "0x12");
    }
}
