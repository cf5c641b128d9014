//! Reports: what each earned and paid, from the totals alone, however many lines there are.
//!
//! Periods are whole UTC days. Sums are integers in base units; a value in dollars is that of each day's sum at
//! the price that held at the day's end, exact until it is shown.
//!
//! | module | what |
//! |---|---|
//! | [`position`] | what everybody has, and the simple rate that it earned |
//! | [`profit`] | revenue, costs and margin of whoever runs a rollup |

pub mod position;
pub mod profit;

use crate::{
    books::{Books, BooksError, DAY_SECONDS, Role, Span, Total, Tracked},
    model::{Kind, Source, Token},
    prices::{Dollars, Price, Prices},
    utc,
};
use alloy_primitives::{Address, I256};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a row of a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// All accounts of a role.
    Role,
    /// One account on one chain.
    Account,
    /// Why amounts moved.
    Source,
    /// A UTC day.
    Day,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// What a row is about.
    pub by: By,
    /// Which days.
    pub span: Span,
    /// One chain only.
    pub chain: Option<u64>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The books cannot be read.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// A sum does not fit: see [`BooksError::Overflow`].
    #[error("a sum of the report does not fit 256 bits")]
    Overflow,
}

/// Sums by what a report does with them, in base units. Opening balance and all others together are the change
/// of the balance from nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Earned.
    pub income: I256,
    /// Paid: negative.
    pub costs: I256,
    /// Moved in, less moved out; opening balances are not in it.
    pub flows: I256,
    /// What accounts had before they were followed.
    pub opening: I256,
    /// What nothing explains; never counted as income.
    pub unexplained: I256,
}

/// The same in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Values {
    /// Earned.
    pub income: Dollars,
    /// Paid: negative.
    pub costs: Dollars,
    /// Income and costs together.
    pub net: Dollars,
    /// Moved.
    pub flows: Dollars,
    /// What nothing explains.
    pub unexplained: Dollars,
}

/// One row: one group, one token of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The role, the account, the source or the day.
    pub group: String,
    /// What people call the account; empty otherwise.
    pub label: String,
    /// On which chain.
    pub chain: u64,
    /// Of what.
    #[serde(serialize_with = "crate::books::token_text")]
    pub token: Token,
    /// In base units.
    #[serde(flatten)]
    pub figures: Figures,
    /// Income and costs together, in base units.
    pub net: I256,
    /// In dollars; none where a price is missing, or none were asked for.
    pub dollars: Option<Values>,
    /// Of a token: in wei, each day by the prices of both; none where one is missing, or none were asked for. What
    /// accounts had before is not valued.
    pub ether: Option<Figures>,
}

/// Days for which there is no price of a token.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Gap {
    /// Of what.
    #[serde(serialize_with = "crate::books::token_text")]
    pub token: Token,
    /// The first of them: `2026-01-31`.
    pub first: String,
    /// The last of them.
    pub last: String,
}

/// The prices that a report used of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// The oldest.
    pub first: Price,
    /// The newest.
    pub last: Price,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The first day with anything in it; empty if there is none.
    pub first: String,
    /// The last day with anything in it.
    pub last: String,
    /// In the order of the groups, then by chain and token.
    pub rows: Vec<Row>,
    /// All groups together, by chain and token.
    pub sums: Vec<Row>,
    /// Prices and their origins.
    pub prices: Vec<Used>,
    /// Where prices are missing.
    pub gaps: Vec<Gap>,
}

/// In the order in which reports show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Role(Role),
    Account(u64, Address),
    Source(Source),
    Day(u64),
    All,
}

#[derive(Debug, Default)]
struct Sums {
    figures: Figures,
    values: Values,
    unpriced: bool,
    ether: Figures,
    without_ether: bool,
}

/// Makes a report; with prices in dollars too.
///
/// # Errors
/// [`ReportError`]
pub async fn report(
    books: &Books,
    query: Query,
    prices: Option<&Prices>,
) -> Result<Report, ReportError> {
    let accounts = books.accounts().await?;
    let known = accounts.into_iter().map(|(one, _)| ((one.chain, one.address), one)).collect();
    let mut making = Making::new(query, prices, known);
    let mut failed = Ok(());
    let each = |total: Total| {
        if failed.is_ok() {
            failed = making.take(&total).ok_or(ReportError::Overflow);
        }
    };
    books.totals(query.span, each).await?;
    failed?;
    Ok(making.done())
}

struct Making<'a> {
    query: Query,
    accounts: BTreeMap<(u64, Address), Tracked>,
    pricing: Pricing<'a>,
    days: Option<(u64, u64)>,
    sums: BTreeMap<(Group, u64, Token), Sums>,
}

impl<'a> Making<'a> {
    fn new(
        query: Query,
        prices: Option<&'a Prices>,
        accounts: BTreeMap<(u64, Address), Tracked>,
    ) -> Self {
        let pricing = Pricing { prices, used: BTreeMap::new(), missing: BTreeSet::new() };
        Self { query, accounts, pricing, days: None, sums: BTreeMap::new() }
    }

    /// None if a sum does not fit.
    fn take(&mut self, total: &Total) -> Option<()> {
        if self.query.chain.is_some_and(|chain| chain != total.chain) {
            return Some(());
        }
        let (first, last) = self.days.unwrap_or((total.day, total.day));
        self.days = Some((first.min(total.day), last.max(total.day)));
        let value = self.pricing.value(total);
        for group in [self.group(total), Group::All] {
            let sums = self.sums.entry((group, total.chain, total.token)).or_default();
            sums.take(total, value)?;
        }
        Some(())
    }

    fn group(&self, total: &Total) -> Group {
        match self.query.by {
            By::Role => {
                let account = self.accounts.get(&(total.chain, total.owner));
                Group::Role(account.map_or(Role::Other, |account| account.role))
            }
            By::Account => Group::Account(total.chain, total.owner),
            By::Source => Group::Source(total.source),
            By::Day => Group::Day(total.day),
        }
    }

    fn done(self) -> Report {
        let valued = self.pricing.prices.is_some();
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        for ((group, chain, token), sums) in &self.sums {
            let (name, label) = self.name(*group);
            let row = Row {
                group: name,
                label,
                chain: *chain,
                token: *token,
                figures: sums.figures,
                net: sums.figures.net(),
                dollars: (valued && !sums.unpriced).then_some(sums.values),
                ether: (valued && *token != Token::Ether && !sums.without_ether)
                    .then_some(sums.ether),
            };
            if *group == Group::All { all.push(row) } else { rows.push(row) }
        }
        let day = |pick: fn((u64, u64)) -> u64| {
            self.days.map_or_else(String::new, |days| utc::day(pick(days)))
        };
        Report {
            first: day(|days| days.0),
            last: day(|days| days.1),
            rows,
            sums: all,
            gaps: self.pricing.gaps(),
            prices: self.pricing.used.into_values().collect(),
        }
    }

    fn name(&self, group: Group) -> (String, String) {
        match group {
            Group::Role(role) => (role.to_string(), String::new()),
            Group::Account(chain, address) => {
                let label = self.accounts.get(&(chain, address)).map(|one| one.label.clone());
                (address.to_string(), label.unwrap_or_default())
            }
            Group::Source(source) => (source.name().to_owned(), String::new()),
            Group::Day(day) => (utc::day(day), String::new()),
            Group::All => ("all".to_owned(), String::new()),
        }
    }
}

impl Figures {
    /// Income and costs together.
    pub fn net(&self) -> I256 {
        // Each is the sum of lines that are far from the end of 256 bits: see `MAX_AMOUNT`.
        self.income.wrapping_add(self.costs)
    }

    /// Adds what came from a source; none if it does not fit.
    fn add(&mut self, source: Source, amount: I256) -> Option<()> {
        let sum = match (source, source.kind()) {
            (Source::Opening, _) => &mut self.opening,
            (_, Kind::Income) => &mut self.income,
            (_, Kind::Cost) => &mut self.costs,
            (_, Kind::Flow) => &mut self.flows,
            (_, Kind::Unexplained) => &mut self.unexplained,
        };
        *sum = sum.checked_add(amount)?;
        Some(())
    }
}

impl Values {
    fn add(&mut self, source: Source, value: Dollars) -> Option<()> {
        let sum = match (source, source.kind()) {
            (Source::Opening, _) => return Some(()),
            (_, Kind::Income) => &mut self.income,
            (_, Kind::Cost) => &mut self.costs,
            (_, Kind::Flow) => &mut self.flows,
            (_, Kind::Unexplained) => &mut self.unexplained,
        };
        *sum = sum.plus(value)?;
        self.net = self.income.plus(self.costs)?;
        Some(())
    }
}

impl Sums {
    fn take(&mut self, total: &Total, value: Option<Valued>) -> Option<()> {
        self.figures.add(total.source, total.amount)?;
        // What an account had before is not valued.
        if total.source == Source::Opening {
            return Some(());
        }
        match value {
            Some(value) => self.values.add(total.source, value.dollars)?,
            None => self.unpriced = true,
        }
        match value.and_then(|value| value.ether) {
            Some(wei) => self.ether.add(total.source, wei)?,
            None => self.without_ether = true,
        }
        Some(())
    }
}

/// What a sum of a day is worth.
#[derive(Debug, Clone, Copy)]
struct Valued {
    dollars: Dollars,
    /// In wei, if there is a price of ether too.
    ether: Option<I256>,
}

/// Prices as a report uses them, with what was used and what was missing.
struct Pricing<'a> {
    prices: Option<&'a Prices>,
    used: BTreeMap<Token, Used>,
    missing: BTreeSet<(Token, u64)>,
}

impl Pricing<'_> {
    fn value(&mut self, total: &Total) -> Option<Valued> {
        let prices = self.prices?;
        let end = (total.day + 1) * DAY_SECONDS - 1;
        let Ok(price) = prices.at(total.token, end) else {
            if total.source != Source::Opening {
                self.missing.insert((total.token, total.day));
            }
            return None;
        };
        let dollars = price.value(total.amount);
        let of_ether = prices.at(Token::Ether, end).ok();
        let ether = of_ether.as_ref().and_then(|it| dollars.in_units_of(it.value(I256::ONE)));
        self.use_price(price);
        of_ether.into_iter().for_each(|price| self.use_price(price));
        Some(Valued { dollars, ether })
    }

    fn use_price(&mut self, price: Price) {
        let used = self.used.entry(price.token);
        let used = used.or_insert_with(|| Used { first: price.clone(), last: price.clone() });
        if price.time < used.first.time {
            used.first = price.clone();
        }
        if price.time > used.last.time {
            used.last = price;
        }
    }

    /// Days that follow each other are one gap.
    fn gaps(&self) -> Vec<Gap> {
        let mut periods: Vec<(Token, u64, u64)> = Vec::new();
        for (token, day) in &self.missing {
            match periods.last_mut() {
                Some((known, _, last)) if known == token && *last + 1 == *day => *last = *day,
                _ => periods.push((*token, *day, *day)),
            }
        }
        let gap =
            |(token, first, last)| Gap { token, first: utc::day(first), last: utc::day(last) };
        periods.into_iter().map(gap).collect()
    }
}
