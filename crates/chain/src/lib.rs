//! An EVM chain that produces blocks: mempool, block production, import with reorganisation, blobs
//! and JSON-RPC. The embedded L1 and a rollup are the same engine with other rules.
//!
//! | module | what |
//! |---|---|
//! | [`chain`] | [`Chain`]: the handle that others use |
//! | [`engine`] | building, importing and writing blocks |
//! | [`events`] | what a chain tells those who watch it |
//! | [`clock`] | the time of a chain, real or simulated |
//! | [`pool`] | transactions that wait for a block |
//! | [`blobs`] | sidecars of blob transactions: decoding, KZG checks, the Beacon API's values |
//! | [`wallet`] | the unlocked accounts of a development chain |
//! | [`l1`] | L1 as a rollup's blocks are made from it |
//! | [`stream`] | blocks as a sequencer signs them before they are on L1 |
//! | [`op_fees`] | what a rollup's transaction pays for its data and to the operator |
//! | [`metrics`] | what a chain counts |
//! | [`rpc`] | JSON-RPC, the Beacon API, health and metrics |

pub mod blobs;
pub mod chain;
pub mod clock;
pub mod engine;
pub mod events;
pub mod l1;
pub mod metrics;
pub mod op_fees;
pub mod pool;
pub mod rpc;
pub mod stream;
pub mod wallet;

mod dev;

pub use chain::{Chain, Head, Health, SubmitError};
pub use clock::{Clock, RealClock, SimulatedClock, SteppedClock};
pub use engine::{EngineError, ImportError, Imported, Running, Settings, start};
pub use events::{AnnouncedBlock, Event};
