//! `eth_subscribe(kind, …)` over WebSocket: `newHeads`, `logs`, `newPendingTransactions`, `syncing`.
//!
//! A client that does not keep up is told so, and its subscription ends: nothing piles up for it.

use super::{filter::announced_logs, get_transaction::pending};
use crate::events::Event;
use crate::rpc::{
    context::Context,
    error::{Failure, METHOD_NOT_FOUND},
    logs::{Criteria, LogQuery},
    params::Args,
    types::HeaderJson,
};
use jsonrpsee::{
    Extensions, PendingSubscriptionSink, SubscriptionCloseResponse, SubscriptionSink,
    core::{JsonRawValue, RegisterMethodError, SubscriptionError, to_json_raw_value},
    server::RpcModule,
    types::Params,
};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What a client wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subscription {
    /// Headers of new blocks.
    Heads,
    /// Logs of new blocks, and again, as removed, of blocks that left the chain.
    Logs(Criteria),
    /// Transactions that came into the mempool.
    Pending {
        /// In full.
        full: bool,
    },
    /// Whether the node is catching up: it never is.
    Syncing,
}

/// Adds `eth_subscribe` and `eth_unsubscribe`.
pub(crate) fn register(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_subscription("eth_subscribe", "eth_subscription", "eth_unsubscribe", run)?;
    Ok(())
}

async fn run(
    params: Params<'static>,
    asked: PendingSubscriptionSink,
    context: Arc<Context>,
    _: Extensions,
) -> SubscriptionCloseResponse {
    let wanted = match parse(&params, &context) {
        Ok(wanted) => wanted,
        Err(failure) => {
            asked.reject(failure).await;
            return SubscriptionCloseResponse::None;
        }
    };
    // Before the client has the id, so that it misses nothing from then on.
    let events = context.chain.subscribe();
    let Ok(sink) = asked.accept().await else { return SubscriptionCloseResponse::None };
    let open = &context.settings.metrics.subscriptions;
    open.inc();
    let end = follow(&wanted, &context, &sink, events).await;
    open.dec();
    match end {
        End::Closed => SubscriptionCloseResponse::None,
        End::TooSlow => SubscriptionCloseResponse::NotifErr(SubscriptionError::from(
            "too slow: the client does not keep up, subscribe again",
        )),
    }
}

fn parse(params: &Params<'_>, context: &Context) -> Result<Subscription, Failure> {
    let args = Args::parse(params, 2)?;
    let kind: String = args.required(0)?;
    Ok(match kind.as_str() {
        "newHeads" => Subscription::Heads,
        "logs" => {
            let query = args.optional::<LogQuery>(1)?;
            let criteria = query.map(|query| query.criteria).unwrap_or_default();
            criteria.check(context.settings.log_criteria)?;
            Subscription::Logs(criteria)
        }
        "newPendingTransactions" => {
            Subscription::Pending { full: args.optional(1)?.unwrap_or_default() }
        }
        "syncing" => Subscription::Syncing,
        _ => {
            return Err(Failure::new(
                METHOD_NOT_FOUND,
                format!("no {kind:?} subscription in eth namespace"),
            ));
        }
    })
}

/// Why a subscription ended.
enum End {
    /// By the client, or the node.
    Closed,
    /// The client does not take what it is told.
    TooSlow,
}

async fn follow(
    wanted: &Subscription,
    context: &Context,
    sink: &SubscriptionSink,
    mut events: Receiver<Event>,
) -> End {
    if *wanted == Subscription::Syncing
        && let Some(message) = message(&false)
        && let Err(end) = send(sink, message, context).await
    {
        return end;
    }
    loop {
        let event = tokio::select! {
            () = sink.closed() => return End::Closed,
            event = events.recv() => event,
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => return End::TooSlow,
            Err(RecvError::Closed) => return End::Closed,
        };
        for message in messages(wanted, context, &event) {
            if let Err(end) = send(sink, message, context).await {
                return end;
            }
        }
    }
}

async fn send(
    sink: &SubscriptionSink,
    message: Box<JsonRawValue>,
    context: &Context,
) -> Result<(), End> {
    let sent = sink.send_timeout(message, context.settings.stall).await;
    sent.map_err(|_| if sink.is_closed() { End::Closed } else { End::TooSlow })
}

fn message<T: Serialize>(value: &T) -> Option<Box<JsonRawValue>> {
    to_json_raw_value(value).ok()
}

fn messages(wanted: &Subscription, context: &Context, event: &Event) -> Vec<Box<JsonRawValue>> {
    match (wanted, event) {
        (Subscription::Heads, Event::Head { added, .. }) => {
            let header = |block: &Arc<crate::events::AnnouncedBlock>| {
                message(&HeaderJson::new(&block.block.header, Some(block.hash)))
            };
            added.iter().filter_map(header).collect()
        }
        (Subscription::Logs(criteria), Event::Head { removed, added }) => {
            let removed = removed.iter().map(|block| (true, block));
            let blocks = removed.chain(added.iter().map(|block| (false, block)));
            let logs = blocks.flat_map(|(gone, block)| announced_logs(block, gone, criteria));
            logs.filter_map(|log| message(&log)).collect()
        }
        (Subscription::Pending { full: false }, Event::Pending(hash)) => {
            message(hash).into_iter().collect()
        }
        (Subscription::Pending { full: true }, Event::Pending(hash)) => {
            let waiting = context.chain.pool().get(hash);
            waiting.and_then(|waiting| message(&pending(&waiting))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
