//! The methods whose names begin with `eth_`, one file for each or for those that differ in a word.

pub(crate) mod accounts;
pub(crate) mod block_receipts;
pub(crate) mod call;
pub(crate) mod counts;
pub(crate) mod estimate_gas;
pub(crate) mod fee_history;
pub(crate) mod fees;
pub(crate) mod filter;
pub(crate) mod get_balance;
pub(crate) mod get_block;
pub(crate) mod get_code;
pub(crate) mod get_logs;
pub(crate) mod get_proof;
pub(crate) mod get_raw_transaction;
pub(crate) mod get_storage;
pub(crate) mod get_transaction;
pub(crate) mod get_transaction_count;
pub(crate) mod get_transaction_receipt;
pub(crate) mod send_raw_transaction;
pub(crate) mod send_transaction;
pub(crate) mod sign;
pub(crate) mod status;
pub(crate) mod subscribe;
pub(crate) mod uncles;
