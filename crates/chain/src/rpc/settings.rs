//! [`RpcSettings`]: every limit, and who may do what.

use super::{archive::BlobArchive, forward::Forward, metrics::RpcMetrics};
use crate::{stream::BlockSigner, wallet::DevAccounts};
use alloy_primitives::U256;
use std::{fmt, sync::Arc, time::Duration};

/// How the server works. Defaults are those of the node.
///
/// | setting | default | unit | what happens beyond it |
/// |---|---|---|---|
/// | `body_bytes` | 15 MiB | bytes of a request or WebSocket message | HTTP 413, or error -32007 |
/// | `response_bytes` | 32 MiB | bytes of an answer, a batch's together | error -32008 or -32011 |
/// | `batch_length` | 1,000 | calls in a batch | error -32010 |
/// | `connections` | 1,000 | open connections, idle ones too | a quiet one is closed, else HTTP 503 and the end |
/// | `held_bytes` | 256 MiB | requests not answered and answers not taken, of all connections | the connection that holds the most is closed |
/// | `idle` | 75 s | without a request | the connection ends |
/// | `request_time` | 60 s | from the request's head to its answer | HTTP 408 |
/// | `stall` | 30 s | in which a client takes nothing of what is sent | the connection ends |
/// | `subscriptions` | 128 | per WebSocket connection | error -32006 |
/// | `all_subscriptions` | 4,096 | of all connections | error -32005 |
/// | `backlog` | 128 | messages that wait for a WebSocket client | the next waits, then the subscription ends |
/// | `calls_per_connection` | 16 | calls that run at a time | the next waits; beyond 64 no more is read |
/// | `heavy_calls` | one per core | `eth_call`, logs, proofs that run at a time, of all clients | the next waits |
/// | `reads` | 64 | other calls that run at a time | the next waits |
/// | `param_values` | 100,000 | brackets and commas in the parameters of a call | error -32602 |
/// | `call_gas` | 50,000,000 | gas of `eth_call` and `eth_estimateGas` | it runs out of gas |
/// | `simulate_blocks` | 256 | blocks of `eth_simulateV1`, with those in gaps; their calls share `call_gas` | error -38026 |
/// | `simulate_time` | 5 s | of `eth_simulateV1`, looked at before each block and call | error -32000 |
/// | `fee_cap` | none | wei that the gas of a transaction sent here can cost | error -32000, `tx fee … exceeds the configured cap` |
/// | `testing` | off | `testing_buildBlockV1` | no such method |
/// | `bomb_forks` | none | blocks of forks that only moved the difficulty bomb, for the fork id (EIP-2124) | |
/// | `trace_bytes` | 32 MiB | of what one call traces, as about its JSON has | error -32005 |
/// | `search_blocks` | 10,000 | blocks that `ots_searchTransactions…` looks through | error -32005, or fewer found |
/// | `log_blocks` | 100,000 | blocks that `eth_getLogs` looks through | error -32005 |
/// | `log_results` | 20,000 | logs in an answer | error -32005 |
/// | `log_criteria` | 1,000 | addresses, or topics at one place, of a log filter | error -32602 |
/// | `proof_slots` | 1,024 | storage keys of `eth_getProof`, `eth_getStorageValues` | error -32602 |
/// | `fee_history_blocks` | 1,024 | blocks of `eth_feeHistory` | the newest of them are told |
/// | `filters` | 1,000 | filters of all clients | error -32005 |
/// | `filter_age` | 5 min | without `eth_getFilterChanges`, on the chain's clock | the filter is gone |
/// | `filter_bytes` | 64 MiB | what waits for all filters to be polled | the slowest filters are gone |
/// | `hosts` | none | names that the `Host` header may have beside `localhost` and IP addresses | HTTP 403 |
/// | `origins` | any | web pages that may call | HTTP 403 |
/// | `accounts` | none | unlocked accounts, on a development chain only | `unknown account` |
/// | `development` | off | `evm_*`, `anvil_*`, `hardhat_*`, on loopback only | there are no such methods |
/// | `mined_blocks` | 10,000 | blocks of `anvil_mine` | error -32602 |
/// | `admin_token` | none | what `seam_reorg` asks for | without one there is no such method |
/// | `blob_archive` | none | a rollup's blobs, 32 in an answer ([`archive`](super::archive)) | HTTP 404; HTTP 400 |
/// | `stream` | none | the key that signs blocks for `seam_subscribeBlocks`, `seam_getBlocks` | without one there are no such methods |
/// | `forward` | none | where `eth_sendRawTransaction` goes, instead of the mempool | |
/// | `forwarded` | 64 | transactions that are on their way there at a time | the next waits |
#[derive(Clone)]
pub struct RpcSettings {
    /// Most bytes of a request.
    pub body_bytes: u32,
    /// Most bytes of an answer.
    pub response_bytes: u32,
    /// Most calls in a batch.
    pub batch_length: u32,
    /// Most open connections. When there are as many, the one that was quiet for the longest time
    /// is closed, of the address (of IPv6, the /64) that has the most of them; one with
    /// subscriptions last, and one that is being answered only for an address that has fewer.
    pub connections: usize,
    /// Most bytes that are held for all connections: of requests that are not answered and of
    /// answers that are not taken. The memory that this takes is a small multiple.
    pub held_bytes: usize,
    /// A connection ends after this time without a request.
    pub idle: Duration,
    /// Longest time from the head of a request to its answer.
    pub request_time: Duration,
    /// A connection ends when the client takes nothing for so long.
    pub stall: Duration,
    /// Most subscriptions of a connection.
    pub subscriptions: u32,
    /// Most subscriptions of all connections.
    pub all_subscriptions: usize,
    /// Most messages that wait for a WebSocket client.
    pub backlog: u32,
    /// Most calls of a connection that run at a time.
    pub calls_per_connection: usize,
    /// Most calls that take much time, running at a time.
    pub heavy_calls: usize,
    /// Most other calls, running at a time.
    pub reads: usize,
    /// Most brackets and commas in the parameters of a call, which bound how many JSON values there
    /// are: each takes much more memory than its bytes.
    pub param_values: usize,
    /// Most gas of a call.
    pub call_gas: u64,
    /// Most blocks of a simulation.
    pub simulate_blocks: u64,
    /// Longest time of a simulation; no block and no call is begun after it.
    pub simulate_time: Duration,
    /// Most wei that the gas of a transaction sent here can cost.
    pub fee_cap: Option<U256>,
    /// Whether there are methods that only tests have a use for.
    pub testing: bool,
    /// Blocks of Muir, Arrow and Gray Glacier: no rule needs them, but the fork id of EIP-2124 counts them.
    pub bomb_forks: Vec<u64>,
    /// Most bytes of what one call traces.
    pub trace_bytes: usize,
    /// Most blocks to look through for transactions of an account.
    pub search_blocks: u64,
    /// Most blocks to look through for logs.
    pub log_blocks: u64,
    /// Most logs in an answer.
    pub log_results: usize,
    /// Most addresses, or topics at one place, to look for.
    pub log_criteria: usize,
    /// Most storage keys in a request.
    pub proof_slots: usize,
    /// Most blocks of a fee history.
    pub fee_history_blocks: u64,
    /// Most filters.
    pub filters: usize,
    /// A filter is gone after this time without a poll.
    pub filter_age: Duration,
    /// Most bytes that wait for filters to be polled.
    pub filter_bytes: usize,
    /// Names that the server is reached by, beside `localhost` and IP addresses; `*` is any name.
    pub hosts: Vec<String>,
    /// Web pages that may call.
    pub origins: Origins,
    /// The unlocked accounts of a development chain.
    pub accounts: Option<Arc<DevAccounts>>,
    /// Whether programs of this machine may change the chain by hand, as tests do.
    pub development: bool,
    /// Most blocks that one call makes by hand.
    pub mined_blocks: u64,
    /// The secret of those who may do what no client should: on loopback only.
    pub admin_token: Option<String>,
    /// The blobs that a node of a rollup keeps, and serves as an archive.
    pub blob_archive: Option<Arc<dyn BlobArchive>>,
    /// Who signs this chain's blocks for those who follow it before they are on L1.
    pub stream: Option<Arc<BlockSigner>>,
    /// Who takes transactions instead of this chain's mempool.
    pub forward: Option<Arc<dyn Forward>>,
    /// Most transactions that are on their way to it.
    pub forwarded: usize,
    /// What is counted.
    pub metrics: RpcMetrics,
}

/// Web pages that may call: the `Origin` header of their requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// Whatever page it is.
    #[default]
    Any,
    /// These alone, as `https://example.org`. Programs that are no browsers name no origin, and are
    /// let in.
    Only(Vec<String>),
}

impl Default for RpcSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            body_bytes: 15 << 20,
            response_bytes: 32 << 20,
            batch_length: 1_000,
            connections: 1_000,
            held_bytes: 256 << 20,
            idle: Duration::from_secs(75),
            request_time: Duration::from_secs(60),
            stall: Duration::from_secs(30),
            subscriptions: 128,
            all_subscriptions: 4_096,
            backlog: 128,
            calls_per_connection: 16,
            heavy_calls: cores,
            reads: 64,
            param_values: 100_000,
            call_gas: seam_stf::call::DEFAULT_CALL_GAS,
            simulate_blocks: 256,
            simulate_time: Duration::from_secs(5),
            fee_cap: None,
            testing: false,
            bomb_forks: Vec::new(),
            trace_bytes: 32 << 20,
            search_blocks: 10_000,
            log_blocks: 100_000,
            log_results: 20_000,
            log_criteria: 1_000,
            proof_slots: 1_024,
            fee_history_blocks: 1_024,
            filters: 1_000,
            filter_age: Duration::from_secs(300),
            filter_bytes: 64 << 20,
            hosts: Vec::new(),
            origins: Origins::Any,
            accounts: None,
            development: false,
            mined_blocks: 10_000,
            admin_token: None,
            blob_archive: None,
            stream: None,
            forward: None,
            forwarded: 64,
            metrics: RpcMetrics::default(),
        }
    }
}

/// Without the token.
impl fmt::Debug for RpcSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcSettings")
            .field("connections", &self.connections)
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("accounts", &self.accounts.as_ref().map_or(0, |all| all.addresses().len()))
            .field("admin", &self.admin_token.is_some())
            .field("stream", &self.stream)
            .field("forward", &self.forward)
            .finish_non_exhaustive()
    }
}
