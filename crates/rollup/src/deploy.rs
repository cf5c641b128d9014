//! `seam deploy`: a rollup's contracts on any L1, once.
//!
//! | module | what |
//! |---|---|
//! | [`plan`] | all that follows from the configuration: genesis, steps with their gas, cost |
//! | [`origin`] | the L1 block that the rollup begins after |
//! | [`pace`] | whether the L1's blocks come as the configuration says |
//! | [`service`] | looking at the L1, sending what is missing, reading every getter back |
//! | [`folder`] | what is on disk: where it began, what was sent, what to run a rollup with |
//! | [`rollup_file`] | `rollup.json` |
//! | [`viem`] | chain files for viem |
//!
//! A deployment can be interrupted at any instant and run again. Where the rollup begins is on disk
//! before anything is sent; every transaction is in the sender's journal before it is sent; every
//! address is known beforehand, and a step whose result is on the L1 is not sent again.

pub mod error;
pub mod folder;
pub mod origin;
pub mod pace;
pub mod plan;
pub mod rollup_file;
pub mod service;
pub mod viem;

pub use error::DeployError;
pub use folder::Folder;
pub use plan::{Cost, Deployment};
pub use rollup_file::RollupFile;
pub use service::{Deployer, Order, Progress, Survey};
