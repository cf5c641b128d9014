//! That the benchmark does what it says, in small: time is never asserted.

use super::*;
use seam_genesis::ChainGenesis;
use seam_primitives::Transaction;

fn ground() -> Ground {
    Ground::new(40, 8, 1_000_000_000).unwrap()
}

#[test]
fn every_load_succeeds_from_the_genesis_that_nodes_read() {
    let ground = ground();
    let folder = std::env::temp_dir().join(format!("seam-bench-chain-{}", std::process::id()));
    let path = ground.write(&folder).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let read = ChainGenesis::from_json(&text, None).unwrap();
    assert_eq!(read.sealed.header.hash_slow(), ground.chain.sealed.header.hash_slow());
    for load in Load::ALL {
        let signed = batches::sign(ground.cast(), load, 0..48).unwrap();
        let ceiling = ceiling::measure(&ground, &signed, &[20, 28]).unwrap();
        assert!(ceiling.gas >= 48 * 21_000, "{}: {} gas", load.name(), ceiling.gas);
        assert!(ceiling::measure(&ground, &signed, &[20]).is_err(), "a transaction was left out");
    }
}

#[test]
fn a_sender_keeps_to_one_connection_in_the_order_of_nonces() {
    let ground = ground();
    let signed = batches::sign(ground.cast(), Load::Transfers, 0..48).unwrap();
    for batch in [1, 5] {
        let wires = Wires { connections: 2, batch };
        let requests = batches::requests(&signed, 8, wires);
        let count: u64 = requests.iter().flatten().map(|batch| batch.count).sum();
        assert_eq!((requests.len(), count), (2, 48));
        let mut seen = Vec::new();
        for connection in &requests {
            let mut nonces = std::collections::BTreeMap::new();
            for (signer, nonce) in connection.iter().flat_map(|batch| sent(&batch.request)) {
                let before = nonces.insert(signer, nonce);
                assert_eq!(nonce, before.map_or(1, |nonce| nonce + 1));
            }
            seen.extend(nonces.into_keys());
        }
        seen.sort();
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "a sender on two connections");
    }
}

/// Sender and nonce of what a request hands in.
fn sent(request: &[u8]) -> Vec<(alloy_primitives::Address, u64)> {
    use alloy_consensus::Transaction as _;
    use alloy_eips::Decodable2718;
    let text = String::from_utf8(request.to_vec()).unwrap();
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let calls = body.as_array().cloned().unwrap_or_else(|| vec![body]);
    let decoded = calls.iter().map(|call| {
        let raw = alloy_primitives::hex::decode(call["params"][0].as_str().unwrap()).unwrap();
        let transaction = Transaction::decode_2718(&mut raw.as_slice()).unwrap();
        let Transaction::Eip1559(signed) = transaction else { panic!("another type") };
        (signed.recover_signer().unwrap(), signed.tx().nonce())
    });
    decoded.collect()
}
