//! `eth_getProof(address, keys, block?)`: an account and slots of its storage with Merkle proofs
//! (EIP-1186).

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, StorageKey, quantity},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_stf::StateReader as _;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    address: Address,
    account_proof: Vec<Bytes>,
    balance: U256,
    code_hash: B256,
    nonce: U256,
    storage_hash: B256,
    storage_proof: Vec<StorageProof>,
}

#[derive(Debug, Serialize)]
struct StorageProof {
    key: String,
    value: U256,
    proof: Vec<Bytes>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let address = args.required(0)?;
    let keys = keys(context, args)?;
    let block = args.optional::<BlockId>(2)?.unwrap_or_default();
    let mut view = context.view(block)?;
    let account = view.account(address)?.unwrap_or_default();
    let slots: Vec<U256> = keys.iter().map(|key| key.slot).collect();
    let proof = view.prove(address, &slots)?;
    let mut storage_proof = Vec::new();
    for (key, proof) in keys.iter().zip(proof.storage) {
        let value = view.storage(address, key.slot)?;
        storage_proof.push(StorageProof { key: key.written(), value, proof });
    }
    json(&Proof {
        address,
        account_proof: proof.account,
        balance: account.balance,
        code_hash: account.code_hash,
        nonce: quantity(account.nonce),
        storage_hash: proof.storage_root,
        storage_proof,
    })
}

fn keys(context: &Context, args: &Args) -> Result<Vec<StorageKey>, Failure> {
    let keys: Vec<Value> = args.required(1)?;
    let most = context.settings.proof_slots;
    if keys.len() > most {
        return Err(Failure::params(format!("too many keys (got {}, max {most})", keys.len())));
    }
    keys.iter().map(StorageKey::parse).collect()
}
