//! The folder of a deployment.
//!
//! | file | what | when |
//! |---|---|---|
//! | `deployment.toml` | the whole `rollup.toml`, with where the rollup begins | before anything is sent |
//! | `transactions.journal` | what was signed and what became of it ([`seam_l1::Sender`]) | before each is sent |
//! | `genesis.json` | the rollup's genesis | at the end |
//! | `rollup.json` | what a node of the rollup needs ([`super::RollupFile`]) | at the end |
//! | `l1.chain.mjs`, `l2.chain.mjs` | both chains for viem | at the end |
//!
//! Every file but the journal is written whole or not at all.

use super::{DeployError, Deployment, RollupFile, viem};
use crate::files::write_whole;
use seam_genesis::RollupConfig;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// A folder that holds one deployment.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at this path, which is made when something is written.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where transactions are noted.
    pub fn journal(&self) -> PathBuf {
        self.0.join("transactions.journal")
    }

    /// What `rollup.json` is called.
    pub fn rollup_file(&self) -> PathBuf {
        self.0.join("rollup.json")
    }

    /// The configuration that a deployment here was begun with, if one was.
    ///
    /// # Errors
    /// [`DeployError::File`], [`DeployError::BadFile`].
    pub fn begun(&self) -> Result<Option<RollupConfig>, DeployError> {
        let path = self.record();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(DeployError::File { path, error }),
        };
        let config = RollupConfig::from_toml(&text);
        config.map(Some).map_err(|error| DeployError::BadFile { path, reason: error.to_string() })
    }

    /// Notes where the rollup begins, with all else of its configuration; on disk when this returns.
    ///
    /// # Errors
    /// [`DeployError::File`].
    pub fn begin(&self, config: &RollupConfig) -> Result<(), DeployError> {
        let text = toml::to_string(config).map_err(|error| DeployError::BadFile {
            path: self.record(),
            reason: error.to_string(),
        })?;
        let head = "# Written by `seam deploy` when it began; a deployment is resumed from it.\n\n";
        self.write("deployment.toml", format!("{head}{text}").as_bytes())
    }

    /// Writes all that a rollup is run and used with.
    ///
    /// # Errors
    /// [`DeployError::File`].
    pub fn finish(
        &self,
        deployment: &Deployment,
        file: &RollupFile,
        endpoints: &viem::Endpoints,
    ) -> Result<(), DeployError> {
        let json = |name: &str, text: serde_json::Result<String>| {
            let text = text.map_err(|error| self.failed(name, error.into()))?;
            self.write(name, format!("{text}\n").as_bytes())
        };
        json("genesis.json", serde_json::to_string_pretty(&deployment.genesis))?;
        self.write("l1.chain.mjs", viem::l1(file, endpoints).as_bytes())?;
        self.write("l2.chain.mjs", viem::l2(file, endpoints).as_bytes())?;
        // Last: where it is, all is.
        json("rollup.json", serde_json::to_string_pretty(file))
    }

    /// Where it is noted what the deployment was begun with.
    pub fn record(&self) -> PathBuf {
        self.0.join("deployment.toml")
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DeployError> {
        write_whole(&self.0, name, bytes).map_err(|error| self.failed(name, error))
    }

    fn failed(&self, name: &str, error: io::Error) -> DeployError {
        DeployError::File { path: self.0.join(name), error }
    }
}
