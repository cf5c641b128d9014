//! A block and its transactions.

use super::{
    layout::{Here, figure, layout, nothing, table},
    problem::Problem,
};
use crate::{
    node::{Block, Layer, Tag},
    server::asked::{Path, Query},
    site::Site,
    text,
};
use axum::extract::State as Has;
use maud::{Markup, html};
use serde::Deserialize;

/// Transactions of a page.
const SHOWN: usize = 100;

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    from: usize,
}

pub(super) async fn page(
    Has(site): Has<Site>,
    Path((layer, which)): Path<(Layer, String)>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Problem> {
    let node = site.node(layer).ok_or_else(|| not_shown(layer))?;
    let block = node.block(tag(&which)?).await?;
    let none = || Problem::Missing(format!("The {layer} has no block {}.", text::foreign(&which)));
    let block = block.ok_or_else(none)?;
    let number: u64 = block.number.to();
    let title = format!("Block {} of the {layer}", text::number(number));
    let path = layer.path();
    let body = html! {
        h1 { (title) }
        nav .paging aria-label="Blocks beside this one" {
            @if let Some(before) = number.checked_sub(1) { a rel="prev" href={ "/" (path) "/block/" (before) } { "Before" } }
            a rel="next" href={ "/" (path) "/block/" (number.saturating_add(1)) } { "After" }
        }
        (facts(&site, layer, &block))
        (transactions(layer, &block, asked.from))
    };
    Ok(layout(&title, Here::Explorer, body))
}

/// That a layer is not part of this dashboard.
pub(super) fn not_shown(layer: Layer) -> Problem {
    Problem::Missing(format!(
        "This dashboard was not told of a node of the {layer}: give `seam web` --l1 URL."
    ))
}

fn tag(which: &str) -> Result<Tag, Problem> {
    let number = || which.parse().ok().map(Tag::Number);
    let hash = || which.parse().ok().map(Tag::Hash);
    let named = match which {
        "latest" => Some(Tag::Latest),
        "safe" => Some(Tag::Safe),
        "finalized" => Some(Tag::Finalized),
        _ => number().or_else(hash),
    };
    let shown = text::foreign(which);
    let wrong = format!("{shown} is no block's number or hash, nor latest, safe or finalized.");
    named.ok_or(Problem::Asked(wrong))
}

fn facts(site: &Site, layer: Layer, block: &Block) -> Markup {
    let network = site.live().network();
    let state = match layer {
        Layer::L1 => network.l1.as_ref(),
        Layer::L2 => Some(&network.l2),
    };
    let number: u64 = block.number.to();
    let reaches = |head: Option<u64>| head.is_some_and(|head| number <= head);
    let how = match state {
        Some(state) if reaches(state.finalized) => "finalized",
        Some(state) if reaches(state.safe) => "safe",
        _ => "unsafe",
    };
    html! {
        dl .figures {
            (figure("Hash", html! { span .hash { (block.hash) } }))
            (figure("Status", html! { (how) }))
            (figure("Time", text::time(block.timestamp.to())))
            (figure("Transactions", html! { (text::number(block.transactions.len() as u64)) }))
            (figure("Gas used", html! {
                data value=(block.gas_used.to::<u64>()) { (text::number(block.gas_used.to())) } " of " (text::number(block.gas_limit.to()))
            }))
            @if let Some(fee) = block.base_fee_per_gas { (figure("Base fee", text::gwei(fee))) }
            @if let Some(gas) = block.blob_gas_used { (figure("Blob gas used", html! { (text::number(gas.to())) })) }
            @if let Some(size) = block.size { (figure("Size", html! { (text::number(size.to())) " bytes" })) }
            (figure("Fees go to", text::account(block.miner, "")))
            (figure("Parent", text::hash(&format!("/{}/block/{}", layer.path(), block.parent_hash), block.parent_hash)))
            (figure("State root", html! { span .hash { (block.state_root) } }))
        }
    }
}

fn transactions(layer: Layer, block: &Block, from: usize) -> Markup {
    let count = block.transactions.len();
    let from = from.min(count);
    let shown = &block.transactions[from..count.min(from + SHOWN)];
    let number: u64 = block.number.to();
    let page = |from: usize| format!("/{}/block/{number}?from={from}", layer.path());
    html! {
        section aria-labelledby="transactions" {
            h2 #transactions { "Transactions" }
            @if count == 0 { (nothing("Nobody sent anything in this block.")) } @else {
                (table("Table of transactions", &["Place", "Transaction"], html! {
                    @for (place, hash) in shown.iter().enumerate() {
                        tr {
                            td { (from + place) }
                            td { a .hash href={ "/" (layer.path()) "/tx/" (hash) } { (hash) } }
                        }
                    }
                }))
            }
            nav .paging aria-label="Pages of transactions" {
                @if from > 0 { a rel="prev" href=(page(from.saturating_sub(SHOWN))) { "Those before" } }
                @if from + shown.len() < count { a rel="next" href=(page(from + SHOWN)) { "Those after" } }
            }
        }
    }
}
