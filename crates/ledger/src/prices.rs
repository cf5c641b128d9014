//! Prices, each with its time and where it is from.
//!
//! A file in CSV, one price a line, in any order:
//!
//! ```text
//! time,token,price,unit
//! 2026-01-01T00:00:00Z,ether,3120.55,18
//! 2026-01-01T00:00:00Z,0x4200000000000000000000000000000000000042,1.27,18
//! ```
//!
//! A fifth column `origin` says where each price is from; without it that is the file. [`oracle`] reads prices from
//! contracts and writes such lines.
//!
//! `price` is what 10^`unit` base units cost in US dollars, at most 18 places after the point. A time counts
//! until the next one of the token, but no longer than [`MAX_PRICE_AGE`] or what was asked for: what is older
//! is a gap, which is told and never filled. All is integers.

pub mod oracle;

use crate::{model::Token, utc::Utc};
use alloy_primitives::{I256, Sign, U256, U512, aliases::I512};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, path::Path, path::PathBuf};

/// How old a price may be, in seconds, unless another age is asked for: two days, so that daily prices may come
/// a day late.
pub const MAX_PRICE_AGE: u64 = 2 * 86_400;

/// Places after the point of a price, as it is kept.
pub const PRICE_PLACES: u8 = 18;

/// The largest `unit`: no token in use has more places.
pub const MAX_UNIT: u8 = 36;

/// The largest price: 10^18 dollars. With it and [`crate::MAX_AMOUNT`] no product reaches 512 bits.
pub const MAX_PRICE: u64 = 1_000_000_000_000_000_000;

/// The largest price file, in bytes: a million prices.
pub const MAX_PRICE_FILE_BYTES: u64 = 128 << 20;

const HEADING: &str = "time,token,price,unit";
const HEADING_WITH_ORIGIN: &str = "time,token,price,unit,origin";

/// The longest origin, in bytes.
const MAX_ORIGIN: usize = 200;

/// Where prices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prices {
    /// A file.
    File(PriceFile),
}

/// The prices of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceFile {
    origin: String,
    max_age: u64,
    tokens: BTreeMap<Token, BTreeMap<u64, Quote>>,
}

/// A price as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quote {
    /// Dollars times 10^18.
    dollars: U256,
    unit: u8,
    /// If the line says it.
    origin: Option<String>,
}

/// A price that holds at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Of what.
    #[serde(serialize_with = "crate::books::token_text")]
    pub token: Token,
    /// Dollars times 10^18 for 10^`unit` base units.
    pub dollars: U256,
    /// See `dollars`.
    pub unit: u8,
    /// From when it is, in seconds since 1970.
    pub time: u64,
    /// Where it is from.
    pub origin: String,
}

/// There is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no price of {token} at {}{}", Utc(*time), newest.map_or_else(String::new, |age| format!(": the newest before is of {}", Utc(age))))]
pub struct NoPrice {
    /// Of what.
    pub token: Token,
    /// When, in seconds since 1970.
    pub time: u64,
    /// The time of the newest price before it, which is too old.
    pub newest: Option<u64>,
}

/// A price file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// It cannot be read.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is larger than [`MAX_PRICE_FILE_BYTES`].
    #[error("{path} has more than {MAX_PRICE_FILE_BYTES} bytes: leave out times or tokens")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// A line says nothing that is known.
    #[error("{origin}, line {line}: {what}")]
    Line {
        /// Which file.
        origin: String,
        /// Counted from one.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

/// A value in US dollars, exact: rounded only when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dollars(I512);

impl Prices {
    /// Reads a price file; prices count for `max_age` seconds.
    ///
    /// # Errors
    /// [`PriceError`], with the line.
    pub fn from_file(path: &Path, max_age: u64) -> Result<Self, PriceError> {
        let unusable = |error| PriceError::File { path: path.to_owned(), error };
        let size = std::fs::metadata(path).map_err(unusable)?.len();
        if size > MAX_PRICE_FILE_BYTES {
            return Err(PriceError::TooLarge { path: path.to_owned() });
        }
        let text = std::fs::read_to_string(path).map_err(unusable)?;
        Self::from_csv(&text, &path.display().to_string(), max_age)
    }

    /// Reads the text of a price file; `origin` is shown with every price.
    ///
    /// # Errors
    /// [`PriceError::Line`]
    pub fn from_csv(text: &str, origin: &str, max_age: u64) -> Result<Self, PriceError> {
        let mut file = PriceFile { origin: origin.to_owned(), max_age, tokens: BTreeMap::new() };
        let wrong = |line, what| PriceError::Line { origin: origin.to_owned(), line, what };
        let mut lines = text.lines().map(str::trim).zip(1..).filter(|(line, _)| !line.is_empty());
        match lines.next() {
            Some((HEADING | HEADING_WITH_ORIGIN, _)) => {}
            other => {
                let line = other.map_or(1, |(_, line)| line);
                let what = format!("the first line is neither {HEADING} nor {HEADING_WITH_ORIGIN}");
                return Err(wrong(line, what));
            }
        }
        for (line, number) in lines {
            let (time, token, quote) = quote(line).map_err(|what| wrong(number, what))?;
            if file.tokens.entry(token).or_default().insert(time, quote).is_some() {
                let again = format!("a second price of {token} at {}", Utc(time));
                return Err(wrong(number, again));
            }
        }
        Ok(Self::File(file))
    }

    /// The newest price of the token that is not after `time` (seconds since 1970).
    ///
    /// # Errors
    /// [`NoPrice`] if there is none, or it is too old.
    pub fn at(&self, token: Token, time: u64) -> Result<Price, NoPrice> {
        let Self::File(file) = self;
        let newest = file.tokens.get(&token).and_then(|quotes| quotes.range(..=time).next_back());
        match newest {
            Some((at, quote)) if time - at <= file.max_age => Ok(Price {
                token,
                dollars: quote.dollars,
                unit: quote.unit,
                time: *at,
                origin: quote.origin.clone().unwrap_or_else(|| file.origin.clone()),
            }),
            _ => Err(NoPrice { token, time, newest: newest.map(|(at, _)| *at) }),
        }
    }
}

impl Price {
    /// What an amount in base units is worth.
    pub fn value(&self, amount: I256) -> Dollars {
        let places = u64::from(MAX_UNIT.saturating_sub(self.unit));
        let scale = I512::try_from(10_u64).unwrap_or(I512::ONE).pow(U512::from(places));
        // At most 191 + 120 + 120 bits: see `MAX_PRICE`.
        Dollars(wide(amount).wrapping_mul(wide(I256::from_raw(self.dollars))).wrapping_mul(scale))
    }
}

impl Dollars {
    /// Nothing.
    pub const ZERO: Self = Self(I512::ZERO);

    /// How many of `one` it is, rounded half away from zero; none if `one` is worth nothing, or it does not fit.
    pub fn in_units_of(self, one: Self) -> Option<I256> {
        let half = one.0.checked_div(I512::try_from(2).ok()?)?.abs();
        let half = if self.0.is_negative() { I512::ZERO.checked_sub(half)? } else { half };
        let number = self.0.checked_add(half)?.checked_div(one.0)?;
        let [a, b, c, d, rest @ ..] = number.unsigned_abs().into_limbs();
        let size = U256::from_limbs([a, b, c, d]);
        let fits = rest.iter().all(|limb| *limb == 0);
        let sign = if number.is_negative() { Sign::Negative } else { Sign::Positive };
        I256::checked_from_sign_and_abs(sign, size).filter(|_| fits)
    }

    /// The sum; none if it does not fit 512 bits, which no sums of a report come near.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Dollars {
    /// With two places, rounded half away from zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rounded(self.0, PRICE_PLACES + MAX_UNIT, 2))
    }
}

impl Serialize for Dollars {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Wei as ether, with all its places that are not zero: exact.
pub fn in_ether(wei: I256) -> String {
    let text = rounded(wide(wei), 18, 18);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-" { "0".to_owned() } else { short.to_owned() }
}

/// Sign and digits are kept: 256 bits into 512.
fn wide(amount: I256) -> I512 {
    let [a, b, c, d] = amount.unsigned_abs().into_limbs();
    let size = I512::from_raw(U512::from_limbs([a, b, c, d, 0, 0, 0, 0]));
    if amount.is_negative() { I512::ZERO.wrapping_sub(size) } else { size }
}

/// A number with `places` places, shown with `shown` of them, half away from zero.
fn rounded(number: I512, places: u8, shown: u8) -> String {
    let digits = number.unsigned_abs().to_string();
    let (places, shown) = (usize::from(places), usize::from(shown));
    let padded = format!("{digits:0>width$}", width = places + 1);
    let cut = padded.len() - (places - shown.min(places));
    let (kept, rest) = padded.split_at(cut);
    let mut kept: Vec<u8> = kept.bytes().collect();
    if rest.bytes().next().is_some_and(|digit| digit >= b'5') {
        carry(&mut kept);
    }
    let kept: String = kept.into_iter().map(char::from).collect();
    let (whole, fraction) = kept.split_at(kept.len() - shown.min(places));
    let nothing = kept.bytes().all(|digit| digit == b'0');
    let sign = if number.is_negative() && !nothing { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// One more in the last digit.
fn carry(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit != b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
}

fn quote(line: &str) -> Result<(u64, Token, Quote), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let (time, token, price, unit, origin) = match fields[..] {
        [time, token, price, unit] => (time, token, price, unit, None),
        [time, token, price, unit, origin] => (time, token, price, unit, Some(origin)),
        _ => return Err(format!("{} fields, not those of {HEADING_WITH_ORIGIN}", fields.len())),
    };
    if origin.is_some_and(|origin| origin.len() > MAX_ORIGIN) {
        return Err(format!("an origin has more than {MAX_ORIGIN} bytes"));
    }
    let origin = origin.filter(|text| !text.is_empty()).map(str::to_owned);
    let time: Utc = time.parse().map_err(|error: crate::utc::NoTime| error.to_string())?;
    let unit = unit.parse().ok().filter(|unit| *unit <= MAX_UNIT);
    let unit = unit.ok_or_else(|| {
        format!(
            "a unit is the power of ten of the base units that the price is of, 0 to {MAX_UNIT}"
        )
    })?;
    Ok((time.0, token.parse()?, Quote { dollars: dollars(price)?, unit, origin }))
}

/// A decimal number as dollars times 10^18.
fn dollars(text: &str) -> Result<U256, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(format!(
            "{text} is no price: write digits, with a point if there is a fraction"
        ));
    }
    if fraction.len() > usize::from(PRICE_PLACES) {
        return Err(format!("{text} has more than {PRICE_PLACES} places after the point"));
    }
    let all = format!("{whole}{fraction:0<width$}", width = usize::from(PRICE_PLACES));
    let most = U256::from(MAX_PRICE) * U256::from(MAX_PRICE);
    let price = U256::from_str_radix(&all, 10).ok().filter(|price| *price <= most);
    price.ok_or_else(|| format!("{text} is more than {MAX_PRICE} dollars"))
}

#[cfg(test)]
mod tests;
