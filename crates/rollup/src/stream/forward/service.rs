//! Sends transactions.

use super::{Connection, SequencerPort};
use crate::stream::{service::connect, shown};
use alloy_primitives::{Bytes, TxHash};
use jsonrpsee::{
    core::client::{ClientT as _, Error},
    rpc_params,
    ws_client::WsClient,
};
use seam_chain::rpc::{
    ForwardError,
    forward::{Forward, Forwarded},
};
use std::sync::Arc;
use tokio::time::Instant;

impl Forward for SequencerPort {
    fn send_raw(&self, transaction: Bytes) -> Forwarded<'_> {
        Box::pin(self.send(transaction))
    }
}

impl SequencerPort {
    async fn send(&self, transaction: Bytes) -> Result<TxHash, ForwardError> {
        let client = self.client().await?;
        let answer = client.request("eth_sendRawTransaction", rpc_params![transaction]).await;
        answer.map_err(|error| match error {
            Error::Call(refusal) => ForwardError::Refused {
                code: refusal.code(),
                message: refusal.message().to_owned(),
            },
            error => ForwardError::Unreachable(error.to_string()),
        })
    }

    /// The connection that is open, or a new one. Whoever comes while it is being made waits for it, and
    /// has the same failure.
    async fn client(&self) -> Result<Arc<WsClient>, ForwardError> {
        let mut open = self.open.lock().await;
        match &*open {
            Connection::Open(client) if client.is_connected() => return Ok(client.clone()),
            Connection::Failed(at, why) if at.elapsed() < self.limits.back_off => {
                return Err(ForwardError::Unreachable(why.clone()));
            }
            Connection::None | Connection::Open(_) | Connection::Failed(..) => {}
        }
        let mut tried = Vec::new();
        for url in &*self.urls {
            match connect(url, &self.limits).await {
                Ok(client) => {
                    let client = Arc::new(client);
                    *open = Connection::Open(client.clone());
                    return Ok(client);
                }
                Err(fault) => tried.push(format!("{}: {fault}", shown(url))),
            }
        }
        let why = tried.join("; ");
        *open = Connection::Failed(Instant::now(), why.clone());
        Err(ForwardError::Unreachable(why))
    }
}
