//! A transaction: what it paid, said and called, and what the books make of it.

mod events;

use super::{
    block::not_shown,
    layout::{Here, figure, layout, nothing},
    line::explanation,
    problem::Problem,
};
use crate::{
    api::earnings::explained_all,
    node::{Call, Layer, Log, Node, NodeError, Receipt, Transaction},
    server::asked::Path,
    site::Site,
    text,
};
use alloy_primitives::{B256, Bytes, U256};
use axum::extract::State as Has;
use maud::{Markup, html};

/// The type of a deposit from L1 (OP Stack specification, "Deposits").
const DEPOSIT: u64 = 0x7e;
/// Logs, and calls, that a page shows.
const MAX_SHOWN: usize = 200;
/// Bytes of input that a page shows.
const MAX_BYTES: usize = 1_024;

pub(super) async fn page(
    Has(site): Has<Site>,
    Path((layer, hash)): Path<(Layer, String)>,
) -> Result<Markup, Problem> {
    let node = site.node(layer).ok_or_else(|| not_shown(layer))?;
    let wrong = |_| Problem::Asked(format!("{} is no transaction's hash.", text::foreign(&hash)));
    let hash: B256 = hash.parse().map_err(wrong)?;
    let (transaction, receipt) = tokio::try_join!(node.transaction(hash), node.receipt(hash))?;
    let none = || Problem::Missing(format!("The {layer} has no transaction {hash}."));
    let transaction = transaction.ok_or_else(none)?;
    let title = format!("Transaction {}", text::short(&hash.to_string()));
    let body = html! {
        h1 { "Transaction of the " (layer) }
        p .hash { (hash) }
        (facts(layer, &transaction, receipt.as_ref()))
        @if let Some(receipt) = &receipt {
            (logs(receipt))
            (calls(node, hash).await)
            (booked(&site, hash).await)
        }
    };
    Ok(layout(&title, Here::Explorer, body))
}

fn facts(layer: Layer, transaction: &Transaction, receipt: Option<&Receipt>) -> Markup {
    let kind = transaction.kind.map_or(0, |kind| kind.to::<u64>());
    let deposit = kind == DEPOSIT;
    html! {
        dl .figures {
            (figure("Status", html! {
                @match receipt {
                    None => "waits for a block",
                    Some(receipt) if receipt.succeeded() => "done",
                    Some(_) => strong .problem-line { "failed" },
                }
            }))
            @if let Some(receipt) = receipt {
                @let number = receipt.block_number.to::<u64>();
                (figure("Block", html! { a href={ "/" (layer.path()) "/block/" (number) } { (text::number(number)) } }))
            }
            (figure("From", text::account(transaction.from, "")))
            (figure("To", match (transaction.to, receipt.and_then(|receipt| receipt.contract_address)) {
                (Some(to), _) => text::account(to, ""),
                (None, Some(made)) => html! { "makes " (text::account(made, "")) },
                (None, None) => html! { "makes a contract" },
            }))
            (figure("Value", text::ether_of(transaction.value)))
            @if let Some(receipt) = receipt {
                (figure("Paid in fees", text::ether_of(receipt.paid(deposit))))
                @if let (Some(l1), false) = (receipt.l1_fee, deposit) { (figure("of it for data on the L1", text::ether_of(l1))) }
                @if receipt.operator_fee_constant.is_some() && !deposit {
                    (figure("of it the operator's fee", text::ether_of(receipt.operator_fee())))
                }
                (figure("Gas used", html! { (text::number(receipt.gas_used.to())) " of " (text::number(transaction.gas.to())) }))
                @if let (Some(price), false) = (receipt.effective_gas_price, deposit) { (figure("Price of gas", text::gwei(price))) }
            }
            (figure("Type", html! { (kind_name(kind)) }))
            (figure("Nonce", html! { (transaction.nonce.to::<u64>()) }))
            @if let Some(blobs) = &transaction.blob_versioned_hashes { (figure("Blobs", html! { (blobs.len()) })) }
        }
        @if !transaction.input.is_empty() {
            h2 { "Input" }
            (bytes(&transaction.input))
        }
    }
}

fn kind_name(kind: u64) -> String {
    let name = match kind {
        0 => "legacy",
        1 => "with access list (EIP-2930)",
        2 => "with tip (EIP-1559)",
        3 => "with blobs (EIP-4844)",
        4 => "delegates accounts (EIP-7702)",
        DEPOSIT => "deposit from the L1",
        _ => "unknown",
    };
    format!("{kind}, {name}")
}

/// As many as fit.
fn bytes(bytes: &Bytes) -> Markup {
    let shown = Bytes::copy_from_slice(&bytes[..bytes.len().min(MAX_BYTES)]);
    html! {
        pre tabindex="0" { code { (shown) @if bytes.len() > MAX_BYTES { "… (" (text::number(bytes.len() as u64)) " bytes)" } } }
    }
}

fn logs(receipt: &Receipt) -> Markup {
    html! {
        section aria-labelledby="logs" {
            h2 #logs { "Logs" }
            @if receipt.logs.is_empty() { (nothing("No contract said anything.")) }
            ol .logs { @for log in receipt.logs.iter().take(MAX_SHOWN) { li { (one_log(log)) } } }
            @if receipt.logs.len() > MAX_SHOWN { p { "The first " (MAX_SHOWN) " of " (receipt.logs.len()) "." } }
        }
    }
}

fn one_log(log: &Log) -> Markup {
    let decoded = events::decode(log);
    html! {
        (text::account(log.address, "")) ": "
        @match decoded {
            Some(event) => {
                strong { (event.name) }
                dl .fields {
                    @for (name, value) in &event.fields { (super::layout::figure(name, html! { (value) })) }
                }
            },
            None => {
                "an event that is not known here"
                ul { @for topic in &log.topics { li .hash { (topic) } } }
                @if !log.data.is_empty() { (bytes(&log.data)) }
            },
        }
    }
}

async fn calls(node: &Node, hash: B256) -> Markup {
    let trace = node.trace(hash).await;
    html! {
        section aria-labelledby="calls" {
            h2 #calls { "Calls" }
            @match trace {
                Ok(call) => {
                    @let mut left = MAX_SHOWN;
                    ul .trace { (one_call(&call, &mut left)) }
                    @if left == 0 { p { "The first " (MAX_SHOWN) " calls." } }
                },
                Err(NodeError::Refused { .. }) => (nothing("This node gives no traces: another one, with debug_traceTransaction, would.")),
                Err(error) => p .problem-line { (error) "." },
            }
        }
    }
}

/// A call and those within it, for as long as there is room.
fn one_call(call: &Call, left: &mut usize) -> Markup {
    let Some(less) = left.checked_sub(1) else { return Markup::default() };
    *left = less;
    let selector = call.input.get(..4).map(Bytes::copy_from_slice);
    html! {
        li {
            code { (text::foreign(&call.kind)) } " "
            @match call.to { Some(to) => (text::account(to, "")), None => "nothing" }
            @if let Some(selector) = selector { " " code { (events::function(&selector).unwrap_or(&selector.to_string())) } }
            @if let Some(value) = call.value.filter(|value| *value > U256::ZERO) { " with " (text::ether_of(value)) }
            ", " (text::number(call.gas_used.to())) " gas"
            @if let Some(error) = &call.error {
                span .problem-line { ": " (text::foreign(call.revert_reason.as_ref().unwrap_or(error))) }
            }
            @if !call.calls.is_empty() { ul { @for inner in &call.calls { (one_call(inner, left)) } } }
        }
    }
}

/// What the books make of it.
async fn booked(site: &Site, hash: B256) -> Markup {
    let found = match explained_all(site, hash).await {
        Ok(found) => found,
        Err(Problem::NoBooks) => return Markup::default(),
        Err(error) => return html! { p .problem-line { (error) } },
    };
    let mut parts = Vec::new();
    for one in found.iter().take(MAX_SHOWN) {
        let title = format!("line {}: {} {}", one.line.id, one.line.source.name(), one.line.amount);
        let why = explanation(site, one).await;
        parts.push(html! { details { summary { (title) } a href={ "/line/" (one.line.id) } { "Page of this line" } (why) } });
    }
    html! {
        section aria-labelledby="booked" {
            h2 #booked { "In the books" }
            @if parts.is_empty() {
                (nothing("It did nothing to an account of the books, or is not booked yet."))
            }
            @for part in &parts { (part) }
        }
    }
}
