//! Asks the endpoints.

use super::{
    Fees, L1Error, L1Limits, LogQuery, Receipt,
    state::{Choice, Failover, Freshness},
    types::filter,
    wire::{Answer, Call, Expects, Refusal, decode, encode, header, inputs},
};
use crate::{
    access::{Fault, HttpAccess, L1Access},
    timer::{RealTimer, Timer},
};
use alloy_consensus::{Header, Sealed};
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, TxKind, U64, U256};
use alloy_rpc_types_eth::{FeeHistory, Log as RpcLog, TransactionInput, TransactionRequest};
use serde::de::DeserializeOwned;
use serde_json::{Value, json, value::RawValue};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Blocks whose fees are looked at to suggest one.
const FEE_BLOCKS: u64 = 10;
/// Of what the transactions of a block paid, weighed by gas, the median.
const FEE_PERCENTILE: u64 = 50;

/// An L1, over one or several endpoints. Cheap to clone; clones share what they know of the
/// endpoints.
#[derive(Debug, Clone)]
pub struct L1Client {
    endpoints: Arc<[Arc<dyn L1Access>]>,
    state: Arc<Mutex<Failover>>,
    timer: Arc<dyn Timer>,
    batch: usize,
}

/// Makes a value of the answer to the call at a place, or says what is wrong with the endpoint.
pub type Reading<'a, T> = &'a (dyn Fn(usize, &RawValue) -> Result<T, Fault> + Sync);

/// What was answered to a list of calls.
pub(super) struct Asked<T> {
    /// In the order of the calls.
    pub(super) values: Vec<Result<T, Refusal>>,
    /// The endpoints that answered.
    pub(super) places: Vec<usize>,
}

/// What one endpoint answered.
struct Exchanged<T> {
    answers: Vec<Answer>,
    values: Vec<Result<T, Refusal>>,
}

impl L1Client {
    /// The L1 at these URLs, the preferred one first. `chain_id`: the chain that is wanted; without
    /// it, the chain of the first endpoint that answers. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`L1Error::Url`], [`L1Error::NoEndpoint`].
    pub fn connect<S: AsRef<str>>(
        urls: &[S],
        chain_id: Option<u64>,
        limits: L1Limits,
    ) -> Result<Self, L1Error> {
        let access = |url: &S| -> Result<Arc<dyn L1Access>, L1Error> {
            Ok(Arc::new(HttpAccess::new(url.as_ref(), &limits)?))
        };
        let endpoints = urls.iter().map(access).collect::<Result<Vec<_>, _>>()?;
        Self::over(endpoints, chain_id, limits, Arc::new(RealTimer::start()))
    }

    /// The L1 at these endpoints.
    ///
    /// # Errors
    ///
    /// [`L1Error::NoEndpoint`].
    pub fn over(
        endpoints: Vec<Arc<dyn L1Access>>,
        chain_id: Option<u64>,
        limits: L1Limits,
        timer: Arc<dyn Timer>,
    ) -> Result<Self, L1Error> {
        if endpoints.is_empty() {
            return Err(L1Error::NoEndpoint);
        }
        let batch = limits.batch.max(1);
        let state = Arc::new(Mutex::new(Failover::new(endpoints.len(), limits, chain_id)));
        Ok(Self { endpoints: endpoints.into(), state, timer, batch })
    }

    /// The time that it goes by.
    pub fn timer(&self) -> Arc<dyn Timer> {
        self.timer.clone()
    }

    /// The chain's id.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; the same for all that follow.
    pub async fn chain_id(&self) -> Result<u64, L1Error> {
        Ok(self.ask::<U64>(call("eth_chainId", json!([]))).await?.to())
    }

    /// A block's header with its hash, by number or tag; `None` if there is no such block. The hash
    /// is the node's: a header with fields of a later fork does not hash to it here. An endpoint whose
    /// header has only fields that are known here and another hash rests.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn block(
        &self,
        block: impl Into<BlockNumberOrTag>,
    ) -> Result<Option<Sealed<Header>>, L1Error> {
        self.header(block_call(block.into())).await
    }

    /// Several blocks, asked of one endpoint at once where they fit into a batch.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn blocks(
        &self,
        blocks: impl IntoIterator<Item = BlockNumberOrTag>,
    ) -> Result<Vec<Option<Sealed<Header>>>, L1Error> {
        let calls: Vec<Call> = blocks.into_iter().map(block_call).collect();
        self.values(&calls, &|_, answer| header(answer)).await
    }

    /// A block's header by its hash.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn block_by_hash(&self, hash: B256) -> Result<Option<Sealed<Header>>, L1Error> {
        self.header(call("eth_getBlockByHash", json!([hash, false]))).await
    }

    /// An account's code.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn code(
        &self,
        address: Address,
        block: impl Into<BlockId>,
    ) -> Result<Bytes, L1Error> {
        self.ask(call("eth_getCode", json!([address, block.into()]))).await
    }

    /// One slot of a contract.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn storage(
        &self,
        address: Address,
        slot: U256,
        block: impl Into<BlockId>,
    ) -> Result<B256, L1Error> {
        let value: U256 =
            self.ask(call("eth_getStorageAt", json!([address, slot, block.into()]))).await?;
        Ok(value.into())
    }

    /// What a call returns, without sending anything. `request` is as `eth_call` takes it.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] with the data if it reverts.
    pub async fn call(
        &self,
        request: &TransactionRequest,
        block: impl Into<BlockId>,
    ) -> Result<Bytes, L1Error> {
        self.ask(call("eth_call", json!([request, block.into()]))).await
    }

    /// Gas that a transaction may use: half more than it needs now, as what comes before it in its block may change that.
    /// The portal, for one, burns gas by the deposits of others. `to` is none for a creation.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] with the data if it reverts.
    pub async fn gas_limit(
        &self,
        from: Address,
        to: Option<Address>,
        value: U256,
        input: &Bytes,
    ) -> Result<u64, L1Error> {
        let request = TransactionRequest {
            from: Some(from),
            to: to.map(TxKind::Call),
            value: Some(value),
            input: TransactionInput::both(input.clone()),
            ..TransactionRequest::default()
        };
        let gas = self.estimate_gas(&request).await?;
        Ok(gas.saturating_add(gas / 2))
    }

    /// Gas that a transaction needs.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] with the data if it reverts.
    pub async fn estimate_gas(&self, request: &TransactionRequest) -> Result<u64, L1Error> {
        Ok(self.ask::<U64>(call("eth_estimateGas", json!([request]))).await?.to())
    }

    /// An account's balance in wei.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn balance(
        &self,
        address: Address,
        block: impl Into<BlockId>,
    ) -> Result<U256, L1Error> {
        self.ask(call("eth_getBalance", json!([address, block.into()]))).await
    }

    /// An account's next nonce: `latest` after the newest block, `pending` after the mempool too.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn nonce(&self, address: Address, block: impl Into<BlockId>) -> Result<u64, L1Error> {
        let params = json!([address, block.into()]);
        Ok(self.ask::<U64>(call("eth_getTransactionCount", params)).await?.to())
    }

    /// What gas costs now.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] if the chain has no base fee (EIP-1559).
    pub async fn fees(&self) -> Result<Fees, L1Error> {
        const METHOD: &str = "eth_feeHistory";
        let params = json!([U64::from(FEE_BLOCKS), "latest", [FEE_PERCENTILE]]);
        let history: FeeHistory = self.ask(call(METHOD, params)).await?;
        Fees::from_history(&history).ok_or_else(|| {
            let message = "the chain has no base fee".to_owned();
            Refusal { code: 0, message, data: None }.into_error(METHOD)
        })
    }

    /// Sends a signed transaction in its network form; gives its hash.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] also if the node has it already.
    pub async fn send_raw(&self, transaction: &Bytes) -> Result<B256, L1Error> {
        self.ask(call("eth_sendRawTransaction", json!([transaction]))).await
    }

    /// What became of a transaction; `None` while it is in no block.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>, L1Error> {
        self.ask(receipt_call(transaction)).await
    }

    /// What became of several transactions.
    ///
    /// # Errors
    ///
    /// [`L1Error`].
    pub async fn receipts(
        &self,
        transactions: impl IntoIterator<Item = B256>,
    ) -> Result<Vec<Option<Receipt>>, L1Error> {
        let calls: Vec<Call> = transactions.into_iter().map(receipt_call).collect();
        self.ask_all(&calls).await
    }

    /// The logs of these contracts, in order.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Refused`] or [`L1Error::TooLarge`] if they are too many.
    pub async fn logs(
        &self,
        query: LogQuery,
        addresses: &[Address],
    ) -> Result<Vec<RpcLog>, L1Error> {
        self.ask(call("eth_getLogs", json!([filter(query, addresses)]))).await
    }

    /// What `read` makes of the input of a block's transaction to this account: of the first of which it
    /// makes something. An endpoint without one is passed over.
    ///
    /// # Errors
    ///
    /// [`L1Error`]; [`L1Error::Unreachable`] with [`Fault::Missing`] if no endpoint has one.
    pub async fn find_input<T>(
        &self,
        block: B256,
        to: Address,
        read: &(dyn Fn(&[u8]) -> Option<T> + Sync),
    ) -> Result<T, L1Error> {
        let call = call("eth_getBlockByHash", json!([block, true]));
        let find = |_: usize, answer: &RawValue| {
            let inputs = inputs(answer, to)?.unwrap_or_default();
            inputs.iter().find_map(|input| read(input)).ok_or_else(|| {
                Fault::Missing(format!("block {block} with the transaction to {to} that is wanted"))
            })
        };
        let mut found = self.values(std::slice::from_ref(&call), &find).await?;
        found.pop().ok_or_else(|| unreadable(call.method, "it lacks an answer".to_owned()))
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, L1Error> {
        let mut answers = self.ask_all(std::slice::from_ref(&call)).await?;
        answers.pop().ok_or_else(|| unreadable(call.method, "it lacks an answer".to_owned()))
    }

    async fn header(&self, call: Call) -> Result<Option<Sealed<Header>>, L1Error> {
        let calls = std::slice::from_ref(&call);
        let mut answers = self.values(calls, &|_, answer| header(answer)).await?;
        answers.pop().ok_or_else(|| unreadable(call.method, "it lacks an answer".to_owned()))
    }

    /// One answer a call, in order. A refusal of one is the error of all.
    async fn ask_all<T: DeserializeOwned>(&self, calls: &[Call]) -> Result<Vec<T>, L1Error> {
        let parse = |_: usize, answer: &RawValue| {
            let value = serde_json::from_str(answer.get());
            value.map_err(|error| Fault::Unreadable(error.to_string()))
        };
        self.values(calls, &parse).await
    }

    /// One value a call, in order. A refusal of one is the error of all.
    async fn values<T>(&self, calls: &[Call], read: Reading<'_, T>) -> Result<Vec<T>, L1Error> {
        let values = self.ask_reading(calls, read).await?.values;
        let value = |(call, value): (&Call, Result<T, Refusal>)| {
            value.map_err(|refusal| refusal.into_error(call.method))
        };
        calls.iter().zip(values).map(value).collect()
    }

    /// One value or refusal a call. An endpoint whose answers cannot be read so rests, and another one
    /// is asked.
    pub(super) async fn ask_reading<T>(
        &self,
        calls: &[Call],
        read: Reading<'_, T>,
    ) -> Result<Asked<T>, L1Error> {
        let mut asked = Asked { values: Vec::with_capacity(calls.len()), places: Vec::new() };
        for (index, calls) in calls.chunks(self.batch).enumerate() {
            let first = index * self.batch;
            let read = |place: usize, answer: &RawValue| read(first + place, answer);
            let (place, values) = self.answers(calls, &read).await?;
            asked.values.extend(values);
            asked.places.push(place);
        }
        Ok(asked)
    }

    /// The answers of the first endpoint that is of use.
    async fn answers<T>(
        &self,
        calls: &[Call],
        read: Reading<'_, T>,
    ) -> Result<(usize, Vec<Result<T, Refusal>>), L1Error> {
        let method = calls.first().map_or("nothing", |call| call.method);
        let (attempts, mut tried, mut last) = (self.state().attempts(), Vec::new(), Fault::Timeout);
        let (mut behind, patience) = (None, self.state().patience(self.timer.now()));
        while tried.len() < attempts as usize {
            let choice = self.state().choose(self.timer.now());
            let place = match choice {
                Choice::Ask(place) | Choice::Identify(place) => place,
                // Nobody knows better than the one that is behind.
                Choice::Wait(_) | Choice::OtherChain(..) if behind.is_some() => break,
                Choice::Wait(until) if until > patience => {
                    last = self.state().fault(0);
                    tried.extend((0..self.endpoints.len()).map(|place| self.resting(place)));
                    break;
                }
                Choice::Wait(until) => {
                    self.timer.sleep(until.saturating_sub(self.timer.now())).await;
                    continue;
                }
                Choice::OtherChain(place, found) => return Err(self.other_chain(place, found)),
            };
            let identify = matches!(choice, Choice::Identify(_));
            match self.try_endpoint(place, identify, calls, read).await {
                Ok((found, Freshness::Current)) => return Ok((place, found.values)),
                Ok((found, Freshness::Behind)) => {
                    behind = Some((place, found));
                    last = Fault::Behind;
                }
                Err(Fault::TooLarge(limit)) => return Err(L1Error::TooLarge { method, limit }),
                Err(fault) => last = fault,
            }
            let endpoint = self.name(place);
            match &last {
                Fault::Wrong(_) => {
                    tracing::warn!(endpoint, method, fault = %last, "an L1 endpoint lies")
                }
                fault => tracing::debug!(endpoint, method, %fault, "L1 endpoint rests"),
            }
            tried.push(format!("{} ({last})", self.name(place)));
        }
        let Some((place, found)) = behind else {
            return Err(L1Error::Unreachable { method, tried: tried.join(", "), last });
        };
        let mut state = self.state();
        state.answered(place);
        state.accepted(calls, &found.answers, Freshness::Behind);
        Ok((place, found.values))
    }

    /// Asks one endpoint and notes how it did.
    async fn try_endpoint<T>(
        &self,
        place: usize,
        identify: bool,
        calls: &[Call],
        read: Reading<'_, T>,
    ) -> Result<(Exchanged<T>, Freshness), Fault> {
        let found = self.exchange(place, identify, calls, read).await;
        let now = self.timer.now();
        let mut state = self.state();
        match found {
            Ok(found) => {
                let freshness = state.judge(calls, &found.answers);
                match freshness {
                    Freshness::Current => {
                        state.answered(place);
                        state.accepted(calls, &found.answers, freshness);
                    }
                    Freshness::Behind => state.failed(place, now, &Fault::Behind),
                }
                Ok((found, freshness))
            }
            // It is no less healthy for that, and it is noted already that it is of another chain.
            Err(fault @ (Fault::TooLarge(_) | Fault::OtherChain { .. })) => Err(fault),
            Err(fault) => {
                state.failed(place, now, &fault);
                Err(fault)
            }
        }
    }

    async fn exchange<T>(
        &self,
        place: usize,
        identify: bool,
        calls: &[Call],
        read: Reading<'_, T>,
    ) -> Result<Exchanged<T>, Fault> {
        let endpoint = self.endpoints.get(place).ok_or(Fault::Behind)?.clone();
        if identify {
            let body = endpoint.exchange(encode(&[call("eth_chainId", json!([]))])).await?;
            let found = chain_id(decode(1, &body)?)?;
            let identified = self.state().identified(place, found, self.timer.now());
            identified.map_err(|expected| Fault::OtherChain { expected, found })?;
        }
        let answers = decode(calls.len(), &endpoint.exchange(encode(calls)).await?)?;
        let value = |(place, answer): (usize, &Answer)| match answer {
            Ok(answer) => read(place, answer).map(Ok),
            Err(refusal) => Ok(Err(refusal.clone())),
        };
        let values = answers.iter().enumerate().map(value).collect::<Result<_, Fault>>()?;
        Ok(Exchanged { answers, values })
    }

    /// An endpoint that rests, and why.
    fn resting(&self, place: usize) -> String {
        format!("{} ({}, and is not asked again yet)", self.name(place), self.state().fault(place))
    }

    /// How often a question is sent.
    pub(super) fn attempts(&self) -> u32 {
        self.state().attempts()
    }

    /// What this endpoint answered turned out wrong: it rests.
    pub(super) fn rest(&self, place: usize, fault: &Fault) {
        self.state().failed(place, self.timer.now(), fault);
    }

    fn other_chain(&self, place: usize, found: u64) -> L1Error {
        let expected = self.state().chain_id().unwrap_or_default();
        L1Error::OtherChain { endpoint: self.name(place).to_owned(), expected, found }
    }

    pub(super) fn name(&self, place: usize) -> &str {
        self.endpoints.get(place).map_or("?", |endpoint| endpoint.name())
    }

    fn state(&self) -> MutexGuard<'_, Failover> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn call(method: &'static str, params: Value) -> Call {
    Call::plain(method, params)
}

fn block_call(block: BlockNumberOrTag) -> Call {
    let expects = match block {
        BlockNumberOrTag::Latest => Expects::Newest,
        BlockNumberOrTag::Number(number) => Expects::Block(number),
        _ => Expects::Anything,
    };
    Call { method: "eth_getBlockByNumber", params: json!([block, false]), expects }
}

fn receipt_call(transaction: B256) -> Call {
    call("eth_getTransactionReceipt", json!([transaction]))
}

fn chain_id(answers: Vec<Answer>) -> Result<u64, Fault> {
    let answer = answers.into_iter().next().and_then(Result::ok);
    let id = answer.and_then(|answer| serde_json::from_str::<U64>(answer.get()).ok());
    id.map(|id| id.to()).ok_or_else(|| Fault::Unreadable("it does not say its chain".to_owned()))
}

fn unreadable(method: &'static str, reason: String) -> L1Error {
    L1Error::Unreachable { method, tried: reason.clone(), last: Fault::Unreadable(reason) }
}
