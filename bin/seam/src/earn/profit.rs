//! What running the rollup brings.

use super::{
    args::{Profit as Asked, Unit},
    show,
};
use crate::table;
use alloy_primitives::I256;
use anyhow::{Result, bail};
use seam_ledger::{
    Token,
    report::profit::{Profit, ProfitQuery, RevenueShare, profit},
};
use std::io::Write;

pub(super) async fn run(command: &Asked, out: &mut impl Write) -> Result<()> {
    if command.unit == Unit::Usd {
        bail!("profit is in wei or eth: `seam earn report --by role --in usd` has dollars");
    }
    let books = command.database.existing().await?;
    let (since, until) = command.period.ends();
    let share = command.superchain_share.then_some(RevenueShare::SUPERCHAIN);
    let found = profit(&books, ProfitQuery { since, until, share }).await?;
    if command.database.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(());
    }
    if found.days.is_empty() {
        eprintln!(
            "nothing of an operator is booked in this period: track the batcher (--role batcher) on L1, and on the \
             Layer 2 its --vaults"
        );
    }
    sums(&found, command.unit, out)?;
    writeln!(out)?;
    days(&found, command.unit, out)
}

fn sums(found: &Profit, unit: Unit, out: &mut impl Write) -> Result<()> {
    let ether = |amount: I256| show::amount(Token::Ether, amount, unit);
    let maybe = |amount: Option<I256>| amount.map_or_else(|| "-".to_owned(), ether);
    let count =
        |count: Option<I256>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: String, value: String| rows.push([name, value]);
    for (source, amount) in &found.revenue_by_source {
        row(format!("revenue: {source}"), ether(*amount));
    }
    row("revenue".to_owned(), ether(found.revenue));
    for cost in &found.cost_by_role {
        let name =
            format!("cost: {} of the {} on chain {}", cost.source.name(), cost.role, cost.chain);
        row(name, ether(cost.amount));
    }
    row("costs".to_owned(), ether(found.costs));
    row("margin".to_owned(), ether(found.margin));
    row(format!("margin a batch ({} batches)", found.batches), maybe(found.margin_per_batch));
    row("margin a day".to_owned(), maybe(found.margin_per_day));
    if let Some(share) = found.revenue_share {
        row("owed to the Superchain".to_owned(), ether(share));
    }
    row("transactions that paid".to_owned(), found.transactions.to_string());
    row("break-even, transactions a day".to_owned(), count(found.break_even_per_day));
    row("the batcher has".to_owned(), ether(found.batcher_balance));
    row("runway, hours".to_owned(), count(found.runway_hours));
    if !found.unexplained.is_zero() {
        row("unexplained, not revenue".to_owned(), ether(found.unexplained));
    }
    let unit = show::token(Token::Ether, unit);
    let period = format!("in {unit}, over {} seconds", found.seconds);
    Ok(table::write_left(out, ["profit", period.as_str()], &rows)?)
}

fn days(found: &Profit, unit: Unit, out: &mut impl Write) -> Result<()> {
    let ether = |amount: I256| show::amount(Token::Ether, amount, unit);
    let rows: Vec<_> = found
        .days
        .iter()
        .map(|day| [day.day.clone(), ether(day.revenue), ether(day.costs), ether(day.margin)])
        .collect();
    Ok(table::write(out, ["day", "revenue", "costs", "margin"], &rows)?)
}
