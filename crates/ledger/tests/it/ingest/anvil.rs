//! On anvil, which Seam did not make, by RPC only, with its traces and without them.

use super::chain::{FORWARDER, Ledger, block_on};
use alloy_primitives::{Address, address};
use seam_l1::{L1Access, L1Limits, access::HttpAccess};
use seam_ledger::{
    Token,
    books::ChainKind,
    source::{Source, Tracing},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// Accounts 0 and 1 of the usual mnemonic.
const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const BOB: Address = address!("70997970C51812dc3A010C7d01b50e0d17dc79C8");

struct Anvil(Child, String);

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Anvil {
    fn start(path: &str) -> Self {
        let mut command = Command::new(path);
        command.args(["--port", "0", "--chain-id", "900"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|it| it.unwrap());
        let address = lines.find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        Self(child, format!("http://{}", address.unwrap()))
    }

    async fn tell(&self, method: &str, params: Value) -> Value {
        let access = HttpAccess::new(&self.1, &L1Limits::default()).unwrap();
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = access.exchange(body.to_string().into_bytes()).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn every_wei_on_anvil_is_explained_with_traces_and_counted_without() {
    let anvil = Anvil::start(&std::env::var("SEAM_ANVIL").unwrap());
    block_on(async {
        let code = "0x5f5f5f5f345f355af100";
        anvil.tell("anvil_setCode", json!([FORWARDER, code])).await;
        for (to, value, data) in
            [(BOB, "0x64", "0x".to_owned()), (FORWARDER, "0x46", BOB.into_word().to_string())]
        {
            let tx = json!({ "from": ALICE, "to": to, "value": value, "data": data });
            anvil.tell("eth_sendTransaction", json!([tx])).await;
            anvil.tell("evm_mine", json!([])).await;
        }
        let head = anvil.tell("eth_blockNumber", json!([])).await;
        assert_ne!(head, "0x0");
        for tracing in [Tracing::WhereOffered, Tracing::Never] {
            let source = Source::rpc(&[&anvil.1], Some(900), tracing).unwrap();
            let owners = [(ALICE, 0), (BOB, 0), (FORWARDER, 0)];
            let ledger = Ledger::new(source, ChainKind::Ethereum, owners).await;
            ledger.ingest().await.unwrap();
            let checked = ledger.check().await;
            let lines = ledger.lines().await;
            assert!(lines.iter().any(|line| line.contains("ethereum-gas")), "{lines:?}");
            match tracing {
                Tracing::WhereOffered => assert_eq!(checked.failures, [], "{lines:?}"),
                Tracing::Never => {
                    let [sent, got] = checked.failures.as_slice() else { panic!("{checked:?}") };
                    assert_eq!((sent.owner, got.owner), (FORWARDER, BOB));
                    assert_eq!((sent.token, sent.block), (got.token, got.block));
                    assert_eq!(sent.token, Token::Ether);
                }
            }
        }
    });
}
