//! Access to Ethereum: reading an L1 through endpoints that fail, following it through reorgs, and
//! sending transactions so that an interruption never sends one twice.
//!
//! | module | what |
//! |---|---|
//! | [`client`] | [`L1Client`]: JSON-RPC over one or several endpoints, with failover |
//! | [`access`] | how one endpoint is reached; HTTP, and whatever a test puts there |
//! | [`watcher`] | [`Watcher`]: the L1's header-hash chain with the logs of a few contracts |
//! | [`sender`] | [`Sender`]: transactions of one key, journalled before they are sent |
//! | [`keystore`] | keys in encrypted files |
//! | [`timer`] | time, real or simulated |
//! | [`error`] | what a failure asks for: [`Severity`] |
//!
//! What to do is decided in the `state` files, which are pure; the `service` files ask, wait and write.

pub mod access;
pub mod client;
pub mod error;
pub mod keystore;
pub mod sender;
pub mod timer;
pub mod watcher;

pub use access::{Fault, L1Access};
pub use client::{Fees, L1Client, L1Error, L1Limits, LogQuery, Receipt};
pub use error::Severity;
pub use keystore::{Keystore, KeystoreError};
pub use sender::{SendError, SendLimits, Sender, TxRequest};
pub use watcher::{WatchError, WatchLimits, WatchSettings, Watched, WatchedBlock, Watcher};
