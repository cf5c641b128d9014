//! The newest blocks of both layers, and the search for anything.

use super::{
    layout::{Here, layout, nothing, table},
    problem::Problem,
};
use crate::{
    live::BlockPoint,
    node::{Layer, Tag},
    server::asked::Query,
    site::Site,
    text,
};
use alloy_primitives::{Address, B256};
use axum::{
    extract::State as Has,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

/// Blocks of each layer that the page shows.
const SHOWN: usize = 15;
/// Characters of a search.
const MAX_SEARCH: usize = 100;
/// Accounts that a search for a name shows.
const MAX_FOUND: usize = 50;

pub(super) async fn page(Has(site): Has<Site>) -> Markup {
    let body = html! {
        h1 { "Explorer" }
        p { "Search above for a block's number, a hash, an address, the name of an account, or " code { "line 17" } "." }
        div .sides {
            @for node in site.nodes() { (newest(&site, node.layer())) }
        }
    };
    layout("Explorer", Here::Explorer, body)
}

fn newest(site: &Site, layer: Layer) -> Markup {
    let blocks = site.live().blocks(layer);
    let id = format!("blocks-{}", layer.path());
    html! {
        section id=(id) data-refresh="blocks" aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { "Newest blocks of the " (layer) }
            @if blocks.is_empty() {
                (nothing("The node has not answered yet. See whether it runs; blocks appear by themselves."))
            } @else {
                (table(&format!("Blocks of the {layer}"), &["Block", "Time", "Transactions", "Gas"], html! {
                    @for block in blocks.iter().rev().take(SHOWN) { (row(layer, block)) }
                }))
            }
        }
    }
}

fn row(layer: Layer, block: &BlockPoint) -> Markup {
    html! {
        tr {
            td { a href={ "/" (layer.path()) "/block/" (block.number) } { (text::number(block.number)) } }
            td { (text::time(block.time)) }
            td .number { (text::number(block.transactions)) }
            td .number { (text::number(block.gas_used)) }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
}

/// What was typed may be.
#[derive(Debug, PartialEq, Eq)]
enum Meant<'a> {
    Address(Address),
    Hash(B256),
    Number(u64),
    Line(u64),
    Name(&'a str),
}

fn meant(text: &str) -> Meant<'_> {
    if let Ok(hash) = text.parse() {
        return Meant::Hash(hash);
    }
    if let Ok(address) = text.parse() {
        return Meant::Address(address);
    }
    if let Ok(number) = text.replace(',', "").parse() {
        return Meant::Number(number);
    }
    let line = text.strip_prefix("line").map(|rest| rest.trim_start_matches([' ', '#', ':']));
    match line.and_then(|rest| rest.parse().ok()) {
        Some(line) => Meant::Line(line),
        None => Meant::Name(text),
    }
}

pub(super) async fn search(
    Has(site): Has<Site>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let text = asked.q.trim();
    if text.is_empty() || text.chars().count() > MAX_SEARCH {
        let words = format!("Type something to search for, of at most {MAX_SEARCH} characters.");
        return Err(Problem::Asked(words));
    }
    let to = |path: String| Ok(Redirect::to(&path).into_response());
    match meant(text) {
        Meant::Address(address) => to(format!("/account/{address}")),
        Meant::Line(line) => to(format!("/line/{line}")),
        Meant::Number(number) => numbered(&site, number).await,
        Meant::Hash(hash) => match find(&site, hash).await? {
            Some(path) => to(path),
            None => Err(Problem::Missing(format!(
                "Neither chain has a transaction or block {hash}. One that was just sent may not be in a block yet."
            ))),
        },
        Meant::Name(name) => named(&site, name).await,
    }
}

/// The page of a hash, whatever it is of.
async fn find(site: &Site, hash: B256) -> Result<Option<String>, Problem> {
    let (mut silent, mut answered) = (None, false);
    for node in site.nodes() {
        let path = node.layer().path();
        match tokio::try_join!(node.transaction(hash), node.block(Tag::Hash(hash))) {
            Ok((Some(_), _)) => return Ok(Some(format!("/{path}/tx/{hash}"))),
            Ok((_, Some(_))) => return Ok(Some(format!("/{path}/block/{hash}"))),
            Ok(_) => answered = true,
            Err(error) => silent = Some(error),
        }
    }
    match silent {
        Some(error) if !answered => Err(error.into()),
        _ => Ok(None),
    }
}

/// A number is one of a block of either layer.
async fn numbered(site: &Site, number: u64) -> Result<Response, Problem> {
    let mut found = Vec::new();
    for node in site.nodes() {
        if node.block(Tag::Number(number)).await?.is_some() {
            found.push(node.layer());
        }
    }
    match found[..] {
        [] => Err(Problem::Missing(format!("No chain has a block {number} yet."))),
        [layer] => Ok(Redirect::to(&format!("/{}/block/{number}", layer.path())).into_response()),
        _ => {
            let body = html! {
                h1 { "Block " (text::number(number)) }
                ul { @for layer in found { li { a href={ "/" (layer.path()) "/block/" (number) } { "of the " (layer) } } } }
            };
            Ok(layout("Search", Here::Explorer, body).into_response())
        }
    }
}

async fn named(site: &Site, name: &str) -> Result<Response, Problem> {
    let wanted = name.to_lowercase();
    let accounts = match site.books() {
        Some(books) => books.accounts().await?,
        None => Vec::new(),
    };
    let fits = |label: &str| label.to_lowercase().contains(&wanted);
    let found: Vec<_> = accounts
        .iter()
        .map(|(one, _)| one)
        .filter(|one| fits(&one.label))
        .take(MAX_FOUND)
        .collect();
    if found.is_empty() {
        let name = text::foreign(name);
        return Err(Problem::Missing(format!(
            "Nothing is called {name}: no block, transaction, address, account of the books or line."
        )));
    }
    let body = html! {
        h1 { "Accounts called “" (text::foreign(name)) "”" }
        ul { @for one in found { li { (text::account(one.address, &one.label)) ", " (one.role) " on chain " (one.chain) } } }
    };
    Ok(layout("Search", Here::Explorer, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_understood_by_its_form() {
        let hash = "0x".to_owned() + &"ab".repeat(32);
        assert_eq!(meant(&hash), Meant::Hash(B256::repeat_byte(0xab)));
        let address = "0x".to_owned() + &"ab".repeat(20);
        assert_eq!(meant(&address), Meant::Address(Address::repeat_byte(0xab)));
        assert_eq!(meant("1,234"), Meant::Number(1_234));
        assert_eq!(meant("line 17"), Meant::Line(17));
        assert_eq!(meant("line#17"), Meant::Line(17));
        for name in ["batcher", "line", "0x12", "-1", "<script>"] {
            assert_eq!(meant(name), Meant::Name(name));
        }
    }
}
