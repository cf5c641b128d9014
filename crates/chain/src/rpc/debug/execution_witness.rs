//! `debug_executionWitness(block)`: all that is needed to execute a block without its state, in reth's form.
//!
//! The block is executed anew while what it asks for is noted. That needs the state of its parent, which is kept for as
//! long as history is, and the trie of that state, which is computed from the newest one.

use super::replay::{Replay, state_failure};
use crate::{
    chain::Head,
    rpc::{
        context::{Context, block_of, not_found},
        error::Failure,
        method::{Answer, json},
        params::{Args, BlockId},
    },
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use seam_primitives::Header;
use seam_stf::{
    Account, BlockError, PreimageSource, StateChanges, StateCommitment, StateError, StateReader,
    WitnessRecorder, execute_block,
    state::Roots,
    trie::{NodePlace, NodeSource, SourceError},
};
use seam_storage::Preimages;
use serde::Serialize;
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Blocks whose hashes the EVM can ask for.
const ANCESTORS: u64 = 256;

#[derive(Debug, Serialize)]
struct ExecutionWitness {
    /// Trie nodes.
    state: Vec<Bytes>,
    /// Code of contracts.
    codes: Vec<Bytes>,
    /// Addresses and slots that were asked for.
    keys: Vec<Bytes>,
    /// RLP of the parent's header and of those before it whose hashes were asked for, oldest first.
    headers: Vec<Bytes>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let id: BlockId = args.required(0)?;
    let head = context.chain.head();
    let stored = block_of(&head, id)?.ok_or_else(|| not_found(id))?;
    let Replay { block, parent, .. } = Replay::of(&head, stored)?;
    let number = parent.number();
    let ancestors = ancestors(&head, number)?;
    let codes = Rc::default();
    let preimages = parent.preimages().map_err(state_failure)?;
    let source = Source { preimages, codes: Rc::clone(&codes) };
    let recorder = WitnessRecorder::new(parent.header(), source, &ancestors)?;
    let mut noting = Noting { recorder, keys: BTreeSet::new(), oldest: number };
    let rules = context.chain.rules();
    execute_block(rules, parent.header(), block, &mut noting).map_err(block_failure)?;
    let Noting { recorder, keys, oldest } = noting;
    let codes = codes.take();
    let nodes = recorder.into_witness(&[]).preimages.into_iter();
    let newest_first = std::iter::once(parent.header()).chain(&ancestors);
    let headers = newest_first.take_while(|header| header.number >= oldest);
    let mut headers: Vec<Bytes> = headers.map(|header| alloy_rlp::encode(header).into()).collect();
    headers.reverse();
    json(&ExecutionWitness {
        state: nodes.filter(|node| !codes.contains_key(&keccak256(node))).collect(),
        codes: codes.into_values().collect(),
        keys: keys.into_iter().collect(),
        headers,
    })
}

/// The headers before block `number`, newest first.
fn ancestors(head: &Head, number: u64) -> Result<Vec<Header>, Failure> {
    let mut headers = Vec::new();
    for number in (number.saturating_sub(ANCESTORS)..number).rev() {
        headers.extend(head.reader.header(number)?.map(|(_, header)| header));
    }
    Ok(headers)
}

fn block_failure(error: BlockError) -> Failure {
    match error {
        BlockError::State(error) => error.into(),
        error => Failure::server(error.to_string()),
    }
}

/// Notes which of what is given is code.
#[derive(Debug)]
struct Source {
    preimages: Preimages,
    codes: Rc<RefCell<BTreeMap<B256, Bytes>>>,
}

impl NodeSource for Source {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        self.preimages.node(at)
    }
}

impl PreimageSource for Source {
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError> {
        let code = self.preimages.code(code_hash)?;
        if let Some(code) = &code {
            self.codes.borrow_mut().insert(code_hash, code.clone());
        }
        Ok(code)
    }
}

/// Notes what is asked for.
#[derive(Debug)]
struct Noting {
    recorder: WitnessRecorder<Source>,
    keys: BTreeSet<Bytes>,
    /// The oldest block whose hash was asked for; the parent if none was.
    oldest: u64,
}

impl StateReader for Noting {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.keys.insert(Bytes::copy_from_slice(address.as_slice()));
        self.recorder.account(address)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.keys.insert(slot.to_be_bytes_vec().into());
        self.recorder.storage(address, slot)
    }

    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.recorder.code(code_hash)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.oldest = self.oldest.min(number);
        self.recorder.block_hash(number)
    }
}

impl StateCommitment for Noting {
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.recorder.roots_after(changes, storage_of)
    }
}
