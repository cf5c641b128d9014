//! Access to Ethereum: reading an L1 through endpoints that fail, following it through reorgs, and
//! sending transactions so that an interruption never sends one twice.
//!
//! | module | what |
//! |---|---|
//! | [`client`] | [`L1Client`]: JSON-RPC over one or several endpoints, with failover |
//! | [`access`] | how one endpoint is reached; HTTP, and whatever a test puts there |
//! | [`beacon`] | [`BeaconClient`]: blobs, from beacon nodes and archives |
//! | [`kzg`] | a blob's versioned hash |
//! | [`watcher`] | [`Watcher`]: the L1's header-hash chain with a few events, proven complete |
//! | [`sender`] | [`Sender`]: transactions of one key, journalled before they are sent |
//! | [`keystore`] | keys in encrypted files |
//! | [`timer`] | time, real or simulated |
//! | [`error`] | what a failure asks for: [`Severity`] |
//!
//! What to do is decided in the `state` files, which are pure; the `service` files ask, wait and write.

pub mod access;
pub mod beacon;
pub mod client;
pub mod error;
pub mod keystore;
pub mod kzg;
pub mod sender;
pub mod timer;
pub mod watcher;

pub use access::{Fault, L1Access};
pub use beacon::{BeaconClient, BeaconError, BeaconSettings, BlobSource, L1At};
pub use client::{BlockReceipt, Fees, L1Client, L1Error, L1Limits, LogQuery, Receipt};
pub use error::Severity;
pub use keystore::{Keystore, KeystoreError};
pub use sender::{InFlight, SendError, SendLimits, Sender, TxRequest};
pub use watcher::{WatchError, WatchLimits, WatchSettings, Watched, WatchedBlock, Watcher};
