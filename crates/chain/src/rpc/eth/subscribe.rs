//! `eth_subscribe(kind, …)` over WebSocket: `newHeads`, `logs`, `newPendingTransactions`, `syncing`.
//!
//! A client that does not keep up is told so, and its subscription ends: nothing piles up for it.

use super::{
    filter::{added_logs, removed_logs},
    get_transaction::pending,
};
use crate::events::{AnnouncedBlock, Event};
use crate::rpc::{
    caller::Caller,
    context::Context,
    error::{Failure, METHOD_NOT_FOUND},
    logs::{Criteria, LogQuery},
    params::Args,
    server::Connection,
    settings::RpcSettings,
    types::HeaderJson,
};
use alloy_primitives::B256;
use jsonrpsee::{
    Extensions, PendingSubscriptionSink, SubscriptionCloseResponse, SubscriptionSink,
    core::{JsonRawValue, RegisterMethodError, SubscriptionError, to_json_raw_value},
    server::RpcModule,
    types::Params,
};
use seam_primitives::Block;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What a client wants to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subscription {
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
    /// New blocks, signed: `seam_subscribeBlocks`.
    Blocks,
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
    extensions: Extensions,
) -> SubscriptionCloseResponse {
    let wanted = match parse(&params, &context.settings) {
        Ok(wanted) => wanted,
        Err(failure) => {
            asked.reject(failure).await;
            return SubscriptionCloseResponse::None;
        }
    };
    serve(asked, context, extensions, wanted).await
}

/// Tells a client what it wants to be told, until it or the node ends that.
pub(crate) async fn serve(
    asked: PendingSubscriptionSink,
    context: Arc<Context>,
    extensions: Extensions,
    wanted: Subscription,
) -> SubscriptionCloseResponse {
    let Ok(_place) = context.subscriptions.clone().try_acquire_owned() else {
        let most = context.settings.all_subscriptions;
        let message = format!("there are {most} subscriptions already: try later");
        asked.reject(Failure::limit(message)).await;
        return SubscriptionCloseResponse::None;
    };
    let connection = extensions.get::<Caller>().map(|caller| caller.connection.clone());
    let _subscribed = connection.as_ref().map(|connection| connection.subscribed());
    // Before the client has the id, so that it misses nothing from then on.
    let events = context.chain.subscribe();
    let Ok(sink) = asked.accept().await else { return SubscriptionCloseResponse::None };
    let open = &context.settings.metrics.subscriptions;
    open.inc();
    let client = Client { sink: &sink, connection: connection.as_deref(), context: &context };
    let end = client.follow(&wanted, events).await;
    open.dec();
    match end {
        End::Closed => SubscriptionCloseResponse::None,
        End::TooSlow => {
            SubscriptionCloseResponse::NotifErr(SubscriptionError::from(match wanted {
                Subscription::Blocks => {
                    "too slow: the client does not keep up, catch up with seam_getBlocks and subscribe again"
                }
                _ => "too slow: the client does not keep up, subscribe again",
            }))
        }
    }
}

/// Reads what a client wants to be told.
pub(crate) fn parse(params: &Params<'_>, settings: &RpcSettings) -> Result<Subscription, Failure> {
    let args = Args::parse(params, 2, settings.param_values)?;
    let kind: String = args.required(0)?;
    Ok(match kind.as_str() {
        "newHeads" => Subscription::Heads,
        "logs" => {
            let query = args.optional::<LogQuery>(1)?;
            let criteria = query.map(|query| query.criteria).unwrap_or_default();
            criteria.check(settings.log_criteria)?;
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

/// Who is told.
struct Client<'a> {
    sink: &'a SubscriptionSink,
    /// Counts what waits to be sent.
    connection: Option<&'a Connection>,
    context: &'a Context,
}

impl Client<'_> {
    async fn follow(&self, wanted: &Subscription, mut events: Receiver<Event>) -> End {
        if let Some(message) = first_message(wanted, self.context)
            && let Err(end) = self.send(message).await
        {
            return end;
        }
        loop {
            let event = tokio::select! {
                () = self.sink.closed() => return End::Closed,
                event = events.recv() => event,
            };
            let event = match event {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => return End::TooSlow,
                Err(RecvError::Closed) => return End::Closed,
            };
            // One after the other: all of a block's at once, for many clients, would be much.
            for message in messages(wanted, self.context, &event) {
                if let Err(end) = self.send(message).await {
                    return end;
                }
            }
        }
    }

    async fn send(&self, message: Box<JsonRawValue>) -> Result<(), End> {
        let bytes = message.get().len();
        if let Some(connection) = self.connection {
            connection.queue(bytes);
        }
        let sent = self.sink.send_timeout(message, self.context.settings.stall).await;
        sent.map_err(|_| {
            if let Some(connection) = self.connection {
                connection.wrote(bytes); // it never will be
            }
            if self.sink.is_closed() { End::Closed } else { End::TooSlow }
        })
    }
}

fn message<T: Serialize>(value: &T) -> Option<Box<JsonRawValue>> {
    to_json_raw_value(value).ok()
}

/// What a client is told at once.
fn first_message(wanted: &Subscription, context: &Context) -> Option<Box<JsonRawValue>> {
    match wanted {
        Subscription::Syncing => message(&false),
        Subscription::Blocks => newest_block(context),
        _ => None,
    }
}

fn messages<'a>(
    wanted: &'a Subscription,
    context: &'a Context,
    event: &'a Event,
) -> Box<dyn Iterator<Item = Box<JsonRawValue>> + Send + 'a> {
    match (wanted, event) {
        (Subscription::Heads, Event::Head { added, .. }) => {
            let header = |block: &Arc<AnnouncedBlock>| {
                message(&HeaderJson::new(&block.block.header, Some(block.hash)))
            };
            Box::new(added.iter().filter_map(header))
        }
        (Subscription::Logs(criteria), Event::Head { removed, added }) => {
            let removed = removed.iter().flat_map(|block| removed_logs(block, criteria));
            let added = added.iter().flat_map(|block| added_logs(block, criteria));
            Box::new(removed.chain(added).filter_map(|log| message(&log)))
        }
        (Subscription::Pending { full: false }, Event::Pending(hash)) => {
            Box::new(message(hash).into_iter())
        }
        (Subscription::Pending { full: true }, Event::Pending(hash)) => {
            let waiting = context.chain.pool().get(hash);
            Box::new(waiting.and_then(|waiting| message(&pending(&waiting))).into_iter())
        }
        (Subscription::Blocks, Event::Head { added, .. }) if added.is_empty() => {
            Box::new(newest_block(context).into_iter())
        }
        (Subscription::Blocks, Event::Head { added, .. }) => {
            let signed = |block: &Arc<AnnouncedBlock>| signed(context, block.hash, &block.block);
            Box::new(added.iter().filter_map(signed))
        }
        _ => Box::new(std::iter::empty()),
    }
}

fn signed(context: &Context, hash: B256, block: &Block) -> Option<Box<JsonRawValue>> {
    message(&context.settings.stream.as_ref()?.sign(hash, block)?)
}

/// The head, signed; it may be one that was told of before, if blocks were undone and none came.
fn newest_block(context: &Context) -> Option<Box<JsonRawValue>> {
    let head = context.chain.head();
    let stored = head.reader.block(head.number());
    let stored = stored.inspect_err(|error| tracing::error!(%error, "the newest block"));
    let stored = stored.ok().flatten()?;
    signed(context, stored.hash, &stored.block)
}
