//! The first page: whether the network lives.

use super::layout::{Here, figure, layout, nothing, table};
use crate::{
    live::{Agreement, Batch, Fees, LayerState, Level, Network, Risk},
    node::Layer,
    site::Site,
    text,
};
use alloy_primitives::U256;
use axum::extract::State as Has;
use maud::{Markup, html};

/// Batches that the page shows; the API has more.
const SHOWN: usize = 15;

pub(super) async fn page(Has(site): Has<Site>) -> Markup {
    let network = site.live().network();
    let body = html! {
        h1 { "Network" }
        (states(&network))
        section aria-labelledby="activity" {
            h2 #activity { "Activity" }
            div .charts {
                (chart("transactions", "Transactions a second"))
                (chart("gas", "Gas a second"))
                (chart("fees", "Base fee in gwei, L1 and L2"))
            }
        }
        (fees(&network.fees))
        (batches(&site, &network))
        (risks(&site.live().risks()))
    };
    layout("Network", Here::Network, body)
}

fn chart(name: &str, title: &str) -> Markup {
    html! {
        figure .chart-box {
            figcaption { (title) }
            div .chart data-chart=(name) role="img" aria-label=(title) {}
        }
    }
}

fn states(network: &Network) -> Markup {
    html! {
        div .layers {
            (layer(Layer::L2, &network.l2))
            @if let Some(l1) = &network.l1 { (layer(Layer::L1, l1)) }
            section .card aria-labelledby="follower" {
                h2 #follower { "Follower and books" }
                p data-live="agreement" data-format="agreement" { (agreement(&network.agreement)) }
                dl {
                    @for (place, booked) in network.books.iter().enumerate() {
                        (figure(&format!("Books of chain {}", booked.chain), html! {
                            "to block "
                            span data-live={ "books." (place) ".block" } data-format="integer" {
                                (booked.block.map_or_else(|| "–".to_owned(), text::number))
                            }
                        }))
                    }
                    @if let Some(operator) = &network.operator {
                        (figure("Operator's margin", html! {
                            span data-live="operator.margin" data-format="ether" { (text::ether(operator.margin)) }
                        }))
                    }
                }
            }
        }
    }
}

/// In words; `app.js` has the same.
pub(crate) fn agreement(agreement: &Agreement) -> String {
    match agreement {
        Agreement::NotWatched => "No follower is compared with.".to_owned(),
        Agreement::Agrees { block } => {
            format!(
                "A follower that derives everything from L1 agrees up to block {}.",
                text::number(*block)
            )
        }
        Agreement::Differs { block } => {
            format!(
                "THE FOLLOWER DIFFERS at or before block {}: do not trust this chain.",
                text::number(*block)
            )
        }
        Agreement::Rests { reason } => format!("Nobody compares now: {reason}"),
    }
}

fn layer(layer: Layer, state: &LayerState) -> Markup {
    let name = layer.path();
    let live = |field: &str| format!("{name}.{field}");
    let block = |number: Option<u64>| number.map_or_else(|| "–".to_owned(), text::number);
    let whole = |path: &str, number: Option<u64>| {
        html! { span data-live=(live(path)) data-format="integer" { (block(number)) } }
    };
    let rate = |path: &str, value: f64| {
        html! { span data-live=(live(path)) data-format="decimal" { (format!("{value:.2}")) } }
    };
    let latest = state.latest.map(|head| head.number);
    html! {
        section .card aria-labelledby=(name) {
            h2 id=(name) {
                @match layer { Layer::L1 => "L1", Layer::L2 => "L2" }
                @if let Some(id) = state.chain_id { " · chain " (id) }
            }
            p .problem-line data-live=(live("silent")) data-format="silent" hidden[state.silent.is_none()] {
                @if let Some(silent) = &state.silent { (silence(silent)) }
            }
            dl {
                (figure("Unsafe head", html! {
                    a href={ "/" (name) "/block/latest" } { (whole("latest.number", latest)) }
                }))
                (figure("Safe head", whole("safe", state.safe)))
                (figure("Finalized head", whole("finalized", state.finalized)))
                (figure("Blocks a second", rate("rates.blocks", state.rates.blocks)))
                (figure("Transactions a second", rate("rates.transactions", state.rates.transactions)))
                (figure("Gas a second", html! {
                    span data-live=(live("rates.gas")) data-format="whole" { (text::whole(state.rates.gas)) }
                }))
            }
        }
    }
}

/// What is said of a node that says nothing; `app.js` has the same.
fn silence(reason: &str) -> String {
    format!(
        "{reason}. What is shown is what it said last; it is asked again all the time. See whether it runs."
    )
}

fn fees(fees: &Fees) -> Markup {
    let part = |path: &str, amount: Option<U256>| {
        html! {
            span data-live={ "fees." (path) } data-format="ether" {
                @match amount { Some(amount) => (text::ether_of(amount)), None => "–" }
            }
        }
    };
    html! {
        section aria-labelledby="fees" {
            h2 #fees { "What a transfer of ether costs now" }
            div .sides {
                div .card { h3 { "On the L1" } p .large { (part("l1_transfer", fees.l1_transfer)) } }
                div .card {
                    h3 { "On the L2" }
                    p .large { (part("l2_transfer", fees.l2_transfer)) }
                    dl {
                        (figure("Gas on the L2", part("l2_gas", fees.l2_gas)))
                        (figure("Data on the L1, at most", part("l2_data", fees.l2_data)))
                        (figure("Operator's fee", part("l2_operator", fees.l2_operator)))
                    }
                }
                div .card {
                    h3 { "Saved" }
                    p .large {
                        span data-live="fees.times_cheaper" data-format="times" {
                            (times_cheaper(fees.times_cheaper))
                        }
                    }
                    p { "21,000 gas at the price that each node suggests." }
                }
            }
        }
    }
}

/// In words; `app.js` has the same.
fn times_cheaper(times: Option<u64>) -> String {
    match times {
        None => "–".to_owned(),
        Some(0) => "nothing now: the L1 is cheaper".to_owned(),
        Some(times) => format!("{} times cheaper", text::number(times)),
    }
}

fn batches(site: &Site, network: &Network) -> Markup {
    let batches = site.live().batches();
    html! {
        section #batches data-refresh="batches" aria-labelledby="batches-title" {
            h2 #batches-title { "Batches on the L1" }
            @if batches.is_empty() {
                @if site.l1().is_none() {
                    (nothing("This dashboard was not told of an L1: give `seam web` one with --l1 URL."))
                } @else if network.l1.as_ref().is_some_and(|l1| l1.silent.is_some()) {
                    (nothing("The node of the L1 does not answer: batches appear when it does."))
                } @else {
                    (nothing("No batch yet. The batcher posts some seconds of blocks at a time; the first appears by itself."))
                }
            } @else {
                p { (text::number(batches[0].index)) " batches so far; the newest " (batches.len().min(SHOWN)) " of them:" }
                (table("Batches", &[
                    "Batch", "Time, UTC", "Blocks", "Transactions", "Data", "Bytes a transaction", "Cost", "Fees", "Margin",
                ], html! { @for batch in batches.iter().take(SHOWN) { (row(batch)) } }))
            }
        }
    }
}

fn row(batch: &Batch) -> Markup {
    let dash = || html! { "–" };
    let each = match (batch.bytes, batch.transactions) {
        (Some(bytes), Some(count @ 1..)) => {
            format!("{}.{}", bytes / count, bytes % count * 10 / count)
        }
        _ => "–".to_owned(),
    };
    html! {
        tr {
            td { a href={ "/l1/tx/" (batch.transaction) } { (batch.index) } }
            td { (text::clock(batch.time)) }
            td .nowrap {
                a href={ "/l2/block/" (batch.first_block) } { (batch.first_block) } "–"
                a href={ "/l2/block/" (batch.last_block) } { (batch.last_block) }
            }
            td .number { (batch.transactions.map_or_else(|| "–".to_owned(), text::number)) }
            td .number {
                (batch.bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{} B", text::number(bytes)))) " in "
                @match batch.blobs { 0 => "calldata", 1 => "1 blob", many => { (many) " blobs" } }
            }
            td .number { (each) }
            td .number { (text::ether_of(batch.cost)) }
            td .number { (batch.fees.map_or_else(dash, text::ether)) }
            td .number { (batch.margin.map_or_else(dash, text::ether)) }
        }
    }
}

fn risks(risks: &[Risk]) -> Markup {
    html! {
        section #risks-of-it data-refresh="batches" aria-labelledby="risks" {
            h2 #risks { "Risks" }
            @if risks.is_empty() {
                (nothing("The rollup's configuration was not read yet: it takes a node of the rollup and one of its L1."))
            } @else {
                p { "What users rely on, in L2BEAT's five fields, from the contracts as they are now." }
                dl .risks {
                    @for risk in risks {
                        div .risk .(level(risk.level)) {
                            dt { (risk.field) }
                            dd { strong { (risk.value) } p { (risk.detail) } }
                        }
                    }
                }
            }
        }
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Warning => "warning",
        Level::Bad => "bad",
    }
}
