//! Transactions that should not be there.

use crate::support::{
    attack::{Target, call},
    honest::{Peace, signed},
    random::Random,
    times,
};
use serde_json::{Value, json};

/// What each of these is answered.
fn send(target: &Target, raw: &[String]) -> Vec<Value> {
    let calls = raw.iter().enumerate();
    let calls = calls.map(|(id, raw)| call(id as u64, "eth_sendRawTransaction", &json!([raw])));
    let (_, mut answers) = target.post(&calls.collect::<Value>().to_string());
    let answers = answers.as_array_mut().unwrap();
    answers.sort_by_key(|answer| answer["id"].as_u64());
    assert_eq!(answers.len(), raw.len());
    std::mem::take(answers)
}

/// How many were taken; the others have the code and some of these words.
fn taken(answers: &[Value], words: &[&str]) -> usize {
    let mut taken = 0;
    for answer in answers {
        if answer["error"].is_null() {
            taken += 1;
            continue;
        }
        assert_eq!(answer["error"]["code"], -32_000, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(words.iter().any(|words| message.contains(words)), "{answer}");
    }
    taken
}

/// With another signature: that of nobody, or of somebody who has nothing.
fn forged(raw: &str, random: &mut Random) -> String {
    let digits: String = (0..4).map(|_| format!("{:016x}", random.next())).collect();
    format!("{}{digits}", &raw[..raw.len() - digits.len()])
}

#[test]
fn transactions_that_do_not_hold_do_not_get_in() {
    let mut peace = Peace::begin();
    let mut random = Random::seeded();
    let mut client = peace.ready.client("l2");
    let account = peace.ready.account(5).to_owned();
    let good = signed(&mut client, &account, 0, &Value::Null);
    peace.under("forged signatures", times(30, 2_000), |target| {
        let forged: Vec<String> = (0..200).map(|_| forged(&good, &mut random)).collect();
        let words = ["insufficient funds", "signature", "invalid sender", "rlp"];
        assert_eq!(taken(&send(target, &forged), &words), 0);
    });
    // Nonces with a gap before them, from all accounts that there are keys for.
    let (from, to) = (5, 10);
    let gaps: Vec<String> = (from..to)
        .flat_map(|index| (0..times(150, 1_500)).map(move |nonce| (index, nonce as u64)))
        .map(|(index, nonce)| {
            let account = peace.ready.account(index).to_owned();
            signed(&mut client, &account, nonce * 3 + 1, &Value::Null)
        })
        .collect();
    peace.under("nonce gaps", times(3, 50), |target| {
        for gaps in gaps.chunks(500) {
            taken(
                &send(target, gaps),
                &["already known", "pool", "queue", "nonce", "too many", "limit"],
            );
        }
        assert!(
            target.post(&call(1, "txpool_content", &json!([])).to_string()).1["result"].is_object()
        );
    });
    let account = peace.ready.account(4).to_owned();
    let storm: Vec<String> = (0..times(200, 2_000))
        .map(|step| {
            let fee = format!("{:#x}", 100_000_000_000_u64 + 3_000_000_000 * step as u64);
            let changes = json!({ "maxFeePerGas": fee, "maxPriorityFeePerGas": fee });
            signed(&mut client, &account, 1, &changes)
        })
        .collect();
    peace.under("replacements of one nonce", times(3, 50), |target| {
        let answers = send(target, &storm);
        taken(&answers, &["replacement transaction underpriced", "already known"]);
    });
    let cheap: Vec<String> = (0..100)
        .map(|nonce| {
            let fees = json!({ "maxFeePerGas": "0x0", "maxPriorityFeePerGas": "0x0" });
            signed(&mut client, &account, nonce, &fees)
        })
        .collect();
    peace.under("underpriced", times(10, 500), |target| {
        let answers = send(target, &cheap);
        taken(&answers, &["already known", "underpriced", "less than", "too low", "fee"]);
    });
    // They may wait, but in no block.
    let mined = client.call("eth_getTransactionCount", json!([account, "latest"])).unwrap();
    assert_eq!(mined, "0x0");
    peace.end();
}
