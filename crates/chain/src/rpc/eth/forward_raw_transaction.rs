//! `eth_sendRawTransaction(bytes)` on a node that has a sequencer: the answer is the sequencer's. Nothing
//! is kept here.

use super::send_raw_transaction::read;
use crate::rpc::{
    context::Context,
    error::Failure,
    forward::{Forward, ForwardError},
    method::{Answer, blocking, json, respond_with},
    params::Args,
};
use alloy_primitives::Bytes;
use jsonrpsee::{core::RegisterMethodError, server::RpcModule, types::Params};
use std::sync::Arc;

pub(crate) const NAME: &str = "eth_sendRawTransaction";

/// Adds the method in place of the one that uses the mempool.
pub(crate) fn register(
    module: &mut RpcModule<Context>,
    forward: Arc<dyn Forward>,
) -> Result<(), RegisterMethodError> {
    module.register_async_method(NAME, move |params, context, extensions| {
        let forward = forward.clone();
        async move {
            let answer = run(params, context.clone(), forward);
            respond_with(NAME, answer, &context, &extensions).await
        }
    })?;
    Ok(())
}

/// What is no transaction is refused here, so that nobody has it sent on.
async fn run(params: Params<'static>, context: Arc<Context>, forward: Arc<dyn Forward>) -> Answer {
    let (reads, forwarded) = (context.reads.clone(), context.forwarded.clone());
    let bytes = blocking(reads, move || {
        let args = Args::parse(&params, 1, context.settings.param_values)?;
        let bytes: Bytes = args.required(0)?;
        read(&context, &bytes)?;
        Ok(bytes)
    });
    let bytes = bytes.await?;
    // The semaphore is never closed. Its own: whoever waits for the sequencer keeps no read waiting.
    let _turn = forwarded.acquire_owned().await.ok();
    json(&forward.send_raw(bytes).await?)
}

impl From<ForwardError> for Failure {
    fn from(error: ForwardError) -> Self {
        match error {
            ForwardError::Refused { code, message } => Self::new(code, message),
            error => Self::server(error.to_string()),
        }
    }
}
