//! A `rollup.toml` that may leave open where the rollup begins.

use super::{ConfigError, L1Config, L2Config, Roles, RollupConfig, table};
use crate::{GenesisError, L1Addresses};
use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

/// The keys that a deployment chooses if they are not given.
const OPEN: [&str; 3] = ["time", "l1_number", "l1_hash"];

/// Where a rollup begins: on an L1 block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Timestamp of the rollup's genesis block in seconds since the Unix epoch.
    pub time: u64,
    /// Number of the L1 block that the rollup begins after.
    pub l1_number: u64,
    /// Its hash.
    pub l1_hash: B256,
}

/// What `seam deploy` is given: a `rollup.toml` in which `genesis.time`, `genesis.l1_number` and
/// `genesis.l1_hash` may be absent, all three. [`DeployConfig::at`] makes a [`RollupConfig`] of it;
/// nothing else can, so nothing is computed from a genesis that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployConfig {
    /// With stand-ins where `given` is `None`.
    draft: RollupConfig,
    given: Option<Origin>,
}

impl DeployConfig {
    /// Reads a `rollup.toml` and checks all that does not depend on where the rollup begins.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let mut whole = table(text)?;
        let genesis = whole.entry("genesis").or_insert_with(|| toml::Table::new().into());
        let Some(genesis) = genesis.as_table_mut() else {
            return Err(ConfigError::Toml("`genesis` must be a table".to_owned()));
        };
        let missing = OPEN.iter().find(|key| !genesis.contains_key(**key));
        let Some(missing) = missing else { return Ok(RollupConfig::from_toml(text)?.into()) };
        if let Some(present) = OPEN.iter().find(|key| genesis.contains_key(**key)) {
            return Err(ConfigError::Toml(format!(
                "`genesis.{present}` is given and `genesis.{missing}` is not: give {}, or none of \
                 them for the L1's newest final block",
                OPEN.map(|key| format!("`genesis.{key}`")).join(", ")
            )));
        }
        genesis.insert("time".to_owned(), 1.into());
        genesis.insert("l1_number".to_owned(), 0.into());
        genesis.insert("l1_hash".to_owned(), B256::repeat_byte(1).to_string().into());
        let draft: RollupConfig =
            whole.try_into().map_err(|error| ConfigError::Toml(error.to_string()))?;
        draft.validate()?;
        Ok(Self { draft, given: None })
    }

    /// Where the file says that the rollup begins, if it does.
    pub const fn given(&self) -> Option<Origin> {
        self.given
    }

    /// The L1.
    pub const fn l1(&self) -> &L1Config {
        &self.draft.l1
    }

    /// The rollup.
    pub const fn l2(&self) -> &L2Config {
        &self.draft.l2
    }

    /// Who may do what.
    pub const fn roles(&self) -> &Roles {
        &self.draft.roles
    }

    /// Addresses on L1, which do not depend on where the rollup begins.
    ///
    /// # Errors
    /// [`GenesisError`] if this binary is damaged.
    pub fn addresses(&self) -> Result<L1Addresses, GenesisError> {
        L1Addresses::of(&self.draft)
    }

    /// The configuration of a rollup that begins there.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if the file says that it begins elsewhere, or it cannot begin there.
    pub fn at(&self, origin: Origin) -> Result<RollupConfig, ConfigError> {
        if let Some(given) = self.given.filter(|given| *given != origin) {
            return Err(ConfigError::Invalid {
                key: "genesis.l1_number",
                problem: format!(
                    "and the other keys of `genesis` name L1 block {} ({}) and time {}, but this \
                     deployment was begun at block {} ({}) and time {}; put those in, or deploy \
                     another rollup into another folder",
                    given.l1_number,
                    given.l1_hash,
                    given.time,
                    origin.l1_number,
                    origin.l1_hash,
                    origin.time
                ),
            });
        }
        let mut config = self.draft.clone();
        config.genesis.time = origin.time;
        config.genesis.l1_number = origin.l1_number;
        config.genesis.l1_hash = origin.l1_hash;
        config.validate()?;
        Ok(config)
    }
}

impl From<RollupConfig> for DeployConfig {
    fn from(config: RollupConfig) -> Self {
        let given = Some(config.origin());
        Self { draft: config, given }
    }
}

impl RollupConfig {
    /// Where the rollup begins.
    pub const fn origin(&self) -> Origin {
        let genesis = &self.genesis;
        Origin { time: genesis.time, l1_number: genesis.l1_number, l1_hash: genesis.l1_hash }
    }
}
