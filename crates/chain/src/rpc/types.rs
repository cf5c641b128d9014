//! Blocks, transactions, receipts and logs as they go into JSON: fields and forms of the
//! execution-apis, with those of the OP Stack where a chain has them.

mod block;
mod log;
mod receipt;
mod transaction;

pub(crate) use block::{BlockJson, BlockTransactions, HeaderJson};
pub(crate) use log::{LogJson, logs_of, logs_of_receipt};
pub(crate) use receipt::receipts_of;
pub(crate) use transaction::TransactionJson;

#[cfg(test)]
mod tests;
