//! What the fuzzer runs against what callers send. A body takes any bytes and panics only if an
//! invariant is broken; that nothing panics, loops or allocates without bound goes without saying.

use super::{
    context::Context,
    error::{Failure, INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, SERVER_ERROR},
    eth::{
        call::{Request as CallRequest, call_of, change_header, overrides_of},
        fee_history::percentiles,
        subscribe,
    },
    logs::LogQuery,
    params::{Args, BlockId, BlockTag, Number, Object, Quantity, StorageKey},
    server::{CallLayers, Layers, RpcError, parts},
    settings::RpcSettings,
};
use crate::Chain;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};
use jsonrpsee::{
    core::http_helpers::read_body,
    server::{HttpBody, ServerHandle, TowerService, stop_channel},
    types::Params,
};
use serde_json::Value;
use std::{fmt, sync::Arc};
use tokio::runtime::Runtime;
use tower::Service as _;

/// Most bytes of an answer here.
const ANSWER: u32 = 1 << 20;

/// Everything of a server but the network.
pub struct Server {
    runtime: Runtime,
    service: TowerService<CallLayers, Layers>,
    _handle: ServerHandle,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// Of a chain; limits are low, since the fuzzer is after what is quick.
    ///
    /// # Errors
    /// [`RpcError`] if the threads cannot be started.
    pub fn new(chain: Chain) -> Result<Self, RpcError> {
        let settings = RpcSettings {
            body_bytes: 1 << 20,
            response_bytes: ANSWER,
            batch_length: 20,
            call_gas: 100_000,
            log_results: 100,
            fee_history_blocks: 8,
            filters: 100,
            ..RpcSettings::default()
        };
        let threads =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = threads.map_err(RpcError::Listener)?;
        let context = Arc::new(Context::new(chain, settings));
        let (builder, methods) = parts(&context)?;
        let (stop, handle) = stop_channel();
        Ok(Self { runtime, service: builder.build(methods, stop), _handle: handle })
    }

    /// The body of a `POST`, through the server's own decoder to the methods and back.
    ///
    /// - The answer is that of JSON-RPC: a result, or an error whose code is not that of a fault of
    ///   the server; of a batch, one for each call.
    /// - What is no JSON has the code -32700, what is no call -32600.
    /// - The answer is no larger than it may be.
    pub fn request(&self, data: &[u8]) {
        let Some(answer) = self.answer(data) else { return };
        assert!(answer.len() <= usize::try_from(ANSWER).unwrap_or_default(), "too large");
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&answer));
        });
        match &answer {
            Value::Array(all) => all.iter().for_each(check),
            one => check(one),
        }
        if serde_json::from_slice::<serde::de::IgnoredAny>(data).is_err() {
            let code = &answer["error"]["code"];
            assert!(*code == -32_700 || *code == -32_600, "{answer}");
        }
    }

    /// None if it is none at all, as for a notification.
    fn answer(&self, data: &[u8]) -> Option<Vec<u8>> {
        let body = HttpBody::from(data.to_vec());
        let request = http::Request::post("/").header("content-type", "application/json");
        let request = request.body(body).ok()?;
        let response = self.runtime.block_on(self.service.clone().call(request)).ok()?;
        assert!([200, 400, 413].contains(&response.status().as_u16()), "{}", response.status());
        let (head, body) = response.into_parts();
        let read = self.runtime.block_on(read_body(&head.headers, body, u32::MAX));
        Some(read.ok()?.0).filter(|bytes| !bytes.is_empty() && head.status != 413)
    }
}

/// One response.
fn check(response: &Value) {
    assert_eq!(response["jsonrpc"], "2.0", "{response}");
    let error = &response["error"];
    if error.is_null() {
        assert!(response.get("result").is_some(), "{response}");
        return;
    }
    let code = error["code"].as_i64();
    assert!(code.is_some_and(|code| code != i64::from(INTERNAL_ERROR)), "{response}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{response}");
}

/// The text of `params`, as every type that a parameter can have, in every place.
///
/// - What is not of a type has the code -32602, and the code of a call that makes no sense is one
///   of the specification.
/// - What is read twice is the same.
pub fn params(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let settings = RpcSettings::default();
    let params = Params::new(Some(text));
    let _ = refused(subscribe::parse(&params, &settings), &[INVALID_PARAMS, METHOD_NOT_FOUND]);
    let Some(args) = refused(Args::parse(&params, 4, settings.param_values), &[INVALID_PARAMS])
    else {
        return;
    };
    for index in 0..4 {
        simple(&args, index);
        call(&args, index);
    }
    let _ = refused(percentiles(&args), &[INVALID_PARAMS, SERVER_ERROR]);
}

/// What was read; if nothing was, the code is one of these.
fn refused<T>(read: Result<T, Failure>, codes: &[i32]) -> Option<T> {
    read.inspect_err(|failure| assert!(codes.contains(&failure.code), "{failure:?}")).ok()
}

fn read<T: super::params::Argument>(args: &Args, index: usize) -> Option<T> {
    refused(args.required(index), &[INVALID_PARAMS])
}

fn simple(args: &Args, index: usize) {
    if let Some(Quantity(number)) = read(args, index) {
        assert_eq!(read::<Number>(args, index), Some(Number(number)));
        let tag = BlockTag::Number(number);
        assert_eq!(read::<BlockTag>(args, index), Some(tag));
        assert_eq!(read::<BlockId>(args, index), Some(BlockId::Tag(tag)));
    }
    if let Some(hash) = read::<B256>(args, index) {
        assert_eq!(read::<Bytes>(args, index), Some(Bytes::copy_from_slice(&hash[..])));
        assert_eq!(read::<BlockId>(args, index), Some(BlockId::Hash(hash)));
    }
    if let Some(key) =
        args.raw(index).and_then(|raw| refused(StorageKey::parse(raw), &[INVALID_PARAMS]))
    {
        let again = StorageKey::parse(&Value::String(key.written()));
        assert_eq!(again.map(|again| again.slot), Ok(key.slot));
    }
    let _ = (read::<Address>(args, index), read::<bool>(args, index), read::<String>(args, index));
    let _ = (read::<Vec<Address>>(args, index), read::<Vec<Value>>(args, index));
    if let Some(query) = read::<LogQuery>(args, index) {
        let _ = refused(query.criteria.check(1_000), &[INVALID_PARAMS]);
        assert_eq!(read(args, index), Some(query));
    }
    if let Some(bytes) = read::<Bytes>(args, index) {
        crate::blobs::fuzz::raw_transaction(&bytes);
    }
}

/// The objects of `eth_call`.
fn call(args: &Args, index: usize) {
    if let Some(CallRequest(request)) = read(args, index)
        && let Some(call) = refused(call_of(request, 1), &[INVALID_PARAMS, SERVER_ERROR])
    {
        assert!(call.overrides.is_empty());
    }
    if let Some(Object(overrides)) = read::<Object<BlockOverrides>>(args, index) {
        let mut header = seam_primitives::Header::default();
        let _ = refused(change_header(&mut header, overrides), &[INVALID_PARAMS]);
    }
    if let Some(Object(overrides)) = read::<Object<StateOverride>>(args, index) {
        let accounts = overrides.len();
        let read = refused(overrides_of(overrides), &[INVALID_PARAMS]);
        assert!(read.is_none_or(|read| read.len() == accounts));
    }
}

#[cfg(test)]
mod tests;
