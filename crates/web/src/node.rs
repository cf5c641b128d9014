//! A chain, read by JSON-RPC.

mod types;

pub use types::{Block, Call, Log, Receipt, Tag, Transaction};

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use seam_l1::{L1Client, L1Error, L1Limits};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// A node that does not answer within this has stopped, for a page.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest that a node is left alone after it failed: a page should show soon that it is back.
const REST: Duration = Duration::from_secs(2);
/// How long a page waits for a node that is left alone: a failure that was one is over by then.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes of one answer. The largest that is asked for is a trace.
const MAX_ANSWER: usize = 16 << 20;

/// Which of the two layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The Ethereum that a rollup is on.
    L1,
    /// The rollup.
    L2,
}

/// A node of a chain. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Node {
    layer: Layer,
    client: L1Client,
}

/// Why a node has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// It does not answer. It may have stopped.
    #[error("the node of the {layer} does not answer ({reason})")]
    Silent {
        /// Which.
        layer: Layer,
        /// What went wrong.
        reason: String,
    },
    /// It answers, and the answer is no.
    #[error("the node of the {layer} refuses {method}: {reason}")]
    Refused {
        /// Which.
        layer: Layer,
        /// The method.
        method: &'static str,
        /// The node's words.
        reason: String,
    },
    /// The URL cannot be used, or serves another chain.
    #[error("the node of the {layer} cannot be used: {reason}")]
    Unusable {
        /// Which.
        layer: Layer,
        /// What is wrong.
        reason: String,
    },
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::L1 => "L1",
            Self::L2 => "L2",
        })
    }
}

impl Layer {
    /// As it stands in addresses of pages.
    pub const fn path(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
        }
    }
}

impl Node {
    /// The node at these URLs, the preferred one first. Nothing is sent yet.
    ///
    /// # Errors
    /// [`NodeError::Unusable`] if a URL is none.
    pub fn connect<S: AsRef<str>>(layer: Layer, urls: &[S]) -> Result<Self, NodeError> {
        let limits = L1Limits {
            timeout: TIMEOUT,
            max_answer_bytes: MAX_ANSWER,
            attempts: 1,
            back_off: REST / 4,
            max_back_off: REST,
            patience: PATIENCE,
            // Whatever the chain does is shown, going back too.
            max_behind: u64::MAX,
            ..L1Limits::default()
        };
        let client = L1Client::connect(urls, None, limits);
        Ok(Self { layer, client: client.map_err(|error| failure(layer, error))? })
    }

    /// Which layer it is of.
    pub const fn layer(&self) -> Layer {
        self.layer
    }

    /// What is asked of it by others: the closing check, batches' data.
    pub const fn client(&self) -> &L1Client {
        &self.client
    }

    /// What it answers to a method.
    ///
    /// # Errors
    /// [`NodeError`]; the same for all that follow.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
    ) -> Result<T, NodeError> {
        let answer = self.client.request(method, params).await;
        answer.map_err(|error| failure(self.layer, error))
    }

    /// What it answers to several questions, each with an answer or a refusal.
    pub async fn ask_all(
        &self,
        questions: &[(&'static str, Value)],
    ) -> Result<Vec<Result<Value, NodeError>>, NodeError> {
        let answers = self.client.request_all(questions).await;
        let answers = answers.map_err(|error| failure(self.layer, error))?;
        Ok(answers
            .into_iter()
            .map(|answer| answer.map_err(|error| failure(self.layer, error)))
            .collect())
    }

    /// The chain's id.
    pub async fn chain_id(&self) -> Result<u64, NodeError> {
        Ok(self.ask::<U64>("eth_chainId", json!([])).await?.to())
    }

    /// A block with the hashes of its transactions.
    pub async fn block(&self, which: Tag) -> Result<Option<Block>, NodeError> {
        let (method, params) = which.question();
        self.ask(method, params).await
    }

    /// A transaction.
    pub async fn transaction(&self, hash: B256) -> Result<Option<Transaction>, NodeError> {
        self.ask("eth_getTransactionByHash", json!([hash])).await
    }

    /// What became of a transaction.
    pub async fn receipt(&self, hash: B256) -> Result<Option<Receipt>, NodeError> {
        self.ask("eth_getTransactionReceipt", json!([hash])).await
    }

    /// What a transaction called, and what that called.
    pub async fn trace(&self, hash: B256) -> Result<Call, NodeError> {
        self.ask("debug_traceTransaction", json!([hash, { "tracer": "callTracer" }])).await
    }

    /// What a contract answers at the newest block.
    pub async fn call(&self, to: Address, data: &[u8]) -> Result<Bytes, NodeError> {
        self.ask("eth_call", json!([call(to, data), "latest"])).await
    }

    /// The logs of a contract with this first topic in a range of blocks.
    pub async fn logs(
        &self,
        address: Address,
        topic: B256,
        blocks: (u64, u64),
    ) -> Result<Vec<Log>, NodeError> {
        let [from, to] = [blocks.0, blocks.1].map(U64::from);
        let filter =
            json!({ "address": address, "topics": [topic], "fromBlock": from, "toBlock": to });
        self.ask("eth_getLogs", json!([filter])).await
    }

    /// Balance in wei, nonce and code of an account at the newest block.
    pub async fn account(&self, address: Address) -> Result<(U256, u64, Bytes), NodeError> {
        let of = || json!([address, "latest"]);
        let (balance, nonce, code) = tokio::try_join!(
            self.ask::<U256>("eth_getBalance", of()),
            self.ask::<U64>("eth_getTransactionCount", of()),
            self.ask::<Bytes>("eth_getCode", of()),
        )?;
        Ok((balance, nonce.to(), code))
    }
}

/// A call without a sender.
pub(crate) fn call(to: Address, data: &[u8]) -> Value {
    json!({ "to": to, "data": Bytes::copy_from_slice(data) })
}

/// The words of the client are for those who typed `--l1-rpc`.
fn failure(layer: Layer, error: L1Error) -> NodeError {
    match error {
        L1Error::Unreachable { last, .. } => NodeError::Silent { layer, reason: last.to_string() },
        L1Error::TooLarge { limit, .. } => {
            NodeError::Silent { layer, reason: format!("more than {limit} bytes") }
        }
        L1Error::Refused { method, message, .. } => {
            NodeError::Refused { layer, method, reason: message }
        }
        L1Error::Url { reason } => {
            let reason = format!("its URL is none ({reason}): write it as http://host:port");
            NodeError::Unusable { layer, reason }
        }
        error => NodeError::Unusable { layer, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_none_is_said_to_be_the_nodes() {
        let error = Node::connect(Layer::L2, &["nonsense"]).unwrap_err().to_string();
        assert!(error.starts_with("the node of the L2 cannot be used: its URL is none"), "{error}");
        assert!(!error.contains("--l1-rpc"), "{error}");
    }
}
