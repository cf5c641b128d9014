//! Everything of one account: what it has, what happened to it, and whether that is all.

use super::{
    earnings::checks,
    layout::{Here, figure, layout, nothing, table},
    problem::Problem,
};
use crate::{
    api::earnings::Part,
    node::{Layer, Node},
    server::asked::{Path, Query},
    site::Site,
    text,
};
use alloy_primitives::Address;
use axum::extract::State as Has;
use maud::{Markup, html};
use seam_ledger::{
    Books,
    books::{Line, Page, Tracked},
    report::position::{PositionRow, positions},
};

/// Lines of a page, and at most.
const LINES: u32 = 50;
const MAX_LINES: u32 = 500;

pub(super) async fn page(
    Has(site): Has<Site>,
    Path(address): Path<String>,
    Query(part): Query<Part>,
) -> Result<Markup, Problem> {
    let wrong = |_| Problem::Asked(format!("{} is no address.", text::foreign(&address)));
    let address: Address = address.parse().map_err(wrong)?;
    let tracked = match site.books() {
        Some(books) => books.accounts_of(address).await?,
        None => Vec::new(),
    };
    let name = tracked.iter().map(|one| one.label.as_str()).find(|label| !label.is_empty());
    let name = name.map_or_else(|| "Account".to_owned(), text::foreign);
    let body = html! {
        h1 { (name) }
        p .hash { (address) }
        (on_chains(&site, address).await)
        @match site.books() {
            None => { (nothing("No books are kept of this network: what it earned is not known here.")) },
            Some(_) if tracked.is_empty() => {
                (nothing("It is not in the books. To have every wei of it explained: seam earn track --rpc URL --account ADDRESS."))
            },
            Some(books) => { (booked(&site, books, address, &tracked, part).await?) },
        }
    };
    Ok(layout(&name, Here::Elsewhere, body))
}

/// What the nodes say.
async fn on_chains(site: &Site, address: Address) -> Markup {
    let mut cards = Vec::new();
    for node in site.nodes() {
        cards.push(on_chain(node, address).await);
    }
    html! { div .sides { @for card in &cards { (card) } } }
}

async fn on_chain(node: &Node, address: Address) -> Markup {
    html! {
        section .card {
            h2 { "On the " (node.layer()) }
            @match node.account(address).await {
                Err(error) => p .problem-line { (error) "." },
                Ok((balance, nonce, code)) => dl {
                    (figure("Balance", text::ether_of(balance)))
                    (figure("Transactions sent", html! { (text::number(nonce)) }))
                    (figure("Kind", html! {
                        @match code.len() {
                            0 => "account with a key",
                            23 if code.starts_with(&[0xef, 1, 0]) => "account with a key that runs a contract's code (EIP-7702)",
                            bytes => { "contract, " (text::number(bytes as u64)) " bytes" },
                        }
                    }))
                },
            }
        }
    }
}

async fn booked(
    site: &Site,
    books: &Books,
    address: Address,
    tracked: &[Tracked],
    part: Part,
) -> Result<Markup, Problem> {
    let limit = part.limit.unwrap_or(LINES).clamp(1, MAX_LINES);
    let page = books.lines(address, part.before(), limit).await?;
    let held = positions(books, Some(address), None, 0).await?;
    let mut rows = Vec::new();
    for line in &page.lines {
        rows.push(row(site, line).await);
    }
    Ok(html! {
        ul .roles {
            @for one in tracked {
                li { "Chain " (one.chain) ": " (one.role) @if one.from_block > 0 { ", booked from block " (one.from_block) } }
            }
        }
        @if part.before().is_none() {
            section aria-labelledby="balance" {
                h2 #balance { "Balance over time" }
                div .charts {
                    @for one in tracked {
                        @let title = format!("Ether on chain {}", one.chain);
                        figure .chart-box {
                            figcaption { (title) }
                            div .chart data-chart="balance" data-chain=(one.chain) role="img" aria-label=(title)
                                data-source={ "/api/v1/earnings/accounts/" (address) "/lines?limit=500" } {}
                        }
                    }
                }
            }
            (positions_of(site, &held).await)
        }
        (lines_of(address, &rows, &page, part))
        (checks(site))
    })
}

/// Its lines, the newest first, with the way to older ones and to all of them.
fn lines_of(address: Address, rows: &[Markup], page: &Page, part: Part) -> Markup {
    html! {
        section aria-labelledby="lines" {
            h2 #lines { "Lines" }
            @if rows.is_empty() {
                (nothing("Nothing happened to it yet, as far as the books are."))
            } @else {
                (table("Table of lines", &["Line", "Time", "Chain", "Block", "Why", "Amount", "Balance after"], html! {
                    @for row in rows { (row) }
                }))
            }
            nav .paging aria-label="Pages of lines" {
                @if part.before().is_some() { a href={ "/account/" (address) } { "Newest" } }
                @if let Some(next) = page.next {
                    a rel="next" href={ "/account/" (address) "?time=" (next.time) "&line=" (next.line) } { "Older" }
                }
            }
            p {
                "All of its lines: "
                a href={ "/api/v1/earnings/export?format=csv&account=" (address) } { "CSV" } ", "
                a href={ "/api/v1/earnings/export?format=json&account=" (address) } { "JSON" } ", "
                a href={ "/api/v1/earnings/export?format=parquet&account=" (address) } { "Parquet" } "."
            }
        }
    }
}

async fn positions_of(site: &Site, held: &[PositionRow]) -> Markup {
    let mut rows = Vec::new();
    for row in held {
        let name = site.token_name(row.chain, row.token).await;
        rows.push(html! {
            tr {
                td { (row.chain) }
                td title=(row.token) { (name.symbol) }
                td { (text::short(&row.position.to_string())) }
                td .number { (text::amount(row.token, row.balance, &name)) }
                td .number { (text::amount(row.token, row.income, &name)) }
                td .number {
                    @match row.rate {
                        Some(rate) => { (rate.percent()) " % a year, of " (rate.days) " days" },
                        None => "–",
                    }
                }
            }
        });
    }
    html! {
        section aria-labelledby="positions" {
            h2 #positions { "Positions" }
            @if rows.is_empty() { (nothing("It holds nothing that is booked.")) } @else {
                (table("Table of positions", &["Chain", "In", "Where", "Balance", "Income", "Simple rate"], html! {
                    @for row in &rows { (row) }
                }))
            }
        }
    }
}

async fn row(site: &Site, line: &Line) -> Markup {
    let name = site.token_name(line.chain, line.token).await;
    let layer = site.layer(line.chain);
    html! {
        tr {
            td { a href={ "/line/" (line.id) } { (line.id) } }
            td { (text::time(line.time)) }
            td { (line.chain) }
            td { (block_link(layer, line.block)) }
            td {
                (line.source.name())
                @if let (Some(layer), Some((_, hash))) = (layer, line.transaction) {
                    " " (text::hash(&format!("/{}/tx/{hash}", layer.path()), hash))
                }
            }
            td .number { (text::amount(line.token, line.amount, &name)) }
            td .number { (text::amount(line.token, line.balance, &name)) }
        }
    }
}

/// A block's number, with its page where its chain is shown.
pub(super) fn block_link(layer: Option<Layer>, block: u64) -> Markup {
    html! {
        @match layer {
            Some(layer) => a href={ "/" (layer.path()) "/block/" (block) } { (text::number(block)) },
            None => (text::number(block)),
        }
    }
}
