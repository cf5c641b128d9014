//! Who earns what.

use super::{
    layout::{Here, figure, layout, nothing, table},
    problem::Problem,
};
use crate::{
    api::earnings::{Asked, profit_of, report_of},
    chart::{Bars, bars},
    server::asked::Query,
    site::Site,
    text,
};
use alloy_primitives::I256;
use axum::extract::State as Has;
use maud::{Markup, html};
use seam_ledger::{
    Token,
    report::{By, Report, Row, profit::Profit},
};

const VIEWS: [(By, &str, &str); 4] = [
    (By::Role, "role", "By role"),
    (By::Account, "account", "By account"),
    (By::Source, "source", "By source"),
    (By::Day, "day", "By day"),
];
/// Rows of a report on a page; the API and the export have all.
const MAX_ROWS: usize = 500;

pub(super) async fn page(
    Has(site): Has<Site>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let by = asked.by(By::Role)?;
    let profit = profit_of(&site, &asked).await?;
    let report = report_of(&site, &asked, by).await?;
    let body = html! {
        h1 { "Earnings" }
        (period(&asked, by))
        @if report.rows.is_empty() {
            (nothing("Nothing is booked in this period yet. The books follow the chains within seconds; to book other accounts, \
                      use `seam earn track`."))
        } @else {
            (operator(&profit))
            (margins(&site))
            (table_of(&site, &asked, by, &report).await)
        }
        (checks(&site))
    };
    Ok(layout("Earnings", Here::Earnings, body))
}

fn period(asked: &Asked, by: By) -> Markup {
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = VIEWS.iter().find(|(view, ..)| *view == by).map_or("role", |(_, name, _)| name);
    html! {
        form .period action="/earnings" {
            input type="hidden" name="by" value=(name);
            label { "From " input type="date" name="since" value=(value(&asked.since)); }
            label { "before " input type="date" name="until" value=(value(&asked.until)); }
            button { "Show" }
            span { "Whole days of UTC." }
        }
    }
}

fn operator(profit: &Profit) -> Markup {
    let days: Vec<Bars> = profit
        .days
        .iter()
        .map(|day| Bars { name: day.day.clone(), income: day.revenue, costs: day.costs })
        .collect();
    let maybe = |amount: Option<I256>| amount.map_or_else(|| html! { "–" }, text::ether);
    html! {
        section #operator data-refresh="books" aria-labelledby="operator-title" {
            h2 #operator-title { "The operator" }
            dl .figures {
                (figure("Revenue", text::ether(profit.revenue)))
                (figure("Costs", text::ether(profit.costs)))
                (figure("Net", text::ether(profit.margin)))
                (figure("Margin a batch", maybe(profit.margin_per_batch)))
                (figure("Margin a day", maybe(profit.margin_per_day)))
                (figure("Paying transactions", html! { (text::number(profit.transactions)) }))
                (figure("Batches", html! { (text::number(profit.batches)) }))
                (figure("Transactions a day to break even", html! {
                    (profit.break_even_per_day.map_or_else(|| "–".to_owned(), text::count))
                }))
                (figure("Hours that the batcher's ether lasts", html! {
                    (profit.runway_hours.map_or_else(|| "–".to_owned(), text::count))
                }))
            }
            @if !profit.unexplained.is_zero() {
                p .problem-line { (text::ether(profit.unexplained)) " on the operator's accounts has no named cause." }
            }
            @if days.len() > 1 { (bars("The operator's income, costs and net, day by day", &days)) }
        }
    }
}

/// Margin of the newest batches, the oldest first.
fn margins(site: &Site) -> Markup {
    let batches = site.live().batches();
    let known = batches.iter().rev().filter_map(|batch| {
        let costs = I256::ZERO.checked_sub(text::signed(batch.cost))?;
        Some(Bars { name: batch.index.to_string(), income: batch.fees?, costs })
    });
    let known: Vec<Bars> = known.collect();
    html! {
        section #margins data-refresh="batches" aria-labelledby="margins-title" {
            h2 #margins-title { "Margin of each batch" }
            @if known.is_empty() {
                (nothing("No batch is on L1 yet whose blocks are in the books."))
            } @else {
                p { "Fees that the vaults got in its blocks above the line, what posting it cost below, what is left as a mark." }
                (bars("Fees, posting cost and margin of the newest batches", &known))
            }
        }
    }
}

async fn table_of(site: &Site, asked: &Asked, by: By, report: &Report) -> Markup {
    let groups: Vec<Bars> = report.rows.iter().filter(|row| row.token == Token::Ether).fold(
        Vec::new(),
        |mut groups: Vec<Bars>, row| {
            let Row { figures, .. } = row;
            match groups.iter_mut().find(|group| group.name == row.group) {
                Some(group) => {
                    group.income = group.income.saturating_add(figures.income);
                    group.costs = group.costs.saturating_add(figures.costs);
                }
                None => groups.push(Bars {
                    name: row.group.clone(),
                    income: figures.income,
                    costs: figures.costs,
                }),
            }
            groups
        },
    );
    let mut rows = Vec::new();
    for row in report.rows.iter().take(MAX_ROWS) {
        rows.push(row_of(site, by, row).await);
    }
    let mut sums = Vec::new();
    for row in &report.sums {
        sums.push(row_of(site, By::Source, row).await);
    }
    let since = asked.since.as_deref().unwrap_or_default();
    let until = asked.until.as_deref().unwrap_or_default();
    html! {
        section #report data-refresh="books" aria-labelledby="report-title" {
            h2 #report-title { "Everybody" }
            nav .tabs aria-label="Grouping" {
                @for (view, name, title) in VIEWS {
                    a href={ "/earnings?by=" (name) "&since=" (since) "&until=" (until) }
                        aria-current=[(view == by).then_some("true")] { (title) }
                }
            }
            @if by != By::Account { (bars("Ether: income, costs and net", &groups)) }
            p { (report.first) " to " (report.last) ", whole days of UTC. Income and costs are in it once each; what only moved is a flow." }
            (table("Report", &["Group", "Chain", "In", "Income", "Costs", "Net", "Flows", "Unexplained"], html! {
                @for row in &rows { (row) }
                @for row in &sums { (row) }
            }))
            @if report.rows.len() > MAX_ROWS {
                p { "The first " (MAX_ROWS) " of " (report.rows.len()) " rows; the rest by the API." }
            }
            p {
                "Lines: " a href="/api/v1/earnings/export?format=csv" { "CSV" } ", "
                a href="/api/v1/earnings/export?format=json" { "JSON" } ", "
                a href="/api/v1/earnings/export?format=parquet" { "Parquet" } "."
            }
        }
    }
}

async fn row_of(site: &Site, by: By, row: &Row) -> Markup {
    let name = site.token_name(row.chain, row.token).await;
    let shown = |amount| text::amount(row.token, amount, &name);
    html! {
        tr data-group=(row.group) data-chain=(row.chain) data-token=(row.token) {
            th scope="row" {
                @match (by, row.group.parse()) {
                    (By::Account, Ok(address)) => (text::account(address, &row.label)),
                    _ => (row.group),
                }
            }
            td { (row.chain) }
            td title=(row.token) { (name.symbol) }
            td .number { (shown(row.figures.income)) }
            td .number { (shown(row.figures.costs)) }
            td .number { (shown(row.net)) }
            td .number { (shown(row.figures.flows)) }
            td .number { (shown(row.figures.unexplained)) }
        }
    }
}

/// What the closing check says of each chain.
pub(super) fn checks(site: &Site) -> Markup {
    let checked = site.checked();
    html! {
        section #check data-refresh="books" aria-labelledby="check-title" {
            h2 #check-title { "Closing check" }
            @if checked.is_empty() {
                (nothing("Not made yet. Every minute every balance in the books is compared with the chains'."))
            }
            ul {
                @for (chain, result) in &checked {
                    @match result {
                        Ok(found) if found.adds_up() => li .good {
                            "Chain " (chain) " at block " (text::number(found.block)) ": " (text::number(found.balances))
                            " balances, all explained to the wei."
                        },
                        Ok(found) => li .bad {
                            "Chain " (chain) " at block " (text::number(found.block)) " DOES NOT ADD UP:"
                            ul {
                                @for failure in &found.failures { li { (failure) } }
                                @for vault in found.vaults.iter().filter(|vault| vault.fees != vault.growth) {
                                    li { "vault " (vault.vault) ": paid in " (vault.fees) " wei, grew by " (vault.growth) }
                                }
                            }
                        },
                        Err(error) => li .warning { "Chain " (chain) ": not checked: " (error) },
                    }
                }
            }
        }
    }
}
