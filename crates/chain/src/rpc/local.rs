//! JSON-RPC without a connection, for other parts of the same process: what they read of a chain is what any
//! client of it reads, by the same code.

use super::{RpcError, RpcSettings, context::Context, module};
use crate::chain::Chain;
use jsonrpsee::Methods;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Answers as the server would. Methods that are for programs of the same machine are not there: nobody
/// calls from anywhere. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LocalRpc {
    methods: Methods,
}

impl LocalRpc {
    /// Of a chain. Of the settings those count that are about calls; nobody listens.
    ///
    /// # Errors
    /// [`RpcError`] if two methods have one name: a mistake of ours.
    pub fn new(chain: Chain, settings: RpcSettings) -> Result<Self, RpcError> {
        Ok(Self { methods: module(Arc::new(Context::new(chain, settings)))?.into() })
    }

    /// The answer to a request, or to a batch of them, in JSON. What is no request has an answer that says so.
    pub async fn answer(&self, body: &[u8]) -> Vec<u8> {
        if !body.trim_ascii_start().starts_with(b"[") {
            return self.one(body).await.into_bytes();
        }
        let Ok(requests) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
            return self.one(body).await.into_bytes();
        };
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            answers.push(self.one(request.get().as_bytes()).await);
        }
        format!("[{}]", answers.join(",")).into_bytes()
    }

    async fn one(&self, request: &[u8]) -> String {
        let text = String::from_utf8_lossy(request);
        match self.methods.raw_json_request(&text, 1).await {
            Ok((answer, _)) => answer.get().to_owned(),
            Err(error) => serde_json::json!({
                "jsonrpc": "2.0", "id": null,
                "error": { "code": -32_700, "message": format!("parse error: {error}") },
            })
            .to_string(),
        }
    }
}
