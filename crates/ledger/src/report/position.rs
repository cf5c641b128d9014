//! What everybody has, and what it earned.

use super::ReportError;
use crate::{
    books::{Books, DAY_SECONDS, Holding, Role, Span, Total},
    model::{Kind, Position, Token},
    prices::{Dollars, Prices},
};
use alloy_primitives::{Address, I256, U256};
use serde::Serialize;
use std::collections::BTreeMap;

/// Parts of a whole in a [`Rate`].
const MILLION: u64 = 1_000_000;

/// Days of the year of a [`Rate`].
const YEAR_DAYS: u64 = 365;

/// What one owner has of one token in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionRow {
    /// On which chain.
    pub chain: u64,
    /// Who.
    pub owner: Address,
    /// What people call it.
    pub label: String,
    /// What it is to the rollup.
    pub role: Role,
    /// What.
    #[serde(serialize_with = "crate::books::token_text")]
    pub token: Token,
    /// Where.
    #[serde(serialize_with = "crate::books::position_text")]
    pub position: Position,
    /// The sum of all lines, in base units.
    pub balance: I256,
    /// The newest balance that the node told, and after which block.
    pub seen: Option<(u64, U256)>,
    /// Earned since it is followed, in base units.
    pub income: I256,
    /// What it earned over the capital in it; none without income or capital.
    pub rate: Option<Rate>,
    /// What the balance is worth, in dollars; none without a price.
    pub dollars: Option<Dollars>,
}

/// Income over time-weighted capital, as a simple yearly rate: nothing is compounded, and the period it was
/// observed over is always told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// Parts per million of the capital in a year of 365 days.
    pub ppm_a_year: I256,
    /// Days that were observed; few of them say little about a year.
    pub days: u64,
}

impl Rate {
    /// As percent a year with two places, rounded towards nothing.
    pub fn percent(&self) -> String {
        let hundredths = self.ppm_a_year.unsigned_abs() / U256::from(100);
        let (whole, rest) = hundredths.div_rem(U256::from(100));
        let sign = if self.ppm_a_year.is_negative() { "-" } else { "" };
        format!("{sign}{whole}.{:0>2}", rest.to_string())
    }
}

/// Every position that has or had something, of one owner or of all, as of the newest booked blocks. `now` (seconds
/// since 1970) is when prices are asked for. Of one owner, only what is the owner's is read.
///
/// # Errors
/// [`ReportError`]
pub async fn positions(
    books: &Books,
    owner: Option<Address>,
    prices: Option<&Prices>,
    now: u64,
) -> Result<Vec<PositionRow>, ReportError> {
    let mut days: BTreeMap<Key, BTreeMap<u64, Day>> = BTreeMap::new();
    let mut fits = true;
    let each = |total: Total| {
        let day = days.entry(key_of_total(&total)).or_default().entry(total.day).or_default();
        fits &= day.take(&total).is_some();
    };
    let (accounts, holdings) = match owner {
        Some(owner) => {
            books.totals_of(owner, each).await?;
            (books.accounts_of(owner).await?, books.holdings_of(owner).await?)
        }
        None => {
            books.totals(Span::ALL, each).await?;
            let accounts = books.accounts().await?.into_iter().map(|(tracked, _)| tracked);
            (accounts.collect(), books.holdings().await?)
        }
    };
    if !fits {
        return Err(ReportError::Overflow);
    }
    let names: BTreeMap<_, _> =
        accounts.iter().map(|one| ((one.chain, one.address), one)).collect();
    let (mut rows, mut newest) = (Vec::new(), BTreeMap::new());
    for chain in books.chains().await? {
        newest.insert(chain.id, newest_day(books, chain.id).await?);
    }
    for holding in holdings {
        let key = (holding.chain, holding.owner, holding.token, holding.position);
        let empty = BTreeMap::new();
        let days = days.get(&key).unwrap_or(&empty);
        let last = newest.get(&holding.chain).copied().flatten().unwrap_or(now / DAY_SECONDS);
        let tracked = names.get(&(key.0, key.1));
        let price = prices.and_then(|prices| prices.at(holding.token, now).ok());
        rows.push(PositionRow {
            label: tracked.map(|one| one.label.clone()).unwrap_or_default(),
            role: tracked.map_or(Role::Other, |one| one.role),
            income: days.values().fold(I256::ZERO, |sum, day| sum.wrapping_add(day.income)),
            rate: rate(days, last),
            dollars: price.map(|price| price.value(holding.balance)),
            ..row(&holding)
        });
    }
    rows.sort_by_key(|row| (row.chain, row.owner, row.token, row.position));
    Ok(rows)
}

type Key = (u64, Address, Token, Position);

fn key_of_total(total: &Total) -> Key {
    (total.chain, total.owner, total.token, total.position)
}

fn row(holding: &Holding) -> PositionRow {
    let Holding { chain, owner, token, position, balance, seen } = *holding;
    PositionRow {
        chain,
        owner,
        label: String::new(),
        role: Role::Other,
        token,
        position,
        balance,
        seen,
        income: I256::ZERO,
        rate: None,
        dollars: None,
    }
}

/// The UTC day of the chain's newest booked block.
async fn newest_day(books: &Books, chain: u64) -> Result<Option<u64>, ReportError> {
    Ok(books.cursor_time(chain).await?.map(|time| time / DAY_SECONDS))
}

/// What happened to a position on a day, in base units.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    change: I256,
    income: I256,
}

impl Day {
    fn take(&mut self, total: &Total) -> Option<()> {
        self.change = self.change.checked_add(total.amount)?;
        if total.source.kind() == Kind::Income {
            self.income = self.income.checked_add(total.amount)?;
        }
        Some(())
    }
}

/// The capital of a day is what there was at its end, less what was earned on it.
fn rate(days: &BTreeMap<u64, Day>, last: u64) -> Option<Rate> {
    let first = *days.keys().next()?;
    let (mut balance, mut capital, mut income) = (I256::ZERO, I256::ZERO, I256::ZERO);
    let mut days = days.iter().peekable();
    while let Some((day, change)) = days.next() {
        balance = balance.checked_add(change.change)?;
        income = income.checked_add(change.income)?;
        let until = days.peek().map_or(last.saturating_add(1), |(next, _)| **next);
        let length = I256::try_from(until.saturating_sub(*day)).ok()?;
        let of_days = balance.checked_mul(length)?.checked_sub(change.income)?;
        capital = capital.checked_add(of_days)?;
    }
    if income.is_zero() || capital <= I256::ZERO {
        return None;
    }
    let scale = I256::try_from(YEAR_DAYS * MILLION).ok()?;
    let ppm_a_year = income.checked_mul(scale)?.checked_div(capital)?;
    Some(Rate { ppm_a_year, days: last.saturating_sub(first) + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(amount: i64) -> I256 {
        I256::try_from(amount).unwrap()
    }

    fn days(changes: &[(u64, i64, i64)]) -> BTreeMap<u64, Day> {
        let day = |(day, change, income): &(u64, i64, i64)| {
            (*day, Day { change: amount(*change), income: amount(*income) })
        };
        changes.iter().map(day).collect()
    }

    /// Trap 4 of the accounting rules: a day's growth raised to the 365th power is no yield.
    #[test]
    fn one_good_day_is_not_compounded_over_a_year_and_the_period_is_told() {
        // 1 % in one day: 365 % a year and not (1.01^365 - 1) = 3,678 %; and it says that it saw one day.
        let found = rate(&days(&[(100, 10_100, 100)]), 100).unwrap();
        assert_eq!(found, Rate { ppm_a_year: amount(3_650_000), days: 1 });
    }

    #[test]
    fn a_rate_is_written_as_percent() {
        for (ppm, shown) in [(3_650_000, "365.00"), (-12_399, "-1.23"), (50, "0.00"), (0, "0.00")] {
            assert_eq!(Rate { ppm_a_year: amount(ppm), days: 1 }.percent(), shown);
        }
    }

    #[test]
    fn capital_is_weighted_with_its_time() {
        // 1,000 for nine days, then 11,000 for one: 20,000 days of capital, of which 20 were earned.
        let found = rate(&days(&[(0, 1_000, 0), (9, 10_020, 20)]), 9).unwrap();
        assert_eq!(found, Rate { ppm_a_year: amount(20 * 365_000_000 / 20_000), days: 10 });
    }

    #[test]
    fn nothing_earned_or_nothing_in_it_has_no_rate() {
        assert_eq!(rate(&days(&[]), 5), None);
        assert_eq!(rate(&days(&[(1, 100, 0)]), 5), None);
        assert_eq!(rate(&days(&[(1, 100, 100)]), 1), None);
    }
}
