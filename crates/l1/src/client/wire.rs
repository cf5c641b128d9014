//! JSON-RPC 2.0: calls to bytes and bytes to answers.

use super::L1Error;
use crate::access::Fault;
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, Bytes, U64};
use alloy_rpc_types_eth::Header as RpcHeader;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use std::collections::HashMap;

/// A question, and how an answer shows that the endpoint is behind.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) params: Value,
    pub(super) expects: Expects,
}

impl Call {
    /// A question whose answer does not show whether the endpoint is behind.
    pub(super) const fn plain(method: &'static str, params: Value) -> Self {
        Self { method, params, expects: Expects::Anything }
    }
}

/// What a current endpoint knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// Nothing of it shows.
    Anything,
    /// The answer is the newest block.
    Newest,
    /// The answer is this block: not null, if it exists.
    Block(u64),
}

/// What a node says instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: i64,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) data: Option<Value>,
}

impl Refusal {
    /// Whether the same question may be answered by another endpoint, or later by this one. Providers
    /// have no common code for it; these words are in the refusals of those in wide use.
    fn is_busy(&self) -> bool {
        const WORDS: [&str; 6] =
            ["rate limit", "too many requests", "capacity", "quota", "compute units", "throttle"];
        let message = self.message.to_lowercase();
        self.code == 429 || WORDS.iter().any(|word| message.contains(word))
    }

    /// Whether the endpoint does not have the method. -32601 is JSON-RPC's code for it and -32004 that
    /// of EIP-1474; some gateways have words only.
    pub(super) fn lacks_method(&self) -> bool {
        const WORDS: [&str; 5] =
            ["not found", "not exist", "not supported", "not available", "unsupported"];
        let message = self.message.to_lowercase();
        let says = message.contains("method") && WORDS.iter().any(|word| message.contains(word));
        matches!(self.code, -32_601 | -32_004) || says
    }

    pub(super) fn into_error(self, method: &'static str) -> L1Error {
        let data = self.data.and_then(|data| serde_json::from_value::<Bytes>(data).ok());
        L1Error::Refused { method, code: self.code, message: self.message, data }
    }
}

pub(super) type Answer = Result<Box<RawValue>, Refusal>;

#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: usize,
    method: &'a str,
    params: &'a Value,
}

#[derive(Deserialize)]
struct Response {
    id: Option<Value>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<Refusal>,
}

/// The body of a request, or of a batch if there are several.
pub(super) fn encode(calls: &[Call]) -> Vec<u8> {
    let request = |(id, call): (usize, &'_ Call)| {
        let request = Request { jsonrpc: "2.0", id, method: call.method, params: &call.params };
        // Keys are text and values are plain: there is nothing that could fail.
        serde_json::to_string(&request).unwrap_or_default()
    };
    let requests: Vec<String> = calls.iter().enumerate().map(request).collect();
    match requests.as_slice() {
        [one] => one.clone().into_bytes(),
        several => format!("[{}]", several.join(",")).into_bytes(),
    }
}

/// The answers in the order of the calls.
pub(super) fn decode(count: usize, body: &[u8]) -> Result<Vec<Answer>, Fault> {
    let responses = if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice::<Vec<Response>>(body)
    } else {
        serde_json::from_slice::<Response>(body).map(|response| vec![response])
    };
    let responses = responses.map_err(|error| Fault::Unreadable(error.to_string()))?;
    let mut answers: Vec<Option<Answer>> = vec![None; count];
    for response in responses {
        let id = response.id.as_ref().and_then(Value::as_u64);
        let place = id.and_then(|id| answers.get_mut(usize::try_from(id).ok()?));
        let answer = match (response.error, response.result) {
            (Some(refusal), _) if refusal.is_busy() => return Err(Fault::Busy(refusal.message)),
            // A batch that is refused whole has one answer, without an id.
            (Some(refusal), _) if place.is_none() => {
                return Err(Fault::Unreadable(refusal.message));
            }
            (Some(refusal), _) => Err(refusal),
            (None, Some(result)) => Ok(result),
            (None, None) => Ok(null()?),
        };
        *place.ok_or_else(|| Fault::Unreadable("it has an unknown id".to_owned()))? = Some(answer);
    }
    let missing = || Fault::Unreadable("it lacks an answer".to_owned());
    answers.into_iter().map(|answer| answer.ok_or_else(missing)).collect()
}

fn null() -> Result<Box<RawValue>, Fault> {
    to_raw_value(&Value::Null).map_err(|error| Fault::Unreadable(error.to_string()))
}

/// The fields of a block's header up to Osaka, and what stands beside them in an answer. What later forks
/// add is not settled yet.
pub const BLOCK_FIELDS: [&str; 27] = [
    "number",
    "hash",
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "totalDifficulty",
    "size",
    "uncles",
    "transactions",
    "withdrawals",
];

/// The header of a block that was answered, with the hash that the node says. It must be the header's
/// own, but for one with fields that are not known here (rule D12): those the watcher believes by
/// their links.
///
/// # Errors
///
/// [`Fault`] if it cannot be read, or is not the header of its hash.
pub fn header(answer: &RawValue) -> Result<Option<Sealed<Header>>, Fault> {
    let unreadable = |error: serde_json::Error| Fault::Unreadable(format!("block: {error}"));
    let read: Option<RpcHeader> = serde_json::from_str(answer.get()).map_err(unreadable)?;
    let Some(RpcHeader { hash, inner, .. }) = read else { return Ok(None) };
    if inner.hash_slow() != hash {
        let fields: HashMap<String, IgnoredAny> =
            serde_json::from_str(answer.get()).map_err(unreadable)?;
        if fields.keys().all(|field| BLOCK_FIELDS.contains(&field.as_str())) {
            let number = inner.number;
            return Err(Fault::Wrong(format!(
                "the header of block {number} is not of hash {hash}"
            )));
        }
    }
    Ok(Some(Sealed::new_unchecked(inner, hash)))
}

/// The inputs of a block's transactions to an account, in order; `None` if there is no such block.
pub(super) fn inputs(answer: &RawValue, to: Address) -> Result<Option<Vec<Bytes>>, Fault> {
    #[derive(Deserialize)]
    struct Block {
        transactions: Vec<Transaction>,
    }
    #[derive(Deserialize)]
    struct Transaction {
        to: Option<Address>,
        input: Bytes,
    }
    let block: Option<Block> = serde_json::from_str(answer.get())
        .map_err(|error| Fault::Unreadable(format!("transactions: {error}")))?;
    Ok(block.map(|block| {
        let ours = block.transactions.into_iter().filter(|tx| tx.to == Some(to));
        ours.map(|transaction| transaction.input).collect()
    }))
}

/// The number of a block that was answered.
pub(super) fn block_number(answer: &RawValue) -> Option<u64> {
    #[derive(Deserialize)]
    struct Block {
        number: U64,
    }
    serde_json::from_str::<Option<Block>>(answer.get()).ok()?.map(|block| block.number.to())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn call(method: &'static str) -> Call {
        Call { method, params: json!([1]), expects: Expects::Anything }
    }

    fn text(answer: &Answer) -> &str {
        answer.as_ref().unwrap().get()
    }

    #[test]
    fn one_call_is_an_object_and_several_are_a_batch() {
        let one = r#"{"jsonrpc":"2.0","id":0,"method":"a","params":[1]}"#;
        assert_eq!(encode(&[call("a")]), one.as_bytes());
        let two = format!("[{one},{}]", one.replace(":0", ":1").replace("\"a\"", "\"b\""));
        assert_eq!(encode(&[call("a"), call("b")]), two.as_bytes());
    }

    #[test]
    fn answers_are_put_into_the_order_of_the_calls() {
        let body = br#" [{"id":1,"result":"b"},{"id":0,"error":{"code":3,"message":"no"}}]"#;
        let answers = decode(2, body).unwrap();
        assert_eq!(answers[0].as_ref().unwrap_err().code, 3);
        assert_eq!(text(&answers[1]), "\"b\"");
        assert_eq!(text(&decode(1, br#"{"id":0,"result":null}"#).unwrap()[0]), "null");
    }

    #[test]
    fn an_answer_that_lacks_one_or_has_a_foreign_one_is_unreadable() {
        for body in [
            r#"[{"id":0,"result":1}]"#,
            r#"[{"id":0,"result":1},{"id":7,"result":1}]"#,
            r#"{"id":null,"error":{"code":-32600,"message":"batches are not served"}}"#,
            "<html>",
            "",
        ] {
            let fault = decode(2, body.as_bytes()).unwrap_err();
            assert!(matches!(fault, Fault::Unreadable(_)), "{body}: {fault}");
        }
    }

    #[test]
    fn a_refusal_for_lack_of_capacity_is_the_endpoints_fault_and_others_are_answers() {
        let body = |message: &str| {
            format!(r#"{{"id":0,"error":{{"code":-32005,"message":"{message}"}}}}"#)
        };
        let busy = decode(1, body("daily request count exceeded, request rate limited").as_bytes());
        assert!(matches!(busy, Err(Fault::Busy(_))), "{busy:?}");
        let wide = decode(1, body("query returned more than 10000 results").as_bytes()).unwrap();
        assert_eq!(wide[0].as_ref().unwrap_err().code, -32005);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(count in 0usize..3, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(count, &body);
        }

        #[test]
        fn no_json_makes_it_panic(id in any::<u64>(), code in any::<i64>(), message in ".*", whole in any::<bool>()) {
            let answer = json!({ "id": id, "error": { "code": code, "message": message } });
            let body = if whole { answer } else { json!([answer]) };
            let _ = decode(1, body.to_string().as_bytes());
        }
    }
}
