//! Why a line exists: the rule, its formula, the numbers, and where they come from.

use super::{
    account::block_link,
    layout::{Here, figure, layout},
    problem::Problem,
};
use crate::{api::earnings::explained, node::Layer, server::asked::Path, site::Site, text};
use alloy_primitives::B256;
use axum::extract::State as Has;
use maud::{Markup, html};
use seam_ledger::{Party, books::Line, explain::Explanation};

pub(super) async fn page(Has(site): Has<Site>, Path(id): Path<String>) -> Result<Markup, Problem> {
    let wrong = |_| Problem::Asked(format!("{} is no line's number.", text::foreign(&id)));
    let found = explained(&site, id.parse().map_err(wrong)?).await?;
    let title = format!("Line {}", found.line.id);
    let body = html! {
        h1 { (title) }
        (explanation(&site, &found).await)
    };
    Ok(layout(&title, Here::Elsewhere, body))
}

/// All that there is to say of a line.
pub(super) async fn explanation(site: &Site, found: &Explanation) -> Markup {
    let line = &found.line;
    let name = site.token_name(line.chain, line.token).await;
    let layer = site.layer(line.chain);
    html! {
        section .why {
            p { (found.summary) }
            dl {
                (figure("Account", text::account(line.owner, found.owner.as_ref().map_or("", |(label, _)| label))))
                (figure("Amount", text::amount(line.token, line.amount, &name)))
                (figure("Balance after", text::amount(line.token, line.balance, &name)))
                (figure("Block", html! { (block_link(layer, line.block)) " of chain " (line.chain) }))
                @if let Some((place, hash)) = line.transaction {
                    (figure("Transaction", html! { (transaction_link(layer, hash)) ", place " (place) " in the block" }))
                }
            }
            @if !found.counterparts.is_empty() { (other_sides(site, &found.counterparts)) }
            h2 { "Why" }
            p { (found.rule) }
            @if !found.formula.is_empty() {
                p { "Formula" } pre tabindex="0" { code { (found.formula) } }
                p { "With its numbers" } pre tabindex="0" { code { (found.numbers) } }
            }
            @if !line.why.is_empty() {
                dl .numbers {
                    @for (name, value) in &line.why { (figure(name, html! { code { (value) } })) }
                }
            }
            @if !found.source.is_empty() { p { "Rule " code { (line.rule) } ": " (found.source) } }
            h2 { "The whole entry" }
            p { "What one party has more, another has less: all of it adds up to nothing." }
            ul {
                @for leg in &found.legs {
                    li {
                        @match leg.party {
                            Party::Owner(owner, position) => { (text::account(owner, "")) ", " (text::short(&position.to_string())) },
                            Party::World(source) => { "the world, " (source.name()) },
                        }
                        ": " (text::amount(leg.token, leg.amount, &site.token_name(line.chain, leg.token).await))
                    }
                }
            }
        }
    }
}

/// The same movement on other chains.
fn other_sides(site: &Site, lines: &[Line]) -> Markup {
    html! {
        h2 { "On the other chain" }
        p { "The movement is one over two chains. There it is:" }
        ul .other-sides {
            @for line in lines {
                @let layer = site.layer(line.chain);
                li {
                    a href={ "/line/" (line.id) } { "line " (line.id) }
                    ", " (line.source.name()) ", in block " (block_link(layer, line.block)) " of chain " (line.chain)
                    @if let Some((_, hash)) = line.transaction { ", transaction " (transaction_link(layer, hash)) }
                }
            }
        }
    }
}

/// A transaction's hash, with its page where its chain is shown.
fn transaction_link(layer: Option<Layer>, hash: B256) -> Markup {
    html! {
        @match layer {
            Some(layer) => (text::hash(&format!("/{}/tx/{hash}", layer.path()), hash)),
            None => (hash),
        }
    }
}
