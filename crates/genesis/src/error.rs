//! Why a genesis could not be made.

use crate::config::ConfigError;
use seam_stf::construct::ConstructError;

/// Why a genesis could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// `rollup.toml` is not valid; the message says what to change.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A compiled contract in this binary cannot be read. The build is damaged: run
    /// `cargo xtask contracts --check` and build again.
    #[error("artifact {name}: {reason}; run `cargo xtask contracts --check` and build again")]
    Artifact {
        /// File in `contracts/artifacts`.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A step of a deployment fails on an L1 in memory, so it was not sent anywhere.
    #[error("{step} would fail on L1: {reason}")]
    Simulation {
        /// The step.
        step: String,
        /// What the EVM said.
        reason: String,
    },
    /// A constructor or initializer failed: an artifact does not fit the way genesis uses it.
    #[error("making {name}: {source}")]
    Construct {
        /// The contract.
        name: &'static str,
        /// What the EVM said.
        source: ConstructError,
    },
}
