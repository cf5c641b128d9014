//! JSON-RPC over HTTP and WebSocket on one port, and beside it `/health`, `/ready` and, for an L1,
//! the Beacon API of blobs.
//!
//! Fields, forms, error codes and messages are those of the execution-apis and of geth: nobody should
//! have to know that this is Seam. Every method is a row of `METHODS` and a function on the
//! `Context`; what takes time runs on the pool of blocking threads, in turns. Every limit is a
//! field of [`RpcSettings`].
//!
//! | module | what |
//! |---|---|
//! | [`settings`] | limits, and who may call |
//! | [`forward`] | who takes transactions, where the chain does not |
//! | [`local`] | the same methods without a connection, for the same process |
//! | [`metrics`] | what is counted; the page for Prometheus |
//! | `eth`, `net`, `web3`, `txpool`, `debug`, `ots`, `optimism`, `testing`, `seam`, `dev` | the methods, by namespace |
//! | `method` | how a method is described and run |
//! | `context` | what methods have at hand; finding a block |
//! | `params`, `types` | what comes in and what goes out |
//! | `error`, `revert` | codes and words of what goes wrong |
//! | `recent` | blocks that were read lately, decoded |
//! | `logs`, `filters` | finding logs; filters that are polled |
//! | [`fuzz`] | what the fuzzer runs against the decoders |
//! | `server` | connections, routes, who is let in |
//! | [`archive`] | the blobs that a rollup's node keeps |
//! | `beacon`, `health` | the other routes |

pub mod archive;
pub mod forward;
pub mod local;
pub mod metrics;
pub mod settings;

mod beacon;
mod caller;
mod context;
mod debug;
mod dev;
mod error;
mod eth;
mod filters;
pub mod fuzz;
mod health;
mod ids;
mod logs;
mod method;
mod net;
mod optimism;
mod ots;
pub(crate) mod params;
mod recent;
mod revert;
mod seam;
mod server;
mod testing;
mod tips;
mod txpool;
mod types;
mod web3;

pub use archive::BlobArchive;
pub use forward::{Forward, ForwardError};
pub use local::LocalRpc;
pub use metrics::{RpcMetrics, serve_metrics};
pub use server::{RpcError, RpcServer, host_allowed, serve};
pub use settings::{Origins, RpcSettings};

use context::Context;
use jsonrpsee::server::{RegisterMethodError, RpcModule};
use method::{Cost, Method};
use std::sync::Arc;

macro_rules! methods {
    ($($name:literal, $most:literal, $cost:ident, $run:path;)+) => {
        &[$(Method { name: $name, most: $most, cost: Cost::$cost, run: $run },)+]
    };
}

/// Every method but subscriptions, `seam_reorg` and those of `dev`: its name, most parameters, what it needs, what it
/// does.
const METHODS: &[Method] = methods! {
    "web3_clientVersion", 0, Free, web3::client_version;
    "web3_sha3", 1, Read, web3::sha3;
    "net_version", 0, Free, net::version;
    "net_listening", 0, Free, net::listening;
    "net_peerCount", 0, Free, net::peer_count;
    "txpool_status", 0, Free, txpool::status;
    "txpool_content", 0, Heavy, txpool::content;
    "txpool_contentFrom", 1, Read, txpool::content_from;
    "eth_chainId", 0, Free, eth::status::chain_id;
    "eth_blockNumber", 0, Free, eth::status::block_number;
    "eth_syncing", 0, Free, eth::status::syncing;
    "eth_gasPrice", 0, Read, eth::fees::gas_price;
    "eth_maxPriorityFeePerGas", 0, Read, eth::fees::max_priority_fee;
    "eth_baseFee", 0, Free, eth::fees::base_fee;
    "eth_blobBaseFee", 0, Free, eth::fees::blob_base_fee;
    "eth_feeHistory", 3, Heavy, eth::fee_history::run;
    "eth_config", 0, Read, eth::config::run;
    "eth_capabilities", 0, Read, eth::capabilities::run;
    "eth_getBalance", 2, Read, eth::get_balance::run;
    "eth_getTransactionCount", 2, Read, eth::get_transaction_count::run;
    "eth_getCode", 2, Read, eth::get_code::run;
    "eth_getStorageAt", 3, Read, eth::get_storage::at;
    "eth_getStorageValues", 2, Read, eth::get_storage::values;
    "eth_getProof", 3, Heavy, eth::get_proof::run;
    "eth_call", 4, Heavy, eth::call::run;
    "eth_estimateGas", 4, Heavy, eth::estimate_gas::run;
    "eth_simulateV1", 2, Heavy, eth::simulate::run;
    "eth_createAccessList", 3, Heavy, eth::create_access_list::run;
    "eth_getBlockByNumber", 2, Read, eth::get_block::by_number;
    "eth_getBlockByHash", 2, Read, eth::get_block::by_hash;
    "eth_getBlockTransactionCountByNumber", 1, Read, eth::counts::transactions_by_number;
    "eth_getBlockTransactionCountByHash", 1, Read, eth::counts::transactions_by_hash;
    "eth_getUncleCountByBlockNumber", 1, Read, eth::counts::uncles_by_number;
    "eth_getUncleCountByBlockHash", 1, Read, eth::counts::uncles_by_hash;
    "eth_getUncleByBlockNumberAndIndex", 2, Read, eth::uncles::by_number;
    "eth_getUncleByBlockHashAndIndex", 2, Read, eth::uncles::by_hash;
    "eth_getTransactionByHash", 1, Read, eth::get_transaction::by_hash;
    "eth_getTransactionByBlockNumberAndIndex", 2, Read, eth::get_transaction::by_block_number;
    "eth_getTransactionByBlockHashAndIndex", 2, Read, eth::get_transaction::by_block_hash;
    "eth_getRawTransactionByHash", 1, Read, eth::get_raw_transaction::run;
    "eth_getTransactionReceipt", 1, Read, eth::get_transaction_receipt::run;
    "eth_getBlockReceipts", 1, Read, eth::block_receipts::run;
    "eth_getLogs", 1, Heavy, eth::get_logs::run;
    "eth_newFilter", 1, Read, eth::filter::new;
    "eth_newBlockFilter", 0, Read, eth::filter::new_block;
    "eth_newPendingTransactionFilter", 1, Read, eth::filter::new_pending;
    "eth_getFilterChanges", 1, Read, eth::filter::changes;
    "eth_getFilterLogs", 1, Heavy, eth::filter::logs;
    "eth_uninstallFilter", 1, Read, eth::filter::uninstall;
    "eth_sendRawTransaction", 1, Read, eth::send_raw_transaction::run;
    "eth_accounts", 0, Free, eth::accounts::run;
    "eth_sendTransaction", 1, Heavy, eth::send_transaction::send;
    "eth_signTransaction", 1, Heavy, eth::send_transaction::sign;
    "eth_sign", 2, Read, eth::sign::message;
    "personal_sign", 3, Read, eth::sign::personal;
    "eth_signTypedData_v4", 2, Read, eth::sign::typed_data;
    "debug_getRawHeader", 1, Read, debug::raw::header;
    "debug_getRawBlock", 1, Read, debug::raw::block;
    "debug_getRawReceipts", 1, Read, debug::raw::receipts;
    "debug_getRawTransaction", 1, Read, debug::raw::transaction;
    "debug_getBadBlocks", 0, Free, debug::bad_blocks::run;
    "debug_traceTransaction", 2, Heavy, debug::trace_transaction::run;
    "debug_traceBlockByNumber", 2, Heavy, debug::trace_block::by_number;
    "debug_traceBlockByHash", 2, Heavy, debug::trace_block::by_hash;
    "debug_traceBlock", 2, Heavy, debug::trace_block::brought;
    "debug_traceCall", 3, Heavy, debug::trace_call::run;
    "debug_executionWitness", 1, Heavy, debug::execution_witness::run;
    "ots_getApiLevel", 0, Free, ots::api_level::run;
    "ots_hasCode", 2, Read, ots::has_code::run;
    "ots_getHeaderByNumber", 1, Read, ots::header::run;
    "ots_getBlockDetails", 1, Read, ots::block_details::by_number;
    "ots_getBlockDetailsByHash", 1, Read, ots::block_details::by_hash;
    "ots_getBlockTransactions", 3, Read, ots::block_transactions::run;
    "ots_searchTransactionsBefore", 3, Heavy, ots::search::before;
    "ots_searchTransactionsAfter", 3, Heavy, ots::search::after;
    "ots_getTransactionBySenderAndNonce", 2, Read, ots::sender_and_nonce::run;
    "ots_getTransactionError", 1, Heavy, ots::calls::error;
    "ots_traceTransaction", 1, Heavy, ots::calls::trace;
    "ots_getInternalOperations", 1, Heavy, ots::calls::internal_operations;
    "ots_getContractCreator", 1, Heavy, ots::contract_creator::run;
};

/// What a chain of the OP Stack has beside them: methods of op-node.
const OP_METHODS: &[Method] = methods! {
    "optimism_version", 0, Free, optimism::version;
    "optimism_outputAtBlock", 1, Heavy, optimism::output_at_block::run;
    "optimism_rollupConfig", 0, Read, optimism::rollup_config::run;
    "optimism_syncStatus", 0, Read, optimism::sync_status::run;
};

/// What a sequencer has that signs its blocks.
const STREAM_METHODS: &[Method] = methods! {
    "seam_getBlocks", 2, Heavy, seam::get_blocks::run;
};

/// What is there only if the settings say so.
const TESTING_METHODS: &[Method] = methods! {
    "testing_buildBlockV1", 4, Heavy, testing::build_block::run;
};

/// All that can be called.
fn module(context: Arc<Context>) -> Result<RpcModule<Context>, RegisterMethodError> {
    let token = context.settings.admin_token.clone();
    let op = if context.chain.rules().is_op_stack() { OP_METHODS } else { &[] };
    let testing = if context.settings.testing { TESTING_METHODS } else { &[] };
    let development = context.settings.development;
    let (stream, forward) = (context.settings.stream.is_some(), context.settings.forward.clone());
    let mut module = RpcModule::from_arc(context);
    let signed = if stream { STREAM_METHODS } else { &[] };
    let methods = METHODS.iter().chain(op).chain(testing).chain(signed);
    let elsewhere = |name| forward.is_some() && name == eth::forward_raw_transaction::NAME;
    for method in methods.filter(|method| !elsewhere(method.name)) {
        method::register(&mut module, *method)?;
    }
    if let Some(forward) = forward {
        eth::forward_raw_transaction::register(&mut module, forward)?;
    }
    if stream {
        seam::subscribe_blocks::register(&mut module)?;
    }
    if development {
        for method in dev::METHODS {
            method::register_local(&mut module, *method)?;
        }
    }
    eth::subscribe::register(&mut module)?;
    seam::reorg::register(&mut module, token.as_deref())?;
    Ok(module)
}

#[cfg(test)]
mod tests;
