//! What every method has at hand, and how a method finds the block it is asked about.

use super::{
    beacon::Proofs,
    error::Failure,
    filters::Filters,
    params::{BlockId, BlockTag},
    recent::Recent,
    settings::RpcSettings,
    tips::RecentTips,
};
use crate::chain::{Chain, Head};
use alloy_primitives::{Address, B256};
use seam_primitives::Header;
use seam_stf::{Account, StateReader as _};
use seam_storage::{StoredBlock, View};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What every method has at hand.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) chain: Chain,
    pub(crate) settings: RpcSettings,
    pub(crate) filters: Filters,
    /// Calls that take much time.
    pub(crate) heavy: Arc<Semaphore>,
    /// All others that read.
    pub(crate) reads: Arc<Semaphore>,
    /// Transactions that are on their way to who takes them.
    pub(crate) forwarded: Arc<Semaphore>,
    /// Subscriptions of all clients that may be open.
    pub(crate) subscriptions: Arc<Semaphore>,
    /// The tip that is suggested after the block with this hash, in wei per gas.
    pub(crate) tip: Mutex<Option<(B256, u128)>>,
    /// Held from choosing a nonce to having the transaction in the pool.
    pub(crate) sending: Mutex<()>,
    /// Proofs of blobs, which take long to compute.
    pub(crate) proofs: Proofs,
    /// Blocks that were read lately.
    pub(crate) recent: Recent,
    /// What was paid in blocks that were asked for lately.
    pub(crate) tips: RecentTips,
}

impl Context {
    pub(crate) fn new(chain: Chain, settings: RpcSettings) -> Self {
        Self {
            filters: Filters::new(chain.subscribe()),
            heavy: Arc::new(Semaphore::new(settings.heavy_calls.max(1))),
            reads: Arc::new(Semaphore::new(settings.reads.max(1))),
            forwarded: Arc::new(Semaphore::new(settings.forwarded.max(1))),
            subscriptions: Arc::new(Semaphore::new(settings.all_subscriptions)),
            tip: Mutex::default(),
            sending: Mutex::default(),
            proofs: Proofs::default(),
            recent: Recent::default(),
            tips: RecentTips::default(),
            chain,
            settings,
        }
    }

    /// The state after a block. That of the pending block is the newest there is.
    pub(crate) fn view(&self, id: BlockId) -> Result<View, Failure> {
        view_at(&self.chain.head(), id)
    }

    /// The block environment of a call and the state it runs on.
    pub(crate) fn environment(&self, id: BlockId) -> Result<(Header, View), Failure> {
        let head = self.chain.head();
        let view = view_at(&head, id)?;
        let header = match id {
            BlockId::Tag(BlockTag::Pending) => self.chain.pending_header(&head)?,
            _ => view.header().clone(),
        };
        Ok((header, view))
    }

    /// An account after a block; an empty one if there is none.
    pub(crate) fn account(&self, address: Address, id: BlockId) -> Result<Account, Failure> {
        Ok(self.view(id)?.account(address)?.unwrap_or_default())
    }
}

fn view_at(head: &Head, id: BlockId) -> Result<View, Failure> {
    let number = number_of(head, id)?.ok_or_else(|| not_found(id))?;
    if number == head.number() {
        return Ok(head.view.clone());
    }
    Ok(View::at(head.reader.clone(), number)?)
}

/// The number of the block that is asked for. The pending one counts as the newest there is.
pub(crate) fn number_of(head: &Head, id: BlockId) -> Result<Option<u64>, Failure> {
    let number = match id {
        BlockId::Hash(hash) if hash == head.hash() => head.number(),
        BlockId::Hash(hash) => return Ok(head.reader.number(hash)?),
        BlockId::Tag(tag) => number_of_tag(head, tag),
    };
    Ok(Some(number).filter(|number| *number <= head.number()))
}

/// The same for a tag; a number may be one that the chain has not come to.
pub(crate) fn number_of_tag(head: &Head, tag: BlockTag) -> u64 {
    match tag {
        BlockTag::Number(number) => number,
        BlockTag::Earliest => 0,
        BlockTag::Latest | BlockTag::Pending => head.number(),
        BlockTag::Safe => head.finality.safe,
        BlockTag::Finalized => head.finality.finalized,
    }
}

/// The block that is asked for.
pub(crate) fn block_of(head: &Head, id: BlockId) -> Result<Option<StoredBlock>, Failure> {
    match number_of(head, id)? {
        Some(number) => Ok(head.reader.block(number)?),
        None => Ok(None),
    }
}

/// There is no such block, of which something else was asked.
pub(crate) fn not_found(id: BlockId) -> Failure {
    Failure::server(match id {
        BlockId::Hash(_) => "header for hash not found",
        BlockId::Tag(_) => "header not found",
    })
}
