//! The genesis of a rollup: a pure function of `rollup.toml`.
//!
//! Nothing is read from a clock, a network or a file, so the same text gives the same bytes
//! everywhere, and whoever has `rollup.toml` can check a genesis hash. `docs/genesis.md` has the
//! tables of addresses and versions, and where this differs from the OP Stack's own genesis.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | `rollup.toml`: every key, its unit and default, and what is refused |
//! | [`l1`] | where the rollup's contracts on L1 will be (CREATE2), every transaction that makes them, its gas |
//! | [`mod@config_hash`] | all that decides what the rollup's blocks are, as one word |
//! | [`addresses`] | predeploys and preinstalls on the rollup |
//! | [`alloc`] | the accounts of the genesis state, made by running constructors |
//! | [`json`] | the same as a `genesis.json`, with forks and header fields |
//! | [`chain`] | any chain's rules, header and state from a standard `genesis.json` |
//! | [`dev`] | the two chains of a development network |
//! | [`artifacts`] | compiled Solidity, from `contracts/artifacts` |
//!
//! ```
//! # let text = seam_genesis::config::EXAMPLE;
//! let config = seam_genesis::RollupConfig::from_toml(text)?;
//! let portal = seam_genesis::L1Addresses::of(&config)?.optimism_portal;
//! let genesis = seam_genesis::rollup_genesis_json(&config)?;
//! # assert_eq!(genesis.config.chain_id, config.l2.chain_id);
//! # assert!(!portal.is_zero());
//! # Ok::<(), seam_genesis::GenesisError>(())
//! ```

pub mod addresses;
pub mod alloc;
pub mod artifacts;
pub mod chain;
pub mod config;
pub mod config_hash;
pub mod dev;
pub mod error;
pub mod json;
pub mod l1;

mod calls;

pub use alloc::rollup_alloc;
pub use chain::{ChainGenesis, ChainGenesisError, ForkEnv};
pub use config::{ConfigError, DeployConfig, RollupConfig};
pub use config_hash::config_hash;
pub use error::GenesisError;
pub use json::rollup_genesis_json;
pub use l1::{L1Addresses, l1_deployments, rollup_rules};
