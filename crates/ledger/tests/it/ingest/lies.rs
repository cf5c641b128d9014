//! A node that hides or alters anything: the ingestion or the check fails, and says where.

use super::chain::{FORWARDER, Ledger, Site, WETH, block_on, who};
use alloy_primitives::{TxKind, hex};
use seam_l1::{Fault, L1Access, timer::BoxFuture};
use seam_ledger::{
    IngestError,
    books::ChainKind,
    rules::FeeVault,
    source::{LocalAccess, SourceError, Tracing},
};
use serde_json::{Value, json};

/// What is made of the result of a method.
type Lie = fn(&str, &mut Value);

/// An endpoint that alters answers.
#[derive(Debug)]
struct Liar {
    honest: LocalAccess,
    lie: Lie,
}

impl L1Access for Liar {
    fn name(&self) -> &str {
        "a liar"
    }

    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(async move {
            let asked: Value = serde_json::from_slice(&body).unwrap();
            let answer = self.honest.exchange(body).await?;
            let mut answer: Value = serde_json::from_slice(&answer).unwrap();
            let each = |asked: &Value, answer: &mut Value| {
                if let Some(result) = answer.get_mut("result") {
                    (self.lie)(asked["method"].as_str().unwrap(), result);
                }
            };
            match (&asked, &mut answer) {
                (Value::Array(asked), Value::Array(answers)) => {
                    asked.iter().zip(answers).for_each(|(asked, answer)| each(asked, answer));
                }
                (asked, answer) => each(asked, answer),
            }
            Ok(answer.to_string().into_bytes())
        })
    }
}

/// A rollup with a block of what can be lied about.
fn site() -> Site {
    let mut site = Site::rollup();
    site.send(2, 0, TxKind::Call(WETH), 900, hex!("d0e30db0").to_vec());
    site.send(2, 1, TxKind::Call(FORWARDER), 70, who(2).into_word().to_vec());
    site.send(0, 2, TxKind::Create, 0, hex!("60015f5360015ff3").to_vec());
    site.mine(&[(who(3), who(4), 55, 55)]);
    site.mine(&[]);
    site
}

/// What comes of a lie: nothing, or why it is found.
async fn told(site: &Site, lie: fn(&str, &mut Value)) -> Option<String> {
    let honest = LocalAccess::new(site.chain().clone()).unwrap();
    let source = site.source_over(Liar { honest, lie }, Tracing::WhereOffered);
    let vaults = FeeVault::ALL.map(|vault| vault.address);
    let owners = (0..5).map(who).chain(vaults).map(|owner| (owner, 0));
    let ledger = Ledger::new(source, ChainKind::OpStack, owners).await;
    match ledger.ingest().await {
        Err(error) => Some(error.to_string()),
        Ok(_) => {
            let checked = ledger.check().await;
            (!checked.adds_up()).then(|| checked.failures.iter().map(|it| it.to_string()).collect())
        }
    }
}

/// Changes the first digit of a number or of bytes, so that it makes a difference.
fn alter(value: &mut Value) {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    let Some((first, rest)) = digits.and_then(|digits| digits.split_at_checked(1)) else {
        *value = json!("0x1");
        return;
    };
    let first = if first == "1" { "2" } else { "1" };
    *value = json!(format!("0x{first}{rest}"));
}

/// The receipts of the block with what people sent.
fn receipts<'a>(method: &str, result: &'a mut Value) -> Option<&'a mut Vec<Value>> {
    if method != "eth_getBlockReceipts" {
        return None;
    }
    result.as_array_mut().filter(|all| all.len() > 2)
}

macro_rules! altered_receipts {
    ($($name:literal),* $(,)?) => {
        [$(($name, (|method, result| {
            for receipt in receipts(method, result).into_iter().flatten().skip(1) {
                if receipt.get($name).is_some_and(|value| !value.is_null()) {
                    alter(&mut receipt[$name]);
                }
            }
        }) as fn(&str, &mut Value))),*]
    };
}

#[test]
fn an_honest_node_passes() {
    let site = site();
    block_on(async { assert_eq!(told(&site, |_, _| {}).await, None) });
}

#[test]
fn every_field_of_a_receipt_that_is_altered_is_found() {
    let site = site();
    let lies = altered_receipts![
        "status",
        "cumulativeGasUsed",
        "gasUsed",
        "effectiveGasPrice",
        "logsBloom",
        "type",
        "from",
        "to",
        "transactionHash",
        "transactionIndex",
        "contractAddress",
        "l1Fee",
        "operatorFeeScalar",
        "operatorFeeConstant",
    ];
    block_on(async {
        for (field, lie) in lies {
            let found = told(&site, lie).await;
            assert!(found.is_some(), "{field}");
        }
    });
}

#[test]
fn a_hidden_log_is_an_error_that_names_block_and_field() {
    let site = site();
    block_on(async {
        let lie: fn(&str, &mut Value) = |method, result| {
            for receipt in receipts(method, result).into_iter().flatten() {
                receipt["logs"] = json!([]);
            }
        };
        let found = told(&site, lie).await.unwrap();
        assert!(found.contains("block ") && found.contains("receiptsRoot"), "{found}");
        for part in ["address", "data"] {
            let lie: fn(&str, &mut Value) = match part {
                "address" => |method, result| {
                    for receipt in receipts(method, result).into_iter().flatten() {
                        receipt["logs"]
                            .as_array_mut()
                            .unwrap()
                            .iter_mut()
                            .for_each(|log| alter(&mut log["address"]));
                    }
                },
                _ => |method, result| {
                    for receipt in receipts(method, result).into_iter().flatten() {
                        receipt["logs"]
                            .as_array_mut()
                            .unwrap()
                            .iter_mut()
                            .for_each(|log| alter(&mut log["data"]));
                    }
                },
            };
            let found = told(&site, lie).await.unwrap();
            assert!(found.contains("receiptsRoot"), "{part}: {found}");
        }
    });
}

#[test]
fn a_block_that_is_not_that_of_its_hash_is_found() {
    let site = site();
    let lies: [(&str, Lie); 5] = [
        ("value", |method, result| in_transactions(method, result, |tx| alter(&mut tx["value"]))),
        ("from", |method, result| in_transactions(method, result, |tx| alter(&mut tx["from"]))),
        ("mint", |method, result| {
            in_transactions(method, result, |tx| {
                if tx.get("mint").is_some() {
                    alter(&mut tx["mint"]);
                }
            })
        }),
        ("miner", |method, result| {
            if method == "eth_getBlockByNumber" && result["transactions"][0].is_object() {
                alter(&mut result["miner"]);
            }
        }),
        ("a transaction", |method, result| {
            if method == "eth_getBlockByNumber" && result["transactions"][1].is_object() {
                result["transactions"].as_array_mut().unwrap().pop();
            }
        }),
    ];
    block_on(async {
        for (field, lie) in lies {
            let found = told(&site, lie).await;
            assert!(found.as_ref().is_some_and(|it| it.contains("block ")), "{field}: {found:?}");
        }
    });
}

fn in_transactions(method: &str, result: &mut Value, alter: fn(&mut Value)) {
    if method == "eth_getBlockByNumber" && result["transactions"][0].is_object() {
        result["transactions"].as_array_mut().unwrap().iter_mut().for_each(alter);
    }
}

#[test]
fn an_altered_balance_or_trace_is_found() {
    let site = site();
    let lies: [(&str, Lie); 2] = [
        ("balance", |method, result| {
            if method == "eth_getBalance" && result.as_str() != Some("0x0") {
                alter(result);
            }
        }),
        ("trace", |method, result| {
            if method == "debug_traceBlockByHash" {
                for traced in result.as_array_mut().into_iter().flatten() {
                    if traced["result"].get("calls").is_some() {
                        traced["result"]["calls"] = json!([]);
                    }
                }
            }
        }),
    ];
    block_on(async {
        for (what, lie) in lies {
            assert!(told(&site, lie).await.is_some(), "{what}");
        }
    });
}

#[test]
fn history_that_is_not_there_is_an_error_that_says_where_to_begin() {
    let site = site();
    for _ in 0..10 {
        site.mine(&[]);
    }
    /// It has only the state after block 12 and later.
    #[derive(Debug)]
    struct Pruned(LocalAccess, Vec<String>);
    impl L1Access for Pruned {
        fn name(&self) -> &str {
            "pruned"
        }
        fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
            Box::pin(async move {
                let asked: Value = serde_json::from_slice(&body).unwrap();
                let mut answer: Value =
                    serde_json::from_slice(&self.0.exchange(body).await?).unwrap();
                let lacks = |asked: &Value| {
                    let hash = asked["params"][1]["blockHash"].as_str().unwrap_or_default();
                    self.1.iter().any(|gone| gone == hash)
                };
                let error = json!({ "code": -32_000, "message": "missing trie node" });
                match (&asked, &mut answer) {
                    (Value::Array(asked), Value::Array(answers)) => {
                        for (asked, answer) in asked.iter().zip(answers) {
                            if lacks(asked) {
                                *answer = json!({ "id": answer["id"], "error": error });
                            }
                        }
                    }
                    (asked, answer) => {
                        if lacks(asked) {
                            *answer = json!({ "id": answer["id"], "error": error });
                        }
                    }
                }
                Ok(answer.to_string().into_bytes())
            })
        }
    }
    block_on(async {
        let reader = &site.chain().head().reader;
        let gone = (0..12).map(|number| reader.hash(number).unwrap().unwrap().to_string());
        let access = Pruned(LocalAccess::new(site.chain().clone()).unwrap(), gone.collect());
        let source = site.source_over(access, Tracing::default());
        let early = Ledger::new(source.clone(), ChainKind::OpStack, [(who(0), 3)]).await;
        let error = early.ingest().await.unwrap_err();
        let IngestError::Source(SourceError::NoHistory { block, oldest, .. }) = &error else {
            panic!("{error}")
        };
        assert_eq!((*block, *oldest), (2, Some(13)));
        assert!(error.to_string().contains("--from-block 13"), "{error}");
        let late = Ledger::new(source, ChainKind::OpStack, [(who(0), 13)]).await;
        late.ingest().await.unwrap();
        assert!(late.check().await.adds_up());
    });
}
