//! Who takes part in a network and what they do there.
//!
//! Today that is traffic: repeatable actors that do what real users do, through the public JSON-RPC alone, so
//! that a development network has something to earn from and a ledger something to explain.
//!
//! | module | what |
//! |---|---|
//! | [`traffic`] | [`Traffic`]: settings, and how it is run |
//! | [`actors`] | who acts: keys and roles, from a seed |
//! | [`action`] | what they do |
//! | [`contracts`] | the contracts they use: code, addresses, calls |
//! | [`world`] | what was seen of the chains |
//! | [`plan`] | [`Planner`]: which action is next; pure |
//! | [`flights`] | nonces, and transactions on their way; pure |
//! | [`pace`] | how many are due; pure |
//! | [`drive`] | asks, signs, sends and waits |
//! | [`report`] | [`Report`]: what was sent and what became of it |
//! | [`error`] | [`TrafficError`] |

pub mod action;
pub mod actors;
pub mod contracts;
pub mod drive;
pub mod error;
pub mod flights;
pub mod pace;
pub mod plan;
pub mod report;
pub mod traffic;
pub mod world;

pub use error::TrafficError;
pub use plan::Planner;
pub use report::Report;
pub use traffic::{Rate, Settings, Sites, Traffic, run};
