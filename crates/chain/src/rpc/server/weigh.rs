//! What stands before every call: counts the memory that messages and their answers hold
//! ([`Connections`](super::connections::Connections)), and refuses subscriptions over HTTP.

use super::connections::Held;
use crate::rpc::{caller::Caller, error::METHOD_NOT_FOUND};
use jsonrpsee::{
    Extensions, MethodResponse,
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, Request, RpcServiceT},
    types::ErrorObject,
};
use std::sync::Arc;

/// A JSON-RPC service whose messages are counted.
#[derive(Debug, Clone)]
pub(crate) struct Weigh<S>(S);

/// Puts [`Weigh`] around a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeighLayer;

impl<S> tower::Layer<S> for WeighLayer {
    type Service = Weigh<S>;

    fn layer(&self, inner: S) -> Weigh<S> {
        Weigh(inner)
    }
}

/// A message came.
fn begin(extensions: &Extensions) -> Option<Arc<Held>> {
    let connection = &extensions.get::<Caller>()?.connection;
    connection.used();
    Some(connection.message())
}

/// Nobody could be told anything.
fn is_out_of_place(request: &Request<'_>) -> bool {
    let subscribes = matches!(request.method_name(), "eth_subscribe" | "eth_unsubscribe");
    // Whoever is not known came over no socket.
    subscribes && request.extensions().get::<Caller>().is_none_or(|caller| !caller.web_socket)
}

/// geth's words.
fn out_of_place() -> ErrorObject<'static> {
    ErrorObject::borrowed(METHOD_NOT_FOUND, "notifications not supported", None)
}

fn answered(held: Option<&Arc<Held>>, response: &MethodResponse) {
    // What notifications are answered is not sent.
    if let Some(held) = held
        && !response.is_notification()
    {
        held.answer(response.as_json().get().len());
    }
}

impl<S> RpcServiceT for Weigh<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            BatchResponse = MethodResponse,
            NotificationResponse = MethodResponse,
        >,
{
    type MethodResponse = MethodResponse;
    type BatchResponse = MethodResponse;
    type NotificationResponse = MethodResponse;

    fn call<'a>(
        &self,
        mut request: Request<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        let held = begin(request.extensions());
        if let Some(held) = &held {
            request.extensions_mut().insert(held.clone());
        }
        let refused = is_out_of_place(&request);
        let id = request.id.clone();
        let answer = (!refused).then(|| self.0.call(request));
        async move {
            let response = match answer {
                Some(answer) => answer.await,
                None => MethodResponse::error(id, out_of_place()),
            };
            answered(held.as_ref(), &response);
            response
        }
    }

    fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        for entry in batch.iter_mut() {
            if let Ok(BatchEntry::Call(call)) = entry
                && is_out_of_place(call)
            {
                *entry = Err(BatchEntryErr::new(call.id.clone(), out_of_place()));
            }
        }
        let first = batch.iter().flatten().next();
        let held = first.and_then(|entry| begin(entry.extensions()));
        if let Some(held) = &held {
            for entry in batch.iter_mut().flatten() {
                entry.extensions_mut().insert(held.clone());
            }
        }
        let answer = self.0.batch(batch);
        async move {
            let response = answer.await;
            answered(held.as_ref(), &response);
            response
        }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        let held = begin(notification.extensions());
        let answer = self.0.notification(notification);
        async move {
            let response = answer.await;
            drop(held);
            response
        }
    }
}
