//! What stands before JSON-RPC: who is let in, and the routes that are no JSON-RPC.

use super::{activity::Activity, hosts};
use crate::rpc::{
    beacon, caller::Caller, context::Context as RpcContext, health, method::blocking,
};
use http::{Method, Request, Response, StatusCode, header};
use jsonrpsee::{
    core::BoxError,
    server::{HttpBody, HttpResponse},
};
use serde::Serialize;
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tower::{Layer, Service};

type Answering = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

/// An answer that is no JSON-RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) json: String,
}

impl Page {
    /// A value as JSON.
    pub(crate) fn new<T: Serialize>(status: u16, value: &T) -> Self {
        match serde_json::to_string(value) {
            Ok(json) => Self { status, json },
            Err(error) => {
                Self { status: 500, json: format!("{{\"message\":{:?}}}", error.to_string()) }
            }
        }
    }

    fn response(self) -> Result<HttpResponse, BoxError> {
        let response = Response::builder().status(self.status);
        let response = response.header(header::CONTENT_TYPE, "application/json");
        Ok(response.body(HttpBody::from(self.json))?)
    }
}

/// Puts [`Routes`] before a service.
#[derive(Debug, Clone)]
pub(crate) struct FrontLayer(Arc<RpcContext>);

impl FrontLayer {
    pub(crate) const fn new(context: Arc<RpcContext>) -> Self {
        Self(context)
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Routes<S>;

    fn layer(&self, inner: S) -> Routes<S> {
        Routes { inner, context: self.0.clone() }
    }
}

/// Lets in who may, answers `GET`, and hands all else on.
#[derive(Debug, Clone)]
pub(crate) struct Routes<S> {
    inner: S,
    context: Arc<RpcContext>,
}

impl<S, B> Service<Request<B>> for Routes<S>
where
    S: Service<Request<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        let settings = &self.context.settings;
        let allowed = hosts::host_allowed(request.headers(), request.uri(), &settings.hosts)
            && hosts::origin_allowed(request.headers(), &settings.origins);
        if !allowed {
            return Box::pin(async {
                plain(StatusCode::FORBIDDEN, "host or origin not allowed\n")
            });
        }
        if request.method() == Method::GET && is_page(request.uri().path()) {
            let (path, query) = (request.uri().path(), request.uri().query());
            return Box::pin(page(
                self.context.clone(),
                path.to_owned(),
                query.unwrap_or_default().to_owned(),
            ));
        }
        Box::pin(self.inner.call(request))
    }
}

fn is_page(path: &str) -> bool {
    matches!(path, "/health" | "/ready") || path.starts_with("/eth/")
}

async fn page(
    context: Arc<RpcContext>,
    path: String,
    query: String,
) -> Result<HttpResponse, BoxError> {
    let answer = match path.as_str() {
        "/health" => health::health(&context.chain),
        "/ready" => health::ready(&context.chain),
        _ => {
            let turns = context.heavy.clone();
            let run = move || Ok(beacon::page(&context, &path, &query));
            let failed = |_| Page::new(500, &"failed");
            blocking(turns, run).await.unwrap_or_else(failed)
        }
    };
    answer.response()
}

fn plain(status: StatusCode, text: &'static str) -> Result<HttpResponse, BoxError> {
    Ok(Response::builder().status(status).body(HttpBody::from(text))?)
}

/// The service of one connection: says who calls, and that something happens.
#[derive(Debug, Clone)]
pub(crate) struct Front<S> {
    inner: S,
    caller: Caller,
    activity: Arc<Activity>,
    request_time: Duration,
}

impl<S> Front<S> {
    pub(crate) const fn of_connection(
        inner: S,
        caller: Caller,
        activity: Arc<Activity>,
        request_time: Duration,
    ) -> Self {
        Self { inner, caller, activity, request_time }
    }
}

impl<S, B> Service<Request<B>> for Front<S>
where
    S: Service<Request<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Answering {
        let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| {
            value.to_str().ok()?.strip_prefix("Bearer ").map(|token| Arc::from(token.trim()))
        });
        let mut caller = self.caller.clone();
        caller.token = bearer;
        caller.web_socket = request.headers().contains_key(header::UPGRADE);
        request.extensions_mut().insert(caller);
        let (activity, time) = (self.activity.clone(), self.request_time);
        let connection = self.caller.connection.clone();
        connection.begin();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let _running = activity.begin();
            let answer = tokio::time::timeout(time, answer).await;
            connection.answered();
            match answer {
                Ok(response) => response,
                Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "the request took too long\n"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_told_from_json_rpc_by_their_paths() {
        for path in ["/health", "/ready", "/eth/v1/node/version"] {
            assert!(is_page(path), "{path}");
        }
        for path in ["/", "/healthy", "/eth", ""] {
            assert!(!is_page(path), "{path}");
        }
    }
}
