//! What running a rollup brings, for its operator: in wei, over both chains.
//!
//! Revenue is what the fee vaults (and an account of the sequencer, if it gets tips) earned. Costs are all gas that the
//! operator's accounts paid on both chains, that of failed transactions too. Everything comes from the accounts
//! that are tracked with these roles: one that is not tracked is not in it.
//!
//! | figure | formula |
//! |---|---|
//! | margin | revenue + costs (which are negative) |
//! | batches | transactions for which an account with the role batcher paid execution gas |
//! | margin a batch | margin / batches |
//! | transactions | the most lines that a kind of revenue has: each paying transaction has one of each kind that it pays |
//! | break-even | costs a day / revenue a transaction = -costs * transactions * 86,400 / (revenue * seconds), rounded up: so many transactions a day cover the costs if each brings as much as those of the period and the costs stay as they were |
//! | runway | the batcher's balance * seconds / (what it paid * 3,600): hours at the pace of the period |
//! | seconds | from the first line of the operator's accounts (or `since`) to the newest booked block (or `until`) |
//! | revenue share | the sum over days of the larger of a part of the revenue and a part of the margin; the largest of each day, then the sum |

use super::ReportError;
use crate::{
    books::{Books, DAY_SECONDS, Role, Span, Total},
    model::{Kind, Source, Token},
    utc,
};
use alloy_primitives::{Address, I256};
use serde::Serialize;
use std::collections::BTreeMap;

/// Whose gas are costs of the rollup.
pub const OPERATOR: [Role; 7] = [
    Role::Sequencer,
    Role::Batcher,
    Role::Proposer,
    Role::Challenger,
    Role::Prover,
    Role::Attester,
    Role::Vault,
];

/// Seconds of an hour.
const HOUR_SECONDS: u64 = 3_600;

/// What an operator owes to others of each day's revenue or margin, whichever is more, in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevenueShare {
    /// Of the revenue.
    pub of_revenue: u32,
    /// Of the margin, where it is positive.
    pub of_margin: u32,
}

/// One cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Whose.
    pub role: Role,
    /// On which chain.
    pub chain: u64,
    /// For what.
    pub source: Source,
    /// How much, in wei: negative.
    pub amount: I256,
    /// How often.
    pub lines: u64,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayProfit {
    /// Which: `2026-01-31`.
    pub day: String,
    /// In wei.
    pub revenue: I256,
    /// In wei: negative.
    pub costs: I256,
    /// In wei.
    pub margin: I256,
}

/// What running the rollup brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Profit {
    /// How long the period is.
    pub seconds: u64,
    /// By kind, in wei.
    pub revenue_by_source: BTreeMap<&'static str, I256>,
    /// In wei.
    pub revenue: I256,
    /// Each cost.
    pub cost_by_role: Vec<Cost>,
    /// In wei: negative.
    pub costs: I256,
    /// In wei.
    pub margin: I256,
    /// Transactions that paid.
    pub transactions: u64,
    /// Transactions with which batches were posted.
    pub batches: u64,
    /// In wei, rounded towards nothing; none without a batch.
    pub margin_per_batch: Option<I256>,
    /// In wei a day of 86,400 seconds, rounded towards nothing; none if no time passed.
    pub margin_per_day: Option<I256>,
    /// Transactions a day at which revenue covers costs; none without revenue.
    pub break_even_per_day: Option<I256>,
    /// What the batcher has, in wei.
    pub batcher_balance: I256,
    /// Hours that it lasts, rounded down; none if it paid nothing.
    pub runway_hours: Option<I256>,
    /// What is owed to others, in wei; none if nothing is.
    pub revenue_share: Option<I256>,
    /// What nothing explains on the operator's accounts, in wei: not revenue.
    pub unexplained: I256,
    /// Day by day.
    pub days: Vec<DayProfit>,
}

/// What is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProfitQuery {
    /// From this time on, in seconds since 1970.
    pub since: Option<u64>,
    /// Before this time, in seconds since 1970.
    pub until: Option<u64>,
    /// What is owed to others.
    pub share: Option<RevenueShare>,
}

impl RevenueShare {
    /// That of the OP Stack's Superchain: the larger of 2.5 % of revenue and 15 % of margin (Standard Rollup
    /// Charter of the Optimism Collective).
    pub const SUPERCHAIN: Self = Self { of_revenue: 25_000, of_margin: 150_000 };

    /// Of one day, in wei, rounded down.
    fn of_day(self, revenue: I256, margin: I256) -> Option<I256> {
        let part = |of: I256, ppm: u32| {
            let share = of.max(I256::ZERO).checked_mul(I256::try_from(ppm).ok()?)?;
            share.checked_div(I256::try_from(1_000_000).ok()?)
        };
        Some(part(revenue, self.of_revenue)?.max(part(margin, self.of_margin)?))
    }
}

#[derive(Default)]
struct Sums {
    revenue: BTreeMap<Source, (I256, u64)>,
    costs: BTreeMap<(Role, u64, Source), (I256, u64)>,
    days: BTreeMap<u64, (I256, I256)>,
    unexplained: I256,
}

/// Computes it from the totals.
///
/// # Errors
/// [`ReportError`]
pub async fn profit(books: &Books, query: ProfitQuery) -> Result<Profit, ReportError> {
    let roles: BTreeMap<(u64, Address), Role> = books
        .accounts()
        .await?
        .into_iter()
        .map(|(one, _)| ((one.chain, one.address), one.role))
        .filter(|(_, role)| OPERATOR.contains(role))
        .collect();
    let span = Span::of(query.since.unwrap_or(0), query.until.unwrap_or(u64::MAX));
    let (mut sums, mut fits) = (Sums::default(), true);
    let each = |total: Total| {
        let role = roles.get(&(total.chain, total.owner));
        if let (Some(role), Token::Ether) = (role, total.token) {
            fits &= sums.take(*role, &total).is_some();
        }
    };
    books.totals(span, each).await?;
    if !fits {
        return Err(ReportError::Overflow);
    }
    let seconds = seconds(books, &roles, query).await?;
    let mut batcher_balance = I256::ZERO;
    for ((chain, address), _) in roles.iter().filter(|(_, role)| **role == Role::Batcher) {
        let balance = books.balance(*chain, *address, Token::Ether).await?;
        batcher_balance = batcher_balance.checked_add(balance).ok_or(ReportError::Overflow)?;
    }
    sums.done(seconds, batcher_balance, query.share).ok_or(ReportError::Overflow)
}

/// How long the period is.
async fn seconds(
    books: &Books,
    roles: &BTreeMap<(u64, Address), Role>,
    query: ProfitQuery,
) -> Result<u64, ReportError> {
    let (mut first, mut last) = (u64::MAX, 0);
    for (chain, owner) in roles.keys() {
        first = first.min(books.first_time(*owner).await?.unwrap_or(u64::MAX));
        last = last.max(books.cursor_time(*chain).await?.unwrap_or(0));
    }
    let first = first.max(query.since.unwrap_or(0));
    let last = last.min(query.until.unwrap_or(u64::MAX));
    Ok(last.saturating_sub(first))
}

impl Sums {
    fn take(&mut self, role: Role, total: &Total) -> Option<()> {
        let day = self.days.entry(total.day).or_default();
        let (sum, lines) = match total.source.kind() {
            Kind::Income => {
                day.0 = day.0.checked_add(total.amount)?;
                self.revenue.entry(total.source).or_default()
            }
            Kind::Cost => {
                day.1 = day.1.checked_add(total.amount)?;
                self.costs.entry((role, total.chain, total.source)).or_default()
            }
            Kind::Unexplained => {
                self.unexplained = self.unexplained.checked_add(total.amount)?;
                return Some(());
            }
            Kind::Flow => return Some(()),
        };
        *sum = sum.checked_add(total.amount)?;
        *lines = lines.checked_add(total.lines)?;
        Some(())
    }

    fn done(
        self,
        seconds: u64,
        batcher_balance: I256,
        share: Option<RevenueShare>,
    ) -> Option<Profit> {
        let revenue = sum(self.revenue.values().map(|(amount, _)| *amount))?;
        let costs = sum(self.costs.values().map(|(amount, _)| *amount))?;
        let margin = revenue.checked_add(costs)?;
        let transactions = self.revenue.values().map(|(_, lines)| *lines).max().unwrap_or(0);
        let of_batcher = || self.costs.iter().filter(|((role, ..), _)| *role == Role::Batcher);
        let posting = of_batcher().filter(|((.., source), _)| *source == Source::ExecutionGas);
        let batches = posting.map(|(_, (_, lines))| *lines).sum();
        let batcher_paid = sum(of_batcher().map(|(_, (amount, _))| *amount))?;
        let owed = |share: RevenueShare| {
            let days = self.days.values();
            sum(days
                .map(|(revenue, costs)| share.of_day(*revenue, *revenue + *costs))
                .collect::<Option<Vec<_>>>()?)
        };
        let days = self.days.iter().map(|(day, (revenue, costs))| DayProfit {
            day: utc::day(*day),
            revenue: *revenue,
            costs: *costs,
            margin: revenue.wrapping_add(*costs),
        });
        let cost =
            |(&(role, chain, source), &(amount, lines)): (&(Role, u64, Source), &(I256, u64))| {
                Cost { role, chain, source, amount, lines }
            };
        Some(Profit {
            seconds,
            revenue_by_source: self
                .revenue
                .iter()
                .map(|(source, (sum, _))| (source.name(), *sum))
                .collect(),
            revenue,
            cost_by_role: self.costs.iter().map(cost).collect(),
            costs,
            margin,
            transactions,
            batches,
            margin_per_batch: over(margin, 1, batches, 1),
            margin_per_day: over(margin, DAY_SECONDS, seconds, 1),
            break_even_per_day: break_even(revenue, costs, transactions, seconds),
            batcher_balance,
            runway_hours: runway(batcher_balance, batcher_paid, seconds),
            revenue_share: match share {
                Some(share) => Some(owed(share)?),
                None => None,
            },
            unexplained: self.unexplained,
            days: days.collect(),
        })
    }
}

fn sum(amounts: impl IntoIterator<Item = I256>) -> Option<I256> {
    amounts.into_iter().try_fold(I256::ZERO, I256::checked_add)
}

/// `amount * times / (by * also)`; none where that is nothing, or does not fit.
fn over(amount: I256, times: u64, by: u64, also: u64) -> Option<I256> {
    let by = I256::try_from(by).ok()?.checked_mul(I256::try_from(also).ok()?)?;
    amount.checked_mul(I256::try_from(times).ok()?)?.checked_div(by)
}

/// Transactions a day at which revenue covers costs.
fn break_even(revenue: I256, costs: I256, transactions: u64, seconds: u64) -> Option<I256> {
    let paid = I256::ZERO.checked_sub(costs)?;
    let needed = paid.checked_mul(I256::try_from(transactions).ok()?)?;
    let needed = needed.checked_mul(I256::try_from(DAY_SECONDS).ok()?)?;
    let by = revenue.checked_mul(I256::try_from(seconds).ok()?)?;
    if by <= I256::ZERO {
        return None;
    }
    needed.checked_add(by)?.checked_sub(I256::ONE)?.checked_div(by)
}

/// Hours that the balance lasts.
fn runway(balance: I256, paid: I256, seconds: u64) -> Option<I256> {
    let paid = I256::ZERO.checked_sub(paid)?.checked_mul(I256::try_from(HOUR_SECONDS).ok()?)?;
    if paid <= I256::ZERO {
        return None;
    }
    balance.checked_mul(I256::try_from(seconds).ok()?)?.checked_div(paid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(amount: i64) -> I256 {
        I256::try_from(amount).unwrap()
    }

    /// Trap 8 of the accounting rules: the larger of two parts is taken each day, then summed. Over the whole
    /// period the larger one would be another, and less.
    #[test]
    fn a_revenue_share_is_the_larger_part_of_each_day_summed() {
        let share = RevenueShare::SUPERCHAIN;
        // A day of profit: 15 % of 900,000. A day of loss: 2.5 % of 1,000,000.
        let days = [(1_000_000, 900_000), (1_000_000, -900_000)];
        let owed = days.map(|(revenue, margin)| share.of_day(amount(revenue), amount(margin)));
        assert_eq!(owed, [Some(amount(135_000)), Some(amount(25_000))]);
        let at_once = share.of_day(amount(2_000_000), amount(0));
        assert_eq!(at_once, Some(amount(50_000)));
        let mut sums = Sums::default();
        for (day, (revenue, margin)) in (0..).zip(days) {
            sums.days.insert(day, (amount(revenue), amount(margin - revenue)));
        }
        let profit = sums.done(0, I256::ZERO, Some(share)).unwrap();
        assert_eq!(profit.revenue_share, Some(amount(160_000)));
    }

    #[test]
    fn break_even_is_rounded_up_and_runway_down() {
        // 10 transactions in half a day brought 100; 250 were paid: 500 a day, at 10 each.
        let half = DAY_SECONDS / 2;
        assert_eq!(break_even(amount(100), amount(-250), 10, half), Some(amount(50)));
        assert_eq!(break_even(amount(101), amount(-250), 10, half), Some(amount(50)));
        assert_eq!(break_even(amount(99), amount(-250), 10, half), Some(amount(51)));
        assert_eq!(break_even(amount(0), amount(-250), 10, half), None);
        // 30 an hour, 100 there.
        assert_eq!(runway(amount(100), amount(-360), 12 * HOUR_SECONDS), Some(amount(3)));
        assert_eq!(runway(amount(100), amount(0), HOUR_SECONDS), None);
    }
}
