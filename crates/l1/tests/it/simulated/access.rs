//! An endpoint of the simulated L1.

use super::{CHAIN_ID, SimulatedL1, answers::answer};
use seam_l1::{Fault, L1Access, timer::BoxFuture};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// What is wrong with an endpoint.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// It is so many blocks behind.
    pub(crate) lag: usize,
    /// So many requests fail.
    pub(crate) fail: u32,
    /// How they fail; a broken connection unless it is said.
    pub(crate) fault: Option<Fault>,
    /// It serves another chain.
    pub(crate) chain_id: Option<u64>,
    /// What is wrong with the receipts that it gives.
    pub(crate) lie: Option<Lie>,
    /// It does not have `eth_getBlockReceipts`.
    pub(crate) no_block_receipts: bool,
    /// The receipts of more blocks than these are too large an answer.
    pub(crate) max_receipts: Option<usize>,
    /// The header of a block does not hash to the hash.
    pub(crate) wrong_headers: bool,
    /// From this request on, counted from 1, nothing is answered.
    pub(crate) dies_at: Option<u64>,
    /// The request at which it dies is done, but its answer does not arrive.
    pub(crate) dies_after_doing: bool,
}

/// How receipts are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// The last log of a block is left out.
    LogOmitted,
    /// The last receipt of a block is left out.
    ReceiptOmitted,
    /// The first receipt comes last.
    Reordered,
    /// There is one more log.
    LogInvented,
    /// They are the parent's.
    OfParent,
    /// There are none.
    Nothing,
}

/// An endpoint that works, but for its faults.
#[derive(Debug)]
pub(crate) struct SimulatedAccess {
    name: &'static str,
    l1: Arc<SimulatedL1>,
    state: Mutex<(Faults, u64)>,
}

impl SimulatedAccess {
    pub(crate) fn new(name: &'static str, l1: &Arc<SimulatedL1>) -> Arc<Self> {
        Arc::new(Self { name, l1: l1.clone(), state: Mutex::default() })
    }

    pub(crate) fn set(&self, faults: Faults) {
        *self.state.lock().unwrap() = (faults, 0);
    }

    /// Requests since the faults were set.
    pub(crate) fn requests(&self) -> u64 {
        self.state.lock().unwrap().1
    }

    fn respond(&self, body: &[u8]) -> Result<Vec<u8>, Fault> {
        let (faults, count) = {
            let mut state = self.state.lock().unwrap();
            state.1 += 1;
            if state.0.fail > 0 {
                state.0.fail -= 1;
                let fault = state.0.fault.clone();
                return Err(fault.unwrap_or_else(|| Fault::Connection("broken".to_owned())));
            }
            state.clone()
        };
        let is_dead = faults.dies_at.is_some_and(|at| count >= at);
        let does_it = faults.dies_after_doing && faults.dies_at == Some(count);
        if is_dead && !does_it {
            return Err(Fault::Timeout);
        }
        let request: Value = serde_json::from_slice(body).unwrap();
        let of_receipts = |call: &&Value| call["method"] == "eth_getBlockReceipts";
        let receipts = request.as_array().map_or(1, |all| all.iter().filter(of_receipts).count());
        if faults.max_receipts.is_some_and(|most| receipts > most) {
            return Err(Fault::TooLarge(receipts));
        }
        let answers = match &request {
            Value::Array(calls) => calls.iter().map(|call| self.call(call, &faults)).collect(),
            call => self.call(call, &faults),
        };
        if is_dead { Err(Fault::Timeout) } else { Ok(answers.to_string().into_bytes()) }
    }

    fn call(&self, call: &Value, faults: &Faults) -> Value {
        let (method, params) = (call["method"].as_str().unwrap(), &call["params"]);
        let result = self.l1.with(|world| {
            let length = world.chain.len().saturating_sub(faults.lag).max(1);
            let chain = &world.chain[..length].to_vec();
            answer(world, chain, method, params, faults)
        });
        match result {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }),
            Err(message) => {
                let error = json!({ "code": -32_000, "message": message });
                json!({ "jsonrpc": "2.0", "id": call["id"], "error": error })
            }
        }
    }

    pub(super) const fn chain_id(faults: &Faults) -> u64 {
        match faults.chain_id {
            Some(id) => id,
            None => CHAIN_ID,
        }
    }
}

impl L1Access for SimulatedAccess {
    fn name(&self) -> &str {
        self.name
    }

    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        let answer = self.respond(&body);
        Box::pin(async move {
            // Where the real one waits, too: others run meanwhile, and futures are dropped.
            tokio::task::yield_now().await;
            answer
        })
    }
}
